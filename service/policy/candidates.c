#include "policy/candidates.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "policy/policies.h"

#define TRIES_MAX 5

/* One policy, under the one user and key that it can fit; NULL where there may be more. */
struct entry {
    const char *user;
    const char *key;
    const struct signumd_policy *policy;
};

struct signumd_snapshot {
    size_t ref_count; /* under the lock */
    int64_t mark;
    struct signumd_policy_set set; /* by name */
    struct entry *entries;         /* by user and key */
};

/* The newest, and who holds one. What is slow happens outside of the lock. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct signumd_snapshot *newest;

static void
unref(struct signumd_snapshot *snapshot)
{
    if (snapshot == NULL)
        return;
    (void)pthread_mutex_lock(&lock);
    size_t left = --snapshot->ref_count;
    (void)pthread_mutex_unlock(&lock);
    if (left > 0)
        return;
    signumd_policy_set_clear(&snapshot->set);
    free(snapshot->entries);
    free(snapshot);
}

static int
compare_names(const char *a, const char *b)
{
    if (a == NULL || b == NULL)
        return (a != NULL) - (b != NULL);
    return strcmp(a, b);
}

static int
compare(const void *left, const void *right)
{
    const struct entry *a = left;
    const struct entry *b = right;
    int by_user = compare_names(a->user, b->user);

    return by_user != 0 ? by_user : compare_names(a->key, b->key);
}

static enum signum_status
make_entries(struct signumd_snapshot *snapshot)
{
    const struct signumd_policy_set *set = &snapshot->set;

    snapshot->entries = calloc(set->count + 1, sizeof *snapshot->entries);
    if (snapshot->entries == NULL)
        return SIGNUM_NO_MEMORY;
    for (size_t i = 0; i < set->count; i++)
        snapshot->entries[i] =
            (struct entry){signumd_policies_only(&set->items[i], SIGNUMD_PART_USERS),
                signumd_policies_only(&set->items[i], SIGNUMD_PART_KEYS), &set->items[i]};
    qsort(snapshot->entries, set->count, sizeof *snapshot->entries, compare);
    return SIGNUM_OK;
}

static enum signum_status
read_mark(struct signumd_db *db, int64_t *mark_out)
{
    return signumd_db_get_number(db, mark_out, "SELECT mark FROM policy_mark", "");
}

/* Reads all policies; they are those of the mark if it is still there afterwards. */
static enum signum_status
load(struct signumd_db *db, int64_t mark, struct signumd_snapshot **snapshot_out)
{
    struct signumd_snapshot *snapshot = calloc(1, sizeof *snapshot);

    *snapshot_out = NULL;
    if (snapshot == NULL)
        return SIGNUM_NO_MEMORY;
    snapshot->ref_count = 1;
    enum signum_status status = SIGNUM_SERVICE_BUSY;
    for (int i = 0; i < TRIES_MAX && status == SIGNUM_SERVICE_BUSY; i++) {
        snapshot->mark = mark;
        signumd_policy_set_clear(&snapshot->set);
        status = signumd_policies_load(db, NULL, NULL, &snapshot->set);
        if (status == SIGNUM_OK)
            status = read_mark(db, &mark);
        if (status == SIGNUM_OK && mark != snapshot->mark)
            status = SIGNUM_SERVICE_BUSY;
    }
    if (status == SIGNUM_OK)
        status = make_entries(snapshot);
    if (status == SIGNUM_OK)
        *snapshot_out = snapshot;
    else
        unref(snapshot);
    return status;
}

/* The kept one of this mark, with a reference; NULL if there is none. */
static struct signumd_snapshot *
take_newest(int64_t mark)
{
    struct signumd_snapshot *taken = NULL;

    (void)pthread_mutex_lock(&lock);
    if (newest != NULL && newest->mark == mark) {
        taken = newest;
        taken->ref_count++;
    }
    (void)pthread_mutex_unlock(&lock);
    return taken;
}

static void
keep(struct signumd_snapshot *snapshot)
{
    (void)pthread_mutex_lock(&lock);
    struct signumd_snapshot *old = newest;
    newest = snapshot;
    snapshot->ref_count++;
    (void)pthread_mutex_unlock(&lock);
    unref(old);
}

static enum signum_status
take(struct signumd_db *db, struct signumd_snapshot **snapshot_out)
{
    int64_t mark = 0;
    enum signum_status status = read_mark(db, &mark);

    *snapshot_out = NULL;
    if (status != SIGNUM_OK)
        return status;
    *snapshot_out = take_newest(mark);
    if (*snapshot_out != NULL)
        return SIGNUM_OK;
    status = load(db, mark, snapshot_out);
    if (status == SIGNUM_OK)
        keep(*snapshot_out);
    return status;
}

/* The first entry that is not before the user and key. */
static size_t
find_first(const struct signumd_snapshot *snapshot, const struct entry *wanted)
{
    size_t low = 0;
    size_t high = snapshot->set.count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (compare(&snapshot->entries[middle], wanted) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void
add_entries(struct signumd_candidates *candidates, const char *user, const char *key)
{
    const struct signumd_snapshot *snapshot = candidates->snapshot;
    const struct entry wanted = {user, key, NULL};

    for (size_t i = find_first(snapshot, &wanted);
         i < snapshot->set.count && compare(&snapshot->entries[i], &wanted) == 0; i++)
        candidates->items[candidates->count++].policy = snapshot->entries[i].policy;
}

enum signum_status
signumd_candidates_find(struct signumd_db *db, const char *user, const char *key,
    struct signumd_candidates *candidates_out)
{
    *candidates_out = (struct signumd_candidates){NULL, NULL, 0};
    enum signum_status status = take(db, &candidates_out->snapshot);
    if (status != SIGNUM_OK)
        return status;
    const struct signumd_policy_set *set = &candidates_out->snapshot->set;
    candidates_out->items = calloc(set->count + 1, sizeof *candidates_out->items);
    if (candidates_out->items == NULL)
        return SIGNUM_NO_MEMORY;
    if (user == NULL || key == NULL) {
        for (size_t i = 0; i < set->count; i++)
            candidates_out->items[candidates_out->count++].policy = &set->items[i];
        return SIGNUM_OK;
    }
    add_entries(candidates_out, NULL, NULL);
    add_entries(candidates_out, NULL, key);
    add_entries(candidates_out, user, NULL);
    add_entries(candidates_out, user, key);
    return SIGNUM_OK;
}

void
signumd_candidates_clear(struct signumd_candidates *candidates)
{
    unref(candidates->snapshot);
    free(candidates->items);
    *candidates = (struct signumd_candidates){NULL, NULL, 0};
}
