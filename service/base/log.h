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

/* Chooses JSON lines instead of sentences. Call before there are threads. */
void signumd_log_use_json(bool is_json);

/*
 * Writes one message (printf rules, no line break at the end). A verb of the command line has its
 * own words for success: SIGNUMD_LOG_INFO is for the service only.
 */
void signumd_log(enum signumd_log_level level, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Writes the access log line of one request. */
void signumd_log_access(const struct signumd_log_request *request);

#endif
