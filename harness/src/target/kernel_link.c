#include "kernel.h"

#include <errno.h>
#include <linux/ethtool.h>
#include <linux/if_addr.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include <netlink/route/addr.h>
#include <netlink/route/link.h>
#include <netlink/route/link/veth.h>
#include <netlink/route/neighbour.h>
#include <netlink/route/nexthop.h>
#include <netlink/route/route.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* Documentation prefixes (RFC 5737, RFC 3849) at the target's end; the testers come from 198.18.0.0/15 (RFC 2544) and
 * 2001:db8:1::/64, all behind one gateway. */
const uint8_t wire_target_ipv4[4] = {192, 0, 2, 1};
const uint8_t wire_target_ipv6[16] = {0x20, 0x01, 0x0d, 0xb8, [15] = 1};
static const uint8_t gateway_ipv4[4] = {192, 0, 2, 254};
static const uint8_t gateway_ipv6[16] = {0x20, 0x01, 0x0d, 0xb8, [15] = 0xfe};
static const uint8_t no_address[16];

const uint8_t wire_target_mac[6] = {0x02, 0, 0, 0, 0, 0x01};
static const uint8_t tester_mac[6] = {0x02, 0, 0, 0, 0, 0x02};

static struct nl_sock *route_socket(void)
{
    struct nl_sock *sock = nl_socket_alloc();
    if (sock && nl_connect(sock, NETLINK_ROUTE) == 0) { return sock; }
    nl_socket_free(sock);
    return NULL;
}

static struct nl_addr *address_of(int family, const uint8_t *octets, int prefix_len)
{
    size_t len = family == AF_INET ? 4 : family == AF_INET6 ? 16 : 6;
    struct nl_addr *address = nl_addr_build(family, octets, len);
    if (address && family != AF_LLC) { nl_addr_set_prefixlen(address, prefix_len); }
    return address;
}

static void set_mac(struct rtnl_link *link, const uint8_t *mac)
{
    struct nl_addr *address = address_of(AF_LLC, mac, 0);
    rtnl_link_set_addr(link, address);
    nl_addr_put(address);
}

/* In the tester's namespace, with the far end made in the target's at once. */
static bool add_pair(const char *tester_name, int target_ns)
{
    struct nl_sock *sock = route_socket();
    struct rtnl_link *tester = rtnl_link_veth_alloc();
    int error = -1;
    if (sock && tester) {
        struct rtnl_link *peer = rtnl_link_veth_get_peer(tester);
        rtnl_link_set_name(tester, tester_name);
        set_mac(tester, tester_mac);
        rtnl_link_set_flags(tester, IFF_NOARP | IFF_UP);
        rtnl_link_set_name(peer, TARGET_LINK);
        set_mac(peer, wire_target_mac);
        rtnl_link_set_ns_fd(peer, target_ns);
        error = rtnl_link_add(sock, tester, NLM_F_CREATE | NLM_F_EXCL);
        rtnl_link_put(peer);
    }
    if (tester) { rtnl_link_put(tester); }
    nl_socket_free(sock);
    return error == 0;
}

/* ---- Interface settings by ioctl, in the calling thread's namespace ---- */

static bool interface_request(const char *name, unsigned long what, struct ifreq *request)
{
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0) { return false; }
    snprintf(request->ifr_name, sizeof request->ifr_name, "%s", name);
    bool done = ioctl(fd, what, request) == 0;
    close(fd);
    return done;
}

static bool set_offload(const char *name, uint32_t command, uint32_t value)
{
    struct ethtool_value setting = {.cmd = command, .data = value};
    struct ifreq request = {.ifr_data = (void *)&setting};
    return interface_request(name, SIOCETHTOOL, &request);
}

static bool offload_is_on(const char *name, uint32_t command)
{
    struct ethtool_value setting = {.cmd = command};
    struct ifreq request = {.ifr_data = (void *)&setting};
    return !interface_request(name, SIOCETHTOOL, &request) || setting.data != 0;
}

/* A frame has to be what the target's TCP would put on a real wire: checksummed, and no longer than the MTU. */
static bool offloads_off(const char *name)
{
    static const struct {
        uint32_t set, get;
    } offload[] = {
        {ETHTOOL_STSO, ETHTOOL_GTSO},       {ETHTOOL_SGSO, ETHTOOL_GGSO},       {ETHTOOL_SGRO, ETHTOOL_GGRO},
        {ETHTOOL_STXCSUM, ETHTOOL_GTXCSUM}, {ETHTOOL_SRXCSUM, ETHTOOL_GRXCSUM},
    };
    for (size_t i = 0; i < sizeof offload / sizeof *offload; i++) {
        if (!set_offload(name, offload[i].set, 0) || offload_is_on(name, offload[i].get)) { return false; }
    }
    return true;
}

static bool set_link_mtu(const char *name, uint32_t mtu)
{
    struct ifreq request = {.ifr_mtu = (int)mtu};
    return interface_request(name, SIOCSIFMTU, &request);
}

static bool set_up(const char *name)
{
    struct ifreq request = {0};
    if (!interface_request(name, SIOCGIFFLAGS, &request)) { return false; }
    request.ifr_flags = (short)(request.ifr_flags | IFF_UP);
    return interface_request(name, SIOCSIFFLAGS, &request);
}

/* ---- Addresses, in the target's namespace ---- */

