/*
 * The kernel target from the inside: one tester namespace, and for each lane a namespace of its own with a Linux TCP in
 * it, a veth pair between the two, a capture socket at the tester's end.
 *
 *      tester namespace                                target namespace of lane n
 *      no address, no ARP, no IPv6       veth          192.0.2.1, 2001:db8::1
 *      capture socket  <---------------------------->  sockets of the application, sock_diag
 *
 * A namespace a lane: option sysctls, path MTU and TIME-WAIT of one run never touch another that runs beside it. All
 * are anonymous, held by file descriptors alone, so they end with the process however that ends.
 */
#ifndef HARNESS_TARGET_KERNEL_H
#define HARNESS_TARGET_KERNEL_H

#include "harness/sockets.h"
#include "harness/target.h"

#include <net/if.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sys/socket.h>

#define DATAGRAM_ROOM 65600u
#define MTU_DEFAULT 1500u

/* ---- kernel_namespace.c: namespaces and the right to make them ---- */

/** The calling thread's network namespace as a file, or -1. */
int namespace_current(void);
/** A new network namespace, as a file, or -1 with errno. The calling thread comes back to `home`. */
int namespace_new(int home);
/** Move the calling thread into a namespace it has a right to. Failing is tcprove's own fault and ends the program. */
void namespace_enter(int namespace_fd);
/** Become the owner of a user and a network namespace. @return false with *why. No other thread may exist. */
bool namespace_own_user(const char **why);

/* ---- kernel_link.c: the wire between tester and target ---- */

/** One veth pair. */
struct wire {
    int tester_index;
    int target_index;
    char tester_name[IFNAMSIZ];
};
#define TARGET_LINK "target"
/** Make the pair, addresses, routes and neighbour; offloads off. Called at home; ends there. @return false with *why.
 */
bool wire_make(struct wire *wire, unsigned number, int tester_ns, int target_ns, int home, bool ipv6, const char **why);
/** Set the largest datagram the target may send, in its namespace. `version` is that of the route. */
bool wire_set_mtu(const struct wire *wire, uint32_t mtu, uint8_t version, int tester_ns, int target_ns, int home);
/** The Ethernet address of the target's end. */
extern const uint8_t wire_target_mac[6];
extern const uint8_t wire_target_ipv4[4];
extern const uint8_t wire_target_ipv6[16];

/* ---- kernel_sysctl.c: how the target's namespace is set ---- */

enum kernel_profile { PROFILE_DEFAULT, PROFILE_TUNED };
/** Write /proc/sys/NAME in the calling thread's namespace. */
bool sysctl_write(const char *name, const char *value);
/** What every target namespace needs, and the profile's own. @return false with *why. */
bool sysctl_prepare(enum kernel_profile profile, bool ipv6, const char **why);
/** The tester's namespace keeps silent. */
bool sysctl_silence(bool ipv6, const char **why);

/* ---- kernel_capture.c: datagrams at the tester's end ---- */

/** One socket bound to one link. */
struct capture_socket {
    int fd;
    int link_index;
    uint32_t lost; /* datagrams the system dropped for want of room, as last told */
};
bool capture_socket_open(struct capture_socket *capture, int link_index);
bool capture_socket_send(const struct capture_socket *capture, const uint8_t *datagram, size_t len, uint8_t version);

enum captured { CAPTURED_NOTHING, CAPTURED_DATAGRAM, CAPTURED_FAULT };
/** Take one datagram off the link. @param at  CLOCK_MONOTONIC in microseconds, from the kernel's stamp. */
enum captured capture_socket_take(struct capture_socket *capture, uint8_t *room, size_t *len, tcpr_time *at);

/* ---- The lane ---- */

struct kernel_target;
struct lane {
    struct sockets sockets; /* the application */
    struct kernel_target *kernel;
    bool in_use;
    int namespace_fd;
    struct wire wire;
    struct capture_socket capture;
    uint32_t mtu_ipv4, mtu_ipv6; /* as set on the routes */
    struct lane_addresses addresses;
    bool datagram_pending;
    tcpr_time datagram_at;
    size_t datagram_len;
    uint8_t octets[DATAGRAM_ROOM]; /* the pending datagram */
};

struct kernel_target {
    struct target target;
    enum kernel_profile profile;
    const char *congestion_control;
    int home_ns; /* where tcprove's threads are otherwise */
    int tester_ns;
    bool ipv6;
    pthread_mutex_t lock; /* of what follows: the lanes' in_use and the counter */
    uint32_t runs;
    unsigned lane_count;
    struct lane *lane;
    char name[96];
    char profile_text[128];
};

/* ---- kernel_next.c: waiting ---- */

bool lane_inject(struct lane *lane, const uint8_t *datagram, size_t len);
void lane_next(struct lane *lane, tcpr_time until, struct observation *out);

/* ---- kernel_probe.c ---- */

/** Prove on every lane that frames are whole segments with right checksums, and that wrong ones are not taken.
 * @return false with *why. */
bool kernel_probe(struct target *target, const char **why);

#endif
