#ifndef SIGNUM_CLI_DIGEST_H
#define SIGNUM_CLI_DIGEST_H

#include <stdio.h>

#include "core/alg.h"

/* Digests by OpenSSL, for the command only: the DLL is always given a finished digest. */

/* Digests a stream to its end and puts the digest into `digest_out` (initialised). With hash
   "none" the bytes themselves are taken, at most SIGNUM_DIGEST_RAW_MAX. IO, TOO_LARGE, CRYPTO. */
enum signum_status signum_digest_stream(const struct signum_hash_info *hash, FILE *stream,
                                        struct signum_buf *digest_out) SIGNUM_MUST_USE;

/* Digests bytes in memory; the hash is not "none". CRYPTO. */
enum signum_status signum_digest_bytes(const struct signum_hash_info *hash,
                                       struct signum_bytes data,
                                       struct signum_buf *digest_out) SIGNUM_MUST_USE;

/* Reads hexadecimal text, upper or lower case, into `digest_out` (initialised). INVALID_ARGUMENT
   if it is not hexadecimal, has an odd number of digits, or none. */
enum signum_status signum_digest_parse(const char *text,
                                       struct signum_buf *digest_out) SIGNUM_MUST_USE;

#define SIGNUM_DIGEST_RAW_MAX 2048 /* bytes: as wide as the widest modulus */

#endif
