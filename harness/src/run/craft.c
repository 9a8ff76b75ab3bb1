/* From notation to octets: the defaults, and whatever is written otherwise, malformed on purpose too. */
#include "harness/net.h"
#include "harness/octets.h"
#include "play.h"

#include <string.h>

#define OPTIONS_MAX 40u
#define TEXT_MAX 65000

/* A segment under construction. */
struct draft {
    struct tcpr_ip ip;
    uint8_t ecn, first_ecn; /* first_ecn: of the first of two fragments */
    bool fragments;
    uint32_t seq, ack;
    uint16_t source_port, destination_port, window, urgent, control;
    uint8_t options[OPTIONS_MAX + 4];
    size_t options_len;
    bool ts_written;
    const struct expr *data;
    uint8_t *text;
    size_t text_len;
    int64_t data_offset, reserved, cut, checksum, ace; /* -1: as it ought to be */
    bool checksum_bad;
    const struct field *ip_options; /* NULL: none */
};

uint8_t pattern_octet(uint32_t offset)
{
    return (uint8_t)('!' + offset % 89u); /* printable, and a prime, so that no power of two hides a slip */
}

static bool whole(struct play *p, const struct expr *expr, int64_t high, int64_t *out)
{
    if (evaluate_whole(&p->eval, expr, 0, high, out)) { return true; }
    play_fault(p, expr);
    return false;
}

static bool sequence(struct play *p, const struct expr *expr, uint32_t *out)
{
    int64_t number;
    if (!evaluate_whole(&p->eval, expr, INT64_MIN, INT64_MAX, &number)) {
        play_fault(p, expr);
        return false;
    }
    *out = (uint32_t)(uint64_t)number;
    return true;
}

static bool put(struct play *p, struct draft *d, const uint8_t *octets, size_t len)
{
    if (len > OPTIONS_MAX - d->options_len) {
        play_stop(p, VERDICT_ERROR, "the options take more than the 40 octets there are");
        return false;
    }
    if (len) { memcpy(d->options + d->options_len, octets, len); }
    d->options_len += len;
    return true;
}

static bool put_mss(struct play *p, struct draft *d, uint32_t mss)
{
    uint8_t option[4] = {TCPR_KIND_MSS, 4, (uint8_t)(mss >> 8), (uint8_t)mss};
    return put(p, d, option, sizeof option);
}

static bool put_scale(struct play *p, struct draft *d, int64_t shift)
{
    uint8_t option[3] = {TCPR_KIND_WINDOW_SCALE, 3, (uint8_t)shift};
    return put(p, d, option, sizeof option);
}

static bool put_timestamps(struct play *p, struct draft *d, uint32_t value, uint32_t echo)
{
    uint8_t option[10] = {TCPR_KIND_TIMESTAMPS, 10};
    octets_put_u32(option + 2, value);
    octets_put_u32(option + 6, echo);
    d->ts_written = true;
    return put(p, d, option, sizeof option);
}

static bool put_user_timeout(struct play *p, struct draft *d, int64_t value)
{
    uint8_t option[4] = {TCPR_KIND_USER_TIMEOUT, 4};
    octets_put_u16(option + 2, (uint16_t)value);
    return put(p, d, option, sizeof option);
}

static bool put_sack(struct play *p, struct draft *d, const struct field *field)
{
    uint8_t option[OPTIONS_MAX] = {TCPR_KIND_SACK, 2};
    for (; field && !field->none; field = field->next_pair) {
        uint32_t first, end;
        if (option[1] + 8u > sizeof option) {
            play_stop(p, VERDICT_ERROR, "more SACK blocks than fit");
            return false;
        }
        if (!sequence(p, field->value, &first) || !sequence(p, field->value2, &end)) { return false; }
        octets_put_u32(option + option[1], first);
        octets_put_u32(option + option[1] + 4, end);
        option[1] = (uint8_t)(option[1] + 8);
    }
    return option[1] == 2 || put(p, d, option, option[1]);
}

static bool put_other(struct play *p, struct draft *d, const struct field *field)
{
    int64_t kind, len = (int64_t)field->octets_len + 2;
    if (!whole(p, field->value, 255, &kind)) { return false; }
    if (field->value2 && !whole(p, field->value2, 255, &len)) { return false; }
    uint8_t head[2] = {(uint8_t)kind, (uint8_t)len};
    return put(p, d, head, sizeof head) && put(p, d, field->octets, field->octets_len);
}

