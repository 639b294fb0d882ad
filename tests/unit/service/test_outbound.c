#include "fixture.h"

#include "outbound/outbound.h"

static struct signumd_outbound *
make(const char *ca_file)
{
    struct signumd_outbound *outbound = NULL;

    assert_status(signumd_outbound_new(ca_file, &outbound), SIGNUM_OK);
    assert_non_null(outbound);
    return outbound;
}

static enum signum_status
send(struct signumd_outbound *outbound, const struct signumd_outbound_request *request)
{
    struct signum_http_response response;

    signum_http_response_init(&response);
    enum signum_status status = signumd_outbound_send(outbound, request, &response);
    signum_http_response_clear(&response);
    return status;
}

/* What is no request at all never reaches the network. */
static void
test_refused(void **state)
{
    static const struct signumd_outbound_header bad = {"X", "a\r\nb"};
    static const char *const urls[] = {
        "http://127.0.0.1:9/", "file:///etc/hostname", "", "127.0.0.1"};
    struct signumd_outbound *outbound = make(NULL);

    (void)state;
    for (size_t i = 0; i < sizeof urls / sizeof urls[0]; i++) {
        const struct signumd_outbound_request request = {urls[i], NULL, 0, NULL, 1000, 1000};
        assert_status(send(outbound, &request), SIGNUM_INVALID_ARGUMENT);
    }
    const struct signumd_outbound_request header = {"https://127.0.0.1:9/", &bad, 1, NULL, 1000, 9};
    assert_status(send(outbound, &header), SIGNUM_INVALID_ARGUMENT);
    signumd_outbound_free(&outbound);
    assert_null(outbound);
    signumd_outbound_free(&outbound);
}

static void
test_nobody_there(void **state)
{
    const struct signumd_outbound_request get = {"https://127.0.0.1:9/", NULL, 0, NULL, 1000, 9};
    const struct signumd_outbound_request post = {"https://127.0.0.1:9/", NULL, 0, "x", 1000, 9};
    struct signumd_outbound *outbound = make(NULL);

    (void)state;
    assert_status(send(outbound, &get), SIGNUM_NETWORK);
    assert_status(send(outbound, &post), SIGNUM_NETWORK);
    signumd_outbound_free(&outbound);
}

static void
test_bad_ca_file(void **state)
{
    const struct signumd_outbound_request get = {"https://127.0.0.1:9/", NULL, 0, NULL, 1000, 9};
    struct signumd_outbound *outbound = make("/nowhere/ca.crt");

    (void)state;
    assert_status(send(outbound, &get), SIGNUM_BAD_SETTINGS);
    signumd_outbound_free(&outbound);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_nobody_there),
        cmocka_unit_test(test_bad_ca_file),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
