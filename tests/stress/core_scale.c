/*
 * core_scale: what ten thousand keys cost the core, natively, against fake_service.py. The settings
 * name the services big and small. A line per check.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/session.h"
#include "io/ports_real.h"

#define KEYS 10000
#define FEW 10
#define LOOKUPS 200000u
#define LIST_MS_MAX 10000 /* generous: a busy machine, and the service's own time is in it */
#define LOOKUP_NS_MAX 20000 /* generous as well; going through all the names takes more */

static struct signum_ports ports;
static struct signum_report report;
static int failures;

static void
check(bool is_true, const char *what)
{
    printf("%s %s\n", is_true ? "ok" : "not ok", what);
    failures += !is_true;
}

static uint64_t
now_ms(void)
{
    return ports.clock.monotonic_ms(ports.clock.self);
}

/* Opens keys of the list many times, in no order; gives the nanoseconds that one takes. */
static unsigned
look_up(struct signum_service *service, struct signum_key **keys, size_t count)
{
    uint64_t start = now_ms();

    for (size_t i = 0; i < LOOKUPS; i++) {
        const char *name = signum_key_name(keys[i * 7919 % count]);
        struct signum_key *key = NULL;
        if (signum_service_find_key(service, name, &key, &report) != SIGNUM_OK ||
            strcmp(signum_key_name(key), name) != 0) {
            check(false, "a key of the list is found");
            return 0;
        }
        signum_key_unref(&key);
    }
    return (unsigned)((now_ms() - start) * 1000000 / LOOKUPS);
}

static void
list(struct signum_service *service, size_t expected, struct signum_key ***keys_out)
{
    char text[128];
    size_t count = 0;
    uint64_t start = now_ms();

    enum signum_status status = signum_service_list_keys(service, keys_out, &count, &report);
    uint64_t took = now_ms() - start;
    snprintf(text, sizeof text, "list %u of %u keys in %u ms", (unsigned)count, (unsigned)expected,
             (unsigned)took);
    check(status == SIGNUM_OK && count == expected && took < LIST_MS_MAX, text);
}

/* What was put off at listing: the public keys and certificates. */
static void
read_public_keys(struct signum_key **keys)
{
    char text[128];
    size_t good = 0;
    uint64_t start = now_ms();

    for (size_t i = 0; i < KEYS; i++)
        good += signum_key_check(keys[i]) == SIGNUM_OK;
    snprintf(text, sizeof text, "check %u public keys in %u ms", (unsigned)good,
             (unsigned)(now_ms() - start));
    check(good == KEYS, text);
}

static void
compare(struct signum_service *big, struct signum_service *small)
{
    struct signum_key **many = NULL;
    struct signum_key **few = NULL;
    size_t many_count = KEYS;
    size_t few_count = FEW;
    char text[128];

    list(big, KEYS, &many);
    list(small, FEW, &few);
    if (many == NULL || few == NULL)
        return;
    read_public_keys(many);
    (void)look_up(small, few, FEW);
    unsigned of_few = look_up(small, few, FEW);
    unsigned of_many = look_up(big, many, KEYS);
    snprintf(text, sizeof text, "a look-up among %d keys takes %u ns, among %d %u ns", FEW, of_few,
             KEYS, of_many);
    check(of_many < LOOKUP_NS_MAX, text);
    signum_key_list_free(&many, &many_count);
    signum_key_list_free(&few, &few_count);
}

int
main(void)
{
    struct signum_session *session = NULL;

    signum_report_init(&report);
    if (signum_ports_real_open(&ports) != SIGNUM_OK)
        return 1;
    enum signum_status status = signum_session_open(&ports, &session, &report);
    if (status == SIGNUM_OK) {
        struct signum_service *big = NULL;
        struct signum_service *small = NULL;
        const char *rest = NULL;
        if (signum_session_resolve(session, "big/x", &big, &rest, &report) == SIGNUM_OK &&
            signum_session_resolve(session, "small/x", &small, &rest, &report) == SIGNUM_OK)
            compare(big, small);
    }
    check(report.status == SIGNUM_OK, report.status == SIGNUM_OK ? "no report of a failure"
                                                                 : signum_buf_text(&report.text));
    signum_session_free(&session);
    signum_report_clear(&report);
    return failures == 0 ? 0 : 1;
}
