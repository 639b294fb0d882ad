#include "base/draft.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/files.h"
#include "base/log.h"

#define SUFFIX ".draft-XXXXXX"

/* Without slashes at its end, absolute even though it need not exist yet. */
static char *
absolute(const char *place)
{
    char *base = place[0] == '/' ? signum_text_copy("") : realpath(".", NULL);
    char *path = base == NULL      ? NULL
                 : place[0] == '/' ? signum_text_copy(place)
                                   : signumd_files_join(base, place);

    free(base);
    for (size_t len = path == NULL ? 0 : strlen(path); len > 1 && path[len - 1] == '/'; len--)
        path[len - 1] = '\0';
    return path;
}

static enum signum_status
refuse(const char *place, int code)
{
    if (code == ENOTEMPTY || code == EEXIST || code == ENOTDIR) {
        signumd_log(SIGNUMD_LOG_ERROR,
            "%s exists and is not empty; nothing was changed. Choose another folder, or "
            "remove this one if its keys are not needed any more",
            place);
        return SIGNUM_KEY_EXISTS;
    }
    signumd_log(SIGNUMD_LOG_ERROR, "cannot create %s: %s", place, strerror(code));
    return SIGNUM_IO;
}

/* An empty folder is taken away at once: it is in the way of nobody but us. */
static enum signum_status
check_free(const char *place)
{
    if (rmdir(place) == 0 || errno == ENOENT)
        return SIGNUM_OK;
    return refuse(place, errno);
}

enum signum_status
signumd_draft_begin(const char *place, struct signumd_draft *draft_out)
{
    memset(draft_out, 0, sizeof *draft_out);
    draft_out->place = absolute(place);
    if (draft_out->place == NULL)
        return SIGNUM_NO_MEMORY;
    enum signum_status status = check_free(draft_out->place);
    if (status != SIGNUM_OK)
        return status;
    size_t size = strlen(draft_out->place) + sizeof SUFFIX;
    char *folder = malloc(size);
    if (folder == NULL)
        return SIGNUM_NO_MEMORY;
    (void)snprintf(folder, size, "%s" SUFFIX, draft_out->place);
    if (mkdtemp(folder) == NULL) {
        signumd_log(SIGNUMD_LOG_ERROR, "cannot create a folder beside %s: %s", draft_out->place,
            strerror(errno));
        free(folder);
        return SIGNUM_IO;
    }
    draft_out->folder = folder;
    return SIGNUM_OK;
}

enum signum_status
signumd_draft_publish(struct signumd_draft *draft)
{
    /* rename() never replaces a folder with something in it */
    if (rename(draft->folder, draft->place) != 0)
        return refuse(draft->place, errno);
    free(draft->folder);
    draft->folder = NULL;
    return signumd_files_sync_parent(draft->place);
}

void
signumd_draft_clear(struct signumd_draft *draft)
{
    if (draft->folder != NULL)
        signumd_files_remove_tree(draft->folder);
    free(draft->folder);
    free(draft->place);
    memset(draft, 0, sizeof *draft);
}
