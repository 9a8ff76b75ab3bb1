#include "harness/remote.h"

#include <grp.h>
#include <stdlib.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <unistd.h>

/* @return false: the variable is no id. */
static bool id_of(const char *name, unsigned *id)
{
    const char *text = getenv(name);
    char *end = NULL;
    unsigned long number = text ? strtoul(text, &end, 10) : 0;
    *id = (unsigned)number;
    return text && *text >= '0' && *text <= '9' && *end == 0 && number > 0 && number < UINT32_MAX;
}

/* Who became root by sudo only to open the sockets becomes himself again, and owns the reports. */
static bool become_user(void)
{
    unsigned user, group;
    if (geteuid() != 0 || !id_of("SUDO_UID", &user) || !id_of("SUDO_GID", &group)) { return true; }
    return setgroups(0, NULL) == 0 && setresgid(group, group, group) == 0 && setresuid(user, user, user) == 0;
}

bool privileges_drop(void)
{
    bool done = become_user();
    cap_t none = cap_init();
    done = done && none && cap_set_proc(none) == 0;
    cap_free(none);
    return done && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0;
}
