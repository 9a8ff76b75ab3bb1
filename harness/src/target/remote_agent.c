/* An agent on the target: what a lane calls goes there, what the application learns comes back. */
#include "harness/sockets.h"
#include "remote.h"
#include "remote_link.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TRIES 8u

struct agent {
    struct remote_control control;
    struct remote *remote;
    struct remote_link *link;
    char name[AGENT_NAME_MAX + 16];
};

static uint16_t run_of(const struct agent *agent, const struct lane *lane)
{
    return (uint16_t)(lane - agent->remote->lane);
}

/* ---- What the agent tells ---- */

/* How a connection ended that the application had closed no socket tells; the wire does. */
static bool ended_by_reset(struct lane *lane, unsigned connection)
{
    remote_wire_pump(&lane->remote->wire);
    pthread_mutex_lock(&lane->remote->lock);
    bool reset = (lane->connection[connection].last_control & TCPR_RST) != 0;
    pthread_mutex_unlock(&lane->remote->lock);
    return reset;
}

static void tell(void *context, const struct agent_event *event)
{
    struct agent *agent = context;
    if (event->run >= agent->remote->lane_count) { return; }
    struct lane *lane = &agent->remote->lane[event->run];
    if (event->event == TCPROVE_CLOSED_OK && ended_by_reset(lane, event->connection)) { return; }
    remote_lane_tell(lane, event->connection, event->event);
}

static void lost(void *context, const char *why)
{
    struct agent *agent = context;
    remote_give_up(agent->remote, why);
}

/* ---- What a lane asks ---- */

static struct agent_request begin_request(const struct agent *agent, const struct lane *lane, uint16_t run)
{
    const struct remote *remote = agent->remote;
    struct agent_request request = {.type = AGENT_BEGIN, .run = run};
    if (lane) { request.begin.request = lane->request; }
    request.begin.request.version = remote->wire.version;
    memcpy(request.begin.tester, remote->wire.tester.address, 16);
    memcpy(request.begin.target, remote->options.target.octets, 16);
    for (unsigned i = 0; i < LANE_CONNECTIONS_MAX; i++) {
        request.begin.tester_port[i] = lane ? lane->addresses.tester_port[i] : (uint16_t)(remote->ports.first + i);
    }
    return request;
}

static bool ask(struct agent *agent, const struct lane *lane, enum agent_type type, unsigned connection,
                struct agent_answer *answer)
{
    const struct agent_request request = {.type = type, .run = run_of(agent, lane), .connection = (uint8_t)connection};
    return remote_link_ask(agent->link, &request, answer);
}

/* The reason outlives the lane's next question: it is the run's. */
static bool begin(struct remote_control *control, struct lane *lane, const struct lane_request *request,
                  const char **why)
{
    struct agent *agent = (struct agent *)control;
    (void)request;
    struct agent_answer answer;
    if (!remote_link_start(agent->link)) {
        *why = "the system makes no thread";
        return false;
    }
    const struct agent_request asked = begin_request(agent, lane, run_of(agent, lane));
    if (!remote_link_ask(agent->link, &asked, &answer)) {
        *why = remote_link_lost(agent->link);
        return false;
    }
    *why = answer.len > 0 ? (const char *)answer.octets : "the agent on the target refuses the run";
    if (answer.result != TCPROVE_OK) { return false; }
    lane->addresses.target_port = (uint16_t)answer.value;
    return true;
}

/* More than was asked for is no answer. */
static bool is_sound(const struct app_call *call, const struct agent_answer *answer)
{
    if (answer->result != TCPROVE_OK) { return true; }
    return call->kind == CALL_SEND ? answer->value <= call->len && answer->len == 0
                                   : answer->len <= (call->kind == CALL_RECEIVE ? call->len : 0);
}

