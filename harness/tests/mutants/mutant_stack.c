/*
 * The bug is in force only between the call of an operation and its return, less the callbacks: what the tester parses,
 * emits and sums with the engine's own functions stays right.
 */
#include "mutant_stack.h"

#include "harness/target.h"

/* The stack interface has no room for a test's wishes, so they stand here; the test has one thread. */
static enum tcpr_mutant_number chosen;
static struct tcprove_host outside;

void mutant_set(enum tcpr_mutant_number number)
{
    chosen = number;
}

static void begin(void)
{
    tcpr_mutant = chosen;
}

static void end(void)
{
    tcpr_mutant = TCPR_MUTANT_none;
}

static void on_output(void *context, const uint8_t *datagram, size_t len)
{
    (void)context;
    end();
    outside.output(outside.context, datagram, len);
    begin();
}

static void on_event(void *context, tcprove_socket socket, enum tcprove_event event, tcprove_socket listener)
{
    (void)context;
    end();
    outside.event(outside.context, socket, event, listener);
    begin();
}

static void on_explain(void *context, tcprove_socket socket, const char *rule, const char *text)
{
    (void)context;
    end();
    outside.explain(outside.context, socket, rule, text);
    begin();
}

static struct tcprove_stack *make(const struct tcprove_setup *setup, const struct tcprove_host *host, const char **why)
{
    const struct tcprove_host between = {NULL, on_output, on_event, on_explain};
    outside = *host;
    begin();
    struct tcprove_stack *stack = engine_stack()->create(setup, &between, why);
    end();
    return stack;
}

static void input(struct tcprove_stack *stack, tcprove_time now, const uint8_t *datagram, size_t len)
{
    begin();
    engine_stack()->input(stack, now, datagram, len);
    end();
}

static void time_passes(struct tcprove_stack *stack, tcprove_time now)
{
    begin();
    engine_stack()->time(stack, now);
    end();
}

static enum tcprove_result listen_at(struct tcprove_stack *stack, tcprove_time now,
                                     const struct tcprove_endpoint *local, uint32_t backlog, tcprove_socket *socket)
{
    begin();
    enum tcprove_result result = engine_stack()->listen(stack, now, local, backlog, socket);
    end();
    return result;
}

static enum tcprove_result connect_to(struct tcprove_stack *stack, tcprove_time now,
                                      const struct tcprove_endpoint *local, const struct tcprove_endpoint *remote,
                                      tcprove_socket *socket)
{
    begin();
    enum tcprove_result result = engine_stack()->connect(stack, now, local, remote, socket);
    end();
    return result;
}

static enum tcprove_result connect_fast(struct tcprove_stack *stack, tcprove_time now,
                                        const struct tcprove_endpoint *local, const struct tcprove_endpoint *remote,
                                        const uint8_t *octets, size_t len, size_t *taken, tcprove_socket *socket)
{
    begin();
    enum tcprove_result result = engine_stack()->fast_connect(stack, now, local, remote, octets, len, taken, socket);
    end();
    return result;
}

static enum tcprove_result send_text(struct tcprove_stack *stack, tcprove_time now, tcprove_socket socket,
                                     const uint8_t *octets, size_t len, bool urgent, size_t *taken)
{
    begin();
    enum tcprove_result result = engine_stack()->send(stack, now, socket, octets, len, urgent, taken);
    end();
    return result;
}

static enum tcprove_result receive_text(struct tcprove_stack *stack, tcprove_time now, tcprove_socket socket,
                                        uint8_t *octets, size_t len, size_t *got)
{
    begin();
    enum tcprove_result result = engine_stack()->receive(stack, now, socket, octets, len, got);
    end();
    return result;
}

static enum tcprove_result shut_down(struct tcprove_stack *stack, tcprove_time now, tcprove_socket socket)
{
    begin();
    enum tcprove_result result = engine_stack()->shutdown(stack, now, socket);
    end();
    return result;
}

static enum tcprove_result close_it(struct tcprove_stack *stack, tcprove_time now, tcprove_socket socket)
{
    begin();
    enum tcprove_result result = engine_stack()->close(stack, now, socket);
    end();
    return result;
}

static enum tcprove_result abort_it(struct tcprove_stack *stack, tcprove_time now, tcprove_socket socket)
{
    begin();
    enum tcprove_result result = engine_stack()->abort(stack, now, socket);
    end();
    return result;
}

static enum tcprove_result set(struct tcprove_stack *stack, tcprove_time now, tcprove_socket socket,
                               enum tcprove_setting setting, uint64_t value)
{
    begin();
    enum tcprove_result result = engine_stack()->set(stack, now, socket, setting, value);
    end();
    return result;
}

const struct tcprove_stack_ops *mutant_stack(void)
{
    static struct tcprove_stack_ops ops;
    ops = *engine_stack(); /* those left as they are decide nothing */
    ops.create = make;
    ops.input = input;
    ops.time = time_passes;
    ops.listen = listen_at;
    ops.connect = connect_to;
    ops.fast_connect = connect_fast;
    ops.send = send_text;
    ops.receive = receive_text;
    ops.shutdown = shut_down;
    ops.close = close_it;
    ops.abort = abort_it;
    ops.set = set;
    return &ops;
}
