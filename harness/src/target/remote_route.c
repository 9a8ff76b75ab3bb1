#include "remote.h"

#include <linux/ethtool.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <netlink/route/addr.h>
#include <netlink/route/link.h>
#include <netlink/route/nexthop.h>
#include <netlink/route/route.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static int family_of(uint8_t version)
{
    return version == 4 ? AF_INET : AF_INET6;
}

static void copy_address(uint8_t *out, struct nl_addr *address)
{
    memset(out, 0, 16);
    size_t len = address ? nl_addr_get_len(address) : 0;
    if (len > 0 && len <= 16) { memcpy(out, nl_addr_get_binary_addr(address), len); }
}

/* ---- The route ---- */

static bool read_route(struct rtnl_route *route, struct remote_route *out)
{
    struct rtnl_nexthop *hop = rtnl_route_nexthop_n(route, 0);
    if (rtnl_route_get_type(route) != RTN_UNICAST || !hop) { return false; }
    out->link_index = rtnl_route_nh_get_ifindex(hop);
    if (rtnl_route_nh_get_gateway(hop)) { copy_address(out->next_hop, rtnl_route_nh_get_gateway(hop)); }
    copy_address(out->host_address, rtnl_route_get_pref_src(route));
    return true;
}

/* @return what kind of route leads there: RTN_...; 0: none. */
static unsigned look_up(struct nl_sock *sock, const struct remote_address *target, struct remote_route *out)
{
    struct nl_addr *address = nl_addr_build(family_of(target->version), target->octets, target->version == 4 ? 4 : 16);
    struct rtnl_route *route = NULL;
    unsigned kind = 0;
    if (address && rtnl_route_lookup(sock, address, &route) == 0) {
        kind = rtnl_route_get_type(route);
        if (!read_route(route, out) && kind == RTN_UNICAST) { kind = 0; }
        rtnl_route_put(route);
    }
    nl_addr_put(address);
    return kind;
}

/* ---- The link and this host's address on it ---- */

static bool read_link(struct nl_sock *sock, struct remote_route *out)
{
    struct rtnl_link *link = NULL;
    if (rtnl_link_get_kernel(sock, out->link_index, NULL, &link) != 0) { return false; }
    struct nl_addr *mac = rtnl_link_get_addr(link);
    bool ethernet = rtnl_link_get_arptype(link) == 1 && mac && nl_addr_get_len(mac) == 6;
    bool up = (rtnl_link_get_flags(link) & IFF_UP) != 0;
    if (ethernet) { memcpy(out->link_mac, nl_addr_get_binary_addr(mac), 6); }
    snprintf(out->link, sizeof out->link, "%s", rtnl_link_get_name(link));
    rtnl_link_put(link);
    return ethernet && up;
}

struct finding {
    struct remote_route *route;
    bool known; /* the address is, its prefix is looked for */
};

static void look_at_address(struct nl_object *object, void *argument)
{
    struct rtnl_addr *entry = (struct rtnl_addr *)object;
    struct finding *finding = argument;
    uint8_t local[16];
    copy_address(local, rtnl_addr_get_local(entry));
    bool same = memcmp(local, finding->route->host_address, 16) == 0;
    if (rtnl_addr_get_ifindex(entry) != finding->route->link_index || (finding->known && !same)) { return; }
    memcpy(finding->route->host_address, local, 16);
    finding->route->prefix_len = (uint8_t)rtnl_addr_get_prefixlen(entry);
    finding->known = true;
}

static void read_addresses(struct nl_sock *sock, uint8_t version, struct remote_route *out)
{
    static const uint8_t none[16];
    struct nl_cache *cache = NULL;
    if (rtnl_addr_alloc_cache(sock, &cache) != 0) { return; }
    struct rtnl_addr *filter = rtnl_addr_alloc();
    struct finding finding = {out, memcmp(out->host_address, none, 16) != 0};
    rtnl_addr_set_family(filter, family_of(version));
    nl_cache_foreach_filter(cache, (struct nl_object *)filter, look_at_address, &finding);
    rtnl_addr_put(filter);
    nl_cache_free(cache);
}

/* Frames merged by the card or the kernel before a raw socket sees them are not what the target sent. */
static bool merges_frames(const char *link)
{
    struct ethtool_value setting = {.cmd = ETHTOOL_GGRO};
    struct ifreq request = {.ifr_data = (void *)&setting};
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    snprintf(request.ifr_name, sizeof request.ifr_name, "%s", link);
    bool known = fd >= 0 && ioctl(fd, SIOCETHTOOL, &request) == 0;
    if (fd >= 0) { close(fd); }
    return known && setting.data != 0;
}

/* ---- Both ---- */

static bool find_way(struct nl_sock *sock, const struct remote_options *options, struct remote_route *out, char *why)
{
    const struct remote_address *target = &options->target;
    const char *wanted = options->interface ? options->interface : target->interface;
    memcpy(out->next_hop, target->octets, 16);
    unsigned kind = look_up(sock, target, out);
    if (kind == RTN_LOCAL) {
        snprintf(why, REMOTE_WHY_MAX, "the address is this host's own; use --target kernel");
        return false;
    }
    if (!*wanted) {
        if (kind != RTN_UNICAST) { snprintf(why, REMOTE_WHY_MAX, "no route leads there; name the --interface"); }
        return kind == RTN_UNICAST;
    }
    int named = (int)if_nametoindex(wanted);
    if (named == 0) {
        snprintf(why, REMOTE_WHY_MAX, "there is no interface '%s'", wanted);
        return false;
    }
    if (kind != RTN_UNICAST || named != out->link_index) { /* the user knows better: the target is on that link */
        *out = (struct remote_route){.link_index = named};
        memcpy(out->next_hop, target->octets, 16);
    }
    return true;
}

bool remote_route_find(const struct remote_options *options, struct remote_route *out, char *why)
{
    *out = (struct remote_route){0};
    struct nl_sock *sock = nl_socket_alloc();
    bool found = false;
    if (!sock || nl_connect(sock, NETLINK_ROUTE) != 0) {
        snprintf(why, REMOTE_WHY_MAX, "the kernel does not tell its routes (netlink)");
    } else if (find_way(sock, options, out, why)) {
        found = read_link(sock, out);
        if (!found) { snprintf(why, REMOTE_WHY_MAX, "interface %.15s is no Ethernet link that is up", out->link); }
        if (found) { read_addresses(sock, options->target.version, out); }
        out->merges_frames = found && merges_frames(out->link);
    }
    nl_socket_free(sock);
    return found;
}
