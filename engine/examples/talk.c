/* Two connections in memory open, talk and close: all an embedder has to do, in thirty lines. Builds against the
 * installed engine: cc talk.c $(pkg-config --cflags --libs tcprove-engine) */
#include "tcprove/tcprove.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct tcpr_conn conn[2];
static struct tcpr_config config;
static struct tcpr_effects fx;
static const char text[] = "hello", *from[2] = {text, ""}; /* what each side has to say */
static tcpr_time now;

void tcpr_assertion_failed(const char *condition, const char *file, int line)
{
    fprintf(stderr, "%s:%d: %s\n", file, line, condition);
    abort();
}

/* Hand every segment one side owes to the other; its octets stay where they are. */
static bool deliver(int side)
{
    const struct tcpr_ip ip = {.source = {10, 0, 0, 1}, .destination = {10, 0, 0, 2}, .version = 4, .ttl = 64};
    struct tcpr_segment seg;
    bool any = false;
    while (tcpr_next_segment(&conn[side], &config, now, &seg)) {
        const char *octets = from[side] + seg.text_at;
        seg.text_at = 0; /* of a segment that arrives */
        printf("%d -> %d %s%s%s %.*s\n", side, !side, seg.control & TCPR_SYN ? "SYN " : "",
               seg.control & TCPR_FIN ? "FIN " : "", seg.control & TCPR_ACK ? "ACK" : "", (int)seg.text_len, octets);
        tcpr_segment_arrives(&conn[!side], &config, now, &ip, &seg, &fx);
        any = true;
    }
    return any;
}

static void settle(void)
{
    while (deliver(0) || deliver(1)) {}
}

int main(void)
{
    const struct tcpr_ip any = {0}, ip = {{10, 0, 0, 1}, {10, 0, 0, 2}, 4, 64};
    tcpr_config_default(&config);
    config.features &= ~(uint32_t)TCPR_FEATURE_DELAYED_ACK; /* nothing here lets time pass for one */
    tcpr_conn_init(&conn[0]);
    tcpr_conn_init(&conn[1]);
    tcpr_open_passive(&conn[1], &config, now, &(struct tcpr_open){.ip = any, .local_port = 80}, &fx);
    tcpr_open_active(&conn[0], &config, now, &(struct tcpr_open){.ip = ip, .local_port = 4000, .remote_port = 80}, &fx);
    settle();
    tcpr_send(&conn[0], &config, now, sizeof text - 1, false, &fx);
    tcpr_close(&conn[0], &config, now, &fx);
    settle();
    uint32_t taken = 0;
    tcpr_receive(&conn[1], &config, now, sizeof text, &taken, &fx);
    tcpr_close(&conn[1], &config, now, &fx);
    settle();
    now = tcpr_next_deadline(&conn[0]); /* 2 MSL */
    tcpr_time_passes(&conn[0], &config, now, &fx);
    printf("%u octets read; %s, %s\n", taken, tcpr_state_name(conn[0].state), tcpr_state_name(conn[1].state));
    return taken == sizeof text - 1 && conn[0].state == TCPR_CLOSED && conn[1].state == TCPR_CLOSED ? 0 : 1;
}
