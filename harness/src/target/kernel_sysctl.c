#include "kernel.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct sysctl {
    const char *name, *value;
    bool optional; /* younger than some systems, or not there without IPv6 */
};

bool sysctl_write(const char *name, const char *value)
{
    char path[128];
    snprintf(path, sizeof path, "/proc/sys/%s", name);
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0) { return false; }
    size_t len = strlen(value);
    bool written = write(fd, value, len) == (ssize_t)len;
    int error = errno;
    close(fd);
    errno = error;
    return written;
}

/* So that one run leaves nothing to the next, and an ICMP echo always comes back. */
static const struct sysctl common[] = {
    {"net/ipv4/tcp_no_metrics_save", "1", false}, {"net/ipv4/tcp_autocorking", "0", false},
    {"net/ipv4/icmp_ratelimit", "0", false},      {"net/ipv4/icmp_msgs_per_sec", "100000", true},
    {"net/ipv4/icmp_msgs_burst", "100000", true}, {"net/ipv4/icmp_echo_ignore_all", "0", false},
    {"net/ipv4/conf/all/rp_filter", "0", false},  {"net/ipv4/conf/default/rp_filter", "0", false},
    {"net/ipv4/route/min_adv_mss", "1", true},    {"net/ipv4/tcp_fastopen_blackhole_timeout_sec", "0", true},
    {"net/ipv4/tcp_fastopen", "3", true}, /* a listener still has to ask for it */
};

/* No neighbour, router or duplicate address is looked for: the link carries what the specs are about. */
static const struct sysctl common_ipv6[] = {
    {"net/ipv6/conf/all/accept_ra", "0", false},        {"net/ipv6/conf/default/accept_ra", "0", false},
    {"net/ipv6/conf/default/accept_dad", "0", false},   {"net/ipv6/conf/default/router_solicitations", "0", false},
    {"net/ipv6/conf/default/autoconf", "0", false},     {"net/ipv6/conf/default/addr_gen_mode", "1", false},
    {"net/ipv6/conf/default/disable_ipv6", "0", false}, {"net/ipv6/icmp/ratelimit", "0", false},
};

/* Where Linux throttles, hurries or holds back what a rule asks for, and lets itself be told not to. */
static const struct sysctl tuned[] = {
    {"net/ipv4/tcp_invalid_ratelimit", "0", false},
    {"net/ipv4/tcp_comp_sack_nr", "0", true},
    {"net/ipv4/tcp_early_retrans", "0", true},
    {"net/ipv4/tcp_syn_linear_timeouts", "0", true},
    {"net/ipv4/tcp_moderate_rcvbuf", "0", true},
    {"net/ipv4/tcp_rto_min_us", "1000000", true}, /* RFC 6298 section 2 */
};

static const char refused[] =
    "a setting below /proc/sys/net of a namespace of tcprove's own could not be written; in a "
    "container, let it have a writable /proc/sys (docker: --privileged)";

static bool write_all(const struct sysctl *list, size_t count, const char **why)
{
    for (size_t i = 0; i < count; i++) {
        if (sysctl_write(list[i].name, list[i].value) || (list[i].optional && errno == ENOENT)) { continue; }
        *why = refused;
        return false;
    }
    return true;
}

bool sysctl_prepare(enum kernel_profile profile, bool ipv6, const char **why)
{
    if (!write_all(common, sizeof common / sizeof *common, why)) { return false; }
    if (ipv6 && !write_all(common_ipv6, sizeof common_ipv6 / sizeof *common_ipv6, why)) { return false; }
    return profile != PROFILE_TUNED || write_all(tuned, sizeof tuned / sizeof *tuned, why);
}

bool sysctl_silence(bool ipv6, const char **why)
{
    static const struct sysctl silent[] = {
        {"net/ipv6/conf/default/disable_ipv6", "1", false},
        {"net/ipv6/conf/all/disable_ipv6", "1", false},
    };
    return !ipv6 || write_all(silent, sizeof silent / sizeof *silent, why);
}
