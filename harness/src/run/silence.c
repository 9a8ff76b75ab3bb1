/* Steps that want nothing: silence and fence. */
#include "play.h"

static bool breaks(struct play *p, const struct step *step, size_t entry)
{
    if (!match_form(p, entry)) { return true; }
    bool news = allow_bare_ack(p, entry) && allow_news(p, entry);
    if (!step->strict && (news || allow_retransmission(p, entry))) {
        play_consume(p, entry);
        return false;
    }
    const struct tcpr_segment *seg = &trace_at(p, entry)->segment;
    play_blame(p, entry);
    play_fail(p, "a segment broke the silence: SEQ=%u ACK=%u CTL=%s, %u octets of text", seg->seq, seg->ack,
              control_text(seg->control, p->arena), seg->text_len);
    return true;
}

/* Every connection is silent, not only the one at hand. */
static bool kept(struct play *p, const struct step *step)
{
    for (unsigned i = 0; i < LANE_CONNECTIONS_MAX; i++) {
        struct list *waiting = &p->connection[i].waiting;
        while (waiting->head < waiting->count) {
            if (breaks(p, step, waiting->item[waiting->head++])) { return false; }
        }
    }
    return true;
}

void step_silence(struct play *p, const struct step *step)
{
    tcpr_time length;
    if (!evaluate_time(&p->eval, step->duration, &length)) {
        play_fault(p, step->duration);
        return;
    }
    tcpr_time until = play_now(p) + length;
    do {
        if (!kept(p, step)) { return; }
    } while (play_wait(p, until));
    if (p->over || !kept(p, step)) { return; }
    p->stamp = play_now(p);
    p->proved = true;
}

void step_fence(struct play *p, const struct step *step)
{
    if (play_fence(p) && kept(p, step)) { p->proved = true; }
}
