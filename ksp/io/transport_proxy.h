#ifndef SIGNUM_IO_TRANSPORT_PROXY_H
#define SIGNUM_IO_TRANSPORT_PROXY_H

#include <curl/curl.h>

#include "core/lock.h"
#include "core/ports.h"

/*
 * The way through a proxy, for transport_curl.c. What the options say wins; then HTTPS_PROXY,
 * ALL_PROXY and NO_PROXY, which libcurl reads; then, on Windows, the settings of the user. This
 * machine itself is never reached through a proxy.
 */
struct signum_transport_proxy {
    struct signum_lock lock;
    char *proxy; /* NULL: not said */
    char *username;
    char *password; /* wiped */
    char *no_proxy;
    struct signum_buf system; /* of the system, for system_host: ""; the proxy */
    struct signum_buf system_host;
};

/* Takes what the options say. NO_MEMORY. Cleared in every case. */
enum signum_status signum_transport_proxy_init(struct signum_transport_proxy *proxy,
                                               const struct signum_transport_options *options)
    SIGNUM_MUST_USE;
void signum_transport_proxy_clear(struct signum_transport_proxy *proxy);

/* Sets all options of a handle that are about the proxy to `url`. */
CURLcode signum_transport_proxy_apply(struct signum_transport_proxy *proxy, CURL *curl,
                                      const char *url);

#endif
