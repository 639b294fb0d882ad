#include "config_internal.h"

#include <string.h>

#define PORT_MAX 65535u

static bool
is_port(const char *text)
{
    unsigned value = 0;

    if (*text == 0)
        return false;
    for (; *text != 0 && *text != '/'; text++) {
        if (*text < '0' || *text > '9')
            return false;
        value = value * 10 + (unsigned)(*text - '0');
        if (value > PORT_MAX)
            return false;
    }
    return value > 0;
}

/* What follows "https://": a name or an address, and perhaps a port (RFC 3986 section 3.2). */
static const char *
check_authority(const char *authority)
{
    static const char name[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-_";
    static const char address6[] = "0123456789abcdefABCDEF:.";
    const char *after = NULL;

    if (*authority == '[') {
        size_t len = strspn(authority + 1, address6);
        if (len < 2 || authority[1 + len] != ']')
            return "the IPv6 address is not valid";
        after = authority + len + 2;
    } else {
        size_t len = strspn(authority, name);
        if (len == 0)
            return "there is no host name";
        after = authority + len;
    }
    if (*after == ':' && !is_port(after + 1))
        return "the port is not a number from 1 to 65535";
    if (*after != 0 && *after != ':' && *after != '/')
        return "the host name has a character that is not allowed";
    return NULL;
}

const char *
signum_config_check_url(const char *url)
{
    static const char scheme[] = "https://";

    for (const char *at = url; *at != 0; at++) {
        if (*at <= ' ' || *at >= 0x7F || strchr("\"<>\\^`{|}", *at) != NULL)
            return "there is a character that a URL may not have";
    }
    if (strncmp(url, scheme, sizeof scheme - 1) != 0)
        return "it must begin with https://";
    if (strchr(url, '@') != NULL)
        return "a user name or password may not stand in the URL";
    if (strpbrk(url, "?#") != NULL)
        return "a query or fragment may not stand in the URL";
    return check_authority(url + sizeof scheme - 1);
}
