#include "identity/tokens.h"

#include <stdio.h>
#include <string.h>

#include "base/crypto.h"
#include "base/timestamp.h"

#define PREFIX "sgn_"
#define PREFIX_LEN 4
#define SECRET_LEN 64

static enum signum_status
hash_of(const char *token, uint8_t hash_out[SIGNUMD_SHA256_LEN])
{
    return signumd_crypto_sha256(signum_bytes_of_text(token), (struct signum_bytes){NULL, 0},
                                 hash_out);
}

static enum signum_status
draw(char token_out[SIGNUMD_TOKEN_SIZE], char id_out[SIGNUMD_TOKEN_ID_LEN + 1])
{
    char secret[SECRET_LEN + 1];
    enum signum_status status = signumd_crypto_random_hex(id_out, SIGNUMD_TOKEN_ID_LEN);

    if (status == SIGNUM_OK)
        status = signumd_crypto_random_hex(secret, SECRET_LEN);
    if (status == SIGNUM_OK)
        (void)snprintf(token_out, SIGNUMD_TOKEN_SIZE, PREFIX "%.16s_%.64s", id_out, secret);
    signum_wipe(secret, sizeof secret);
    return status;
}

/* SQL has no "null if 0" for bound numbers, so 0 stands for never in the statement too. */
static enum signum_status
insert(struct signumd_db *db, const char *id, int64_t user_id, const char *token, int64_t expires)
{
    uint8_t hash[SIGNUMD_SHA256_LEN];
    enum signum_status status = hash_of(token, hash);

    if (status != SIGNUM_OK)
        return status;
    return signumd_db_run(db,
                          "INSERT INTO tokens (id, user_id, hash, created, expires)"
                          " VALUES (?, ?, ?, ?, nullif(?, 0))",
                          "tibii", id, user_id, (struct signum_bytes){hash, sizeof hash},
                          signumd_timestamp_seconds(), expires);
}

enum signum_status
signumd_tokens_create(struct signumd_db *db, const struct signumd_actor *actor, const char *user,
                      int64_t expires, char token_out[SIGNUMD_TOKEN_SIZE])
{
    char id[SIGNUMD_TOKEN_ID_LEN + 1];
    char until[SIGNUMD_TIMESTAMP_SIZE];
    struct signumd_user found;

    token_out[0] = '\0';
    signumd_timestamp_format(expires, until);
    enum signum_status status = signumd_db_begin(db);
    if (status != SIGNUM_OK)
        return status;
    status = signumd_users_find(db, user, &found);
    if (status == SIGNUM_OK)
        status = draw(token_out, id);
    if (status == SIGNUM_OK)
        status = insert(db, id, found.id, token_out, expires);
    if (status == SIGNUM_OK)
        status = signumd_audit_change(db, actor, "token.create", "name", user, "id", id, "expires",
                                      expires == 0 ? NULL : until, NULL);
    status = signumd_db_finish(db, status);
    if (status != SIGNUM_OK)
        signum_wipe(token_out, SIGNUMD_TOKEN_SIZE);
    return status;
}

enum signum_status
signumd_tokens_revoke(struct signumd_db *db, const struct signumd_actor *actor, const char *id)
{
    enum signum_status status = signumd_db_begin(db);

    if (status != SIGNUM_OK)
        return status;
    status = signumd_db_run(db, "UPDATE tokens SET revoked = ? WHERE id = ? AND revoked IS NULL",
                            "it", signumd_timestamp_seconds(), id);
    if (status == SIGNUM_OK)
        status = signumd_audit_change(db, actor, "token.revoke", "id", id, NULL);
    return signumd_db_finish(db, status);
}

static bool
is_well_formed(const char *token)
{
    if (strnlen(token, SIGNUMD_TOKEN_LEN + 1) != SIGNUMD_TOKEN_LEN)
        return false;
    return strncmp(token, PREFIX, PREFIX_LEN) == 0 &&
           token[PREFIX_LEN + SIGNUMD_TOKEN_ID_LEN] == '_';
}

