/* The control connection: questions of many lanes, answers and events of one agent. */
#include "remote_link.h"

#include "harness/sockets.h"
#include "remote_thread.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define RUNS_MAX 256u
#define CONNECT_WITHIN_US TCPR_S(5)
#define ANSWER_WITHIN_US TCPR_S(10)
#define READ_WAIT_US TCPR_MS(100) /* how soon the reading thread sees that it is to end */
#define WHY_MAX 200u

/* The one question of a run that may wait for its answer. */
struct question {
    bool waits;
    struct agent_answer answer;
    pthread_cond_t answered;
    uint8_t octets[AGENT_TEXT_MAX + 1];
};

struct remote_link {
    int fd;
    struct remote_listener listener;
    pthread_mutex_t send_lock;
    pthread_mutex_t lock; /* of what follows */
    bool is_lost;
    char why[WHY_MAX];
    struct question *question[RUNS_MAX];
    atomic_bool ending;
    struct remote_thread thread;
    uint8_t in[2 * AGENT_FRAME_MAX]; /* the reader's own */
    size_t in_len;
};

/* ---- The end of it ---- */

/* The listener hears of it before anyone who asks does. */
void remote_link_give_up(struct remote_link *link, const char *why)
{
    pthread_mutex_lock(&link->lock);
    if (!link->is_lost) {
        snprintf(link->why, sizeof link->why, "the agent on the target is lost: %s", why);
        if (link->listener.lost) { link->listener.lost(link->listener.context, link->why); }
    }
    link->is_lost = true;
    for (unsigned i = 0; i < RUNS_MAX; i++) {
        if (link->question[i]) { pthread_cond_broadcast(&link->question[i]->answered); }
    }
    pthread_mutex_unlock(&link->lock);
}

const char *remote_link_lost(struct remote_link *link)
{
    pthread_mutex_lock(&link->lock);
    bool lost = link->is_lost;
    pthread_mutex_unlock(&link->lock);
    return lost ? link->why : NULL;
}

/* ---- Octets ---- */

/* Wait until something can be done. @return false: the time is over. */
static bool wait_for(int fd, short events, tcpr_time until)
{
    for (;;) {
        tcpr_time now = monotonic_us();
        struct pollfd wanted = {.fd = fd, .events = events};
        int ready = poll(&wanted, 1, now < until ? (int)((until - now + 999) / 1000) : 0);
        if (ready > 0) { return true; }
        if (now >= until || (ready < 0 && errno != EINTR)) { return false; }
    }
}

static bool send_all(struct remote_link *link, const uint8_t *octets, size_t len)
{
    tcpr_time until = monotonic_us() + ANSWER_WITHIN_US;
    while (len > 0) {
        ssize_t sent = send(link->fd, octets, len, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent < 0 && errno == EINTR) { continue; }
        if (sent < 0 && (errno != EAGAIN || !wait_for(link->fd, POLLOUT, until))) { return false; }
        if (sent < 0) { continue; }
        octets += sent;
        len -= (size_t)sent;
    }
    return true;
}

/* Read what is there. @return false with `why`: it is over. */
static bool receive_some(struct remote_link *link, const char **why)
{
    ssize_t got = recv(link->fd, link->in + link->in_len, sizeof link->in - link->in_len, MSG_DONTWAIT);
    if (got > 0) {
        link->in_len += (size_t)got;
    } else if (got == 0) {
        *why = "it has closed the connection";
        return false;
    } else if (errno != EAGAIN && errno != EINTR) {
        *why = strerrordesc_np(errno);
        return false;
    }
    return true;
}

static void drop(struct remote_link *link, size_t len)
{
    link->in_len -= len;
    memmove(link->in, link->in + len, link->in_len);
}

/* ---- What the agent says ---- */

static bool deliver_answer(struct remote_link *link, const struct agent_answer *answer)
{
    pthread_mutex_lock(&link->lock);
    struct question *question = answer->run < RUNS_MAX ? link->question[answer->run] : NULL;
    bool waited = question && question->waits && question->answer.connection == answer->connection;
    if (waited) {
        if (answer->len > 0) { memcpy(question->octets, answer->octets, answer->len); }
        question->octets[answer->len] = 0;
        question->answer = *answer;
        question->answer.octets = question->octets;
        question->waits = false;
        pthread_cond_broadcast(&question->answered);
    }
    pthread_mutex_unlock(&link->lock);
    return waited;
}

