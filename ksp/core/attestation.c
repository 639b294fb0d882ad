#include "attestation.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <string.h>

#include "base64.h"
#include "protocol_json.h"

#define PART_MAX (256u << 10) /* bytes of evidence, a certificate, or an item of the vendor's */

void
signum_attestation_init(struct signum_attestation *attestation)
{
    memset(attestation, 0, sizeof *attestation);
    signum_buf_init(&attestation->evidence, PART_MAX);
    signum_buf_init(&attestation->signature, PART_MAX);
    for (size_t i = 0; i < SIGNUM_ATTESTATION_CHAIN_MAX; i++)
        signum_buf_init(&attestation->chain[i], PART_MAX);
    for (size_t i = 0; i < SIGNUM_ATTESTATION_VENDOR_MAX; i++)
        signum_buf_init(&attestation->vendor[i].data, PART_MAX);
}

void
signum_attestation_clear(struct signum_attestation *attestation)
{
    signum_buf_clear(&attestation->evidence);
    signum_buf_clear(&attestation->signature);
    for (size_t i = 0; i < SIGNUM_ATTESTATION_CHAIN_MAX; i++)
        signum_buf_clear(&attestation->chain[i]);
    for (size_t i = 0; i < SIGNUM_ATTESTATION_VENDOR_MAX; i++)
        signum_buf_clear(&attestation->vendor[i].data);
    signum_attestation_init(attestation);
}

static const cJSON *
member(const cJSON *object, const char *name)
{
    return cJSON_GetObjectItemCaseSensitive(object, name);
}

/* False if it is absent, no text, or too long to be what it should be. */
static bool
take_text(const cJSON *object, const char *name, char *text_out, size_t size)
{
    const char *text = signum_json_text(object, name);

    return text != NULL && strlen(text) < size && snprintf(text_out, size, "%s", text) >= 0;
}

static bool
take_bool(const cJSON *object, const char *name, bool *value_out)
{
    const cJSON *item = member(object, name);

    *value_out = cJSON_IsTrue(item);
    return cJSON_IsBool(item);
}

static bool
take_sha256(const cJSON *object, const char *name, char text_out[SIGNUM_SHA256_HEX_SIZE])
{
    return take_text(object, name, text_out, SIGNUM_SHA256_HEX_SIZE) &&
           strspn(text_out, "0123456789abcdef") == SIGNUM_SHA256_HEX_SIZE - 1;
}

/* Base64 of at least one byte. */
static bool
take_bytes(const char *text, struct signum_buf *out)
{
    return text != NULL && signum_base64_decode(out, text) == SIGNUM_OK && out->len > 0;
}

static bool
take_chain(const cJSON *document, struct signum_attestation *attestation)
{
    const cJSON *array = member(document, "chain");
    int count = cJSON_GetArraySize(array);

    if (!cJSON_IsArray(array) || count < 1 || count > SIGNUM_ATTESTATION_CHAIN_MAX)
        return false;
    for (int i = 0; i < count; i++)
        if (!take_bytes(cJSON_GetStringValue(cJSON_GetArrayItem(array, i)),
                &attestation->chain[i]))
            return false;
    attestation->chain_count = (size_t)count;
    return true;
}

/* The data stands in the document, its hash in the evidence, in the same order. */
static bool
take_vendors(const cJSON *document, const cJSON *evidence, struct signum_attestation *attestation)
{
    const cJSON *given = member(document, "vendor");
    const cJSON *named = member(evidence, "vendor");
    int count = cJSON_GetArraySize(given);

    if (!cJSON_IsArray(given) || !cJSON_IsArray(named) || cJSON_GetArraySize(named) != count ||
        count > SIGNUM_ATTESTATION_VENDOR_MAX)
        return false;
    for (int i = 0; i < count; i++) {
        struct signum_attestation_vendor *vendor = &attestation->vendor[i];
        const cJSON *hash = cJSON_GetArrayItem(named, i);
        const char *data = signum_json_text(cJSON_GetArrayItem(given, i), "data");
        if (!take_text(hash, "kind", vendor->kind, sizeof vendor->kind) ||
            !take_sha256(hash, "sha256", vendor->sha256) || data == NULL ||
            signum_base64_decode(&vendor->data, data) != SIGNUM_OK)
            return false;
    }
    attestation->vendor_count = (size_t)count;
    return true;
}

