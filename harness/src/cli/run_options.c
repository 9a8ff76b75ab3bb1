#include "run_options.h"

#include "command.h"
#include "remote_options.h"

#include <stdlib.h>
#include <string.h>

#define PATIENCE_DEFAULT TCPR_S(20)

const char *const target_kind_names[TARGET_KINDS] = {"engine", "kernel", "remote", "plugin"};

/* The index of a word, or the end of the program. */
static size_t choose(const char *what, const char *word, const char *const *choice, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!strcmp(word, choice[i])) { return i; }
    }
    complain_unknown(what, word, choice, count);
    exit(STATUS_USAGE);
}

/* "remote:192.0.2.1", "plugin:./stack.so": the kind and a colon. */
static bool is_kind(const char *word, enum target_kind kind)
{
    size_t len = strlen(target_kind_names[kind]);
    return !strncmp(word, target_kind_names[kind], len) && (word[len] == ':' || word[len] == 0);
}

/* Before the first colon stands the kind, behind it what only some kinds have. */
struct target_wanted target_parse(const char *word, struct argp_state *state)
{
    struct target_wanted wanted = {.word = word};
    const char *colon = strchr(word, ':'), *why = "", *rest = colon ? colon + 1 : "";
    if (is_kind(word, KIND_REMOTE)) {
        wanted.kind = KIND_REMOTE;
        if (!colon) { argp_error(state, "--target remote wants an address: remote:192.0.2.1:80"); }
        if (!remote_address_parse(rest, &wanted.address, &why)) { argp_error(state, "--target %s: %s", word, why); }
    } else if (is_kind(word, KIND_PLUGIN)) {
        wanted.kind = KIND_PLUGIN;
        wanted.file = rest;
        if (!*rest) { argp_error(state, "--target plugin wants a file: plugin:./stack.so"); }
    } else {
        wanted.kind = (enum target_kind)choose("target", word, target_kind_names, TARGET_KINDS);
    }
    return wanted;
}

/* "remote-192.0.2.1-80" */
static const char *plain_name(struct arena *arena, const char *word)
{
    char *name = arena_copy(arena, word, strlen(word));
    char *end = name;
    for (const char *c = name; *c; c++) {
        if (!strchr("[]%", *c)) { *end++ = (char)(*c == ':' ? '-' : *c); }
    }
    *end = 0;
    return name;
}

const char *target_file_name(struct arena *arena, const struct target_wanted *wanted)
{
    if (wanted->kind == KIND_REMOTE) { return plain_name(arena, wanted->word); }
    if (wanted->kind != KIND_PLUGIN) { return target_kind_names[wanted->kind]; }
    const char *slash = strrchr(wanted->file, '/'), *base = slash ? slash + 1 : wanted->file;
    const char *dot = strrchr(base, '.');
    return arena_copy(arena, base, dot && dot > base ? (size_t)(dot - base) : strlen(base));
}

static void take_target(struct run_arguments *arguments, const char *word, struct argp_state *state)
{
    const struct target_wanted wanted = target_parse(word, state);
    for (size_t i = 0; i < arguments->target_count; i++) {
        if (!strcmp(arguments->target[i].word, word)) { argp_error(state, "--target %s stands twice", word); }
    }
    if (arguments->target_count == TARGETS_MAX) { argp_error(state, "more than %u times --target", TARGETS_MAX); }
    arguments->target[arguments->target_count++] = wanted;
}

static void take_report(struct run_arguments *arguments, char *word, struct argp_state *state)
{
    const char *names[16];
    size_t count = 0;
    for (; count < 16 && renderer_at(count); count++) {
        names[count] = renderer_at(count)->name;
    }
    char *colon = strchr(word, ':');
    if (!colon || !colon[1]) {
        argp_error(state, "--report wants FORMAT:FILE, as in json:report.json; got '%s'", word);
        return; /* argp_error has ended the program, which the analyzer does not know */
    }
    *colon = 0;
    struct report_wanted wanted = {renderer_at(choose("report format", word, names, count)), colon + 1};
    for (size_t i = 0; i < arguments->report_count; i++) {
        if (strcmp(arguments->report[i].file, wanted.file) != 0) { continue; }
        argp_error(state, "two reports go to '%s'; the second would write over the first", wanted.file);
    }
    arguments->report[arguments->report_count++] = wanted;
}

