/*
 * Turns requirements.tsv into the C table that catalogue.c looks up: rows in the file's order, and an index by id. What
 * undecided.tsv says of a rule joins its row.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROWS_MAX 4096u
#define LINE_MAX_LEN 8192u
#define COLUMNS 7
#define UNDECIDED_MAX 256u

struct word {
    const char *word;
    const char *enumerator;
};
static const struct word levels[] = {
    {"MUST", "LEVEL_MUST"}, {"MUST NOT", "LEVEL_MUST"},      {"SHOULD", "LEVEL_SHOULD"}, {"SHOULD NOT", "LEVEL_SHOULD"},
    {"MAY", "LEVEL_MAY"},   {"RECOMMENDED", "LEVEL_SHOULD"}, {"stated", "LEVEL_STATED"}, {NULL, NULL},
};
static const struct word observables[] = {
    {"wire", "OBSERVABLE_WIRE"},         {"wire+app", "OBSERVABLE_WIRE_APP"}, {"app", "OBSERVABLE_APP"},
    {"internal", "OBSERVABLE_INTERNAL"}, {"n/a", "OBSERVABLE_NONE"},          {NULL, NULL},
};

struct row {
    char *id;
    unsigned position;
};

/* A rule that tcprove cannot decide, and why. */
struct undecided {
    char id[64], why[256];
    bool used;
};
struct undecided_list {
    struct undecided item[UNDECIDED_MAX];
    unsigned count;
};

static const char *enumerator_of(const struct word *table, const char *word)
{
    for (; table->word; table++) {
        if (strcmp(table->word, word) == 0) { return table->enumerator; }
    }
    return NULL;
}

static int by_id(const void *a, const void *b)
{
    return strcmp(((const struct row *)a)->id, ((const struct row *)b)->id);
}

static void write_string(FILE *out, const char *text)
{
    putc('"', out);
    for (; *text; text++) {
        if (*text == '"' || *text == '\\' || *text == '?') { putc('\\', out); }
        putc(*text, out);
    }
    putc('"', out);
}

/* Cuts the line at its tabs. */
static bool split(char *line, char **column, int columns)
{
    line[strcspn(line, "\r\n")] = '\0';
    for (int i = 0; i < columns; i++) {
        column[i] = line;
        char *tab = line ? strchr(line, '\t') : NULL;
        if ((tab == NULL) != (i == columns - 1)) { return false; }
        if (tab) {
            *tab = '\0';
            line = tab + 1;
        }
    }
    return true;
}

static bool read_undecided(FILE *in, struct undecided_list *list)
{
    char line[LINE_MAX_LEN];
    for (unsigned number = 1; fgets(line, sizeof line, in); number++) {
        char *column[2];
        if (number == 1) { continue; }
        if (list->count == UNDECIDED_MAX || !split(line, column, 2)) { return false; }
        struct undecided *item = &list->item[list->count++];
        int id = snprintf(item->id, sizeof item->id, "%s", column[0]);
        int why = snprintf(item->why, sizeof item->why, "%s", column[1]);
        if (id >= (int)sizeof item->id || why < 1 || why >= (int)sizeof item->why) { return false; }
    }
    return true;
}

static bool all_used(const struct undecided_list *list)
{
    for (unsigned i = 0; i < list->count; i++) {
        if (list->item[i].used) { continue; }
        fprintf(stderr, "undecided.tsv: there is no rule %s, or it stands twice\n", list->item[i].id);
        return false;
    }
    return true;
}

static void write_why(FILE *out, struct undecided_list *list, const char *id)
{
    for (unsigned i = 0; i < list->count; i++) {
        if (strcmp(list->item[i].id, id) != 0) { continue; }
        list->item[i].used = true;
        write_string(out, list->item[i].why);
        return;
    }
    fputs("NULL", out);
}

static bool write_row(FILE *out, char *column[COLUMNS], struct undecided_list *undecided)
{
    const char *level = enumerator_of(levels, column[3]);
    const char *observable = enumerator_of(observables, column[5]);
    char *end;
    unsigned long rfc = strtoul(column[1], &end, 10);
    if (!level || !observable || *end != '\0' || rfc == 0) { return false; }
    static const int strings[] = {0, 2, 3, 4, 6};
    fputs("    {", out);
    for (size_t i = 0; i < sizeof strings / sizeof strings[0]; i++) {
        write_string(out, column[strings[i]]);
        fputs(", ", out);
    }
    write_why(out, undecided, column[0]);
    fputs(", ", out);
    fprintf(out, "%lu, %s, %s},\n", rfc, level, observable);
    return true;
}

static bool write_index(FILE *out, struct row *row, unsigned count)
{
    qsort(row, count, sizeof row[0], by_id);
    fprintf(out, "};\nconst unsigned catalogue_table_count = %u;\nconst unsigned short catalogue_by_id[] = {", count);
    for (unsigned i = 0; i < count; i++) {
        if (i > 0 && strcmp(row[i - 1].id, row[i].id) == 0) {
            fprintf(stderr, "rule %s stands twice\n", row[i].id);
            return false;
        }
        fprintf(out, "%s%u,", i % 16 == 0 ? "\n    " : " ", row[i].position);
    }
    fputs("\n};\nconst char *const catalogue_ids[] = {\n", out);
    for (unsigned i = 0; i < count; i++) {
        fputs("    ", out);
        write_string(out, row[i].id);
        fputs(",\n", out);
    }
    fputs("};\n", out);
    return true;
}

static bool generate(FILE *in, FILE *out, const char *name, struct undecided_list *undecided)
{
    static struct row row[ROWS_MAX];
    static char line[LINE_MAX_LEN];
    unsigned count = 0;
    fputs("#include \"catalogue_table.h\"\nconst struct catalogue_rule catalogue_table[] = {\n", out);
    for (unsigned number = 1; fgets(line, sizeof line, in); number++) {
        char *column[COLUMNS];
        if (number == 1) { continue; }
        if (count == ROWS_MAX || !split(line, column, COLUMNS) || !write_row(out, column, undecided)) {
            fprintf(stderr, "%s:%u: not a row of the catalogue\n", name, number);
            return false;
        }
        size_t len = strlen(column[0]) + 1;
        row[count] = (struct row){.id = malloc(len), .position = count};
        if (!row[count].id) { return false; }
        memcpy(row[count].id, column[0], len);
        count++;
    }
    bool written = write_index(out, row, count);
    for (unsigned i = 0; i < count; i++) {
        free(row[i].id);
    }
    return written;
}

int main(int argc, char **argv)
{
    static struct undecided_list undecided;
    if (argc != 4) { return 2; }
    FILE *in = fopen(argv[1], "r");
    FILE *why = fopen(argv[2], "r");
    FILE *out = fopen(argv[3], "w");
    bool done = why && read_undecided(why, &undecided);
    if (!done) { fprintf(stderr, "%s: row %u is no id and a reason\n", argv[2], undecided.count + 1); }
    done = done && in && out && generate(in, out, argv[1], &undecided) && all_used(&undecided);
    if (in) { fclose(in); }
    if (why) { fclose(why); }
    if (out && fclose(out) != 0) { done = false; }
    return done ? 0 : 1;
}
