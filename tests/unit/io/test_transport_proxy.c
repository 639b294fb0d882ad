#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include <openssl/bio.h>

#include "io/transport_curl.h"
#include "support/system.h"
#include "support/tls_server.h"

/* Through tinyproxy, which wants a name and a password. */

#define WAIT_MS 10000
#define USERNAME "builder"
#define PASSWORD "marked-proxy-password"

/* The number of 127.0.0.1: a service on this machine is not reached through a proxy otherwise. */
#define HOST "2130706433"

static char base[64];
static char ca_path[128];
static char proxy_url[64];
static char proxy_port[16];
static pid_t proxy_pid;
static struct signum_test_cert ca;
static struct signum_test_cert cert;
static struct signum_tls_server *server;
static struct signum_transport_options options;
static struct signum_http_response response;
static struct signum_buf cause;

static void
find_free_port(void)
{
    BIO *listener = BIO_new_accept("127.0.0.1:0");

    assert_true(listener != NULL && BIO_do_accept(listener) > 0);
    (void)snprintf(proxy_port, sizeof proxy_port, "%s", BIO_get_accept_port(listener));
    BIO_free_all(listener);
}

static void
start_proxy(void)
{
    char conf[128];
    char text[512];

    find_free_port();
    (void)snprintf(conf, sizeof conf, "%s/tinyproxy.conf", base);
    (void)snprintf(text, sizeof text,
                   "Port %s\nListen 127.0.0.1\nTimeout 20\nMaxClients 8\nAllow 127.0.0.1\n"
                   "BasicAuth " USERNAME " " PASSWORD "\nDisableViaHeader Yes\n",
                   proxy_port);
    signum_temp_file_write(conf, text);
    (void)snprintf(proxy_url, sizeof proxy_url, "http://127.0.0.1:%s", proxy_port);
    proxy_pid = fork();
    if (proxy_pid == 0) {
        (void)alarm(60);
        if (freopen("/dev/null", "w", stdout) != NULL)
            (void)execlp("tinyproxy", "tinyproxy", "-d", "-c", conf, (char *)NULL);
        _exit(127);
    }
    for (int i = 0; i < 5000; i++) {
        BIO *probe = BIO_new_connect(proxy_url + strlen("http://"));
        bool is_up = BIO_do_connect(probe) > 0;
        BIO_free_all(probe);
        if (is_up)
            return;
        signum_thread_pause();
    }
    fail_msg("tinyproxy does not start");
}

static int
start_all(void **state)
{
    (void)state;
    signum_temp_folder_make(base, sizeof base);
    (void)snprintf(ca_path, sizeof ca_path, "%s/ca.pem", base);
    ca = signum_test_ca_make("test CA");
    cert = signum_test_cert_make(&ca, "IP:127.0.0.1");
    signum_test_cert_write(&ca, ca_path);
    start_proxy();
    server = signum_tls_server_start(&cert, 0, 0);
    return 0;
}

static int
stop_all(void **state)
{
    (void)state;
    signum_tls_server_stop(&server);
    (void)kill(proxy_pid, SIGTERM);
    (void)waitpid(proxy_pid, NULL, 0);
    signum_test_cert_clear(&cert);
    signum_test_cert_clear(&ca);
    signum_temp_folder_remove(base);
    return 0;
}

static int
set_up(void **state)
{
    (void)state;
    options = (struct signum_transport_options){
        .ca_file = ca_path,
        .proxy = proxy_url,
        .proxy_username = USERNAME,
        .proxy_password = PASSWORD,
    };
    signum_http_response_init(&response);
    signum_buf_init(&cause, 4096);
    return 0;
}

static int
tear_down(void **state)
{
    (void)state;
    signum_system_set_variable("HTTPS_PROXY", NULL);
    signum_system_set_variable("NO_PROXY", NULL);
    signum_http_response_clear(&response);
    signum_buf_clear(&cause);
    return 0;
}

static enum signum_status
get(void)
{
    struct signum_transport transport;
    struct signum_http_request request;

    signum_http_request_init(&request);
    request.method = "GET";
    signum_buf_clear(&cause);
    signum_buf_printf(&request.url, "https://" HOST ":%s/echo", signum_tls_server_port(server));
    assert_int_equal(signum_transport_curl_open(NULL, &options, &transport), SIGNUM_OK);
    enum signum_status status =
        transport.send(transport.self, &request, WAIT_MS, &response, &cause);
    transport.free(transport.self);
    signum_http_request_clear(&request);
    assert_null(strstr(signum_buf_text(&cause), PASSWORD));
    return status;
}

/* Nothing of the proxy's reaches the service. */
static void
test_settings(void **state)
{
    (void)state;
    if (get() != SIGNUM_OK)
        fail_msg("%s", signum_buf_text(&cause));
    assert_int_equal(response.status, 200);
    assert_null(strstr(signum_buf_text(&response.body), "Proxy-"));
}

static void
test_wrong_password(void **state)
{
    (void)state;
    unsigned before = signum_tls_server_connections(server);
    options.proxy_password = "wrong";
    assert_int_equal(get(), SIGNUM_NETWORK);
    assert_non_null(strstr(signum_buf_text(&cause), "response 401"));
    options.proxy_username = NULL;
    assert_int_equal(get(), SIGNUM_NETWORK);
    assert_non_null(strstr(signum_buf_text(&cause), "response 407"));
    assert_int_equal(signum_tls_server_connections(server), before);
}

static void
test_environment(void **state)
{
    char with_password[128];

    (void)state;
    options.proxy = NULL;
    options.proxy_username = NULL;
    (void)snprintf(with_password, sizeof with_password, "http://" USERNAME ":" PASSWORD
                   "@127.0.0.1:%s", proxy_port);
    signum_system_set_variable("HTTPS_PROXY", with_password);
    assert_int_equal(get(), SIGNUM_OK);
    signum_system_set_variable("HTTPS_PROXY", proxy_url);
    assert_int_equal(get(), SIGNUM_NETWORK);
    signum_system_set_variable("NO_PROXY", "127.0.0.1");
    assert_int_equal(get(), SIGNUM_OK);
}

static void
test_exceptions(void **state)
{
    (void)state;
    signum_system_set_variable("HTTPS_PROXY", "http://127.0.0.1:1");
    options.proxy_username = NULL;
    options.proxy = "direct";
    assert_int_equal(get(), SIGNUM_OK);
    options.proxy = NULL;
    assert_int_equal(get(), SIGNUM_NETWORK);
    assert_true(response.is_unsent);
    options.no_proxy = "example.com,127.0.0.1";
    assert_int_equal(get(), SIGNUM_OK);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_settings),
        TEST(test_wrong_password),
        TEST(test_environment),
        TEST(test_exceptions),
    };
    return cmocka_run_group_tests(tests, start_all, stop_all);
}
