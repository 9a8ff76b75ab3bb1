#include "run_options.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static double unit_us(const char *unit)
{
    static const struct {
        char name[4];
        double us;
    } units[] = {{"", 1e6}, {"us", 1}, {"ms", 1e3}, {"s", 1e6}, {"min", 60e6}, {"h", 3600e6}};
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        if (!strcmp(unit, units[i].name)) { return units[i].us; }
    }
    return 0;
}

bool parse_patience(const char *text, tcpr_time *out)
{
    *out = 0;
    if (!strcmp(text, "none")) { return true; }
    if (text[0] < '0' || text[0] > '9' || strpbrk(text, "xX")) { return false; } /* strtod knows more than we want */
    char *end = NULL;
    double number = strtod(text, &end);
    end += strspn(end, " ");
    double us = number * unit_us(end);
    if (!(us >= 1) || us > 1e15) { return false; }
    *out = (tcpr_time)us;
    return true;
}
