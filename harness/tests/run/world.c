#include "world.h"

#include "harness/net.h"
#include "harness/octets.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One test at a time: the bend at hand, and the host it bends. */
static struct bend bend;
static struct tcprove_host real;
static unsigned outputs;
static uint8_t last[2048];
static size_t last_len;
static struct suite suite;
static struct run_result *result;

static void put_option(uint8_t *tcp, size_t *len, unsigned option)
{
    static const uint8_t mss[4] = {2, 4, 5, 180};
    static const uint8_t timestamps[12] = {1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 0};
    const uint8_t *octets = option == 1 ? mss : timestamps;
    size_t size = option == 1 ? sizeof mss : sizeof timestamps, header = (size_t)(tcp[12] >> 4) * 4;
    memmove(tcp + header + size, tcp + header, *len - header);
    memcpy(tcp + header, octets, size);
    tcp[12] = (uint8_t)((header + size) / 4 << 4 | (tcp[12] & 15));
    *len += size;
}

static void bend_segment(uint8_t *tcp, size_t *len)
{
    octets_put_u32(tcp + 4, octets_get_u32(tcp + 4) + (uint32_t)bend.seq);
    octets_put_u32(tcp + 8, octets_get_u32(tcp + 8) + (uint32_t)bend.ack);
    tcp[13] = (uint8_t)(tcp[13] ^ bend.control);
    tcp[12] = (uint8_t)(tcp[12] | bend.reserved);
    if (bend.window) { octets_put_u16(tcp + 14, bend.window); }
    if (bend.option) { put_option(tcp, len, bend.option); }
    for (size_t i = (size_t)(tcp[12] >> 4) * 4; i < *len; i++) {
        tcp[i] = (uint8_t)(tcp[i] ^ bend.text);
    }
}

static void bend_datagram(const struct datagram *d, const uint8_t *octets)
{
    uint8_t tcp[2048];
    size_t len = d->payload_len;
    memcpy(tcp, octets + d->payload_at, len);
    bend_segment(tcp, &len);
    struct tcpr_ip ip = d->ip;
    if (bend.other_source) { ip.source[3] ^= 1; }
    octets_put_u16(tcp + 16, 0);
    octets_put_u16(tcp + 16, tcpr_checksum(tcp, len, &ip));
    if (bend.bad_checksum) { tcp[16] ^= 1; }
    last_len = datagram_wrap(&ip, d->ecn, tcp, len, last, sizeof last);
    real.output(real.context, last, last_len);
    if (bend.twice) { real.output(real.context, last, last_len); }
}

static void output(void *context, const uint8_t *octets, size_t len)
{
    (void)context;
    struct datagram d;
    unsigned number = outputs++;
    bool bent = number >= bend.from && (bend.count == 0 || number < bend.from + bend.count);
    bool tcp = datagram_parse(octets, len, &d) == NET_OK && d.protocol == NET_TCP;
    if (!bent || !tcp) {
        real.output(real.context, octets, len);
    } else if (!bend.drop) {
        bend_datagram(&d, octets);
    }
}

static struct tcprove_stack *create(const struct tcprove_setup *setup, const struct tcprove_host *host,
                                    const char **why)
{
    real = *host;
    outputs = 0;
    last_len = 0;
    struct tcprove_host bent = *host;
    bent.output = output;
    struct tcprove_setup poorer = *setup;
    if (bend.no_options) { poorer.window_scale = poorer.timestamps = poorer.sack = false; }
    return engine_stack()->create(&poorer, &bent, why);
}

static tcprove_time restless_deadline(struct tcprove_stack *stack)
{
    (void)stack;
    return 1;
}

static tcprove_time flooding_deadline(struct tcprove_stack *stack)
{
    return last_len ? 1 : engine_stack()->deadline(stack);
}

static void flooding_time(struct tcprove_stack *stack, tcprove_time now)
{
    engine_stack()->time(stack, now);
    for (unsigned i = 0; i < bend.flood && last_len; i++) {
        real.output(real.context, last, last_len);
    }
}

