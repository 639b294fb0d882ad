#include <stdio.h>
#include <string.h>

#include "base/metrics.h"
#include "base/timestamp.h"
#include "keys/versions.h"
#include "signing/signing.h"

void
signumd_signing_init(struct signumd_signing *signing, struct signumd_request *request)
{
    memset(signing, 0, sizeof *signing);
    signing->request = request;
    signumd_sign_request_init(&signing->sign);
    signumd_key_init(&signing->key);
    signum_buf_init(&signing->signature, SIGNUM_SIGNATURE_MAX);
    signumd_approval_init(&signing->approval);
}

void
signumd_signing_clear(struct signumd_signing *signing)
{
    signumd_signing_release_hold(signing);
    signumd_approval_clear(&signing->approval);
    signum_buf_clear(&signing->signature);
    signumd_key_clear(&signing->key);
    signumd_sign_request_clear(&signing->sign);
}

struct refusal {
    struct signumd_signing *signing;
    struct signumd_sign_result result;
    signumd_signing_also *also; /* NULL if nothing belongs to it */
};

/* A record of its own for a request that gives no signature, and what belongs to it. */
static enum signum_status
record_refusal(struct signumd_db *db, void *context)
{
    const struct refusal *refusal = context;
    struct signumd_signing *signing = refusal->signing;
    int64_t index = 0;
    enum signum_status status = signumd_sign_record(
        db, signing->request, &signing->sign, &signing->key, &refusal->result, &index);

    if (status == SIGNUM_OK && refusal->also != NULL)
        status = refusal->also(db, signing);
    return status;
}

void
signumd_signing_refuse(struct signumd_signing *signing, const char *outcome,
    enum signumd_problem problem, const char *detail)
{
    signumd_signing_refuse_also(signing, outcome, problem, detail, NULL);
}

void
signumd_signing_refuse_also(struct signumd_signing *signing, const char *outcome,
    enum signumd_problem problem, const char *detail, signumd_signing_also *also)
{
    struct refusal refusal = {signing,
        {&signing->decision, outcome, signumd_problem_code(problem), signing->certificate_sha256,
            {NULL, 0}, signing->approval.id, signing->release},
        also};
    enum signum_status status =
        signumd_db_group_run(signing->request->app->group, record_refusal, &refusal);

    signumd_metrics_count(
        SIGNUMD_METRIC_SIGNATURES, signing->key.name, signing->key.alg->wire, outcome);
    if (status == SIGNUM_OK)
        signumd_reply_problem(signing->request, problem, "%s", detail);
    else
        signumd_reply_internal(signing->request, status);
}

/* By all that is known: who, from where, with what. */
static enum signum_status
decide(struct signumd_signing *signing)
{
    struct signumd_facts facts = signumd_request_facts(signing->request, &signing->key);

    facts.is_reading = false;
    facts.scheme = signum_scheme_by_id(signing->sign.params.scheme)->wire;
    facts.hash = signum_hash_by_id(signing->sign.params.hash)->wire;
    signumd_asserted_add(&signing->sign.asserted, &facts);
    return signumd_policy_ask(signing->request->db, &facts, &signing->decision);
}

/* An old version is used by who asks for it, if it is enabled; else the key is as it was found. */
static enum signum_status
choose_version(struct signumd_signing *signing)
{
    int64_t version = signing->sign.version;
    struct signumd_key *key = &signing->key;
    int64_t one = 0;

    if (version == 0 || version == key->version)
        return SIGNUM_OK;
    enum signum_status status = signumd_db_get_number(signing->request->db, &one,
        "SELECT 1 FROM key_versions WHERE key_id = ? AND version = ? AND state = 'enabled'", "ti",
        key->id, version);
    if (status == SIGNUM_NOT_FOUND)
        return SIGNUM_OK;
    return status == SIGNUM_OK ? signumd_versions_find(signing->request->db, key, version)
                               : status;
}

bool
signumd_signing_admit(struct signumd_signing *signing)
{
    struct signumd_request *request = signing->request;
    enum signum_status status = signumd_keys_find(request->db, request->name, &signing->key);

    if (status == SIGNUM_KEY_NOT_FOUND) {
        signumd_reply_problem(
            request, SIGNUMD_PROBLEM_KEY_NOT_FOUND, "There is no key %s", request->name);
        return false;
    }
    if (status == SIGNUM_OK)
        status = choose_version(signing);
    if (status == SIGNUM_OK)
        status = signumd_key_certificate_sha256(&signing->key, signing->certificate_sha256);
    if (status == SIGNUM_OK)
        status = decide(signing);
    if (status != SIGNUM_OK) {
        signumd_reply_internal(request, status);
        return false;
    }
    signumd_metrics_count(SIGNUMD_METRIC_DECISIONS,
        signing->decision.is_allowed ? "allowed" : "denied", NULL, NULL);
    /* what was answered before is answered again, also when a limit is used up by now */
    if (!signing->decision.is_allowed && !signing->decision.is_used_up)
        signumd_signing_refuse(signing, "denied", SIGNUMD_PROBLEM_DENIED, signing->decision.reason);
    return signing->decision.is_allowed || signing->decision.is_used_up;
}

void
signumd_signing_refuse_used_up(struct signumd_signing *signing)
{
    const struct signumd_decision *decision = &signing->decision;
    const struct signumd_use *use = &decision->uses[0];
    char detail[256];

    (void)snprintf(detail, sizeof detail, "%s: %s allows %lld per %s for each %s", decision->reason,
        use->policy, (long long)use->limit.count, signumd_limit_per_name(use->limit.per),
        signumd_limit_by_name(use->limit.by));
    if (decision->retry_after > 0)
        signumd_reply_header(
            signing->request, "Retry-After", "%lld", (long long)decision->retry_after);
    signumd_signing_refuse(signing, "denied", SIGNUMD_PROBLEM_DENIED, detail);
}

bool
signumd_signing_check_limits(struct signumd_signing *signing)
{
    if (signing->decision.is_used_up)
        signumd_signing_refuse_used_up(signing);
    return !signing->decision.is_used_up;
}

bool
signumd_signing_check_key(struct signumd_signing *signing)
{
    const struct signumd_key *key = &signing->key;
    enum signum_status status = signum_alg_check_params(
        key->alg, key->bits, &signing->sign.params, signing->sign.digest.len);

    if (!key->is_enabled)
        signumd_signing_refuse(
            signing, "failed", SIGNUMD_PROBLEM_KEY_DISABLED, "The key is disabled");
    else if (signumd_key_has_expired(key))
        signumd_signing_refuse(
            signing, "failed", SIGNUMD_PROBLEM_KEY_EXPIRED, "The key has expired");
    else if (signing->sign.version != 0 && signing->sign.version != key->version)
        signumd_signing_refuse(signing, "failed", SIGNUMD_PROBLEM_VERSION_MISMATCH,
            "The key has another version: read it again");
    else if (status == SIGNUM_BAD_ALGORITHM)
        signumd_signing_refuse(signing, "failed", SIGNUMD_PROBLEM_UNSUPPORTED_ALGORITHM,
            "The scheme does not fit the key");
    else if (status != SIGNUM_OK)
        signumd_signing_refuse(signing, "failed", SIGNUMD_PROBLEM_UNSUPPORTED_ALGORITHM,
            "Digest and salt do not fit into the key");
    else
        return true;
    return false;
}
