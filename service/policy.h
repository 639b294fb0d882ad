#ifndef SIGNUMD_POLICY_H
#define SIGNUMD_POLICY_H

#include "keys.h"
#include "users.h"

/*
 * Who may sign with what. The decision is one pure function of the request and the rules; where
 * rules come from and what is done with the decision is the business of others.
 */

/* A rule allows one user one key, or every key. */
struct signumd_rule {
    char name[SIGNUMD_NAME_MAX + 1];
    char user[SIGNUMD_NAME_MAX + 1];
    char key[SIGNUMD_NAME_MAX + 1]; /* "*" for every key */
};

struct signumd_decision_request {
    const char *user;
    const char *key;
};

struct signumd_decision {
    bool is_allowed;
    char rule[SIGNUMD_NAME_MAX + 1]; /* that decided; empty if none did */
    const char *reason;              /* static */
};

/* Default deny. The first rule that matches, in the order given, is the one that is named. */
struct signumd_decision signumd_decide(const struct signumd_decision_request *request,
                                       const struct signumd_rule *rules, size_t count);

/* The rules of a user in the order of their names. `rules_out` is freed with free(). */
enum signum_status signumd_rules_load(struct signumd_db *db, const char *user,
                                      struct signumd_rule **rules_out,
                                      size_t *count_out) SIGNUM_MUST_USE;

/* Both in one: decides about a user and a key by the stored rules. */
enum signum_status signumd_policy_ask(struct signumd_db *db, const char *user, const char *key,
                                      struct signumd_decision *decision_out) SIGNUM_MUST_USE;

/*
 * Adds a rule; `key` is a name or "*". SIGNUM_NOT_FOUND: no such user; SIGNUM_KEY_NOT_FOUND: no
 * such key; SIGNUM_KEY_EXISTS: there is a rule of that name. Audited.
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

/* Removes all rules for just this key. Only within a transaction. Each is audited. */
enum signum_status signumd_rules_remove_key(struct signumd_db *db,
                                            const struct signumd_actor *actor,
                                            const char *key_id) SIGNUM_MUST_USE;

/* SIGNUM_NOT_FOUND if there is none. Audited. */
enum signum_status signumd_rules_remove(struct signumd_db *db, const struct signumd_actor *actor,
                                        const char *name) SIGNUM_MUST_USE;

/* Writes all as items of an array: {name, user, key, action}. */
enum signum_status signumd_rules_write_list(struct signumd_db *db,
                                            struct signumd_json_writer *writer) SIGNUM_MUST_USE;

#endif
