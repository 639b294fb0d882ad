#include "identity/issuer_keys.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/log.h"
#include "base/timestamp.h"
#include "outbound/outbound.h"

#define FETCH_TIMEOUT_MS 5000
#define DOCUMENT_MAX ((size_t)64 * 1024)
#define URL_MAX 2048
#define PATH_MAX_LEN 4096
#define LIFETIME_MIN_S 60
#define LIFETIME_MAX_S 86400
#define LIFETIME_DEFAULT_S 3600
#define MS 1000
#define HTTPS "https://"
#define OPENID_PATH "/.well-known/openid-configuration"
#define OAUTH_PATH "/.well-known/oauth-authorization-server"

struct signumd_issuer_keys {
    const struct signumd_issuer *issuer;
    struct signumd_outbound *outbound;
    pthread_mutex_t lock; /* of all below; never held while fetching */
    pthread_cond_t fetched;
    bool is_fetching;
    char *text;       /* the set of keys; NULL before the first */
    int64_t text_ms;  /* when it was fetched; all times by the monotonic clock */
    int64_t fresh_ms; /* until when it is to be believed without asking */
    int64_t next_ms;  /* no fetch before */
};

enum signum_status
signumd_issuer_keys_new(
    const struct signumd_issuer *issuer, const char *folder, struct signumd_issuer_keys **keys_out)
{
    struct signumd_issuer_keys *keys = calloc(1, sizeof *keys);
    char path[PATH_MAX_LEN];

    *keys_out = NULL;
    if (keys == NULL)
        return SIGNUM_NO_MEMORY;
    keys->issuer = issuer;
    const char *ca_file = issuer->ca_file;
    if (ca_file != NULL && ca_file[0] != '/') {
        (void)snprintf(path, sizeof path, "%s/%s", folder, ca_file);
        ca_file = path;
    }
    enum signum_status status = signumd_outbound_new(ca_file, &keys->outbound);
    if (status != SIGNUM_OK) {
        free(keys);
        return status;
    }
    (void)pthread_mutex_init(&keys->lock, NULL);
    (void)pthread_cond_init(&keys->fetched, NULL);
    *keys_out = keys;
    return SIGNUM_OK;
}

void
signumd_issuer_keys_free(struct signumd_issuer_keys **keys)
{
    if (*keys == NULL)
        return;
    signumd_outbound_free(&(*keys)->outbound);
    (void)pthread_mutex_destroy(&(*keys)->lock);
    (void)pthread_cond_destroy(&(*keys)->fetched);
    free((*keys)->text);
    free(*keys);
    *keys = NULL;
}

int64_t
signumd_issuer_keys_lifetime(const char *cache_control)
{
    int64_t seconds = LIFETIME_DEFAULT_S;

    for (const char *part = cache_control; part != NULL && *part != '\0';) {
        part += strspn(part, " ,");
        if (strncasecmp(part, "no-store", 8) == 0 || strncasecmp(part, "no-cache", 8) == 0)
            return LIFETIME_MIN_S;
        if (strncasecmp(part, "max-age=", 8) == 0)
            seconds = strtoll(part + 8, NULL, 10);
        part += strcspn(part, ",");
    }
    if (seconds < LIFETIME_MIN_S)
        return LIFETIME_MIN_S;
    return seconds > LIFETIME_MAX_S ? LIFETIME_MAX_S : seconds;
}

static enum signum_status
get(struct signumd_issuer_keys *keys, const char *url, size_t max,
    struct signum_http_response *response_out)
{
    static const struct signumd_outbound_header accept = {"Accept", "application/json"};
    const struct signumd_outbound_request request = {url, &accept, 1, NULL, FETCH_TIMEOUT_MS, max};
    enum signum_status status = signumd_outbound_send(keys->outbound, &request, response_out);

    if (status != SIGNUM_OK || response_out->status == 200)
        return status;
    return response_out->status == 404 ? SIGNUM_NOT_FOUND : SIGNUM_PROTOCOL;
}

/* The metadata must be those of the issuer asked for (Discovery 1.0 section 4.3, RFC 8414 3.3). */
static enum signum_status
read_metadata(
    const struct signumd_issuer *issuer, struct signum_bytes text, char keys_url_out[URL_MAX])
{
    struct cJSON *object = NULL;
    struct signumd_json_reader reader;
    enum signum_status status = signumd_json_parse(text, &object);

    if (status != SIGNUM_OK)
        return status;
    signumd_json_reader_init(&reader, object);
    const char *url = signumd_json_get_text(&reader, "issuer", true, URL_MAX - 1);
    const char *keys_url = signumd_json_get_text(&reader, "jwks_uri", true, URL_MAX - 1);
    if (url == NULL || keys_url == NULL || strcmp(url, issuer->url) != 0 ||
        strncasecmp(keys_url, HTTPS, strlen(HTTPS)) != 0) {
        signumd_log(SIGNUMD_LOG_WARNING, "issuer %s: its metadata are another's, or without keys",
            issuer->name);
        status = SIGNUM_PROTOCOL;
    } else {
        (void)snprintf(keys_url_out, URL_MAX, "%s", keys_url);
    }
    signumd_json_free(&object);
    return status;
}

