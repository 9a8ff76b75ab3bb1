/**
 * harness/spec.h - a spec as read: YAML turned into steps, expressions and patterns, every part with its place.
 *
 * docs/spec-language.md is the language; this is its tree. The reader checks all that can be known without a target:
 * names, types, shapes. Values are evaluated when a step runs (harness/eval.h), parameters included.
 *
 * Everything here lives in the suite's arena. Strings end in NUL and are valid UTF-8; `text` with a length may hold any
 * octet.
 */
#ifndef HARNESS_SPEC_H
#define HARNESS_SPEC_H

#include "harness/arena.h"
#include "tcprove/tcprove.h"

/** Where something stands, for errors and reports. Lines and columns count from 1. */
struct place {
    const char *file;
    unsigned line;
    unsigned column;
};

/** An error of the form "file:line:column: what is wrong; what would be right". */
struct spec_error {
    struct place at;
    const char *text; /* "unknown step 'exspect'; did you mean 'expect'?" */
};

/* ---- Expressions ---- */

enum expr_kind {
    EXPR_NUMBER = 1, /* 101, 0x1f; `number` */
    EXPR_TIME,       /* 200 ms, 1 s, 2 min; `number` in microseconds */
    EXPR_NAME,       /* a built-in of enum spec_name, or bound: `name`, `builtin` */
    EXPR_BIND,       /* ?x: matches anything and names it */
    EXPR_ANY,        /* * */
    EXPR_RANGE,      /* a..b: from `left` to `right`, both included; of times half-open */
    EXPR_ADD,
    EXPR_SUBTRACT,
    EXPR_MULTIPLY,
    EXPR_DIVIDE,    /* `left`, `right` */
    EXPR_NEGATE,    /* - `left` */
    EXPR_PARAMETER, /* {name}: `parameter` is the index into spec.parameter */
    EXPR_FLAGS,     /* SYN,ACK,!ECE: control bits in `number`, those that must be absent CONTROL_ABSENT_SHIFT higher */
    EXPR_TEXT,      /* "hello": `text`, `text_len` octets */
    EXPR_STATE      /* FIN-WAIT-1: enum tcpr_state in `number`; as a parameter's value only */
};

/**
 * What an expression is, known when it is read. SEQUENCE is modulo 2^32 and compares as sequence numbers do; the
 * difference of two is a NUMBER, and a NUMBER may stand where a SEQUENCE is asked for. TIME over TIME is a NUMBER.
 * TS values count as SEQUENCE. Times bound by `at` and their differences are both TIME.
 */
enum value_type {
    TYPE_ANY = 0, /* *, and ?x by itself */
    TYPE_NUMBER,
    TYPE_SEQUENCE,
    TYPE_TIME,
    TYPE_FLAGS,
    TYPE_TEXT,
    TYPE_STATE
};

/** Names every spec knows (docs/spec-language.md): the target's own TCB as far as the tester can know it. */
enum spec_name {
    NAME_BOUND = 0, /* none of these: bound by ?x, `let` or `at` */
    NAME_RCV_NXT,
    NAME_RCV_WND,
    NAME_RCV_RIGHT,
    NAME_ACKED,
    NAME_SND_NXT,
    NAME_SND_UNA,
    NAME_SND_WND,
    NAME_ISS,
    NAME_IRS,
    NAME_MSS,
    NAME_TS_RECENT,
    NAME_TS_VAL,
    NAME_RTO,
    NAME_MSL,
    NAME_TICK
};

struct expr {
    enum expr_kind kind;
    enum value_type type; /* of BIND and ANY: what the place asks for */
    enum spec_name builtin;
    unsigned parameter;
    unsigned variable; /* BIND, and NAME with NAME_BOUND: index into `variable` of the spec or fragment it stands in */
    int64_t number;    /* fractions such as 1.8 are kept as number / scale */
    int64_t scale;     /* 1 unless a fraction was written */
    const struct expr *left, *right;
    const char *name;
    const char *text;
    size_t text_len;
    const char *source; /* as written; NULL in the parts of a larger expression */
    struct place at;
};

/* ---- Segments: <SEQ=...><ACK=...><CTL=...> ---- */

#define CONTROL_ABSENT_SHIFT 16
#define CONTROL_OPEN (TCPR_PSH | TCPR_URG | TCPR_ECE | TCPR_CWR | TCPR_AE) /* compared only where they are written */

