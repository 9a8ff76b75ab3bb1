/*
 * A plug-in to begin with: a host on which every port is closed. It takes IPv4 datagrams and answers each TCP segment
 * with the reset of RFC 9293 section 3.10.7.1. Put your stack in its place, function by function; tcprove/stack.h says
 * what each has to do, docs/target-plugin.md in which order to go.
 */
#include <stdlib.h>
#include <string.h>
#include <tcprove/stack.h>

enum { IP_HEADER = 20, TCP_HEADER = 20, PROTOCOL_TCP = 6 };
enum { FIN = 0x01, SYN = 0x02, RST = 0x04, ACK = 0x10 };

/* One host. Globals would do as well: each host lives in a process of its own. */
struct tcprove_stack {
    struct tcprove_host host;
    struct tcprove_setup setup;
    tcprove_time now;
};

/* ---- The closed host: yours has this already ---- */

static uint32_t get32(const uint8_t *octets)
{
    return (uint32_t)octets[0] << 24 | (uint32_t)octets[1] << 16 | (uint32_t)octets[2] << 8 | octets[3];
}

static void put16(uint8_t *octets, uint32_t value)
{
    octets[0] = (uint8_t)(value >> 8);
    octets[1] = (uint8_t)value;
}

static void put32(uint8_t *octets, uint32_t value)
{
    put16(octets, value >> 16);
    put16(octets + 2, value);
}

static uint32_t sum(uint32_t total, const uint8_t *octets, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        total += i % 2 ? octets[i] : (uint32_t)octets[i] << 8;
    }
    return total;
}

static uint32_t fold(uint32_t total)
{
    while (total > 0xFFFF) {
        total = (total & 0xFFFF) + (total >> 16);
    }
    return ~total & 0xFFFF;
}

/* Of a segment between two IPv4 addresses that stand one after the other; 0 when the segment's own checksum is right.
 */
static uint32_t tcp_checksum(const uint8_t *addresses, const uint8_t *segment, size_t len)
{
    return fold(sum(sum((uint32_t)(PROTOCOL_TCP + len), addresses, 8), segment, len));
}

static void send_reset(struct tcprove_stack *stack, const uint8_t *in_ip, const uint8_t *in, size_t text_len)
{
    uint8_t out[IP_HEADER + TCP_HEADER] = {0x45, 0, 0, sizeof out, 0, 0, 0, 0, 64, PROTOCOL_TCP};
    uint8_t *tcp = out + IP_HEADER;
    uint32_t occupied = (uint32_t)text_len + (in[13] & SYN ? 1 : 0) + (in[13] & FIN ? 1 : 0);
    memcpy(out + 12, in_ip + 16, 4);
    memcpy(out + 16, in_ip + 12, 4);
    put16(out + 10, fold(sum(0, out, IP_HEADER)));
    memcpy(tcp, in + 2, 2);
    memcpy(tcp + 2, in, 2);
    tcp[12] = TCP_HEADER / 4 << 4;
    if (in[13] & ACK) { /* RFC9293-3.5.2-n1: a number the sender will believe */
        memcpy(tcp + 4, in + 8, 4);
        tcp[13] = RST;
    } else {
        put32(tcp + 8, get32(in + 4) + occupied);
        tcp[13] = RST | ACK;
    }
    put16(tcp + 16, tcp_checksum(out + 12, tcp, TCP_HEADER));
    stack->host.output(stack->host.context, out, sizeof out);
}

static void arrives(struct tcprove_stack *stack, const uint8_t *datagram, size_t len)
{
    if (len < IP_HEADER || datagram[0] >> 4 != 4) { return; }
    size_t header = (size_t)(datagram[0] & 15) * 4, total = (size_t)datagram[2] << 8 | datagram[3];
    if (header < IP_HEADER || total > len || total < header + TCP_HEADER) { return; }
    const uint8_t *tcp = datagram + header;
    size_t segment_len = total - header, offset = (size_t)(tcp[12] >> 4) * 4;
    bool mine = datagram[9] == PROTOCOL_TCP && memcmp(datagram + 16, stack->setup.ipv4, 4) == 0;
    if (!mine || offset < TCP_HEADER || offset > segment_len) { return; }
    if (tcp_checksum(datagram + 12, tcp, segment_len) != 0 || tcp[13] & RST) { return; }
    send_reset(stack, datagram, tcp, segment_len - offset);
}

