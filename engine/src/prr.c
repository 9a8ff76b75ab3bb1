/* Proportional rate reduction (RFC 6937): in recovery the window is what may leave now, not a ceiling reached at once.
 */
#include "internal.h"

void prr_begin(struct tcpr_conn *c)
{
    c->cc.prr = (struct tcpr_prr_vars){.recover_fs = max_u32(tcpr_seq_distance(c->snd.una, c->snd.nxt), 1)};
}

/* RFC6937-3-3: while more is on its way than ssthresh, as many octets leave for each that arrived as ssthresh is to
 * what was under way. */
static uint32_t proportional(const struct tcpr_conn *c)
{
    const struct tcpr_prr_vars *prr = &c->cc.prr;
    uint32_t part = min_u32(prr->delivered, prr->recover_fs);
    uint32_t allowed = proportion(min_u32(c->cc.ssthresh, prr->recover_fs), part, prr->recover_fs);
    return allowed > prr->out ? allowed - prr->out : 0;
}

/* RFC6937-3-4: below ssthresh it grows back, by slow start at most. */
static uint32_t growing(const struct tcpr_conn *c, uint32_t on_its_way, uint32_t delivered)
{
    const struct tcpr_prr_vars *prr = &c->cc.prr;
    uint32_t saved = prr->delivered > prr->out ? prr->delivered - prr->out : 0;
    return min_u32(c->cc.ssthresh - on_its_way, max_u32(saved, delivered) + smss(c));
}

/* RFC6937-3-2: an ACK in recovery told of `delivered` octets. */
void prr_ack(struct tcpr_conn *c, uint32_t delivered)
{
    c->cc.prr.delivered = grown(c->cc.prr.delivered, delivered);
    uint32_t on_its_way = in_pipe(c);
    bool over = on_its_way > c->cc.ssthresh;
    c->cc.cwnd = grown(on_its_way, over ? proportional(c) : growing(c, on_its_way, delivered));
    c->cc.cwnd = max_u32(c->cc.cwnd, smss(c));
}

/* RFC6937-3-5. */
void prr_sent(struct tcpr_conn *c, uint32_t octets)
{
    if (has(c, TCPR_FLAG_RECOVERY)) { c->cc.prr.out = grown(c->cc.prr.out, octets); }
}
