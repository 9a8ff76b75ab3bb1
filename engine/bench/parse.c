/* Nanoseconds to parse a bare ACK, beside memcpy of as many octets in the same run. */
#define _POSIX_C_SOURCE 200809L
#include "tcprove/segment.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define ROUNDS 5000000u
#define REPEATS 5u

static const struct tcpr_ip ip = {.version = 4, .ttl = 64, .source = {192, 0, 2, 1}, .destination = {192, 0, 2, 2}};

/* Keeps the compiler from seeing that every round does the same. */
static void touch(void *memory)
{
    __asm__ volatile("" : : "g"(memory) : "memory");
}

static double now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t); /* others on the machine do not count */
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

struct work {
    uint8_t octets[TCPR_HEADER_MAX + 1460];
    size_t len;
    struct tcpr_segment seg;
    uint8_t copy[TCPR_HEADER_MAX + 1460];
};

static void copies(struct work *w)
{
    memcpy(w->copy, w->octets, w->len);
}

static void parses(struct work *w)
{
    tcpr_segment_parse_verified(w->octets, w->len, &w->seg);
}

static void parses_and_sums(struct work *w)
{
    tcpr_segment_parse(w->octets, w->len, &ip, &w->seg);
}

static void emits(struct work *w)
{
    tcpr_segment_emit(&w->seg, &ip, w->octets + w->seg.header_len, w->copy);
}

/* The best of a few runs: what disturbs only ever adds. */
static double measure(void (*what)(struct work *), struct work *w, unsigned rounds)
{
    double best = 1e18;
    for (unsigned repeat = 0; repeat < REPEATS; repeat++) {
        double begun = now_ns();
        for (unsigned i = 0; i < rounds; i++) {
            touch(w);
            what(w);
        }
        double each = (now_ns() - begun) / rounds;
        if (each < best) { best = each; }
    }
    return best;
}

static void show(const char *name, const struct tcpr_segment *seg, unsigned rounds)
{
    static const uint8_t text[1460];
    struct work w = {.len = 0};
    w.len = tcpr_segment_emit(seg, &ip, text, w.octets);
    double copy = measure(copies, &w, rounds);
    double verified = measure(parses, &w, rounds);
    double whole = measure(parses_and_sums, &w, rounds);
    double emit = measure(emits, &w, rounds);
    printf("%-28s %5zu %9.1f %9.1f %9.1f %9.1f\n", name, w.len, copy, verified, whole, emit);
}

int main(void)
{
    struct tcpr_segment ack = {
        .seq = 1, .ack = 2, .source_port = 1024, .destination_port = 80, .window = 65535, .control = TCPR_ACK};
    struct tcpr_segment stamped = ack;
    stamped.options.present = TCPR_OPT_TIMESTAMPS;
    struct tcpr_segment sacked = stamped;
    sacked.options.present |= TCPR_OPT_SACK;
    sacked.options.sack_count = 3;
    struct tcpr_segment text = stamped;
    text.text_len = 1448;
    printf("ns a segment                octets    memcpy     parse with csum      emit\n");
    show("bare ACK", &ack, ROUNDS);
    show("bare ACK, timestamps", &stamped, ROUNDS);
    show("ACK, timestamps, 3 SACK", &sacked, ROUNDS);
    show("1448 octets of text", &text, ROUNDS / 10);
    return 0;
}
