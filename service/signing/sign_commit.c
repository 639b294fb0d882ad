#include "base/metrics.h"
#include "base/timestamp.h"
#include "policy/uses.h"
#include "signing/signing.h"

static void
write_answer(struct signumd_signing *signing, int64_t index)
{
    struct signumd_json_writer writer;
    const char *certificate = signing->key.chain_count == 0 ? NULL : signing->certificate_sha256;

    signum_buf_clear(&signing->request->answer);
    signumd_json_start(&writer, &signing->request->answer);
    signumd_json_put_base64(&writer, "signature", signum_bytes_of_buf(&signing->signature));
    signumd_json_begin(&writer, "key", '{');
    signumd_json_put_text(&writer, "name", signing->key.name);
    signumd_json_put_number(&writer, "version", signing->key.version);
    signumd_json_end(&writer, '}');
    signumd_json_put_text(&writer, "certificate_sha256", certificate);
    signumd_json_begin(&writer, "audit", '{');
    signumd_json_put_number(&writer, "index", index);
    signumd_json_end(&writer, '}');
    signumd_json_end(&writer, '}');
}

/* Record and answer become durable together, before the signature leaves. */
static enum signum_status
commit(struct signumd_db *db, void *context)
{
    struct signumd_signing *signing = context;
    struct signumd_sign_result result = {&signing->decision, "signed", NULL,
        signing->certificate_sha256, signum_bytes_of_buf(&signing->signature),
        signing->approval.id, signing->release};
    int64_t index = -1;
    enum signum_status status =
        signumd_uses_count(db, &signing->decision, signumd_timestamp_seconds());

    if (status == SIGNUM_OK)
        status = signumd_sign_record(
            db, signing->request, &signing->sign, &signing->key, &result, &index);
    if (status != SIGNUM_OK)
        return status;
    write_answer(signing, index);
    status = signum_buf_status(&signing->request->answer);
    return status == SIGNUM_OK ? signumd_signing_settle(db, signing) : status;
}

void
signumd_signing_sign(struct signumd_signing *signing)
{
    struct signumd_request *request = signing->request;
    enum signum_status status = signumd_hsm_sign(request->app->hsm, &signing->key,
        &signing->sign.params, signum_bytes_of_buf(&signing->sign.digest), &signing->signature);

    if (status != SIGNUM_OK) {
        request->cause = signum_status_text(status);
        signumd_signing_refuse(
            signing, "failed", signumd_problem_of_hsm(status), "The HSM did not give a signature");
        return;
    }
    status = signumd_db_group_run(request->app->group, commit, signing);
    if (status == SIGNUM_OK)
        signumd_metrics_count(
            SIGNUMD_METRIC_SIGNATURES, signing->key.name, signing->key.alg->wire, "signed");
    /* others were faster: nobody sees this signature */
    if (signing->decision.is_used_up)
        signumd_signing_refuse_used_up(signing);
    else if (status == SIGNUM_BAD_KEY_STATE)
        signumd_signing_refuse(signing, "denied", SIGNUMD_PROBLEM_APPROVAL_REJECTED,
            "The approval was taken back or used up before the signature was made");
    else
        signumd_reply_json(request, status);
}
