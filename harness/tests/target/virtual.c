/* A lane over a scripted stack: what happens, in which order, and to which connection it belongs. */
#include "harness/target.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* The whole stack: what it will do next time it is asked. */
struct tcprove_stack {
    struct tcprove_host host;
    tcprove_time deadline, step; /* when time() has something to do, and how far the deadline moves then */
    bool speaks;                 /* time() sends one octet */
    unsigned bursts;             /* input() sends so many */
    bool accepts, explains;      /* input() does */
    tcprove_socket next;
    uint16_t connected[3]; /* remote port of sockets 1, 2 */
    tcprove_time told;     /* the last `now` */
};

static struct tcprove_stack script; /* what each new host begins as */
static struct target *target;

static struct tcprove_stack *create(const struct tcprove_setup *setup, const struct tcprove_host *host,
                                    const char **why)
{
    if (setup->mtu == 68) {
        *why = "too small";
        return NULL;
    }
    struct tcprove_stack *stack = malloc(sizeof *stack);
    *stack = script;
    stack->host = *host;
    return stack;
}

static void destroy(struct tcprove_stack *stack)
{
    free(stack);
}

static void input(struct tcprove_stack *stack, tcprove_time now, const uint8_t *datagram, size_t len)
{
    stack->told = now;
    for (unsigned i = 0; i < stack->bursts; i++) {
        stack->host.output(stack->host.context, datagram, len);
    }
    if (stack->explains) {
        char words[8] = "gone", rule[8] = "MUST-1";
        stack->host.explain(stack->host.context, 0, rule, words);
        memset(words, 'x', sizeof words - 1); /* the words are taken before the call returns */
    }
    if (!stack->accepts) { return; }
    tcprove_socket socket = ++stack->next;
    stack->connected[socket] = (uint16_t)(datagram[20] << 8 | datagram[21]);
    stack->host.event(stack->host.context, socket, TCPROVE_ACCEPTED, 99);
}

static void time_passes(struct tcprove_stack *stack, tcprove_time now)
{
    stack->told = now;
    if (stack->speaks) { stack->host.output(stack->host.context, (const uint8_t *)"x", 1); }
    if (stack->step == TCPROVE_NEVER) {
        stack->deadline = TCPROVE_NEVER;
    } else {
        stack->deadline += stack->step;
    }
}

static tcprove_time deadline(struct tcprove_stack *stack)
{
    return stack->deadline;
}

static enum tcprove_result make_listen(struct tcprove_stack *stack, tcprove_time now,
                                       const struct tcprove_endpoint *local, uint32_t backlog, tcprove_socket *socket)
{
    (void)stack;
    (void)now;
    (void)local;
    (void)backlog;
    *socket = 99;
    return TCPROVE_OK;
}

static enum tcprove_result make_connect(struct tcprove_stack *stack, tcprove_time now,
                                        const struct tcprove_endpoint *local, const struct tcprove_endpoint *remote,
                                        tcprove_socket *socket)
{
    (void)now;
    (void)local;
    *socket = ++stack->next;
    stack->connected[*socket] = remote->port;
    stack->host.event(stack->host.context, *socket, TCPROVE_CONNECTED, 0);
    return TCPROVE_OK;
}

static enum tcprove_result make_send(struct tcprove_stack *stack, tcprove_time now, tcprove_socket socket,
                                     const uint8_t *octets, size_t len, bool urgent, size_t *taken)
{
    (void)stack;
    (void)now;
    (void)octets;
    (void)urgent;
    *taken = len;
    return socket == 99 ? TCPROVE_REFUSED_CALL : TCPROVE_OK;
}

static enum tcprove_result make_receive(struct tcprove_stack *stack, tcprove_time now, tcprove_socket socket,
                                        uint8_t *octets, size_t len, size_t *got)
{
    (void)stack;
    (void)now;
    (void)socket;
    memset(octets, 'r', len);
    *got = len;
    return TCPROVE_OK;
}

