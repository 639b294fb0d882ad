#include "keys/pins.h"

#include <stdio.h>
#include <string.h>

#include "base/timestamp.h"

#define COST_N 16384 /* 16 MiB and some 40 ms; existing PINs keep the cost in their row */
#define COST_R 8
#define COST_P 1
#define LOCK_FIRST_S 60
#define LOCK_LONGEST_S 86400
#define FOR_GOOD_FACTOR 4

const char *
signumd_pin_fault(struct signum_bytes pin)
{
    if (pin.len < SIGNUMD_PIN_MIN)
        return "is shorter than 4 bytes";
    if (pin.len > SIGNUMD_PIN_MAX)
        return "is longer than 64 bytes";
    if (!signumd_json_is_utf8(pin))
        return "is not UTF-8";
    for (size_t i = 0; i < pin.len; i++)
        if (pin.data[i] < 0x20 || pin.data[i] == 0x7f)
            return "has a control character in it";
    return NULL;
}

/* Changing nothing is no failure here. */
static enum signum_status
run_any(enum signum_status status)
{
    return status == SIGNUM_NOT_FOUND ? SIGNUM_OK : status;
}

static enum signum_status
make(struct signum_bytes secret, struct signumd_pin *pin_out)
{
    pin_out->cost = (struct signumd_scrypt){COST_N, COST_R, COST_P};
    enum signum_status status = signumd_crypto_random(pin_out->salt, sizeof pin_out->salt);
    if (status != SIGNUM_OK)
        return status;
    const struct signum_bytes salt = {pin_out->salt, sizeof pin_out->salt};
    return signumd_crypto_scrypt(secret, salt, &pin_out->cost, pin_out->hash);
}

static enum signum_status
forget_tries(struct signumd_db *db, const char *key_id)
{
    return run_any(signumd_db_run(db, "DELETE FROM pin_tries WHERE key_id = ?", "t", key_id));
}

static enum signum_status
set_flag(struct signumd_db *db, const struct signumd_key *key, bool is_set)
{
    unsigned bit = SIGNUMD_KEY_FLAG_BIT(SIGNUMD_KEY_NEED_PIN);
    unsigned flags = is_set ? key->flags | bit : key->flags & ~bit;

    return signumd_db_run(
        db, "UPDATE keys SET flags = ? WHERE id = ?", "it", (int64_t)flags, key->id);
}

static enum signum_status
store(struct signumd_db *db, const struct signumd_actor *actor, const struct signumd_key *key,
    const struct signumd_pin *pin)
{
    struct signumd_pin old;
    const struct signum_bytes salt = {pin->salt, sizeof pin->salt};
    const struct signum_bytes hash = {pin->hash, sizeof pin->hash};
    enum signum_status status = signumd_pins_find(db, key->id, &old);

    if (status == SIGNUM_NOT_FOUND)
        status = set_flag(db, key, true);
    if (status == SIGNUM_OK)
        status = signumd_db_run(db,
            "INSERT OR REPLACE INTO key_pins (key_id, salt, hash, cost_n, cost_r, cost_p, changed,"
            " wrong_total) VALUES (?, ?, ?, ?, ?, ?, ?, 0)",
            "tbbiiii", key->id, salt, hash, pin->cost.n, pin->cost.r, pin->cost.p,
            signumd_timestamp_seconds());
    if (status == SIGNUM_OK)
        status = forget_tries(db, key->id);
    if (status == SIGNUM_OK)
        status = signumd_audit_change(db, actor, "pin.set", "key", key->name, NULL);
    return status;
}

enum signum_status
signumd_pins_set(struct signumd_db *db, const struct signumd_actor *actor, const char *key_name,
    struct signum_bytes secret)
{
    struct signumd_key key;
    struct signumd_pin pin;

