#include "fixture_check.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fixture_local.h"
#include "support/system.h"

/*
 * Sixteen threads on one service over the fake transport: find, list, sign and verify, while keys
 * grow stale, vanish and come back, the service is busy and the token changes. Bounded by rounds,
 * not by time. ThreadSanitizer watches in the linux-tsan build; everywhere else it is a test of
 * the results.
 */

#define THREADS 16
#define ROUNDS 60
#define KEYS 6
#define BUDGET_MS 1000000000 /* a call's time does not run out when the fake's clock jumps */
#define BUSY_EVERY 23 /* requests; the try after it finds the service free again */

static struct fixture_local local;
static signum_fake_responder *inner;
static void *inner_context;
static struct signum_lock door; /* the fixture behind it is for one thread */
static unsigned token;          /* the number of the one that the service takes */
static unsigned asked;
static bool is_short; /* the last key is gone for a while */

static atomic_uint waiting; /* requests with the old token that have come */
static atomic_uint done[4]; /* of each kind */
static atomic_uint broken;

static const char *const names[KEYS] = {"a", "b", "c", "d", "e", "f"};

static void
complain(const char *what, enum signum_status status)
{
    fprintf(stderr, "%s: %s\n", what, signum_status_name(status));
    atomic_fetch_add(&broken, 1);
}

static enum signum_status
refuse(struct signum_http_response *response, unsigned http, const char *body)
{
    response->status = http;
    signum_buf_put_text(&response->body, body);
    return signum_buf_status(&response->body);
}

/* The door is held. */
static bool
has_token(const struct signum_fake_request *request)
{
    const char *value = signum_fake_request_header(request, "Authorization");
    char wanted[32];

    snprintf(wanted, sizeof wanted, "Bearer token-%u", token);
    return value != NULL && strcmp(value, wanted) == 0;
}

static enum signum_status
answer(void *context, const struct signum_fake_request *request,
       struct signum_http_response *response, struct signum_buf *cause)
{
    enum signum_status status;

    (void)context;
    signum_lock_acquire(&door);
    if (!has_token(request)) {
        status = refuse(response, 401, "{\"code\":\"unauthenticated\"}");
    } else if (++asked % BUSY_EVERY == 0) {
        status = refuse(response, 503, "{\"code\":\"hsm-unavailable\"}");
    } else {
        local.remote.key_count = is_short ? KEYS - 1 : KEYS;
        status = inner(inner_context, request, response, cause);
    }
    signum_lock_release(&door);
    return status;
}

/* All the threads' requests come with the old token before the first of them is refused. */
static enum signum_status
answer_together(void *context, const struct signum_fake_request *request,
                struct signum_http_response *response, struct signum_buf *cause)
{
    signum_lock_acquire(&door);
    bool is_old = !has_token(request);
    signum_lock_release(&door);
    if (is_old) {
        atomic_fetch_add(&waiting, 1);
        while (atomic_load(&waiting) < THREADS)
            signum_thread_pause();
    }
    return answer(context, request, response, cause);
}

static void
set_token(unsigned number)
{
    char text[32];

    snprintf(text, sizeof text, "token-%u", number);
    signum_lock_acquire(&door);
    token = number;
    signum_fake_set_secret(&local.fake, "main", text);
    signum_lock_release(&door);
}

static void
find(const char *name)
{
    struct signum_report report;
    struct signum_key *key = NULL;

    signum_report_init(&report);
    enum signum_status status = signum_service_find_key(local.service, name, &key, &report);
    bool may_be_gone = strcmp(name, names[KEYS - 1]) == 0 || strcmp(name, "none") == 0;
    if (status == SIGNUM_OK && strcmp(signum_key_name(key), name) != 0)
        complain("found another key", status);
    if (status == SIGNUM_OK && signum_key_modulus(key).len + signum_key_x(key).len == 0)
        complain("found a key without a public half", status);
    if (status != SIGNUM_OK && !(may_be_gone && status == SIGNUM_KEY_NOT_FOUND))
        complain(signum_buf_text(&report.text), status);
    signum_key_unref(&key);
    signum_report_clear(&report);
    atomic_fetch_add(&done[0], 1);
}

static void
list(void)
{
    struct signum_report report;
    struct signum_key **keys = NULL;
    size_t count = 0;

    signum_report_init(&report);
    enum signum_status status =
        signum_service_list_keys(local.service, &keys, &count, &report);
    if (status != SIGNUM_OK || count < KEYS - 1 || count > KEYS)
        complain(signum_buf_text(&report.text), status);
    for (size_t i = 0; i < count; i++)
        if (strcmp(signum_key_name(keys[i]), names[i]) != 0 ||
            signum_key_check(keys[i]) != SIGNUM_OK)
            complain("a list out of order", status);
    signum_key_list_free(&keys, &count);
    signum_report_clear(&report);
    atomic_fetch_add(&done[1], 1);
}

