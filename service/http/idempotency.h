#ifndef SIGNUMD_IDEMPOTENCY_H
#define SIGNUMD_IDEMPOTENCY_H

#include "base/crypto.h"
#include "base/db.h"

/*
 * A signing request is named by its user, its key and the client's Idempotency-Key. While the
 * first one runs, its name is in a set in memory; when it has succeeded its answer is in the
 * database, for 24 hours. A failed one leaves nothing, so that it may be tried again. A crash
 * between the two loses the name only together with the signature, which nobody has got.
 */

#define SIGNUMD_IDEMPOTENCY_KEY_MAX 128
#define SIGNUMD_IDEMPOTENCY_S 86400

/* Name of a request; the texts are borrowed. */
struct signumd_idempotency_name {
    const char *user;
    const char *key_id;
    const char *idempotency_key;
};

/* True if the text is 1 to 128 visible ASCII characters. */
bool signumd_idempotency_is_valid(const char *idempotency_key);

/* The set of the requests that run now. Any thread may use it. */
struct signumd_running;

enum signum_status signumd_running_new(struct signumd_running **running_out) SIGNUM_MUST_USE;
void signumd_running_free(struct signumd_running **running);

/* SIGNUM_SERVICE_BUSY if a request of that name runs already. Every SIGNUM_OK needs an end. */
enum signum_status signumd_running_begin(struct signumd_running *running,
                                         const struct signumd_idempotency_name *name)
    SIGNUM_MUST_USE;
void signumd_running_end(struct signumd_running *running,
                         const struct signumd_idempotency_name *name);

/*
 * The stored answer, appended to `answer_out`. SIGNUM_NOT_FOUND if there is none;
 * SIGNUM_INVALID_ARGUMENT if it belongs to another body.
 */
enum signum_status signumd_answers_find(struct signumd_db *db,
                                        const struct signumd_idempotency_name *name,
                                        const uint8_t body_sha256[SIGNUMD_SHA256_LEN],
                                        int64_t now,
                                        struct signum_buf *answer_out) SIGNUM_MUST_USE;

/* Stores an answer and forgets those that are too old. Only within a transaction. */
enum signum_status signumd_answers_add(struct signumd_db *db,
                                       const struct signumd_idempotency_name *name,
                                       const uint8_t body_sha256[SIGNUMD_SHA256_LEN],
                                       int64_t now, const char *answer) SIGNUM_MUST_USE;

#endif
