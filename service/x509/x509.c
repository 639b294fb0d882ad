#include "x509/x509.h"

#include <arpa/inet.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "signum/attestation.h"
#include "x509/x509_internal.h"

#define CA_BITS 3072
#define CA_DAYS 3650
#define TLS_DAYS 825
#define CA_SUBJECT "/O=Signum/CN=Signum demo CA"
#define TLS_SUBJECT "/O=Signum/CN=signumd"
#define ATTESTATION_DAYS CA_DAYS
#define ATTESTATION_SUBJECT "/O=Signum/CN=Signum key attestation"
#define ALT_NAMES_MAX 8192
#define CRL_URL_MAX 1024

struct extension {
    int nid;
    const char *value;
};

static enum signum_status
extend_all(X509 *certificate, X509 *issuer, const struct extension *extensions, size_t count)
{
    enum signum_status status = SIGNUM_OK;

    for (size_t i = 0; status == SIGNUM_OK && i < count; i++)
        status = signumd_x509_extend(certificate, issuer, extensions[i].nid, extensions[i].value);
    return status;
}

enum signum_status
signumd_x509_make_ca(struct signum_buf *key_pem_out, struct signum_buf *certificate_pem_out)
{
    static const struct extension extensions[] = {
        {NID_basic_constraints, "critical,CA:TRUE,pathlen:0"},
        {NID_key_usage, "critical,keyCertSign,cRLSign"},
        {NID_subject_key_identifier, "hash"},
        {NID_authority_key_identifier, "keyid:always"},
    };
    X509_NAME *subject = NULL;
    X509 *certificate = NULL;
    EVP_PKEY *key = EVP_RSA_gen(CA_BITS);
    enum signum_status status =
        key == NULL ? signumd_crypto_failure("generating the CA key") : SIGNUM_OK;

    if (status == SIGNUM_OK)
        status = signumd_x509_parse_name(CA_SUBJECT, &subject);
    if (status == SIGNUM_OK)
        status = signumd_x509_draft(subject, NULL, key, CA_DAYS, &certificate);
    if (status == SIGNUM_OK)
        status = extend_all(certificate, certificate, extensions, 4);
    if (status == SIGNUM_OK)
        status = signumd_x509_sign(certificate, key);
    if (status == SIGNUM_OK)
        status = signumd_x509_put_certificate(certificate, certificate_pem_out);
    if (status == SIGNUM_OK)
        status = signumd_x509_put_key(key, key_pem_out);
    X509_NAME_free(subject);
    X509_free(certificate);
    EVP_PKEY_free(key);
    return status;
}

/* Draft, extensions and signature by the CA of the state folder. */
static enum signum_status
issue(const struct signumd_x509_ca *ca, const char *subject, EVP_PKEY *public_key, int64_t days,
      const struct extension *extensions, size_t count, X509 **certificate_out)
{
    X509 *issuer = signumd_x509_read_certificate(ca->certificate_pem);
    EVP_PKEY *key = signumd_x509_read_key(ca->key_pem);
    X509_NAME *name = NULL;
    enum signum_status status = SIGNUM_OK;

    *certificate_out = NULL;
    if (issuer == NULL || key == NULL)
        status = signumd_crypto_failure("reading the CA's certificate and key");
    if (status == SIGNUM_OK)
        status = signumd_x509_parse_name(subject, &name);
    if (status == SIGNUM_OK)
        status = signumd_x509_draft(name, issuer, public_key, days, certificate_out);
    if (status == SIGNUM_OK)
        status = extend_all(*certificate_out, issuer, extensions, count);
    if (status == SIGNUM_OK)
        status = signumd_x509_sign(*certificate_out, key);
    if (status != SIGNUM_OK) {
        X509_free(*certificate_out);
        *certificate_out = NULL;
    }
    X509_NAME_free(name);
    EVP_PKEY_free(key);
    X509_free(issuer);
    return status;
}

