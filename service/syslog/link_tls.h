#ifndef SIGNUMD_SYSLOG_LINK_TLS_H
#define SIGNUMD_SYSLOG_LINK_TLS_H

#include <openssl/ssl.h>

#include "syslog/link.h"

/* The TLS settings of link.c. */

/* TLS that trusts the target's CA only, and takes the name `host` or that address only. */
enum signum_status signumd_syslog_tls_new(const struct signumd_syslog_target *target,
    const char *host, struct signum_buf *cause, SSL **tls_out) SIGNUM_MUST_USE;

/* Appends why a call of OpenSSL has failed, and empties its list of errors. */
void signumd_syslog_tls_explain(SSL *tls, struct signum_buf *cause);

#endif
