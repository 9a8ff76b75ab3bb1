/**
 * support.h - a laboratory for one connection: it is brought to a state by the book, given inputs, and watched.
 *
 * Each call below checks what holds after any input (lab_check), so a test states only what it is about.
 */
#ifndef TCPROVE_TESTS_SUPPORT_H
#define TCPROVE_TESTS_SUPPORT_H

#include "check.h"
#include "tcprove/tcprove.h"

#define LAB_OUT_MAX 128
#define LAB_IRS 100u
#define LAB_RANGES 32u
#define LAB_RECORDS 256u

/** One connection under test, the tester's half of the conversation, and what the last input did. */
struct lab {
    struct tcpr_config config;
    struct tcpr_conn c;
    struct tcpr_range ranges[LAB_RANGES]; /* of `c`: its tail, where the test asks for one */
    struct tcpr_rack_vars rack;
    struct tcpr_record records[LAB_RECORDS];
    struct tcpr_effects fx;               /* of the last input */
    struct tcpr_segment out[LAB_OUT_MAX]; /* of the last lab_pull */
    size_t outs;                          /* how many */
    struct tcpr_ip ip;                    /* of arriving segments */
    enum tcpr_status status;              /* of the last user call */
    tcpr_time now;
    uint32_t window;  /* the raw field the tester advertises */
    uint32_t ts_echo; /* the last TSval the connection sent */
};

/** How a connection came to its state. Zero is: passive, the default configuration, a peer without options. */
struct how {
    bool active;             /* an active OPEN; SYN-RECEIVED is then reached by Figure 7 */
    bool zero_window;        /* our own receive window is filled: RCV.WND is 0 */
    bool lowered;            /* once established the peer lowers its window to `lower` */
    uint32_t features_on;    /* besides the default */
    uint32_t features_off;   /* of the default */
    uint32_t receive_buffer; /* 0: 8000 */
    uint32_t send_buffer;    /* 0: the default */
    uint32_t window;         /* the peer's raw window; 0: 65535 */
    uint32_t lower;
    uint32_t text;    /* octets sent in ESTABLISHED and not acknowledged */
    uint32_t arrived; /* octets that arrived in ESTABLISHED and were not read */
    uint32_t held_at; /* an island of held_len octets that far beyond RCV.NXT, where text may arrive */
    uint32_t held_len;
    uint32_t iss; /* our ISN when iss_given */
    uint32_t irs; /* the peer's ISN; 0: LAB_IRS */
    bool iss_given;
    uint16_t records;      /* room for records of what was sent */
    uint8_t ranges;        /* room of the scoreboard */
    bool nagle;            /* with Nagle's algorithm, else each SEND goes at once (MUST-17) */
    uint8_t options;       /* TCPR_OPT_... on the peer's SYN, besides MSS */
    uint8_t peer_shift;    /* its window scale */
    uint16_t peer_mss;     /* 0: 1460 */
    uint16_t peer_timeout; /* its user timeout option, where `options` has it */
    uint64_t user_timeout; /* of OPEN */
    bool ecn;              /* both ends want ECN */
    bool accurate;         /* ... RFC 9768's */
};

/** A segment in short. Left out is 0; the window then is the lab's. */
struct seg {
    uint16_t ctl;
    uint32_t seq;
    uint32_t ack;
    uint32_t len;
    uint32_t wnd;
    uint16_t up;
    uint8_t ecn; /* of the IP header */
    bool no_wnd; /* a window of 0 */
    bool no_ts;  /* without timestamps, negotiated or not */
    bool ts;     /* with ts_val as given */
    uint32_t ts_val;
    const struct tcpr_options *options; /* instead of the ones that go by themselves */
};
#define SEG(...) ((struct seg){__VA_ARGS__})

/** @name Making. @{ */
void lab_init(struct lab *lab, const struct how *how);
void lab_reach(struct lab *lab, enum tcpr_state state, struct how how);
struct tcpr_open lab_open(const struct how *how);
struct tcpr_segment lab_segment(const struct lab *lab, struct seg seg);
/** @} */

