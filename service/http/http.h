#ifndef SIGNUMD_HTTP_H
#define SIGNUMD_HTTP_H

#include <stdatomic.h>

#include "hsm/hsm.h"
#include "http/idempotency.h"
#include "http/limits.h"
#include "keys/pin_gate.h"
#include "policy/policy.h"
#include "base/db_group.h"
#include "base/state.h"
#include "identity/certificates.h"
#include "identity/groups.h"
#include "identity/issuers.h"
#include "identity/tokens.h"

/*
 * A request and its answer, without the HTTP library: handlers read the request and fill in the
 * answer; http_server.c alone moves bytes.
 */

#define SIGNUMD_BODY_MAX ((size_t)64 * 1024)
#define SIGNUMD_ANSWER_MAX ((size_t)64 * 1024 * 1024)
#define SIGNUMD_HEADERS_MAX 4
/* In the roles of a route: the owners of the key of the path may too. */
#define SIGNUMD_ROUTE_OWNERS (1u << 30)

struct signumd_request;

/* One route of the table in api/routes.c, which is ended by a row without a method. */
struct signumd_route {
    const char *method;
    const char *pattern; /* up to two parts {...} of it take a name or identifier */
    void (*handler)(struct signumd_request *request);
    /* who may; 0 is everybody, also without credentials */
    unsigned roles;
    bool has_body;
};

/* What all requests share. */
struct signumd_app {
    const struct signumd_route *routes;
    const struct signumd_state *state;
    struct signumd_db_pool *databases;
    struct signumd_db_group *group; /* for what every signature writes */
    struct signumd_hsm *hsm;
    struct signumd_issuers *issuers; /* of tokens that others issue */
    struct signumd_running *running; /* signatures under way */
    struct signumd_limits *requests; /* of each user */
    struct signumd_limits *refusals; /* of credentials, by address */
    struct signumd_pin_gate *pins;
    atomic_int request_count;        /* requests under way */
    atomic_bool is_draining;
    atomic_bool takes_certificates; /* of clients */
};

struct signumd_header {
    const char *name; /* static */
    char value[192];
};

struct MHD_Connection;

struct signumd_request {
    struct signumd_app *app;
    struct MHD_Connection *connection; /* for signumd_request_header() and _query() only */
    char id[SIGNUMD_ID_SIZE];
    const char *route; /* its pattern, static; NULL if there is none for it */
    char *method;
    char *path;
    char address[64];
    int64_t started_ms;
    struct signum_buf body;
    size_t body_len; /* as sent; more than body.len if it was too large to keep */

    struct signumd_db *db; /* lent for the time of the handler */
    struct signumd_user user;
    struct signumd_texts groups;   /* of the user */
    const char *sign_in;           /* "token", "oidc" or "certificate"; NULL before it */
    int64_t sign_in_ends;          /* seconds since 1970 when the credential expires; 0: never */
    struct signum_buf claims;      /* JSON object that an issuer vouches for; empty if none */
    struct signum_buf identity;    /* JSON object for audit records, see struct signumd_actor */
    char token_id[SIGNUMD_TOKEN_ID_LEN + 1];
    char name[SIGNUMD_NAME_MAX + 1]; /* what the path has for the pattern's {...} */
    char item[SIGNUMD_NAME_MAX + 1]; /* and for its second one */
    const char *cause;               /* static; why it was refused, for the access log */

    bool must_close; /* where the next request would begin is not certain */
    int status;
    const char *content_type;
    unsigned cache_s; /* seconds for which anybody may keep the answer; 0: nobody may */
    struct signum_buf answer;
    struct signumd_header headers[SIGNUMD_HEADERS_MAX];
    size_t header_count;
};

/* A request header or query parameter; NULL if it is absent. Valid as long as the request. */
const char *signumd_request_header(const struct signumd_request *request, const char *name);
const char *signumd_request_query(const struct signumd_request *request, const char *name);

/*
 * The certificate that the client has shown, checked; see signumd_client_trust_check(). Cleared by
 * the caller.
 */
