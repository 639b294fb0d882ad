#ifndef SIGNUM_STRESS_H
#define SIGNUM_STRESS_H

#include "signum/ksp_abi.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* The groups of stress_ksp. */
void stress_run(unsigned seconds);
void scale_run(void);

/* ---- What the process uses (measure.c) ---- */

struct usage {
    unsigned handles;     /* of the operating system */
    size_t private_bytes; /* memory that is the process's own, in use or not */
    size_t heap_bytes;    /* what is allocated and not freed */
    unsigned heap_blocks;
};

struct usage measure_usage(void);
/* Lines of the access log with `text` in them, when no more come. */
unsigned measure_requests(const char *text);
uint64_t measure_us(void);

/* ---- Between stress.c and stress_steps.c ---- */

#define STRESS_SHARED 8      /* key handles that all threads share */
#define STRESS_STALE 32      /* dead handles that a thread keeps */
#define STRESS_KEYS 3        /* names that are opened */

/* A key handle, and the provider's handle that it was opened under. */
struct stress_pair {
    NCRYPT_PROV_HANDLE provider;
    NCRYPT_KEY_HANDLE key;
};

/* What a thread has of its own. */
struct stress_thread {
    uint32_t seed;
    struct stress_pair stale[STRESS_STALE];
    size_t stale_next;
    const char *volatile step; /* what it does, should it hang */
};

struct stress_step {
    const char *name;
    unsigned weight; /* how often, compared to the others */
    void (*run)(struct stress_thread *thread);
};

extern const struct stress_step stress_steps[];
extern const size_t stress_step_count;

/* How often each step ran, and handles given and taken back, by all threads. */
struct stress_counts {
    atomic_uint opened;
    atomic_uint freed;
    atomic_uint signatures;
    atomic_uint lost;   /* calls on a shared handle that another thread had freed */
    atomic_uint wrong;  /* answers that are not allowed */
};

extern struct stress_counts stress_counts;

/* Fills the shared handles, and frees what is left of them. */
void stress_shared_open(void);
void stress_shared_close(void);

#endif
