#include "tell.h"

#include <inttypes.h>

/* What the teller remembers: where it writes, and when it last wrote. */
struct teller {
    FILE *out;
    struct stage stage;
    tcpr_time told_at;
};

static void tell_wait(struct teller *t, tcpr_time now)
{
    tcpr_time us = now - t->told_at;
    t->told_at = now;
    if (us == 0) { return; }
    if (us % 1000 == 0) {
        fprintf(t->out, "  - advance: %" PRIu64 " ms\n", us / 1000);
    } else {
        fprintf(t->out, "  - advance: %" PRIu64 " us\n", us);
    }
}

static void tell_control(FILE *out, unsigned control)
{
    static const char *const names[9] = {"FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR", "AE"};
    const char *comma = "";
    fputs("<CTL=", out);
    for (unsigned bit = 0; bit < 9; bit++) {
        if ((control >> bit & 1) == 0) { continue; }
        fprintf(out, "%s%s", comma, names[bit]);
        comma = ",";
    }
    fputs(control ? ">" : "none>", out);
}

static void tell_options(FILE *out, const struct tcpr_options *options)
{
    if (options->present & TCPR_OPT_MSS) { fprintf(out, "<MSS=%u>", options->mss); }
    if (options->present & TCPR_OPT_WINDOW_SCALE) { fprintf(out, "<WS=%u>", options->window_scale); }
    if (options->present & TCPR_OPT_SACK_PERMITTED) { fputs("<SACKOK>", out); }
    if (options->present & TCPR_OPT_TIMESTAMPS) {
        fprintf(out, "<TS=%" PRIu32 ":%" PRIu32 ">", options->ts_val, options->ts_ecr);
    }
    if (options->present & TCPR_OPT_USER_TIMEOUT) { fprintf(out, "<UTO=%u>", options->user_timeout); }
    for (unsigned i = 0; i < options->sack_count; i++) {
        const struct tcpr_range *block = &options->sack[i];
        fprintf(out, "%s%" PRIu32 ":%" PRIu32 "%s", i ? "," : "<SACK=", block->first, block->end,
                i + 1u == options->sack_count ? ">" : "");
    }
}

static void tell_segment(FILE *out, const struct tcpr_segment *seg)
{
    fprintf(out, "<SEQ=%" PRIu32 ">", seg->seq);
    if (seg->control & TCPR_ACK || seg->ack) { fprintf(out, "<ACK=%" PRIu32 ">", seg->ack); }
    tell_control(out, seg->control);
    fprintf(out, "<WND=%u>", seg->window);
    if (seg->control & TCPR_URG) { fprintf(out, "<UP=%u>", seg->urgent); }
    tell_options(out, &seg->options);
}

static void tell_arrival(void *context, tcpr_time now, const struct tcpr_ip *ip, const struct tcpr_segment *seg)
{
    struct teller *t = context;
    (void)ip;
    tell_wait(t, now);
    fputs("  - inject: ", t->out);
    tell_segment(t->out, seg);
    if (seg->ecn) { fprintf(t->out, "<IP.ECN=%u>", seg->ecn); }
    if (seg->text_len) { fprintf(t->out, "<DATA=%" PRIu32 ">", seg->text_len); }
    fputc('\n', t->out);
}

static void tell_departure(void *context, tcpr_time now, const struct tcpr_ip *ip, const struct tcpr_segment *seg)
{
    struct teller *t = context;
    (void)ip;
    tell_wait(t, now);
    fputs("  - expect: ", t->out);
    tell_segment(t->out, seg);
    fprintf(t->out, "<LEN=%" PRIu32 ">\n", seg->text_len);
}

