#include "io/ca_file.h"

#include <string.h>

#include "io/files.h"

#define WHY_MAX 256

enum signum_status
signum_ca_file_read(const char *path, struct signum_buf *pem_out, struct signum_buf *cause)
{
    struct signum_buf why;

    signum_buf_init(&why, WHY_MAX);
    enum signum_status status = signum_files_read(path, SIGNUM_FILE_SETTINGS, pem_out, &why);
    if (status != SIGNUM_OK) {
        if (why.len == 0)
            signum_buf_put_text(&why, signum_status_text(status));
        signum_buf_printf(cause, "the CA file %s: %s", path, signum_buf_text(&why));
        status = SIGNUM_BAD_SETTINGS;
    } else if (strstr(signum_buf_text(pem_out), "-----BEGIN ") == NULL) {
        signum_buf_printf(cause, "the CA file %s holds no certificate in PEM form", path);
        status = SIGNUM_BAD_SETTINGS;
    }
    signum_buf_clear(&why);
    return status;
}
