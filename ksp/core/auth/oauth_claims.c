#include "core/auth/oauth_claims.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <string.h>

#include "core/base64.h"
#include "core/protocol_json.h"

#define CLAIMS_MAX 16384
#define CLAIM_TEXT_MAX 200
#define TIME_MAX ((uint64_t)1 << 40)
#define CLOCK_ERROR_MIN_S 30

/* The claims as an object; NULL if it is no JSON Web Token. Freed by the caller, as a secret. */
static cJSON *
open_claims(const struct signum_buf *jwt)
{
    const char *text = signum_buf_text(jwt);
    const char *start = strchr(text, '.');
    const char *end = start == NULL ? NULL : strchr(start + 1, '.');
    cJSON *object = NULL;
    struct signum_buf base64;
    struct signum_buf claims;

    if (end == NULL)
        return NULL;
    signum_buf_init_secret(&base64, CLAIMS_MAX + 4);
    signum_buf_init_secret(&claims, CLAIMS_MAX);
    for (const char *at = start + 1; at < end; at++)
        signum_buf_put_byte(&base64, *at == '-'   ? (uint8_t)'+'
                                     : *at == '_' ? (uint8_t)'/'
                                                  : (uint8_t)*at);
    while (base64.len % 4 != 0 && signum_buf_status(&base64) == SIGNUM_OK)
        signum_buf_put_byte(&base64, '=');
    if (signum_base64_decode(&claims, signum_buf_text(&base64)) == SIGNUM_OK)
        object = signum_json_object(&claims);
    signum_buf_clear(&claims);
    signum_buf_clear(&base64);
    return object;
}

/* A time among the claims; 0 if there is none. */
static int64_t
time_of(const cJSON *object, const char *name)
{
    uint64_t value = 0;

    if (object == NULL || signum_json_number(object, name, TIME_MAX, &value) != SIGNUM_OK)
        return 0;
    return (int64_t)value;
}

int64_t
signum_oauth_claims_expiry(const struct signum_buf *jwt)
{
    cJSON *object = open_claims(jwt);
    int64_t expiry = time_of(object, "exp");

    signum_json_free_secret(object);
    return expiry;
}

/* Somebody else's text in a log line: printable, and not too long. */
static void
put_text(const char *text, struct signum_buf *out)
{
    for (size_t i = 0; text[i] != 0 && i < CLAIM_TEXT_MAX; i++) {
        bool is_control = (unsigned char)text[i] < 0x20 || text[i] == 0x7F;
        signum_buf_put_byte(out, is_control ? (uint8_t)'?' : (uint8_t)text[i]);
    }
}

static void
put_claim(const char *what, const cJSON *claim, struct signum_buf *out)
{
    const char *text = cJSON_GetStringValue(claim);

    if (text == NULL)
        return;
    signum_buf_put_text(out, what);
    put_text(text, out);
}

static void
put_times(const cJSON *object, int64_t now, struct signum_buf *out)
{
    const int64_t expiry = time_of(object, "exp");
    int64_t start = time_of(object, "nbf");

    if (start == 0)
        start = time_of(object, "iat");
    if (start > now)
        signum_buf_printf(out,
                          "; by this machine's clock it is not valid before %lld s from now: check "
                          "the clocks here and at the issuer",
                          (long long)(start - now));
    else if (expiry != 0 && expiry <= now)
        signum_buf_printf(out, "; it expired %lld s ago", (long long)(now - expiry));
    else if (expiry != 0)
        signum_buf_printf(out, "; it is good for %lld s more", (long long)(expiry - now));
}

void
signum_oauth_claims_explain(const struct signum_buf *jwt, int64_t now, struct signum_buf *out)
{
    cJSON *object = open_claims(jwt);
    const cJSON *one = NULL;

    if (object == NULL) {
        signum_buf_put_text(out, "the token does not say what it is for");
        return;
    }
    const cJSON *audience = cJSON_GetObjectItemCaseSensitive(object, "aud");
    signum_buf_put_text(out, "the token");
    put_claim(" is of the issuer ", cJSON_GetObjectItemCaseSensitive(object, "iss"), out);
    put_claim(", of ", cJSON_GetObjectItemCaseSensitive(object, "sub"), out);
    put_claim(", for the audience ", audience, out);
    if (cJSON_IsArray(audience))
        cJSON_ArrayForEach(one, audience) put_claim(", for the audience ", one, out);
    put_times(object, now, out);
    signum_json_free_secret(object);
}

/* "Tue, 24 Nov 2026 03:29:13 GMT": RFC 9110 section 5.6.7. 0 if it is not one. */
static int64_t
seconds_of(const char *date)
{
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    char month[4] = "";
    char text[32];
    unsigned day = 0;
    unsigned year = 0;
    unsigned hour = 0;
    unsigned minute = 0;
    unsigned second = 0;

    if (strlen(date) != 29 || sscanf(date + 5, "%2u %3s %4u %2u:%2u:%2u GMT", &day, month, &year,
                                     &hour, &minute, &second) != 6)
        return 0;
    const char *at = strstr(months, month);
    if (strlen(month) != 3 || at == NULL || (at - months) % 3 != 0)
        return 0;
    (void)snprintf(text, sizeof text, "%04u-%02u-%02uT%02u:%02u:%02uZ", year,
                   (unsigned)((at - months) / 3 + 1), day, hour, minute, second);
    return signum_json_seconds(text);
}

void
signum_oauth_put_clock_error(const struct signum_http_response *response, int64_t now,
                             struct signum_buf *out)
{
    const char *date = signum_http_header(&response->headers, "Date");
    const int64_t theirs = date == NULL ? 0 : seconds_of(date);
    const int64_t ahead = now - theirs;

    if (theirs == 0 || (ahead < CLOCK_ERROR_MIN_S && ahead > -CLOCK_ERROR_MIN_S))
        return;
    signum_buf_printf(out, "; this machine's clock is %lld s %s",
                      (long long)(ahead < 0 ? -ahead : ahead), ahead < 0 ? "behind" : "ahead");
}