/* The hash is compared before anything else is looked at, and always against something. */
static const char *
judge(struct sqlite3_stmt *query, bool is_found, const uint8_t *hash, int64_t now)
{
    static const uint8_t nothing[SIGNUMD_SHA256_LEN];
    struct signum_bytes stored = {nothing, sizeof nothing};

    if (is_found)
        stored = signumd_db_bytes(query, 0);
    bool is_same = stored.len == SIGNUMD_SHA256_LEN &&
                   signumd_crypto_is_equal(stored.data, hash, SIGNUMD_SHA256_LEN);
    if (!is_found)
        return "token unknown";
    if (!is_same)
        return "token secret wrong";
    if (!signumd_db_is_null(query, 2))
        return "token revoked";
    if (!signumd_db_is_null(query, 1) && signumd_db_number(query, 1) <= now)
        return "token expired";
    return NULL;
}

enum signum_status
signumd_tokens_check(struct signumd_db *db, const char *token, int64_t now,
                     struct signumd_user *user_out, char id_out[SIGNUMD_TOKEN_ID_LEN + 1],
                     const char **cause_out)
{
    struct sqlite3_stmt *query = NULL;
    uint8_t hash[SIGNUMD_SHA256_LEN];

    memset(user_out, 0, sizeof *user_out);
    id_out[0] = '\0';
    *cause_out = "token malformed";
    if (!is_well_formed(token))
        return SIGNUM_CREDENTIAL_REFUSED;
    (void)snprintf(id_out, SIGNUMD_TOKEN_ID_LEN + 1, "%.16s", token + PREFIX_LEN);
    enum signum_status status = hash_of(token, hash);
    if (status == SIGNUM_OK)
        status = signumd_db_query(db, &query,
                                  "SELECT t.hash, t.expires, t.revoked, u.id, u.name, u.role"
                                  " FROM tokens t JOIN users u ON u.id = t.user_id WHERE t.id = ?",
                                  "t", id_out);
    if (status == SIGNUM_OK)
        status = signumd_db_next(db, query);
    if (status != SIGNUM_OK && status != SIGNUM_NO_MORE_ITEMS)
        goto out;
    *cause_out = judge(query, status == SIGNUM_OK, hash, now);
    if (*cause_out != NULL) {
        status = SIGNUM_CREDENTIAL_REFUSED;
        goto out;
    }
    user_out->id = signumd_db_number(query, 3);
    (void)snprintf(user_out->name, sizeof user_out->name, "%s", signumd_db_text(query, 4));
    if (!signumd_role_from_name(signumd_db_text(query, 5), &user_out->role))
        status = SIGNUM_INTERNAL;

out:
    signumd_db_end(&query);
    return status;
}

static void
put_time(struct signumd_json_writer *writer, const char *name, struct sqlite3_stmt *query,
         int column)
{
    char text[SIGNUMD_TIMESTAMP_SIZE];

    signumd_timestamp_format(signumd_db_number(query, column), text);
    signumd_json_put_text(writer, name, signumd_db_is_null(query, column) ? NULL : text);
}

enum signum_status
signumd_tokens_write_list(struct signumd_db *db, struct signumd_json_writer *writer)
{
    struct sqlite3_stmt *query = NULL;
    enum signum_status status =
        signumd_db_query(db, &query,
                         "SELECT t.id, u.name, t.created, t.expires, t.revoked FROM tokens t"
                         " JOIN users u ON u.id = t.user_id ORDER BY t.created, t.id",
                         "");

    if (status == SIGNUM_OK)
        status = signumd_db_next(db, query);
    while (status == SIGNUM_OK) {
        signumd_json_begin(writer, NULL, '{');
        signumd_json_put_text(writer, "id", signumd_db_text(query, 0));
        signumd_json_put_text(writer, "user", signumd_db_text(query, 1));
        put_time(writer, "created", query, 2);
        put_time(writer, "expires", query, 3);
        put_time(writer, "revoked", query, 4);
        signumd_json_end(writer, '}');
        status = signumd_db_next(db, query);
    }
    signumd_db_end(&query);
    return status == SIGNUM_NO_MORE_ITEMS ? SIGNUM_OK : status;
}