    if (signumd_pin_fault(secret) != NULL)
        return SIGNUM_INVALID_ARGUMENT;
    enum signum_status status = make(secret, &pin);
    if (status == SIGNUM_OK)
        status = signumd_db_begin(db);
    if (status != SIGNUM_OK)
        return status;
    signumd_key_init(&key);
    status = signumd_keys_find(db, key_name, &key);
    if (status == SIGNUM_OK)
        status = store(db, actor, &key, &pin);
    signumd_key_clear(&key);
    return signumd_db_finish(db, status);
}

enum signum_status
signumd_pins_clear(struct signumd_db *db, const struct signumd_actor *actor, const char *key_name)
{
    struct signumd_key key;
    enum signum_status status = signumd_db_begin(db);

    if (status != SIGNUM_OK)
        return status;
    signumd_key_init(&key);
    status = signumd_keys_find(db, key_name, &key);
    if (status == SIGNUM_OK)
        status = signumd_db_run(db, "DELETE FROM key_pins WHERE key_id = ?", "t", key.id);
    if (status == SIGNUM_OK)
        status = set_flag(db, &key, false);
    if (status == SIGNUM_OK)
        status = forget_tries(db, key.id);
    if (status == SIGNUM_OK)
        status = signumd_audit_change(db, actor, "pin.clear", "key", key.name, NULL);
    signumd_key_clear(&key);
    return signumd_db_finish(db, status);
}

enum signum_status
signumd_pins_unlock(struct signumd_db *db, const struct signumd_actor *actor, const char *key_name,
    const char *user)
{
    struct signumd_key key;
    enum signum_status status = signumd_db_begin(db);

    if (status != SIGNUM_OK)
        return status;
    signumd_key_init(&key);
    status = signumd_keys_find(db, key_name, &key);
    if (status == SIGNUM_OK)
        status = signumd_db_run(db,
            "DELETE FROM pin_tries WHERE key_id = ? AND user = coalesce(?, user)", "tt", key.id,
            user);
    if (status == SIGNUM_OK)
        status = signumd_audit_change(
            db, actor, "pin.unlock", "key", key.name, "for", user == NULL ? "*" : user, NULL);
    signumd_key_clear(&key);
    return signumd_db_finish(db, run_any(status));
}

enum signum_status
signumd_pins_find(struct signumd_db *db, const char *key_id, struct signumd_pin *pin_out)
{
    struct sqlite3_stmt *query = NULL;

    memset(pin_out, 0, sizeof *pin_out);
    enum signum_status status = signumd_db_query(db, &query,
        "SELECT salt, hash, cost_n, cost_r, cost_p FROM key_pins WHERE key_id = ?", "t", key_id);
    if (status == SIGNUM_OK)
        status = signumd_db_next(db, query);
    if (status == SIGNUM_OK) {
        struct signum_bytes salt = signumd_db_bytes(query, 0);
        struct signum_bytes hash = signumd_db_bytes(query, 1);
        if (salt.len == sizeof pin_out->salt && hash.len == sizeof pin_out->hash) {
            memcpy(pin_out->salt, salt.data, salt.len);
            memcpy(pin_out->hash, hash.data, hash.len);
        } else {
            status = SIGNUM_INTERNAL;
        }
        pin_out->cost = (struct signumd_scrypt){
            signumd_db_number(query, 2), signumd_db_number(query, 3), signumd_db_number(query, 4)};
    }
    signumd_db_end(&query);
    return status == SIGNUM_NO_MORE_ITEMS ? SIGNUM_NOT_FOUND : status;
}

/* What stands in the database, without a lock that is over. */
static int64_t
lock_at(struct sqlite3_stmt *query, int column, int64_t now)
{
    int64_t until = signumd_db_is_null(query, column) ? 0 : signumd_db_number(query, column);

    return until == SIGNUMD_PIN_LOCKED_FOR_GOOD || until > now ? until : 0;
}

enum signum_status
signumd_pins_get_tries(struct signumd_db *db, const char *key_id, const char *user, int64_t now,
    struct signumd_pin_tries *tries_out)
{
    struct sqlite3_stmt *query = NULL;

