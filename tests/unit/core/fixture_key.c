#include "fixture_key.h"

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <string.h>

#include "fixture_check.h"

static const struct {
    uint32_t bits;
    const char *curve; /* NULL for RSA */
} kinds[FIXTURE_KIND_COUNT] = {
    {2048, NULL}, {3072, NULL}, {4096, NULL}, {256, "P-256"}, {384, "P-384"}, {521, "P-521"},
};

static EVP_PKEY *pairs[FIXTURE_KIND_COUNT][2];

EVP_PKEY *
fixture_pair(enum fixture_kind kind, unsigned which)
{
    if (pairs[kind][which] == NULL) {
        if (kinds[kind].curve == NULL)
            pairs[kind][which] = EVP_RSA_gen(kinds[kind].bits);
        else
            pairs[kind][which] = EVP_EC_gen(kinds[kind].curve);
    }
    assert_non_null(pairs[kind][which]);
    return pairs[kind][which];
}

const struct signum_alg *
fixture_alg(enum fixture_kind kind)
{
    const char *wire = kinds[kind].curve == NULL ? "rsa" : "ecdsa";

    return signum_alg_by_wire(wire, kinds[kind].curve);
}

uint32_t
fixture_bits(enum fixture_kind kind)
{
    return kinds[kind].bits;
}

void
fixture_put_spki(EVP_PKEY *pair, struct signum_buf *out)
{
    uint8_t *der = NULL;
    int len = i2d_PUBKEY(pair, &der);

    assert_true(len > 0);
    signum_buf_put(out, der, (size_t)len);
    OPENSSL_free(der);
    check_status(signum_buf_status(out), SIGNUM_OK);
}

void
fixture_put_certificate(EVP_PKEY *pair, const char *subject, struct signum_buf *out)
{
    X509 *certificate = X509_new();
    X509_NAME *name = X509_NAME_new();
    uint8_t *der = NULL;

    assert_non_null(certificate);
    assert_non_null(name);
    assert_int_equal(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
                                                (const uint8_t *)subject, -1, -1, 0), 1);
    assert_int_equal(X509_set_version(certificate, X509_VERSION_3), 1);
    assert_int_equal(ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1), 1);
    assert_int_equal(X509_set_subject_name(certificate, name), 1);
    assert_int_equal(X509_set_issuer_name(certificate, name), 1);
    assert_non_null(X509_gmtime_adj(X509_getm_notBefore(certificate), 0));
    assert_non_null(X509_gmtime_adj(X509_getm_notAfter(certificate), 86400));
    assert_int_equal(X509_set_pubkey(certificate, pair), 1);
    assert_true(X509_sign(certificate, pair, EVP_sha256()) > 0);
    int len = i2d_X509(certificate, &der);
    assert_true(len > 0);
    signum_buf_put(out, der, (size_t)len);
    OPENSSL_free(der);
    X509_NAME_free(name);
    X509_free(certificate);
}

void
fixture_key_data_init(struct fixture_key_data *data, enum fixture_kind kind, unsigned which,
                      const char *name)
{
    EVP_PKEY *pair = fixture_pair(kind, which);

    memset(data, 0, sizeof *data);
    signum_buf_init(&data->spki, SIGNUM_KEY_SPKI_MAX + 16);
    signum_buf_init(&data->leaf, SIGNUM_KEY_CERT_MAX + 16);
    fixture_put_spki(pair, &data->spki);
    fixture_put_certificate(pair, "leaf", &data->leaf);
    for (size_t i = 0; i < COUNT_OF(data->chain); i++)
        data->chain[i] = signum_bytes_of_buf(&data->leaf);
    data->fields = (struct signum_key_fields){
        .name = name,
        .id = "id-1",
        .version = 7,
        .alg = fixture_alg(kind),
        .bits = kinds[kind].bits,
        .spki = signum_bytes_of_buf(&data->spki),
        .chain = data->chain,
        .chain_count = 1,
        .is_enabled = true,
        .etag = "etag-1",
    };
}

void
fixture_key_data_clear(struct fixture_key_data *data)
{
    signum_buf_clear(&data->spki);
    signum_buf_clear(&data->leaf);
}

struct signum_key *
fixture_key(enum fixture_kind kind, unsigned which, const char *name)
{
    struct fixture_key_data data;
    struct signum_key *key = NULL;

    fixture_key_data_init(&data, kind, which, name);
    check_status(signum_key_new(&data.fields, &key), SIGNUM_OK);
    fixture_key_data_clear(&data);
    return key;
}

/* The DER signature of OpenSSL (RFC 3279 section 2.2.3) as r||s. */
static void
put_raw(const uint8_t *der, size_t len, size_t width, struct signum_buf *out)
{
    uint8_t raw[2 * 66];
    ECDSA_SIG *sig = d2i_ECDSA_SIG(NULL, &der, (long)len);

    assert_non_null(sig);
    assert_true(2 * width <= sizeof raw);
    assert_true(BN_bn2binpad(ECDSA_SIG_get0_r(sig), raw, (int)width) > 0);
    assert_true(BN_bn2binpad(ECDSA_SIG_get0_s(sig), raw + width, (int)width) > 0);
    signum_buf_put(out, raw, 2 * width);
    ECDSA_SIG_free(sig);
}

static void
set_padding(EVP_PKEY_CTX *context, const struct signum_sign_params *params)
{
    if (params->scheme == SIGNUM_SCHEME_ECDSA)
        return;
    bool is_pss = params->scheme == SIGNUM_SCHEME_RSA_PSS;
    assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(
                         context, is_pss ? RSA_PKCS1_PSS_PADDING : RSA_PKCS1_PADDING), 1);
    if (is_pss)
        assert_int_equal(EVP_PKEY_CTX_set_rsa_pss_saltlen(context, (int)params->salt_len), 1);
    if (params->hash == SIGNUM_HASH_NONE)
        return;
    const char *name = signum_hash_by_id(params->hash)->openssl;
    assert_int_equal(EVP_PKEY_CTX_set_signature_md(context, EVP_get_digestbyname(name)), 1);
}

void
fixture_sign(EVP_PKEY *pair, const struct signum_sign_params *params, struct signum_bytes digest,
             struct signum_buf *out)
{
    uint8_t raw[SIGNUM_SIGNATURE_MAX];
    size_t len = sizeof raw;
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(pair, NULL);

    signum_buf_clear(out);
    assert_non_null(context);
    assert_int_equal(EVP_PKEY_sign_init(context), 1);
    set_padding(context, params);
    assert_int_equal(EVP_PKEY_sign(context, raw, &len, digest.data, digest.len), 1);
    if (params->scheme == SIGNUM_SCHEME_ECDSA)
        put_raw(raw, len, ((size_t)EVP_PKEY_get_bits(pair) + 7) / 8, out);
    else
        signum_buf_put(out, raw, len);
    EVP_PKEY_CTX_free(context);
    check_status(signum_buf_status(out), SIGNUM_OK);
}

struct signum_bytes
fixture_digest(enum signum_hash hash, uint8_t seed, uint8_t storage[SIGNUM_DIGEST_MAX])
{
    size_t len = hash == SIGNUM_HASH_NONE ? 32 : signum_hash_by_id(hash)->len;

    for (size_t i = 0; i < len; i++)
        storage[i] = (uint8_t)(seed * 31 + i * 7 + 1);
    return (struct signum_bytes){storage, len};
}
