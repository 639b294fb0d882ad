#include "api/api.h"
#include "base/json.h"
#include "http/http.h"

static void
reply(struct signumd_request *request, const char *text)
{
    struct signumd_json_writer writer;

    signumd_json_start(&writer, &request->answer);
    signumd_json_put_text(&writer, "status", text);
    signumd_json_end(&writer, '}');
    signumd_reply_json(request, SIGNUM_OK);
}

void
signumd_api_health(struct signumd_request *request)
{
    reply(request, "ok");
}

/* Can a record be written? Begins as if to do so. */
static bool
is_writable(struct signumd_db *db)
{
    int64_t last = 0;
    enum signum_status status = signumd_db_begin(db);

    if (status != SIGNUM_OK)
        return false;
    bool is_read = signumd_db_get_number(db, &last, "SELECT max(idx) FROM audit", "") == SIGNUM_OK;
    status = signumd_db_finish(db, SIGNUM_NO_MORE_ITEMS);
    return is_read && status == SIGNUM_NO_MORE_ITEMS;
}

/* Which part is not ready; NULL if all are. */
static const char *
find_cause(struct signumd_request *request)
{
    if (atomic_load(&request->app->is_draining))
        return "draining";
    if (!is_writable(request->db))
        return "database";
    return signumd_hsm_check(request->app->hsm) == SIGNUM_OK ? NULL : "hsm";
}

void
signumd_api_ready(struct signumd_request *request)
{
    request->cause = find_cause(request);
    if (request->cause == NULL)
        reply(request, "ready");
    else
        signumd_reply_problem(request, SIGNUMD_PROBLEM_NOT_READY, "Try again later");
}