enum field_kind {
    FIELD_SEQ = 1,
    FIELD_ACK,
    FIELD_CTL,
    FIELD_ACE, /* <ACE=5>: the bits AE, CWR and ECE as a number (RFC 9768) */
    FIELD_WND,
    FIELD_UP,
    FIELD_SPORT,
    FIELD_DPORT,
    FIELD_MSS,    /* <MSS=1460>, <MSS=none> in expect: absent */
    FIELD_WS,     /* window scale: <WS=7>, <WS=none> */
    FIELD_SACKOK, /* <SACKOK>, <SACKOK=none> */
    FIELD_SACK,   /* <SACK=a:b,c:d>, <SACK=none>: pairs in `value` and `value2`, chained by `next_pair` */
    FIELD_TS,     /* <TS=val:ecr>, <TS=none>; either may be * */
    FIELD_UTO,    /* user timeout as the option carries it: <UTO=300>, <UTO=32768+5> for minutes, <UTO=none> */
    FIELD_TFO,    /* Fast Open's cookie as text: <TFO=""> asks for one, <TFO=?cookie>, <TFO=cookie>, <TFO=none> */
    FIELD_OPT,    /* <OPT=253:00ff>: kind in `value`, raw octets in `octets`; inject only. Length octet is right unless
                     <OPT=253/1:..> gives one in `value2` */
    FIELD_NOP,
    FIELD_EOL,  /* inject only: single octets, at this place among the options */
    FIELD_DATA, /* <DATA="hello"> or <DATA=1460>: that many octets of the pattern stream */
    FIELD_LEN,  /* expect only: octets of text, whatever they are */
    FIELD_CSUM, /* inject: bad, or a number; expect: not allowed, it is always checked */
    FIELD_DOFF,
    FIELD_RSV,
    FIELD_CUT, /* inject only: data offset in words, reserved bits, octets to cut from the end */
    FIELD_IP_SRC,
    FIELD_IP_DST,
    FIELD_IP_TTL,
    FIELD_IP_ECN,      /* inject only but TTL and ECN */
    FIELD_IP_DF,       /* expect only: 1 where nobody on the way may fragment */
    FIELD_IP_FRAGMENT, /* inject only: in two fragments; ECN of the first, IP.ECN is that of the second */
    FIELD_IP_OPT       /* inject only: options of the IPv4 header in `octets` */
};
/** As it is written: "SEQ", "IP.TTL". */
const char *field_name(enum field_kind kind);

struct field {
    enum field_kind kind;
    bool none;                 /* =none */
    bool bad;                  /* CSUM=bad */
    const struct expr *value;  /* NULL for NOP, EOL, SACKOK */
    const struct expr *value2; /* second of a pair */
    const struct field *next_pair;
    const uint8_t *octets; /* OPT, IP.OPT */
    size_t octets_len;
    uint8_t address[16];     /* IP.SRC, IP.DST written as an address */
    uint8_t address_version; /* 0 unless so written */
    const char *source;      /* "SEQ=rcv.nxt-1" */
    struct place at;
};

/** A segment as written: fields in the order written. Of DATA, options and pairs the order matters; a field stands
 * once. */
struct notation {
    const struct field *field;
    size_t count;
    const char *source;
    struct place at;
};

/* ---- Steps ---- */

enum step_kind {
    STEP_INJECT = 1,  /* `segment`, or `raw`, or `icmp` */
    STEP_EXPECT,      /* `segment` */
    STEP_EXPECT_TEXT, /* `text` (octets) or `count` (expression) */
    STEP_ONE_OF,      /* `steps`: each EXPECT, SILENCE, EVENT or EXPECT_TEXT; the first that comes true */
    STEP_SILENCE,     /* `duration`; `strict` */
    STEP_CALL,        /* `call` */
    STEP_EVENT,       /* `event`, with `text` or `count` for text */
    STEP_NO_EVENT,    /* `events`: none of these has come */
    STEP_STATE,       /* `states`: one of these */
    STEP_ADVANCE,     /* `duration` */
    STEP_ACKED,       /* `value` within `within` */
    STEP_AUTO_ACK,    /* `on` */
    STEP_FENCE,       /* prove that nothing more is on its way right now */
    STEP_LET,         /* `variable` = `value` */
    STEP_CHECK,       /* `value` `relation` `value2`: a relation between bound values */
    STEP_REPEAT       /* `count` times `steps` */
};

