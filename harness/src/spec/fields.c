/* The fields of a segment, one line each. */
#include "notation.h"

#define WORD32 4294967295
#define WORD16 65535

static const struct field_form forms[] = {
    {"SEQ", FIELD_SEQ, SHAPE_VALUE, TYPE_SEQUENCE, true, true, false, false, WORD32},
    {"ACK", FIELD_ACK, SHAPE_VALUE, TYPE_SEQUENCE, true, true, true, false, WORD32},
    {"CTL", FIELD_CTL, SHAPE_FLAGS, TYPE_FLAGS, true, true, false, false, 0},
    {"WND", FIELD_WND, SHAPE_VALUE, TYPE_NUMBER, true, true, false, false, WORD16},
    {"DATA", FIELD_DATA, SHAPE_TEXT, TYPE_NUMBER, true, true, false, false, WORD16},
    {"LEN", FIELD_LEN, SHAPE_VALUE, TYPE_NUMBER, false, true, false, false, WORD16},
    {"MSS", FIELD_MSS, SHAPE_VALUE, TYPE_NUMBER, true, true, true, false, WORD16},
    {"WS", FIELD_WS, SHAPE_VALUE, TYPE_NUMBER, true, true, true, false, 255},
    {"SACKOK", FIELD_SACKOK, SHAPE_BARE, TYPE_ANY, true, true, true, false, 0},
    {"SACK", FIELD_SACK, SHAPE_PAIRS, TYPE_SEQUENCE, true, true, true, false, WORD32},
    {"TS", FIELD_TS, SHAPE_PAIR, TYPE_SEQUENCE, true, true, true, false, WORD32},
    {"UTO", FIELD_UTO, SHAPE_VALUE, TYPE_NUMBER, true, true, true, false, WORD16},
    {"TFO", FIELD_TFO, SHAPE_VALUE, TYPE_TEXT, true, true, true, false, 0},
    {"ACE", FIELD_ACE, SHAPE_VALUE, TYPE_NUMBER, true, true, false, false, 7},
    {"UP", FIELD_UP, SHAPE_VALUE, TYPE_NUMBER, true, true, false, false, WORD16},
    {"SPORT", FIELD_SPORT, SHAPE_VALUE, TYPE_NUMBER, true, true, false, false, WORD16},
    {"DPORT", FIELD_DPORT, SHAPE_VALUE, TYPE_NUMBER, true, true, false, false, WORD16},
    {"OPT", FIELD_OPT, SHAPE_OPTION, TYPE_NUMBER, true, false, false, true, 255},
    {"NOP", FIELD_NOP, SHAPE_BARE, TYPE_ANY, true, false, false, true, 0},
    {"EOL", FIELD_EOL, SHAPE_BARE, TYPE_ANY, true, false, false, true, 0},
    {"CSUM", FIELD_CSUM, SHAPE_CSUM, TYPE_NUMBER, true, false, false, false, WORD16},
    {"DOFF", FIELD_DOFF, SHAPE_VALUE, TYPE_NUMBER, true, false, false, false, 15},
    {"RSV", FIELD_RSV, SHAPE_VALUE, TYPE_NUMBER, true, false, false, false, 7},
    {"CUT", FIELD_CUT, SHAPE_VALUE, TYPE_NUMBER, true, false, false, false, WORD16},
    {"IP.SRC", FIELD_IP_SRC, SHAPE_ADDRESS, TYPE_ANY, true, false, false, false, 0},
    {"IP.DST", FIELD_IP_DST, SHAPE_ADDRESS, TYPE_ANY, true, false, false, false, 0},
    {"IP.TTL", FIELD_IP_TTL, SHAPE_VALUE, TYPE_NUMBER, true, true, false, false, 255},
    {"IP.ECN", FIELD_IP_ECN, SHAPE_ECN, TYPE_NUMBER, true, true, false, false, 3},
    {"IP.DF", FIELD_IP_DF, SHAPE_VALUE, TYPE_NUMBER, false, true, false, false, 1},
    {"IP.FRAGMENT", FIELD_IP_FRAGMENT, SHAPE_ECN, TYPE_NUMBER, true, false, false, false, 3},
    {"IP.OPT", FIELD_IP_OPT, SHAPE_HEX, TYPE_ANY, true, false, false, false, 0},
};
#define FORMS (sizeof forms / sizeof forms[0])

const struct field_form *field_form_of(const char *name)
{
    for (size_t i = 0; i < FORMS; i++) {
        if (strcmp(forms[i].name, name) == 0) { return &forms[i]; }
    }
    return NULL;
}

const char *field_name(enum field_kind kind)
{
    for (size_t i = 0; i < FORMS; i++) {
        if (forms[i].kind == kind) { return forms[i].name; }
    }
    return "?";
}

const char *meant_field(struct reader *r, const char *name, bool expect)
{
    const char *choice[FORMS];
    size_t count = 0;
    for (size_t i = 0; i < FORMS; i++) {
        if (expect ? forms[i].in_expect : forms[i].in_inject) { choice[count++] = forms[i].name; }
    }
    return meant(r, "fields", name, choice, count);
}
