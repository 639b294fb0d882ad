#ifndef SIGNUM_IO_BROWSER_H
#define SIGNUM_IO_BROWSER_H

#include "core/ports.h"

/*
 * The real browser port: a listener on 127.0.0.1 that takes one GET of the address it gave out, and
 * the system's way to open an address (ShellExecuteW; xdg-open where there is a display). Nothing
 * to free.
 */
void signum_browser_open(struct signum_browser *browser_out);

/* ---- Between browser.c and the platform's part ---- */

/* The port's `open`. */
enum signum_status signum_browser_show(void *self, const char *url) SIGNUM_MUST_USE;

#endif
