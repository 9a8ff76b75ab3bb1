/**
 * harness/result.h - what a run found: the trace, the verdict, and the suite's sum. Reports read these and nothing
 * else.
 */
#ifndef HARNESS_RESULT_H
#define HARNESS_RESULT_H

#include "harness/arena.h"
#include "tcprove/stack.h"
#include "tcprove/tcprove.h"

/** A verdict is a function of what was observed (docs/spec-language.md). */
enum verdict {
    VERDICT_PASS = 0,
    VERDICT_FAIL = 1,         /* a MUST, or a procedure the text states, was observed to be broken */
    VERDICT_DEVIATION = 2,    /* a SHOULD or a MAY is answered otherwise */
    VERDICT_SKIP = 3,         /* the target cannot be asked */
    VERDICT_INCONCLUSIVE = 4, /* the precondition was not met, or the property not seen */
    VERDICT_ERROR = 5         /* tcprove's own fault */
};
#define VERDICTS 6
/** "pass", "fail", "deviation" ... */
const char *verdict_name(enum verdict verdict);

enum rule_level { LEVEL_MUST, LEVEL_SHOULD, LEVEL_MAY, LEVEL_STATED, LEVEL_UNKNOWN };
/** "MUST", "SHOULD" ...; MUST NOT counts as MUST. */
const char *rule_level_name(enum rule_level level);

/** One line of a trace. */
enum trace_kind {
    TRACE_TO_TARGET = 1,   /* a datagram from the tester */
    TRACE_FROM_TARGET = 2, /* a datagram from the target */
    TRACE_CALL = 3,        /* a call of the target's application; `text` */
    TRACE_EVENT = 4,       /* what the application learnt; `text` */
    TRACE_STATE = 5,       /* the target's state was looked at; `text` */
    TRACE_RULE = 6,        /* the target explained itself: `rule`, `text` */
    TRACE_NOTE = 7         /* tcprove's own word: waited, skipped a step ... */
};
struct trace_entry {
    enum trace_kind kind;
    bool failing;            /* the entry the verdict hangs on */
    bool in_given;           /* belongs to the fragment that `given` plays */
    unsigned connection;     /* 0 is "a" */
    tcpr_time at;            /* microseconds since the run began */
    const char *file;        /* the spec or fragment ... */
    unsigned line;           /* ... and line of the step at hand; 0 where none */
    const char *text;        /* or NULL */
    const char *rule;        /* or NULL */
    const uint8_t *datagram; /* whole IP datagram, or NULL */
    uint32_t datagram_len;
    enum tcpr_parse parsed; /* whether `segment` is one */
    bool is_tcp;            /* the datagram carries TCP to or from this lane's ports; else see `text` */
    struct tcpr_segment segment;
};
struct trace {
    struct trace_entry *entry;
    size_t count, capacity;
};

/** One field of expected against got, for a failure. */
struct field_difference {
    const char *field;    /* "SEQ", "CTL", "MSS" ... */
    const char *expected; /* as written and as evaluated: "snd.nxt = 301 (iss+1)" */
    const char *got;
    bool differs;
};

/** What the monitor saw, beside the spec's own question. */
struct finding {
    const char *rule;
    enum rule_level level;
    const char *text;
    size_t entry;            /* index into the trace */
    const char *expectation; /* reason of the entry in the expectation file that names it, or NULL */
};

/** One run of one spec: a cell of its table over one IP version on one target. */
struct run_result {
    const char *spec; /* path as given to the reader, with '/' */
    const char *name; /* path below the suite's root without .yaml: "rfc9293/3.5-establishing/three-way" */
    const char *title;
    const char *cell;          /* "offset=1 ctl=RST", "" without a table */
    uint8_t version;           /* 4 or 6 */
    const char *const *covers; /* rule ids */
    size_t covers_count;
    enum verdict verdict;
    const char *rule; /* the rule the verdict counts for */
    enum rule_level level;
    const char *reason; /* one line; "" for a pass */
    const char *file;   /* where the failing step stands */
    unsigned line;
    unsigned
        steps; /* played until the verdict, repetitions, `given` and each segment of expect-text included; 0: all */
    const char *step;                    /* the failing step as written, or NULL */
    struct field_difference *difference; /* of the failing step */
    size_t difference_count;
    struct finding *finding;
    size_t finding_count;
    const char *expectation;     /* reason of the entry in the expectation file that names this deviation, or NULL */
    bool unexpected_pass;        /* an expectation says it deviates and it did not */
    tcpr_time took_us;           /* on the target's clock */
    tcpr_time late_us;           /* on a real clock, how late the tester itself was at worst */
    bool doubtful;               /* the network may have brought it about: not yet seen often enough in the same way */
    unsigned agreed;             /* of them, how many came to the same as this one, itself included */
    unsigned attempts;           /* runs made for this result: more than 1 where those before were spoiled */
    const char *set_aside;       /* what the attempt before this one came to, or NULL */
    unsigned repeated[VERDICTS]; /* of all repetitions, how many came to each verdict; all 0: it was made once */
    struct trace trace;
    struct arena arena; /* holds all of the above */
};

/** A rule is broken that no expectation names, tcprove erred, or an expectation was wrong. */
bool run_is_unexpected(const struct run_result *run);
/** Repetitions came to different verdicts. */
bool run_is_flaky(const struct run_result *run);
/** How often it was made; 0: once, and not to be repeated. */
unsigned run_repetitions(const struct run_result *run);

/** All runs on one target. */
struct suite_result {
    const char *target; /* kind and name */
    const char *profile;
    const char *tcprove_version;
    const char *began; /* ISO 8601, UTC */
    double wall_s;
    struct run_result **run; /* by name, cell and IP version; those an interruption kept from running are skips */
    size_t count;
    size_t by_verdict[VERDICTS];
    size_t unexpected; /* runs of which run_is_unexpected() is true */
    size_t undecided;  /* inconclusive, and no expectation says so */
    bool interrupted;
};

/** The sum of a suite, the worst first. */
enum suite_outcome {
    SUITE_INTERRUPTED = 1, /* by a signal, before all had run */
    SUITE_BROKEN = 2,      /* some run is unexpected */
    SUITE_UNDECIDED = 3,   /* nothing unexpected, but runs were inconclusive, or not one came to a verdict */
    SUITE_CONFORMS = 4
};
enum suite_outcome suite_outcome(const struct suite_result *suite);
/** "conforms", "broken" ... */
const char *suite_outcome_name(enum suite_outcome outcome);

/** Count by_verdict, unexpected and undecided anew from the runs. */
void suite_count(struct suite_result *suite);

#endif
