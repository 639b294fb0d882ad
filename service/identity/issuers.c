#include "identity/issuers.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "identity/issuer_keys.h"

#define ISSUERS_MAX 32
#define URL_MAX 2048
#define SETTINGS_MAX ((size_t)64 * 1024)

struct entry {
    struct signumd_issuer issuer;
    struct signumd_issuer_keys *keys;
};

struct signumd_issuers {
    struct entry items[ISSUERS_MAX];
    size_t count;
};

/* Names make the prefixes, so two issuers of one name would be one. */
static bool
is_taken(const struct signumd_issuers *issuers, const struct signumd_issuer *issuer)
{
    for (size_t i = 0; i + 1 < issuers->count; i++)
        if (strcmp(issuers->items[i].issuer.name, issuer->name) == 0)
            return true;
    return false;
}

static void
take_issuer(void *context, struct signumd_json_reader *item)
{
    struct signumd_issuers *issuers = context;
    struct signumd_issuer *issuer = &issuers->items[issuers->count++].issuer;

    signumd_issuer_read(item, issuer);
    if (item->failure == SIGNUM_OK && is_taken(issuers, issuer))
        signumd_json_refuse(item, "name", "is another issuer's");
}

static enum signum_status
read_all(const char *settings, struct signumd_issuers *issuers)
{
    struct signum_buf text;
    struct cJSON *object = NULL;
    struct signumd_json_reader reader;

    signum_buf_init(&text, SETTINGS_MAX);
    signum_buf_printf(&text, "{\"issuers\":%s}", settings);
    enum signum_status status = signum_buf_status(&text);
    if (status == SIGNUM_OK)
        status = signumd_json_parse(signum_bytes_of_buf(&text), &object);
    signum_buf_clear(&text);
    if (status != SIGNUM_OK)
        return status;
    signumd_json_reader_init(&reader, object);
    if (!signumd_json_is_empty(&reader, "issuers"))
        signumd_json_get_objects(&reader, "issuers", ISSUERS_MAX, take_issuer, issuers);
    if (reader.failure != SIGNUM_OK) {
        signumd_log(SIGNUMD_LOG_ERROR, "settings: member '%s' %s", reader.field, reader.cause);
        status = SIGNUM_BAD_SETTINGS;
    }
    signumd_json_free(&object);
    return status;
}

enum signum_status
signumd_issuers_new(const char *settings, const char *folder, struct signumd_issuers **issuers_out)
{
    struct signumd_issuers *issuers = calloc(1, sizeof *issuers);
    enum signum_status status = SIGNUM_OK;

    *issuers_out = NULL;
    if (issuers == NULL)
        return SIGNUM_NO_MEMORY;
    if (settings != NULL && settings[0] != '\0')
        status = read_all(settings, issuers);
    for (size_t i = 0; i < issuers->count && status == SIGNUM_OK; i++)
        status =
            signumd_issuer_keys_new(&issuers->items[i].issuer, folder, &issuers->items[i].keys);
    if (status != SIGNUM_OK)
        signumd_issuers_free(&issuers);
    *issuers_out = issuers;
    return status;
}

void
signumd_issuers_free(struct signumd_issuers **issuers)
{
    if (*issuers == NULL)
        return;
    for (size_t i = 0; i < (*issuers)->count; i++) {
        signumd_issuer_keys_free(&(*issuers)->items[i].keys);
        signumd_issuer_clear(&(*issuers)->items[i].issuer);
    }
    free(*issuers);
    *issuers = NULL;
}

size_t
signumd_issuers_count(const struct signumd_issuers *issuers)
{
    return issuers == NULL ? 0 : issuers->count;
}

void
signumd_issuers_write(const struct signumd_issuers *issuers, struct signumd_json_writer *writer)
{
    for (size_t i = 0; i < issuers->count; i++) {
        const struct signumd_issuer *issuer = &issuers->items[i].issuer;
        signumd_json_begin(writer, NULL, '{');
        signumd_json_put_text(writer, "name", issuer->name);
        signumd_json_put_text(writer, "issuer", issuer->url);
        signumd_json_put_text(writer, "kind", issuer->kind == SIGNUMD_TOKEN_ID ? "id" : "access");
        signumd_json_put_text(writer, "user", issuer->user);
        signumd_json_end(writer, '}');
    }
}

