#include "io/paths.h"

#include "io/platform.h"

/*
 * The variables are used instead of SHGetKnownFolderPath, which would pull shell32 and ole32 into
 * every program that signs. No boundary is crossed: who sets them may write the user's settings.
 */
static enum signum_status
put_folder(const char *variable, const char *below_profile, const char *rest,
           struct signum_buf *out)
{
    size_t before = out->len;
    enum signum_status status = signum_platform_variable(variable, out);

    if (status == SIGNUM_NOT_FOUND && below_profile != NULL) {
        status = signum_platform_variable("USERPROFILE", out);
        if (status == SIGNUM_OK && out->len > before)
            signum_buf_put_text(out, below_profile);
    }
    if (status != SIGNUM_OK)
        return status;
    if (out->len == before)
        return SIGNUM_NOT_FOUND;
    signum_buf_put_text(out, rest);
    return signum_buf_status(out);
}

enum signum_status
signum_paths_machine_settings(struct signum_buf *path_out)
{
    return put_folder("ProgramData", NULL, "\\Signum\\signum.json", path_out);
}

enum signum_status
signum_paths_user_settings(struct signum_buf *path_out)
{
    return put_folder("APPDATA", "\\AppData\\Roaming", "\\Signum\\signum.json", path_out);
}

enum signum_status
signum_paths_secrets(struct signum_buf *path_out)
{
    return put_folder("APPDATA", "\\AppData\\Roaming", "\\Signum\\secrets", path_out);
}

enum signum_status
signum_paths_log(struct signum_buf *path_out)
{
    return put_folder("LOCALAPPDATA", "\\AppData\\Local", "\\Signum\\log\\signum.log", path_out);
}
