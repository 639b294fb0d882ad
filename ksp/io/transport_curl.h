#ifndef SIGNUM_IO_TRANSPORT_CURL_H
#define SIGNUM_IO_TRANSPORT_CURL_H

#include "core/ports.h"

/*
 * HTTPS by libcurl: HTTP/1.1 over TLS 1.2 or newer, peer and host name always verified, no
 * redirects, no cookies. The connection is kept for the next call; threads that call at the same
 * time each have one of their own, of which a few are kept.
 *
 * Trust: options->ca_file alone if it is set (read at the first send, BAD_SETTINGS with the reason
 * if it cannot be used), else the system's: the distribution's bundle, or Windows' own chain
 * engine, which also fetches roots that Windows has not got yet (trust_win32.c).
 *
 * Limits: SIGNUM_HTTP_BODY_MAX bytes of body; of headers the first SIGNUM_HTTP_HEADERS_MAX are
 * kept, and more than 256 KiB of them, or one above SIGNUM_HTTP_HEADER_MAX, is TOO_LARGE.
 * Proxies: transport_proxy.h; the client's own certificate: transport_tls.h.
 *
 * Fits signum_ports.open_transport; `self` is not used. No network. NO_MEMORY, or INTERNAL if
 * libcurl does not start or lacks TLS.
 */
enum signum_status signum_transport_curl_open(void *self,
                                              const struct signum_transport_options *options,
                                              struct signum_transport *transport_out)
    SIGNUM_MUST_USE;

#endif