/* ---- Life, time and the wire ---- */

static struct tcprove_stack *create(const struct tcprove_setup *setup, const struct tcprove_host *host,
                                    const char **why)
{
    struct tcprove_stack *stack = malloc(sizeof *stack);
    if (!stack) {
        *why = "out of memory";
        return NULL;
    }
    *stack = (struct tcprove_stack){.host = *host, .setup = *setup, .now = setup->now};
    return stack; /* yours: an interface with setup->ipv4 and ipv6, the random numbers seeded by setup->secret */
}

static void destroy(struct tcprove_stack *stack)
{
    free(stack);
}

static void input(struct tcprove_stack *stack, tcprove_time now, const uint8_t *datagram, size_t len)
{
    stack->now = now; /* yours: its clock reads this, and no other */
    arrives(stack, datagram, len);
}

static void time_passes(struct tcprove_stack *stack, tcprove_time now)
{
    stack->now = now; /* yours: run the timers that are due */
}

static tcprove_time deadline(struct tcprove_stack *stack)
{
    (void)stack;
    return TCPROVE_NEVER; /* yours: when the next timer is due; too early is allowed, too late is not */
}

/* ---- The application's calls: a spec that needs one of them is skipped until it is there ---- */

static enum tcprove_result listens(struct tcprove_stack *stack, tcprove_time now, const struct tcprove_endpoint *local,
                                   uint32_t backlog, tcprove_socket *socket)
{
    (void)stack, (void)now, (void)local, (void)backlog, (void)socket;
    return TCPROVE_NOT_SUPPORTED;
}

static enum tcprove_result connects(struct tcprove_stack *stack, tcprove_time now, const struct tcprove_endpoint *local,
                                    const struct tcprove_endpoint *remote, tcprove_socket *socket)
{
    (void)stack, (void)now, (void)local, (void)remote, (void)socket;
    return TCPROVE_NOT_SUPPORTED;
}

static enum tcprove_result sends(struct tcprove_stack *stack, tcprove_time now, tcprove_socket socket,
                                 const uint8_t *octets, size_t len, bool urgent, size_t *taken)
{
    (void)stack, (void)now, (void)socket, (void)octets, (void)len, (void)urgent, (void)taken;
    return TCPROVE_NOT_SUPPORTED;
}

static enum tcprove_result receives(struct tcprove_stack *stack, tcprove_time now, tcprove_socket socket,
                                    uint8_t *octets, size_t len, size_t *got)
{
    (void)stack, (void)now, (void)socket, (void)octets, (void)len, (void)got;
    return TCPROVE_NOT_SUPPORTED;
}

/* shutdown, close and abort, until they are three functions */
static enum tcprove_result ends(struct tcprove_stack *stack, tcprove_time now, tcprove_socket socket)
{
    (void)stack, (void)now, (void)socket;
    return TCPROVE_NOT_SUPPORTED;
}

static enum tcprove_result sets(struct tcprove_stack *stack, tcprove_time now, tcprove_socket socket,
                                enum tcprove_setting setting, uint64_t value)
{
    (void)stack, (void)now, (void)socket, (void)setting, (void)value;
    return TCPROVE_NOT_SUPPORTED;
}

static enum tcprove_state state(struct tcprove_stack *stack, tcprove_socket socket)
{
    (void)stack, (void)socket;
    return TCPROVE_CLOSED;
}

static tcprove_socket find(struct tcprove_stack *stack, const struct tcprove_endpoint *local,
                           const struct tcprove_endpoint *remote)
{
    (void)stack, (void)local, (void)remote;
    return 0;
}

const struct tcprove_stack_ops *tcprove_stack(void)
{
    static const struct tcprove_stack_ops ops = {
        .abi = TCPROVE_STACK_ABI,
        .abilities = TCPROVE_CAN_IPV4 | TCPROVE_CAN_STATE, /* yours: all of TCPROVE_CAN_... that hold */
        .name = "my stack",
        .version = "0",
        .create = create,
        .destroy = destroy,
        .input = input,
        .time = time_passes,
        .deadline = deadline,
        .listen = listens,
        .connect = connects,
        .send = sends,
        .receive = receives,
        .shutdown = ends,
        .close = ends,
        .abort = ends,
        .set = sets,
        .state = state,
        .find = find,
    };
    return &ops;
}
