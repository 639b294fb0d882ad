#include "http/client_trust.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/files.h"
#include "base/log.h"
#include "http/client_certificate.h"

#define FILE_MAX ((size_t)16 * 1024 * 1024)
#define CAS_MAX 64
#define CHAIN_MAX 8
#define LISTS_MAX 64

/*
 * Each CA has a trust list of its own: so it is known which CA a chain ends in, and no other CA can
 * vouch for a subject in its name.
 */
struct ca {
    gnutls_x509_trust_list_t list;
    char name[SIGNUMD_DN_MAX + 1];
};

struct signumd_client_trust {
    struct ca cas[CAS_MAX];
    size_t ca_count;
    gnutls_x509_crt_t crts[CAS_MAX]; /* those of the trust lists, which free them */
    gnutls_x509_crl_t crls[LISTS_MAX];
    size_t crl_count;
};

static enum signum_status
refuse_file(const char *path, const char *fault)
{
    signumd_log(SIGNUMD_LOG_ERROR, "%s: %s", path, fault);
    return SIGNUM_BAD_SETTINGS;
}

/* Takes over the certificate in any case. */
static enum signum_status
add_ca(struct signumd_client_trust *trust, gnutls_x509_crt_t crt)
{
    struct ca *ca = &trust->cas[trust->ca_count];
    gnutls_datum_t name = {NULL, 0};
    int code = gnutls_x509_trust_list_init(&ca->list, 0);

    if (code < 0) {
        gnutls_x509_crt_deinit(crt);
        return signumd_client_failure(code);
    }
    trust->crts[trust->ca_count++] = crt;
    code = gnutls_x509_trust_list_add_cas(ca->list, &crt, 1, 0);
    if (code < 1) {
        gnutls_x509_crt_deinit(crt);
        return SIGNUM_NO_MEMORY;
    }
    return signumd_client_take_name(gnutls_x509_crt_get_dn3(crt, &name, 0), &name, ca->name);
}

static enum signum_status
take_cas(struct signumd_client_trust *trust, const char *path, const gnutls_datum_t *text)
{
    gnutls_x509_crt_t *crts = NULL;
    unsigned count = 0;
    int code = gnutls_x509_crt_list_import2(&crts, &count, text, GNUTLS_X509_FMT_PEM, 0);
    enum signum_status status = SIGNUM_OK;

    if (code < 0 || count == 0)
        return refuse_file(path, "there is no certificate in it");
    for (unsigned i = 0; i < count; i++) {
        if (status == SIGNUM_OK && trust->ca_count == CAS_MAX)
            status = refuse_file(path, "these are too many CAs");
        if (status == SIGNUM_OK && gnutls_x509_crt_get_ca_status(crts[i], NULL) <= 0)
            status = refuse_file(path, "a certificate in it is not a CA's");
        if (status != SIGNUM_OK) {
            gnutls_x509_crt_deinit(crts[i]);
            continue;
        }
        status = add_ca(trust, crts[i]);
        if (status == SIGNUM_PROTOCOL)
            status = refuse_file(path, "a CA in it has no name that can be used");
    }
    gnutls_free(crts);
    return status;
}

/* Has one of the CAs signed it? What has ended is kept: it tells that there should be a newer. */
static enum signum_status
check_list(const struct signumd_client_trust *trust, const char *path, gnutls_x509_crl_t crl)
{
    unsigned faults = 0;
    int code = gnutls_x509_crl_verify(crl, trust->crts, (unsigned)trust->ca_count, 0, &faults);

    if ((faults & GNUTLS_CERT_REVOCATION_DATA_SUPERSEDED) != 0)
        faults &= ~(unsigned)(GNUTLS_CERT_REVOCATION_DATA_SUPERSEDED | GNUTLS_CERT_INVALID);
    if (code < 0 || faults != 0)
        return refuse_file(path, "none of client_ca_files has signed this revocation list");
    time_t end = gnutls_x509_crl_get_next_update(crl);
    if (end != (time_t)-1 && end < time(NULL))
        signumd_log(SIGNUMD_LOG_WARNING,
            "%s: a revocation list has ended; certificates of its CA are refused", path);
    return SIGNUM_OK;
}

static enum signum_status
give_lists_to_cas(struct signumd_client_trust *trust, const gnutls_datum_t *text)
{
    for (size_t i = 0; i < trust->ca_count; i++) {
        int code = gnutls_x509_trust_list_add_trust_mem(
            trust->cas[i].list, NULL, text, GNUTLS_X509_FMT_PEM, 0, 0);
        if (code < 0)
            return signumd_client_failure(code);
    }
    return SIGNUM_OK;
}

