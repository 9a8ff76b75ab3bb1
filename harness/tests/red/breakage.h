/* The engine with something broken on its wire or towards its application, so that a spec can be seen red. */
#ifndef RED_BREAKAGE_H
#define RED_BREAKAGE_H

#include "tcprove/stack.h"

enum breakage_kind {
    BREAK_NOTHING = 0,
    BREAK_MUTE,        /* what it sends is lost */
    BREAK_SEQ,         /* SEG.SEQ is one too high */
    BREAK_ACK,         /* SEG.ACK is one too low */
    BREAK_CONTROL,     /* FIN is added, or taken away */
    BREAK_OPTIONS,     /* all options are taken away */
    BREAK_URGENT,      /* URG and its pointer are taken away */
    BREAK_ECHO,        /* the echoed timestamp is another */
    BREAK_OLD_OPTIONS, /* every segment carries the options of the first */
    BREAK_TEXT,        /* the text's first octet is another */
    BREAK_LENGTH,      /* the last octet of text is missing */
    BREAK_PUSH,        /* PSH and ACK are taken away */
    BREAK_CHECKSUM,    /* the checksum is wrong */
    BREAK_TWICE,       /* everything is sent twice */
    BREAK_RESETS,      /* each segment that arrives also draws an RST */
    BREAK_DEAF,        /* what arrives is lost */
    BREAK_CHATTER,     /* an idle connection sends its last segment again every second */
    BREAK_EVENTS,      /* the application learns nothing */
    BREAKAGES
};

const char *breakage_name(enum breakage_kind kind);

/** Break from the nth datagram or event on, counted per host. Not for two threads. */
void breakage_set(enum breakage_kind kind, unsigned from);

/** How many datagrams and events the last host has counted. */
unsigned breakage_count(void);

/** The engine, broken as set. */
const struct tcprove_stack_ops *broken_engine(void);

#endif
