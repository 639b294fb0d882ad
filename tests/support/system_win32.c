#include "support/system.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

struct signum_thread {
    HANDLE thread;
    void (*run)(void *context);
    void *context;
};

static DWORD WINAPI
start(void *argument)
{
    struct signum_thread *thread = argument;

    thread->run(thread->context);
    return 0;
}

struct signum_thread *
signum_thread_start(void (*run)(void *context), void *context)
{
    struct signum_thread *thread = calloc(1, sizeof *thread);

    if (thread == NULL)
        abort();
    thread->run = run;
    thread->context = context;
    thread->thread = CreateThread(NULL, 0, start, thread, 0, NULL);
    if (thread->thread == NULL)
        abort();
    return thread;
}

void
signum_thread_join(struct signum_thread **thread)
{
    if (*thread == NULL)
        return;
    (void)WaitForSingleObject((*thread)->thread, INFINITE);
    (void)CloseHandle((*thread)->thread);
    free(*thread);
    *thread = NULL;
}

void
signum_thread_pause(void)
{
    Sleep(1);
}

/* Windows has no such signal. */
void
signum_thread_block_pipe_signal(void)
{
}

void
signum_system_set_variable(const char *name, const char *value)
{
    (void)SetEnvironmentVariableA(name, value);
}

bool
signum_system_make_folder(const char *path)
{
    return CreateDirectoryA(path, NULL) != 0;
}

void
signum_system_remove_tree(const char *path)
{
    char pattern[MAX_PATH];
    WIN32_FIND_DATAA found;

    (void)snprintf(pattern, sizeof pattern, "%s\\*", path);
    HANDLE search = FindFirstFileA(pattern, &found);
    for (BOOL is_more = search != INVALID_HANDLE_VALUE; is_more;
         is_more = FindNextFileA(search, &found)) {
        char below[2 * MAX_PATH];
        if (strcmp(found.cFileName, ".") == 0 || strcmp(found.cFileName, "..") == 0)
            continue;
        (void)snprintf(below, sizeof below, "%s\\%s", path, found.cFileName);
        if ((found.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY) != 0)
            signum_system_remove_tree(below);
        else
            (void)DeleteFileA(below);
    }
    if (search != INVALID_HANDLE_VALUE)
        (void)FindClose(search);
    (void)RemoveDirectoryA(path);
}

unsigned long
signum_system_pid(void)
{
    return GetCurrentProcessId();
}
