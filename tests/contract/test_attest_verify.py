"""The client's verbs csr and attest, and its verifier, which must see through every forgery."""
import base64
import copy
import hashlib
import json
import os
import subprocess
import tempfile
import unittest

import service

SIGNUM = os.path.join(service.BUILD, "ksp", "cli", "signum")
PURPOSE = "2.25.331009031232402902669253785180971845198.2"
NONCE = "00112233445566778899aabbccddeeff"


def openssl(*words, cwd=None, data=None):
    return subprocess.run(["openssl", *words], cwd=cwd, input=data, check=True,
                          capture_output=True).stdout


def decode(text):
    return base64.b64decode(text)


def encode(data):
    return base64.b64encode(data).decode()


class World(unittest.TestCase):
    def setUp(self):
        self.service = service.shared()
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def path(self, name):
        return os.path.join(self.folder, name)

    def state(self, name):
        return os.path.join(self.service.state, name)

    def signum(self, *words, user="manager"):
        env = {n: v for n, v in os.environ.items() if not n.startswith("SIGNUM_")}
        with open(self.state("url"), encoding="ascii") as file:
            env["SIGNUM_SERVICE_URL"] = file.read().strip()
        env.update(SIGNUM_CA_FILE=self.state("ca.crt"), SIGNUM_TOKEN=self.service.tokens[user],
                   HOME=self.folder, XDG_CACHE_HOME=self.path("cache"))
        return subprocess.run([SIGNUM, *words], env=env, cwd=self.folder, text=True, timeout=60,
                              capture_output=True)


class Verbs(World):
    def test_csr(self):
        for key, more in (("rsa", ("--scheme", "rsa-pss", "--hash", "sha384")), ("rsa", ()),
                          ("ec256", ("--attestation", "--nonce", NONCE)), ("ec384", ()),
                          ("ec521", ("--no-usage", "--san", "dns:a.b,email:a@b.c"))):
            done = self.signum("csr", "--key", key, "--subject", "CN=x,O=y", *more)
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            checked = subprocess.run(["openssl", "req", "-verify", "-noout", "-text"],
                                     input=done.stdout, text=True, capture_output=True)
            self.assertIn("verify OK", checked.stderr)
            for word, given in (("rsassaPss", "rsa-pss"), ("1.2.840.113549.1.9.16.2.59", NONCE),
                                ("DNS:a.b, email:a@b.c", "--san")):
                self.assertEqual(word in checked.stdout, given in more, (key, word))
            self.assertEqual("Code Signing" in checked.stdout, "--no-usage" not in more)
        done = self.signum("csr", "--key", "rsa", "--subject", "CN=x", "--json")
        openssl("req", "-inform", "DER", "-verify", "-noout",
                data=decode(json.loads(done.stdout)["csr"]))

    def test_refusals(self):
        for words, cause in ((("--key", "rsa", "--subject", "x"), "'subject' must be"),
                             (("--key", "none", "--subject", "CN=x"), "none"),
                             (("--key", "rsa", "--subject", "CN=x", "--scheme", "ecdsa"),
                              "unsupported-algorithm"),
                             (("--key", "rsa", "--subject", "CN=x", "--san", "a"), "san[0]")):
            done = self.signum("csr", *words, "--out", "made.csr")
            self.assertEqual((done.returncode, done.stdout), (1, ""))
            self.assertIn(cause, done.stderr)
            self.assertFalse(os.path.exists(self.path("made.csr")))
        done = self.signum("csr", "--key", "rsa", "--subject", "CN=x", user="bob")
        self.assertEqual(done.returncode, 1)
        done = self.signum("attest", "--key", "rsa", "--nonce", "x")
        self.assertEqual(done.returncode, 1)
        self.assertIn("'nonce' must be", done.stderr)

    def test_attest(self):
        done = self.signum("attest", "--key", "ec256", "--nonce", NONCE)
        evidence = json.loads(decode(json.loads(done.stdout)["evidence"]))
        self.assertEqual((evidence["nonce"], evidence["key"]["name"]), (NONCE, "ec256"))


