#include "io/secret_store.h"

#include <stdlib.h>
#include <string.h>

#include "io/files.h"
#include "io/paths.h"

#define NAME_LEN_MAX 64
#define SEALED_MAX (SIGNUM_SECRET_MAX + 4096) /* sealing adds a little */
#define CAUSE_MAX 256

struct store {
    char *folder; /* NULL: the platform's place, looked up at each call */
};

static bool
is_name(const char *name)
{
    static const char allowed[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
    size_t len = name == NULL ? 0 : strlen(name);

    return len > 0 && len <= NAME_LEN_MAX && strspn(name, allowed) == len;
}

/* With a head and a tail no name is "..", hidden, or a device of Windows. */
static enum signum_status
put_path(const struct store *store, const char *name, struct signum_buf *path_out)
{
    enum signum_status status = SIGNUM_OK;

    if (!is_name(name))
        return SIGNUM_INVALID_ARGUMENT;
    if (store->folder != NULL)
        signum_buf_put_text(path_out, store->folder);
    else
        status = signum_paths_secrets(path_out);
    if (status != SIGNUM_OK)
        return status;
    signum_buf_printf(path_out, "/secret-%s.bin", name);
    return signum_buf_status(path_out);
}

static enum signum_status
get(void *self, const char *name, struct signum_buf *secret_out)
{
    struct signum_buf path;
    struct signum_buf sealed;
    struct signum_buf cause;

    signum_buf_init(&path, SIGNUM_PATH_MAX);
    signum_buf_init_secret(&sealed, SEALED_MAX);
    signum_buf_init(&cause, CAUSE_MAX);
    enum signum_status status = put_path(self, name, &path);
    if (status == SIGNUM_OK)
        status = signum_secret_check_file(signum_buf_text(&path));
    if (status == SIGNUM_OK)
        status = signum_files_read(signum_buf_text(&path), SIGNUM_FILE_SECRET, &sealed, &cause);
    if (status == SIGNUM_OK)
        status = signum_secret_unseal(name, signum_bytes_of_buf(&sealed), secret_out);
    signum_buf_clear(&cause);
    signum_buf_clear(&sealed);
    signum_buf_clear(&path);
    return status;
}

static enum signum_status
put(void *self, const char *name, struct signum_bytes secret)
{
    struct signum_buf path;
    struct signum_buf sealed;

    if (secret.len > SIGNUM_SECRET_MAX)
        return SIGNUM_TOO_LARGE;
    signum_buf_init(&path, SIGNUM_PATH_MAX);
    signum_buf_init_secret(&sealed, SEALED_MAX);
    enum signum_status status = put_path(self, name, &path);
    if (status == SIGNUM_OK)
        status = signum_secret_seal(name, secret, &sealed);
    if (status == SIGNUM_OK)
        status = signum_files_write_private(signum_buf_text(&path), signum_bytes_of_buf(&sealed));
    signum_buf_clear(&sealed);
    signum_buf_clear(&path);
    return status;
}

static enum signum_status
remove_secret(void *self, const char *name)
{
    struct signum_buf path;

    signum_buf_init(&path, SIGNUM_PATH_MAX);
    enum signum_status status = put_path(self, name, &path);
    if (status == SIGNUM_OK)
        status = signum_files_remove(signum_buf_text(&path));
    signum_buf_clear(&path);
    return status;
}

enum signum_status
signum_secret_store_open(const char *folder, struct signum_secret_store *store_out)
{
    *store_out = (struct signum_secret_store){0};
    struct store *store = calloc(1, sizeof *store);
    if (store == NULL)
        return SIGNUM_NO_MEMORY;
    if (folder != NULL) {
        store->folder = signum_text_copy(folder);
        if (store->folder == NULL) {
            free(store);
            return SIGNUM_NO_MEMORY;
        }
    }
    *store_out = (struct signum_secret_store){store, get, put, remove_secret};
    return SIGNUM_OK;
}

void
signum_secret_store_clear(struct signum_secret_store *store)
{
    struct store *inner = store->self;

    if (inner != NULL)
        free(inner->folder);
    free(inner);
    *store = (struct signum_secret_store){0};
}
