/* Events to calls of the host. */
#include "scene.h"

#include <stdlib.h>
#include <string.h>

#define OUTPUTS_MAX 8192u /* one pull */
#define RESULTS_MAX 64u   /* one call to let time pass: a result for each slot and handshake, and again */
#define CLOCK_MAX ((tcpr_time)1 << 53)

static void *new_block(size_t size)
{
    void *block = aligned_alloc(64, size);
    if (!block) { abort(); }
    return block;
}

static void listen_at_first(struct scene *scene)
{
    const struct tcpr_listen listen = {.port = 80, .backlog = 4, .fast_open = scene->head.fast_open};
    if (scene->head.options.listeners == 0) { return; }
    enum tcpr_status status =
        tcpr_host_listen(scene->host, &scene->head.config, scene->now, &listen, &scene->listeners[0]);
    fuzz_require(status == TCPR_OK, "the first LISTEN fails");
    scene->fast_open[scene->listeners[0].index] = listen.fast_open;
}

static size_t bound_of(const struct tcpr_host_options *options)
{
    size_t tails = options->connections + options->listeners + 1u; /* TCPR_HOST_SIZE_MAX leaves them to its caller */
    return TCPR_HOST_SIZE_MAX(options->connections, options->time_wait, options->syn_queue, options->listeners,
                              options->addresses) +
           tails * (TCPR_CONN_SIZE(options->sacked_ranges, options->records) - sizeof(struct tcpr_conn));
}

static void begin(struct scene *scene, const uint8_t *octets, size_t len, bool moves)
{
    uint8_t head[SCENE_HEAD] = {0};
    memset(scene, 0, sizeof *scene);
    memcpy(head, octets, len < sizeof head ? len : sizeof head);
    scene_head_decode(head, &scene->head);
    const struct tcpr_host_options *options = &scene->head.options;
    scene->now = scene->head.begin;
    scene->moves = moves;
    scene->size = tcpr_host_size(options);
    fuzz_require(scene->size != 0, "options within their ranges are refused");
    fuzz_require(scene->size <= bound_of(options), "the host is larger than its bound");
    scene->host = tcpr_host_init(new_block(scene->size), options, scene->now);
    fars_begin(scene);
    for (unsigned i = 0; i < scene->head.addresses; i++) {
        uint8_t own[16], version = i & 1 ? 6 : 4;
        fuzz_require(own_address(scene, i >> 1, version, own), "an address too many");
        fuzz_require(tcpr_host_add_address(scene->host, own, version) == TCPR_OK, "an address is refused");
    }
    listen_at_first(scene);
}

static void pull(struct scene *scene)
{
    struct tcpr_host_output out;
    unsigned count = 0;
    while (tcpr_host_next_segment(scene->host, &scene->head.config, scene->now, &out)) {
        watch_pulled(scene, &out);
        fuzz_require(++count < OUTPUTS_MAX, "outputs without end");
    }
}

static void remember(struct scene *scene, struct tcpr_handle handle)
{
    scene->handles[scene->handle_count++ % SCENE_HANDLES] = handle;
}

/* ---- From below ---- */

static void segment_arrives(struct scene *scene, const struct scene_event *event)
{
    struct tcpr_ip ip;
    far_makes(scene, event, &ip);
    const struct tcpr_segment *seg = &scene->arrived;
    struct far *far = event->strange ? NULL : &scene->fars[event->far];
    struct tcpr_ip back = {.version = ip.version, .ttl = 64};
    memcpy(back.source, ip.destination, 16);
    memcpy(back.destination, ip.source, 16);
    enum tcpr_state state = tcpr_host_state(scene->host, &back, seg->destination_port, seg->source_port);
    tcpr_host_expect(scene->host, &ip, seg->source_port, seg->destination_port);
    tcpr_host_input(scene->host, &scene->head.config, scene->now, &ip, seg, &scene->res);
    bool answered = scene->res.fx.has_reply || !tcpr_handle_is_none(scene->res.conn);
    fuzz_require(!event->strange || !answered, "an answer to who is no host, or for who we are not");
    watch_result(scene, far, state);
}

static void icmp_arrives(struct scene *scene, const struct scene_event *event)
{
    const struct far *far = &scene->fars[event->far];
    struct tcpr_icmp icmp = event->icmp;
    struct tcpr_ip quoted = {.version = far->ip.version, .ttl = 64};
    memcpy(quoted.source, far->ip.destination, 16);
    memcpy(quoted.destination, far->ip.source, 16);
    icmp.version = far->ip.version;
    icmp.quoted_seq += far->seen - 1u;
    scene->arrived = (struct tcpr_segment){0};
    tcpr_host_icmp(scene->host, &scene->head.config, scene->now, &quoted, far->to, far->port, &icmp, &scene->res);
    watch_result(scene, NULL, TCPR_CLOSED);
}

