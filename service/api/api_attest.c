#include "api/api.h"
#include "x509/attest.h"
#include "http/http.h"

#define SEES_ALL                                                                                   \
    (SIGNUMD_ROLE_BIT(SIGNUMD_ROLE_ADMIN) | SIGNUMD_ROLE_BIT(SIGNUMD_ROLE_KEY_MANAGER) |           \
        SIGNUMD_ROLE_BIT(SIGNUMD_ROLE_AUDITOR))

static void
attest(struct signumd_request *request, const struct signumd_key *key, const char *nonce)
{
    const struct signumd_actor actor = signumd_request_actor(request);
    const struct signumd_attest_ask ask = {
        request->app->state, request->db, request->app->hsm, &actor, key, nonce};
    enum signum_status status = signumd_attest_write(&ask, &request->answer);

    if (signumd_problem_of_hsm(status) != SIGNUMD_PROBLEM_HSM_UNAVAILABLE) {
        signumd_reply_json(request, status);
        return;
    }
    request->cause = signum_status_text(status);
    signumd_reply_problem(
        request, SIGNUMD_PROBLEM_HSM_UNAVAILABLE, "The HSM did not tell about the key");
}

bool
signumd_api_read_nonce(struct signumd_request *request, const char **nonce_out)
{
    *nonce_out = signumd_request_query(request, "nonce");
    if (*nonce_out == NULL || signumd_attest_is_nonce(*nonce_out))
        return true;
    signumd_reply_bad_field(
        request, "nonce", "must be 8 to 128 characters of hexadecimal or base64url text");
    return false;
}

void
signumd_api_attest(struct signumd_request *request)
{
    struct signumd_key key;
    const char *nonce = NULL;

    signumd_key_init(&key);
    if (signumd_request_find_key(request, &key) &&
        signumd_request_check_access(request, &key, SEES_ALL, "key.attest") &&
        signumd_request_find_version(request, &key) &&
        signumd_api_read_nonce(request, &nonce))
        attest(request, &key, nonce);
    signumd_key_clear(&key);
}
