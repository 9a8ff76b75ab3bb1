/* What can be wrong with a connection. Numbers: the words are there only for who asks for them (tcpr_conn_fault). */
#ifndef TCPR_FAULTS_H
#define TCPR_FAULTS_H

#define TCPR_FAULTS(X)                                                                \
    X(TIMER_IN_CLOSED, "a timer runs in CLOSED")                                      \
    X(TIMER_IN_LISTEN, "a timer runs in LISTEN")                                      \
    X(TIMER_IN_TIME_WAIT, "a timer other than 2 MSL runs in TIME-WAIT")               \
    X(TIME_WAIT_WITHOUT_TIMER, "TIME-WAIT without its timer")                         \
    X(BOTH_SEND_TIMERS_RUN, "retransmission and persist timers both run")             \
    X(UNA_BEYOND_NXT, "SND.UNA beyond SND.NXT")                                       \
    X(ACKED_BEYOND_SENT, "acknowledged beyond what was sent")                         \
    X(SEND_BUFFER_OVERRUN, "more unacknowledged than the send buffer holds")          \
    X(NXT_BEYOND_FIN, "SND.NXT beyond the FIN")                                       \
    X(FIN_NOBODY_QUEUED, "a FIN was sent that nobody queued")                         \
    X(CURSOR_OUTSIDE_FLIGHT, "the retransmission cursor is outside SND.UNA..SND.NXT") \
    X(WINDOW_OR_SIZE_OF_ZERO, "a congestion window or segment size of zero")          \
    X(EMPTY_ISLAND, "an empty island")                                                \
    X(ISLAND_BEYOND_WINDOW, "an island beyond the window")                            \
    X(ISLAND_REACHED, "an island that RCV.NXT has reached")                           \
    X(ISLANDS_TOUCH, "two islands that touch")                                        \
    X(TOO_MANY_ISLANDS, "more islands than there is room for")                        \
    X(UNUSED_ISLAND_NOT_ZERO, "an unused island is not zero")                         \
    X(SCOREBOARD_WITHOUT_ROOM, "a scoreboard without room")                           \
    X(TOO_MANY_RANGES, "more ranges than the scoreboard has room for")                \
    X(SCOREBOARD_OUT_OF_ORDER, "the scoreboard is out of order")                      \
    X(UNUSED_RANGE_NOT_ZERO, "an unused range of the scoreboard is not zero")         \
    X(REPORTED_BUT_NEVER_SENT, "the scoreboard reports what was never sent")          \
    X(RCV_NXT_BEYOND_WINDOW, "RCV.NXT beyond the window")                             \
    X(READ_BEYOND_RECEIVED, "read beyond what was received")                          \
    X(RECEIVE_BUFFER_OVERRUN, "more unread than the receive buffer holds")            \
    X(FIN_HELD_AND_REACHED, "a FIN both held and reached")                            \
    X(PEERS_FIN_NOT_REACHED, "the peer's FIN was not reached")                        \
    X(PEERS_FIN_PASSED_OVER, "the peer's FIN was passed over")                        \
    X(OUR_FIN_NOT_QUEUED, "our FIN was not queued")                                   \
    X(OUR_FIN_NOT_ACKED, "our FIN is not acknowledged")                               \
    X(OUR_FIN_ACKED, "our FIN is acknowledged")                                       \
    X(OUR_SYN_ACKED, "our SYN is acknowledged")                                       \
    X(MARKS_WITHOUT_AGREEMENT, "marks without an agreement")                          \
    X(HELD_BACK_FOR_EVER, "held back for ever")                                       \
    X(REDUCTION_PAST, "a reduction that is past")                                     \
    X(NO_SUCH_STATE, "no such state")                                                 \
    X(NO_PEER, "a connection without a peer")                                         \
    X(TOO_MANY_RECORDS, "more records than there is room for")                        \
    X(RECORDS_UNUSED, "records that nothing uses")                                    \
    X(RECORDS_OUT_OF_ORDER, "the records are out of order")                           \
    X(RECORDS_END_ELSEWHERE, "the records do not end at SND.NXT")

enum fault {
    WHOLE, /* nothing */
#define FAULT_ENUMERATOR(name, text) name,
    TCPR_FAULTS(FAULT_ENUMERATOR)
#undef FAULT_ENUMERATOR
};

#endif
