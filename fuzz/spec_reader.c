/* The spec reader takes any octets: an error or a spec, never a crash, and the same each time. */
#include "fuzz.h"
#include "harness/spec.h"

#include <string.h>

static void lint(struct suite *suite, const struct spec *spec)
{
    struct spec_error *warning;
    spec_lint(suite, spec, &suite->arena, &warning);
    for (size_t cell = 0; cell < spec->cells; cell++) {
        spec_cell_name(spec, cell, &suite->arena);
        spec_fragment(suite, spec, cell);
    }
}

void fuzz_run(const uint8_t *octets, size_t len, struct digest *digest)
{
    struct suite suite = {0};
    const struct spec *spec = spec_read_memory(&suite, "fuzz.yaml", (const char *)octets, len);
    fuzz_require((spec == NULL) == (suite.error_count > 0), "neither a spec nor an error, or both");
    for (size_t i = 0; i < suite.error_count; i++) {
        const struct spec_error *e = &suite.error[i];
        fuzz_require(e->at.line != 0 && e->at.column != 0 && strlen(e->text) <= 1000, "an error without a place");
        digest_add(digest, &e->at.line, sizeof e->at.line);
        digest_add(digest, e->text, strlen(e->text));
    }
    if (spec) { lint(&suite, spec); }
    suite_free(&suite);
}
