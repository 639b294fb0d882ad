#include "http/http.h"
#include "base/timestamp.h"

/* An answer given before is given again, unless it was to another body. */
static bool
replay_or_work(struct signumd_request *request, const struct signumd_idempotency_name *name,
               const uint8_t body_sha256[SIGNUMD_SHA256_LEN], void (*work)(void *context),
               void *context)
{
    enum signum_status status = signumd_answers_find(
        request->db, name, body_sha256, signumd_timestamp_seconds(), &request->answer);

    if (status == SIGNUM_NOT_FOUND) {
        work(context);
        return false;
    }
    if (status == SIGNUM_INVALID_ARGUMENT) {
        signumd_reply_problem(request, SIGNUMD_PROBLEM_IDEMPOTENCY_MISMATCH,
                              "A new request needs a new Idempotency-Key");
        return false;
    }
    signumd_reply_json(request, status);
    if (status == SIGNUM_OK)
        signumd_reply_header(request, "Idempotent-Replayed", "true");
    return status == SIGNUM_OK;
}

bool
signumd_request_run_once(struct signumd_request *request,
                         const struct signumd_idempotency_name *name,
                         const uint8_t body_sha256[SIGNUMD_SHA256_LEN],
                         void (*work)(void *context), void *context)
{
    struct signumd_running *running = request->app->running;

    if (name->idempotency_key == NULL) {
        work(context);
        return false;
    }
    enum signum_status status = signumd_running_begin(running, name);
    if (status == SIGNUM_SERVICE_BUSY) {
        signumd_reply_problem(request, SIGNUMD_PROBLEM_IDEMPOTENCY_CONFLICT,
                              "The first request with this Idempotency-Key is still running");
        return false;
    }
    if (status != SIGNUM_OK) {
        signumd_reply_internal(request, status);
        return false;
    }
    bool is_replayed = replay_or_work(request, name, body_sha256, work, context);
    signumd_running_end(running, name);
    return is_replayed;
}
