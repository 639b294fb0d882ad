#include "identity/users.h"

#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "policy/policies.h"
#include "base/timestamp.h"

static const char *const role_names[SIGNUMD_ROLE_COUNT] = {"signer", "auditor", "key-manager",
                                                           "policy-manager", "admin"};

bool
signumd_name_is_valid(const char *name)
{
    static const char allowed[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
    size_t len = strnlen(name, SIGNUMD_NAME_MAX + 1);

    /* what clients and proxies take out of a path before they send it */
    if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
        return false;
    return len >= 1 && len <= SIGNUMD_NAME_MAX && strspn(name, allowed) == len;
}

const char *
signumd_role_name(enum signumd_role role)
{
    return (size_t)role < SIGNUMD_ROLE_COUNT ? role_names[role] : "unknown";
}

bool
signumd_role_from_name(const char *name, enum signumd_role *role_out)
{
    *role_out = SIGNUMD_ROLE_SIGNER;
    for (size_t i = 0; i < SIGNUMD_ROLE_COUNT; i++) {
        if (strcmp(role_names[i], name) == 0) {
            *role_out = (enum signumd_role)i;
            return true;
        }
    }
    return false;
}

enum signum_status
signumd_users_add(struct signumd_db *db, const struct signumd_actor *actor, const char *name,
                  enum signumd_role role)
{
    if (!signumd_name_is_valid(name))
        return SIGNUM_INVALID_ARGUMENT;
    enum signum_status status = signumd_db_begin(db);
    if (status != SIGNUM_OK)
        return status;
    status = signumd_db_run(db, "INSERT INTO users (name, role, created) VALUES (?, ?, ?)", "tti",
                            name, signumd_role_name(role), signumd_timestamp_seconds());
    if (status == SIGNUM_OK)
        status = signumd_audit_change(db, actor, "user.add", "name", name, "role",
                                      signumd_role_name(role), NULL);
    return signumd_db_finish(db, status);
}

static enum signum_status
check_not_last_admin(struct signumd_db *db, const struct signumd_user *user)
{
    int64_t others = 0;

    if (user->role != SIGNUMD_ROLE_ADMIN)
        return SIGNUM_OK;
    enum signum_status status = signumd_db_get_number(
        db, &others, "SELECT count(*) FROM users WHERE role = 'admin' AND id <> ?", "i", user->id);
    if (status == SIGNUM_OK && others == 0)
        return SIGNUM_DENIED;
    return status;
}

enum signum_status
signumd_users_remove(struct signumd_db *db, const struct signumd_actor *actor, const char *name)
{
    struct signumd_user user;
    enum signum_status status = signumd_db_begin(db);

    if (status != SIGNUM_OK)
        return status;
    status = signumd_users_find(db, name, &user);
    if (status == SIGNUM_OK)
        status = check_not_last_admin(db, &user);
    if (status == SIGNUM_OK)
        status = signumd_policies_forget(db, actor, SIGNUMD_PART_USERS, name);
    if (status == SIGNUM_OK)
        status = signumd_db_run(db, "DELETE FROM users WHERE id = ?", "i", user.id);
    if (status == SIGNUM_OK)
        status = signumd_audit_change(db, actor, "user.remove", "name", name, NULL);
    return signumd_db_finish(db, status);
}

enum signum_status
signumd_users_find(struct signumd_db *db, const char *name, struct signumd_user *user_out)
{
    struct sqlite3_stmt *query = NULL;

    memset(user_out, 0, sizeof *user_out);
    enum signum_status status =
        signumd_db_query(db, &query, "SELECT id, name, role FROM users WHERE name = ?", "t", name);
    if (status == SIGNUM_OK)
        status = signumd_db_next(db, query);
    if (status == SIGNUM_OK) {
        user_out->id = signumd_db_number(query, 0);
        (void)snprintf(user_out->name, sizeof user_out->name, "%s", signumd_db_text(query, 1));
        if (!signumd_role_from_name(signumd_db_text(query, 2), &user_out->role))
            status = SIGNUM_INTERNAL;
    }
    signumd_db_end(&query);
    return status == SIGNUM_NO_MORE_ITEMS ? SIGNUM_NOT_FOUND : status;
}

enum signum_status
signumd_users_write_list(struct signumd_db *db, struct signumd_json_writer *writer)
{
    struct sqlite3_stmt *query = NULL;
    char created[SIGNUMD_TIMESTAMP_SIZE];
    enum signum_status status = signumd_db_query(
        db, &query, "SELECT name, role, created FROM users ORDER BY name", "");

    if (status == SIGNUM_OK)
        status = signumd_db_next(db, query);
    while (status == SIGNUM_OK) {
        signumd_timestamp_format(signumd_db_number(query, 2), created);
        signumd_json_begin(writer, NULL, '{');
        signumd_json_put_text(writer, "name", signumd_db_text(query, 0));
        signumd_json_put_text(writer, "role", signumd_db_text(query, 1));
        signumd_json_put_text(writer, "created", created);
        signumd_json_end(writer, '}');
        status = signumd_db_next(db, query);
    }
    signumd_db_end(&query);
    return status == SIGNUM_NO_MORE_ITEMS ? SIGNUM_OK : status;
}
