/* What the engine's rooms share. Nothing here is seen by a user of the engine. */
#ifndef TCPR_INTERNAL_H
#define TCPR_INTERNAL_H

#include "assert.h"
#include "built.h"
#include "faults.h"
#include "mutant.h"
#include "tcprove/conn.h"
#include "tcprove/seq.h"

#pragma GCC visibility push(hidden) /* so that a compiler that sees all of it may inline what is called once */

/* Not inlined, so that a caller that seldom goes there need not save its registers for it. */
#define APART __attribute__((noinline))

/* Sets of states, for `in(c, SET)`. */
#define BIT(state) (1u << (unsigned)(state))
enum states {
    NO_CONNECTION = BIT(TCPR_CLOSED) | BIT(TCPR_LISTEN),
    SYNCHRONIZED = BIT(TCPR_ESTABLISHED) | BIT(TCPR_FIN_WAIT_1) | BIT(TCPR_FIN_WAIT_2) | BIT(TCPR_CLOSE_WAIT) |
                   BIT(TCPR_CLOSING) | BIT(TCPR_LAST_ACK) | BIT(TCPR_TIME_WAIT),
    MAY_RECEIVE_TEXT = BIT(TCPR_ESTABLISHED) | BIT(TCPR_FIN_WAIT_1) | BIT(TCPR_FIN_WAIT_2),
    MAY_SEND_TEXT =
        BIT(TCPR_ESTABLISHED) | BIT(TCPR_FIN_WAIT_1) | BIT(TCPR_CLOSE_WAIT) | BIT(TCPR_CLOSING) | BIT(TCPR_LAST_ACK)
};

static inline bool in(const struct tcpr_conn *c, uint32_t states)
{
    return (states & BIT(c->state)) != 0;
}

static inline bool has(const struct tcpr_conn *c, uint32_t flags)
{
    return (c->flags & flags & ~flags_left_out()) != 0;
}

static inline void mark(struct tcpr_conn *c, uint32_t flags)
{
    c->flags |= flags;
}

static inline void unmark(struct tcpr_conn *c, uint32_t flags)
{
    c->flags &= ~flags;
}

static inline bool has_loss(const struct tcpr_conn *c, uint32_t bits)
{
    return (c->loss & bits & ~loss_left_out()) != 0;
}

static inline bool has_ecn(const struct tcpr_conn *c, uint32_t bits)
{
    return built(TCPR_FEATURE_ECN) && (c->ecn & bits) != 0;
}

static inline bool feature(const struct tcpr_config *config, uint32_t bits)
{
    return (config->features & bits & TCPR_FEATURES_BUILT) != 0;
}

