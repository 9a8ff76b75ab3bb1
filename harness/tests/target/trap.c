/* The engine as a plug-in that misbehaves on demand: when a datagram bears the word for it. */
#include "harness/target.h"

#include <stdlib.h>
#include <string.h>

static struct tcprove_host outside;
static bool ends_badly;

static bool bears(const uint8_t *datagram, size_t len, const char *word)
{
    return memmem(datagram, len, word, strlen(word)) != NULL;
}

static struct tcprove_stack *create(const struct tcprove_setup *setup, const struct tcprove_host *host,
                                    const char **why)
{
    outside = *host;
    return engine_stack()->create(setup, host, why);
}

static void input(struct tcprove_stack *stack, tcprove_time now, const uint8_t *datagram, size_t len)
{
    if (bears(datagram, len, "crash now")) { abort(); }
    while (bears(datagram, len, "hang now")) {}
    while (bears(datagram, len, "flood now")) {
        outside.output(outside.context, datagram, len);
    }
    ends_badly = ends_badly || bears(datagram, len, "end badly");
    engine_stack()->input(stack, now, datagram, len);
}

static void destroy(struct tcprove_stack *stack)
{
    if (ends_badly) { abort(); }
    engine_stack()->destroy(stack);
}

const struct tcprove_stack_ops *tcprove_stack(void)
{
    static struct tcprove_stack_ops ops;
    ops = *engine_stack();
    ops.name = "trap";
    ops.create = create;
    ops.input = input;
    ops.destroy = destroy;
    return &ops;
}
