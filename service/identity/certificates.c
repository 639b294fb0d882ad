#include "identity/certificates.h"

#include <stdio.h>
#include <string.h>

#include "base/timestamp.h"

void
signumd_client_certificate_clear(struct signumd_client_certificate *certificate)
{
    signumd_texts_clear(&certificate->names);
    memset(certificate, 0, sizeof *certificate);
}

void
signumd_client_certificate_write(
    const struct signumd_client_certificate *certificate, struct signumd_json_writer *writer)
{
    signumd_json_put_text(writer, "sha256", certificate->sha256);
    signumd_json_put_text(writer, "subject", certificate->subject);
    signumd_json_put_text(writer, "issuer", certificate->issuer);
}

static bool
is_sha256(const char *text)
{
    return strlen(text) == SIGNUMD_SHA256_HEX_SIZE - 1 &&
           strspn(text, "0123456789abcdef") == SIGNUMD_SHA256_HEX_SIZE - 1;
}

static bool
is_text(const char *text, size_t max)
{
    size_t len = strlen(text);

    if (len == 0 || len > max || !signumd_json_is_utf8(signum_bytes_of_text(text)))
        return false;
    for (const char *c = text; *c != '\0'; c++)
        if ((unsigned char)*c < ' ' || *c == 0x7f)
            return false;
    return true;
}

static bool
is_alternative(const char *text)
{
    static const char *const types[] = {"email:", "dns:", "uri:"};

    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        if (strncmp(text, types[i], strlen(types[i])) == 0 && text[strlen(types[i])] != '\0')
            return is_text(text, SIGNUMD_ALTERNATIVE_MAX);
    return false;
}

/* By the hash alone. */
static const char *
check_sha256(const struct signumd_mapping *mapping, const char **cause_out)
{
    *cause_out = "must be 64 lower-case hexadecimal digits";
    if (!is_sha256(mapping->sha256))
        return "sha256";
    *cause_out = "and issuer, subject, san cannot both be given";
    if (mapping->issuer != NULL || mapping->subject != NULL || mapping->san != NULL)
        return "sha256";
    *cause_out = NULL;
    return NULL;
}

const char *
signumd_mapping_check(const struct signumd_mapping *mapping, const char **cause_out)
{
    if (mapping->sha256 != NULL)
        return check_sha256(mapping, cause_out);
    *cause_out = "is missing; or give sha256";
    if (mapping->issuer == NULL)
        return "issuer";
    *cause_out = "must be the name of a CA, like CN=Name,O=Organisation";
    if (!is_text(mapping->issuer, SIGNUMD_DN_MAX))
        return "issuer";
    *cause_out = "or san: one of them goes with the issuer";
    if ((mapping->subject == NULL) == (mapping->san == NULL))
        return "subject";
    *cause_out = "must be a name, like CN=Name,O=Organisation";
    if (mapping->subject != NULL && !is_text(mapping->subject, SIGNUMD_DN_MAX))
        return "subject";
    *cause_out = "must be email:ADDRESS, dns:NAME or uri:URI";
    if (mapping->san != NULL && !is_alternative(mapping->san))
        return "san";
    *cause_out = NULL;
    return NULL;
}

static enum signum_status
add(struct signumd_db *db, const struct signumd_actor *actor, const char *user,
    const struct signumd_mapping *mapping, const char *id)
{
    struct signumd_user found;
    enum signum_status status = signumd_users_find(db, user, &found);

    if (status == SIGNUM_OK)
        status = signumd_db_run(db,
            "INSERT INTO user_certificates (id, user_id, sha256, issuer, subject, san, created)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            "titttti", id, found.id, mapping->sha256, mapping->issuer, mapping->subject,
            mapping->san, signumd_timestamp_seconds());
    if (status != SIGNUM_OK)
        return status;
    return signumd_audit_change(db, actor, "certificate.map", "name", user, "id", id, "sha256",
        mapping->sha256, "issuer", mapping->issuer, "subject", mapping->subject, "san",
        mapping->san, NULL);
}

enum signum_status
signumd_certificates_add(struct signumd_db *db, const struct signumd_actor *actor, const char *user,
    const struct signumd_mapping *mapping, char id_out[SIGNUMD_MAPPING_ID_SIZE])
{
    const char *cause = NULL;

    id_out[0] = '\0';
    if (signumd_mapping_check(mapping, &cause) != NULL)
        return SIGNUM_INVALID_ARGUMENT;
    enum signum_status status = signumd_crypto_random_hex(id_out, SIGNUMD_MAPPING_ID_LEN);
    if (status == SIGNUM_OK)
        status = signumd_db_begin(db);
    if (status == SIGNUM_OK)
        status = signumd_db_finish(db, add(db, actor, user, mapping, id_out));
    if (status != SIGNUM_OK)
        id_out[0] = '\0';
    return status;
}

enum signum_status
signumd_certificates_remove(
    struct signumd_db *db, const struct signumd_actor *actor, const char *user, const char *id)
{
    enum signum_status status = signumd_db_begin(db);

