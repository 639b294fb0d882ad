#ifndef SIGNUMD_ISSUER_H
#define SIGNUMD_ISSUER_H

#include "identity/jwt.h"
#include "identity/users.h"
#include "policy/policy.h"

/*
 * One issuer of tokens: what its tokens must be like, and whom they make of their bearer. Settings
 * and claims only, no network: that is issuers.h. The members stand in docs/identity.md.
 */

#define SIGNUMD_ISSUER_RULES_MAX 64
#define SIGNUMD_CLAIMS_MAX ((size_t)16 * 1024)

enum signumd_token_kind {
    SIGNUMD_TOKEN_ACCESS, /* access tokens as RFC 9068 has them */
    SIGNUMD_TOKEN_ID      /* OpenID Connect ID tokens, as CI systems issue them */
};

/* Where one of the values of a claim is like one of the texts (with * and ?). */
struct signumd_claim_rule {
    char *claim;
    struct signumd_texts values;
    unsigned roles; /* what it gives */
    char *group;    /* what it gives; NULL if nothing */
};

struct signumd_claim_rules {
    struct signumd_claim_rule items[SIGNUMD_ISSUER_RULES_MAX];
    size_t count;
};

struct signumd_issuer {
    char *name; /* prefix of its users and groups */
    char *url;  /* what the tokens have as iss */
    char *ca_file;
    char *user;   /* template of the user's name: "{repository}" */
    char *groups; /* claim with names of groups; NULL if there is none */
    enum signumd_token_kind kind;
    struct signumd_texts audiences;
    struct signumd_texts algorithms;
    struct signumd_texts record; /* claims that go into audit records */
    unsigned roles;              /* of everybody */
    int64_t clock_skew_s;
    int64_t refetch_s; /* least time between two fetches of its keys */
    int64_t stale_s;   /* how long keys are good when it cannot be reached */
    struct signumd_claim_rules require;
    struct signumd_claim_rules map;
};

/*
 * Reads one from its settings. A failure is the reader's. `issuer_out` is freed with
 * signumd_issuer_clear(), also after one.
 */
void signumd_issuer_read(struct signumd_json_reader *reader, struct signumd_issuer *issuer_out);
void signumd_issuer_clear(struct signumd_issuer *issuer);

/* Whom a token makes of its bearer. */
struct signumd_federated {
    struct signumd_user user;
    struct signumd_texts groups;
    struct signum_buf claims;   /* JSON object */
    struct signum_buf identity; /* JSON object, for audit records */
    int64_t expires;
    const char *cause; /* static; why it was refused, for the operator only */
};

void signumd_federated_init(struct signumd_federated *federated);
void signumd_federated_clear(struct signumd_federated *federated);

/*
 * Judges a token whose signature is good: type, audience, times, required claims. The result is
 * SIGNUM_CREDENTIAL_REFUSED with a cause, or whom it makes of its bearer.
 */
enum signum_status signumd_issuer_judge(const struct signumd_issuer *issuer,
    const struct signumd_jwt *jwt, int64_t now,
    struct signumd_federated *federated_out) SIGNUM_MUST_USE;

#endif
