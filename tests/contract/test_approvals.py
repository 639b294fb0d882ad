"""Signing requests that wait for approval: who may, how they end, and what the real client makes of them."""
import base64
import concurrent.futures
import hashlib
import json
import os
import signal
import subprocess
import time
import unittest
import uuid

import service

SIGNUM = os.path.join(service.BUILD, "ksp", "cli", "signum")
POLICY = {"name": "release", "what": {"keys": ["rsa", "ec"]}, "who": {"users": ["alice", "bob", "carol"]},
          "action": "allow", "obligations": {"approvals": [{"need": 2, "group": "managers"}]}}


def digest_of(text):
    return hashlib.sha256(text.encode()).digest()


class Approvals(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        made = cls.service = service.Service()
        cls.addClassCleanup(made.close)
        made.run("key", "create", "rsa", "--algorithm", "rsa", "--bits", "2048")
        made.run("key", "create", "ec", "--algorithm", "ecdsa")
        for name, role in (("alice", "signer"), ("bob", "signer"), ("carol", "approver,signer"), ("dave", "approver"),
                           ("erin", "approver"), ("frank", "approver"), ("sam", "signer"), ("auditor", "auditor"),
                           ("policymaker", "policy-manager")):
            made.add_user(name, role)
        for group, members in (("managers", ("carol", "dave", "erin", "sam")), ("legal", ("erin", "frank"))):
            made.run("group", "add", group)
            for member in members:
                made.run("group", "join", group, member)
        made.start()
        assert made.put_policy(POLICY).status == 200

    def setUp(self):
        self.digest = digest_of(self.id() + str(uuid.uuid4()))

    def sign(self, user="alice", key="rsa", digest=None, **more):
        return self.service.sign(key, user, digest or self.digest, scheme="ecdsa" if key == "ec" else "rsa-pkcs1", **more)

    def ask(self, **more):
        answer = self.sign(**more)
        self.assertEqual((answer.status, answer.json["status"]), (202, "pending"))
        return answer.json["request"]

    def change(self, verb, request, user, **members):
        return self.service.post(f"/v1/requests/{request}/{verb}", user, members)

    def approve(self, request, *users):
        for user in users or ("carol", "dave"):
            answer = self.change("approve", request, user, reason="looked at it")
            self.assertEqual(answer.status, 200, answer.body)
        return answer.json

    def get(self, request, user="alice"):
        return self.service.get("/v1/requests/" + request, user)

    def records(self, request):
        return [r["record"] for r in self.service.audit() if r["record"].get("approval") == request]

    def set_needs(self, approvals, **more):
        policy = {**POLICY, **more, "obligations": {"approvals": approvals} if approvals else {}}
        if not approvals:
            del policy["obligations"]
        self.assertEqual(self.service.put_policy(policy).status, 200)
        self.addCleanup(self.service.put_policy, POLICY)

    def test_two_of_a_group(self):
        first = self.sign(reason="release 7", context={"machine": "m"})
        self.assertEqual(first.status, 202)
        request = first.json["request"]
        self.assertEqual(first.headers["Location"], "/v1/requests/" + request)
        self.assertEqual(first.json["approvals"], [{"group": "managers", "need": 2, "have": 0}])
        seen = self.get(request).json
        self.assertEqual((seen["user"], seen["key"], seen["reason"], seen["context"], seen["result"]),
                         ("alice", "rsa", "release 7", {"machine": "m"}, None))
        self.assertEqual(base64.b64decode(seen["digest"]), self.digest)
        self.assertEqual(self.approve(request, "carol")["approvals"][0]["have"], 1)
        self.assertEqual(self.approve(request, "carol")["approvals"][0]["have"], 1)
        self.assertEqual(self.get(request).json["status"], "pending")
        self.assertEqual(self.approve(request, "dave")["status"], "approved")
        # only its requester gets it signed
        self.assertEqual(self.get(request, "dave").json["status"], "approved")
        done = self.get(request).json
        self.assertEqual(done["status"], "signed")
        self.assertEqual(self.get(request).json["result"], done["result"])
        self.assertIsNone(self.get(request, "auditor").json["result"])
        actions = [(r["action"], r["user"]) for r in self.records(request)]
        self.assertEqual(actions, [("request.create", "alice"), ("request.approve", "carol"), ("request.approve", "dave"),
                                   ("sign", "alice")])
        self.assertEqual(self.records(request)[-1]["outcome"], "signed")
        self.verify(base64.b64decode(done["result"]["signature"]))

    def verify(self, signature):
        """By openssl, which is not ours."""
        folder = self.service.folder
        key = self.service.get("/v1/keys/rsa", "alice").json
        for name, data in (("spki", base64.b64decode(key["spki"])), ("sig", signature), ("digest", self.digest)):
            with open(os.path.join(folder, name), "wb") as file:
                file.write(data)
        subprocess.run(["openssl", "pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-inkey", "spki", "-sigfile", "sig",
                        "-in", "digest", "-pkeyopt", "digest:sha256"], cwd=folder, check=True, capture_output=True)

    def test_same_request_joins(self):
        request = self.ask()
        self.assertEqual(self.ask(), request)
        self.assertNotEqual(self.ask(user="bob"), request)
        self.assertNotEqual(self.ask(key="ec"), request)
        self.assertNotEqual(self.ask(digest=digest_of("x" + str(uuid.uuid4()))), request)
        self.approve(request)
        signed = self.sign()
        self.assertEqual(signed.status, 200)
        self.assertEqual(self.get(request).json["result"], signed.json)
        self.assertNotEqual(self.ask(), request)  # an approval is for one signature

    def test_idempotency(self):
        name = str(uuid.uuid4())
        request = self.ask(idempotency=name)
        self.assertEqual(self.ask(idempotency=name), request)
        other = self.sign(idempotency=name, digest=digest_of("other"))
        self.assertEqual(other.code, "idempotency-mismatch")
        second = str(uuid.uuid4())
        self.assertEqual(self.ask(idempotency=second), request)
        self.approve(request)
        result = self.get(request).json["result"]
        for each in (name, second):
            again = self.sign(idempotency=each)
            self.assertEqual((again.status, again.json), (200, result))
            self.assertEqual(again.headers["Idempotent-Replayed"], "true")

    def test_who_may(self):
        request = self.ask(user="carol")
        for user, status in (("carol", 403), ("frank", 403), ("sam", 404), ("alice", 404), ("admin", 403),
                             ("auditor", 403), ("erin", 200)):
            answer = self.change("approve", request, user)
            self.assertEqual(answer.status, status, user)
        for user, status in (("carol", 403), ("frank", 403), ("sam", 404), ("admin", 403)):
            self.assertEqual(self.change("reject", request, user, reason="no").status, status, user)
        self.assertEqual(self.get(request, "sam").code, "request-not-found")
        self.assertEqual(self.get(uuid.uuid4().hex).code, "request-not-found")
        self.assertEqual(self.change("approve", uuid.uuid4().hex, "carol").code, "request-not-found")
        self.assertEqual(self.change("reject", uuid.uuid4().hex, "carol", reason="x").code, "request-not-found")
        self.assertEqual(self.change("cancel", uuid.uuid4().hex, "carol").code, "request-not-found")

    def test_reject(self):
        name = str(uuid.uuid4())
        request = self.ask(idempotency=name)
        self.approve(request, "carol")
        self.assertEqual(self.change("reject", request, "erin").json["field"], "reason")
        rejected = self.change("reject", request, "erin", reason="not this week").json
        self.assertEqual(rejected["status"], "rejected")
        self.assertEqual([(v["user"], v["vote"], v["reason"]) for v in rejected["votes"]],
                         [("carol", "approve", "looked at it"), ("erin", "reject", "not this week")])
        for verb, user in (("approve", "dave"), ("reject", "dave"), ("cancel", "alice")):
            self.assertEqual(self.change(verb, request, user, reason="late").code, "request-closed")
        self.assertEqual(self.get(request).json["status"], "rejected")
        self.assertEqual(self.sign(idempotency=name).code, "approval-rejected")
        self.assertNotEqual(self.ask(), request)

    def test_cancel(self):
        request = self.ask()
        self.assertEqual(self.change("cancel", request, "dave").code, "denied")
        self.assertEqual(self.change("cancel", request, "alice").json["status"], "cancelled")
        other = self.ask()
        self.assertEqual(self.change("cancel", other, "admin", reason="cleaning up").json["status"], "cancelled")

    def test_expiry(self):
        name = str(uuid.uuid4())
        request = self.ask(idempotency=name)
        self.service.sql(f"UPDATE approvals SET expires = {int(time.time())} WHERE id = '{request}'")
        self.assertEqual(self.get(request).json["status"], "expired")
        for verb, user in (("approve", "dave"), ("reject", "dave"), ("cancel", "alice")):
            self.assertEqual(self.change(verb, request, user, reason="late").code, "request-expired")
        self.assertEqual(self.sign(idempotency=name).code, "request-expired")
        self.assertTrue(service.wait_for(lambda: any(r["action"] == "request.expire" for r in self.records(request))))
        late = self.ask()
        self.approve(late)
        self.service.sql(f"UPDATE approvals SET expires = {int(time.time())} WHERE id = '{late}'")
        self.assertEqual(self.get(late).json["status"], "expired")

    def test_two_groups_need_two_people(self):
        self.set_needs([{"need": 1, "group": "managers"}, {"need": 1, "group": "legal"}])
        request = self.ask()
        self.assertEqual(self.approve(request, "erin")["status"], "pending")  # is in both
        self.assertEqual(self.approve(request, "dave")["status"], "approved")
        self.assertEqual(self.get(request).json["status"], "signed")

    def test_policies_are_asked_again(self):
        request = self.ask()
        self.approve(request)
        self.set_needs([{"need": 2, "group": "managers"}, {"need": 1, "group": "legal"}])
        self.assertEqual(self.get(request).json["status"], "pending")
        self.approve(request, "frank")
        stop = {"name": "stop", "what": {"keys": ["rsa"]}, "who": {"users": ["alice"]}, "action": "deny", "priority": 1}
        self.assertEqual(self.service.put_policy(stop).status, 200)
        try:
            self.assertEqual(self.get(request).code, "denied")
        finally:
            self.service.request("DELETE", "/v1/policies/stop", "policymaker")
        self.service.run("key", "disable", "rsa")
        try:
            self.assertEqual(self.get(request).code, "key-disabled")
        finally:
            self.service.run("key", "enable", "rsa")
        self.assertEqual(self.get(request).json["status"], "signed")

    def test_what_may_have_become_of_the_key(self):
        self.service.run("key", "create", "brief", "--algorithm", "ecdsa")
        self.assertEqual(self.service.put_policy({**POLICY, "name": "briefs", "what": {"keys": ["br*"]}}).status, 200)
        self.addCleanup(self.service.request, "DELETE", "/v1/policies/briefs", "policymaker")
        made = self.service.sign("brief", "alice", self.digest, scheme="ecdsa").json["request"]
        self.approve(made)
        self.assertEqual(self.service.request("DELETE", "/v1/keys/brief", "admin").status, 204)
        self.assertEqual(self.get(made).code, "key-not-found")
        self.service.run("key", "create", "brief", "--algorithm", "ecdsa")
        self.assertEqual(self.get(made).code, "version-mismatch")

    def test_the_hsm_is_away(self):
        request = self.ask()
        self.approve(request)
        self.service.set_faults("C_Sign 0x32 -1\nC_GetSessionInfo 0x32 -1\n")
        try:
            self.assertEqual(self.get(request).code, "hsm-unavailable")
        finally:
            self.service.set_faults("")
        self.assertEqual(self.get(request).json["status"], "signed")

    def test_signed_once(self):
        request = self.ask()
        self.approve(request)
        before = len(self.service.audit())
        with concurrent.futures.ThreadPoolExecutor(12) as pool:
            polls = [pool.submit(self.get, request) for _ in range(10)]
            posts = [pool.submit(self.sign) for _ in range(2)]
            answers = [f.result() for f in polls + posts]
        results = {json.dumps(a.json["result"]) for a in answers[:10] if a.json["status"] == "signed"}
        self.assertTrue({a.json["status"] for a in answers[:10]} <= {"approved", "signed"})
        final = self.get(request).json
        self.assertEqual(results - {json.dumps(final["result"])}, set())
        signed = [r for r in self.records(request) if r["action"] == "sign"]
        self.assertEqual(len(signed), 1)
        made = [r["record"] for r in self.service.audit()[before:] if r["record"].get("digest") == self.digest.hex()]
        self.assertEqual([r["action"] for r in made if r["action"] == "sign"], ["sign"])

    def test_approve_against_reject(self):
        for _ in range(5):
            self.digest = digest_of(str(uuid.uuid4()))
            request = self.ask()
            self.approve(request, "carol")
            with concurrent.futures.ThreadPoolExecutor(2) as pool:
                yes = pool.submit(self.change, "approve", request, "dave")
                no = pool.submit(self.change, "reject", request, "erin", reason="no")
                answers = (yes.result(), no.result())
            self.assertEqual(answers[1].status, 200)  # what is approved may still be rejected
            self.assertIn(answers[0].status, (200, 409))
            self.assertEqual(self.get(request).json["status"], "rejected")

    def test_list(self):
        mine, other = self.ask(), self.ask(user="bob", key="ec")
        self.approve(other)

        def listed(user, query=""):
            found, after = [], "0"
            while after is not None:
                page = self.service.get(f"/v1/requests?limit=3&after={after}{query}", user).json
                found += page["requests"]
                after = page["next"]
            return [r["request"] for r in found]
        self.assertIn(mine, listed("alice"))
        self.assertNotIn(other, listed("alice"))
        self.assertEqual(listed("alice", "&user=bob"), [])
        for user in ("carol", "auditor", "admin"):
            self.assertTrue({mine, other} <= set(listed(user)))
        self.assertIn(mine, listed("carol", "&state=pending&key=rsa&user=alice"))
        self.assertNotIn(other, listed("carol", "&state=pending"))
        self.assertIn(other, listed("carol", "&state=approved&key=ec"))
        for query in ("state=asleep", "key=a%20b", "user=a%20b", "after=x", "limit=0"):
            self.assertEqual(self.service.get("/v1/requests?" + query, "carol").json["field"], query.split("=")[0])

    def test_command_line(self):
        request = self.ask()
        listed = json.loads(self.service.run("request", "list", "--status", "pending", "--json"))["requests"]
        self.assertIn(request, [r["request"] for r in listed])
        self.assertIn(request, self.service.run("request", "list", "--user", "alice"))
        for words, code in ((("approve", request), 2), (("approve", request, "--user", "alice"), 1),
                            (("approve", request, "--user", "frank"), 1), (("approve", request, "--user", "nobody"), 1),
                            (("reject", request, "--user", "carol"), 2), (("approve", "0", "--user", "carol"), 1),
                            (("cancel", request, "--user", "dave"), 1), (("list", "--status", "asleep"), 2)):
            self.assertEqual(self.service.run("request", *words, check=False).returncode, code, words)
        self.service.run("request", "approve", request, "--user", "carol", "--reason", "at the console")
        shown = json.loads(self.service.run("request", "approve", request, "--user", "dave"))
        self.assertEqual(shown["status"], "approved")
        record = self.records(request)[-1]
        self.assertEqual((record["action"], record["user"], record["as"]), ("request.approve", None, "dave"))
        self.assertIn("uid", record["verified"])
        shown = json.loads(self.service.run("request", "reject", request, "--user", "dave", "--reason", "after all not"))
        self.assertEqual(shown["status"], "rejected")
        self.assertEqual(self.service.run("request", "cancel", request, "--user", "alice", check=False).returncode, 1)
        self.assertEqual(json.loads(self.service.run("request", "show", request))["status"], "rejected")
        other = self.ask()
        shown = json.loads(self.service.run("request", "cancel", other, "--user", "alice"))
        self.assertEqual(shown["status"], "cancelled")

    def test_a_user_who_goes(self):
        self.service.add_user("gone")
        self.set_needs(POLICY["obligations"]["approvals"], who={"roles": ["signer"]})
        request = self.ask(user="gone")
        self.service.run("user", "remove", "gone")
        self.assertEqual(self.get(request, "carol").json["status"], "cancelled")

    def test_survives_the_end_of_the_process(self):
        request = self.ask()
        self.approve(request, "carol")
        self.service.stop(signal.SIGKILL)
        self.service.start()
        self.assertEqual(self.get(request).json["approvals"][0]["have"], 1)
        self.approve(request, "dave")
        self.service.stop(signal.SIGKILL)
        self.service.start()
        self.assertEqual(self.get(request).json["status"], "signed")
        self.service.run("audit", "verify")

    def test_a_broken_database(self):
        request = self.ask()
        self.service.sql("ALTER TABLE tokens RENAME TO gone")
        try:
            for path in ("/v1/requests", "/v1/requests/" + request):
                self.assertEqual(self.service.get(path, "alice").code, "internal")
            for verb in ("approve", "reject", "cancel"):
                self.assertEqual(self.change(verb, request, "carol", reason="x").code, "internal")
        finally:
            self.service.sql("ALTER TABLE gone RENAME TO tokens")
        self.service.sql("ALTER TABLE votes RENAME TO gone")
        try:
            self.assertEqual(self.get(request).code, "internal")
            self.assertEqual(self.change("approve", request, "carol").code, "internal")
        finally:
            self.service.sql("ALTER TABLE gone RENAME TO votes")
        self.assertEqual(self.get(request).json["votes"], [])

    def run_client(self, timeout_ms):
        """The real signum, which lists, signs and waits."""
        home = os.path.join(self.service.folder, "home")
        os.makedirs(home, exist_ok=True)
        token = os.path.join(home, "token")
        with open(token, "w", encoding="ascii", opener=lambda p, f: os.open(p, f, 0o600)) as file:
            file.write(self.service.tokens["alice"])
        env = {**os.environ, "HOME": home, "XDG_CONFIG_HOME": home, "XDG_CACHE_HOME": home,
               "SIGNUM_SERVICE_URL": f"https://{self.service.host}:{self.service.port}",
               "SIGNUM_CA_FILE": os.path.join(self.service.state, "ca.crt"), "SIGNUM_TOKEN_FILE": token,
               "SIGNUM_TIMEOUT_MS": str(timeout_ms), "SIGNUM_APPROVAL_TIMEOUT_MS": str(timeout_ms)}
        return subprocess.Popen([SIGNUM, "sign", "--key", "rsa", "--digest", self.digest.hex()], env=env, text=True,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def waiting(self):
        digest = base64.b64encode(self.digest).decode()
        page = self.service.get("/v1/requests?state=pending&user=alice&limit=1000", "carol").json
        return [r["request"] for r in page["requests"] if r["digest"] == digest]

    def test_the_client_waits(self):
        client = self.run_client(30000)
        self.assertTrue(service.wait_for(self.waiting))
        request, = self.waiting()
        self.approve(request)
        out, err = client.communicate(timeout=30)
        self.assertEqual(client.returncode, 0, err)
        self.verify(base64.b64decode(out))

    def test_the_client_comes_back(self):
        out, err = (client := self.run_client(3000)).communicate(timeout=30)
        self.assertEqual((client.returncode, out), (1, ""))
        request, = self.waiting()
        self.assertIn("waits for approval", err)
        self.assertIn(request, err)
        self.assertIn("managers (0 of 2)", err)
        self.approve(request)
        out, err = (client := self.run_client(3000)).communicate(timeout=30)
        self.assertEqual(client.returncode, 0, err)
        self.verify(base64.b64decode(out))

    def test_the_client_is_told_why_not(self):
        client = self.run_client(30000)
        self.assertTrue(service.wait_for(self.waiting))
        self.change("reject", self.waiting()[0], "dave", reason="wrong branch")
        _, err = client.communicate(timeout=30)
        self.assertEqual(client.returncode, 1)
        self.assertIn("was rejected: wrong branch", err)
