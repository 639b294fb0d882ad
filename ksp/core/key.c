#include "key.h"

#include <stdlib.h>
#include <string.h>

#include "key_internal.h"

static void
destroy(struct signum_object *object)
{
    struct signum_key *key = (struct signum_key *)object;

    for (size_t i = 0; i < key->chain_count; i++)
        signum_buf_clear(&key->chain[i]);
    signum_buf_clear(&key->spki);
    signum_key_public_free(&key->public_half);
    free(key->name);
    free(key->id);
    free(key->etag);
    free(key);
}

struct signum_key *
signum_key_ref(struct signum_key *key)
{
    signum_object_ref(&key->object);
    return key;
}

void
signum_key_unref(struct signum_key **key)
{
    if (*key != NULL)
        signum_object_unref(&(*key)->object);
    *key = NULL;
}

static enum signum_status
copy_fields(struct signum_key *key, const struct signum_key_fields *fields)
{
    key->name = signum_text_copy(fields->name);
    key->id = signum_text_copy(fields->id);
    key->etag = signum_text_copy(fields->etag);
    if (key->name == NULL || key->id == NULL || key->etag == NULL)
        return SIGNUM_NO_MEMORY;
    key->version = fields->version;
    key->alg = fields->alg;
    key->bits = fields->bits;
    key->is_enabled = fields->is_enabled;
    signum_buf_put(&key->spki, fields->spki.data, fields->spki.len);
    for (size_t i = 0; i < fields->chain_count; i++) {
        signum_buf_init(&key->chain[i], SIGNUM_KEY_CERT_MAX);
        signum_buf_put(&key->chain[i], fields->chain[i].data, fields->chain[i].len);
        key->chain_count = i + 1;
        if (signum_buf_status(&key->chain[i]) != SIGNUM_OK)
            return signum_buf_status(&key->chain[i]);
    }
    return signum_buf_status(&key->spki);
}

enum signum_status
signum_key_new(const struct signum_key_fields *fields, struct signum_key **key_out)
{
    *key_out = NULL;
    size_t name_len = strlen(fields->name);
    if (name_len == 0 || name_len > SIGNUM_KEY_NAME_MAX || fields->alg == NULL)
        return SIGNUM_PROTOCOL;
    if (fields->chain_count > SIGNUM_KEY_CHAIN_MAX || fields->bits > SIGNUM_SIGNATURE_MAX * 8)
        return SIGNUM_PROTOCOL;

    struct signum_key *key = calloc(1, sizeof *key);
    if (key == NULL)
        return SIGNUM_NO_MEMORY;
    signum_object_init(&key->object, destroy);
    signum_buf_init(&key->spki, SIGNUM_KEY_SPKI_MAX);
    enum signum_status status = copy_fields(key, fields);
    if (status == SIGNUM_OK)
        status = signum_key_public_new(&key->public_half);
    if (status != SIGNUM_OK)
        signum_key_unref(&key);
    *key_out = key;
    return status;
}

const char *
signum_key_name(const struct signum_key *key)
{
    return key->name;
}

const char *
signum_key_id(const struct signum_key *key)
{
    return key->id;
}

const char *
signum_key_etag(const struct signum_key *key)
{
    return key->etag;
}

unsigned
signum_key_version(const struct signum_key *key)
{
    return key->version;
}

const struct signum_alg *
signum_key_alg(const struct signum_key *key)
{
    return key->alg;
}

uint32_t
signum_key_bits(const struct signum_key *key)
{
    return key->bits;
}

bool
signum_key_is_enabled(const struct signum_key *key)
{
    return key->is_enabled;
}

struct signum_bytes
signum_key_spki(const struct signum_key *key)
{
    return signum_bytes_of_buf(&key->spki);
}

size_t
signum_key_chain_count(const struct signum_key *key)
{
    return key->chain_count;
}

struct signum_bytes
signum_key_certificate(const struct signum_key *key, size_t index)
{
    if (index >= key->chain_count)
        return (struct signum_bytes){NULL, 0};
    return signum_bytes_of_buf(&key->chain[index]);
}

size_t
signum_key_signature_len(const struct signum_key *key)
{
    return signum_alg_signature_len(key->alg, key->bits);
}

struct signum_bytes
signum_key_modulus(const struct signum_key *key)
{
    return signum_key_public_number(key, SIGNUM_FAMILY_RSA, 0);
}

struct signum_bytes
signum_key_exponent(const struct signum_key *key)
{
    return signum_key_public_number(key, SIGNUM_FAMILY_RSA, 1);
}

struct signum_bytes
signum_key_x(const struct signum_key *key)
{
    return signum_key_public_number(key, SIGNUM_FAMILY_ECDSA, 0);
}

struct signum_bytes
signum_key_y(const struct signum_key *key)
{
    return signum_key_public_number(key, SIGNUM_FAMILY_ECDSA, 1);
}
