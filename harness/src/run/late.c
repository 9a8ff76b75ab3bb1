/* How late the tester itself was: what it saw then says nothing sure about the target. */
#include "play.h"

static bool is_virtual(const struct play *p)
{
    return (p->target->abilities & TARGET_VIRTUAL_TIME) != 0;
}

static void note_lateness(struct play *p, tcpr_time due, tcpr_time now)
{
    tcpr_time late = now > due ? now - due : 0;
    if (late > p->result->late_us) { p->result->late_us = late; }
    p->awake_at = now;
}

void late_begin(struct play *p)
{
    p->awake_at = play_now(p);
}

void late_acted(struct play *p)
{
    if (!is_virtual(p)) { note_lateness(p, p->awake_at, play_now(p)); }
}

void late_woke(struct play *p, tcpr_time until, const struct observation *seen)
{
    if (is_virtual(p)) { return; }
    tcpr_time due = seen->what == OBSERVED_DATAGRAM || seen->what == OBSERVED_NOTHING ? seen->at : TCPR_NEVER;
    note_lateness(p, due < until ? due : until, play_now(p));
}