static void tell_setting(FILE *out, const struct event *event)
{
    static const char *const names[10] = {"?",
                                          "nodelay",
                                          "keepalive",
                                          "keepalive-idle",
                                          "keepalive-interval",
                                          "user-timeout",
                                          "r2",
                                          "advertised-timeout",
                                          "changeable-timeout",
                                          "cubic"};
    bool is_switch = event->setting == TCPR_SET_NODELAY || event->setting == TCPR_SET_KEEPALIVE ||
                     event->setting >= TCPR_SET_CHANGEABLE_TIMEOUT;
    if (is_switch) {
        fprintf(out, "  - call: set %s %s\n", names[event->setting], event->value ? "on" : "off");
    } else {
        fprintf(out, "  - call: set %s %" PRIu64 " us\n", names[event->setting], event->value);
    }
}

static void tell_call(struct teller *t, const struct event *event)
{
    FILE *out = t->out;
    switch (event->kind) {
    case EVENT_SEGMENT:
    case EVENT_TIME: break;
    case EVENT_SEND:
        fprintf(out, "  - call: send %s%" PRIu32 "\n", event->urgent ? "urgent " : "", event->amount);
        break;
    case EVENT_RECEIVE: fprintf(out, "  - call: receive %" PRIu32 "\n", event->amount); break;
    case EVENT_CLOSE: fputs("  - call: shutdown\n", out); break;
    case EVENT_RELEASE: fputs("  - call: close\n", out); break;
    case EVENT_ABORT: fputs("  - call: abort\n", out); break;
    case EVENT_SET: tell_setting(out, event); break;
    case EVENT_ICMP:
        fprintf(out, "  - inject: ICMP(%u,%u) MTU=%" PRIu32 " QUOTE=%" PRIu32 "\n", event->icmp.type, event->icmp.code,
                event->icmp.mtu, t->stage.c.snd.una + event->icmp.quoted_seq);
        break;
    case EVENT_OPEN_ACTIVE: fputs("  - call: connect\n", out); break;
    case EVENT_OPEN_PASSIVE: fputs("  - call: listen\n", out); break;
    case EVENT_STATUS: fputs("    # STATUS\n", out); break;
    }
}

/* Only what lies before the event's own pause is known here; what passes within it shows at the next line. */
static void tell_event(void *context, tcpr_time now, const struct event *event, const struct tcpr_conn *c)
{
    struct teller *t = context;
    fprintf(t->out,
            "    # %.6f s, %s, SND.UNA %" PRIu32 " SND.NXT %" PRIu32 " RCV.NXT %" PRIu32 " RCV.WND %" PRIu32 "%s\n",
            (double)(now - t->stage.head.begin) / 1e6, tcpr_state_name((enum tcpr_state)c->state), c->snd.una,
            c->snd.nxt, c->rcv.nxt, c->rcv.edge - c->rcv.nxt, event->hold ? ", outputs wait" : "");
    tell_wait(t, now);
    tell_call(t, event);
}

static void tell_head(FILE *out, const struct scenario_head *head)
{
    const struct tcpr_config *config = &head->config;
    fprintf(out, "title: A fuzzer's finding\ncovers: [MUST-8] # the rule it is about\nwhy: >\n  What is wrong here.\n");
    fprintf(out,
            "# features %08" PRIx32 ", user timeout %" PRIu64 " us, challenge limit %" PRIu32 ", least RTO %" PRIu64
            " us\n",
            config->features, config->user_timeout_us, config->challenge_limit, config->rto_min_us);
    fprintf(out, "given: {receive-buffer: %" PRIu32 ", send-buffer: %" PRIu32 ", mtu: %u, isn: %" PRIu32 "}\n",
            config->receive_buffer, config->send_buffer, config->mtu, head->irs);
    fprintf(out, "ip: [%u]\nsteps:\n", head->version);
}

void scenario_tell(FILE *out, const uint8_t *octets, size_t len)
{
    struct teller t = {.out = out};
    struct observer observer = {&t, tell_arrival, tell_departure, tell_event};
    scenario_begin(&t.stage, octets, len, &observer, NULL);
    t.told_at = t.stage.now;
    tell_head(out, &t.stage.head);
    scenario_play(&t.stage, octets, len, &observer, NULL);
    fprintf(out, "  - state: %s\n", tcpr_state_name((enum tcpr_state)t.stage.c.state));
}