/* @return false with `why`: that is not what an agent says now. */
static bool deliver(struct remote_link *link, const struct agent_frame *frame, char *why)
{
    struct agent_answer answer;
    struct agent_event event;
    if (agent_answer_read(frame, &answer) && deliver_answer(link, &answer)) { return true; }
    if (agent_event_read(frame, &event)) {
        if (link->listener.tell) { link->listener.tell(link->listener.context, &event); }
        return true;
    }
    if (!agent_refused_read(frame, why, WHY_MAX / 2)) { snprintf(why, WHY_MAX / 2, "it said what nobody asked for"); }
    return false;
}

/* Wait a little and take in what has come. */
static void read_on(struct remote_link *link, tcpr_time wait_us)
{
    const char *over = NULL;
    char why[WHY_MAX / 2];
    struct agent_frame frame;
    size_t used = 0;
    enum agent_taken taken = AGENT_TAKEN;
    if (!wait_for(link->fd, POLLIN, monotonic_us() + wait_us)) { return; }
    bool open = receive_some(link, &over);
    while (taken == AGENT_TAKEN) {
        taken = agent_frame_take(link->in, link->in_len, &frame, &used);
        if (taken == AGENT_BROKEN) { remote_link_give_up(link, "it sent what is no frame"); }
        if (taken != AGENT_TAKEN) { break; }
        if (!deliver(link, &frame, why)) {
            remote_link_give_up(link, why);
            break;
        }
        drop(link, used);
    }
    if (!open) { remote_link_give_up(link, over); }
}

static void *read_always(void *argument)
{
    struct remote_link *link = argument;
    while (!atomic_load(&link->ending) && !remote_link_lost(link)) {
        read_on(link, READ_WAIT_US);
    }
    return NULL;
}

bool remote_link_start(struct remote_link *link)
{
    pthread_mutex_lock(&link->lock);
    bool started = remote_thread_start(&link->thread, read_always, link);
    pthread_mutex_unlock(&link->lock);
    return started;
}

/* ---- Asking ---- */

static struct question *begin_question(struct remote_link *link, const struct agent_request *request)
{
    if (request->run >= RUNS_MAX || remote_link_lost(link)) { return NULL; }
    pthread_mutex_lock(&link->lock);
    struct question **place = &link->question[request->run];
    if (!*place) {
        pthread_condattr_t monotonic;
        *place = calloc(1, sizeof **place);
        pthread_condattr_init(&monotonic);
        pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
        if (*place) { pthread_cond_init(&(*place)->answered, &monotonic); }
        pthread_condattr_destroy(&monotonic);
    }
    if (*place) {
        (*place)->waits = true;
        (*place)->answer.connection = request->connection;
    }
    struct question *question = *place;
    pthread_mutex_unlock(&link->lock);
    return question;
}

/* The lock is held, but for while it waits. */
static void await_answer(struct remote_link *link, struct question *question, tcpr_time until)
{
    const struct timespec at = {.tv_sec = (time_t)(until / 1000000u), .tv_nsec = (long)(until % 1000000u) * 1000};
    while (question->waits && !link->is_lost && monotonic_us() < until) {
        if (link->thread.started) {
            pthread_cond_timedwait(&question->answered, &link->lock, &at);
        } else {
            pthread_mutex_unlock(&link->lock);
            read_on(link, READ_WAIT_US);
            pthread_mutex_lock(&link->lock);
        }
    }
}

bool remote_link_ask(struct remote_link *link, const struct agent_request *request, struct agent_answer *answer)
{
    uint8_t octets[AGENT_FRAME_MAX];
    size_t len = agent_request_write(request, octets, sizeof octets);
    struct question *question = len > 0 ? begin_question(link, request) : NULL;
    if (!question) { return false; }
    pthread_mutex_lock(&link->send_lock);
    bool sent = send_all(link, octets, len);
    pthread_mutex_unlock(&link->send_lock);
    pthread_mutex_lock(&link->lock);
    if (sent) { await_answer(link, question, monotonic_us() + ANSWER_WITHIN_US); }
    bool answered = sent && !question->waits;
    *answer = question->answer;
    pthread_mutex_unlock(&link->lock);
    if (!answered) { remote_link_give_up(link, "it does not answer"); }
    return answered;
}

/* ---- Opening and closing ---- */

