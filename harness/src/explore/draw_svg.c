/* The machine as Figure 5 of RFC 9293 is laid out; what the figure leaves out stands below as a list. */
#include "label.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#define COLUMN 340
#define ROW 120
#define MARGIN 110
#define BOX_WIDTH 150
#define BOX_HEIGHT 44
#define LINE_HEIGHT 18
#define LISTED_COLUMNS 70
/* CLOSED stands twice, as in the figure. */
#define CLOSED_BELOW TCPR_STATES

struct point {
    double x, y;
};

static const uint8_t column_of[TCPR_STATES + 1] = {1, 1, 2, 0, 1, 0, 0, 2, 1, 2, 1, 2};
static const uint8_t row_of[TCPR_STATES + 1] = {0, 1, 2, 2, 3, 4, 5, 4, 5, 5, 6, 6};
#define ROWS 7

static struct point centre_of(unsigned box)
{
    return (struct point){MARGIN + column_of[box] * COLUMN, 60 + row_of[box] * ROW};
}

static void write_box(FILE *out, const struct machine *machine, unsigned box)
{
    struct point at = centre_of(box);
    enum tcpr_state state = box == CLOSED_BELOW ? TCPR_CLOSED : (enum tcpr_state)box;
    fprintf(out,
            "<rect class=\"state\" x=\"%.0f\" y=\"%.0f\" width=\"%d\" height=\"%d\" rx=\"6\"/>"
            "<text class=\"name\" x=\"%.0f\" y=\"%.0f\">%s</text>",
            at.x - BOX_WIDTH / 2.0, at.y - BOX_HEIGHT / 2.0, BOX_WIDTH, BOX_HEIGHT, at.x, at.y - 2,
            tcpr_state_name(state));
    if (box != CLOSED_BELOW) {
        fprintf(out, "<text class=\"count\" x=\"%.0f\" y=\"%.0f\">%zu</text>", at.x, at.y + 14, machine->nodes[state]);
    }
    fputc('\n', out);
}

/* Where a line that ends inside a box enters it. */
static struct point entry(struct point from, struct point to, struct point box)
{
    double across = to.x == from.x ? 0 : (fabs(box.x - from.x) - BOX_WIDTH / 2.0 - 2) / fabs(to.x - from.x);
    double down = to.y == from.y ? 0 : (fabs(box.y - from.y) - BOX_HEIGHT / 2.0 - 2) / fabs(to.y - from.y);
    double part = across > down ? across : down;
    return (struct point){from.x + (to.x - from.x) * part, from.y + (to.y - from.y) * part};
}

/* Two transitions between the same states run side by side. */
static void move_aside(struct point *a, struct point *b, double by)
{
    double length = hypot(b->x - a->x, b->y - a->y);
    double x = -(b->y - a->y) / length * by, y = (b->x - a->x) / length * by;
    a->x += x, a->y += y;
    b->x += x, b->y += y;
}

static void write_label(FILE *out, struct point at, const char *text, const char *rule)
{
    fprintf(
        out,
        "<text class=\"label\" x=\"%.0f\" y=\"%.0f\">%s<tspan class=\"rule\" x=\"%.0f\" dy=\"12\">%s</tspan></text>\n",
        at.x, at.y - 3, text, at.x, rule);
}

/* Labels of two lines side by side stand on the outer sides, not at the same height. */
static struct point label_place(struct point start, struct point end, bool paired)
{
    bool upright = start.x == end.x, down = end.y > start.y;
    double part = !paired || upright ? 0.5 : down ? 0.62 : 0.42;
    struct point at = {start.x + (end.x - start.x) * part, start.y + (end.y - start.y) * part};
    if (paired) { at.x += down ? 58 : upright ? -58 : -26; }
    return at;
}

static void write_edge(FILE *out, const struct machine *machine, enum tcpr_state from, enum tcpr_state to)
{
    struct arena arena = {0};
    const struct machine_edge *edge = &machine->edge[from][to];
    bool seen = edge->inputs != 0, paired = machine_in_figure(to, from) != NULL;
    bool below = to == TCPR_CLOSED && (from == TCPR_LAST_ACK || from == TCPR_TIME_WAIT);
    struct point box = centre_of(below ? CLOSED_BELOW : (unsigned)to), away = centre_of(from);
    struct point a = away, b = box;
    if (paired) { move_aside(&a, &b, -14); }
    struct point start = entry(b, a, away), end = entry(a, b, box);
    fprintf(out, "<path class=\"%s\" d=\"M%.1f %.1f L%.1f %.1f\" marker-end=\"url(#arrow)\"/>\n",
            seen ? "edge" : "edge missing", start.x, start.y, end.x, end.y);
    unsigned input = seen ? edge_input(machine, from, to) : 0;
    write_label(out, label_place(start, end, paired), seen ? edge_label(&arena, edge, input) : "never seen",
                seen ? tcpr_rule_id((enum tcpr_rule)edge->rule[input]) : "");
    arena_free(&arena);
}