static bool add_address(struct nl_sock *sock, int link, int family, const uint8_t *octets, int prefix_len)
{
    struct rtnl_addr *entry = rtnl_addr_alloc();
    struct nl_addr *address = address_of(family, octets, prefix_len);
    rtnl_addr_set_ifindex(entry, link);
    rtnl_addr_set_flags(entry, IFA_F_NODAD);
    bool done = rtnl_addr_set_local(entry, address) == 0 && rtnl_addr_add(sock, entry, 0) == 0;
    nl_addr_put(address);
    rtnl_addr_put(entry);
    return done;
}

static bool add_gateway(struct nl_sock *sock, int link, int family, const uint8_t *octets)
{
    struct rtnl_neigh *entry = rtnl_neigh_alloc();
    struct nl_addr *address = address_of(family, octets, family == AF_INET ? 32 : 128);
    struct nl_addr *mac = address_of(AF_LLC, tester_mac, 0);
    rtnl_neigh_set_ifindex(entry, link);
    rtnl_neigh_set_family(entry, family);
    rtnl_neigh_set_state(entry, NUD_PERMANENT);
    rtnl_neigh_set_lladdr(entry, mac);
    bool done = rtnl_neigh_set_dst(entry, address) == 0 && rtnl_neigh_add(sock, entry, NLM_F_CREATE) == 0;
    nl_addr_put(mac);
    nl_addr_put(address);
    rtnl_neigh_put(entry);
    return done;
}

/* The route carries the MTU: a link below 1280 octets would lose IPv6 altogether. */
static bool set_route(struct nl_sock *sock, int link, int family, uint32_t mtu)
{
    struct rtnl_route *route = rtnl_route_alloc();
    struct nl_addr *everywhere = address_of(family, no_address, 0);
    struct nl_addr *gateway =
        family == AF_INET ? address_of(family, gateway_ipv4, 32) : address_of(family, gateway_ipv6, 128);
    struct rtnl_nexthop *hop = rtnl_route_nh_alloc();
    rtnl_route_nh_set_ifindex(hop, link);
    rtnl_route_nh_set_gateway(hop, gateway);
    rtnl_route_add_nexthop(route, hop);
    rtnl_route_set_family(route, (uint8_t)family);
    rtnl_route_set_scope(route, RT_SCOPE_UNIVERSE);
    rtnl_route_set_protocol(route, RTPROT_STATIC);
    bool done = rtnl_route_set_dst(route, everywhere) == 0 && rtnl_route_set_metric(route, RTAX_MTU, mtu) == 0 &&
                rtnl_route_add(sock, route, NLM_F_CREATE | NLM_F_REPLACE) == 0;
    nl_addr_put(everywhere);
    nl_addr_put(gateway);
    rtnl_route_put(route);
    return done;
}

static bool set_addresses(struct nl_sock *sock, int link, bool ipv6)
{
    return add_address(sock, link, AF_INET, wire_target_ipv4, 24) && add_gateway(sock, link, AF_INET, gateway_ipv4) &&
           set_route(sock, link, AF_INET, MTU_DEFAULT) &&
           (!ipv6 || (add_address(sock, link, AF_INET6, wire_target_ipv6, 64) &&
                      add_gateway(sock, link, AF_INET6, gateway_ipv6) && set_route(sock, link, AF_INET6, MTU_DEFAULT)));
}

static bool make_target_end(struct wire *wire, bool ipv6, const char **why)
{
    wire->target_index = (int)if_nametoindex(TARGET_LINK);
    if (!offloads_off(TARGET_LINK)) {
        *why = "the offloads of a veth link could not be switched off (ethtool); tcprove needs whole segments on it";
        return false;
    }
    struct nl_sock *sock = route_socket();
    bool done = sock && set_up(TARGET_LINK) && set_addresses(sock, wire->target_index, ipv6);
    nl_socket_free(sock);
    if (!done) { *why = "a namespace of tcprove's own would not take addresses and routes (CAP_NET_ADMIN missing?)"; }
    return done;
}

bool wire_make(struct wire *wire, unsigned number, int tester_ns, int target_ns, int home, bool ipv6, const char **why)
{
    snprintf(wire->tester_name, sizeof wire->tester_name, "tester%u", number);
    namespace_enter(tester_ns);
    bool done = add_pair(wire->tester_name, target_ns) && offloads_off(wire->tester_name);
    wire->tester_index = (int)if_nametoindex(wire->tester_name);
    if (done) {
        namespace_enter(target_ns);
        done = make_target_end(wire, ipv6, why);
    } else {
        *why = "a veth link could not be made; tcprove needs CAP_NET_ADMIN in a namespace of its own and the kernel's "
               "veth driver (modprobe veth)";
    }
    namespace_enter(home);
    return done;
}

bool wire_set_mtu(const struct wire *wire, uint32_t mtu, uint8_t version, int tester_ns, int target_ns, int home)
{
    uint32_t link_mtu = mtu > MTU_DEFAULT ? mtu : MTU_DEFAULT;
    namespace_enter(tester_ns);
    bool done = set_link_mtu(wire->tester_name, link_mtu);
    namespace_enter(target_ns);
    struct nl_sock *sock = route_socket();
    done = done && sock && set_link_mtu(TARGET_LINK, link_mtu) &&
           set_route(sock, wire->target_index, version == 4 ? AF_INET : AF_INET6, mtu);
    nl_socket_free(sock);
    namespace_enter(home);
    return done;
}
