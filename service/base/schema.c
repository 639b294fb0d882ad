#include "base/schema.h"

static const char *const steps[] = {
    "CREATE TABLE users ("
    "  id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, role TEXT NOT NULL,"
    "  created INTEGER NOT NULL);"
    "CREATE TABLE tokens ("
    "  id TEXT PRIMARY KEY, user_id INTEGER NOT NULL REFERENCES users(id) ON DELETE CASCADE,"
    "  hash BLOB NOT NULL, created INTEGER NOT NULL, expires INTEGER, revoked INTEGER);"
    "CREATE INDEX tokens_by_user ON tokens(user_id);"
    "CREATE TABLE keys ("
    "  id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, version INTEGER NOT NULL,"
    "  algorithm TEXT NOT NULL, curve TEXT, bits INTEGER NOT NULL, spki BLOB NOT NULL,"
    "  token_id BLOB NOT NULL, token_label TEXT NOT NULL, is_enabled INTEGER NOT NULL,"
    "  created INTEGER NOT NULL);"
    "CREATE TABLE certificates ("
    "  key_id TEXT NOT NULL REFERENCES keys(id) ON DELETE CASCADE, position INTEGER NOT NULL,"
    "  der BLOB NOT NULL, PRIMARY KEY (key_id, position)) WITHOUT ROWID;"
    "CREATE TABLE rules ("
    "  name TEXT PRIMARY KEY, user_id INTEGER NOT NULL REFERENCES users(id) ON DELETE CASCADE,"
    "  key_id TEXT REFERENCES keys(id) ON DELETE CASCADE, created INTEGER NOT NULL);"
    "CREATE INDEX rules_by_user ON rules(user_id);"
    /* No foreign keys: an answer given stays given even when its user is removed */
    "CREATE TABLE answers ("
    "  user TEXT NOT NULL, key_id TEXT NOT NULL, idempotency_key TEXT NOT NULL,"
    "  body_sha256 BLOB NOT NULL, answer TEXT NOT NULL, created INTEGER NOT NULL,"
    "  PRIMARY KEY (user, key_id, idempotency_key)) WITHOUT ROWID;"
    "CREATE INDEX answers_by_age ON answers(created);"
    "CREATE TABLE audit ("
    "  idx INTEGER PRIMARY KEY, body TEXT NOT NULL, leaf BLOB NOT NULL, chain BLOB NOT NULL);"
    "CREATE TABLE audit_head ("
    "  id INTEGER PRIMARY KEY CHECK (id = 1), count INTEGER NOT NULL, chain BLOB NOT NULL);"
    "INSERT INTO audit_head VALUES (1, 0, zeroblob(32));"
    "CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit"
    "  BEGIN SELECT RAISE(ABORT, 'audit records are never changed'); END;"
    "CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit"
    "  BEGIN SELECT RAISE(ABORT, 'audit records are never removed'); END;",
    /* Key pairs of deleted keys that are still to be removed from the token */
    "CREATE TABLE leftovers ("
    "  token_id BLOB NOT NULL, token_label TEXT NOT NULL, created INTEGER NOT NULL,"
    "  PRIMARY KEY (token_id, token_label)) WITHOUT ROWID;",
    /*
     * Policies in place of rules. only_user and only_key are the one user or key that a policy
     * can fit, for finding it; null where there may be more. A version without a document is a
     * removal; changed_by is null for somebody at the command line.
     */
    "CREATE TABLE policies ("
    "  name TEXT PRIMARY KEY, version INTEGER NOT NULL, document TEXT NOT NULL,"
    "  only_user TEXT, only_key TEXT) WITHOUT ROWID;"
    "CREATE TABLE policy_versions ("
    "  name TEXT NOT NULL, version INTEGER NOT NULL, document TEXT, changed INTEGER NOT NULL,"
    "  changed_by TEXT, PRIMARY KEY (name, version)) WITHOUT ROWID;"
    /* names of all kinds have no character that JSON would escape */
    "INSERT INTO policies SELECT r.name, 1,"
    "  '{\"name\":\"' || r.name || '\",\"what\":{\"keys\":[\"' || coalesce(k.name, '*') ||"
    "  '\"]},\"who\":{\"users\":[\"' || u.name || '\"]},\"action\":\"allow\",\"priority\":100}',"
    "  u.name, k.name FROM rules r JOIN users u ON u.id = r.user_id"
    "  LEFT JOIN keys k ON k.id = r.key_id;"
    "INSERT INTO policy_versions SELECT p.name, 1, p.document, r.created, NULL"
    "  FROM policies p JOIN rules r ON r.name = p.name;"
    "CREATE INDEX policies_by_user ON policies(only_user, only_key);"
    "DROP TABLE rules;",
};

const char *const *
signumd_schema_steps(size_t *count_out)
{
    *count_out = sizeof steps / sizeof steps[0];
    return steps;
}