static bool put_cookie(struct play *p, struct draft *d, const struct field *field)
{
    uint8_t head[2] = {TCPR_KIND_FAST_OPEN, 2};
    struct value v;
    if (!evaluate(&p->eval, field->value, &v) || v.type != TYPE_TEXT) {
        play_fault(p, field->value);
        return false;
    }
    if (v.text_len > OPTIONS_MAX - 2) {
        play_stop(p, VERDICT_ERROR, "the cookie does not fit into the 40 octets there are");
        return false;
    }
    head[1] = (uint8_t)(2 + v.text_len);
    return put(p, d, head, sizeof head) && put(p, d, v.text, v.text_len);
}

static uint32_t timestamp_now(const struct play *p)
{
    return (uint32_t)(play_now(p) / 1000u) + 1000u;
}

static bool put_option(struct play *p, struct draft *d, const struct field *field)
{
    static const uint8_t sack_permitted[2] = {TCPR_KIND_SACK_PERMITTED, 2};
    static const uint8_t single[2] = {TCPR_KIND_EOL, TCPR_KIND_NOP};
    int64_t number;
    uint32_t value = 0, echo = 0;
    if (field->kind == FIELD_TS) { d->ts_written = true; }
    if (field->none) { return true; }
    if (field->kind == FIELD_MSS) { return whole(p, field->value, 65535, &number) && put_mss(p, d, (uint32_t)number); }
    if (field->kind == FIELD_WS) { return whole(p, field->value, 255, &number) && put_scale(p, d, number); }
    if (field->kind == FIELD_SACKOK) { return put(p, d, sack_permitted, sizeof sack_permitted); }
    if (field->kind == FIELD_SACK) { return put_sack(p, d, field); }
    if (field->kind == FIELD_TS) {
        return sequence(p, field->value, &value) && (!field->value2 || sequence(p, field->value2, &echo)) &&
               put_timestamps(p, d, value, echo);
    }
    if (field->kind == FIELD_UTO) { return whole(p, field->value, 65535, &number) && put_user_timeout(p, d, number); }
    if (field->kind == FIELD_TFO) { return put_cookie(p, d, field); }
    if (field->kind == FIELD_OPT) { return put_other(p, d, field); }
    return put(p, d, field->kind == FIELD_EOL ? single : single + 1, 1);
}

static bool set_control(struct play *p, struct draft *d, const struct expr *expr)
{
    struct value v;
    if (!evaluate(&p->eval, expr, &v) || v.type != TYPE_FLAGS) {
        play_fault(p, expr);
        return false;
    }
    if (v.number >> CONTROL_ABSENT_SHIFT) {
        play_stop(p, VERDICT_ERROR, "an inject has no bits that must be absent; leave out what stands behind '!'");
        return false;
    }
    d->control = (uint16_t)(v.number & 0x1ff);
    return true;
}

static bool set_number(struct play *p, const struct expr *expr, int64_t high, uint16_t *out)
{
    int64_t number;
    if (!whole(p, expr, high, &number)) { return false; }
    *out = (uint16_t)number;
    return true;
}

static bool set_octet(struct play *p, const struct expr *expr, int64_t high, uint8_t *out)
{
    int64_t number;
    if (!whole(p, expr, high, &number)) { return false; }
    *out = (uint8_t)number;
    return true;
}

static bool set_address(struct play *p, struct draft *d, const struct field *field, uint8_t *address)
{
    if (field->address_version == d->ip.version) {
        memcpy(address, field->address, 16);
        return true;
    }
    play_stop(p, VERDICT_SKIP, "the address is of the other IP version");
    return false;
}

static bool set_checksum(struct play *p, struct draft *d, const struct field *field)
{
    d->checksum_bad = field->bad;
    return field->bad || whole(p, field->value, 65535, &d->checksum);
}

