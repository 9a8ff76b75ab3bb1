/* The token, and proving that one has it. */
#include "harness/agent.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

static bool take_token(const uint8_t *octets, size_t len, struct agent_token *out)
{
    while (len > 0 && memchr(" \t\r\n", octets[len - 1], 4)) {
        len--;
    }
    if (len < AGENT_TOKEN_MIN || len > AGENT_TOKEN_MAX) { return false; }
    memcpy(out->octets, octets, len);
    out->len = len;
    return true;
}

bool agent_token_read(const char *file, struct agent_token *out, char *why, size_t why_size)
{
    uint8_t room[AGENT_TOKEN_MAX + 16];
    const char *text = file ? NULL : getenv("TCPROVE_TOKEN");
    if (!file && !text) {
        snprintf(why, why_size, "a token is needed: give --token-file, or set TCPROVE_TOKEN");
        return false;
    }
    FILE *from = file ? fopen(file, "re") : NULL;
    size_t len = from ? fread(room, 1, sizeof room, from) : text ? strlen(text) : 0;
    bool unread = file && (!from || ferror(from));
    if (unread) { snprintf(why, why_size, "the token file %.120s cannot be read: %s", file, strerror(errno)); }
    if (from) { fclose(from); }
    if (unread) { return false; }
    bool good = take_token(from ? room : (const uint8_t *)text, len, out);
    if (!good) { snprintf(why, why_size, "a token has %u to %u octets", AGENT_TOKEN_MIN, AGENT_TOKEN_MAX); }
    return good;
}

void agent_proof(const struct agent_token *token, enum agent_role role, const uint8_t *agent_nonce,
                 const uint8_t *tester_nonce, uint8_t proof[AGENT_PROOF_LEN])
{
    static const char *const roles[] = {
        [AGENT_ROLE_TESTER] = "tcprove agent 1 tester", [AGENT_ROLE_AGENT] = "tcprove agent 1 agent"};
    uint8_t said[24 + 2 * AGENT_NONCE_LEN];
    size_t len = strlen(roles[role]);
    memcpy(said, roles[role], len);
    memcpy(said + len, agent_nonce, AGENT_NONCE_LEN);
    memcpy(said + len + AGENT_NONCE_LEN, tester_nonce, AGENT_NONCE_LEN);
    hmac_sha256(token->octets, token->len, said, len + 2 * (size_t)AGENT_NONCE_LEN, proof);
}

bool agent_proof_same(const uint8_t *left, const uint8_t *right)
{
    unsigned different = 0;
    for (unsigned i = 0; i < AGENT_PROOF_LEN; i++) {
        different |= (unsigned)(left[i] ^ right[i]);
    }
    return different == 0;
}

bool agent_nonce_draw(uint8_t nonce[AGENT_NONCE_LEN])
{
    return getrandom(nonce, AGENT_NONCE_LEN, 0) == (ssize_t)AGENT_NONCE_LEN;
}
