#ifndef SIGNUM_TESTS_SYSTEM_H
#define SIGNUM_TESTS_SYSTEM_H

#include <stdbool.h>
#include <stddef.h>

/* What tests need of the system beyond the standard library: system_posix.c, system_win32.c. */

/* A thread; NULL is "none". Failing to start one ends the program. */
struct signum_thread;
struct signum_thread *signum_thread_start(void (*run)(void *context), void *context);
void signum_thread_join(struct signum_thread **thread);
/* Lets the others work for about a millisecond. */
void signum_thread_pause(void);

/* Writing to a connection that is gone is an error in this thread, not the end of the process. */
void signum_thread_block_pipe_signal(void);

/* Sets (value not NULL) or removes a variable of the process. */
void signum_system_set_variable(const char *name, const char *value);

/* Makes a folder of this test's own below the working folder; removes it with all it holds. */
void signum_temp_folder_make(char *path_out, size_t size);
void signum_temp_folder_remove(const char *path);

/* Whole files, for comparing. The text is NUL-terminated and freed with free(); NULL if there is no
   such file. */
char *signum_temp_file_read(const char *path);
void signum_temp_file_write(const char *path, const char *text);

/* ---- Between temp_folder.c and the system's part ---- */
bool signum_system_make_folder(const char *path);
/* Removes the folder and everything in it. */
void signum_system_remove_tree(const char *path);
unsigned long signum_system_pid(void);

#endif
