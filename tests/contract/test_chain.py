"""Giving keys their certificates over HTTP."""
import base64
import json
import os
import subprocess
import tempfile
import unittest

import service


def text(der):
    return base64.b64encode(der).decode()


class Chain(unittest.TestCase):
    def setUp(self):
        self.service = service.shared()
        self.addCleanup(self.service.set_faults, "")
        place = tempfile.TemporaryDirectory()
        self.addCleanup(place.cleanup)
        self.folder = place.name
        answer = self.service.post("/v1/keys", "manager", {"name": "chained", "algorithm": "ecdsa"})
        self.assertEqual(answer.status, 201, answer.body)
        self.addCleanup(self.forget)
        self.key = answer.json
        self.write("key.der", base64.b64decode(self.key["spki"]))
        self.openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256",
                     "-out", "ca.key")
        self.openssl("pkey", "-pubin", "-inform", "DER", "-in", "key.der", "-out", "key.pem")
        self.openssl("req", "-x509", "-key", "ca.key", "-subj", "/CN=root", "-out", "root.pem")
        self.openssl("req", "-new", "-key", "ca.key", "-subj", "/CN=leaf", "-out", "leaf.csr")
        self.openssl("x509", "-req", "-in", "leaf.csr", "-force_pubkey", "key.pem", "-CA",
                     "root.pem", "-CAkey", "ca.key", "-days", "10", "-out", "leaf.pem")
        self.root, self.leaf = (self.openssl("x509", "-in", name + ".pem", "-outform", "DER")
                                for name in ("root", "leaf"))

    def forget(self):
        if self.service.get("/v1/keys/chained", "manager").json["chain"]:
            self.service.run("cert", "remove", "chained")
        self.assertEqual(self.service.request("DELETE", "/v1/keys/chained", "manager").status, 204)

    def write(self, name, data):
        with open(os.path.join(self.folder, name), "wb") as file:
            file.write(data)

    def openssl(self, *words):
        return subprocess.run(["openssl", *words], cwd=self.folder, check=True,
                              capture_output=True).stdout

    def post(self, body, user="manager", key="chained", headers=None):
        return self.service.post(f"/v1/keys/{key}/certificates", user, body, headers)

    def stored(self):
        return self.service.get("/v1/keys/chained", "manager").json["chain"]

    def test_set_and_replace(self):
        for chain in ([self.leaf, self.root], [self.leaf]):
            texts = [text(der) for der in chain]
            answer = self.post({"chain": texts})
            self.assertEqual((answer.status, answer.json["chain"]), (200, texts), answer.body)
            self.assertEqual(self.service.get("/v1/keys/chained", "manager").json, answer.json)
            record = self.service.audit()[-1]["record"]
            self.assertEqual((record["action"], record["user"], record["key"]),
                             ("cert.import", "manager", "chained"))
        self.assertNotEqual(answer.json["etag"], self.key["etag"])
        signed = self.service.sign("chained", "manager", bytes(32), scheme="ecdsa")
        self.assertEqual(signed.json["certificate_sha256"], record["certificate_sha256"])
        answer = self.service.request("DELETE", "/v1/keys/chained", "manager")
        self.assertEqual(answer.code, "key-has-certificate")
        self.assertEqual(self.service.token_labels().count("chained"), 2)

    def test_mismatch(self):
        other = base64.b64decode(self.service.get("/v1/keys/rsa", "admin").json["chain"][0])
        for chain in ([self.root], [self.root, self.leaf], [other], [self.leaf, other],
                      [self.leaf, self.leaf], [self.leaf, self.root, other]):
            answer = self.post({"chain": [text(der) for der in chain]})
            self.assertEqual(answer.code, "certificate-mismatch")
        self.assertEqual(self.stored(), [])

    def test_members(self):
        good = text(self.leaf)
        for chain in ([], None, good, {}, [5], [None], [""], ["AA"], [good, "A"], ["AAAA"],
                      [good + "AAAA"], [text(self.leaf + b"x")], [text(self.leaf[:-1])],
                      [good] * 9, [text(b"-----BEGIN CERTIFICATE-----")], [text(bytes(16385))]):
            answer = self.post({"chain": chain})
            self.assertEqual((answer.code, answer.json["field"]), ("bad-request", "chain"), chain)
        for body, field in (({}, "chain"), ({"chain": [good], "more": 1}, "more")):
            answer = self.post(body)
            self.assertEqual((answer.code, answer.json["field"]), ("bad-request", field))
        for body in ("", "[]", "{"):
            self.assertEqual(self.post(body).code, "bad-request")
        self.assertEqual(self.post({"chain": [good]}, headers={"Content-Type": None}).code,
                         "unsupported-media-type")
        self.assertEqual(self.post(json.dumps({"chain": []}).ljust(64 * 1024 + 1)).code,
                         "too-large")
        self.assertEqual(self.post({"chain": [good]}, key="none").code, "key-not-found")
        self.assertEqual(self.post({"chain": [good]}, key="a%20b").code, "bad-request")
        self.assertEqual(self.stored(), [])

    def test_roles(self):
        for user in ("alice", "auditor"):
            self.assertEqual(self.post({"chain": [text(self.leaf)]}, user).code, "denied")
        self.assertEqual(self.stored(), [])
        self.assertEqual(self.post({"chain": [text(self.leaf)]}, "admin").status, 200)

    def test_no_record_no_chain(self):
        self.service.sql("ALTER TABLE audit_head RENAME TO gone")
        try:
            self.assertEqual(self.post({"chain": [text(self.leaf)]}).code, "internal")
        finally:
            self.service.sql("ALTER TABLE gone RENAME TO audit_head")
        self.assertEqual(self.stored(), [])