/* Long lists go on in lines of their own. */
static int write_item(FILE *out, enum tcpr_state from, enum tcpr_state to, const char *causes, int y)
{
    int lines = 1;
    fprintf(out, "<text class=\"item\" x=\"36\" y=\"%d\">%s to %s:<tspan x=\"250\">", y, tcpr_state_name(from),
            tcpr_state_name(to));
    for (int column = 0; *causes; causes++, column++) {
        if (column > LISTED_COLUMNS && causes[0] == ' ' && causes[-1] == ';') {
            fprintf(out, "</tspan><tspan x=\"250\" dy=\"%d\">", LINE_HEIGHT);
            column = -1;
            lines++;
            continue;
        }
        fputc(*causes, out);
    }
    fputs("</tspan></text>\n", out);
    return lines;
}

/* @return where the list ends. */
static int write_list(FILE *out, const struct machine *machine, int y)
{
    for (int from = 0; from < TCPR_STATES; from++) {
        for (int to = 0; to < TCPR_STATES; to++) {
            struct arena arena = {0};
            const struct machine_edge *edge = &machine->edge[from][to];
            if (edge->inputs && !machine_in_figure((enum tcpr_state)from, (enum tcpr_state)to)) {
                const char *causes = edge_causes(&arena, edge);
                y += LINE_HEIGHT * write_item(out, (enum tcpr_state)from, (enum tcpr_state)to, causes, y);
            }
            arena_free(&arena);
        }
    }
    return y;
}

static void write_head(FILE *out, const struct machine *machine, int width, int height)
{
    fprintf(out,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" role=\"img\">\n"
            "<title>The TCP state machine as the engine walks it</title>\n<style>\n"
            "text{font-family:system-ui,sans-serif;fill:#1a1a1a}.state{fill:#f2f5f9;stroke:#35506b;stroke-width:1.5}"
            ".name{text-anchor:middle;font-size:14px;font-weight:600}.count,.label{text-anchor:middle;font-size:11px}"
            ".label{paint-order:stroke;stroke:#fff;stroke-width:4px}.rule{fill:#456}.item{font-size:12px}"
            ".edge{stroke:#35506b;stroke-width:1.4;fill:none}.missing{stroke:#b00;stroke-dasharray:4}\n</style>\n"
            "<defs><marker id=\"arrow\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"8\" markerHeight=\"8\" "
            "orient=\"auto\"><path d=\"M0 0L8 4L0 8z\" fill=\"#35506b\"/></marker></defs>\n"
            "<rect width=\"%d\" height=\"%d\" fill=\"#fff\"/>\n",
            width, height, width, height);
    fprintf(out,
            "<text class=\"item\" x=\"20\" y=\"22\">%zu connections, %" PRIu64 " steps, %u inputs in a row%s</text>\n",
            machine->nodes_sum, machine->steps, machine->depth, machine->complete ? ": all there is" : "");
}

static void write_drawing(FILE *out, const struct machine *machine)
{
    for (int from = 0; from < TCPR_STATES; from++) {
        for (int to = 0; to < TCPR_STATES; to++) {
            if (!machine_in_figure((enum tcpr_state)from, (enum tcpr_state)to)) { continue; }
            write_edge(out, machine, (enum tcpr_state)from, (enum tcpr_state)to);
        }
    }
    for (unsigned box = 0; box <= TCPR_STATES; box++) {
        write_box(out, machine, box);
    }
}

/* The height is known when the list is written, so that is written first. */
void machine_write_svg(const struct machine *machine, FILE *out)
{
    char *list = NULL;
    size_t len = 0;
    int y = 60 + ROWS * ROW;
    FILE *aside = open_memstream(&list, &len);
    if (!aside) { return; }
    int end = write_list(aside, machine, y + LINE_HEIGHT);
    bool good = fclose(aside) == 0;
    write_head(out, machine, 2 * MARGIN + 2 * COLUMN, end + LINE_HEIGHT);
    write_drawing(out, machine);
    fprintf(out, "<text class=\"name\" style=\"text-anchor:start\" x=\"20\" y=\"%d\">Beside Figure 5</text>\n", y);
    if (good) { fputs(list, out); }
    fputs("</svg>\n", out);
    free(list);
}
