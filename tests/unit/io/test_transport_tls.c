#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/ssl.h>

#include "io/files.h"
#include "io/transport_curl.h"
#include "support/system.h"
#include "support/tls_server.h"

/* The client's own certificate, redirects, and the switch that trusts anybody. */

#define WAIT_MS 20000

static char base[64];
static char ca_path[128];
static char cert_path[128];
static char key_path[128];
static char open_key_path[128];
static struct signum_test_cert ca;
static struct signum_test_cert other_ca;
static struct signum_test_cert cert;
static struct signum_test_cert client;
/* Both demand a certificate. With TLS 1.3 the word of a refusal may be lost with the connection. */
static struct signum_tls_server *server; /* TLS 1.2 */
static struct signum_tls_server *server13;
static struct signum_tls_server *plain;
static struct signum_transport_options options;
static struct signum_http_request request;
static struct signum_http_response response;
static struct signum_buf cause;

static void
write_key(const struct signum_test_cert *of)
{
    char *pem = signum_test_key_pem(of);

    assert_int_equal(signum_files_write_private(
                         key_path, (struct signum_bytes){(uint8_t *)pem, strlen(pem)}),
                     SIGNUM_OK);
    signum_temp_file_write(open_key_path, pem);
    free(pem);
}

static int
start_all(void **state)
{
    (void)state;
    signum_temp_folder_make(base, sizeof base);
    (void)snprintf(ca_path, sizeof ca_path, "%s/ca.pem", base);
    (void)snprintf(cert_path, sizeof cert_path, "%s/client.pem", base);
    (void)snprintf(key_path, sizeof key_path, "%s/client.key", base);
    (void)snprintf(open_key_path, sizeof open_key_path, "%s/open.key", base);
    ca = signum_test_ca_make("test CA");
    other_ca = signum_test_ca_make("other CA");
    cert = signum_test_cert_make(&ca, "DNS:localhost,IP:127.0.0.1");
    signum_test_cert_write(&ca, ca_path);
    server = signum_tls_server_start(&cert, 0, TLS1_2_VERSION);
    signum_tls_server_demand(server, &ca);
    server13 = signum_tls_server_start(&cert, TLS1_3_VERSION, 0);
    signum_tls_server_demand(server13, &ca);
    plain = signum_tls_server_start(&cert, 0, 0);
    return 0;
}

static int
stop_all(void **state)
{
    (void)state;
    signum_tls_server_stop(&server);
    signum_tls_server_stop(&server13);
    signum_tls_server_stop(&plain);
    signum_test_cert_clear(&cert);
    signum_test_cert_clear(&other_ca);
    signum_test_cert_clear(&ca);
    signum_temp_folder_remove(base);
    return 0;
}

static int
set_up(void **state)
{
    (void)state;
    client = signum_test_client_make(&ca);
    signum_test_cert_write(&client, cert_path);
    write_key(&client);
    options = (struct signum_transport_options){
        .ca_file = ca_path,
        .certificate_file = cert_path,
        .certificate_key_file = key_path,
    };
    signum_http_request_init(&request);
    request.method = "GET";
    signum_http_response_init(&response);
    signum_buf_init(&cause, 4096);
    return 0;
}

static int
tear_down(void **state)
{
    (void)state;
    signum_test_cert_clear(&client);
    signum_http_request_clear(&request);
    signum_http_response_clear(&response);
    signum_buf_clear(&cause);
    return 0;
}

/* One request by a transport of its own. */
static enum signum_status
get(struct signum_tls_server *from, const char *path)
{
    struct signum_transport transport;

    signum_buf_clear(&cause);
    signum_buf_clear(&request.url);
    signum_buf_printf(&request.url, "https://127.0.0.1:%s%s", signum_tls_server_port(from), path);
    assert_int_equal(signum_transport_curl_open(NULL, &options, &transport), SIGNUM_OK);
    enum signum_status status =
        transport.send(transport.self, &request, WAIT_MS, &response, &cause);
    transport.free(transport.self);
    return status;
}

static void
expect_refusal(enum signum_status expected, const char *words)
{
    enum signum_status status = get(server, "/echo");

    if (status != expected || strstr(signum_buf_text(&cause), words) == NULL)
        fail_msg("%s: %s", signum_status_name(status), signum_buf_text(&cause));
    assert_false(response.is_unsent);
    assert_null(strstr(signum_buf_text(&cause), "PRIVATE KEY"));
}

