#include "api/api.h"
#include "http/http.h"
#include "base/json.h"
#include "signum/version.h"
#include "base/timestamp.h"

void
signumd_api_info(struct signumd_request *request)
{
    struct signumd_json_writer writer;
    char now[SIGNUMD_TIMESTAMP_SIZE];

    signumd_timestamp_now(now);
    signumd_json_start(&writer, &request->answer);
    signumd_json_put_text(&writer, "name", "signumd");
    signumd_json_put_text(&writer, "version", SIGNUM_VERSION);
    signumd_json_begin(&writer, "auth", '{');
    signumd_json_begin(&writer, "methods", '[');
    signumd_json_put_text(&writer, NULL, "token");
    signumd_json_end(&writer, ']');
    signumd_json_end(&writer, '}');
    signumd_json_put_text(&writer, "time", now);
    signumd_json_end(&writer, '}');
    signumd_reply_json(request, SIGNUM_OK);
}

void
signumd_api_health(struct signumd_request *request)
{
    struct signumd_json_writer writer;
    int64_t count = 0;
    enum signum_status status =
        signumd_db_get_number(request->db, &count, "SELECT count FROM audit_head WHERE id = 1", "");

    if (status != SIGNUM_OK) {
        signumd_reply_internal(request, status);
        return;
    }
    status = signumd_hsm_check(request->app->hsm);
    if (status != SIGNUM_OK) {
        request->cause = signum_status_text(status);
        signumd_reply_problem(
            request, signumd_problem_of_hsm(status), "The HSM cannot be reached now");
        return;
    }
    signumd_json_start(&writer, &request->answer);
    signumd_json_put_text(&writer, "status", "ok");
    signumd_json_put_text(&writer, "database", "ok");
    signumd_json_put_text(&writer, "hsm", "ok");
    signumd_json_end(&writer, '}');
    signumd_reply_json(request, SIGNUM_OK);
}
