#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "io/platform.h"

#define NAME_ROOM 4096
#define NO_SESSION "4294967295" /* what Linux says where nobody has logged in */

#define HAS(parts, part) (((parts) >> SIGNUM_CONTEXT_##part & 1) != 0)

static void
put_link(const char *path, struct signum_buf *out)
{
    char room[NAME_ROOM];
    ssize_t len = readlink(path, room, sizeof room);

    if (len > 0)
        signum_buf_put(out, room, (size_t)len);
}

static void
put_hash(struct signum_buf *out)
{
    FILE *program = fopen("/proc/self/exe", "rb");

    if (program == NULL)
        return;
    signum_platform_hash(program, out);
    fclose(program);
}

/* A line too long for the buffer is cut: it ends with an argument that lacks its NUL. */
static void
put_arguments(struct signum_buf *out)
{
    char room[NAME_ROOM];
    size_t got;
    FILE *file = fopen("/proc/self/cmdline", "rb");

    if (file == NULL)
        return;
    do {
        got = fread(room, 1, sizeof room, file);
        if (got <= out->max - out->len)
            signum_buf_put(out, room, got);
    } while (got == sizeof room);
    signum_wipe(room, sizeof room);
    fclose(file);
}

static void
put_user(struct signum_buf *out)
{
    char room[NAME_ROOM];
    struct passwd entry;
    struct passwd *found = NULL;

    if (getpwuid_r(geteuid(), &entry, room, sizeof room, &found) == 0 && found != NULL)
        signum_buf_put_text(out, found->pw_name);
}

static void
put_session(struct signum_buf *out)
{
    char room[32] = {0};
    FILE *file = fopen("/proc/self/sessionid", "rb");

    if (file == NULL)
        return;
    room[fread(room, 1, sizeof room - 1, file)] = 0;
    fclose(file);
    room[strspn(room, "0123456789")] = 0;
    if (strcmp(room, NO_SESSION) != 0)
        signum_buf_put_text(out, room);
}

static void
put_machine(struct signum_buf *out)
{
    char room[NAME_ROOM];

    if (gethostname(room, sizeof room) != 0)
        return;
    room[sizeof room - 1] = 0;
    signum_buf_put_text(out, room);
}

/* What cannot be found out stays empty: the service is told what is known. */
static enum signum_status
describe(void *self, unsigned parts, struct signum_context *context_out)
{
    char parent[64];

    (void)self;
    if (HAS(parts, PROCESS))
        put_link("/proc/self/exe", &context_out->process);
    if (HAS(parts, SHA256))
        put_hash(&context_out->sha256);
    if (HAS(parts, PARENT)) {
        (void)snprintf(parent, sizeof parent, "/proc/%ld/exe", (long)getppid());
        put_link(parent, &context_out->parent);
    }
    if (HAS(parts, COMMAND_LINE) || HAS(parts, FILES))
        put_arguments(&context_out->arguments);
    if (HAS(parts, USER))
        put_user(&context_out->user);
    if (HAS(parts, SESSION))
        put_session(&context_out->session);
    if (HAS(parts, MACHINE))
        put_machine(&context_out->machine);
    return SIGNUM_OK;
}

void
signum_platform_process(struct signum_process_context *process_out)
{
    *process_out = (struct signum_process_context){NULL, describe};
}
