#include "base/texts.h"

#include <stdlib.h>
#include <string.h>

#include "core/buf.h"

enum signum_status
signumd_texts_add(struct signumd_texts *texts, const char *text)
{
    char **items = realloc(texts->items, (texts->count + 1) * sizeof *items);

    if (items == NULL)
        return SIGNUM_NO_MEMORY;
    texts->items = items;
    items[texts->count] = signum_text_copy(text);
    if (items[texts->count] == NULL)
        return SIGNUM_NO_MEMORY;
    texts->count++;
    return SIGNUM_OK;
}

void
signumd_texts_remove(struct signumd_texts *texts, const char *text)
{
    size_t kept = 0;

    for (size_t i = 0; i < texts->count; i++) {
        if (strcmp(texts->items[i], text) == 0)
            free(texts->items[i]);
        else
            texts->items[kept++] = texts->items[i];
    }
    texts->count = kept;
}

bool
signumd_texts_has(const struct signumd_texts *texts, const char *text)
{
    for (size_t i = 0; i < texts->count; i++)
        if (strcmp(texts->items[i], text) == 0)
            return true;
    return false;
}

void
signumd_texts_clear(struct signumd_texts *texts)
{
    for (size_t i = 0; i < texts->count; i++)
        free(texts->items[i]);
    free(texts->items);
    *texts = (struct signumd_texts){NULL, 0};
}
