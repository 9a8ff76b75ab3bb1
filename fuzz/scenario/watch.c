/* What must hold after every input and of every segment that leaves. */
#include "oracle.h"
#include "scenario.h"

/* ---- Transitions ---- */

/* Where a call, an ICMP error or a timer may lead (RFC 9293 sections 3.10.1 to 3.10.6, 3.10.8, 3.9.2.2). Segments are
 * the oracle's. */
static bool may_lead(enum event_kind kind, uint8_t from, uint8_t to)
{
    bool synchronized = from >= TCPR_SYN_RECEIVED;
    switch (kind) {
    case EVENT_SEGMENT: return true;
    case EVENT_TIME: return to == TCPR_CLOSED;
    case EVENT_ICMP: return to == TCPR_CLOSED && from != TCPR_LISTEN && from != TCPR_TIME_WAIT;
    case EVENT_SEND: return from == TCPR_LISTEN && to == TCPR_SYN_SENT;
    case EVENT_CLOSE:
        if (to == TCPR_CLOSED) { return from == TCPR_LISTEN || from == TCPR_SYN_SENT; }
        if (to == TCPR_FIN_WAIT_1) { return from == TCPR_SYN_RECEIVED || from == TCPR_ESTABLISHED; }
        return from == TCPR_CLOSE_WAIT && to == TCPR_LAST_ACK;
    case EVENT_RELEASE: return to == TCPR_CLOSED || (synchronized && (to == TCPR_FIN_WAIT_1 || to == TCPR_LAST_ACK));
    case EVENT_ABORT: return to == TCPR_CLOSED;
    case EVENT_OPEN_ACTIVE: return from <= TCPR_LISTEN && to == TCPR_SYN_SENT;
    case EVENT_OPEN_PASSIVE: return from == TCPR_CLOSED && to == TCPR_LISTEN;
    case EVENT_RECEIVE:
    case EVENT_SET:
    case EVENT_STATUS: return false;
    }
    return false;
}

static void watch_transitions(const struct stage *stage, enum event_kind kind)
{
    const struct tcpr_effects *fx = &stage->fx;
    uint8_t at = stage->before.state;
    fuzz_require(fx->decisions <= TCPR_DECISIONS_MAX, "too many decisions");
    for (uint32_t i = 0; i < fx->decisions; i++) {
        const struct tcpr_decision *d = &fx->decision[i];
        fuzz_require(d->act >= TCPR_ACT_DROPPED && d->act <= TCPR_ACT_REDUCED, "an unknown act");
        fuzz_require(d->rule > TCPR_RULE_NONE && d->rule < TCPR_RULE_COUNT, "a decision without a rule");
        if (d->act != TCPR_ACT_MOVED) { continue; }
        fuzz_require(d->from == at && d->to != at, "transitions do not follow each other");
        at = d->to;
    }
    fuzz_require(at == stage->c.state, "the state moved without a decision");
    bool moved = at != stage->before.state;
    fuzz_require(!moved || may_lead(kind, stage->before.state, at), "no such transition");
}

/* ---- The stream from the peer ---- */

/* Two stretches become one where they touch. */
static void note_placed(struct stage *stage, uint64_t first, uint64_t end)
{
    for (unsigned i = 0; i < stage->placed_count;) {
        struct stretch *s = &stage->placed[i];
        if (s->end < first || end < s->first) {
            i++;
            continue;
        }
        first = s->first < first ? s->first : first;
        end = s->end > end ? s->end : end;
        *s = stage->placed[--stage->placed_count];
        i = 0;
    }
    fuzz_require(stage->placed_count < STRETCHES_MAX, "more islands were placed than can be held");
    stage->placed[stage->placed_count++] = (struct stretch){first, end};
}

/* What becomes readable was placed before, whole. */
static void take_released(struct stage *stage, uint64_t first, uint64_t end)
{
    for (unsigned i = 0; i < stage->placed_count; i++) {
        struct stretch *s = &stage->placed[i];
        if (s->first > first || s->end < end) { continue; }
        s->first = end;
        if (s->first == s->end) { *s = stage->placed[--stage->placed_count]; }
        return;
    }
    fuzz_fail("text was released that was never placed");
}

static void begin_stream(struct stage *stage)
{
    stage->readable = 0;
    stage->placed_count = 0;
    stage->advertised = false;
}

/* This input began a stream of the peer's. */
static bool began(const struct stage *stage)
{
    return stage->before.state <= TCPR_SYN_SENT || stage->fx.stream_reset;
}

