#ifndef SIGNUM_CORE_OBJECT_H
#define SIGNUM_CORE_OBJECT_H

#include <stdatomic.h>

/*
 * A counted object: the first member of a struct that several owners share. It is born with one
 * reference; the last unref destroys it. Thread-safe.
 */
struct signum_object {
    atomic_uint refs;
    void (*destroy)(struct signum_object *object);
};

void signum_object_init(struct signum_object *object,
                        void (*destroy)(struct signum_object *object));
void signum_object_ref(struct signum_object *object);
/* NULL is fine. */
void signum_object_unref(struct signum_object *object);

#endif
