#ifndef SIGNUMD_RELEASES_H
#define SIGNUMD_RELEASES_H

#include "approvals/needs.h"
#include "keys/keys.h"

/*
 * Releases: lists of digests that are approved before anybody asks for their signatures. Once a
 * release is active, exactly these digests are signed with these keys at once, each so many times.
 * It stands in for the approvals that a policy asks for as far as its own votes would meet them,
 * those of the signer left out; all else that policies ask for stays asked for.
 */

#define SIGNUMD_RELEASE_KEYS_MAX 16
#define SIGNUMD_RELEASE_DIGESTS_MAX 10000
#define SIGNUMD_RELEASE_USES_MAX 1000
#define SIGNUMD_RELEASE_DIGEST_LEN_MAX 64

struct signumd_release_digest {
    enum signum_hash hash;
    bool has_scheme; /* else any scheme will do */
    enum signum_scheme scheme;
    uint8_t bytes[SIGNUMD_RELEASE_DIGEST_LEN_MAX];
    size_t len;
};

/* One that is to be made. */
struct signumd_release {
    char name[SIGNUMD_NAME_MAX + 1];
    struct signumd_texts keys;              /* names; they become the keys of today */
    struct signumd_release_digest *digests; /* freed by signumd_release_clear() */
    size_t count;
    int64_t uses; /* of each digest */
    int64_t expires;
    struct signumd_needs needs;
    char *reason; /* owned; NULL if none */
};

void signumd_release_init(struct signumd_release *release);
void signumd_release_clear(struct signumd_release *release);

/* Adds a digest in hexadecimal or, if `is_base64`, base64. What is wrong with it (static), or NULL.
 */
const char *signumd_release_add_digest(struct signumd_release *release, const char *hash,
    const char *digest, bool is_base64, const char *scheme);

/*
 * Reads {name, keys, digests: [{hash, digest, scheme}], uses, expires, reason, approvals: [{need,
 * group}]}, all but the first three and expires optional, from the document. What is wrong is the
 * reader's failure.
 */
void signumd_release_read(
    struct signumd_json_reader *reader, int64_t now, struct signumd_release *release);

/*
 * Makes one for the user `creator`. To its needs come those of every policy that can allow one of
 * the keys. SIGNUM_KEY_EXISTS: the name was used; SIGNUM_KEY_NOT_FOUND: `missing_out` (borrowed)
 * is no key; SIGNUM_INVALID_ARGUMENT: neither it nor a policy says who is to approve. Audited.
 */
enum signum_status signumd_releases_create(struct signumd_db *db, const struct signumd_actor *actor,
    const char *creator, int64_t now, struct signumd_release *release,
    const char **missing_out) SIGNUM_MUST_USE;

/* Votes; the failures are those of signumd_approvals_vote(). vote->subject is the name. */
enum signum_status signumd_releases_vote(struct signumd_db *db, const struct signumd_actor *actor,
    const struct signumd_vote *vote, const char **cause_out) SIGNUM_MUST_USE;

/* Ends one that is pending or active; by its creator, or whoever `may_all`. */
enum signum_status signumd_releases_revoke(struct signumd_db *db, const struct signumd_actor *actor,
    const struct signumd_vote *vote, bool may_all, const char **cause_out) SIGNUM_MUST_USE;

/* What is to be signed, and for whom. Borrowed. */
struct signumd_release_use {
    const char *user;
    const char *key_id;
    const struct signum_sign_params *params;
    struct signum_bytes digest;
    const struct signumd_needs *needs; /* that the policies ask for */
    int64_t now;
};

/* The digest of an active release that allows it; 0 if there is none. Its name is `name_out`. */
enum signum_status signumd_releases_find_use(struct signumd_db *db,
    const struct signumd_release_use *use, int64_t *digest_out,
    char name_out[SIGNUMD_NAME_MAX + 1]) SIGNUM_MUST_USE;

/* Counts a use. Only within the transaction of the signature. SIGNUM_NOT_FOUND: none is left. */
enum signum_status signumd_releases_count_use(
    struct signumd_db *db, int64_t digest, int64_t now) SIGNUM_MUST_USE;

/*
 * Writes one as an item or document; with its digests if `is_whole`. SIGNUM_NOT_FOUND.
 */
enum signum_status signumd_releases_write(struct signumd_db *db, const char *name, int64_t now,
    bool is_whole, struct signumd_json_writer *writer) SIGNUM_MUST_USE;

/* Up to `limit` behind the name `after`; `next_out` is the last name if there are more, or "". */
enum signum_status signumd_releases_write_page(struct signumd_db *db, const char *after,
    int64_t limit, int64_t now, struct signumd_json_writer *writer,
    char next_out[SIGNUMD_NAME_MAX + 1]) SIGNUM_MUST_USE;

#endif
