#ifndef SIGNUM_CORE_AUTH_OAUTH_CLAIMS_H
#define SIGNUM_CORE_AUTH_OAUTH_CLAIMS_H

#include "core/http.h"

/*
 * What a token says about itself (RFC 7519 section 4.1), for messages and to know when to ask for
 * another one. Nothing is verified here, and nothing is believed because of it.
 */

/* The claim exp, in seconds since 1970; 0 if it cannot be told. */
int64_t signum_oauth_claims_expiry(const struct signum_buf *jwt);

/*
 * Appends why a service may have refused a token, as one sentence without its secret parts: whose
 * it is, for whom, and until when by this machine's clock.
 */
void signum_oauth_claims_explain(const struct signum_buf *jwt, int64_t now, struct signum_buf *out);

/*
 * Appends "; this machine's clock is N s ahead" or "behind" if the header Date of the answer
 * (RFC 9110 section 6.6.1) is half a minute or more away from `now`.
 */
void signum_oauth_put_clock_error(const struct signum_http_response *response, int64_t now,
                                  struct signum_buf *out);

#endif