bool
signumd_issuers_is_token(const char *text)
{
    const char *first = strchr(text, '.');
    const char *second = first == NULL ? NULL : strchr(first + 1, '.');

    return second != NULL && strchr(second + 1, '.') == NULL;
}

/* Whose token does it say it is? Several may have one URL, with other audiences. */
static void
read_url(const struct signumd_jwt *jwt, char url_out[URL_MAX])
{
    struct cJSON *object = NULL;
    struct signumd_json_reader reader;

    url_out[0] = '\0';
    if (signumd_json_parse(signumd_jwt_claims(jwt), &object) != SIGNUM_OK)
        return;
    signumd_json_reader_init(&reader, object);
    const char *url = signumd_json_get_text(&reader, "iss", true, URL_MAX - 1);
    if (url != NULL)
        memcpy(url_out, url, strlen(url) + 1);
    signumd_json_free(&object);
}

static const char *
cause_of(enum signum_status status)
{
    if (status == SIGNUM_KEY_NOT_FOUND)
        return "token signed with an unknown key";
    if (status == SIGNUM_BAD_SIGNATURE)
        return "token signature wrong";
    return "the issuer's keys are not to be had";
}

/* What can be said against a token without any key. */
static const char *
check_header(const struct signumd_issuer *issuer, const struct signumd_jwt *jwt)
{
    const char *algorithm = signumd_jwt_header(jwt, "alg");

    if (algorithm == NULL || !signumd_texts_has(&issuer->algorithms, algorithm))
        return "token algorithm not allowed";
    /* RFC 7515 section 4.1.11: what is critical and not understood is refused; we know none */
    return signumd_jwt_has_header(jwt, "crit") ? "token has critical extensions" : NULL;
}

static enum signum_status
check_with(struct entry *entry, const struct signumd_jwt *jwt, int64_t now,
    struct signumd_federated *federated)
{
    federated->cause = check_header(&entry->issuer, jwt);
    if (federated->cause != NULL)
        return SIGNUM_CREDENTIAL_REFUSED;
    enum signum_status status = signumd_issuer_keys_verify(entry->keys, jwt);
    if (status == SIGNUM_NO_MEMORY)
        return status;
    if (status == SIGNUM_OK)
        return signumd_issuer_judge(&entry->issuer, jwt, now, federated);
    federated->cause = cause_of(status);
    return SIGNUM_CREDENTIAL_REFUSED;
}

/* The first issuer that takes the token has it; the last cause is told. */
static enum signum_status
check_all(struct signumd_issuers *issuers, const struct signumd_jwt *jwt, int64_t now,
    struct signumd_federated *federated)
{
    char url[URL_MAX];
    enum signum_status status = SIGNUM_CREDENTIAL_REFUSED;

    read_url(jwt, url);
    federated->cause = "token of an unknown issuer";
    for (size_t i = 0; i < issuers->count && status == SIGNUM_CREDENTIAL_REFUSED; i++)
        if (strcmp(issuers->items[i].issuer.url, url) == 0)
            status = check_with(&issuers->items[i], jwt, now, federated);
    return status;
}

enum signum_status
signumd_issuers_check(struct signumd_issuers *issuers, const char *token, int64_t now,
    struct signumd_federated *federated_out)
{
    struct signumd_jwt *jwt = NULL;

    federated_out->cause = "token malformed";
    enum signum_status status = signumd_jwt_read(token, &jwt);
    if (status == SIGNUM_PROTOCOL)
        return SIGNUM_CREDENTIAL_REFUSED;
    if (status == SIGNUM_OK)
        status = check_all(issuers, jwt, now, federated_out);
    signumd_jwt_free(&jwt);
    return status;
}
