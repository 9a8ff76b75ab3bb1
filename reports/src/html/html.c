#include "html/html.h"

#include "html/assets.h"
#include "html/parts.h"
#include "html/write.h"

static void put_title(FILE *out, const struct report *report)
{
    fputs("<title>tcprove: ", out);
    for (size_t i = 0; i < report->count; i++) {
        fputs(i ? ", " : "", out);
        html_text(out, report->suite[i]->target);
    }
    fputs("</title>\n", out);
}

static void put_head(FILE *out, const struct report *report)
{
    fprintf(out,
            "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
            "<meta http-equiv=\"Content-Security-Policy\" content=\"%s\">\n"
            "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
            "<meta name=\"color-scheme\" content=\"light dark\">\n<meta name=\"referrer\" content=\"no-referrer\">\n",
            html_policy);
    put_title(out, report);
    fprintf(out, "<style>%s</style>\n</head>\n<body>\n", (const char *)html_style);
}

/* The script fills it in; without one there is nothing to choose. */
static void put_filters(FILE *out)
{
    fputs("<form id=\"filters\" hidden aria-label=\"Filters\">"
          "<label>search <input type=\"search\" id=\"f-text\" placeholder=\"rule, spec, title, cell\"></label>"
          "<label>verdict <select id=\"f-verdict\"></select></label>"
          "<label>RFC <select id=\"f-rfc\"></select></label>"
          "<label>level <select id=\"f-level\"></select></label>"
          "<label>target <select id=\"f-target\"></select></label>"
          "<button type=\"reset\">clear</button><output id=\"f-shown\"></output></form>\n",
          out);
}

bool html_render(FILE *out, const struct report *report)
{
    struct html_model model;
    html_model_make(&model, report);
    put_head(out, report);
    fputs("<header><h1>tcprove</h1><p>", out);
    html_text(out, report->count ? report->suite[0]->tcprove_version : "");
    fputs("</p>"
          "<nav><a href=\"#attention\">deviations</a> <a href=\"#summary\">summary</a> <a href=\"#rules\">rules</a> "
          "<a href=\"#specs\">specs</a></nav></header>\n<main>\n",
          out);
    html_targets(out, &model);
    put_filters(out);
    html_attention(out, &model);
    html_summary(out, &model);
    html_rules(out, &model);
    html_specs(out, &model);
    fputs("</main>\n", out);
    html_data(out, &model);
    fprintf(out, "<script type=\"module\">%s</script>\n</body>\n</html>\n", (const char *)html_script);
    arena_free(&model.arena);
    return !ferror(out);
}
