#include "io/transport_curl.h"

#include <curl/curl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "core/lock.h"
#include "io/transport_proxy.h"
#include "io/transport_tls.h"

#define POOL_MAX 8                   /* connections kept; more may be in use at once */
#define CONNECT_TIMEOUT_MS 15000     /* of the budget, to notice a dead address early */
#define URL_HOST_MAX 256
#define HEADERS_LEN_MAX (256u << 10) /* bytes of all headers of a response */

struct pool {
    struct signum_lock lock;
    CURL *idle[POOL_MAX];
    size_t idle_count;
    char *user_agent;
    uint64_t connect_ms;
    struct signum_transport_tls tls;
    struct signum_transport_proxy proxy;
};

/* One call of send. */
struct call {
    CURL *curl;
    struct signum_http_response *response;
    enum signum_status failure; /* of a callback */
    size_t headers_len;
    bool is_unsent;
    char host[URL_HOST_MAX]; /* whom the certificate has to be for */
    char error[CURL_ERROR_SIZE];
};

static const struct {
    CURLcode code;
    enum signum_status status;
} code_rows[] = {
    {CURLE_OK, SIGNUM_OK},
    {CURLE_COULDNT_RESOLVE_PROXY, SIGNUM_NETWORK},
    {CURLE_COULDNT_RESOLVE_HOST, SIGNUM_NETWORK},
    {CURLE_COULDNT_CONNECT, SIGNUM_NETWORK},
    {CURLE_PROXY, SIGNUM_NETWORK},
    {CURLE_SEND_ERROR, SIGNUM_NETWORK},
    {CURLE_RECV_ERROR, SIGNUM_NETWORK},
    {CURLE_GOT_NOTHING, SIGNUM_NETWORK},
    {CURLE_PARTIAL_FILE, SIGNUM_NETWORK},
    {CURLE_INTERFACE_FAILED, SIGNUM_NETWORK},
    {CURLE_NO_CONNECTION_AVAILABLE, SIGNUM_NETWORK},
    {CURLE_OPERATION_TIMEDOUT, SIGNUM_TIMEOUT},
    {CURLE_SSL_CONNECT_ERROR, SIGNUM_TLS},
    {CURLE_PEER_FAILED_VERIFICATION, SIGNUM_TLS},
    {CURLE_SSL_ISSUER_ERROR, SIGNUM_TLS},
    {CURLE_SSL_CERTPROBLEM, SIGNUM_TLS},
    {CURLE_SSL_CIPHER, SIGNUM_TLS},
    {CURLE_SSL_INVALIDCERTSTATUS, SIGNUM_TLS},
    {CURLE_SSL_SHUTDOWN_FAILED, SIGNUM_TLS},
    {CURLE_USE_SSL_FAILED, SIGNUM_TLS},
    {CURLE_SSL_CACERT_BADFILE, SIGNUM_BAD_SETTINGS},
    {CURLE_URL_MALFORMAT, SIGNUM_BAD_SETTINGS},
    {CURLE_FILESIZE_EXCEEDED, SIGNUM_TOO_LARGE},
    {CURLE_UNSUPPORTED_PROTOCOL, SIGNUM_PROTOCOL}, /* HTTP/0.9: an answer without a status line */
    {CURLE_WEIRD_SERVER_REPLY, SIGNUM_PROTOCOL},
    {CURLE_BAD_CONTENT_ENCODING, SIGNUM_PROTOCOL},
    {CURLE_HTTP2, SIGNUM_PROTOCOL},
    {CURLE_TOO_MANY_REDIRECTS, SIGNUM_PROTOCOL},
    {CURLE_OUT_OF_MEMORY, SIGNUM_NO_MEMORY},
};

static enum signum_status
from_curl(CURLcode code)
{
    for (size_t i = 0; i < sizeof code_rows / sizeof code_rows[0]; i++) {
        if (code_rows[i].code == code)
            return code_rows[i].status;
    }
    return SIGNUM_INTERNAL;
}

/* Once in the process and never undone: the host program may share libcurl. */
static enum signum_status
start_curl(void)
{
    static struct signum_lock lock;
    static bool is_started;

    signum_lock_acquire(&lock);
    if (!is_started)
        is_started = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
    bool is_ready = is_started;
    signum_lock_release(&lock);
    return is_ready ? SIGNUM_OK : SIGNUM_INTERNAL;
}