static enum tcprove_result plain(struct tcprove_stack *stack, tcprove_time now, tcprove_socket socket)
{
    (void)stack;
    (void)now;
    (void)socket;
    return TCPROVE_OK;
}

static enum tcprove_result make_set(struct tcprove_stack *stack, tcprove_time now, tcprove_socket socket,
                                    enum tcprove_setting setting, uint64_t value)
{
    (void)stack;
    (void)now;
    (void)socket;
    (void)setting;
    (void)value;
    return TCPROVE_NOT_SUPPORTED;
}

static enum tcprove_state state_of(struct tcprove_stack *stack, tcprove_socket socket)
{
    (void)stack;
    return socket == 99 ? TCPROVE_LISTEN : TCPROVE_ESTABLISHED;
}

static tcprove_socket find(struct tcprove_stack *stack, const struct tcprove_endpoint *local,
                           const struct tcprove_endpoint *remote)
{
    (void)local;
    for (tcprove_socket i = 1; i <= stack->next; i++) {
        if (stack->connected[i] == remote->port) { return i; }
    }
    return 0;
}

static struct tcprove_stack_ops ops = {
    .abi = TCPROVE_STACK_ABI,
    .abilities = TCPROVE_CAN_IPV4,
    .name = "script",
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
    .shutdown = plain,
    .close = plain,
    .abort = plain,
    .set = make_set,
    .state = state_of,
    .find = find,
};

static struct lane *open_lane(struct tcprove_stack begin)
{
    struct lane_request request = {.version = 4};
    const char *why = NULL;
    script = begin;
    struct lane *lane = target->ops->open(target, &request, &why);
    assert_non_null(lane);
    return lane;
}

static struct observation next(struct lane *lane, tcpr_time until)
{
    struct observation seen;
    target->ops->next(lane, until, &seen);
    return seen;
}

static void inject_from(struct lane *lane, unsigned connection)
{
    uint16_t port = target->ops->addresses(lane)->tester_port[connection];
    uint8_t datagram[40] = {0x45, [20] = (uint8_t)(port >> 8), [21] = (uint8_t)port};
    assert_true(target->ops->inject(lane, datagram, sizeof datagram));
}

static void nothing_due__time_jumps_to_the_end(void **state)
{
    (void)state;
    struct lane *lane = open_lane((struct tcprove_stack){.deadline = TCPROVE_NEVER});
    assert_int_equal(next(lane, 5000).what, OBSERVED_NOTHING);
    assert_int_equal(target->ops->now(lane), 5000);
    assert_int_equal(next(lane, 10).what, OBSERVED_NOTHING); /* time does not run back */
    assert_int_equal(target->ops->now(lane), 5000);
    target->ops->close(lane);
}

static void deadline__comes_at_its_time(void **state)
{
    (void)state;
    struct lane *lane = open_lane((struct tcprove_stack){.deadline = 700, .step = TCPROVE_NEVER, .speaks = true});
    struct observation seen = next(lane, 5000);
    assert_int_equal(seen.what, OBSERVED_DATAGRAM);
    assert_int_equal(seen.at, 700);
    assert_int_equal(target->ops->now(lane), 700);
    assert_int_equal(next(lane, 5000).what, OBSERVED_NOTHING);
    target->ops->close(lane);
}

static void deadline__after_the_end__waits(void **state)
{
    (void)state;
    struct lane *lane = open_lane((struct tcprove_stack){.deadline = 700, .step = TCPROVE_NEVER, .speaks = true});
    assert_int_equal(next(lane, 699).what, OBSERVED_NOTHING);
    assert_int_equal(next(lane, 700).what, OBSERVED_DATAGRAM);
    target->ops->close(lane);
}

