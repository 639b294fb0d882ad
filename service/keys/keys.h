#ifndef SIGNUMD_KEYS_H
#define SIGNUMD_KEYS_H

#include "base/texts.h"
#include "core/alg.h"
#include "identity/users.h"

/* What the service knows about its keys: names, public keys, certificate chains. */

#define SIGNUMD_CHAIN_MAX 8            /* certificates */
#define SIGNUMD_CERTIFICATE_MAX 16384  /* bytes of one */
#define SIGNUMD_SPKI_MAX 4096
#define SIGNUMD_TOKEN_OBJECT_ID_MAX 64 /* bytes of CKA_ID */
#define SIGNUMD_LABEL_MAX 64
#define SIGNUMD_OWNER_SIZE (SIGNUMD_USER_MAX + 8) /* with "user:" or "group:" before the name */
#define SIGNUMD_KEY_DESCRIPTION_MAX 256           /* bytes */
#define SIGNUMD_KEY_GROUPS_MAX 16
/* With the key's name behind it: under which a stored answer to the making of a key stands. */
#define SIGNUMD_CREATE_PREFIX "create:"

/* What a key demands of a signing request. */
enum signumd_key_flag {
    SIGNUMD_KEY_USAGE_REASON, /* a reason */
    SIGNUMD_KEY_NEED_PIN,     /* its PIN */
    SIGNUMD_KEY_FLAG_COUNT
};

/* Sets of flags. */
#define SIGNUMD_KEY_FLAG_BIT(flag) (1u << (flag))

/* "usageReason", "needPin" */
const char *signumd_key_flag_name(enum signumd_key_flag flag);
bool signumd_key_flag_from_name(const char *name, enum signumd_key_flag *flag_out);

struct signumd_key {
    char id[SIGNUMD_ID_SIZE];
    char name[SIGNUMD_NAME_MAX + 1];
    int64_t version;
    const struct signum_alg *alg;
    uint32_t bits;
    bool is_enabled;
    bool is_pending; /* a version that is not in use yet */
    unsigned flags;
    int64_t expires; /* seconds since 1970; 0: never */
    char owner[SIGNUMD_OWNER_SIZE]; /* see owners.h; "": nobody */
    char description[SIGNUMD_KEY_DESCRIPTION_MAX + 1];
    struct signumd_texts groups; /* of keys, by name */
    struct signum_buf spki;
    struct signum_buf token_id;             /* CKA_ID of the key pair */
    char token_label[SIGNUMD_LABEL_MAX + 1]; /* CKA_LABEL of the key pair */
    struct signum_buf chain[SIGNUMD_CHAIN_MAX]; /* DER, the key's own certificate first */
    size_t chain_count;
};

/* An empty key; cleared with signumd_key_clear(). */
void signumd_key_init(struct signumd_key *key);
void signumd_key_clear(struct signumd_key *key);

/* Makes it a new key of that name: identifier, version, label in the token; enabled. */
enum signum_status signumd_key_begin(struct signumd_key *key, const char *name) SIGNUM_MUST_USE;

/*
 * Chooses the algorithm of a new key: "rsa" with bits, or "ecdsa" with a curve; 0 and NULL are
 * the default. SIGNUM_BAD_ALGORITHM: not offered; SIGNUM_INVALID_ARGUMENT: bits with a curve.
 */
enum signum_status signumd_key_choose(struct signumd_key *key, const char *algorithm, int64_t bits,
                                      const char *curve) SIGNUM_MUST_USE;

/* Records a new key. SIGNUM_KEY_EXISTS if there is one of that name. Audited as `action`. */
enum signum_status signumd_keys_add(struct signumd_db *db, const struct signumd_actor *actor,
                                    const char *action,
                                    const struct signumd_key *key) SIGNUM_MUST_USE;

/* The same; only within a transaction. */
enum signum_status signumd_keys_insert(struct signumd_db *db, const struct signumd_actor *actor,
                                       const char *action,
                                       const struct signumd_key *key) SIGNUM_MUST_USE;

/*
 * Removes a key, the rules for it, and the stored answers about its making; its key pair becomes a
 * leftover (leftovers.h). SIGNUM_KEY_NOT_FOUND, or SIGNUM_DENIED if it has a certificate. Audited
 * as key.delete, each rule as policy.remove.
 */
enum signum_status signumd_keys_remove(struct signumd_db *db, const struct signumd_actor *actor,
                                       const char *name) SIGNUM_MUST_USE;

/* A disabled key signs no more. SIGNUM_KEY_NOT_FOUND if there is none. Audited. */
enum signum_status signumd_keys_enable(struct signumd_db *db, const struct signumd_actor *actor,
                                       const char *name, bool is_enabled) SIGNUM_MUST_USE;

/* What an operator changes about a key; what is not `has_` stays as it is. */
struct signumd_key_change {
    int64_t version; /* whose state: of an old version; 0: of the key */
    bool has_expires;
    int64_t expires; /* 0: never */
    bool has_state;
    bool is_enabled;
    bool has_flags;
    unsigned flags;
    bool has_owner;
    char owner[SIGNUMD_OWNER_SIZE]; /* "": nobody */
    bool has_description;
    char description[SIGNUMD_KEY_DESCRIPTION_MAX + 1];
    bool has_groups;
    struct signumd_texts groups; /* valid names; freed by the caller */
};

/*
 * Changes it, and audits what is new. SIGNUM_KEY_NOT_FOUND if there is none; SIGNUM_BAD_KEY_STATE
 * for the flag needPin of a key without a PIN, with which nobody could sign; SIGNUM_NOT_FOUND if
 * there is no such old version; SIGNUM_INVALID_ARGUMENT if there is no such owner.
 */
enum signum_status signumd_keys_change(struct signumd_db *db, const struct signumd_actor *actor,
    const char *name, const struct signumd_key_change *change) SIGNUM_MUST_USE;

/* SIGNUM_KEY_NOT_FOUND if there is none. `key_out` has been initialised; the caller clears it. */
enum signum_status signumd_keys_find(struct signumd_db *db, const char *name,
                                     struct signumd_key *key_out) SIGNUM_MUST_USE;

/* Replaces the chain of the key by the one in it. Audited as `action`. */
enum signum_status signumd_keys_set_chain(struct signumd_db *db, const struct signumd_actor *actor,
                                          const char *action,
                                          const struct signumd_key *key) SIGNUM_MUST_USE;

/* Called for each key; false ends the walk. The key is valid during the call only. */
typedef bool signumd_keys_visit(void *context, const struct signumd_key *key);

/* Walks over the keys behind the name `after` ("" for all) in the order of names. */
enum signum_status signumd_keys_walk(struct signumd_db *db, const char *after,
                                     signumd_keys_visit *visit, void *context) SIGNUM_MUST_USE;

/* Is it behind the time at which it expires? */
bool signumd_key_has_expired(const struct signumd_key *key);

/* The entity tag: changes whenever anything changes that the key object shows. */
enum signum_status signumd_key_etag(const struct signumd_key *key,
                                    char etag_out[SIGNUMD_ID_SIZE]) SIGNUM_MUST_USE;

/* SHA-256 of the key's own certificate in hexadecimal; "" if it has none. */
enum signum_status
signumd_key_certificate_sha256(const struct signumd_key *key,
                               char text_out[SIGNUMD_SHA256_HEX_SIZE]) SIGNUM_MUST_USE;

/* Writes the key object of the REST API as an item of an array or as the whole document. */
enum signum_status signumd_key_write(const struct signumd_key *key,
                                     struct signumd_json_writer *writer) SIGNUM_MUST_USE;

#endif
