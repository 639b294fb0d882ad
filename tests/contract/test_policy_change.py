"""Changes of policies: entity tags, versions, restoring, what the audit log says; and `policy test`."""
import hashlib
import json
import os
import subprocess
import tempfile
import unittest

import service

POLICY = {"name": "turns", "what": {"keys": ["other"]}, "who": {"users": ["bob"]},
          "action": "allow", "priority": 7}
PATH = "/v1/policies/turns"


def sha256_of(policy):
    return hashlib.sha256(json.dumps(policy, separators=(",", ":")).encode()).hexdigest()


class Changes(unittest.TestCase):
    def setUp(self):
        self.service = service.shared()
        self.addCleanup(self.service.request, "DELETE", PATH, "policymaker")

    def put(self, priority=7, match=None, user="policymaker"):
        headers = {"Content-Type": "application/json", **({"If-Match": match} if match else {})}
        return self.service.request("PUT", PATH, user, json.dumps({**POLICY, "priority": priority}),
                                    headers)

    def remove(self, match):
        return self.service.request("DELETE", PATH, "policymaker", headers={"If-Match": match})

    def test_entity_tags(self):
        self.assertEqual(self.put(match="*").code, "precondition-failed")  # there is none yet
        first = self.put().headers["ETag"]
        self.assertEqual(self.service.get(PATH, "auditor").headers["ETag"], first)
        second = self.put(8, first).headers["ETag"]
        self.assertNotEqual(first, second)
        lost = self.put(9, first)  # who read the first does not overwrite the second
        self.assertEqual((lost.status, lost.code), (412, "precondition-failed"))
        self.assertEqual(self.service.get(PATH, "auditor").json["policy"]["priority"], 8)
        self.assertEqual(self.put(8, f'{first} , {second}').status, 200)
        self.assertEqual(self.put(8, "*").status, 200)
        self.assertEqual(self.remove(second).code, "precondition-failed")
        for bad in ('"x"', "1", '"1', '"1" "2"', 'W/"1"', '"1",', '"1234567890"',
                    ",".join(['"1"'] * 9)):
            for answer in (self.put(match=bad), self.remove(bad)):
                self.assertEqual((answer.code, answer.json.get("field")), ("bad-request", "If-Match"),
                                 bad)
        newest = self.service.get(PATH, "auditor").headers["ETag"]
        self.assertEqual(self.remove(newest).status, 204)
        self.assertEqual(self.remove(newest).code, "precondition-failed")

    def test_versions(self):
        version = self.put().json["version"]
        self.put(8, user="admin")
        self.service.request("DELETE", PATH, "policymaker")
        rows = self.service.get(PATH + "/versions", "auditor").json["versions"]
        self.assertEqual([(r["version"], r["action"], r["changed_by"]) for r in rows[:3]],
                         [(version + 2, "remove", "policymaker"), (version + 1, "put", "admin"),
                          (version, "put", "policymaker")])
        seen, after = [], ""
        while after is not None:
            page = self.service.get(f"{PATH}/versions?limit=2{after}", "policymaker").json
            seen += page["versions"]
            after = page["next"] and f"&after={page['next']}"
        self.assertEqual(seen, rows)
        self.assertEqual(self.service.get("/v1/policies/never/versions", "auditor").code,
                         "policy-not-found")
        self.assertEqual(self.service.get(PATH + "/versions?after=x", "auditor").json["field"],
                         "after")
        self.assertEqual(self.service.get(PATH + "/versions", "alice").code, "denied")
        self.assertEqual(self.service.get(PATH + "/versions").code, "unauthenticated")

    def test_restore_and_history(self):
        version = self.put().json["version"]
        self.put(8)
        self.service.request("DELETE", PATH, "policymaker")
        self.assertIn("remove", self.service.run("policy", "history", "turns").splitlines()[0])
        self.service.run("policy", "restore", "turns", "--version", str(version))
        now = self.service.get(PATH, "auditor").json
        self.assertEqual((now["policy"], now["version"], now["changed_by"]),
                         (POLICY, version + 3, None))
        shown = json.loads(self.service.run("policy", "history", "turns", "--json"))["versions"]
        self.assertEqual(shown[0]["version"], version + 3)
        for words, code in ((("restore", "turns", "--version", str(version + 2)), 1),  # a removal
                            (("restore", "turns", "--version", "99999"), 1),
                            (("restore", "never", "--version", "1"), 1),
                            (("restore", "turns"), 2), (("history", "never"), 1)):
            self.assertEqual(self.service.run("policy", *words, check=False).returncode, code)

    def test_audited_with_before_and_after(self):
        self.put()
        self.put(8)
        self.service.request("DELETE", PATH, "policymaker")
        first, second, gone = [r["record"] for r in self.service.audit()[-3:]]
        self.assertNotIn("before_sha256", first)
        self.assertEqual(first["document_sha256"], sha256_of(POLICY))
        self.assertEqual((second["before_sha256"], second["document_sha256"]),
                         (sha256_of(POLICY), sha256_of({**POLICY, "priority": 8})))
        self.assertEqual((gone["action"], gone["before_sha256"]),
                         ("policy.remove", second["document_sha256"]))


