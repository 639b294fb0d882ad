#include "io/proxy_win32.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>
#include <winhttp.h>

#include "io/utf16.h"

#define PART_MAX 1024       /* bytes of a host, or of one entry of a list */
#define SCRIPT_TIMEOUT 5000 /* milliseconds, for each step of getting the script */

/* winhttp.dll is loaded for the few who have a proxy's script or a proxy in Windows' settings. */
struct winhttp {
    HMODULE module;
    BOOL(WINAPI *get_config)(WINHTTP_CURRENT_USER_IE_PROXY_CONFIG *);
    HINTERNET(WINAPI *open)(LPCWSTR, DWORD, LPCWSTR, LPCWSTR, DWORD);
    BOOL(WINAPI *set_timeouts)(HINTERNET, int, int, int, int);
    BOOL(WINAPI *get_for_url)(HINTERNET, LPCWSTR, WINHTTP_AUTOPROXY_OPTIONS *,
                              WINHTTP_PROXY_INFO *);
    BOOL(WINAPI *close)(HINTERNET);
};

static bool
find_function(HMODULE module, const char *name, void *function_out)
{
    FARPROC found = GetProcAddress(module, name);

    memcpy(function_out, &found, sizeof found);
    return found != NULL;
}

static bool
load(struct winhttp *lib)
{
    lib->module = LoadLibraryExW(L"winhttp.dll", NULL, LOAD_LIBRARY_SEARCH_SYSTEM32);
    return lib->module != NULL &&
           find_function(lib->module, "WinHttpGetIEProxyConfigForCurrentUser", &lib->get_config) &&
           find_function(lib->module, "WinHttpOpen", &lib->open) &&
           find_function(lib->module, "WinHttpSetTimeouts", &lib->set_timeouts) &&
           find_function(lib->module, "WinHttpGetProxyForUrl", &lib->get_for_url) &&
           find_function(lib->module, "WinHttpCloseHandle", &lib->close);
}

/* Takes the next entry of a list, which has spaces or semicolons between entries. */
static bool
next_entry(const char **list, char entry_out[PART_MAX])
{
    const char *at = *list + strspn(*list, "; ");
    size_t len = strcspn(at, "; ");

    *list = at + len;
    if (len == 0 || len >= PART_MAX)
        return false;
    memcpy(entry_out, at, len);
    entry_out[len] = 0;
    return true;
}

/* "proxy:80", or "http=a:80;https=b:80;socks=c:1080": what stands there for https. */
static void
put_proxy(const char *list, struct signum_buf *proxy_out)
{
    char entry[PART_MAX];

    while (next_entry(&list, entry)) {
        const char *sign = strchr(entry, '=');
        if (sign == NULL || _strnicmp(entry, "https=", strlen("https=")) == 0) {
            signum_buf_put_text(proxy_out, sign == NULL ? entry : sign + 1);
            return;
        }
    }
}

/* '*' stands for any text, letters of either case are the same. */
static bool
matches(const char *pattern, const char *text)
{
    for (; *pattern != 0; pattern++, text++) {
        if (*pattern == '*') {
            for (const char *rest = text;; rest++) {
                if (matches(pattern + 1, rest))
                    return true;
                if (*rest == 0)
                    return false;
            }
        }
        if (_strnicmp(pattern, text, 1) != 0)
            return false;
    }
    return *text == 0;
}

static bool
is_bypassed(const char *list, const char *host)
{
    char entry[PART_MAX];

    while (next_entry(&list, entry)) {
        if (strcmp(entry, "<local>") == 0 ? strchr(host, '.') == NULL : matches(entry, host))
            return true;
    }
    return false;
}

static void
put_host(const char *url, struct signum_buf *host_out)
{
    const char *host = url + strlen("https://");

    signum_buf_put(host_out, host, *host == '[' ? strcspn(host, "]") + 1 : strcspn(host, ":/"));
}

/* Names the proxy unless the list of exceptions has the host. Both texts may be NULL. */
static void
choose(const wchar_t *proxies, const wchar_t *bypass, const char *url,
       struct signum_buf *proxy_out)
{
    struct signum_buf list;
    struct signum_buf exceptions;
    struct signum_buf host;

    signum_buf_init(&list, 16 * PART_MAX);
    signum_buf_init(&exceptions, 16 * PART_MAX);
    signum_buf_init(&host, PART_MAX);
    put_host(url, &host);
    if (proxies != NULL && signum_utf16_to_utf8(proxies, &list) == SIGNUM_OK &&
        (bypass == NULL || signum_utf16_to_utf8(bypass, &exceptions) == SIGNUM_OK) &&
        !is_bypassed(signum_buf_text(&exceptions), signum_buf_text(&host)))
        put_proxy(signum_buf_text(&list), proxy_out);
    signum_buf_clear(&host);
    signum_buf_clear(&exceptions);
    signum_buf_clear(&list);
}

/* Asks the script at that address. False if it gives no answer. */
static bool
ask_script(const struct winhttp *lib, const wchar_t *script, const char *url,
           struct signum_buf *proxy_out)
{
    WINHTTP_AUTOPROXY_OPTIONS options = {0};
    WINHTTP_PROXY_INFO info = {0};
    wchar_t *wide = NULL;
    bool is_answered = false;

    HINTERNET session = lib->open(L"signum", WINHTTP_ACCESS_TYPE_NO_PROXY, NULL, NULL, 0);
    if (session == NULL)
        return false;
    options.dwFlags = WINHTTP_AUTOPROXY_CONFIG_URL;
    options.lpszAutoConfigUrl = script;
    (void)lib->set_timeouts(session, SCRIPT_TIMEOUT, SCRIPT_TIMEOUT, SCRIPT_TIMEOUT,
                            SCRIPT_TIMEOUT);
    if (signum_utf16_from_utf8(url, &wide) == SIGNUM_OK &&
        lib->get_for_url(session, wide, &options, &info)) {
        is_answered = true;
        if (info.dwAccessType == WINHTTP_ACCESS_TYPE_NAMED_PROXY)
            choose(info.lpszProxy, info.lpszProxyBypass, url, proxy_out);
    }
    free(wide);
    if (info.lpszProxy != NULL)
        (void)GlobalFree(info.lpszProxy);
    if (info.lpszProxyBypass != NULL)
        (void)GlobalFree(info.lpszProxyBypass);
    (void)lib->close(session);
    return is_answered;
}

void
signum_proxy_win32_find(const char *url, struct signum_buf *proxy_out)
{
    struct winhttp lib = {0};
    WINHTTP_CURRENT_USER_IE_PROXY_CONFIG config = {0};

    if (load(&lib) && lib.get_config(&config)) {
        bool is_answered = config.lpszAutoConfigUrl != NULL &&
                           ask_script(&lib, config.lpszAutoConfigUrl, url, proxy_out);
        if (!is_answered)
            choose(config.lpszProxy, config.lpszProxyBypass, url, proxy_out);
        wchar_t *const texts[] = {config.lpszAutoConfigUrl, config.lpszProxy,
                                  config.lpszProxyBypass};
        for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
            if (texts[i] != NULL)
                (void)GlobalFree(texts[i]);
        }
    }
    if (lib.module != NULL)
        (void)FreeLibrary(lib.module);
}
