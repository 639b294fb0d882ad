#include "fixture.h"

#include <stdlib.h>
#include <string.h>

#include "core/base64.h"
#include "webhooks/deliveries.h"

/* Webhooks, the events they hear of, and their deliveries; sending is for the contract tests. */

#define NOW 1000000
#define COUNT_OF(array) (sizeof(array) / sizeof(array)[0])

static const struct signumd_delivery_pace pace = {3, 10};

static void
add(struct fixture *fixture, const char *name, const char *events)
{
    char secret[SIGNUMD_WEBHOOK_SECRET_SIZE];
    struct signumd_webhook webhook;

    memset(&webhook, 0, sizeof webhook);
    strcpy(webhook.name, name);
    strcpy(webhook.url, "https://example.com/hook");
    assert_status(signumd_texts_add(&webhook.events, events), SIGNUM_OK);
    assert_status(
        signumd_webhooks_add(fixture->db, &signumd_actor_local, &webhook, secret), SIGNUM_OK);
    assert_int_equal(strncmp(secret, "whsec_", 6), 0);
    assert_int_equal(strlen(secret), 6 + 44);
    assert_status(signumd_webhooks_add(fixture->db, &signumd_actor_local, &webhook, secret),
        SIGNUM_KEY_EXISTS);
    assert_string_equal(secret, "");
    signumd_webhook_clear(&webhook);
}

static void
happen(struct fixture *fixture, const char *action)
{
    assert_status(signumd_audit_event(fixture->db, action), SIGNUM_OK);
}

static size_t
scan(struct fixture *fixture)
{
    size_t count = 99;

    assert_status(signumd_deliveries_scan(fixture->db, NOW, &count), SIGNUM_OK);
    return count;
}

static int64_t
count_of(struct fixture *fixture, const char *state)
{
    int64_t count = -1;

    assert_status(signumd_db_get_number(fixture->db, &count,
                      "SELECT count(*) FROM deliveries WHERE state = ?", "t", state),
        SIGNUM_OK);
    return count;
}

static void
test_urls(void **state)
{
    static const char *const good[] = {"https://example.com", "https://example.com:8443/a?b=c",
        "https://[::1]/x", "https://localhost/"};
    static const char *const bad[] = {"", "http://example.com/", "https://", "https:///x",
        "https://:443/", "ftp://example.com", "HTTPS://example.com", "https://a b/",
        "https://user@example.com/", "https://example.com/#x", "https://example.com/\n",
        "https://ex\xc3\xa4mple.com/", "https://a/\"", "file:///etc/passwd"};
    char long_url[SIGNUMD_WEBHOOK_URL_MAX + 2] = "https://example.com/";

    (void)state;
    for (size_t i = 0; i < COUNT_OF(good); i++)
        if (signumd_webhook_check_url(good[i]) != NULL)
            fail_msg("%s", good[i]);
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        if (signumd_webhook_check_url(bad[i]) == NULL)
            fail_msg("%s", bad[i]);
    memset(long_url + strlen(long_url), 'a', sizeof long_url - 1 - strlen(long_url));
    assert_non_null(signumd_webhook_check_url(long_url));
}

static void
test_patterns(void **state)
{
    static const char *const good[] = {
        "*", "request.*", "request.created", "pin.locked", "certificate.expiring"};
    static const char *const bad[] = {"", ".", "request", "request.", ".created", "r*.x", "**",
        "request.cre*", "request.created ", "Request.created", "request.created.twice"};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(good); i++)
        if (signumd_webhook_check_event(good[i]) != NULL)
            fail_msg("%s", good[i]);
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        if (signumd_webhook_check_event(bad[i]) == NULL)
            fail_msg("%s", bad[i]);
    assert_true(signumd_webhook_wants("*", "key.create"));
    assert_true(signumd_webhook_wants("request.*", "request.created"));
    assert_false(signumd_webhook_wants("request.*", "release.created"));
    assert_true(signumd_webhook_wants("request.created", "request.created"));
    assert_false(signumd_webhook_wants("request.create", "request.created"));
}

