#include "base/schema.h"

/* Roots of the subtrees of 2^level records out of those of the level below. */
#define NODES_OF_LEVEL(level)                                                                      \
    "INSERT INTO audit_nodes SELECT b.last, " #level ", merkle_node(a.hash, b.hash)"               \
    "  FROM audit_nodes b JOIN audit_nodes a"                                                      \
    "    ON a.last = b.last - (1 << (" #level " - 1)) AND a.level = b.level"                       \
    "  WHERE b.level = " #level " - 1 AND ((b.last + 1) & ((1 << " #level ") - 1)) = 0;"

#define SEARCH_INDEX(name)                                                                         \
    "CREATE INDEX audit_by_" name " ON audit_search(" name ") WHERE " name " IS NOT NULL;"

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
    /*
     * The audit log as a Merkle tree. A node is the root of the subtree of 2^level records that
     * ends with the record `last`; the edge in the head has those at the right edge, the largest
     * first. The chain that the log had until now is kept: it proves what it has proved.
     */
    "CREATE TABLE audit_chain (idx INTEGER PRIMARY KEY, chain BLOB NOT NULL);"
    "INSERT INTO audit_chain SELECT idx, chain FROM audit;"
    "CREATE TABLE audit_chain_head (count INTEGER NOT NULL, chain BLOB NOT NULL);"
    "INSERT INTO audit_chain_head SELECT count, chain FROM audit_head;"
    "ALTER TABLE audit DROP COLUMN chain;"
    "CREATE TABLE audit_nodes ("
    "  last INTEGER NOT NULL, level INTEGER NOT NULL, hash BLOB NOT NULL,"
    "  PRIMARY KEY (last, level)) WITHOUT ROWID;"
    "INSERT INTO audit_nodes SELECT b.idx, 1, merkle_node(a.leaf, b.leaf)"
    "  FROM audit b JOIN audit a ON a.idx = b.idx - 1 WHERE (b.idx & 1) = 1;"
    NODES_OF_LEVEL(2) NODES_OF_LEVEL(3) NODES_OF_LEVEL(4) NODES_OF_LEVEL(5) NODES_OF_LEVEL(6)
    NODES_OF_LEVEL(7) NODES_OF_LEVEL(8) NODES_OF_LEVEL(9) NODES_OF_LEVEL(10) NODES_OF_LEVEL(11)
    NODES_OF_LEVEL(12) NODES_OF_LEVEL(13) NODES_OF_LEVEL(14) NODES_OF_LEVEL(15) NODES_OF_LEVEL(16)
    NODES_OF_LEVEL(17) NODES_OF_LEVEL(18) NODES_OF_LEVEL(19) NODES_OF_LEVEL(20) NODES_OF_LEVEL(21)
    NODES_OF_LEVEL(22) NODES_OF_LEVEL(23) NODES_OF_LEVEL(24) NODES_OF_LEVEL(25) NODES_OF_LEVEL(26)
    NODES_OF_LEVEL(27) NODES_OF_LEVEL(28) NODES_OF_LEVEL(29) NODES_OF_LEVEL(30)
    "ALTER TABLE audit_head DROP COLUMN chain;"
    "ALTER TABLE audit_head ADD COLUMN edge BLOB NOT NULL DEFAULT x'';"
    "UPDATE audit_head SET edge = coalesce((SELECT CAST(group_concat(hash, '') AS BLOB) FROM ("
    "  SELECT level, hash FROM audit_nodes WHERE ((audit_head.count >> level) & 1) = 1"
    "    AND last = ((audit_head.count >> level) << level) - 1"
    "  UNION ALL SELECT 0, leaf FROM audit WHERE (audit_head.count & 1) = 1"
    "    AND idx = audit_head.count - 1 ORDER BY 1 DESC)), x'');"
    "CREATE TRIGGER audit_nodes_no_update BEFORE UPDATE ON audit_nodes"
    "  BEGIN SELECT RAISE(ABORT, 'hashes of audit records are never changed'); END;"
    "CREATE TRIGGER audit_nodes_no_delete BEFORE DELETE ON audit_nodes"
    "  BEGIN SELECT RAISE(ABORT, 'hashes of audit records are never removed'); END;"
    "CREATE TRIGGER audit_chain_no_update BEFORE UPDATE ON audit_chain"
    "  BEGIN SELECT RAISE(ABORT, 'hashes of audit records are never changed'); END;"
    "CREATE TRIGGER audit_chain_no_delete BEFORE DELETE ON audit_chain"
    "  BEGIN SELECT RAISE(ABORT, 'hashes of audit records are never removed'); END;",
    /*
     * What is used of the limits of policies, in the span that began at `start`. The mark is
     * another one after each change of the policies, so that every process sees that there was one.
     */
    "CREATE TABLE policy_uses ("
    "  policy TEXT NOT NULL, slot TEXT NOT NULL, subject TEXT NOT NULL, start INTEGER NOT NULL,"
    "  used INTEGER NOT NULL, PRIMARY KEY (policy, slot, subject)) WITHOUT ROWID;"
    "CREATE TABLE policy_mark (id INTEGER PRIMARY KEY CHECK (id = 1), mark INTEGER NOT NULL);"
    "INSERT INTO policy_mark VALUES (1, random());"
    "CREATE TRIGGER policies_inserted AFTER INSERT ON policies"
    "  BEGIN UPDATE policy_mark SET mark = random(); END;"
    "CREATE TRIGGER policies_updated AFTER UPDATE ON policies"
    "  BEGIN UPDATE policy_mark SET mark = random(); END;"
    "CREATE TRIGGER policies_deleted AFTER DELETE ON policies"
    "  BEGIN UPDATE policy_mark SET mark = random(); END;",
    /*
     * A user has a set of roles; groups of users. A member is a name, because federated users
     * have no row. networks is a list with spaces between.
     */
    "CREATE TABLE user_roles ("
    "  user_id INTEGER NOT NULL REFERENCES users(id) ON DELETE CASCADE, role TEXT NOT NULL,"
    "  PRIMARY KEY (user_id, role)) WITHOUT ROWID;"
    "INSERT INTO user_roles SELECT id, role FROM users;"
    "ALTER TABLE users DROP COLUMN role;"
    "CREATE TABLE groups (name TEXT PRIMARY KEY, created INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE group_members ("
    "  group_name TEXT NOT NULL REFERENCES groups(name) ON DELETE CASCADE, user TEXT NOT NULL,"
    "  PRIMARY KEY (group_name, user)) WITHOUT ROWID;"
    "CREATE INDEX group_members_by_user ON group_members(user);"
    "ALTER TABLE tokens ADD COLUMN description TEXT;"
    "ALTER TABLE tokens ADD COLUMN networks TEXT;"
    "ALTER TABLE tokens ADD COLUMN last_used INTEGER;",
    /* Signing requests that wait for approval, and the names under which clients sent them */
    "CREATE TABLE approvals ("
    "  number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, user TEXT NOT NULL,"
    "  key_id TEXT NOT NULL, key TEXT NOT NULL, version INTEGER NOT NULL, scheme TEXT NOT NULL,"
    "  hash TEXT NOT NULL, salt INTEGER NOT NULL, digest BLOB NOT NULL, context TEXT, reason TEXT,"
    "  state TEXT NOT NULL, created INTEGER NOT NULL, expires INTEGER NOT NULL, ended INTEGER,"
    "  answer TEXT);"
    "CREATE INDEX approvals_by_digest ON approvals(digest, user);"
    "CREATE INDEX approvals_open ON approvals(expires) WHERE state IN ('pending', 'approved');"
    "CREATE INDEX approvals_open_by_user ON approvals(user)"
    "  WHERE state IN ('pending', 'approved');"
    "CREATE TABLE approval_names ("
    "  user TEXT NOT NULL, key_id TEXT NOT NULL, idempotency_key TEXT NOT NULL,"
    "  body_sha256 BLOB NOT NULL, approval TEXT NOT NULL REFERENCES approvals(id),"
    "  PRIMARY KEY (user, key_id, idempotency_key)) WITHOUT ROWID;"
    "CREATE INDEX approval_names_by_approval ON approval_names(approval);"
    "CREATE TABLE needs ("
    "  subject TEXT NOT NULL, grp TEXT NOT NULL, need INTEGER NOT NULL,"
    "  PRIMARY KEY (subject, grp)) WITHOUT ROWID;"
    "CREATE TABLE votes ("
    "  subject TEXT NOT NULL, user TEXT NOT NULL, is_approval INTEGER NOT NULL, reason TEXT,"
    "  time INTEGER NOT NULL, PRIMARY KEY (subject, user)) WITHOUT ROWID;"
    "CREATE TABLE vote_groups ("
    "  subject TEXT NOT NULL, user TEXT NOT NULL, grp TEXT NOT NULL,"
    "  PRIMARY KEY (subject, user, grp)) WITHOUT ROWID;",
    /* seen: index of the newest audit record that the webhook has been told of, or not to be */
    "CREATE TABLE webhooks ("
    "  name TEXT PRIMARY KEY, url TEXT NOT NULL, events TEXT NOT NULL, ca_file TEXT,"
    "  secret BLOB NOT NULL, created INTEGER NOT NULL, seen INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE deliveries ("
    "  number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE,"
    "  webhook TEXT NOT NULL REFERENCES webhooks(name) ON DELETE CASCADE, event TEXT NOT NULL,"
    "  body TEXT NOT NULL, state TEXT NOT NULL, attempts INTEGER NOT NULL, next INTEGER NOT NULL,"
    "  error TEXT, created INTEGER NOT NULL, changed INTEGER NOT NULL);"
    "CREATE INDEX deliveries_due ON deliveries(next) WHERE state = 'waiting';"
    "CREATE INDEX deliveries_by_webhook ON deliveries(webhook, number);",
    /* Digests approved before they are signed; they outlive their keys */
    "CREATE TABLE releases ("
    "  id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, creator TEXT NOT NULL, state TEXT NOT NULL,"
    "  uses INTEGER NOT NULL, reason TEXT, created INTEGER NOT NULL, expires INTEGER NOT NULL)"
    "  WITHOUT ROWID;"
    "CREATE TABLE release_keys ("
    "  release TEXT NOT NULL REFERENCES releases(id), key_id TEXT NOT NULL, key TEXT NOT NULL,"
    "  PRIMARY KEY (release, key_id)) WITHOUT ROWID;"
    "CREATE TABLE release_digests ("
    "  number INTEGER PRIMARY KEY, release TEXT NOT NULL REFERENCES releases(id),"
    "  hash TEXT NOT NULL, digest BLOB NOT NULL, scheme TEXT, used INTEGER NOT NULL);"
    "CREATE INDEX release_digests_by_digest ON release_digests(digest);"
    "CREATE INDEX release_digests_by_release ON release_digests(release);",
    /* What a key demands of who signs. Wrong tries at its PIN are counted per user, by name;
       locked_until is null while there is no lock, -1 until somebody unlocks */
    "ALTER TABLE keys ADD COLUMN flags INTEGER NOT NULL DEFAULT 0;"
    "CREATE TABLE key_pins ("
    "  key_id TEXT PRIMARY KEY REFERENCES keys(id) ON DELETE CASCADE, salt BLOB NOT NULL,"
    "  hash BLOB NOT NULL, cost_n INTEGER NOT NULL, cost_r INTEGER NOT NULL,"
    "  cost_p INTEGER NOT NULL, changed INTEGER NOT NULL, wrong_total INTEGER NOT NULL"
    ") WITHOUT ROWID;"
    "CREATE TABLE pin_tries ("
    "  key_id TEXT NOT NULL REFERENCES keys(id) ON DELETE CASCADE, user TEXT NOT NULL,"
    "  wrong INTEGER NOT NULL, locked_until INTEGER, PRIMARY KEY (key_id, user)) WITHOUT ROWID;",
    /*
     * Versions of keys besides the one in use, which is the row of keys: old ones (enabled or
     * disabled) and at most one that is pending. A key that has expired signs no more.
     */
    "ALTER TABLE keys ADD COLUMN expires INTEGER;"
    "CREATE TABLE key_versions ("
    "  key_id TEXT NOT NULL REFERENCES keys(id) ON DELETE CASCADE, version INTEGER NOT NULL,"
    "  state TEXT NOT NULL, spki BLOB NOT NULL, token_id BLOB NOT NULL, token_label TEXT NOT NULL,"
    "  created INTEGER NOT NULL, PRIMARY KEY (key_id, version)) WITHOUT ROWID;"
    "CREATE TABLE version_certificates ("
    "  key_id TEXT NOT NULL, version INTEGER NOT NULL, position INTEGER NOT NULL,"
    "  der BLOB NOT NULL, PRIMARY KEY (key_id, version, position),"
    "  FOREIGN KEY (key_id, version) REFERENCES key_versions(key_id, version) ON DELETE CASCADE"
    ") WITHOUT ROWID;",
    /* What the audit log is searched by: members of its records. */
    "CREATE TABLE audit_search ("
    "  idx INTEGER PRIMARY KEY, key TEXT, user TEXT, time TEXT, digest TEXT, request TEXT,"
    "  action TEXT, decision TEXT, outcome TEXT);"
    "INSERT INTO audit_search SELECT idx, json_extract(body, '$.key'),"
    "  json_extract(body, '$.user'), json_extract(body, '$.time'), json_extract(body, '$.digest'),"
    "  json_extract(body, '$.request'), json_extract(body, '$.action'),"
    "  json_extract(body, '$.decision'), json_extract(body, '$.outcome')"
    "  FROM audit WHERE json_valid(body);"
    SEARCH_INDEX("key") SEARCH_INDEX("user") SEARCH_INDEX("time") SEARCH_INDEX("digest")
    SEARCH_INDEX("request") SEARCH_INDEX("action") SEARCH_INDEX("decision")
    SEARCH_INDEX("outcome")
    "CREATE TRIGGER audit_search_no_update BEFORE UPDATE ON audit_search"
    "  BEGIN SELECT RAISE(ABORT, 'audit records are never changed'); END;"
    "CREATE TRIGGER audit_search_no_delete BEFORE DELETE ON audit_search"
    "  BEGIN SELECT RAISE(ABORT, 'audit records are never removed'); END;",
    /* Who looks after a key ("user:NAME" or "group:NAME"), and the groups of keys */
    "ALTER TABLE keys ADD COLUMN owner TEXT;"
    "ALTER TABLE keys ADD COLUMN description TEXT;"
    "CREATE INDEX keys_by_owner ON keys(owner) WHERE owner IS NOT NULL;"
    "CREATE TABLE key_groups ("
    "  key_id TEXT NOT NULL REFERENCES keys(id) ON DELETE CASCADE, name TEXT NOT NULL,"
    "  PRIMARY KEY (key_id, name)) WITHOUT ROWID;"
    "CREATE INDEX key_groups_by_name ON key_groups(name);",
    /* What the demo CA has issued and revoked, its newest revocation list, and of which ends of
       certificates (so many days before) there is a record */
    "CREATE TABLE issued ("
    "  number INTEGER PRIMARY KEY, serial TEXT NOT NULL UNIQUE, key TEXT NOT NULL,"
    "  version INTEGER NOT NULL, subject TEXT NOT NULL, issued INTEGER NOT NULL,"
    "  not_after INTEGER NOT NULL, revoked INTEGER, reason TEXT);"
    "CREATE TABLE crl ("
    "  id INTEGER PRIMARY KEY CHECK (id = 1), number INTEGER NOT NULL, der BLOB,"
    "  this_update INTEGER NOT NULL, next_update INTEGER NOT NULL, is_stale INTEGER NOT NULL);"
    "INSERT INTO crl VALUES (1, 0, NULL, 0, 0, 0);"
    "CREATE TABLE certificate_warnings ("
    "  sha256 TEXT NOT NULL, days INTEGER NOT NULL, PRIMARY KEY (sha256, days)) WITHOUT ROWID;",
    /*
     * Which client certificates are whose: by the hash of one, or by the CA and a name in it. The
     * issuer is the subject of the trusted CA, san is TYPE:VALUE of an alternative name.
     */
    "CREATE TABLE user_certificates ("
    "  id TEXT PRIMARY KEY, user_id INTEGER NOT NULL REFERENCES users(id) ON DELETE CASCADE,"
    "  sha256 TEXT UNIQUE, issuer TEXT, subject TEXT, san TEXT, created INTEGER NOT NULL,"
    "  UNIQUE (issuer, subject), UNIQUE (issuer, san)) WITHOUT ROWID;"
    "CREATE INDEX user_certificates_by_user ON user_certificates(user_id);",
    /* The last audit record that the collector of syslog messages has; no row: never was one. */
    "CREATE TABLE syslog_cursor (one INTEGER PRIMARY KEY CHECK (one = 1), seen INTEGER NOT NULL);",
};

const char *const *
signumd_schema_steps(size_t *count_out)
{
    *count_out = sizeof steps / sizeof steps[0];
    return steps;
}