static enum tcprove_result sparing_connect(struct tcprove_stack *stack, tcprove_time now,
                                           const struct tcprove_endpoint *local, const struct tcprove_endpoint *remote,
                                           const uint8_t *octets, size_t len, size_t *taken, tcprove_socket *socket)
{
    size_t most = bend.spares - 1;
    return engine_stack()->fast_connect(stack, now, local, remote, octets, len < most ? len : most, taken, socket);
}

static struct tcprove_stack_ops bent_ops(void)
{
    struct tcprove_stack_ops ops = *engine_stack();
    ops.create = create;
    ops.abilities &= ~bend.unable;
    if (bend.spares) { ops.fast_connect = sparing_connect; }
    if (bend.restless) { ops.deadline = restless_deadline; }
    if (bend.flood) {
        ops.deadline = flooding_deadline;
        ops.time = flooding_time;
    }
    return ops;
}

static const struct target_ops *punctual;

static void late_next(struct lane *lane, tcpr_time until, struct observation *out)
{
    punctual->next(lane, until, out);
    if (out->what == OBSERVED_DATAGRAM && out->at >= bend.late_us) { out->at -= bend.late_us; }
}

static const struct spec *read_spec(const char *yaml)
{
    const struct spec *spec = spec_read_memory(&suite, "test.yaml", yaml, strlen(yaml));
    for (size_t i = 0; !spec && i < suite.error_count; i++) {
        print_error("%s:%u: %s\n", suite.error[i].at.file, suite.error[i].at.line, suite.error[i].text);
    }
    assert_non_null(spec);
    return spec;
}

static const struct run_result *play(const struct bend *wanted, const struct run_options *options, const char *yaml,
                                     uint8_t version)
{
    const char *why = NULL;
    bend = *wanted;
    struct tcprove_stack_ops ops = bent_ops();
    struct target *target = target_virtual_open(&ops, "bent", &why);
    assert_non_null(target);
    target->abilities &= ~bend.target_unable;
    target->abilities |= bend.target_able;
    target->path_us = bend.path_us;
    target->jitter_us = bend.jitter_us;
    if (bend.time_unknown) { target->msl_us = target->rto_initial_us = 0; }
    const struct spec *spec = read_spec(yaml);
    punctual = target->ops;
    struct target_ops ops_late = *target->ops;
    ops_late.next = late_next;
    if (bend.late_us) { target->ops = &ops_late; }
    run_result_free(result);
    result = run_spec(&suite, spec, 0, version, target, options);
    target->ops->destroy(target);
    return result;
}

const struct run_result *world_play(const struct bend *wanted, const struct run_options *options, const char *yaml)
{
    return play(wanted, options, yaml, 4);
}

const struct run_result *world_play6(const struct bend *wanted, const char *yaml)
{
    return play(wanted, NULL, yaml, 6);
}

const struct run_result *world_play_engine(const char *yaml)
{
    return play(&(struct bend){0}, NULL, yaml, 4);
}

int world_open(void **state)
{
    (void)state;
    const char *path = SPECS;
    suite_read(&suite, &path, 1);
    return suite.fragment_count > 0 ? 0 : -1;
}

int world_close(void **state)
{
    (void)state;
    run_result_free(result);
    suite_free(&suite);
    return 0;
}

const struct trace_entry *world_entry(const struct run_result *of, enum trace_kind kind, unsigned n)
{
    for (size_t i = 0; i < of->trace.count; i++) {
        const struct trace_entry *entry = &of->trace.entry[i];
        if (entry->kind == kind && !entry->in_given && n-- == 0) { return entry; }
    }
    fail_msg("the trace has too few entries");
    return NULL;
}

void assert_verdict(const struct run_result *of, enum verdict verdict, const char *in_reason)
{
    if (of->verdict != verdict || !strstr(of->reason, in_reason)) {
        print_error("%s: %s (%s:%u %s)\n", verdict_name(of->verdict), of->reason, of->file, of->line,
                    of->step ? of->step : "");
    }
    assert_string_equal(verdict_name(of->verdict), verdict_name(verdict));
    assert_non_null(strstr(of->reason, in_reason));
}

void assert_differs(const struct run_result *of, const char *field)
{
    for (size_t i = 0; i < of->difference_count; i++) {
        if (!of->difference[i].differs) { continue; }
        assert_string_equal(of->difference[i].field, field);
        return;
    }
    fail_msg("no field differs");
}
