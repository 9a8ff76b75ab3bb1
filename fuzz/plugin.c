/*
 * The plug-in boundary: a stack behind tcprove/stack.h that does whatever the fuzzer says. It sends any octets and any
 * segments, tells any events of any socket, names any deadline, past ones and ones that creep, answers calls with any
 * result and any count, and shows states that do not exist.
 *
 * The first octet chooses who sits before it: the tester, who makes any call of a lane, or the runner with one of the
 * specs below. Nothing crashes, nothing hangs, time on a lane never runs backwards, and a run has a verdict.
 */
#include "fuzz.h"
#include "harness/net.h"
#include "harness/run.h"
#include "harness/target.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BURST_MAX 3u
#define DATAGRAM_MAX 1600u
#define TESTER_STEPS_MAX 200u

/* What is left of the input; the interface hands create() no context, so it stands here. */
static struct {
    const uint8_t *octets;
    size_t left;
} script;

static uint8_t next_octet(void)
{
    if (script.left == 0) { return 0; }
    script.left--;
    return *script.octets++;
}

static uint32_t next_number(void)
{
    uint32_t number = (uint32_t)next_octet() << 8;
    return number | next_octet();
}

/* ---- The stack ---- */

struct tcprove_stack {
    struct tcprove_host host;
    struct tcprove_setup setup;
    tcprove_time now;
    uint32_t seq, ack; /* near what was last seen, so that some segments make sense */
};

static void send_raw(struct tcprove_stack *stack)
{
    size_t len = next_number() % 100;
    if (len > script.left) { len = script.left; }
    uint8_t *exact = malloc(len ? len : 1); /* reads beyond it are found */
    if (!exact) { abort(); }
    memcpy(exact, script.octets, len);
    script.octets += len;
    script.left -= len;
    stack->host.output(stack->host.context, exact, len);
    free(exact);
}

static void send_segment(struct tcprove_stack *stack, uint8_t what)
{
    static const uint8_t text[256] = {0};
    struct tcpr_ip ip = {.version = what & 0x80 ? 6 : 4, .ttl = 64};
    static const uint8_t tester_ipv4[4] = {198, 51, 100, 2}, tester_ipv6[16] = {0x20, 1, 0xd, 0xb8, 0, 1, [15] = 2};
    memcpy(ip.source, ip.version == 4 ? stack->setup.ipv4 : stack->setup.ipv6, ip.version == 4 ? 4 : 16);
    memcpy(ip.destination, ip.version == 4 ? tester_ipv4 : tester_ipv6, ip.version == 4 ? 4 : 16);
    uint8_t options = next_octet();
    struct tcpr_segment seg = {.source_port = (uint16_t)(7777 + (what >> 6 & 1)),
                               .destination_port = (uint16_t)(40001 + (what >> 4 & 3)),
                               .reserved = options >> 5 & 1};
    seg.control = next_octet();
    seg.seq = stack->seq + next_octet() - 128u;
    seg.ack = stack->ack + next_octet() - 128u;
    seg.window = (uint16_t)(next_octet() * 257u);
    seg.text_len = next_octet();
    seg.options =
        (struct tcpr_options){.present = options & 0x5F, .mss = 1460, .window_scale = options >> 4, .sack_count = 1};
    seg.options.sack[0] = (struct tcpr_range){seg.ack, seg.ack + next_octet()};
    uint8_t octets[DATAGRAM_MAX];
    size_t len = datagram_emit_segment(&ip, &seg, text, octets, sizeof octets);
    if (next_octet() == 1 && len > 41) { octets[41] ^= 1; }
    stack->host.output(stack->host.context, octets, len);
    stack->seq = seg.seq + tcpr_segment_len(&seg);
}

static void explain(struct tcprove_stack *stack)
{
    char rule[12], text[12];
    for (size_t i = 0; i < sizeof rule; i++) {
        rule[i] = (char)next_octet();
        text[i] = (char)next_octet();
    }
    rule[sizeof rule - 1] = text[sizeof text - 1] = '\0';
    stack->host.explain(stack->host.context, next_octet(), rule, text);
    memset(text, 'x', sizeof text - 1); /* the words were taken */
}

static void act(struct tcprove_stack *stack)
{
    for (unsigned count = next_octet() & BURST_MAX; count > 0; count--) {
        uint8_t what = next_octet();
        switch (what & 3) {
        case 0: send_raw(stack); break;
        case 1: send_segment(stack, what); break;
        case 2:
            stack->host.event(stack->host.context, what >> 2 & 7, (enum tcprove_event)(next_octet() % 14), what >> 5);
            break;
        default: explain(stack); break;
        }
    }
}