static bool set_field(struct play *p, struct draft *d, const struct field *field)
{
    switch (field->kind) {
    case FIELD_SEQ: return sequence(p, field->value, &d->seq);
    case FIELD_ACK: return sequence(p, field->value, &d->ack);
    case FIELD_CTL: return set_control(p, d, field->value);
    case FIELD_ACE: return whole(p, field->value, 7, &d->ace);
    case FIELD_WND: return set_number(p, field->value, 65535, &d->window);
    case FIELD_UP: return set_number(p, field->value, 65535, &d->urgent);
    case FIELD_SPORT: return set_number(p, field->value, 65535, &d->source_port);
    case FIELD_DPORT: return set_number(p, field->value, 65535, &d->destination_port);
    case FIELD_MSS:
    case FIELD_WS:
    case FIELD_SACKOK:
    case FIELD_SACK:
    case FIELD_TS:
    case FIELD_UTO:
    case FIELD_TFO:
    case FIELD_OPT:
    case FIELD_NOP:
    case FIELD_EOL: return put_option(p, d, field);
    case FIELD_DATA: d->data = field->none ? NULL : field->value; return true;
    case FIELD_IP_DF:
    case FIELD_LEN: return true; /* the reader allows them in expect alone */
    case FIELD_CSUM: return set_checksum(p, d, field);
    case FIELD_DOFF: return whole(p, field->value, 15, &d->data_offset);
    case FIELD_RSV: return whole(p, field->value, 7, &d->reserved);
    case FIELD_CUT: return whole(p, field->value, TEXT_MAX, &d->cut);
    case FIELD_IP_SRC: return set_address(p, d, field, d->ip.source);
    case FIELD_IP_DST: return set_address(p, d, field, d->ip.destination);
    case FIELD_IP_TTL: return set_octet(p, field->value, 255, &d->ip.ttl);
    case FIELD_IP_ECN: return set_octet(p, field->value, 3, &d->ecn);
    case FIELD_IP_FRAGMENT: d->fragments = true; return set_octet(p, field->value, 3, &d->first_ecn);
    case FIELD_IP_OPT: d->ip_options = field; return true;
    }
    return true;
}

static const struct field *find_field(const struct notation *n, enum field_kind kind)
{
    for (size_t i = 0; i < n->count; i++) {
        if (n->field[i].kind == kind) { return &n->field[i]; }
    }
    return NULL;
}

static bool has_options(const struct notation *n)
{
    for (size_t i = 0; i < n->count; i++) {
        if (n->field[i].kind >= FIELD_MSS && n->field[i].kind <= FIELD_EOL) { return true; }
    }
    return false;
}

/* RFC 3168 section 6.1.1: a SYN of a fragment offers ECN by both bits, and a SYN,ACK takes the target's offer. */
static void put_given_ecn(const struct play *p, struct draft *d)
{
    const struct track *t = &p->connection[p->step->connection].track;
    bool answers = (d->control & TCPR_ACK) != 0;
    bool accurate = p->spec->given.accurate_ecn;
    if (!p->in_given || !(p->spec->given.ecn || accurate) || (d->control & TCPR_SYN) == 0) { return; }
    if (!answers) {
        d->control |= TCPR_ECE | TCPR_CWR | (accurate ? TCPR_AE : 0);
    } else if (accurate && t->accurate_asked) {
        d->control |= TCPR_CWR;
    } else if (t->target_offers_ecn) {
        d->control |= TCPR_ECE;
    }
}

#define ACE_BITS (TCPR_AE | TCPR_CWR | TCPR_ECE)

/* RFC 9768 section 3.2.2: the tester has seen no marks, and the target's SYN,ACK came as Not-ECT. */
static void put_ace(const struct play *p, struct draft *d, unsigned connection)
{
    const struct track *t = &p->connection[connection].track;
    bool counts = (d->control & (TCPR_SYN | TCPR_RST | TCPR_ACK)) == TCPR_ACK && (d->control & ACE_BITS) == 0;
    bool ends_handshake = t->target_answered && t->snd_una == t->iss && d->text_len == 0 && !d->data;
    if (d->ace < 0 && counts && t->accurate_agreed) { d->ace = ends_handshake ? 2 : 5; }
    if (d->ace >= 0) { d->control = (uint16_t)((d->control & ~(unsigned)ACE_BITS) | (unsigned)d->ace << 6); }
}

