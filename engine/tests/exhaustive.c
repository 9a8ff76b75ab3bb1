/*
 * One segment against every state: all control bits, SEQ, ACK, window and length at their boundaries, with and without
 * timestamps, an open and a closed window, both origins, numbers at the wrap. Each result is held against oracle.c.
 *
 *     exhaustive [stride]     stride N takes every Nth case
 */
#include "../src/internal.h"
#include "oracle.h"
#include "support.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WINDOW 8000u
#define FAR 0x40000000u
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct scenario {
    const char *name;
    struct how how;
};

static const struct scenario scenarios[] = {
    {"passive, numbers at the wrap",
     {.text = 2000, .iss_given = true, .iss = UINT32_MAX - 1000, .irs = UINT32_MAX - 4000}},
    {"active, timestamps, SACK, window scale",
     {.active = true,
      .text = 1000,
      .options = TCPR_OPT_TIMESTAMPS | TCPR_OPT_SACK_PERMITTED | TCPR_OPT_WINDOW_SCALE,
      .peer_shift = 2}},
    {"passive, timestamps", {.options = TCPR_OPT_TIMESTAMPS, .irs = 0x7fffffff}},
    {"active, closed window", {.active = true, .zero_window = true, .text = 1000, .irs = 0x80000000}},
    {"passive, closed window", {.zero_window = true}},
    {"passive, RFC 793",
     {.text = 2000,
      .features_off = TCPR_FEATURE_RFC5961_RST | TCPR_FEATURE_RFC5961_SYN | TCPR_FEATURE_RFC5961_ACK |
                      TCPR_FEATURE_REOPEN_TIME_WAIT}},
    {"passive, an island held", {.held_at = 500, .held_len = 1000, .text = 1000, .irs = UINT32_MAX - 600}},
    {"passive, ECN", {.ecn = true, .text = 2000}},
    {"passive, accurate ECN", {.accurate = true, .text = 2000}},
    {"active, accurate ECN", {.active = true, .accurate = true, .options = TCPR_OPT_TIMESTAMPS}},
    {"active, RFC 1337", {.active = true, .features_on = TCPR_FEATURE_RFC1337}},
};

/* The case at hand, for the report of a failure; how far the run has come. */
struct run {
    const char *scenario;
    struct lab lab;
    struct tcpr_conn base;
    struct tcpr_segment seg;
    uint64_t cases;
    uint64_t stride;
    uint64_t next;
};

static void show_case(const struct run *run)
{
    const struct tcpr_conn *c = &run->base;
    const struct tcpr_segment *s = &run->seg;
    fprintf(stderr, "%s, %s%s: RCV.NXT=%" PRIu32 " RCV.WND=%" PRIu32 " SND.UNA=%" PRIu32 " SND.NXT=%" PRIu32 "\n",
            run->scenario, tcpr_state_name((enum tcpr_state)c->state),
            (c->flags & TCPR_FLAG_PASSIVE) != 0 ? " (passive)" : "", c->rcv.nxt, c->rcv.edge - c->rcv.nxt, c->snd.una,
            c->snd.nxt);
    fprintf(stderr, "segment <SEQ=RCV.NXT%+" PRId32 "><ACK=SND.UNA%+" PRId32 "><LEN=%" PRIu32 "><WND=%u><CTL=",
            (int32_t)(s->seq - c->rcv.nxt), (int32_t)(s->ack - c->snd.una), s->text_len, s->window);
    for (unsigned bit = 0; bit < 8; bit++) {
        if ((s->control >> bit & 1u) != 0) { fputc("FSRPAUEC"[bit], stderr); }
    }
    fprintf(stderr, ">%s TSval=%" PRIu32 " (TS.Recent %" PRIu32 ")\n",
            (s->options.present & TCPR_OPT_TIMESTAMPS) != 0 ? "<TS>" : "", s->options.ts_val, c->ts.recent);
    for (uint32_t i = 0; i < run->lab.fx.decisions; i++) {
        const struct tcpr_decision *d = &run->lab.fx.decision[i];
        fprintf(stderr, "  %s by %s\n", tcpr_act_text((enum tcpr_act)d->act), tcpr_rule_id((enum tcpr_rule)d->rule));
    }
}

static void require(const struct run *run, bool holds, const char *what)
{
    if (holds) { return; }
    show_case(run);
    fprintf(stderr, "FAILED: %s (case %" PRIu64 ")\n", what, run->cases);
    exit(1);
}

