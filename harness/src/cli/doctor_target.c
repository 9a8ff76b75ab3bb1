/* A target asked a few things by specs of doctor's own; what comes is counted, not judged. */
#include "doctor.h"
#include "harness/run.h"

#include <string.h>

static const char opens[] = "title: A connection opens\n"
                            "covers: [MUST-10]\n"
                            "why: For doctor.\n"
                            "given: ESTABLISHED\n"
                            "steps:\n"
                            "  - inject: <SEQ=rcv.nxt-1><CTL=ACK>\n"
                            "  - expect: <ACK=rcv.nxt><CTL=ACK>\n";
#define RESETS 20u
static const char resets[] = "title: Segments for no connection draw resets\n"
                             "covers: [RFC9293-3.5.2-n1]\n"
                             "why: For doctor.\n"
                             "steps:\n"
                             "  - repeat: {times: 20, steps: [inject: <SEQ=100><ACK=5000><CTL=ACK>]}\n"
                             "  - expect: <CTL=RST>\n"
                             "  - advance: 500 ms\n";
#define CHALLENGES 10u
static const char challenges[] = "title: Resets that do not fit draw challenge ACKs\n"
                                 "covers: [RFC5961-3.2-3]\n"
                                 "why: For doctor.\n"
                                 "given: ESTABLISHED\n"
                                 "steps:\n"
                                 "  - repeat: {times: 10, steps: [inject: <SEQ=rcv.nxt+1><CTL=RST>]}\n"
                                 "  - expect: <ACK=rcv.nxt><CTL=ACK>\n"
                                 "  - advance: 500 ms\n";

struct asking {
    struct doctor *doctor;
    const struct run_target *target;
    const struct suite *suite;
    uint8_t version;
};

/* @return NULL, and a fault: the spec of this program is wrong, or tcprove itself. */
static struct run_result *ask(const struct asking *asking, const char *text)
{
    struct suite mine = {0};
    const struct spec *spec = spec_read_memory(&mine, "doctor.yaml", text, strlen(text));
    struct run_result *run =
        spec ? run_spec(asking->suite, spec, 0, asking->version, asking->target->target, NULL) : NULL;
    bool erred = !run || run->verdict == VERDICT_ERROR;
    if (erred) { diagnose(asking->doctor, IS_FAULT, NULL, "tcprove erred: %s", run ? run->reason : "spec not read"); }
    if (run) { run->covers = NULL; } /* it ends with the spec */
    suite_free(&mine);
    if (!erred) { return run; }
    run_result_free(run);
    return NULL;
}

static bool is_answer(const struct trace_entry *entry, uint16_t control)
{
    return entry->kind == TRACE_FROM_TARGET && !entry->in_given && entry->is_tcp && entry->parsed == TCPR_PARSE_OK &&
           (entry->segment.control & (TCPR_SYN | TCPR_FIN | TCPR_RST)) == control;
}

static unsigned answers(const struct run_result *run, uint16_t control)
{
    unsigned count = 0;
    for (size_t i = 0; i < run->trace.count; i++) {
        count += is_answer(&run->trace.entry[i], control);
    }
    return count;
}

/* From the first segment after `given` to its answer. */
static double answer_ms(const struct run_result *run)
{
    tcpr_time asked = 0;
    for (size_t i = 0; i < run->trace.count; i++) {
        const struct trace_entry *entry = &run->trace.entry[i];
        if (entry->kind == TRACE_TO_TARGET && !entry->in_given) { asked = entry->at; }
        if (asked && is_answer(entry, 0)) { return entry->at > asked ? (double)(entry->at - asked) * 1e-3 : 0; }
    }
    return 0;
}

static void look_at_opening(const struct asking *asking)
{
    struct run_result *run = ask(asking, opens);
    if (!run) { return; }
    if (run->verdict == VERDICT_PASS) {
        diagnose(asking->doctor, IS_WELL, NULL, "connection: opened; an old segment was answered within %.2f ms",
                 answer_ms(run));
    } else if (run->verdict == VERDICT_SKIP) {
        diagnose(asking->doctor, IS_NOTED, NULL, "connection: not asked for: %s", run->reason);
    } else {
        diagnose(asking->doctor, IS_FAULT, "tcprove run --explain three-way shows the exchange", "connection: %s: %s",
                 verdict_name(run->verdict), run->reason);
    }
    run_result_free(run);
}

static void look_at_limit(const struct asking *asking, const char *text, const char *what, unsigned asked,
                          uint16_t control)
{
    struct run_result *run = ask(asking, text);
    if (!run) { return; }
    unsigned count = answers(run, control);
    bool undecided = run->verdict == VERDICT_SKIP || run->verdict == VERDICT_INCONCLUSIVE;
    bool limited = count < asked;
    if (undecided) {
        diagnose(asking->doctor, IS_NOTED, NULL, "%s: not asked for: %s", what, run->reason);
    } else {
        diagnose(asking->doctor, limited ? IS_NOTED : IS_WELL,
                 limited ? "specs that want more are inconclusive; Linux: --profile tuned, or on the target "
                           "sysctl net.ipv4.tcp_invalid_ratelimit=0"
                         : NULL,
                 "%s: %u of %u at once were answered", what, count, asked);
    }
    run_result_free(run);
}

void doctor_target(struct doctor *doctor, const struct run_target *target, const struct suite *suite, uint8_t version)
{
    const struct asking asking = {doctor, target, suite, version};
    look_at_opening(&asking);
    look_at_limit(&asking, resets, "resets", RESETS, TCPR_RST);
    look_at_limit(&asking, challenges, "challenge ACKs", CHALLENGES, 0);
}
