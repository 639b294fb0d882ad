"""Certification requests and the bundle for a CA, checked by the openssl command."""
import base64
import hashlib
import json
import os
import subprocess
import tempfile
import unittest

import openapi
import service

ARC = "2.25.331009031232402902669253785180971845198"
KINDS = (("rsa", {}, "sha256WithRSAEncryption"),
         ("rsa", {"hash": "sha512"}, "sha512WithRSAEncryption"),
         ("rsa", {"scheme": "rsa-pss"}, "rsassaPss"),
         ("rsa", {"scheme": "rsa-pss", "hash": "sha384"}, "rsassaPss"),
         ("ec256", {}, "ecdsa-with-SHA256"), ("ec384", {}, "ecdsa-with-SHA384"),
         ("ec521", {}, "ecdsa-with-SHA512"), ("ec521", {"hash": "sha256"}, "ecdsa-with-SHA256"))


def openssl(*words, data=None, check=True, cwd=None):
    done = subprocess.run(["openssl", *words], input=data, capture_output=True, cwd=cwd)
    if check and done.returncode != 0:
        raise AssertionError(f"openssl {words}: {done.stderr!r}")
    return done


def octets(der):
    """The OCTET STRINGs of the evidence: (evidence, signature) as openssl asn1parse finds them."""
    lines = openssl("asn1parse", "-inform", "DER", data=der).stdout.decode().splitlines()
    place = next(i for i, line in enumerate(lines) if ARC + ".1" in line)
    found = []
    for line in lines[place + 1:place + 4]:
        if "OCTET STRING" in line:
            start = int(line.split(":")[0])
            head, length = (int(line.split(name)[1].split()[0]) for name in ("hl=", " l="))
            found.append(der[start + head:start + head + length])
    return found


