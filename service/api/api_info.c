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
    if (signumd_issuers_count(request->app->issuers) > 0)
        signumd_json_put_text(&writer, NULL, "oidc");
    if (atomic_load(&request->app->takes_certificates))
        signumd_json_put_text(&writer, NULL, "certificate");
    signumd_json_end(&writer, ']');
    signumd_json_end(&writer, '}');
    signumd_json_put_text(&writer, "time", now);
    signumd_json_end(&writer, '}');
    signumd_reply_json(request, SIGNUM_OK);
}