static void
test_certificate_is_shown(void **state)
{
    (void)state;
    if (get(server, "/echo") != SIGNUM_OK)
        fail_msg("%s", signum_buf_text(&cause));
    assert_int_equal(response.status, 200);
    assert_int_equal(get(server13, "/echo"), SIGNUM_OK);
}

static void
test_without_certificate(void **state)
{
    (void)state;
    options.certificate_file = NULL;
    options.certificate_key_file = NULL;
    expect_refusal(SIGNUM_TLS, "alert");
    assert_int_not_equal(get(server13, "/echo"), SIGNUM_OK);
}

static void
test_certificate_of_another_authority(void **state)
{
    (void)state;
    signum_test_cert_clear(&client);
    client = signum_test_client_make(&other_ca);
    signum_test_cert_write(&client, cert_path);
    write_key(&client);
    expect_refusal(SIGNUM_TLS, "alert");
}

static void
test_key_of_another_certificate(void **state)
{
    (void)state;
    write_key(&ca);
    expect_refusal(SIGNUM_TLS, "private key");
}

static void
test_files_that_are_wrong(void **state)
{
    (void)state;
    options.certificate_key_file = NULL;
    expect_refusal(SIGNUM_BAD_SETTINGS, "both");
    options.certificate_key_file = ".";
    expect_refusal(SIGNUM_BAD_SETTINGS, "the client certificate's key .");
    options.certificate_key_file = key_path;
    options.certificate_file = "no such file";
    expect_refusal(SIGNUM_BAD_SETTINGS, "the client certificate no such file");
    options.certificate_file = cert_path;
    signum_temp_file_write(cert_path, "not a certificate");
    expect_refusal(SIGNUM_BAD_SETTINGS, "PEM");
}

#ifndef _WIN32
static void
test_key_that_others_may_read(void **state)
{
    (void)state;
    options.certificate_key_file = open_key_path;
    expect_refusal(SIGNUM_BAD_SETTINGS, "everybody may read it");
}
#endif

/* A redirect is an answer like others: nobody else gets the credential. */
static void
test_redirect_carries_nothing_elsewhere(void **state)
{
    char path[64];

    (void)state;
    assert_int_equal(signum_http_add_header(&request.headers, "Authorization", "Bearer abc"),
                     SIGNUM_OK);
    (void)snprintf(path, sizeof path, "/elsewhere/%s", signum_tls_server_port(plain));
    unsigned before = signum_tls_server_connections(plain);
    assert_int_equal(get(server, path), SIGNUM_OK);
    assert_int_equal(response.status, 302);
    assert_non_null(signum_http_header(&response.headers, "Location"));
    assert_int_equal(signum_tls_server_connections(plain), before);
}

static void
test_anybody_is_trusted_by_the_switch_alone(void **state)
{
    (void)state;
    signum_test_cert_write(&other_ca, cert_path);
    options = (struct signum_transport_options){.ca_file = cert_path};
    assert_int_equal(get(plain, "/echo"), SIGNUM_TLS);
    options.accepts_any_certificate = true;
    assert_int_equal(get(plain, "/echo"), SIGNUM_OK);
}

/* Only a request that nobody has seen is one that went nowhere. */
static void
test_unsent(void **state)
{
    struct signum_transport transport;

    (void)state;
    options.certificate_file = NULL;
    options.certificate_key_file = NULL;
    assert_int_equal(get(plain, "/cut"), SIGNUM_NETWORK);
    assert_false(response.is_unsent);
    assert_int_equal(signum_transport_curl_open(NULL, &options, &transport), SIGNUM_OK);
    signum_buf_clear(&request.url);
    signum_buf_put_text(&request.url, "https://127.0.0.1:1/");
    assert_int_equal(transport.send(transport.self, &request, WAIT_MS, &response, &cause),
                     SIGNUM_NETWORK);
    assert_true(response.is_unsent);
    transport.free(transport.self);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_certificate_is_shown),
        TEST(test_without_certificate),
        TEST(test_certificate_of_another_authority),
        TEST(test_key_of_another_certificate),
        TEST(test_files_that_are_wrong),
#ifndef _WIN32
        TEST(test_key_that_others_may_read),
#endif
        TEST(test_redirect_carries_nothing_elsewhere),
        TEST(test_anybody_is_trusted_by_the_switch_alone),
        TEST(test_unsent),
    };
    return cmocka_run_group_tests(tests, start_all, stop_all);
}