static CURL *
take(struct pool *pool)
{
    CURL *curl = NULL;

    signum_lock_acquire(&pool->lock);
    if (pool->idle_count > 0)
        curl = pool->idle[--pool->idle_count];
    signum_lock_release(&pool->lock);
    return curl != NULL ? curl : curl_easy_init();
}

static void
give(struct pool *pool, CURL *curl)
{
    /* Forgets options and pointers into this call; connections and TLS sessions stay. */
    curl_easy_reset(curl);
    signum_lock_acquire(&pool->lock);
    if (pool->idle_count < POOL_MAX) {
        pool->idle[pool->idle_count++] = curl;
        curl = NULL;
    }
    signum_lock_release(&pool->lock);
    curl_easy_cleanup(curl);
}

/* The same for every call. */
static const struct {
    CURLoption option;
    long value;
} fixed_options[] = {
    {CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1},
    {CURLOPT_NOSIGNAL, 1},       /* no signal handlers in somebody else's process */
    {CURLOPT_FOLLOWLOCATION, 0}, /* it would carry the credential to another host */
    {CURLOPT_SUPPRESS_CONNECT_HEADERS, 1},
    {CURLOPT_PATH_AS_IS, 1}, /* a key called ".." must not become another path */
};

static CURLcode
set_fixed(CURL *curl)
{
    CURLcode code = curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "https");

    for (size_t i = 0; i < sizeof fixed_options / sizeof fixed_options[0] && code == CURLE_OK; i++)
        code = curl_easy_setopt(curl, fixed_options[i].option, fixed_options[i].value);
    return code;
}

/* ---- What comes back ---- */

static size_t
take_body(char *data, size_t size, size_t count, void *context)
{
    struct call *call = context;
    size_t len = size * count;

    signum_buf_put(&call->response->body, data, len);
    call->failure = signum_buf_status(&call->response->body);
    return call->failure == SIGNUM_OK ? len : 0;
}

static size_t
take_header(char *line, size_t size, size_t count, void *context)
{
    struct call *call = context;
    size_t len = size * count;

    call->headers_len += len;
    if (call->headers_len > HEADERS_LEN_MAX) {
        call->failure = SIGNUM_TOO_LARGE;
        return 0;
    }
    /* A status line: what came before belonged to an interim response (RFC 9110 section 15.2). */
    if (len >= 5 && memcmp(line, "HTTP/", 5) == 0) {
        signum_http_truncate_headers(&call->response->headers, 0);
        return len;
    }
    call->failure = signum_http_read_header(&call->response->headers, line, len);
    return call->failure == SIGNUM_OK ? len : 0;
}

/* ---- What goes out ---- */

static enum signum_status
append_line(struct curl_slist **lines, const char *line)
{
    struct curl_slist *longer = curl_slist_append(*lines, line);

    if (longer == NULL)
        return SIGNUM_NO_MEMORY;
    *lines = longer;
    return SIGNUM_OK;
}

static void
free_lines(struct curl_slist *lines)
{
    for (struct curl_slist *at = lines; at != NULL; at = at->next)
        signum_wipe(at->data, strlen(at->data));
    curl_slist_free_all(lines);
}

static enum signum_status
make_lines(const struct signum_http_headers *headers, struct curl_slist **lines_out)
{
    /* A name without a value takes a header of curl's own away. */
    enum signum_status status = append_line(lines_out, "Expect:");
    struct signum_buf line;

    if (status == SIGNUM_OK && signum_http_header(headers, "Content-Type") == NULL)
        status = append_line(lines_out, "Content-Type:");
    for (size_t i = 0; i < headers->count && status == SIGNUM_OK; i++) {
        const struct signum_http_header *header = &headers->items[i];
        signum_buf_init_secret(&line, 2 * SIGNUM_HTTP_HEADER_MAX);
        /* An empty value is written with a semicolon. */
        signum_buf_printf(&line, header->value.len == 0 ? "%s;%s" : "%s: %s",
                          signum_buf_text(&header->name), signum_buf_text(&header->value));
        status = signum_buf_status(&line);
        if (status == SIGNUM_OK)
            status = append_line(lines_out, signum_buf_text(&line));
        signum_buf_clear(&line);
    }
    return status;
}