enum relation { RELATION_EQ = 1, RELATION_NE, RELATION_LT, RELATION_LE, RELATION_GT, RELATION_GE };

enum spec_call {
    SPEC_CALL_LISTEN = 1, /* listen [backlog=N] */
    SPEC_CALL_CONNECT,    /* connect [fast-open "text"|N] */
    SPEC_CALL_SEND,
    SPEC_CALL_RECEIVE,
    SPEC_CALL_SHUTDOWN,
    SPEC_CALL_CLOSE,
    SPEC_CALL_ABORT,
    SPEC_CALL_SET /* set nodelay|keepalive|keepalive-idle|keepalive-interval|keepalive-probes|user-timeout|linger VALUE
                   */
};

enum spec_event {
    SPEC_EVENT_CONNECTED = 1,
    SPEC_EVENT_ACCEPTED,
    SPEC_EVENT_TEXT,
    SPEC_EVENT_EOF,
    SPEC_EVENT_RESET,
    SPEC_EVENT_REFUSED,
    SPEC_EVENT_TIMED_OUT,
    SPEC_EVENT_UNREACHABLE,
    SPEC_EVENT_SOFT_ERROR,
    SPEC_EVENT_URGENT,
    SPEC_EVENT_CLOSED
};

struct icmp_notation {                            /* ICMP(3,4) MTU=600 QUOTE=snd.una */
    const struct expr *type, *code, *mtu, *quote; /* mtu and quote may be NULL */
};

struct step {
    enum step_kind kind;
    unsigned connection; /* `on: b` is 1 */
    struct notation segment;
    const struct icmp_notation *icmp;
    const uint8_t *raw; /* a whole IP datagram, or a TCP segment where the first nibble is not 4 or 6 */
    size_t raw_len;
    enum spec_call call;
    enum spec_event event;
    unsigned events; /* NO_EVENT: bit n: enum spec_event n */
    bool urgent;     /* call: send urgent "..." */
    bool fast;       /* call: connect fast-open "..." */
    bool strict, on;
    bool call_fails;         /* `fails: true`: the call must be refused */
    unsigned setting;        /* enum tcprove_setting */
    unsigned states;         /* bit n: enum tcpr_state n */
    bool state_by_parameter; /* state: "{state}": `value` gives it */
    enum relation relation;
    const struct expr *value, *value2, *count, *duration;
    const struct expr *within; /* NULL: the target's default */
    const struct expr *after;  /* a range of times, or one time: from then on; NULL: not measured */
    const struct expr *since;  /* with `after`: measured from this time; NULL: from the step before */
    const struct expr *at;     /* EXPR_BIND: names the time of this step's segment, call or event */
    unsigned variable;         /* LET */
    /* SEND, fast CONNECT, EVENT text, EXPECT_TEXT: a literal is here, else `count` says how much.
     * Of calls: LISTEN's backlog and RECEIVE's octets in `count` (backlog may be NULL), SET's value in `value`. */
    const uint8_t *text;
    size_t text_len;
    bool has_text;
    const char *rule; /* the rule a mismatch counts for; NULL: the spec's first */
    const char *because;
    const struct step *steps; /* ONE_OF: the branches; REPEAT */
    size_t step_count;
    const char *source; /* the step as written, in one line: "expect: <SEQ=*> within: 200 ms" */
    struct place place;
};

/* ---- The spec ---- */

struct parameter {
    const char *name;
    enum value_type type;            /* the same for all values; FLAGS, STATE, TEXT, TIME, SEQUENCE or NUMBER */
    const struct expr *const *value; /* evaluated late */
    size_t count;
    struct place at;
};

/**
 * What stands before the first step. The options are those the tester offers: a SYN that a fragment injects without
 * options of its own carries them. In the spec's own steps a SYN carries what is written there and nothing else.
 */
