#include "service.h"

#include <stdlib.h>
#include <string.h>

#include "service_internal.h"

#define EMPTY_PAGES_MAX 32   /* pages without a key that we know the kind of, in one list */

uint64_t
signum_service_now_ms(const struct signum_service *service)
{
    const struct signum_clock *clock = &service->client.ports->clock;

    return clock->monotonic_ms(clock->self);
}

static struct signum_budget
start_budget(const struct signum_service *service)
{
    return signum_budget_start(&service->client.ports->clock, service->timeout_ms);
}

enum signum_status
signum_service_fail(const struct signum_service *service, struct signum_report *report,
                    enum signum_status status, const char *what)
{
    signum_report_clear(report);
    report->status = status;
    signum_buf_printf(&report->text, "%s: %s (service %s)", what, signum_status_text(status),
                      signum_buf_text(&service->settings->name));
    return status;
}

static enum signum_status
open_parts(struct signum_service *service, struct signum_report *report)
{
    const struct signum_service_settings *settings = service->settings;
    const struct signum_ports *ports = service->client.ports;

    service->client.protocol = signum_protocol_by_name(signum_buf_text(&settings->protocol));
    if (service->client.protocol == NULL)
        return signum_service_fail(service, report, SIGNUM_BAD_SETTINGS,
                                   "the protocol's name is not known");
    enum signum_status status = signum_service_open_transports(service, report);
    if (status != SIGNUM_OK)
        return status;
    service->client.transport = &service->transport;

    struct signum_auth_env env = {
        .ports = ports,
        .log = service->client.log,
        .settings = settings,
        .transport = &service->transport,
        .issuer_transport = service->issuer_transport.send == NULL ? &service->transport
                                                                   : &service->issuer_transport,
    };
    status = signum_auth_open(&env, &service->client.auth);
    if (status != SIGNUM_OK)
        return signum_service_fail(service, report, status, "the credential could not be set up");
    return SIGNUM_OK;
}

enum signum_status
signum_service_open(const struct signum_ports *ports, const struct signum_log *log,
                    const struct signum_service_settings *settings, uint64_t timeout_ms,
                    struct signum_service **service_out, struct signum_report *report)
{
    *service_out = NULL;
    struct signum_service *service = calloc(1, sizeof *service);
    if (service == NULL)
        return SIGNUM_NO_MEMORY;
    service->client.ports = ports;
    service->client.log = log;
    service->settings = settings;
    service->timeout_ms = timeout_ms;
    signum_catalogue_init(&service->catalogue);

    enum signum_status status = signum_endpoints_init(&service->endpoints, settings);
    if (status == SIGNUM_OK)
        status = open_parts(service, report);
    else
        status = signum_service_fail(service, report, status, "the addresses");
    if (status != SIGNUM_OK) {
        signum_service_free(&service);
        return status;
    }
    *service_out = service;
    return SIGNUM_OK;
}

void
signum_service_free(struct signum_service **service)
{
    struct signum_service *old = *service;

    *service = NULL;
    if (old == NULL)
        return;
    signum_auth_free(&old->client.auth);
    if (old->issuer_transport.free != NULL)
        old->issuer_transport.free(old->issuer_transport.self);
    if (old->transport.free != NULL)
        old->transport.free(old->transport.self);
    signum_catalogue_clear(&old->catalogue);
    signum_endpoints_clear(&old->endpoints);
    free(old);
}

const char *
signum_service_name(const struct signum_service *service)
{
    return signum_buf_text(&service->settings->name);
}

const char *
signum_service_url(const struct signum_service *service)
{
    return signum_buf_text(&service->settings->url);
}

void
signum_service_set_context(struct signum_service *service, struct signum_context_text *context)
{
    service->context = context;
}

struct signum_auth *
signum_service_auth(const struct signum_service *service)
{
    return service->client.auth;
}

void
signum_service_set_approval_timeout(struct signum_service *service, uint64_t ms)
{
    service->approval_timeout_ms = ms;
}

/*
 * May an operation that failed go to another address? One that nobody has seen may; one that only
 * reads may also be asked twice. The rest keeps to the address that may have done it already.
 */
static bool
may_move(const struct signum_operation *operation, enum signum_status status,
         const struct signum_result *result)
{
    bool is_reading = operation->kind == SIGNUM_OPERATION_INFO ||
                      operation->kind == SIGNUM_OPERATION_LIST ||
                      operation->kind == SIGNUM_OPERATION_GET;

    return status != SIGNUM_OK && (result->is_unsent || (is_reading && status == SIGNUM_NETWORK));
}

static enum signum_status
run_within(struct signum_service *service, struct signum_operation *operation,
           const struct signum_budget *budget, struct signum_result *result,
           struct signum_report *report)
{
    enum signum_status status = SIGNUM_INTERNAL;
    unsigned tried = 0;
    size_t at = 0;
    size_t next = 0;

