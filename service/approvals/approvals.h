#ifndef SIGNUMD_APPROVALS_H
#define SIGNUMD_APPROVALS_H

#include "approvals/needs.h"
#include "keys/keys.h"

/*
 * Signing requests that wait for approval. One is made for a user, a key and version, and the
 * exact thing to sign; an identical request joins it. It is approved when its needs are met, ends
 * when somebody rejects or cancels it or its time is over, and is signed once.
 *
 * Time decides by itself: what is past its time is expired, whether or not the sweep has been
 * there, which only writes the record. Each change looks and writes in one transaction.
 */

#define SIGNUMD_IDEMPOTENCY_TEXT_MAX 128
#define SIGNUMD_APPROVAL_CONTEXT_MAX 8192
#define SIGNUMD_APPROVAL_REASON_MAX 1024
#define SIGNUMD_APPROVALS_OPEN_MAX 1000 /* of one user */

enum signumd_approval_state {
    SIGNUMD_APPROVAL_PENDING,
    SIGNUMD_APPROVAL_APPROVED,
    SIGNUMD_APPROVAL_REJECTED,
    SIGNUMD_APPROVAL_CANCELLED,
    SIGNUMD_APPROVAL_EXPIRED,
    SIGNUMD_APPROVAL_SIGNED,
    SIGNUMD_APPROVAL_STATE_COUNT
};

struct signumd_approval {
    char id[SIGNUMD_ID_SIZE];
    int64_t number; /* in the order of their making */
    char user[SIGNUMD_USER_MAX + 1];
    char key_id[SIGNUMD_ID_SIZE];
    char key[SIGNUMD_NAME_MAX + 1];
    int64_t version;
    struct signum_sign_params params;
    struct signum_buf digest;
    struct signum_buf context; /* JSON object; empty if none */
    struct signum_buf reason;
    enum signumd_approval_state state;
    int64_t created;
    int64_t expires;
    struct signum_buf answer; /* of the signature; empty until it is signed */
    struct signumd_needs needs;
};

/* How a client names a request, and the hash of what it sent. Borrowed. */
struct signumd_approval_name {
    const char *idempotency_key;
    const uint8_t *body_sha256; /* SIGNUMD_SHA256_LEN */
};

void signumd_approval_init(struct signumd_approval *approval);
void signumd_approval_clear(struct signumd_approval *approval);

/* "pending", ... */
const char *signumd_approval_state_name(enum signumd_approval_state state);
bool signumd_approval_state_from_name(const char *name, enum signumd_approval_state *state_out);

/* By its identifier, as it is at the time `now`. SIGNUM_NOT_FOUND. */
enum signum_status signumd_approvals_find(struct signumd_db *db, const char *id, int64_t now,
    struct signumd_approval *approval_out) SIGNUM_MUST_USE;

/*
 * Finds or makes the one for `wanted`, which has all but id, number, state, created; its needs are
 * what the policies demand now. In this order: the one that the client's name was used for, a
 * pending or approved one for the same thing, a new one. One that is found gets needs that it
 * lacks, so that it may have to wait again. `wanted` becomes what is found or made. Audited.
 * SIGNUM_INVALID_ARGUMENT: the name was used with another body; SIGNUM_TOO_LARGE: too many of the
 * user are open.
 */
enum signum_status signumd_approvals_place(struct signumd_db *db, const struct signumd_actor *actor,
    const struct signumd_approval_name *name, int64_t now,
    struct signumd_approval *wanted) SIGNUM_MUST_USE;

/* Reads it anew, and adds needs that it lacks if it is open: it may have to wait again. */
enum signum_status signumd_approvals_demand(struct signumd_db *db,
    const struct signumd_needs *needs, int64_t now,
    struct signumd_approval *approval) SIGNUM_MUST_USE;

/*
 * Votes. A repeated approval of one person changes nothing. SIGNUM_NOT_FOUND;
 * SIGNUM_DENIED: the voter may not, `cause_out` says why; SIGNUM_BAD_KEY_STATE: it has ended, or
 * is approved already; SIGNUM_TIMEOUT: it has expired. Audited as request.approve or
 * request.reject, for a local actor with the voter as "as".
 */
enum signum_status signumd_approvals_vote(struct signumd_db *db, const struct signumd_actor *actor,
    const struct signumd_vote *vote, const char **cause_out) SIGNUM_MUST_USE;

/* Ends an open one. `user` must be its requester unless `is_admin`. Failures as of a vote. */
enum signum_status signumd_approvals_cancel(struct signumd_db *db,
    const struct signumd_actor *actor, const struct signumd_vote *vote, bool is_admin,
    const char **cause_out) SIGNUM_MUST_USE;

/*
 * The answer with the signature of an approved one, also under all names of the client. Only
 * within a transaction. SIGNUM_NOT_FOUND if it is not approved any more.
 */
enum signum_status signumd_approvals_settle(
    struct signumd_db *db, const char *id, int64_t now, const char *answer) SIGNUM_MUST_USE;

/* The names under which clients sent it, but for `without`: calls `visit` for each. */
typedef enum signum_status signumd_approval_name_visit(
    void *context, const struct signumd_approval_name *name);
enum signum_status signumd_approvals_each_name(struct signumd_db *db, const char *id,
    signumd_approval_name_visit *visit, void *context) SIGNUM_MUST_USE;

/* Ends those whose time is over, with their records. Audited as request.expire. */
enum signum_status signumd_approvals_sweep(struct signumd_db *db, int64_t now) SIGNUM_MUST_USE;

/* Ends the open ones of a user who goes. Only within a transaction. */
enum signum_status signumd_approvals_forget(
    struct signumd_db *db, const struct signumd_actor *actor, const char *user) SIGNUM_MUST_USE;

/* What a client gets while there is no signature: {request, status, approvals, expires, ...}. */
void signumd_approval_write_pending(
    const struct signumd_approval *approval, struct signumd_json_writer *writer);

/* The whole object, as an item or document; the signature only for its requester. */
enum signum_status signumd_approval_write(struct signumd_db *db,
    const struct signumd_approval *approval, bool is_requester,
    struct signumd_json_writer *writer) SIGNUM_MUST_USE;

/* Which ones to list; NULL or "" for all. */
struct signumd_approval_filter {
    const char *user;
    const char *key;
    const char *state;
    const char *reader; /* who gets the signatures in it: his own */
};

/* Up to `limit` behind the number `after` (0: all); `next_out` is 0 on the last page. */
enum signum_status signumd_approvals_write_page(struct signumd_db *db,
    const struct signumd_approval_filter *filter, int64_t after, int64_t limit, int64_t now,
    struct signumd_json_writer *writer, int64_t *next_out) SIGNUM_MUST_USE;

#endif