/* A SYN of a fragment carries the options that `given` says the tester offers. */
static bool put_given_options(struct play *p, struct draft *d)
{
    const struct given *g = &p->spec->given;
    const struct track *t = &p->connection[p->step->connection].track;
    unsigned allowed = d->control & TCPR_ACK ? t->target_offers : 0xffu; /* an answer offers nothing new */
    int64_t mss = d->ip.version == 4 ? 1460 : 1440, shift;
    if (g->mss && !whole(p, g->mss, 65535, &mss)) { return false; }
    if (!g->mss_none && !put_mss(p, d, (uint32_t)mss)) { return false; }
    static const uint8_t sack_permitted[2] = {TCPR_KIND_SACK_PERMITTED, 2};
    if (g->sack && (allowed & TCPR_OPT_SACK_PERMITTED) != 0 && !put(p, d, sack_permitted, 2)) { return false; }
    if (g->timestamps && (allowed & TCPR_OPT_TIMESTAMPS) != 0 &&
        !put_timestamps(p, d, timestamp_now(p), d->control & TCPR_ACK ? t->ts_val : 0)) {
        return false;
    }
    if (!g->wscale || (allowed & TCPR_OPT_WINDOW_SCALE) == 0) { return true; }
    return whole(p, g->wscale, 255, &shift) && put_scale(p, d, shift);
}

static bool default_options(struct play *p, struct draft *d, const struct notation *n)
{
    const struct track *t = &p->connection[p->step->connection].track;
    if ((d->control & TCPR_SYN) != 0) { return !p->in_given || has_options(n) || put_given_options(p, d); }
    if (d->ts_written || !track_negotiated(t, TCPR_OPT_TIMESTAMPS)) { return true; }
    static const uint8_t nops[2] = {TCPR_KIND_NOP, TCPR_KIND_NOP};
    uint32_t now = timestamp_now(p);
    return put(p, d, nops, 2) && put_timestamps(p, d, tcpr_seq_max(now, t->ts_recent), t->ts_val);
}

/* Text is written down, or so many octets of the pattern, which counts from the octet after the tester's SYN. */
static bool set_text(struct play *p, struct draft *d)
{
    struct value v;
    int64_t len;
    if (!d->data) { return true; }
    if (evaluate(&p->eval, d->data, &v) && v.type == TYPE_TEXT) {
        d->text = (uint8_t *)arena_copy(p->arena, (const char *)v.text, v.text_len);
        d->text_len = v.text_len;
        return true;
    }
    if (!whole(p, d->data, TEXT_MAX, &len)) { return false; }
    const struct track *t = &p->connection[p->step->connection].track;
    uint32_t first = d->seq - (t->irs_known ? t->irs + 1 : d->seq) + ((d->control & TCPR_SYN) != 0);
    d->text = arena_alloc(p->arena, (size_t)len + 1);
    d->text_len = (size_t)len;
    for (size_t i = 0; i < d->text_len; i++) {
        d->text[i] = pattern_octet(first + (uint32_t)i);
    }
    return true;
}

static void write_header(const struct draft *d, size_t header_len, uint8_t *out)
{
    memset(out, 0, header_len);
    octets_put_u16(out, d->source_port);
    octets_put_u16(out + 2, d->destination_port);
    octets_put_u32(out + 4, d->seq);
    octets_put_u32(out + 8, d->ack);
    int64_t data_offset = d->data_offset >= 0 ? d->data_offset : (int64_t)header_len / 4;
    int64_t reserved = d->reserved >= 0 ? d->reserved : 0;
    octets_put_u16(out + 12, (uint16_t)(data_offset << 12 | reserved << 9 | d->control));
    octets_put_u16(out + 14, d->window);
    octets_put_u16(out + 18, d->urgent);
    if (d->options_len) { memcpy(out + TCPR_HEADER_MIN, d->options, d->options_len); }
}

static void write_checksum(const struct draft *d, uint8_t *tcp, size_t len)
{
    uint32_t checksum = d->checksum >= 0 ? (uint32_t)d->checksum : tcpr_checksum(tcp, len, &d->ip);
    octets_put_u16(tcp + 16, (uint16_t)(d->checksum_bad ? checksum ^ 1u : checksum));
}

/* Put the IP header before `len` octets at `carried_at` of the datagram. */
static size_t wrap(struct play *p, const struct tcpr_ip *ip, uint8_t ecn, size_t carried_at, size_t len)
{
    struct datagram header = {.ip = *ip, .ecn = ecn, .protocol = NET_TCP, .dont_fragment = true, .payload_len = len};
    size_t written = datagram_emit_header(&header, p->octets, carried_at + len);
    if (written == carried_at) { return carried_at + len; }
    play_stop(p, VERDICT_ERROR, "the segment does not fit into an IP datagram");
    return 0;
}

