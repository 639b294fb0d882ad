#include "io/log_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "io/files.h"

/* Only a regular file: a log that is a terminal or a pipe would be output of the host program. */
static int
open_log(const char *path, struct stat *facts_out)
{
    int flags = O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
    int file = open(path, flags, 0600);

    if (file < 0 && errno == ENOENT && signum_files_make_parent(path) == SIGNUM_OK)
        file = open(path, flags, 0600);
    if (file < 0)
        return -1;
    if (fstat(file, facts_out) != 0 || !S_ISREG(facts_out->st_mode)) {
        (void)close(file);
        return -1;
    }
    return file;
}

/*
 * Several processes may find the file full at once. Who holds the lock and still finds the same
 * file under its name moves it; the others find another file there and leave it.
 */
static void
rotate(int file, const struct stat *facts, const char *path, const char *old_path)
{
    struct stat now;

    if (flock(file, LOCK_EX) != 0)
        return;
    if (stat(path, &now) == 0 && now.st_ino == facts->st_ino && now.st_dev == facts->st_dev)
        (void)rename(path, old_path);
    (void)flock(file, LOCK_UN);
}

static void
append(const char *path, const char *old_path, uint64_t max_len, struct signum_bytes line)
{
    struct stat facts;
    int file = open_log(path, &facts);

    if (file >= 0 && (uint64_t)facts.st_size >= max_len) {
        rotate(file, &facts, path, old_path);
        (void)close(file);
        file = open_log(path, &facts);
    }
    if (file < 0)
        return;
    /* A file that could not be moved away still has an end. */
    if ((uint64_t)facts.st_size < 2 * max_len) {
        ssize_t put = write(file, line.data, line.len);
        (void)put;
    }
    (void)close(file);
}

void
signum_log_file_append(const char *path, const char *old_path, uint64_t max_len,
                       struct signum_bytes line)
{
    int kept = errno;

    append(path, old_path, max_len, line);
    errno = kept;
}

void
signum_log_file_put_time(struct signum_buf *out)
{
    struct timespec now = {0};
    struct tm parts = {0};
    char text[32];

    (void)clock_gettime(CLOCK_REALTIME, &now);
    (void)gmtime_r(&now.tv_sec, &parts);
    (void)strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts);
    signum_buf_printf(out, "%s.%03ldZ", text, now.tv_nsec / 1000000);
}
