#include <stdio.h>
#include <string.h>

#include "base/timestamp.h"
#include "keys/key_groups.h"
#include "keys/owners.h"
#include "keys/pins.h"
#include "keys/versions.h"

#define FLAGS_TEXT_SIZE 64

static void
flags_text(unsigned flags, char text_out[FLAGS_TEXT_SIZE])
{
    size_t len = 0;

    text_out[0] = '\0';
    for (int i = 0; i < SIGNUMD_KEY_FLAG_COUNT; i++) {
        enum signumd_key_flag flag = (enum signumd_key_flag)i;
        if ((flags & SIGNUMD_KEY_FLAG_BIT(flag)) == 0)
            continue;
        (void)snprintf(text_out + len, FLAGS_TEXT_SIZE - len, "%s%s", len == 0 ? "" : ",",
            signumd_key_flag_name(flag));
        len = strlen(text_out);
    }
}

/* A demand that nobody can meet would be a key that is disabled without saying so. */
static enum signum_status
check_flags(struct signumd_db *db, const struct signumd_key *key, unsigned flags)
{
    struct signumd_pin pin;

    if ((flags & SIGNUMD_KEY_FLAG_BIT(SIGNUMD_KEY_NEED_PIN)) == 0)
        return SIGNUM_OK;
    enum signum_status status = signumd_pins_find(db, key->id, &pin);
    return status == SIGNUM_NOT_FOUND ? SIGNUM_BAD_KEY_STATE : status;
}

static enum signum_status
change_state(struct signumd_db *db, const struct signumd_actor *actor,
    const struct signumd_key *key, bool is_enabled)
{
    enum signum_status status = signumd_db_run(
        db, "UPDATE keys SET is_enabled = ? WHERE id = ?", "it", (int64_t)is_enabled, key->id);

    if (status == SIGNUM_OK)
        status = signumd_audit_change(
            db, actor, is_enabled ? "key.enable" : "key.disable", "key", key->name, NULL);
    return status;
}

static enum signum_status
change_flags(struct signumd_db *db, const struct signumd_actor *actor,
    const struct signumd_key *key, unsigned flags)
{
    char text[FLAGS_TEXT_SIZE];
    enum signum_status status = check_flags(db, key, flags);

    flags_text(flags, text);
    if (status == SIGNUM_OK)
        status = signumd_db_run(
            db, "UPDATE keys SET flags = ? WHERE id = ?", "it", (int64_t)flags, key->id);
    if (status == SIGNUM_OK)
        status =
            signumd_audit_change(db, actor, "key.change", "key", key->name, "flags", text, NULL);
    return status;
}

static enum signum_status
change_expiry(struct signumd_db *db, const struct signumd_actor *actor,
    const struct signumd_key *key, int64_t expires)
{
    char text[SIGNUMD_TIMESTAMP_SIZE] = "never";
    enum signum_status status = signumd_db_run(
        db, "UPDATE keys SET expires = nullif(?, 0) WHERE id = ?", "it", expires, key->id);

    if (expires != 0)
        signumd_timestamp_format(expires, text);
    if (status == SIGNUM_OK)
        status =
            signumd_audit_change(db, actor, "key.change", "key", key->name, "expires", text, NULL);
    return status;
}

static enum signum_status
change_any_state(struct signumd_db *db, const struct signumd_actor *actor,
    const struct signumd_key *key, const struct signumd_key_change *change)
{
    if (change->version != 0 && change->version != key->version)
        return signumd_versions_enable(db, actor, key, change->version, change->is_enabled);
    if (change->is_enabled == key->is_enabled)
        return SIGNUM_OK;
    return change_state(db, actor, key, change->is_enabled);
}

static enum signum_status
change_owner(struct signumd_db *db, const struct signumd_actor *actor,
    const struct signumd_key *key, const char *owner)
{
    enum signum_status status = owner[0] == '\0' ? SIGNUM_OK : signumd_owner_check(db, owner);

    if (status == SIGNUM_NOT_FOUND)
        status = SIGNUM_INVALID_ARGUMENT;
    if (status == SIGNUM_OK)
        status = signumd_db_run(
            db, "UPDATE keys SET owner = nullif(?, '') WHERE id = ?", "tt", owner, key->id);
    if (status == SIGNUM_OK)
        status = signumd_audit_change(db, actor, "key.change", "key", key->name, "owner",
            owner[0] == '\0' ? "none" : owner, NULL);
    return status;
}

static enum signum_status
change_description(struct signumd_db *db, const struct signumd_actor *actor,
    const struct signumd_key *key, const char *text)
{
    enum signum_status status = signumd_db_run(
        db, "UPDATE keys SET description = nullif(?, '') WHERE id = ?", "tt", text, key->id);

    if (status == SIGNUM_OK)
        status = signumd_audit_change(
            db, actor, "key.change", "key", key->name, "description", text, NULL);
    return status;
}

/* Whose it is, and what people and policies know it by. */
static enum signum_status
change_labels(struct signumd_db *db, const struct signumd_actor *actor,
    const struct signumd_key *key, const struct signumd_key_change *change)
{
    enum signum_status status = SIGNUM_OK;

    if (change->has_owner && strcmp(change->owner, key->owner) != 0)
        status = change_owner(db, actor, key, change->owner);
    if (status == SIGNUM_OK && change->has_description &&
        strcmp(change->description, key->description) != 0)
        status = change_description(db, actor, key, change->description);
    if (status == SIGNUM_OK && change->has_groups)
        status = signumd_key_groups_replace(db, actor, key, &change->groups);
    return status;
}

enum signum_status
signumd_keys_change(struct signumd_db *db, const struct signumd_actor *actor, const char *name,
    const struct signumd_key_change *change)
{
    struct signumd_key key;
    enum signum_status status = signumd_db_begin(db);

    if (status != SIGNUM_OK)
        return status;
    signumd_key_init(&key);
    status = signumd_keys_find(db, name, &key);
    if (status == SIGNUM_OK && change->has_state)
        status = change_any_state(db, actor, &key, change);
    if (status == SIGNUM_OK && change->has_expires && change->expires != key.expires)
        status = change_expiry(db, actor, &key, change->expires);
    if (status == SIGNUM_OK && change->has_flags && change->flags != key.flags)
        status = change_flags(db, actor, &key, change->flags);
    if (status == SIGNUM_OK)
        status = change_labels(db, actor, &key, change);
    signumd_key_clear(&key);
    return signumd_db_finish(db, status);
}
