"""Policies over HTTP and by the command line: storing, versions, decisions, explanations."""
import json
import os
import tempfile
import unittest

import service

POLICY = {"name": "quiet", "what": {"keys": ["rsa"]}, "who": {"users": ["alice"]},
          "action": "deny", "priority": 1}


class Policies(unittest.TestCase):
    def setUp(self):
        self.service = service.shared()

    def put(self, policy, **more):
        answer = self.service.put_policy(policy, **more)
        if answer.status == 200:
            self.addCleanup(self.remove, policy["name"])
        return answer

    def remove(self, name, user="policymaker"):
        return self.service.request("DELETE", "/v1/policies/" + name, user)

    def test_a_denial_decides(self):
        self.assertEqual(self.service.sign("rsa", "alice", bytes(32)).status, 200)
        stored = self.put(POLICY).json
        self.assertEqual((stored["policy"], stored["changed_by"]), (POLICY, "policymaker"))
        denied = self.service.sign("rsa", "alice", bytes(32))
        self.assertEqual(denied.code, "denied")
        record = self.service.audit()[-1]["record"]
        self.assertEqual((record["decision"], record["rule"], record["outcome"]),
                         ("deny", "quiet", "denied"))
        self.assertEqual(self.service.get("/v1/keys/rsa", "alice").code, "denied")
        self.assertNotIn("rsa", [k["name"] for k in
                                 self.service.get("/v1/keys", "alice").json["keys"]])
        self.assertEqual(self.remove("quiet").status, 204)
        self.assertEqual(self.service.sign("rsa", "alice", bytes(32)).status, 200)

    def test_context_address_and_algorithm(self):
        self.put({"name": "tool-only", "what": {"keys": ["other"]}, "who": {"users": ["bob"]},
                  "where": {"networks": ["127.0.0.0/8"], "process": ["*\\signtool.exe"],
                            "machine": ["build*"]},
                  "conditions": {"hashes": ["sha256"]}, "action": "allow"})
        good = {"process": "C:\\x\\SignTool.exe", "machine": "BUILD1"}
        for context, digest, hash_name, status in (
                (good, 32, "sha256", 200), ({**good, "process": {"path": "C:\\signtool.exe"}}, 32,
                                            "sha256", 200),
                (good, 48, "sha384", 403), ({}, 32, "sha256", 403),
                ({**good, "process": 7}, 32, "sha256", 403),
                ({**good, "machine": "x" * 2000}, 32, "sha256", 403),
                ({**good, "process": "C:\\signtool.exe.exe"}, 32, "sha256", 403)):
            answer = self.service.sign("other", "bob", bytes(digest), scheme="ecdsa",
                                       hash=hash_name, context=context)
            self.assertEqual(answer.status, status, context)
        self.assertEqual(self.service.get("/v1/keys/other", "bob").status, 200)

    def test_versions(self):
        first = self.put(POLICY).json["version"]
        second = self.put({**POLICY, "priority": 9}, user="admin").json
        self.assertEqual((second["version"], second["changed_by"]), (first + 1, "admin"))
        self.assertEqual(self.remove("quiet").status, 204)
        path = "/v1/policies/quiet"
        self.assertEqual(self.service.get(path, "auditor").code, "policy-not-found")
        for version, policy in ((first, POLICY), (first + 1, {**POLICY, "priority": 9}),
                                (first + 2, None)):
            answer = self.service.get(f"{path}?version={version}", "auditor")
            self.assertEqual(answer.json["policy"], policy)
        self.assertEqual(self.service.get(f"{path}?version={first + 3}", "auditor").code,
                         "policy-not-found")
        for bad in ("0", "", "-1", "x", "9999999999"):
            answer = self.service.get(f"{path}?version={bad}", "auditor")
            self.assertEqual(answer.json.get("field"), "version", bad)
        records = [r["record"] for r in self.service.audit()][-3:]
        self.assertEqual([(r["action"], r["user"], r["rule"], int(r["version"])) for r in records],
                         [("policy.put", "policymaker", "quiet", first),
                          ("policy.put", "admin", "quiet", first + 1),
                          ("policy.remove", "policymaker", "quiet", first + 2)])

    def test_list(self):
        self.put(POLICY)
        seen, after = [], ""
        while after is not None:
            page = self.service.get("/v1/policies?limit=2" + after, "auditor").json
            seen += [p["name"] for p in page["policies"]]
            after = page["next"] and "&after=" + page["next"]
        self.assertEqual(seen, sorted(seen))
        self.assertIn("quiet", seen)
        self.assertIn("alice-rsa", seen)
        for query, field in (("limit=0", "limit"), ("after=a%20b", "after")):
            answer = self.service.get("/v1/policies?" + query, "admin")
            self.assertEqual(answer.json["field"], field)

    def test_roles(self):
        for user in ("alice", "manager"):
            self.assertEqual(self.service.get("/v1/policies", user).code, "denied")
            self.assertEqual(self.service.get("/v1/policies/quiet", user).code, "denied")
            self.assertEqual(self.service.post("/v1/policies/explain", user, {}).code, "denied")
        for user in ("alice", "manager", "auditor"):
            self.assertEqual(self.put(POLICY, user=user).code, "denied")
            self.assertEqual(self.remove("alice-rsa", user).code, "denied")
        self.assertEqual(self.service.get("/v1/policies").code, "unauthenticated")
        self.assertEqual(self.service.get("/v1/policies/quiet").code, "unauthenticated")
        self.assertEqual(self.put(POLICY, user=None).code, "unauthenticated")
        self.assertEqual(self.remove("quiet", None).code, "unauthenticated")
        self.assertEqual(self.service.post("/v1/policies/explain", None, {}).code,
                         "unauthenticated")
        for path in ("keys", "audit"):
            self.assertIn(self.service.get("/v1/" + path, "policymaker").status, (200, 403))
        self.assertEqual(self.service.sign("rsa", "policymaker", bytes(32)).code, "denied")

    def test_bad_requests(self):
        self.assertEqual(self.put(POLICY, name="other").json["field"], "name")
        self.assertEqual(self.remove("none").code, "policy-not-found")
        self.assertEqual(self.remove("a%20b").json["field"], "name")
        for method, path in (("PUT", "/v1/policies/quiet"), ("POST", "/v1/policies/explain")):
            for body, kind, code in (("[]", "application/json", "bad-request"),
                                     ("{}", "text/plain", "unsupported-media-type"),
                                     (" " * (64 * 1024 + 1), "application/json", "too-large")):
                answer = self.service.request(method, path, "admin", body, {"Content-Type": kind})
                self.assertEqual(answer.code, code)
        good = {"user": "alice", "key": "rsa"}
        for change, field in (({"user": "nobody"}, "user"), ({"user": 7}, "user"),
                              ({"key": "*"}, "key"), ({"hash": "md5"}, "hash"),
                              ({"scheme": "x"}, "scheme"), ({"address": "10.0.0"}, "address"),
                              ({"time": "now"}, "time"), ({"context": []}, "context"),
                              ({"more": 1}, "more")):
            answer = self.service.post("/v1/policies/explain", "admin", {**good, **change})
            self.assertEqual((answer.code, answer.json["field"]), ("bad-request", field), change)

    def test_explain(self):
        self.put(POLICY)
        self.put({**POLICY, "name": "loud", "where": {"networks": ["192.0.2.0/24"]},
                  "action": "allow", "priority": 0})
        question = {"user": "alice", "key": "rsa", "hash": "sha256", "scheme": "rsa-pkcs1"}
        answer = self.service.post("/v1/policies/explain", "auditor", question).json
        self.assertEqual((answer["decision"], answer["policy"]), ("deny", "quiet"))
        by_name = {p["name"]: (p["verdict"], p["part"]) for p in answer["policies"]}
        self.assertEqual(by_name["quiet"], ("decides", None))
        self.assertEqual(by_name["alice-rsa"], ("outranked", None))
        self.assertEqual(by_name["loud"], ("no match", "where.networks"))
        self.assertEqual(by_name["alice-ec256"], ("no match", "what.keys"))
        question["address"] = "192.0.2.9"
        answer = self.service.post("/v1/policies/explain", "policymaker", question).json
        self.assertEqual((answer["decision"], answer["policy"]), ("allow", "loud"))

    def test_explained_by_the_groups_of_the_user(self):
        self.service.run("group", "add", "explained")
        self.addCleanup(self.service.run, "group", "remove", "explained")
        self.service.run("group", "join", "explained", "bob")
        self.put({"name": "by-group", "what": {"keys": ["other"]}, "who": {"groups": ["explained"]},
                  "action": "allow"})
        ask = {"user": "bob", "key": "other"}
        for more, decision in (({}, "allow"), ({"groups": ["x"]}, "deny"), ({"user": "alice"}, "deny")):
            answer = self.service.post("/v1/policies/explain", "auditor", {**ask, **more})
            self.assertEqual(answer.json["decision"], decision, more)
        shown = self.service.run("policy", "explain", "--user", "bob", "--key", "other", "--json")
        self.assertEqual(json.loads(shown)["policy"], "by-group")
        self.assertEqual(self.service.sign("other", "bob", bytes(32), scheme="ecdsa").status, 200)

    def test_without_the_database(self):
        self.service.sql("ALTER TABLE policy_versions RENAME TO gone")
        try:
            for answer in (self.service.get("/v1/policies", "admin"), self.put(POLICY),
                           self.service.get("/v1/policies/alice-rsa", "admin"),
                           self.service.get("/v1/policies/alice-rsa/versions", "admin"),
                           self.remove("alice-rsa")):
                self.assertEqual(answer.code, "internal")
        finally:
            self.service.sql("ALTER TABLE gone RENAME TO policy_versions")
        # without the mark nobody knows whether the policies in memory are still those in force
        self.service.sql("ALTER TABLE policy_mark RENAME TO gone")
        try:
            answer = self.service.post("/v1/policies/explain", "admin",
                                       {"user": "alice", "key": "rsa"})
            self.assertEqual(answer.code, "internal")
            self.assertEqual(self.service.sign("rsa", "alice", bytes(32)).code, "internal")
        finally:
            self.service.sql("ALTER TABLE gone RENAME TO policy_mark")
        self.assertEqual(self.service.sign("rsa", "alice", bytes(32)).status, 200)

    def test_command(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "policy.json")
            for policy, code in ((POLICY, 0), ({**POLICY, "action": "x"}, 1)):
                with open(path, "w", encoding="utf-8") as file:
                    json.dump(policy, file)
                done = self.service.run("policy", "put", path, check=False)
                self.assertEqual(done.returncode, code)
            self.assertIn("action must be allow or deny", done.stderr)
            self.assertEqual(self.service.run("policy", "put", path + "x", check=False).returncode,
                             1)
        self.addCleanup(self.service.run, "policy", "remove", "quiet", check=False)
        shown = json.loads(self.service.run("policy", "show", "quiet"))
        self.assertEqual((shown["policy"], shown["changed_by"]), (POLICY, None))
        version = str(shown["version"])
        again = self.service.run("policy", "show", "quiet", "--version", version)
        self.assertEqual(json.loads(again), shown)
        self.assertEqual(self.service.run("policy", "show", "none", check=False).returncode, 1)
        self.assertEqual(self.service.run("policy", "show", "quiet", "--version", "0",
                                          check=False).returncode, 2)
        self.assertIn("quiet", self.service.run("policy", "list"))
        words = ("policy", "explain", "--user", "alice", "--key", "rsa", "--hash", "sha256",
                 "--time", "2026-01-26T12:00:00Z")
        text = self.service.run(*words)
        self.assertIn("deny: a policy denies this request (policy: quiet)", text)
        self.assertEqual(json.loads(self.service.run(*words, "--json"))["policy"], "quiet")
        for bad, code in (((*words[:-1], "today"), 2), (words[:4], 2),
                          (("policy", "explain", "--user", "nobody", "--key", "rsa"), 1)):
            self.assertEqual(self.service.run(*bad, check=False).returncode, code)
        self.service.run("policy", "remove", "quiet")