static enum signum_status
take_lists(struct signumd_client_trust *trust, const char *path, const gnutls_datum_t *text)
{
    gnutls_x509_crl_t *crls = NULL;
    unsigned count = 0;
    int code = gnutls_x509_crl_list_import2(&crls, &count, text, GNUTLS_X509_FMT_PEM, 0);
    enum signum_status status = SIGNUM_OK;

    if (code < 0 || count == 0)
        return refuse_file(path, "there is no revocation list in it");
    for (unsigned i = 0; i < count; i++) {
        if (trust->crl_count == LISTS_MAX) {
            gnutls_x509_crl_deinit(crls[i]);
            status = refuse_file(path, "these are too many revocation lists");
            continue;
        }
        trust->crls[trust->crl_count++] = crls[i];
        if (status == SIGNUM_OK)
            status = check_list(trust, path, crls[i]);
    }
    gnutls_free(crls);
    return status == SIGNUM_OK ? give_lists_to_cas(trust, text) : status;
}

typedef enum signum_status taker(
    struct signumd_client_trust *trust, const char *path, const gnutls_datum_t *text);

static enum signum_status
read_files(struct signumd_client_trust *trust, const char *folder,
    const struct signumd_texts *files, taker *take)
{
    enum signum_status status = SIGNUM_OK;

    for (size_t i = 0; i < files->count && status == SIGNUM_OK; i++) {
        struct signum_buf text;
        char *path = files->items[i][0] == '/' ? signum_text_copy(files->items[i])
                                               : signumd_files_join(folder, files->items[i]);
        signum_buf_init(&text, FILE_MAX);
        status = path == NULL ? SIGNUM_NO_MEMORY : signumd_files_read(path, &text);
        const gnutls_datum_t datum = {text.data, (unsigned)text.len};
        if (status == SIGNUM_OK && text.len == 0)
            status = refuse_file(path, "it is empty");
        if (status == SIGNUM_OK)
            status = take(trust, path, &datum);
        signum_buf_clear(&text);
        free(path);
    }
    return status;
}

enum signum_status
signumd_client_trust_load(const struct signumd_settings *settings, const char *folder,
    struct signumd_client_trust **trust_out)
{
    *trust_out = NULL;
    if (settings->client_ca_files.count == 0)
        return SIGNUM_OK;
    struct signumd_client_trust *trust = calloc(1, sizeof *trust);
    if (trust == NULL)
        return SIGNUM_NO_MEMORY;
    enum signum_status status = read_files(trust, folder, &settings->client_ca_files, take_cas);
    if (status == SIGNUM_OK)
        status = read_files(trust, folder, &settings->client_crl_files, take_lists);
    if (status != SIGNUM_OK)
        signumd_client_trust_free(&trust);
    *trust_out = trust;
    return status;
}

void
signumd_client_trust_free(struct signumd_client_trust **trust)
{
    if (*trust == NULL)
        return;
    for (size_t i = 0; i < (*trust)->ca_count; i++)
        gnutls_x509_trust_list_deinit((*trust)->cas[i].list, 1);
    for (size_t i = 0; i < (*trust)->crl_count; i++)
        gnutls_x509_crl_deinit((*trust)->crls[i]);
    free(*trust);
    *trust = NULL;
}

