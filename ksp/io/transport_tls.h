#ifndef SIGNUM_IO_TRANSPORT_TLS_H
#define SIGNUM_IO_TRANSPORT_TLS_H

#include <curl/curl.h>

#include "core/lock.h"
#include "core/ports.h"

/*
 * Whom a transport trusts, and what certificate of its own it shows. For transport_curl.c.
 *
 * The files are read once, at the first send; what was read is never changed afterwards, so that
 * calls use it without a lock.
 */
struct signum_transport_tls {
    struct signum_lock lock;
    bool is_loaded;
    bool accepts_any;
    char *ca_path; /* NULL: the system's trust */
    char *certificate_path;
    char *key_path;
    struct signum_buf ca;
    struct signum_buf certificate;
    struct signum_buf key; /* wiped */
};

/* Takes what the options say. No I/O. NO_MEMORY. Cleared in every case. */
enum signum_status signum_transport_tls_init(struct signum_transport_tls *tls,
                                             const struct signum_transport_options *options)
    SIGNUM_MUST_USE;
void signum_transport_tls_clear(struct signum_transport_tls *tls);

/* Reads the files, if that has not been done. BAD_SETTINGS with file and reason in `cause`. */
enum signum_status signum_transport_tls_load(struct signum_transport_tls *tls,
                                             struct signum_buf *cause) SIGNUM_MUST_USE;

/* Sets all options of a handle that are about TLS. `host` is whom the certificate has to be for,
   as a URL has it; it is borrowed until the call is over. */
CURLcode signum_transport_tls_apply(const struct signum_transport_tls *tls, CURL *curl,
                                    const char *host);

#endif
