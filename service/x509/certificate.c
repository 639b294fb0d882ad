#include "x509/certificate.h"

#include <limits.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/timestamp.h"

#define DAY_S 86400

static bool
take_time(const ASN1_TIME *time, int64_t *seconds_out)
{
    ASN1_TIME *epoch = ASN1_TIME_set(NULL, 0);
    int days = 0;
    int seconds = 0;
    bool is_good = epoch != NULL && ASN1_TIME_diff(&days, &seconds, epoch, time) == 1;

    ASN1_TIME_free(epoch);
    *seconds_out = is_good ? (int64_t)days * DAY_S + seconds : 0;
    return is_good;
}

static bool
take_serial(const X509 *parsed, char serial_out[SIGNUMD_SERIAL_SIZE])
{
    BIGNUM *number = ASN1_INTEGER_to_BN(X509_get0_serialNumber(parsed), NULL);
    char *text = number == NULL ? NULL : BN_bn2hex(number);
    bool is_good = text != NULL && strlen(text) < SIGNUMD_SERIAL_SIZE;

    if (is_good)
        (void)snprintf(serial_out, SIGNUMD_SERIAL_SIZE, "%s", text);
    OPENSSL_free(text);
    BN_free(number);
    return is_good;
}

/* What is not ASCII is escaped, so that no encoding of a CA can spoil a JSON document. */
static bool
take_subject(const X509 *parsed, char *subject_out, size_t size)
{
    BIO *bio = BIO_new(BIO_s_mem());
    char *data = NULL;
    bool is_good = bio != NULL &&
                   X509_NAME_print_ex(bio, X509_get_subject_name(parsed), 0, XN_FLAG_RFC2253) >= 0;
    long len = is_good ? BIO_get_mem_data(bio, &data) : 0;

    (void)snprintf(subject_out, size, "%.*s", (int)len, data == NULL ? "" : data);
    BIO_free(bio);
    return is_good;
}

enum signum_status
signumd_certificate_read(struct signum_bytes der, struct signumd_certificate *certificate_out)
{
    const uint8_t *at = der.data;

    memset(certificate_out, 0, sizeof *certificate_out);
    if (der.len == 0 || der.len > INT_MAX)
        return SIGNUM_PROTOCOL;
    X509 *parsed = d2i_X509(NULL, &at, (long)der.len);
    bool is_good =
        parsed != NULL &&
        take_subject(parsed, certificate_out->subject, sizeof certificate_out->subject) &&
        take_serial(parsed, certificate_out->serial) &&
        take_time(X509_get0_notBefore(parsed), &certificate_out->not_before) &&
        take_time(X509_get0_notAfter(parsed), &certificate_out->not_after);
    if (is_good)
        certificate_out->is_code_signing =
            (X509_get_extension_flags(parsed) & EXFLAG_XKUSAGE) != 0 &&
            (X509_get_extended_key_usage(parsed) & XKU_CODE_SIGN) != 0;
    X509_free(parsed);
    ERR_clear_error();
    return is_good ? SIGNUM_OK : SIGNUM_PROTOCOL;
}

int64_t
signumd_certificate_days_left(const struct signumd_certificate *certificate, int64_t now)
{
    int64_t left = certificate->not_after - now;

    return left >= 0 ? left / DAY_S : -((-left + DAY_S - 1) / DAY_S);
}

enum { WARNINGS_MAX = 2 };

/* Names and explanations of what is wrong. */
static size_t
find_warnings(const struct signumd_certificate *certificate, int64_t now,
    const char *names_out[WARNINGS_MAX], const char *texts_out[WARNINGS_MAX])
{
    size_t count = 0;

    if (now < certificate->not_before || now > certificate->not_after) {
        bool is_early = now < certificate->not_before;
        names_out[count] = is_early ? "not-yet-valid" : "expired";
        texts_out[count++] = is_early ? "is not valid yet" : "is not valid any more";
    }
    if (!certificate->is_code_signing) {
        names_out[count] = "not-for-code-signing";
        texts_out[count++] = "has no extended key usage codeSigning, so that Windows trusts no "
                             "signature of it";
    }
    return count;
}

void
signumd_certificate_warn(const struct signumd_key *key, int64_t now)
{
    struct signumd_certificate certificate;
    const char *names[WARNINGS_MAX];
    const char *texts[WARNINGS_MAX];

    if (key->chain_count == 0 ||
        signumd_certificate_read(signum_bytes_of_buf(&key->chain[0]), &certificate) != SIGNUM_OK)
        return;
    size_t count = find_warnings(&certificate, now, names, texts);
    for (size_t i = 0; i < count; i++)
        signumd_log(SIGNUMD_LOG_WARNING, "the certificate of key %s %s", key->name, texts[i]);
}

