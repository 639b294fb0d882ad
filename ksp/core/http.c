#include "http.h"

#include <string.h>

#define NAME_MAX_LEN 256         /* bytes of a header's name */
#define RETRY_AFTER_MAX_S 86400u /* a day: what is longer is as good as a day */

void
signum_http_truncate_headers(struct signum_http_headers *headers, size_t count)
{
    for (size_t i = count; i < headers->count; i++) {
        signum_buf_clear(&headers->items[i].name);
        signum_buf_clear(&headers->items[i].value);
    }
    if (count < headers->count)
        headers->count = count;
}

void
signum_http_request_init(struct signum_http_request *request)
{
    request->method = "GET";
    request->is_public = false;
    request->headers.count = 0;
    signum_buf_init(&request->url, SIGNUM_HTTP_URL_MAX);
    signum_buf_init_secret(&request->body, SIGNUM_HTTP_BODY_MAX);
}

void
signum_http_request_clear(struct signum_http_request *request)
{
    request->method = "GET";
    request->is_public = false;
    signum_http_truncate_headers(&request->headers, 0);
    signum_buf_clear(&request->url);
    signum_buf_clear(&request->body);
}

void
signum_http_response_init(struct signum_http_response *response)
{
    response->status = 0;
    response->is_unsent = false;
    response->headers.count = 0;
    signum_buf_init(&response->body, SIGNUM_HTTP_BODY_MAX);
}

void
signum_http_response_clear(struct signum_http_response *response)
{
    response->status = 0;
    response->is_unsent = false;
    signum_http_truncate_headers(&response->headers, 0);
    signum_buf_clear(&response->body);
}

/* RFC 9110 section 5.6.2. */
static bool
is_token(const char *text)
{
    static const char others[] = "!#$%&'*+-.^_`|~";

    if (*text == 0)
        return false;
    for (; *text != 0; text++) {
        char c = *text;
        bool is_alphanumeric =
            (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!is_alphanumeric && strchr(others, c) == NULL)
            return false;
    }
    return true;
}

/* RFC 9110 section 5.5: no control character but the tab. */
static bool
is_field_value(const char *text)
{
    for (; *text != 0; text++) {
        unsigned char c = (unsigned char)*text;
        if ((c < 0x20 && c != '\t') || c == 0x7F)
            return false;
    }
    return true;
}

enum signum_status
signum_http_add_header(struct signum_http_headers *headers, const char *name, const char *value)
{
    if (name == NULL || value == NULL || !is_token(name) || !is_field_value(value))
        return SIGNUM_INVALID_ARGUMENT;
    if (headers->count == SIGNUM_HTTP_HEADERS_MAX)
        return SIGNUM_TOO_LARGE;

    struct signum_http_header *header = &headers->items[headers->count];
    signum_buf_init(&header->name, NAME_MAX_LEN);
    signum_buf_init_secret(&header->value, SIGNUM_HTTP_HEADER_MAX);
    signum_buf_put_text(&header->name, name);
    signum_buf_put_text(&header->value, value);
    enum signum_status status = signum_buf_status(&header->name);
    if (status == SIGNUM_OK)
        status = signum_buf_status(&header->value);
    if (status != SIGNUM_OK) {
        signum_buf_clear(&header->name);
        signum_buf_clear(&header->value);
        return status;
    }
    headers->count++;
    return SIGNUM_OK;
}

static bool
is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

enum signum_status
signum_http_read_header(struct signum_http_headers *headers, const char *line, size_t len)
{
    const char *colon = len == 0 ? NULL : memchr(line, ':', len);
    struct signum_buf name;
    struct signum_buf value;

    if (colon == NULL || headers->count == SIGNUM_HTTP_HEADERS_MAX)
        return SIGNUM_OK;
    const char *end = line + len;
    const char *start = colon + 1;
    while (start < end && is_blank(*start))
        start++;
    while (end > start && is_blank(end[-1]))
        end--;
    if (memchr(line, 0, len) != NULL)
        return SIGNUM_PROTOCOL;

    signum_buf_init(&name, NAME_MAX_LEN);
    signum_buf_init_secret(&value, SIGNUM_HTTP_HEADER_MAX);
    signum_buf_put(&name, line, (size_t)(colon - line));
    signum_buf_put(&value, start, (size_t)(end - start));
    enum signum_status status = signum_buf_status(&value);
    if (status == SIGNUM_OK)
        status = signum_buf_status(&name);
    if (status == SIGNUM_OK)
        status = signum_http_add_header(headers, signum_buf_text(&name), signum_buf_text(&value));
    signum_buf_clear(&value);
    signum_buf_clear(&name);
    return status == SIGNUM_INVALID_ARGUMENT ? SIGNUM_PROTOCOL : status;
}

