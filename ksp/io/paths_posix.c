#include "io/paths.h"

#include <pwd.h>
#include <stdlib.h>
#include <unistd.h>

#define PASSWD_ROOM 4096

/* The home folder: the variable, else what the user database says. */
static enum signum_status
put_home(struct signum_buf *out)
{
    const char *home = getenv("HOME");
    char room[PASSWD_ROOM];
    struct passwd entry;
    struct passwd *found = NULL;

    if (home == NULL || home[0] != '/') {
        if (getpwuid_r(geteuid(), &entry, room, sizeof room, &found) != 0 || found == NULL)
            return SIGNUM_NOT_FOUND;
        home = found->pw_dir;
    }
    if (home == NULL || home[0] != '/')
        return SIGNUM_NOT_FOUND;
    signum_buf_put_text(out, home);
    return signum_buf_status(out);
}

/* XDG Base Directory Specification: a value that is not absolute is to be ignored. */
static enum signum_status
put_xdg(const char *variable, const char *below_home, const char *rest, struct signum_buf *out)
{
    const char *base = getenv(variable);

    if (base != NULL && base[0] == '/') {
        signum_buf_put_text(out, base);
    } else {
        enum signum_status status = put_home(out);
        if (status != SIGNUM_OK)
            return status;
        signum_buf_put_text(out, below_home);
    }
    signum_buf_put_text(out, rest);
    return signum_buf_status(out);
}

enum signum_status
signum_paths_machine_settings(struct signum_buf *path_out)
{
    signum_buf_put_text(path_out, "/etc/signum/signum.json");
    return signum_buf_status(path_out);
}

enum signum_status
signum_paths_user_settings(struct signum_buf *path_out)
{
    return put_xdg("XDG_CONFIG_HOME", "/.config", "/signum/signum.json", path_out);
}

enum signum_status
signum_paths_secrets(struct signum_buf *path_out)
{
    return put_xdg("XDG_DATA_HOME", "/.local/share", "/signum/secrets", path_out);
}

enum signum_status
signum_paths_log(struct signum_buf *path_out)
{
    return put_xdg("XDG_STATE_HOME", "/.local/state", "/signum/signum.log", path_out);
}
