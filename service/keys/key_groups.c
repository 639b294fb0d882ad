#include "keys/key_groups.h"

#include <stdio.h>
#include <string.h>

#define GROUPS_TEXT_SIZE (SIGNUMD_KEY_GROUPS_MAX * (SIGNUMD_NAME_MAX + 1) + 1)

static void
groups_text(const struct signumd_texts *groups, char text_out[GROUPS_TEXT_SIZE])
{
    size_t len = 0;

    text_out[0] = '\0';
    for (size_t i = 0; i < groups->count && len < GROUPS_TEXT_SIZE; i++)
        len += (size_t)snprintf(
            text_out + len, GROUPS_TEXT_SIZE - len, "%s%s", i == 0 ? "" : ",", groups->items[i]);
}

static bool
is_same(const struct signumd_texts *a, const struct signumd_texts *b)
{
    for (size_t i = 0; i < a->count; i++)
        if (!signumd_texts_has(b, a->items[i]))
            return false;
    for (size_t i = 0; i < b->count; i++)
        if (!signumd_texts_has(a, b->items[i]))
            return false;
    return true;
}

enum signum_status
signumd_key_groups_replace(struct signumd_db *db, const struct signumd_actor *actor,
    const struct signumd_key *key, const struct signumd_texts *groups)
{
    char text[GROUPS_TEXT_SIZE];

    if (is_same(&key->groups, groups))
        return SIGNUM_OK;
    enum signum_status status =
        signumd_db_run(db, "DELETE FROM key_groups WHERE key_id = ?", "t", key->id);
    if (status == SIGNUM_NOT_FOUND) /* it was in none */
        status = SIGNUM_OK;
    for (size_t i = 0; i < groups->count && status == SIGNUM_OK; i++) {
        status = signumd_db_run(
            db, "INSERT INTO key_groups VALUES (?, ?)", "tt", key->id, groups->items[i]);
        if (status == SIGNUM_KEY_EXISTS) /* named twice */
            status = SIGNUM_OK;
    }
    groups_text(groups, text);
    if (status == SIGNUM_OK)
        status =
            signumd_audit_change(db, actor, "key.change", "key", key->name, "groups", text, NULL);
    return status;
}

static enum signum_status
copy(const struct signumd_texts *from, struct signumd_texts *to)
{
    enum signum_status status = SIGNUM_OK;

    for (size_t i = 0; i < from->count && status == SIGNUM_OK; i++)
        status = signumd_texts_add(to, from->items[i]);
    return status;
}

/* With the group, or without it. */
static enum signum_status
change(struct signumd_db *db, const struct signumd_actor *actor, const char *group,
    const struct signumd_key *key, bool is_in)
{
    struct signumd_texts groups = {NULL, 0};

    if (signumd_texts_has(&key->groups, group) == is_in)
        return is_in ? SIGNUM_KEY_EXISTS : SIGNUM_NOT_FOUND;
    if (is_in && key->groups.count >= SIGNUMD_KEY_GROUPS_MAX)
        return SIGNUM_TOO_LARGE;
    enum signum_status status = copy(&key->groups, &groups);
    if (status == SIGNUM_OK && is_in)
        status = signumd_texts_add(&groups, group);
    else
        signumd_texts_remove(&groups, group);
    if (status == SIGNUM_OK)
        status = signumd_key_groups_replace(db, actor, key, &groups);
    signumd_texts_clear(&groups);
    return status;
}

static enum signum_status
change_by_name(struct signumd_db *db, const struct signumd_actor *actor, const char *group,
    const char *key_name, bool is_in)
{
    struct signumd_key key;
    enum signum_status status = signumd_db_begin(db);

    if (status != SIGNUM_OK)
        return status;
    signumd_key_init(&key);
    status = signumd_keys_find(db, key_name, &key);
    if (status == SIGNUM_OK)
        status = change(db, actor, group, &key, is_in);
    signumd_key_clear(&key);
    return signumd_db_finish(db, status);
}

enum signum_status
signumd_key_groups_add(struct signumd_db *db, const struct signumd_actor *actor, const char *group,
    const char *key_name)
{
    if (!signumd_name_is_valid(group))
        return SIGNUM_INVALID_ARGUMENT;
    return change_by_name(db, actor, group, key_name, true);
}

enum signum_status
signumd_key_groups_remove(struct signumd_db *db, const struct signumd_actor *actor,
    const char *group, const char *key_name)
{
    return change_by_name(db, actor, group, key_name, false);
}

enum signum_status
signumd_key_groups_split(const char *text, struct signumd_texts *groups)
{
    enum signum_status status = SIGNUM_OK;

    while (*text != '\0' && status == SIGNUM_OK) {
        char name[SIGNUMD_NAME_MAX + 1];
        size_t len = strcspn(text, " ");
        (void)snprintf(name, sizeof name, "%.*s", (int)len, text);
        status = signumd_texts_add(groups, name);
        text += len + (text[len] == ' ' ? 1 : 0);
    }
    return status;
}

/* Texts of the first column of a query about one text. */
static enum signum_status
read_names(
    struct signumd_db *db, const char *sql, const char *value, struct signumd_texts *names_out)
{
    struct sqlite3_stmt *query = NULL;

    *names_out = (struct signumd_texts){NULL, 0};
    enum signum_status status = signumd_db_query(db, &query, sql, "t", value);
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
signumd_key_groups_of(struct signumd_db *db, const char *key_name, struct signumd_texts *groups_out)
{
    return read_names(db,
        "SELECT g.name FROM key_groups g JOIN keys k ON k.id = g.key_id WHERE k.name = ?"
        " ORDER BY g.name",
        key_name, groups_out);
}

static enum signum_status
write_group(struct signumd_db *db, const char *name, struct signumd_json_writer *writer)
{
    struct signumd_texts keys;
    enum signum_status status = read_names(db,
        "SELECT k.name FROM key_groups g JOIN keys k ON k.id = g.key_id WHERE g.name = ?"
        " ORDER BY k.name",
        name, &keys);

    signumd_json_begin(writer, NULL, '{');
    signumd_json_put_text(writer, "name", name);
    signumd_json_begin(writer, "keys", '[');
    for (size_t i = 0; i < keys.count; i++)
        signumd_json_put_text(writer, NULL, keys.items[i]);
    signumd_json_end(writer, ']');
    signumd_json_end(writer, '}');
    signumd_texts_clear(&keys);
    return status;
}

enum signum_status
signumd_key_groups_write(struct signumd_db *db, struct signumd_json_writer *writer)
{
    struct signumd_texts names;
    enum signum_status status = read_names(
        db, "SELECT DISTINCT name FROM key_groups WHERE name <> ? ORDER BY name", "", &names);

    for (size_t i = 0; i < names.count && status == SIGNUM_OK; i++)
        status = write_group(db, names.items[i], writer);
    signumd_texts_clear(&names);
    return status;
}
