/* play.h - one run of one spec while it goes on: the lane, what was seen, what it means so far. */
#ifndef HARNESS_RUN_PLAY_H
#define HARNESS_RUN_PLAY_H

#include "harness/eval.h"
#include "harness/run.h"
#include "track.h"

/* What a run and one of its steps may observe before the target counts as raving. */
#define OBSERVATIONS_RUN_MAX 200000u
#define OBSERVATIONS_STEP_MAX 20000u
/* How long a step that reads rcv.nxt waits for a delayed ACK: 0.5 s by MUST-40, and some. */
#define CATCH_UP_US TCPR_MS(600)

/* A growing list of indices into the trace. */
struct list {
    size_t *item;
    size_t head, count, room;
};

/* What the application learnt and no step has asked about. */
struct told {
    enum tcprove_event event;
    unsigned connection;
    size_t entry;
    bool taken;
};

struct connection {
    struct track track;
    struct list waiting;    /* segments of the target no step has consumed: trace entries */
    uint32_t stream_sent;   /* octets of text the application gave to send, taken or not */
    uint32_t to_send;       /* of those, octets the target has not taken yet: of `literal`, else of the pattern */
    const uint8_t *literal; /* text of a fast CONNECT, of which `to_send` octets are left; NULL: none is left */
    bool urgent;            /* the last of them is urgent */
    uint32_t to_receive;    /* octets a `receive` still asks for */
    uint8_t *received;      /* octets the application read and no step has looked at */
    size_t received_len, received_room;
    uint32_t stream_read; /* octets of text steps have looked at */
    size_t last_sent;     /* trace entry + 1 of the target's last segment; 0: none */
    bool auto_ack;
    bool opened;                       /* the spec or the target has used it */
    uint32_t irs_given, rcv_nxt_given; /* IRS and RCV.NXT when `given` was done; ... */
    bool given_known;                  /* ... if the connection had begun by then */
};

struct play {
    const struct suite *suite;
    const struct spec *spec;
    struct target *target;
    const struct run_options *options;
    struct run_result *result;
    struct arena *arena; /* the result's */
    struct lane *lane;
    const struct lane_addresses *addresses;
    struct evaluator eval;
    struct value *scratch; /* as many as there are variables */
    const struct step *step;
    bool in_given;
    bool over; /* the verdict is found */
    unsigned steps;
    bool proved; /* a step that can fail came true */
    bool state_passed_over;
    tcpr_time stamp;    /* of the last step */
    tcpr_time awake_at; /* when the tester last looked at its clock after a wait */
    size_t observations, step_observations;
    struct told *told;
    size_t told_count, told_room;
    size_t told_given;   /* so many of them `given` brought about */
    uint8_t *octets;     /* the datagram crafted last, in the arena */
    bool fragments;      /* it goes in two, once */
    unsigned fragmented; /* so many went in two */
    uint8_t first_ecn;   /* ... the first with this codepoint */
    struct connection connection[LANE_CONNECTIONS_MAX];
};

/* ---- verdict.c ---- */

