/* What the application does and learns. */
#include "step.h"
#include "tcprove/stack.h"

enum argument { ARGUMENT_NONE, ARGUMENT_BACKLOG, ARGUMENT_FAST_OPEN, ARGUMENT_SEND, ARGUMENT_OCTETS, ARGUMENT_SETTING };

static const struct {
    const char *name;
    enum spec_call call;
    enum argument argument;
} calls[] = {
    {"listen", SPEC_CALL_LISTEN, ARGUMENT_BACKLOG},  {"connect", SPEC_CALL_CONNECT, ARGUMENT_FAST_OPEN},
    {"send", SPEC_CALL_SEND, ARGUMENT_SEND},         {"receive", SPEC_CALL_RECEIVE, ARGUMENT_OCTETS},
    {"shutdown", SPEC_CALL_SHUTDOWN, ARGUMENT_NONE}, {"close", SPEC_CALL_CLOSE, ARGUMENT_NONE},
    {"abort", SPEC_CALL_ABORT, ARGUMENT_NONE},       {"set", SPEC_CALL_SET, ARGUMENT_SETTING},
};
#define CALLS (sizeof calls / sizeof calls[0])

enum setting_value { SETTING_SWITCH, SETTING_TIME, SETTING_COUNT, SETTING_LINGER };

static const struct {
    const char *name;
    unsigned setting;
    enum setting_value value;
} settings[] = {
    {"nodelay", TCPROVE_SET_NODELAY, SETTING_SWITCH},
    {"keepalive", TCPROVE_SET_KEEPALIVE, SETTING_SWITCH},
    {"keepalive-idle", TCPROVE_SET_KEEPALIVE_IDLE, SETTING_TIME},
    {"keepalive-interval", TCPROVE_SET_KEEPALIVE_INTERVAL, SETTING_TIME},
    {"keepalive-probes", TCPROVE_SET_KEEPALIVE_PROBES, SETTING_COUNT},
    {"user-timeout", TCPROVE_SET_USER_TIMEOUT, SETTING_TIME},
    {"advertised-timeout", TCPROVE_SET_ADVERTISED_TIMEOUT, SETTING_TIME},
    {"linger", TCPROVE_SET_LINGER_ZERO, SETTING_LINGER},
    {"cubic", TCPROVE_SET_CUBIC, SETTING_SWITCH},
    {"fast-open", TCPROVE_SET_FAST_OPEN, SETTING_COUNT},
};
#define SETTINGS (sizeof settings / sizeof settings[0])

static const struct {
    const char *name;
    enum spec_event event;
} events[] = {
    {"connected", SPEC_EVENT_CONNECTED},
    {"accepted", SPEC_EVENT_ACCEPTED},
    {"text", SPEC_EVENT_TEXT},
    {"eof", SPEC_EVENT_EOF},
    {"reset", SPEC_EVENT_RESET},
    {"refused", SPEC_EVENT_REFUSED},
    {"timed-out", SPEC_EVENT_TIMED_OUT},
    {"unreachable", SPEC_EVENT_UNREACHABLE},
    {"soft-error", SPEC_EVENT_SOFT_ERROR},
    {"urgent", SPEC_EVENT_URGENT},
    {"closed", SPEC_EVENT_CLOSED},
};
#define EVENTS (sizeof events / sizeof events[0])

/* A word with hyphens, up to a blank; "" where none is. */
static const char *next_word(struct cursor *c)
{
    cursor_blanks(c);
    const char *word = cursor_word(c, "-");
    return word ? word : "";
}

static bool nothing_more(struct cursor *c, const char *name)
{
    if (cursor_end(c)) { return true; }
    error_cursor(c, "%s is too much behind '%s'", cursor_shown(c), name);
    return false;
}

static bool number_at(struct cursor *c, const char *name, enum value_type type, const struct expr **out)
{
    *out = expr_parse(c, VALUE_ONLY, type);
    return *out && nothing_more(c, name);
}

static bool read_backlog(struct cursor *c, struct step *out)
{
    if (cursor_end(c)) { return true; }
    if (!cursor_take(c, "backlog=")) {
        error_cursor(c, "%s behind listen; write listen, or listen backlog=4", cursor_shown(c));
        return false;
    }
    return number_at(c, "listen", TYPE_NUMBER, &out->count);
}

static bool read_fast_open(struct cursor *c, struct step *out)
{
    if (cursor_end(c)) { return true; }
    struct cursor begin = *c;
    out->fast = strcmp(next_word(c), "fast-open") == 0;
    if (!out->fast) {
        error_cursor(&begin, "%s behind connect; write connect, or connect fast-open \"text\"", cursor_shown(&begin));
        return false;
    }
    cursor_blanks(c);
    return amount_read(c, out);
}

