#ifndef SIGNUMD_SIGNING_H
#define SIGNUMD_SIGNING_H

#include "approvals/approvals.h"
#include "approvals/releases.h"
#include "signing/sign_request.h"

/*
 * The way of a signing request: read, admit (key and policy), check (can the key sign this),
 * demands (reason, PIN), the HSM, and the record, which is durable before the signature leaves.
 * Each step that ends the way has answered and recorded why. api_sign.c has the order of the steps.
 */
struct signumd_signing {
    struct signumd_request *request;
    struct signumd_sign_request sign;
    struct signumd_key key;
    struct signumd_decision decision;
    struct signumd_idempotency_name name;
    struct signum_buf signature;
    char certificate_sha256[SIGNUMD_SHA256_HEX_SIZE];
    struct signumd_approval approval; /* by which it is signed; no id: it needs none */
    int64_t release_digest;           /* by which it is signed; 0: by none */
    char release[SIGNUMD_NAME_MAX + 1];
    char held[SIGNUMD_ID_SIZE + 1];   /* name under which the approval is held; "": it is not */
};

void signumd_signing_init(struct signumd_signing *signing, struct signumd_request *request);
void signumd_signing_clear(struct signumd_signing *signing);

/* Records and answers that there is no signature; `outcome` is "denied" or "failed". */
void signumd_signing_refuse(struct signumd_signing *signing, const char *outcome,
    enum signumd_problem problem, const char *detail);

/* The same, with a change in the transaction of the record; the change fails, or both are kept. */
typedef enum signum_status signumd_signing_also(
    struct signumd_db *db, struct signumd_signing *signing);
void signumd_signing_refuse_also(struct signumd_signing *signing, const char *outcome,
    enum signumd_problem problem, const char *detail, signumd_signing_also *also);

/* Finds the key and asks the policies. False after having answered. */
bool signumd_signing_admit(struct signumd_signing *signing);

/*
 * Denies if a limit is used up: a gate of its own, behind the look for an answer that was given
 * before. False after having answered.
 */
bool signumd_signing_check_limits(struct signumd_signing *signing);

/* Records and answers that the limit which the decision names is used up, and until when. */
void signumd_signing_refuse_used_up(struct signumd_signing *signing);

/* Can this key, as it is now, sign this? False after having answered. */
bool signumd_signing_check_key(struct signumd_signing *signing);

/*
 * What the key, or the policy that decided, demands of the request: a reason, the PIN. False after
 * having answered; a wrong PIN is counted with its record.
 */
bool signumd_signing_demands(struct signumd_signing *signing);

/*
 * Is it approved, if the policies ask for that? If it is not, it waits: the answer is 202, or what
 * became of the request. Nobody else signs for an approved one meanwhile. False after having
 * answered.
 */
bool signumd_signing_approval(struct signumd_signing *signing);

/*
 * Signs for an approved request that its user asks after: the policies are asked again, and the
 * key is looked at again. True if the request shows how it ended, false if a problem has been
 * answered. An answer that is there is to be replaced.
 */
bool signumd_signing_resume(struct signumd_request *request, const char *id);

/*
 * Stores the answer under every name of the client's, and ends the approval. Only within the
 * transaction of the signature. SIGNUM_BAD_KEY_STATE: it was taken back meanwhile.
 */
enum signum_status signumd_signing_settle(struct signumd_db *db,
                                          struct signumd_signing *signing) SIGNUM_MUST_USE;

/* Lets others sign for the approval again; part of signumd_signing_clear(). */
void signumd_signing_release_hold(struct signumd_signing *signing);

/* Has the HSM sign, makes record and answer durable together, and answers. */
void signumd_signing_sign(struct signumd_signing *signing);

#endif
