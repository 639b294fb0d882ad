#include <string.h>

#include "sign_request.h"
#include "timestamp.h"

/* A signing request on its way through the handler. */
struct job {
    struct signumd_request *request;
    struct signumd_sign_request sign;
    struct signumd_key key;
    struct signumd_decision decision;
    struct signumd_idempotency_name name;
    struct signum_buf signature;
    char certificate_sha256[SIGNUMD_SHA256_HEX_SIZE];
};

/* A record of its own for a request that gives no signature. */
static enum signum_status
record_refusal(struct job *job, const char *outcome, enum signumd_problem problem)
{
    struct signumd_sign_result result = {&job->decision, outcome, signumd_problem_code(problem),
                                         job->certificate_sha256, {NULL, 0}};
    int64_t index = 0;
    enum signum_status status = signumd_db_begin(job->request->db);

    if (status != SIGNUM_OK)
        return status;
    status = signumd_sign_record(job->request, &job->sign, &job->key, &result, &index);
    return signumd_db_finish(job->request->db, status);
}

static void
refuse(struct job *job, const char *outcome, enum signumd_problem problem, const char *detail)
{
    enum signum_status status = record_refusal(job, outcome, problem);

    if (status == SIGNUM_OK)
        signumd_reply_problem(job->request, problem, "%s", detail);
    else
        signumd_reply_internal(job->request, status);
}

/* By all that is known: who, from where, with what. */
static enum signum_status
decide(struct job *job)
{
    struct signumd_facts facts = signumd_request_facts(job->request);

    facts.is_reading = false;
    facts.scheme = signum_scheme_by_id(job->sign.params.scheme)->wire;
    facts.hash = signum_hash_by_id(job->sign.params.hash)->wire;
    signumd_asserted_add(&job->sign.asserted, &facts);
    return signumd_policy_ask(job->request->db, &facts, &job->decision);
}

/* Key and decision. False after having answered. */
static bool
admit(struct job *job)
{
    struct signumd_request *request = job->request;
    enum signum_status status = signumd_keys_find(request->db, request->name, &job->key);

    if (status == SIGNUM_KEY_NOT_FOUND) {
        signumd_reply_problem(request, SIGNUMD_PROBLEM_KEY_NOT_FOUND, "There is no key %s",
                              request->name);
        return false;
    }
    if (status == SIGNUM_OK)
        status = signumd_key_certificate_sha256(&job->key, job->certificate_sha256);
    if (status == SIGNUM_OK)
        status = decide(job);
    if (status != SIGNUM_OK) {
        signumd_reply_internal(request, status);
        return false;
    }
    if (!job->decision.is_allowed)
        refuse(job, "denied", SIGNUMD_PROBLEM_DENIED, job->decision.reason);
    return job->decision.is_allowed;
}

/* Can this key, as it is now, sign this? False after having answered. */
static bool
check_key(struct job *job)
{
    const struct signumd_key *key = &job->key;
    enum signum_status status =
        signum_alg_check_params(key->alg, key->bits, &job->sign.params, job->sign.digest.len);

    if (!key->is_enabled)
        refuse(job, "failed", SIGNUMD_PROBLEM_KEY_DISABLED, "The key is disabled");
    else if (job->sign.version != 0 && job->sign.version != key->version)
        refuse(job, "failed", SIGNUMD_PROBLEM_VERSION_MISMATCH,
               "The key has another version: read it again");
    else if (status == SIGNUM_BAD_ALGORITHM)
        refuse(job, "failed", SIGNUMD_PROBLEM_UNSUPPORTED_ALGORITHM,
               "The scheme does not fit the key");
    else if (status != SIGNUM_OK)
        refuse(job, "failed", SIGNUMD_PROBLEM_UNSUPPORTED_ALGORITHM,
               "Digest and salt do not fit into the key");
    else
        return true;
    return false;
}

static void
write_answer(struct job *job, int64_t index)
{
    struct signumd_json_writer writer;
    const char *certificate = job->key.chain_count == 0 ? NULL : job->certificate_sha256;

    signum_buf_clear(&job->request->answer);
    signumd_json_start(&writer, &job->request->answer);
    signumd_json_put_base64(&writer, "signature", signum_bytes_of_buf(&job->signature));
    signumd_json_begin(&writer, "key", '{');
    signumd_json_put_text(&writer, "name", job->key.name);
    signumd_json_put_number(&writer, "version", job->key.version);
    signumd_json_end(&writer, '}');
    signumd_json_put_text(&writer, "certificate_sha256", certificate);
    signumd_json_begin(&writer, "audit", '{');
    signumd_json_put_number(&writer, "index", index);
    signumd_json_end(&writer, '}');
    signumd_json_end(&writer, '}');
}

/* Record and answer become durable together, before the signature leaves. */
static enum signum_status
commit(struct job *job)
{
    struct signumd_db *db = job->request->db;
    struct signumd_sign_result result = {&job->decision, "signed", NULL, job->certificate_sha256,
                                         signum_bytes_of_buf(&job->signature)};
    int64_t index = -1;
    enum signum_status status = signumd_db_begin(db);

    if (status != SIGNUM_OK)
        return status;
    status = signumd_sign_record(job->request, &job->sign, &job->key, &result, &index);
    if (status == SIGNUM_OK) {
        write_answer(job, index);
        status = signum_buf_status(&job->request->answer);
    }
    if (status == SIGNUM_OK)
        status = signumd_answers_add(db, &job->name, job->sign.body_sha256,
                                     signumd_timestamp_seconds(),
                                     signum_buf_text(&job->request->answer));
    return signumd_db_finish(db, status);
}

static void
sign(void *context)
{
    struct job *job = context;

    if (!check_key(job))
        return;
    enum signum_status status =
        signumd_hsm_sign(job->request->app->hsm, &job->key, &job->sign.params,
                         signum_bytes_of_buf(&job->sign.digest), &job->signature);
    if (status != SIGNUM_OK) {
        job->request->cause = signum_status_text(status);
        refuse(job, "failed", signumd_problem_of_hsm(status), "The HSM did not give a signature");
        return;
    }
    signumd_reply_json(job->request, commit(job));
}

static void
run(struct job *job)
{
    struct signumd_idempotency_name name = {job->request->user.name, job->key.id,
                                            job->sign.idempotency_key};

    job->name = name;
    (void)signumd_request_run_once(job->request, &name, job->sign.body_sha256, sign, job);
}

void
signumd_api_sign(struct signumd_request *request)
{
    struct job job;

    memset(&job, 0, sizeof job);
    job.request = request;
    signumd_sign_request_init(&job.sign);
    signumd_key_init(&job.key);
    signum_buf_init(&job.signature, SIGNUM_SIGNATURE_MAX);
    if (signumd_sign_request_read(request, &job.sign) && admit(&job))
        run(&job);
    signum_buf_clear(&job.signature);
    signumd_key_clear(&job.key);
    signumd_sign_request_clear(&job.sign);
}
