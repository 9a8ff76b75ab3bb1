/* What must hold of a host whatever happens to it. */
#include "scene.h"

#include <string.h>

static bool same_ip(const struct tcpr_ip *a, const struct tcpr_ip *b)
{
    return a->version == b->version && memcmp(a->source, b->source, 16) == 0 &&
           memcmp(a->destination, b->destination, 16) == 0;
}

static struct tcpr_ip turned(const struct tcpr_ip *ip)
{
    struct tcpr_ip other = {.version = ip->version, .ttl = ip->ttl};
    memcpy(other.source, ip->destination, 16);
    memcpy(other.destination, ip->source, 16);
    return other;
}

void watch_new(struct scene *scene, struct tcpr_handle handle, bool waits)
{
    fuzz_require(handle.index < scene->head.options.connections, "a handle beyond the slots");
    struct told *told = &scene->told[handle.index];
    fuzz_require(handle.generation > told->generation, "a handle is given twice");
    *told = (struct told){.generation = handle.generation, .waits = waits};
}

/* RFC7413-4.2.2-1: with a fast OPEN the SYN is there at once, with the cookie as it was given where there is room, and
 * with text behind a cookie alone, no more than what the peer took when it gave it. */
void watch_connect(struct scene *scene, struct tcpr_handle handle, const struct tcpr_open *open)
{
    const struct tcpr_effects *fx = &scene->res.fx;
    const struct tcpr_fast_open *fast = &open->fast_open;
    const struct tcpr_options *options = &fx->reply.options;
    bool on = fast->wanted && (scene->head.config.features & TCPR_FEATURE_FAST_OPEN) != 0;
    fuzz_require(fx->has_reply == on, "a SYN at once, and no fast OPEN, or the other way");
    scene->told[handle.index].fast = on;
    if (!on) { return; }
    bool there = (options->present & TCPR_OPT_FAST_OPEN) != 0;
    fuzz_require((fx->reply.control & (TCPR_SYN | TCPR_ACK)) == TCPR_SYN, "a fast OPEN sends no SYN");
    fuzz_require(!there || (options->cookie_len == fast->cookie_len &&
                            memcmp(options->cookie, fast->cookie, sizeof fast->cookie) == 0),
                 "another cookie");
    fuzz_require(fx->reply.text_len == 0 || (there && fast->cookie_len != 0), "text without a cookie");
    fuzz_require(fx->reply.text_len <= open->text_len && fx->reply.text_at == 0, "text that was not given");
    fuzz_require(fast->mss == 0 || fx->reply.text_len <= fast->mss, "more text than the peer takes");
}

/* What the cache of a client is told is about a connection that was opened so. */
static void watch_news(const struct scene *scene)
{
    const struct tcpr_host_result *res = &scene->res;
    uint32_t news = res->fx.events & (TCPR_EVENT_COOKIE | TCPR_EVENT_FAST_OPEN_FAILED);
    if (news == 0) { return; }
    fuzz_require(!tcpr_handle_is_none(res->conn) && scene->told[res->conn.index].fast, "news of no fast OPEN");
    bool given = (scene->arrived.control & TCPR_SYN) && (scene->arrived.options.present & TCPR_OPT_FAST_OPEN) &&
                 scene->arrived.options.cookie_len != 0;
    fuzz_require((news & TCPR_EVENT_COOKIE) == 0 || given, "a cookie that nobody gave");
}

/* A connection from a listener answers a SYN,ACK that was sent to this far end: nothing else proves that it is there
 * (RFC 4987 appendix A, RFC 9293 section 3.4). */
static void watch_handshake(const struct scene *scene, const struct far *far)
{
    fuzz_require(far != NULL, "a handshake is completed without a segment");
    uint32_t kept = far->iss_count < SCENE_ISS_MAX ? far->iss_count : SCENE_ISS_MAX;
    bool known = far->iss_count > SCENE_ISS_MAX;
    for (uint32_t i = 0; i < kept; i++) {
        known = known || far->iss[i] == scene->arrived.ack - 1u;
    }
    fuzz_require(known, "a handshake is completed that never began");
}

