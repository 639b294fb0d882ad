#ifndef SIGNUM_CNG_PADDING_H
#define SIGNUM_CNG_PADDING_H

#include "signum/ksp_abi.h"

#include "core/client.h"
#include "core/key.h"

/*
 * Turns the flags, padding information and digest of SignHash and VerifySignature into what is to
 * be signed, and checks it against the key. No network.
 *
 * RSA: exactly one of BCRYPT_PAD_PKCS1 and BCRYPT_PAD_PSS, with its information; in the former a
 * NULL algorithm name means the bytes as they are. ECDSA: no padding; BCRYPT_PAD_PKCS1 is ignored
 * but for the hash it names, since signtool /ds passes it with any key.
 * BAD_FLAGS, BAD_ALGORITHM (PSS with ECDSA), NOT_SUPPORTED (an unknown hash), INVALID_ARGUMENT;
 * `report` then says what was asked for.
 */
enum signum_status signum_padding_read(const struct signum_key *key, const void *pPaddingInfo,
                                       DWORD dwFlags, size_t digest_len,
                                       struct signum_report *report,
                                       struct signum_sign_params *params_out) SIGNUM_MUST_USE;

/*
 * True if what is signed is a SHA-1 digest: by name, or as a raw PKCS#1 value that is a SHA-1
 * DigestInfo (RFC 8017 section 9.2).
 */
bool signum_padding_is_sha1(const struct signum_sign_params *params, struct signum_bytes digest);

#endif
