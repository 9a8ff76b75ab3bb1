/* The target plugin:FILE. See plugin.h for who does what. */
#include "plugin.h"

#include "harness/arena.h"
#include "virtual.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

struct plugin {
    pid_t keeper;
    int control;
    struct plugin_card card;
    struct tcprove_stack_ops ops; /* the lane's side, with this plug-in's name and abilities */
    pthread_mutex_t lock;         /* of `reasons` */
    struct arena reasons;         /* why hosts were not made: read by who asked, freed at the end */
};

/* Its end as waitpid() tells. */
static int await_keeper(pid_t keeper)
{
    int status = 0;
    while (waitpid(keeper, &status, 0) < 0 && errno == EINTR) {}
    return status;
}

static void release(void *context)
{
    struct plugin *plugin = context;
    close(plugin->control);
    await_keeper(plugin->keeper);
    pthread_mutex_destroy(&plugin->lock);
    arena_free(&plugin->reasons);
    free(plugin);
}

static struct tcprove_stack *make(void *context, const struct tcprove_setup *setup, const struct tcprove_host *host,
                                  const char **why)
{
    struct plugin *plugin = context;
    char text[PLUGIN_TEXT_MAX];
    struct tcprove_stack *stack = plugin_stack_new(plugin_keeper_ask(plugin->control), setup, host, text);
    if (stack) { return stack; }
    pthread_mutex_lock(&plugin->lock);
    *why = arena_printf(&plugin->reasons, "%s", text);
    pthread_mutex_unlock(&plugin->lock);
    return NULL;
}

static bool begin_keeper(struct plugin *plugin, const char *file)
{
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) { return false; }
    plugin->keeper = fork();
    if (plugin->keeper == 0) { plugin_keep(file, ends[1]); }
    close(ends[1]);
    plugin->control = ends[0];
    if (plugin->keeper < 0) { close(ends[0]); }
    return plugin->keeper > 0;
}

/* A keeper that ends before it has told its card died while it loaded. */
static bool read_card(struct plugin *plugin)
{
    struct plugin_card *card = &plugin->card;
    ssize_t got;
    do {
        got = recv(plugin->control, card, sizeof *card, 0);
    } while (got < 0 && errno == EINTR);
    if (got == (ssize_t)sizeof *card) {
        card->name[sizeof card->name - 1] = card->version[sizeof card->version - 1] = 0;
        card->why[sizeof card->why - 1] = 0;
        return card->good;
    }
    char how[PLUGIN_TEXT_MAX / 2];
    plugin_death(await_keeper(plugin->keeper), how, sizeof how);
    snprintf(card->why, sizeof card->why, "it %s while it was loaded", how);
    return false;
}

static struct target *fail(struct plugin *plugin, char *why, size_t room)
{
    snprintf(why, room, "%s", plugin->card.why);
    release(plugin);
    return NULL;
}

struct target *target_plugin_open(const char *file, char *why, size_t room)
{
    struct plugin *plugin = calloc(1, sizeof *plugin);
    if (!plugin) { abort(); }
    if (!begin_keeper(plugin, file)) {
        snprintf(why, room, "no process for it: %s", strerror(errno));
        free(plugin);
        return NULL;
    }
    pthread_mutex_init(&plugin->lock, NULL);
    if (!read_card(plugin)) { return fail(plugin, why, room); }
    plugin->ops = plugin_stack_ops;
    plugin->ops.name = plugin->card.name;
    plugin->ops.version = plugin->card.version;
    plugin->ops.abilities = plugin->card.abilities;
    plugin->ops.msl = plugin->card.msl;
    plugin->ops.rto_initial = plugin->card.rto_initial;
    plugin->ops.tick = plugin->card.tick;
    const struct stack_source source = {&plugin->ops, make, plugin_stack_fault, release, plugin};
    return target_virtual_from(&source, "plugin");
}
