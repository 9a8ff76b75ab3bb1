/* The inputs of the walk: each user call, each kind of segment at the boundaries of what may come, time. */
#include "walk.h"

#define PEER_ISS 0x70000000u
#define OWN_ISS 0x10000000u
#define PEER_WINDOW 8192u
#define TEXT_LEN 100u
#define GAP 500u

/* ---- Segments, by what the connection expects ---- */

/* Where a segment's SEQ lies. */
enum at { AT_NEXT, AT_BEFORE, AT_INSIDE, AT_EDGE };
/* What it acknowledges. */
enum acks { ACKS_NOT, ACKS_OLD, ACKS_ALL, ACKS_FUTURE };

struct shape {
    const char *name;
    uint16_t control;
    enum at at;
    enum acks acks;
    uint32_t text_len;
    bool zero_window;
};

static const struct shape shapes[] = {
    {"rcv SYN", TCPR_SYN, AT_NEXT, ACKS_NOT, 0, false},
    {"rcv SYN in the window", TCPR_SYN, AT_INSIDE, ACKS_NOT, 0, false},
    {"rcv SYN beyond the window", TCPR_SYN, AT_EDGE, ACKS_NOT, 0, false},
    {"rcv SYN,ACK", TCPR_SYN | TCPR_ACK, AT_NEXT, ACKS_ALL, 0, false},
    {"rcv SYN,ACK of the future", TCPR_SYN | TCPR_ACK, AT_NEXT, ACKS_FUTURE, 0, false},
    {"rcv ACK", TCPR_ACK, AT_NEXT, ACKS_ALL, 0, false},
    {"rcv ACK, window 0", TCPR_ACK, AT_NEXT, ACKS_ALL, 0, true},
    {"rcv old ACK", TCPR_ACK, AT_NEXT, ACKS_OLD, 0, false},
    {"rcv ACK of the future", TCPR_ACK, AT_NEXT, ACKS_FUTURE, 0, false},
    {"rcv text", TCPR_ACK | TCPR_PSH, AT_NEXT, ACKS_OLD, TEXT_LEN, false},
    {"rcv text ahead", TCPR_ACK, AT_INSIDE, ACKS_ALL, TEXT_LEN, false},
    {"rcv text before", TCPR_ACK, AT_BEFORE, ACKS_ALL, 1, false},
    {"rcv urgent text", TCPR_ACK | TCPR_URG, AT_NEXT, ACKS_ALL, TEXT_LEN, false},
    {"rcv FIN", TCPR_FIN | TCPR_ACK, AT_NEXT, ACKS_OLD, 0, false},
    {"rcv FIN, all acknowledged", TCPR_FIN | TCPR_ACK, AT_NEXT, ACKS_ALL, 0, false},
    {"rcv FIN ahead", TCPR_FIN | TCPR_ACK, AT_INSIDE, ACKS_ALL, 0, false},
    {"rcv FIN again", TCPR_FIN | TCPR_ACK, AT_BEFORE, ACKS_ALL, 0, false},
    {"rcv RST", TCPR_RST, AT_NEXT, ACKS_NOT, 0, false},
    {"rcv RST,ACK", TCPR_RST | TCPR_ACK, AT_NEXT, ACKS_ALL, 0, false},
    {"rcv RST in the window", TCPR_RST, AT_INSIDE, ACKS_NOT, 0, false},
    {"rcv RST beyond the window", TCPR_RST, AT_EDGE, ACKS_NOT, 0, false},
    {"rcv no flags", 0, AT_NEXT, ACKS_NOT, 0, false},
    {"rcv all flags", TCPR_FIN | TCPR_SYN | TCPR_RST | TCPR_PSH | TCPR_ACK | TCPR_URG, AT_NEXT, ACKS_ALL, 0, false},
};
#define SHAPES (sizeof shapes / sizeof *shapes)

static uint32_t sequence_of(const struct tcpr_conn *c, const struct shape *shape)
{
    uint32_t next = c->state <= TCPR_SYN_SENT ? PEER_ISS : c->rcv.nxt;
    if (shape->control == TCPR_SYN && c->state == TCPR_SYN_RECEIVED && shape->at == AT_NEXT) { return next - 1; }
    switch (shape->at) {
    case AT_NEXT: return next;
    case AT_BEFORE: return next - 1;
    case AT_INSIDE: return next + GAP;
    case AT_EDGE: return c->rcv.edge + GAP;
    }
    return next;
}