/* Those made by a cookie at this listener whose peer has not been heard of since, as far as the application has them.
 */
static uint32_t unproved(const struct scene *scene, uint32_t listener)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < SCENE_SLOTS_MAX; i++) {
        const struct told *told = &scene->told[i];
        struct tcpr_handle handle = {.index = i, .generation = told->generation};
        if (!told->early || told->listener != listener || i >= scene->head.options.connections) { continue; }
        const struct tcpr_conn *c = tcpr_host_conn(scene->host, handle);
        count += c && c->state != TCPR_CLOSED && c->snd.una == c->snd.iss;
    }
    return count;
}

/* RFC 7413 section 4.2.2: a SYN alone makes a connection where its cookie is good, its listener asks for that, and not
 * too many wait for their ACK already. */
static void watch_fast_open(struct scene *scene, const struct far *far)
{
    const struct tcpr_host_result *res = &scene->res;
    const struct tcpr_segment *syn = &scene->arrived;
    fuzz_require(far != NULL && (syn->control & (TCPR_SYN | TCPR_ACK | TCPR_RST)) == TCPR_SYN, "fast without a SYN");
    struct tcpr_ip ip = turned(&far->ip);
    enum tcpr_cookie cookie = tcpr_cookie_check(scene->head.options.secret, &ip, scene->now, &syn->options);
    fuzz_require(cookie == TCPR_COOKIE_GOOD || cookie == TCPR_COOKIE_AGEING, "fast by a bad cookie");
    fuzz_require((scene->head.config.features & TCPR_FEATURE_FAST_OPEN) != 0, "fast, and it is off");
    watch_new(scene, res->conn, true);
    scene->told[res->conn.index].early = true;
    scene->told[res->conn.index].listener = res->listener.index;
    scene->fast_opened++;
    fuzz_require(unproved(scene, res->listener.index) < scene->fast_open[res->listener.index], "fast beyond the limit");
    fuzz_require(res->fx.has_reply && res->fx.reply.ack == syn->seq + 1u + res->fx.readable,
                 "text is not acknowledged");
}

/* A cookie is given to who asked, or whose own is bad or old; and it is good. */
static void watch_cookie(const struct scene *scene, const struct far *far)
{
    const struct tcpr_segment *reply = &scene->res.fx.reply, *syn = &scene->arrived;
    if (!(reply->options.present & TCPR_OPT_FAST_OPEN)) { return; }
    struct tcpr_ip ip = turned(&far->ip);
    const uint8_t *secret = scene->head.options.secret;
    bool kept = tcpr_cookie_check(secret, &ip, scene->now, &syn->options) == TCPR_COOKIE_GOOD;
    fuzz_require((syn->options.present & TCPR_OPT_FAST_OPEN) != 0 && !kept, "a cookie for who wants none");
    fuzz_require((reply->control & TCPR_SYN) != 0, "a cookie without a SYN");
    fuzz_require(tcpr_cookie_check(secret, &ip, scene->now, &reply->options) == TCPR_COOKIE_GOOD,
                 "a bad cookie is given");
}

static void watch_reply(const struct scene *scene, const struct far *far)
{
    const struct tcpr_segment *reply = &scene->res.fx.reply, *arrived = &scene->arrived;
    if (!far) { return; }
    struct tcpr_ip back = turned(&far->ip);
    fuzz_require(same_ip(&scene->res.ip, &back), "the reply goes to another address");
    fuzz_require(reply->source_port == arrived->destination_port && reply->destination_port == arrived->source_port,
                 "the reply goes to another port");
    bool reset = (reply->control & TCPR_RST) != 0;
    fuzz_require(!reset || (arrived->control & TCPR_RST) == 0, "an RST answers an RST");
    fuzz_require(reply->text_len == 0, "a reply with text");
    watch_cookie(scene, far);
}