class Verify(World):
    def setUp(self):
        super().setUp()
        self.good = self.service.get(f"/v1/keys/ec384/attestation?nonce={NONCE}", "manager").json
        key = self.service.get("/v1/keys/ec384", "manager").json
        self.put("key.der", decode(key["spki"]))
        self.put("leaf.der", decode(key["chain"][0]))

    def put(self, name, content):
        with open(self.path(name), "wb") as file:
            file.write(content)

    def verify(self, document, *words, ca=None):
        text = document if isinstance(document, (bytes, str)) else json.dumps(document)
        self.put("file", text.encode() if isinstance(text, str) else text)
        return self.signum("attest", "verify", "file", "--ca-file", ca or self.state("ca.crt"),
                           *words)

    def refuse(self, document, cause, *words, ca=None):
        done = self.verify(document, *words, ca=ca)
        self.assertEqual(done.returncode, 1, done.stdout)
        self.assertIn(cause, done.stderr)
        self.assertNotIn("\nverified", done.stdout)
        return done

    def accept(self, document, *words, ca=None):
        done = self.verify(document, *words, ca=ca)
        self.assertEqual((done.returncode, done.stderr), (0, ""), done.stdout)
        return done.stdout

    def test_the_good_one(self):
        text = self.accept(self.good)
        self.assertEqual(text.count("not asked"), 3)
        text = self.accept(self.good, "--key-spki", "key.der", "--nonce", NONCE, "--max-age", "900",
                           "--require", "local,always-sensitive,never-extractable")
        self.assertNotIn("not asked", text)
        self.accept(self.good, "--certificate", "leaf.der")
        report = json.loads(self.verify(self.good, "--json", "--nonce", NONCE).stdout)
        self.assertIs(report["verified"], True)
        self.assertEqual({c["result"] for c in report["checks"]}, {"ok", "not asked"})
        self.assertEqual(report["origin"], "software token")

    def test_a_bundle_and_a_request(self):
        bundle = self.service.get(f"/v1/keys/ec384/evidence?nonce={NONCE}", "manager").json
        self.put("request.pem", bundle["csr_pem"].encode())
        self.accept(bundle, "--certificate", "request.pem", "--nonce", NONCE)
        out = self.path("bundle")
        self.service.run("key", "evidence", "ec384", "--out", out)
        done = self.signum("attest", "verify", os.path.join(out, "attestation.json"), "--ca-file",
                           os.path.join(out, "ca.pem"), "--certificate",
                           os.path.join(out, "csr.pem"))
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_requirements(self):
        self.refuse(self.good, "not in a hardware device", "--require", "hardware")
        self.refuse(self.good, "another nonce", "--nonce", NONCE[:-1] + "0")
        plain = self.service.get("/v1/keys/ec384/attestation", "manager").json
        self.refuse(plain, "without a nonce", "--nonce", NONCE)
        other = self.service.get("/v1/keys/ec521", "manager").json
        self.put("other.der", decode(other["spki"]))
        self.refuse(self.good, "another public key", "--key-spki", "other.der")
        self.put("other.der", b"x")
        self.refuse(self.good, "no certificate, request or public key", "--key-spki", "other.der")

    def test_another_evidence(self):
        """Whatever is changed in the evidence, the signature is no longer good."""
        for old, new in ((b'"software token"', b'"pkcs11 token"'), (b"hardware_slot\":false",
                         b"hardware_slot\":true"), (b"SoftHSM v2", b"Luna K7"),
                         (b'"local":true', b'"local":false'), (NONCE.encode(), b"f" * 32)):
            document = copy.deepcopy(self.good)
            evidence = decode(document["evidence"])
            self.assertIn(old, evidence)
            document["evidence"] = encode(evidence.replace(old, new))
            done = self.refuse(document, "not what the attestation key has signed")
            self.assertIn("FAILED     signature", done.stdout)
        document = copy.deepcopy(self.good)
        document["signature"] = encode(decode(document["signature"])[:-1])
        self.refuse(document, "not what the attestation key has signed")
        self.accept({**self.good, "origin": "pkcs11 token"})  # not signed, and not read

    def test_not_a_document(self):
        text = json.dumps(self.good)
        for document in (text[:len(text) // 2], "", "[]", "null", b"\xff\xfe", text + "x"):
            self.refuse(document, "it is not a JSON object")
        self.refuse("{}", "it is not an attestation")
        for name, cause in (("evidence", "no evidence"), ("signature", "no signature"),
                            ("chain", "no list of certificates"), ("vendor", "vendor"),
                            ("format", "not an attestation")):
            self.refuse({n: v for n, v in self.good.items() if n != name}, cause)
        self.refuse({**self.good, "chain": []}, "no list of certificates")
        self.refuse({**self.good, "chain": ["MAA="]}, "cannot be read")
        self.refuse({**self.good, "evidence": "e30="}, "another format")
        done = self.signum("attest", "verify", "missing", "--ca-file", self.state("ca.crt"))
        self.assertEqual(done.returncode, 1)
        self.assertIn("missing: cannot be opened", done.stderr)
        self.refuse(self.good, "nowhere: cannot be opened", ca="nowhere")
        self.refuse(self.good, "no certificate in PEM", ca="key.der")

    def forge(self, usage, start="20200101000000Z", end="20990101000000Z", ca=None):
        """A statement signed by a key of the forger, certified by a CA as he wishes."""
        ca_key, ca_cert = ca or (self.state("ca.key"), self.state("ca.crt"))
        extension = "" if usage is None else f"extendedKeyUsage=critical,{usage}\n"
        with open(self.path("ca.conf"), "w", encoding="ascii") as file:
            file.write("[ca]\ndefault_ca=c\n[c]\ndatabase=index\nnew_certs_dir=.\nrand_serial=yes\n"
                       "default_md=sha256\npolicy=p\nunique_subject=no\n[p]\ncommonName=supplied\n"
                       "[e]\nbasicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\n"
                       f"subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid:always\n{extension}")
        self.put("index", b"")
        run = dict(cwd=self.folder)
        openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                "-keyout", "f.key", "-out", "f.csr", "-subj", "/CN=forger", **run)
        openssl("ca", "-batch", "-config", "ca.conf", "-in", "f.csr", "-out", "f.crt", "-cert",
                ca_cert, "-keyfile", ca_key, "-startdate", start, "-enddate", end, "-extensions",
                "e", **run)
        self.put("evidence", decode(self.good["evidence"]))
        return {**self.good,
                "signature": encode(openssl("dgst", "-sha256", "-sign", "f.key", "evidence", **run)),
                "chain": [encode(openssl("x509", "-in", "f.crt", "-outform", "DER", **run)),
                          encode(openssl("x509", "-in", ca_cert, "-outform", "DER"))]}

    def test_certificates_that_are_not_for_this(self):
        self.accept(self.forge(PURPOSE))  # so what follows fails for its own reason
        for usage in (None, "serverAuth", "codeSigning", PURPOSE + ",serverAuth",
                      "anyExtendedKeyUsage", PURPOSE[:-1] + "1"):
            self.refuse(self.forge(usage), "not one of an attestation key")
        self.refuse(self.forge(PURPOSE, end="20210101000000Z"), "certificate has expired")
        self.refuse(self.forge(PURPOSE, start="20980101000000Z"), "not yet valid")

    def test_a_foreign_ca(self):
        openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "o.key", "-out",
                "o.crt", "-subj", "/O=Signum/CN=Signum demo CA", "-addext",
                "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign",
                cwd=self.folder)
        forged = self.forge(PURPOSE, ca=("o.key", self.path("o.crt")))
        self.refuse(forged, "certificate of the attestation key is refused")
        self.accept(forged, ca="o.crt")
        self.refuse(self.good, "certificate of the attestation key is refused", ca="o.crt")
        forged["chain"] = [forged["chain"][0], self.good["chain"][1]]
        self.refuse(forged, "certificate of the attestation key is refused")

    def test_the_service_does_not_use_such_a_certificate(self):
        with open(self.state("attest.key"), "rb") as file:
            self.put("f.key", file.read())
        openssl("req", "-new", "-key", "f.key", "-out", "f.csr", "-subj", "/CN=x", cwd=self.folder)
        made = openssl("x509", "-req", "-in", "f.csr", "-CA", self.state("ca.crt"), "-CAkey",
                       self.state("ca.key"), cwd=self.folder)
        with open(self.state("attest.crt"), "rb") as file:
            before = file.read()
        try:
            with open(self.state("attest.crt"), "wb") as file:
                file.write(made)
            self.assertEqual(self.service.get("/v1/keys/rsa/attestation", "manager").code,
                             "internal")
            self.assertIn("is not one for attestations", self.service.log())
        finally:
            with open(self.state("attest.crt"), "wb") as file:
                file.write(before)

    def test_vendor_evidence_that_is_not_the_attested_one(self):
        evidence = json.loads(decode(self.good["evidence"]))
        data = b"what the vendor signed"
        item = {"kind": "data", "label": "x", "sha256": hashlib.sha256(data).hexdigest()}
        forged = self.forge(PURPOSE)

        def sign(listed, given):
            text = json.dumps({**evidence, "vendor": listed}, separators=(",", ":"),
                              sort_keys=True).encode()
            self.put("evidence", text)
            signature = openssl("dgst", "-sha256", "-sign", "f.key", "evidence", cwd=self.folder)
            return {**forged, "evidence": encode(text), "signature": encode(signature),
                    "vendor": [{"kind": "data", "label": "x", "data": encode(d)} for d in given]}

        self.assertIn("ok         vendor", self.accept(sign([item], [data])))
        self.refuse(sign([item], [data + b"."]), "item 1 of the vendor's evidence")
        self.refuse(sign([item], []), "vendor's evidence is not what the evidence lists")
        self.refuse(sign([], [data]), "vendor's evidence is not what the evidence lists")

    def test_time(self):
        evidence = json.loads(decode(self.good["evidence"]))
        forged = self.forge(PURPOSE)
        for time, words, cause in (("2020-01-01T00:00:00.000Z", ("--max-age", "3600"), "older"),
                                   ("2090-01-01T00:00:00.000Z", (), "still to come"),
                                   ("yesterday", (), "the time in its evidence is not one")):
            self.put("evidence", json.dumps({**evidence, "time": time}).encode())
            signature = openssl("dgst", "-sha256", "-sign", "f.key", "evidence", cwd=self.folder)
            with open(self.path("evidence"), "rb") as file:
                document = {**forged, "evidence": encode(file.read()),
                            "signature": encode(signature)}
            self.refuse(document, cause, *words)
