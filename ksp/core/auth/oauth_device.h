#ifndef SIGNUM_CORE_AUTH_OAUTH_DEVICE_H
#define SIGNUM_CORE_AUTH_OAUTH_DEVICE_H

#include "core/auth/oauth.h"

/*
 * Signing in a person with a browser on any device: RFC 8628. Known deviations that are dealt
 * with: Entra ID says authorization_declined for access_denied and gives no
 * verification_uri_complete; some servers leave out interval, which is then 5 seconds.
 */
struct signum_oauth_device {
    struct signum_buf device_code;  /* secret */
    struct signum_buf user_code;    /* what the person types */
    struct signum_buf url;          /* where */
    struct signum_buf url_complete; /* the same with the code in it; "" if there is none */
    uint64_t interval_ms;           /* between two polls; grows when the server says slow_down */
    uint64_t deadline_ms;           /* monotonic: the codes are good until then */
};

void signum_oauth_device_init(struct signum_oauth_device *device);
void signum_oauth_device_clear(struct signum_oauth_device *device);

/* Asks for the codes. NOT_SUPPORTED if the server does not offer this; else as signum_oauth_post.
 */
enum signum_status signum_oauth_device_start(const struct signum_auth_env *env,
                                             const struct signum_budget *budget,
                                             const struct signum_oauth_server *server,
                                             struct signum_oauth_device *device_out,
                                             struct signum_buf *cause) SIGNUM_MUST_USE;

/*
 * Asks once whether the person is done. APPROVAL_PENDING: wait interval_ms and ask again; DENIED:
 * the person refused; SIGN_IN_REQUIRED: the codes have expired.
 */
enum signum_status signum_oauth_device_poll(const struct signum_auth_env *env,
                                            const struct signum_budget *budget,
                                            const struct signum_oauth_server *server,
                                            struct signum_oauth_device *device,
                                            struct signum_token *token_out,
                                            struct signum_buf *cause) SIGNUM_MUST_USE;

#endif
