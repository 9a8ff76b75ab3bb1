/**
 * oracle.h - what RFC 9293 section 3.10.7 says one segment does, written from its text alone.
 *
 * It shares no code with the engine and knows a connection only by the few facts the text speaks of.
 */
#ifndef TCPROVE_TESTS_ORACLE_H
#define TCPROVE_TESTS_ORACLE_H

#include "tcprove/tcprove.h"

/** What the text needs to know of a connection. */
struct facts {
    enum tcpr_state state;
    bool passive;     /* came from LISTEN */
    bool fin_sent;    /* fin_seq is sent */
    bool timestamps;  /* negotiated */
    bool ecn_offered; /* the SYN asked for ECN, and none went without */
    bool ecn_agreed;
    bool ecn_echoes;               /* a mark came, and no CWR since */
    bool accurate, wants_accurate; /* RFC 9768: agreed on, wanted */
    bool reflects;                 /* the first ACK is due, which tells how the SYN,ACK came instead of counting */
    bool ts_recent_valid;          /* TS.Recent holds something */
    bool wants_timestamps;
    bool rst_5961, syn_5961, ack_5961, rfc1337;
    bool reopens; /* MAY-2 is wanted, and no text of the old connection waits to be read */
    uint32_t fin_seq;
    uint32_t snd_una, snd_nxt, iss, max_snd_wnd;
    uint32_t rcv_nxt, rcv_wnd, irs;
    uint32_t ts_recent;
    uint32_t ace;                  /* r.cep modulo 8 */
    uint32_t held_first, held_end; /* one island beyond RCV.NXT; equal where there is none */
};

/** Kinds of answer, as bits: where the text leaves a choice several are set. */
enum answer {
    ANSWER_NONE = 1,
    ANSWER_ACK = 2,     /* <SEQ=SND.NXT><ACK=RCV.NXT><CTL=ACK> */
    ANSWER_RST_SEQ = 4, /* <SEQ=SEG.ACK><CTL=RST> */
    ANSWER_RST_ACK = 8  /* <SEQ=0><ACK=SEG.SEQ+SEG.LEN><CTL=RST,ACK> */
};

struct prediction {
    enum tcpr_state state;
    uint32_t answers; /* enum answer */
    uint32_t snd_una; /* afterwards; meaningful in synchronized states */
    uint32_t rcv_nxt; /* afterwards, likewise */
};

struct facts facts_of(const struct tcpr_conn *c, const struct tcpr_config *config);
struct prediction predict(const struct facts *f, const struct tcpr_segment *seg);

/**
 * Hold what the engine made of a segment against the prediction.
 *
 * @param f   before the segment.
 * @param c   after it.
 * @return NULL: as predicted; else what is not.
 */
const char *prediction_fault(const struct facts *f, const struct tcpr_segment *seg, const struct tcpr_conn *c,
                             const struct tcpr_effects *fx);

/** Figure 5's arrows and those it leaves out, by one segment: ones that pass through two states included. */
bool legal_successor(enum tcpr_state from, enum tcpr_state to);

#endif