/** @name Inputs. @{ */
void lab_arrives(struct lab *lab, struct seg seg);
/** An ACK of `number`, without text, next in line. */
void lab_acked(struct lab *lab, uint32_t number);
/** An ACK of SND.UNA that reports [first, end). */
void lab_reported(struct lab *lab, uint32_t first, uint32_t end);
void lab_given(struct lab *lab, const struct tcpr_segment *segment);
void lab_icmp(struct lab *lab, uint8_t version, uint8_t type, uint8_t code, uint32_t quoted, uint32_t mtu);
void lab_open_passive(struct lab *lab, const struct how *how);
void lab_open_active(struct lab *lab, const struct how *how);
void lab_send(struct lab *lab, uint32_t octets);
void lab_send_urgent(struct lab *lab, uint32_t octets);
uint32_t lab_receive(struct lab *lab, uint32_t octets);
void lab_close(struct lab *lab);
void lab_release(struct lab *lab);
void lab_abort(struct lab *lab);
void lab_set_user_timeout(struct lab *lab, tcpr_time us);
/** Let `us` pass; each deadline on the way fires. Afterwards lab->fx.events holds what any of them told. */
void lab_wait(struct lab *lab, tcpr_time us);
/** Let time come to the deadline of `timer`, which must run. Other timers due before fire on the way. */
void lab_fire(struct lab *lab, enum tcpr_timer timer);
/** Take all outputs into lab->out; checks that the call that returns false changes nothing. */
size_t lab_pull(struct lab *lab);
/** @} */

/** @name Reading. @{ */
void lab_check(const struct lab *lab);
uint32_t lab_window(const struct lab *lab); /* RCV.WND */
bool lab_runs(const struct lab *lab, enum tcpr_timer timer);
uint32_t lab_fin_seq(const struct lab *lab); /* sequence number of our FIN, sent or to be sent */
bool lab_same(const struct lab *lab, const struct tcpr_conn *before); /* but for the clock's last reading */
bool lab_did(const struct lab *lab, enum tcpr_act act);
bool lab_event(const struct lab *lab, uint32_t events);
/** @} */

/** @name Expecting; each fails the test with what came instead. @{ */
#define expect_state(lab, want) \
    assert_string_equal(tcpr_state_name((enum tcpr_state)(lab)->c.state), tcpr_state_name(want))
#define expect_event(lab, event) assert_true(((lab)->fx.events & (uint32_t)(event)) == (uint32_t)(event))
#define expect_no_event(lab, event) assert_int_equal((lab)->fx.events &(uint32_t)(event), 0)
#define expect_status(lab, want) assert_string_equal(tcpr_status_text((lab)->status), tcpr_status_text(want))
#define expect_rule(lab, rule) expect_rule_at(lab, rule, __FILE__, __LINE__)
#define expect_segment(got, want) expect_segment_at(got, want, __FILE__, __LINE__)
#define expect_reply(lab, want) expect_reply_at(lab, want, __FILE__, __LINE__)
#define expect_silence(lab) expect_silence_at(lab, __FILE__, __LINE__)
#define expect_ack_reply(lab) expect_reply_at(lab, lab_ack(lab), __FILE__, __LINE__)
#define expect_pulled(lab, want) expect_pulled_at(lab, want, __FILE__, __LINE__)
#define expect_unchanged(lab, before) assert_true(lab_same(lab, before))

struct seg lab_ack(const struct lab *lab); /* <SEQ=SND.NXT><ACK=RCV.NXT><CTL=ACK> */
void expect_segment_at(const struct tcpr_segment *got, struct seg want, const char *file, int line);
void expect_rule_at(const struct lab *lab, enum tcpr_rule rule, const char *file, int line);
void expect_reply_at(const struct lab *lab, struct seg want, const char *file, int line);
/** Neither a reply nor anything to pull. */
void expect_silence_at(struct lab *lab, const char *file, int line);
/** Pull: exactly one segment, and this. */
void expect_pulled_at(struct lab *lab, struct seg want, const char *file, int line);
/** @} */

#endif