static struct tcprove_stack *create(const struct tcprove_setup *setup, const struct tcprove_host *host,
                                    const char **why)
{
    uint8_t how = next_octet();
    if (how == 255) { *why = "the script says so"; }
    if (how >= 254) { return NULL; }
    struct tcprove_stack *stack = calloc(1, sizeof *stack);
    if (!stack) { abort(); }
    stack->host = *host;
    stack->setup = *setup;
    stack->now = setup->now;
    if (how & 1) { act(stack); }
    return stack;
}

static void destroy(struct tcprove_stack *stack)
{
    free(stack);
}

static void tell_time(struct tcprove_stack *stack, tcprove_time now)
{
    fuzz_require(now >= stack->now, "the stack was told an earlier time");
    stack->now = now;
}

static void input(struct tcprove_stack *stack, tcprove_time now, const uint8_t *datagram, size_t len)
{
    struct datagram d;
    struct tcpr_segment seg;
    tell_time(stack, now);
    bool read = datagram_parse(datagram, len, &d) == NET_OK && d.protocol == NET_TCP &&
                tcpr_segment_parse(datagram + d.payload_at, d.payload_len, &d.ip, &seg) == TCPR_PARSE_OK;
    if (read) {
        stack->ack = seg.seq + tcpr_segment_len(&seg);
        if (seg.control & TCPR_ACK) { stack->seq = seg.ack; }
    }
    act(stack);
}

static void time_passes(struct tcprove_stack *stack, tcprove_time now)
{
    tell_time(stack, now);
    act(stack);
}

static tcprove_time deadline(struct tcprove_stack *stack)
{
    uint8_t how = next_octet();
    switch (how & 7) {
    case 0:
    case 1: return TCPROVE_NEVER;
    case 2: return 0;
    case 3: return stack->now;
    case 4: return stack->now + 1;
    case 5: return TCPROVE_NEVER - 1;
    default: return stack->now + (tcprove_time)how * 1000;
    }
}

static enum tcprove_result result(void)
{
    uint8_t which = next_octet();
    return (enum tcprove_result)(which < 200 ? 0 : which % 8); /* some that do not exist */
}

static enum tcprove_result make(struct tcprove_stack *stack, tcprove_time now)
{
    tell_time(stack, now);
    act(stack);
    return result();
}

static enum tcprove_result make_listen(struct tcprove_stack *stack, tcprove_time now,
                                       const struct tcprove_endpoint *local, uint32_t backlog, tcprove_socket *socket)
{
    (void)local;
    (void)backlog;
    *socket = next_octet() & 7;
    return make(stack, now);
}

static enum tcprove_result make_connect(struct tcprove_stack *stack, tcprove_time now,
                                        const struct tcprove_endpoint *local, const struct tcprove_endpoint *remote,
                                        tcprove_socket *socket)
{
    (void)remote;
    return make_listen(stack, now, local, 0, socket);
}

static enum tcprove_result make_send(struct tcprove_stack *stack, tcprove_time now, tcprove_socket socket,
                                     const uint8_t *octets, size_t len, bool urgent, size_t *taken)
{
    (void)socket;
    (void)octets;
    (void)urgent;
    uint8_t how = next_octet();
    *taken = how < 128 ? len : how < 250 ? how : SIZE_MAX;
    return make(stack, now);
}

static enum tcprove_result make_fast_connect(struct tcprove_stack *stack, tcprove_time now,
                                             const struct tcprove_endpoint *local,
                                             const struct tcprove_endpoint *remote, const uint8_t *octets, size_t len,
                                             size_t *taken, tcprove_socket *socket)
{
    enum tcprove_result result = make_send(stack, now, 0, octets, len, false, taken);
    return result == TCPROVE_OK ? make_connect(stack, now, local, remote, socket) : result;
}

static enum tcprove_result make_receive(struct tcprove_stack *stack, tcprove_time now, tcprove_socket socket,
                                        uint8_t *octets, size_t len, size_t *got)
{
    (void)socket;
    uint8_t how = next_octet();
    memset(octets, how, len);
    *got = how < 128 ? len : how < 250 ? how : SIZE_MAX;
    return make(stack, now);
}

