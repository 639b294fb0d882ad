#include "base/db_group.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/metrics.h"

/* A transaction takes no more than these, so that a thread is not kept working for others. */
#define WORKS_MAX 256

struct work {
    struct work *next;
    enum signum_status (*run)(struct signumd_db *db, void *context);
    void *context;
    enum signum_status status;
    bool is_done;
};

struct signumd_db_group {
    pthread_mutex_t lock;
    pthread_cond_t changed; /* works are done, or nobody leads any more */
    struct signumd_db *db;  /* the leader's */
    struct work *first;     /* those that wait, in the order of their coming */
    struct work **end;
    bool has_leader;
};

enum signum_status
signumd_db_group_new(const char *path, struct signumd_db_group **group_out)
{
    struct signumd_db_group *group = calloc(1, sizeof *group);

    *group_out = NULL;
    if (group == NULL)
        return SIGNUM_NO_MEMORY;
    (void)pthread_mutex_init(&group->lock, NULL);
    (void)pthread_cond_init(&group->changed, NULL);
    group->end = &group->first;
    enum signum_status status = signumd_db_open(path, false, &group->db);
    if (status != SIGNUM_OK)
        signumd_db_group_free(&group);
    *group_out = group;
    return status;
}

void
signumd_db_group_free(struct signumd_db_group **group)
{
    if (*group == NULL)
        return;
    signumd_db_close(&(*group)->db);
    (void)pthread_cond_destroy(&(*group)->changed);
    (void)pthread_mutex_destroy(&(*group)->lock);
    free(*group);
    *group = NULL;
}

/* Takes works out of the queue, as a list of their own. */
static struct work *
take_works(struct signumd_db_group *group)
{
    (void)pthread_mutex_lock(&group->lock);
    struct work *works = group->first;
    struct work **place = &group->first;
    for (size_t count = 0; *place != NULL && count < WORKS_MAX; count++)
        place = &(*place)->next;
    group->first = *place;
    *place = NULL;
    if (group->first == NULL)
        group->end = &group->first;
    (void)pthread_mutex_unlock(&group->lock);
    return works;
}

/* A failure that is the whole transaction's; the work's own is kept in the work. */
static enum signum_status
run_one(struct signumd_db *db, struct work *work)
{
    enum signum_status status = signumd_db_begin_part(db);

    if (status != SIGNUM_OK)
        return status;
    work->status = work->run(db, work->context);
    return signumd_db_finish_part(db, work->status);
}

static struct work *
run_all(struct signumd_db_group *group)
{
    enum signum_status status = signumd_db_begin(group->db);
    bool has_begun = status == SIGNUM_OK;
    /* Taken after the wait for the write lock, so that those who came meanwhile are among them */
    struct work *works = take_works(group);

    for (struct work *work = works; work != NULL && status == SIGNUM_OK; work = work->next)
        status = run_one(group->db, work);
    if (has_begun)
        status = signumd_db_finish(group->db, status);
    size_t count = 0;
    for (struct work *work = works; work != NULL; work = work->next)
        count++;
    signumd_metrics_observe(SIGNUMD_METRIC_GROUP_SIZE, NULL, (double)count);
    for (struct work *work = works; work != NULL; work = work->next)
        if (status != SIGNUM_OK && work->status == SIGNUM_OK)
            work->status = status;
    return works;
}

static void
lead(struct signumd_db_group *group)
{
    struct work *works = run_all(group);

    (void)pthread_mutex_lock(&group->lock);
    for (struct work *work = works; work != NULL;) {
        struct work *next = work->next; /* the work is its thread's again as soon as it is done */
        work->is_done = true;
        work = next;
    }
    group->has_leader = false;
    (void)pthread_cond_broadcast(&group->changed);
    (void)pthread_mutex_unlock(&group->lock);
}

enum signum_status
signumd_db_group_run(struct signumd_db_group *group,
    enum signum_status (*run)(struct signumd_db *db, void *context), void *context)
{
    struct work work = {NULL, run, context, SIGNUM_OK, false};

    (void)pthread_mutex_lock(&group->lock);
    *group->end = &work;
    group->end = &work.next;
    while (!work.is_done) {
        if (group->has_leader) {
            (void)pthread_cond_wait(&group->changed, &group->lock);
            continue;
        }
        group->has_leader = true;
        (void)pthread_mutex_unlock(&group->lock);
        lead(group);
        (void)pthread_mutex_lock(&group->lock);
    }
    (void)pthread_mutex_unlock(&group->lock);
    return work.status;
}
