#include "handle.h"

#include <stdlib.h>
#include <string.h>

/*
 * Free slots form a queue, not a stack: a slot is used again as late as possible, so that a stale
 * handle stays stale for long even with the 15 bits of generation that 32-bit Windows leaves.
 */

#define FIRST_SLOTS 64
#define SLOT_SHIFT 1
#define SLOT_MASK 0x7fffu
#define GENERATION_SHIFT 16
#define GENERATION_MASK 0x7fffu

struct signum_handle_slot {
    struct signum_object *object; /* NULL while free */
    uint32_t next_free;
    uint16_t generation; /* 1 to 0x7fff, so that no handle is 0 */
    uint8_t kind;
};

static uintptr_t
encode(uint32_t index, uint16_t generation)
{
    return (uintptr_t)((uint32_t)generation << GENERATION_SHIFT | index << SLOT_SHIFT);
}

void
signum_handle_table_init(struct signum_handle_table *table)
{
    memset(table, 0, sizeof *table);
    signum_lock_init(&table->lock);
}

void
signum_handle_table_clear(struct signum_handle_table *table)
{
    for (uint32_t i = 0; i < table->count; i++)
        signum_object_unref(table->slots[i].object);
    free(table->slots);
    signum_lock_clear(&table->lock);
    memset(table, 0, sizeof *table);
}

/* Puts a slot at the end of the queue of free ones. */
static void
enqueue(struct signum_handle_table *table, uint32_t index)
{
    table->slots[index].next_free = table->count;
    if (table->free_first == table->count)
        table->free_first = index;
    else
        table->slots[table->free_last].next_free = index;
    table->free_last = index;
}

static enum signum_status
grow(struct signum_handle_table *table)
{
    uint32_t old = table->count;
    uint32_t count = old == 0 ? FIRST_SLOTS : old * 2;

    if (old >= SIGNUM_HANDLE_SLOTS)
        return SIGNUM_TOO_LARGE;
    struct signum_handle_slot *slots = realloc(table->slots, count * sizeof *slots);
    if (slots == NULL)
        return SIGNUM_NO_MEMORY;
    memset(slots + old, 0, (count - old) * sizeof *slots);
    table->slots = slots;
    table->count = count;
    table->free_first = count; /* grown only when the queue is empty */
    for (uint32_t i = old; i < count; i++) {
        slots[i].generation = 1;
        enqueue(table, i);
    }
    return SIGNUM_OK;
}

enum signum_status
signum_handle_open(struct signum_handle_table *table, enum signum_handle_kind kind,
                   struct signum_object *object, uintptr_t *handle_out)
{
    enum signum_status status = SIGNUM_OK;

    *handle_out = 0;
    signum_lock_acquire(&table->lock);
    if (table->free_first == table->count)
        status = grow(table);
    if (status == SIGNUM_OK) {
        uint32_t index = table->free_first;
        struct signum_handle_slot *slot = &table->slots[index];
        table->free_first = slot->next_free;
        slot->object = object;
        slot->kind = (uint8_t)kind;
        *handle_out = encode(index, slot->generation);
    }
    signum_lock_release(&table->lock);
    return status;
}

/* The open slot of a handle, or NULL. The lock is held. */
static struct signum_handle_slot *
find(struct signum_handle_table *table, enum signum_handle_kind kind, uintptr_t handle,
     uint32_t *index_out)
{
    uint32_t index = (uint32_t)(handle >> SLOT_SHIFT) & SLOT_MASK;

    if (index >= table->count)
        return NULL;
    struct signum_handle_slot *slot = &table->slots[index];
    if (slot->object == NULL || slot->kind != kind || encode(index, slot->generation) != handle)
        return NULL;
    *index_out = index;
    return slot;
}

enum signum_status
signum_handle_take(struct signum_handle_table *table, enum signum_handle_kind kind,
                   uintptr_t handle, struct signum_object **object_out)
{
    uint32_t index;

    *object_out = NULL;
    signum_lock_acquire(&table->lock);
    struct signum_handle_slot *slot = find(table, kind, handle, &index);
    if (slot != NULL) {
        *object_out = slot->object;
        signum_object_ref(slot->object);
    }
    signum_lock_release(&table->lock);
    return *object_out == NULL ? SIGNUM_INVALID_HANDLE : SIGNUM_OK;
}

enum signum_status
signum_handle_close(struct signum_handle_table *table, enum signum_handle_kind kind,
                    uintptr_t handle)
{
    struct signum_object *object = NULL;
    uint32_t index;

    signum_lock_acquire(&table->lock);
    struct signum_handle_slot *slot = find(table, kind, handle, &index);
    if (slot != NULL) {
        object = slot->object;
        slot->object = NULL;
        slot->generation = slot->generation == GENERATION_MASK ? 1 : slot->generation + 1;
        enqueue(table, index);
    }
    signum_lock_release(&table->lock);
    if (object == NULL)
        return SIGNUM_INVALID_HANDLE;
    /* outside the lock: destroying a key lets go of its provider */
    signum_object_unref(object);
    return SIGNUM_OK;
}

uint32_t
signum_handle_count(struct signum_handle_table *table)
{
    uint32_t count = 0;

    signum_lock_acquire(&table->lock);
    for (uint32_t i = 0; i < table->count; i++)
        if (table->slots[i].object != NULL)
            count++;
    signum_lock_release(&table->lock);
    return count;
}