/* RST where nothing is and nothing listens: at most so many in each interval that begins with one. */
static void watch_reset_limit(struct scene *scene)
{
    const struct tcpr_host_options *options = &scene->head.options;
    if (options->reset_limit == 0) { return; }
    if (scene->resets == 0 || scene->now - scene->resets_since >= options->reset_interval_us) {
        scene->resets = 0;
        scene->resets_since = scene->now;
    }
    fuzz_require(++scene->resets <= options->reset_limit, "more resets than the limit");
}

static bool resets_nobody(const struct tcpr_effects *fx)
{
    const struct tcpr_decision *first = &fx->decision[0];
    return fx->has_reply && fx->decisions == 1 && first->act == TCPR_ACT_RESET_SENT && first->from == TCPR_CLOSED;
}

static void watch_stream(struct scene *scene)
{
    const struct tcpr_host_result *res = &scene->res;
    const struct tcpr_effects *fx = &res->fx;
    bool nobody = tcpr_handle_is_none(res->conn);
    fuzz_require(!nobody || (fx->readable == 0 && fx->released == 0 && fx->place.len == 0), "text for nobody");
    if (nobody) { return; }
    struct told *told = &scene->told[res->conn.index];
    fuzz_require(res->conn.generation == told->generation, "a result names a connection that is gone");
    if (fx->stream_reset) { told->readable = 0; }
    told->readable += fx->readable;
    uint64_t end = (uint64_t)fx->place.text_at + fx->place.len;
    fuzz_require(fx->place.len == 0 || end <= scene->arrived.text_len, "text placed that did not arrive");
}

static void digest_result(struct scene *scene)
{
    const struct tcpr_host_result *res = &scene->res;
    const struct tcpr_effects *fx = &res->fx;
    digest_add(&scene->digest, &res->conn, sizeof res->conn);
    digest_add(&scene->digest, &res->listener, sizeof res->listener);
    digest_add(&scene->digest, &fx->events, sizeof fx->events);
    digest_add(&scene->digest, &fx->readable, sizeof fx->readable);
    digest_add(&scene->digest, &fx->released, sizeof fx->released);
    digest_add(&scene->digest, fx->decision, fx->decisions * sizeof fx->decision[0]);
    if (fx->has_reply) { digest_add(&scene->digest, &fx->reply, sizeof fx->reply); }
}

void watch_result(struct scene *scene, const struct far *far, enum tcpr_state state)
{
    const struct tcpr_host_result *res = &scene->res;
    const struct tcpr_effects *fx = &res->fx;
    fuzz_require(fx->decisions <= TCPR_DECISIONS_MAX, "too many decisions");
    for (uint32_t i = 0; i < fx->decisions; i++) {
        const struct tcpr_decision *d = &fx->decision[i];
        fuzz_require(d->rule > TCPR_RULE_NONE && d->rule < TCPR_RULE_COUNT, "a decision without a rule");
    }
    if (fx->events & TCPR_EVENT_FAST_OPENED) {
        watch_fast_open(scene, far);
    } else if (res->listener.generation != 0) {
        fuzz_require((fx->events & TCPR_EVENT_CONNECTED) != 0, "a listener has a connection that is not");
        fuzz_require(state == TCPR_SYN_RECEIVED || scene->head.options.cookies != TCPR_COOKIES_NEVER,
                     "a handshake from nothing, and cookies are off");
        watch_handshake(scene, far);
        watch_new(scene, res->conn, true);
    }
    watch_news(scene);
    watch_stream(scene);
    digest_result(scene);
    if (!fx->has_reply) { return; }
    watch_reply(scene, far);
    if (far && resets_nobody(fx)) { watch_reset_limit(scene); }
    far_sees(scene, &res->ip, &fx->reply);
}

