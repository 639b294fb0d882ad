#ifndef SIGNUM_CLI_CERT_INFO_H
#define SIGNUM_CLI_CERT_INFO_H

#include "core/buf.h"

/* What a person wants to know of a certificate (RFC 5280). Read by OpenSSL. */
struct signum_cert_info {
    struct signum_buf subject; /* "CN=Example Ltd, O=Example", UTF-8 */
    struct signum_buf expires; /* "2027-01-31", UTC */
    bool is_expired;
    struct signum_buf thumbprint; /* SHA-1 of the DER in upper-case hex, as signtool's /sha1 */
};

#define SIGNUM_CERT_SUBJECT_MAX 4096 /* bytes */

void signum_cert_info_init(struct signum_cert_info *info);
void signum_cert_info_clear(struct signum_cert_info *info);

/* Reads a DER certificate; `now` is seconds since 1970. CRYPTO if it is not one. */
enum signum_status signum_cert_info_read(struct signum_bytes certificate, int64_t now,
                                         struct signum_cert_info *info_out) SIGNUM_MUST_USE;

#endif