static void what_one_call_left__comes_in_order_at_its_time(void **state)
{
    (void)state;
    struct lane *lane = open_lane((struct tcprove_stack){.deadline = TCPROVE_NEVER, .bursts = 2, .accepts = true});
    next(lane, 50);
    inject_from(lane, 0);
    assert_int_equal(next(lane, 900).what, OBSERVED_DATAGRAM);
    assert_int_equal(next(lane, 900).what, OBSERVED_DATAGRAM);
    struct observation seen = next(lane, 900);
    assert_int_equal(seen.what, OBSERVED_EVENT);
    assert_int_equal(seen.event, TCPROVE_ACCEPTED);
    assert_int_equal(seen.at, 50);
    target->ops->close(lane);
}

static void accepted__belongs_to_the_port_it_came_from(void **state)
{
    (void)state;
    struct lane *lane = open_lane((struct tcprove_stack){.deadline = TCPROVE_NEVER, .accepts = true});
    inject_from(lane, 3);
    inject_from(lane, 1);
    assert_int_equal(next(lane, 0).connection, 3);
    assert_int_equal(next(lane, 0).connection, 1);
    target->ops->close(lane);
}

static void connected__belongs_to_who_called(void **state)
{
    (void)state;
    struct lane *lane = open_lane((struct tcprove_stack){.deadline = TCPROVE_NEVER});
    struct app_call call = {.kind = CALL_CONNECT, .connection = 2};
    struct call_outcome outcome;
    target->ops->call(lane, &call, &outcome);
    assert_int_equal(outcome.result, TCPROVE_OK);
    assert_int_equal(next(lane, 0).connection, 2);
    target->ops->close(lane);
}

static void calls__outcomes(void **state)
{
    (void)state;
    struct lane *lane = open_lane((struct tcprove_stack){.deadline = TCPROVE_NEVER});
    struct call_outcome outcome;
    struct app_call call = {.kind = CALL_SEND, .octets = (const uint8_t *)"ab", .len = 2};
    target->ops->call(lane, &call, &outcome);
    assert_int_equal(outcome.result, TCPROVE_REFUSED_CALL); /* no socket */
    assert_non_null(outcome.text);
    target->ops->call(lane, &(struct app_call){.kind = CALL_CONNECT}, &outcome);
    target->ops->call(lane, &call, &outcome);
    assert_int_equal(outcome.len, 2);
    call = (struct app_call){.kind = CALL_RECEIVE, .len = 3};
    target->ops->call(lane, &call, &outcome);
    assert_memory_equal(outcome.octets, "rrr", 3);
    target->ops->call(lane, &(struct app_call){.kind = CALL_SET}, &outcome);
    assert_int_equal(outcome.result, TCPROVE_NOT_SUPPORTED);
    target->ops->close(lane);
}

static void state__connection_then_listener_then_closed(void **state)
{
    (void)state;
    struct lane *lane = open_lane((struct tcprove_stack){.deadline = TCPROVE_NEVER, .accepts = true});
    struct call_outcome outcome;
    assert_int_equal(target->ops->state(lane, 0), TCPROVE_CLOSED);
    target->ops->call(lane, &(struct app_call){.kind = CALL_LISTEN}, &outcome);
    assert_int_equal(target->ops->state(lane, 0), TCPROVE_LISTEN);
    inject_from(lane, 0);
    assert_int_equal(target->ops->state(lane, 0), TCPROVE_ESTABLISHED);
    target->ops->close(lane);
}

static void explanation__words_are_kept(void **state)
{
    (void)state;
    struct lane *lane = open_lane((struct tcprove_stack){.deadline = TCPROVE_NEVER, .explains = true});
    inject_from(lane, 0);
    struct observation seen = next(lane, 0);
    assert_int_equal(seen.what, OBSERVED_EXPLANATION);
    assert_string_equal(seen.rule, "MUST-1");
    assert_string_equal(seen.text, "gone");
    target->ops->close(lane);
}

