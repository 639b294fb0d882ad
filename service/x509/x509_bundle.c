#include <limits.h>

#include <openssl/asn1.h>

#include "signum/attestation.h"
#include "x509/attest.h"
#include "x509/x509_internal.h"

/*
 * A SEQUENCE that is being put together. After a failure it stays so, and the rest does nothing.
 *
 *     AttestationBundle ::= SEQUENCE {
 *         attestations  SEQUENCE OF AttestationStatement,
 *         certs         SEQUENCE OF Certificate OPTIONAL }
 *     AttestationStatement ::= SEQUENCE { type OBJECT IDENTIFIER, stmt SignumStatement }
 *     SignumStatement ::= SEQUENCE {
 *         evidence   OCTET STRING,
 *         signature  OCTET STRING,
 *         vendor     SEQUENCE OF OCTET STRING OPTIONAL }
 */
struct sequence {
    ASN1_SEQUENCE_ANY *items;
    bool is_broken;
};

static struct sequence
begin(void)
{
    struct sequence sequence = {sk_ASN1_TYPE_new_null(), false};

    sequence.is_broken = sequence.items == NULL;
    return sequence;
}

/* Takes over `value`. */
static void
add(struct sequence *sequence, int type, void *value)
{
    ASN1_TYPE *item = ASN1_TYPE_new();

    if (item == NULL || value == NULL || sequence->items == NULL) {
        sequence->is_broken = true;
        ASN1_TYPE_free(item);
        if (type == V_ASN1_OBJECT)
            ASN1_OBJECT_free(value);
        else
            ASN1_STRING_free(value);
        return;
    }
    ASN1_TYPE_set(item, type, value);
    if (sk_ASN1_TYPE_push(sequence->items, item) > 0)
        return;
    sequence->is_broken = true;
    ASN1_TYPE_free(item);
}

static void
add_bytes(struct sequence *sequence, int type, struct signum_bytes bytes)
{
    ASN1_STRING *string = ASN1_STRING_type_new(type);

    if (bytes.len > INT_MAX || string == NULL ||
        ASN1_STRING_set(string, bytes.data, (int)bytes.len) != 1)
        sequence->is_broken = true;
    add(sequence, type, string);
}

/* Its DER into `out`; frees it. */
static void
end(struct sequence *sequence, struct signum_buf *out, bool *is_broken)
{
    uint8_t *der = NULL;
    int len = sequence->is_broken ? -1 : i2d_ASN1_SEQUENCE_ANY(sequence->items, &der);

    if (len > 0)
        signum_buf_put(out, der, (size_t)len);
    else
        *is_broken = true;
    OPENSSL_free(der);
    sk_ASN1_TYPE_pop_free(sequence->items, ASN1_TYPE_free);
    sequence->items = NULL;
}

static void
put_statement(const struct signumd_attestation *attestation, struct signum_buf *out, bool *broken)
{
    struct signum_buf vendors;
    struct sequence statement = begin();

    signum_buf_init(&vendors, SIGNUMD_ATTESTATION_MAX);
    add_bytes(&statement, V_ASN1_OCTET_STRING, signum_bytes_of_buf(&attestation->evidence));
    add_bytes(&statement, V_ASN1_OCTET_STRING, signum_bytes_of_buf(&attestation->signature));
    if (attestation->vendors.count > 0) {
        struct sequence list = begin();
        for (size_t i = 0; i < attestation->vendors.count; i++)
            add_bytes(&list, V_ASN1_OCTET_STRING,
                signum_bytes_of_buf(&attestation->vendors.items[i].data));
        end(&list, &vendors, broken);
        add_bytes(&statement, V_ASN1_SEQUENCE, signum_bytes_of_buf(&vendors));
    }
    end(&statement, out, broken);
    signum_buf_clear(&vendors);
}

enum signum_status
signumd_x509_put_bundle(const struct signumd_attestation *attestation, struct signum_buf *der_out)
{
    struct signum_buf parts[4]; /* what is signed and its signature; with its type; lists */
    struct sequence typed = begin();
    struct sequence statements = begin();
    struct sequence certs = begin();
    struct sequence bundle = begin();
    bool is_broken = false;

    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        signum_buf_init(&parts[i], SIGNUMD_ATTESTATION_MAX);
    put_statement(attestation, &parts[0], &is_broken);
    add(&typed, V_ASN1_OBJECT, OBJ_txt2obj(SIGNUM_OID_STATEMENT, 1));
    add_bytes(&typed, V_ASN1_SEQUENCE, signum_bytes_of_buf(&parts[0]));
    end(&typed, &parts[1], &is_broken);
    add_bytes(&statements, V_ASN1_SEQUENCE, signum_bytes_of_buf(&parts[1]));
    end(&statements, &parts[2], &is_broken);
    for (int i = 0; i < SIGNUMD_ATTEST_CHAIN; i++)
        add_bytes(&certs, V_ASN1_SEQUENCE, signum_bytes_of_buf(&attestation->chain[i]));
    end(&certs, &parts[3], &is_broken);
    add_bytes(&bundle, V_ASN1_SEQUENCE, signum_bytes_of_buf(&parts[2]));
    add_bytes(&bundle, V_ASN1_SEQUENCE, signum_bytes_of_buf(&parts[3]));
    end(&bundle, der_out, &is_broken);
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        signum_buf_clear(&parts[i]);
    if (is_broken)
        return signumd_crypto_failure("composing an attestation bundle");
    return signum_buf_status(der_out);
}
