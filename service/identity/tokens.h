#ifndef SIGNUMD_TOKENS_H
#define SIGNUMD_TOKENS_H

#include "identity/users.h"
#include "policy/policy.h"

/*
 * API tokens: sgn_<16 hexadecimal digits: identifier>_<64: 256 random bits>. Shown once; only the
 * SHA-256 of the whole text is kept. A plain hash is enough, there is nothing to guess.
 */

#define SIGNUMD_TOKEN_ID_LEN 16
#define SIGNUMD_TOKEN_LEN 85
#define SIGNUMD_TOKEN_SIZE (SIGNUMD_TOKEN_LEN + 1)

#define SIGNUMD_TOKEN_DAYS_MAX 36500
#define SIGNUMD_TOKEN_NETWORKS_MAX 32
#define SIGNUMD_TOKEN_DESCRIPTION_MAX 256

/* What a new token may have. */
struct signumd_token_options {
    int64_t expires;                      /* seconds since 1970; 0: never */
    const char *description;              /* NULL if there is none */
    const struct signumd_texts *networks; /* ADDRESS/BITS; NULL or empty: from everywhere */
};

/*
 * Makes a token for a user; `options` NULL: none. The text is a secret: the caller wipes it.
 * Audited. SIGNUM_NOT_FOUND if there is no such user.
 */
enum signum_status signumd_tokens_create(struct signumd_db *db, const struct signumd_actor *actor,
    const char *user, const struct signumd_token_options *options,
    char token_out[SIGNUMD_TOKEN_SIZE]) SIGNUM_MUST_USE;

/* The identifier in a token. */
void signumd_token_id(const char *token, char id_out[SIGNUMD_TOKEN_ID_LEN + 1]);

/* SIGNUM_NOT_FOUND if there is none of that identifier that is not revoked yet. Audited. */
enum signum_status signumd_tokens_revoke(
    struct signumd_db *db, const struct signumd_actor *actor, const char *id) SIGNUM_MUST_USE;

/* What a check found. */
struct signumd_token_check {
    struct signumd_user user;
    char id[SIGNUMD_TOKEN_ID_LEN + 1]; /* when known */
    int64_t expires;                   /* 0: never */
    const char *cause;                 /* static; why it was refused, for the operator only */
};

/*
 * Whose token is it, sent from `address`? SIGNUM_CREDENTIAL_REFUSED for every reason. The work is
 * the same whether there is such a token or not. Notes when it was used last, to the hour.
 */
enum signum_status signumd_tokens_check(struct signumd_db *db, const char *token,
    const char *address, int64_t now, struct signumd_token_check *check_out) SIGNUM_MUST_USE;

/*
 * Writes the tokens of a user, or of all if it is NULL, as items of an array: {id, user,
 * description, created, expires, revoked, last_used, networks}.
 */
enum signum_status signumd_tokens_write(
    struct signumd_db *db, const char *user, struct signumd_json_writer *writer) SIGNUM_MUST_USE;

/* Writes the same members of one into an open object. SIGNUM_NOT_FOUND. */
enum signum_status signumd_tokens_write_one(
    struct signumd_db *db, const char *id, struct signumd_json_writer *writer) SIGNUM_MUST_USE;

/* All, for the command line. */
enum signum_status signumd_tokens_write_list(
    struct signumd_db *db, struct signumd_json_writer *writer) SIGNUM_MUST_USE;

#endif
