/* A TUN device: what the kernel routes to it comes out here, what is written here arrives at the kernel. */
#ifndef EXAMPLE_DEVICE_H
#define EXAMPLE_DEVICE_H

#include "shim.h"

#include <net/if.h>

#define DEVICE_MTU 1500

/* Addresses of documentation (RFC 5737, RFC 3849): the kernel's end of the device and ours. */
#define KERNEL_IPV4 "192.0.2.1"
#define KERNEL_IPV6 "2001:db8::1"
#define OUR_IPV4 "192.0.2.2"
#define OUR_IPV6 "2001:db8::2"

struct device {
    int fd;
    char name[IFNAMSIZ];
    struct shim in;
    struct shim out;
};

/* Make the device, give the kernel's end its addresses, bring it up. It goes when the program does.
 * @return false: what failed was said on stderr. */
bool device_open(struct device *device, const char *name, struct shim_rates rates, uint64_t seed);

void device_close(struct device *device);

/* The next datagram from the kernel; `to` has room for DATAGRAM_MAX. @return its length; 0: none yet. */
size_t device_read(struct device *device, tcpr_time now, uint8_t *to);

/* A datagram for the kernel. Like any link it may lose it. */
void device_write(struct device *device, tcpr_time now, const uint8_t *octets, size_t len);

/* Pass on what the shim has held long enough. */
void device_time_passes(struct device *device, tcpr_time now);

/* Say what the shim did, where it does anything. */
void device_report(const struct device *device);

/* When device_read or device_time_passes has something to do though the kernel sends nothing. */
tcpr_time device_deadline(const struct device *device);

#endif
