#ifndef SIGNUM_IO_TRUST_WIN32_H
#define SIGNUM_IO_TRUST_WIN32_H

#include <curl/curl.h>

/*
 * Lets Windows' own chain engine judge a server's certificate in place of OpenSSL: with the
 * machine's and the user's roots, those that Windows fetches when they are first needed, and what
 * an administrator has distrusted. Revocation is not asked for. libcurl compares the host name
 * besides, and OpenSSL checks the server's signature of the handshake.
 *
 * `host` is borrowed until the call is over.
 */
CURLcode signum_trust_win32_apply(CURL *curl, const char *host);

#endif
