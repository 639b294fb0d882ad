#ifndef SIGNUMD_LOG_H
#define SIGNUMD_LOG_H

#include <stdbool.h>
#include <stdint.h>

/*
 * What signumd tells its operator, on stderr: sentences for the command line verbs, one JSON
 * object per line while it serves. Never secrets, digests or signatures. Any thread may log.
 */

enum signumd_log_level { SIGNUMD_LOG_ERROR, SIGNUMD_LOG_WARNING, SIGNUMD_LOG_INFO };

/* One finished HTTP request. Texts may be NULL, then the member is null or left out. */
struct signumd_log_request {
    const char *request; /* its identifier, as in the Signum-Request header */
    const char *method;
    const char *path; /* without the query */
    int status;
    const char *user;
    const char *cause; /* why it was refused, for the operator only */
    const char *address;
    int64_t ms;
};

/*
 * Chooses JSON lines instead of sentences. Call before there are threads. If standard error goes to
 * systemd's journal, each line begins with its priority there (sd-daemon(3)).
 */
void signumd_log_use_json(bool is_json);

/* "error", "warning" or "info" to a level. False if it is none of them. */
bool signumd_log_level_by_name(const char *name, enum signumd_log_level *level_out);

/* What is less grave than `level` is left out from now on; at first nothing is. */
void signumd_log_use_level(enum signumd_log_level level);

/*
 * Lines that this thread writes from now on name this request, which is borrowed; NULL ends that.
 */
void signumd_log_use_request(const char *request);

/*
 * Writes one message (printf rules, no line break at the end). A verb of the command line has its
 * own words for success: SIGNUMD_LOG_INFO is for the service only.
 */
void signumd_log(enum signumd_log_level level, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Writes the access log line of one request: an error if its status is 500 or more, else info. */
void signumd_log_access(const struct signumd_log_request *request);

#endif