static bool connect_to(int fd, const struct remote_address *agent)
{
    union endpoint_address address = endpoint_of(agent->version, agent->octets, agent->port);
    int error = 0, one = 1;
    socklen_t len = sizeof error;
    if (agent->version == 6) { address.ipv6.sin6_scope_id = if_nametoindex(agent->interface); }
    if (connect(fd, &address.any, endpoint_len(&address)) != 0 && errno != EINPROGRESS) { return false; }
    if (!wait_for(fd, POLLOUT, monotonic_us() + CONNECT_WITHIN_US)) {
        errno = ETIMEDOUT;
        return false;
    }
    bool known = getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) == 0;
    errno = error;
    return known && error == 0 && setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one) == 0;
}

/* One frame of the handshake. @return false with `why`. */
static bool await_frame(struct remote_link *link, struct agent_frame *frame, size_t *used, char *why, size_t why_size)
{
    tcpr_time until = monotonic_us() + CONNECT_WITHIN_US;
    const char *over = "it says nothing";
    for (;;) {
        enum agent_taken taken = agent_frame_take(link->in, link->in_len, frame, used);
        if (taken == AGENT_BROKEN) { over = "what answers is no agent"; }
        if (taken == AGENT_TAKEN && !agent_refused_read(frame, why, why_size)) { return true; }
        if (taken == AGENT_TAKEN) { return false; }
        if (taken == AGENT_BROKEN || !wait_for(link->fd, POLLIN, until) || !receive_some(link, &over)) { break; }
    }
    snprintf(why, why_size, "%s", over);
    return false;
}

static bool shake_hands(struct remote_link *link, const struct agent_token *token, struct agent_card *card, char *why,
                        size_t why_size)
{
    struct agent_frame frame;
    struct agent_hello hello;
    struct agent_prove prove;
    uint8_t octets[256], wanted[AGENT_PROOF_LEN];
    size_t used = 0;
    if (!await_frame(link, &frame, &used, why, why_size)) { return false; }
    snprintf(why, why_size, "what answers is no agent of version %u", AGENT_VERSION);
    if (!agent_hello_read(&frame, &hello) || hello.version != AGENT_VERSION) { return false; }
    drop(link, used);
    snprintf(why, why_size, "nothing can be sent to it");
    if (!agent_nonce_draw(prove.nonce)) { return false; }
    agent_proof(token, AGENT_ROLE_TESTER, hello.nonce, prove.nonce, prove.proof);
    if (!send_all(link, octets, agent_prove_write(&prove, octets, sizeof octets))) { return false; }
    if (!await_frame(link, &frame, &used, why, why_size)) { return false; }
    snprintf(why, why_size, "it does not have the token itself");
    agent_proof(token, AGENT_ROLE_AGENT, hello.nonce, prove.nonce, wanted);
    bool proved = agent_card_read(&frame, card) && agent_proof_same(card->proof, wanted);
    drop(link, used);
    return proved;
}

struct remote_link *remote_link_open(const struct remote_address *agent, const struct agent_token *token,
                                     struct agent_card *card, char *why, size_t why_size)
{
    struct remote_link *link = calloc(1, sizeof *link);
    if (!link) { return NULL; }
    pthread_mutex_init(&link->lock, NULL);
    pthread_mutex_init(&link->send_lock, NULL);
    link->fd = socket(agent->version == 4 ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    bool connected = link->fd >= 0 && connect_to(link->fd, agent);
    char reason[WHY_MAX / 2];
    if (!connected) { snprintf(reason, sizeof reason, "%s", strerrordesc_np(errno)); }
    if (connected && shake_hands(link, token, card, reason, sizeof reason)) { return link; }
    snprintf(why, why_size, "the agent on the target: %s", reason);
    remote_link_close(link);
    return NULL;
}

void remote_link_listen(struct remote_link *link, const struct remote_listener *listener)
{
    link->listener = *listener;
}

void remote_link_close(struct remote_link *link)
{
    atomic_store(&link->ending, true);
    if (link->thread.started) { pthread_join(link->thread.id, NULL); }
    for (unsigned i = 0; i < RUNS_MAX; i++) {
        if (link->question[i]) { pthread_cond_destroy(&link->question[i]->answered); }
        free(link->question[i]);
    }
    if (link->fd >= 0) { close(link->fd); }
    pthread_mutex_destroy(&link->lock);
    pthread_mutex_destroy(&link->send_lock);
    free(link);
}
