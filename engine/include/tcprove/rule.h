/**
 * tcprove/rule.h - the rules the engine decides by.
 *
 * Every drop, reset, acknowledgment and transition names one of these. The names are ids of
 * specs/catalogue/requirements.tsv; a test holds this list to that file.
 */
#ifndef TCPROVE_RULE_H
#define TCPROVE_RULE_H

#include "tcprove/base.h"

#ifdef __cplusplus
extern "C" {
#endif

/** X(enumerator, id): one line a rule, in the order of the catalogue. The ids are the interface, not the numbers. */
#define TCPR_RULES(X)                                      \
    X(TCPR_RULE_NONE, "none")                              \
    X(TCPR_RULE_MUST_3, "MUST-3")                          \
    X(TCPR_RULE_MUST_7, "MUST-7")                          \
    X(TCPR_RULE_MUST_10, "MUST-10")                        \
    X(TCPR_RULE_MUST_11, "MUST-11")                        \
    X(TCPR_RULE_MUST_13, "MUST-13")                        \
    X(TCPR_RULE_MUST_20, "MUST-20")                        \
    X(TCPR_RULE_MUST_29, "MUST-29")                        \
    X(TCPR_RULE_MUST_30, "MUST-30")                        \
    X(TCPR_RULE_MUST_32, "MUST-32")                        \
    X(TCPR_RULE_MUST_36, "MUST-36")                        \
    X(TCPR_RULE_MUST_55, "MUST-55")                        \
    X(TCPR_RULE_MUST_56, "MUST-56")                        \
    X(TCPR_RULE_MUST_57, "MUST-57")                        \
    X(TCPR_RULE_MUST_63, "MUST-63")                        \
    X(TCPR_RULE_MUST_66, "MUST-66")                        \
    X(TCPR_RULE_SHLD_3, "SHLD-3")                          \
    X(TCPR_RULE_SHLD_4, "SHLD-4")                          \
    X(TCPR_RULE_SHLD_7, "SHLD-7")                          \
    X(TCPR_RULE_SHLD_9, "SHLD-9")                          \
    X(TCPR_RULE_SHLD_12, "SHLD-12")                        \
    X(TCPR_RULE_SHLD_18, "SHLD-18")                        \
    X(TCPR_RULE_SHLD_19, "SHLD-19")                        \
    X(TCPR_RULE_SHLD_25, "SHLD-25")                        \
    X(TCPR_RULE_SHLD_26, "SHLD-26")                        \
    X(TCPR_RULE_SHLD_31, "SHLD-31")                        \
    X(TCPR_RULE_MUST_38, "MUST-38")                        \
    X(TCPR_RULE_MUST_39, "MUST-39")                        \
    X(TCPR_RULE_MUST_40, "MUST-40")                        \
    X(TCPR_RULE_MUST_46, "MUST-46")                        \
    X(TCPR_RULE_MUST_54, "MUST-54")                        \
    X(TCPR_RULE_MUST_58, "MUST-58")                        \
    X(TCPR_RULE_MAY_2, "MAY-2")                            \
    X(TCPR_RULE_9293_3_4_1_N1, "RFC9293-3.4.1-n1")         \
    X(TCPR_RULE_9293_3_5_2_N1, "RFC9293-3.5.2-n1")         \
    X(TCPR_RULE_9293_3_5_2_N2, "RFC9293-3.5.2-n2")         \
    X(TCPR_RULE_9293_3_5_2_N3, "RFC9293-3.5.2-n3")         \
    X(TCPR_RULE_9293_3_5_2_N4, "RFC9293-3.5.2-n4")         \
    X(TCPR_RULE_9293_3_5_3_N2, "RFC9293-3.5.3-n2")         \
    X(TCPR_RULE_9293_3_6_N1, "RFC9293-3.6-n1")             \
    X(TCPR_RULE_9293_3_6_N2, "RFC9293-3.6-n2")             \
    X(TCPR_RULE_9293_3_6_N3, "RFC9293-3.6-n3")             \
    X(TCPR_RULE_9293_3_8_6_1_N1, "RFC9293-3.8.6.1-n1")     \
    X(TCPR_RULE_9293_3_8_6_2_1_N1, "RFC9293-3.8.6.2.1-n1") \
    X(TCPR_RULE_9293_OPEN_N1, "RFC9293-3.10.1-n1")         \
    X(TCPR_RULE_9293_CLOSE_N1, "RFC9293-3.10.4-n1")        \
    X(TCPR_RULE_9293_ABORT_N1, "RFC9293-3.10.5-n1")        \
    X(TCPR_RULE_9293_CLOSED_N1, "RFC9293-3.10.7.1-n1")     \
    X(TCPR_RULE_9293_LISTEN_N1, "RFC9293-3.10.7.2-n1")     \
    X(TCPR_RULE_9293_LISTEN_N2, "RFC9293-3.10.7.2-n2")     \
    X(TCPR_RULE_9293_SYN_SENT_N1, "RFC9293-3.10.7.3-n1")   \
    X(TCPR_RULE_9293_SYN_SENT_N2, "RFC9293-3.10.7.3-n2")   \
    X(TCPR_RULE_9293_SYN_SENT_N3, "RFC9293-3.10.7.3-n3")   \
    X(TCPR_RULE_9293_SYN_SENT_N4, "RFC9293-3.10.7.3-n4")   \
    X(TCPR_RULE_9293_OTHER_N1, "RFC9293-3.10.7.4-n1")      \
    X(TCPR_RULE_9293_OTHER_N2, "RFC9293-3.10.7.4-n2")      \
    X(TCPR_RULE_9293_OTHER_N3, "RFC9293-3.10.7.4-n3")      \
    X(TCPR_RULE_9293_OTHER_N4, "RFC9293-3.10.7.4-n4")      \
    X(TCPR_RULE_9293_OTHER_N5, "RFC9293-3.10.7.4-n5")      \
    X(TCPR_RULE_9293_OTHER_N6, "RFC9293-3.10.7.4-n6")      \
    X(TCPR_RULE_9293_OTHER_N7, "RFC9293-3.10.7.4-n7")      \
    X(TCPR_RULE_9293_OTHER_N8, "RFC9293-3.10.7.4-n8")      \
    X(TCPR_RULE_9293_OTHER_N9, "RFC9293-3.10.7.4-n9")      \
    X(TCPR_RULE_9293_OTHER_N10, "RFC9293-3.10.7.4-n10")    \
    X(TCPR_RULE_9293_OTHER_N11, "RFC9293-3.10.7.4-n11")    \
    X(TCPR_RULE_9293_OTHER_N12, "RFC9293-3.10.7.4-n12")    \
    X(TCPR_RULE_9293_OTHER_N13, "RFC9293-3.10.7.4-n13")    \
    X(TCPR_RULE_9293_OTHER_N14, "RFC9293-3.10.7.4-n14")    \
    X(TCPR_RULE_9293_OTHER_N15, "RFC9293-3.10.7.4-n15")    \
    X(TCPR_RULE_9293_OTHER_N16, "RFC9293-3.10.7.4-n16")    \
    X(TCPR_RULE_9293_OTHER_N17, "RFC9293-3.10.7.4-n17")    \
    X(TCPR_RULE_9293_OTHER_N18, "RFC9293-3.10.7.4-n18")    \
    X(TCPR_RULE_9293_3_10_8_N1, "RFC9293-3.10.8-n1")       \
    X(TCPR_RULE_9293_3_10_8_N2, "RFC9293-3.10.8-n2")       \
    X(TCPR_RULE_9293_3_10_8_N3, "RFC9293-3.10.8-n3")       \
    X(TCPR_RULE_5961_7_2, "RFC5961-7-2")                   \
    X(TCPR_RULE_1337_3_N1, "RFC1337-3-n1")                 \
    X(TCPR_RULE_7323_3_2_8, "RFC7323-3.2-8")               \
    X(TCPR_RULE_7323_5_3_N1, "RFC7323-5.3-n1")             \
    X(TCPR_RULE_5681_3_2_1, "RFC5681-3.2-1")               \
    X(TCPR_RULE_5681_3_2_2, "RFC5681-3.2-2")               \
    X(TCPR_RULE_5681_3_2_3, "RFC5681-3.2-3")               \
    X(TCPR_RULE_5681_3_2_4, "RFC5681-3.2-4")               \
    X(TCPR_RULE_5482_3_1_6, "RFC5482-3.1-6")               \
    X(TCPR_RULE_5482_3_4_1, "RFC5482-3.4-1")               \
    X(TCPR_RULE_5682_2_1_N3, "RFC5682-2.1-n3")             \
    X(TCPR_RULE_3522_3_2_N1, "RFC3522-3.2-n1")             \
    X(TCPR_RULE_8985_4_2, "RFC8985-4-2")                   \
    X(TCPR_RULE_8985_6_2_N1, "RFC8985-6.2-n1")             \
    X(TCPR_RULE_8985_7_3_3, "RFC8985-7.3-3")               \
    X(TCPR_RULE_8985_7_4_2_1, "RFC8985-7.4.2-1")           \
    X(TCPR_RULE_3168_6_1_1_1_1, "RFC3168-6.1.1.1-1")       \
    X(TCPR_RULE_3168_6_1_2_3, "RFC3168-6.1.2-3")           \
    X(TCPR_RULE_3168_6_1_2_N1, "RFC3168-6.1.2-n1")         \
    X(TCPR_RULE_9768_3_1_5_5, "RFC9768-3.1.5-5")           \
    X(TCPR_RULE_2018_5_1, "RFC2018-5-1")                   \
    X(TCPR_RULE_6675_5_3, "RFC6675-5-3")                   \
    X(TCPR_RULE_6298_5_N1, "RFC6298-5-n1")                 \
    X(TCPR_RULE_7413_4_2_3, "RFC7413-4.2-3")               \
    X(TCPR_RULE_7413_4_2_2_8, "RFC7413-4.2.2-8")           \
    X(TCPR_RULE_7413_4_2_2_N1, "RFC7413-4.2.2-n1")         \
    X(TCPR_RULE_7413_4_2_2_N2, "RFC7413-4.2.2-n2")         \
    X(TCPR_RULE_1191_3_1, "RFC1191-3-1")                   \
    X(TCPR_RULE_1191_6_4_3, "RFC1191-6.4-3")               \
    X(TCPR_RULE_8201_4_2, "RFC8201-4-2")                   \
    X(TCPR_RULE_5927_4_1_1, "RFC5927-4.1-1")               \
    X(TCPR_RULE_5927_7_2_1, "RFC5927-7.2-1")               \
    X(TCPR_RULE_5927_7_2_2, "RFC5927-7.2-2")               \
    X(TCPR_RULE_4987_3_4_1, "RFC4987-3.4-1")               \
    X(TCPR_RULE_4987_3_6_1, "RFC4987-3.6-1")               \
    X(TCPR_RULE_4987_A_1, "RFC4987-A-1")

enum tcpr_rule {
#define TCPR_RULE_ENUMERATOR(name, id) name,
    TCPR_RULES(TCPR_RULE_ENUMERATOR)
#undef TCPR_RULE_ENUMERATOR
        TCPR_RULE_COUNT
};

/** The catalogue's id of a rule: "MUST-58". Never NULL. */
const char *tcpr_rule_id(enum tcpr_rule rule);

#ifdef __cplusplus
}
#endif
#endif