    (void)signum_endpoints_pick(&service->endpoints, signum_service_now_ms(service), tried, &at);
    for (;;) {
        tried |= 1u << at;
        operation->base_url = signum_endpoints_url(&service->endpoints, at);
        operation->has_other_url = signum_endpoints_pick(
            &service->endpoints, signum_service_now_ms(service), tried, &next);
        if (service->approval_timeout_ms > service->timeout_ms)
            operation->approval_ms = service->approval_timeout_ms - service->timeout_ms;
        status = signum_client_run(&service->client, operation, budget, result, report);
        bool is_moving = may_move(operation, status, result);
        signum_endpoints_note(&service->endpoints, at, signum_service_now_ms(service), !is_moving);
        if (!is_moving || !operation->has_other_url || signum_budget_left(budget) == 0)
            return status;
        signum_log_warning(service->client.log, "%s; going on at %s",
                           signum_buf_text(&report->text),
                           signum_endpoints_url(&service->endpoints, next));
        signum_result_clear(result);
        at = next;
    }
}

enum signum_status
signum_service_run(struct signum_service *service, struct signum_operation *operation,
                   struct signum_result *result, struct signum_report *report)
{
    struct signum_budget budget = start_budget(service);

    return run_within(service, operation, &budget, result, report);
}

/* Asks for one key; `known` is what the catalogue has of it, or NULL. */
static enum signum_status
fetch_key(struct signum_service *service, const char *name, struct signum_key *known,
          struct signum_key **key_out, struct signum_report *report)
{
    struct signum_operation operation = {
        .kind = SIGNUM_OPERATION_GET,
        .key_name = name,
        .key = known,
    };
    struct signum_result result;

    signum_result_init(&result);
    enum signum_status status = signum_service_run(service, &operation, &result, report);
    if (status == SIGNUM_OK) {
        struct signum_key *key = result.key_count > 0 ? result.keys[0] : known;
        status = signum_catalogue_put(&service->catalogue, key, signum_service_now_ms(service));
        if (status == SIGNUM_TOO_LARGE)
            status = SIGNUM_OK; /* a full catalogue costs a request more, not the signature */
        if (status == SIGNUM_OK)
            *key_out = signum_key_ref(key);
    }
    if (status == SIGNUM_KEY_NOT_FOUND)
        signum_catalogue_put_absent(&service->catalogue, name, signum_service_now_ms(service));
    signum_result_clear(&result);
    return status;
}

enum signum_status
signum_service_find_key(struct signum_service *service, const char *name,
                        struct signum_key **key_out, struct signum_report *report)
{
    struct signum_key *known = NULL;
    size_t len = strlen(name);

    *key_out = NULL;
    if (len == 0 || len > SIGNUM_KEY_NAME_MAX)
        return signum_service_fail(service, report, SIGNUM_KEY_NOT_FOUND,
                                   "the key's name is empty or too long");
    enum signum_catalogue_state state =
        signum_catalogue_find(&service->catalogue, name, signum_service_now_ms(service), &known);
    /* a key of a list has not been checked yet; a bad one may have been put right since */
    if (known != NULL && signum_key_check(known) != SIGNUM_OK)
        signum_key_unref(&known);
    if (known != NULL && state == SIGNUM_CATALOGUE_KNOWN) {
        *key_out = known;
        return SIGNUM_OK;
    }
    if (state == SIGNUM_CATALOGUE_ABSENT)
        return signum_service_fail(service, report, SIGNUM_KEY_NOT_FOUND, name);
    enum signum_status status = fetch_key(service, name, known, key_out, report);
    signum_key_unref(&known);
    return status;
}

/* Adds a page to the growing list, taking over its references. */
static enum signum_status
append_page(struct signum_key ***keys, size_t *count, struct signum_result *page)
{
    if (*count + page->key_count > SIGNUM_CATALOGUE_KEYS_MAX)
        return SIGNUM_TOO_LARGE;
    struct signum_key **all = realloc(*keys, (*count + page->key_count + 1) * sizeof *all);
    if (all == NULL)
        return SIGNUM_NO_MEMORY;
    for (size_t i = 0; i < page->key_count; i++)
        all[(*count)++] = page->keys[i];
    page->key_count = 0;
    *keys = all;
    return SIGNUM_OK;
}

/* True if there is no next page, or it can be another one than those before. */
static bool
is_further(const struct signum_buf *next, const struct signum_buf *after, unsigned empty_pages)
{
    if (next->len == 0)
        return true;
    return empty_pages <= EMPTY_PAGES_MAX &&
           !signum_bytes_is_equal(signum_bytes_of_buf(next), signum_bytes_of_buf(after));
}

static enum signum_status
fetch_list(struct signum_service *service, struct signum_key ***keys, size_t *count,
           struct signum_report *report)
{
    enum signum_status status;
    struct signum_budget budget = start_budget(service); /* one for all pages */
    struct signum_result page;
    struct signum_buf after;
    unsigned empty_pages = 0;

