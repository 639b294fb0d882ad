"""Making and deleting keys over HTTP."""
import base64
import concurrent.futures
import hashlib
import json
import os
import subprocess
import tempfile
import time
import unittest
import uuid

import service

EC = {"algorithm": "ecdsa", "curve": "P-256"}


class Manage(unittest.TestCase):
    def setUp(self):
        self.service = service.shared()
        self.addCleanup(self.service.set_faults, "")

    def create(self, name, user="manager", headers=None, **members):
        return self.service.post("/v1/keys", user, {"name": name, **(members or EC)}, headers)

    def delete(self, name, user="manager"):
        return self.service.request("DELETE", "/v1/keys/" + name, user)

    def rules(self):
        return json.loads(self.service.run("policy", "list", "--json"))["rules"]

    def create_for_test(self, name, **more):
        answer = self.create(name, **more)
        self.assertEqual(answer.status, 201, answer.body)
        self.addCleanup(self.delete, name)
        return answer

    def verify(self, key, digest, signature, *options):
        with tempfile.TemporaryDirectory() as folder:
            files = {"k": base64.b64decode(key["spki"]), "d": digest, "s": signature}
            for name, data in files.items():
                with open(os.path.join(folder, name), "wb") as file:
                    file.write(data)
            subprocess.run(["openssl", "pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-inkey",
                            "k", "-in", "d", "-sigfile", "s", *options], check=True, cwd=folder,
                           capture_output=True)

    def test_create_use_and_delete(self):
        before = len(self.service.audit())
        answer = self.create("fresh", algorithm="rsa", bits=2048)
        self.assertEqual((answer.status, answer.headers["Location"]), (201, "/v1/keys/fresh"))
        key = answer.json
        self.assertEqual((key["name"], key["bits"], key["version"], key["chain"], key["state"]),
                         ("fresh", 2048, 1, [], "enabled"))
        self.assertEqual(self.service.get("/v1/keys/fresh", "manager").json, key)
        self.assertIn({"name": "created-fresh", "user": "manager", "key": "fresh",
                       "action": "allow", "priority": 100, "version": 1}, self.rules())
        digest = hashlib.sha256(b"request").digest()
        signed = self.service.sign("fresh", "manager", digest)
        self.verify(key, digest, base64.b64decode(signed.json["signature"]), "-pkeyopt",
                    "digest:sha256")
        self.assertEqual(self.service.sign("fresh", "alice", digest).code, "denied")
        self.assertEqual(self.service.token_labels().count("fresh"), 2)
        answer = self.delete("fresh")
        self.assertEqual((answer.status, answer.body), (204, b""))
        self.assertEqual(self.service.get("/v1/keys/fresh", "manager").code, "key-not-found")
        self.assertEqual(self.delete("fresh").code, "key-not-found")
        self.assertNotIn("fresh", self.service.token_labels())
        self.assertNotIn("fresh", [r["key"] for r in self.rules()])
        records = [r["record"] for r in self.service.audit()[before:]]
        self.assertEqual([r["action"] for r in records],
                         ["key.create", "policy.allow", "sign", "sign", "policy.remove",
                          "key.delete"])
        self.assertEqual({r["user"] for r in records}, {"manager", "alice"})
        self.assertEqual(records[0]["spki_sha256"],
                         hashlib.sha256(base64.b64decode(key["spki"])).hexdigest())
        self.assertEqual((records[5]["key"], records[5]["id"]), ("fresh", key["id"]))

    def test_every_algorithm(self):
        for members in ({"bits": 2048}, {"bits": 3072}, {"bits": 4096}, {}):
            key = self.create_for_test("kind", algorithm="rsa", **members).json
            self.assertEqual(key["bits"], members.get("bits", 3072))
            self.delete("kind")
        for members in ({"curve": "P-256"}, {"curve": "P-384"}, {"curve": "P-521"}, {}):
            key = self.create_for_test("kind", algorithm="ecdsa", **members).json
            self.assertEqual(key["curve"], members.get("curve", "P-256"))
            self.delete("kind")

    def test_roles(self):
        for user in ("alice", "auditor"):
            self.assertEqual(self.create("nobody", user).code, "denied")
            self.assertEqual(self.delete("other", user).code, "denied")
        self.assertEqual(self.service.get("/v1/keys/nobody", "admin").code, "key-not-found")
        self.create_for_test("made-by-admin", user="admin")
        digest = bytes(32)
        self.assertEqual(self.service.sign("made-by-admin", "admin", digest,
                                           scheme="ecdsa").status, 200)
        self.assertEqual(self.service.sign("made-by-admin", "manager", digest,
                                           scheme="ecdsa").code, "denied")

    def test_rule_names(self):
        self.service.run("policy", "allow", "created-taken", "--user", "bob", "--key", "*")
        self.addCleanup(self.service.run, "policy", "remove", "created-taken")
        for name in ("taken", "n" * 57, "n" * 64):
            key = self.create_for_test(name).json
            names = [r["name"] for r in self.rules() if r["key"] == name]
            self.assertEqual(names, ["created-" + key["id"]])
        self.create_for_test("n" * 56)
        self.assertIn("created-" + "n" * 56, [r["name"] for r in self.rules()])

    def test_a_taken_name(self):
        self.assertEqual(self.create("rsa").code, "key-exists")
        self.assertEqual(self.create("rsa", algorithm="rsa").code, "key-exists")
        self.create_for_test("twice")
        self.assertEqual(self.create("twice").code, "key-exists")
        self.assertEqual(self.service.token_labels().count("twice"), 2)

    def test_members(self):
        good = {"name": "bad", **EC}
        for change, field in (
                ({"name": ""}, "name"), ({"name": "a b"}, "name"), ({"name": "*"}, "name"),
                ({"name": "a" * 65}, "name"), ({"name": 5}, "name"), ({"name": "a/b"}, "name"),
                ({"algorithm": None}, "algorithm"), ({"algorithm": "x" * 33}, "algorithm"),
                ({"bits": 256}, "bits"), ({"bits": "2048"}, "bits"), ({"curve": 256}, "curve"),
                ({"algorithm": "rsa"}, "curve"), ({"more": 1}, "more"),
                ({"algorithm": "rsa", "curve": None}, "curve"), ({"bits": 0}, "bits")):
            answer = self.service.post("/v1/keys", "manager", {**good, **change})
            self.assertEqual((answer.code, answer.json["field"]), ("bad-request", field), change)
        for name in ("name", "algorithm"):
            answer = self.service.post("/v1/keys", "manager",
                                       {n: v for n, v in good.items() if n != name})
            self.assertEqual((answer.code, answer.json["field"]), ("bad-request", name))
        for body in ("", "[]", "{", "null"):
            self.assertEqual(self.service.post("/v1/keys", "manager", body).code, "bad-request")
        for members in ({"algorithm": "dsa"}, {"algorithm": "RSA"},
                        {"algorithm": "rsa", "bits": 1024}, {"algorithm": "rsa", "bits": 2049},
                        {"algorithm": "rsa", "bits": 8192}, {"algorithm": "ecdsa", "curve": "P-192"},
                        {"algorithm": "ecdsa", "curve": ""}):
            self.assertEqual(self.create("bad", **members).code, "unsupported-algorithm", members)
        self.assertEqual(self.service.post("/v1/keys", "manager", good,
                                           {"Content-Type": "text/plain"}).code,
                         "unsupported-media-type")
        big = json.dumps(good).ljust(64 * 1024 + 1)
        self.assertEqual(self.service.post("/v1/keys", "manager", big).code, "too-large")
        self.assertEqual(self.delete("a%20b").code, "bad-request")
        self.assertEqual(self.service.get("/v1/keys/bad", "manager").code, "key-not-found")

    def test_idempotency(self):
        value = {"Idempotency-Key": str(uuid.uuid4())}
        first = self.create_for_test("again", headers=value)
        again = self.create("again", headers=value)
        self.assertEqual((again.status, again.json), (201, first.json))
        self.assertEqual((again.headers["Idempotent-Replayed"], again.headers["Location"]),
                         ("true", "/v1/keys/again"))
        self.assertNotIn("Idempotent-Replayed", first.headers)
        other = self.create("again", headers=value, algorithm="ecdsa", curve="P-384")
        self.assertEqual(other.code, "idempotency-mismatch")
        self.assertEqual(self.create("again").code, "key-exists")
        self.assertEqual(self.create("again", "admin", headers=value).code, "key-exists")
        for bad in ("", "a b", "x" * 129):
            answer = self.create("again", headers={"Idempotency-Key": bad})
            self.assertEqual(answer.json["field"], "Idempotency-Key")
        self.assertEqual(self.delete("again").status, 204)
        new = self.create_for_test("again", headers=value)
        self.assertNotEqual(new.json["id"], first.json["id"])

    def test_still_running(self):
        value = {"Idempotency-Key": str(uuid.uuid4())}
        self.service.set_faults("C_GenerateKeyPair delay 1\n")
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            first = pool.submit(self.create_for_test, "slow", headers=value)
            time.sleep(0.3)
            self.assertEqual(self.create("slow", headers=value).code, "idempotency-conflict")
            self.assertEqual(first.result().status, 201)
        self.assertEqual(self.create("slow", headers=value).status, 201)

    def test_a_slow_token_stops_nobody_else(self):
        self.service.set_faults("C_GenerateKeyPair delay 1\n")
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            slow = pool.submit(self.create_for_test, "slow", algorithm="rsa", bits=4096)
            time.sleep(0.3)
            self.assertEqual(self.service.sign("ec256", "alice", bytes(32),
                                               scheme="ecdsa").status, 200)
            self.assertFalse(slow.done())
            self.assertEqual(slow.result().status, 201)

    def test_one_name_at_once(self):
        for round_number in range(3):
            name = f"race{round_number}"
            with concurrent.futures.ThreadPoolExecutor(6) as pool:
                answers = list(pool.map(lambda _: self.create(name), range(6)))
            self.addCleanup(self.delete, name)
            self.assertEqual(sorted(a.status for a in answers), [201] + [409] * 5)
            self.assertEqual({a.code for a in answers if a.status == 409}, {"key-exists"})
            self.assertEqual(self.service.token_labels().count(name), 2)
            self.assertEqual(self.service.sign(name, "manager", bytes(32),
                                               scheme="ecdsa").status, 200)

    def test_delete_at_once(self):
        self.create("race")
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            answers = list(pool.map(lambda _: self.delete("race"), range(4)))
        self.assertEqual(sorted(a.status for a in answers), [204] + [404] * 3)
        self.assertNotIn("race", self.service.token_labels())

    def test_delete_with_certificate(self):
        answer = self.delete("rsa")
        self.assertEqual(answer.code, "key-has-certificate")
        self.assertEqual(self.service.sign("rsa", "alice", bytes(32)).status, 200)

    def test_nothing_is_left_over_without_a_record(self):
        self.service.sql("ALTER TABLE audit_head RENAME TO gone")
        try:
            self.assertEqual(self.create("lost").code, "internal")
            self.assertEqual(self.delete("other").code, "internal")
        finally:
            self.service.sql("ALTER TABLE gone RENAME TO audit_head")
        self.assertNotIn("lost", self.service.token_labels())
        self.assertEqual(self.service.get("/v1/keys/lost", "admin").code, "key-not-found")
        self.assertEqual(self.service.get("/v1/keys/other", "admin").status, 200)
        self.assertEqual(self.service.token_labels().count("other"), 2)
        self.service.run("audit", "verify")

    def test_a_dead_hsm(self):
        self.create_for_test("there")
        self.service.set_faults("C_GenerateKeyPair 0x30 -1\n")
        self.assertEqual(self.create("never").code, "hsm-unavailable")
        self.service.set_faults("C_GetSessionInfo 0x30 -1\n")
        self.assertEqual(self.delete("there").code, "hsm-unavailable")
        self.service.set_faults("")
        self.assertTrue(service.wait_for(lambda: self.service.get("/v1/ready").status == 200))
        self.assertEqual(self.service.get("/v1/keys/there", "manager").status, 200)
        self.assertEqual(self.create_for_test("never").status, 201)

    def test_a_lost_session_is_not_noticed(self):
        for fault in ("C_GenerateKeyPair 0xb3 1", "C_FindObjects 0x32 1",
                      "C_GetAttributeValue 0x32 1"):
            self.service.set_faults(fault + "\n")
            self.assertEqual(self.create("twice").status, 201, fault)
            self.assertEqual(self.service.token_labels().count("twice"), 2, fault)
            self.service.set_faults("C_FindObjects 0xb3 1\n")
            self.assertEqual(self.delete("twice").status, 204, fault)
            self.assertNotIn("twice", self.service.token_labels())

    def test_a_key_pair_that_stays_behind_is_removed_later(self):
        self.create("behind")
        self.service.set_faults("C_FindObjects 0x30 -1\n")
        self.assertEqual(self.delete("behind").status, 204)
        self.assertEqual(self.service.get("/v1/keys/behind", "manager").code, "key-not-found")
        self.service.set_faults("")
        self.assertTrue(service.wait_for(lambda: self.service.get("/v1/ready").status == 200))
        self.assertEqual(self.service.token_labels().count("behind"), 2)
        self.create_for_test("behind")
        self.assertEqual(self.service.token_labels().count("behind"), 2)
        self.assertEqual(self.service.sql("SELECT count(*) FROM leftovers"), [(0,)])

    def test_a_protected_key_only(self):
        self.service.set_faults("C_GetAttributeValue corrupt 1\n")
        self.assertEqual(self.create("open").code, "internal")
        self.assertNotIn("open", self.service.token_labels())


