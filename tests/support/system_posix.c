#include "support/system.h"

#include <ftw.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

struct signum_thread {
    pthread_t thread;
    void (*run)(void *context);
    void *context;
};

static void *
start(void *argument)
{
    struct signum_thread *thread = argument;

    thread->run(thread->context);
    return NULL;
}

struct signum_thread *
signum_thread_start(void (*run)(void *context), void *context)
{
    struct signum_thread *thread = calloc(1, sizeof *thread);

    if (thread == NULL)
        abort();
    thread->run = run;
    thread->context = context;
    if (pthread_create(&thread->thread, NULL, start, thread) != 0)
        abort();
    return thread;
}

void
signum_thread_join(struct signum_thread **thread)
{
    if (*thread == NULL)
        return;
    (void)pthread_join((*thread)->thread, NULL);
    free(*thread);
    *thread = NULL;
}

void
signum_thread_pause(void)
{
    const struct timespec pause = {.tv_nsec = 1000000};

    (void)nanosleep(&pause, NULL);
}

void
signum_thread_block_pipe_signal(void)
{
    sigset_t set;

    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGPIPE);
    (void)pthread_sigmask(SIG_BLOCK, &set, NULL);
}

void
signum_system_set_variable(const char *name, const char *value)
{
    if (value == NULL)
        (void)unsetenv(name);
    else
        (void)setenv(name, value, 1);
}

bool
signum_system_make_folder(const char *path)
{
    return mkdir(path, 0700) == 0;
}

static int
remove_one(const char *path, const struct stat *facts, int kind, struct FTW *place)
{
    (void)facts;
    (void)kind;
    (void)place;
    return remove(path);
}

void
signum_system_remove_tree(const char *path)
{
    (void)nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

unsigned long
signum_system_pid(void)
{
    return (unsigned long)getpid();
}