class Csr(unittest.TestCase):
    def setUp(self):
        self.service = service.shared()
        self.addCleanup(self.service.set_faults, "")

    def make(self, key="rsa", user="manager", **members):
        return self.service.post(f"/v1/keys/{key}/csr", user,
                                 {"subject": "/O=Example/CN=Example Ltd", **members})

    def bundle(self, key="rsa", user="manager", query=""):
        return self.service.get(f"/v1/keys/{key}/evidence{query}", user)

    def check(self, der, key):
        """openssl verifies the request; its key is the key. Gives openssl's description."""
        done = openssl("req", "-inform", "DER", "-verify", "-noout", "-text", data=der)
        self.assertIn(b"verify OK", done.stderr)
        pem = openssl("req", "-inform", "DER", "-pubkey", "-noout", data=der).stdout
        spki = openssl("pkey", "-pubin", "-outform", "DER", data=pem).stdout
        self.assertEqual(spki, base64.b64decode(self.service.get(f"/v1/keys/{key}", "manager")
                                                .json["spki"]))
        return done.stdout.decode()

    def test_every_algorithm(self):
        for key, members, name in KINDS:
            answer = self.make(key, **members)
            self.assertEqual(answer.status, 200, answer.body)
            der = base64.b64decode(answer.json["csr"])
            text = self.check(der, key)
            self.assertIn(f"Signature Algorithm: {name}", text)
            if members.get("scheme") == "rsa-pss":
                self.assertIn("Hash Algorithm: " + members.get("hash", "sha256"), text)
            self.assertIn("Code Signing", text)
            self.assertIn("Digital Signature", text)
            self.assertEqual(openssl("req", "-outform", "DER",
                                     data=answer.json["pem"].encode()).stdout, der)
            record = self.service.audit()[-1]["record"]
            self.assertEqual((record["action"], record["key"], record["user"]),
                             ("key.csr", key, "manager"))
            self.assertEqual(record["csr_sha256"], hashlib.sha256(der).hexdigest())
            broken = der[:-1] + bytes([der[-1] ^ 1])
            self.assertNotIn(b"verify OK", openssl("req", "-inform", "DER", "-verify", "-noout",
                                                   data=broken, check=False).stderr)

    def test_a_ca_issues_from_it(self):
        der = base64.b64decode(self.make("ec384", attestation=True).json["csr"])
        with tempfile.TemporaryDirectory() as folder:
            openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "ca.key", "-out",
                    "ca.crt", "-subj", "/CN=ca", cwd=folder)
            with open(os.path.join(folder, "csr"), "wb") as file:
                file.write(der)
            issued = openssl("x509", "-req", "-in", "csr", "-inform", "DER", "-CA", "ca.crt",
                             "-CAkey", "ca.key", "-copy_extensions", "copy", "-outform", "DER",
                             cwd=folder).stdout
            text = openssl("x509", "-inform", "DER", "-noout", "-text", data=issued).stdout
        self.assertIn(b"Code Signing", text)
        self.assertIn(b"Example Ltd", text)

    def test_subjects(self):
        for subject, expected in (
                ("/C=DE/O=A\\/B/CN=x", "C = DE, O = A/B, CN = x"),
                ("CN=x,O=B,C=DE", "C = DE, O = B, CN = x"),
                ("cn=a\\, b\\+c, o=\\C3\\A4", "O = \\C3\\A4, CN = \"a, b+c\""),
                ("CN=x+serialNumber=7,O=B", "O = B, CN = x + serialNumber = 7"),
                ("CN=  x\\ ,2.5.4.97=VATDE-1", "organizationIdentifier = VATDE-1, CN = \"x \"")):
            answer = self.make(subject=subject)
            self.assertEqual(answer.status, 200, answer.body)
            text = openssl("req", "-inform", "DER", "-noout", "-subject",
                           data=base64.b64decode(answer.json["csr"])).stdout.decode()
            self.assertEqual(text.strip(), "subject=" + expected)
        for subject in ("", "x", "/", "CN=", "=x", "CN=x,", "CN=x,,O=y", "CN=#0401", "CN=a\\",
                        "CN=a\\z", 'CN="x"', "CN=a;O=b", "XX=y", "CN=a\nb", "CN=a\\00b", "C=DEU",
                        "CN=" + "x" * 65, "CN=\\FF\\FE", "/CN=a\tb"):
            self.assertEqual(self.make(subject=subject).code, "bad-request", subject)

    def test_alternative_names(self):
        names = ["dns:a.example.com", "email:a@example.com", "uri:https://example.com/a", "ip:::1"]
        der = base64.b64decode(self.make(san=names, code_signing=False).json["csr"])
        text = self.check(der, "rsa")
        self.assertIn("DNS:a.example.com, email:a@example.com, URI:https://example.com/a, "
                      "IP Address:0:0:0:0:0:0:0:1", text)
        self.assertNotIn("Code Signing", text)
        for san in ([], ["x"], ["dns:"], ["ip:300.1.1.1"], ["dns:a b"], ["DNS:a"], [7], "dns:a",
                    ["dns:a"] * 17, ["dns:" + "a" * 300], ["dirName:x"]):
            answer = self.make(san=san)
            self.assertEqual(answer.code, "bad-request", san)

    def test_bad_members(self):
        for members in ({"subject": None}, {"subject": 1}, {"code_signing": "yes"},
                        {"attestation": 1}, {"nonce": "short"}, {"extra": 1}, {"scheme": 7}):
            self.assertEqual(self.make(**members).code, "bad-request", members)
        for key, members in (("rsa", {"scheme": "ecdsa"}), ("ec256", {"scheme": "rsa-pss"}),
                             ("rsa", {"hash": "sha1"}), ("rsa", {"hash": "none"}),
                             ("rsa", {"hash": "md5"}), ("rsa", {"scheme": "raw"})):
            self.assertEqual(self.make(key, **members).code, "unsupported-algorithm", members)
        self.assertEqual(self.service.post("/v1/keys/rsa/csr", "manager", "[1]").code,
                         "bad-request")
        self.assertEqual(self.service.post("/v1/keys/rsa/csr", "manager", "x" * 70000).code,
                         "too-large")
        self.assertEqual(self.service.post("/v1/keys/rsa/csr", "manager", {"subject": "/CN=x"},
                                           {"Content-Type": "text/plain"}).code,
                         "unsupported-media-type")

    def test_who(self):
        for get in (self.make, self.bundle):
            for user, status in (("alice", 200), ("bob", 403), ("auditor", 403), ("manager", 200),
                                 ("admin", 200)):
                self.assertEqual(get("rsa", user).status, status, user)
            self.assertEqual(get("other", "alice").code, "denied")
            record = self.service.audit()[-1]["record"]
            self.assertEqual((record["decision"], record["user"]), ("deny", "alice"))
            self.assertEqual(get("none").code, "key-not-found")
            self.assertEqual(get("a%20b").code, "bad-request")
            self.assertEqual(get("rsa", None).code, "unauthenticated")
            self.service.run("key", "disable", "ec384")
            try:
                self.assertEqual(get("ec384").code, "key-disabled")
            finally:
                self.service.run("key", "enable", "ec384")

    def test_a_policy_for_other_hashes_is_no_permission(self):
        """The one who may sign SHA-384 only does not get a request that is signed with SHA-256."""
        self.service.add_user("csr-user")
        policy = {"name": "csr-hash", "what": {"keys": ["ec256"]}, "who": {"users": ["csr-user"]},
                  "conditions": {"hashes": ["sha384"]}, "action": "allow"}
        self.assertEqual(self.service.put_policy(policy).status, 200)
        self.assertEqual(self.make("ec256", "csr-user").code, "denied")
        policy["conditions"] = {"hashes": ["sha256"]}
        self.assertEqual(self.service.put_policy(policy).status, 200)
        self.assertEqual(self.make("ec256", "csr-user").status, 200)
        self.assertEqual(self.make("ec256", "csr-user", hash="sha384").code, "denied")
        policy["obligations"] = {"reason": True}
        self.assertEqual(self.service.put_policy(policy).status, 200)
        self.assertEqual(self.make("ec256", "csr-user").code, "denied")

    def test_failures(self):
        for get in (self.make, self.bundle):
            before = len(self.service.audit())
            self.service.set_faults("C_Sign 0x30 -1\n")
            self.assertEqual(get().code, "hsm-unavailable")
            self.service.set_faults("")
            self.assertTrue(service.wait_for(lambda: get().status == 200))
            self.service.set_faults("C_Sign corrupt 1\n")
            answer = get()
            self.assertEqual(answer.code, "internal")
            actions = [r["record"]["action"] for r in self.service.audit()[before:]]
            self.assertEqual(actions.count("key.csr"), 1)
            self.service.sql("ALTER TABLE audit_head RENAME TO gone")
            try:
                answer = get()
                self.assertEqual(answer.code, "internal")
                self.assertNotIn(b"BEGIN", answer.body)
            finally:
                self.service.sql("ALTER TABLE gone RENAME TO audit_head")

    def test_attestation_attribute(self):
        answer = self.make("ec256", attestation=True, nonce="0123456789abcdef")
        der = base64.b64decode(answer.json["csr"])
        text = self.check(der, "ec256")
        self.assertIn("1.2.840.113549.1.9.16.2.59", text)
        evidence, signature = octets(der)
        value = json.loads(evidence)
        openapi.validate(value, openapi.DOCUMENT["components"]["schemas"]["Evidence"])
        self.assertEqual(value["nonce"], "0123456789abcdef")
        pem = openssl("req", "-inform", "DER", "-pubkey", "-noout", data=der).stdout
        spki = openssl("pkey", "-pubin", "-outform", "DER", data=pem).stdout
        self.assertEqual(value["spki_sha256"], hashlib.sha256(spki).hexdigest())
        with tempfile.TemporaryDirectory() as folder:
            with open(os.path.join(self.service.state, "attest.crt"), "rb") as file:
                key = openssl("x509", "-noout", "-pubkey", data=file.read()).stdout
            for name, data in (("key", key), ("evidence", evidence), ("signature", signature)):
                with open(os.path.join(folder, name), "wb") as file:
                    file.write(data)
            openssl("dgst", "-sha256", "-verify", "key", "-signature", "signature", "evidence",
                    cwd=folder)
        for name in ("attest.crt", "ca.crt"):
            with open(os.path.join(self.service.state, name), "rb") as file:
                certificate = openssl("x509", "-outform", "DER", data=file.read()).stdout
            self.assertEqual(der.count(certificate), 1, name)
        actions = [r["record"]["action"] for r in self.service.audit()[-2:]]
        self.assertEqual(actions, ["key.attest", "key.csr"])

    def test_bundle(self):
        for key in ("rsa", "ec256", "ec384", "ec521"):
            answer = self.bundle(key, query="?nonce=abcdefgh&subject=CN%3Dx,O%3Dy").json
            self.check(base64.b64decode(answer["csr"]), key)
            self.assertIn("O = y, CN = x", openssl("req", "-noout", "-subject",
                                                   data=answer["csr_pem"].encode()).stdout.decode())
            evidence = json.loads(base64.b64decode(answer["attestation"]["evidence"]))
            self.assertEqual(evidence["nonce"], "abcdefgh")
            self.assertEqual(evidence["spki_sha256"],
                             hashlib.sha256(base64.b64decode(answer["key"]["spki"])).hexdigest())
            self.assertEqual(evidence["time"], answer["time"])
            self.assertEqual(answer["chain_pem"].count("BEGIN CERTIFICATE"), 2)
            for word in ("SOFTWARE TOKEN", evidence["spki_sha256"], evidence["module"]["sha256"],
                         "CKA_NEVER_EXTRACTABLE", evidence["token"]["serial"]):
                self.assertIn(word, answer["report"])
        self.assertEqual(self.bundle(query="?nonce=x").json["field"], "nonce")
        self.assertEqual(self.bundle(query="?subject=x").json["field"], "subject")
        plain = openssl("req", "-noout", "-subject", data=self.bundle().json["csr_pem"].encode())
        self.assertEqual(plain.stdout, b"subject=CN = rsa\n")