class Command(unittest.TestCase):
    """The same by signumd's own verbs, while the service runs."""

    def setUp(self):
        self.service = service.shared()

    def test_disable_and_enable(self):
        for verb, answer in (("disable", "key-disabled"), ("enable", None)):
            self.service.run("key", verb, "ec256")
            self.addCleanup(self.service.run, "key", "enable", "ec256")
            signed = self.service.sign("ec256", "alice", bytes(32), scheme="ecdsa")
            self.assertEqual(signed.json.get("code"), answer)
            self.assertEqual(self.service.get("/v1/keys/ec256", "alice").json["state"], verb + "d")
            self.assertEqual(self.service.audit()[-2]["record"]["action"], "key." + verb)
        self.assertEqual(self.service.run("key", "disable", "none", check=False).returncode, 1)

    def test_delete(self):
        self.service.run("key", "create", "local", "--algorithm", "ecdsa")
        self.service.run("cert", "issue", "local")
        done = self.service.run("key", "delete", "local", check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("certificate", done.stderr)
        self.assertEqual(self.service.get("/v1/keys/local", "admin").status, 200)
        self.service.run("cert", "remove", "local")
        self.assertEqual(self.service.get("/v1/keys/local", "admin").json["chain"], [])
        self.assertEqual(self.service.run("cert", "remove", "local", check=False).returncode, 1)
        self.service.run("key", "delete", "local")
        self.assertEqual(self.service.get("/v1/keys/local", "admin").code, "key-not-found")
        self.assertNotIn("local", self.service.token_labels())
        self.assertEqual(self.service.run("key", "delete", "local", check=False).returncode, 1)
        self.assertEqual(self.service.audit()[-1]["record"]["action"], "key.delete")