static size_t ip_header_len(uint8_t version)
{
    return version == 4 ? NET_IPV4_HEADER_LEN : NET_IPV6_HEADER_LEN;
}

static size_t put_ip_options(struct play *p, const struct draft *d, size_t len)
{
    if (!d->ip_options || len == 0) { return len; }
    const struct field *f = d->ip_options;
    if (d->ip.version == 4) { len = datagram_put_ipv4_options(p->octets, len, f->octets, f->octets_len); }
    if (d->ip.version == 4 && len != 0) { return len; }
    play_stop(p, VERDICT_ERROR, len == 0 ? "the IP options do not fit" : "IPv6 has no such options; write ip: [4]");
    return 0;
}

static size_t finish(struct play *p, const struct draft *d)
{
    size_t header_len = TCPR_HEADER_MIN + (d->options_len + 3) / 4 * 4;
    size_t len = header_len + d->text_len, at = ip_header_len(d->ip.version);
    p->octets = arena_alloc(p->arena, at + len + NET_IPV4_OPTIONS_MAX);
    uint8_t *tcp = p->octets + at;
    write_header(d, header_len, tcp);
    if (d->text_len) { memcpy(tcp + header_len, d->text, d->text_len); }
    write_checksum(d, tcp, len);
    if (d->cut > 0) { len -= (size_t)d->cut < len ? (size_t)d->cut : len; }
    p->fragments = d->fragments;
    p->first_ecn = d->first_ecn;
    return put_ip_options(p, d, wrap(p, &d->ip, d->ecn, at, len));
}

static struct draft draft_of(const struct play *p, unsigned connection)
{
    const struct track *t = &p->connection[connection].track;
    return (struct draft){
        .ip = p->addresses->to_target,
        .seq = t->rcv_nxt,
        .ack = t->iss_known ? tcpr_seq_max(t->snd_nxt, t->snd_una) : 0,
        .source_port = p->addresses->tester_port[connection],
        .destination_port = p->addresses->target_port,
        .window = (uint16_t)(p->spec->given.tester_window ? p->spec->given.tester_window : 65535u),
        .control = TCPR_ACK,
        .data_offset = -1,
        .reserved = -1,
        .cut = -1,
        .checksum = -1,
        .ace = -1,
    };
}

size_t craft_segment(struct play *p, const struct step *step)
{
    struct draft d = draft_of(p, step->connection);
    const struct notation *n = &step->segment;
    const struct given *g = &p->spec->given;
    if (!p->connection[step->connection].track.irs_known) {
        d.seq = 100;
        if (g->tester_isn && !sequence(p, g->tester_isn, &d.seq)) { return 0; }
    }
    for (size_t i = 0; i < n->count; i++) {
        if (!set_field(p, &d, &n->field[i])) { return 0; }
    }
    if ((d.control & TCPR_ACK) == 0 && !find_field(n, FIELD_ACK)) { d.ack = 0; }
    put_given_ecn(p, &d);
    put_ace(p, &d, step->connection);
    if (!default_options(p, &d, n) || !set_text(p, &d)) { return 0; }
    return finish(p, &d);
}

size_t craft_ack(struct play *p, unsigned connection)
{
    struct draft d = draft_of(p, connection);
    const struct track *t = &p->connection[connection].track;
    d.ack = t->seen_end;
    put_ace(p, &d, connection);
    if (track_negotiated(t, TCPR_OPT_TIMESTAMPS)) {
        static const uint8_t nops[2] = {TCPR_KIND_NOP, TCPR_KIND_NOP};
        if (!put(p, &d, nops, 2) || !put_timestamps(p, &d, timestamp_now(p), t->ts_val)) { return 0; }
    }
    return finish(p, &d);
}

size_t craft_raw(struct play *p, const struct step *step)
{
    const struct tcpr_ip *ip = &p->addresses->to_target;
    uint8_t first = step->raw_len ? step->raw[0] >> 4 : 0;
    bool whole_datagram = first == 4 || first == 6;
    size_t at = whole_datagram ? 0 : ip_header_len(ip->version);
    p->octets = arena_alloc(p->arena, at + step->raw_len + 1);
    if (step->raw_len) { memcpy(p->octets + at, step->raw, step->raw_len); }
    return whole_datagram ? step->raw_len : wrap(p, ip, 0, at, step->raw_len);
}