static enum tcprove_result make_any(struct tcprove_stack *stack, tcprove_time now, tcprove_socket socket)
{
    (void)socket;
    return make(stack, now);
}

static enum tcprove_result make_set(struct tcprove_stack *stack, tcprove_time now, tcprove_socket socket,
                                    enum tcprove_setting setting, uint64_t value)
{
    (void)socket;
    (void)setting;
    (void)value;
    return make(stack, now);
}

static enum tcprove_state state(struct tcprove_stack *stack, tcprove_socket socket)
{
    (void)stack;
    (void)socket;
    return (enum tcprove_state)next_octet();
}

static tcprove_socket find(struct tcprove_stack *stack, const struct tcprove_endpoint *local,
                           const struct tcprove_endpoint *remote)
{
    (void)stack;
    (void)local;
    (void)remote;
    return next_octet() & 7;
}

static const struct tcprove_stack_ops scripted = {
    .abi = TCPROVE_STACK_ABI,
    .abilities = 0x3FF,
    .name = "scripted",
    .version = "1",
    .create = create,
    .destroy = destroy,
    .input = input,
    .time = time_passes,
    .deadline = deadline,
    .listen = make_listen,
    .connect = make_connect,
    .send = make_send,
    .receive = make_receive,
    .shutdown = make_any,
    .close = make_any,
    .abort = make_any,
    .set = make_set,
    .state = state,
    .find = find,
    .fast_connect = make_fast_connect,
};

/* ---- The tester ---- */

static void watch_observation(const struct observation *seen, tcpr_time *latest, struct digest *digest)
{
    fuzz_require(seen->connection < LANE_CONNECTIONS_MAX, "an observation of no connection");
    if (seen->what != OBSERVED_NOTHING && seen->what != OBSERVED_FAULT) {
        fuzz_require(seen->at >= *latest, "time on the lane runs backwards");
        *latest = seen->at;
    }
    if (seen->what == OBSERVED_FAULT) { fuzz_require(seen->text != NULL, "a fault without a word"); }
    digest_add(digest, &seen->what, sizeof seen->what);
    digest_add(digest, seen->datagram, seen->datagram_len);
    if (seen->text) { digest_add(digest, seen->text, strlen(seen->text)); }
    if (seen->rule) { digest_add(digest, seen->rule, strlen(seen->rule)); }
}

static void call(const struct target *target, struct lane *lane, struct digest *digest)
{
    static const uint8_t text[256] = {0};
    struct app_call call = {.octets = text};
    call.kind = (enum call_kind)(1 + next_octet() % 8);
    call.connection = next_octet() % LANE_CONNECTIONS_MAX;
    call.len = next_octet();
    call.fast = call.kind == CALL_CONNECT && (call.len & 1);
    call.setting = (enum tcprove_setting)(1 + next_octet() % 7);
    struct call_outcome outcome;
    target->ops->call(lane, &call, &outcome);
    size_t sane = outcome.len <= call.len ? outcome.len : 0;
    if (outcome.octets) { digest_add(digest, outcome.octets, sane); }
    digest_add(digest, &outcome.result, sizeof outcome.result);
}

static void step(const struct target *target, struct lane *lane, tcpr_time *latest, struct digest *digest)
{
    uint8_t datagram[64], what = next_octet();
    struct observation seen = {0};
    switch (what & 3) {
    case 0:
        for (size_t i = 0; i < sizeof datagram; i++) {
            datagram[i] = next_octet();
        }
        target->ops->inject(lane, datagram, what >> 2);
        break;
    case 1: call(target, lane, digest); break;
    case 2: target->ops->state(lane, what >> 2 & 7); break;
    default:
        target->ops->next(lane, target->ops->now(lane) + ((tcpr_time)(what >> 2) << (what >> 3)), &seen);
        watch_observation(&seen, latest, digest);
        break;
    }
}

static void test(struct target *target, uint8_t how, struct digest *digest)
{
    struct lane_request request = {.version = how & 0x80 ? 6 : 4, .sack = true};
    const char *why = NULL;
    struct lane *lane = target->ops->open(target, &request, &why);
    if (!lane) {
        fuzz_require(why != NULL, "no lane and no reason");
        return;
    }
    tcpr_time latest = 0;
    for (unsigned steps = 0; script.left > 0 && steps < TESTER_STEPS_MAX; steps++) {
        step(target, lane, &latest, digest);
    }
    target->ops->close(lane);
}

/* ---- The runner ---- */