static void check_decisions(const struct run *run)
{
    const struct tcpr_effects *fx = &run->lab.fx;
    uint8_t at = run->base.state;
    require(run, fx->decisions <= TCPR_DECISIONS_MAX, "too many decisions");
    for (uint32_t i = 0; i < fx->decisions; i++) {
        const struct tcpr_decision *d = &fx->decision[i];
        require(run, d->act >= TCPR_ACT_DROPPED && d->act <= TCPR_ACT_REDUCED, "an unknown act");
        require(run, d->rule > TCPR_RULE_NONE && d->rule < TCPR_RULE_COUNT, "a decision without a rule");
        if (d->act != TCPR_ACT_MOVED) { continue; }
        require(run, d->from == at && d->to != at, "transitions do not follow each other");
        at = d->to;
    }
    require(run, at == run->lab.c.state, "the state moved without a decision");
    bool refused = (run->seg.control & (TCPR_SYN | TCPR_RST)) != 0 || (run->seg.control & TCPR_ACK) == 0;
    require(run, !(fx->has_reply || refused) || fx->decisions != 0, "a reply or a drop without a decision");
}

static bool synchronized(enum tcpr_state state)
{
    return state >= TCPR_ESTABLISHED;
}

static void check_prediction(const struct run *run)
{
    struct facts f = facts_of(&run->base, &run->lab.config);
    const char *fault = prediction_fault(&f, &run->seg, &run->lab.c, &run->lab.fx);
    if (!fault) { return; }
    struct prediction p = predict(&f, &run->seg);
    fprintf(stderr, "%s; predicted: %s, answers %#" PRIx32 "\n", tcpr_state_name((enum tcpr_state)run->lab.c.state),
            tcpr_state_name(p.state), p.answers);
    require(run, false, fault);
}

/* What the engine asks itself at the end of each call, by its short way and by the long one. */
static void check_invariants(struct run *run)
{
    const char *fault = tcpr_conn_fault(&run->lab.c, &run->lab.config);
    require(run, fault == NULL, fault);
    require(run, first_fault(&run->lab.c, &run->lab.config) == WHOLE, "a fault that the short way does not see");
}

/* Pull all: numbers right, no RST, and new text or FIN of the peer acknowledged now or within the delay. */
static void check_outputs(struct run *run)
{
    struct lab *lab = &run->lab;
    struct tcpr_segment out;
    struct tcpr_conn before = lab->c;
    uint32_t rcv_nxt = lab->c.rcv.nxt;
    unsigned pulled = 0;
    bool advanced = synchronized((enum tcpr_state)lab->c.state) && rcv_nxt != run->base.rcv.nxt;
    bool waits = lab->c.timer[TCPR_TIMER_DELAYED_ACK] != TCPR_NEVER;
    while (tcpr_next_segment(&lab->c, &lab->config, lab->now, &out)) {
        require(run, ++pulled < 64, "outputs without end");
        require(run, (out.control & TCPR_RST) == 0, "an RST pulled");
        require(run, (out.control & TCPR_ACK) == 0 || out.ack == rcv_nxt, "an output acknowledges something else");
        check_invariants(run);
        before = lab->c;
    }
    require(run, memcmp(&before, &lab->c, sizeof before) == 0, "false changed the connection");
    require(run, !advanced || pulled != 0 || waits || lab->fx.has_reply, "text taken and no ACK in sight");
}

/* The same by the long way. @return the connection it leaves */
static struct tcpr_conn go_the_long_way(struct run *run, struct tcpr_config *config)
{
    struct tcpr_conn c = run->base;
    struct tcpr_effects fx;
    const struct tcpr_effects *here = &run->lab.fx;
    config->features &= ~(uint32_t)TCPR_FEATURE_PREDICTION;
    tcpr_segment_arrives(&c, config, run->lab.now, &run->lab.ip, &run->seg, &fx);
    require(run, memcmp(&c, &run->lab.c, sizeof c) == 0, "the short way leaves another connection");
    require(run, memcmp(&fx, here, offsetof(struct tcpr_effects, decision)) == 0, "the short way has other effects");
    require(run, memcmp(fx.decision, here->decision, fx.decisions * sizeof *fx.decision) == 0, "it decides otherwise");
    require(run, fx.stream_reset == here->stream_reset && fx.has_reply == here->has_reply, "it answers otherwise");
    require(run, !fx.has_reply || memcmp(&fx.reply, &here->reply, sizeof fx.reply) == 0, "its reply is another");
    return c;
}

/* Header prediction (fast.c) changes no octet: neither of the connection nor of what it says and sends. */
static void check_both_ways(struct run *run)
{
    struct tcpr_config config = run->lab.config;
    struct tcpr_conn long_way = go_the_long_way(run, &config), short_way = run->lab.c;
    if (run->base.state != TCPR_ESTABLISHED) { return; }
    for (bool more = true; more;) {
        struct tcpr_segment out = {0}, other = {0};
        more = tcpr_next_segment(&short_way, &run->lab.config, run->lab.now, &out);
        require(run, tcpr_next_segment(&long_way, &config, run->lab.now, &other) == more, "it sends more or less");
        require(run, memcmp(&out, &other, sizeof out) == 0, "it sends otherwise");
    }
    require(run, memcmp(&long_way, &short_way, sizeof long_way) == 0, "sending leaves another connection");
}

