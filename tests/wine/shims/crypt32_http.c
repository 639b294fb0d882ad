#include "crypt32_shim.h"

#include <winhttp.h>

/* winhttp.dll imports crypt32.dll, so it is loaded when needed and not imported. */
#define WINHTTP(name)                                                                              \
    ((__typeof__(&(name)))(void *)shim_wine_function(L"winhttp.dll", #name))

#define READ_LEN 4096
#define REPLY_MAX_LEN (1024u * 1024)

static BOOL
read_reply(HINTERNET request, struct der_buf *reply)
{
    BYTE part[READ_LEN];
    DWORD len = 0;

    do {
        if (!WINHTTP(WinHttpReadData)(request, part, sizeof part, &len)) {
            return FALSE;
        }
        der_put(reply, part, len);
    } while (len > 0 && reply->len <= REPLY_MAX_LEN);
    return reply->len <= REPLY_MAX_LEN && der_ok(reply) ? TRUE : shim_fail(ERROR_BAD_LENGTH);
}

static BOOL
exchange(HINTERNET request, struct der_span body, struct der_buf *reply)
{
    DWORD status = 0;
    DWORD len = sizeof status;

    if (!WINHTTP(WinHttpSendRequest)(request, L"Content-Type: application/timestamp-query\r\n",
                                     (DWORD)-1, (void *)(ULONG_PTR)body.data, (DWORD)body.len,
                                     (DWORD)body.len, 0) ||
        !WINHTTP(WinHttpReceiveResponse)(request, NULL) ||
        !WINHTTP(WinHttpQueryHeaders)(request, WINHTTP_QUERY_STATUS_CODE |
                                                   WINHTTP_QUERY_FLAG_NUMBER,
                                      NULL, &status, &len, NULL)) {
        return FALSE;
    }
    if (status != HTTP_STATUS_OK) {
        shim_log("crypt32: the timestamp server answers %lu", status);
        return shim_fail(ERROR_WINHTTP_INVALID_SERVER_RESPONSE);
    }
    return read_reply(request, reply);
}

BOOL
http_post_timestamp(LPCWSTR url, DWORD timeout_ms, struct der_span body, struct der_buf *reply)
{
    WCHAR host[256] = L"";
    WCHAR path[1024] = L"";
    URL_COMPONENTS parts = {.dwStructSize = sizeof parts, .lpszHostName = host,
                            .dwHostNameLength = 256, .lpszUrlPath = path,
                            .dwUrlPathLength = 1024};
    HINTERNET connection = NULL;
    HINTERNET request = NULL;
    BOOL is_done = FALSE;

    if (!WINHTTP(WinHttpCrackUrl)(url, 0, 0, &parts)) {
        return FALSE;
    }
    const DWORD secure = parts.nScheme == INTERNET_SCHEME_HTTPS ? WINHTTP_FLAG_SECURE : 0;
    HINTERNET session = WINHTTP(WinHttpOpen)(L"Microsoft-CryptoAPI/10.0",
                                             WINHTTP_ACCESS_TYPE_NO_PROXY, NULL, NULL, 0);
    if (session && timeout_ms > 0) {
        WINHTTP(WinHttpSetTimeouts)(session, (int)timeout_ms, (int)timeout_ms, (int)timeout_ms,
                                    (int)timeout_ms);
    }
    connection = session ? WINHTTP(WinHttpConnect)(session, host, parts.nPort, 0) : NULL;
    if (connection) {
        request = WINHTTP(WinHttpOpenRequest)(connection, L"POST", path[0] ? path : L"/", NULL,
                                              NULL, NULL, secure);
    }
    if (request) {
        is_done = exchange(request, body, reply);
    }
    const DWORD error = GetLastError();
    HINTERNET handles[] = {request, connection, session};
    for (size_t i = 0; i < sizeof handles / sizeof *handles; i++) {
        if (handles[i]) {
            WINHTTP(WinHttpCloseHandle)(handles[i]);
        }
    }
    return is_done ? TRUE : shim_fail(error);
}
