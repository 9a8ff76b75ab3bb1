/*
 * specs/catalogue/transitions.tsv against the engine: each row has a test, each test a row.
 *
 *     transitions                    every row
 *     transitions 'SYN-SENT|SEG'     the rows whose key begins so
 */
#include "rows.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROWS_MAX 1024
#define COLUMNS 7

static const struct row_table *const tables[TCPR_STATES] = {
    &rows_closed,     &rows_listen,     &rows_syn_sent, &rows_syn_received, &rows_established, &rows_fin_wait_1,
    &rows_fin_wait_2, &rows_close_wait, &rows_closing,  &rows_last_ack,     &rows_time_wait};

/* One row under test; cmocka hands it to run_row. */
struct entry {
    enum tcpr_state state;
    const struct row *row;
    char name[256];
    bool in_catalogue;
};

struct suite {
    struct entry entries[ROWS_MAX];
    size_t count;
};

static void collect(struct suite *suite)
{
    for (size_t t = 0; t < TCPR_STATES; t++) {
        for (size_t i = 0; i < tables[t]->count; i++) {
            if (suite->count == ROWS_MAX) { abort(); }
            struct entry *e = &suite->entries[suite->count++];
            const struct row *row = &tables[t]->rows[i];
            e->state = tables[t]->state;
            e->row = row;
            snprintf(e->name, sizeof e->name, "%s|%s|%s|%s", tcpr_state_name(e->state), row->event, row->condition,
                     row->next_state);
        }
    }
}

static struct entry *find(struct suite *suite, const char *key)
{
    for (size_t i = 0; i < suite->count; i++) {
        if (strcmp(suite->entries[i].name, key) == 0) { return &suite->entries[i]; }
    }
    return NULL;
}

static bool split(char *line, char *column[COLUMNS])
{
    line[strcspn(line, "\r\n")] = '\0';
    for (size_t n = 0; n < COLUMNS; n++) {
        column[n] = line;
        line = line == NULL ? NULL : strchr(line, '\t');
        if (line != NULL) { *line++ = '\0'; }
    }
    return column[COLUMNS - 1] != NULL && line == NULL;
}

/* What is wrong with how a row of the catalogue is tested, or NULL. */
static const char *row_fault(const struct entry *e, const char *kind)
{
    if (e == NULL) { return "has no test"; }
    if (e->in_catalogue) { return "stands twice in the catalogue"; }
    if ((e->row->test == NULL) == (e->row->reason == NULL)) { return "needs either a test or a reason"; }
    if (strcmp(kind, "rfc") == 0 && e->row->test == NULL) { return "is of kind rfc and has no test"; }
    if (strcmp(kind, "host") == 0 && e->row->test != NULL) { return "is of kind host and has a test"; }
    if (strcmp(kind, "rfc") != 0 && strcmp(kind, "host") != 0 && strcmp(kind, "alternative") != 0 &&
        strcmp(kind, "practice") != 0) {
        return "has an unknown kind";
    }
    return NULL;
}

static size_t check_line(struct suite *suite, char *line, size_t number)
{
    char *column[COLUMNS], key[256];
    if (!split(line, column)) {
        print_error("transitions.tsv:%zu: not %d columns\n", number, COLUMNS);
        return 1;
    }
    snprintf(key, sizeof key, "%s|%s|%s|%s", column[0], column[1], column[2], column[4]);
    struct entry *e = find(suite, key);
    const char *fault = row_fault(e, column[6]);
    if (fault != NULL) { print_error("transitions.tsv:%zu: %s %s\n", number, key, fault); }
    if (e != NULL) { e->in_catalogue = true; }
    return fault != NULL;
}

static size_t check_catalogue(struct suite *suite)
{
    char line[1024];
    size_t number = 0, faults = 0;
    FILE *file = fopen(TRANSITIONS_TSV, "r");
    if (file == NULL) {
        print_error("cannot read %s\n", TRANSITIONS_TSV);
        return 1;
    }
    while (fgets(line, sizeof line, file) != NULL) {
        if (++number > 1) { faults += check_line(suite, line, number); }
    }
    fclose(file);
    if (number < 400) {
        print_error("%s is cut short\n", TRANSITIONS_TSV);
        faults++;
    }
    return faults;
}

static size_t check_tables(const struct suite *suite)
{
    size_t faults = 0;
    for (size_t i = 0; i < suite->count; i++) {
        const struct entry *e = &suite->entries[i];
        if (!e->in_catalogue) {
            print_error("%s: not in the catalogue\n", e->name);
            faults++;
        }
        if (e->row->reason != NULL) { print_message("untested: %s: %s\n", e->name, e->row->reason); }
    }
    return faults;
}

static void catalogue__each_row_has_a_test(void **state)
{
    struct suite *suite = *state;
    assert_int_equal(check_catalogue(suite) + check_tables(suite), 0);
}

static void run_row(void **state)
{
    const struct entry *e = *state;
    e->row->test(e->state);
}

int main(int argc, char **argv)
{
    static struct suite suite; /* too large for some stacks */
    struct CMUnitTest tests[ROWS_MAX + 1];
    size_t count = 0;
    const char *prefix = argc > 1 ? argv[1] : "";
    collect(&suite);
    tests[count++] =
        (struct CMUnitTest){"catalogue__each_row_has_a_test", catalogue__each_row_has_a_test, NULL, NULL, &suite};
    for (size_t i = 0; i < suite.count; i++) {
        struct entry *e = &suite.entries[i];
        if (e->row->test == NULL || strncmp(e->name, prefix, strlen(prefix)) != 0) { continue; }
        tests[count++] = (struct CMUnitTest){e->name, run_row, NULL, NULL, e};
    }
    return _cmocka_run_group_tests("transitions", tests, count, NULL, NULL);
}