static uint32_t acknowledgment_of(const struct tcpr_conn *c, enum acks acks)
{
    switch (acks) {
    case ACKS_NOT: return 0;
    case ACKS_OLD: return c->snd.una;
    case ACKS_ALL: return c->snd.nxt;
    case ACKS_FUTURE: return c->snd.nxt + 1;
    }
    return 0;
}

static void arrive(struct walker *w, const struct shape *shape)
{
    struct tcpr_segment seg = {.seq = sequence_of(&w->conn, shape),
                               .ack = acknowledgment_of(&w->conn, shape->acks),
                               .control = shape->control,
                               .text_len = shape->text_len,
                               .window = shape->zero_window ? 0 : PEER_WINDOW,
                               .urgent = shape->control & TCPR_URG ? TEXT_LEN : 0};
    walker_arrives(w, seg);
}

/* ---- User calls: each says whether it did something ---- */

static const struct tcpr_open opening = {
    .ip = {.source = {192, 0, 2, 1}, .destination = {192, 0, 2, 2}, .version = 4, .ttl = 64},
    .local_port = 80,
    .remote_port = 4000,
    .iss = OWN_ISS,
    .iss_given = true};

static bool open_passive(struct walker *w)
{
    return tcpr_open_passive(&w->conn, w->config, w->now, &opening, &w->fx) == TCPR_OK;
}

static bool open_active(struct walker *w)
{
    return tcpr_open_active(&w->conn, w->config, w->now, &opening, &w->fx) == TCPR_OK;
}

static bool send_text(struct walker *w)
{
    return tcpr_send(&w->conn, w->config, w->now, TEXT_LEN, false, &w->fx) == TCPR_OK;
}

static bool send_urgent(struct walker *w)
{
    return tcpr_send(&w->conn, w->config, w->now, TEXT_LEN, true, &w->fx) == TCPR_OK;
}

static bool receive(struct walker *w)
{
    uint32_t taken = 0;
    return tcpr_receive(&w->conn, w->config, w->now, w->config->receive_buffer, &taken, &w->fx) == TCPR_OK && taken;
}

static bool close_it(struct walker *w)
{
    return tcpr_close(&w->conn, w->config, w->now, &w->fx) == TCPR_OK;
}

static bool release(struct walker *w)
{
    return tcpr_release(&w->conn, w->config, w->now, &w->fx) == TCPR_OK;
}

static bool abort_it(struct walker *w)
{
    return tcpr_abort(&w->conn, w->config, w->now, &w->fx) == TCPR_OK;
}

static bool hard_error(struct walker *w)
{
    if (w->conn.state <= TCPR_LISTEN) { return false; }
    const struct tcpr_icmp icmp = {.quoted_seq = w->conn.snd.una, .version = 4, .type = 3, .code = 3};
    tcpr_icmp_arrives(&w->conn, w->config, w->now, &icmp, &w->fx);
    return true;
}

static const struct {
    const char *name;
    bool (*apply)(struct walker *walker);
} calls[] = {
    {"passive OPEN", open_passive}, {"active OPEN", open_active}, {"SEND", send_text},
    {"SEND urgent", send_urgent},   {"RECEIVE", receive},         {"CLOSE", close_it},
    {"release", release},           {"ABORT", abort_it},          {"ICMP hard error", hard_error},
    {"time", walker_time},
};
#define CALLS (sizeof calls / sizeof *calls)

_Static_assert(CALLS + SHAPES <= EXPLORE_INPUTS_MAX, "an input is a bit of a mask");

unsigned inputs_count(void)
{
    return CALLS + SHAPES;
}

const char *explore_input_name(unsigned input)
{
    if (input < CALLS) { return calls[input].name; }
    return input < CALLS + SHAPES ? shapes[input - CALLS].name : NULL;
}

bool input_apply(struct walker *w, unsigned input)
{
    w->fault = NULL;
    if (input >= CALLS) {
        if (w->conn.state == TCPR_CLOSED) { return false; } /* there is no connection for it */
        arrive(w, &shapes[input - CALLS]);
        return true;
    }
    if (!calls[input].apply(w)) { return false; }
    walker_pull(w);
    return true;
}
