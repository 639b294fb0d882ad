#ifndef SIGNUMD_SYSLOG_LINK_H
#define SIGNUMD_SYSLOG_LINK_H

#include "core/buf.h"

/*
 * One connection to a collector of syslog messages, by TLS (RFC 5425): version 1.2 or newer, a
 * certificate of the CA given, under the name or address given. Failures append their cause, in
 * words, to `cause`. For one thread.
 */

#define SIGNUMD_SYSLOG_CAUSE_MAX 512
#define SIGNUMD_SYSLOG_PORT "6514" /* RFC 5425 section 4.1 */

struct signumd_syslog_target {
    const char *address;          /* HOST:PORT or HOST; IPv6 addresses in brackets */
    const char *ca_file;          /* PEM; whom the collector's certificate is to be from */
    const char *certificate_file; /* PEM, with its chain; NULL: none */
    const char *key_file;         /* its key, PEM; NULL: none */
};

struct signumd_syslog_link;

/*
 * Connects within ten seconds. `stop` is a file that becomes readable when all waiting is to end,
 * or -1. SIGNUM_NETWORK, SIGNUM_TLS, SIGNUM_TIMEOUT; SIGNUM_BAD_SETTINGS: the files are not good.
 */
enum signum_status signumd_syslog_link_open(const struct signumd_syslog_target *target, int stop,
    struct signum_buf *cause, struct signumd_syslog_link **link_out) SIGNUM_MUST_USE;

/* Hands over all bytes, or fails: when the collector takes nothing for thirty seconds, too. */
enum signum_status signumd_syslog_link_send(struct signumd_syslog_link *link,
    struct signum_bytes bytes, struct signum_buf *cause) SIGNUM_MUST_USE;

/* Waits so long or until the stop; a failure as soon as the collector closes the connection. */
enum signum_status signumd_syslog_link_wait(
    struct signumd_syslog_link *link, int ms, struct signum_buf *cause) SIGNUM_MUST_USE;

/* Has the collector's system acknowledged all that was handed over? */
bool signumd_syslog_link_is_quiet(const struct signumd_syslog_link *link);

/*
 * Closes in an orderly way (RFC 5425 section 4.4), within five seconds, also after the stop.
 * SIGNUM_OK: the collector has closed too, behind all that was handed over.
 */
enum signum_status signumd_syslog_link_finish(
    struct signumd_syslog_link *link, struct signum_buf *cause) SIGNUM_MUST_USE;

/* Frees it; without a finish the connection is cut. Accepts NULL. */
void signumd_syslog_link_close(struct signumd_syslog_link **link);

#endif
