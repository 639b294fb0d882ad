#include "object.h"

#include <stddef.h>

void
signum_object_init(struct signum_object *object, void (*destroy)(struct signum_object *object))
{
    atomic_init(&object->refs, 1);
    object->destroy = destroy;
}

void
signum_object_ref(struct signum_object *object)
{
    atomic_fetch_add_explicit(&object->refs, 1, memory_order_relaxed);
}

void
signum_object_unref(struct signum_object *object)
{
    if (object == NULL)
        return;
    /* acquire and release: the destroying thread must see what the other owners wrote */
    if (atomic_fetch_sub_explicit(&object->refs, 1, memory_order_acq_rel) == 1)
        object->destroy(object);
}
