"""Owners of keys, groups of keys, and what keys are described by."""
import json
import unittest

import service

JSON = {"Content-Type": "application/json"}
KEY = "/v1/keys/owned"


class Owners(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.service = service.shared()
        cls.service.run("key", "create", "owned", "--algorithm", "ecdsa")
        cls.service.add_user("olga")
        cls.service.add_user("otto")
        cls.service.run("group", "add", "owners")
        cls.service.run("group", "join", "owners", "otto")

    @classmethod
    def tearDownClass(cls):
        cls.service.run("key", "delete", "owned")
        for name in ("olga", "otto"):
            cls.service.run("user", "remove", name, check=False)
        cls.service.run("group", "remove", "owners", check=False)

    def setUp(self):
        self.addCleanup(self.service.run, "key", "set", "owned", "--owner", "none")
        self.service.run("key", "set", "owned", "--owner", "user:olga")

    def request(self, method, path, user, members=None):
        body = None if members is None else json.dumps(members)
        return self.service.request(method, KEY + path, user, body, JSON if body else {})

    def change(self, user="manager", **members):
        return self.request("PATCH", "", user, members)

    def sign(self, user):
        return self.service.sign("owned", user, bytes(32), scheme="ecdsa")

    def deeds(self):
        """What an owner may do, each harmless."""
        yield "GET", "", None
        yield "GET", "/versions", None
        yield "GET", "/attestation", None
        yield "GET", "/evidence", None
        yield "POST", "/csr", {"subject": "/CN=owned"}
        yield "PATCH", "", {"state": "disabled"}
        yield "PATCH", "", {"state": "enabled"}
        yield "PATCH", "", {"description": "for releases", "expires": "2099-01-01T00:00:00Z"}
        yield "PATCH", "", {"description": "", "expires": "never"}
        yield "PUT", "/pin", {"pin": "1234"}
        yield "GET", "/pin", None
        yield "POST", "/pin/unlock", {}
        yield "DELETE", "/pin", None
        yield "POST", "/rotate", {}

    def test_what_owners_may(self):
        for owner, user, other in (("user:olga", "olga", "otto"), ("group:owners", "otto", "olga")):
            self.assertEqual(self.change(owner=owner).json["owner"], owner)
            for method, path, members in self.deeds():
                self.assertEqual(self.request(method, path, other, members).code, "denied", path)
                answer = self.request(method, path, user, members)
                self.assertIn(answer.status, (200, 204), (method, path, answer.body))
            names = [k["name"] for k in self.service.get("/v1/keys", user).json["keys"]]
            self.assertEqual(names, ["owned"])
            self.assertEqual(self.service.get("/v1/keys", other).json["keys"], [])
        chain = self.service.get("/v1/keys/rsa", "manager").json["chain"]
        self.assertEqual(self.request("POST", "/certificates", "otto", {"chain": chain}).code,
                         "certificate-mismatch")

    def test_what_owners_may_not(self):
        self.assertEqual(self.sign("olga").code, "denied")
        self.assertEqual(self.request("DELETE", "", "olga").code, "denied")
        for members in ({"owner": "user:otto"}, {"owner": "none"}, {"groups": []},
                        {"groups": ["production"]}, {"flags": []}, {"flags": ["usageReason"]},
                        {"state": "disabled", "owner": "none"}):
            self.assertEqual(self.change("olga", **members).code, "denied", members)
        key = self.request("GET", "", "manager").json
        self.assertEqual((key["owner"], key["groups"], key["state"]), ("user:olga", [], "enabled"))
        for path in ("/v1/keys/rsa", "/v1/keys/rsa/pin"):
            self.assertEqual(self.service.get(path, "olga").code, "denied")
        for method, path, members in self.deeds():
            body = None if members is None else json.dumps(members)
            answer = self.service.request(method, "/v1/keys/none" + path, "olga", body, JSON if body else {})
            self.assertIn(answer.code, ("denied", "key-not-found"))

    def test_a_policy_lets_owners_sign(self):
        self.service.run("policy", "allow", "olga-owned", "--user", "olga", "--key", "owned")
        self.addCleanup(self.service.run, "policy", "remove", "olga-owned")
        self.assertEqual(self.sign("olga").status, 200)

    def test_removed_owners(self):
        self.service.add_user("oscar")
        self.change(owner="user:oscar")
        self.service.run("user", "remove", "oscar")
        self.assertNotIn("owner", self.request("GET", "", "manager").json)
        self.service.add_user("oscar")
        self.addCleanup(self.service.run, "user", "remove", "oscar")
        self.assertEqual(self.request("GET", "", "oscar").code, "denied")

    def test_description(self):
        self.assertNotIn("description", self.request("GET", "", "olga").json)
        before = self.request("GET", "", "olga").headers["ETag"]
        self.assertEqual(self.change("olga", description="Größe").json["description"], "Größe")
        self.assertNotEqual(self.request("GET", "", "olga").headers["ETag"], before)
        self.service.run("key", "set", "owned", "--description", "")
        self.assertEqual(self.request("GET", "", "olga").headers["ETag"], before)

    def test_bad_input(self):
        for members, field in (({"owner": "olga"}, "owner"), ({"owner": "user:nobody"}, "owner"),
                               ({"owner": "group:nobody"}, "owner"), ({"owner": 1}, "owner"),
                               ({"owner": ""}, "owner"), ({"owner": "user:" + "x" * 300}, "owner"),
                               ({"description": "x" * 257}, "description"), ({"description": None}, "description"),
                               ({"groups": ["a b"]}, "groups[0]"), ({"groups": ["a"] * 17}, "groups"),
                               ({"groups": [1]}, "groups[0]"), ({"groups": "a"}, "groups")):
            answer = self.change(**members)
            self.assertEqual((answer.code, answer.json.get("field")), ("bad-request", field), members)
        run = self.service.run
        for words, code in ((("key", "set", "owned", "--owner", "olga"), 2),
                            (("key", "set", "owned", "--owner", "user:nobody"), 1),
                            (("key", "set", "owned", "--description", "x" * 257), 2),
                            (("key", "group", "add", "a b", "owned"), 1),
                            (("key", "group", "add", "a", "none"), 1),
                            (("key", "group", "remove", "a", "owned"), 1)):
            self.assertEqual(run(*words, check=False).returncode, code, words)

    def test_policies_by_group(self):
        policy = {"name": "by-group", "what": {"groups": ["production"]}, "who": {"users": ["otto"]},
                  "action": "allow"}
        self.assertEqual(self.service.put("/v1/policies/by-group", "admin", policy).status, 200)
        self.addCleanup(self.service.run, "policy", "remove", "by-group")
        question = {"user": "otto", "key": "owned", "scheme": "ecdsa", "hash": "sha256"}

        def may_sign():
            told = self.service.post("/v1/policies/explain", "admin", question).json["decision"]
            verb = json.loads(self.service.run("policy", "explain", "--user", "otto", "--key", "owned", "--json"))
            answer = self.sign("otto")
            sees = [k["name"] for k in self.service.get("/v1/keys", "otto").json["keys"]] == ["owned"]
            reads = self.request("GET", "", "otto").status == 200
            self.assertEqual({told == "allow", verb["decision"] == "allow", sees, reads}, {answer.status == 200})
            self.assertIn(answer.status, (200, 403))
            return answer.status == 200

        self.assertFalse(may_sign())
        self.assertEqual(self.change(groups=["production", "other", "production"]).json["groups"],
                         ["other", "production"])
        self.assertTrue(may_sign())
        self.assertEqual(self.change(groups=[]).json["groups"], [])
        self.assertFalse(may_sign())
        self.service.run("key", "group", "add", "production", "owned")
        self.assertTrue(may_sign())
        listed = json.loads(self.service.run("key", "group", "list", "--json"))["groups"]
        self.assertEqual(listed, [{"name": "production", "keys": ["owned"]}])
        self.assertIn("production", self.service.run("key", "group", "list"))
        self.service.run("key", "group", "remove", "production", "owned")
        self.assertFalse(may_sign())
        told = self.service.post("/v1/policies/explain", "admin", {**question, "key_groups": ["production"]})
        self.assertEqual(told.json["decision"], "allow")