/* The step came out otherwise: fail or deviation by the level of the rule, inconclusive inside `given`. */
void play_fail(struct play *p, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* As play_fail, for a rule the step did not name. */
void play_fail_rule(struct play *p, const char *rule, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* The run ends with a verdict of its own. */
void play_stop(struct play *p, enum verdict verdict, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* An expression had no value. */
void play_fault(struct play *p, const struct expr *expr);
/* Mark the trace entry the verdict hangs on. */
void play_blame(struct play *p, size_t entry);

/* ---- trace.c ---- */

struct trace_entry *trace_add(struct play *p, enum trace_kind kind, tcpr_time at, unsigned connection);
void trace_text(struct play *p, enum trace_kind kind, unsigned connection, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* A datagram, read and copied. @return its entry's index. */
size_t trace_datagram(struct play *p, enum trace_kind kind, tcpr_time at, const uint8_t *octets, size_t len);
static inline struct trace_entry *trace_at(const struct play *p, size_t index)
{
    return &p->result->trace.entry[index];
}

/* ---- observe.c ---- */

tcpr_time play_now(const struct play *p);
/* Wait for one thing, `until` at most, and take note of it. @return false: nothing came, or the run is over. */
bool play_wait(struct play *p, tcpr_time until);
/* Let time pass; what comes is kept for later steps. */
void play_pass(struct play *p, tcpr_time until);
/* Prove that every immediate reply has come. @return false: the run is over. */
bool play_fence(struct play *p);
/* Wait until the target has acknowledged all it was given. @return false: it has not; the run is over. */
bool play_catch_up(struct play *p);
/* Use up the bare ACKs that brought `acked` up to date. */
void play_absorb_acks(struct play *p);
/* Send an IP datagram that stands in the arena and take note of it. */
void play_send(struct play *p, const uint8_t *octets, size_t len);
/* The next segment of a connection: one kept, or one that comes by `until`. @return false: none, or the run is over. */
bool play_next_segment(struct play *p, unsigned connection, tcpr_time until, size_t *entry);
/* A step has consumed this segment. */
void play_consume(struct play *p, size_t entry);
/* Let the application read so many octets more. */
void play_receive(struct play *p, unsigned connection, uint32_t len);
/* Let a `send` or `receive` that could not be finished at once go on. */
void play_continue_calls(struct play *p);
/* As it stands in a spec. */
const char *event_name(enum tcprove_event event);
/* The first event of a kind the application learnt, not yet taken. */
struct told *play_told(struct play *p, unsigned connection, enum tcprove_event event);

void list_push(struct arena *arena, struct list *list, size_t item);

/* ---- craft.c ---- */

/* Octets of the stream nobody wrote down: what `send 100` sends and <DATA=100> means, by stream offset. */
uint8_t pattern_octet(uint32_t offset);
/* A segment as written, with the defaults. @return its length as a datagram at p->octets; 0: the run is over. */
size_t craft_segment(struct play *p, const struct step *step);
size_t craft_raw(struct play *p, const struct step *step);
/* An ACK of everything the target sent in order. */
size_t craft_ack(struct play *p, unsigned connection);
/* ---- craft_icmp.c ---- */
size_t craft_icmp(struct play *p, const struct step *step);
size_t craft_echo(struct play *p, uint16_t number);

/* ---- field.c: one field of a segment of the target ---- */

/* Does it answer to what is written? May bind. */
enum matched field_match(struct play *p, const struct field *f, size_t entry);
/* What it is, in words. */
const char *field_tell(struct play *p, enum field_kind kind, size_t entry);

/* ---- match.c ---- */

/* Does a segment of the target answer to what is written? Binds what matches; else binds nothing. */
enum matched match_segment(struct play *p, const struct step *step, size_t entry);
/* Take back what the last match_segment bound. */
void match_unbind(struct play *p);
/* Whether its time does (`after`). */
enum matched match_time(struct play *p, const struct step *step, tcpr_time at);
/* Put the differences, field by field, into the result. */
void match_explain(struct play *p, const struct step *step, size_t entry);
/* Judge its form. @return false: it is broken, and the run over. */
bool match_form(struct play *p, size_t entry);
/* The text of a segment, or NULL. */
const uint8_t *match_text(const struct play *p, size_t entry);
/* An instant a step names by `at: ?t`. */
void match_bind_time(struct play *p, const struct step *step, tcpr_time at);

/* ---- allow.c: segments no step asked for ---- */

/* A bare ACK that says nothing wrong: when to send one is the receiver's choice. */
bool allow_bare_ack(const struct play *p, size_t entry);
/* ... and says something new: acknowledges more, or opens the window. */
bool allow_news(const struct play *p, size_t entry);
/* The retransmission of what was sent and is not acknowledged. */
bool allow_retransmission(const struct play *p, size_t entry);

/* ---- late.c: how late the tester itself was, on a real clock ---- */

void late_begin(struct play *p);
/* The tester did something that takes no time of its own. */
void late_acted(struct play *p);
/* Back from a wait until then, with what was seen. */
void late_woke(struct play *p, tcpr_time until, const struct observation *seen);

/* ---- steps ---- */

void play_steps(struct play *p, const struct step *step, size_t count);
void step_inject(struct play *p, const struct step *step);
void step_expect(struct play *p, const struct step *step);
void step_expect_text(struct play *p, const struct step *step);
void step_one_of(struct play *p, const struct step *step);
void step_silence(struct play *p, const struct step *step);
void step_fence(struct play *p, const struct step *step);
void step_call(struct play *p, const struct step *step);
void step_event(struct play *p, const struct step *step);
void step_no_event(struct play *p, const struct step *step);
void step_state(struct play *p, const struct step *step);

/* The deadline `within` sets, from now. @return false: it has no value, the run is over. */
bool step_deadline(struct play *p, const struct step *step, tcpr_time *until);
/* What an event of the spec language is to the target. */
enum tcprove_event event_of(enum spec_event event);
/* Has the application read what an `event: text` asks for? Tries to read. */
bool event_text_read(struct play *p, const struct step *step, uint32_t *missing);

/* ---- needs.c: what can be said before running ---- */

/* NULL, or why the target cannot be asked. */
const char *needs_unmet(struct play *p);
/* Options the spec writes into any segment, TCPR_OPT_... */
unsigned needs_options(const struct spec *spec);

/* ---- service.c: an application on the target that nobody controls ---- */

/* NULL, or why the service there is does not do what the spec's application does. */
const char *service_unmet(const struct play *p);
/* Does the spec's application listen? */
bool service_listens(const struct play *p);
/* An event that nobody tells is passed over. @return false: somebody does. */
bool service_passes_over(struct play *p, const struct step *step);
/* `given` is done: what is delivered from now on the spec itself delivers. */
void service_begin(struct play *p);
/* Why what came says nothing of the target's TCP: a service sent or closed by itself, or may have. NULL: it did not. */
const char *service_acted(const struct play *p);

/* ---- probe.c ---- */

/* Whether what `when` asks for arises on this target. @return NULL, or why not, with the verdict that makes. */
const char *probe_when(struct target *target, uint8_t version, unsigned when, enum verdict *verdict);

/* ---- run.c ---- */

/* evaluator.why when `msl` or `rto` is read and the target does not tell it: the spec is skipped. */
/** A name the target itself tells. @return false: it is none of these, or not told. */
bool target_name(const struct target *target, enum spec_name name, struct value *out);

extern const char play_time_not_told[];

#endif
