/*
 * Header prediction: the segment that is expected next, in a connection where nothing is lost, held, marked or closing.
 * Each check of RFC 9293 section 3.10.7.4 then has one answer, known beforehand, and the full path's own functions do
 * what is left. tests/exhaustive.c and fuzz/fast.c hold that both ways leave the same octets behind.
 */
#include "internal.h"

/* ESTABLISHED, neither text nor FIN held, no scoreboard, no timeout in doubt, no ECN, and a window that is open. */
static bool at_ease(const struct tcpr_conn *c)
{
    return c->state == TCPR_ESTABLISHED && !has(c, TCPR_FLAG_FIN_HELD | TCPR_FLAG_TIMEOUT_DOUBTED) &&
           (c->loss | c->ecn | c->held_count) == 0 && c->snd.wnd != 0;
}

/* First to fourth: nothing but ACK and PSH, at RCV.NXT, whole in the window, no option to be heard, and PAWS has no
 * objection. */
static bool next_in_line(const struct tcpr_conn *c, const struct tcpr_segment *seg)
{
    bool stamped = (seg->options.present & TCPR_OPT_TIMESTAMPS) && !tcpr_seq_lt(seg->options.ts_val, c->ts.recent);
    return (seg->control & (uint16_t)~TCPR_PSH) == TCPR_ACK && seg->seq == c->rcv.nxt &&
           !(seg->options.present & TCPR_OPT_USER_TIMEOUT) && seg->text_len <= receive_window(c) &&
           (stamped || !has(c, TCPR_FLAG_TIMESTAMPS));
}

/* Fifth: it acknowledges what is out or brings text, so is no duplicate; and its window counts. */
static bool gets_on(const struct tcpr_conn *c, const struct tcpr_segment *seg)
{
    uint32_t acked = tcpr_seq_distance(c->snd.una, seg->ack), flight = tcpr_seq_distance(c->snd.una, c->snd.nxt);
    return acked <= flight && (acked | seg->text_len) != 0 && tells_of_window(c, seg);
}

bool arrives_as_expected(struct tcpr_conn *c, const struct tcpr_config *config, const struct tcpr_segment *seg,
                         struct tcpr_effects *fx)
{
    if (TCPR_IS_MUTANT || !feature(config, TCPR_FEATURE_PREDICTION)) { return false; }
    if (!at_ease(c) || !next_in_line(c, seg) || !gets_on(c, seg)) { return false; }
    uint32_t una = c->snd.una, window = c->snd.wnd;
    update_ts_recent(c, seg);
    c->heard_at = c->latest;
    c->probes = 0;
    if (seg->ack != una) { take_ack(c, config, seg, fx); }
    take_window(c, seg);
    if (seg->text_len != 0) { take_next_text(c, config, seg, fx); }
    if (seg->ack != una || c->snd.wnd != window) {
        end_call(c, config);
    } else {
        end_call_timers_stand(c, config);
    }
    return true;
}