static void take_expect(struct run_arguments *arguments, const char *word, struct argp_state *state)
{
    size_t word_len = strlen(word);
    if (word_len == 0 || word[word_len - 1] == ':') {
        argp_error(state, "--expect wants a file, or none; got '%s'", word);
    }
    for (size_t i = 0; i < TARGET_KINDS; i++) {
        size_t len = strlen(target_kind_names[i]);
        if (!strncmp(word, target_kind_names[i], len) && word[len] == ':') {
            arguments->expect[i] = word + len + 1;
            return;
        }
    }
    for (size_t i = 0; i < TARGET_KINDS; i++) {
        arguments->expect[i] = word;
    }
}

/* "2/5": the second of five. */
static void take_shard(struct run_arguments *arguments, const char *word, struct argp_state *state)
{
    const char *slash = word, *end = word;
    unsigned shard = parse_number(word, SHARDS_MAX, '/', &slash);
    unsigned shards = shard ? parse_number(slash + 1, SHARDS_MAX, 0, &end) : 0;
    if (shard == 0 || shard > shards) { argp_error(state, "--shard wants I/N, as in 2/5; got '%s'", word); }
    arguments->shard = shard - 1;
    arguments->shards = shards;
}

static void take_patience(struct run_arguments *arguments, const char *word, struct argp_state *state)
{
    if (parse_patience(word, &arguments->patience_us)) { return; }
    argp_error(state, "--patience wants a time such as 500ms, 20s, 2min, or none; got '%s'", word);
}

static void take_word(struct run_arguments *arguments, int key, const char *word)
{
    static const char *const versions[] = {"4", "6", "both"}, *const profiles[] = {"default", "tuned"},
                             *const colors[] = {"auto", "always", "never"};
    switch (key) {
    case 'i': arguments->ip = (unsigned)choose("IP version", word, versions, 3) + 1; return;
    case 'o': arguments->profile = profiles[choose("profile", word, profiles, 2)]; return;
    case 'c': arguments->color = (enum color)choose("colour mode", word, colors, 3); return;
    }
}

static void full(struct argp_state *state, size_t count, const char *option)
{
    if (count >= REPEATS_MAX) { argp_error(state, "more than %u times %s", REPEATS_MAX, option); }
}