class PolicyTest(unittest.TestCase):
    QUESTIONS = [
        {"ask": {"user": "bob", "key": "other"}, "answer": "allow", "policy": "turns",
         "obligations": {}},
        {"ask": {"user": "alice", "groups": ["team"], "key": "other"}, "answer": "deny",
         "comment": "not on the list"}]

    def setUp(self):
        self.service = service.shared()

    def run_file(self, document, *words):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "test.json")
            with open(path, "w", encoding="utf-8") as file:
                json.dump(document, file)
            line = [service.SIGNUMD, "policy", "test", *words, path]
            return subprocess.run(line, env=self.service.env, text=True,
                                          capture_output=True, timeout=60, check=False)

    def test_without_a_service(self):
        good = {"policies": [POLICY], "questions": self.QUESTIONS}
        done = self.run_file(good)
        self.assertEqual((done.returncode, done.stdout), (0, "2 questions, 0 wrong answers\n"))
        for change in ({"answer": "deny"}, {"policy": "other"}, {"obligations": {"pin": True}}):
            done = self.run_file({**good, "questions": [{**self.QUESTIONS[0], **change}]})
            self.assertEqual(done.returncode, 1)
            self.assertIn("question 1: expected", done.stdout)
            self.assertIn("1 questions, 1 wrong answers", done.stdout)

    def test_faults(self):
        good = {"policies": [POLICY], "questions": self.QUESTIONS}
        for document, field in (
                ({"questions": self.QUESTIONS}, "policies is missing"),
                ({"policies": [POLICY]}, "questions is missing"),
                ({**good, "more": 1}, "more is not known"),
                ({**good, "policies": [POLICY, {**POLICY, "action": "x"}]}, "policies[1].action"),
                ({**good, "questions": [{"answer": "deny"}]}, "questions[0].ask"),
                ({**good, "questions": [{**self.QUESTIONS[0], "answer": "yes"}]},
                 "questions[0].answer"),
                ({**good, "questions": [{"ask": {"user": "bob"}, "answer": "deny"}]},
                 "questions[0].ask.key")):
            done = self.run_file(document)
            self.assertEqual(done.returncode, 1, document)
            self.assertIn(field, done.stderr)
        self.assertEqual(self.run_file(good, "--what").returncode, 2)

    def test_with_the_stored_policies(self):
        state = ("--state", self.service.state)
        ask = {"ask": {"user": "alice", "key": "rsa"}, "answer": "allow", "policy": "alice-rsa"}
        self.assertEqual(self.run_file({"questions": [ask]}, *state).returncode, 0)
        self.assertEqual(self.run_file({"questions": [{**ask, "answer": "deny"}]},
                                       *state).returncode, 1)
        nobody = self.run_file({"questions": [{**ask, "ask": {"user": "x", "key": "rsa"}}]}, *state)
        self.assertEqual(nobody.returncode, 1)
        self.assertIn("questions[0].ask.user is not known", nobody.stderr)
