#include "api/api.h"
#include "http/http.h"
#include "keys/leftovers.h"

static void
reply(struct signumd_request *request, enum signum_status status)
{
    if (status == SIGNUM_OK)
        request->status = 204;
    else if (status == SIGNUM_KEY_NOT_FOUND)
        signumd_reply_problem(
            request, SIGNUMD_PROBLEM_KEY_NOT_FOUND, "There is no key %s", request->name);
    else if (status == SIGNUM_DENIED)
        signumd_reply_problem(request, SIGNUMD_PROBLEM_KEY_HAS_CERTIFICATE,
            "A key with a certificate is not deleted");
    else
        signumd_reply_internal(request, status);
}

/*
 * First the key, then the key pair: a crash in between leaves a key pair that nobody can use, and
 * which the next sweep removes. An HSM that is known to be away is a reason not to begin.
 */
void
signumd_api_delete_key(struct signumd_request *request)
{
    const struct signumd_actor actor = signumd_request_actor(request);
    struct signumd_hsm *hsm = request->app->hsm;
    struct signumd_key key;

    signumd_key_init(&key);
    bool is_found = signumd_request_find_key(request, &key);
    bool is_free = is_found && key.chain_count == 0;
    signumd_key_clear(&key);
    if (!is_found)
        return;
    enum signum_status status = is_free ? signumd_hsm_check(hsm) : SIGNUM_OK;
    if (status != SIGNUM_OK) {
        request->cause = signum_status_text(status);
        signumd_reply_problem(request, signumd_problem_of_hsm(status),
            "The HSM cannot be reached now; nothing was deleted");
        return;
    }
    status = signumd_keys_remove(request->db, &actor, request->name);
    if (status == SIGNUM_OK && signumd_leftovers_sweep(request->db, hsm) != SIGNUM_OK)
        request->cause = "the key pair is left over in the token";
    reply(request, status);
}
