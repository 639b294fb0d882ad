#include "catalogue.h"

#include <stdlib.h>
#include <string.h>

struct signum_catalogue_entry {
    struct signum_key *key;
    uint64_t seen_ms;
};

void
signum_catalogue_init(struct signum_catalogue *catalogue)
{
    memset(catalogue, 0, sizeof *catalogue);
    signum_lock_init(&catalogue->lock);
}

static void
drop_entries(struct signum_catalogue_entry *entries, size_t count)
{
    for (size_t i = 0; i < count; i++)
        signum_key_unref(&entries[i].key);
    free(entries);
}

void
signum_catalogue_clear(struct signum_catalogue *catalogue)
{
    drop_entries(catalogue->entries, catalogue->count);
    signum_lock_clear(&catalogue->lock);
    memset(catalogue, 0, sizeof *catalogue);
}

/* The place of a name: where it is, or where it would be put. The lock is held. */
static size_t
place_of(const struct signum_catalogue *catalogue, const char *name, bool *is_there_out)
{
    size_t low = 0;
    size_t high = catalogue->count;

    *is_there_out = false;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(signum_key_name(catalogue->entries[middle].key), name);
        if (order == 0) {
            *is_there_out = true;
            return middle;
        }
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static struct signum_catalogue_absent *
find_absent(struct signum_catalogue *catalogue, const char *name)
{
    for (size_t i = 0; i < SIGNUM_CATALOGUE_ABSENT_MAX; i++)
        if (strcmp(catalogue->absent[i].name, name) == 0)
            return &catalogue->absent[i];
    return NULL;
}

enum signum_catalogue_state
signum_catalogue_find(struct signum_catalogue *catalogue, const char *name, uint64_t now_ms,
                      struct signum_key **key_out)
{
    enum signum_catalogue_state state = SIGNUM_CATALOGUE_UNKNOWN;
    bool is_there;

    *key_out = NULL;
    signum_lock_acquire(&catalogue->lock);
    size_t place = place_of(catalogue, name, &is_there);
    if (is_there) {
        const struct signum_catalogue_entry *entry = &catalogue->entries[place];
        *key_out = signum_key_ref(entry->key);
        state = now_ms - entry->seen_ms < SIGNUM_CATALOGUE_FRESH_MS ? SIGNUM_CATALOGUE_KNOWN
                                                                   : SIGNUM_CATALOGUE_STALE;
    } else {
        const struct signum_catalogue_absent *absent = find_absent(catalogue, name);
        if (name[0] != 0 && absent != NULL && now_ms < absent->until_ms)
            state = SIGNUM_CATALOGUE_ABSENT;
    }
    signum_lock_release(&catalogue->lock);
    return state;
}

static enum signum_status
reserve(struct signum_catalogue *catalogue)
{
    if (catalogue->count >= SIGNUM_CATALOGUE_KEYS_MAX)
        return SIGNUM_TOO_LARGE;
    if (catalogue->count < catalogue->capacity)
        return SIGNUM_OK;
    size_t capacity = catalogue->capacity == 0 ? 16 : catalogue->capacity * 2;
    struct signum_catalogue_entry *entries =
        realloc(catalogue->entries, capacity * sizeof *entries);
    if (entries == NULL)
        return SIGNUM_NO_MEMORY;
    catalogue->entries = entries;
    catalogue->capacity = capacity;
    return SIGNUM_OK;
}

enum signum_status
signum_catalogue_put(struct signum_catalogue *catalogue, struct signum_key *key, uint64_t now_ms)
{
    enum signum_status status = SIGNUM_OK;
    struct signum_key *old = NULL;
    bool is_there;

    signum_lock_acquire(&catalogue->lock);
    size_t place = place_of(catalogue, signum_key_name(key), &is_there);
    if (is_there) {
        old = catalogue->entries[place].key;
    } else {
        status = reserve(catalogue);
        if (status != SIGNUM_OK)
            goto out;
        memmove(&catalogue->entries[place + 1], &catalogue->entries[place],
                (catalogue->count - place) * sizeof *catalogue->entries);
        catalogue->count++;
    }
    catalogue->entries[place] = (struct signum_catalogue_entry){signum_key_ref(key), now_ms};
    struct signum_catalogue_absent *absent = find_absent(catalogue, signum_key_name(key));
    if (absent != NULL)
        absent->name[0] = 0;
out:
    signum_lock_release(&catalogue->lock);
    signum_key_unref(&old);
    return status;
}

void
signum_catalogue_put_absent(struct signum_catalogue *catalogue, const char *name, uint64_t now_ms)
{
    struct signum_key *old = NULL;
    size_t len = strlen(name);
    bool is_there;

    if (len == 0 || len > SIGNUM_KEY_NAME_MAX)
        return;
    signum_lock_acquire(&catalogue->lock);
    size_t place = place_of(catalogue, name, &is_there);
    if (is_there) {
        old = catalogue->entries[place].key;
        catalogue->count--;
        memmove(&catalogue->entries[place], &catalogue->entries[place + 1],
                (catalogue->count - place) * sizeof *catalogue->entries);
    }
    struct signum_catalogue_absent *absent = find_absent(catalogue, name);
    if (absent == NULL) {
        absent = &catalogue->absent[catalogue->absent_next];
        catalogue->absent_next = (catalogue->absent_next + 1) % SIGNUM_CATALOGUE_ABSENT_MAX;
    }
    memcpy(absent->name, name, len + 1);
    absent->until_ms = now_ms + SIGNUM_CATALOGUE_ABSENT_MS;
    signum_lock_release(&catalogue->lock);
    signum_key_unref(&old);
}

static int
by_name(const void *a, const void *b)
{
    const struct signum_catalogue_entry *left = a;
    const struct signum_catalogue_entry *right = b;

    return strcmp(signum_key_name(left->key), signum_key_name(right->key));
}

enum signum_status
signum_catalogue_replace(struct signum_catalogue *catalogue, struct signum_key *const *keys,
                         size_t count, uint64_t now_ms)
{
    if (count > SIGNUM_CATALOGUE_KEYS_MAX)
        return SIGNUM_TOO_LARGE;
    struct signum_catalogue_entry *entries = calloc(count + 1, sizeof *entries);
    if (entries == NULL)
        return SIGNUM_NO_MEMORY;
    for (size_t i = 0; i < count; i++)
        entries[i] = (struct signum_catalogue_entry){signum_key_ref(keys[i]), now_ms};
    qsort(entries, count, sizeof *entries, by_name);

    signum_lock_acquire(&catalogue->lock);
    struct signum_catalogue_entry *old = catalogue->entries;
    size_t old_count = catalogue->count;
    catalogue->entries = entries;
    catalogue->count = count;
    catalogue->capacity = count + 1;
    catalogue->listed_ms = now_ms;
    catalogue->is_listed = true;
    memset(catalogue->absent, 0, sizeof catalogue->absent);
    signum_lock_release(&catalogue->lock);
    drop_entries(old, old_count);
    return SIGNUM_OK;
}

enum signum_status
signum_catalogue_list(struct signum_catalogue *catalogue, uint64_t now_ms,
                      struct signum_key ***keys_out, size_t *count_out)
{
    enum signum_status status = SIGNUM_NOT_FOUND;

    *keys_out = NULL;
    *count_out = 0;
    signum_lock_acquire(&catalogue->lock);
    if (!catalogue->is_listed || now_ms - catalogue->listed_ms >= SIGNUM_CATALOGUE_FRESH_MS)
        goto out;
    status = SIGNUM_NO_MEMORY;
    struct signum_key **keys = calloc(catalogue->count + 1, sizeof(struct signum_key *));
    if (keys == NULL)
        goto out;
    for (size_t i = 0; i < catalogue->count; i++)
        keys[i] = signum_key_ref(catalogue->entries[i].key);
    *keys_out = keys;
    *count_out = catalogue->count;
    status = SIGNUM_OK;
out:
    signum_lock_release(&catalogue->lock);
    return status;
}

void
signum_key_list_free(struct signum_key ***keys, size_t *count)
{
    for (size_t i = 0; *keys != NULL && i < *count; i++)
        signum_key_unref(&(*keys)[i]);
    free(*keys);
    *keys = NULL;
    *count = 0;
}