static void try_case(struct run *run)
{
    if (run->cases++ != run->next) { return; }
    run->next += run->stride;
    run->lab.c = run->base;
    tcpr_segment_arrives(&run->lab.c, &run->lab.config, run->lab.now, &run->lab.ip, &run->seg, &run->lab.fx);
    check_invariants(run);
    check_decisions(run);
    check_prediction(run);
    check_both_ways(run);
    check_outputs(run);
}

static void try_timestamps(struct run *run)
{
    run->seg.options = (struct tcpr_options){0};
    try_case(run);
    if ((run->base.flags & TCPR_FLAG_TIMESTAMPS) == 0 && run->base.state != TCPR_TIME_WAIT) { return; }
    const uint32_t offsets[] = {0, 1, UINT32_MAX};
    for (size_t i = 0; i < COUNT(offsets); i++) {
        run->seg.options.present = TCPR_OPT_TIMESTAMPS;
        run->seg.options.ts_val = run->base.ts.recent + offsets[i];
        run->seg.options.ts_ecr = run->lab.ts_echo;
        try_case(run);
    }
}

/* ECE, CWR and a mark go with the windows, so that there are no more cases. With AE both of a SYN make another kind. */
static void add_marks(struct tcpr_segment *seg, size_t which, bool accurate)
{
    const uint16_t bits[] = {0, TCPR_ECE, TCPR_CWR}, three[] = {0, TCPR_CWR | TCPR_ECE, TCPR_AE | TCPR_ECE};
    seg->control |= accurate ? three[which] : bits[which];
    seg->ecn = which == 0 ? 0 : 3;
}

static void try_controls(struct run *run)
{
    const uint16_t windows[] = {0, 1, 65535};
    const uint32_t lengths[] = {0, 1, 1000, WINDOW, WINDOW + 1};
    for (size_t w = 0; w < COUNT(windows); w++) {
        for (size_t l = 0; l < COUNT(lengths); l++) {
            for (uint16_t control = 0; control < 64; control++) {
                run->seg.window = windows[w];
                run->seg.text_len = lengths[l];
                run->seg.control = control;
                bool accurate = (run->lab.config.features & TCPR_FEATURE_ACCURATE_ECN) != 0;
                if (accurate || (run->lab.config.features & TCPR_FEATURE_ECN)) { add_marks(&run->seg, w, accurate); }
                run->seg.urgent = (uint16_t)lengths[l];
                try_timestamps(run);
            }
        }
    }
}

static void try_numbers(struct run *run)
{
    const struct tcpr_conn *c = &run->base;
    const uint32_t seqs[] = {c->rcv.nxt - 2, c->rcv.nxt - 1,  c->rcv.nxt,       c->rcv.nxt + 1,   c->rcv.edge - 1,
                             c->rcv.edge,    c->rcv.edge + 1, c->rcv.nxt + FAR, c->rcv.nxt - FAR, c->rcv.nxt - WINDOW};
    const uint32_t acks[] = {c->snd.iss,
                             c->snd.una - 1,
                             c->snd.una,
                             c->snd.una + 1,
                             c->snd.nxt - 1,
                             c->snd.nxt,
                             c->snd.nxt + 1,
                             c->snd.una - c->snd.max_wnd,
                             c->snd.una - c->snd.max_wnd - 1,
                             c->snd.nxt + FAR};
    for (size_t s = 0; s < COUNT(seqs); s++) {
        for (size_t a = 0; a < COUNT(acks); a++) {
            run->seg.seq = seqs[s];
            run->seg.ack = acks[a];
            try_controls(run);
        }
    }
}

int main(int argc, char **argv)
{
    static struct run run;
    run.stride = argc > 1 ? strtoull(argv[1], NULL, 10) : 1;
    if (run.stride == 0) {
        fprintf(stderr, "usage: exhaustive [stride]\n");
        return 2;
    }
    for (size_t i = 0; i < COUNT(scenarios); i++) {
        for (int state = TCPR_CLOSED; state < TCPR_STATES; state++) {
            run.scenario = scenarios[i].name;
            struct how how = scenarios[i].how;
            how.accurate = how.accurate && (tcpr_features_built() & TCPR_FEATURE_ACCURATE_ECN) != 0;
            if (state <= TCPR_SYN_RECEIVED) { how.zero_window = false; } /* no SYN of ours offers a window of 0 */
            lab_reach(&run.lab, (enum tcpr_state)state, how);
            run.lab.config.challenge_limit = 0; /* each case stands for itself */
            run.base = run.lab.c;
            run.seg = lab_segment(&run.lab, SEG(.ctl = 0));
            try_numbers(&run);
        }
    }
    printf("%" PRIu64 " cases\n", run.cases / run.stride);
    return 0;
}
