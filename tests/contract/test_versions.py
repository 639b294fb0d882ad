"""Rotation: versions of keys, which of them signs, and keys that expire."""
import base64
import concurrent.futures
import hashlib
import json
import os
import subprocess
import tempfile
import unittest

import service

JSON = {"Content-Type": "application/json"}
DIGEST = hashlib.sha256(b"versions").digest()


class Versions(unittest.TestCase):
    def setUp(self):
        self.service = service.shared()
        self.service.run("key", "create", "turning", "--algorithm", "rsa", "--bits", "2048")
        self.service.run("policy", "allow", "alice-turning", "--user", "alice", "--key", "turning")
        self.addCleanup(self.forget)

    def forget(self):
        self.service.run("cert", "remove", "turning", check=False)
        self.service.run("key", "delete", "turning")
        self.assertFalse([l for l in self.service.token_labels() if l.startswith("turning")])

    def rotate(self, user="manager", key="turning", **members):
        return self.service.post(f"/v1/keys/{key}/rotate", user, members)

    def change(self, **members):
        return self.service.request("PATCH", "/v1/keys/turning", "manager", json.dumps(members), JSON)

    def key(self, version=None):
        query = "" if version is None else f"?version={version}"
        return self.service.get("/v1/keys/turning" + query, "alice")

    def versions(self):
        answer = self.service.get("/v1/keys/turning/versions", "alice")
        return {v["version"]: v for v in answer.json["versions"]}

    def sign(self, **more):
        return self.service.sign("turning", "alice", DIGEST, **more)

    def verify(self, key, answer):
        """openssl says whose signature it is."""
        with tempfile.TemporaryDirectory() as folder:
            for name, data in (("k", base64.b64decode(key["spki"])), ("d", DIGEST),
                               ("s", base64.b64decode(answer.json["signature"]))):
                with open(os.path.join(folder, name), "wb") as file:
                    file.write(data)
            done = subprocess.run(
                ["openssl", "pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-inkey", "k", "-in",
                 "d", "-sigfile", "s", "-pkeyopt", "digest:sha256"], cwd=folder, check=False,
                capture_output=True)
        return done.returncode == 0

    def test_with_a_certificate(self):
        self.service.run("cert", "issue", "turning")
        first = self.key().json
        pending = self.rotate()
        self.assertEqual((pending.status, pending.json["version"], pending.json["state"],
                          pending.json["chain"]), (200, 2, "pending", []))
        self.assertEqual(self.rotate().json, pending.json)
        self.assertEqual(self.key().json["etag"], first["etag"])
        self.assertEqual(self.key(2).json, pending.json)
        answer = self.sign()
        self.assertEqual(answer.json["key"]["version"], 1)
        self.assertTrue(self.verify(first, answer))
        self.assertEqual(self.sign(version=2).code, "version-mismatch")
        self.service.run("cert", "issue", "turning")
        second = self.key().json
        self.assertEqual((second["version"], second["state"], second["spki"]),
                         (2, "enabled", pending.json["spki"]))
        self.assertEqual(len(second["chain"]), 2)
        answer = self.sign()
        self.assertEqual(answer.json["key"]["version"], 2)
        self.assertTrue(self.verify(second, answer))
        self.assertFalse(self.verify(first, answer))
        self.assertEqual(self.sign(version=1).code, "version-mismatch")
        old = self.key(1).json
        self.assertEqual((old["chain"], old["spki"], old["state"]),
                         (first["chain"], first["spki"], "disabled"))
        self.assertEqual([v["state"] for v in self.versions().values()], ["disabled", "enabled"])
        self.assertIn("1         disabled", self.service.run("key", "versions", "turning"))
        shown = json.loads(self.service.run("key", "versions", "turning", "--json"))["versions"]
        self.assertEqual(shown, list(self.versions().values()))
        actions = [r["record"]["action"] for r in self.service.audit()]
        self.assertIn("key.rotate", actions)
        self.assertIn("key.activate", actions)

    def test_import_chooses_the_version(self):
        self.service.run("key", "rotate", "turning")
        pending = self.key(2).json
        with tempfile.TemporaryDirectory() as folder:
            def openssl(*words):
                return subprocess.run(["openssl", *words], cwd=folder, check=True,
                                      capture_output=True).stdout
            with open(os.path.join(folder, "spki"), "wb") as file:
                file.write(base64.b64decode(pending["spki"]))
            openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "ca.key", "-subj",
                    "/CN=ca", "-out", "ca.pem")
            openssl("pkey", "-pubin", "-inform", "DER", "-in", "spki", "-out", "spki.pem")
            openssl("x509", "-new", "-force_pubkey", "spki.pem", "-CA", "ca.pem", "-CAkey",
                    "ca.key", "-CAcreateserial", "-subj", "/CN=turning", "-out", "leaf.pem")
            leaf = openssl("x509", "-in", "leaf.pem", "-outform", "DER")
        answer = self.service.post("/v1/keys/turning/certificates", "manager",
                                   {"chain": [base64.b64encode(leaf).decode()]})
        self.assertEqual((answer.status, answer.json["version"], answer.json["state"]),
                         (200, 2, "enabled"))
        self.assertTrue(self.verify(self.key().json, self.sign()))

    def test_old_versions(self):
        answer = self.rotate(activate=True, keep_old=True)
        self.assertEqual((answer.json["version"], answer.json["state"]), (2, "enabled"))
        keys = self.versions()
        for version in (1, 2):
            answer = self.sign(version=version)
            self.assertEqual(answer.json["key"]["version"], version)
            self.assertTrue(self.verify(keys[version], answer))
        self.assertEqual(self.change(version=1, state="disabled").status, 200)
        self.assertEqual(self.sign(version=1).code, "version-mismatch")
        self.assertEqual(self.change(version=1, state="enabled").status, 200)
        self.assertEqual(self.sign(version=1).status, 200)
        self.assertEqual(self.change(state="disabled").status, 200)
        for more in ({}, {"version": 1}, {"version": 2}):
            self.assertEqual(self.sign(**more).code, "key-disabled")
        self.assertEqual(self.change(version=7, state="enabled").code, "key-not-found")
        self.assertEqual(self.key(7).code, "key-not-found")
        for text in ("0", "x", "-1", "1x", "9999999999"):
            self.assertEqual(self.key(text).json["field"], "version")

    def test_under_load(self):
        """No signature is of another version than it says."""
        answers = []

        def work(_):
            for _ in range(6):
                answers.append(self.sign())

        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            workers = [pool.submit(work, n) for n in range(4)]
            for _ in range(2):
                self.assertEqual(self.rotate(activate=True).status, 200)
            for worker in workers:
                worker.result()
        keys = self.versions()
        answers.append(self.sign())
        for answer in answers:
            self.assertEqual(answer.status, 200, answer.body)
            self.assertTrue(self.verify(keys[answer.json["key"]["version"]], answer))
        self.assertEqual(answers[-1].json["key"]["version"], 3)

    def test_two_at_a_time(self):
        """One of them makes the version; the other is refused, or gets the same one."""
        self.service.set_faults("C_GenerateKeyPair delay -1\n")
        self.addCleanup(self.service.set_faults, "")
        statuses = []
        for _ in range(8):
            with concurrent.futures.ThreadPoolExecutor(2) as pool:
                answers = list(pool.map(lambda _: self.rotate(), range(2)))
            statuses = sorted(a.status for a in answers)
            pending = [v for v in self.versions().values() if v["state"] == "pending"]
            self.assertEqual([a.json for a in answers if a.status == 200],
                             pending * statuses.count(200))
            pairs = [l for l in self.service.token_labels() if l.startswith("turning")]
            self.assertEqual(len(pairs), 2 * len(self.versions()))
            if statuses == [200, 409]:
                break
            self.assertEqual(self.rotate(activate=True).status, 200)
        self.assertEqual(statuses, [200, 409])

    def test_expiry(self):
        answer = self.change(expires="2020-01-01T00:00:00Z")
        self.assertEqual((answer.json["state"], answer.json["expires"]),
                         ("expired", "2020-01-01T00:00:00Z"))
        self.assertEqual(self.sign().code, "key-expired")
        self.assertEqual(self.change(expires="2999-01-01T00:00:00Z").json["state"], "enabled")
        self.assertEqual(self.sign().status, 200)
        self.service.run("key", "set", "turning", "--expires", "2021-01-01T00:00:00Z")
        self.assertEqual(self.sign().code, "key-expired")
        self.service.run("key", "set", "turning", "--expires", "never")
        self.assertNotIn("expires", self.key().json)
        self.assertEqual(self.sign().status, 200)
        self.assertEqual(self.service.run("key", "set", "turning", "--expires", "soon",
                                          check=False).returncode, 2)

    def test_refusals(self):
        for members, field in (({"activate": 1}, "activate"), ({"keep_old": True}, "keep_old"),
                               ({"more": 1}, "more")):
            self.assertEqual(self.rotate(**members).json["field"], field)
        for members, field in (({"version": 1}, "version"), ({"expires": "soon"}, "expires"),
                               ({"expires": 1}, "expires")):
            self.assertEqual(self.change(**members).json["field"], field)
        self.assertEqual(self.rotate("alice").code, "denied")
        self.assertEqual(self.rotate(key="none").code, "key-not-found")
        answer = self.service.get("/v1/keys/turning/versions", "bob")
        self.assertEqual(answer.code, "denied")
        self.assertEqual(self.service.get("/v1/keys/none/versions", "bob").code, "key-not-found")
        self.service.set_faults("C_GenerateKeyPair 0x30 -1\n")
        try:
            self.assertEqual(self.rotate().code, "hsm-unavailable")
        finally:
            self.service.set_faults("")
        service.wait_for(lambda: self.service.get("/v1/health").status == 200)
        self.assertEqual(list(self.versions()), [1])
        self.service.sql("ALTER TABLE key_versions RENAME TO gone")
        try:
            self.assertEqual(self.rotate().code, "internal")
            answer = self.service.get("/v1/keys/turning/versions", "alice")
            self.assertEqual(answer.code, "internal")
        finally:
            self.service.sql("ALTER TABLE gone RENAME TO key_versions")
