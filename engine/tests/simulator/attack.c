/* Who is not on the path: forged segments with the right ports and drawn numbers (RFC 5961), forged and true ICMP. */
#include "sim.h"

/* Where RFC 5961's defences are on, and there is a connection to defend. */
static bool defended(const struct end *e)
{
    const uint32_t all = TCPR_FEATURE_RFC5961_RST | TCPR_FEATURE_RFC5961_SYN | TCPR_FEATURE_RFC5961_ACK;
    return (e->config.features & all) == all && e->c.state >= TCPR_ESTABLISHED && e->c.state != TCPR_TIME_WAIT;
}

/* Half of the numbers are far off, as drawn blindly; the rest is near, but never what only the peer can know. */
static uint32_t drawn_number(struct world *w, uint32_t true_one)
{
    uint32_t blind = any(w);
    if (blind != true_one && chance(w, 500)) { return blind; } /* dice may be loaded */
    return true_one + 1 + below(w, 4);
}

static void forge_reset_or_syn(struct world *w, struct end *e)
{
    struct tcpr_segment s = {
        .source_port = e->c.remote_port, .destination_port = e->c.local_port, .header_len = TCPR_HEADER_MIN};
    s.seq = drawn_number(w, e->c.rcv.nxt);
    s.ack = drawn_number(w, e->c.snd.nxt);
    s.window = (uint16_t)below(w, 65536);
    s.control = chance(w, 500) ? TCPR_RST : TCPR_SYN;
    s.control |= (uint16_t)(below(w, 64) & (TCPR_ACK | TCPR_PSH | TCPR_URG | TCPR_FIN));
    end_takes(w, e, &s, NULL);
}

/* Text with an ACK that is out of RFC 5961's range: it must be discarded whole. */
static void forge_text(struct world *w, struct end *e)
{
    static const uint8_t rubbish[16] = "not of this talk";
    struct tcpr_segment s = {.source_port = e->c.remote_port,
                             .destination_port = e->c.local_port,
                             .control = TCPR_ACK | TCPR_PSH,
                             .window = 1,
                             .header_len = TCPR_HEADER_MIN};
    s.seq = e->c.rcv.nxt + below(w, 8);
    s.ack = e->c.snd.nxt + 1 + below(w, 1u << 30);
    s.text_len = 1 + below(w, sizeof rubbish);
    if (chance(w, 200)) { s.control |= TCPR_FIN; }
    end_takes(w, e, &s, rubbish);
}

/* A soft error, a size, or a quench; the sizes may be true and then must be lived with. */
static void icmp(struct world *w, struct end *e)
{
    const uint32_t sizes[] = {0, 60, 68, 128, 300, 576, 1400};
    const uint8_t types[] = {3, 3, 4, 11, 12};
    struct tcpr_icmp message = {.version = 4, .type = types[below(w, sizeof types)]};
    message.quoted_seq = chance(w, 500) ? e->c.snd.una : any(w);
    message.code = message.type == 3 && chance(w, 500) ? 4 : 0;
    message.mtu = sizes[below(w, sizeof sizes / sizeof sizes[0])];
    end_gets_icmp(w, e, &message);
}

void attack(struct world *w)
{
    struct end *e = &w->ends[below(w, 2)];
    if (!defended(e)) { return; }
    switch (below(w, 3)) {
    case 0: forge_reset_or_syn(w, e); break;
    case 1: forge_text(w, e); break;
    default: icmp(w, e); break;
    }
}
