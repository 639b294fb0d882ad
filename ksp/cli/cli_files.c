#include "cli.h"

#include <string.h>

#include "console.h"

static void
complain(struct signum_cli *cli, enum signum_status status, const char *path, const char *what)
{
    struct signum_buf cause;

    signum_buf_init(&cause, 8192);
    signum_buf_printf(&cause, "%s: %s", path, what);
    signum_output_error(&cli->output, status, signum_buf_text(&cause), NULL, NULL);
    signum_buf_clear(&cause);
}

enum signum_status
signum_cli_read_file(struct signum_cli *cli, const char *path, struct signum_buf *content_out)
{
    char block[4096];
    bool is_stdin = strcmp(path, "-") == 0;
    FILE *file = is_stdin ? cli->in : signum_console_fopen(path, "rb");
    enum signum_status status = file == NULL ? SIGNUM_NOT_FOUND : SIGNUM_OK;

    signum_buf_clear(content_out);
    while (status == SIGNUM_OK) {
        size_t len = fread(block, 1, sizeof(block), file);
        signum_buf_put(content_out, block, len);
        status = ferror(file) != 0 ? SIGNUM_IO : signum_buf_status(content_out);
        if (len < sizeof(block)) {
            break;
        }
    }
    if (file != NULL && !is_stdin) {
        fclose(file);
    }
    if (status != SIGNUM_OK) {
        complain(cli, status, path, file == NULL ? "cannot be opened" : signum_status_text(status));
        signum_buf_clear(content_out);
    }
    return status;
}

/* Nothing is left behind that could be taken for the whole. */
enum signum_status
signum_cli_write_file(struct signum_cli *cli, const char *path, struct signum_bytes data)
{
    FILE *file = signum_console_fopen(path, "wb");
    bool is_written = false;

    if (file != NULL) {
        is_written = fwrite(data.data, 1, data.len, file) == data.len;
        is_written = fclose(file) == 0 && is_written;
    }
    if (!is_written) {
        complain(cli, SIGNUM_IO, path, "cannot be written");
    }
    if (!is_written && file != NULL) {
        signum_console_remove(path);
    }
    return is_written ? SIGNUM_OK : SIGNUM_IO;
}
