#ifndef SIGNUMD_TEXTS_H
#define SIGNUMD_TEXTS_H

#include <stdbool.h>
#include <stddef.h>

#include "core/status.h"

/* A list of owned texts. {NULL, 0} is an empty one. */
struct signumd_texts {
    char **items;
    size_t count;
};

/* Adds a copy at the end. SIGNUM_NO_MEMORY: the list is as before. */
enum signum_status signumd_texts_add(struct signumd_texts *texts, const char *text) SIGNUM_MUST_USE;

/* Takes out every item that is this text. */
void signumd_texts_remove(struct signumd_texts *texts, const char *text);

bool signumd_texts_has(const struct signumd_texts *texts, const char *text);

/* Frees the items and makes the list empty. */
void signumd_texts_clear(struct signumd_texts *texts);

#endif
