#ifndef SIGNUM_IO_PROXY_WIN32_H
#define SIGNUM_IO_PROXY_WIN32_H

#include "core/buf.h"

/*
 * Appends the proxy, "HOST:PORT", that the user's settings of Windows name for `url`: by a script,
 * which is fetched and run by Windows, or by name. Nothing for none, and nothing if Windows cannot
 * say. Looking for a script by itself (WPAD) is not done: anybody in the network can answer.
 */
void signum_proxy_win32_find(const char *url, struct signum_buf *proxy_out);

#endif
