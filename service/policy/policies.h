#ifndef SIGNUMD_POLICIES_H
#define SIGNUMD_POLICIES_H

#include "keys/keys.h"
#include "policy/policy.h"

/*
 * The stored policies. Each change, removal included, is a version of its own; the numbers of a
 * name go on when it is used again. Documents of all versions are kept. Every change is audited
 * with the version and the SHA-256 of the document before it and of its own.
 */

#define SIGNUMD_POLICY_BODY_MAX ((size_t)512 * 1024)

#define SIGNUMD_EXPECTED_MAX 8

struct signumd_policy_set {
    struct signumd_policy *items;
    size_t count;
};

/*
 * The policies that can fit this user and key, by name; NULL stands for any. `set_out` is freed
 * with signumd_policy_set_clear(), also after a failure.
 */
enum signum_status signumd_policies_load(struct signumd_db *db, const char *user, const char *key,
                                         struct signumd_policy_set *set_out) SIGNUM_MUST_USE;
void signumd_policy_set_clear(struct signumd_policy_set *set);

/* The one name that a policy can fit in this part; NULL if there may be more. */
const char *signumd_policies_only(const struct signumd_policy *policy,
                                  enum signumd_policy_part part);

/* Decides by the stored policies, and what is used of their limits. */
enum signum_status signumd_policy_ask(struct signumd_db *db, const struct signumd_facts *facts,
                                      struct signumd_decision *decision_out) SIGNUM_MUST_USE;

/* What the policy in force has to be for a change to happen. NULL instead of it: anything. */
struct signumd_expected {
    int64_t versions[SIGNUMD_EXPECTED_MAX];
    size_t count;
    bool is_any; /* some version, whichever */
};

/*
 * Stores a policy in place of the one of its name, if any. Sets its version. SIGNUM_DENIED: the
 * one in force is none of those expected.
 */
enum signum_status signumd_policies_put(struct signumd_db *db, const struct signumd_actor *actor,
                                        struct signumd_policy *policy,
                                        const struct signumd_expected *expected) SIGNUM_MUST_USE;

/*
 * Puts an older version in force again, as a new one, into an initialised policy. SIGNUM_NOT_FOUND
 * if there is none of this number, or it is a removal.
 */
enum signum_status signumd_policies_restore(struct signumd_db *db,
                                            const struct signumd_actor *actor, const char *name,
                                            int64_t version,
                                            struct signumd_policy *policy_out) SIGNUM_MUST_USE;

/* The same within a transaction, audited as `action`; SIGNUM_KEY_EXISTS if it must be new. */
enum signum_status signumd_policies_store(struct signumd_db *db, const struct signumd_actor *actor,
                                          struct signumd_policy *policy, const char *action,
                                          bool must_be_new) SIGNUM_MUST_USE;

/* SIGNUM_NOT_FOUND if there is none; SIGNUM_DENIED as above. */
enum signum_status signumd_policies_remove(struct signumd_db *db, const struct signumd_actor *actor,
                                           const char *name,
                                           const struct signumd_expected *expected) SIGNUM_MUST_USE;

/*
 * A user, a key or a group of either that goes is taken out of every policy that allows something
 * by its name, and a policy with nobody or nothing left is removed: whoever gets the name later
 * gets no rights with it. What denies stays. Only within a transaction.
 */
enum signum_status signumd_policies_forget(struct signumd_db *db, const struct signumd_actor *actor,
                                           enum signumd_policy_part part,
                                           const char *name) SIGNUM_MUST_USE;

/*
 * Writes {name, version, changed, changed_by, policy} as an item or document; `version` 0 is the
 * one in force, and `version_out` its number. In an older version that was a removal, policy is
 * null. SIGNUM_NOT_FOUND.
 */
enum signum_status signumd_policies_write(struct signumd_db *db, const char *name, int64_t version,
                                          struct signumd_json_writer *writer,
                                          int64_t *version_out) SIGNUM_MUST_USE;

/* Up to `limit` behind the name `after`; `next_out` is the last name if there are more, or "". */
enum signum_status signumd_policies_write_page(struct signumd_db *db, const char *after,
                                               int64_t limit, struct signumd_json_writer *writer,
                                               char next_out[SIGNUMD_NAME_MAX + 1])
    SIGNUM_MUST_USE;

/*
 * Writes up to `limit` versions of a policy before the number `before` (0: from the newest), the
 * newest first, as items: {version, changed, changed_by, action}; action is "put" or "remove".
 * `next_out` is the last number if there are more, else 0. SIGNUM_NOT_FOUND: there never was one.
 */
enum signum_status signumd_policies_write_versions(struct signumd_db *db, const char *name,
                                                   int64_t before, int64_t limit,
                                                   struct signumd_json_writer *writer,
                                                   int64_t *next_out) SIGNUM_MUST_USE;

/* All, for people: {name, user, key, action, priority, version}. */
enum signum_status signumd_policies_write_list(struct signumd_db *db,
                                               struct signumd_json_writer *writer) SIGNUM_MUST_USE;

/*
 * Writes the decision about the facts, with the verdict of every policy, into an open object:
 * {decision, policy, reason, obligations, policies: [{name, version, action, priority, verdict,
 * part, obligations, limits: [{count, per, by, left, ends}]}]}.
 */
enum signum_status signumd_policies_explain(struct signumd_db *db,
                                            const struct signumd_facts *facts,
                                            struct signumd_json_writer *writer) SIGNUM_MUST_USE;

/* A rule allows one user one key, or every key: the simplest policy. */
struct signumd_rule {
    char name[SIGNUMD_NAME_MAX + 1];
    char user[SIGNUMD_USER_SIZE];
    char key[SIGNUMD_NAME_MAX + 1]; /* "*" for every key */
};

/*
 * Stores a rule as a policy; `key` is a name or "*". SIGNUM_NOT_FOUND: no such user;
 * SIGNUM_KEY_NOT_FOUND: no such key; SIGNUM_KEY_EXISTS: there is a policy of that name. Audited.
 */
enum signum_status signumd_rules_add(struct signumd_db *db, const struct signumd_actor *actor,
                                     const struct signumd_rule *rule) SIGNUM_MUST_USE;

/*
 * Lets the user who makes a new key use it, by a rule "created-" and the key's name (or its
 * identifier, if that is too long or taken). Only within a transaction. Audited.
 */
enum signum_status signumd_rules_add_created(struct signumd_db *db,
                                             const struct signumd_actor *actor,
                                             const struct signumd_key *key) SIGNUM_MUST_USE;

#endif
