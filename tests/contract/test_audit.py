"""The audit log as clients and the command see it; forgeries are found."""
import base64
import hashlib
import json
import os
import shutil
import sqlite3
import subprocess
import tempfile
import unittest

import merkle
import service


class Audit(unittest.TestCase):
    def setUp(self):
        self.service = service.shared()

    def test_roles(self):
        for user, status in (("auditor", 200), ("admin", 200), ("alice", 403), ("manager", 403)):
            self.assertEqual(self.service.get("/v1/audit", user).status, status, user)

    def test_pages_recompute(self):
        leaves, after = [], ""
        while True:
            page = self.service.get(f"/v1/audit?limit=7{after}", "auditor").json
            for entry in page["records"]:
                self.assertEqual(entry["index"], len(leaves))
                leaves.append(bytes.fromhex(entry["leaf"]))
            if page["next"] is None:
                break
            after = f"&after={page['next']}"
        self.assertEqual(len(leaves), len(self.service.audit()))
        for index, leaf, body in self.service.sql("SELECT idx, leaf, body FROM audit"):
            self.assertEqual(leaf, merkle.leaf_hash(body.encode()))
            self.assertEqual(leaf, leaves[index])

    def test_bad_pages(self):
        for query, field in (("after=x", "after"), ("after=-1", "after"), ("limit=0", "limit"),
                             ("after=9999999999999999", "after")):
            answer = self.service.get("/v1/audit?" + query, "auditor")
            self.assertEqual((answer.code, answer.json["field"]), ("bad-request", field))
        self.assertEqual(self.service.get("/v1/audit?after=999999", "auditor").json["records"], [])

    def test_record_of_a_signature(self):
        digest = hashlib.sha256(b"x").digest()
        context = {"agent": "test", "files": ["a.exe"], "process": {"path": "C:\\x"}}
        answer = self.service.sign("rsa", "alice", digest, context=context, reason="release")
        record = self.service.audit()[answer.json["audit"]["index"]]["record"]
        key = self.service.get("/v1/keys/rsa", "alice").json
        expected = {
            "action": "sign", "user": "alice", "token": self.service.tokens["alice"].split("_")[1],
            "request": answer.headers["Signum-Request"], "key": "rsa", "version": 1,
            "scheme": "rsa-pkcs1", "hash": "sha256", "digest": digest.hex(), "decision": "allow",
            "rule": "alice-rsa", "outcome": "signed", "verified": {"address": "127.0.0.1", "identity": {"method": "token"}},
            "asserted": {"context": context, "reason": "release"},
            "certificate_sha256": hashlib.sha256(base64.b64decode(key["chain"][0])).hexdigest(),
            "signature_sha256":
                hashlib.sha256(base64.b64decode(answer.json["signature"])).hexdigest(),
        }
        for name, value in expected.items():
            self.assertEqual(record[name], value, name)
        self.assertEqual(answer.json["certificate_sha256"], expected["certificate_sha256"])

    def test_refusals_are_recorded(self):
        before = len(self.service.audit())
        self.service.sign("other", "alice", bytes(32))
        self.service.get("/v1/keys/other", "alice")
        self.service.sign("rsa", "alice", bytes(32), version=9)
        records = [r["record"] for r in self.service.audit()[before:]]
        self.assertEqual([(r["action"], r["decision"], r.get("outcome"), r.get("error"))
                          for r in records],
                         [("sign", "deny", "denied", "denied"), ("key.read", "deny", None, None),
                          ("sign", "allow", "failed", "version-mismatch")])

    def test_changes_are_recorded(self):
        before = len(self.service.audit())
        self.service.run("user", "add", "erin")
        number = self.service.run("token", "create", "erin").split()[0]
        self.service.run("policy", "allow", "erin-all", "--user", "erin", "--key", "*")
        self.service.run("policy", "remove", "erin-all")
        self.service.run("token", "revoke", number)
        self.service.run("user", "remove", "erin")
        actions = [r["record"]["action"] for r in self.service.audit()[before:]]
        self.assertEqual(actions, ["user.add", "token.create", "policy.allow", "policy.remove",
                                   "token.revoke", "user.remove"])

    def forge(self, statement):
        """Runs `audit verify` on a copy of the state that was tampered with."""
        with tempfile.TemporaryDirectory() as folder:
            copy = os.path.join(folder, "state")
            os.mkdir(copy, 0o700)
            shutil.copy(os.path.join(self.service.state, "signumd.json"), copy)
            path = os.path.join(copy, "signumd.db")
            source = sqlite3.connect(os.path.join(self.service.state, "signumd.db"))
            target = sqlite3.connect(path)
            source.backup(target)
            source.close()
            target.executescript("DROP TRIGGER audit_no_update; DROP TRIGGER audit_no_delete;"
                                 "DROP TRIGGER audit_nodes_no_update;"
                                 + statement)
            target.close()
            return subprocess.run([service.SIGNUMD, "audit", "verify", "--state", copy],
                                  capture_output=True, text=True, timeout=60)

    def test_forgeries(self):
        self.assertEqual(self.forge("SELECT 1").returncode, 0)
        last = len(self.service.audit()) - 1
        for statement, index in (
                ("UPDATE audit SET body = replace(body, 'a', 'b') WHERE idx = 3", 3),
                ("DELETE FROM audit WHERE idx = 5", 5),
                ("UPDATE audit_nodes SET hash = zeroblob(32) WHERE last = 7 AND level = 2", 7),
                (f"DELETE FROM audit WHERE idx = {last}", last)):
            done = self.forge(statement)
            self.assertEqual(done.returncode, 1)
            self.assertIn(f"at index {index}:", done.stderr)

    def test_the_database_refuses_changes(self):
        for statement in ("DELETE FROM audit", "UPDATE audit SET body = ''"):
            with self.assertRaises(sqlite3.IntegrityError):
                self.service.sql(statement)
        self.service.run("audit", "verify")

    def test_lists_as_json(self):
        for words, name in ((("key", "list"), "keys"), (("user", "list"), "users"),
                            (("token", "list"), "tokens"), (("policy", "list"), "rules")):
            self.assertTrue(json.loads(self.service.run(*words, "--json"))[name])
            self.assertTrue(self.service.run(*words))
