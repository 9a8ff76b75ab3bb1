#include "world.h"

#include <stdio.h>

static uint32_t draw(uint64_t *seed)
{
    *seed ^= *seed >> 12;
    *seed ^= *seed << 25;
    *seed ^= *seed >> 27;
    return (uint32_t)(*seed * 0x2545F4914F6CDD1Du >> 32);
}

static void on_output(void *context, const uint8_t *datagram, size_t len)
{
    struct side *from = context;
    struct world *world = from->world;
    if (draw(&world->seed) % 100 < world->lost_in_a_hundred) { return; }
    struct flight *flight = malloc(sizeof *flight + len);
    assert_non_null(flight);
    *flight = (struct flight){.to = &world->side[from == &world->side[0]], .due = world->now + LATENCY_US, .len = len};
    memcpy(flight->octets, datagram, len);
    *world->last = flight;
    world->last = &flight->next;
}

static void on_event(void *context, tcprove_socket socket, enum tcprove_event event, tcprove_socket listener)
{
    struct side *side = context;
    assert_true(side->told_count < TOLD_MAX);
    side->told[side->told_count++] = (struct told){socket, event, listener};
}

static void on_explain(void *context, tcprove_socket socket, const char *rule, const char *text)
{
    (void)socket;
    struct side *side = context;
    size_t used = strlen(side->explained);
    snprintf(side->explained + used, sizeof side->explained - used, "%s %s\n", rule, text);
}

static void make_side(struct world *world, unsigned index, const struct options *options)
{
    struct side *side = &world->side[index];
    struct tcprove_setup setup = {.ipv4 = {192, 0, 2, (uint8_t)(1 + index)},
                                  .ipv6 = {0x20, 0x01, 0x0D, 0xB8, [15] = (uint8_t)(1 + index)},
                                  .secret = {(uint8_t)index, 9, 8, 7},
                                  .mtu = options->mtu,
                                  .receive_buffer = options->receive_buffer,
                                  .send_buffer = options->send_buffer,
                                  .window_scale = options->all,
                                  .timestamps = options->all,
                                  .sack = options->all};
    const struct tcprove_host host = {side, on_output, on_event, on_explain};
    const char *why = NULL;
    side->world = world;
    side->stack = world->ops->create(&setup, &host, &why);
    assert_non_null(side->stack);
    side->endpoint[0].version = 4;
    side->endpoint[1].version = 6;
    memcpy(side->endpoint[0].address, setup.ipv4, 4);
    memcpy(side->endpoint[1].address, setup.ipv6, 16);
}

struct world *world_new(const struct options *options)
{
    struct world *world = calloc(1, sizeof *world);
    assert_non_null(world);
    world->ops = engine_stack();
    world->last = &world->first;
    world->seed = 20259293;
    make_side(world, 0, options);
    make_side(world, 1, options);
    return world;
}

void world_free(struct world *world)
{
    while (world->first) {
        struct flight *flight = world->first;
        world->first = flight->next;
        free(flight);
    }
    world->ops->destroy(world->side[0].stack);
    world->ops->destroy(world->side[1].stack);
    free(world);
}

void world_inject(struct world *world, unsigned side, const uint8_t *octets, size_t len)
{
    uint8_t *exact = malloc(len > 0 ? len : 1); /* so that ASan sees a step beyond */
    assert_non_null(exact);
    if (len > 0) { memcpy(exact, octets, len); }
    world->ops->input(world->side[side].stack, world->now, exact, len);
    free(exact);
}

static void deliver_first(struct world *world)
{
    struct flight *flight = world->first;
    world->first = flight->next;
    if (!world->first) { world->last = &world->first; }
    world_inject(world, flight->to == &world->side[1], flight->octets, flight->len);
    free(flight);
}

bool world_step(struct world *world, tcpr_time until)
{
    tcpr_time arrives = world->first ? world->first->due : TCPR_NEVER, next = arrives;
    tcpr_time deadline[2];
    for (unsigned i = 0; i < 2; i++) {
        deadline[i] = world->ops->deadline(world->side[i].stack);
        if (deadline[i] < next) { next = deadline[i]; }
    }
    if (next == TCPR_NEVER || next > until) {
        world->now = until == TCPR_NEVER ? world->now : until;
        return false;
    }
    if (next > world->now) { world->now = next; }
    if (arrives == next) {
        deliver_first(world);
        return true;
    }
    world->ops->time(world->side[deadline[1] == next].stack, world->now);
    return true;
}

void world_run(struct world *world, tcpr_time for_us)
{
    tcpr_time until = world->now + for_us;
    for (unsigned steps = 0; world_step(world, until); steps++) {
        assert_true(steps < 1000000);
    }
}

struct tcprove_endpoint world_at(const struct world *world, unsigned side, uint8_t version, uint16_t port)
{
    struct tcprove_endpoint at = world->side[side].endpoint[version == 6];
    at.port = port;
    return at;
}

unsigned world_heard(const struct world *world, unsigned side, enum tcprove_event event, tcprove_socket socket)
{
    unsigned count = 0;
    for (size_t i = 0; i < world->side[side].told_count; i++) {
        const struct told *told = &world->side[side].told[i];
        count += told->event == event && (socket == 0 || told->socket == socket);
    }
    return count;
}

tcprove_socket world_accepted(const struct world *world, unsigned side)
{
    tcprove_socket latest = 0;
    for (size_t i = 0; i < world->side[side].told_count; i++) {
        const struct told *told = &world->side[side].told[i];
        if (told->event == TCPROVE_ACCEPTED) { latest = told->socket; }
    }
    return latest;
}

enum tcprove_state world_state(const struct world *world, unsigned side, tcprove_socket socket)
{
    return world->ops->state(world->side[side].stack, socket);
}

void world_establish(struct world *world, uint8_t version, tcprove_socket *active, tcprove_socket *passive,
                     tcprove_socket *listener)
{
    struct tcprove_endpoint client = world_at(world, 0, version, 4000), server = world_at(world, 1, version, 80);
    assert_int_equal(world->ops->listen(world->side[1].stack, world->now, &server, 0, listener), TCPROVE_OK);
    assert_int_equal(world->ops->connect(world->side[0].stack, world->now, &client, &server, active), TCPROVE_OK);
    world_run(world, TCPR_MS(100));
    *passive = world_accepted(world, 1);
    assert_int_not_equal(*passive, 0);
    assert_int_equal(world_state(world, 0, *active), TCPROVE_ESTABLISHED);
    assert_int_equal(world_state(world, 1, *passive), TCPROVE_ESTABLISHED);
}
