#ifndef SIGNUM_CORE_BASE64_H
#define SIGNUM_CORE_BASE64_H

#include "buf.h"

/* Base64 of RFC 4648 section 4 (with padding, no line breaks), done by OpenSSL. */

/* Appends the encoded text of `bytes` to `out`; a failure is remembered by `out`. */
void signum_base64_encode(struct signum_buf *out, struct signum_bytes bytes);

/*
 * Appends the decoded bytes of `text` to `out`. Strict: no white space, padding required.
 * SIGNUM_PROTOCOL if the text is not base64; otherwise the status of `out`.
 */
enum signum_status signum_base64_decode(struct signum_buf *out, const char *text) SIGNUM_MUST_USE;

#endif
