#include "identity/tokens.h"

#include <stdio.h>
#include <string.h>

#include "base/crypto.h"
#include "base/log.h"
#include "base/timestamp.h"

#define PREFIX "sgn_"
#define PREFIX_LEN 4
#define SECRET_LEN 64
#define NETWORKS_TEXT_MAX ((size_t)SIGNUMD_TOKEN_NETWORKS_MAX * (SIGNUMD_POLICY_ITEM_MAX + 1))
#define NETWORK_SIZE (SIGNUMD_POLICY_ITEM_MAX + 1)
#define LAST_USED_STEP_S 3600

static enum signum_status
hash_of(const char *token, uint8_t hash_out[SIGNUMD_SHA256_LEN])
{
    return signumd_crypto_sha256(
        signum_bytes_of_text(token), (struct signum_bytes){NULL, 0}, hash_out);
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

void
signumd_token_id(const char *token, char id_out[SIGNUMD_TOKEN_ID_LEN + 1])
{
    (void)snprintf(id_out, SIGNUMD_TOKEN_ID_LEN + 1, "%.16s", token + PREFIX_LEN);
}

/* SQL has no "null if 0" for bound numbers, so 0 stands for never in the statement too. */
static enum signum_status
insert(struct signumd_db *db, const char *id, int64_t user_id, const char *token,
    const struct signumd_token_options *options, const char *networks)
{
    uint8_t hash[SIGNUMD_SHA256_LEN];
    enum signum_status status = hash_of(token, hash);

    if (status != SIGNUM_OK)
        return status;
    return signumd_db_run(db,
        "INSERT INTO tokens (id, user_id, hash, created, expires, description,"
        " networks) VALUES (?, ?, ?, ?, nullif(?, 0), ?, ?)",
        "tibiitt", id, user_id, (struct signum_bytes){hash, sizeof hash},
        signumd_timestamp_seconds(), options->expires, options->description, networks);
}

static enum signum_status
record(struct signumd_db *db, const struct signumd_actor *actor, const char *user, const char *id,
    const struct signumd_token_options *options, const char *networks)
{
    char until[SIGNUMD_TIMESTAMP_SIZE];

    signumd_timestamp_format(options->expires, until);
    return signumd_audit_change(db, actor, "token.create", "name", user, "id", id, "expires",
        options->expires == 0 ? NULL : until, "networks", networks, "description",
        options->description, NULL);
}

/* Appends the networks with spaces between them. */
static void
join_networks(const struct signumd_texts *networks, struct signum_buf *out)
{
    for (size_t i = 0; networks != NULL && i < networks->count; i++)
        signum_buf_printf(out, "%s%s", i == 0 ? "" : " ", networks->items[i]);
}

static enum signum_status
create(struct signumd_db *db, const struct signumd_actor *actor, const char *user,
    const struct signumd_token_options *options, char token_out[SIGNUMD_TOKEN_SIZE])
{
    char id[SIGNUMD_TOKEN_ID_LEN + 1];
    struct signumd_user found;
    struct signum_buf networks;
    enum signum_status status = signumd_users_find(db, user, &found);

    signum_buf_init(&networks, NETWORKS_TEXT_MAX);
    join_networks(options->networks, &networks);
    const char *list = networks.len == 0 ? NULL : signum_buf_text(&networks);
    if (status == SIGNUM_OK)
        status = signum_buf_status(&networks);
    if (status == SIGNUM_OK)
        status = draw(token_out, id);
    if (status == SIGNUM_OK)
        status = insert(db, id, found.id, token_out, options, list);
    if (status == SIGNUM_OK)
        status = record(db, actor, user, id, options, list);
    signum_buf_clear(&networks);
    return status;
}

enum signum_status
signumd_tokens_create(struct signumd_db *db, const struct signumd_actor *actor, const char *user,
    const struct signumd_token_options *options, char token_out[SIGNUMD_TOKEN_SIZE])
{
    static const struct signumd_token_options none;

    token_out[0] = '\0';
    enum signum_status status = signumd_db_begin(db);
    if (status != SIGNUM_OK)
        return status;
    status = signumd_db_finish(
        db, create(db, actor, user, options == NULL ? &none : options, token_out));
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

/* Is the address in one of the networks, a list with spaces between? */
static bool
is_from(const char *networks, const char *address)
{
    char network[NETWORK_SIZE];

    while (*networks != '\0') {
        size_t len = strcspn(networks, " ");
        (void)snprintf(network, sizeof network, "%.*s", (int)len, networks);
        if (len < sizeof network && signumd_network_has(network, address))
            return true;
        networks += len + strspn(networks + len, " ");
    }
    return false;
}

#define COLUMNS_OF_CHECK                                                                           \
    "SELECT t.hash, t.expires, t.revoked, t.networks, t.last_used, u.id, u.name,"                  \
    " (SELECT group_concat(r.role) FROM user_roles r WHERE r.user_id = u.id)"                      \
    " FROM tokens t JOIN users u ON u.id = t.user_id WHERE t.id = ?"

/* The hash is compared before anything else is looked at, and always against something. */
static const char *
judge(struct sqlite3_stmt *query, bool is_found, const uint8_t *hash, const char *address,
    int64_t now)
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
    if (!signumd_db_is_null(query, 3) && !is_from(signumd_db_text(query, 3), address))
        return "token from another network";
    return NULL;
}

/* A request does not fail for it: what it wants to write itself will tell what is wrong. */
static void
note_use(struct signumd_db *db, const char *id, int64_t now)
{
    enum signum_status status = signumd_db_begin(db);

    if (status == SIGNUM_OK)
        status = signumd_db_finish(
            db, signumd_db_run(db, "UPDATE tokens SET last_used = ? WHERE id = ?", "it", now, id));
    if (status != SIGNUM_OK && status != SIGNUM_NOT_FOUND)
        signumd_log(SIGNUMD_LOG_WARNING, "the use of token %s was not noted", id);
}

static enum signum_status
take_user(struct sqlite3_stmt *query, struct signumd_token_check *check)
{
    check->expires = signumd_db_number(query, 1);
    check->user.id = signumd_db_number(query, 5);
    (void)snprintf(check->user.name, sizeof check->user.name, "%s", signumd_db_text(query, 6));
    return signumd_roles_read(signumd_db_text(query, 7), &check->user.roles) ? SIGNUM_OK
                                                                             : SIGNUM_INTERNAL;
}

enum signum_status
signumd_tokens_check(struct signumd_db *db, const char *token, const char *address, int64_t now,
    struct signumd_token_check *check_out)
{
    struct sqlite3_stmt *query = NULL;
    uint8_t hash[SIGNUMD_SHA256_LEN];
    bool is_new_use = false;

    memset(check_out, 0, sizeof *check_out);
    check_out->cause = "token malformed";
    if (!is_well_formed(token))
        return SIGNUM_CREDENTIAL_REFUSED;
    signumd_token_id(token, check_out->id);
    enum signum_status status = hash_of(token, hash);
    if (status == SIGNUM_OK)
        status = signumd_db_query(db, &query, COLUMNS_OF_CHECK, "t", check_out->id);
    if (status == SIGNUM_OK)
        status = signumd_db_next(db, query);
    if (status != SIGNUM_OK && status != SIGNUM_NO_MORE_ITEMS)
        goto out;
    check_out->cause = judge(query, status == SIGNUM_OK, hash, address, now);
    status = check_out->cause == NULL ? take_user(query, check_out) : SIGNUM_CREDENTIAL_REFUSED;
    is_new_use = status == SIGNUM_OK && signumd_db_number(query, 4) <= now - LAST_USED_STEP_S;

out:
    signumd_db_end(&query);
    if (is_new_use)
        note_use(db, check_out->id, now);
    return status;
}

static void
put_time(
    struct signumd_json_writer *writer, const char *name, struct sqlite3_stmt *query, int column)
{
    char text[SIGNUMD_TIMESTAMP_SIZE];

    signumd_timestamp_format(signumd_db_number(query, column), text);
    signumd_json_put_text(writer, name, signumd_db_is_null(query, column) ? NULL : text);
}

static void
put_networks(struct signumd_json_writer *writer, const char *networks)
{
    char network[NETWORK_SIZE];

    signumd_json_begin(writer, "networks", '[');
    while (*networks != '\0') {
        size_t len = strcspn(networks, " ");
        (void)snprintf(network, sizeof network, "%.*s", (int)len, networks);
        signumd_json_put_text(writer, NULL, network);
        networks += len + strspn(networks + len, " ");
    }
    signumd_json_end(writer, ']');
}

#define COLUMNS_OF_LIST                                                                            \
    "SELECT t.id, u.name, t.created, t.expires, t.revoked, t.last_used, t.description,"            \
    " t.networks FROM tokens t JOIN users u ON u.id = t.user_id"

static void
put_members(struct sqlite3_stmt *query, struct signumd_json_writer *writer)
{
    signumd_json_put_text(writer, "id", signumd_db_text(query, 0));
    signumd_json_put_text(writer, "user", signumd_db_text(query, 1));
    signumd_json_put_text(
        writer, "description", signumd_db_is_null(query, 6) ? NULL : signumd_db_text(query, 6));
    put_time(writer, "created", query, 2);
    put_time(writer, "expires", query, 3);
    put_time(writer, "revoked", query, 4);
    put_time(writer, "last_used", query, 5);
    put_networks(writer, signumd_db_text(query, 7));
}

enum signum_status
signumd_tokens_write(struct signumd_db *db, const char *user, struct signumd_json_writer *writer)
{
    struct sqlite3_stmt *query = NULL;
    enum signum_status status = signumd_db_query(db, &query,
        COLUMNS_OF_LIST " WHERE ?1 IS NULL OR u.name = ?1 ORDER BY t.created, t.id", "t", user);

    if (status == SIGNUM_OK)
        status = signumd_db_next(db, query);
    while (status == SIGNUM_OK) {
        signumd_json_begin(writer, NULL, '{');
        put_members(query, writer);
        signumd_json_end(writer, '}');
        status = signumd_db_next(db, query);
    }
    signumd_db_end(&query);
    return status == SIGNUM_NO_MORE_ITEMS ? SIGNUM_OK : status;
}

enum signum_status
signumd_tokens_write_one(struct signumd_db *db, const char *id, struct signumd_json_writer *writer)
{
    struct sqlite3_stmt *query = NULL;
    enum signum_status status =
        signumd_db_query(db, &query, COLUMNS_OF_LIST " WHERE t.id = ?", "t", id);

    if (status == SIGNUM_OK)
        status = signumd_db_next(db, query);
    if (status == SIGNUM_OK)
        put_members(query, writer);
    signumd_db_end(&query);
    return status == SIGNUM_NO_MORE_ITEMS ? SIGNUM_NOT_FOUND : status;
}

enum signum_status
signumd_tokens_write_list(struct signumd_db *db, struct signumd_json_writer *writer)
{
    return signumd_tokens_write(db, NULL, writer);
}
