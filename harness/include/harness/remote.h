/**
 * harness/remote.h - target `remote:ADDR[:PORT]`: a TCP on another machine, spoken to by raw Ethernet frames.
 *
 * The tester is a station of its own on the link, with an address that no kernel answers for, or it shares this host's
 * address while a packet filter keeps this host's kernel out of its connections. docs/remote.md says how to use it.
 */
#ifndef HARNESS_REMOTE_H
#define HARNESS_REMOTE_H

#include "harness/target.h"

#include <stdio.h>

/** What answers at the target's port, when nothing there is under tcprove's control. */
enum remote_service {
    SERVICE_NONE,    /* not known: it may send or close as it likes */
    SERVICE_DISCARD, /* reads all, sends nothing, closes when its peer has (RFC 863) */
    SERVICE_ECHO     /* sends back what it reads, closes when its peer has (RFC 862) */
};

/** Whom to test. */
struct remote_address {
    uint8_t version;
    uint8_t octets[16];
    uint16_t port;      /* 0: none is named */
    char interface[16]; /* behind the '%' of a link-local address, or "" */
};

/** Read "192.0.2.1", "192.0.2.1:80", "2001:db8::1", "[fe80::1%eth0]:80". @return false with *why. */
bool remote_address_parse(const char *text, struct remote_address *out, const char **why);

/** Reachable from the whole Internet, so that it may well be somebody else's. */
bool remote_address_is_public(const struct remote_address *address);

/** Whether a file of addresses, one a line as remote_address_parse() takes them, names the target. */
bool remote_is_listed(FILE *file, const struct remote_address *target);

struct remote_options {
    struct remote_address target;
    enum remote_service service;
    const char *interface;      /* NULL: the one this host's routes lead to */
    const char *tester_address; /* NULL: this host's own; "auto": one found free on the link; or an address */
    const char *allow_list;     /* file of addresses that may be tested, or NULL */
    bool may_test_public;       /* the user says so */
    unsigned rate;              /* datagrams a second, at most */
    unsigned connections;       /* begun and not ended, at most */
    unsigned lanes;
    struct remote_address agent; /* who makes the application's calls; port 0: nobody */
    const char *token_file;      /* what the agent has too; NULL: the variable TCPROVE_TOKEN */
};
#define REMOTE_RATE_DEFAULT 1000u
#define REMOTE_CONNECTIONS_DEFAULT 64u
#define REMOTE_LANES_DEFAULT 16u

/**
 * Find the way to the target, choose the tester's address, prove that no kernel answers for it, and ask the target what
 * it can. Needs CAP_NET_RAW, and CAP_NET_ADMIN to share this host's address; neither is needed any more afterwards.
 *
 * @param why  set when NULL is returned: the environment prevents it (exit status 3).
 */
struct target *target_remote_open(const struct remote_options *options, char *why, size_t why_size);

/**
 * Give up every capability for good, and under sudo the root user too. No other thread may exist.
 *
 * @return false: the system would not have it.
 */
bool privileges_drop(void);

#endif
