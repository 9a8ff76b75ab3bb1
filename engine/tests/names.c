/* Words for the enumerations: each has its own, and what is none of them is "?". */
#include "check.h"
#include "tcprove/tcprove.h"

#include <string.h>

/* Words `first` to `last` of `name` are all there and all different; one far beyond is "?". */
static void expect_words(const char *(*name)(unsigned), unsigned first, unsigned last)
{
    for (unsigned n = first; n <= last; n++) {
        assert_true(strlen(name(n)) > 1);
        for (unsigned other = first; other < n; other++) {
            assert_string_not_equal(name(n), name(other));
        }
    }
    assert_string_equal(name(last + 1000), "?");
}

static const char *state_name(unsigned n)
{
    return tcpr_state_name((enum tcpr_state)n);
}

static const char *status_text(unsigned n)
{
    return tcpr_status_text((enum tcpr_status)n);
}

static const char *act_text(unsigned n)
{
    return tcpr_act_text((enum tcpr_act)n);
}

static const char *parse_text(unsigned n)
{
    return tcpr_parse_text((enum tcpr_parse)n);
}

static const char *rule_id(unsigned n)
{
    return tcpr_rule_id((enum tcpr_rule)n);
}

static void each_has_a_word_of_its_own(void **state)
{
    (void)state;
    expect_words(state_name, 0, TCPR_STATES - 1);
    expect_words(status_text, 0, TCPR_REMOTE_INVALID);
    expect_words(act_text, TCPR_ACT_DROPPED, TCPR_ACT_REDUCED);
    expect_words(parse_text, 0, TCPR_PARSE_TOO_LONG);
    expect_words(rule_id, TCPR_RULE_NONE + 1, TCPR_RULE_COUNT - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(each_has_a_word_of_its_own)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