static inline uint32_t min_u32(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

static inline uint32_t max_u32(uint32_t a, uint32_t b)
{
    return a > b ? a : b;
}

static inline tcpr_time min_time(tcpr_time a, tcpr_time b)
{
    return a < b ? a : b;
}

static inline tcpr_time max_time(tcpr_time a, tcpr_time b)
{
    return a > b ? a : b;
}

/* a + b that stays at TCPR_NEVER. */
tcpr_time later(tcpr_time a, tcpr_time b);

/* ---- conn.c ---- */

/* Every public call begins and ends with these. */
void begin_call(struct tcpr_conn *c, tcpr_time now, struct tcpr_effects *fx);
void end_call(struct tcpr_conn *c, const struct tcpr_config *config);

/* The end of a call that touched nothing the timers of sending look at. */
void end_call_timers_stand(const struct tcpr_conn *c, const struct tcpr_config *config);

void decide(struct tcpr_effects *fx, const struct tcpr_conn *c, enum tcpr_act act, enum tcpr_rule rule);
void decide_in(struct tcpr_effects *fx, enum tcpr_act act, enum tcpr_state state, enum tcpr_rule rule);

/* The one place that writes the state. */
void enter(struct tcpr_conn *c, const struct tcpr_config *config, enum tcpr_state state, enum tcpr_rule rule,
           struct tcpr_effects *fx);

/* Forget the peer and listen again, as after the passive OPEN. */
void listen_again(struct tcpr_conn *c, const struct tcpr_config *config, enum tcpr_rule rule, struct tcpr_effects *fx);

/* Choose ISS and be ready to send a SYN. */
void begin_sending(struct tcpr_conn *c, const struct tcpr_config *config, uint32_t iss);

/* Fill in the remote socket and what depends on it. `outgoing` has our address as its source. */
void name_peer(struct tcpr_conn *c, const struct tcpr_config *config, const struct tcpr_ip *outgoing,
               uint16_t remote_port);

void arm(struct tcpr_conn *c, enum tcpr_timer timer, tcpr_time after);

static inline void stop(struct tcpr_conn *c, enum tcpr_timer timer)
{
    c->timer[timer] = TCPR_NEVER;
}

static inline bool running(const struct tcpr_conn *c, enum tcpr_timer timer)
{
    return c->timer[timer] != TCPR_NEVER;
}

/* ---- sequence numbers and stream offsets of what we send and receive ---- */

/* Sequence number of an octet of our stream. */
static inline uint32_t text_seq(const struct tcpr_conn *c, uint64_t at)
{
    return c->snd.iss + 1u + (uint32_t)at;
}

/* And back, for SND.UNA =< seq =< the FIN's number. */
static inline uint64_t text_at(const struct tcpr_conn *c, uint32_t seq)
{
    return c->snd.una_at + tcpr_seq_distance(text_seq(c, c->snd.una_at), seq);
}

/* Of our FIN, whether queued or not. */
static inline uint32_t fin_seq(const struct tcpr_conn *c)
{
    return text_seq(c, c->snd.end_at);
}

/* What we send ends here: after the last octet of SEND or, once it is queued, the FIN. */
static inline uint32_t send_end(const struct tcpr_conn *c)
{
    return fin_seq(c) + (has(c, TCPR_FLAG_FIN_QUEUED) ? 1u : 0u);
}

/* Neither SND.NXT nor SND.UNA is ever beyond a FIN that is not queued (an invariant). */
static inline bool fin_sent(const struct tcpr_conn *c)
{
    return c->snd.nxt == fin_seq(c) + 1u;
}

static inline bool fin_acked(const struct tcpr_conn *c)
{
    return c->snd.una == fin_seq(c) + 1u;
}

/* Octets of text never sent. */
static inline uint32_t unsent(const struct tcpr_conn *c)
{
    return fin_sent(c) ? 0 : tcpr_seq_distance(c->snd.nxt, fin_seq(c));
}

static inline bool syn_unacked(const struct tcpr_conn *c)
{
    return c->snd.una == c->snd.iss;
}

/* Something sent or queued waits for its ACK. */
static inline bool delivery_pending(const struct tcpr_conn *c)
{
    return c->snd.una != send_end(c);
}

/* Octets in order that the application has not read. */
static inline uint32_t unread(const struct tcpr_conn *c)
{
    return (uint32_t)(c->rcv.nxt_at - c->rcv.read_at);
}

/* RCV.WND. */
static inline uint32_t receive_window(const struct tcpr_conn *c)
{
    return tcpr_seq_distance(c->rcv.nxt, c->rcv.edge);
}

/* ---- isn.c ---- */

/* Two numbers that nobody without the secret can tell: F() of RFC 6528 in the lower half, another in the upper. */
uint64_t hash_of_sockets(const uint8_t secret[16], const struct tcpr_ip *outgoing, uint16_t local_port,
                         uint16_t remote_port);

/* ---- invariants.c ---- */

enum fault conn_fault(const struct tcpr_conn *c, const struct tcpr_config *config); /* tcpr_conn_fault as a number */
/* The same, the long way. */
APART enum fault first_fault(const struct tcpr_conn *c, const struct tcpr_config *config);

/* ---- options.c ---- */

uint16_t own_mss(const struct tcpr_conn *c, const struct tcpr_config *config); /* what our SYN announces */
uint32_t smss(const struct tcpr_conn *c); /* octets of text in a full-sized segment */
uint32_t timestamp_now(const struct tcpr_conn *c);
void take_syn_options(struct tcpr_conn *c, const struct tcpr_config *config, const struct tcpr_segment *syn);
void fill_syn_options(const struct tcpr_conn *c, const struct tcpr_config *config, struct tcpr_options *options);
void fill_options(const struct tcpr_conn *c, bool with_text, struct tcpr_options *options);
bool check_timestamp(struct tcpr_conn *c, const struct tcpr_segment *seg, struct tcpr_effects *fx);
void update_ts_recent(struct tcpr_conn *c, const struct tcpr_segment *seg);

/* ---- user_timeout.c (RFC 5482) ---- */

tcpr_time from_option(uint16_t option);
tcpr_time data_patience(const struct tcpr_conn *c, const struct tcpr_config *config);
tcpr_time keepalive_idle(const struct tcpr_conn *c, const struct tcpr_config *config);
void advertise_timeout(struct tcpr_conn *c, const struct tcpr_config *config, tcpr_time timeout_us);
void begin_user_timeout(struct tcpr_conn *c, const struct tcpr_config *config);
void fill_user_timeout(const struct tcpr_conn *c, struct tcpr_options *options);
void fill_syn_user_timeout(const struct tcpr_conn *c, const struct tcpr_config *config, struct tcpr_options *options);
void take_syn_user_timeout(struct tcpr_conn *c, const struct tcpr_config *config, const struct tcpr_options *options);
void take_user_timeout(struct tcpr_conn *c, const struct tcpr_config *config, const struct tcpr_options *options,
                       struct tcpr_effects *fx);

/* ---- path_mtu.c (RFC 1191, RFC 8201, RFC 5927 section 7.2) ---- */

void path_reset(struct tcpr_conn *c); /* snd.mss has just been negotiated */
void path_too_big(struct tcpr_conn *c, const struct tcpr_config *config, const struct tcpr_icmp *icmp,
                  struct tcpr_effects *fx);
bool path_timeout(struct tcpr_conn *c, const struct tcpr_config *config);
void path_ack(struct tcpr_conn *c, uint32_t octets);

/* ---- window.c: what we advertise ---- */

uint32_t offered_edge(const struct tcpr_conn *c, const struct tcpr_config *config);
uint16_t window_field(struct tcpr_conn *c, uint32_t edge);
bool window_update_due(const struct tcpr_conn *c, const struct tcpr_config *config);

/* ---- reply.c ---- */

void reply_ack(struct tcpr_conn *c, struct tcpr_effects *fx, enum tcpr_act act, enum tcpr_rule rule);
bool may_challenge(struct tcpr_conn *c, const struct tcpr_config *config); /* and counts it */
void challenge(struct tcpr_conn *c, const struct tcpr_config *config, struct tcpr_effects *fx, enum tcpr_rule rule);
void reply_reset(struct tcpr_conn *c, const struct tcpr_segment *seg, struct tcpr_effects *fx, enum tcpr_rule rule);
void reply_abort(struct tcpr_conn *c, struct tcpr_effects *fx, enum tcpr_rule rule);
void ack_was_sent(struct tcpr_conn *c);

/* ---- fast_open.c (RFC 7413) ---- */

/* Our application has had the text of the peer's SYN, and may answer it before our SYN is acknowledged. */
static inline bool fast_opened(const struct tcpr_conn *c)
{
    return built(TCPR_FEATURE_FAST_OPEN) && c->state == TCPR_SYN_RECEIVED &&
           (c->flags & (TCPR_FLAG_FAST_OPEN | TCPR_FLAG_PASSIVE)) == (TCPR_FLAG_FAST_OPEN | TCPR_FLAG_PASSIVE);
}

void fast_open_send(struct tcpr_conn *c, const struct tcpr_config *config, const struct tcpr_fast_open *fast,
                    struct tcpr_effects *fx);
void fast_open_answered(struct tcpr_conn *c, const struct tcpr_segment *syn_ack, struct tcpr_effects *fx);
void fast_open_failed(const struct tcpr_conn *c, struct tcpr_effects *fx);
void resend_after_syn(struct tcpr_conn *c, struct tcpr_effects *fx);

/* ---- arrives_other.c, acknowledge.c, text.c: the checks of section 3.10.7.4 ---- */

void arrives_other(struct tcpr_conn *c, const struct tcpr_config *config, const struct tcpr_segment *seg,
                   struct tcpr_effects *fx);
void accept_syn(struct tcpr_conn *c, const struct tcpr_config *config, const struct tcpr_segment *seg, uint32_t iss,
                bool fast, struct tcpr_effects *fx);
/* TIME-WAIT: is this a SYN that RFC 6191 judges ... */
bool asks_to_reopen(const struct tcpr_conn *c, const struct tcpr_config *config, const struct tcpr_segment *seg);
/* ... and may it open a new connection (MAY-2, SHLD-4), and by which rule? */
bool syn_reopens(const struct tcpr_conn *c, const struct tcpr_config *config, const struct tcpr_segment *seg,
                 enum tcpr_rule *rule);
void reopen(struct tcpr_conn *c, const struct tcpr_config *config, const struct tcpr_segment *seg, enum tcpr_rule rule,
            struct tcpr_effects *fx);
void resume_time_wait(struct tcpr_conn *c, const struct tcpr_config *config, struct tcpr_effects *fx);
void our_syn_acked(struct tcpr_conn *c, const struct tcpr_config *config);
void become_established(struct tcpr_conn *c, const struct tcpr_config *config, enum tcpr_rule rule,
                        struct tcpr_effects *fx);
void take_window(struct tcpr_conn *c, const struct tcpr_segment *seg);
/* RFC9293-3.10.7.4-n9: is it no older than what told of the window last? */
static inline bool tells_of_window(const struct tcpr_conn *c, const struct tcpr_segment *seg)
{
    return tcpr_seq_lt(c->snd.wl1, seg->seq) || (c->snd.wl1 == seg->seq && tcpr_seq_le(c->snd.wl2, seg->ack));
}
void acknowledge(struct tcpr_conn *c, const struct tcpr_config *config, const struct tcpr_segment *seg,
                 struct tcpr_effects *fx);
void take_ack(struct tcpr_conn *c, const struct tcpr_config *config, const struct tcpr_segment *seg,
              struct tcpr_effects *fx);
void check_urg(struct tcpr_conn *c, const struct tcpr_segment *seg, struct tcpr_effects *fx);
void process_text(struct tcpr_conn *c, const struct tcpr_config *config, const struct tcpr_segment *seg,
                  struct tcpr_effects *fx);
bool queue_syn_text(struct tcpr_conn *c, const struct tcpr_segment *seg, struct tcpr_effects *fx);
void release_queued(struct tcpr_conn *c, const struct tcpr_config *config, struct tcpr_effects *fx);

/* All of the text is new, begins at RCV.NXT and lies in the window; nothing is held. */
void take_next_text(struct tcpr_conn *c, const struct tcpr_config *config, const struct tcpr_segment *seg,
                    struct tcpr_effects *fx);

/* ---- fast.c ---- */

/* All that tcpr_segment_arrives does for a segment that is expected. @return false: it is not, and nothing was done */
bool arrives_as_expected(struct tcpr_conn *c, const struct tcpr_config *config, const struct tcpr_segment *seg,
                         struct tcpr_effects *fx);

/* ---- held.c: islands of text beyond RCV.NXT ---- */

bool hold(struct tcpr_conn *c, struct tcpr_range island);
void absorb_held(struct tcpr_conn *c);
void forget_held(struct tcpr_conn *c);

/* Text came that we have already: the next ACK says so (RFC2883-4-n1). */
void note_duplicate(struct tcpr_conn *c, const struct tcpr_config *config, struct tcpr_range text);

/* ---- sack.c: what the peer holds beyond SND.UNA (RFC 6675) ---- */

bool reports_duplicate(const struct tcpr_segment *seg);
uint32_t take_sack(struct tcpr_conn *c, const struct tcpr_segment *seg);
void forget_acked(struct tcpr_conn *c);
void forget_sacked(struct tcpr_conn *c);
const struct tcpr_range *sacked(const struct tcpr_conn *c); /* sacked_count() of them */
uint32_t unsacked(const struct tcpr_conn *c, uint32_t from, uint32_t to);
uint32_t skip_sacked(const struct tcpr_conn *c, uint32_t seq);
uint32_t hole_end(const struct tcpr_conn *c, uint32_t seq);
uint32_t lost_edge(const struct tcpr_conn *c);
uint32_t in_pipe(const struct tcpr_conn *c);

static inline unsigned sacked_count(const struct tcpr_conn *c)
{
    return built(TCPR_FEATURE_SACK_RECOVERY) ? c->sacked_count : 0;
}

static inline bool scoreboard(const struct tcpr_conn *c)
{
    return has_loss(c, TCPR_LOSS_SCOREBOARD);
}

/* ---- rtt.c (RFC 6298) ---- */

void rtt_reset(struct tcpr_conn *c, const struct tcpr_config *config);
void rtt_take_ack(struct tcpr_conn *c, const struct tcpr_config *config, const struct tcpr_segment *seg);
void rtt_time(struct tcpr_conn *c, uint32_t end_seq);
tcpr_time backed_off(const struct tcpr_conn *c, const struct tcpr_config *config);

/* ---- reno.c, cubic.c: how the window grows and shrinks ---- */

#define WINDOW_MAX (1u << 30) /* octets; beyond any window there can be, and additions cannot wrap */

static inline uint32_t grown(uint32_t window, uint32_t octets)
{
    return min_u32(window + min_u32(octets, WINDOW_MAX), WINDOW_MAX);
}

/* share * part / whole without 64-bit division; part =< whole, share =< whole, whole > 0. */
static inline uint32_t proportion(uint32_t share, uint32_t part, uint32_t whole)
{
    while (part != 0 && share > UINT32_MAX / part) {
        share >>= 1;
        whole >>= 1;
    }
    return share * part / whole;
}

void controller_choose(struct tcpr_conn *c, uint64_t controller);
void controller_avoid(struct tcpr_conn *c, uint32_t octets);
uint32_t controller_reduce(struct tcpr_conn *c, uint32_t flight, bool gently);
void controller_timeout(struct tcpr_conn *c);
void cubic_avoid(struct tcpr_conn *c, uint32_t octets);
uint32_t cubic_reduce(struct tcpr_conn *c, uint32_t flight, bool gently);
void cubic_timeout(struct tcpr_conn *c);

/* ---- records.c, rack.c, probe.c (RFC 8985) ---- */

static inline bool rack(const struct tcpr_conn *c)
{
    return built(TCPR_FEATURE_RACK) && (c->loss & (TCPR_LOSS_RACK | TCPR_LOSS_RECORDS_FULL)) == TCPR_LOSS_RACK;
}

void rack_reset(struct tcpr_conn *c);
enum fault records_fault(const struct tcpr_conn *c);
void record_sent(struct tcpr_conn *c, uint32_t seq, uint32_t end, uint32_t nxt);
void rack_ack(struct tcpr_conn *c, const struct tcpr_segment *seg, bool duplicate_reported);
bool rack_overdue(struct tcpr_conn *c);
void rack_timeout(struct tcpr_conn *c);
void rack_owe(struct tcpr_conn *c, uint32_t end);
bool rack_next_lost(const struct tcpr_conn *c, uint32_t *seq, uint32_t *end);
bool rack_lost_again(struct tcpr_conn *c);
uint32_t rack_lost(const struct tcpr_conn *c);
void rack_recovered(struct tcpr_conn *c);
void probe_arm(struct tcpr_conn *c, const struct tcpr_config *config);
bool probe_due(struct tcpr_conn *c);
bool probe_owed(const struct tcpr_conn *c);
uint32_t probe_last(const struct tcpr_conn *c);
void probe_was_sent(struct tcpr_conn *c, bool again);
bool probe_ack(struct tcpr_conn *c, uint32_t number, bool duplicate_reported, bool duplicate);

/* ---- prr.c (RFC 6937), frto.c (RFC 5682), eifel.c (RFC 3522, RFC 4015) ---- */

void prr_begin(struct tcpr_conn *c);
void prr_ack(struct tcpr_conn *c, uint32_t delivered);
void prr_sent(struct tcpr_conn *c, uint32_t octets);
void frto_ack(struct tcpr_conn *c, const struct tcpr_config *config, const struct tcpr_segment *seg, uint32_t octets,
              bool duplicate, struct tcpr_effects *fx);
/* Both bits of F-RTO. */
#define FRTO_STEPS (TCPR_LOSS_FRTO_FIRST | TCPR_LOSS_FRTO_SECOND)

void doubt_timeout(struct tcpr_conn *c, const struct tcpr_config *config);
bool echoes_original(const struct tcpr_conn *c, const struct tcpr_segment *seg);
void eifel_ack(struct tcpr_conn *c, const struct tcpr_config *config, const struct tcpr_segment *seg, uint32_t octets,
               struct tcpr_effects *fx);
void timeout_was_spurious(struct tcpr_conn *c, const struct tcpr_config *config, const struct tcpr_segment *seg,
                          uint32_t octets, enum tcpr_rule rule, struct tcpr_effects *fx);

/* ---- accurate.c (RFC 9768) ---- */

static inline bool accurate(const struct tcpr_conn *c)
{
    return built(TCPR_FEATURE_ACCURATE_ECN) && (c->accurate & TCPR_ACCURATE_ON) != 0;
}

bool accurate_asks(const struct tcpr_segment *syn);
void accurate_begin(struct tcpr_conn *c, const struct tcpr_config *config, const struct tcpr_segment *syn);
bool accurate_hear_syn_again(struct tcpr_conn *c, const struct tcpr_config *config, const struct tcpr_segment *syn);
bool accurate_is_news(const struct tcpr_config *config, const struct tcpr_segment *syn);
uint16_t accurate_answer(const struct tcpr_conn *c);
bool accurate_reflects_again(struct tcpr_conn *c, const struct tcpr_segment *seg);
void accurate_reflected(struct tcpr_conn *c);
void accurate_take_handshake_ack(struct tcpr_conn *c, const struct tcpr_config *config, const struct tcpr_segment *seg);
void accurate_take(struct tcpr_conn *c, const struct tcpr_segment *seg);
uint16_t accurate_ace(const struct tcpr_conn *c);
void accurate_told(struct tcpr_conn *c);
bool accurate_differs(const struct tcpr_conn *c, const struct tcpr_segment *seg);
bool accurate_heard(struct tcpr_conn *c, const struct tcpr_segment *seg, uint32_t octets, bool repairs);

/* ---- ecn.c (RFC 3168) ---- */

uint16_t ecn_offer(struct tcpr_conn *c, const struct tcpr_config *config);
void ecn_take_syn(struct tcpr_conn *c, const struct tcpr_config *config, const struct tcpr_segment *syn);
bool ecn_hear_syn_again(struct tcpr_conn *c, const struct tcpr_config *config, const struct tcpr_segment *seg);
bool ecn_withdraws(struct tcpr_conn *c);
void ecn_take_text(struct tcpr_conn *c, const struct tcpr_segment *seg);
uint16_t ecn_echo(const struct tcpr_conn *c);
void ecn_new_text(struct tcpr_conn *c, struct tcpr_segment *out);
void ecn_everywhere(const struct tcpr_conn *c, struct tcpr_segment *out);
void ecn_tell_reduced(struct tcpr_conn *c);
bool ecn_held_back_until_now(struct tcpr_conn *c);

/* RFC3168-6.1.1-3: text of ours may be marked, and ECE means something to us. */
static inline bool ecn_marks(const struct tcpr_conn *c)
{
    return has_ecn(c, TCPR_ECN_AGREED) && !has_ecn(c, TCPR_ECN_WITHDRAWN);
}

/* An acceptable ACK, already taken: does it tell of a mark? An old one told before. */
static inline bool ecn_echoed(const struct tcpr_conn *c, const struct tcpr_segment *seg)
{
    bool told = accurate(c) ? accurate_differs(c, seg) : (seg->control & TCPR_ECE) != 0;
    return TCPR_MUTANT(echo_is_not_heard, ecn_marks(c), false) && told && seg->ack == c->snd.una;
}

/* A mark has reduced the window in this round trip. */
static inline bool ecn_reduced(const struct tcpr_conn *c)
{
    return has_ecn(c, TCPR_ECN_REDUCED);
}

static inline bool ecn_held_back(const struct tcpr_conn *c)
{
    return has_ecn(c, TCPR_ECN_HELD_BACK);
}

/* ---- hystart.c (RFC 9406) ---- */

void hystart_ack(struct tcpr_conn *c, const struct tcpr_config *config, const struct tcpr_segment *seg);
uint32_t hystart_growth(const struct tcpr_conn *c, const struct tcpr_config *config, uint32_t octets);

/* ---- validate.c (RFC 7661) ---- */

/* The non-validated phase, or a recovery that began in it. */
static inline bool unproved(const struct tcpr_conn *c)
{
    return (c->cc.flags & TCPR_CONGESTION_UNPROVED) != 0;
}

void measure_pipe(struct tcpr_conn *c);
bool unproved_window_ages(struct tcpr_conn *c, const struct tcpr_config *config);
uint32_t proved_window(struct tcpr_conn *c, uint32_t flight);
void repair_unproved(struct tcpr_conn *c);
void prove_nothing(struct tcpr_conn *c);

/* ---- congestion.c (RFC 5681, RFC 6582, RFC 6675) ---- */

static inline uint32_t in_flight(const struct tcpr_conn *c)
{
    return tcpr_seq_distance(c->snd.una, c->snd.nxt);
}

uint32_t initial_window(const struct tcpr_conn *c, const struct tcpr_config *config);

void congestion_sent(struct tcpr_conn *c, const struct tcpr_config *config);

void congestion_reset(struct tcpr_conn *c, const struct tcpr_config *config);
void congestion_ack(struct tcpr_conn *c, const struct tcpr_config *config, const struct tcpr_segment *seg,
                    uint32_t octets);
void congestion_marked(struct tcpr_conn *c, const struct tcpr_config *config, uint32_t flight, struct tcpr_effects *fx);
void congestion_duplicate_ack(struct tcpr_conn *c, struct tcpr_effects *fx);
void congestion_sacked(struct tcpr_conn *c, const struct tcpr_config *config, uint32_t news, uint32_t delivered,
                       struct tcpr_effects *fx);
void congestion_probe_mended(struct tcpr_conn *c, struct tcpr_effects *fx);
void congestion_timeout(struct tcpr_conn *c, const struct tcpr_config *config);
void congestion_undo(struct tcpr_conn *c, const struct tcpr_config *config, uint32_t octets);
uint32_t congestion_room(const struct tcpr_conn *c, const struct tcpr_config *config);
bool congestion_after_idle(struct tcpr_conn *c, const struct tcpr_config *config);
void owe_retransmission(struct tcpr_conn *c, uint32_t end);

/* ---- timers.c ---- */

/* Run or stop retransmission, persist, override and user timers as the send variables now want it. */
void set_send_timers(struct tcpr_conn *c, const struct tcpr_config *config);

/* ---- output.c ---- */

bool send_syn(struct tcpr_conn *c, const struct tcpr_config *config, struct tcpr_segment *out);

/* True when text may leave now; the sender's silly window avoidance and Nagle included. */
uint32_t sendable(const struct tcpr_conn *c, const struct tcpr_config *config);

#pragma GCC visibility pop

#endif
