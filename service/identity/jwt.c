#include "identity/jwt.h"

#include <cjose/cjose.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#define RSA_BITS_MIN 2048
#define KEY_TEXT_MAX ((size_t)16 * 1024)
#define TEXT_MAX 1024

struct signumd_jwt {
    cjose_jws_t *jws;
    cjose_header_t *header; /* the jws owns it */
};

/* What a key must be for an algorithm. */
struct algorithm {
    const char *name;
    const char *kty;
    const char *crv; /* NULL: it has none */
};

static const struct algorithm algorithms[] = {
    {"RS256", "RSA", NULL},
    {"RS384", "RSA", NULL},
    {"RS512", "RSA", NULL},
    {"PS256", "RSA", NULL},
    {"PS384", "RSA", NULL},
    {"PS512", "RSA", NULL},
    {"ES256", "EC", "P-256"},
    {"ES384", "EC", "P-384"},
    {"ES512", "EC", "P-521"},
};

static const struct algorithm *
find_algorithm(const char *name)
{
    for (size_t i = 0; i < sizeof algorithms / sizeof algorithms[0]; i++)
        if (name != NULL && strcmp(algorithms[i].name, name) == 0)
            return &algorithms[i];
    return NULL;
}

bool
signumd_jwt_knows(const char *algorithm)
{
    return find_algorithm(algorithm) != NULL;
}

enum signum_status
signumd_jwt_read(const char *text, struct signumd_jwt **jwt_out)
{
    struct signumd_jwt *jwt = NULL;
    cjose_err error;
    size_t len = strnlen(text, SIGNUMD_JWT_MAX + 1);

    *jwt_out = NULL;
    if (len > SIGNUMD_JWT_MAX)
        return SIGNUM_PROTOCOL;
    jwt = calloc(1, sizeof *jwt);
    if (jwt == NULL)
        return SIGNUM_NO_MEMORY;
    jwt->jws = cjose_jws_import(text, len, &error);
    if (jwt->jws != NULL)
        jwt->header = cjose_jws_get_protected(jwt->jws);
    if (jwt->header == NULL) {
        signumd_jwt_free(&jwt);
        return SIGNUM_PROTOCOL;
    }
    *jwt_out = jwt;
    return SIGNUM_OK;
}

void
signumd_jwt_free(struct signumd_jwt **jwt)
{
    if (*jwt == NULL)
        return;
    cjose_jws_release((*jwt)->jws);
    free(*jwt);
    *jwt = NULL;
}

const char *
signumd_jwt_header(const struct signumd_jwt *jwt, const char *name)
{
    cjose_err error;

    return cjose_header_get(jwt->header, name, &error);
}

bool
signumd_jwt_has_header(const struct signumd_jwt *jwt, const char *name)
{
    /* cjose's own function finds objects and arrays only */
    return json_object_get(jwt->header, name) != NULL;
}

struct signum_bytes
signumd_jwt_claims(const struct signumd_jwt *jwt)
{
    cjose_err error;
    uint8_t *data = NULL;
    size_t len = 0;

    if (!cjose_jws_get_plaintext(jwt->jws, &data, &len, &error))
        return (struct signum_bytes){NULL, 0};
    return (struct signum_bytes){data, len};
}

/* One verification: what is asked for, and the best that was found. */
struct search {
    const struct signumd_jwt *jwt;
    const struct algorithm *algorithm;
    const char *kid; /* NULL: the token names none */
    enum signum_status status;
};

static bool
is_absent_or(struct signumd_json_reader *key, const char *name, const char *wanted)
{
    const char *text = signumd_json_get_text(key, name, false, TEXT_MAX);

    return text == NULL ? key->failure == SIGNUM_OK : strcmp(text, wanted) == 0;
}

static const char *
note_verify(void *context, const char *text)
{
    bool *has_verify = context;

    *has_verify = *has_verify || strcmp(text, "verify") == 0;
    return NULL;
}

