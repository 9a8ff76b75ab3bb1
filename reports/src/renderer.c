/* The formats there are. A new one is a file of its own and a line here. */
#include "html/html.h"
#include "json.h"
#include "junit.h"
#include "ladder.h"
#include "tap.h"
#include "terminal.h"

#include <string.h>

static const struct renderer renderers[] = {
    {"terminal", "for people: failures in full, sums by verdict and by RFC", terminal_render, false},
    {"html", "for people: one file for a browser, every exchange drawn", html_render, true},
    {"json", "for machines: everything, as reports/schema.json describes", json_render, false},
    {"junit", "for CI systems: JUnit XML, as reports/junit.xsd describes", junit_render, false},
    {"tap", "for test harnesses: the Test Anything Protocol", tap_render, false},
    {"ladder", "the exchange of every run, drawn in text", ladder_render, false},
};

const struct renderer *renderer_at(size_t n)
{
    return n < sizeof renderers / sizeof *renderers ? &renderers[n] : NULL;
}

const struct renderer *renderer_find(const char *name)
{
    for (size_t i = 0; i < sizeof renderers / sizeof *renderers; i++) {
        if (!strcmp(renderers[i].name, name)) { return &renderers[i]; }
    }
    return NULL;
}
