#include "plugin.h"
#include "virtual.h"

#include <dlfcn.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

typedef const struct tcprove_stack_ops *stack_function(void);

/* A plug-in may give any octets for its name; reports and terminals get printable ones. */
static void copy_printable(char *out, size_t room, const char *text)
{
    size_t len = 0;
    for (; text[len] && len + 1 < room; len++) {
        out[len] = text[len] >= ' ' && text[len] <= '~' ? text[len] : '?';
    }
    out[len] = 0;
}

static const struct tcprove_stack_ops *refuse(struct plugin_card *card, const char *why)
{
    snprintf(card->why, sizeof card->why, "%s", why ? why : "no reason given");
    return NULL;
}

/* POSIX lets dlsym() tell of functions only through a pointer to an object. */
static stack_function *exported(void *object)
{
    union {
        void *object;
        stack_function *function;
    } symbol = {dlsym(object, "tcprove_stack")};
    return symbol.function;
}

/* A bare name would be looked for in the linker's folders, not here. */
static void *open_object(const char *file)
{
    char path[PATH_MAX];
    return dlopen(realpath(file, path) ? path : file, RTLD_NOW | RTLD_LOCAL);
}

const struct tcprove_stack_ops *plugin_load(const char *file, struct plugin_card *card)
{
    *card = (struct plugin_card){0};
    void *object = open_object(file);
    if (!object) { return refuse(card, dlerror()); }
    stack_function *stack = exported(object);
    if (!stack) { return refuse(card, "it does not export tcprove_stack()"); }
    const struct tcprove_stack_ops *ops = stack();
    const char *why = stack_ops_fault(ops);
    if (why) { return refuse(card, why); }
    card->good = true;
    card->abilities = ops->abilities;
    card->msl = ops->msl;
    card->rto_initial = ops->rto_initial;
    card->tick = ops->tick;
    copy_printable(card->name, sizeof card->name, ops->name);
    copy_printable(card->version, sizeof card->version, ops->version);
    return ops;
}