static bool
may_verify(struct signumd_json_reader *key)
{
    bool has_verify = !signumd_json_has(key, "key_ops");

    signumd_json_get_list(key, "key_ops", SIGNUMD_JWKS_KEYS_MAX, note_verify, &has_verify);
    return has_verify && key->failure == SIGNUM_OK;
}

static bool
is_fitting(struct signumd_json_reader *key, const struct search *search)
{
    const struct algorithm *algorithm = search->algorithm;
    const char *kty = signumd_json_get_text(key, "kty", true, TEXT_MAX);

    if (kty == NULL || strcmp(kty, algorithm->kty) != 0)
        return false;
    if (search->kid != NULL) {
        const char *kid = signumd_json_get_text(key, "kid", true, TEXT_MAX);
        if (kid == NULL || strcmp(kid, search->kid) != 0)
            return false;
    }
    if (algorithm->crv != NULL) {
        const char *crv = signumd_json_get_text(key, "crv", true, TEXT_MAX);
        if (crv == NULL || strcmp(crv, algorithm->crv) != 0)
            return false;
    }
    return is_absent_or(key, "use", "sig") && is_absent_or(key, "alg", algorithm->name) &&
           may_verify(key);
}

static enum signum_status
verify_with(const struct search *search, const struct signumd_json_reader *key)
{
    struct signum_buf text;
    cjose_err error;
    enum signum_status status = SIGNUM_KEY_NOT_FOUND;

    signum_buf_init(&text, KEY_TEXT_MAX);
    signumd_json_print(key->object, &text);
    cjose_jwk_t *jwk = cjose_jwk_import(signum_buf_text(&text), text.len, &error);
    bool is_weak = jwk != NULL && cjose_jwk_get_kty(jwk, &error) == CJOSE_JWK_KTY_RSA &&
                   cjose_jwk_get_keysize(jwk, &error) < RSA_BITS_MIN;
    if (jwk != NULL && !is_weak)
        status = cjose_jws_verify(search->jwt->jws, jwk, &error) ? SIGNUM_OK : SIGNUM_BAD_SIGNATURE;
    if (jwk != NULL)
        (void)cjose_jwk_release(jwk);
    signum_buf_clear(&text);
    return status;
}

static void
try_key(const void *context, struct signumd_json_reader *key)
{
    struct search *search = *(struct search *const *)context;

    if (search->status == SIGNUM_OK || !is_fitting(key, search))
        return;
    enum signum_status status = verify_with(search, key);
    if (status != SIGNUM_KEY_NOT_FOUND)
        search->status = status;
}

enum signum_status
signumd_jwt_verify(const struct signumd_jwt *jwt, const char *keys)
{
    struct search search = {jwt, find_algorithm(signumd_jwt_header(jwt, "alg")),
        signumd_jwt_header(jwt, "kid"), SIGNUM_KEY_NOT_FOUND};
    struct search *context = &search;
    struct cJSON *document = NULL;

    if (search.algorithm == NULL || signumd_jwt_has_header(jwt, "kid") != (search.kid != NULL))
        return SIGNUM_KEY_NOT_FOUND;
    enum signum_status status = signumd_json_parse(signum_bytes_of_text(keys), &document);
    if (status != SIGNUM_OK)
        return status;
    signumd_json_each(document, "keys", try_key, &context);
    signumd_json_free(&document);
    return search.status;
}

static void
count_key(const void *context, struct signumd_json_reader *key)
{
    size_t *count = *(size_t *const *)context;

    if (signumd_json_get_text(key, "kty", true, TEXT_MAX) != NULL)
        (*count)++;
    else
        *count += SIGNUMD_JWKS_KEYS_MAX + 1;
}

bool
signumd_jwks_is_valid(struct signum_bytes text)
{
    struct cJSON *document = NULL;
    size_t count = 0;
    size_t *context = &count;

    if (signumd_json_parse(text, &document) != SIGNUM_OK)
        return false;
    signumd_json_each(document, "keys", count_key, &context);
    signumd_json_free(&document);
    return count >= 1 && count <= SIGNUMD_JWKS_KEYS_MAX;
}
