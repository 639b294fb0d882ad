#include "identity/groups.h"

#include <stdio.h>
#include <string.h>

#include "base/timestamp.h"
#include "keys/owners.h"
#include "policy/policies.h"

static enum signum_status
insert_group(struct signumd_db *db, const struct signumd_actor *actor, const char *name)
{
    enum signum_status status = signumd_db_run(
        db, "INSERT INTO groups VALUES (?, ?)", "ti", name, signumd_timestamp_seconds());

    return status == SIGNUM_OK ? signumd_audit_change(db, actor, "group.add", "name", name, NULL)
                               : status;
}

enum signum_status
signumd_groups_add(struct signumd_db *db, const struct signumd_actor *actor, const char *name)
{
    if (!signumd_name_is_valid(name))
        return SIGNUM_INVALID_ARGUMENT;
    enum signum_status status = signumd_db_begin(db);
    if (status != SIGNUM_OK)
        return status;
    return signumd_db_finish(db, insert_group(db, actor, name));
}

/* SIGNUM_INVALID_ARGUMENT unless it is the name of a local user or of a possible federated one */
static enum signum_status
check_member(struct signumd_db *db, const char *user)
{
    int64_t one = 0;

    if (signumd_name_is_federated(user))
        return SIGNUM_OK;
    enum signum_status status =
        signumd_db_get_number(db, &one, "SELECT 1 FROM users WHERE name = ?", "t", user);
    return status == SIGNUM_NOT_FOUND ? SIGNUM_INVALID_ARGUMENT : status;
}

static enum signum_status
check_group(struct signumd_db *db, const char *name)
{
    int64_t one = 0;

    return signumd_db_get_number(db, &one, "SELECT 1 FROM groups WHERE name = ?", "t", name);
}

static enum signum_status
insert_member(
    struct signumd_db *db, const struct signumd_actor *actor, const char *name, const char *user)
{
    enum signum_status status = check_member(db, user);

    if (status == SIGNUM_OK)
        status = signumd_db_run(db, "INSERT INTO group_members VALUES (?, ?)", "tt", name, user);
    return status == SIGNUM_OK
               ? signumd_audit_change(db, actor, "group.join", "group", name, "name", user, NULL)
               : status;
}

static enum signum_status
delete_member(
    struct signumd_db *db, const struct signumd_actor *actor, const char *name, const char *user)
{
    enum signum_status status = signumd_db_run(
        db, "DELETE FROM group_members WHERE group_name = ? AND user = ?", "tt", name, user);

    return status == SIGNUM_OK
               ? signumd_audit_change(db, actor, "group.leave", "group", name, "name", user, NULL)
               : status;
}

enum signum_status
signumd_groups_join(
    struct signumd_db *db, const struct signumd_actor *actor, const char *name, const char *user)
{
    enum signum_status status = signumd_db_begin(db);

    if (status != SIGNUM_OK)
        return status;
    status = check_group(db, name);
    if (status == SIGNUM_OK)
        status = insert_member(db, actor, name, user);
    return signumd_db_finish(db, status);
}

enum signum_status
signumd_groups_leave(
    struct signumd_db *db, const struct signumd_actor *actor, const char *name, const char *user)
{
    enum signum_status status = signumd_db_begin(db);

    if (status != SIGNUM_OK)
        return status;
    return signumd_db_finish(db, delete_member(db, actor, name, user));
}

/* Texts of the first column; freed by the caller, also after a failure. */
static enum signum_status
read_texts(
    struct signumd_db *db, const char *sql, const char *value, struct signumd_texts *texts_out)
{
    struct sqlite3_stmt *query = NULL;

    *texts_out = (struct signumd_texts){NULL, 0};
    enum signum_status status = signumd_db_query(db, &query, sql, "t", value);
    if (status == SIGNUM_OK)
        status = signumd_db_next(db, query);
    while (status == SIGNUM_OK) {
        status = signumd_texts_add(texts_out, signumd_db_text(query, 0));
        if (status == SIGNUM_OK)
            status = signumd_db_next(db, query);
    }
    signumd_db_end(&query);
    return status == SIGNUM_NO_MORE_ITEMS ? SIGNUM_OK : status;
}

static enum signum_status
read_members(struct signumd_db *db, const char *name, struct signumd_texts *members_out)
{
    return read_texts(
        db, "SELECT user FROM group_members WHERE group_name = ? ORDER BY user", name, members_out);
}

enum signum_status
signumd_groups_of(struct signumd_db *db, const char *user, struct signumd_texts *groups_out)
{
    return read_texts(db, "SELECT group_name FROM group_members WHERE user = ? ORDER BY group_name",
        user, groups_out);
}