    memset(tries_out, 0, sizeof *tries_out);
    enum signum_status status = signumd_db_query(db, &query,
        "SELECT wrong, locked_until FROM pin_tries WHERE key_id = ? AND user = ?", "tt", key_id,
        user);
    if (status == SIGNUM_OK)
        status = signumd_db_next(db, query);
    if (status == SIGNUM_OK) {
        tries_out->wrong = signumd_db_number(query, 0);
        tries_out->locked_until = lock_at(query, 1, now);
    }
    signumd_db_end(&query);
    return status == SIGNUM_NO_MORE_ITEMS ? SIGNUM_OK : status;
}

/* The lock that the `wrong`-th wrong try in a row brings; 0 for none. */
static int64_t
lock_of(int64_t wrong, int64_t max, int64_t now)
{
    int64_t seconds = LOCK_FIRST_S;

    if (wrong < max)
        return 0;
    if (wrong >= FOR_GOOD_FACTOR * max)
        return SIGNUMD_PIN_LOCKED_FOR_GOOD;
    for (int64_t i = max; i < wrong && seconds < LOCK_LONGEST_S; i++)
        seconds *= 2;
    return now + (seconds < LOCK_LONGEST_S ? seconds : LOCK_LONGEST_S);
}

static enum signum_status
record_lock(struct signumd_db *db, const struct signumd_actor *actor, const struct signumd_key *key,
    const struct signumd_pin_tries *tries)
{
    char until[SIGNUMD_TIMESTAMP_SIZE] = "unlock";
    char wrong[24];

    if (tries->locked_until != SIGNUMD_PIN_LOCKED_FOR_GOOD)
        signumd_timestamp_format(tries->locked_until, until);
    (void)snprintf(wrong, sizeof wrong, "%lld", (long long)tries->wrong);
    return signumd_audit_change(
        db, actor, "pin.lock", "key", key->name, "wrong", wrong, "until", until, NULL);
}

enum signum_status
signumd_pins_count_wrong(struct signumd_db *db, const struct signumd_actor *actor,
    const struct signumd_key *key, int64_t max, int64_t now, struct signumd_pin_tries *tries_out)
{
    enum signum_status status = signumd_db_run(db,
        "INSERT INTO pin_tries (key_id, user, wrong) VALUES (?, ?, 1)"
        " ON CONFLICT (key_id, user) DO UPDATE SET wrong = wrong + 1",
        "tt", key->id, actor->user);

    memset(tries_out, 0, sizeof *tries_out);
    if (status == SIGNUM_OK)
        status = run_any(signumd_db_run(db,
            "UPDATE key_pins SET wrong_total = wrong_total + 1 WHERE key_id = ?", "t", key->id));
    if (status == SIGNUM_OK)
        status = signumd_pins_get_tries(db, key->id, actor->user, now, tries_out);
    if (status != SIGNUM_OK)
        return status;
    tries_out->locked_until = lock_of(tries_out->wrong, max, now);
    if (tries_out->locked_until == 0)
        return SIGNUM_OK;
    status =
        signumd_db_run(db, "UPDATE pin_tries SET locked_until = ? WHERE key_id = ? AND user = ?",
            "itt", tries_out->locked_until, key->id, actor->user);
    return status == SIGNUM_OK ? record_lock(db, actor, key, tries_out) : status;
}

enum signum_status
signumd_pins_count_right(
    struct signumd_db *db, const struct signumd_actor *actor, const struct signumd_key *key)
{
    enum signum_status status = signumd_db_begin(db);

    if (status != SIGNUM_OK)
        return status;
    status = signumd_db_run(
        db, "DELETE FROM pin_tries WHERE key_id = ? AND user = ?", "tt", key->id, actor->user);
    if (status == SIGNUM_OK)
        status = signumd_audit_change(db, actor, "pin.accept", "key", key->name, NULL);
    return signumd_db_finish(db, run_any(status));
}
