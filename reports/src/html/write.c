#include "html/write.h"

#include "reports/text.h"

#include <ctype.h>

static void put(FILE *out, char c)
{
    switch (c) {
    case '&': fputs("&amp;", out); return;
    case '<': fputs("&lt;", out); return;
    case '>': fputs("&gt;", out); return;
    case '"': fputs("&quot;", out); return;
    case '\'': fputs("&#39;", out); return;
    default: fputc(c, out);
    }
}

void html_text(FILE *out, const char *text)
{
    struct arena arena = {0};
    for (const char *safe = text_safe(&arena, text); *safe; safe++) {
        put(out, *safe);
    }
    arena_free(&arena);
}

enum html_standing html_standing(const struct run_result *run)
{
    if (run_is_unexpected(run)) { return HTML_UNEXPECTED; }
    if (run->expectation || run->finding_count) { return HTML_KNOWN; }
    if (run->verdict == VERDICT_INCONCLUSIVE) { return HTML_UNDECIDED; }
    return run->verdict == VERDICT_SKIP ? HTML_SKIPPED : HTML_FINE;
}

const char *html_standing_name(enum html_standing standing)
{
    switch (standing) {
    case HTML_FINE: return "fine";
    case HTML_SKIPPED: return "skipped";
    case HTML_KNOWN: return "known";
    case HTML_UNDECIDED: return "undecided";
    case HTML_UNEXPECTED: return "unexpected";
    }
    return "?";
}

void html_rule_link(FILE *out, const char *rule)
{
    fputs("<a class=\"rule\" href=\"#rule-", out);
    html_text(out, rule);
    fputs("\">", out);
    html_text(out, rule);
    fputs("</a>", out);
}
