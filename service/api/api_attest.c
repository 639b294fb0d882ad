#include "api/api.h"
#include "x509/attest.h"
#include "http/http.h"

#define SEES_ALL                                                                                   \
    (SIGNUMD_ROLE_BIT(SIGNUMD_ROLE_ADMIN) | SIGNUMD_ROLE_BIT(SIGNUMD_ROLE_KEY_MANAGER) |           \
        SIGNUMD_ROLE_BIT(SIGNUMD_ROLE_AUDITOR))

static void
attest(struct signumd_request *request, const struct signumd_key *key)
{
    const struct signumd_actor actor = signumd_request_actor(request);
    enum signum_status status = signumd_attest_write(
        request->app->state, request->db, request->app->hsm, &actor, key, &request->answer);

    if (signumd_problem_of_hsm(status) != SIGNUMD_PROBLEM_HSM_UNAVAILABLE) {
        signumd_reply_json(request, status);
        return;
    }
    request->cause = signum_status_text(status);
    signumd_reply_problem(
        request, SIGNUMD_PROBLEM_HSM_UNAVAILABLE, "The HSM did not tell about the key");
}

void
signumd_api_attest(struct signumd_request *request)
{
    struct signumd_key key;

    signumd_key_init(&key);
    if (signumd_request_find_key(request, &key) &&
        signumd_request_check_access(request, SEES_ALL, "key.attest"))
        attest(request, &key);
    signumd_key_clear(&key);
}