static void call(struct remote_control *control, struct lane *lane, const struct app_call *call,
                 struct call_outcome *outcome)
{
    struct agent *agent = (struct agent *)control;
    struct agent_answer answer;
    struct agent_request request = {.type = agent_type_of_call(call->kind),
                                    .run = run_of(agent, lane),
                                    .connection = (uint8_t)call->connection,
                                    .call = *call};
    if (request.call.len > AGENT_TEXT_MAX) { request.call.len = AGENT_TEXT_MAX; }
    *outcome = (struct call_outcome){.result = TCPROVE_WOULD_BLOCK};
    if (!remote_link_ask(agent->link, &request, &answer)) { return; }
    if (!is_sound(&request.call, &answer)) {
        remote_link_give_up(agent->link, "it answers with more than was asked for");
        return;
    }
    outcome->result = answer.result;
    if (answer.result != TCPROVE_OK) {
        outcome->text = answer.len > 0 ? (const char *)answer.octets : NULL;
        return;
    }
    outcome->octets = answer.octets;
    outcome->len = call->kind == CALL_SEND ? answer.value : answer.len;
}

static enum tcprove_state state(struct remote_control *control, struct lane *lane, unsigned connection)
{
    struct agent_answer answer;
    struct agent *agent = (struct agent *)control;
    bool known = ask(agent, lane, AGENT_STATE, connection, &answer) && answer.result == TCPROVE_OK &&
                 answer.value <= TCPROVE_TIME_WAIT;
    return known ? (enum tcprove_state)answer.value : TCPROVE_UNKNOWN;
}

static void settle(struct remote_control *control, struct lane *lane)
{
    struct agent_answer ignored;
    ask((struct agent *)control, lane, AGENT_SYNC, 0, &ignored);
}

static void end(struct remote_control *control, struct lane *lane)
{
    struct agent_answer ignored;
    ask((struct agent *)control, lane, AGENT_END, 0, &ignored);
}

/* ---- Beginning and ending ---- */

static void destroy(struct remote_control *control)
{
    struct agent *agent = (struct agent *)control;
    remote_link_close(agent->link);
    free(agent);
}

struct remote_control *remote_control_agent(struct remote *remote, char *why)
{
    static const struct remote_control_ops ops = {begin, call, state, settle, end, destroy};
    struct agent_token token;
    struct agent_card card;
    const struct remote_options *options = &remote->options;
    if (!agent_token_read(options->token_file, &token, why, REMOTE_WHY_MAX)) { return NULL; }
    struct agent *agent = calloc(1, sizeof *agent);
    if (!agent) { return NULL; }
    agent->remote = remote;
    agent->link = remote_link_open(&options->agent, &token, &card, why, REMOTE_WHY_MAX);
    if (!agent->link) {
        free(agent);
        return NULL;
    }
    const struct remote_listener listener = {tell, lost, agent};
    remote_link_listen(agent->link, &listener);
    snprintf(agent->name, sizeof agent->name, "an agent (%s)", card.name);
    agent->control = (struct remote_control){.ops = &ops,
                                             .name = agent->name,
                                             .abilities = (unsigned)TARGET_APPLICATION | card.abilities,
                                             .runs_max = card.runs_max,
                                             .msl_us = TCPR_MS((tcpr_time)card.msl_ms),
                                             .rto_initial_us = TCPR_MS((tcpr_time)card.rto_initial_ms)};
    return &agent->control;
}

bool remote_control_agent_try(struct remote_control *control, tcpr_time *slowest_us, char *why)
{
    struct agent *agent = (struct agent *)control;
    struct agent_answer answer = {0};
    struct agent_request request = begin_request(agent, NULL, 0);
    bool good = remote_link_ask(agent->link, &request, &answer);
    if (good && answer.result != TCPROVE_OK) {
        snprintf(why, REMOTE_WHY_MAX, "the agent on the target refuses: %.180s",
                 answer.len > 0 ? (const char *)answer.octets : "it gives no reason");
        return false;
    }
    request.type = AGENT_SYNC;
    for (unsigned i = 0; good && i < TRIES; i++) {
        tcpr_time asked = monotonic_us();
        good = remote_link_ask(agent->link, &request, &answer);
        tcpr_time took = monotonic_us() - asked;
        if (took > *slowest_us) { *slowest_us = took; }
    }
    request.type = AGENT_END;
    good = good && remote_link_ask(agent->link, &request, &answer);
    if (!good) { snprintf(why, REMOTE_WHY_MAX, "%.200s", remote_link_lost(agent->link)); }
    return good;
}
