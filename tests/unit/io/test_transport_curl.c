#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/ssl.h>

#include "io/transport_curl.h"
#include "support/system.h"
#include "support/tls_server.h"

#define WAIT_MS 20000
#define THREADS 4

static char base[64];
static char ca_path[128];
static struct signum_test_cert ca;
static struct signum_test_cert cert;
static struct signum_tls_server *server;
static struct signum_transport transport;
static struct signum_http_request request;
static struct signum_http_response response;
static struct signum_buf cause;

static int
start_all(void **state)
{
    (void)state;
    signum_temp_folder_make(base, sizeof base);
    (void)snprintf(ca_path, sizeof ca_path, "%s/ca.pem", base);
    ca = signum_test_ca_make("test CA");
    cert = signum_test_cert_make(&ca, "DNS:localhost,IP:127.0.0.1");
    signum_test_cert_write(&ca, ca_path);
    server = signum_tls_server_start(&cert, 0, 0);
    return 0;
}

static int
stop_all(void **state)
{
    (void)state;
    signum_tls_server_stop(&server);
    signum_test_cert_clear(&cert);
    signum_test_cert_clear(&ca);
    signum_temp_folder_remove(base);
    return 0;
}

static void
open_with(const char *ca_file)
{
    const struct signum_transport_options options = {
        .ca_file = ca_file,
        .user_agent = "test/1.0",
    };

    if (transport.free != NULL)
        transport.free(transport.self);
    assert_int_equal(signum_transport_curl_open(NULL, &options, &transport), SIGNUM_OK);
}

static int
set_up(void **state)
{
    (void)state;
    signum_http_request_init(&request);
    signum_http_response_init(&response);
    signum_buf_init(&cause, 4096);
    transport = (struct signum_transport){0};
    open_with(ca_path);
    return 0;
}

static int
tear_down(void **state)
{
    (void)state;
    transport.free(transport.self);
    signum_http_request_clear(&request);
    signum_http_response_clear(&response);
    signum_buf_clear(&cause);
    return 0;
}

static enum signum_status
send_to(struct signum_tls_server *to, const char *host, const char *path, uint64_t timeout_ms)
{
    signum_buf_clear(&request.url);
    signum_buf_clear(&cause);
    signum_buf_printf(&request.url, "https://%s:%s%s", host, signum_tls_server_port(to), path);
    return transport.send(transport.self, &request, timeout_ms, &response, &cause);
}

static enum signum_status
get(const char *path)
{
    return send_to(server, "127.0.0.1", path, WAIT_MS);
}

/* A failure leaves nothing in the response and says why. */
static void
expect_failure(const char *path, enum signum_status expected)
{
    enum signum_status status = get(path);

    if (status != expected)
        fail_msg("%s: %s: %s", path, signum_status_name(status), signum_buf_text(&cause));
    assert_int_equal(response.status, 0);
    assert_int_equal(response.headers.count, 0);
    assert_int_equal(response.body.len, 0);
    assert_true(cause.len > 0);
}

static void
test_get(void **state)
{
    (void)state;
    assert_int_equal(signum_http_add_header(&request.headers, "Authorization", "Bearer abc"),
                     SIGNUM_OK);
    assert_int_equal(signum_http_add_header(&request.headers, "X-Nothing", ""), SIGNUM_OK);
    assert_int_equal(get("/echo"), SIGNUM_OK);
    assert_int_equal(response.status, 200);
    const char *text = signum_buf_text(&response.body);
    assert_int_equal(strncmp(text, "GET /echo HTTP/1.1\r\n", 20), 0);
    assert_non_null(strstr(text, "\r\nAuthorization: Bearer abc\r\n"));
    assert_non_null(strstr(text, "\r\nX-Nothing:\r\n"));
    assert_non_null(strstr(text, "\r\nUser-Agent: test/1.0\r\n"));
    assert_null(strstr(text, "Content-"));
    assert_string_equal(signum_http_header(&response.headers, "content-type"), "text/plain");
    assert_string_equal(signum_http_header(&response.headers, "X-Empty"), "");
    assert_int_equal(cause.len, 0);
}

