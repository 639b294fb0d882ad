#include "rim_memory.h"

#include <stdint.h>
#include <stdlib.h>

#include "core/lock.h"
#include "core/object.h"

#define BUCKETS 256

struct block {
    struct signum_object object;
    void (*destroy)(void *data);
    struct block *next; /* in its bucket */
    enum signum_memory_kind kind;
    max_align_t data[];
};

/* Zero bytes are a free lock and empty buckets. */
static struct {
    struct signum_lock lock;
    struct block *buckets[BUCKETS];
} registry;

static struct block *
block_of(void *data)
{
    return (struct block *)(void *)((char *)data - offsetof(struct block, data));
}

/* The low bits are the same for all addresses. */
static struct block **
bucket_of(const void *data)
{
    return &registry.buckets[((uintptr_t)data >> 4 ^ (uintptr_t)data >> 12) % BUCKETS];
}

static void
destroy_block(struct signum_object *object)
{
    struct block *block = (struct block *)object;

    if (block->destroy != NULL)
        block->destroy(block->data);
    free(block);
}

/* The link that points to the block, or to NULL at its bucket's end. The lock is held. */
static struct block **
find_link(const void *data)
{
    struct block **link = bucket_of(data);

    while (*link != NULL && (const void *)(*link)->data != data)
        link = &(*link)->next;
    return link;
}

void *
signum_memory_new(size_t len, enum signum_memory_kind kind, void (*destroy)(void *data))
{
    if (len > SIZE_MAX - sizeof(struct block))
        return NULL;
    struct block *block = calloc(1, sizeof *block + len);
    if (block == NULL)
        return NULL;
    signum_object_init(&block->object, destroy_block);
    block->kind = kind;
    block->destroy = destroy;
    return block->data;
}

void
signum_memory_publish(void *data)
{
    struct block **bucket = bucket_of(data);

    signum_lock_acquire(&registry.lock);
    block_of(data)->next = *bucket;
    *bucket = block_of(data);
    signum_lock_release(&registry.lock);
}

enum signum_status
signum_memory_take(void *data, enum signum_memory_kind kind)
{
    enum signum_status status = SIGNUM_INVALID_ARGUMENT;

    signum_lock_acquire(&registry.lock);
    struct block *block = *find_link(data);
    if (block != NULL && block->kind == kind) {
        signum_object_ref(&block->object);
        status = SIGNUM_OK;
    }
    signum_lock_release(&registry.lock);
    return status;
}

void
signum_memory_give(void *data)
{
    if (data != NULL)
        signum_object_unref(&block_of(data)->object);
}

enum signum_status
signum_memory_free(void *data)
{
    signum_lock_acquire(&registry.lock);
    struct block **link = find_link(data);
    struct block *block = *link;
    if (block != NULL)
        *link = block->next;
    signum_lock_release(&registry.lock);
    if (block == NULL)
        return SIGNUM_INVALID_ARGUMENT;
    signum_object_unref(&block->object);
    return SIGNUM_OK;
}
