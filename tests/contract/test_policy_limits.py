"""Limits of policies: exact however many ask at once, named in the answer, kept over versions."""
import json
import threading
import unittest
import uuid

import service

POLICY = {"name": "limited", "what": {"keys": ["other"]}, "who": {"users": ["bob", "alice"]},
          "limits": [{"count": 3, "per": "total", "by": "user"}], "action": "allow"}


class Limits(unittest.TestCase):
    def setUp(self):
        self.service = service.shared()

    def put(self, limits, **more):
        answer = self.service.put_policy({**POLICY, "limits": limits, **more})
        self.assertEqual(answer.status, 200, answer.body)
        self.addCleanup(self.service.request, "DELETE", "/v1/policies/limited", "policymaker")

    def sign(self, user="bob", **more):
        return self.service.sign("other", user, bytes(32), scheme="ecdsa", **more)

    def explain(self, **more):
        question = {"user": "bob", "key": "other", **more}
        answer = self.service.post("/v1/policies/explain", "auditor", question).json
        verdict = next(p for p in answer["policies"] if p["name"] == "limited")
        return answer, verdict

    def test_used_up(self):
        self.put([{"count": 2, "per": "total", "by": "user"}])
        self.assertEqual(self.explain()[1]["limits"],
                         [{"count": 2, "per": "total", "by": "user", "left": 2, "ends": None}])
        first = str(uuid.uuid4())
        self.assertEqual([self.sign(idempotency=first).status, self.sign().status], [200, 200])
        denied = self.sign()
        self.assertEqual((denied.status, denied.code), (403, "denied"))
        self.assertIn("limited allows 2 per total for each user", denied.json["detail"])
        self.assertNotIn("Retry-After", denied.headers)
        record = self.service.audit()[-1]["record"]
        self.assertEqual((record["outcome"], record["rule"], record["reason"]),
                         ("denied", "limited", "a limit of the policy is used up"))
        # an answer that was lost is given again, and does not count
        self.assertEqual(self.sign(idempotency=first).status, 200)
        answer, verdict = self.explain()
        self.assertEqual((answer["decision"], answer["policy"]), ("deny", "limited"))
        self.assertEqual((verdict["verdict"], verdict["part"], verdict["limits"][0]["left"]),
                         ("no match", "limits", 0))
        self.assertEqual(self.sign("alice").status, 200)  # each user is counted by himself
        self.assertEqual(self.service.get("/v1/keys/other", "bob").status, 200)
        self.put([{"count": 3, "per": "total", "by": "user"}])  # a new version, what is used stays
        self.assertEqual([self.sign().status, self.sign().status], [200, 403])

    def test_retry_after(self):
        self.put([{"count": 1, "per": "day", "by": "policy"}, {"count": 5, "per": "hour", "by": "key"}])
        self.assertEqual(self.sign().status, 200)
        denied = self.sign("alice")
        self.assertEqual(denied.code, "denied")
        self.assertIn(int(denied.headers["Retry-After"]), range(1, 86401))
        _, verdict = self.explain(time="2099-01-01T10:20:30Z")  # as of another day
        self.assertEqual([(x["left"], x["ends"]) for x in verdict["limits"]],
                         [(1, "2099-01-02T00:00:00Z"), (5, "2099-01-01T11:00:00Z")])

    def test_exact_at_once(self):
        """Twelve ask at once for five."""
        self.put([{"count": 5, "per": "total", "by": "policy"}])
        answers = []
        threads = [threading.Thread(target=lambda n=n: answers.append(
            self.sign(("bob", "alice")[n % 2]).status)) for n in range(12)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(sorted(answers), [200] * 5 + [403] * 7)
        signed = [r for r in self.service.audit()[-12:] if r["record"]["outcome"] == "signed"]
        self.assertEqual(len(signed), 5)

    def test_what_fails_does_not_count(self):
        self.put([{"count": 1, "per": "total", "by": "key"}])
        self.assertEqual(self.service.sign("other", "bob", bytes(32)).code, "unsupported-algorithm")
        self.assertEqual(self.sign().status, 200)
        self.assertEqual(self.sign().status, 403)
        self.service.run("policy", "remove", "limited")  # another process, and the count goes
        self.assertEqual(self.sign().status, 403)
        self.put([{"count": 1, "per": "total", "by": "key"}])
        self.assertEqual(self.sign().status, 200)
