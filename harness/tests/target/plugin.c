/* The plug-in boundary across processes: what a shared object can do wrong, and what the lane makes of it. */
#include "harness/target.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static char why[256];

static struct target *open_target(const char *mischief)
{
    assert_int_equal(setenv("MISCHIEF", mischief, 1), 0);
    why[0] = 0;
    return target_plugin_open(MISCHIEF_FILE, why, sizeof why);
}

static void close_target(struct target *target)
{
    target->ops->destroy(target);
}

static struct lane *open_lane(struct target *target)
{
    static const struct lane_request request = {.version = 4};
    const char *reason = NULL;
    struct lane *lane = target->ops->open(target, &request, &reason);
    assert_non_null(lane);
    return lane;
}

static struct observation next(struct target *target, struct lane *lane)
{
    struct observation seen;
    target->ops->next(lane, TCPR_S(1), &seen);
    return seen;
}

/* The lane is broken for good, in these words, and everything may still be called. */
static void assert_broken(struct target *target, struct lane *lane, const char *text)
{
    for (unsigned i = 0; i < 2; i++) {
        struct observation seen = next(target, lane);
        while (seen.what != OBSERVED_FAULT && seen.what != OBSERVED_NOTHING) {
            seen = next(target, lane);
        }
        assert_int_equal(seen.what, OBSERVED_FAULT);
        if (!strstr(seen.text, text)) { fail_msg("'%s' does not tell '%s'", seen.text, text); }
        struct call_outcome outcome;
        target->ops->inject(lane, (const uint8_t *)"x", 1);
        target->ops->call(lane, &(struct app_call){.kind = CALL_LISTEN}, &outcome);
        target->ops->state(lane, 0);
    }
}

static void input_breaks(const char *mischief, const char *text)
{
    struct target *target = open_target(mischief);
    struct lane *lane = open_lane(target);
    target->ops->inject(lane, (const uint8_t *)"x", 1);
    assert_broken(target, lane, text);
    target->ops->close(lane);
    close_target(target);
}

static void not_opened(const char *mischief, const char *text)
{
    assert_null(open_target(mischief));
    if (!strstr(why, text)) { fail_msg("'%s' does not tell '%s'", why, text); }
}

static void file__not_a_plugin__is_told(void **state)
{
    (void)state;
    assert_null(target_plugin_open("/nonexistent.so", why, sizeof why));
    assert_non_null(strstr(why, "/nonexistent.so"));
    assert_null(target_plugin_open("/etc/passwd", why, sizeof why));
    assert_non_null(strstr(why, "ELF"));
    assert_null(target_plugin_open(OTHER_FILE, why, sizeof why));
    assert_non_null(strstr(why, "does not export tcprove_stack()"));
}

static void operations__wrong__are_told(void **state)
{
    (void)state;
    not_opened("nothing", "another version");
    not_opened("other version", "another version");
    not_opened("no receive", "leaves out a function");
    not_opened("no fast connect", "leaves out a function");
    not_opened("crash at once", "died of signal 11");
}

static void name__of_any_octets__is_printable(void **state)
{
    (void)state;
    struct target *target = open_target("");
    assert_string_equal(target->name, "mischief?[31m ?");
    assert_string_equal(target->kind, "plugin");
    assert_int_equal(target->abilities & TARGET_VIRTUAL_TIME, TARGET_VIRTUAL_TIME);
    assert_int_equal(target->abilities & 0xFFF00000, TARGET_FORGETS_PATH | TARGET_OFFERS_ECN);
    close_target(target);
}

static void input__what_the_stack_says__comes_in_order(void **state)
{
    (void)state;
    struct target *target = open_target("");
    struct lane *lane = open_lane(target);
    target->ops->inject(lane, (const uint8_t *)"hello", 5);
    struct observation seen = next(target, lane);
    assert_int_equal(seen.datagram_len, 5);
    assert_memory_equal(seen.datagram, "hello", 5);
    assert_int_equal(next(target, lane).datagram_len, 1);
    seen = next(target, lane);
    assert_int_equal(seen.what, OBSERVED_DATAGRAM);
    assert_int_equal(seen.datagram_len, 0);
    assert_int_equal(next(target, lane).what, OBSERVED_EVENT);
    seen = next(target, lane);
    assert_int_equal(seen.what, OBSERVED_EXPLANATION);
    assert_string_equal(seen.rule, "");
    assert_string_equal(seen.text, "");
    assert_int_equal(next(target, lane).what, OBSERVED_NOTHING);
    target->ops->close(lane);
    close_target(target);
}

/* A datagram larger than any buffer on the way goes there and back. */
static void input__large__is_whole(void **state)
{
    (void)state;
    struct target *target = open_target("");
    struct lane *lane = open_lane(target);
    size_t len = 300000;
    uint8_t *octets = malloc(len);
    for (size_t i = 0; i < len; i++) {
        octets[i] = (uint8_t)(i * 7 / 5);
    }
    target->ops->inject(lane, octets, len);
    struct observation seen = next(target, lane);
    assert_int_equal(seen.datagram_len, len);
    assert_memory_equal(seen.datagram, octets, len);
    free(octets);
    target->ops->close(lane);
    close_target(target);
}

