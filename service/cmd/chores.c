#include "cmd/chores.h"

#include <stdlib.h>

#include "approvals/approvals.h"
#include "base/log.h"

/* It only writes down what is so already. */
static void
do_chores(struct signumd_db *db, int64_t now)
{
    if (signumd_approvals_sweep(db, now) != SIGNUM_OK)
        signumd_log(SIGNUMD_LOG_ERROR, "requests that have expired could not be recorded");
}

enum signum_status
signumd_chores_start(const struct signumd_state *state, struct signumd_sender **sender_out)
{
    char *path = signumd_state_path(state, SIGNUMD_FILE_DB);
    const struct signumd_sender_options options = {
        .db_path = path,
        .pace = {state->settings.webhook_attempts, state->settings.webhook_retry_s},
        .chores = do_chores,
    };

    *sender_out = NULL;
    if (path == NULL)
        return SIGNUM_NO_MEMORY;
    enum signum_status status = signumd_sender_start(&options, sender_out);
    free(path);
    return status;
}