void
signumd_certificate_write(
    const struct signumd_key *key, int64_t now, struct signumd_json_writer *writer)
{
    struct signumd_certificate certificate;
    const char *names[WARNINGS_MAX];
    const char *texts[WARNINGS_MAX];
    char time[SIGNUMD_TIMESTAMP_SIZE];

    if (key->chain_count == 0 ||
        signumd_certificate_read(signum_bytes_of_buf(&key->chain[0]), &certificate) != SIGNUM_OK)
        return;
    size_t count = find_warnings(&certificate, now, names, texts);
    signumd_json_begin(writer, "certificate", '{');
    signumd_json_put_text(writer, "subject", certificate.subject);
    signumd_json_put_text(writer, "serial", certificate.serial);
    signumd_timestamp_format(certificate.not_before, time);
    signumd_json_put_text(writer, "not_before", time);
    signumd_timestamp_format(certificate.not_after, time);
    signumd_json_put_text(writer, "not_after", time);
    signumd_json_put_number(writer, "days_left", signumd_certificate_days_left(&certificate, now));
    signumd_json_begin(writer, "warnings", '[');
    for (size_t i = 0; i < count; i++)
        signumd_json_put_text(writer, NULL, names[i]);
    signumd_json_end(writer, ']');
    signumd_json_end(writer, '}');
}

/* The smallest limit that it is within: 0 has ended, -1 none. */
static int64_t
reached(const struct signumd_certificate *certificate, int64_t days, int64_t now)
{
    const int64_t limits[] = {1, 7, days};
    int64_t left = certificate->not_after - now;

    if (left < 0)
        return 0;
    for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++)
        if (limits[i] <= days && left <= limits[i] * DAY_S)
            return limits[i];
    return -1;
}

struct watch {
    struct signumd_db *db;
    int64_t days;
    int64_t now;
    enum signum_status status;
};

/* The row is what makes it happen once. */
static enum signum_status
record(const struct watch *watch, const struct signumd_key *key,
    const struct signumd_certificate *certificate, int64_t limit)
{
    char sha256[SIGNUMD_SHA256_HEX_SIZE];
    char not_after[SIGNUMD_TIMESTAMP_SIZE];
    char left[24];
    int64_t one = 0;
    enum signum_status status = signumd_key_certificate_sha256(key, sha256);

    if (status == SIGNUM_OK)
        status = signumd_db_get_number(watch->db, &one,
            "SELECT 1 FROM certificate_warnings WHERE sha256 = ? AND days <= ?", "ti", sha256,
            limit);
    if (status != SIGNUM_NOT_FOUND)
        return status;
    signumd_timestamp_format(certificate->not_after, not_after);
    (void)snprintf(left, sizeof left, "%lld",
        (long long)signumd_certificate_days_left(certificate, watch->now));
    status = signumd_db_run(
        watch->db, "INSERT INTO certificate_warnings VALUES (?, ?)", "ti", sha256, limit);
    if (status == SIGNUM_OK)
        status = signumd_audit_change(watch->db, &signumd_actor_local,
            limit == 0 ? "certificate.expired" : "certificate.expiring", "key", key->name,
            "certificate_sha256", sha256, "serial", certificate->serial, "not_after", not_after,
            "days_left", left, NULL);
    return status;
}

static bool
watch_key(void *context, const struct signumd_key *key)
{
    struct watch *watch = context;
    struct signumd_certificate certificate;

    if (key->chain_count == 0 ||
        signumd_certificate_read(signum_bytes_of_buf(&key->chain[0]), &certificate) != SIGNUM_OK)
        return true;
    int64_t limit = reached(&certificate, watch->days, watch->now);
    if (limit < 0)
        return true;
    if (limit == 0)
        signumd_log(SIGNUMD_LOG_WARNING, "the certificate of key %s has expired", key->name);
    else
        signumd_log(SIGNUMD_LOG_WARNING, "the certificate of key %s ends in %lld day(s)", key->name,
            (long long)signumd_certificate_days_left(&certificate, watch->now));
    watch->status = record(watch, key, &certificate, limit);
    return watch->status == SIGNUM_OK;
}

enum signum_status
signumd_certificates_watch(struct signumd_db *db, int64_t days, int64_t now)
{
    struct watch watch = {db, days, now, SIGNUM_OK};

    if (days == 0)
        return SIGNUM_OK;
    enum signum_status status = signumd_db_begin(db);
    if (status != SIGNUM_OK)
        return status;
    status = signumd_keys_walk(db, "", watch_key, &watch);
    return signumd_db_finish(db, status == SIGNUM_OK ? watch.status : status);
}