struct given {
    const char *state;                  /* "ESTABLISHED", or NULL: CLOSED, and the steps do all */
    const struct expr *state_parameter; /* given: {state: "{state}"}: EXPR_PARAMETER of type STATE; `state` is NULL */
    bool active;                        /* open: active; passive is the default, but for SYN-SENT */
    bool open_written;                  /* false: a state only one open leads to is reached by that one */
    uint32_t receive_buffer;            /* 0: the target's default */
    uint32_t send_buffer;
    uint32_t mtu;
    uint32_t tester_window; /* raw WND the tester advertises by default; 65535 */
    const struct expr *mss; /* tester's MSS option; NULL: 1460 (IPv4) or 1440 (IPv6); `none` leaves it out: mss_none */
    bool mss_none;
    const struct expr *wscale;     /* tester's shift; NULL: not offered */
    bool sack, timestamps, ecn;    /* offered by the tester; the target may negotiate nothing else */
    bool mtu_probing;              /* the target probes for the path MTU (RFC 4821) */
    bool accurate_ecn;             /* `ecn: accurate`: RFC 9768's, and where one does not know it RFC 3168's */
    const struct expr *tester_isn; /* NULL: 100 */
    const struct expr *target_isn; /* force the target's ISS (active open) where it can; NULL: its own */
    struct place at;
};

/** Bits of spec.when: what a probe must have shown, else the rule does not arise. */
enum spec_when {
    WHEN_TIMESTAMPS = 1,
    WHEN_SACK = 2,
    WHEN_WSCALE = 4,
    WHEN_USER_TIMEOUT = 8,
    WHEN_ECN = 16,
    WHEN_ACCURATE_ECN = 32
};

struct spec {
    const char *path; /* as opened */
    const char *name; /* below the suite's root, without .yaml */
    const char *title;
    const char *why;
    const char *const *covers; /* rule ids, at least one; the first is the one a mismatch counts for */
    size_t covers_count;
    unsigned ip;   /* bit 0: IPv4, bit 1: IPv6 */
    unsigned when; /* WHEN_... */
    struct given given;
    struct parameter *parameter;
    size_t parameter_count;
    size_t cells; /* product of the parameters' counts; 1 without a table */
    const struct step *step;
    size_t step_count;
    bool needs_application;      /* its own steps make calls or look for events; the fragment's need is apart */
    const char *const *variable; /* names of variables by index */
    size_t variable_count;
};

/** A fragment: how to bring a target to a state. Read once, shared by all specs of a suite; its variables are its own.
 */
struct fragment {
    const char *path;
    const char *state; /* where it leads */
    bool active;
    const char *from; /* the state of the fragment, of the same open, that is played before; or NULL */
    const struct step *step;
    size_t step_count;
    bool needs_application; /* with the fragments before it */
    const char *const *variable;
    size_t variable_count;
    struct place at;
};

/** All specs and fragments found under some paths. */
struct suite {
    struct arena arena;
    struct spec **spec;
    size_t count;
    struct fragment **fragment;
    size_t fragment_count;
    struct spec_error *error; /* all that were found; a spec with an error is not in `spec` */
    size_t error_count;
    size_t spec_room, fragment_room, error_room; /* allocated */
};

/**
 * Read every .yaml below the paths (a path may be one file). The suite's root is the nearest directory, from the spec's
 * own upwards, that holds a directory `fragments`: it gives the fragments, and the specs' names count from it. Without
 * one, the path as given is the root. Directories `fragments`, `expect` and `catalogue` hold no specs. Files are read
 * in the order of their names, and a file reached twice is read once.
 *
 * @return true when there was no error. The suite is to be freed in either case.
 */
bool suite_read(struct suite *suite, const char *const *path, size_t count);
void suite_free(struct suite *suite);

/** Read one spec from memory, for fuzzing and tests. Errors go into `suite`. Never crashes, whatever the octets. */
const struct spec *spec_read_memory(struct suite *suite, const char *file, const char *octets, size_t len);

/** The fragment that leads to a state by an open, or NULL. */
const struct fragment *suite_fragment(const struct suite *suite, const char *state, bool active);

/** The fragment that `given` plays in this cell, or NULL for CLOSED: the state's parameter and its open settled. The
 * fragment's `from` is suite_fragment(suite, fragment->from, fragment->active). */
const struct fragment *spec_fragment(const struct suite *suite, const struct spec *spec, size_t cell);

/** The cell's value of a parameter: cells count with the last parameter fastest. */
const struct expr *spec_cell_value(const struct spec *spec, size_t cell, unsigned parameter);

/** "offset=1 ctl=RST" */
const char *spec_cell_name(const struct spec *spec, size_t cell, struct arena *arena);

/** Warnings of `tcprove lint`, as errors are written: what reads badly or proves nothing. */
size_t spec_lint(const struct suite *suite, const struct spec *spec, struct arena *arena, struct spec_error **warning);

#endif