enum signum_status signumd_request_certificate(const struct signumd_request *request,
    struct signumd_client_certificate *certificate_out) SIGNUM_MUST_USE;

/* Who asks, for audit records. Valid as long as the request. */
struct signumd_actor signumd_request_actor(const struct signumd_request *request);

/* Adds a header to the answer (printf rules for the value). */
void signumd_reply_header(struct signumd_request *request, const char *name, const char *format,
                          ...) __attribute__((format(printf, 3, 4)));

/* The problems that an answer can have; code, status and title stand in one table. */
enum signumd_problem {
    SIGNUMD_PROBLEM_BAD_REQUEST,
    SIGNUMD_PROBLEM_UNAUTHENTICATED,
    SIGNUMD_PROBLEM_DENIED,
    SIGNUMD_PROBLEM_APPROVAL_REJECTED,
    SIGNUMD_PROBLEM_PIN_WRONG,
    SIGNUMD_PROBLEM_PIN_LOCKED,
    SIGNUMD_PROBLEM_NOT_FOUND,
    SIGNUMD_PROBLEM_KEY_NOT_FOUND,
    SIGNUMD_PROBLEM_POLICY_NOT_FOUND,
    SIGNUMD_PROBLEM_USER_NOT_FOUND,
    SIGNUMD_PROBLEM_GROUP_NOT_FOUND,
    SIGNUMD_PROBLEM_TOKEN_NOT_FOUND,
    SIGNUMD_PROBLEM_CERTIFICATE_NOT_FOUND,
    SIGNUMD_PROBLEM_RELEASE_NOT_FOUND,
    SIGNUMD_PROBLEM_RELEASE_EXISTS,
    SIGNUMD_PROBLEM_REQUEST_NOT_FOUND,
    SIGNUMD_PROBLEM_WEBHOOK_NOT_FOUND,
    SIGNUMD_PROBLEM_METHOD_NOT_ALLOWED,
    SIGNUMD_PROBLEM_IDEMPOTENCY_CONFLICT,
    SIGNUMD_PROBLEM_KEY_DISABLED,
    SIGNUMD_PROBLEM_KEY_EXPIRED,
    SIGNUMD_PROBLEM_KEY_EXISTS,
    SIGNUMD_PROBLEM_KEY_HAS_CERTIFICATE,
    SIGNUMD_PROBLEM_REQUEST_CLOSED,
    SIGNUMD_PROBLEM_WEBHOOK_EXISTS,
    SIGNUMD_PROBLEM_VERSION_MISMATCH,
    SIGNUMD_PROBLEM_PIN_NOT_SET,
    SIGNUMD_PROBLEM_PRECONDITION_FAILED,
    SIGNUMD_PROBLEM_USER_EXISTS,
    SIGNUMD_PROBLEM_CERTIFICATE_EXISTS,
    SIGNUMD_PROBLEM_LAST_ADMIN,
    SIGNUMD_PROBLEM_REQUEST_EXPIRED,
    SIGNUMD_PROBLEM_TOO_LARGE,
    SIGNUMD_PROBLEM_UNSUPPORTED_MEDIA_TYPE,
    SIGNUMD_PROBLEM_UNSUPPORTED_ALGORITHM,
    SIGNUMD_PROBLEM_IDEMPOTENCY_MISMATCH,
    SIGNUMD_PROBLEM_CERTIFICATE_MISMATCH,
    SIGNUMD_PROBLEM_TOO_MANY_REQUESTS,
    SIGNUMD_PROBLEM_REASON_REQUIRED,
    SIGNUMD_PROBLEM_PIN_REQUIRED,
    SIGNUMD_PROBLEM_BUSY,
    SIGNUMD_PROBLEM_HSM_UNAVAILABLE,
    SIGNUMD_PROBLEM_NOT_READY,
    SIGNUMD_PROBLEM_INTERNAL,
    SIGNUMD_PROBLEM_COUNT
};

/* "key-not-found", ... */
const char *signumd_problem_code(enum signumd_problem problem);