static void time_comes(struct scene *scene)
{
    unsigned count = 0;
    scene->arrived = (struct tcpr_segment){0};
    while (tcpr_host_time_passes(scene->host, &scene->head.config, scene->now, &scene->res)) {
        watch_result(scene, NULL, TCPR_CLOSED);
        fuzz_require(++count < RESULTS_MAX, "timers without end");
    }
    fuzz_require(tcpr_host_next_deadline(scene->host) > scene->now, "a timer fired and is still due");
}

/* ---- From above ---- */

static void connect_one(struct scene *scene, const struct scene_event *event)
{
    const struct far *far = &scene->fars[event->far];
    struct tcpr_open open = {.ip = {.version = far->ip.version, .ttl = 64},
                             .local_port = event->port,
                             .remote_port = far->port,
                             .text_len = event->amount,
                             .fast_open = event->fast};
    struct tcpr_handle handle;
    memcpy(open.ip.destination, far->ip.source, 16);
    if (event->named) { memcpy(open.ip.source, far->ip.destination, 16); }
    enum tcpr_status status =
        tcpr_host_connect(scene->host, &scene->head.config, scene->now, &open, &handle, &scene->res);
    digest_add(&scene->digest, &status, sizeof status);
    fuzz_require((status == TCPR_OK) == !tcpr_handle_is_none(handle), "a handle of what was refused");
    if (status != TCPR_OK) { return; }
    watch_new(scene, handle, false);
    remember(scene, handle);
    watch_connect(scene, handle, &open);
    watch_result(scene, NULL, TCPR_CLOSED);
    uint16_t port = tcpr_host_conn(scene->host, handle)->local_port;
    const struct tcpr_host_options *options = &scene->head.options;
    uint32_t first = options->first_port ? options->first_port : 1024;
    uint32_t last = options->last_port ? options->last_port : 65535;
    fuzz_require(event->port ? port == event->port : port >= first && port <= last, "another port");
}

static void accept_one(struct scene *scene, const struct scene_event *event)
{
    struct tcpr_handle handle;
    if (!tcpr_host_accept(scene->host, scene->listeners[event->which % SCENE_LISTENERS], &handle)) { return; }
    struct told *told = &scene->told[handle.index];
    fuzz_require(told->generation == handle.generation && told->waits, "accepted, and never came");
    told->waits = false;
    remember(scene, handle);
}

static void listen(struct scene *scene, const struct scene_event *event)
{
    struct tcpr_listen listen = {.version = event->version,
                                 .port = event->port,
                                 .backlog = event->amount,
                                 .receive_buffer = event->buffer,
                                 .fast_open = event->fast_open};
    struct tcpr_listener listener;
    if (event->named && event->version != 0) { own_address(scene, event->which, event->version, listen.address); }
    enum tcpr_status status = tcpr_host_listen(scene->host, &scene->head.config, scene->now, &listen, &listener);
    digest_add(&scene->digest, &status, sizeof status);
    if (status != TCPR_OK) { return; }
    scene->listeners[event->which % SCENE_LISTENERS] = listener;
    scene->fast_open[listener.index] = listen.fast_open;
}

/* Connections that died unread while they waited are dropped without a word. */
static void unlisten(struct scene *scene, const struct scene_event *event)
{
    unsigned count = 0;
    scene->arrived = (struct tcpr_segment){0};
    struct tcpr_listener listener = scene->listeners[event->which % SCENE_LISTENERS];
    while (tcpr_host_unlisten(scene->host, &scene->head.config, scene->now, listener, &scene->res)) {
        watch_result(scene, NULL, TCPR_CLOSED);
        fuzz_require(++count <= SCENE_SLOTS_MAX, "more to abort than there are slots");
    }
    struct tcpr_handle handle;
    fuzz_require(!tcpr_host_accept(scene->host, listener, &handle), "accepted where nobody listens");
}

static enum tcpr_status receive(struct scene *scene, struct tcpr_handle handle, uint32_t amount)
{
    uint32_t taken;
    struct told *told = &scene->told[handle.index];
    enum tcpr_status status =
        tcpr_host_receive(scene->host, &scene->head.config, scene->now, handle, amount, &taken, &scene->res);
    uint64_t due = amount < told->readable ? amount : told->readable;
    fuzz_require(taken == (status == TCPR_OK ? due : 0), "RECEIVE gives other than was announced");
    told->readable -= taken;
    return status;
}

/* MUST-29: who is asked whether it is still there is not forgotten for the sake of another setting. */
static enum tcpr_status set(struct scene *scene, const struct scene_event *event, struct tcpr_handle handle)
{
    const struct tcpr_conn *c = tcpr_host_conn(scene->host, handle);
    uint32_t probes = c ? c->probes : 0;
    enum tcpr_status status =
        tcpr_host_set(scene->host, &scene->head.config, scene->now, handle, event->setting, event->value);
    fuzz_require(!c || event->setting == TCPR_SET_KEEPALIVE || c->probes == probes, "a setting forgets probes");
    return status;
}

