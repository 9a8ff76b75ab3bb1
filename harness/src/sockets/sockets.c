/* Beginning and end of a run's sockets, and the addresses they have. */
#include "harness/sockets.h"

#include <string.h>
#include <time.h>
#include <unistd.h>

union endpoint_address endpoint_of(uint8_t version, const uint8_t *address, uint16_t port)
{
    union endpoint_address endpoint = {0};
    if (version == 4) {
        endpoint.ipv4 = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(port)};
        memcpy(&endpoint.ipv4.sin_addr, address, 4);
    } else {
        endpoint.ipv6 = (struct sockaddr_in6){.sin6_family = AF_INET6, .sin6_port = htons(port)};
        memcpy(&endpoint.ipv6.sin6_addr, address, 16);
    }
    return endpoint;
}

socklen_t endpoint_len(const union endpoint_address *endpoint)
{
    return endpoint->any.sa_family == AF_INET ? sizeof endpoint->ipv4 : sizeof endpoint->ipv6;
}

bool endpoint_same_address(const union endpoint_address *left, const union endpoint_address *right)
{
    if (left->any.sa_family != right->any.sa_family) { return false; }
    return left->any.sa_family == AF_INET
               ? memcmp(&left->ipv4.sin_addr, &right->ipv4.sin_addr, sizeof left->ipv4.sin_addr) == 0
               : memcmp(&left->ipv6.sin6_addr, &right->ipv6.sin6_addr, sizeof left->ipv6.sin6_addr) == 0;
}

bool endpoint_same(const union endpoint_address *left, const union endpoint_address *right)
{
    bool same_port = left->any.sa_family == AF_INET ? left->ipv4.sin_port == right->ipv4.sin_port
                                                    : left->ipv6.sin6_port == right->ipv6.sin6_port;
    return endpoint_same_address(left, right) && same_port;
}

tcpr_time monotonic_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (tcpr_time)now.tv_sec * 1000000u + (tcpr_time)now.tv_nsec / 1000u;
}

tcpr_time sockets_now(const struct sockets *sockets)
{
    return monotonic_us() - sockets->began;
}

void sockets_reset(struct sockets *sockets)
{
    sockets->listener = -1;
    for (unsigned i = 0; i < LANE_CONNECTIONS_MAX; i++) {
        sockets->application[i] = (struct application){.fd = -1};
    }
    sockets->strays = 0;
    sockets->event_first = sockets->event_count = 0;
    sockets->looked_at = sockets->stamp = 0;
    sockets->watch_next = sockets->watch_step = 0;
    sockets->fault = NULL;
    sockets->began = monotonic_us();
}

static void close_at_once(int fd)
{
    struct linger at_once = {.l_onoff = 1};
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    close(fd);
}

void sockets_abandon(struct sockets *sockets)
{
    if (sockets->listener >= 0) { close(sockets->listener); }
    sockets->listener = -1;
    for (unsigned i = 0; i < LANE_CONNECTIONS_MAX; i++) {
        struct application *application = &sockets->application[i];
        if (application->fd >= 0) {
            close_at_once(application->fd);
            application->told_closed = true;
        }
        if (application->given_up || application->told_closed) {
            diag_destroy(sockets->diag_fd, &sockets->local, &sockets->remote[i]);
        }
        *application = (struct application){.fd = -1};
    }
    for (unsigned i = 0; i < sockets->strays; i++) {
        close_at_once(sockets->stray[i]);
    }
    sockets->strays = 0;
}
