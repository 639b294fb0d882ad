#include <stdio.h>
#include <string.h>

#include "approvals/releases.h"

#define DIGEST_TEXT_MAX 128
#define REASON_MAX 1024

static const char *
take_key(void *context, const char *text)
{
    struct signumd_release *release = context;

    if (!signumd_name_is_valid(text))
        return "has what is no name of a key";
    return signumd_texts_add(&release->keys, text) == SIGNUM_OK ? NULL : "cannot be kept";
}

static void
take_digest(void *context, struct signumd_json_reader *item)
{
    static const char *const names[] = {"hash", "digest", "scheme"};
    struct signumd_release *release = context;

    signumd_json_check_names(item, names, sizeof names / sizeof names[0]);
    const char *hash = signumd_json_get_text(item, "hash", true, 32);
    const char *digest = signumd_json_get_text(item, "digest", true, DIGEST_TEXT_MAX);
    const char *scheme = signumd_json_get_text(item, "scheme", false, 32);
    if (item->failure != SIGNUM_OK)
        return;
    const char *fault = signumd_release_add_digest(release, hash, digest, true, scheme);
    if (fault != NULL)
        signumd_json_refuse(item, "digest", fault);
}

static void
take_need(void *context, struct signumd_json_reader *item)
{
    static const char *const names[] = {"need", "group"};
    struct signumd_release *release = context;

    signumd_json_check_names(item, names, sizeof names / sizeof names[0]);
    int64_t need = signumd_json_get_number(item, "need", 1, SIGNUMD_NEED_MAX, 0);
    const char *group = signumd_json_get_text(item, "group", true, SIGNUMD_NAME_MAX);
    if (need == 0)
        signumd_json_refuse(item, "need", "is missing");
    if (group != NULL && !signumd_name_is_valid(group))
        signumd_json_refuse(item, "group", "must be the name of a group");
    if (item->failure == SIGNUM_OK && signumd_needs_add(&release->needs, need, group) != SIGNUM_OK)
        signumd_json_refuse(item, "group", "is one too many");
}

void
signumd_release_read(
    struct signumd_json_reader *reader, int64_t now, struct signumd_release *release)
{
    static const char *const names[] = {
        "name", "keys", "digests", "uses", "expires", "reason", "approvals"};

    signumd_json_check_names(reader, names, sizeof names / sizeof names[0]);
    const char *name = signumd_json_get_text(reader, "name", true, SIGNUMD_NAME_MAX);
    if (name != NULL && !signumd_name_is_valid(name))
        signumd_json_refuse(reader, "name", "must be 1 to 64 of A-Z a-z 0-9 . _ -");
    signumd_json_get_texts(reader, "keys", SIGNUMD_RELEASE_KEYS_MAX, take_key, release);
    signumd_json_get_objects(reader, "digests", SIGNUMD_RELEASE_DIGESTS_MAX, take_digest, release);
    if (reader->failure == SIGNUM_OK && release->count == 0)
        signumd_json_refuse(reader, "digests", "is missing");
    release->uses = signumd_json_get_number(reader, "uses", 1, SIGNUMD_RELEASE_USES_MAX, 1);
    const char *expires = signumd_json_get_text(reader, "expires", true, 32);
    if (expires != NULL &&
        (!signumd_time_read(expires, &release->expires) || release->expires <= now))
        signumd_json_refuse(reader, "expires", "must be a time to come, like 2026-01-31T12:00:00Z");
    const char *reason = signumd_json_get_text(reader, "reason", false, REASON_MAX);
    signumd_json_get_objects(reader, "approvals", SIGNUMD_NEEDS_MAX, take_need, release);
    if (reader->failure != SIGNUM_OK)
        return;
    (void)snprintf(release->name, sizeof release->name, "%s", name);
    if (reason != NULL)
        release->reason = signum_text_copy(reason);
}
