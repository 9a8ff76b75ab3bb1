/* ICMP(3,4) MTU=600 QUOTE=snd.una */
#include "notation.h"

static bool parse_attribute(struct cursor *c, struct icmp_notation *icmp)
{
    static const char *const choice[] = {"MTU", "QUOTE"};
    struct cursor begin = *c;
    const char *name = cursor_word(c, "");
    const struct expr **slot = !name                        ? NULL
                               : strcmp(name, "MTU") == 0   ? &icmp->mtu
                               : strcmp(name, "QUOTE") == 0 ? &icmp->quote
                                                            : NULL;
    if (!slot || *slot) {
        error_cursor(&begin, "%s %s; %s", slot ? "twice" : "unknown", cursor_shown(&begin),
                     meant(c->r, "behind ICMP(type,code)", name ? name : "", choice, 2));
        return false;
    }
    if (!cursor_take(c, "=")) {
        error_cursor(c, "%s where '=' belongs; write %s=...", cursor_shown(c), name);
        return false;
    }
    *slot = expr_parse(c, VALUE_ONLY, slot == &icmp->mtu ? TYPE_NUMBER : TYPE_SEQUENCE);
    return *slot != NULL;
}

static bool parse_icmp(struct cursor *c, struct icmp_notation *icmp)
{
    c->at += strlen("ICMP(");
    icmp->type = expr_parse(c, VALUE_ONLY, TYPE_NUMBER);
    bool comma = icmp->type && cursor_take(c, ",");
    icmp->code = comma ? expr_parse(c, VALUE_ONLY, TYPE_NUMBER) : NULL;
    if (!icmp->type || (comma && !icmp->code)) { return false; }
    if (!comma || !cursor_take(c, ")")) {
        error_cursor(c, "%s where '%s' belongs; write ICMP(3,4)", cursor_shown(c), comma ? ")" : ",");
        return false;
    }
    while (!cursor_end(c)) {
        if (!parse_attribute(c, icmp)) { return false; }
    }
    return true;
}

const struct icmp_notation *icmp_read(struct reader *r, const struct node *node)
{
    struct icmp_notation *icmp = arena_alloc(r->arena, sizeof *icmp);
    struct cursor c = cursor_begin(r, node);
    return parse_icmp(&c, icmp) ? icmp : NULL;
}