static const char *const specs[] = {
    "title: A passive open\n"
    "covers: [MUST-8]\n"
    "steps:\n"
    "  - call: listen\n"
    "  - inject: <SEQ=100><CTL=SYN><MSS=1460><SACKOK>\n"
    "  - expect: <SEQ=?iss><ACK=101><CTL=SYN,ACK><MSS=*>\n"
    "  - state: SYN-RECEIVED\n"
    "  - inject: <SEQ=101><ACK=iss+1><CTL=ACK>\n"
    "  - event: accepted\n"
    "  - auto-ack: on\n"
    "  - call: send 3000\n"
    "  - expect-text: 3000\n"
    "  - inject: <SEQ=rcv.nxt><CTL=FIN,ACK><DATA=\"hello\">\n"
    "  - event: text \"hello\"\n"
    "  - event: eof\n"
    "  - acked: rcv.nxt\n"
    "  - silence: 1 s\n"
    "  - call: close\n"
    "  - no-event: reset\n",
    "title: An active open\n"
    "covers: [MUST-8]\n"
    "steps:\n"
    "  - call: connect\n"
    "  - expect: <SEQ=?x><CTL=SYN><MSS=?m>\n"
    "    at: ?t0\n"
    "  - one_of:\n"
    "      - expect: <SEQ=x><CTL=SYN>\n"
    "      - silence: 900 ms\n"
    "  - inject: <SEQ=300><ACK=x+1><CTL=SYN,ACK>\n"
    "  - expect: <SEQ=x+1><ACK=301><CTL=ACK>\n"
    "    after: 0 s..10 s\n"
    "    since: t0\n"
    "  - let: {gap: 2*m}\n"
    "  - repeat:\n"
    "      times: 3\n"
    "      steps:\n"
    "        - inject: <SEQ=rcv.nxt-1><CTL=ACK><DATA=\"x\">\n"
    "        - expect: <SEQ=snd.nxt><ACK=rcv.nxt><CTL=ACK>\n"
    "  - inject: ICMP(3,4) MTU=600\n"
    "  - fence:\n"
    "  - call: abort\n"
    "  - advance: 2 s\n",
    "title: An open with text\n"
    "covers: [MUST-8]\n"
    "steps:\n"
    "  - call: connect fast-open \"hello\"\n"
    "  - expect: <SEQ=?x><CTL=SYN>\n"
    "  - inject: <SEQ=300><ACK=x+1><CTL=SYN,ACK><TFO=\"12345678\">\n"
    "  - call: connect fast-open 30000\n"
    "    on: b\n"
    "  - expect: <SEQ=?y><CTL=SYN><TFO=\"12345678\">\n"
    "    on: b\n"
    "  - inject: <SEQ=300><ACK=y+1><CTL=SYN,ACK>\n"
    "    on: b\n"
    "  - expect-text: 3000\n"
    "    on: b\n",
};

static const struct spec *spec_of(struct suite *suite, unsigned which)
{
    static const struct spec *read[sizeof specs / sizeof specs[0]]; /* read once: they do not change */
    which %= sizeof specs / sizeof specs[0];
    if (!read[which]) { read[which] = spec_read_memory(suite, "fuzz.yaml", specs[which], strlen(specs[which])); }
    if (!read[which]) { fprintf(stderr, "%u: %s\n", suite->error[0].at.line, suite->error[0].text); }
    fuzz_require(read[which] != NULL, "the target's own spec cannot be read");
    return read[which];
}

static void run(struct target *target, uint8_t how, struct digest *digest)
{
    static struct suite suite;
    const struct run_options options = {.explain = how & 0x40};
    struct run_result *result = run_spec(&suite, spec_of(&suite, how >> 1), 0, how & 0x80 ? 6 : 4, target, &options);
    fuzz_require(result->verdict < VERDICTS && result->reason, "a run without a verdict");
    digest_add(digest, result->reason, strlen(result->reason));
    digest_add(digest, &result->trace.count, sizeof result->trace.count);
    run_result_free(result);
}

void fuzz_run(const uint8_t *octets, size_t len, struct digest *digest)
{
    const char *why = NULL;
    script.octets = octets;
    script.left = len;
    struct target *target = target_virtual_open(&scripted, "plugin", &why);
    fuzz_require(target != NULL, "the scripted stack is refused");
    uint8_t how = next_octet();
    if (how & 1) {
        run(target, how, digest);
    } else {
        test(target, how, digest);
    }
    target->ops->destroy(target);
}
