/*
 * One deadline for each connection and handshake: a hierarchical wheel. A timer stands at the level of the digit in
 * which it first differs from now, so placing and removing take the same time however many there are, and a timer moves
 * down at most once a level.
 *
 * A timer may be looked at too early, never too late: when a deadline moves away, its timer stays where it is, and is
 * placed anew once its turn comes. So a busy connection, whose deadline moves with each segment, hardly ever touches
 * the wheel.
 */
#include "host_state.h"

static struct wheel_node *node_of(const struct tcpr_host *h, uint32_t id)
{
    return id < first_syn(h) ? &slot_at(h, id)->timer : &syn_at(h, id - first_syn(h))->timer;
}

void wheel_begin(struct wheel *wheel, tcpr_time now)
{
    wheel->now = now;
    wheel->draining = WHEEL_IDLE;
    for (unsigned head = 0; head < WHEEL_HEADS; head++) {
        wheel->heads[head] = NONE;
    }
}

static uint16_t head_for(const struct wheel *wheel, tcpr_time due)
{
    if (due <= wheel->now) { return WHEEL_DUE; }
    tcpr_time differs = due ^ wheel->now;
    unsigned level = 0;
    while (differs >> 4 != 0) {
        differs >>= 4;
        level++;
    }
    return (uint16_t)(level * WHEEL_DIGITS + (unsigned)(due >> 4 * level) % WHEEL_DIGITS);
}

/* When the time of a list comes: no timer in it is due before. */
static tcpr_time start_of(const struct wheel *wheel, uint16_t head)
{
    if (head == WHEEL_DUE || head == wheel->draining) { return wheel->now; }
    unsigned shift = 4u * (head / WHEEL_DIGITS);
    tcpr_time below = ((tcpr_time)WHEEL_DIGITS << shift) - 1u;
    return (wheel->now & ~below) | (tcpr_time)(head % WHEEL_DIGITS) << shift;
}

static void mark_list(struct wheel *wheel, uint16_t head, bool in_use)
{
    if (head == WHEEL_DUE) { return; }
    unsigned level = head / WHEEL_DIGITS;
    uint32_t bit = 1u << head % WHEEL_DIGITS;
    wheel->digits[level] = (uint16_t)(in_use ? wheel->digits[level] | bit : wheel->digits[level] & ~bit);
    uint32_t level_bit = 1u << level;
    wheel->levels = (uint16_t)(wheel->digits[level] ? wheel->levels | level_bit : wheel->levels & ~level_bit);
}

void wheel_place(struct tcpr_host *h, uint32_t id, tcpr_time due)
{
    struct wheel_node *node = node_of(h, id);
    if (due == TCPR_NEVER) { return; }
    uint16_t head = head_for(&h->wheel, due);
    uint32_t next = h->wheel.heads[head];
    node->head = head;
    node->prev = NONE;
    node->next = next;
    h->wheel.heads[head] = id;
    if (next == NONE) {
        mark_list(&h->wheel, head, true);
    } else {
        node_of(h, next)->prev = id;
    }
}

void wheel_remove(struct tcpr_host *h, uint32_t id)
{
    struct wheel_node *node = node_of(h, id);
    if (node->head == WHEEL_IDLE) { return; }
    if (node->next != NONE) { node_of(h, node->next)->prev = node->prev; }
    if (node->prev != NONE) {
        node_of(h, node->prev)->next = node->next;
    } else {
        h->wheel.heads[node->head] = node->next;
        if (node->next == NONE) { mark_list(&h->wheel, node->head, false); }
    }
    node->head = WHEEL_IDLE;
}

static APART void move(struct tcpr_host *h, uint32_t id, tcpr_time due)
{
    wheel_remove(h, id);
    wheel_place(h, id, due);
}

void wheel_hasten(struct tcpr_host *h, uint32_t id, const struct wheel_node *node, tcpr_time due)
{
    if (node->head == WHEEL_IDLE || start_of(&h->wheel, node->head) > due) { move(h, id, due); }
}

static unsigned lowest_bit(unsigned bits)
{
    unsigned n = 0;
    while ((bits & 1u) == 0) {
        bits >>= 1;
        n++;
    }
    return n;
}

/* The list whose time comes first: on the lowest level, where digits are all beyond now's. */
static uint16_t first_list(const struct wheel *wheel)
{
    if (wheel->heads[WHEEL_DUE] != NONE) { return WHEEL_DUE; }
    if (wheel->draining != WHEEL_IDLE && wheel->heads[wheel->draining] != NONE) { return wheel->draining; }
    if (wheel->levels == 0) { return WHEEL_IDLE; }
    unsigned level = lowest_bit(wheel->levels);
    return (uint16_t)(level * WHEEL_DIGITS + lowest_bit(wheel->digits[level]));
}

tcpr_time wheel_next(const struct tcpr_host *h)
{
    uint16_t head = first_list(&h->wheel);
    return head == WHEEL_IDLE ? TCPR_NEVER : start_of(&h->wheel, head);
}

uint32_t wheel_pop(struct tcpr_host *h, tcpr_time now)
{
    uint16_t head = first_list(&h->wheel);
    tcpr_time start = head == WHEEL_IDLE ? TCPR_NEVER : start_of(&h->wheel, head);
    if (start > now) {
        h->wheel.draining = WHEEL_IDLE;
        h->wheel.now = now;
        return NONE;
    }
    if (head != WHEEL_DUE) {
        h->wheel.now = start;
        h->wheel.draining = head;
    }
    uint32_t id = h->wheel.heads[head];
    wheel_remove(h, id);
    return id;
}