    signum_result_init(&page);
    signum_buf_init(&after, page.next.max);
    do {
        struct signum_operation operation = {
            .kind = SIGNUM_OPERATION_LIST,
            .after = after.len > 0 ? signum_buf_text(&after) : NULL,
        };
        status = run_within(service, &operation, &budget, &page, report);
        if (status != SIGNUM_OK)
            break;
        empty_pages += page.key_count == 0;
        status = append_page(keys, count, &page);
        /* a service that gives empty pages or the same for ever must not hold the caller so long */
        if (status == SIGNUM_OK && !is_further(&page.next, &after, empty_pages))
            status = SIGNUM_PROTOCOL;
        if (status != SIGNUM_OK) {
            status = signum_service_fail(service, report, status, "the list of keys");
            break;
        }
        signum_buf_move(&after, &page.next);
        signum_result_clear(&page);
    } while (after.len > 0);
    signum_buf_clear(&after);
    signum_result_clear(&page);
    return status;
}

enum signum_status
signum_service_list_keys(struct signum_service *service, struct signum_key ***keys_out,
                         size_t *count_out, struct signum_report *report)
{
    struct signum_key **keys = NULL;
    size_t count = 0;

    enum signum_status status = signum_catalogue_list(
        &service->catalogue, signum_service_now_ms(service), keys_out, count_out);
    if (status != SIGNUM_NOT_FOUND)
        return status;
    uint64_t since = signum_catalogue_changes(&service->catalogue);
    status = fetch_list(service, &keys, &count, report);
    if (status == SIGNUM_OK) {
        uint64_t now = signum_service_now_ms(service);
        status = signum_catalogue_replace(&service->catalogue, keys, count, since, now);
        if (status == SIGNUM_OK) /* once more from there, so that the order is always the same */
            status = signum_catalogue_list(&service->catalogue, now, keys_out, count_out);
    }
    signum_key_list_free(&keys, &count);
    return status;
}

enum signum_status
signum_service_make_idempotency_key(const struct signum_service *service, struct signum_buf *out,
                                    struct signum_report *report)
{
    const struct signum_random *random = &service->client.ports->random;
    uint8_t bytes[SIGNUM_IDEMPOTENCY_BYTES];

    enum signum_status status = random->fill(random->self, bytes, sizeof bytes);
    if (status == SIGNUM_OK) {
        signum_buf_put_hex(out, (struct signum_bytes){bytes, sizeof bytes});
        status = signum_buf_status(out);
    }
    if (status != SIGNUM_OK)
        return signum_service_fail(service, report, status, "no random number for the request");
    return SIGNUM_OK;
}

enum signum_status
signum_service_sign(struct signum_service *service, const struct signum_key *key,
                    const struct signum_sign_params *params, struct signum_bytes digest,
                    const struct signum_demanded *given, struct signum_buf *signature_out,
                    struct signum_report *report)
{
    struct signum_result result;
    struct signum_buf idempotency_key;

    signum_buf_clear(signature_out);
    enum signum_status status =
        signum_alg_check_params(signum_key_alg(key), signum_key_bits(key), params, digest.len);
    if (status != SIGNUM_OK)
        return signum_service_fail(service, report, status,
                                   "digest or padding does not fit the key");

    signum_result_init(&result);
    signum_buf_init(&idempotency_key, 2 * SIGNUM_IDEMPOTENCY_BYTES);
    status = signum_service_make_idempotency_key(service, &idempotency_key, report);
    if (status != SIGNUM_OK)
        goto out;
    struct signum_operation operation = {
        .kind = SIGNUM_OPERATION_SIGN,
        .key = key,
        .params = *params,
        .digest = digest,
        .idempotency_key = signum_buf_text(&idempotency_key),
        .context = service->context == NULL ? NULL : signum_context_text(service->context),
    };
    if (given != NULL)
        operation.given = *given;
    status = signum_service_run(service, &operation, &result, report);
    if (status != SIGNUM_OK)
        goto out;
    status = signum_key_verify(key, params, digest, signum_bytes_of_buf(&result.signature));
    if (status == SIGNUM_OK) {
        signum_buf_put(signature_out, result.signature.data, result.signature.len);
        status = signum_buf_status(signature_out);
    }
    if (status == SIGNUM_OK)
        signum_report_clear(report);
    else
        status = signum_service_fail(service, report, status, "the service's answer was refused");
    signum_buf_put(&report->request, result.request.data, result.request.len);
out:
    signum_buf_clear(&idempotency_key);
    signum_result_clear(&result);
    return status;
}

enum signum_status
signum_service_info(struct signum_service *service, struct signum_result *result,
                    struct signum_report *report)
{
    struct signum_operation operation = {.kind = SIGNUM_OPERATION_INFO};

    return signum_service_run(service, &operation, result, report);
}