static CURLcode
set_request(CURL *curl, const struct signum_http_request *request, struct curl_slist *lines)
{
    const char *url = signum_buf_text(&request->url);
    CURLcode code = curl_easy_setopt(curl, CURLOPT_URL, url);

    if (code == CURLE_OK)
        code = curl_easy_setopt(curl, CURLOPT_HTTPHEADER, lines);
    if (code != CURLE_OK || (request->body.len == 0 && strcmp(request->method, "GET") == 0))
        return code;

    code = curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body.len);
    if (code == CURLE_OK)
        code = curl_easy_setopt(curl, CURLOPT_POSTFIELDS, signum_buf_text(&request->body));
    if (code == CURLE_OK)
        code = curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, request->method);
    return code;
}

static CURLcode
set_limits(CURL *curl, uint64_t connect_ms, uint64_t timeout_ms)
{
    long total = timeout_ms > LONG_MAX ? LONG_MAX : (long)timeout_ms;
    long connect = timeout_ms < connect_ms ? total : (long)connect_ms;
    CURLcode code = curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, total);

    if (code == CURLE_OK)
        code = curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, connect);
    if (code == CURLE_OK)
        code = curl_easy_setopt(curl, CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)SIGNUM_HTTP_BODY_MAX);
    return code;
}

static CURLcode
set_receivers(CURL *curl, struct call *call)
{
    CURLcode code = curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, call->error);

    if (code == CURLE_OK)
        code = curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body);
    if (code == CURLE_OK)
        code = curl_easy_setopt(curl, CURLOPT_WRITEDATA, call);
    if (code == CURLE_OK)
        code = curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, take_header);
    if (code == CURLE_OK)
        code = curl_easy_setopt(curl, CURLOPT_HEADERDATA, call);
    return code;
}

/* ---- The call ---- */

/* The host is worth more tries if it was the connecting that ran out of its own time. */
static enum signum_status
name_failure(const struct call *call, CURLcode code, uint64_t timeout_ms)
{
    curl_off_t total_us = 0;

    if (call->failure != SIGNUM_OK)
        return call->failure;
    enum signum_status status = from_curl(code);
    /* With TLS 1.3 a server says only after the handshake that it wants a client certificate. */
    if (code == CURLE_RECV_ERROR && strstr(call->error, " alert ") != NULL)
        return SIGNUM_TLS;
    if (status == SIGNUM_TIMEOUT &&
        curl_easy_getinfo(call->curl, CURLINFO_TOTAL_TIME_T, &total_us) == CURLE_OK &&
        (uint64_t)total_us / 1000 + 100 < timeout_ms)
        return SIGNUM_NETWORK;
    return status;
}

/* True if no connection came about. One that was refused by TLS is a fault to be seen, not an
   address to be passed over. */
static bool
is_unsent(CURL *curl, CURLcode code, enum signum_status status)
{
    curl_off_t sent_us = 0;

    if (status != SIGNUM_NETWORK || code == CURLE_RECV_ERROR || code == CURLE_SEND_ERROR)
        return false;
    return code == CURLE_COULDNT_RESOLVE_HOST || code == CURLE_COULDNT_RESOLVE_PROXY ||
           code == CURLE_COULDNT_CONNECT || code == CURLE_PROXY ||
           (code == CURLE_OPERATION_TIMEDOUT &&
            curl_easy_getinfo(curl, CURLINFO_PRETRANSFER_TIME_T, &sent_us) == CURLE_OK &&
            sent_us == 0);
}

static void
explain(const struct call *call, CURLcode code, enum signum_status status,
        struct signum_buf *cause)
{
    if (call->failure != SIGNUM_OK)
        signum_buf_printf(cause, "the response: %s", signum_status_text(status));
    else if (call->error[0] != 0)
        signum_buf_put_text(cause, call->error);
    else
        signum_buf_put_text(cause, curl_easy_strerror(code));
}

static enum signum_status
perform(struct pool *pool, struct call *call, const struct signum_http_request *request,
        struct curl_slist *lines, uint64_t timeout_ms, struct signum_buf *cause)
{
    long http_status = 0;
    CURLcode code = set_fixed(call->curl);