static void
test_events(void **state)
{
    static const struct {
        const char *record;
        const char *event;
    } rows[] = {
        {"{\"action\":\"request.create\"}", "request.created"},
        {"{\"action\":\"request.approve\",\"state\":\"pending\"}", ""},
        {"{\"action\":\"request.approve\",\"state\":\"approved\"}", "request.approved"},
        {"{\"action\":\"request.approve\"}", ""},
        {"{\"action\":\"sign\",\"outcome\":\"signed\"}", ""},
        {"{\"action\":\"sign\",\"outcome\":\"signed\",\"approval\":\"x\"}", "request.signed"},
        {"{\"action\":\"sign\",\"outcome\":\"denied\",\"approval\":\"x\"}", ""},
        {"{\"action\":\"release.approve\",\"state\":\"active\"}", "release.approved"},
        {"{\"action\":\"key.create\"}", "key.create"},
        {"{\"action\":\"key.read\",\"decision\":\"deny\"}", ""},
        {"{\"action\":\"pin.lock\"}", "pin.lock"},
        {"{\"action\":\"ca.issue\"}", "certificate.issued"},
        {"{\"action\":\"ca.revoke\"}", "certificate.revoked"},
        {"{\"action\":\"ca.crl\"}", ""},
        {"{\"action\":\"cert.import\"}", "certificate.imported"},
        {"{\"action\":\"certificate.expiring\"}", "certificate.expiring"},
        {"{\"action\":\"user.add\"}", ""},
        {"{\"action\":7}", ""},
        {"{}", ""},
    };
    char event[SIGNUMD_WEBHOOK_EVENT_MAX];

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        assert_status(signumd_webhook_event_of(rows[i].record, event), SIGNUM_OK);
        assert_string_equal(event, rows[i].event);
    }
    assert_status(signumd_webhook_event_of("nonsense", event), SIGNUM_PROTOCOL);
    assert_string_equal(event, "");
}

/* Only what happens after it was added, and only what it asks for; each once. */
static void
test_scan(void **state)
{
    struct fixture *fixture = *state;
    struct signumd_delivery delivery;

    happen(fixture, "request.create");
    assert_int_equal(scan(fixture), 0);
    add(fixture, "requests", "request.*");
    add(fixture, "all", "*");
    happen(fixture, "request.create");
    happen(fixture, "key.create");
    happen(fixture, "user.add");
    assert_int_equal(scan(fixture), 3);
    assert_int_equal(scan(fixture), 0);
    signumd_delivery_init(&delivery);
    assert_status(signumd_deliveries_next(fixture->db, NOW - 1, &delivery), SIGNUM_NOT_FOUND);
    assert_status(signumd_deliveries_next(fixture->db, NOW, &delivery), SIGNUM_OK);
    assert_non_null(strstr(signum_buf_text(&delivery.body), "{\"type\":\"request.created\","
                                                            "\"timestamp\":\"1970-01-12T"));
    assert_non_null(strstr(signum_buf_text(&delivery.body), "\"action\":\"request.create\""));
    assert_int_equal(strncmp(delivery.id, "msg_", 4), 0);
    assert_string_equal(delivery.url, "https://example.com/hook");
    assert_string_equal(delivery.ca_file, "");
    signumd_delivery_clear(&delivery);
    assert_status(signumd_webhooks_remove(fixture->db, &signumd_actor_local, "all"), SIGNUM_OK);
    assert_status(
        signumd_webhooks_remove(fixture->db, &signumd_actor_local, "all"), SIGNUM_NOT_FOUND);
    assert_int_equal(count_of(fixture, "waiting"), 1);
}

static void
test_more_records_than_one_scan_takes(void **state)
{
    struct fixture *fixture = *state;
    size_t total = 0;

    add(fixture, "all", "*");
    for (int i = 0; i < 250; i++)
        happen(fixture, "key.create");
    for (int i = 0; i < 3; i++)
        total += scan(fixture);
    assert_int_equal(total, 250);
}

