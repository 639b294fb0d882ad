#include "identity/users.h"

#include <stdio.h>
#include <string.h>

#include "approvals/approvals.h"
#include "base/timestamp.h"
#include "identity/groups.h"
#include "keys/owners.h"
#include "policy/policies.h"

#define ROLES_OF                                                                                   \
    " (SELECT group_concat(r.role) FROM user_roles r WHERE r.user_id = u.id), u.created"           \
    " FROM users u"

static const char name_characters[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";

bool
signumd_name_is_valid(const char *name)
{
    size_t len = strnlen(name, SIGNUMD_NAME_MAX + 1);

    /* what clients and proxies take out of a path before they send it */
    if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
        return false;
    return len >= 1 && len <= SIGNUMD_NAME_MAX && strspn(name, name_characters) == len;
}

bool
signumd_name_is_federated(const char *name)
{
    size_t len = strnlen(name, SIGNUMD_USER_SIZE);
    size_t prefix_len = strspn(name, name_characters);

    if (len > SIGNUMD_USER_MAX || prefix_len < 1 || prefix_len > SIGNUMD_NAME_MAX ||
        name[prefix_len] != ':' || prefix_len + 1 == len)
        return false;
    for (const char *c = name; *c != '\0'; c++)
        if (*c <= ' ' || *c > '~' || strchr("*?\"\\", *c) != NULL)
            return false;
    return true;
}

bool
signumd_user_has(const struct signumd_user *user, unsigned roles)
{
    return (user->roles & roles) != 0;
}

static enum signum_status
insert_roles(struct signumd_db *db, int64_t id, unsigned roles)
{
    enum signum_status status = SIGNUM_OK;

    for (size_t i = 0; i < SIGNUMD_ROLE_COUNT && status == SIGNUM_OK; i++)
        if ((roles & SIGNUMD_ROLE_BIT(i)) != 0)
            status = signumd_db_run(db, "INSERT INTO user_roles (user_id, role) VALUES (?, ?)",
                "it", id, signumd_role_name((enum signumd_role)i));
    return status;
}

static enum signum_status
insert(struct signumd_db *db, const struct signumd_actor *actor, const char *name, unsigned roles)
{
    char text[SIGNUMD_ROLES_TEXT_SIZE];
    int64_t id = 0;
    enum signum_status status = signumd_db_run(db,
        "INSERT INTO users (name, created) VALUES (?, ?)", "ti", name, signumd_timestamp_seconds());

    signumd_roles_text(roles, text);
    if (status == SIGNUM_OK)
        status = signumd_db_get_number(db, &id, "SELECT id FROM users WHERE name = ?", "t", name);
    if (status == SIGNUM_OK)
        status = insert_roles(db, id, roles);
    if (status == SIGNUM_OK)
        status = signumd_audit_change(db, actor, "user.add", "name", name, "roles", text, NULL);
    return status;
}

enum signum_status
signumd_users_add(
    struct signumd_db *db, const struct signumd_actor *actor, const char *name, unsigned roles)
{
    if (!signumd_name_is_valid(name) || strcmp(name, "me") == 0 || roles == 0)
        return SIGNUM_INVALID_ARGUMENT;
    enum signum_status status = signumd_db_begin(db);
    if (status != SIGNUM_OK)
        return status;
    return signumd_db_finish(db, insert(db, actor, name, roles));
}

/* Would there be no admin left if the user had the roles `after`? */
static enum signum_status
check_last_admin(struct signumd_db *db, const struct signumd_user *user, unsigned after)
{
    const unsigned admin = SIGNUMD_ROLE_BIT(SIGNUMD_ROLE_ADMIN);
    int64_t others = 0;

    if (!signumd_user_has(user, admin) || (after & admin) != 0)
        return SIGNUM_OK;
    enum signum_status status = signumd_db_get_number(db, &others,
        "SELECT count(*) FROM user_roles WHERE role = 'admin' AND user_id <> ?", "i", user->id);
    if (status == SIGNUM_OK && others == 0)
        return SIGNUM_DENIED;
    return status;
}

static enum signum_status
replace_roles(
    struct signumd_db *db, const struct signumd_actor *actor, const char *name, unsigned roles)
{
    struct signumd_user user;
    char before[SIGNUMD_ROLES_TEXT_SIZE];
    char after[SIGNUMD_ROLES_TEXT_SIZE];
    enum signum_status status = signumd_users_find(db, name, &user);

    if (status == SIGNUM_OK)
        status = check_last_admin(db, &user, roles);
    if (status == SIGNUM_OK)
        status = signumd_db_run(db, "DELETE FROM user_roles WHERE user_id = ?", "i", user.id);
    if (status == SIGNUM_OK)
        status = insert_roles(db, user.id, roles);
    if (status != SIGNUM_OK)
        return status;
    signumd_roles_text(user.roles, before);
    signumd_roles_text(roles, after);
    return signumd_audit_change(
        db, actor, "user.roles", "name", name, "roles", after, "before", before, NULL);
}

enum signum_status
signumd_users_set_roles(
    struct signumd_db *db, const struct signumd_actor *actor, const char *name, unsigned roles)
{
    if (roles == 0)
        return SIGNUM_INVALID_ARGUMENT;
    enum signum_status status = signumd_db_begin(db);
    if (status != SIGNUM_OK)
        return status;
    return signumd_db_finish(db, replace_roles(db, actor, name, roles));
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
        status = check_last_admin(db, &user, 0);
    if (status == SIGNUM_OK)
        status = signumd_policies_forget(db, actor, SIGNUMD_PART_USERS, name);
    if (status == SIGNUM_OK)
        status = signumd_groups_forget(db, name);
    if (status == SIGNUM_OK)
        status = signumd_owners_forget(db, actor, "user", name);
    if (status == SIGNUM_OK)
        status = signumd_approvals_forget(db, actor, name);
    if (status == SIGNUM_OK)
        status = signumd_db_run(db, "DELETE FROM users WHERE id = ?", "i", user.id);
    if (status == SIGNUM_OK)
        status = signumd_audit_change(db, actor, "user.remove", "name", name, NULL);
    return signumd_db_finish(db, status);
}

/* id, name, roles, created */
static enum signum_status
read_row(struct sqlite3_stmt *query, struct signumd_user *user_out)
{
    user_out->id = signumd_db_number(query, 0);
    (void)snprintf(user_out->name, sizeof user_out->name, "%s", signumd_db_text(query, 1));
    return signumd_roles_read(signumd_db_text(query, 2), &user_out->roles) ? SIGNUM_OK
                                                                           : SIGNUM_INTERNAL;
}

enum signum_status
signumd_users_find(struct signumd_db *db, const char *name, struct signumd_user *user_out)
{
    struct sqlite3_stmt *query = NULL;

    memset(user_out, 0, sizeof *user_out);
    enum signum_status status = signumd_db_query(
        db, &query, "SELECT u.id, u.name," ROLES_OF " WHERE u.name = ?", "t", name);
    if (status == SIGNUM_OK)
        status = signumd_db_next(db, query);
    if (status == SIGNUM_OK)
        status = read_row(query, user_out);
    signumd_db_end(&query);
    return status == SIGNUM_NO_MORE_ITEMS ? SIGNUM_NOT_FOUND : status;
}

static enum signum_status
write_row(struct signumd_db *db, struct sqlite3_stmt *query, struct signumd_json_writer *writer)
{
    struct signumd_user user;
    struct signumd_texts groups;
    char created[SIGNUMD_TIMESTAMP_SIZE];

    signumd_timestamp_format(signumd_db_number(query, 3), created);
    enum signum_status status = read_row(query, &user);
    if (status != SIGNUM_OK)
        return status;
    status = signumd_groups_of(db, user.name, &groups);
    signumd_json_begin(writer, NULL, '{');
    signumd_json_put_text(writer, "name", user.name);
    signumd_roles_write(user.roles, "roles", writer);
    signumd_groups_write_names(&groups, "groups", writer);
    signumd_json_put_text(writer, "created", created);
    signumd_json_end(writer, '}');
    signumd_texts_clear(&groups);
    return status;
}

enum signum_status
signumd_users_write(struct signumd_db *db, const char *name, struct signumd_json_writer *writer)
{
    struct sqlite3_stmt *query = NULL;
    enum signum_status status = signumd_db_query(
        db, &query, "SELECT u.id, u.name," ROLES_OF " WHERE u.name = ?", "t", name);

    if (status == SIGNUM_OK)
        status = signumd_db_next(db, query);
    if (status == SIGNUM_OK)
        status = write_row(db, query, writer);
    signumd_db_end(&query);
    return status == SIGNUM_NO_MORE_ITEMS ? SIGNUM_NOT_FOUND : status;
}

enum signum_status
signumd_users_write_page(struct signumd_db *db, const char *after, int64_t limit,
    struct signumd_json_writer *writer, char next_out[SIGNUMD_NAME_MAX + 1])
{
    struct sqlite3_stmt *query = NULL;
    char last[SIGNUMD_NAME_MAX + 1] = "";
    int64_t count = 0;

    next_out[0] = '\0';
    enum signum_status status = signumd_db_query(db, &query,
        "SELECT u.id, u.name," ROLES_OF " WHERE u.name > ? ORDER BY u.name LIMIT ?", "ti", after,
        limit + 1);
    if (status == SIGNUM_OK)
        status = signumd_db_next(db, query);
    for (; status == SIGNUM_OK && count < limit; count++) {
        (void)snprintf(last, sizeof last, "%s", signumd_db_text(query, 1));
        status = write_row(db, query, writer);
        if (status == SIGNUM_OK)
            status = signumd_db_next(db, query);
    }
    if (status == SIGNUM_OK)
        (void)snprintf(next_out, sizeof last, "%s", last);
    signumd_db_end(&query);
    return status == SIGNUM_NO_MORE_ITEMS ? SIGNUM_OK : status;
}

enum signum_status
signumd_users_write_list(struct signumd_db *db, struct signumd_json_writer *writer)
{
    char next[SIGNUMD_NAME_MAX + 1];

    return signumd_users_write_page(db, "", INT32_MAX, writer, next);
}