static enum tcpr_status call_it(struct scene *scene, const struct scene_event *event, struct tcpr_handle handle)
{
    struct tcpr_host *host = scene->host;
    const struct tcpr_config *config = &scene->head.config;
    switch (event->kind) {
    case SCENE_SEND: return tcpr_host_send(host, config, scene->now, handle, event->amount, false, &scene->res);
    case SCENE_RECEIVE: return receive(scene, handle, event->amount);
    case SCENE_CLOSE: return tcpr_host_close(host, config, scene->now, handle, &scene->res);
    case SCENE_RELEASE: return tcpr_host_release(host, config, scene->now, handle, &scene->res);
    case SCENE_ABORT: return tcpr_host_abort(host, config, scene->now, handle, &scene->res);
    case SCENE_SET: return set(scene, event, handle);
    case SCENE_SEGMENT:
    case SCENE_TIME:
    case SCENE_CONNECT:
    case SCENE_ACCEPT:
    case SCENE_LISTEN:
    case SCENE_UNLISTEN:
    case SCENE_LISTENER_SET:
    case SCENE_ICMP:
    case SCENE_MOVE: break;
    }
    return TCPR_OK;
}

/* An old handle does nothing to the connection that has the slot now. */
static void call(struct scene *scene, const struct scene_event *event)
{
    struct tcpr_handle handle = scene->handles[event->which];
    bool lives = tcpr_host_conn(scene->host, handle) != NULL;
    bool gone = event->kind == SCENE_RELEASE || event->kind == SCENE_ABORT;
    scene->arrived = (struct tcpr_segment){0};
    if (!lives && handle.index >= scene->head.options.connections) { return; }
    enum tcpr_status status = call_it(scene, event, handle);
    digest_add(&scene->digest, &status, sizeof status);
    fuzz_require(lives || status == TCPR_DOES_NOT_EXIST, "a call on what is gone");
    fuzz_require(!gone || status == (lives ? TCPR_OK : TCPR_DOES_NOT_EXIST), "the application is not let go");
    fuzz_require(!gone || tcpr_host_conn(scene->host, handle) == NULL, "let go, and still there");
    if (event->kind != SCENE_SET && status == TCPR_OK) { watch_result(scene, NULL, TCPR_CLOSED); }
}

static void move(struct scene *scene)
{
    if (!scene->moves) { return; }
    void *elsewhere = new_block(scene->size);
    memcpy(elsewhere, scene->host, scene->size);
    free(scene->host);
    scene->host = elsewhere;
}

static void happen(struct scene *scene, const struct scene_event *event)
{
    switch (event->kind) {
    case SCENE_SEGMENT: segment_arrives(scene, event); break;
    case SCENE_TIME: scene->now += event->us; break;
    case SCENE_CONNECT: connect_one(scene, event); break;
    case SCENE_ACCEPT: accept_one(scene, event); break;
    case SCENE_LISTEN: listen(scene, event); break;
    case SCENE_UNLISTEN: unlisten(scene, event); break;
    case SCENE_SEND:
    case SCENE_RECEIVE:
    case SCENE_CLOSE:
    case SCENE_RELEASE:
    case SCENE_ABORT:
    case SCENE_SET: call(scene, event); break;
    case SCENE_LISTENER_SET:
        tcpr_host_listener_set(scene->host, &scene->head.config, scene->now,
                               scene->listeners[event->which % SCENE_LISTENERS], event->setting, event->value);
        break;
    case SCENE_ICMP: icmp_arrives(scene, event); break;
    case SCENE_MOVE: move(scene); break;
    }
}

static void pause_before(struct scene *scene, enum scene_pause pause)
{
    tcpr_time due = tcpr_host_next_deadline(scene->host);
    switch (pause) {
    case SCENE_AT_ONCE: return;
    case SCENE_SOON: scene->now += TCPR_MS(1); return; /* timers wait for whoever asks next */
    case SCENE_LATER: scene->now += TCPR_MS(500); break;
    case SCENE_AT_DEADLINE:
        if (due != TCPR_NEVER && due > scene->now) { scene->now = due; }
        break;
    }
    time_comes(scene);
}

struct digest scene_play(const uint8_t *octets, size_t len, bool moves)
{
    static struct scene scene; /* too large for ASan to paint at each call */
    struct scene_event event;
    begin(&scene, octets, len, moves);
    for (size_t i = 0; i < scene_events(len) && scene.now < CLOCK_MAX; i++) {
        scene_event_decode(octets + SCENE_HEAD + i * SCENE_EVENT, &event);
        pause_before(&scene, event.pause);
        happen(&scene, &event);
        if (event.kind == SCENE_TIME) { time_comes(&scene); }
        if (!event.hold) { pull(&scene); }
        watch_host(&scene);
    }
    free(scene.host);
    return scene.digest;
}
