#include "api/api.h"
#include "core/base64.h"
#include "http/http.h"
#include "base/json.h"
#include "base/timestamp.h"
#include "keys/versions.h"
#include "x509/x509.h"

static const char *
take_certificate(void *context, const char *text)
{
    struct signumd_key *key = context;
    struct signum_buf der;

    signum_buf_init(&der, SIGNUMD_CERTIFICATE_MAX);
    enum signum_status status = signum_base64_decode(&der, text);
    const char *fault = status == SIGNUM_OK ? NULL : "is not base64, or a certificate is too long";
    if (fault == NULL && signumd_x509_append(signum_bytes_of_buf(&der), key) != SIGNUM_OK)
        fault = "is not a list of DER certificates";
    signum_buf_clear(&der);
    return fault;
}

/* Replaces the chain in `key`. False after having answered. */
static bool
read_body(struct signumd_request *request, struct signumd_key *key)
{
    static const char *const names[] = {"chain"};
    struct cJSON *object = NULL;
    struct signumd_json_reader reader;

    if (signumd_json_parse(signum_bytes_of_buf(&request->body), &object) != SIGNUM_OK) {
        signumd_reply_problem(
            request, SIGNUMD_PROBLEM_BAD_REQUEST, "The body is not a JSON object");
        return false;
    }
    key->chain_count = 0;
    signumd_json_reader_init(&reader, object);
    signumd_json_check_names(&reader, names, sizeof names / sizeof names[0]);
    signumd_json_get_texts(&reader, "chain", SIGNUMD_CHAIN_MAX, take_certificate, key);
    if (reader.failure != SIGNUM_OK)
        signumd_reply_bad_field(request, reader.field, reader.cause);
    signumd_json_free(&object);
    return reader.failure == SIGNUM_OK;
}

static bool
check_chain(struct signumd_request *request, struct signumd_key *key)
{
    enum signum_status status = signumd_x509_check(key);

    if (status == SIGNUM_BAD_ALGORITHM && /* it may be for the version that waits for one */
        signumd_versions_find_pending(request->db, key) == SIGNUM_OK)
        status = signumd_x509_check(key);

    if (status == SIGNUM_BAD_ALGORITHM)
        signumd_reply_problem(request, SIGNUMD_PROBLEM_CERTIFICATE_MISMATCH,
            "The first certificate is for another key than %s", key->name);
    else if (status == SIGNUM_PROTOCOL)
        signumd_reply_problem(request, SIGNUMD_PROBLEM_CERTIFICATE_MISMATCH,
            "Each certificate must be followed by that of its issuer");
    else if (status != SIGNUM_OK)
        signumd_reply_internal(request, status);
    return status == SIGNUM_OK;
}

void
signumd_api_set_chain(struct signumd_request *request)
{
    const struct signumd_actor actor = signumd_request_actor(request);
    struct signumd_json_writer writer = {&request->answer, false};
    struct signumd_key key;

    signumd_key_init(&key);
    if (signumd_request_find_key(request, &key) && read_body(request, &key) &&
        check_chain(request, &key)) {
        enum signum_status status =
            key.is_pending ? signumd_versions_activate(request->db, &actor, &key, false)
                           : signumd_keys_set_chain(request->db, &actor, "cert.import", &key);
        if (status == SIGNUM_OK)
            signumd_certificate_warn(&key, signumd_timestamp_seconds());
        if (key.is_pending && status == SIGNUM_OK)
            status = signumd_keys_find(request->db, request->name, &key);
        if (status == SIGNUM_OK)
            status = signumd_key_write(&key, &writer);
        signumd_reply_json(request, status);
    }
    signumd_key_clear(&key);
}