    if (code == CURLE_OK)
        code = signum_transport_tls_apply(&pool->tls, call->curl, call->host);
    if (code == CURLE_OK)
        code = signum_transport_proxy_apply(&pool->proxy, call->curl,
                                            signum_buf_text(&request->url));
    if (code == CURLE_OK)
        code = set_limits(call->curl, pool->connect_ms, timeout_ms);
    if (code == CURLE_OK)
        code = set_receivers(call->curl, call);
    if (code == CURLE_OK)
        code = curl_easy_setopt(call->curl, CURLOPT_USERAGENT, pool->user_agent);
    if (code == CURLE_OK)
        code = set_request(call->curl, request, lines);
    if (code == CURLE_OK)
        code = curl_easy_perform(call->curl);
    if (code == CURLE_OK)
        code = curl_easy_getinfo(call->curl, CURLINFO_RESPONSE_CODE, &http_status);
    if (code == CURLE_OK) {
        call->response->status = (unsigned)http_status;
        return SIGNUM_OK;
    }
    enum signum_status status = name_failure(call, code, timeout_ms);
    call->is_unsent = is_unsent(call->curl, code, status);
    explain(call, code, status, cause);
    return status;
}

static enum signum_status
check_request(const struct signum_http_request *request, uint64_t timeout_ms,
              struct signum_buf *cause)
{
    if (strncmp(signum_buf_text(&request->url), "https://", strlen("https://")) != 0) {
        signum_buf_put_text(cause, "the URL does not begin with https://");
        return SIGNUM_BAD_SETTINGS;
    }
    if (timeout_ms == 0) {
        signum_buf_put_text(cause, signum_status_text(SIGNUM_TIMEOUT));
        return SIGNUM_TIMEOUT;
    }
    return SIGNUM_OK;
}

/* The host of a URL, without port and brackets; "" if it is too long to be one. */
static void
copy_host(const char *url, char host_out[URL_HOST_MAX])
{
    const char *host = url + strlen("https://");
    bool is_bracketed = *host == '[';

    host += is_bracketed ? 1 : 0;
    size_t len = strcspn(host, is_bracketed ? "]" : ":/?#");
    if (len >= URL_HOST_MAX)
        len = 0;
    memcpy(host_out, host, len);
    host_out[len] = 0;
}

static enum signum_status
send_request(void *self, const struct signum_http_request *request, uint64_t timeout_ms,
             struct signum_http_response *response, struct signum_buf *cause)
{
    struct pool *pool = self;
    struct call call = {.response = response};
    struct curl_slist *lines = NULL;

    signum_http_response_clear(response);
    enum signum_status status = check_request(request, timeout_ms, cause);
    if (status != SIGNUM_OK)
        goto out;
    status = signum_transport_tls_load(&pool->tls, cause);
    if (status != SIGNUM_OK)
        goto out;
    status = make_lines(&request->headers, &lines);
    if (status != SIGNUM_OK)
        goto out;
    copy_host(signum_buf_text(&request->url), call.host);
    call.curl = take(pool);
    if (call.curl == NULL) {
        status = SIGNUM_NO_MEMORY;
        goto out;
    }
    status = perform(pool, &call, request, lines, timeout_ms, cause);
out:
    if (call.curl != NULL)
        give(pool, call.curl);
    free_lines(lines);
    if (status != SIGNUM_OK)
        signum_http_response_clear(response);
    response->is_unsent = call.is_unsent;
    return status;
}

static void
free_pool(void *self)
{
    struct pool *pool = self;

    if (pool == NULL)
        return;
    for (size_t i = 0; i < pool->idle_count; i++)
        curl_easy_cleanup(pool->idle[i]);
    signum_lock_clear(&pool->lock);
    signum_transport_tls_clear(&pool->tls);
    signum_transport_proxy_clear(&pool->proxy);
    free(pool->user_agent);
    free(pool);
}

enum signum_status
signum_transport_curl_open(void *self, const struct signum_transport_options *options,
                           struct signum_transport *transport_out)
{
    (void)self;
    *transport_out = (struct signum_transport){0};
    enum signum_status status = start_curl();
    if (status != SIGNUM_OK)
        return status;
    struct pool *pool = calloc(1, sizeof *pool);
    if (pool == NULL)
        return SIGNUM_NO_MEMORY;
    signum_lock_init(&pool->lock);
    pool->connect_ms = options->connect_ms > 0 ? options->connect_ms : CONNECT_TIMEOUT_MS;
    enum signum_status tls = signum_transport_tls_init(&pool->tls, options);
    enum signum_status proxy = signum_transport_proxy_init(&pool->proxy, options);
    pool->user_agent = signum_text_copy(options->user_agent != NULL ? options->user_agent
                                                                    : "signum");
    if (pool->user_agent == NULL || tls != SIGNUM_OK || proxy != SIGNUM_OK) {
        free_pool(pool);
        return SIGNUM_NO_MEMORY;
    }
    *transport_out = (struct signum_transport){pool, send_request, free_pool};
    return SIGNUM_OK;
}
