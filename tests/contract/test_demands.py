"""Keys that demand a reason and a PIN."""
import base64
import concurrent.futures
import hashlib
import json
import os
import time
import unittest
import uuid

import service

PIN = "hunter-4711"
JSON = {"Content-Type": "application/json"}


class Demands(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.service = service.shared()
        cls.service.run("key", "create", "guarded", "--algorithm", "ecdsa")
        for user in ("alice", "bob"):
            cls.service.run("policy", "allow", f"{user}-guarded", "--user", user, "--key",
                            "guarded")

    @classmethod
    def tearDownClass(cls):
        cls.service.run("key", "delete", "guarded")

    def setUp(self):
        self.set_pin(PIN)
        self.change(flags=["needPin"], state="enabled")

    def request(self, method, path, members=None, user="manager"):
        body = members if members is None or isinstance(members, str) else json.dumps(members)
        return self.service.request(method, "/v1/keys/guarded" + path, user, body,
                                    JSON if members is not None else {})

    def change(self, **members):
        answer = self.request("PATCH", "", members)
        self.assertEqual(answer.status, 200, answer.body)
        return answer.json

    def set_pin(self, pin):
        self.assertEqual(self.request("PUT", "/pin", {"pin": pin}).status, 204)

    def sign(self, user="alice", **more):
        return self.service.sign("guarded", user, bytes(32), scheme="ecdsa", **more)

    def status(self):
        answer = self.request("GET", "/pin")
        self.assertEqual(answer.status, 200)
        return answer.json

    def records(self, since, action):
        return [r["record"] for r in self.service.audit()[since:]
                if r["record"]["action"] == action]

    def test_reason(self):
        self.assertEqual(self.change(flags=["usageReason"])["flags"], ["usageReason"])
        for more in ({}, {"reason": ""}, {"reason": " \t\n"}):
            answer = self.sign(**more)
            self.assertEqual((answer.status, answer.code), (422, "reason-required"))
        record = self.service.audit()[-1]["record"]
        self.assertEqual((record["decision"], record["outcome"], record["error"]),
                         ("allow", "denied", "reason-required"))
        self.assertEqual(self.sign(reason="release 1.0").status, 200)
        self.assertEqual(self.service.audit()[-1]["record"]["asserted"]["reason"], "release 1.0")
        self.assertEqual(self.change(flags=[])["flags"], [])
        self.assertEqual(self.sign().status, 200)

    def test_pin(self):
        for more in ({}, {"pin": ""}):
            answer = self.sign(**more)
            self.assertEqual((answer.status, answer.code), (422, "pin-required"))
        self.assertEqual(self.sign(pin=PIN).status, 200)
        answer = self.sign(pin=PIN + "x")
        self.assertEqual((answer.status, answer.code), (403, "pin-wrong"))
        self.assertEqual(self.status()["users"], [{"user": "alice", "wrong": 1, "locked_until": None}])
        self.assertEqual(self.sign(pin=PIN).status, 200)
        self.assertEqual((self.status()["users"], self.status()["wrong_total"]), ([], 1))
        self.set_pin("another-1")
        self.assertEqual(self.sign(pin=PIN).code, "pin-wrong")
        self.assertEqual(self.sign(pin="another-1").status, 200)

    def test_a_policy_demands(self):
        self.change(flags=[])
        policy = {"name": "bob-guarded", "what": {"keys": ["guarded"]}, "who": {"users": ["bob"]},
                  "action": "allow", "obligations": {"reason": True, "pin": True}}
        self.assertEqual(self.service.put_policy(policy).status, 200)
        self.addCleanup(self.service.put_policy, {**policy, "obligations": {}})
        self.assertEqual(self.sign("alice").status, 200)
        self.assertEqual(self.sign("bob", pin=PIN).code, "reason-required")
        self.assertEqual(self.sign("bob", reason="why").code, "pin-required")
        self.assertEqual(self.sign("bob", reason="why", pin=PIN).status, 200)
        self.assertEqual(self.request("DELETE", "/pin").status, 204)
        self.assertEqual(self.sign("bob", reason="why", pin=PIN).code, "pin-not-set")
        self.assertEqual(self.request("DELETE", "/pin").code, "pin-not-set")
        self.assertEqual(self.request("PATCH", "", {"flags": ["needPin"]}).code, "pin-not-set")

    def test_the_lock(self):
        since = len(self.service.audit())
        for _ in range(5):
            self.assertEqual(self.sign(pin="wrong").code, "pin-wrong")
        answer = self.sign(pin=PIN)  # the right one is no way out
        self.assertEqual((answer.status, answer.code), (403, "pin-locked"))
        self.assertTrue(1 <= int(answer.headers["Retry-After"]) <= 60)
        self.assertEqual(self.sign("bob", pin=PIN).status, 200)
        self.assertEqual(len(self.records(since, "pin.lock")), 1)
        self.service.sql("UPDATE pin_tries SET locked_until = 1")
        self.assertEqual(self.sign(pin="wrong").code, "pin-wrong")
        self.assertTrue(61 <= int(self.sign(pin=PIN).headers["Retry-After"]) <= 120)
        self.service.sql("UPDATE pin_tries SET locked_until = 1, wrong = 19")
        self.assertEqual(self.sign(pin="wrong").code, "pin-wrong")
        answer = self.sign(pin=PIN)
        self.assertEqual((answer.code, answer.headers.get("Retry-After")), ("pin-locked", None))
        self.assertEqual(self.status()["users"],
                         [{"user": "alice", "wrong": 20, "locked_until": "unlock"}])
        self.assertIn("20 wrong  locked until unlock",
                      self.service.run("key", "pin", "status", "guarded"))
        self.assertEqual(self.request("POST", "/pin/unlock", {"user": "bob"}).status, 204)
        self.assertEqual(self.sign(pin=PIN).code, "pin-locked")
        self.assertEqual(self.request("POST", "/pin/unlock", {"user": "alice"}).status, 204)
        self.assertEqual(self.sign(pin=PIN).status, 200)
        self.assertEqual(self.records(since, "pin.unlock")[-1]["for"], "alice")

    def test_the_lock_outlives_a_restart(self):
        for _ in range(5):
            self.sign(pin="wrong")
        self.service.stop()
        self.service.start()
        self.assertEqual(self.sign(pin=PIN).code, "pin-locked")
        self.service.run("key", "pin", "unlock", "guarded", "--user", "alice")
        self.assertEqual(self.sign(pin=PIN).status, 200)

    def test_no_try_escapes_the_count(self):
        since = len(self.service.audit())

        def guess(number):
            while True:
                code = self.sign(pin=f"guess-{number}").code
                if code != "busy":
                    return code
                time.sleep(0.05)

        with concurrent.futures.ThreadPoolExecutor(16) as pool:
            codes = list(pool.map(guess, range(32)))
        self.assertEqual((codes.count("pin-wrong"), codes.count("pin-locked")), (5, 27))
        self.assertEqual(self.status()["users"][0]["wrong"], 5)
        wrong = [r for r in self.records(since, "sign") if r.get("error") == "pin-wrong"]
        self.assertEqual((len(wrong), len(self.records(since, "pin.lock"))), (5, 1))

    def test_who_guesses_does_not_stop_the_others(self):
        seen = set()

        def guess(number):
            seen.add(self.sign(pin=f"guess-{number}").code)

        for _ in range(10):
            with concurrent.futures.ThreadPoolExecutor(16) as pool:
                guesses = [pool.submit(guess, n) for n in range(16)]
                answer = self.service.sign("ec256", "alice", bytes(32), scheme="ecdsa")
                self.assertEqual(answer.status, 200)
                for one in guesses:
                    one.result()
            if "busy" in seen:
                break
            self.request("POST", "/pin/unlock", {})
        self.assertIn("busy", seen)

    def test_repetitions(self):
        value = str(uuid.uuid4())
        self.assertEqual(self.sign(pin="wrong", idempotency=value).code, "pin-wrong")
        first = self.sign(pin=PIN, idempotency=value)
        self.assertEqual(first.status, 200)
        again = self.sign(pin=PIN, idempotency=value)
        self.assertEqual((again.json, again.headers["Idempotent-Replayed"]), (first.json, "true"))
        self.assertEqual(self.sign(pin=PIN, idempotency=value, reason="x").code,
                         "idempotency-mismatch")

    def test_the_pin_is_kept_nowhere(self):
        secret = "s3cret-" + uuid.uuid4().hex
        self.set_pin(secret)
        value = str(uuid.uuid4())
        self.assertEqual(self.sign(pin=secret, idempotency=value).status, 200)
        self.assertEqual(self.sign(pin=secret + "-wrong").code, "pin-wrong")
        for folder, _, files in os.walk(self.service.folder):
            for name in files:
                with open(os.path.join(folder, name), "rb") as file:
                    self.assertNotIn(secret.encode(), file.read(), name)
        body = {"scheme": "ecdsa", "hash": "sha256",
                "digest": base64.b64encode(bytes(32)).decode()}
        rows = self.service.sql("SELECT hex(body_sha256) FROM answers"
                                f" WHERE idempotency_key = '{value}'")
        without = json.dumps(body, separators=(",", ":")).encode()
        self.assertEqual(rows, [(hashlib.sha256(without).hexdigest().upper(),)])

    def test_verbs(self):
        run = self.service.run
        run("key", "pin", "clear", "guarded")
        self.assertEqual(self.sign().status, 200)
        self.assertEqual(run("key", "pin", "clear", "guarded", check=False).returncode, 1)
        self.assertEqual(run("key", "set", "guarded", "--flags", "needPin", check=False).returncode, 1)
        self.assertEqual(run("key", "pin", "set", "guarded", text="123\n", check=False).returncode, 1)
        run("key", "pin", "set", "guarded", text=PIN + "\n")
        path = os.path.join(self.service.folder, "a.pin")
        with open(path, "w", encoding="ascii") as file:
            file.write("from-a-file\n")
        self.assertEqual(self.sign(pin=PIN).status, 200)
        run("key", "pin", "set", "guarded", "--file", path)
        os.unlink(path)
        self.assertEqual(self.sign(pin="from-a-file").status, 200)
        run("key", "set", "guarded", "--flags", "usageReason,needPin")
        self.assertEqual(self.sign(pin="from-a-file").code, "reason-required")
        self.assertEqual(self.service.get("/v1/keys/guarded", "alice").json["flags"],
                         ["usageReason", "needPin"])
        run("key", "set", "guarded", "--flags", "none")
        self.assertTrue(json.loads(run("key", "pin", "status", "guarded", "--json"))["is_set"])
        for words in (("--flags", "other"), ("--flags", ""), ("--flags", "needPin,"), ()):
            self.assertEqual(run("key", "set", "guarded", *words, check=False).returncode, 2)

    def test_state(self):
        self.assertEqual(self.change(state="disabled")["state"], "disabled")
        self.assertEqual(self.sign(pin=PIN).code, "key-disabled")
        self.assertEqual(self.change(state="enabled")["state"], "enabled")

    def test_bad_input(self):
        for method, path, cases in (
                ("PATCH", "", (({"state": "on"}, "state"), ({"state": 1}, "state"),
                               ({"flags": ["x"]}, "flags[0]"), ({"flags": "needPin"}, "flags"),
                               ({"flags": [1]}, "flags[0]"), ({"flags": None}, "flags"),
                               ({"name": "x"}, "name"))),
                ("PUT", "/pin", (({}, "pin"), ({"pin": "123"}, "pin"), ({"pin": 1234}, "pin"),
                                 ({"pin": "x" * 65}, "pin"), ({"pin": "x" * 2000}, "pin"),
                                 ({"pin": "12\n45"}, "pin"), ({"pin": "1234", "more": 1}, "more"))),
                ("POST", "/pin/unlock", (({"user": 1}, "user"), ({"user": "x" * 65}, "user"),
                                         ({"all": True}, "all")))):
            for members, field in cases:
                answer = self.request(method, path, members)
                self.assertEqual((answer.code, answer.json["field"]), ("bad-request", field),
                                 members)
                self.assertNotIn(b"x" * 65, answer.body)
            for body in ("", "[]", "{"):
                self.assertEqual(self.request(method, path, body).code, "bad-request")
            self.assertEqual(self.request(method, path, "{}".ljust(70000)).code, "too-large")
            answer = self.service.request(method, "/v1/keys/guarded" + path, "manager", "{}")
            self.assertEqual(answer.code, "unsupported-media-type")
        self.assertEqual(self.sign(pin=PIN).status, 200)

    def test_every_route(self):
        routes = (("PATCH", "", {}), ("GET", "/pin", None), ("PUT", "/pin", {"pin": PIN}),
                  ("DELETE", "/pin", None), ("POST", "/pin/unlock", {}))
        for method, path, members in routes:
            body = None if members is None else json.dumps(members)
            for key, user, code in (("guarded", "alice", "denied"), ("a%20b", "manager", "bad-request"),
                                    ("none", "manager", "key-not-found")):
                answer = self.service.request(method, f"/v1/keys/{key}{path}", user, body,
                                              JSON if body else {})
                self.assertEqual(answer.code, code, (method, path))
            self.service.sql("ALTER TABLE keys RENAME TO gone")
            try:
                self.assertEqual(self.request(method, path, members).code, "internal")
            finally:
                self.service.sql("ALTER TABLE gone RENAME TO keys")
        self.assertEqual(self.request("GET", "/pin", user="auditor").status, 200)