class Verbs(unittest.TestCase):
    def setUp(self):
        self.service = service.shared()

    def test_csr(self):
        out = os.path.join(self.service.folder, "key.csr")
        self.service.run("key", "csr", "ec521", "--subject", "CN=x,O=y", "--san", "dns:a.b",
                         "--san", "ip:10.0.0.1", "--attestation", "--nonce", "abcdefgh", "--out", out)
        with open(out, "rb") as file:
            pem = file.read()
        done = openssl("req", "-verify", "-noout", "-text", data=pem)
        self.assertIn(b"verify OK", done.stderr)
        self.assertIn(b"DNS:a.b, IP Address:10.0.0.1", done.stdout)
        self.assertIn(b"1.2.840.113549.1.9.16.2.59", done.stdout)
        text = self.service.run("key", "csr", "rsa", "--subject", "/CN=x", "--scheme", "rsa-pss",
                                "--no-usage")
        done = openssl("req", "-verify", "-noout", "-text", data=text.encode())
        self.assertIn(b"rsassaPss", done.stdout)
        self.assertNotIn(b"Code Signing", done.stdout)
        self.assertEqual(self.service.audit()[-1]["record"]["action"], "key.csr")

    def test_csr_refusals(self):
        for words, code in ((("rsa",), 2), (("rsa", "--subject", "x"), 2),
                            (("rsa", "--subject", "/CN=x", "--san", "x"), 2),
                            (("rsa", "--subject", "/CN=x", "--hash", "sha1"), 2),
                            (("rsa", "--subject", "/CN=x", "--nonce", "x"), 2),
                            (("none", "--subject", "/CN=x"), 1)):
            done = self.service.run("key", "csr", *words, check=False)
            self.assertEqual((done.returncode, done.stdout), (code, ""), words)

    def test_evidence_folder(self):
        """The commands that README.txt prints are run as they stand."""
        for key in ("rsa", "ec384"):
            out = os.path.join(self.service.folder, "evidence-" + key)
            self.service.run("key", "evidence", key, "--out", out, "--subject", "CN=x,O=y")
            with open(os.path.join(out, "README.txt"), encoding="utf-8") as file:
                readme = file.read()
            lines = [line for line in readme.splitlines() if line.startswith("    openssl ")]
            self.assertEqual(len(lines), 7)
            done = subprocess.run(["sh", "-ec", "\n".join(lines)], cwd=out, check=True, text=True,
                                  capture_output=True)
            for word in ("verify OK", "Verified OK", "chain.pem: OK"):
                self.assertIn(word, done.stdout + done.stderr)
            with open(os.path.join(out, "evidence.json"), encoding="ascii") as file:
                evidence = json.load(file)
            self.assertEqual(done.stdout.split()[-1], evidence["spki_sha256"])
            with open(os.path.join(out, "attestation.json"), encoding="ascii") as file:
                openapi.validate(json.load(file),
                                 openapi.DOCUMENT["components"]["schemas"]["Attestation"])
            self.assertFalse(os.path.exists(os.path.join(out, "vendor")))
        done = self.service.run("key", "evidence", "rsa", check=False)
        self.assertEqual(done.returncode, 2)
        done = self.service.run("key", "evidence", "rsa", "--out", "/dev/null/x", check=False)
        self.assertEqual(done.returncode, 1)