static void
test_post(void **state)
{
    (void)state;
    request.method = "POST";
    assert_int_equal(signum_http_add_header(&request.headers, "Content-Type", "application/json"),
                     SIGNUM_OK);
    for (int i = 0; i < 4000; i++)
        signum_buf_put_text(&request.body, "0123456789");
    assert_int_equal(get("/echo"), SIGNUM_OK);
    const char *text = signum_buf_text(&response.body);
    assert_int_equal(strncmp(text, "POST /echo HTTP/1.1\r\n", 21), 0);
    assert_non_null(strstr(text, "\r\nContent-Type: application/json\r\n"));
    assert_non_null(strstr(text, "\r\nContent-Length: 40000\r\n"));
    assert_null(strstr(text, "Expect"));
    assert_string_equal(strstr(text, "\r\n\r\n") + 4, signum_buf_text(&request.body));
}

static void
test_post_of_nothing_and_delete(void **state)
{
    (void)state;
    request.method = "POST";
    assert_int_equal(get("/echo"), SIGNUM_OK);
    assert_non_null(strstr(signum_buf_text(&response.body), "\r\nContent-Length: 0\r\n"));
    assert_null(strstr(signum_buf_text(&response.body), "Content-Type"));
    request.method = "DELETE";
    assert_int_equal(get("/echo"), SIGNUM_OK);
    assert_int_equal(strncmp(signum_buf_text(&response.body), "DELETE /echo ", 13), 0);
    request.method = "GET";
    assert_int_equal(get("/echo"), SIGNUM_OK);
    assert_int_equal(strncmp(signum_buf_text(&response.body), "GET /echo ", 10), 0);
}

static void
test_any_http_status_is_a_response(void **state)
{
    static const unsigned codes[] = {201, 400, 401, 403, 404, 429, 500, 503};

    (void)state;
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        char path[32];
        (void)snprintf(path, sizeof path, "/status/%u", codes[i]);
        assert_int_equal(get(path), SIGNUM_OK);
        assert_int_equal(response.status, codes[i]);
        assert_string_equal(signum_buf_text(&response.body), "{}");
        assert_int_equal(signum_http_retry_after_ms(&response), 7000);
    }
}

static void
test_connection_is_kept(void **state)
{
    (void)state;
    unsigned before = signum_tls_server_connections(server);
    for (int i = 0; i < 5; i++)
        assert_int_equal(get("/echo"), SIGNUM_OK);
    assert_int_equal(signum_tls_server_connections(server) - before, 1);
}

static void
test_interim_response_is_passed_over(void **state)
{
    (void)state;
    assert_int_equal(get("/interim"), SIGNUM_OK);
    assert_int_equal(response.status, 200);
    assert_null(signum_http_header(&response.headers, "X-Early"));
    assert_string_equal(signum_http_header(&response.headers, "X-Late"), "yes");
    assert_string_equal(signum_buf_text(&response.body), "late");
}

static void
test_redirect_is_not_followed(void **state)
{
    (void)state;
    unsigned before = signum_tls_server_requests(server);
    assert_int_equal(get("/redirect"), SIGNUM_OK);
    assert_int_equal(response.status, 302);
    assert_int_equal(signum_tls_server_requests(server) - before, 1);
}

static void
test_limits(void **state)
{
    (void)state;
    expect_failure("/large", SIGNUM_TOO_LARGE);
    expect_failure("/endless", SIGNUM_TOO_LARGE);
    expect_failure("/headers", SIGNUM_TOO_LARGE);
    assert_int_equal(get("/many"), SIGNUM_OK);
    assert_int_equal(response.headers.count, SIGNUM_HTTP_HEADERS_MAX);
    assert_string_equal(signum_buf_text(&response.body), "many");
}

