#ifndef SIGNUM_CORE_PORTS_H
#define SIGNUM_CORE_PORTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "http.h"

/*
 * Everything by which the core touches the world, one page. Each port is a `self` and a few
 * functions; io/ has the real ones, tests/support/ the fakes. All may be called from any thread.
 */

/* Moves one HTTP request over TLS. Never follows redirects, never retries. */
struct signum_transport {
    void *self;
    /*
     * Sends and waits at most timeout_ms. `response` is initialised by the caller. A response of
     * any HTTP status is SIGNUM_OK. Otherwise NETWORK, TIMEOUT, TLS, TOO_LARGE, NO_MEMORY, PROTOCOL
     * (the answer is not HTTP) or BAD_SETTINGS (URL, CA file), with a sentence on the cause in
     * `cause` (no secret in it).
     */
    enum signum_status (*send)(void *self, const struct signum_http_request *request,
                               uint64_t timeout_ms, struct signum_http_response *response,
                               struct signum_buf *cause);
    void (*free)(void *self);
};

struct signum_transport_options {
    const char *ca_file;    /* PEM file of trusted CAs; NULL: the system's */
    const char *user_agent; /* "signum/0.1.0" */

    /* The client's own certificate and those above it, for a server that asks; NULL: none. */
    const char *certificate_file;
    const char *certificate_key_file; /* PEM, without a password */

    const char *proxy; /* http://HOST[:PORT]; "direct"; NULL: what the environment says */
    const char *proxy_username;
    const char *proxy_password;
    const char *no_proxy; /* hosts with commas between them; NULL: what the environment says */

    uint64_t connect_ms; /* for making a connection; 0: 15 seconds */
    bool accepts_any_certificate; /* for tests only: nobody knows who answers */
};

/* Keeps small secrets encrypted at rest. Names are [A-Za-z0-9._-]{1,64}. */
struct signum_secret_store {
    void *self;
    enum signum_status (*get)(void *self, const char *name, struct signum_buf *secret_out);
    enum signum_status (*put)(void *self, const char *name, struct signum_bytes secret);
    enum signum_status (*remove)(void *self, const char *name);
};

/* Mutual exclusion between the processes of one user: one holder of a name at a time. */
struct signum_process_lock {
    void *self;
    /*
     * Waits at most `timeout_ms`; names are as in the secret store. TIMEOUT, IO. The thread that
     * acquired it releases it. What a process that died held is free again.
     */
    enum signum_status (*acquire)(void *self, const char *name, uint64_t timeout_ms,
                                  void **lock_out);
    void (*release)(void *self, void *lock);
};

struct signum_clock {
    void *self;
    uint64_t (*monotonic_ms)(void *self);
    int64_t (*unix_time)(void *self); /* seconds since 1970 */
    void (*sleep_ms)(void *self, uint64_t ms);
};

struct signum_random {
    void *self;
    enum signum_status (*fill)(void *self, void *data, size_t len);
};

enum signum_log_level { SIGNUM_LOG_ERROR, SIGNUM_LOG_WARNING, SIGNUM_LOG_INFO, SIGNUM_LOG_DEBUG };

/* Takes finished lines, without line ends. Never fails towards its caller; keeps LastError. */
struct signum_log_sink {
    void *self;
    void (*write)(void *self, enum signum_log_level level, const char *line);
    /* Where lines go from now on; "" for the platform's place. Called before the first line. */
    void (*direct)(void *self, const char *path);
};

/* The parts of what is said to the service about the caller. */
enum signum_context_part {
    SIGNUM_CONTEXT_AGENT, /* name and version of this client */
    SIGNUM_CONTEXT_PROCESS,
    SIGNUM_CONTEXT_SHA256,
    SIGNUM_CONTEXT_SIGNER,
    SIGNUM_CONTEXT_PARENT,
    SIGNUM_CONTEXT_COMMAND_LINE,
    SIGNUM_CONTEXT_USER,
    SIGNUM_CONTEXT_SESSION,
    SIGNUM_CONTEXT_MACHINE,
    SIGNUM_CONTEXT_CI,
    SIGNUM_CONTEXT_FILES, /* names in the command line */
    SIGNUM_CONTEXT_PART_COUNT
};

/* What the system knows of this process. Empty text: not known, or not asked for. */
struct signum_context {
    struct signum_buf process; /* path of the program */
    struct signum_buf sha256;  /* of the program's file, in hexadecimal */
    struct signum_buf signer;  /* subject of the certificate embedded in it; nothing is verified */
    struct signum_buf parent;  /* path of the program that started this one */
    struct signum_buf arguments; /* the command line, each argument with a NUL; with its secrets */
    struct signum_buf user;
    struct signum_buf session;
    struct signum_buf machine;
};

struct signum_process_context {
    void *self;
    /* Finds out what belongs to `parts` (bits of 1 << enum signum_context_part). */
    enum signum_status (*describe)(void *self, unsigned parts,
                                   struct signum_context *context_out);
};

/* What other users of the machine must not be able to do to a file that is to be believed. */
enum signum_file_trust {
    SIGNUM_FILE_SETTINGS, /* write to it */
    SIGNUM_FILE_SECRET,   /* write to it or read it */
};

/* Where settings come from: variables of the process and files. */
struct signum_settings_source {
    void *self;
    /* Appends the variable's value; NOT_FOUND if it is not set. */
    enum signum_status (*variable)(void *self, const char *name, struct signum_buf *value_out);
    /* Appends the file's content. NOT_FOUND, TOO_LARGE, or IO: then why is appended to `cause`. */
    enum signum_status (*read_file)(void *self, const char *path, enum signum_file_trust trust,
                                    struct signum_buf *data_out, struct signum_buf *cause);
    /* Paths of the machine's and the user's settings file; appends, NOT_FOUND if there is none. */
    enum signum_status (*machine_file)(void *self, struct signum_buf *path_out);
    enum signum_status (*user_file)(void *self, struct signum_buf *path_out);
};

/* A person's browser, for a sign-in of the command. The DLL never uses it. */
struct signum_browser {
    void *self;
    /* Listens on the loopback and appends "http://127.0.0.1:PORT/". IO, NO_MEMORY. */
    enum signum_status (*listen)(void *self, void **listener_out, struct signum_buf *redirect_out);
    /* Shows an address. NOT_SUPPORTED where there is no browser that somebody could see. */
    enum signum_status (*open)(void *self, const char *url);
    /* Waits for the browser to come back, and appends the query that it brings. TIMEOUT, IO. */
    enum signum_status (*wait)(void *self, void *listener, uint64_t timeout_ms,
                               struct signum_buf *query_out);
    void (*close)(void *self, void *listener);
};

struct signum_ports {
    /* Makes a transport for one service. `transport_out->free` releases it. */
    enum signum_status (*open_transport)(void *self,
                                         const struct signum_transport_options *options,
                                         struct signum_transport *transport_out);
    void *transport_self;
    struct signum_secret_store secrets;
    struct signum_process_lock process_lock;
    struct signum_clock clock;
    struct signum_random random;
    struct signum_log_sink log_sink;
    struct signum_process_context process;
    struct signum_settings_source settings;
    struct signum_browser browser;
};

void signum_context_init(struct signum_context *context);
void signum_context_clear(struct signum_context *context);

#endif
