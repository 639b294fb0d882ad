#include "ncrypt_shim.h"

#include <stdlib.h>

/*
 * A handle is a slot number and that slot's generation, so a closed handle is recognised even when
 * its slot is in use again. Bit 0 is never set, for callers that take a handle for a pointer.
 */
#define SLOT_COUNT 1024
#define SLOT_SHIFT 1
#define GENERATION_SHIFT 11
#define GENERATION_MASK 0xfffff

struct slot {
    struct object *object; /* NULL: free */
    ULONG generation;
};

struct owned_buffer {
    void *buffer;
    struct object *provider; /* NULL: ours */
    struct owned_buffer *next;
};

static SRWLOCK table_lock = SRWLOCK_INIT;
static struct slot slots[SLOT_COUNT];
static struct owned_buffer *buffers;

struct object *
object_new(enum object_kind kind, struct object *provider,
           const NCRYPT_KEY_STORAGE_FUNCTION_TABLE *table, ULONG_PTR handle)
{
    struct object *object = calloc(1, sizeof *object);

    if (!object) {
        return NULL;
    }
    object->kind = kind;
    object->references = 1;
    object->table = table;
    object->handle = handle;
    object->provider = provider ? provider : object;
    if (provider) {
        object_ref(provider);
    }
    return object;
}

void
object_ref(struct object *object)
{
    InterlockedIncrement(&object->references);
}

SECURITY_STATUS
object_unref(struct object *object)
{
    SECURITY_STATUS status = ERROR_SUCCESS;

    if (!object || InterlockedDecrement(&object->references) > 0) {
        return ERROR_SUCCESS;
    }
    struct object *provider = object->provider;
    switch (object->kind) {
    case OBJECT_KEY:
        /* A key that was deleted has no handle left to free. */
        if (object->handle) {
            status = object->table->FreeKey(provider->handle, object->handle);
        }
        break;
    case OBJECT_SECRET:
        status = object->table->FreeSecret(provider->handle, object->handle);
        break;
    default:
        status = object->table->FreeProvider(object->handle);
        break;
    }
    if (provider != object) {
        object_unref(provider);
    }
    free(object);
    return status;
}

static struct slot *
find_slot(NCRYPT_HANDLE handle)
{
    struct slot *slot = &slots[(handle >> SLOT_SHIFT) % SLOT_COUNT];
    const NCRYPT_HANDLE expected = (NCRYPT_HANDLE)(slot - slots) << SLOT_SHIFT |
                                   (NCRYPT_HANDLE)slot->generation << GENERATION_SHIFT;

    return slot->object && handle == expected ? slot : NULL;
}

NCRYPT_HANDLE
handle_give(struct object *object)
{
    NCRYPT_HANDLE handle = 0;

    AcquireSRWLockExclusive(&table_lock);
    for (size_t i = 0; i < SLOT_COUNT && handle == 0; i++) {
        struct slot *slot = &slots[i];
        if (slot->object) {
            continue;
        }
        slot->object = object;
        /* Never 0: a handle of 0 means none. */
        slot->generation = slot->generation % GENERATION_MASK + 1;
        handle = i << SLOT_SHIFT | (NCRYPT_HANDLE)slot->generation << GENERATION_SHIFT;
    }
    ReleaseSRWLockExclusive(&table_lock);
    return handle;
}

struct object *
handle_take(NCRYPT_HANDLE handle, enum object_kind kind)
{
    struct object *object = NULL;

    AcquireSRWLockShared(&table_lock);
    struct slot *slot = find_slot(handle);
    if (slot && (kind == OBJECT_ANY || slot->object->kind == kind)) {
        object = slot->object;
        object_ref(object);
    }
    ReleaseSRWLockShared(&table_lock);
    return object;
}

struct object *
handle_close(NCRYPT_HANDLE handle)
{
    struct object *object = NULL;

    AcquireSRWLockExclusive(&table_lock);
    struct slot *slot = find_slot(handle);
    if (slot) {
        object = slot->object;
        slot->object = NULL;
    }
    ReleaseSRWLockExclusive(&table_lock);
    return object;
}

static struct owned_buffer **
find_buffer(const void *buffer)
{
    struct owned_buffer **link = &buffers;

    while (*link && (*link)->buffer != buffer) {
        link = &(*link)->next;
    }
    return link;
}

bool
buffer_remember(void *buffer, struct object *provider)
{
    bool is_known = buffer == NULL;
    struct owned_buffer *entry = NULL;

    AcquireSRWLockExclusive(&table_lock);
    /* An enumeration hands the same state out again and again. */
    is_known = is_known || *find_buffer(buffer);
    if (!is_known) {
        entry = calloc(1, sizeof *entry);
    }
    if (entry) {
        entry->buffer = buffer;
        entry->provider = provider;
        entry->next = buffers;
        buffers = entry;
        if (provider) {
            object_ref(provider);
        }
    }
    ReleaseSRWLockExclusive(&table_lock);
    return is_known || entry;
}

SECURITY_STATUS WINAPI
shim_NCryptFreeBuffer(PVOID pvInput)
{
    SECURITY_STATUS status = ERROR_SUCCESS;

    if (!pvInput) {
        return NTE_INVALID_PARAMETER;
    }
    AcquireSRWLockExclusive(&table_lock);
    struct owned_buffer **link = find_buffer(pvInput);
    struct owned_buffer *entry = *link;
    if (entry) {
        *link = entry->next;
    }
    ReleaseSRWLockExclusive(&table_lock);
    if (!entry) {
        return NTE_INVALID_PARAMETER;
    }
    if (entry->provider) {
        status = entry->provider->table->FreeBuffer(pvInput);
        object_unref(entry->provider);
    } else {
        free(pvInput);
    }
    free(entry);
    return status;
}