/* Text lands where its sequence number says, within the segment, within the buffer. */
static void watch_place(struct stage *stage)
{
    const struct tcpr_segment *segment = &stage->arrived;
    const struct tcpr_place *place = &stage->fx.place;
    const struct tcpr_conn *c = &stage->c;
    if (place->len == 0) { return; }
    uint64_t text_end = (uint64_t)place->text_at + place->len;
    fuzz_require(text_end <= segment->text_len, "text placed that did not arrive");
    uint32_t seq = segment->seq + ((segment->control & TCPR_SYN) != 0) + place->text_at;
    fuzz_require(seq == c->rcv.irs + 1u + (uint32_t)place->stream_at, "text placed where it does not belong");
    fuzz_require(place->stream_at >= stage->before.rcv.nxt_at || began(stage), "text placed over what was received");
    fuzz_require(place->stream_at + place->len <= c->rcv.read_at + c->rcv.buffer,
                 "more text placed than there is room");
    note_placed(stage, place->stream_at, place->stream_at + place->len);
}

static void watch_stream(struct stage *stage)
{
    const struct tcpr_effects *fx = &stage->fx;
    const struct tcpr_conn *c = &stage->c, *before = &stage->before;
    uint64_t first = began(stage) ? 0 : before->rcv.nxt_at;
    if (fx->readable != 0) {
        take_released(stage, first, first + fx->readable);
        stage->readable += fx->readable;
    }
    if (c->state == TCPR_CLOSED) {
        if (c->rcv.read_at == c->rcv.nxt_at) { stage->readable = 0; } /* flushed */
        return;
    }
    if (c->state > TCPR_SYN_SENT) {
        fuzz_require(c->rcv.nxt_at - c->rcv.read_at == stage->readable || c->state == TCPR_SYN_RECEIVED,
                     "text came in order and was not announced");
    }
}

/* ---- Our own stream ---- */

static void watch_sending(const struct stage *stage)
{
    const struct tcpr_conn *c = &stage->c, *before = &stage->before;
    bool same = before->state >= TCPR_SYN_SENT && c->state >= TCPR_SYN_SENT && before->snd.iss == c->snd.iss;
    if (!same || stage->fx.stream_reset) { return; }
    fuzz_require(!tcpr_seq_lt(c->snd.una, before->snd.una), "SND.UNA moved back");
    fuzz_require(!tcpr_seq_lt(c->snd.nxt, before->snd.nxt), "SND.NXT moved back");
    fuzz_require(c->snd.una_at == before->snd.una_at + stage->fx.released, "released other than acknowledged");
}

/* ---- Segments ---- */

static void watch_reply(const struct stage *stage)
{
    const struct tcpr_segment *answered = &stage->arrived;
    const struct tcpr_segment *reply = &stage->fx.reply;
    if (!stage->fx.has_reply) { return; }
    bool reset = (reply->control & TCPR_RST) != 0;
    fuzz_require(!reset || (answered->control & TCPR_RST) == 0, "an RST answers an RST");
    fuzz_require(reply->text_len == 0 && (reply->control & (TCPR_SYN | TCPR_FIN)) == 0, "a reply takes sequence space");
    fuzz_require(reply->destination_port == answered->source_port && reply->source_port == answered->destination_port,
                 "the reply goes elsewhere");
    if (reset) { return; }
    fuzz_require(reply->control & TCPR_ACK && reply->ack == stage->c.rcv.nxt, "a reply does not acknowledge RCV.NXT");
    fuzz_require(reply->seq == stage->c.snd.nxt, "a reply is not at SND.NXT");
}

/* The oracle knows of one island at most, of no FIN beyond a gap, of no text that rode on a SYN nor CLOSE called before
 * ESTABLISHED, of nobody who left without reading, and of no TIME-WAIT to fall back to. */
static bool oracle_knows(const struct tcpr_conn *c)
{
    const uint32_t unknown = TCPR_FLAG_FIN_HELD | TCPR_FLAG_RELEASED | TCPR_FLAG_REOPENED;
    bool simple = c->held_count == 0 && (c->flags & TCPR_FLAG_FIN_QUEUED) == 0;
    return c->held_count <= 1 && (c->flags & unknown) == 0 && (c->state != TCPR_SYN_RECEIVED || simple);
}