/* Discovery puts its path behind the issuer's, RFC 8414 between host and path. */
static void
place(const struct signumd_issuer *issuer, bool is_oauth, struct signum_buf *url)
{
    size_t len = strlen(issuer->url);

    while (len > strlen(HTTPS) && issuer->url[len - 1] == '/')
        len--;
    size_t host_len = strlen(HTTPS) + strcspn(issuer->url + strlen(HTTPS), "/");
    if (host_len > len)
        host_len = len;
    if (!is_oauth) {
        signum_buf_put(url, issuer->url, len);
        signum_buf_put_text(url, OPENID_PATH);
        return;
    }
    signum_buf_put(url, issuer->url, host_len);
    signum_buf_put_text(url, OAUTH_PATH);
    signum_buf_put(url, issuer->url + host_len, len - host_len);
}

static enum signum_status
discover_at(struct signumd_issuer_keys *keys, bool is_oauth, char keys_url_out[URL_MAX])
{
    struct signum_http_response response;
    struct signum_buf url;

    signum_http_response_init(&response);
    signum_buf_init(&url, URL_MAX);
    place(keys->issuer, is_oauth, &url);
    enum signum_status status = signum_buf_status(&url);
    if (status == SIGNUM_OK)
        status = get(keys, signum_buf_text(&url), DOCUMENT_MAX, &response);
    if (status == SIGNUM_OK)
        status = read_metadata(keys->issuer, signum_bytes_of_buf(&response.body), keys_url_out);
    signum_buf_clear(&url);
    signum_http_response_clear(&response);
    return status;
}

/* `text_out` is freed by the caller. */
static enum signum_status
fetch(struct signumd_issuer_keys *keys, char **text_out, int64_t *lifetime_s_out)
{
    char keys_url[URL_MAX] = "";
    struct signum_http_response response;

    *text_out = NULL;
    *lifetime_s_out = 0;
    signum_http_response_init(&response);
    enum signum_status status = discover_at(keys, false, keys_url);
    if (status == SIGNUM_NOT_FOUND)
        status = discover_at(keys, true, keys_url);
    if (status == SIGNUM_OK)
        status = get(keys, keys_url, SIGNUMD_JWKS_MAX, &response);
    if (status == SIGNUM_OK && !signumd_jwks_is_valid(signum_bytes_of_buf(&response.body)))
        status = SIGNUM_PROTOCOL;
    if (status == SIGNUM_OK) {
        const char *control = signum_http_header(&response.headers, "Cache-Control");
        *lifetime_s_out = signumd_issuer_keys_lifetime(control);
        *text_out = signum_text_copy(signum_buf_text(&response.body));
        status = *text_out == NULL ? SIGNUM_NO_MEMORY : SIGNUM_OK;
    }
    if (status != SIGNUM_OK)
        signumd_log(SIGNUMD_LOG_WARNING, "issuer %s: its keys could not be fetched (%s)",
            keys->issuer->name, signum_status_text(status));
    signum_http_response_clear(&response);
    return status;
}

/* Fetches, unless it is too early for that. Called and left with the lock held. */
static void
refresh(struct signumd_issuer_keys *keys)
{
    char *text = NULL;
    int64_t lifetime_s = 0;
    int64_t now = signumd_timestamp_monotonic_ms();

    if (keys->is_fetching || now < keys->next_ms)
        return;
    keys->is_fetching = true;
    (void)pthread_mutex_unlock(&keys->lock);
    enum signum_status status = fetch(keys, &text, &lifetime_s);
    (void)pthread_mutex_lock(&keys->lock);
    now = signumd_timestamp_monotonic_ms();
    keys->is_fetching = false;
    keys->next_ms = now + keys->issuer->refetch_s * MS;
    if (status == SIGNUM_OK) {
        free(keys->text);
        keys->text = text;
        keys->text_ms = now;
        keys->fresh_ms = now + lifetime_s * MS;
    }
    (void)pthread_cond_broadcast(&keys->fetched);
}

/* A copy of the keys that may be used now; NULL if there are none. */
static char *
take(struct signumd_issuer_keys *keys, bool must_be_newer, int64_t *fetched_ms)
{
    char *text = NULL;

    (void)pthread_mutex_lock(&keys->lock);
    int64_t now = signumd_timestamp_monotonic_ms();
    bool is_fresh = keys->text != NULL && now < keys->fresh_ms;
    bool is_newer = keys->text != NULL && keys->text_ms > *fetched_ms;
    if (must_be_newer ? !is_newer : !is_fresh) {
        refresh(keys);
        while (keys->is_fetching && (must_be_newer || keys->text == NULL))
            (void)pthread_cond_wait(&keys->fetched, &keys->lock);
    }
    now = signumd_timestamp_monotonic_ms();
    bool is_good = keys->text != NULL &&
                   (now < keys->fresh_ms || now < keys->text_ms + keys->issuer->stale_s * MS);
    if (is_good && (!must_be_newer || keys->text_ms > *fetched_ms)) {
        text = signum_text_copy(keys->text);
        *fetched_ms = keys->text_ms;
    }
    (void)pthread_mutex_unlock(&keys->lock);
    return text;
}

enum signum_status
signumd_issuer_keys_verify(struct signumd_issuer_keys *keys, const struct signumd_jwt *jwt)
{
    int64_t fetched_ms = 0;
    char *text = take(keys, false, &fetched_ms);

    if (text == NULL)
        return SIGNUM_NETWORK;
    enum signum_status status = signumd_jwt_verify(jwt, text);
    free(text);
    if (status != SIGNUM_KEY_NOT_FOUND)
        return status;
    /* A key that is not there may be a new one */
    text = take(keys, true, &fetched_ms);
    if (text == NULL)
        return SIGNUM_KEY_NOT_FOUND;
    status = signumd_jwt_verify(jwt, text);
    free(text);
    return status;
}
