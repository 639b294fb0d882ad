#ifndef SIGNUMD_CERTIFICATE_H
#define SIGNUMD_CERTIFICATE_H

#include "keys/keys.h"

/* What stands in a key's certificate. */

#define SIGNUMD_SERIAL_SIZE 65 /* hexadecimal, in capitals */
#define SIGNUMD_CERTIFICATE_SUBJECT_MAX 1023

struct signumd_certificate {
    char subject[SIGNUMD_CERTIFICATE_SUBJECT_MAX + 1]; /* RFC 4514, ASCII */
    char serial[SIGNUMD_SERIAL_SIZE];
    int64_t not_before; /* seconds since 1970 */
    int64_t not_after;
    bool is_code_signing; /* the extended key usage has codeSigning */
};

/* Reads one in DER. SIGNUM_PROTOCOL if it is none. */
enum signum_status signumd_certificate_read(
    struct signum_bytes der, struct signumd_certificate *certificate_out) SIGNUM_MUST_USE;

/* Whole days until it ends, rounded down: negative from the moment on when it has ended. */
int64_t signumd_certificate_days_left(const struct signumd_certificate *certificate, int64_t now);

/* Logs what speaks against signing with it: it is not valid yet or any more, or not for code. */
void signumd_certificate_warn(const struct signumd_key *key, int64_t now);

/*
 * Writes the member "certificate" of a key object: {subject, serial, not_before, not_after,
 * days_left, warnings}; nothing if the key has none.
 */
void signumd_certificate_write(
    const struct signumd_key *key, int64_t now, struct signumd_json_writer *writer);

/*
 * Logs each certificate that ends in at most `days` (0: look after none), and records
 * certificate.expiring the first time it has at most `days`, 7 or 1 left, certificate.expired when
 * it has ended.
 */
enum signum_status signumd_certificates_watch(
    struct signumd_db *db, int64_t days, int64_t now) SIGNUM_MUST_USE;

#endif
