#include "fixture.h"

int establish(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    f->world = world_new(&(const struct options){.all = true});
    world_establish(f->world, 4, &f->active, &f->passive, &f->listener);
    *state = f;
    return 0;
}

int apart(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    f->world = world_new(&(const struct options){.all = true});
    *state = f;
    return 0;
}

int end(void **state)
{
    struct fixture *f = *state;
    world_free(f->world);
    free(f);
    return 0;
}

void listen_80(struct fixture *f, uint32_t backlog)
{
    struct tcprove_endpoint local = world_at(f->world, 1, 4, 80);
    assert_int_equal(CALL(f->world, 1, listen, &local, backlog, &f->listener), TCPROVE_OK);
}

tcprove_socket connect_80(struct fixture *f, uint16_t from_port)
{
    struct tcprove_endpoint local = world_at(f->world, 0, 4, from_port), remote = world_at(f->world, 1, 4, 80);
    tcprove_socket socket = 0;
    assert_int_equal(CALL(f->world, 0, connect, &local, &remote, &socket), TCPROVE_OK);
    return socket;
}

void inject_segment(struct fixture *f, uint16_t from_port, struct tcpr_segment seg, const char *text)
{
    struct tcpr_ip ip = {.version = 4, .ttl = 64, .source = {192, 0, 2, 1}, .destination = {192, 0, 2, 2}};
    uint8_t octets[200];
    seg.source_port = from_port;
    seg.destination_port = 80;
    seg.text_len = text ? (uint32_t)strlen(text) : 0;
    size_t len = datagram_emit_segment(&ip, &seg, (const uint8_t *)text, octets, sizeof octets);
    world_inject(f->world, 1, octets, len);
}

struct tcpr_segment last_sent(const struct fixture *f)
{
    struct tcpr_segment seg = {0};
    for (const struct flight *flight = f->world->first; flight; flight = flight->next) {
        struct datagram d;
        if (flight->to != &f->world->side[0]) { continue; }
        assert_int_equal(datagram_parse(flight->octets, flight->len, &d), NET_OK);
        assert_int_equal(tcpr_segment_parse(flight->octets + d.payload_at, d.payload_len, &d.ip, &seg), TCPR_PARSE_OK);
    }
    return seg;
}
