#ifndef SIGNUMD_SIGN_REQUEST_H
#define SIGNUMD_SIGN_REQUEST_H

#include "http/http.h"
#include "policy/policies.h"

#define SIGNUMD_ASSERTED_MAX 1024

/* The body of POST /v1/keys/{name}/sign, and the record that comes of it. */

#define SIGNUMD_CONTEXT_MAX 8192
#define SIGNUMD_REASON_MAX 1024

/* What policies can ask for of the context; empty if it is not told, or too long to be it. */
struct signumd_asserted {
    char process[SIGNUMD_ASSERTED_MAX + 1]; /* a text, or the member path of an object */
    char sha256[SIGNUMD_ASSERTED_MAX + 1];  /* the members sha256 and command_line of it */
    char command_line[SIGNUMD_ASSERTED_MAX + 1];
    char machine[SIGNUMD_ASSERTED_MAX + 1];
    char account[SIGNUMD_ASSERTED_MAX + 1]; /* the context's "user" */
};

/* From the member context of the reader's object. Never a failure of the reader. */
void signumd_asserted_read(const struct signumd_json_reader *reader,
                           struct signumd_asserted *asserted_out);

/* The same of the context alone, as it was sent; empty if there was none. */
enum signum_status signumd_asserted_parse(const struct signum_buf *context,
                                          struct signumd_asserted *asserted_out) SIGNUM_MUST_USE;

/* Puts them into the facts, which borrow them. */
void signumd_asserted_add(const struct signumd_asserted *asserted, struct signumd_facts *facts);

struct signumd_sign_request {
    const char *idempotency_key; /* borrowed from the HTTP request */
    uint8_t body_sha256[SIGNUMD_SHA256_LEN]; /* of the body without the PIN */
    int64_t version; /* 0: the newest */
    struct signum_sign_params params;
    struct signum_buf digest;
    struct signum_buf context; /* JSON object as the client sent it; empty if none */
    struct signumd_asserted asserted; /* of the context */
    struct signum_buf reason;
    struct signum_buf pin; /* a secret; empty if none */
};

void signumd_sign_request_init(struct signumd_sign_request *sign);
void signumd_sign_request_clear(struct signumd_sign_request *sign);

/* Reads header and body. False after having answered with what is wrong. */
bool signumd_sign_request_read(struct signumd_request *request,
                               struct signumd_sign_request *sign_out);

/* How it ended, for the audit record. */
struct signumd_sign_result {
    const struct signumd_decision *decision;
    const char *outcome;              /* "signed", "denied" or "failed" */
    const char *error;                /* code of the problem; NULL if signed */
    const char *certificate_sha256;   /* NULL or "" if there is none */
    struct signum_bytes signature;    /* empty if there is none */
    const char *approval;             /* identifier of the approved request; NULL or "": none */
    const char *release;              /* name of the release that allows it; NULL or "": none */
};

/* Appends the record of a signing request. Only within a transaction of `db`. */
enum signum_status signumd_sign_record(struct signumd_db *db, const struct signumd_request *request,
                                       const struct signumd_sign_request *sign,
                                       const struct signumd_key *key,
                                       const struct signumd_sign_result *result,
                                       int64_t *index_out) SIGNUM_MUST_USE;

#endif
