#include "html/strings.h"

#include "json_trace.h"
#include "reports/text.h"

#include <stdlib.h>

void html_strings_make(struct html_strings *strings)
{
    *strings = (struct html_strings){json_object(), json_array()};
    html_string(strings, "");
}

void html_strings_free(struct html_strings *strings)
{
    json_decref(strings->index);
    json_decref(strings->list);
    *strings = (struct html_strings){0};
}

size_t html_string(struct html_strings *strings, const char *text)
{
    struct arena arena = {0};
    const char *safe = text_safe(&arena, text);
    const json_t *known = json_object_get(strings->index, safe);
    size_t number = known ? (size_t)json_integer_value(known) : json_array_size(strings->list);
    if (!known) {
        json_put(strings->index, safe, json_integer((json_int_t)number));
        json_add(strings->list, json_string(safe));
    }
    arena_free(&arena);
    return number;
}

/* "</script" and "<!--" would end the script element or change how it is read; in JSON a '<' stands in strings alone.
 */
static int put_without_less_than(const char *octets, size_t len, void *context)
{
    FILE *out = context;
    for (size_t i = 0; i < len; i++) {
        if (octets[i] == '<') {
            fputs("\\u003c", out);
        } else {
            fputc(octets[i], out);
        }
    }
    return 0;
}

void html_strings_write(FILE *out, const struct html_strings *strings)
{
    if (json_dump_callback(strings->list, put_without_less_than, out, JSON_COMPACT) != 0) { abort(); }
}
