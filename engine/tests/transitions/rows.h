/**
 * rows.h - the rows of specs/catalogue/transitions.tsv as tests: one table a state, shared tests below.
 */
#ifndef TCPROVE_TESTS_ROWS_H
#define TCPROVE_TESTS_ROWS_H

#include "support.h"

/** A row by its key, and what proves it; or, with no test, why the engine alone cannot be asked. */
struct row {
    const char *event;
    const char *condition;
    const char *next_state;
    void (*test)(enum tcpr_state state);
    const char *reason;
};

struct row_table {
    enum tcpr_state state;
    const struct row *rows;
    size_t count;
};

#define ROW_TABLE(of, table)                          \
    {                                                 \
        of, table, sizeof(table) / sizeof((table)[0]) \
    }

extern const struct row_table rows_closed, rows_listen, rows_syn_sent, rows_syn_received, rows_established,
    rows_fin_wait_1, rows_fin_wait_2, rows_close_wait, rows_closing, rows_last_ack, rows_time_wait;

/** @name Reasons for a row without a test. @{ */
#define HOST_ACCESS "the host knows its processes, not the engine"
#define HOST_ROOM "the host makes room for connections, not the engine"
#define HOST_QUEUE "the engine keeps no queue of RECEIVEs: the host asks again"
#define NO_SECURITY "no configuration of the engine has security compartments"
/** @} */

/** @name calls.c: user calls. @{ */
void open_exists(enum tcpr_state state);
void send_does_not_exist(enum tcpr_state state);
void send_queued(enum tcpr_state state);
void send_no_space(enum tcpr_state state);
void send_text(enum tcpr_state state);
void send_urgent(enum tcpr_state state);
void send_closing(enum tcpr_state state);
void receive_queued(enum tcpr_state state);
void receive_text(enum tcpr_state state);
void receive_last_text(enum tcpr_state state);
void receive_closing(enum tcpr_state state);
void close_closing(enum tcpr_state state);
void close_deletes(enum tcpr_state state);
void abort_sends_reset(enum tcpr_state state);
void abort_silent(enum tcpr_state state);
void status_tells(enum tcpr_state state);
/** @} */

/** @name checks.c: the first four checks of section 3.10.7.4. @{ */
void out_of_window(enum tcpr_state state);
void rst_out_of_window(enum tcpr_state state);
void data_zero_window(enum tcpr_state state);
void empty_zero_window(enum tcpr_state state);
void straddles_left(enum tcpr_state state);
void straddles_right(enum tcpr_state state);
void rst_exact(enum tcpr_state state);
void rst_with_data(enum tcpr_state state);
void rst_challenged(enum tcpr_state state);
void rst_old_style(enum tcpr_state state);
void syn_challenged(enum tcpr_state state);
void syn_old_style_resets(enum tcpr_state state);
void syn_old_style_outside(enum tcpr_state state);
void ack_bit_off(enum tcpr_state state);
/** @} */

/** @name ack.c: the fifth check. @{ */
void ack_new(enum tcpr_state state);
void ack_duplicate(enum tcpr_state state);
void ack_old(enum tcpr_state state);
void ack_future(enum tcpr_state state);
void window_update(enum tcpr_state state);
void window_stale(enum tcpr_state state);
void window_zero(enum tcpr_state state);
void window_shrunk(enum tcpr_state state);
/** @} */

/** @name text.c: URG, text and FIN. @{ */
void urg_begins(enum tcpr_state state);
void urg_repeated(enum tcpr_state state);
void urg_moves_on(enum tcpr_state state);
void urg_zero_window(enum tcpr_state state);
void urg_after_fin(enum tcpr_state state);
void text_in_order(enum tcpr_state state);
void text_out_of_order(enum tcpr_state state);
void text_fills_gap(enum tcpr_state state);
void text_duplicate(enum tcpr_state state);
void text_after_fin(enum tcpr_state state);
void text_after_release(enum tcpr_state state);
void fin_out_of_order(enum tcpr_state state);
void fin_retransmitted(enum tcpr_state state);
void fin_unprocessed(enum tcpr_state state);
/** @} */

/** @name below.c: what is wrong with the octets, ICMP, time. @{ */
void checksum_wrong(enum tcpr_state state);
void option_length_wrong(enum tcpr_state state);
void icmp_hard(enum tcpr_state state);
void icmp_hard_is_soft(enum tcpr_state state);
void icmp_not_in_flight(enum tcpr_state state);
void icmp_soft(enum tcpr_state state);
void icmp_source_quench(enum tcpr_state state);
void icmp_too_big(enum tcpr_state state);
void user_timeout(enum tcpr_state state);
void retransmission_none(enum tcpr_state state);
void retransmission_text(enum tcpr_state state);
void retransmission_fin(enum tcpr_state state);
void retransmission_limit(enum tcpr_state state);
void delayed_ack(enum tcpr_state state);
void zero_window_probe(enum tcpr_state state);
void keepalive_probe(enum tcpr_state state);
void keepalive_failure(enum tcpr_state state);
void sws_override(enum tcpr_state state);
/** @} */

/** @name Helpers. @{ */
/** Reach `state` with 2000 octets of ours not acknowledged where that state allows it. */
void reach_with_text(struct lab *lab, enum tcpr_state state);
/** The segment just taken is acknowledged: at once, or when the delayed ACK falls due (MUST-40). */
void expect_acked_soon(struct lab *lab);
bool text_may_arrive(enum tcpr_state state); /* ESTABLISHED, FIN-WAIT-1, FIN-WAIT-2 */
bool has_unacked(enum tcpr_state state);     /* our text or FIN may be outstanding */
/** @} */

#endif
