#include <string.h>

#include "base/json.h"
#include "base/timestamp.h"
#include "signum/attestation.h"
#include "x509/attest.h"

#define NONCE_ALPHABET "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

bool
signumd_attest_is_nonce(const char *text)
{
    size_t len = strlen(text);

    return len >= SIGNUM_NONCE_MIN && len <= SIGNUM_NONCE_MAX &&
           strspn(text, NONCE_ALPHABET) == len;
}

/* null is for what the token, or the system, does not tell */
static const char *
or_null(const char *text)
{
    return text[0] == '\0' ? NULL : text;
}

static void
put_mechanisms(struct signumd_json_writer *writer, const struct signumd_hsm_facts *facts)
{
    if (!facts->is_restricted) {
        signumd_json_put_text(writer, "allowed_mechanisms", NULL);
        return;
    }
    signumd_json_begin(writer, "allowed_mechanisms", '[');
    for (size_t i = 0; i < facts->allowed_count; i++)
        signumd_json_put_text(writer, NULL, facts->allowed[i]);
    signumd_json_end(writer, ']');
}

static void
put_attributes(struct signumd_json_writer *writer, const struct signumd_hsm_facts *facts)
{
    signumd_json_begin(writer, "attributes", '{');
    for (int i = 0; i < SIGNUMD_HSM_ATTRIBUTE_COUNT; i++)
        signumd_json_put_bool(writer, signumd_hsm_attribute_name((enum signumd_hsm_attribute)i),
            facts->attributes[i]);
    signumd_json_end(writer, '}');
}

static void
put_software(struct signumd_json_writer *writer, const struct signumd_hsm_facts *facts)
{
    signumd_json_begin(writer, "library", '{');
    signumd_json_put_text(writer, "description", facts->library);
    signumd_json_put_text(writer, "manufacturer", facts->library_manufacturer);
    signumd_json_put_text(writer, "version", facts->library_version);
    signumd_json_end(writer, '}');
    signumd_json_begin(writer, "module", '{');
    signumd_json_put_text(writer, "file", or_null(facts->module));
    signumd_json_put_text(writer, "sha256", or_null(facts->module_sha256));
    signumd_json_end(writer, '}');
}

static void
put_token(struct signumd_json_writer *writer, const struct signumd_hsm_facts *facts)
{
    signumd_json_begin(writer, "token", '{');
    signumd_json_put_text(writer, "firmware", facts->firmware);
    signumd_json_put_bool(writer, "hardware_slot", facts->is_hardware_slot);
    signumd_json_put_text(writer, "label", facts->label);
    signumd_json_put_text(writer, "manufacturer", facts->manufacturer);
    signumd_json_put_text(writer, "model", facts->model);
    signumd_json_put_text(writer, "serial", facts->serial);
    signumd_json_end(writer, '}');
}

/* The hashes only: what they are of stands beside the evidence. */
static enum signum_status
put_vendors(struct signumd_json_writer *writer, const struct signumd_hsm_vendors *vendors)
{
    enum signum_status status = SIGNUM_OK;

    signumd_json_begin(writer, "vendor", '[');
    for (size_t i = 0; status == SIGNUM_OK && i < vendors->count; i++) {
        char sha256[SIGNUMD_SHA256_HEX_SIZE];
        status = signumd_crypto_sha256_hex(signum_bytes_of_buf(&vendors->items[i].data), sha256);
        signumd_json_begin(writer, NULL, '{');
        signumd_json_put_text(writer, "kind", vendors->items[i].kind);
        signumd_json_put_text(writer, "label", vendors->items[i].label);
        signumd_json_put_text(writer, "sha256", sha256);
        signumd_json_end(writer, '}');
    }
    signumd_json_end(writer, ']');
    return status;
}

/* Members in the order of their names, as RFC 8785 has them; all texts are printable ASCII. */
enum signum_status
signumd_attest_put_evidence(
    const struct signumd_attest_ask *ask, struct signumd_attestation *attestation)
{
    struct signumd_json_writer writer;
    const struct signumd_key *key = ask->key;
    const struct signumd_hsm_facts *facts = &attestation->facts;
    char spki_sha256[SIGNUMD_SHA256_HEX_SIZE];
    enum signum_status status =
        signumd_crypto_sha256_hex(signum_bytes_of_buf(&key->spki), spki_sha256);

    if (status != SIGNUM_OK)
        return status;
    signumd_timestamp_now(attestation->time);
    signumd_json_start(&writer, &attestation->evidence);
    put_mechanisms(&writer, facts);
    put_attributes(&writer, facts);
    signumd_json_put_text(&writer, "format", SIGNUM_ATTESTATION_FORMAT);
    signumd_json_begin(&writer, "key", '{');
    signumd_json_put_text(&writer, "id", key->id);
    signumd_json_put_text(&writer, "name", key->name);
    signumd_json_put_number(&writer, "version", key->version);
    signumd_json_end(&writer, '}');
    signumd_json_put_text(&writer, "key_gen_mechanism", or_null(facts->key_gen_mechanism));
    put_software(&writer, facts);
    signumd_json_put_text(&writer, "nonce", ask->nonce);
    signumd_json_put_text(
        &writer, "origin", facts->is_software ? SIGNUM_ORIGIN_SOFTWARE : SIGNUM_ORIGIN_TOKEN);
    signumd_json_put_text(&writer, "spki_sha256", spki_sha256);
    signumd_json_put_text(&writer, "time", attestation->time);
    put_token(&writer, facts);
    status = put_vendors(&writer, &attestation->vendors);
    signumd_json_end(&writer, '}');
    return status == SIGNUM_OK ? signum_buf_status(&attestation->evidence) : status;
}
