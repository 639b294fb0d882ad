#ifndef SIGNUM_CORE_HANDLE_H
#define SIGNUM_CORE_HANDLE_H

#include <stdint.h>

#include "lock.h"
#include "object.h"
#include "status.h"

/*
 * The handle table. A handle given to a caller is a slot and a generation, never an address, so a
 * stale, foreign or twice-freed handle is SIGNUM_INVALID_HANDLE and nothing worse. A handle fits
 * in 32 bits (16 of slot, 15 of generation, and the top bit 0 so that it is never negative), is
 * never 0 and always even, so that it is not taken for a small integer or a flag.
 * All functions may be called from any thread.
 */

#define SIGNUM_HANDLE_SLOTS 32768 /* the most handles open at once in a process */

enum signum_handle_kind { SIGNUM_HANDLE_PROVIDER = 1, SIGNUM_HANDLE_KEY = 2 };

struct signum_handle_slot;

struct signum_handle_table {
    struct signum_lock lock;
    struct signum_handle_slot *slots;
    uint32_t count;      /* slots that exist */
    uint32_t free_first; /* index of the first free slot; count when none is free */
    uint32_t free_last;
};

/* Makes an empty table. A table of zero bytes is empty too. */
void signum_handle_table_init(struct signum_handle_table *table);

/* Lets go of every object that is still open, and frees the table. */
void signum_handle_table_clear(struct signum_handle_table *table);

/*
 * Opens a handle on `object`, taking over the caller's reference. On failure (NO_MEMORY, or
 * TOO_LARGE when all slots are open) the caller keeps it and `handle_out` is 0.
 */
enum signum_status signum_handle_open(struct signum_handle_table *table,
                                      enum signum_handle_kind kind, struct signum_object *object,
                                      uintptr_t *handle_out) SIGNUM_MUST_USE;

/*
 * Takes a reference on the object behind a handle of that kind, for the time of one call; the
 * caller gives it back with signum_object_unref(). INVALID_HANDLE otherwise. An object that is
 * taken outlives a close by another thread.
 */
enum signum_status signum_handle_take(struct signum_handle_table *table,
                                      enum signum_handle_kind kind, uintptr_t handle,
                                      struct signum_object **object_out) SIGNUM_MUST_USE;

/* Makes the handle unusable and lets go of the table's reference. INVALID_HANDLE if not open. */
enum signum_status signum_handle_close(struct signum_handle_table *table,
                                       enum signum_handle_kind kind,
                                       uintptr_t handle) SIGNUM_MUST_USE;

/* How many handles are open (for tests and diagnosis). */
uint32_t signum_handle_count(struct signum_handle_table *table);

#endif
