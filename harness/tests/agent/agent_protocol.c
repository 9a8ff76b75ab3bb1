/* The agent's frames, the proof of the token, and a session with nothing behind it. */
#include "harness/agent.h"
#include "session.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define RUNS 4u

static void assert_hex(const uint8_t *octets, const char *hex)
{
    for (size_t i = 0; i < 32; i++) {
        char two[3];
        snprintf(two, sizeof two, "%02x", octets[i]);
        assert_memory_equal(two, hex + 2 * i, 2);
    }
}

/* ---- Cryptography: published vectors ---- */

static void sha256__of_known_texts__is_as_published(void **state)
{
    (void)state;
    uint8_t digest[32];
    const char *two_blocks = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
    sha256((const uint8_t *)"", 0, digest);
    assert_hex(digest, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    sha256((const uint8_t *)"abc", 3, digest);
    assert_hex(digest, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    sha256((const uint8_t *)two_blocks, strlen(two_blocks), digest);
    assert_hex(digest, "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

static void hmac__of_known_texts__is_as_published(void **state)
{
    (void)state;
    uint8_t digest[32], key[131];
    memset(key, 0x0b, 20);
    hmac_sha256(key, 20, (const uint8_t *)"Hi There", 8, digest);
    assert_hex(digest, "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
    hmac_sha256((const uint8_t *)"Jefe", 4, (const uint8_t *)"what do ya want for nothing?", 28, digest);
    assert_hex(digest, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    memset(key, 0xaa, sizeof key);
    const char *text = "Test Using Larger Than Block-Size Key - Hash Key First";
    hmac_sha256(key, sizeof key, (const uint8_t *)text, strlen(text), digest);
    assert_hex(digest, "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

static void token__short_or_absent__is_refused(void **state)
{
    (void)state;
    char name[] = "/tmp/tcprove-token-XXXXXX", why[128];
    struct agent_token token;
    int fd = mkstemp(name);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, "fifteen octets!\n", 16), 16);
    assert_false(agent_token_read(name, &token, why, sizeof why));
    assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
    assert_int_equal(write(fd, "sixteen octets!!\n", 17), 17);
    assert_true(agent_token_read(name, &token, why, sizeof why));
    assert_int_equal(token.len, 16);
    close(fd);
    unlink(name);
    assert_false(agent_token_read(name, &token, why, sizeof why));
    unsetenv("TCPROVE_TOKEN");
    assert_false(agent_token_read(NULL, &token, why, sizeof why));
    setenv("TCPROVE_TOKEN", "a token in a variable", 1);
    assert_true(agent_token_read(NULL, &token, why, sizeof why));
}

/* ---- Frames ---- */

static struct agent_frame frame_of(const uint8_t *octets, size_t len)
{
    struct agent_frame frame;
    size_t used = 0;
    assert_int_equal(agent_frame_take(octets, len, &frame, &used), AGENT_TAKEN);
    assert_int_equal(used, len);
    return frame;
}

static void frame__cut_short__is_not_whole(void **state)
{
    (void)state;
    uint8_t octets[64], other[64];
    struct agent_frame frame;
    size_t used = 0;
    const struct agent_request request = {.type = AGENT_LISTEN, .call = {.kind = CALL_LISTEN, .backlog = 5}};
    size_t len = agent_request_write(&request, octets, sizeof octets);
    for (size_t cut = 0; cut < len; cut++) {
        assert_int_equal(agent_frame_take(octets, cut, &frame, &used), AGENT_MORE);
        assert_int_equal(agent_request_write(&request, other, cut), 0);
    }
    octets[3] = LANE_CONNECTIONS_MAX;
    assert_int_equal(agent_frame_take(octets, len, &frame, &used), AGENT_BROKEN);
    octets[3] = 0;
    octets[0] = 0xff;
    assert_int_equal(agent_frame_take(octets, len, &frame, &used), AGENT_BROKEN);
}

static struct agent_request some_begin(void)
{
    struct agent_request begin = {.type = AGENT_BEGIN, .run = 3};
    begin.begin.request = (struct lane_request){.version = 6,
                                                .receive_buffer = 4096,
                                                .send_buffer = 8192,
                                                .mtu = 1280,
                                                .window_scale = true,
                                                .sack = true,
                                                .isn = 77,
                                                .isn_forced = true};
    for (unsigned i = 0; i < LANE_CONNECTIONS_MAX; i++) {
        begin.begin.tester_port[i] = (uint16_t)(1000 + i);
        begin.begin.tester[i] = (uint8_t)i;
        begin.begin.target[15 - i] = (uint8_t)i;
    }
    return begin;
}

static void begin__written__is_read_as_it_was(void **state)
{
    (void)state;
    uint8_t octets[128];
    const struct agent_request begin = some_begin();
    struct agent_request again;
    size_t len = agent_request_write(&begin, octets, sizeof octets);
    const struct agent_frame frame = frame_of(octets, len);
    assert_true(agent_request_read(&frame, &again));
    assert_int_equal(again.run, 3);
    assert_memory_equal(again.begin.tester, begin.begin.tester, 16);
    assert_memory_equal(again.begin.target, begin.begin.target, 16);
    assert_memory_equal(again.begin.tester_port, begin.begin.tester_port, sizeof begin.begin.tester_port);
    const struct lane_request *got = &again.begin.request, *was = &begin.begin.request;
    assert_true(got->version == 6 && got->receive_buffer == 4096 && got->send_buffer == 8192 && got->mtu == 1280);
    assert_true(got->window_scale && !got->timestamps && got->sack && got->isn_forced && got->isn == was->isn);
}

/* Every body that is a begin's but for one thing. */
static void begin__wrong__is_refused(void **state)
{
    (void)state;
    uint8_t octets[128];
    struct agent_request again;
    static const struct {
        size_t at;
        uint8_t value;
    } wrong[] = {{0, 5}, {1, 16}, {35, 0}, {50, 0x80}, {54, 0x80}};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct agent_request begin = some_begin();
        begin.begin.tester_port[0] = 1 << 8;
        size_t len = agent_request_write(&begin, octets, sizeof octets);
        octets[AGENT_HEADER_LEN + wrong[i].at] = wrong[i].value;
        if (wrong[i].at == 35) { octets[AGENT_HEADER_LEN + 34] = 0; }
        const struct agent_frame frame = frame_of(octets, len);
        assert_false(agent_request_read(&frame, &again));
    }
}

static void call__each__is_read_as_it_was(void **state)
{
    (void)state;
    static const struct app_call calls[] = {
        {.kind = CALL_LISTEN, .backlog = 9},
        {.kind = CALL_CONNECT},
        {.kind = CALL_SEND, .octets = (const uint8_t *)"hello", .len = 5, .urgent = true},
        {.kind = CALL_RECEIVE, .len = AGENT_TEXT_MAX},
        {.kind = CALL_SHUTDOWN},
        {.kind = CALL_CLOSE},
        {.kind = CALL_ABORT},
        {.kind = CALL_SET, .setting = TCPROVE_SET_USER_TIMEOUT, .value = UINT64_C(0x123456789a)},
    };
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
        uint8_t octets[64];
        struct agent_request again, request = {.run = 1, .connection = 7, .call = calls[i]};
        request.type = agent_type_of_call(calls[i].kind);
        const struct agent_frame frame = frame_of(octets, agent_request_write(&request, octets, sizeof octets));
        assert_true(agent_request_read(&frame, &again));
        assert_int_equal(again.call.kind, calls[i].kind);
        assert_true(again.call.backlog == calls[i].backlog && again.call.len == calls[i].len);
        assert_true(again.call.urgent == calls[i].urgent && again.call.setting == calls[i].setting);
        assert_true(again.call.value == calls[i].value && again.call.connection == 7);
        if (calls[i].octets) { assert_memory_equal(again.call.octets, calls[i].octets, calls[i].len); }
    }
}

/* ---- A session ---- */

struct stage {
    struct agent_token token;
    struct agent_setup setup;
    struct agent_session session;
    uint8_t nonce[AGENT_NONCE_LEN];
    unsigned begun, ended, called, looked;
};

static uint16_t begin_run(void *context, uint16_t run, const struct agent_begin *begin, struct call_outcome *outcome)
{
    struct stage *stage = context;
    (void)begin;
    stage->begun++;
    if (run == 2) { *outcome = (struct call_outcome){.result = TCPROVE_NOT_SUPPORTED, .text = "not that one"}; }
    return 4711;
}

static void end_run(void *context, uint16_t run)
{
    struct stage *stage = context;
    (void)run;
    stage->ended++;
}

static void call_run(void *context, uint16_t run, const struct app_call *call, struct call_outcome *outcome)
{
    struct stage *stage = context;
    (void)run;
    stage->called++;
    if (call->kind == CALL_SEND) { outcome->len = call->len; }
    if (call->kind == CALL_RECEIVE) {
        outcome->octets = (const uint8_t *)"text";
        outcome->len = 4;
    }
}

static enum tcprove_state state_of_run(void *context, uint16_t run, uint8_t connection)
{
    (void)context;
    (void)run;
    return connection == 0 ? TCPROVE_ESTABLISHED : TCPROVE_CLOSED;
}

static void look_at_run(void *context, uint16_t run)
{
    struct stage *stage = context;
    if (stage->looked++ == 0) { agent_session_tell(&stage->session, run, 1, TCPROVE_ACCEPTED); }
}

static int raise_curtain(void **state)
{
    static const struct agent_application application = {begin_run, end_run, call_run, state_of_run, look_at_run};
    struct stage *stage = calloc(1, sizeof *stage);
    stage->token.len = AGENT_TOKEN_MIN;
    memset(stage->token.octets, 't', AGENT_TOKEN_MIN);
    memset(stage->nonce, 1, sizeof stage->nonce);
    stage->setup = (struct agent_setup){.token = &stage->token,
                                        .card = {.abilities = TCPROVE_CAN_ABORT, .runs_max = RUNS, .name = "a stage"},
                                        .octets_max = 100,
                                        .application = &application,
                                        .context = stage};
    agent_session_begin(&stage->session, &stage->setup, stage->nonce);
    *state = stage;
    return 0;
}

static int lower_curtain(void **state)
{
    struct stage *stage = *state;
    agent_session_end(&stage->session);
    free(stage);
    return 0;
}

/* Take the first frame of what the agent says. It lives until the next. */
static struct agent_frame hear(struct stage *stage)
{
    static uint8_t kept[AGENT_FRAME_MAX];
    struct agent_frame frame;
    size_t used = 0;
    assert_int_equal(agent_frame_take(stage->session.out, stage->session.out_len, &frame, &used), AGENT_TAKEN);
    memcpy(kept, stage->session.out, used);
    agent_session_sent(&stage->session, used);
    frame.body = kept + AGENT_HEADER_LEN;
    return frame;
}

static void prove(struct stage *stage, bool rightly)
{
    uint8_t octets[128];
    struct agent_prove proof = {.nonce = {2}};
    agent_proof(&stage->token, AGENT_ROLE_TESTER, stage->nonce, proof.nonce, proof.proof);
    if (!rightly) { proof.proof[31] ^= 1; }
    agent_session_take(&stage->session, octets, agent_prove_write(&proof, octets, sizeof octets));
}

static void say(struct stage *stage, const struct agent_request *request)
{
    uint8_t octets[512];
    size_t len = agent_request_write(request, octets, sizeof octets);
    assert_true(len > 0);
    for (size_t i = 0; i < len; i++) { /* octet by octet */
        agent_session_take(&stage->session, octets + i, 1);
    }
}

static struct agent_answer answer_to(struct stage *stage, const struct agent_request *request)
{
    struct agent_answer answer;
    say(stage, request);
    const struct agent_frame frame = hear(stage);
    assert_true(agent_answer_read(&frame, &answer));
    return answer;
}

static void is_refused(struct stage *stage)
{
    char why[80];
    const struct agent_frame frame = hear(stage);
    assert_true(agent_refused_read(&frame, why, sizeof why));
    assert_int_equal(stage->session.stage, AGENT_OVER);
}

static void enter(struct stage *stage)
{
    hear(stage);
    prove(stage, true);
    hear(stage);
    struct agent_request begin = some_begin();
    begin.run = 0;
    assert_int_equal(answer_to(stage, &begin).value, 4711);
}

static void session__right_token__both_have_proved_it(void **state)
{
    struct stage *stage = *state;
    struct agent_hello hello;
    struct agent_card card;
    uint8_t wanted[AGENT_PROOF_LEN];
    const struct agent_frame first = hear(stage);
    assert_true(agent_hello_read(&first, &hello));
    assert_int_equal(hello.version, AGENT_VERSION);
    prove(stage, true);
    const struct agent_frame second = hear(stage);
    assert_true(agent_card_read(&second, &card));
    agent_proof(&stage->token, AGENT_ROLE_AGENT, hello.nonce, (const uint8_t[AGENT_NONCE_LEN]){2}, wanted);
    assert_true(agent_proof_same(card.proof, wanted));
    assert_string_equal(card.name, "a stage");
    assert_int_equal(card.runs_max, RUNS);
}

static void session__wrong_token__is_over_and_nothing_was_called(void **state)
{
    struct stage *stage = *state;
    hear(stage);
    prove(stage, false);
    is_refused(stage);
    say(stage, &(struct agent_request){.type = AGENT_LISTEN, .call.kind = CALL_LISTEN});
    assert_int_equal(stage->session.out_len, 0);
    assert_int_equal(stage->called + stage->begun, 0);
}

static void session__request_before_proof__is_over(void **state)
{
    struct stage *stage = *state;
    hear(stage);
    const struct agent_request begin = some_begin();
    say(stage, &begin);
    is_refused(stage);
    assert_int_equal(stage->begun, 0);
}

static void session__own_proof_sent_back__is_over(void **state)
{
    struct stage *stage = *state;
    uint8_t octets[128];
    struct agent_prove reflected = {.nonce = {2}};
    hear(stage);
    agent_proof(&stage->token, AGENT_ROLE_AGENT, stage->nonce, reflected.nonce, reflected.proof);
    agent_session_take(&stage->session, octets, agent_prove_write(&reflected, octets, sizeof octets));
    is_refused(stage);
}

static void session__calls__are_answered_in_turn_and_events_come_first(void **state)
{
    struct stage *stage = *state;
    struct agent_event event;
    enter(stage);
    say(stage, &(struct agent_request){.type = AGENT_SYNC});
    struct agent_frame told = hear(stage);
    assert_true(agent_event_read(&told, &event));
    assert_int_equal(event.event, TCPROVE_ACCEPTED);
    assert_int_equal(event.connection, 1);
    told = hear(stage);
    assert_int_equal(told.type, AGENT_ANSWER);
    struct agent_request send = {.type = AGENT_SEND,
                                 .call = {.kind = CALL_SEND, .octets = (const uint8_t *)"hello", .len = 5}};
    assert_int_equal(answer_to(stage, &send).value, 5);
    struct agent_request receive = {.type = AGENT_RECEIVE, .call = {.kind = CALL_RECEIVE, .len = 9}};
    const struct agent_answer got = answer_to(stage, &receive);
    assert_int_equal(got.len, 4);
    assert_memory_equal(got.octets, "text", 4);
    assert_int_equal(answer_to(stage, &(struct agent_request){.type = AGENT_STATE}).value, TCPROVE_ESTABLISHED);
    assert_int_equal(answer_to(stage, &(struct agent_request){.type = AGENT_END}).result, TCPROVE_OK);
    assert_int_equal(stage->ended, 1);
}

static void session__run_refused__says_why_and_does_not_begin(void **state)
{
    struct stage *stage = *state;
    enter(stage);
    struct agent_request begin = some_begin();
    begin.run = 2;
    const struct agent_answer answer = answer_to(stage, &begin);
    assert_int_equal(answer.result, TCPROVE_NOT_SUPPORTED);
    assert_memory_equal(answer.octets, "not that one", answer.len);
    say(stage, &(struct agent_request){.type = AGENT_SYNC, .run = 2});
    is_refused(stage);
}

static void session__run_out_of_place__is_over(void **state)
{
    struct stage *stage = *state;
    enter(stage);
    struct agent_request begin = some_begin();
    begin.run = RUNS;
    say(stage, &begin);
    is_refused(stage);
    assert_int_equal(stage->begun, 1);
}

static void session__begun_twice__is_over(void **state)
{
    struct stage *stage = *state;
    enter(stage);
    struct agent_request begin = some_begin();
    begin.run = 0;
    say(stage, &begin);
    is_refused(stage);
}

static void session__octets_used_up__is_over(void **state)
{
    struct stage *stage = *state;
    uint8_t text[64] = {0};
    enter(stage);
    stage->looked = 1;
    struct agent_request send = {.type = AGENT_SEND, .call = {.kind = CALL_SEND, .octets = text, .len = sizeof text}};
    assert_int_equal(answer_to(stage, &send).value, sizeof text);
    say(stage, &send);
    is_refused(stage);
}

static void session__ended__ends_its_runs(void **state)
{
    struct stage *stage = *state;
    enter(stage);
    agent_session_end(&stage->session);
    assert_int_equal(stage->ended, 1);
}

static void session__tester_takes_no_answers__is_over(void **state)
{
    struct stage *stage = *state;
    enter(stage);
    for (unsigned i = 0; i < 1000000 && stage->session.stage != AGENT_OVER; i++) {
        agent_session_tell(&stage->session, 0, 0, TCPROVE_READABLE);
    }
    assert_int_equal(stage->session.stage, AGENT_OVER);
}

#define ON_STAGE(test) cmocka_unit_test_setup_teardown(test, raise_curtain, lower_curtain)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sha256__of_known_texts__is_as_published),
        cmocka_unit_test(hmac__of_known_texts__is_as_published),
        cmocka_unit_test(token__short_or_absent__is_refused),
        cmocka_unit_test(frame__cut_short__is_not_whole),
        cmocka_unit_test(begin__written__is_read_as_it_was),
        cmocka_unit_test(begin__wrong__is_refused),
        cmocka_unit_test(call__each__is_read_as_it_was),
        ON_STAGE(session__right_token__both_have_proved_it),
        ON_STAGE(session__wrong_token__is_over_and_nothing_was_called),
        ON_STAGE(session__request_before_proof__is_over),
        ON_STAGE(session__own_proof_sent_back__is_over),
        ON_STAGE(session__calls__are_answered_in_turn_and_events_come_first),
        ON_STAGE(session__run_refused__says_why_and_does_not_begin),
        ON_STAGE(session__run_out_of_place__is_over),
        ON_STAGE(session__begun_twice__is_over),
        ON_STAGE(session__octets_used_up__is_over),
        ON_STAGE(session__ended__ends_its_runs),
        ON_STAGE(session__tester_takes_no_answers__is_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
