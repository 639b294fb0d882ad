#include "console.h"

#include <string.h>
#include <termios.h>
#include <unistd.h>

#define LINE_ROOM 4096

enum signum_status
signum_console_arguments(int *argc_inout, char **argv, char ***argv_out)
{
    (void)argc_inout;
    *argv_out = argv;
    return SIGNUM_OK;
}

void
signum_console_streams(void)
{
}

FILE *
signum_console_fopen(const char *path, const char *mode)
{
    return fopen(path, mode);
}

/* Shows what is typed, or not; false if it is no terminal. */
static bool
show(FILE *in, bool is_shown)
{
    struct termios mode;
    if (tcgetattr(fileno(in), &mode) != 0) {
        return false;
    }
    mode.c_lflag = is_shown ? mode.c_lflag | ECHO : mode.c_lflag & ~(tcflag_t)ECHO;
    return tcsetattr(fileno(in), TCSAFLUSH, &mode) == 0;
}

enum signum_status
signum_console_ask(FILE *in, const char *question, bool is_secret, struct signum_buf *answer_out)
{
    char line[LINE_ROOM] = {0};
    if (fileno(in) < 0 || !isatty(fileno(in)) || (is_secret && !show(in, false))) {
        return SIGNUM_NOT_SUPPORTED;
    }
    fputs(question, stderr);
    bool is_read = fgets(line, sizeof(line), in) != NULL;
    if (is_secret) {
        (void)show(in, true);
        fputc('\n', stderr);
    }
    signum_buf_put(answer_out, line, strcspn(line, "\r\n"));
    signum_wipe(line, sizeof(line));
    return is_read ? signum_buf_status(answer_out) : SIGNUM_IO;
}

void
signum_console_remove(const char *path)
{
    (void)unlink(path);
}