void watch_pulled(struct scene *scene, const struct tcpr_host_output *out)
{
    const struct tcpr_segment *segment = &out->seg;
    fuzz_require(out->conn.index < scene->head.options.connections, "an output of no slot");
    fuzz_require(out->conn.generation == scene->told[out->conn.index].generation, "an output of who is gone");
    fuzz_require((segment->control & TCPR_RST) == 0, "an RST was pulled");
    const struct far *far = far_of(scene, &out->ip, segment->destination_port);
    fuzz_require(far != NULL, "an output to nobody");
    uint32_t headers = far->ip.version == 6 ? 60 : 40;
    fuzz_require(segment->text_len + tcpr_options_len(&segment->options) + headers <= scene->head.config.mtu,
                 "a segment larger than the MTU");
    bool syn = (segment->control & (TCPR_SYN | TCPR_ACK)) == TCPR_SYN; /* RFC7413-4.2.2-2 */
    fuzz_require(!syn || segment->text_len == 0, "a SYN with text was pulled");
    fuzz_require(!syn || (segment->options.present & TCPR_OPT_FAST_OPEN) == 0, "a SYN with a cookie was pulled");
    digest_add(&scene->digest, segment, sizeof *segment);
    far_sees(scene, &out->ip, segment);
}

static void watch_text(struct told *told, const struct tcpr_conn *c)
{
    uint64_t unread = c->rcv.nxt_at - c->rcv.read_at;
    if (c->state == TCPR_CLOSED && unread == 0) { told->readable = 0; } /* flushed */
    fuzz_require(unread == told->readable, "text was announced otherwise");
}

static void watch_conn(struct scene *scene, struct tcpr_handle handle)
{
    const struct tcpr_host *host = scene->host;
    const struct tcpr_conn *c = tcpr_host_conn(host, handle);
    struct tcpr_ip ip;
    fuzz_require(c != NULL && tcpr_host_addresses(host, handle, &ip), "a connection that cannot be looked at");
    const char *fault = tcpr_conn_fault(c, &scene->head.config);
    if (fault) { fuzz_fail(fault); }
    watch_text(&scene->told[handle.index], c);
    if (c->state == TCPR_CLOSED) { return; }
    fuzz_require(tcpr_handle_equal(tcpr_host_find(host, &ip, c->local_port, c->remote_port), handle),
                 "a connection is not found by its sockets");
    fuzz_require(tcpr_host_state(host, &ip, c->local_port, c->remote_port) == (enum tcpr_state)c->state,
                 "another state is told");
    tcpr_time due = tcpr_next_deadline(c); /* a setting may put it into the past */
    fuzz_require(tcpr_host_next_deadline(host) <= (due > scene->now ? due : scene->now), "a timer is forgotten");
}

void watch_host(struct scene *scene)
{
    struct tcpr_host_counts counts;
    const struct tcpr_host_options *options = &scene->head.options;
    uint32_t named = 0;
    struct tcpr_handle none = {0};
    for (struct tcpr_handle h = tcpr_host_next(scene->host, none); !tcpr_handle_is_none(h);
         h = tcpr_host_next(scene->host, h)) {
        fuzz_require(h.generation == scene->told[h.index].generation, "a connection nobody was told of");
        fuzz_require(!scene->told[h.index].waits, "a connection waits and is the application's");
        watch_conn(scene, h);
        named++;
    }
    tcpr_host_count(scene->host, &counts);
    fuzz_require(named <= counts.connections && counts.connections <= options->connections, "slots are miscounted");
    fuzz_require(counts.time_wait <= options->time_wait, "TIME-WAITs are miscounted");
    fuzz_require(counts.syn_queue <= options->syn_queue, "handshakes are miscounted");
    fuzz_require(counts.fast_opened == scene->fast_opened, "fast opens are miscounted");
    fuzz_require(counts.cookies_taken == 0 || counts.cookies_sent != 0, "a cookie was taken that was never given");
    digest_add(&scene->digest, &counts, sizeof counts);
}
