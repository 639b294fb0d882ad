"""Digests that are approved before anybody asks for their signatures."""
import base64
import concurrent.futures
import hashlib
import json
import os
import time
import unittest
import uuid

import service

POLICY = {"name": "release", "what": {"keys": ["rsa", "ec"]}, "who": {"users": ["alice", "bob", "dave"]}, "action": "allow",
          "obligations": {"approvals": [{"need": 1, "group": "managers"}]}}


class Releases(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        made = cls.service = service.Service()
        cls.addClassCleanup(made.close)
        made.run("key", "create", "rsa", "--algorithm", "rsa", "--bits", "2048")
        for key in ("ec", "free"):
            made.run("key", "create", key, "--algorithm", "ecdsa")
        for name, role in (("alice", "signer"), ("bob", "signer"), ("carol", "approver"), ("dave", "approver,signer"),
                           ("frank", "approver"), ("auditor", "auditor"), ("policymaker", "policy-manager")):
            made.add_user(name, role)
        for group, members in (("managers", ("carol", "dave")), ("legal", ("frank",))):
            made.run("group", "add", group)
            for member in members:
                made.run("group", "join", group, member)
        made.start()
        assert made.put_policy(POLICY).status == 200
        made.run("policy", "allow", "free", "--user", "alice", "--key", "free")

    def setUp(self):
        self.digests = [hashlib.sha256(uuid.uuid4().bytes).digest() for _ in range(3)]
        self.name = "r-" + uuid.uuid4().hex[:8]

    def body(self, **more):
        digests = [{"hash": "sha256", "digest": base64.b64encode(d).decode()} for d in self.digests]
        return {"name": self.name, "keys": ["rsa"], "digests": digests, "expires": "2099-01-01T00:00:00Z", **more}

    def create(self, user="alice", **more):
        answer = self.service.post("/v1/releases", user, self.body(**more))
        self.assertEqual(answer.status, 201, answer.body)
        self.assertEqual(answer.headers["Location"], "/v1/releases/" + self.name)
        return answer.json

    def change(self, verb, user, **members):
        return self.service.post(f"/v1/releases/{self.name}/{verb}", user, members)

    def get(self):
        return self.service.get("/v1/releases/" + self.name, "auditor").json

    def sign(self, digest, user="alice", key="rsa", **more):
        return self.service.sign(key, user, digest, scheme="ecdsa" if key == "ec" else "rsa-pkcs1", **more).status

    def test_exactly_these_and_each_twice(self):
        made = self.create(uses=2, reason="version 7")
        self.assertEqual((made["status"], made["approvals"]), ("pending", [{"group": "managers", "need": 1, "have": 0}]))
        self.assertEqual(self.sign(self.digests[0]), 202)
        self.assertEqual(self.change("approve", "carol", reason="ok").json["status"], "active")
        for digest in self.digests:
            self.assertEqual([self.sign(digest, user) for user in ("alice", "bob", "alice")], [200, 200, 202])
        self.assertEqual(self.sign(os.urandom(32)), 202)
        self.assertEqual([d["used"] for d in self.get()["digests"]], [2, 2, 2])
        self.assertEqual(self.get()["used"], 6)
        signed = [r["record"] for r in self.service.audit() if r["record"].get("release") == self.name]
        self.assertEqual([r["action"] for r in signed], ["release.create", "release.approve"] + ["sign"] * 6)

    def test_only_its_keys_and_schemes(self):
        digest = {"hash": "sha256", "digest": base64.b64encode(self.digests[0]).decode(), "scheme": "rsa-pss"}
        self.create(digests=[digest])
        self.change("approve", "carol")
        self.assertEqual(self.sign(self.digests[0]), 202)
        self.assertEqual(self.sign(self.digests[0], key="ec"), 202)
        answer = self.service.sign("rsa", "alice", self.digests[0], scheme="rsa-pss", salt=32)
        self.assertEqual(answer.status, 200)

    def test_what_policies_ask_for_now_is_what_counts(self):
        self.create(uses=9)
        self.change("approve", "dave")
        self.assertEqual(self.sign(self.digests[0]), 200)
        self.assertEqual(self.sign(self.digests[0], "dave"), 202)  # he approved it himself
        stricter = {**POLICY, "obligations": {"approvals": [{"need": 1, "group": "legal"}]}}
        self.assertEqual(self.service.put_policy(stricter).status, 200)
        try:
            self.assertEqual(self.sign(self.digests[1]), 202)
        finally:
            self.service.put_policy(POLICY)
        self.assertEqual(self.sign(self.digests[1]), 200)

    def test_all_at_once(self):
        self.create(uses=3)
        self.change("approve", "carol")
        with concurrent.futures.ThreadPoolExecutor(10) as pool:
            statuses = list(pool.map(lambda _: self.sign(self.digests[0]), range(10)))
        self.assertEqual(statuses.count(200), 3, statuses)
        self.assertTrue(set(statuses) <= {200, 202, 403}, statuses)
        self.assertEqual(self.get()["digests"][0]["used"], 3)

    def test_more_than_one_group(self):
        self.create(approvals=[{"need": 1, "group": "legal"}])
        self.assertEqual(self.change("approve", "carol").json["status"], "pending")
        self.assertEqual(self.change("approve", "carol").json["status"], "pending")
        self.assertEqual(self.change("approve", "frank").json["status"], "active")
        self.assertEqual(self.change("approve", "dave").code, "request-closed")
        self.assertEqual(self.change("reject", "dave", reason="found a bug").json["status"], "rejected")
        self.assertEqual(self.sign(self.digests[0]), 202)

    def test_who_may(self):
        for user in ("carol", "auditor"):
            self.assertEqual(self.service.post("/v1/releases", user, self.body()).code, "denied")
        self.create("dave")
        for user in ("dave", "frank", "alice", "admin"):
            self.assertEqual(self.change("approve", user).code, "denied", user)
            self.assertEqual(self.change("reject", user, reason="no").code, "denied", user)
        self.assertEqual(self.change("revoke", "alice").code, "denied")
        self.assertEqual(self.change("revoke", "carol").code, "denied")
        self.assertEqual(self.change("revoke", "dave").json["status"], "revoked")
        for verb, user in (("approve", "carol"), ("reject", "carol"), ("revoke", "policymaker")):
            self.assertEqual(self.change(verb, user, reason="late").code, "request-closed")
        self.assertEqual(self.service.post("/v1/releases", "alice", self.body()).code, "release-exists")

    def test_expiry(self):
        self.create()
        self.change("approve", "carol")
        self.service.sql(f"UPDATE releases SET expires = {int(time.time())} WHERE name = '{self.name}'")
        self.assertEqual(self.get()["status"], "expired")
        self.assertEqual(self.sign(self.digests[0]), 202)
        for verb, user in (("approve", "dave"), ("reject", "dave"), ("revoke", "alice")):
            self.assertEqual(self.change(verb, user, reason="late").code, "request-expired")

    def test_bad_requests(self):
        digest = self.body()["digests"][0]
        for changed, field in (({"keys": ["none"]}, "keys"), ({"keys": ["free"]}, "approvals"), ({"keys": []}, "keys"),
                               ({"digests": []}, "digests"), ({"expires": "2020-01-01T00:00:00Z"}, "expires"),
                               ({"digests": [{**digest, "digest": "AAAA"}]}, "digests[0].digest"), ({"uses": 0}, "uses"),
                               ({"digests": [{**digest, "hash": "none"}]}, "digests[0].digest"),
                               ({"approvals": [{"need": 1, "group": f"g{i}"} for i in range(8)]}, "approvals")):
            answer = self.service.post("/v1/releases", "alice", self.body(**changed))
            self.assertEqual((answer.status, answer.json.get("field")), (400, field), answer.body)
        self.name = "none"
        for verb, user in (("approve", "carol"), ("reject", "carol"), ("revoke", "alice")):
            self.assertEqual(self.change(verb, user, reason="x").code, "release-not-found")
        self.assertEqual(self.service.get("/v1/releases/none", "alice").code, "release-not-found")

    def test_list(self):
        self.create()
        seen, after = [], ""
        while after is not None:
            page = self.service.get("/v1/releases?limit=2" + after, "carol").json
            seen += page["releases"]
            after = page["next"] and "&after=" + page["next"]
        self.assertIn(self.name, [r["name"] for r in seen])
        self.assertTrue(all("digests" not in r for r in seen))
        self.service.run("user", "add", "keeper", "--role", "key-manager")
        self.service.tokens["keeper"] = self.service.run("token", "create", "keeper").split()[1]
        self.assertEqual(self.service.get("/v1/releases", "keeper").code, "denied")
        self.assertEqual(self.service.get("/v1/releases/" + self.name, "keeper").code, "denied")

    def test_a_broken_database(self):
        self.service.sql("ALTER TABLE tokens RENAME TO gone")
        try:
            for path in ("", "/x"):
                self.assertEqual(self.service.get("/v1/releases" + path, "alice").code, "internal")
            for path in ("", "/x/approve", "/x/reject", "/x/revoke"):
                self.assertEqual(self.service.post("/v1/releases" + path, "alice", {}).code, "internal")
        finally:
            self.service.sql("ALTER TABLE gone RENAME TO tokens")

    def test_command_line(self):
        sums = os.path.join(self.service.folder, "SHA256SUMS")
        with open(sums, "w", encoding="ascii") as file:
            file.writelines(f"{d.hex()}  file{i}\n" for i, d in enumerate(self.digests))
        made = json.loads(self.service.run("release", "create", "--user", "alice", "--name", self.name, "--sums", sums,
                                           "--key", "rsa", "--days", "2", "--uses", "2", "--reason", "by hand"))
        self.assertEqual((made["status"], made["count"], made["uses"], made["user"]), ("pending", 3, 2, "alice"))
        for words, code in ((("approve", self.name, "--user", "alice"), 1), (("approve", self.name), 2),
                            (("reject", self.name, "--user", "carol"), 2), (("approve", "none", "--user", "carol"), 1),
                            (("show", "none"), 1), (("create", "--user", "alice"), 2),
                            (("create", "--user", "alice", "--sums", sums), 1),
                            (("create", "--user", "alice", "--sums", sums, "--name", "x", "--key", "none"), 1)):
            self.assertEqual(self.service.run("release", *words, check=False).returncode, code, words)
        self.assertEqual(json.loads(self.service.run("release", "approve", self.name, "--user", "carol"))["status"], "active")
        self.assertEqual(self.sign(self.digests[2]), 200)
        self.assertIn(self.name, self.service.run("release", "list"))
        self.assertEqual(json.loads(self.service.run("release", "show", self.name))["used"], 1)
        self.assertEqual(json.loads(self.service.run("release", "revoke", self.name, "--user", "alice"))["status"], "revoked")
        self.assertEqual(self.sign(self.digests[1]), 202)
        manifest = os.path.join(self.service.folder, "manifest.json")
        self.name += "-m"
        with open(manifest, "w", encoding="ascii") as file:
            json.dump(self.body(), file)
        self.service.run("release", "create", "--user", "alice", "--file", manifest)
        shown = json.loads(self.service.run("release", "reject", self.name, "--user", "dave", "--reason", "no"))
        self.assertEqual(shown["status"], "rejected")
        names = [r["name"] for r in json.loads(self.service.run("release", "list", "--json"))["releases"]]
        self.assertIn(self.name, names)
