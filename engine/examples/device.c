#include "device.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define QUEUE_LEN 10000 /* datagrams the kernel keeps for us: ten thousand clients may speak at once */

/* What SIOCSIFADDR takes on an IPv6 socket; <linux/ipv6.h> does not go with <netinet/in.h>. */
struct ipv6_request {
    struct in6_addr address;
    uint32_t prefix_len;
    int link;
};

static bool failed(const char *what)
{
    fprintf(stderr, "%s: %s\n", what, strerror(errno));
    return false;
}

static struct ifreq request(const struct device *device)
{
    struct ifreq ifr;
    memset(&ifr, 0, sizeof ifr);
    memcpy(ifr.ifr_name, device->name, sizeof ifr.ifr_name);
    return ifr;
}

static bool open_tun(struct device *device)
{
    device->fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
    if (device->fd < 0) { return failed("/dev/net/tun"); }
    struct ifreq ifr = request(device);
    ifr.ifr_flags = IFF_TUN | IFF_NO_PI;
    if (ioctl(device->fd, TUNSETIFF, &ifr) != 0) { return failed("making the TUN device (root's rights are needed)"); }
    memcpy(device->name, ifr.ifr_name, sizeof device->name);
    return true;
}

static bool set_ipv4(struct device *device, int socket, unsigned long what, const char *address)
{
    struct ifreq ifr = request(device);
    struct sockaddr_in in = {.sin_family = AF_INET};
    inet_pton(AF_INET, address, &in.sin_addr);
    memcpy(&ifr.ifr_addr, &in, sizeof in);
    return ioctl(socket, what, &ifr) == 0 || failed("the device's IPv4 address");
}

static bool bring_up(struct device *device, int socket)
{
    struct ifreq ifr = request(device);
    ifr.ifr_mtu = DEVICE_MTU;
    if (ioctl(socket, SIOCSIFMTU, &ifr) != 0) { return failed("the device's MTU"); }
    ifr.ifr_qlen = QUEUE_LEN;
    if (ioctl(socket, SIOCSIFTXQLEN, &ifr) != 0) { return failed("the device's queue"); }
    if (ioctl(socket, SIOCGIFFLAGS, &ifr) != 0) { return failed("the device's flags"); }
    ifr.ifr_flags = (short)(ifr.ifr_flags | IFF_UP);
    return ioctl(socket, SIOCSIFFLAGS, &ifr) == 0 || failed("bringing the device up");
}

static bool configure_ipv4(struct device *device)
{
    int s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (s < 0) { return failed("socket"); }
    bool done = set_ipv4(device, s, SIOCSIFADDR, KERNEL_IPV4) && set_ipv4(device, s, SIOCSIFNETMASK, "255.255.255.0") &&
                bring_up(device, s);
    close(s);
    return done;
}

/* A machine without IPv6 is no reason to stop: its absence is said. */
static void configure_ipv6(struct device *device)
{
    struct ipv6_request in6 = {.prefix_len = 64, .link = (int)if_nametoindex(device->name)};
    inet_pton(AF_INET6, KERNEL_IPV6, &in6.address);
    int s = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (s < 0 || ioctl(s, SIOCSIFADDR, &in6) != 0) { failed("no IPv6 on the device"); }
    if (s >= 0) { close(s); }
}

bool device_open(struct device *device, const char *name, struct shim_rates rates, uint64_t seed)
{
    device->fd = -1;
    memset(device->name, 0, sizeof device->name);
    if (strlen(name) >= sizeof device->name) {
        fprintf(stderr, "%s: a device's name has less than %zu characters\n", name, sizeof device->name);
        return false;
    }
    memcpy(device->name, name, strlen(name));
    shim_begin(&device->in, rates, seed);
    shim_begin(&device->out, rates, ~seed);
    if (!open_tun(device) || !configure_ipv4(device)) {
        device_close(device);
        return false;
    }
    configure_ipv6(device);
    return true;
}

void device_close(struct device *device)
{
    if (device->fd >= 0) { close(device->fd); }
    device->fd = -1;
}

size_t device_read(struct device *device, tcpr_time now, uint8_t *to)
{
    size_t len = shim_take(&device->in, now, to);
    while (len == 0) {
        ssize_t got = read(device->fd, to, DATAGRAM_MAX);
        if (got <= 0) { return 0; }
        if (shim_is_clean(&device->in)) { return (size_t)got; }
        shim_put(&device->in, now, to, (size_t)got);
        len = shim_take(&device->in, now, to);
    }
    return len;
}

/* The device takes a datagram whole or loses it; nothing is left for us to do about that. */
static void pass_on(struct device *device, const uint8_t *octets, size_t len)
{
    ssize_t written = write(device->fd, octets, len);
    (void)written;
}

void device_write(struct device *device, tcpr_time now, const uint8_t *octets, size_t len)
{
    if (shim_is_clean(&device->out)) {
        pass_on(device, octets, len);
        return;
    }
    shim_put(&device->out, now, octets, len);
    device_time_passes(device, now);
}

void device_time_passes(struct device *device, tcpr_time now)
{
    uint8_t octets[DATAGRAM_MAX];
    size_t len;
    while ((len = shim_take(&device->out, now, octets)) > 0) {
        pass_on(device, octets, len);
    }
}

static void report(const char *direction, const struct shim *shim)
{
    const struct shim_counts *n = &shim->counts;
    printf("%s: %llu datagrams, %llu lost, %llu duplicated, %llu reordered\n", direction,
           (unsigned long long)n->datagrams, (unsigned long long)n->lost, (unsigned long long)n->duplicated,
           (unsigned long long)n->reordered);
}

void device_report(const struct device *device)
{
    if (!shim_is_clean(&device->in)) { report("in", &device->in); }
    if (!shim_is_clean(&device->out)) { report("out", &device->out); }
}

tcpr_time device_deadline(const struct device *device)
{
    tcpr_time in = shim_deadline(&device->in), out = shim_deadline(&device->out);
    return in < out ? in : out;
}
