/* The command line of the agent. */
#include "harness/remote.h"
#include "server.h"

#include <argp.h>
#include <arpa/inet.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RUNS_DEFAULT 32u
#define IDLE_DEFAULT_S 60u
#define OCTETS_DEFAULT (UINT64_C(1) << 30)
#define PORT_FIRST_DEFAULT 30000u
#define PORT_LAST_DEFAULT 32767u

enum { STATUS_GOOD = 0, STATUS_USAGE = 2, STATUS_ENVIRONMENT = 3 };
enum key { KEY_TOKEN = 0x300, KEY_PEER, KEY_PORTS, KEY_RUNS, KEY_OCTETS, KEY_IDLE };

struct arguments {
    struct agent_options options;
    const char *token_file;
    bool listens;
};

bool agent_network_parse(const char *text, struct agent_network *out)
{
    char address[INET6_ADDRSTRLEN] = "", *end = NULL;
    size_t len = strcspn(text, "/");
    if (len >= sizeof address) { return false; }
    memcpy(address, text, len);
    *out = (struct agent_network){.version = strchr(address, ':') ? 6 : 4};
    unsigned most = out->version == 4 ? 32 : 128;
    if (inet_pton(out->version == 4 ? AF_INET : AF_INET6, address, out->address) != 1) { return false; }
    out->bits = most;
    if (text[len] == 0) { return true; }
    unsigned long bits = strtoul(text + len + 1, &end, 10);
    out->bits = (unsigned)bits;
    return text[len + 1] >= '0' && text[len + 1] <= '9' && *end == 0 && bits <= most;
}

static uint64_t number(const char *option, const char *word, uint64_t most, struct argp_state *state)
{
    char *end = NULL;
    unsigned long long value = strtoull(word, &end, 10);
    bool good = word[0] >= '0' && word[0] <= '9' && *end == 0 && value >= 1 && value <= most;
    if (!good) {
        argp_error(state, "%s wants a number from 1 to %llu; got '%s'", option, (unsigned long long)most, word);
    }
    return value;
}

/* A port alone: at every address, by a socket of both versions of IP. */
static void take_listen(struct arguments *arguments, const char *word, struct argp_state *state)
{
    struct remote_address address = {.version = 6};
    const char *why = "a port is wanted";
    arguments->listens = true;
    bool alone = word[0] && word[strspn(word, "0123456789")] == 0;
    if (alone) { address.port = (uint16_t)number("--listen", word, 65535, state); }
    bool good = alone || remote_address_parse(word, &address, &why);
    if (!good || address.port == 0) {
        argp_error(state, "--listen wants PORT or ADDR:PORT, as in 192.0.2.2:7007; %s", why);
    }
    arguments->options.listen = endpoint_of(address.version, address.octets, address.port);
    if (!address.interface[0]) { return; }
    unsigned index = if_nametoindex(address.interface);
    if (index == 0 || address.version == 4) { argp_error(state, "--listen: no interface '%s'", address.interface); }
    arguments->options.listen.ipv6.sin6_scope_id = index;
}

static void take_peer(struct agent_options *options, const char *word, struct argp_state *state)
{
    if (options->peers == AGENT_PEERS_MAX) { argp_error(state, "more than %u times --peer", AGENT_PEERS_MAX); }
    if (!agent_network_parse(word, &options->peer[options->peers])) {
        argp_error(state, "--peer wants an address, or a network such as 192.0.2.0/24; got '%s'", word);
    }
    options->peers++;
}

/* Not those that want a right of their own. */
static void take_ports(struct agent_options *options, const char *word, struct argp_state *state)
{
    char *end = NULL;
    unsigned long first = strtoul(word, &end, 10), last = *end == '-' ? strtoul(end + 1, &end, 10) : 0;
    if (word[0] < '0' || word[0] > '9' || *end || first < 1024 || last > 65535 || first > last) {
        argp_error(state, "--ports wants FIRST-LAST between 1024 and 65535; got '%s'", word);
    }
    options->port_first = (uint16_t)first;
    options->port_last = (uint16_t)last;
}

static error_t take(int key, char *value, struct argp_state *state)
{
    struct arguments *arguments = state->input;
    struct agent_options *options = &arguments->options;
    switch (key) {
    case 'l': take_listen(arguments, value, state); return 0;
    case KEY_TOKEN: arguments->token_file = value; return 0;
    case KEY_PEER: take_peer(options, value, state); return 0;
    case KEY_PORTS: take_ports(options, value, state); return 0;
    case KEY_RUNS: options->runs = (unsigned)number("--runs", value, AGENT_RUNS_MAX, state); return 0;
    case KEY_OCTETS: options->octets = number("--octets", value, UINT64_MAX / 2, state); return 0;
    case KEY_IDLE: options->idle_s = (unsigned)number("--idle", value, 86400, state); return 0;
    case ARGP_KEY_ARG: argp_error(state, "there is nothing to say but options; got '%s'", value); return 0;
    case ARGP_KEY_END:
        if (!arguments->listens) { argp_error(state, "--listen PORT or ADDR:PORT is wanted"); }
        return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_option options_known[] = {
    {"listen", 'l', "[ADDR:]PORT", 0, "Where tcprove finds the agent; without ADDR at every address", 0},
    {"token-file", KEY_TOKEN, "FILE", 0, "The token that tcprove must have too; default: the variable TCPROVE_TOKEN",
     0},
    {"peer", KEY_PEER, "ADDR[/BITS]", 0,
     "Whom the tested connections may be with, beside the address the agent is spoken to from; may be repeated", 0},
    {"ports", KEY_PORTS, "FIRST-LAST", 0, "Ports the tested sockets may have; default: 30000-32767", 0},
    {"runs", KEY_RUNS, "N", 0, "Runs at once, each of 25 sockets at most; default: 32", 0},
    {"octets", KEY_OCTETS, "N", 0, "Octets that a session may send and receive; default: 2^30", 0},
    {"idle", KEY_IDLE, "SECONDS", 0, "End a session that is silent for so long; default: 60", 0},
    {0}};

int agent_main(int argc, char **argv)
{
    static const struct argp argp = {
        options_known,
        take,
        NULL,
        "Make the socket calls that tcprove asks for from another machine, to test this one's TCP. Needs no root.\v"
        "On the tester:\n"
        "  tcprove run --target remote:ADDR --agent ADDR:PORT --token-file FILE\n"
        "Exit status: 0 ended by a signal, 2 usage, 3 the environment prevents it.",
        NULL,
        NULL,
        NULL};
    struct arguments arguments = {.options = {.port_first = PORT_FIRST_DEFAULT,
                                              .port_last = PORT_LAST_DEFAULT,
                                              .runs = RUNS_DEFAULT,
                                              .octets = OCTETS_DEFAULT,
                                              .idle_s = IDLE_DEFAULT_S}};
    char why[256] = "";
    argp_err_exit_status = STATUS_USAGE;
    argp_parse(&argp, argc, argv, 0, NULL, &arguments);
    if (agent_token_read(arguments.token_file, &arguments.options.token, why, sizeof why) &&
        agent_serve(&arguments.options, why, sizeof why)) {
        return STATUS_GOOD;
    }
    fprintf(stderr, "%s: %s\n", argv[0], why);
    return STATUS_ENVIRONMENT;
}
