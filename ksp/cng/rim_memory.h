#ifndef SIGNUM_CNG_RIM_MEMORY_H
#define SIGNUM_CNG_RIM_MEMORY_H

#include <stddef.h>

#include "core/status.h"

/*
 * The one allocator of what callers receive and give back to FreeBuffer. Each block stands in a
 * registry under its address, so that a pointer of somebody else is told apart without being
 * read. Blocks are counted: one that a call works with outlives a free by another thread.
 */

enum signum_memory_kind {
    SIGNUM_MEMORY_DATA,  /* plain data: names, lists of names */
    SIGNUM_MEMORY_STATE, /* the state of an enumeration */
};

/*
 * A zeroed block of `len` bytes, aligned for any type; NULL when memory is short. `destroy` (or
 * NULL) lets go of what the data holds, when the last owner is gone. Until published with
 * signum_memory_publish() a block is unknown to FreeBuffer; an unpublished one is dropped with
 * signum_memory_give().
 */
void *signum_memory_new(size_t len, enum signum_memory_kind kind, void (*destroy)(void *data));

/* Puts the block into the registry; the reference is then the caller's of the DLL. */
void signum_memory_publish(void *data);

/* A reference on a published block of that kind, for one call; INVALID_ARGUMENT if it is none. */
enum signum_status signum_memory_take(void *data, enum signum_memory_kind kind) SIGNUM_MUST_USE;

/* Gives back a reference; NULL is fine. */
void signum_memory_give(void *data);

/* What FreeBuffer does: INVALID_ARGUMENT if it is not a published block. */
enum signum_status signum_memory_free(void *data) SIGNUM_MUST_USE;

#endif
