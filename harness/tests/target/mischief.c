/* A plug-in that does what the environment variable MISCHIEF says, and nothing else. */
#include "tcprove/stack.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct tcprove_host host;
static uint8_t hosts_made; /* a global, as many stacks have them */

static bool is(const char *mischief)
{
    const char *wanted = getenv("MISCHIEF");
    return wanted && !strcmp(wanted, mischief);
}

static void crash(void)
{
    raise(SIGSEGV);
}

static struct tcprove_stack *create(const struct tcprove_setup *setup, const struct tcprove_host *given,
                                    const char **why)
{
    static uint8_t stands_for_a_stack;
    (void)setup;
    host = *given;
    hosts_made++;
    if (is("crash in create")) { crash(); }
    if (is("refuse")) { *why = "not today"; }
    return is("refuse") || is("refuse without a word") ? NULL : (struct tcprove_stack *)&stands_for_a_stack;
}

static void destroy(struct tcprove_stack *stack)
{
    (void)stack;
    if (is("crash in destroy")) { crash(); }
}

static void send_without_end(void)
{
    for (;;) {
        host.output(host.context, (const uint8_t *)"E", 1);
    }
}

static void scribble(void)
{
    static const char garbage[256] = "\xff\xff\xff\xff not an answer";
    for (int fd = 3; fd < 8; fd++) {
        ssize_t ignored = write(fd, garbage, sizeof garbage);
        (void)ignored;
    }
}

static void input(struct tcprove_stack *stack, tcprove_time now, const uint8_t *datagram, size_t len)
{
    (void)stack;
    (void)now;
    if (is("crash in input")) { crash(); }
    if (is("abort in input")) { abort(); }
    if (is("exit in input")) { _exit(7); }
    if (is("send without end")) { send_without_end(); }
    if (is("scribble")) { scribble(); }
    while (is("hang")) {}
    host.output(host.context, datagram, len);
    host.output(host.context, &hosts_made, 1);
    host.output(host.context, datagram, 0);
    host.event(host.context, 9, (enum tcprove_event)77, 0);
    host.explain(host.context, 9, NULL, NULL);
}

static void time_passes(struct tcprove_stack *stack, tcprove_time now)
{
    (void)stack;
    (void)now;
}

static tcprove_time deadline(struct tcprove_stack *stack)
{
    (void)stack;
    return is("never rest") ? 5 : TCPROVE_NEVER;
}

static enum tcprove_result open_listener(struct tcprove_stack *stack, tcprove_time now,
                                         const struct tcprove_endpoint *local, uint32_t backlog, tcprove_socket *socket)
{
    (void)stack;
    (void)now;
    (void)local;
    (void)backlog;
    *socket = 9;
    return TCPROVE_OK;
}

static enum tcprove_result open_connection(struct tcprove_stack *stack, tcprove_time now,
                                           const struct tcprove_endpoint *local, const struct tcprove_endpoint *remote,
                                           tcprove_socket *socket)
{
    (void)remote;
    return open_listener(stack, now, local, 0, socket);
}

static enum tcprove_result send_text(struct tcprove_stack *stack, tcprove_time now, tcprove_socket socket,
                                     const uint8_t *octets, size_t len, bool urgent, size_t *taken)
{
    (void)stack;
    (void)now;
    (void)socket;
    (void)octets;
    (void)urgent;
    *taken = is("take too much") ? len + 1 : len;
    return TCPROVE_OK;
}

static enum tcprove_result open_fast(struct tcprove_stack *stack, tcprove_time now,
                                     const struct tcprove_endpoint *local, const struct tcprove_endpoint *remote,
                                     const uint8_t *octets, size_t len, size_t *taken, tcprove_socket *socket)
{
    enum tcprove_result result = send_text(stack, now, 0, octets, len, false, taken);
    return result == TCPROVE_OK ? open_connection(stack, now, local, remote, socket) : result;
}

static enum tcprove_result receive(struct tcprove_stack *stack, tcprove_time now, tcprove_socket socket,
                                   uint8_t *octets, size_t len, size_t *got)
{
    (void)stack;
    (void)now;
    (void)socket;
    memset(octets, 'r', len);
    *got = is("give too much") ? len + 1 : len;
    return TCPROVE_OK;
}

static enum tcprove_result plain(struct tcprove_stack *stack, tcprove_time now, tcprove_socket socket)
{
    (void)stack;
    (void)now;
    (void)socket;
    return (enum tcprove_result)99;
}

static enum tcprove_result set(struct tcprove_stack *stack, tcprove_time now, tcprove_socket socket,
                               enum tcprove_setting setting, uint64_t value)
{
    (void)setting;
    (void)value;
    return plain(stack, now, socket);
}

static enum tcprove_state state(struct tcprove_stack *stack, tcprove_socket socket)
{
    (void)stack;
    return socket == 9 ? TCPROVE_LISTEN : TCPROVE_CLOSED;
}

static tcprove_socket find(struct tcprove_stack *stack, const struct tcprove_endpoint *local,
                           const struct tcprove_endpoint *remote)
{
    (void)stack;
    (void)local;
    (void)remote;
    if (is("crash in find")) { crash(); }
    return 9;
}

const struct tcprove_stack_ops *tcprove_stack(void)
{
    static struct tcprove_stack_ops ops = {
        .abi = TCPROVE_STACK_ABI,
        .abilities = 0xFFFFFFFF,
        .name = "mischief\x1b[31m",
        .version = "\xff",
        .create = create,
        .destroy = destroy,
        .input = input,
        .time = time_passes,
        .deadline = deadline,
        .listen = open_listener,
        .connect = open_connection,
        .send = send_text,
        .receive = receive,
        .shutdown = plain,
        .close = plain,
        .abort = plain,
        .set = set,
        .state = state,
        .find = find,
        .fast_connect = open_fast,
    };
    if (is("crash at once")) { crash(); }
    if (is("other version")) { ops.abi = 99; }
    if (is("no receive")) { ops.receive = NULL; }
    if (is("no fast connect")) { ops.fast_connect = NULL; }
    return is("nothing") ? NULL : &ops;
}
