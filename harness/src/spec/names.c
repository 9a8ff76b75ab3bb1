/* The words of the language: names of the target's TCB, control bits, units, states. */
#include "expr.h"
#include "harness/nearest.h"

static const struct {
    const char *name;
    enum value_type type;
} builtins[] = {
    [NAME_RCV_NXT] = {"rcv.nxt", TYPE_SEQUENCE},
    [NAME_RCV_WND] = {"rcv.wnd", TYPE_NUMBER},
    [NAME_RCV_RIGHT] = {"rcv.right", TYPE_SEQUENCE},
    [NAME_ACKED] = {"acked", TYPE_SEQUENCE},
    [NAME_SND_NXT] = {"snd.nxt", TYPE_SEQUENCE},
    [NAME_SND_UNA] = {"snd.una", TYPE_SEQUENCE},
    [NAME_SND_WND] = {"snd.wnd", TYPE_NUMBER},
    [NAME_ISS] = {"iss", TYPE_SEQUENCE},
    [NAME_IRS] = {"irs", TYPE_SEQUENCE},
    [NAME_MSS] = {"mss", TYPE_NUMBER},
    [NAME_TS_RECENT] = {"ts.recent", TYPE_SEQUENCE},
    [NAME_TS_VAL] = {"ts.val", TYPE_SEQUENCE},
    [NAME_RTO] = {"rto", TYPE_TIME},
    [NAME_MSL] = {"msl", TYPE_TIME},
    [NAME_TICK] = {"tick", TYPE_TIME},
};
#define BUILTINS (sizeof builtins / sizeof builtins[0])

enum spec_name builtin_of(const char *name)
{
    for (size_t i = NAME_RCV_NXT; i < BUILTINS; i++) {
        if (strcmp(builtins[i].name, name) == 0) { return (enum spec_name)i; }
    }
    return NAME_BOUND;
}

enum value_type builtin_type(enum spec_name name)
{
    return builtins[name].type;
}

const char *nearest_name(const struct reader *r, const char *name)
{
    const char *choice[BUILTINS + VARIABLES_MAX];
    size_t count = 0;
    for (size_t i = NAME_RCV_NXT; i < BUILTINS; i++) {
        choice[count++] = builtins[i].name;
    }
    for (unsigned i = 0; i < r->variables; i++) {
        if (r->variable[i].bound) { choice[count++] = r->variable_name[i]; }
    }
    return nearest_word(name, choice, count);
}

static const struct {
    const char *word;
    unsigned bit;
} controls[] = {
    {"SYN", TCPR_SYN}, {"ACK", TCPR_ACK}, {"FIN", TCPR_FIN}, {"RST", TCPR_RST}, {"PSH", TCPR_PSH},
    {"URG", TCPR_URG}, {"ECE", TCPR_ECE}, {"CWR", TCPR_CWR}, {"AE", TCPR_AE},
};

unsigned control_bit(const char *word, size_t len)
{
    for (size_t i = 0; i < sizeof controls / sizeof controls[0]; i++) {
        if (len == strlen(controls[i].word) && memcmp(controls[i].word, word, len) == 0) { return controls[i].bit; }
    }
    return 0;
}

static const struct {
    const char *word;
    int64_t us;
} units[] = {{"us", 1}, {"ms", 1000}, {"s", 1000000}, {"min", 60000000}, {"h", 3600000000}};

int64_t unit_us(const char *word)
{
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (strcmp(units[i].word, word) == 0) { return units[i].us; }
    }
    return 0;
}

bool name_is_reserved(const char *name)
{
    return unit_us(name) != 0 || strcmp(name, "none") == 0;
}

int state_of(const char *name)
{
    for (int state = 0; state < TCPR_STATES; state++) {
        if (strcmp(tcpr_state_name((enum tcpr_state)state), name) == 0) { return state; }
    }
    return -1;
}

const char *meant_state(struct reader *r, const char *name)
{
    const char *choice[TCPR_STATES];
    for (unsigned state = 0; state < TCPR_STATES; state++) {
        choice[state] = tcpr_state_name((enum tcpr_state)state);
    }
    return meant(r, "the states", name, choice, TCPR_STATES);
}
