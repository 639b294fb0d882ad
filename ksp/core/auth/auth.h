#ifndef SIGNUM_CORE_AUTH_H
#define SIGNUM_CORE_AUTH_H

#include "core/budget.h"
#include "core/config.h"
#include "core/http.h"
#include "core/log.h"
#include "core/ports.h"

/*
 * How a client proves who it is: an axis of its own beside the protocol. A strategy puts
 * something on a finished request: a bearer token (RFC 6750), or a signature over all of it. Any
 * strategy goes with any protocol. One row per strategy in auth.c.
 */

/* What a strategy may use. All borrowed, and outlive the strategy. */
struct signum_auth_env {
    const struct signum_ports *ports;
    const struct signum_log *log;
    const struct signum_service_settings *settings;
    const struct signum_transport *transport;        /* to the service */
    const struct signum_transport *issuer_transport; /* to where credentials are fetched */
};

struct signum_auth;

enum signum_auth_kind {
    SIGNUM_AUTH_GIVEN,   /* the settings have it or say where it is */
    SIGNUM_AUTH_FETCHED, /* an issuer gives it, without anybody being asked (auth_oauth.h) */
    SIGNUM_AUTH_PERSON,  /* the same, but somebody has to run `signum login` first */
};

struct signum_auth_method {
    const char *name; /* settings: auth.method */
    enum signum_auth_kind kind;
    /* Makes the state. No I/O. */
    enum signum_status (*open)(const struct signum_auth_env *env, struct signum_auth **auth_out);
    /*
     * Puts the credential on the request, after url, headers and body are final; fetches or
     * renews it first if it must. SIGN_IN_REQUIRED if there is none, with the next step in
     * `cause`.
     */
    enum signum_status (*apply)(struct signum_auth *auth, const struct signum_budget *budget,
                                struct signum_http_request *request, struct signum_buf *cause);
    /*
     * The service answered 401 to `request`, which still carries what apply put on. True if the
     * credential is another one by now, renewed here or by another thread, or was dropped, so that
     * one more try makes sense.
     */
    bool (*is_renewed)(struct signum_auth *auth, const struct signum_budget *budget,
                       const struct signum_http_request *request,
                       const struct signum_http_response *response);
    void (*free)(struct signum_auth *auth);
};

/* First member of every strategy's state. */
struct signum_auth {
    const struct signum_auth_method *method;
};

/* The strategy of that name, or NULL. */
const struct signum_auth_method *signum_auth_method_by_name(const char *name);

/*
 * Opens the strategy that the settings name. BAD_SETTINGS if there is none of that name.
 * `signum_auth_free` accepts NULL and clears the pointer.
 */
enum signum_status signum_auth_open(const struct signum_auth_env *env,
                                    struct signum_auth **auth_out) SIGNUM_MUST_USE;
void signum_auth_free(struct signum_auth **auth);

/* Bearer token from the variable, a file or the secret store (auth_token.c). */
extern const struct signum_auth_method signum_auth_token;

/* A client identifier and its secret: RFC 6749 section 4.4 (auth_client_secret.c). */
extern const struct signum_auth_method signum_auth_client_secret;

/* A client that signs an assertion with its own key: RFC 7523 (auth_private_key_jwt.c). */
extern const struct signum_auth_method signum_auth_private_key_jwt;

/* The identity of a CI job, sent as it is or exchanged: RFC 8693 (auth_ci.c). */
extern const struct signum_auth_method signum_auth_ci;

/* A person who has run `signum login`, with a browser anywhere or here (auth_person.c). */
extern const struct signum_auth_method signum_auth_device;
extern const struct signum_auth_method signum_auth_browser;

/* The client's certificate, which the transport shows: mutual TLS (auth_certificate.c). */
extern const struct signum_auth_method signum_auth_certificate;

/* Name and password: RFC 7617 (auth_basic.c). */
extern const struct signum_auth_method signum_auth_basic;

#define SIGNUM_TOKEN_MAX 16384 /* bytes */

#endif