static void
test_broken_answers(void **state)
{
    (void)state;
    expect_failure("/cut", SIGNUM_NETWORK);
    expect_failure("/half", SIGNUM_NETWORK);
    expect_failure("/garbage", SIGNUM_PROTOCOL);
    assert_int_equal(get("/echo"), SIGNUM_OK);
}

static void
test_time_is_limited(void **state)
{
    (void)state;
    assert_int_equal(send_to(server, "127.0.0.1", "/slow", 300), SIGNUM_TIMEOUT);
    assert_int_equal(response.status, 0);
    assert_true(cause.len > 0);
    unsigned before = signum_tls_server_requests(server);
    assert_int_equal(send_to(server, "127.0.0.1", "/echo", 0), SIGNUM_TIMEOUT);
    assert_int_equal(signum_tls_server_requests(server), before);
}

static void
test_nobody_listens(void **state)
{
    struct signum_tls_server *other = signum_tls_server_start(&cert, 0, 0);
    char port[16];

    (void)state;
    (void)snprintf(port, sizeof port, "%s", signum_tls_server_port(other));
    signum_tls_server_stop(&other);
    signum_buf_clear(&request.url);
    signum_buf_printf(&request.url, "https://127.0.0.1:%s/echo", port);
    assert_int_equal(transport.send(transport.self, &request, WAIT_MS, &response, &cause),
                     SIGNUM_NETWORK);
    assert_true(cause.len > 0);
}

static void
test_unknown_host(void **state)
{
    (void)state;
    signum_buf_put_text(&request.url, "https://no-such-host.invalid/");
    assert_int_equal(transport.send(transport.self, &request, WAIT_MS, &response, &cause),
                     SIGNUM_NETWORK);
    assert_non_null(strstr(signum_buf_text(&cause), "no-such-host.invalid"));
}

static void
test_only_https(void **state)
{
    static const char *const urls[] = {"", "http://127.0.0.1/", "file:///etc/passwd",
                                       "HTTPS://127.0.0.1/", "ftp://x"};

    (void)state;
    for (size_t i = 0; i < sizeof urls / sizeof urls[0]; i++) {
        signum_buf_clear(&request.url);
        signum_buf_put_text(&request.url, urls[i]);
        assert_int_equal(transport.send(transport.self, &request, WAIT_MS, &response, &cause),
                         SIGNUM_BAD_SETTINGS);
    }
    signum_buf_clear(&request.url);
    signum_buf_put_text(&request.url, "https://");
    assert_int_equal(transport.send(transport.self, &request, WAIT_MS, &response, &cause),
                     SIGNUM_BAD_SETTINGS);
}

static void
test_wrong_authority(void **state)
{
    struct signum_test_cert other = signum_test_ca_make("another CA");
    char path[128];

    (void)state;
    (void)snprintf(path, sizeof path, "%s/other.pem", base);
    signum_test_cert_write(&other, path);
    signum_test_cert_clear(&other);
    open_with(path);
    unsigned before = signum_tls_server_requests(server);
    expect_failure("/echo", SIGNUM_TLS);
    assert_int_equal(signum_tls_server_requests(server), before);
}

static void
test_system_trust_does_not_know_the_test_authority(void **state)
{
    (void)state;
    open_with(NULL);
    expect_failure("/echo", SIGNUM_TLS);
}

static void
test_wrong_host_name(void **state)
{
    struct signum_test_cert wrong = signum_test_cert_make(&ca, "DNS:elsewhere.test");
    struct signum_tls_server *other = signum_tls_server_start(&wrong, 0, 0);

    (void)state;
    assert_int_equal(send_to(other, "127.0.0.1", "/echo", WAIT_MS), SIGNUM_TLS);
    assert_int_equal(send_to(other, "localhost", "/echo", WAIT_MS), SIGNUM_TLS);
    assert_int_equal(signum_tls_server_requests(other), 0);
    open_with(ca_path);
    signum_tls_server_stop(&other);
    signum_test_cert_clear(&wrong);
}

