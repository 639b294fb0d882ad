#include "catalogue.h"

#include <stdlib.h>
#include <string.h>

struct signum_catalogue_entry {
    struct signum_key *key;
    uint64_t seen_ms;
    uint64_t change; /* which change of the catalogue it was; of a key of a list 0 */
};

/* One that may stand in the next list. */
struct candidate {
    struct signum_catalogue_entry entry;
    size_t place; /* in the order of the pages */
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

/* What another thread saw after this one looked at the clock is fresh, not 2^64 ms old. */
static bool
is_fresh(uint64_t seen_ms, uint64_t now_ms)
{
    return now_ms < seen_ms || now_ms - seen_ms < SIGNUM_CATALOGUE_FRESH_MS;
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
        state = is_fresh(entry->seen_ms, now_ms) ? SIGNUM_CATALOGUE_KNOWN : SIGNUM_CATALOGUE_STALE;
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
    catalogue->entries[place] =
        (struct signum_catalogue_entry){signum_key_ref(key), now_ms, ++catalogue->changes};
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
    absent->change = ++catalogue->changes;
    signum_lock_release(&catalogue->lock);
    signum_key_unref(&old);
}

uint64_t
signum_catalogue_changes(struct signum_catalogue *catalogue)
{
    signum_lock_acquire(&catalogue->lock);
    uint64_t changes = catalogue->changes;
    signum_lock_release(&catalogue->lock);
    return changes;
}

/* By name; of two of one name the better one first: put by a later change, or of a later page. */
static int
by_name(const void *a, const void *b)
{
    const struct candidate *left = a;
    const struct candidate *right = b;
    int order = strcmp(signum_key_name(left->entry.key), signum_key_name(right->entry.key));

    if (order != 0)
        return order;
    if (left->entry.change != right->entry.change)
        return left->entry.change > right->entry.change ? -1 : 1;
    return left->place > right->place ? -1 : 1;
}

/* True if the name was found absent after `since`. The lock is held. */
static bool
is_gone(struct signum_catalogue *catalogue, const char *name, uint64_t since)
{
    const struct signum_catalogue_absent *absent = find_absent(catalogue, name);

    return absent != NULL && absent->change > since;
}

/*
 * Sorts the candidates and moves the entries that stay to `entries`; the others are left where
 * they are. Gives the number of those that stay. The lock is held.
 */
static size_t
choose(struct signum_catalogue *catalogue, struct candidate *candidates, size_t count,
       uint64_t since, struct signum_catalogue_entry *entries)
{
    size_t kept = 0;

    qsort(candidates, count, sizeof *candidates, by_name);
    for (size_t i = 0; i < count; i++) {
        struct signum_catalogue_entry *entry = &candidates[i].entry;
        const char *name = signum_key_name(entry->key);
        bool is_double = kept > 0 && strcmp(signum_key_name(entries[kept - 1].key), name) == 0;
        if (is_double || kept == SIGNUM_CATALOGUE_KEYS_MAX || is_gone(catalogue, name, since))
            continue;
        entries[kept++] = *entry;
        entry->key = NULL;
    }
    return kept;
}

/* Forgets the names that were found absent before the list was asked for. The lock is held. */
static void
forget_absent(struct signum_catalogue *catalogue, uint64_t since)
{
    for (size_t i = 0; i < SIGNUM_CATALOGUE_ABSENT_MAX; i++)
        if (catalogue->absent[i].change <= since)
            catalogue->absent[i].name[0] = 0;
}

/* The keys of the list, and those known that are newer than it. The lock is held. */
static size_t
gather(const struct signum_catalogue *catalogue, struct signum_key *const *keys, size_t count,
       uint64_t since, uint64_t now_ms, struct candidate *candidates)
{
    size_t gathered = 0;

    for (size_t i = 0; i < count; i++, gathered++)
        candidates[gathered] =
            (struct candidate){{signum_key_ref(keys[i]), now_ms, 0}, gathered};
    for (size_t i = 0; i < catalogue->count; i++) {
        struct signum_catalogue_entry entry = catalogue->entries[i];
        if (entry.change <= since)
            continue;
        (void)signum_key_ref(entry.key);
        candidates[gathered] = (struct candidate){entry, gathered};
        gathered++;
    }
    return gathered;
}

enum signum_status
signum_catalogue_replace(struct signum_catalogue *catalogue, struct signum_key *const *keys,
                         size_t count, uint64_t since, uint64_t now_ms)
{
    struct signum_catalogue_entry *entries = NULL;
    struct candidate *candidates = NULL;
    size_t candidate_count = 0;
    enum signum_status status = SIGNUM_NO_MEMORY;

    if (count > SIGNUM_CATALOGUE_KEYS_MAX)
        return SIGNUM_TOO_LARGE;
    signum_lock_acquire(&catalogue->lock);
    size_t most = count + catalogue->count;
    size_t old_count = 0;
    entries = calloc(most + 1, sizeof *entries);
    candidates = calloc(most + 1, sizeof *candidates);
    if (entries == NULL || candidates == NULL)
        goto out;
    candidate_count = gather(catalogue, keys, count, since, now_ms, candidates);
    struct signum_catalogue_entry *old = catalogue->entries;
    old_count = catalogue->count;
    catalogue->count = choose(catalogue, candidates, candidate_count, since, entries);
    catalogue->entries = entries;
    catalogue->capacity = most + 1;
    entries = old;
    forget_absent(catalogue, since);
    catalogue->listed_ms = now_ms;
    catalogue->is_listed = true;
    status = SIGNUM_OK;
out:
    signum_lock_release(&catalogue->lock);
    /* outside the lock: those that were left over, and those of before */
    for (size_t i = 0; i < candidate_count; i++)
        signum_key_unref(&candidates[i].entry.key);
    free(candidates);
    drop_entries(entries, old_count);
    return status;
}

enum signum_status
signum_catalogue_list(struct signum_catalogue *catalogue, uint64_t now_ms,
                      struct signum_key ***keys_out, size_t *count_out)
{
    enum signum_status status = SIGNUM_NOT_FOUND;

    *keys_out = NULL;
    *count_out = 0;
    signum_lock_acquire(&catalogue->lock);
    if (!catalogue->is_listed || !is_fresh(catalogue->listed_ms, now_ms))
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
