#ifndef SIGNUM_CORE_PROTOCOL_H
#define SIGNUM_CORE_PROTOCOL_H

#include "alg.h"
#include "http.h"
#include "key.h"
#include "ports.h"

/*
 * A protocol adapter turns an operation into HTTP requests and HTTP responses into a result. It
 * never does I/O and knows nothing of credentials, so each is tested and fuzzed without a socket,
 * and a new kind of service is one new file and one row in protocol.c. An operation may take
 * several requests (authorise, then sign; accepted, ask again): the adapter says what comes next.
 */

enum signum_operation_kind {
    SIGNUM_OPERATION_INFO, /* what the service is */
    SIGNUM_OPERATION_LIST, /* one page of the keys that one may use */
    SIGNUM_OPERATION_GET,  /* one key by name */
    SIGNUM_OPERATION_SIGN,
    SIGNUM_OPERATION_CREATE,    /* make a key pair in the HSM */
    SIGNUM_OPERATION_DELETE,    /* destroy one */
    SIGNUM_OPERATION_ATTEST,    /* the service's statement on where a key lives */
    SIGNUM_OPERATION_CSR,       /* a certification request that the key signs itself */
    SIGNUM_OPERATION_SET_CHAIN, /* put certificates to a key in place of those it has */
};

#define SIGNUM_CSR_SANS_MAX 16

/* What a certification request is to have. All borrowed; NULL: as the service chooses. */
struct signum_csr_params {
    const char *subject; /* /C=DE/CN=Name, or CN=Name,C=DE (RFC 4514) */
    const char *sans[SIGNUM_CSR_SANS_MAX]; /* "dns:...", "email:...", "uri:...", "ip:..." */
    size_t san_count;
    const char *scheme; /* wire names */
    const char *hash;
    const char *nonce;    /* for the attestation */
    bool is_code_signing; /* asks for the key usages of code signing */
    bool is_attested;     /* has the attestation in it */
};

#define SIGNUM_REASON_MAX 1024 /* bytes that the service takes */
#define SIGNUM_PIN_MAX 128

/* What a key or a policy may demand of who signs. Borrowed UTF-8; NULL or "": not given. */
struct signum_demanded {
    const char *reason;
    const char *pin; /* a secret */
};

/* What is asked. All borrowed for the length of the operation. */
struct signum_operation {
    enum signum_operation_kind kind;
    const char *base_url;             /* without a trailing slash */
    bool has_other_url;    /* one that cannot be reached is not worth a second try */
    uint64_t approval_ms;  /* more time, once it waits for people */
    const char *key_name;             /* all but INFO, LIST, SIGN */
    const char *after;                /* LIST: token of the page before, or NULL */
    const struct signum_key *key;     /* SIGN; GET: the key as known so far, or NULL */
    struct signum_sign_params params; /* SIGN */
    struct signum_bytes digest;       /* SIGN */
    const char *idempotency_key;      /* SIGN, CREATE: the same for every try of one request */
    struct signum_demanded given;         /* SIGN */
    const char *context;                  /* SIGN: a JSON object; NULL if nothing is to be told */
    const struct signum_alg *alg;         /* CREATE */
    uint32_t bits;                        /* CREATE */
    const struct signum_bytes *chain;     /* SET_CHAIN: DER certificates, leaf first */
    size_t chain_count;                   /* SET_CHAIN */
    const char *nonce;                    /* ATTEST: NULL if there is none */
    const struct signum_csr_params *csr;  /* CSR */
};

/* The adapter's memory from one request of an operation to the next. */
struct signum_exchange {
    unsigned step;            /* 0 at the first request */
    struct signum_buf memory; /* whatever the adapter needs: a request id, a session token */
};

#define SIGNUM_RESULT_KEYS_MAX 1000         /* keys on one page */
#define SIGNUM_ATTESTATION_MAX (512u << 10) /* bytes */
#define SIGNUM_CSR_MAX (512u << 10)         /* bytes */

/* What came back. Owned; signum_result_clear() frees all. */
struct signum_result {
    struct signum_key **keys; /* LIST: a page. CREATE, SET_CHAIN: one. GET: one, or none if the
                                 known one is still right */
    size_t key_count;
    struct signum_buf next;      /* LIST: token of the next page; empty at the end */
    struct signum_buf signature; /* SIGN: RSA as wide as the modulus, ECDSA r||s */
    struct signum_buf attestation; /* ATTEST: the service's document, as it came */
    struct signum_buf csr;       /* CSR: DER */
    struct signum_buf name;      /* INFO */
    struct signum_buf version;   /* INFO */
    int64_t server_time;         /* INFO: seconds since 1970; 0 if not told */
    struct signum_buf request;   /* id of the request in the service's own records */
    struct signum_buf cause;     /* on failure: the service's own words */
    bool is_unsent;              /* on failure: no connection was made */
    uint64_t wait_ms;            /* for SIGNUM_NEXT_WAIT and for a retry: the service's wish */
};

enum signum_next {
    SIGNUM_NEXT_DONE,    /* the result is complete */
    SIGNUM_NEXT_REQUEST, /* compose again at once */
    SIGNUM_NEXT_WAIT,    /* compose again after result->wait_ms */
};

struct signum_protocol {
    const char *name; /* settings: protocol */
    /* Writes the next request into `request` (initialised, empty). */
    enum signum_status (*compose)(const struct signum_operation *operation,
                                  struct signum_exchange *exchange,
                                  struct signum_http_request *request);
    /*
     * Reads a response of any HTTP status. A refusal becomes a status, with the service's words
     * in result->cause. PROTOCOL for an answer that the protocol does not allow. A single key has
     * passed signum_key_check(), those of a list have not.
     */
    enum signum_status (*accept)(const struct signum_operation *operation,
                                 struct signum_exchange *exchange,
                                 const struct signum_http_response *response,
                                 struct signum_result *result, enum signum_next *next_out);
};

/* The adapter of that name, or NULL. */
const struct signum_protocol *signum_protocol_by_name(const char *name);

/* The service's own protocol, version 1: docs/openapi.yaml (protocol_signum*.c). */
extern const struct signum_protocol signum_protocol_signum;

void signum_exchange_init(struct signum_exchange *exchange);
void signum_exchange_clear(struct signum_exchange *exchange);
void signum_result_init(struct signum_result *result);
void signum_result_clear(struct signum_result *result);

/* Appends a key to the result, taking over the reference. TOO_LARGE, NO_MEMORY. */
enum signum_status signum_result_add_key(struct signum_result *result,
                                         struct signum_key *key) SIGNUM_MUST_USE;

#endif
