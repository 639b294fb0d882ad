#include <cjson/cJSON.h>
#include <string.h>

#include "base64.h"
#include "protocol_json.h"
#include "protocol_signum.h"

#define BITS_MAX 16384      /* of a key */
#define VERSION_MAX 1000000 /* of a key */

/* The `chain` member: base64 DER certificates, leaf first. */
static enum signum_status
read_chain(const cJSON *object, struct signum_buf *storage, struct signum_bytes *chain,
           size_t *count_out)
{
    const cJSON *array = cJSON_GetObjectItemCaseSensitive(object, "chain");
    const cJSON *item = NULL;

    *count_out = 0;
    if (!cJSON_IsArray(array))
        return SIGNUM_PROTOCOL;
    cJSON_ArrayForEach(item, array)
    {
        size_t i = *count_out;
        if (i >= SIGNUM_KEY_CHAIN_MAX || !cJSON_IsString(item))
            return SIGNUM_PROTOCOL;
        enum signum_status status = signum_base64_decode(&storage[i], item->valuestring);
        if (status != SIGNUM_OK)
            return status;
        chain[i] = signum_bytes_of_buf(&storage[i]);
        *count_out = i + 1;
    }
    return SIGNUM_OK;
}

/* One that cannot go back in a header (RFC 9110 section 8.8.3) is as good as none. */
static bool
is_etag(const char *text)
{
    for (; *text != 0; text++)
        if (*text < 0x21 || *text == 0x7f)
            return false;
    return true;
}

/* Fills all but spki and chain. Texts are borrowed from the object. */
static enum signum_status
read_fields(const cJSON *object, struct signum_key_fields *fields)
{
    const char *algorithm = signum_json_text(object, "algorithm");
    const char *curve = signum_json_text(object, "curve");
    const char *state = signum_json_text(object, "state");
    const char *etag = signum_json_text(object, "etag");
    uint64_t version;
    uint64_t bits;

    fields->name = signum_json_text(object, "name");
    fields->id = signum_json_text(object, "id");
    if (fields->name == NULL || fields->id == NULL || algorithm == NULL || state == NULL)
        return SIGNUM_PROTOCOL;
    fields->alg = signum_alg_by_wire(algorithm, curve);
    if (fields->alg == NULL)
        return SIGNUM_NOT_SUPPORTED;
    enum signum_status status = signum_json_number(object, "version", VERSION_MAX, &version);
    bits = fields->alg->bits_default;
    if (status == SIGNUM_OK && fields->alg->family == SIGNUM_FAMILY_RSA)
        status = signum_json_number(object, "bits", BITS_MAX, &bits);
    if (status != SIGNUM_OK)
        return status;
    fields->version = (unsigned)version;
    fields->bits = (uint32_t)bits;
    fields->is_enabled = strcmp(state, "enabled") == 0;
    fields->etag = etag == NULL || !is_etag(etag) ? "" : etag;
    return SIGNUM_OK;
}

static enum signum_status
read_key(const cJSON *object, struct signum_key **key_out)
{
    struct signum_key_fields fields = {0};
    struct signum_buf storage[SIGNUM_KEY_CHAIN_MAX];
    struct signum_bytes chain[SIGNUM_KEY_CHAIN_MAX];
    struct signum_buf spki;

    *key_out = NULL;
    signum_buf_init(&spki, SIGNUM_KEY_SPKI_MAX);
    for (size_t i = 0; i < SIGNUM_KEY_CHAIN_MAX; i++)
        signum_buf_init(&storage[i], SIGNUM_KEY_CERT_MAX);

    enum signum_status status = read_fields(object, &fields);
    if (status == SIGNUM_OK)
        status = signum_json_base64(object, "spki", &spki);
    if (status == SIGNUM_OK)
        status = read_chain(object, storage, chain, &fields.chain_count);
    if (status == SIGNUM_OK) {
        fields.spki = signum_bytes_of_buf(&spki);
        fields.chain = chain;
        status = signum_key_new(&fields, key_out);
    }
    for (size_t i = 0; i < SIGNUM_KEY_CHAIN_MAX; i++)
        signum_buf_clear(&storage[i]);
    signum_buf_clear(&spki);
    return status;
}

/* A key of a kind that this version does not know is left out of a list, not an error of it. */
enum signum_status
signum_protocol_signum_add_key(const struct cJSON *object, struct signum_result *result,
                               bool is_list)
{
    struct signum_key *key = NULL;

    enum signum_status status = read_key(object, &key);
    if (status == SIGNUM_NOT_SUPPORTED && is_list)
        return SIGNUM_OK;
    if (status == SIGNUM_OK && !is_list) /* those of a long list when somebody opens them */
        status = signum_key_check(key);
    if (status == SIGNUM_OK)
        status = signum_result_add_key(result, key);
    if (status != SIGNUM_OK)
        signum_key_unref(&key);
    return status;
}