static void
sign(const char *name)
{
    struct signum_sign_params params = {.hash = SIGNUM_HASH_SHA256};
    uint8_t bytes[32] = {1, 2, 3};
    const struct signum_bytes digest = {bytes, sizeof bytes};
    struct signum_report report;
    struct signum_key *key = NULL;
    struct signum_buf signature;

    signum_report_init(&report);
    signum_buf_init(&signature, SIGNUM_SIGNATURE_MAX);
    enum signum_status status = signum_service_find_key(local.service, name, &key, &report);
    if (status == SIGNUM_OK) {
        bool is_rsa = signum_key_alg(key)->family == SIGNUM_FAMILY_RSA;
        params.scheme = is_rsa ? SIGNUM_SCHEME_RSA_PKCS1 : SIGNUM_SCHEME_ECDSA;
        status = signum_service_sign(local.service, key, &params, digest, NULL, &signature,
                                     &report);
    }
    if (status == SIGNUM_OK)
        status = signum_key_verify(key, &params, digest, signum_bytes_of_buf(&signature));
    if (status != SIGNUM_OK)
        complain(signum_buf_text(&report.text), status);
    signum_buf_clear(&signature);
    signum_key_unref(&key);
    signum_report_clear(&report);
    atomic_fetch_add(&done[2], 1);
}

/* What the world does meanwhile. */
static void
disturb(uint32_t random)
{
    struct signum_clock *clock = &local.fake.ports.clock;

    signum_lock_acquire(&door);
    is_short = random % 2 == 0;
    signum_lock_release(&door);
    clock->sleep_ms(clock->self, random % 3 == 0 ? SIGNUM_CATALOGUE_FRESH_MS : 1000);
    atomic_fetch_add(&done[3], 1);
}

static void
work(void *context)
{
    uint32_t seed = (uint32_t)(uintptr_t)context * 7919 + 1;

    for (int i = 0; i < ROUNDS; i++) {
        const char *name = names[fixture_next(&seed) % KEYS];
        switch (fixture_next(&seed) % 8) {
        case 0:
            list();
            break;
        case 1:
            disturb(fixture_next(&seed));
            break;
        case 2:
            find("none");
            break;
        case 3:
        case 4:
            sign(names[fixture_next(&seed) % (KEYS - 1)]);
            break;
        default:
            find(name);
            break;
        }
    }
}

static void
sign_once(void *context)
{
    (void)context;
    sign("b");
}

static void
run_threads(void (*run)(void *context))
{
    struct signum_thread *threads[THREADS];

    for (uintptr_t i = 0; i < THREADS; i++)
        threads[i] = signum_thread_start(run, (void *)i);
    for (size_t i = 0; i < THREADS; i++)
        signum_thread_join(&threads[i]);
    assert_int_equal(atomic_load(&broken), 0);
}

static int
setup(void **state)
{
    static const enum fixture_kind kinds[KEYS] = {FIXTURE_RSA_2048, FIXTURE_P256, FIXTURE_P384,
                                                  FIXTURE_P521,     FIXTURE_P256, FIXTURE_P256};

    (void)state;
    fixture_local_init(&local);
    /* from the store, so that it can change */
    signum_buf_clear(&local.settings.services[0].auth[SIGNUM_AUTH_TOKEN]);
    signum_service_free(&local.service);
    check_status(signum_service_open(&local.fake.ports, &local.log, &local.settings.services[0],
                                     BUDGET_MS, &local.service, &local.report), SIGNUM_OK);
    inner = local.fake.responder;
    inner_context = local.fake.responder_context;
    signum_fake_respond_by(&local.fake, answer, NULL);
    for (size_t i = 0; i < KEYS; i++)
        fixture_service_add(&local.remote, names[i], kinds[i], i == KEYS - 1);
    local.remote.page = 2;
    asked = 0;
    is_short = false;
    set_token(1);
    for (size_t i = 0; i < COUNT_OF(done); i++)
        atomic_store(&done[i], 0);
    return 0;
}

static int
teardown(void **state)
{
    (void)state;
    fixture_local_clear(&local);
    return 0;
}

static void
test_all_at_once(void **state)
{
    (void)state;
    run_threads(work);
    for (size_t i = 0; i < COUNT_OF(done); i++)
        assert_true(atomic_load(&done[i]) > THREADS);
    print_message("%u found, %u lists, %u signatures; %u requests\n", atomic_load(&done[0]),
                  atomic_load(&done[1]), atomic_load(&done[2]), asked);
}

/* Each of them is refused with the old token; only one finds the new one where it is kept. */
static void
test_token_changes_under_all(void **state)
{
    (void)state;
    sign("b");
    assert_int_equal(atomic_load(&broken), 0);
    set_token(2);
    atomic_store(&waiting, 0);
    signum_fake_respond_by(&local.fake, answer_together, NULL);
    run_threads(sign_once);
    assert_int_equal(atomic_load(&waiting), THREADS);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_all_at_once),
        TEST(test_token_changes_under_all),
    };

    return cmocka_run_group_tests_name("service_threads", tests, NULL, NULL);
}
