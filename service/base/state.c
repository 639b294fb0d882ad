#include "base/state.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/files.h"
#include "base/log.h"

static enum signum_status
check_folder(const char *folder)
{
    struct stat facts;

    if (stat(folder, &facts) != 0 || !S_ISDIR(facts.st_mode)) {
        signumd_log(SIGNUMD_LOG_ERROR,
                    "%s is not a state folder; make one with: signumd init --state %s", folder,
                    folder);
        return SIGNUM_NOT_FOUND;
    }
    if ((facts.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
        signumd_log(SIGNUMD_LOG_ERROR,
                    "%s can be entered by others, and it holds keys; close it with: chmod 700 %s",
                    folder, folder);
        return SIGNUM_BAD_SETTINGS;
    }
    return SIGNUM_OK;
}

enum signum_status
signumd_state_use_softhsm(const char *folder)
{
    char *path = signumd_files_join(folder, SIGNUMD_FILE_SOFTHSM);
    enum signum_status status = path == NULL ? SIGNUM_NO_MEMORY : SIGNUM_OK;

    if (path != NULL && access(path, R_OK) == 0 && setenv("SOFTHSM2_CONF", path, 1) != 0)
        status = SIGNUM_NO_MEMORY;
    free(path);
    return status;
}

enum signum_status
signumd_state_open(const char *folder, struct signumd_state *state_out)
{
    char *path = NULL;

    memset(state_out, 0, sizeof *state_out);
    enum signum_status status = check_folder(folder);
    if (status != SIGNUM_OK)
        return status;
    state_out->folder = realpath(folder, NULL);
    if (state_out->folder == NULL)
        return SIGNUM_IO;
    path = signumd_state_path(state_out, SIGNUMD_FILE_SETTINGS);
    status = path == NULL ? SIGNUM_NO_MEMORY
                          : signumd_settings_read(path, &state_out->settings);
    free(path);
    path = NULL;
    if (status != SIGNUM_OK)
        goto out;
    status = signumd_state_use_softhsm(state_out->folder);
    if (status != SIGNUM_OK)
        goto out;
    path = signumd_state_path(state_out, SIGNUMD_FILE_DB);
    status = path == NULL ? SIGNUM_NO_MEMORY : signumd_db_open(path, false, &state_out->db);

out:
    free(path);
    if (status != SIGNUM_OK)
        signumd_state_close(state_out);
    return status;
}

void
signumd_state_close(struct signumd_state *state)
{
    signumd_db_close(&state->db);
    signumd_settings_clear(&state->settings);
    free(state->folder);
    state->folder = NULL;
}

char *
signumd_state_path(const struct signumd_state *state, const char *file)
{
    if (file[0] == '/')
        return signum_text_copy(file);
    return signumd_files_join(state->folder, file);
}

bool
signumd_state_has(const struct signumd_state *state, const char *file)
{
    char *path = signumd_state_path(state, file);
    bool is_there = path != NULL && access(path, F_OK) == 0;

    free(path);
    return is_there;
}

enum signum_status
signumd_state_read(const struct signumd_state *state, const char *file, struct signum_buf *out)
{
    char *path = signumd_state_path(state, file);

    if (path == NULL)
        return SIGNUM_NO_MEMORY;
    enum signum_status status = signumd_files_read(path, out);
    free(path);
    return status;
}

enum signum_status
signumd_state_write(const struct signumd_state *state, const char *file,
                    struct signum_bytes content, unsigned mode)
{
    char *path = signumd_state_path(state, file);

    if (path == NULL)
        return SIGNUM_NO_MEMORY;
    enum signum_status status = signumd_files_write(path, content, mode);
    free(path);
    return status;
}
