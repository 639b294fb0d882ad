#include "signing/sign_request.h"

#include <string.h>

#include "core/base64.h"
#include "base/json.h"

#define DIGEST_TEXT_MAX 1024
#define DIGEST_BYTES_MAX 512
#define PIN_MAX 128
#define VERSION_MAX 1000000000

static const char *const names[] = {"version", "scheme",  "hash",   "salt",
                                    "digest",  "context", "reason", "pin"};

void
signumd_sign_request_init(struct signumd_sign_request *sign)
{
    memset(sign, 0, sizeof *sign);
    signum_buf_init(&sign->digest, DIGEST_BYTES_MAX);
    signum_buf_init(&sign->context, SIGNUMD_CONTEXT_MAX);
    signum_buf_init(&sign->reason, SIGNUMD_REASON_MAX);
    signum_buf_init_secret(&sign->pin, PIN_MAX);
}

void
signumd_sign_request_clear(struct signumd_sign_request *sign)
{
    signum_buf_clear(&sign->digest);
    signum_buf_clear(&sign->context);
    signum_buf_clear(&sign->reason);
    signum_buf_clear(&sign->pin);
}

static bool
read_header(struct signumd_request *request, struct signumd_sign_request *sign)
{
    sign->idempotency_key = signumd_request_header(request, "Idempotency-Key");
    if (sign->idempotency_key != NULL && signumd_idempotency_is_valid(sign->idempotency_key))
        return true;
    signumd_reply_bad_field(request, "Idempotency-Key",
                            sign->idempotency_key == NULL
                                ? "is missing: each signing request needs one of its own"
                                : "must be 1 to 128 visible ASCII characters");
    return false;
}

/* The members of the body, but for the names of algorithms. */
static void
read_members(struct signumd_json_reader *reader, struct signumd_sign_request *sign)
{
    signumd_json_check_names(reader, names, sizeof names / sizeof names[0]);
    sign->version = signumd_json_get_number(reader, "version", 1, VERSION_MAX, 0);
    int64_t salt = signumd_json_get_number(reader, "salt", 0, SIGNUM_SIGNATURE_MAX, 0);
    sign->params.salt_len = (uint32_t)salt;
    const char *digest = signumd_json_get_text(reader, "digest", true, DIGEST_TEXT_MAX);
    if (digest != NULL && signum_base64_decode(&sign->digest, digest) != SIGNUM_OK)
        signumd_json_refuse(reader, "digest", "is not base64 or too long");
    if (digest != NULL && sign->digest.len == 0)
        signumd_json_refuse(reader, "digest", "is empty");
    signumd_json_get_raw_object(reader, "context", SIGNUMD_CONTEXT_MAX, &sign->context);
    signumd_asserted_read(reader, &sign->asserted);
    const char *reason = signumd_json_get_text(reader, "reason", false, SIGNUMD_REASON_MAX);
    if (reason != NULL)
        signum_buf_put_text(&sign->reason, reason);
    (void)signumd_json_take_secret(reader, "pin", false, PIN_MAX, &sign->pin);
}

/* Scheme and hash by their names. False after having answered that they are not offered. */
static bool
read_algorithm(struct signumd_request *request, struct signumd_json_reader *reader,
               struct signumd_sign_request *sign)
{
    const char *scheme = signumd_json_get_text(reader, "scheme", true, 32);
    const char *hash = signumd_json_get_text(reader, "hash", true, 32);

    if (reader->failure != SIGNUM_OK)
        return true;
    const struct signum_scheme_info *scheme_row = signum_scheme_by_wire(scheme);
    const struct signum_hash_info *hash_row = signum_hash_by_wire(hash);
    if (scheme_row == NULL || hash_row == NULL) {
        signumd_reply_problem(request, SIGNUMD_PROBLEM_UNSUPPORTED_ALGORITHM,
                              "There is no such %s here", scheme_row == NULL ? "scheme" : "hash");
        return false;
    }
    sign->params.scheme = scheme_row->id;
    sign->params.hash = hash_row->id;
    if (hash_row->id == SIGNUM_HASH_NONE && scheme_row->id != SIGNUM_SCHEME_RSA_PKCS1) {
        signumd_reply_problem(request, SIGNUMD_PROBLEM_UNSUPPORTED_ALGORITHM,
                              "Only the scheme rsa-pkcs1 goes without a hash");
        return false;
    }
    if (scheme_row->id != SIGNUM_SCHEME_RSA_PSS && sign->params.salt_len != 0)
        signumd_json_refuse(reader, "salt", "belongs to the scheme rsa-pss only");
    if (hash_row->len != 0 && sign->digest.len != hash_row->len)
        signumd_json_refuse(reader, "digest", "does not have the length of the hash");
    return true;
}

/*
 * The hash is stored with the answer. With the PIN in it, it would be a cheap way to guess the PIN;
 * without a PIN the bytes count as they are.
 */
static enum signum_status
hash_body(struct signum_bytes body, struct cJSON *object, struct signumd_sign_request *sign)
{
    struct signum_buf rest;
    const struct signum_bytes none = {NULL, 0};

    if (sign->pin.len == 0)
        return signumd_crypto_sha256(body, none, sign->body_sha256);
    signum_buf_init(&rest, SIGNUMD_BODY_MAX);
    signumd_json_remove(object, "pin");
    enum signum_status status = signumd_json_print_object(object, &rest);
    if (status == SIGNUM_OK)
        status = signumd_crypto_sha256(signum_bytes_of_buf(&rest), none, sign->body_sha256);
    signum_buf_clear(&rest);
    return status;
}

bool
signumd_sign_request_read(struct signumd_request *request, struct signumd_sign_request *sign_out)
{
    struct cJSON *object = NULL;
    struct signumd_json_reader reader;
    bool is_read = false;

    if (!read_header(request, sign_out))
        return false;
    struct signum_bytes body = signum_bytes_of_buf(&request->body);
    if (signumd_json_parse(body, &object) != SIGNUM_OK) {
        signumd_reply_problem(request, SIGNUMD_PROBLEM_BAD_REQUEST,
                              "The body is not a JSON object");
        return false;
    }
    signumd_json_reader_init(&reader, object);
    read_members(&reader, sign_out);
    if (!read_algorithm(request, &reader, sign_out))
        goto out;
    if (reader.failure != SIGNUM_OK) {
        signumd_reply_bad_field(request, reader.field, reader.cause);
        goto out;
    }
    enum signum_status status = hash_body(body, object, sign_out);
    if (status != SIGNUM_OK)
        signumd_reply_internal(request, status);
    is_read = status == SIGNUM_OK;

out:
    signumd_json_free(&object);
    return is_read;
}
