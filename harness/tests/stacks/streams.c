/* Whole connections between two hosts: open, 100 kB each way, close. */
#include "world.h"

#define STREAM_LEN 100000u

static uint8_t octet_at(unsigned side, size_t at)
{
    return (uint8_t)((at * 31 + at / 251) ^ (side ? 0xA5 : 0));
}

struct pump {
    tcprove_socket socket;
    size_t sent, received;
    bool shut, ended;
};

static void send_some(struct world *world, unsigned side, struct pump *pump)
{
    while (pump->sent < STREAM_LEN) {
        uint8_t octets[3000];
        size_t len = STREAM_LEN - pump->sent < sizeof octets ? STREAM_LEN - pump->sent : sizeof octets, taken;
        for (size_t i = 0; i < len; i++) {
            octets[i] = octet_at(side, pump->sent + i);
        }
        enum tcprove_result result =
            world->ops->send(world->side[side].stack, world->now, pump->socket, octets, len, false, &taken);
        pump->sent += taken;
        if (result == TCPROVE_WOULD_BLOCK) { return; }
        assert_int_equal(result, TCPROVE_OK);
    }
    if (!pump->shut) {
        assert_int_equal(world->ops->shutdown(world->side[side].stack, world->now, pump->socket), TCPROVE_OK);
        pump->shut = true;
    }
}

static void receive_some(struct world *world, unsigned side, struct pump *pump)
{
    while (!pump->ended) {
        uint8_t octets[2000];
        size_t got;
        enum tcprove_result result =
            world->ops->receive(world->side[side].stack, world->now, pump->socket, octets, sizeof octets, &got);
        if (result == TCPROVE_WOULD_BLOCK) { return; }
        assert_int_equal(result, TCPROVE_OK);
        for (size_t i = 0; i < got; i++) {
            assert_int_equal(octets[i], octet_at(!side, pump->received + i));
        }
        pump->received += got;
        pump->ended = got == 0;
    }
}

static void exchange(uint8_t version, const struct options *options, unsigned lost_in_a_hundred)
{
    struct world *world = world_new(options);
    struct pump pump[2] = {{0}, {0}};
    tcprove_socket listener;
    world_establish(world, version, &pump[0].socket, &pump[1].socket, &listener);
    world->lost_in_a_hundred = lost_in_a_hundred;
    unsigned steps = 0;
    do {
        for (unsigned side = 0; side < 2; side++) {
            send_some(world, side, &pump[side]);
            receive_some(world, side, &pump[side]);
        }
        assert_true(steps++ < 200000);
    } while (world_step(world, world->now + TCPR_S(3600)));
    for (unsigned side = 0; side < 2; side++) {
        assert_int_equal(pump[side].received, STREAM_LEN);
        assert_true(pump[side].ended);
        assert_int_equal(world_heard(world, side, TCPROVE_EOF, pump[side].socket), 1);
        assert_int_equal(world_heard(world, side, TCPROVE_CLOSED_OK, pump[side].socket), 1);
        assert_int_equal(world_state(world, side, pump[side].socket), TCPROVE_CLOSED);
        assert_int_equal(world->ops->close(world->side[side].stack, world->now, pump[side].socket), TCPROVE_OK);
    }
    assert_int_equal(world_state(world, 1, listener), TCPROVE_LISTEN);
    world_free(world);
}

static void ipv4__both_streams_arrive_whole(void **state)
{
    (void)state;
    exchange(4, &(const struct options){.all = true}, 0);
    exchange(4, &(const struct options){.all = false}, 0);
}

static void ipv6__both_streams_arrive_whole(void **state)
{
    (void)state;
    exchange(6, &(const struct options){.all = true}, 0);
    exchange(6, &(const struct options){.all = false}, 0);
}

static void small_and_odd_buffers__both_streams_arrive_whole(void **state)
{
    (void)state;
    exchange(4, &(const struct options){.all = true, .receive_buffer = 3001, .send_buffer = 2999}, 0);
    exchange(6, &(const struct options){.all = true, .receive_buffer = 1000000, .send_buffer = 700000}, 0);
    exchange(4, &(const struct options){.all = false, .mtu = 576}, 0);
}

static void one_in_ten_lost__both_streams_arrive_whole(void **state)
{
    (void)state;
    exchange(4, &(const struct options){.all = true}, 10);
    exchange(6, &(const struct options){.all = false}, 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ipv4__both_streams_arrive_whole),
        cmocka_unit_test(ipv6__both_streams_arrive_whole),
        cmocka_unit_test(small_and_odd_buffers__both_streams_arrive_whole),
        cmocka_unit_test(one_in_ten_lost__both_streams_arrive_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
