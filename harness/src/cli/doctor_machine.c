/* This machine: its clock, and the rights that a kind of target needs. */
#include "doctor.h"
#include "harness/suite.h"

#include <stdio.h>
#include <sys/capability.h>
#include <time.h>
#include <unistd.h>

#define WAITS 200u
#define WAIT_NS 1000000L

static double now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec * 1e-6;
}

static void look_at_clock(struct doctor *doctor)
{
    double worst = 0;
    for (unsigned i = 0; i < WAITS; i++) {
        double began = now_ms();
        nanosleep(&(struct timespec){.tv_nsec = WAIT_NS}, NULL);
        double late = now_ms() - began - WAIT_NS * 1e-6;
        if (late > worst) { worst = late; }
    }
    bool busy = worst * 1e3 > (double)SUITE_LATE_US;
    diagnose(doctor, busy ? IS_NOTED : IS_WELL,
             busy ? "give the tester a machine with less other work; runs that it was late for are made again" : NULL,
             "clock: of %u waits of 1 ms the worst was late by %.2f ms", WAITS, worst);
}

static bool has(cap_value_t capability)
{
    cap_t own = cap_get_proc();
    cap_flag_value_t value = CAP_CLEAR;
    bool known = own && cap_get_flag(own, capability, CAP_EFFECTIVE, &value) == 0;
    cap_free(own);
    return known && value == CAP_SET;
}

static long number_in(const char *file)
{
    long number = -1;
    FILE *in = fopen(file, "r");
    if (in && fscanf(in, "%ld", &number) != 1) { number = -1; }
    if (in) { fclose(in); }
    return number;
}

static void look_at_raw_rights(struct doctor *doctor)
{
    bool raw = has(CAP_NET_RAW), admin = has(CAP_NET_ADMIN);
    diagnose(doctor, raw ? IS_WELL : IS_FAULT,
             raw ? NULL : "run it as root, or setcap cap_net_raw,cap_net_admin+ep on the program", "rights: %s",
             raw ? "raw sockets" : "no raw sockets");
    if (admin || !raw) { return; }
    diagnose(doctor, IS_NOTED, "give it --tester-address, or CAP_NET_ADMIN",
             "rights: this host's kernel cannot be kept out of its own address");
}

static void look_at_namespaces(struct doctor *doctor)
{
    bool root = has(CAP_SYS_ADMIN);
    long most = number_in("/proc/sys/user/max_net_namespaces");
    long users = number_in("/proc/sys/user/max_user_namespaces");
    long unprivileged = number_in("/proc/sys/kernel/unprivileged_userns_clone"); /* Debian's; -1 elsewhere */
    bool good = most != 0 && (root || (users != 0 && unprivileged != 0));
    diagnose(doctor, good ? IS_WELL : IS_FAULT,
             good        ? NULL
             : most == 0 ? "sysctl user.max_net_namespaces=1000"
                         : "run it as root, or sysctl kernel.unprivileged_userns_clone=1 user.max_user_namespaces=1000",
             "namespaces: %s",
             !good  ? "none can be made"
             : root ? "as root"
                    : "in a user namespace, without root");
}

void doctor_machine(struct doctor *doctor, enum target_kind kind)
{
    switch (kind) {
    case KIND_ENGINE:
    case KIND_PLUGIN: diagnose(doctor, IS_WELL, NULL, "clock: the target's time is virtual"); return;
    case KIND_REMOTE: look_at_raw_rights(doctor); break;
    case KIND_KERNEL: look_at_namespaces(doctor); break;
    }
    look_at_clock(doctor);
}
