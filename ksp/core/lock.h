#ifndef SIGNUM_CORE_LOCK_H
#define SIGNUM_CORE_LOCK_H

/*
 * A mutual-exclusion lock. C11 has <threads.h>, mingw-w64's win32 thread model has not, so the
 * operating system's own lock lies inside: SRWLOCK or pthread_mutex_t (io/lock_*.c). Not
 * recursive. One lock per object; no I/O while it is held.
 */
struct signum_lock {
    union {
        void *align;
        unsigned char room[64];
    } inside;
};

/* Zero bytes are a valid, free lock too, so a static lock needs no init. */
void signum_lock_init(struct signum_lock *lock);
void signum_lock_clear(struct signum_lock *lock);
void signum_lock_acquire(struct signum_lock *lock);
void signum_lock_release(struct signum_lock *lock);

#endif