static error_t take(int key, char *value, struct argp_state *state)
{
    struct run_arguments *arguments = state->input;
    switch (key) {
    case 't': take_target(arguments, value, state); return 0;
    case 'f':
        full(state, arguments->filter_count, "--filter");
        if (!*value) { argp_error(state, "--filter wants a rule or a part of a name; got nothing"); }
        arguments->filter[arguments->filter_count++] = value;
        return 0;
    case 'r':
        full(state, arguments->report_count, "--report");
        take_report(arguments, value, state);
        return 0;
    case 'e': arguments->explain = true; return 0;
    case 'j': arguments->jobs = take_number("--jobs", value, JOBS_MAX, state); return 0;
    case 'n': arguments->repeat = take_number("--repeat", value, REPEAT_MAX, state); return 0;
    case 's': take_shard(arguments, value, state); return 0;
    case 'p': take_patience(arguments, value, state); return 0;
    case 'x': take_expect(arguments, value, state); return 0;
    case 'u': arguments->update_expect = true; return 0;
    case 'd': arguments->pcap = value; return 0;
    case 'i':
    case 'o':
    case 'c': take_word(arguments, key, value); return 0;
    case 'v': arguments->verbose = true; return 0;
    case 'q': arguments->quiet = true; return 0;
    case ARGP_KEY_INIT: state->child_inputs[0] = &arguments->remote; return 0;
    case ARGP_KEY_END:
        if (arguments->update_expect && arguments->target_count > 1) {
            argp_error(state, "--update-expect is for one target at a time");
        }
        return 0;
    case ARGP_KEY_ARG: arguments->path[arguments->path_count++] = value; return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_option options[] = {
    {NULL, 0, NULL, 0, "What to run:", 1},
    {"target", 't', "TARGET", 0,
     "engine (the default): the reference engine in virtual time; kernel: this machine's TCP "
     "in a network namespace of its own; remote:ADDR[:PORT]: another machine's, by raw frames; plugin:FILE.so: any stack behind tcprove/stack.h. May be repeated: one section "
     "a target",
     1},
    {"filter", 'f', "RULE|GLOB", 0,
     "Only specs that cover the rule (MUST-14, 'SHLD-*') or whose name matches; may be repeated: any of them", 1},
    {"ip", 'i', "4|6|both", 0, "IP versions to run over; both is the default", 1},
    {"profile", 'o', "default|tuned", 0, "How the kernel is set up: as it comes, or with its rate limits off", 1},
    {"expect", 'x', "[TARGET:]FILE", 0,
     "What the target is known to do otherwise; 'none' for nothing. For the kernel expect/linux.yaml of the suite is the "
     "default, for a plug-in NAME.so expect/NAME.yaml where there is one",
     1},
    {"update-expect", 'u', NULL, 0,
     "Write into that file what was found, for you to explain, and take out what no longer holds; for one target", 1},
    {NULL, 0, NULL, 0, "How to run it:", 2},
    {"jobs", 'j', "N", 0, "Runs side by side; default: the CPUs, or on a real clock what the target has lanes for", 2},
    {"patience", 'p', "TIME", 0,
     "On a real clock, skip specs that wait longer than this: 500ms, 20s (the default), 2min, none", 2},
    {"repeat", 'n', "N", 0, "Run all of it N times and list the runs that came to different verdicts", 2},
    {"shard", 's', "I/N", 0, "Only the I-th of N parts of nearly equal size: one a machine", 2},
    {NULL, 0, NULL, 0, "What to tell:", 3},
    {"report", 'r', "FORMAT:FILE", 0,
     "Write a report, '-' is stdout; formats: terminal, html, json, junit, tap, ladder. May be repeated", 3},
    {"explain", 'e', NULL, 0, "Draw every exchange, with the rules the target decided by where it tells them", 3},
    {"pcap", 'd', "DIR", 0, "Write a capture file of each run into this folder", 3},
    {"verbose", 'v', NULL, 0, "Every run by name; nothing of an exchange is folded", 3},
    {"quiet", 'q', NULL, 0, "One line a target", 3},
    {"color", 'c', "WHEN", 0, "auto (a terminal, and NO_COLOR is not set), always, never", 3},
    {0}};

static const char doc[] = "Run specs against a target and report, rule by rule, what it does.\v"
                          "Examples:\n"
                          "  tcprove run                              the whole suite on the engine\n"
                          "  tcprove run --target engine --target kernel --report json:report.json\n"
                          "  tcprove run --filter MUST-14 --explain   one rule, drawn and explained\n"
                          "  tcprove run specs/rfc5961 --ip 6         what is in a folder, over IPv6\n"
                          "  tcprove run --target kernel --pcap captures --patience 2min\n"
                          "  tcprove run --target remote:192.0.2.2:7 --service echo --tester-address auto\n"
                          "\n"
                          "Without PATH: the suite 'specs' here, above, or beside the program.\n"
                          "A skip or an expected deviation breaks nothing. Ctrl-C stops and still\n"
                          "reports; a second one ends at once.\n"
                          "\n"
                          "Exit status:\n"
                          "  0    conforms: nothing is broken, and no run was left undecided\n"
                          "  1    a rule is broken that no expectation names, an expected deviation\n"
                          "       is gone, or tcprove erred\n"
                          "  2    the command line, a spec or an expectation file is wrong; nothing\n"
                          "       was run\n"
                          "  3    the environment prevents it: the target cannot be set up, a file\n"
                          "       cannot be written, or, with nothing broken, runs stayed\n"
                          "       inconclusive or not one came to a verdict\n"
                          "  130  interrupted (128 and the signal's number)";

void run_arguments_parse(struct run_arguments *arguments, struct arena *arena, int argc, char **argv)
{
    static const struct argp_child children[] = {{&remote_argp, 0, "Of remote targets (docs/remote.md):", 4}, {0}};
    static const struct argp argp = {options, take, "[PATH...]", doc, children, NULL, NULL};
    *arguments = (struct run_arguments){.path = arena_array(arena, (size_t)argc, sizeof(char *)),
                                        .profile = "default",
                                        .patience_us = PATIENCE_DEFAULT,
                                        .repeat = 1,
                                        .ip = 3};
    parse_arguments(&argp, argc, argv, arguments);
    if (arguments->target_count == 0) {
        arguments->target[arguments->target_count++] =
            (struct target_wanted){.kind = KIND_ENGINE, .word = target_kind_names[KIND_ENGINE]};
    }
}
