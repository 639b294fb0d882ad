"""The demo CA: what it has issued and revoked, its lists, and warnings of certificates that end."""
import base64
import datetime
import json
import os
import subprocess
import tempfile
import unittest

import service

JSON = {"Content-Type": "application/json"}


def openssl(*words, check=True, text=None):
    done = subprocess.run(["openssl", *words], capture_output=True, input=text, check=False)
    if check and done.returncode != 0:
        raise AssertionError(f"openssl {words}: {done.stderr}")
    return done


class Ca(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.service = service.Service()
        cls.addClassCleanup(cls.service.close)
        for name in ("one", "two", "short"):
            cls.service.run("key", "create", name, "--algorithm", "ecdsa")
        cls.service.add_user("manager", "key-manager")
        cls.service.run("cert", "issue", "one")
        cls.service.run("cert", "issue", "short", "--days", "5")
        cls.service.start()

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def path(self, name):
        return os.path.join(self.folder, name)

    def listed(self):
        return {c["serial"]: c for c in json.loads(self.service.run("cert", "list", "--json"))["certificates"]}

    def get(self, what):
        answer = self.service.get("/v1/ca/" + what)
        self.assertEqual(answer.headers["Cache-Control"], "public, max-age=3600")
        with open(self.path(what), "wb") as file:
            file.write(answer.body)
        return answer

    def crl(self):
        """The list as openssl tells it, and as a PEM file."""
        self.assertEqual(self.get("crl").headers["Content-Type"], "application/pkix-crl")
        openssl("crl", "-inform", "DER", "-in", self.path("crl"), "-out", self.path("crl.pem"))
        return openssl("crl", "-in", self.path("crl.pem"), "-noout", "-text").stdout.decode()

    def verify(self, key, *more):
        """What openssl says of the key's certificate by the list that was fetched last."""
        chain = self.service.get("/v1/keys/" + key, "manager").json["chain"]
        with open(self.path("leaf.der"), "wb") as file:
            file.write(base64.b64decode(chain[0]))
        openssl("x509", "-inform", "DER", "-in", self.path("leaf.der"), "-out", self.path("leaf.pem"))
        done = openssl("verify", "-crl_check", "-CAfile", os.path.join(self.service.state, "ca.crt"), "-CRLfile",
                       self.path("crl.pem"), *more, self.path("leaf.pem"), check=False)
        return (done.stdout + done.stderr).decode()

    def test_certificate(self):
        self.assertEqual(self.get("certificate").headers["Content-Type"], "application/pkix-cert")
        der = openssl("x509", "-in", os.path.join(self.service.state, "ca.crt"), "-outform", "DER").stdout
        with open(self.path("certificate"), "rb") as file:
            self.assertEqual(file.read(), der)

    def test_revocation(self):
        self.service.run("key", "create", "gone", "--algorithm", "ecdsa")
        self.service.run("cert", "issue", "gone")
        self.crl()
        self.assertIn(": OK", self.verify("gone"))
        self.assertEqual(openssl("crl", "-in", self.path("crl.pem"), "-noout", "-verify", "-CAfile",
                                 os.path.join(self.service.state, "ca.crt")).stderr, b"verify OK\n")
        text = self.service.run("cert", "revoke", "gone", "--reason", "keyCompromise")
        serial = text.split()[1]
        text = self.crl()
        self.assertIn("Key Compromise", text)
        self.assertIn(serial, text)
        self.assertIn("certificate revoked", self.verify("gone"))
        self.assertIn(": OK", self.verify("one"))
        later = int((datetime.datetime.now() + datetime.timedelta(days=8)).timestamp())
        self.assertIn("CRL has expired", self.verify("one", "-attime", str(later)))
        self.assertEqual((self.listed()[serial]["state"], self.listed()[serial]["reason"]),
                         ("revoked", "keyCompromise"))
        for which in ("gone", serial.lower()):
            self.assertEqual(self.service.run("cert", "revoke", which, check=False).returncode, 1)
        actions = [r["record"]["action"] for r in self.service.audit()]
        self.assertLess(actions.index("ca.issue"), actions.index("ca.revoke"))

    def test_numbers(self):
        def number():
            lines = self.crl().splitlines()
            return int(lines[[i for i, l in enumerate(lines) if "CRL Number" in l][0] + 1])

        first = number()
        self.assertEqual(number(), first)
        self.service.run("cert", "crl", "--days", "30", "--out", self.path("out.crl"))
        self.assertEqual(number(), first + 1)
        with open(self.path("out.crl"), "rb") as out, open(self.path("crl"), "rb") as got:
            self.assertEqual(out.read(), got.read())
        self.service.sql("UPDATE crl SET this_update = this_update - 30 * 86400, next_update = next_update - 29 * 86400")
        self.assertEqual(number(), first + 2)

    def test_without_the_ca(self):
        self.crl()
        state = self.service.state
        for name in ("ca.key", "ca.crt"):
            os.rename(os.path.join(state, name), self.path(name))
        try:
            self.assertEqual(self.service.get("/v1/ca/certificate").code, "not-found")
            with open(self.path("crl"), "rb") as file:
                self.assertEqual(self.get("crl").body, file.read())
            self.service.sql("UPDATE crl SET der = NULL")
            self.assertEqual(self.service.get("/v1/ca/crl").code, "not-found")
            with open(os.path.join(state, "ca.crt"), "w", encoding="ascii") as file:
                file.write("nonsense")
            self.assertEqual(self.service.get("/v1/ca/certificate").code, "internal")
            self.service.sql("ALTER TABLE crl RENAME TO away")
            self.assertEqual(self.service.get("/v1/ca/crl").code, "internal")
            self.service.sql("ALTER TABLE away RENAME TO crl")
        finally:
            for name in ("ca.key", "ca.crt"):
                os.replace(self.path(name), os.path.join(state, name))

    def test_list_and_bad_calls(self):
        rows = [c for c in self.listed().values() if c["key"] == "short"]
        self.assertEqual([(c["version"], c["state"], c["subject"]) for c in rows], [(1, "valid", "CN=short")])
        self.assertIn(rows[0]["serial"], self.service.run("cert", "list"))
        for words, code in ((("revoke", "two"), 1), (("revoke", "none"), 1), (("revoke", "00FF"), 1),
                            (("revoke", "one", "--reason", "why"), 2), (("crl", "--days", "0"), 2),
                            (("crl", "--days", "366"), 2), (("revoke",), 2),
                            (("crl", "--out", "/nonexistent/x"), 1)):
            self.assertEqual(self.service.run("cert", *words, check=False).returncode, code, words)

    def test_a_certificate_from_before_the_records(self):
        self.service.run("key", "create", "old", "--algorithm", "ecdsa")
        self.service.run("cert", "issue", "old")
        self.service.sql("DELETE FROM issued WHERE key = 'old'")
        serial = self.service.run("cert", "revoke", "old").split()[1]
        self.crl()
        self.assertIn("certificate revoked", self.verify("old"))
        self.assertEqual(self.listed()[serial]["key"], "old")

    def test_distribution_point(self):
        url = "http://crl.example.com/demo.crl?a=b"
        self.service.run("key", "create", "pointing", "--algorithm", "ecdsa")
        self.service.change_settings(crl_url=url)
        try:
            self.service.run("cert", "issue", "pointing", "--out", self.path("x.der"))
            for bad in ("ftp://x/y", "http://x/a,b", "http://x/ y", 'http://x/"', "x" * 2000):
                self.service.change_settings(crl_url=bad)
                self.assertEqual(self.service.run("cert", "list", check=False).returncode, 1, bad)
        finally:
            self.service.change_settings(crl_url="")
        self.assertIn("URI:" + url, openssl("x509", "-inform", "DER", "-in", self.path("x.der"), "-noout", "-ext",
                                            "crlDistributionPoints").stdout.decode())

    def test_key_object(self):
        answer = self.service.get("/v1/keys/short", "manager")
        shown = answer.json["certificate"]
        self.assertEqual((shown["subject"], shown["warnings"]), ("CN=short", []))
        self.assertEqual(shown["days_left"], 4)
        self.assertIn(shown["serial"], self.listed())
        self.assertNotIn("certificate", self.service.get("/v1/keys/two", "manager").json)
        lines = {l.split()[0]: l for l in self.service.run("key", "list").splitlines()}
        self.assertIn("days left 4", lines["short"])
        self.assertNotIn("days left", lines["two"])

        def names(days):
            return [k["name"] for k in self.service.get(f"/v1/keys?expiring_within={days}", "manager").json["keys"]]

        self.assertEqual((names(4), names(5)), ([], ["short"]))
        self.assertIn("one", names(365))
        self.assertNotIn("two", names(36500))
        for bad in ("-1", "x", "36501", ""):
            self.assertEqual(self.service.get(f"/v1/keys?expiring_within={bad}", "manager").json["field"],
                             "expiring_within")

    def test_warnings_at_start(self):
        def records():
            return [r["record"] for r in self.service.audit() if r["record"]["action"].startswith("certificate.")
                    and r["record"]["key"] == "short"]

        self.assertTrue(service.wait_for(lambda: len(records()) == 1))
        self.assertEqual(records()[0]["action"], "certificate.expiring")
        self.assertIn(records()[0]["days_left"], ("4", "5"))  # 5 in the second in which it was issued
        self.assertIn("the certificate of key short ends in", self.service.log())
        self.assertNotIn("the certificate of key one ends", self.service.log())
        self.service.stop()
        self.service.start()
        self.assertTrue(service.wait_for(lambda: self.service.log().count("key short ends in") >= 2))
        self.assertEqual(len(records()), 1)

    def made(self, key, days, extensions, *more):
        """A certificate for a key that a CA outside made of the request of a version."""
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout",
                self.path("k"), "-out", self.path("c"), "-days", "30", "-subj", "/CN=outside")
        answer = self.service.post(f"/v1/keys/{key}", "manager", {"subject": "/CN=outside"}, *more)
        with open(self.path("csr"), "w", encoding="ascii") as file:
            file.write(answer.json["pem"])
        with open(self.path("ext"), "w", encoding="ascii") as file:
            file.write(extensions)
        openssl("x509", "-req", "-in", self.path("csr"), "-CA", self.path("c"), "-CAkey", self.path("k"),
                "-CAcreateserial", "-days", str(days), "-extfile", self.path("ext"), "-out", self.path("leaf"))
        return openssl("x509", "-in", self.path("leaf"), "-outform", "DER").stdout

    def give(self, key, der):
        return self.service.post(f"/v1/keys/{key}/certificates", "manager",
                                 {"chain": [base64.b64encode(der).decode()]}).json["certificate"]

    def test_warnings_on_import(self):
        good = "extendedKeyUsage=codeSigning"
        self.assertEqual(self.give("two", self.made("two/csr", 10, good))["warnings"], [])
        plain = self.give("two", self.made("two/csr", 10, "keyUsage=digitalSignature"))
        self.assertEqual(plain["warnings"], ["not-for-code-signing"])
        self.made("two/csr", -1, "extendedKeyUsage=serverAuth")
        done = self.service.run("cert", "import", "two", self.path("leaf"), check=False)
        self.assertEqual(done.returncode, 0)
        self.assertIn("is not valid any more", done.stderr)
        self.assertIn("codeSigning", done.stderr)
        shown = self.service.get("/v1/keys/two", "manager").json["certificate"]
        self.assertEqual(shown["warnings"], ["expired", "not-for-code-signing"])
        self.assertLess(shown["days_left"], 0)
        self.service.run("cert", "remove", "two")

    def test_a_version_that_waits(self):
        self.service.run("key", "create", "turning", "--algorithm", "ecdsa")
        pending = self.service.post("/v1/keys/turning/rotate", "manager", {}).json
        first = self.service.post("/v1/keys/turning/csr", "manager", {"subject": "/CN=x"}).json
        self.assertEqual(first["key"]["version"], 1)
        told = self.service.get("/v1/keys/turning/attestation?version=2", "manager")
        self.assertEqual(told.status, 200)
        self.assertEqual(self.service.get("/v1/keys/turning/evidence?version=2", "manager").status, 200)
        der = self.made("turning/csr?version=2", 90, "extendedKeyUsage=codeSigning")
        spki = openssl("x509", "-inform", "DER", "-noout", "-pubkey", text=der).stdout
        self.assertEqual(openssl("pkey", "-pubin", "-outform", "DER", text=spki).stdout,
                         base64.b64decode(pending["spki"]))
        self.give("turning", der)
        self.assertEqual(self.service.get("/v1/keys/turning", "manager").json["version"], 2)
        for path in ("attestation", "evidence"):
            self.assertEqual(self.service.get(f"/v1/keys/turning/{path}?version=9", "manager").code, "key-not-found")
        self.service.run("key", "disable", "turning")
        self.assertEqual(self.service.get("/v1/keys/turning/evidence", "manager").code, "key-disabled")
