/*
 * remote_link.h - the tester's side of the control connection to an agent.
 *
 * Lanes ask, each from its own thread and one question at a time; one thread reads what the agent says. An agent that
 * does not answer in time, or says what the protocol does not know, is lost for good: whoever asks is told so at once.
 */
#ifndef HARNESS_TARGET_REMOTE_LINK_H
#define HARNESS_TARGET_REMOTE_LINK_H

#include "harness/agent.h"
#include "harness/remote.h"

struct remote_link;

/* Who hears what no question asked for; from any thread. */
struct remote_listener {
    void (*tell)(void *context, const struct agent_event *event);
    void (*lost)(void *context, const char *why); /* once; `why` lives as long as the link */
    void *context;
};

/* Connect and prove to have the token. @return NULL with `why`. */
struct remote_link *remote_link_open(const struct remote_address *agent, const struct agent_token *token,
                                     struct agent_card *card, char *why, size_t why_size);
/* From now on the listener is told. */
void remote_link_listen(struct remote_link *link, const struct remote_listener *listener);
/* Start the thread that reads. Before that whoever asks reads himself. */
bool remote_link_start(struct remote_link *link);
/* @return false: the agent is lost. The answer's octets end with 0 and live until the run's next question. */
bool remote_link_ask(struct remote_link *link, const struct agent_request *request, struct agent_answer *answer);
/* The agent is lost, or else NULL: why. */
const char *remote_link_lost(struct remote_link *link);
/* What the agent said makes no sense. */
void remote_link_give_up(struct remote_link *link, const char *why);
void remote_link_close(struct remote_link *link);

#endif
