#include "io/transport_proxy.h"

#include <stdlib.h>
#include <string.h>

#ifdef _WIN32
#include "io/proxy_win32.h"
#endif

#define DIRECT "direct"
#define HOST_MAX 512
#define PROXY_MAX 4096

static bool
starts_with(const char *text, const char *head)
{
    return strncmp(text, head, strlen(head)) == 0;
}

/* A proxy cannot reach this machine under these names, whatever anybody says. */
static bool
is_loopback(const char *url)
{
    return starts_with(url, "https://localhost:") || starts_with(url, "https://localhost/") ||
           starts_with(url, "https://127.") || starts_with(url, "https://[::1]");
}

enum signum_status
signum_transport_proxy_init(struct signum_transport_proxy *proxy,
                            const struct signum_transport_options *options)
{
    const struct {
        const char *from;
        char **to;
    } texts[] = {
        {options->proxy, &proxy->proxy},
        {options->proxy_username, &proxy->username},
        {options->proxy_password, &proxy->password},
        {options->no_proxy, &proxy->no_proxy},
    };
    enum signum_status status = SIGNUM_OK;

    memset(proxy, 0, sizeof *proxy);
    signum_lock_init(&proxy->lock);
    signum_buf_init(&proxy->system, PROXY_MAX);
    signum_buf_init(&proxy->system_host, HOST_MAX);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        if (texts[i].from == NULL || *texts[i].from == 0)
            continue;
        *texts[i].to = signum_text_copy(texts[i].from);
        if (*texts[i].to == NULL)
            status = SIGNUM_NO_MEMORY;
    }
    return status;
}

void
signum_transport_proxy_clear(struct signum_transport_proxy *proxy)
{
    signum_lock_clear(&proxy->lock);
    signum_buf_clear(&proxy->system);
    signum_buf_clear(&proxy->system_host);
    if (proxy->password != NULL)
        signum_wipe(proxy->password, strlen(proxy->password));
    free(proxy->proxy);
    free(proxy->username);
    free(proxy->password);
    free(proxy->no_proxy);
}

#ifdef _WIN32
static bool
has_variable(void)
{
    static const char *const names[] = {"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const char *value = getenv(names[i]);
        if (value != NULL && *value != 0)
            return true;
    }
    return false;
}

/* "https://HOST[:PORT]" of a URL: the answer is the same for all of a host. */
static size_t
origin_len(const char *url)
{
    const char *path = strchr(url + strlen("https://"), '/');

    return path == NULL ? strlen(url) : (size_t)(path - url);
}

/* Asks Windows once for each host: a script may have to be fetched for it. */
static CURLcode
set_system(struct signum_transport_proxy *proxy, CURL *curl, const char *url)
{
    size_t len = origin_len(url);
    CURLcode code = CURLE_OK;

    if (has_variable())
        return CURLE_OK;
    signum_lock_acquire(&proxy->lock);
    if (proxy->system_host.len != len || memcmp(proxy->system_host.data, url, len) != 0) {
        signum_buf_clear(&proxy->system);
        signum_buf_clear(&proxy->system_host);
        signum_proxy_win32_find(url, &proxy->system);
        signum_buf_put(&proxy->system_host, url, len);
    }
    /* libcurl takes a copy */
    if (proxy->system.len > 0)
        code = curl_easy_setopt(curl, CURLOPT_PROXY, signum_buf_text(&proxy->system));
    signum_lock_release(&proxy->lock);
    return code;
}
#else
static CURLcode
set_system(struct signum_transport_proxy *proxy, CURL *curl, const char *url)
{
    (void)proxy;
    (void)curl;
    (void)url;
    return CURLE_OK;
}
#endif

CURLcode
signum_transport_proxy_apply(struct signum_transport_proxy *proxy, CURL *curl, const char *url)
{
    CURLcode code = CURLE_OK;

    if (is_loopback(url) || (proxy->proxy != NULL && strcmp(proxy->proxy, DIRECT) == 0))
        return curl_easy_setopt(curl, CURLOPT_PROXY, "");
    if (proxy->no_proxy != NULL)
        code = curl_easy_setopt(curl, CURLOPT_NOPROXY, proxy->no_proxy);
    if (code == CURLE_OK)
        code = proxy->proxy != NULL ? curl_easy_setopt(curl, CURLOPT_PROXY, proxy->proxy)
                                    : set_system(proxy, curl, url);
    /* The password goes to the proxy only, as Basic: it is not the service's credential. */
    if (code == CURLE_OK && proxy->username != NULL)
        code = curl_easy_setopt(curl, CURLOPT_PROXYUSERNAME, proxy->username);
    if (code == CURLE_OK && proxy->username != NULL)
        code = curl_easy_setopt(curl, CURLOPT_PROXYPASSWORD,
                                proxy->password == NULL ? "" : proxy->password);
    return code;
}
