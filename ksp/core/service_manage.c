#include "service_internal.h"

#include <string.h>

/* Making and destroying keys, and what else changes or describes them. */

/* Success has a request to tell of too. */
static void
report_request(struct signum_report *report, const struct signum_result *result)
{
    signum_report_clear(report);
    signum_buf_put(&report->request, result->request.data, result->request.len);
}

/* What the service has just said of a key is what is known of it from now on. */
static enum signum_status
keep(struct signum_service *service, const struct signum_result *result,
     struct signum_key **key_out, struct signum_report *report)
{
    struct signum_key *key = result->keys[0];
    enum signum_status status = signum_key_check(key);

    if (status == SIGNUM_OK)
        status = signum_catalogue_put(&service->catalogue, key, signum_service_now_ms(service));
    /* a full catalogue costs a request more, not the key */
    if (status == SIGNUM_OK || status == SIGNUM_TOO_LARGE) {
        *key_out = signum_key_ref(key);
        report_request(report, result);
        return SIGNUM_OK;
    }
    status = signum_service_fail(service, report, status, "the service's answer was refused");
    signum_buf_put(&report->request, result->request.data, result->request.len);
    return status;
}

bool
signum_service_has_seen_key(struct signum_service *service, const char *name)
{
    struct signum_key *key = NULL;

    signum_catalogue_find(&service->catalogue, name, signum_service_now_ms(service), &key);
    bool is_there = key != NULL;
    signum_key_unref(&key);
    return is_there;
}

enum signum_status
signum_service_create_key(struct signum_service *service, const char *name,
                          const struct signum_alg *alg, uint32_t bits,
                          struct signum_key **key_out, struct signum_report *report)
{
    size_t len = strlen(name);
    struct signum_result result;
    struct signum_buf idempotency_key;

    *key_out = NULL;
    if (len == 0 || len > SIGNUM_KEY_NAME_MAX)
        return signum_service_fail(service, report, SIGNUM_INVALID_ARGUMENT,
                                   "the key's name is empty or too long");
    if (!signum_alg_has_bits(alg, bits))
        return signum_service_fail(service, report, SIGNUM_NOT_SUPPORTED, "the key's length");
    signum_result_init(&result);
    signum_buf_init(&idempotency_key, 2 * SIGNUM_IDEMPOTENCY_BYTES);
    enum signum_status status =
        signum_service_make_idempotency_key(service, &idempotency_key, report);
    if (status != SIGNUM_OK)
        goto out;
    struct signum_operation operation = {
        .kind = SIGNUM_OPERATION_CREATE,
        .key_name = name,
        .alg = alg,
        .bits = bits,
        .idempotency_key = signum_buf_text(&idempotency_key),
    };
    status = signum_service_run(service, &operation, &result, report);
    if (status == SIGNUM_OK)
        status = keep(service, &result, key_out, report);
out:
    signum_buf_clear(&idempotency_key);
    signum_result_clear(&result);
    return status;
}

enum signum_status
signum_service_delete_key(struct signum_service *service, const struct signum_key *key,
                          struct signum_report *report)
{
    const char *name = signum_key_name(key);
    struct signum_operation operation = {.kind = SIGNUM_OPERATION_DELETE, .key_name = name};
    struct signum_result result;

    if (signum_key_chain_count(key) > 0)
        return signum_service_fail(service, report, SIGNUM_DENIED,
                                   "a key that has a certificate is never destroyed");
    signum_result_init(&result);
    enum signum_status status = signum_service_run(service, &operation, &result, report);
    if (status == SIGNUM_OK || status == SIGNUM_KEY_NOT_FOUND)
        signum_catalogue_put_absent(&service->catalogue, name, signum_service_now_ms(service));
    if (status == SIGNUM_OK)
        report_request(report, &result);
    signum_result_clear(&result);
    return status;
}

enum signum_status
signum_service_attest(struct signum_service *service, const struct signum_key *key,
                      const char *nonce, struct signum_buf *attestation_out,
                      struct signum_report *report)
{
    struct signum_operation operation = {
        .kind = SIGNUM_OPERATION_ATTEST,
        .key_name = signum_key_name(key),
        .nonce = nonce,
    };
    struct signum_result result;

    signum_buf_clear(attestation_out);
    signum_result_init(&result);
    enum signum_status status = signum_service_run(service, &operation, &result, report);
    if (status == SIGNUM_OK) {
        signum_buf_move(attestation_out, &result.attestation);
        report_request(report, &result);
    }
    signum_result_clear(&result);
    return status;
}

enum signum_status
signum_service_make_csr(struct signum_service *service, const struct signum_key *key,
                        const struct signum_csr_params *params, struct signum_buf *csr_out,
                        struct signum_report *report)
{
    struct signum_operation operation = {
        .kind = SIGNUM_OPERATION_CSR,
        .key_name = signum_key_name(key),
        .csr = params,
    };
    struct signum_result result;

    signum_buf_clear(csr_out);
    signum_result_init(&result);
    enum signum_status status = signum_service_run(service, &operation, &result, report);
    if (status == SIGNUM_OK) {
        signum_buf_move(csr_out, &result.csr);
        report_request(report, &result);
    }
    signum_result_clear(&result);
    return status;
}

enum signum_status
signum_service_set_chain(struct signum_service *service, const struct signum_key *key,
                         struct signum_bytes certificates, struct signum_key **key_out,
                         struct signum_report *report)
{
    struct signum_bytes chain[SIGNUM_KEY_CHAIN_MAX];
    struct signum_result result;
    size_t count = 0;

    *key_out = NULL;
    enum signum_status status = signum_key_read_chain(key, certificates, chain, &count);
    if (status != SIGNUM_OK)
        return signum_service_fail(service, report, status,
                                   "not a DER certificate of this key with its chain");
    struct signum_operation operation = {
        .kind = SIGNUM_OPERATION_SET_CHAIN,
        .key_name = signum_key_name(key),
        .chain = chain,
        .chain_count = count,
    };
    signum_result_init(&result);
    status = signum_service_run(service, &operation, &result, report);
    if (status == SIGNUM_OK)
        status = keep(service, &result, key_out, report);
    signum_result_clear(&result);
    return status;
}
