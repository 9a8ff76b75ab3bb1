/**
 * run_options.h - the command line of `tcprove run`.
 */
#ifndef CLI_RUN_OPTIONS_H
#define CLI_RUN_OPTIONS_H

#include "harness/remote.h"
#include "reports/report.h"
#include "tcprove/tcprove.h"

#include <argp.h>

#define REPEATS_MAX 64u
#define TARGETS_MAX 8u
#define JOBS_MAX 1024u
#define REPEAT_MAX 10000u
#define SHARDS_MAX 1000u

/** The kinds of target there are. */
enum target_kind { KIND_ENGINE, KIND_KERNEL, KIND_REMOTE, KIND_PLUGIN };
#define TARGET_KINDS 4
extern const char *const target_kind_names[TARGET_KINDS];

/** One target, as it was asked for. */
struct target_wanted {
    enum target_kind kind;
    const char *word;              /* as written */
    struct remote_address address; /* REMOTE */
    const char *file;              /* PLUGIN */
};

struct report_wanted {
    const struct renderer *renderer;
    const char *file;
};

enum color { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER };

struct run_arguments {
    const char **path;
    size_t path_count;
    struct target_wanted target[TARGETS_MAX];
    size_t target_count; /* at least 1 */
    const char *filter[REPEATS_MAX];
    size_t filter_count;
    struct report_wanted report[REPEATS_MAX];
    size_t report_count;
    const char *expect[TARGET_KINDS]; /* file; "none"; NULL: the default */
    const char *pcap;                 /* folder, or NULL */
    const char *profile;
    struct remote_options remote; /* what every remote target has in common */
    unsigned jobs;                /* 0: the target's default */
    unsigned repeat;              /* how often the suite is run; at least 1 */
    unsigned shard, shards;       /* as in struct suite_selection */
    tcpr_time patience_us;        /* 0: any wait is fine */
    unsigned ip;                  /* bit 0: IPv4, bit 1: IPv6 */
    enum color color;
    bool update_expect; /* of the one target */
    bool explain, verbose, quiet;
};

/** A target as the command line names it, or the end of the program. */
struct target_wanted target_parse(const char *word, struct argp_state *state);

/** What a target is called in the names of files: its kind; for a plug-in the name of its file, lwip for ./lwip.so. */
const char *target_file_name(struct arena *arena, const struct target_wanted *wanted);

/** Parse, or end the program: see parse_arguments(). */
void run_arguments_parse(struct run_arguments *arguments, struct arena *arena, int argc, char **argv);

/** "200 ms", "10s", "2 min", "1h"; a bare number is seconds; "none" is 0. @return false: it is none of these. */
bool parse_patience(const char *text, tcpr_time *out);

#endif
