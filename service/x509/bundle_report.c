#include "x509/bundle.h"

static const char *
yes(bool is_true)
{
    return is_true ? "yes" : "no";
}

static const char *
known(const char *text)
{
    return text[0] == '\0' ? "(not told)" : text;
}

static void
put_key(const struct signumd_key *key, const struct signumd_csr_ask *ask, const char *spki_sha256,
    struct signum_buf *out)
{
    signum_buf_printf(
        out, "Key                   %s, version %lld\n", key->name, (long long)key->version);
    signum_buf_printf(out, "Algorithm             %s, %u bits%s%s\n", key->alg->wire,
        (unsigned)key->bits, key->alg->curve == NULL ? "" : ", curve ",
        key->alg->curve == NULL ? "" : key->alg->curve);
    signum_buf_printf(out, "SHA-256 of public key %s\n", spki_sha256);
    signum_buf_printf(out, "Subject asked for     %s\n\n", ask->subject);
}

static void
put_protection(const struct signumd_hsm_facts *facts, struct signum_buf *out)
{
    const bool *is = facts->attributes;

    signum_buf_put_text(out, "What the token says about the private key (PKCS#11):\n");
    signum_buf_printf(
        out, "  generated on the token (CKA_LOCAL)             %s\n", yes(is[SIGNUMD_HSM_LOCAL]));
    signum_buf_printf(out, "  by the mechanism (CKA_KEY_GEN_MECHANISM)       %s\n",
        known(facts->key_gen_mechanism));
    signum_buf_printf(out, "  sensitive (CKA_SENSITIVE)                      %s\n",
        yes(is[SIGNUMD_HSM_SENSITIVE]));
    signum_buf_printf(out, "  sensitive ever since (CKA_ALWAYS_SENSITIVE)    %s\n",
        yes(is[SIGNUMD_HSM_ALWAYS_SENSITIVE]));
    signum_buf_printf(out, "  extractable (CKA_EXTRACTABLE)                  %s\n",
        yes(is[SIGNUMD_HSM_EXTRACTABLE]));
    signum_buf_printf(out, "  never was extractable (CKA_NEVER_EXTRACTABLE)  %s\n\n",
        yes(is[SIGNUMD_HSM_NEVER_EXTRACTABLE]));
}

static void
put_token(const struct signumd_hsm_facts *facts, struct signum_buf *out)
{
    signum_buf_printf(out, "Token        %s %s, label %s, serial %s, firmware %s\n",
        facts->manufacturer, facts->model, facts->label, facts->serial, facts->firmware);
    signum_buf_printf(out, "Library      %s, %s, version %s\n", facts->library,
        facts->library_manufacturer, facts->library_version);
    signum_buf_printf(
        out, "Module       %s, SHA-256 %s\n", known(facts->module), known(facts->module_sha256));
    if (facts->is_software)
        signum_buf_put_text(out,
            "Kind         SOFTWARE TOKEN: the key lies in a file, no hardware protects it.\n\n");
    else
        signum_buf_printf(out, "Kind         PKCS#11 token; the module calls its slot %s\n\n",
            facts->is_hardware_slot ? "a hardware slot" : "no hardware slot");
}

enum signum_status
signumd_bundle_put_report(const struct signumd_attestation *attestation,
    const struct signumd_key *key, const struct signumd_csr_ask *csr_ask,
    struct signum_buf *report_out)
{
    char spki_sha256[SIGNUMD_SHA256_HEX_SIZE];
    enum signum_status status =
        signumd_crypto_sha256_hex(signum_bytes_of_buf(&key->spki), spki_sha256);

    if (status != SIGNUM_OK)
        return status;
    signum_buf_printf(
        report_out, "Evidence of how a signing key is kept, %s\n\n", attestation->time);
    put_key(key, csr_ask, spki_sha256, report_out);
    put_protection(&attestation->facts, report_out);
    put_token(&attestation->facts, report_out);
    signum_buf_printf(report_out, "Evidence of the vendor: %zu object%s\n",
        attestation->vendors.count, attestation->vendors.count == 1 ? "" : "s");
    for (size_t i = 0; i < attestation->vendors.count; i++)
        signum_buf_printf(report_out, "  %s, label %s, %zu bytes\n",
            attestation->vendors.items[i].kind, attestation->vendors.items[i].label,
            attestation->vendors.items[i].data.len);
    signum_buf_put_text(report_out, "\nThe statement is signed by the signing service, which read "
                                    "these facts through PKCS#11.\n"
                                    "It is not a statement of the token's manufacturer, unless it "
                                    "is evidence of the vendor.\n");
    return signum_buf_status(report_out);
}