static bool read_send(struct cursor *c, struct step *out)
{
    cursor_blanks(c);
    out->urgent = cursor_take(c, "urgent ");
    return amount_read(c, out);
}

static bool read_on_off(struct cursor *c, const char *name, struct step *out)
{
    cursor_blanks(c);
    struct cursor begin = *c;
    if (*c->at == '{') { return number_at(c, name, TYPE_NUMBER, &out->value); }
    const char *word = next_word(c);
    bool linger = out->setting == TCPROVE_SET_LINGER_ZERO;
    bool on = strcmp(word, linger ? "0" : "on") == 0;
    if (!on && strcmp(word, "off") != 0) {
        error_cursor(&begin, "%s behind '%s'; write set %s %s", cursor_shown(&begin), name, name,
                     linger ? "0, or off" : "on, or off");
        return false;
    }
    out->value = expr_constant(c->r, cursor_place(&begin), EXPR_NUMBER, on, word);
    return nothing_more(c, name);
}

static bool read_setting(struct cursor *c, struct step *out)
{
    cursor_blanks(c);
    struct cursor begin = *c;
    const char *name = next_word(c);
    const char *choice[SETTINGS];
    for (size_t i = 0; i < SETTINGS; i++) {
        choice[i] = settings[i].name;
        if (strcmp(name, settings[i].name) != 0) { continue; }
        out->setting = settings[i].setting;
        if (settings[i].value == SETTING_SWITCH || settings[i].value == SETTING_LINGER) {
            return read_on_off(c, name, out);
        }
        return number_at(c, name, settings[i].value == SETTING_TIME ? TYPE_TIME : TYPE_NUMBER, &out->value);
    }
    error_cursor(&begin, "unknown setting %s; %s", cursor_shown(&begin),
                 meant(c->r, "settings", name, choice, SETTINGS));
    return false;
}

static bool read_argument(struct cursor *c, enum argument argument, const char *name, struct step *out)
{
    switch (argument) {
    case ARGUMENT_NONE: return nothing_more(c, name);
    case ARGUMENT_BACKLOG: cursor_blanks(c); return read_backlog(c, out);
    case ARGUMENT_FAST_OPEN: cursor_blanks(c); return read_fast_open(c, out);
    case ARGUMENT_SEND: return read_send(c, out);
    case ARGUMENT_OCTETS: return number_at(c, name, TYPE_NUMBER, &out->count);
    case ARGUMENT_SETTING: return read_setting(c, out);
    }
    return false;
}

bool call_read(struct reader *r, const struct node *node, struct step *out)
{
    if (!text_read(r, node, "a call, such as send \"hello\",")) { return false; }
    struct cursor c = cursor_begin(r, node);
    const char *name = next_word(&c);
    const char *choice[CALLS];
    for (size_t i = 0; i < CALLS; i++) {
        choice[i] = calls[i].name;
        if (strcmp(name, calls[i].name) != 0) { continue; }
        out->call = calls[i].call;
        return read_argument(&c, calls[i].argument, name, out);
    }
    error_node(r, node, "unknown call '%s'; %s", *name ? name : node->text, meant(r, "calls", name, choice, CALLS));
    return false;
}

static bool add_event(struct reader *r, const struct node *node, struct step *out)
{
    const char *choice[EVENTS];
    if (!text_read(r, node, "an event, such as reset,")) { return false; }
    for (size_t i = 0; i < EVENTS; i++) {
        choice[i] = events[i].name;
        if (strcmp(node->text, events[i].name) != 0) { continue; }
        out->events |= 1u << events[i].event;
        return true;
    }
    error_node(r, node, "unknown event '%s'; %s", node->text, meant(r, "events", node->text, choice, EVENTS));
    return false;
}

bool no_event_read(struct reader *r, const struct node *node, struct step *out)
{
    if (node->kind != NODE_SEQUENCE) { return add_event(r, node, out); }
    for (const struct node *item = node->child; item; item = item->next) {
        if (!add_event(r, item, out)) { return false; }
    }
    if (out->events == 0) { error_node(r, node, "an empty list of events; name at least one"); }
    return out->events != 0;
}

bool event_read(struct reader *r, const struct node *node, struct step *out)
{
    if (!text_read(r, node, "an event, such as accepted,")) { return false; }
    struct cursor c = cursor_begin(r, node);
    const char *name = next_word(&c);
    const char *choice[EVENTS];
    for (size_t i = 0; i < EVENTS; i++) {
        choice[i] = events[i].name;
        if (strcmp(name, events[i].name) != 0) { continue; }
        out->event = events[i].event;
        return out->event == SPEC_EVENT_TEXT ? amount_read(&c, out) : nothing_more(&c, name);
    }
    error_node(r, node, "unknown event '%s'; %s", *name ? name : node->text, meant(r, "events", name, choice, EVENTS));
    return false;
}