static void
test_failures_and_death(void **state)
{
    struct fixture *fixture = *state;
    struct signumd_delivery delivery;
    int64_t now = NOW;
    int64_t next = 0;

    add(fixture, "all", "*");
    happen(fixture, "key.create");
    happen(fixture, "key.delete");
    assert_int_equal(scan(fixture), 2);
    for (int64_t i = 0; i < pace.attempts_max; i++) {
        signumd_delivery_init(&delivery);
        assert_status(signumd_deliveries_next(fixture->db, now, &delivery), SIGNUM_OK);
        assert_int_equal(delivery.number, 1);
        assert_int_equal(delivery.attempts, i);
        assert_status(
            signumd_deliveries_note(fixture->db, &delivery, &pace, now, "HTTP 500", false),
            SIGNUM_OK);
        signumd_delivery_clear(&delivery);
        signumd_delivery_init(&delivery);
        assert_status(signumd_deliveries_next(fixture->db, now, &delivery), SIGNUM_NOT_FOUND);
        signumd_delivery_clear(&delivery);
        assert_status(signumd_db_get_number(
                          fixture->db, &next, "SELECT next FROM deliveries WHERE number = 1", ""),
            SIGNUM_OK);
        assert_true(next > now && next <= now + (pace.first_s << i));
        now = next;
    }
    assert_int_equal(count_of(fixture, "dead"), 1);
    assert_int_equal(count_of(fixture, "waiting"), 1);
    assert_status(
        signumd_deliveries_retry(fixture->db, &signumd_actor_local, "all", now), SIGNUM_OK);
    assert_status(
        signumd_deliveries_retry(fixture->db, &signumd_actor_local, "none", now), SIGNUM_NOT_FOUND);
    assert_int_equal(count_of(fixture, "waiting"), 2);
    signumd_delivery_init(&delivery);
    assert_status(signumd_deliveries_next(fixture->db, now, &delivery), SIGNUM_OK);
    assert_status(
        signumd_deliveries_note(fixture->db, &delivery, &pace, now, NULL, false), SIGNUM_OK);
    assert_status(signumd_deliveries_next(fixture->db, now, &delivery), SIGNUM_OK);
    assert_status(
        signumd_deliveries_note(fixture->db, &delivery, &pace, now, "HTTP 410", true), SIGNUM_OK);
    signumd_delivery_clear(&delivery);
    assert_int_equal(count_of(fixture, "delivered"), 1);
    assert_int_equal(count_of(fixture, "dead"), 1);
    assert_status(signumd_deliveries_prune(fixture->db, now + 8 * 86400), SIGNUM_OK);
    assert_int_equal(count_of(fixture, "delivered"), 0);
    assert_int_equal(count_of(fixture, "dead"), 1);
    assert_status(signumd_deliveries_prune(fixture->db, now + 31 * 86400), SIGNUM_OK);
    assert_int_equal(count_of(fixture, "dead"), 0);
}

static void
test_test_event(void **state)
{
    struct fixture *fixture = *state;

    assert_status(
        signumd_deliveries_test(fixture->db, &signumd_actor_local, "none", NOW), SIGNUM_NOT_FOUND);
    add(fixture, "one", "request.*");
    assert_status(
        signumd_deliveries_test(fixture->db, &signumd_actor_local, "one", NOW), SIGNUM_OK);
    assert_int_equal(scan(fixture), 0);
    assert_int_equal(count_of(fixture, "waiting"), 1);
}

static void
test_delay(void **state)
{
    (void)state;
    assert_int_equal(signumd_delivery_delay(1, 5, 0), 5);
    assert_int_equal(signumd_delivery_delay(2, 5, 0), 10);
    assert_int_equal(signumd_delivery_delay(50, 5, 0), 21600);
    for (uint32_t random = 0; random < 100000; random += 37) {
        int64_t delay = signumd_delivery_delay(4, 5, random);
        assert_true(delay >= 20 && delay <= 40);
        assert_int_equal(signumd_delivery_delay(1, 1, random), 1);
    }
}

/* The example that receivers' libraries test themselves with. */
static void
test_signature(void **state)
{
    struct signumd_delivery delivery;
    struct signum_buf secret;
    char signature[SIGNUMD_WEBHOOK_SIGNATURE_SIZE];

    (void)state;
    signumd_delivery_init(&delivery);
    signum_buf_init(&secret, sizeof delivery.secret);
    strcpy(delivery.id, "msg_p5jXN8AQM9LWM0D4loKWxJek");
    assert_status(signum_base64_decode(&secret, "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"), SIGNUM_OK);
    memcpy(delivery.secret, secret.data, secret.len); /* HMAC fills a short key up with zeros */
    signum_buf_put_text(&delivery.body, "{\"test\": 2432232314}");
    assert_status(signumd_delivery_sign(&delivery, 1614265330, signature), SIGNUM_OK);
    assert_string_equal(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    signum_buf_clear(&secret);
    signumd_delivery_clear(&delivery);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_open, fixture_close)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_urls),
        TEST(test_patterns),
        TEST(test_events),
        TEST(test_scan),
        TEST(test_more_records_than_one_scan_takes),
        TEST(test_failures_and_death),
        TEST(test_test_event),
        TEST(test_delay),
        TEST(test_signature),
    };

    return cmocka_run_group_tests_name("webhooks", tests, NULL, NULL);
}