static void
test_tls_versions(void **state)
{
    static const int versions[] = {TLS1_3_VERSION, TLS1_2_VERSION};

    (void)state;
    for (size_t i = 0; i < sizeof versions / sizeof versions[0]; i++) {
        struct signum_tls_server *other =
            signum_tls_server_start(&cert, versions[i], versions[i]);
        assert_int_equal(send_to(other, "127.0.0.1", "/echo", WAIT_MS), SIGNUM_OK);
        open_with(ca_path);
        signum_tls_server_stop(&other);
    }
}

static void
test_ca_file_problems(void **state)
{
    char path[128];

    (void)state;
    (void)snprintf(path, sizeof path, "%s/none.pem", base);
    open_with(path);
    expect_failure("/echo", SIGNUM_BAD_SETTINGS);
    assert_non_null(strstr(signum_buf_text(&cause), path));
    signum_temp_file_write(path, "this is no PEM");
    expect_failure("/echo", SIGNUM_BAD_SETTINGS);
    signum_temp_file_write(path, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
    open_with(path);
    expect_failure("/echo", SIGNUM_BAD_SETTINGS);
    /* Put right while the transport is open. */
    (void)snprintf(path, sizeof path, "%s/later.pem", base);
    open_with(path);
    expect_failure("/echo", SIGNUM_BAD_SETTINGS);
    signum_test_cert_write(&ca, path);
    assert_int_equal(get("/echo"), SIGNUM_OK);
}

struct caller {
    enum signum_status status;
    unsigned http_status;
};

static void
call_some(void *context)
{
    struct caller *caller = context;
    struct signum_http_request mine;
    struct signum_http_response answer;
    struct signum_buf why;

    signum_http_request_init(&mine);
    signum_http_response_init(&answer);
    signum_buf_init(&why, 1024);
    signum_buf_printf(&mine.url, "https://127.0.0.1:%s/echo", signum_tls_server_port(server));
    for (int i = 0; i < 10 && caller->status == SIGNUM_OK; i++) {
        caller->status = transport.send(transport.self, &mine, WAIT_MS, &answer, &why);
        caller->http_status = answer.status;
    }
    signum_buf_clear(&why);
    signum_http_response_clear(&answer);
    signum_http_request_clear(&mine);
    OPENSSL_thread_stop();
}

static void
test_threads_have_their_own_connections(void **state)
{
    struct signum_thread *threads[THREADS];
    struct caller callers[THREADS] = {{SIGNUM_OK, 0}};

    (void)state;
    unsigned before = signum_tls_server_connections(server);
    for (int i = 0; i < THREADS; i++)
        threads[i] = signum_thread_start(call_some, &callers[i]);
    for (int i = 0; i < THREADS; i++)
        signum_thread_join(&threads[i]);
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(callers[i].status, SIGNUM_OK);
        assert_int_equal(callers[i].http_status, 200);
    }
    assert_true(signum_tls_server_connections(server) - before <= THREADS);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_get),
        TEST(test_post),
        TEST(test_post_of_nothing_and_delete),
        TEST(test_any_http_status_is_a_response),
        TEST(test_connection_is_kept),
        TEST(test_interim_response_is_passed_over),
        TEST(test_redirect_is_not_followed),
        TEST(test_limits),
        TEST(test_broken_answers),
        TEST(test_time_is_limited),
        TEST(test_nobody_listens),
        TEST(test_unknown_host),
        TEST(test_only_https),
        TEST(test_wrong_authority),
        TEST(test_system_trust_does_not_know_the_test_authority),
        TEST(test_wrong_host_name),
        TEST(test_tls_versions),
        TEST(test_ca_file_problems),
        TEST(test_threads_have_their_own_connections),
    };
    return cmocka_run_group_tests(tests, start_all, stop_all);
}
