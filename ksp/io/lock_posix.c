#include "core/lock.h"

#include <pthread.h>

/* glibc's and musl's free mutex is all zero bytes; struct signum_lock promises the same. */
_Static_assert(sizeof(pthread_mutex_t) <= sizeof(struct signum_lock), "the lock has no room");
_Static_assert(_Alignof(pthread_mutex_t) <= _Alignof(struct signum_lock), "the lock is misaligned");

static pthread_mutex_t *
mutex(struct signum_lock *lock)
{
    return (pthread_mutex_t *)(void *)lock->inside.room;
}

void
signum_lock_init(struct signum_lock *lock)
{
    *lock = (struct signum_lock){0};
}

void
signum_lock_clear(struct signum_lock *lock)
{
    (void)pthread_mutex_destroy(mutex(lock));
}

/* A default mutex that is used as lock.h says cannot fail: no error check, no owner, no limit. */
void
signum_lock_acquire(struct signum_lock *lock)
{
    (void)pthread_mutex_lock(mutex(lock));
}

void
signum_lock_release(struct signum_lock *lock)
{
    (void)pthread_mutex_unlock(mutex(lock));
}
