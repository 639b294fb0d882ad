#include "http/idempotency.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* As many as there are workers at most, so a list is fast enough. */
struct entry {
    struct entry *next;
    char *user;
    char *key_id;
    char *idempotency_key;
};

struct signumd_running {
    pthread_mutex_t lock;
    struct entry *first;
};

bool
signumd_idempotency_is_valid(const char *idempotency_key)
{
    size_t len = strnlen(idempotency_key, SIGNUMD_IDEMPOTENCY_KEY_MAX + 1);

    if (len == 0 || len > SIGNUMD_IDEMPOTENCY_KEY_MAX)
        return false;
    for (size_t i = 0; i < len; i++)
        if (idempotency_key[i] < 0x21 || idempotency_key[i] > 0x7e)
            return false;
    return true;
}

enum signum_status
signumd_running_new(struct signumd_running **running_out)
{
    *running_out = calloc(1, sizeof **running_out);
    if (*running_out == NULL)
        return SIGNUM_NO_MEMORY;
    (void)pthread_mutex_init(&(*running_out)->lock, NULL);
    return SIGNUM_OK;
}

static void
entry_free(struct entry *entry)
{
    if (entry == NULL)
        return;
    free(entry->user);
    free(entry->key_id);
    free(entry->idempotency_key);
    free(entry);
}

void
signumd_running_free(struct signumd_running **running)
{
    if (*running == NULL)
        return;
    while ((*running)->first != NULL) {
        struct entry *entry = (*running)->first;
        (*running)->first = entry->next;
        entry_free(entry);
    }
    (void)pthread_mutex_destroy(&(*running)->lock);
    free(*running);
    *running = NULL;
}

static struct entry *
entry_new(const struct signumd_idempotency_name *name)
{
    struct entry *entry = calloc(1, sizeof *entry);

    if (entry == NULL)
        return NULL;
    entry->user = signum_text_copy(name->user);
    entry->key_id = signum_text_copy(name->key_id);
    entry->idempotency_key = signum_text_copy(name->idempotency_key);
    if (entry->user != NULL && entry->key_id != NULL && entry->idempotency_key != NULL)
        return entry;
    entry_free(entry);
    return NULL;
}

/* Where the pointer to the entry of that name is, or to the NULL at the end. */
static struct entry **
find(struct signumd_running *running, const struct signumd_idempotency_name *name)
{
    struct entry **place = &running->first;

    for (; *place != NULL; place = &(*place)->next)
        if (strcmp((*place)->user, name->user) == 0 &&
            strcmp((*place)->key_id, name->key_id) == 0 &&
            strcmp((*place)->idempotency_key, name->idempotency_key) == 0)
            break;
    return place;
}

enum signum_status
signumd_running_begin(struct signumd_running *running, const struct signumd_idempotency_name *name)
{
    struct entry *entry = entry_new(name);
    enum signum_status status = SIGNUM_SERVICE_BUSY;

    if (entry == NULL)
        return SIGNUM_NO_MEMORY;
    (void)pthread_mutex_lock(&running->lock);
    struct entry **place = find(running, name);
    if (*place == NULL) {
        *place = entry;
        entry = NULL;
        status = SIGNUM_OK;
    }
    (void)pthread_mutex_unlock(&running->lock);
    entry_free(entry);
    return status;
}

void
signumd_running_end(struct signumd_running *running, const struct signumd_idempotency_name *name)
{
    (void)pthread_mutex_lock(&running->lock);
    struct entry **place = find(running, name);
    struct entry *entry = *place;
    if (entry != NULL)
        *place = entry->next;
    (void)pthread_mutex_unlock(&running->lock);
    entry_free(entry);
}

enum signum_status
signumd_answers_find(struct signumd_db *db, const struct signumd_idempotency_name *name,
                     const uint8_t body_sha256[SIGNUMD_SHA256_LEN], int64_t now,
                     struct signum_buf *answer_out)
{
    struct sqlite3_stmt *query = NULL;
    struct signum_bytes wanted = {body_sha256, SIGNUMD_SHA256_LEN};
    enum signum_status status = signumd_db_query(
        db, &query,
        "SELECT body_sha256, answer FROM answers"
        " WHERE user = ? AND key_id = ? AND idempotency_key = ? AND created > ?",
        "ttti", name->user, name->key_id, name->idempotency_key, now - SIGNUMD_IDEMPOTENCY_S);

    if (status == SIGNUM_OK)
        status = signumd_db_next(db, query);
    if (status == SIGNUM_OK && !signum_bytes_is_equal(signumd_db_bytes(query, 0), wanted))
        status = SIGNUM_INVALID_ARGUMENT;
    if (status == SIGNUM_OK) {
        signum_buf_put_text(answer_out, signumd_db_text(query, 1));
        status = signum_buf_status(answer_out);
    }
    signumd_db_end(&query);
    return status == SIGNUM_NO_MORE_ITEMS ? SIGNUM_NOT_FOUND : status;
}

enum signum_status
signumd_answers_add(struct signumd_db *db, const struct signumd_idempotency_name *name,
                    const uint8_t body_sha256[SIGNUMD_SHA256_LEN], int64_t now, const char *answer)
{
    struct signum_bytes hash = {body_sha256, SIGNUMD_SHA256_LEN};
    enum signum_status status = signumd_db_run(db, "DELETE FROM answers WHERE created <= ?", "i",
                                               now - SIGNUMD_IDEMPOTENCY_S);

    if (status != SIGNUM_OK && status != SIGNUM_NOT_FOUND)
        return status;
    return signumd_db_run(db,
                          "INSERT INTO answers (user, key_id, idempotency_key, body_sha256, answer,"
                          " created) VALUES (?, ?, ?, ?, ?, ?)",
                          "tttbti", name->user, name->key_id, name->idempotency_key, hash, answer,
                          now);
}
