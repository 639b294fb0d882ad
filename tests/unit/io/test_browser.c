#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "io/browser.h"
#include "support/system.h"

/* The listener, and browsers of all kinds that come to it. */

static struct signum_browser browser;
static void *listener;
static struct signum_buf redirect;
static struct signum_buf query;

/* What comes to the listener, one connection after the other, and what the last one was answered.
 */
static const char *requests[4];
static char answer[1024];

static int
set_up(void **state)
{
    (void)state;
    memset(requests, 0, sizeof requests);
    memset(answer, 0, sizeof answer);
    signum_buf_init(&redirect, 256);
    signum_buf_init_secret(&query, 8192);
    signum_browser_open(&browser);
    return browser.listen(browser.self, &listener, &redirect) == SIGNUM_OK ? 0 : -1;
}

static int
tear_down(void **state)
{
    (void)state;
    browser.close(browser.self, listener);
    signum_buf_clear(&query);
    signum_buf_clear(&redirect);
    return 0;
}

static void
come(void *context)
{
    struct sockaddr_in address = {.sin_family = AF_INET};

    (void)context;
    signum_thread_block_pipe_signal();
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port =
        htons((uint16_t)strtoul(strrchr(signum_buf_text(&redirect), ':') + 1, NULL, 10));
    for (size_t i = 0; i < 4 && requests[i] != NULL; i++) {
        int peer = socket(AF_INET, SOCK_STREAM, 0);
        size_t len = 0;
        if (connect(peer, (struct sockaddr *)&address, sizeof address) == 0 &&
            send(peer, requests[i], strlen(requests[i]), 0) > 0) {
            (void)shutdown(peer, SHUT_WR);
            for (ssize_t got = 1; got > 0; len += (size_t)(got > 0 ? got : 0))
                got = recv(peer, answer + len, sizeof answer - 1 - len, 0);
        }
        answer[len] = 0;
        (void)close(peer);
    }
}

static enum signum_status
wait_for(uint64_t timeout_ms)
{
    struct signum_thread *thread = signum_thread_start(come, NULL);
    enum signum_status status = browser.wait(browser.self, listener, timeout_ms, &query);

    signum_thread_join(&thread);
    return status;
}

static void
test_redirect(void **state)
{
    (void)state;
    assert_int_equal(strncmp(signum_buf_text(&redirect), "http://127.0.0.1:", 17), 0);
    requests[0] = "GET /?code=a%20b&state=c HTTP/1.1\r\nHost: x\r\n\r\n";
    assert_int_equal(wait_for(10000), SIGNUM_OK);
    assert_string_equal(signum_buf_text(&query), "code=a%20b&state=c");
    assert_int_equal(strncmp(answer, "HTTP/1.1 200 OK\r\n", 17), 0);
    assert_non_null(strstr(answer, "Referrer-Policy: no-referrer\r\n"));
    assert_null(strstr(answer, "code="));
}

/* A browser asks for a picture of the site as well, and others come by. */
static void
test_others_come_by(void **state)
{
    (void)state;
    requests[0] = "GET /favicon.ico HTTP/1.1\r\n\r\n";
    requests[1] = "POST /?code=x HTTP/1.1\r\n\r\n";
    requests[2] = "\r\n\r\n";
    requests[3] = "GET /?code=good&state=s HTTP/1.1\r\n\r\n";
    assert_int_equal(wait_for(20000), SIGNUM_OK);
    assert_string_equal(signum_buf_text(&query), "code=good&state=s");
}

static void
test_answer_of_others(void **state)
{
    (void)state;
    requests[0] = "GET / HTTP/1.1\r\n\r\n";
    assert_int_equal(wait_for(1000), SIGNUM_TIMEOUT);
    assert_int_equal(strncmp(answer, "HTTP/1.1 404 ", 13), 0);
    assert_int_equal(query.len, 0);
}

static void
test_nobody_comes(void **state)
{
    (void)state;
    assert_int_equal(browser.wait(browser.self, listener, 200, &query), SIGNUM_TIMEOUT);
}

static void
test_two_listeners(void **state)
{
    void *other = NULL;
    struct signum_buf address;

    (void)state;
    signum_buf_init(&address, 256);
    assert_int_equal(browser.listen(browser.self, &other, &address), SIGNUM_OK);
    assert_string_not_equal(signum_buf_text(&address), signum_buf_text(&redirect));
    browser.close(browser.self, other);
    browser.close(browser.self, NULL);
    signum_buf_clear(&address);
}

static void
test_no_display(void **state)
{
    (void)state;
    (void)unsetenv("DISPLAY");
    (void)unsetenv("WAYLAND_DISPLAY");
    (void)unsetenv("BROWSER");
    assert_int_equal(browser.open(browser.self, "https://id.test"), SIGNUM_NOT_SUPPORTED);
    assert_int_equal(setenv("BROWSER", "/nowhere/at-all", 1), 0);
    assert_int_equal(browser.open(browser.self, "https://id.test"), SIGNUM_NOT_SUPPORTED);
    assert_int_equal(setenv("BROWSER", "/bin/true", 1), 0);
    assert_int_equal(browser.open(browser.self, "https://id.test"), SIGNUM_OK);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_redirect, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_others_come_by, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_answer_of_others, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_nobody_comes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_two_listeners, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_no_display, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