/* Only what differs is changed and recorded. */
static enum signum_status
replace_members(struct signumd_db *db, const struct signumd_actor *actor, const char *name,
    const struct signumd_texts *members, const char **missing_out)
{
    struct signumd_texts before;
    enum signum_status status = read_members(db, name, &before);

    for (size_t i = 0; i < before.count && status == SIGNUM_OK; i++)
        if (!signumd_texts_has(members, before.items[i]))
            status = delete_member(db, actor, name, before.items[i]);
    for (size_t i = 0; i < members->count && status == SIGNUM_OK; i++) {
        if (signumd_texts_has(&before, members->items[i]))
            continue;
        status = insert_member(db, actor, name, members->items[i]);
        if (status == SIGNUM_KEY_EXISTS) /* named twice */
            status = SIGNUM_OK;
        if (status == SIGNUM_INVALID_ARGUMENT) {
            *missing_out = members->items[i];
            status = SIGNUM_NOT_FOUND;
        }
    }
    signumd_texts_clear(&before);
    return status;
}

enum signum_status
signumd_groups_put(struct signumd_db *db, const struct signumd_actor *actor, const char *name,
    const struct signumd_texts *members, const char **missing_out)
{
    *missing_out = NULL;
    if (!signumd_name_is_valid(name))
        return SIGNUM_INVALID_ARGUMENT;
    enum signum_status status = signumd_db_begin(db);
    if (status != SIGNUM_OK)
        return status;
    status = check_group(db, name);
    if (status == SIGNUM_NOT_FOUND)
        status = insert_group(db, actor, name);
    if (status == SIGNUM_OK)
        status = replace_members(db, actor, name, members, missing_out);
    return signumd_db_finish(db, status);
}

enum signum_status
signumd_groups_remove(struct signumd_db *db, const struct signumd_actor *actor, const char *name)
{
    enum signum_status status = signumd_db_begin(db);

    if (status != SIGNUM_OK)
        return status;
    status = signumd_db_run(db, "DELETE FROM groups WHERE name = ?", "t", name);
    if (status == SIGNUM_OK)
        status = signumd_policies_forget(db, actor, SIGNUMD_PART_USER_GROUPS, name);
    if (status == SIGNUM_OK)
        status = signumd_owners_forget(db, actor, "group", name);
    if (status == SIGNUM_OK)
        status = signumd_audit_change(db, actor, "group.remove", "name", name, NULL);
    return signumd_db_finish(db, status);
}

enum signum_status
signumd_groups_forget(struct signumd_db *db, const char *user)
{
    enum signum_status status =
        signumd_db_run(db, "DELETE FROM group_members WHERE user = ?", "t", user);

    return status == SIGNUM_NOT_FOUND ? SIGNUM_OK : status;
}

void
signumd_groups_write_names(
    const struct signumd_texts *groups, const char *name, struct signumd_json_writer *writer)
{
    signumd_json_begin(writer, name, '[');
    for (size_t i = 0; i < groups->count; i++)
        signumd_json_put_text(writer, NULL, groups->items[i]);
    signumd_json_end(writer, ']');
}

/* name, created */
static enum signum_status
write_row(struct signumd_db *db, struct sqlite3_stmt *query, struct signumd_json_writer *writer)
{
    struct signumd_texts members;
    char created[SIGNUMD_TIMESTAMP_SIZE];
    enum signum_status status = read_members(db, signumd_db_text(query, 0), &members);

    signumd_timestamp_format(signumd_db_number(query, 1), created);
    signumd_json_begin(writer, NULL, '{');
    signumd_json_put_text(writer, "name", signumd_db_text(query, 0));
    signumd_groups_write_names(&members, "members", writer);
    signumd_json_put_text(writer, "created", created);
    signumd_json_end(writer, '}');
    signumd_texts_clear(&members);
    return status;
}

enum signum_status
signumd_groups_write(struct signumd_db *db, const char *name, struct signumd_json_writer *writer)
{
    struct sqlite3_stmt *query = NULL;
    enum signum_status status =
        signumd_db_query(db, &query, "SELECT name, created FROM groups WHERE name = ?", "t", name);

    if (status == SIGNUM_OK)
        status = signumd_db_next(db, query);
    if (status == SIGNUM_OK)
        status = write_row(db, query, writer);
    signumd_db_end(&query);
    return status == SIGNUM_NO_MORE_ITEMS ? SIGNUM_NOT_FOUND : status;
}

enum signum_status
signumd_groups_write_page(struct signumd_db *db, const char *after, int64_t limit,
    struct signumd_json_writer *writer, char next_out[SIGNUMD_NAME_MAX + 1])
{
    struct sqlite3_stmt *query = NULL;
    char last[SIGNUMD_NAME_MAX + 1] = "";
    int64_t count = 0;

    next_out[0] = '\0';
    enum signum_status status = signumd_db_query(db, &query,
        "SELECT name, created FROM groups WHERE name > ? ORDER BY name LIMIT ?", "ti", after,
        limit + 1);
    if (status == SIGNUM_OK)
        status = signumd_db_next(db, query);
    for (; status == SIGNUM_OK && count < limit; count++) {
        (void)snprintf(last, sizeof last, "%s", signumd_db_text(query, 0));
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
signumd_groups_write_list(struct signumd_db *db, struct signumd_json_writer *writer)
{
    char next[SIGNUMD_NAME_MAX + 1];

    return signumd_groups_write_page(db, "", INT32_MAX, writer, next);
}