static char
lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* ASCII only, whatever locale the host program set. */
static bool
is_same_name(const char *a, const char *b)
{
    for (; *a != 0 && lower(*a) == lower(*b); a++)
        b++;
    return *a == 0 && *b == 0;
}

const char *
signum_http_header(const struct signum_http_headers *headers, const char *name)
{
    for (size_t i = 0; i < headers->count; i++) {
        if (is_same_name(signum_buf_text(&headers->items[i].name), name))
            return signum_buf_text(&headers->items[i].value);
    }
    return NULL;
}

void
signum_http_put_escaped(struct signum_buf *out, const char *text)
{
    static const char unreserved[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
    static const char digits[] = "0123456789ABCDEF";

    for (; *text != 0; text++) {
        unsigned char byte = (unsigned char)*text;
        if (strchr(unreserved, byte) != NULL) {
            signum_buf_put_byte(out, byte);
            continue;
        }
        signum_buf_put_byte(out, '%');
        signum_buf_put_byte(out, (uint8_t)digits[byte >> 4]);
        signum_buf_put_byte(out, (uint8_t)digits[byte & 15]);
    }
}

/* Two or four digits at `text`; -1 if they are none. */
static int64_t
read_digits(const char *text, size_t count)
{
    int64_t value = 0;

    for (size_t i = 0; i < count; i++) {
        if (text[i] < '0' || text[i] > '9')
            return -1;
        value = value * 10 + (text[i] - '0');
    }
    return value;
}

/*
 * Seconds since 1970 of "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110 section 5.6.7; the two obsolete
 * forms are not read); -1 if it is not that.
 */
static int64_t
read_date(const char *text)
{
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

    if (strlen(text) != 29 || strcmp(text + 25, " GMT") != 0 || text[3] != ',' || text[19] != ':' ||
        text[22] != ':')
        return -1;
    int64_t day = read_digits(text + 5, 2);
    int64_t year = read_digits(text + 12, 4);
    int64_t hour = read_digits(text + 17, 2);
    int64_t minute = read_digits(text + 20, 2);
    int64_t second = read_digits(text + 23, 2);
    int64_t month = 0;
    while (month < 12 && strncmp(months + 3 * month, text + 8, 3) != 0)
        month++;
    if (month == 12 || day < 1 || day > 31 || year < 1970 || hour < 0 || hour > 23 || minute < 0 ||
        minute > 59 || second < 0 || second > 60)
        return -1;
    /* days from the first of March of the year 0, so that a leap day ends a year */
    int64_t years = month < 2 ? year - 1 : year;
    int64_t shifted = (month + 10) % 12;
    int64_t days =
        years * 365 + years / 4 - years / 100 + years / 400 + (shifted * 153 + 2) / 5 + day - 1;
    return (days - 719468) * 86400 + hour * 3600 + minute * 60 + second;
}

/* Milliseconds from one date to another; 0 if one of them is none, or it is past. */
static uint64_t
until_date_ms(const char *text, const char *now)
{
    int64_t then = read_date(text);
    int64_t from = now == NULL ? -1 : read_date(now);

    if (then < 0 || from < 0 || then <= from)
        return 0;
    uint64_t seconds = (uint64_t)(then - from);
    return (seconds > RETRY_AFTER_MAX_S ? RETRY_AFTER_MAX_S : seconds) * 1000;
}

uint64_t
signum_http_retry_after_ms(const struct signum_http_response *response)
{
    const char *text = signum_http_header(&response->headers, "Retry-After");
    uint64_t seconds = 0;

    if (text == NULL || *text == 0)
        return 0;
    if (*text >= 'A' && *text <= 'Z')
        return until_date_ms(text, signum_http_header(&response->headers, "Date"));
    for (; *text != 0; text++) {
        if (*text < '0' || *text > '9')
            return 0;
        seconds = seconds * 10 + (uint64_t)(*text - '0');
        if (seconds > RETRY_AFTER_MAX_S)
            seconds = RETRY_AFTER_MAX_S;
    }
    return seconds * 1000;
}