static bool
take_protection(const cJSON *evidence, struct signum_attestation *attestation)
{
    const cJSON *attributes = member(evidence, "attributes");

    return take_bool(attributes, "local", &attestation->is_local) &&
           take_bool(attributes, "sensitive", &attestation->is_sensitive) &&
           take_bool(attributes, "always_sensitive", &attestation->is_always_sensitive) &&
           take_bool(attributes, "extractable", &attestation->is_extractable) &&
           take_bool(attributes, "never_extractable", &attestation->is_never_extractable);
}

#define TEXT(object, name, place)                                                                  \
    take_text(object, name, attestation->place, sizeof attestation->place)

static bool
take_token(const cJSON *evidence, struct signum_attestation *attestation)
{
    const cJSON *token = member(evidence, "token");

    return TEXT(evidence, "origin", origin) && TEXT(token, "manufacturer", manufacturer) &&
           TEXT(token, "model", model) && TEXT(token, "serial", serial) &&
           take_bool(token, "hardware_slot", &attestation->is_hardware_slot);
}

/* What is wrong with the evidence; NULL if nothing is. */
static const char *
take_evidence(const cJSON *evidence, struct signum_attestation *attestation)
{
    const char *format = signum_json_text(evidence, "format");

    if (format == NULL || strcmp(format, SIGNUM_ATTESTATION_FORMAT) != 0)
        return "its evidence is of another format";
    if (!TEXT(member(evidence, "key"), "name", key) ||
        !take_sha256(evidence, "spki_sha256", attestation->spki_sha256))
        return "its evidence does not say which key it is about";
    if (!cJSON_IsNull(member(evidence, "nonce")) && !TEXT(evidence, "nonce", nonce))
        return "the nonce in its evidence is not one";
    if (!TEXT(evidence, "time", time_text))
        return "its evidence does not say of when it is";
    attestation->time = signum_json_seconds(attestation->time_text);
    if (attestation->time <= 0)
        return "the time in its evidence is not one";
    if (!take_protection(evidence, attestation))
        return "its evidence does not say how the key is protected";
    return take_token(evidence, attestation) ? NULL : "its evidence does not describe the token";
}

static const char *
take_document(const cJSON *document, struct signum_attestation *attestation)
{
    const char *format = signum_json_text(document, "format");

    if (format == NULL || strcmp(format, SIGNUM_ATTESTATION_FORMAT) != 0)
        return "it is not an attestation (" SIGNUM_ATTESTATION_FORMAT ")";
    if (!take_bytes(signum_json_text(document, "evidence"), &attestation->evidence))
        return "it has no evidence";
    if (!take_bytes(signum_json_text(document, "signature"), &attestation->signature))
        return "it has no signature";
    if (!take_chain(document, attestation))
        return "it has no list of certificates";
    cJSON *evidence = signum_json_object(&attestation->evidence);
    if (evidence == NULL)
        return "its evidence is not a JSON object";
    const char *fault = take_evidence(evidence, attestation);
    if (fault == NULL && !take_vendors(document, evidence, attestation))
        fault = "the vendor's evidence is not what the evidence lists";
    cJSON_Delete(evidence);
    return fault;
}

enum signum_status
signum_attestation_read(const struct signum_buf *document,
    struct signum_attestation *attestation_out, const char **fault_out)
{
    cJSON *object = signum_json_object(document);
    const cJSON *inner = object;
    const char *format = signum_json_text(object, "format");

    signum_attestation_clear(attestation_out);
    if (format != NULL && strcmp(format, SIGNUM_EVIDENCE_FORMAT) == 0)
        inner = member(object, "attestation");
    *fault_out = object == NULL ? "it is not a JSON object" : take_document(inner, attestation_out);
    cJSON_Delete(object);
    if (*fault_out == NULL)
        return SIGNUM_OK;
    signum_attestation_clear(attestation_out);
    return SIGNUM_PROTOCOL;
}
