#include "core/lock.h"

#include <windows.h>

/* SRWLOCK_INIT is documented as {0}, so a lock of zero bytes is a free one. */
_Static_assert(sizeof(SRWLOCK) <= sizeof(struct signum_lock), "the lock has no room");
_Static_assert(_Alignof(SRWLOCK) <= _Alignof(struct signum_lock), "the lock is misaligned");

static SRWLOCK *
inner(struct signum_lock *lock)
{
    return (SRWLOCK *)(void *)lock->inside.room;
}

void
signum_lock_init(struct signum_lock *lock)
{
    *lock = (struct signum_lock){0};
}

/* An SRWLOCK owns nothing. */
void
signum_lock_clear(struct signum_lock *lock)
{
    (void)lock;
}

void
signum_lock_acquire(struct signum_lock *lock)
{
    AcquireSRWLockExclusive(inner(lock));
}

void
signum_lock_release(struct signum_lock *lock)
{
    ReleaseSRWLockExclusive(inner(lock));
}
