#ifndef SIGNUM_IO_PORTS_REAL_H
#define SIGNUM_IO_PORTS_REAL_H

#include "core/ports.h"

/*
 * All real ports of this system: HTTPS by libcurl, the encrypted secret store, the log file, the
 * process's variables and the settings files. Touches no file and no network. On failure
 * (NO_MEMORY) `ports_out` is empty. The caller clears it after everything that borrowed it.
 */
enum signum_status signum_ports_real_open(struct signum_ports *ports_out) SIGNUM_MUST_USE;
void signum_ports_real_clear(struct signum_ports *ports);

#endif
