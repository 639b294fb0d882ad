#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <windows.h>
#include <wincrypt.h>

#include <cmocka.h>

#include "io/transport_curl.h"
#include "support/system.h"
#include "support/tls_server.h"

/* Windows' own chain engine: the authority is in the machine's store of roots, or not. */

#define WAIT_MS 20000

static struct signum_test_cert ca;
static struct signum_test_cert good;
static struct signum_test_cert expired;
static HCERTSTORE roots;
static PCCERT_CONTEXT root;
static struct signum_buf cause;

/* Before the first chain is built: the engine need not see what comes later. */
static int
trust(void)
{
    unsigned char *der = NULL;
    int len = i2d_X509(ca.cert, &der);
    BOOL is_added = CertAddEncodedCertificateToStore(roots, X509_ASN_ENCODING, der, (DWORD)len,
                                                     CERT_STORE_ADD_ALWAYS, &root);
    OPENSSL_free(der);
    /* Wine writes it to the registry now or when the store is closed */
    return !is_added || !CertControlStore(roots, 0, CERT_STORE_CTRL_COMMIT, NULL);
}

static int
start_all(void **state)
{
    (void)state;
    ca = signum_test_ca_make("Signum test root");
    good = signum_test_cert_make(&ca, "DNS:localhost,IP:127.0.0.1");
    expired = signum_test_expired_make(&ca, "DNS:localhost,IP:127.0.0.1");
    signum_buf_init(&cause, 4096);
    roots = CertOpenStore(CERT_STORE_PROV_SYSTEM_W, 0, 0, CERT_SYSTEM_STORE_LOCAL_MACHINE,
                          L"Root");
    return roots == NULL ? 1 : trust();
}

static int
stop_all(void **state)
{
    (void)state;
    (void)CertDeleteCertificateFromStore(root);
    (void)CertCloseStore(roots, 0);
    signum_test_cert_clear(&expired);
    signum_test_cert_clear(&good);
    signum_test_cert_clear(&ca);
    signum_buf_clear(&cause);
    return 0;
}

static enum signum_status
get(const struct signum_test_cert *cert, const char *host)
{
    struct signum_tls_server *server = signum_tls_server_start(cert, 0, 0);
    const struct signum_transport_options options = {.user_agent = "test"};
    struct signum_transport transport;
    struct signum_http_request request;
    struct signum_http_response response;

    signum_buf_clear(&cause);
    signum_http_request_init(&request);
    signum_http_response_init(&response);
    request.method = "GET";
    signum_buf_printf(&request.url, "https://%s:%s/echo", host, signum_tls_server_port(server));
    assert_int_equal(signum_transport_curl_open(NULL, &options, &transport), SIGNUM_OK);
    enum signum_status status =
        transport.send(transport.self, &request, WAIT_MS, &response, &cause);
    transport.free(transport.self);
    signum_http_response_clear(&response);
    signum_http_request_clear(&request);
    signum_tls_server_stop(&server);
    return status;
}

static void
test_unknown_root(void **state)
{
    struct signum_test_cert other_ca = signum_test_ca_make("Signum unknown root");
    struct signum_test_cert cert = signum_test_cert_make(&other_ca, "DNS:localhost");

    (void)state;
    assert_int_equal(get(&cert, "localhost"), SIGNUM_TLS);
    signum_test_cert_clear(&cert);
    signum_test_cert_clear(&other_ca);
}

static void
test_known_root(void **state)
{
    (void)state;
    if (get(&good, "localhost") != SIGNUM_OK)
        fail_msg("%s", signum_buf_text(&cause));
    assert_int_equal(get(&good, "127.0.0.1"), SIGNUM_OK);
}

static void
test_wrong_host(void **state)
{
    struct signum_test_cert other = signum_test_cert_make(&ca, "DNS:other.test");

    (void)state;
    assert_int_equal(get(&other, "localhost"), SIGNUM_TLS);
    assert_int_equal(get(&other, "127.0.0.1"), SIGNUM_TLS);
    signum_test_cert_clear(&other);
}

static void
test_expired(void **state)
{
    (void)state;
    assert_int_equal(get(&expired, "localhost"), SIGNUM_TLS);
}

/* The name is the same, but not the key. */
static void
test_false_root(void **state)
{
    struct signum_test_cert false_ca = signum_test_ca_make("Signum test root");
    struct signum_test_cert cert = signum_test_cert_make(&false_ca, "DNS:localhost");

    (void)state;
    assert_int_equal(get(&cert, "localhost"), SIGNUM_TLS);
    signum_test_cert_clear(&cert);
    signum_test_cert_clear(&false_ca);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test(name)
    const struct CMUnitTest tests[] = {
        TEST(test_unknown_root),
        TEST(test_known_root),
        TEST(test_wrong_host),
        TEST(test_expired),
        TEST(test_false_root),
    };
    return cmocka_run_group_tests(tests, start_all, stop_all);
}
