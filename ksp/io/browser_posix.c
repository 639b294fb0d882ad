#include "io/browser.h"

#include <fcntl.h>
#include <spawn.h>
#include <stdlib.h>
#include <unistd.h>

extern char **environ;

/* Only where somebody can see it: a build agent has xdg-open installed as well. */
static bool
has_display(void)
{
    const char *wayland = getenv("WAYLAND_DISPLAY");
    const char *x11 = getenv("DISPLAY");
    const char *browser = getenv("BROWSER");

    return (wayland != NULL && *wayland != 0) || (x11 != NULL && *x11 != 0) ||
           (browser != NULL && *browser != 0);
}

/* The browser may stay for as long as the person likes: nobody waits for its end. */
enum signum_status
signum_browser_show(void *self, const char *url)
{
    char opener[] = "xdg-open";
    char *named = getenv("BROWSER");
    char *address = signum_text_copy(url);
    char *argv[] = {named != NULL && *named != 0 ? named : opener, address, NULL};
    posix_spawn_file_actions_t actions;
    pid_t child = 0;

    (void)self;
    if (address == NULL || !has_display() || posix_spawn_file_actions_init(&actions) != 0) {
        free(address);
        return SIGNUM_NOT_SUPPORTED;
    }
    /* what a browser says belongs on nobody's terminal */
    (void)posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    (void)posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    int failure = posix_spawnp(&child, argv[0], &actions, NULL, argv, environ);
    (void)posix_spawn_file_actions_destroy(&actions);
    free(address);
    return failure == 0 ? SIGNUM_OK : SIGNUM_NOT_SUPPORTED;
}
