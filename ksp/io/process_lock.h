#ifndef SIGNUM_IO_PROCESS_LOCK_H
#define SIGNUM_IO_PROCESS_LOCK_H

#include "core/ports.h"

/*
 * The real process lock: a named mutex of the session on Windows, flock() on an empty file in the
 * folder of the secret store on Linux. Nothing to free.
 */
void signum_process_lock_open(struct signum_process_lock *lock_out);

#endif
