"""Webhooks: who may have them, what they are sent, and what becomes of what they do not take."""
import http.server
import json
import os
import ssl
import subprocess
import threading
import unittest
import uuid

import openapi
import service

PACKAGES = os.environ.get("SIGNUM_WEBHOOKS", "")
JUDGE = os.path.join(openapi.ROOT, "tests", "npm", "webhooks", "verify.cjs")
POLICY = {"name": "release", "what": {"keys": ["rsa"]}, "who": {"users": ["alice"]}, "action": "allow",
          "obligations": {"approvals": [{"need": 1, "group": "managers"}]}}


class Receiver(http.server.ThreadingHTTPServer):
    """Takes what is sent to it over TLS, with the service's own certificate; says what `status` says."""
    daemon_threads = True

    def __init__(self, state):
        self.status, self.got, self.location = 204, [], None
        super().__init__(("127.0.0.1", 0), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(os.path.join(state, "tls.crt"), os.path.join(state, "tls.key"))
        self.socket = context.wrap_socket(self.socket, server_side=True)
        self.url = f"https://localhost:{self.server_address[1]}/hook"
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def events(self):
        return [json.loads(body)["type"] for _, _, body in self.got]

    def handle_error(self, request, client_address):
        pass


class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.server.got.append((self.path, dict(self.headers), body))
        self.send_response(self.server.status)
        if self.server.location:
            self.send_header("Location", self.server.location)
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_GET = do_POST

    def log_message(self, *_):
        pass


class Webhooks(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        made = cls.service = service.Service()
        cls.addClassCleanup(made.close)
        made.run("key", "create", "rsa", "--algorithm", "rsa", "--bits", "2048")
        for name, role in (("alice", "signer"), ("carol", "approver"), ("auditor", "auditor"),
                           ("policymaker", "policy-manager")):
            made.add_user(name, role)
        made.run("group", "add", "managers")
        made.run("group", "join", "managers", "carol")
        path = os.path.join(made.state, "signumd.json")
        with open(path, encoding="utf-8") as file:
            settings = json.load(file)
        with open(path, "w", encoding="utf-8") as file:
            json.dump({**settings, "webhook_attempts": 2, "webhook_retry_s": 1}, file)
        made.start()
        assert made.put_policy(POLICY).status == 200
        cls.ca_file = os.path.join(made.state, "ca.crt")

    def setUp(self):
        self.receiver = Receiver(self.service.state)
        self.addCleanup(self.receiver.server_close)
        self.addCleanup(self.receiver.shutdown)
        self.name = "hook-" + uuid.uuid4().hex[:8]

    def add(self, events=("request.*",), url=None, **more):
        body = {"name": self.name, "url": url or self.receiver.url, "events": list(events), "ca_file": self.ca_file, **more}
        answer = self.service.post("/v1/webhooks", "admin", body)
        self.assertEqual(answer.status, 201, answer.body)
        self.assertEqual(answer.headers["Location"], "/v1/webhooks/" + self.name)
        self.addCleanup(self.service.request, "DELETE", "/v1/webhooks/" + self.name, "admin")
        return answer.json

    def path(self, rest=""):
        return f"/v1/webhooks/{self.name}{rest}"

    def deliveries(self, query=""):
        return self.service.get(self.path("/deliveries" + query), "auditor").json["deliveries"]

    def post(self, rest, user="admin"):
        return self.service.request("POST", self.path(rest), user)

    def request_and_approve(self):
        request = self.service.sign("rsa", "alice", os.urandom(32)).json["request"]
        self.service.post(f"/v1/requests/{request}/approve", "carol", {})
        self.assertEqual(self.service.get("/v1/requests/" + request, "alice").json["status"], "signed")
        return request

    @unittest.skipUnless(PACKAGES, "npm could not install tests/npm/webhooks")
    def test_events_of_a_request(self):
        secret = self.add()["secret"]
        request = self.request_and_approve()
        self.assertTrue(service.wait_for(lambda: len(self.receiver.got) >= 3), self.service.log()[-2000:])
        self.assertEqual(self.receiver.events(), ["request.created", "request.approved", "request.signed"])
        for path, headers, body in self.receiver.got:
            self.assertEqual((path, headers["Content-Type"]), ("/hook", "application/json"))
            self.assertEqual(json.loads(body)["data"]["record"]["approval"], request)
            self.assertNotIn("Authorization", headers)
        self.assertEqual(len({h["webhook-id"] for _, h, _ in self.receiver.got}), 3)
        lines = [{"secret": secret, "headers": h, "body": b} for _, h, b in self.receiver.got]
        good = lines[0]
        other = json.loads(json.dumps(good).replace(good["headers"]["webhook-id"], "msg_other"))
        lines += [{**good, "body": good["body"] + " "}, other, {**good, "secret": "whsec_" + "A" * 43 + "="}]
        lines = [{**x, "headers": {k.lower(): v for k, v in x["headers"].items()}} for x in lines]
        done = subprocess.run(["node", JUDGE, PACKAGES], input="".join(json.dumps(x) + "\n" for x in lines), text=True,
                              capture_output=True, timeout=60, check=True)
        self.assertEqual([line.split()[0] for line in done.stdout.splitlines()], ["ok"] * 3 + ["bad"] * 3, done.stdout)
        self.assertTrue(service.wait_for(lambda: len(self.deliveries("?state=delivered")) == 3))
        self.assertNotIn(secret, self.service.log())

    def test_only_what_is_asked_for(self):
        self.add(["request.rejected", "key.*"])
        request = self.service.sign("rsa", "alice", os.urandom(32)).json["request"]
        self.service.post(f"/v1/requests/{request}/reject", "carol", {"reason": "no"})
        self.service.run("key", "create", self.name, "--algorithm", "ecdsa")
        self.assertTrue(service.wait_for(lambda: len(self.receiver.got) >= 2))
        self.assertEqual(self.receiver.events(), ["request.rejected", "key.create"])

    def test_retries_death_and_retry(self):
        self.add()
        self.receiver.status = 500
        self.assertEqual(self.post("/test").json["waiting"], 1)
        self.assertTrue(service.wait_for(lambda: self.deliveries("?state=dead")))
        dead, = self.deliveries()
        self.assertEqual((dead["event"], dead["attempts"], dead["error"]), ("webhook.test", 2, "HTTP 500"))
        self.assertEqual(len({h["webhook-id"] for _, h, _ in self.receiver.got}), 1)
        self.assertEqual(self.service.get(self.path(), "auditor").json["dead"], 1)
        self.receiver.status = 200
        self.assertEqual(self.post("/retry").json["dead"], 0)
        self.assertTrue(service.wait_for(lambda: self.deliveries("?state=delivered")))

    def test_a_receiver_that_wants_no_more(self):
        self.add()
        self.receiver.status = 410
        self.post("/test")
        self.assertTrue(service.wait_for(lambda: self.deliveries("?state=dead")))
        self.assertEqual(len(self.receiver.got), 1)

    def test_no_redirect_is_followed(self):
        other = Receiver(self.service.state)
        self.addCleanup(other.server_close)
        self.addCleanup(other.shutdown)
        self.add()
        self.receiver.status, self.receiver.location = 307, other.url
        self.post("/test")
        self.assertTrue(service.wait_for(lambda: self.deliveries("?state=dead")))
        self.assertEqual((other.got, self.deliveries()[0]["error"]), ([], "HTTP 307"))

    def test_a_receiver_that_is_not_trusted(self):
        self.add(ca_file="/etc/ssl/certs/ca-certificates.crt")
        self.post("/test")
        self.assertTrue(service.wait_for(lambda: self.deliveries("?state=dead")))
        self.assertEqual(self.receiver.got, [])

    def test_events_outlive_the_process(self):
        self.add()
        self.service.stop()
        record = self.service.run("request", "list")
        self.assertIsNotNone(record)
        self.service.run("webhook", "test", self.name)
        self.service.start()
        self.assertTrue(service.wait_for(lambda: self.receiver.events() == ["webhook.test"]))

    def test_who_may_and_what_is_refused(self):
        body = {"name": "x", "url": "https://localhost/", "events": ["*"]}
        self.assertEqual(self.service.post("/v1/webhooks", "auditor", body).code, "denied")
        self.assertEqual(self.service.get("/v1/webhooks", "alice").code, "denied")
        for changed, field in (({"url": "http://localhost/"}, "url"), ({"events": []}, "events"),
                               ({"events": ["Nonsense"]}, "events"), ({"ca_file": "ca.pem"}, "ca_file"),
                               ({"name": "a b"}, "name"), ({"secret": "x"}, "secret")):
            answer = self.service.post("/v1/webhooks", "admin", {**body, **changed})
            self.assertEqual(answer.json["field"].split("[")[0], field)
        self.add()
        again = self.service.post("/v1/webhooks", "admin", {**body, "name": self.name})
        self.assertEqual(again.code, "webhook-exists")
        self.assertIn(self.name, [w["name"] for w in self.service.get("/v1/webhooks", "auditor").json["webhooks"]])
        self.assertEqual(self.service.get(self.path("/deliveries?state=lost"), "admin").json["field"], "state")
        self.assertEqual(self.service.get(self.path("/deliveries?after=x"), "admin").json["field"], "after")
        for rest, method in (("", "GET"), ("", "DELETE"), ("/deliveries", "GET"), ("/test", "POST"), ("/retry", "POST")):
            self.assertEqual(self.service.request(method, "/v1/webhooks/none" + rest, "admin").code, "webhook-not-found")
            self.assertEqual(self.service.request(method, "/v1/webhooks/none" + rest, "alice").code, "denied")
            self.assertEqual(self.service.request(method, "/v1/webhooks/none" + rest).code, "unauthenticated")
            self.assertEqual(self.service.request(method, "/v1/webhooks/a%20b" + rest, "admin").code, "bad-request")

    def test_a_broken_database(self):
        self.service.sql("ALTER TABLE tokens RENAME TO gone")
        try:
            for rest, method in (("", "GET"), ("", "DELETE"), ("/deliveries", "GET"), ("/test", "POST"), ("/retry", "POST")):
                self.assertEqual(self.service.request(method, "/v1/webhooks/none" + rest, "admin").code, "internal")
            self.assertEqual(self.service.get("/v1/webhooks", "admin").code, "internal")
            self.assertEqual(self.service.post("/v1/webhooks", "admin", {}).code, "internal")
        finally:
            self.service.sql("ALTER TABLE gone RENAME TO tokens")

    def test_command_line(self):
        printed = self.service.run("webhook", "add", self.name, "--url", self.receiver.url, "--event", "request.created",
                                   "--event", "key.*", "--ca-file", self.ca_file)
        self.assertRegex(printed, r"whsec_[A-Za-z0-9+/]{43}=")
        listed = json.loads(self.service.run("webhook", "list", "--json"))["webhooks"]
        shown, = (w for w in listed if w["name"] == self.name)
        self.assertEqual(shown["events"], ["request.created", "key.*"])
        self.assertIn(self.name, self.service.run("webhook", "list"))
        self.service.run("webhook", "test", self.name)
        self.assertTrue(service.wait_for(lambda: self.receiver.got))
        self.assertTrue(service.wait_for(lambda: "delivered" in self.service.run("webhook", "deliveries", self.name)))
        self.service.run("webhook", "retry", self.name)
        for words, code in ((("add", self.name, "--url", "https://x/", "--event", "*"), 1), (("add", "y", "--event", "*"), 2),
                            (("add", "y", "--url", "http://x/", "--event", "*"), 2), (("test", "none"), 1),
                            (("add", "y", "--url", "https://x/", "--event", "no"), 2), (("remove", "none"), 1),
                            (("retry", "none"), 1)):
            self.assertEqual(self.service.run("webhook", *words, check=False).returncode, code, words)
        self.service.run("webhook", "remove", self.name)
        actions = [r["record"]["action"] for r in self.service.audit() if r["record"].get("name") == self.name]
        self.assertEqual(actions, ["webhook.add", "webhook.test", "webhook.retry", "webhook.remove"])