static void watch_prediction(const struct stage *stage)
{
    const struct tcpr_conn *before = &stage->before;
    if (!oracle_knows(before)) { return; }
    struct facts facts = facts_of(before, &stage->head.config);
    bool stale = stage->now - before->ts.recent_at >= TCPR_S(24 * 24 * 3600); /* RFC7323-5.5-n1 */
    facts.ts_recent_valid = facts.ts_recent_valid && !stale;
    const char *fault = prediction_fault(&facts, &stage->arrived, &stage->c, &stage->fx);
    if (fault) { fuzz_fail(fault); }
}

void watch_input(struct stage *stage, enum event_kind kind)
{
    const struct tcpr_effects *fx = &stage->fx;
    watch_transitions(stage, kind);
    bool opened = kind == EVENT_OPEN_ACTIVE || kind == EVENT_OPEN_PASSIVE;
    /* A SYN that reopens TIME-WAIT voids the old stream and may bring text of the new one. */
    if (fx->stream_reset || (opened && stage->before.state == TCPR_CLOSED)) { begin_stream(stage); }
    if (kind == EVENT_SEGMENT) {
        watch_place(stage);
        watch_reply(stage);
        watch_prediction(stage);
    }
    watch_stream(stage);
    watch_sending(stage);
    bool told = (fx->events & TCPR_EVENT_CLOSED) != 0;
    fuzz_require(told == (stage->c.state == TCPR_CLOSED && stage->before.state != TCPR_CLOSED),
                 "CLOSED is told wrongly");
    digest_add(stage->digest, &fx->events, sizeof fx->events);
    digest_add(stage->digest, &fx->released, sizeof fx->released);
}

/* SHLD-14: the window never shrinks but for what scaling rounds off. The peer's FIN needs a number and no buffer. */
static void watch_window(struct stage *stage, const struct tcpr_segment *out)
{
    const struct tcpr_conn *c = &stage->c;
    uint32_t shift = out->control & TCPR_SYN ? 0 : c->rcv_shift;
    uint32_t window = (uint32_t)out->window << shift, edge = out->ack + window;
    fuzz_require(window <= c->rcv.buffer + (UINT32_C(1) << shift) - 1, "a window larger than the buffer");
    bool exempt = (c->flags & TCPR_FLAG_FIN_REACHED) != 0 || (out->control & TCPR_SYN) != 0;
    if (stage->advertised && !exempt) {
        uint32_t unit = UINT32_C(1) << c->rcv_shift;
        fuzz_require(!tcpr_seq_lt(edge + unit - 1, stage->edge), "the window moved left");
        edge = tcpr_seq_max(edge, stage->edge);
    }
    stage->edge = edge;
    stage->advertised = true;
}

void watch_output(struct stage *stage, const struct tcpr_segment *out)
{
    const struct tcpr_conn *c = &stage->c;
    bool syn = (out->control & TCPR_SYN) != 0;
    fuzz_require((out->control & TCPR_RST) == 0, "an RST was pulled");
    bool may_mark = (c->ecn & TCPR_ECN_OFFERED) != 0; /* an ECN-setup SYN was sent */
    fuzz_require(out->ecn == 0 || may_mark, "an ECN-capable segment, and ECN was never offered");
    fuzz_require(out->source_port == c->local_port && out->destination_port == c->remote_port, "wrong ports");
    fuzz_require(!syn || (out->seq == c->snd.iss && out->text_len == 0), "a SYN that is not at ISS");
    fuzz_require(!syn || c->snd.una == c->snd.iss, "a SYN that was acknowledged is sent again");
    fuzz_require(!tcpr_seq_lt(c->snd.nxt, out->seq + tcpr_segment_len(out)), "sent beyond SND.NXT");
    if (out->text_len != 0) {
        fuzz_require(out->seq == c->snd.iss + 1u + (uint32_t)out->text_at, "text under a wrong number");
        fuzz_require(out->text_at >= c->snd.una_at && out->text_at + out->text_len <= c->snd.end_at,
                     "text not to be sent");
        fuzz_require(out->text_len + tcpr_options_len(&out->options) <= c->snd.mss, "more than the segment size");
    }
    bool fin = (out->control & TCPR_FIN) != 0;
    fuzz_require(!fin || out->seq + out->text_len == c->snd.iss + 1u + (uint32_t)c->snd.end_at, "a FIN out of place");
    if (out->control & TCPR_ACK) {
        fuzz_require(out->ack == c->rcv.nxt, "an output acknowledges something else");
        watch_window(stage, out);
    } else {
        fuzz_require(syn && c->state == TCPR_SYN_SENT, "an output without ACK");
    }
}
