#include <pthread.h>
#include <stdlib.h>

#include "base/db.h"

struct signumd_db_pool {
    pthread_mutex_t lock;
    pthread_cond_t returned;
    struct signumd_db **free_ones;
    size_t free_count;
    size_t count;
};

enum signum_status
signumd_db_pool_new(const char *path, size_t count, struct signumd_db_pool **pool_out)
{
    struct signumd_db_pool *pool = calloc(1, sizeof *pool);
    enum signum_status status = SIGNUM_OK;

    *pool_out = NULL;
    if (pool == NULL)
        return SIGNUM_NO_MEMORY;
    (void)pthread_mutex_init(&pool->lock, NULL);
    (void)pthread_cond_init(&pool->returned, NULL);
    pool->free_ones = calloc(count, sizeof *pool->free_ones);
    if (pool->free_ones == NULL)
        status = SIGNUM_NO_MEMORY;
    while (status == SIGNUM_OK && pool->free_count < count) {
        status = signumd_db_open(path, false, &pool->free_ones[pool->free_count]);
        if (status == SIGNUM_OK)
            pool->free_count++;
    }
    pool->count = pool->free_count;
    if (status != SIGNUM_OK)
        signumd_db_pool_free(&pool);
    *pool_out = pool;
    return status;
}

void
signumd_db_pool_free(struct signumd_db_pool **pool)
{
    if (*pool == NULL)
        return;
    for (size_t i = 0; i < (*pool)->free_count; i++)
        signumd_db_close(&(*pool)->free_ones[i]);
    free((*pool)->free_ones);
    (void)pthread_cond_destroy(&(*pool)->returned);
    (void)pthread_mutex_destroy(&(*pool)->lock);
    free(*pool);
    *pool = NULL;
}

struct signumd_db *
signumd_db_take(struct signumd_db_pool *pool)
{
    (void)pthread_mutex_lock(&pool->lock);
    while (pool->free_count == 0)
        (void)pthread_cond_wait(&pool->returned, &pool->lock);
    struct signumd_db *db = pool->free_ones[--pool->free_count];
    (void)pthread_mutex_unlock(&pool->lock);
    return db;
}

void
signumd_db_give(struct signumd_db_pool *pool, struct signumd_db *db)
{
    (void)pthread_mutex_lock(&pool->lock);
    pool->free_ones[pool->free_count++] = db;
    (void)pthread_cond_signal(&pool->returned);
    (void)pthread_mutex_unlock(&pool->lock);
}
