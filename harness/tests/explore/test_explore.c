#include "harness/explore.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define FIGURE_DEPTH 5u

static struct machine walk(unsigned depth, size_t nodes_max, struct arena *arena)
{
    struct explore_plan plan = {.depth = depth, .nodes_max = nodes_max};
    struct machine machine;
    tcpr_config_default(&plan.config);
    explore(&plan, &machine, arena);
    if (machine.fault) { print_error("%s\n", machine.fault); }
    return machine;
}

static void walk__to_the_depth_of_figure_5__reaches_all_and_closes(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct machine machine = walk(FIGURE_DEPTH, 20000, &arena);
    assert_null(machine.fault);
    assert_false(machine.cut);
    assert_int_equal(machine_figure_reached(&machine), machine_figure_size());
    for (int s = 0; s < TCPR_STATES; s++) {
        assert_true(machine.nodes[s] > 0);
    }
    assert_int_equal(machine.edge[TCPR_CLOSED][TCPR_LISTEN].depth, 1);
    assert_int_equal(machine.edge[TCPR_TIME_WAIT][TCPR_CLOSED].depth, FIGURE_DEPTH);
    arena_free(&arena);
}

static void walk__one_input__is_what_open_does(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct machine machine = walk(1, 100, &arena);
    assert_int_equal(machine.nodes_sum, 3);
    assert_int_equal(machine.depth, 1);
    assert_false(machine.complete);
    assert_int_equal(machine_figure_reached(&machine), 2);
    arena_free(&arena);
}

static void walk__no_room__says_that_it_was_cut(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct machine machine = walk(4, 50, &arena);
    assert_true(machine.cut);
    assert_int_equal(machine.nodes_sum, 50);
    assert_true(machine.depth < 4);
    arena_free(&arena);
}

static void walk__asked_to_stop__stops(void **state)
{
    (void)state;
    struct arena arena = {0};
    const atomic_bool stop = true;
    struct explore_plan plan = {.depth = 5, .nodes_max = 1000, .stop = &stop};
    struct machine machine;
    tcpr_config_default(&plan.config);
    explore(&plan, &machine, &arena);
    assert_true(machine.cut);
    assert_int_equal(machine.nodes_sum, 1);
    arena_free(&arena);
}

static char *drawn(void (*write)(const struct machine *, FILE *), const struct machine *machine)
{
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    assert_non_null(out);
    write(machine, out);
    assert_int_equal(fclose(out), 0);
    return text;
}

static void drawing__names_states_inputs_and_rules(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct machine machine = walk(2, 1000, &arena);
    char *dot = drawn(machine_write_dot, &machine), *svg = drawn(machine_write_svg, &machine);
    assert_non_null(strstr(dot, "\"CLOSED\" -> \"LISTEN\" [label=\"passive OPEN"));
    assert_null(strstr(dot, "\"LAST-ACK\" ->"));
    assert_non_null(strstr(svg, ">TIME-WAIT<"));
    assert_non_null(strstr(svg, "never seen"));
    assert_non_null(strstr(svg, "</svg>"));
    free(dot);
    free(svg);
    arena_free(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(walk__to_the_depth_of_figure_5__reaches_all_and_closes),
        cmocka_unit_test(walk__one_input__is_what_open_does),
        cmocka_unit_test(walk__no_room__says_that_it_was_cut),
        cmocka_unit_test(walk__asked_to_stop__stops),
        cmocka_unit_test(drawing__names_states_inputs_and_rules),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
