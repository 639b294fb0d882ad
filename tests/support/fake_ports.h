#ifndef SIGNUM_TESTS_FAKE_PORTS_H
#define SIGNUM_TESTS_FAKE_PORTS_H

#include "core/lock.h"
#include "core/ports.h"

/*
 * A fake of every port, with the real prototypes. Nothing touches the world: time passes when
 * somebody sleeps or the test says so, random numbers are seeded, responses are queued.
 *
 *     struct signum_fake fake;
 *     signum_fake_init(&fake);
 *     signum_fake_respond(&fake, 200, "{...}");
 *     ... code under test with &fake.ports ...
 *     assert_string_equal(fake.requests[0].url, "https://sign.test/v1/info");
 *     signum_fake_clear(&fake);
 *
 * The fake must not be moved after signum_fake_init(). All ports may be called from any thread.
 */

#define SIGNUM_FAKE_QUEUE_MAX 64     /* responses waiting */
#define SIGNUM_FAKE_REQUESTS_MAX 256 /* requests kept; more are only counted */
#define SIGNUM_FAKE_ITEMS_MAX 64     /* variables, files, secrets, each */
#define SIGNUM_FAKE_LINES_MAX 256    /* log lines kept */

/* A request as it was sent: a copy. */
struct signum_fake_request {
    char *method;
    char *url;
    char *headers; /* "Name: value\n" each */
    char *body;    /* NUL-terminated; may hold NULs */
    size_t body_len;
    uint64_t timeout_ms;
};

struct signum_fake_answer {
    enum signum_status failure; /* not OK: send fails with it and `body` is the cause */
    unsigned status;
    char *body;
    size_t body_len;
    char *header_names[4];
    char *header_values[4];
    size_t header_count;
    uint64_t takes_ms; /* how far the clock moves before it comes */
};

struct signum_fake_item {
    char *name;
    uint8_t *data;
    size_t len;
    enum signum_status failure; /* not OK: reading it fails so */
};

struct signum_fake_items {
    struct signum_fake_item items[SIGNUM_FAKE_ITEMS_MAX];
    size_t count;
};

/* Answers a request in place of the queue, e.g. to sign what it asks for. */
typedef enum signum_status signum_fake_responder(void *context,
                                                 const struct signum_fake_request *request,
                                                 struct signum_http_response *response,
                                                 struct signum_buf *cause);

struct signum_fake {
    struct signum_ports ports; /* what the code under test gets */
    struct signum_lock lock;

    /* Transport. */
    struct signum_fake_answer queue[SIGNUM_FAKE_QUEUE_MAX];
    size_t queue_first;
    size_t queue_count;
    signum_fake_responder *responder; /* NULL: the queue */
    void *responder_context;
    struct signum_fake_request requests[SIGNUM_FAKE_REQUESTS_MAX];
    size_t request_count;
    size_t transports_open; /* opened and not yet freed */
    char *ca_file;          /* of the last open_transport; "" for none */

    /* Clock: what it shows, and how long was slept in all. */
    uint64_t now_ms;
    int64_t unix_seconds;
    uint64_t slept_ms;

    /* Random numbers: a fixed sequence from the seed. */
    uint64_t seed;

    /* The process: what describe() was asked for, and arguments with a NUL each; static. */
    unsigned asked_parts;
    size_t times_described;
    const char *arguments;
    size_t arguments_len;

    struct signum_lock process_lock;
    size_t locks_taken;

    /* Browser: what it was shown, and what it brings back. */
    bool has_browser;          /* true by default; else opening it gives NOT_SUPPORTED */
    char *shown;               /* the address; "" before */
    const char *browser_query; /* %s is replaced by the state that was shown; NULL: TIMEOUT */
    size_t listeners_open;

    struct signum_fake_items secrets;
    struct signum_fake_items variables;
    struct signum_fake_items files;
    const char *machine_path; /* NULL: NOT_FOUND; static text */
    const char *user_path;

    /* Log. */
    char *lines[SIGNUM_FAKE_LINES_MAX];
    size_t line_count;
    char *log_path; /* of the last direct(); "" before */

    /*
     * Failing in turn: with fail_at = n (from 1) the n-th fallible port call since init or since
     * call_count was set to 0 gives `fail_status`; 0: none fails.
     */
    size_t call_count;
    size_t fail_at;
    enum signum_status fail_status;
};

void signum_fake_init(struct signum_fake *fake);
/* Frees everything. Fails the running test if a transport was not freed. */
void signum_fake_clear(struct signum_fake *fake);

/* Queues a response with an HTTP status and a text body. */
void signum_fake_respond(struct signum_fake *fake, unsigned status, const char *body);
/* Adds a header to the response queued last (at most 4). */
void signum_fake_respond_header(struct signum_fake *fake, const char *name, const char *value);
/* Queues a failure of send with its cause. */
void signum_fake_respond_failure(struct signum_fake *fake, enum signum_status status,
                                 const char *cause);
/* The answer queued last takes so long; longer than the time allowed gives TIMEOUT. */
void signum_fake_respond_after(struct signum_fake *fake, uint64_t ms);
/* Answers all requests by a function; NULL: the queue again. */
void signum_fake_respond_by(struct signum_fake *fake, signum_fake_responder *responder,
                            void *context);

/* Answers that are still waiting. A request without an answer gets NETWORK. */
size_t signum_fake_waiting(const struct signum_fake *fake);

/* The value of a header of a recorded request, or NULL; any case. Valid until the next call. */
const char *signum_fake_request_header(const struct signum_fake_request *request,
                                       const char *name);

/* Sets (or with NULL removes) a variable, a file, a secret. */
void signum_fake_set_variable(struct signum_fake *fake, const char *name, const char *value);
void signum_fake_set_file(struct signum_fake *fake, const char *path, const char *content);
void signum_fake_set_secret(struct signum_fake *fake, const char *name, const char *value);
/* Makes reading that file fail (IO: "refused by the fake"). */
void signum_fake_refuse_file(struct signum_fake *fake, const char *path,
                             enum signum_status status);

/* True if a log line holds `text`; and the number of lines that do. */
bool signum_fake_is_logged(const struct signum_fake *fake, const char *text);
size_t signum_fake_logged_count(const struct signum_fake *fake, const char *text);

/* ---- Between fake_ports.c and fake_transport.c ---- */

void signum_fake_transport_init(struct signum_fake *fake);
void signum_fake_transport_clear(struct signum_fake *fake);

#endif
