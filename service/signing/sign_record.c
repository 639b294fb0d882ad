#include <string.h>

#include "signing/sign_request.h"

#define BODY_MAX ((size_t)32 * 1024)

static enum signum_status
put_signature(struct signumd_json_writer *writer, struct signum_bytes signature)
{
    char sha256[SIGNUMD_SHA256_HEX_SIZE];

    if (signature.len == 0)
        return SIGNUM_OK;
    enum signum_status status = signumd_crypto_sha256_hex(signature, sha256);
    signumd_json_put_text(writer, "signature_sha256", sha256);
    return status;
}

/* What the client says about itself; nobody has checked it. */
static void
put_asserted(struct signumd_json_writer *writer, const struct signumd_sign_request *sign)
{
    signumd_json_begin(writer, "asserted", '{');
    if (sign->context.len > 0)
        signumd_json_put_raw(writer, "context", signum_buf_text(&sign->context));
    if (sign->reason.len > 0)
        signumd_json_put_text(writer, "reason", signum_buf_text(&sign->reason));
    signumd_json_end(writer, '}');
}

enum signum_status
signumd_sign_record(struct signumd_db *db, const struct signumd_request *request,
                    const struct signumd_sign_request *sign, const struct signumd_key *key,
                    const struct signumd_sign_result *result, int64_t *index_out)
{
    struct signum_buf body;
    struct signumd_json_writer writer;
    const struct signumd_actor actor = signumd_request_actor(request);
    const struct signumd_decision *decision = result->decision;
    const char *certificate = result->certificate_sha256;

    *index_out = -1;
    signum_buf_init(&body, BODY_MAX);
    signumd_audit_start(&writer, &body, "sign", &actor);
    signumd_json_put_text(&writer, "key", key->name);
    signumd_json_put_number(&writer, "version", key->version);
    signumd_json_put_text(&writer, "scheme", signum_scheme_by_id(sign->params.scheme)->wire);
    signumd_json_put_text(&writer, "hash", signum_hash_by_id(sign->params.hash)->wire);
    if (sign->params.scheme == SIGNUM_SCHEME_RSA_PSS)
        signumd_json_put_number(&writer, "salt", sign->params.salt_len);
    signumd_json_put_hex(&writer, "digest", signum_bytes_of_buf(&sign->digest));
    signumd_json_put_text(&writer, "decision", decision->is_allowed ? "allow" : "deny");
    signumd_json_put_text(&writer, "rule", decision->rule[0] == '\0' ? NULL : decision->rule);
    signumd_json_put_text(&writer, "reason", decision->reason);
    signumd_json_put_text(&writer, "outcome", result->outcome);
    if (result->error != NULL)
        signumd_json_put_text(&writer, "error", result->error);
    if (result->approval != NULL && result->approval[0] != '\0')
        signumd_json_put_text(&writer, "approval", result->approval);
    if (result->release != NULL && result->release[0] != '\0')
        signumd_json_put_text(&writer, "release", result->release);
    if (certificate != NULL && certificate[0] != '\0')
        signumd_json_put_text(&writer, "certificate_sha256", certificate);
    enum signum_status status = put_signature(&writer, result->signature);
    put_asserted(&writer, sign);
    signumd_json_end(&writer, '}');
    if (status == SIGNUM_OK)
        status = signumd_audit_append(db, &body, index_out);
    signum_buf_clear(&body);
    return status;
}