/* DNS names must not bring syntax of their own into OpenSSL's text form. */
static bool
put_alt_name(struct signum_buf *names, const char *name)
{
    static const char allowed[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-*";
    uint8_t address[sizeof(struct in6_addr)];

    if (inet_pton(AF_INET, name, address) == 1 || inet_pton(AF_INET6, name, address) == 1) {
        signum_buf_printf(names, ",IP:%s", name);
        return true;
    }
    if (name[0] == '\0' || strspn(name, allowed) != strlen(name))
        return false;
    signum_buf_printf(names, ",DNS:%s", name);
    return true;
}

static enum signum_status
alt_names(const char *const *names, size_t count, struct signum_buf *text_out)
{
    signum_buf_put_text(text_out, "DNS:localhost,IP:127.0.0.1,IP:::1");
    for (size_t i = 0; i < count; i++) {
        if (!put_alt_name(text_out, names[i])) {
            signumd_log(SIGNUMD_LOG_ERROR, "'%s' is neither a host name nor an IP address",
                        names[i]);
            return SIGNUM_INVALID_ARGUMENT;
        }
    }
    return signum_buf_status(text_out);
}

enum signum_status
signumd_x509_make_tls(const struct signumd_x509_ca *ca, const char *const *names, size_t count,
                      struct signum_buf *key_pem_out, struct signum_buf *certificate_pem_out)
{
    struct signum_buf alt;
    X509 *certificate = NULL;
    EVP_PKEY *key = EVP_EC_gen("P-256");

    signum_buf_init(&alt, ALT_NAMES_MAX);
    enum signum_status status =
        key == NULL ? signumd_crypto_failure("generating the TLS key") : SIGNUM_OK;
    if (status == SIGNUM_OK)
        status = alt_names(names, count, &alt);
    const struct extension extensions[] = {
        {NID_basic_constraints, "critical,CA:FALSE"},
        {NID_key_usage, "critical,digitalSignature"},
        {NID_ext_key_usage, "serverAuth"},
        {NID_subject_key_identifier, "hash"},
        {NID_authority_key_identifier, "keyid:always"},
        {NID_subject_alt_name, signum_buf_text(&alt)},
    };
    if (status == SIGNUM_OK)
        status = issue(ca, TLS_SUBJECT, key, TLS_DAYS, extensions, 6, &certificate);
    if (status == SIGNUM_OK)
        status = signumd_x509_put_certificate(certificate, certificate_pem_out);
    if (status == SIGNUM_OK)
        status = signumd_x509_put_key(key, key_pem_out);
    X509_free(certificate);
    EVP_PKEY_free(key);
    signum_buf_clear(&alt);
    return status;
}

enum signum_status
signumd_x509_make_attestation(const struct signumd_x509_ca *ca, struct signum_buf *key_pem_out,
                              struct signum_buf *certificate_pem_out)
{
    static const struct extension extensions[] = {
        {NID_basic_constraints, "critical,CA:FALSE"},
        {NID_key_usage, "critical,digitalSignature"},
        {NID_ext_key_usage, "critical," SIGNUM_OID_ATTESTATION_KEY},
        {NID_subject_key_identifier, "hash"},
        {NID_authority_key_identifier, "keyid:always"},
    };
    X509 *certificate = NULL;
    EVP_PKEY *key = EVP_EC_gen("P-256");
    enum signum_status status =
        key == NULL ? signumd_crypto_failure("generating the attestation key") : SIGNUM_OK;

    if (status == SIGNUM_OK)
        status = issue(ca, ATTESTATION_SUBJECT, key, ATTESTATION_DAYS, extensions, 5,
                       &certificate);
    if (status == SIGNUM_OK)
        status = signumd_x509_put_certificate(certificate, certificate_pem_out);
    if (status == SIGNUM_OK)
        status = signumd_x509_put_key(key, key_pem_out);
    X509_free(certificate);
    EVP_PKEY_free(key);
    return status;
}

static enum signum_status
add_to_chain(struct signumd_key *key, X509 *certificate)
{
    uint8_t *der = NULL;

    if (key->chain_count == SIGNUMD_CHAIN_MAX)
        return SIGNUM_TOO_LARGE;
    int len = i2d_X509(certificate, &der);
    if (len <= 0)
        return signumd_crypto_failure("encoding a certificate");
    struct signum_buf *place = &key->chain[key->chain_count];
    signum_buf_clear(place);
    signum_buf_put(place, der, (size_t)len);
    OPENSSL_free(der);
    enum signum_status status = signum_buf_status(place);
    if (status == SIGNUM_OK)
        key->chain_count++;
    return status;
}

static EVP_PKEY *
public_key_of(const struct signumd_key *key)
{
    const uint8_t *at = key->spki.data;

    return at == NULL ? NULL : d2i_PUBKEY(NULL, &at, (long)key->spki.len);
}

enum signum_status
signumd_x509_issue(const struct signumd_x509_ca *ca, const char *subject, int64_t days,
                   const char *crl_url, struct signumd_key *key)
{
    char crl[CRL_URL_MAX + 8];
    const struct extension extensions[] = {
        {NID_basic_constraints, "critical,CA:FALSE"},
        {NID_key_usage, "critical,digitalSignature"},
        {NID_ext_key_usage, "codeSigning"},
        {NID_subject_key_identifier, "hash"},
        {NID_authority_key_identifier, "keyid:always"},
        {NID_crl_distribution_points, crl},
    };
    const size_t count = crl_url == NULL || crl_url[0] == '\0' ? 5 : 6;
    char own_subject[SIGNUMD_NAME_MAX + 8];
    X509 *certificate = NULL;
    X509 *issuer = NULL;
    EVP_PKEY *public_key = public_key_of(key);

    (void)snprintf(crl, sizeof crl, "URI:%s", crl_url == NULL ? "" : crl_url);
    (void)snprintf(own_subject, sizeof own_subject, "/CN=%s", key->name);
    enum signum_status status =
        public_key == NULL ? signumd_crypto_failure("reading the public key") : SIGNUM_OK;
    if (status == SIGNUM_OK)
        status = issue(ca, subject == NULL ? own_subject : subject, public_key, days, extensions,
                       count, &certificate);
    key->chain_count = 0;
    if (status == SIGNUM_OK)
        status = add_to_chain(key, certificate);
    if (status == SIGNUM_OK) {
        issuer = signumd_x509_read_certificate(ca->certificate_pem);
        status = issuer == NULL ? SIGNUM_CRYPTO : add_to_chain(key, issuer);
    }
    X509_free(issuer);
    X509_free(certificate);
    EVP_PKEY_free(public_key);
    return status;
}

static enum signum_status
add_pem_chain(struct signum_bytes file, struct signumd_key *key)
{
    BIO *bio = BIO_new_mem_buf(file.data, (int)file.len);
    enum signum_status status = bio == NULL ? SIGNUM_NO_MEMORY : SIGNUM_OK;

    while (status == SIGNUM_OK) {
        X509 *certificate = PEM_read_bio_X509(bio, NULL, NULL, NULL);
        if (certificate == NULL)
            break;
        status = add_to_chain(key, certificate);
        X509_free(certificate);
    }
    ERR_clear_error();
    BIO_free(bio);
    return status;
}

static X509 *
chain_item(const struct signumd_key *key, size_t index)
{
    const uint8_t *at = key->chain[index].data;

    return d2i_X509(NULL, &at, (long)key->chain[index].len);
}

/* Each certificate is signed by the next one. */
static enum signum_status
check_order(const struct signumd_key *key)
{
    enum signum_status status = SIGNUM_OK;

    for (size_t i = 0; status == SIGNUM_OK && i + 1 < key->chain_count; i++) {
        X509 *lower = chain_item(key, i);
        X509 *upper = chain_item(key, i + 1);
        if (lower == NULL || upper == NULL || X509_check_issued(upper, lower) != X509_V_OK ||
            X509_verify(lower, X509_get0_pubkey(upper)) != 1) {
            signumd_log(SIGNUMD_LOG_ERROR, "certificate %zu of the chain is not issued by %zu",
                        i + 1, i + 2);
            status = SIGNUM_PROTOCOL;
        }
        X509_free(lower);
        X509_free(upper);
    }
    return status;
}

static enum signum_status
check_leaf(const struct signumd_key *key)
{
    X509 *leaf = chain_item(key, 0);
    EVP_PKEY *public_key = public_key_of(key);
    bool is_same = leaf != NULL && public_key != NULL &&
                   EVP_PKEY_eq(X509_get0_pubkey(leaf), public_key) == 1;

    X509_free(leaf);
    EVP_PKEY_free(public_key);
    return is_same ? SIGNUM_OK : SIGNUM_BAD_ALGORITHM;
}

enum signum_status
signumd_x509_check(const struct signumd_key *key)
{
    if (key->chain_count == 0)
        return SIGNUM_PROTOCOL;
    enum signum_status status = check_leaf(key);
    return status == SIGNUM_OK ? check_order(key) : status;
}

enum signum_status
signumd_x509_append(struct signum_bytes der, struct signumd_key *key)
{
    const uint8_t *at = der.data;

    if (der.len == 0 || der.len > INT_MAX)
        return SIGNUM_PROTOCOL;
    X509 *certificate = d2i_X509(NULL, &at, (long)der.len);
    bool is_whole = certificate != NULL && at == der.data + der.len;
    enum signum_status status = is_whole ? add_to_chain(key, certificate) : SIGNUM_PROTOCOL;
    X509_free(certificate);
    ERR_clear_error();
    return status;
}

enum signum_status
signumd_x509_import(struct signum_bytes file, struct signumd_key *key)
{
    key->chain_count = 0;
    if (file.len == 0 || file.len > INT_MAX)
        return SIGNUM_PROTOCOL;
    enum signum_status status = signumd_x509_append(file, key);
    if (status == SIGNUM_PROTOCOL)
        status = add_pem_chain(file, key);
    return status == SIGNUM_OK ? signumd_x509_check(key) : status;
}
