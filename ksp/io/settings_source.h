#ifndef SIGNUM_IO_SETTINGS_SOURCE_H
#define SIGNUM_IO_SETTINGS_SOURCE_H

#include "core/ports.h"

/* The real settings: the process's variables, and files. Nothing to free. */
void signum_settings_source_open(struct signum_settings_source *source_out);

#endif
