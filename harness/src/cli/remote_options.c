/* The options of `tcprove run` that concern remote targets. */
#include "remote_options.h"

#include "command.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

enum key {
    KEY_SERVICE = 0x200,
    KEY_INTERFACE,
    KEY_TESTER,
    KEY_ALLOW,
    KEY_RATE,
    KEY_CONNECTIONS,
    KEY_PUBLIC,
    KEY_AGENT,
    KEY_TOKEN
};

static enum remote_service service_of(const char *word)
{
    static const char *const names[] = {
        [SERVICE_NONE] = "none", [SERVICE_DISCARD] = "discard", [SERVICE_ECHO] = "echo"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (!strcmp(word, names[i])) { return (enum remote_service)i; }
    }
    complain_unknown("service", word, names, sizeof names / sizeof *names);
    exit(STATUS_USAGE);
}

/* Which version it must have depends on the target's. */
static const char *tester_address(const char *word, struct argp_state *state)
{
    uint8_t octets[16];
    bool good =
        !strcmp(word, "auto") || inet_pton(AF_INET, word, octets) == 1 || inet_pton(AF_INET6, word, octets) == 1;
    if (!good) { argp_error(state, "--tester-address wants an IP address or auto; got '%s'", word); }
    return word;
}

static void take_agent(struct remote_options *remote, const char *word, struct argp_state *state)
{
    const char *why = "it has a port";
    if (remote_address_parse(word, &remote->agent, &why) && remote->agent.port != 0) { return; }
    argp_error(state, "--agent wants ADDR:PORT; %s; got '%s'", why, word);
}

static void check(const struct remote_options *remote, struct argp_state *state)
{
    if (remote->token_file && !remote->agent.port) { argp_error(state, "--token-file is for --agent"); }
    if (remote->agent.port && remote->service != SERVICE_NONE) {
        argp_error(state, "--agent and --service exclude each other: the agent is the application");
    }
}

static error_t take(int key, char *value, struct argp_state *state)
{
    struct remote_options *remote = state->input;
    switch (key) {
    case KEY_SERVICE: remote->service = service_of(value); return 0;
    case KEY_INTERFACE: remote->interface = value; return 0;
    case KEY_TESTER: remote->tester_address = tester_address(value, state); return 0;
    case KEY_ALLOW: remote->allow_list = value; return 0;
    case KEY_RATE: remote->rate = take_number("--rate", value, 1000000, state); return 0;
    case KEY_CONNECTIONS: remote->connections = take_number("--connections", value, 10000, state); return 0;
    case KEY_PUBLIC: remote->may_test_public = true; return 0;
    case KEY_AGENT: take_agent(remote, value, state); return 0;
    case KEY_TOKEN: remote->token_file = value; return 0;
    case ARGP_KEY_END: check(remote, state); return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_option options[] = {
    {"service", KEY_SERVICE, "none|echo|discard", 0,
     "What answers at PORT and is not under control; none (the default): something unknown", 0},
    {"agent", KEY_AGENT, "ADDR:PORT", 0,
     "Where `tcprove agent` on the target listens; it makes the application's calls", 0},
    {"token-file", KEY_TOKEN, "FILE", 0, "The agent's token; default: the variable TCPROVE_TOKEN", 0},
    {"tester-address", KEY_TESTER, "ADDR|auto", 0,
     "A free address of the target's network for tcprove itself; auto: find one by probing. Without it tcprove shares "
     "this host's address and keeps the kernel out by a packet filter",
     0},
    {"interface", KEY_INTERFACE, "NAME", 0, "The link the target is on; default: where this host's routes lead", 0},
    {"rate", KEY_RATE, "N", 0, "Datagrams a second at most; 1000 is the default", 0},
    {"connections", KEY_CONNECTIONS, "N", 0, "Connections at once at most; 64 is the default", 0},
    {"allow-list", KEY_ALLOW, "FILE", 0, "Test only what stands in this file, one address a line", 0},
    {"i-may-test-this-host", KEY_PUBLIC, NULL, 0, "The owner of a public address agrees to the test", 0},
    {0}};

const struct argp remote_argp = {options, take, NULL, NULL, NULL, NULL, NULL};
