#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/timestamp.h"
#include "keys/keys.h"
#include "x509/certificate.h"

#define OBJECT_MAX ((size_t)256 * 1024)

static void
write_schemes(const struct signum_alg *alg, struct signumd_json_writer *writer)
{
    signumd_json_begin(writer, "schemes", '[');
    for (int i = 0; i < SIGNUM_SCHEME_COUNT; i++) {
        enum signum_scheme scheme = (enum signum_scheme)i;
        if (signum_alg_has_scheme(alg, scheme))
            signumd_json_put_text(writer, NULL, signum_scheme_by_id(scheme)->wire);
    }
    signumd_json_end(writer, ']');
}

static const char *
state_of(const struct signumd_key *key)
{
    if (key->is_pending)
        return "pending";
    if (!key->is_enabled)
        return "disabled";
    return signumd_key_has_expired(key) ? "expired" : "enabled";
}

/* Everything but the entity tag, which is a hash over this. */
static void
write_members(const struct signumd_key *key, struct signumd_json_writer *writer)
{
    char expires[SIGNUMD_TIMESTAMP_SIZE];

    signumd_json_put_text(writer, "id", key->id);
    signumd_json_put_text(writer, "name", key->name);
    signumd_json_put_number(writer, "version", key->version);
    signumd_json_put_text(writer, "algorithm", key->alg->wire);
    if (key->alg->curve == NULL)
        signumd_json_put_number(writer, "bits", key->bits);
    else
        signumd_json_put_text(writer, "curve", key->alg->curve);
    signumd_json_put_base64(writer, "spki", signum_bytes_of_buf(&key->spki));
    signumd_json_begin(writer, "chain", '[');
    for (size_t i = 0; i < key->chain_count; i++)
        signumd_json_put_base64(writer, NULL, signum_bytes_of_buf(&key->chain[i]));
    signumd_json_end(writer, ']');
    write_schemes(key->alg, writer);
    signumd_json_put_text(writer, "state", state_of(key));
    if (key->expires != 0) {
        signumd_timestamp_format(key->expires, expires);
        signumd_json_put_text(writer, "expires", expires);
    }
    if (key->owner[0] != '\0')
        signumd_json_put_text(writer, "owner", key->owner);
    if (key->description[0] != '\0')
        signumd_json_put_text(writer, "description", key->description);
    signumd_json_begin(writer, "groups", '[');
    for (size_t i = 0; i < key->groups.count; i++)
        signumd_json_put_text(writer, NULL, key->groups.items[i]);
    signumd_json_end(writer, ']');
    signumd_json_begin(writer, "flags", '[');
    for (int i = 0; i < SIGNUMD_KEY_FLAG_COUNT; i++) {
        enum signumd_key_flag flag = (enum signumd_key_flag)i;
        if ((key->flags & SIGNUMD_KEY_FLAG_BIT(flag)) != 0)
            signumd_json_put_text(writer, NULL, signumd_key_flag_name(flag));
    }
    signumd_json_end(writer, ']');
}

enum signum_status
signumd_key_etag(const struct signumd_key *key, char etag_out[SIGNUMD_ID_SIZE])
{
    struct signum_buf text;
    struct signumd_json_writer writer;
    char sha256[SIGNUMD_SHA256_HEX_SIZE];

    etag_out[0] = '\0';
    signum_buf_init(&text, OBJECT_MAX);
    signumd_json_start(&writer, &text);
    write_members(key, &writer);
    signumd_json_end(&writer, '}');
    enum signum_status status = signum_buf_status(&text);
    if (status == SIGNUM_OK)
        status = signumd_crypto_sha256_hex(signum_bytes_of_buf(&text), sha256);
    if (status == SIGNUM_OK)
        (void)snprintf(etag_out, SIGNUMD_ID_SIZE, "%.32s", sha256);
    signum_buf_clear(&text);
    return status;
}

enum signum_status
signumd_key_write(const struct signumd_key *key, struct signumd_json_writer *writer)
{
    char etag[SIGNUMD_ID_SIZE];
    enum signum_status status = signumd_key_etag(key, etag);

    if (status != SIGNUM_OK)
        return status;
    signumd_json_begin(writer, NULL, '{');
    write_members(key, writer);
    signumd_json_put_text(writer, "etag", etag);
    /* not of the entity tag: the days that are left change by themselves */
    signumd_certificate_write(key, signumd_timestamp_seconds(), writer);
    signumd_json_end(writer, '}');
    return SIGNUM_OK;
}