/* Found by a fuzzer: nothing stood somewhere at NULL. */
static void nothing_sent_nothing_read__have_a_place(void **state)
{
    (void)state;
    struct lane *lane = open_lane((struct tcprove_stack){.deadline = TCPROVE_NEVER, .bursts = 1});
    struct call_outcome outcome;
    uint8_t none[1];
    assert_true(target->ops->inject(lane, none, 0)); /* and sent back */
    struct observation seen = next(lane, 0);
    assert_int_equal(seen.what, OBSERVED_DATAGRAM);
    assert_int_equal(seen.datagram_len, 0);
    assert_non_null(seen.datagram);
    target->ops->call(lane, &(struct app_call){.kind = CALL_CONNECT}, &outcome);
    target->ops->call(lane, &(struct app_call){.kind = CALL_RECEIVE}, &outcome);
    assert_int_equal(outcome.result, TCPROVE_OK);
    assert_non_null(outcome.octets);
    target->ops->close(lane);
}

static void deadline_stands_still__is_a_fault(void **state)
{
    (void)state;
    struct lane *lane = open_lane((struct tcprove_stack){.deadline = 1});
    assert_int_equal(next(lane, 5000).what, OBSERVED_FAULT);
    target->ops->close(lane);
}

static void sends_without_end__is_a_fault(void **state)
{
    (void)state;
    struct lane *lane = open_lane((struct tcprove_stack){.deadline = TCPROVE_NEVER, .bursts = 100000});
    inject_from(lane, 0);
    assert_int_equal(next(lane, 5000).what, OBSERVED_FAULT);
    target->ops->close(lane);
}

static void host_refused__says_why(void **state)
{
    (void)state;
    const char *why = NULL;
    assert_null(target->ops->open(target, &(struct lane_request){.version = 4, .mtu = 68}, &why));
    assert_string_equal(why, "too small");
}

static void datagrams_of_any_shape__are_taken(void **state)
{
    (void)state;
    struct lane *lane = open_lane((struct tcprove_stack){.deadline = TCPROVE_NEVER, .bursts = 1});
    uint8_t octets[3] = {0x4f, 0, 0};
    for (size_t len = 0; len <= sizeof octets; len++) {
        assert_true(target->ops->inject(lane, octets, len));
        assert_int_equal(next(lane, 0).datagram_len, len);
    }
    target->ops->close(lane);
}

static void incomplete_stack__is_refused(void **state)
{
    (void)state;
    const char *why = NULL;
    struct tcprove_stack_ops less = ops;
    less.find = NULL;
    assert_null(target_virtual_open(&less, "script", &why));
    assert_non_null(why);
    less = ops;
    less.abi++;
    assert_null(target_virtual_open(&less, "script", &why));
}

static int open_target(void **state)
{
    (void)state;
    const char *why = NULL;
    target = target_virtual_open(&ops, "script", &why);
    return target ? 0 : -1;
}

static int close_target(void **state)
{
    (void)state;
    target->ops->destroy(target);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_due__time_jumps_to_the_end),
        cmocka_unit_test(deadline__comes_at_its_time),
        cmocka_unit_test(deadline__after_the_end__waits),
        cmocka_unit_test(what_one_call_left__comes_in_order_at_its_time),
        cmocka_unit_test(accepted__belongs_to_the_port_it_came_from),
        cmocka_unit_test(connected__belongs_to_who_called),
        cmocka_unit_test(calls__outcomes),
        cmocka_unit_test(state__connection_then_listener_then_closed),
        cmocka_unit_test(explanation__words_are_kept),
        cmocka_unit_test(nothing_sent_nothing_read__have_a_place),
        cmocka_unit_test(deadline_stands_still__is_a_fault),
        cmocka_unit_test(sends_without_end__is_a_fault),
        cmocka_unit_test(host_refused__says_why),
        cmocka_unit_test(datagrams_of_any_shape__are_taken),
        cmocka_unit_test(incomplete_stack__is_refused),
    };
    return cmocka_run_group_tests(tests, open_target, close_target);
}