/* What it is, for people; and its HTTP status. */
const char *signumd_problem_title(enum signumd_problem problem);
int signumd_problem_status(enum signumd_problem problem);

/* Replaces the answer by a problem (RFC 9457). `detail` by printf rules. */
void signumd_reply_problem(struct signumd_request *request, enum signumd_problem problem,
                           const char *format, ...) __attribute__((format(printf, 3, 4)));

/* bad-request about one field, which is also named by the member "field". */
void signumd_reply_bad_field(struct signumd_request *request, const char *field,
                             const char *cause);

/* "internal", with the status in the access log and nothing of it in the answer. */
void signumd_reply_internal(struct signumd_request *request, enum signum_status status);

/* Which problem a failure of the HSM is. */
enum signumd_problem signumd_problem_of_hsm(enum signum_status status);

/*
 * The answer is the JSON document in request->answer, unless `status` or the buffer is a failure.
 */
void signumd_reply_json(struct signumd_request *request, enum signum_status status);

/* Finds the route, checks credentials, role and body, and runs the handler. */
void signumd_route_run(struct signumd_request *request);

/*
 * Do the headers leave one way only to read the request (RFC 9112 section 11.2)? Each is well
 * formed, those that mean something come once, and the body has one length. False after having
 * answered; the connection is to be closed then.
 */
bool signumd_request_check_headers(struct signumd_request *request);

/* Does each parameter of the query come once? False after having answered. */
bool signumd_request_check_query(struct signumd_request *request);

/* Credentials to user. False after having answered 401. */
bool signumd_auth_check(struct signumd_request *request);

/* Content-Type and size of a body that is to be JSON. False after having answered. */
bool signumd_body_check(struct signumd_request *request);

/*
 * Reads the paging parameters after (a name or an index) and limit (1 to 1000, 100 if absent).
 * `after_out` is "" if absent. False after having answered.
 */
bool signumd_paging_read(struct signumd_request *request, const char **after_out,
                         int64_t *limit_out);

/* The key of the path, into an initialised one. False after having answered. */
bool signumd_request_find_key(struct signumd_request *request, struct signumd_key *key_out);

/*
 * Does a role of the set, being an owner, or a policy let the user read about the key of the path?
 * False after having answered and recorded that as `action`.
 */
bool signumd_request_check_access(struct signumd_request *request, const struct signumd_key *key,
                                  unsigned roles, const char *action);

/*
 * The same by these facts, which may be those of a signature: an allow that asks for a reason, a
 * PIN or an approval is then not enough.
 */
bool signumd_request_check_facts(struct signumd_request *request, const struct signumd_key *key,
                                 unsigned roles, const struct signumd_facts *facts,
                                 const char *action);

/*
 * Puts the version that the query asks for, if it does, into the key that was found. False after
 * having answered.
 */
bool signumd_request_find_version(struct signumd_request *request, struct signumd_key *key);

/*
 * A query parameter that is a whole number from `min` to `max`, which is at most 999999999;
 * `number_out` is -1 if it is absent. False after having answered.
 */
bool signumd_request_query_number(struct signumd_request *request, const char *name, int64_t min,
                                  int64_t max, int64_t *number_out);

/* Is the user the owner of this key, or in the group that is? */
bool signumd_request_owns(const struct signumd_request *request, const struct signumd_key *key);

/*
 * Runs `work`, which answers, unless the request has been answered before: then gives that answer
 * again. A request without an Idempotency-Key always runs. True if it gave a stored answer.
 */
bool signumd_request_run_once(struct signumd_request *request,
                              const struct signumd_idempotency_name *name,
                              const uint8_t body_sha256[SIGNUMD_SHA256_LEN],
                              void (*work)(void *context), void *context);

/*
 * What is known about a request for a key (NULL: not known yet) that asks for no signature. Borrows
 * from both.
 */
struct signumd_facts signumd_request_facts(
    const struct signumd_request *request, const struct signumd_key *key);

#endif