static void globals__two_lanes__are_apart(void **state)
{
    (void)state;
    struct target *target = open_target("");
    struct lane *lane[2] = {open_lane(target), open_lane(target)};
    for (unsigned i = 0; i < 2; i++) {
        target->ops->inject(lane[i], (const uint8_t *)"x", 1);
        next(target, lane[i]);
        struct observation made = next(target, lane[i]);
        assert_int_equal(made.datagram_len, 1);
        assert_int_equal(made.datagram[0], 1); /* neither host has heard of the other */
    }
    target->ops->close(lane[0]);
    target->ops->close(lane[1]);
    close_target(target);
}

static void create__refuses__is_a_reason(void **state)
{
    (void)state;
    static const struct lane_request request = {.version = 6};
    const char *reason = NULL;
    struct target *target = open_target("refuse");
    assert_null(target->ops->open(target, &request, &reason));
    assert_string_equal(reason, "not today");
    close_target(target);
    target = open_target("refuse without a word");
    assert_null(target->ops->open(target, &request, &reason));
    assert_non_null(strstr(reason, "did not say why"));
    close_target(target);
}

/* A crash is an error, not a reason to skip. */
static void create__crashes__is_an_error(void **state)
{
    (void)state;
    struct target *target = open_target("crash in create");
    struct lane *lane = open_lane(target);
    assert_broken(target, lane, "died of signal 11 (Segmentation fault) in create()");
    target->ops->close(lane);
    close_target(target);
}

static void input__ends_the_process__is_an_error(void **state)
{
    (void)state;
    input_breaks("crash in input", "died of signal 11 (Segmentation fault) in input()");
    input_breaks("abort in input", "died of signal 6 (Aborted) in input()");
    input_breaks("exit in input", "ended its process with status 7 in input()");
    input_breaks("crash in find", "died of signal 11 (Segmentation fault) in find()");
}

static void input__without_end__is_an_error(void **state)
{
    (void)state;
    input_breaks("send without end", "does not come to rest");
    input_breaks("scribble", "the plug-in");
}

static void deadline__stands_still__is_an_error(void **state)
{
    (void)state;
    struct target *target = open_target("never rest");
    struct lane *lane = open_lane(target);
    assert_broken(target, lane, "does not come to rest");
    target->ops->close(lane);
    close_target(target);
}

static void call_breaks(const char *mischief, enum call_kind kind, const char *text)
{
    struct target *target = open_target(mischief);
    struct lane *lane = open_lane(target);
    struct call_outcome outcome;
    target->ops->call(lane, &(struct app_call){.kind = CALL_LISTEN}, &outcome);
    assert_int_equal(outcome.result, TCPROVE_OK);
    const struct app_call call = {
        .kind = kind, .octets = (const uint8_t *)"abc", .len = 3, .fast = kind == CALL_CONNECT};
    target->ops->call(lane, &call, &outcome);
    assert_true(outcome.len <= 3);
    assert_broken(target, lane, text);
    target->ops->close(lane);
    close_target(target);
}

static void counts__above_what_was_given__are_errors(void **state)
{
    (void)state;
    call_breaks("take too much", CALL_SEND, "took more octets");
    call_breaks("take too much", CALL_CONNECT, "more octets than it was given in fast_connect()");
    call_breaks("give too much", CALL_RECEIVE, "read more octets");
}

/* The lane is gone by then; the next one is none the worse. */
static void destroy__crashes__is_survived(void **state)
{
    (void)state;
    struct target *target = open_target("crash in destroy");
    for (unsigned i = 0; i < 3; i++) {
        struct lane *lane = open_lane(target);
        target->ops->inject(lane, (const uint8_t *)"x", 1);
        assert_int_equal(next(target, lane).what, OBSERVED_DATAGRAM);
        target->ops->close(lane);
    }
    close_target(target);
}

/* Takes the ten seconds that a call may take. */
static void input__does_not_return__is_an_error(void **state)
{
    (void)state;
    input_breaks("hang", "did not return within 10 s in input()");
}

int main(int argc, char **argv)
{
    const struct CMUnitTest quick[] = {
        cmocka_unit_test(file__not_a_plugin__is_told),
        cmocka_unit_test(operations__wrong__are_told),
        cmocka_unit_test(name__of_any_octets__is_printable),
        cmocka_unit_test(input__what_the_stack_says__comes_in_order),
        cmocka_unit_test(input__large__is_whole),
        cmocka_unit_test(globals__two_lanes__are_apart),
        cmocka_unit_test(create__refuses__is_a_reason),
        cmocka_unit_test(create__crashes__is_an_error),
        cmocka_unit_test(input__ends_the_process__is_an_error),
        cmocka_unit_test(input__without_end__is_an_error),
        cmocka_unit_test(deadline__stands_still__is_an_error),
        cmocka_unit_test(counts__above_what_was_given__are_errors),
        cmocka_unit_test(destroy__crashes__is_survived),
    };
    const struct CMUnitTest slow[] = {cmocka_unit_test(input__does_not_return__is_an_error)};
    (void)argv;
    return argc > 1 ? cmocka_run_group_tests(slow, NULL, NULL) : cmocka_run_group_tests(quick, NULL, NULL);
}
