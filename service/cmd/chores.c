#include "cmd/chores.h"

#include <stdlib.h>

#include "approvals/approvals.h"
#include "base/log.h"
#include "x509/certificate.h"

#define DAY_S 86400

/* It only writes down what is so already. */
static void
do_chores(void *context, struct signumd_db *db, int64_t now)
{
    struct signumd_chores *chores = context;

    if (signumd_approvals_sweep(db, now) != SIGNUM_OK)
        signumd_log(SIGNUMD_LOG_ERROR, "requests that have expired could not be recorded");
    if (now - chores->watched < DAY_S)
        return;
    chores->watched = now;
    if (signumd_certificates_watch(db, chores->warning_days, now) != SIGNUM_OK)
        signumd_log(SIGNUMD_LOG_ERROR, "the ends of certificates could not be looked at");
}

enum signum_status
signumd_chores_start(const struct signumd_state *state, struct signumd_chores *chores_out,
    struct signumd_sender **sender_out)
{
    char *path = signumd_state_path(state, SIGNUMD_FILE_DB);
    const struct signumd_sender_options options = {
        .db_path = path,
        .pace = {state->settings.webhook_attempts, state->settings.webhook_retry_s},
        .chores = do_chores,
        .context = chores_out,
    };

    *sender_out = NULL;
    *chores_out = (struct signumd_chores){state->settings.certificate_warning_days, 0};
    if (path == NULL)
        return SIGNUM_NO_MEMORY;
    enum signum_status status = signumd_sender_start(&options, sender_out);
    free(path);
    return status;
}