    if (status != SIGNUM_OK)
        return status;
    status = signumd_db_run(db,
        "DELETE FROM user_certificates WHERE id = ?"
        " AND user_id = (SELECT u.id FROM users u WHERE u.name = ?)",
        "tt", id, user);
    if (status == SIGNUM_OK)
        status = signumd_audit_change(db, actor, "certificate.unmap", "name", user, "id", id, NULL);
    return signumd_db_finish(db, status);
}

/* Takes the owner that a query found; another one than before makes the certificate nobody's. */
static enum signum_status
take_owner(struct signumd_db *db, const char *column, const char *issuer, const char *value,
    struct signumd_client_certificate *certificate, char owner[SIGNUMD_NAME_MAX + 1])
{
    struct sqlite3_stmt *query = NULL;
    char sql[256];

    (void)snprintf(sql, sizeof sql,
        "SELECT u.name FROM user_certificates c JOIN users u ON u.id = c.user_id"
        " WHERE c.%s = ? AND c.issuer IS ?",
        column);
    enum signum_status status = signumd_db_query(db, &query, sql, "tt", value, issuer);
    if (status == SIGNUM_OK)
        status = signumd_db_next(db, query);
    if (status == SIGNUM_OK) {
        const char *name = signumd_db_text(query, 0);
        if (owner[0] != '\0' && strcmp(owner, name) != 0) {
            certificate->cause = "certificate of several users";
            status = SIGNUM_CREDENTIAL_REFUSED;
        }
        (void)snprintf(owner, SIGNUMD_NAME_MAX + 1, "%s", name);
    }
    signumd_db_end(&query);
    return status == SIGNUM_NO_MORE_ITEMS ? SIGNUM_OK : status;
}

enum signum_status
signumd_certificates_find(
    struct signumd_db *db, struct signumd_client_certificate *certificate,
    struct signumd_user *user_out)
{
    char owner[SIGNUMD_NAME_MAX + 1] = "";

    memset(user_out, 0, sizeof *user_out);
    enum signum_status status =
        take_owner(db, "sha256", NULL, certificate->sha256, certificate, owner);
    if (status == SIGNUM_OK)
        status = take_owner(
            db, "subject", certificate->issuer, certificate->subject, certificate, owner);
    for (size_t i = 0; i < certificate->names.count && status == SIGNUM_OK; i++)
        status = take_owner(
            db, "san", certificate->issuer, certificate->names.items[i], certificate, owner);
    if (status != SIGNUM_OK)
        return status;
    certificate->cause = "certificate of nobody";
    if (owner[0] == '\0')
        return SIGNUM_CREDENTIAL_REFUSED;
    status = signumd_users_find(db, owner, user_out);
    if (status == SIGNUM_OK)
        certificate->cause = NULL;
    /* he went in this very moment, and what was his with him */
    return status == SIGNUM_NOT_FOUND ? SIGNUM_CREDENTIAL_REFUSED : status;
}

#define COLUMNS_OF_LIST                                                                            \
    "SELECT c.id, u.name, c.sha256, c.issuer, c.subject, c.san, c.created"                         \
    " FROM user_certificates c JOIN users u ON u.id = c.user_id"

static void
write_row(struct sqlite3_stmt *query, struct signumd_json_writer *writer)
{
    static const char *const names[] = {"id", "user", "sha256", "issuer", "subject", "san"};
    char created[SIGNUMD_TIMESTAMP_SIZE];

    signumd_timestamp_format(signumd_db_number(query, 6), created);
    signumd_json_begin(writer, NULL, '{');
    for (int i = 0; i < 6; i++)
        signumd_json_put_text(
            writer, names[i], signumd_db_is_null(query, i) ? NULL : signumd_db_text(query, i));
    signumd_json_put_text(writer, "created", created);
    signumd_json_end(writer, '}');
}

enum signum_status
signumd_certificates_write(
    struct signumd_db *db, const char *user, struct signumd_json_writer *writer)
{
    struct sqlite3_stmt *query = NULL;
    enum signum_status status = signumd_db_query(db, &query,
        COLUMNS_OF_LIST " WHERE ?1 IS NULL OR u.name = ?1 ORDER BY c.created, c.id", "t", user);

    if (status == SIGNUM_OK)
        status = signumd_db_next(db, query);
    while (status == SIGNUM_OK) {
        write_row(query, writer);
        status = signumd_db_next(db, query);
    }
    signumd_db_end(&query);
    return status == SIGNUM_NO_MORE_ITEMS ? SIGNUM_OK : status;
}

enum signum_status
signumd_certificates_write_one(
    struct signumd_db *db, const char *id, struct signumd_json_writer *writer)
{
    struct sqlite3_stmt *query = NULL;
    enum signum_status status =
        signumd_db_query(db, &query, COLUMNS_OF_LIST " WHERE c.id = ?", "t", id);

    if (status == SIGNUM_OK)
        status = signumd_db_next(db, query);
    if (status == SIGNUM_OK)
        write_row(query, writer);
    signumd_db_end(&query);
    return status == SIGNUM_NO_MORE_ITEMS ? SIGNUM_NOT_FOUND : status;
}

enum signum_status
signumd_certificates_write_list(struct signumd_db *db, struct signumd_json_writer *writer)
{
    return signumd_certificates_write(db, NULL, writer);
}