/* What is wrong by the bits of the library; the first row that fits. */
static const char *
cause_of(unsigned faults)
{
    static const struct {
        unsigned bit;
        const char *cause;
    } rows[] = {
        {GNUTLS_CERT_REVOKED, "certificate revoked"},
        {GNUTLS_CERT_SIGNER_NOT_FOUND, "certificate of an unknown CA"},
        {GNUTLS_CERT_SIGNATURE_FAILURE, "certificate signature wrong"},
        {GNUTLS_CERT_NOT_ACTIVATED, "certificate not valid yet"},
        {GNUTLS_CERT_EXPIRED, "certificate expired"},
        {GNUTLS_CERT_PURPOSE_MISMATCH, "certificate not for clients"},
        {GNUTLS_CERT_INSECURE_ALGORITHM, "certificate algorithm too weak"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if ((faults & rows[i].bit) != 0)
            return rows[i].cause;
    return "certificate not good";
}

/* Has one issuer made both? Also true when that cannot be found out. */
static bool
is_of_issuer(gnutls_x509_crl_t crl, gnutls_x509_crt_t crt)
{
    gnutls_datum_t of_crl = {NULL, 0};
    gnutls_datum_t of_crt = {NULL, 0};
    bool is_known = gnutls_x509_crl_get_raw_issuer_dn(crl, &of_crl) >= 0 &&
                    gnutls_x509_crt_get_raw_issuer_dn(crt, &of_crt) >= 0;
    bool is_same = !is_known || (of_crl.size == of_crt.size &&
                                    memcmp(of_crl.data, of_crt.data, of_crl.size) == 0);

    gnutls_free(of_crl.data);
    gnutls_free(of_crt.data);
    return is_same;
}

/* Has a list of the issuer of one of the certificates ended, so that it is not known what is? */
static bool
has_old_list(
    const struct signumd_client_trust *trust, const gnutls_x509_crt_t *chain, unsigned count)
{
    for (size_t i = 0; i < trust->crl_count; i++) {
        time_t end = gnutls_x509_crl_get_next_update(trust->crls[i]);
        if (end == (time_t)-1 || end >= time(NULL))
            continue;
        for (unsigned k = 0; k < count; k++)
            if (is_of_issuer(trust->crls[i], chain[k]))
                return true;
    }
    return false;
}

/* The cause why the chain is refused; NULL with the CA that it ends in. */
static const char *
verify(const struct signumd_client_trust *trust, gnutls_x509_crt_t *chain, unsigned count,
    const struct ca **ca_out)
{
    const unsigned flags =
        GNUTLS_VERIFY_DO_NOT_ALLOW_SAME | GNUTLS_PROFILE_TO_VFLAGS(GNUTLS_PROFILE_MEDIUM);
    gnutls_typed_vdata_st purpose = {
        GNUTLS_DT_KEY_PURPOSE_OID, (unsigned char *)(uintptr_t)GNUTLS_KP_TLS_WWW_CLIENT, 0};
    unsigned worst = GNUTLS_CERT_SIGNER_NOT_FOUND;

    *ca_out = NULL;
    for (size_t i = 0; i < trust->ca_count; i++) {
        unsigned faults = 0;
        int code = gnutls_x509_trust_list_verify_crt2(
            trust->cas[i].list, chain, count, &purpose, 1, flags, &faults, NULL);
        if (code < 0)
            return "certificate not good";
        if ((faults & GNUTLS_CERT_REVOKED) != 0)
            return cause_of(faults);
        if (faults == 0 && *ca_out == NULL)
            *ca_out = &trust->cas[i];
        else if ((faults & GNUTLS_CERT_SIGNER_NOT_FOUND) == 0)
            worst = faults;
    }
    return *ca_out == NULL ? cause_of(worst) : NULL;
}

static const char *
judge(const struct signumd_client_trust *trust, gnutls_x509_crt_t *chain, unsigned count,
    const struct ca **ca_out)
{
    *ca_out = NULL;
    if (trust == NULL)
        return "certificate of an unknown CA";
    const char *cause = verify(trust, chain, count, ca_out);
    if (cause != NULL)
        return cause;
    /* without the extension a certificate would be for everything (RFC 5280 4.2.1.12) */
    if (!signumd_client_is_purpose(chain[0]))
        return "certificate not for clients";
    if (gnutls_x509_crt_get_ca_status(chain[0], NULL) > 0)
        return "certificate of a CA itself";
    return has_old_list(trust, chain, count) ? "revocation list ended" : NULL;
}

static enum signum_status
check_chain(const struct signumd_client_trust *trust, gnutls_x509_crt_t *chain, unsigned count,
    struct signumd_client_certificate *certificate)
{
    const struct ca *ca = NULL;

    certificate->cause = judge(trust, chain, count, &ca);
    if (certificate->cause != NULL || ca == NULL)
        return SIGNUM_CREDENTIAL_REFUSED;
    enum signum_status status = signumd_client_describe(chain[0], certificate);
    memcpy(certificate->issuer, ca->name, sizeof ca->name);
    if (status != SIGNUM_PROTOCOL)
        return status;
    certificate->cause = "certificate without a name that can be used";
    return SIGNUM_CREDENTIAL_REFUSED;
}

enum signum_status
signumd_client_trust_check(const struct signumd_client_trust *trust, gnutls_session_t session,
    struct signumd_client_certificate *certificate_out)
{
    gnutls_x509_crt_t chain[CHAIN_MAX] = {NULL};
    unsigned count = 0;
    enum signum_status status = SIGNUM_OK;

    memset(certificate_out, 0, sizeof *certificate_out);
    const gnutls_datum_t *shown = gnutls_certificate_get_peers(session, &count);
    if (shown == NULL || count == 0)
        return SIGNUM_NOT_FOUND;
    certificate_out->cause = "certificate chain too long";
    if (count > CHAIN_MAX)
        return SIGNUM_CREDENTIAL_REFUSED;
    certificate_out->cause = "certificate malformed";
    for (unsigned i = 0; i < count && status == SIGNUM_OK; i++) {
        int code = gnutls_x509_crt_init(&chain[i]);
        if (code >= 0)
            code = gnutls_x509_crt_import(chain[i], &shown[i], GNUTLS_X509_FMT_DER);
        if (code < 0)
            status = code == GNUTLS_E_MEMORY_ERROR ? SIGNUM_NO_MEMORY : SIGNUM_CREDENTIAL_REFUSED;
    }
    if (status == SIGNUM_OK)
        status = check_chain(trust, chain, count, certificate_out);
    for (unsigned i = 0; i < count; i++)
        if (chain[i] != NULL)
            gnutls_x509_crt_deinit(chain[i]);
    return status;
}
