"""Evidence of a token's vendor: objects that pkcs11-tool puts beside the key."""
import base64
import hashlib
import json
import os
import subprocess
import unittest

import service


class Vendor(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.service = service.Service()
        cls.addClassCleanup(cls.service.close)
        path = os.path.join(cls.service.state, "signumd.json")
        with open(path, encoding="utf-8") as file:
            settings = json.load(file)
        settings["pkcs11"]["vendor_evidence"] = "attestation of {label}"
        with open(path, "w", encoding="utf-8") as file:
            json.dump(settings, file)
        cls.service.run("key", "create", "one", "--algorithm", "ecdsa")
        cls.service.run("key", "create", "two", "--algorithm", "ecdsa")
        cls.service.add_user("manager", "key-manager")
        cls.service.start()
        cls.data = os.urandom(500)
        cls.certificate = subprocess.run(
            ["openssl", "x509", "-in", os.path.join(cls.service.state, "attest.crt"), "-outform",
             "DER"], check=True, capture_output=True).stdout

    def put(self, kind, label, content, *more):
        """An object in the token; taken away again at the end of the test."""
        path = os.path.join(self.service.folder, "object")
        with open(path, "wb") as file:
            file.write(content)
        self.service.pkcs11_tool("--login", "--write-object", path, "--type", kind, "--label",
                                 label, *more)
        self.addCleanup(self.service.pkcs11_tool, "--login", "--delete-object", "--type", kind,
                        "--label", label)

    def get(self, key="one"):
        answer = self.service.get(f"/v1/keys/{key}/attestation", "manager")
        self.assertEqual(answer.status, 200, answer.body)
        evidence = json.loads(base64.b64decode(answer.json["evidence"]))
        for given, signed in zip(answer.json["vendor"], evidence["vendor"], strict=True):
            self.assertEqual(hashlib.sha256(base64.b64decode(given["data"])).hexdigest(),
                             signed["sha256"])
            self.assertEqual((given["kind"], given["label"]), (signed["kind"], signed["label"]))
        return [(v["kind"], v["label"], base64.b64decode(v["data"]))
                for v in answer.json["vendor"]]

    def test_by_label(self):
        self.assertEqual(self.get(), [])
        self.put("data", "attestation of one", self.data)
        self.put("data", "something else", b"not this")
        self.assertEqual(self.get(), [("data", "attestation of one", self.data)])
        self.assertEqual(self.get("two"), [])
        self.put("cert", "attestation of one", self.certificate)
        self.assertEqual(self.get(), [("certificate", "attestation of one", self.certificate),
                                      ("data", "attestation of one", self.data)])

    def test_by_convention(self):
        """A YubiKey's way: a certificate with the key's identifier and a label of that kind."""
        ids = self.service.sql("SELECT hex(token_id) FROM keys WHERE name = 'one'")[0][0]
        label = "X.509 Certificate for PIV Attestation 9c"
        self.put("cert", label, self.certificate, "--id", ids)
        self.put("cert", "X.509 Certificate for Digital Signature", self.certificate, "--id", ids)
        self.assertEqual(self.get(), [("ykcs11-attestation", label, self.certificate)])
        self.assertEqual(self.get("two"), [])

    def test_in_the_bundle_and_the_request(self):
        self.put("data", "attestation of one", self.data)
        out = os.path.join(self.service.folder, "evidence")
        self.service.run("key", "evidence", "one", "--out", out)
        with open(os.path.join(out, "vendor", "1-data.bin"), "rb") as file:
            self.assertEqual(file.read(), self.data)
        bundle = self.service.get("/v1/keys/one/evidence", "manager").json
        self.assertEqual(base64.b64decode(bundle["attestation"]["vendor"][0]["data"]), self.data)
        self.assertIn("data, label attestation of one, 500 bytes", bundle["report"])
        answer = self.service.post("/v1/keys/one/csr", "manager",
                                   {"subject": "/CN=x", "attestation": True}).json
        self.assertEqual(base64.b64decode(answer["csr"]).count(self.data), 1)

    def test_too_much_is_no_statement(self):
        for _ in range(9):
            self.put("data", "attestation of two", os.urandom(20))
        self.assertEqual(self.service.get("/v1/keys/two/attestation", "manager").code, "internal")
        self.assertIn("vendor's evidence for 'two'", self.service.log())
        self.assertEqual(self.get("one"), [])
