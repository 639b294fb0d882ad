#include "keys/owners.h"

#include <stdio.h>
#include <string.h>

#define USER "user:"
#define GROUP "group:"

/* The name behind the prefix, or NULL if it is another prefix. */
static const char *
behind(const char *owner, const char *prefix)
{
    size_t len = strlen(prefix);

    return strncmp(owner, prefix, len) == 0 ? owner + len : NULL;
}

bool
signumd_owner_is_valid(const char *owner)
{
    const char *user = behind(owner, USER);
    const char *group = behind(owner, GROUP);

    if (user != NULL)
        return signumd_name_is_valid(user) || signumd_name_is_federated(user);
    return group != NULL && signumd_name_is_valid(group);
}

bool
signumd_owner_is(const char *owner, const char *user, const struct signumd_texts *groups)
{
    const char *owning_user = behind(owner, USER);
    const char *owning_group = behind(owner, GROUP);

    if (owning_user != NULL)
        return strcmp(owning_user, user) == 0;
    return owning_group != NULL && signumd_texts_has(groups, owning_group);
}

enum signum_status
signumd_owner_check(struct signumd_db *db, const char *owner)
{
    const char *user = behind(owner, USER);
    const char *group = behind(owner, GROUP);
    int64_t one = 0;

    if (!signumd_owner_is_valid(owner))
        return SIGNUM_INVALID_ARGUMENT;
    if (user == NULL)
        return signumd_db_get_number(db, &one, "SELECT 1 FROM groups WHERE name = ?", "t", group);
    if (signumd_name_is_federated(user))
        return SIGNUM_OK;
    return signumd_db_get_number(db, &one, "SELECT 1 FROM users WHERE name = ?", "t", user);
}

enum signum_status
signumd_owner_find(struct signumd_db *db, const char *key_name, char owner_out[SIGNUMD_OWNER_SIZE])
{
    struct sqlite3_stmt *query = NULL;

    owner_out[0] = '\0';
    enum signum_status status = signumd_db_query(
        db, &query, "SELECT coalesce(owner, '') FROM keys WHERE name = ?", "t", key_name);
    if (status == SIGNUM_OK)
        status = signumd_db_next(db, query);
    if (status == SIGNUM_OK)
        (void)snprintf(owner_out, SIGNUMD_OWNER_SIZE, "%s", signumd_db_text(query, 0));
    signumd_db_end(&query);
    return status == SIGNUM_NO_MORE_ITEMS ? SIGNUM_OK : status;
}

/* The names of the keys of an owner; freed by the caller, also after a failure. */
static enum signum_status
read_keys(struct signumd_db *db, const char *owner, struct signumd_texts *names_out)
{
    struct sqlite3_stmt *query = NULL;

    *names_out = (struct signumd_texts){NULL, 0};
    enum signum_status status = signumd_db_query(
        db, &query, "SELECT name FROM keys WHERE owner = ? ORDER BY name", "t", owner);
    if (status == SIGNUM_OK)
        status = signumd_db_next(db, query);
    while (status == SIGNUM_OK) {
        status = signumd_texts_add(names_out, signumd_db_text(query, 0));
        if (status == SIGNUM_OK)
            status = signumd_db_next(db, query);
    }
    signumd_db_end(&query);
    return status == SIGNUM_NO_MORE_ITEMS ? SIGNUM_OK : status;
}

enum signum_status
signumd_owners_forget(
    struct signumd_db *db, const struct signumd_actor *actor, const char *kind, const char *name)
{
    char owner[SIGNUMD_OWNER_SIZE];
    struct signumd_texts keys;

    (void)snprintf(owner, sizeof owner, "%s:%s", kind, name);
    enum signum_status status = read_keys(db, owner, &keys);
    if (status == SIGNUM_OK && keys.count > 0)
        status = signumd_db_run(db, "UPDATE keys SET owner = NULL WHERE owner = ?", "t", owner);
    for (size_t i = 0; i < keys.count && status == SIGNUM_OK; i++)
        status = signumd_audit_change(
            db, actor, "key.change", "key", keys.items[i], "owner", "none", NULL);
    signumd_texts_clear(&keys);
    return status;
}
