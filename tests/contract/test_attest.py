"""Attestations, checked by the openssl command."""
import base64
import concurrent.futures
import hashlib
import json
import os
import stat
import subprocess
import tempfile
import unittest

import openapi
import service

TRUE = ("always_sensitive", "local", "never_extractable", "private", "sensitive", "sign", "token")
FALSE = ("decrypt", "extractable", "unwrap")


class Attest(unittest.TestCase):
    def setUp(self):
        self.service = service.shared()
        self.addCleanup(self.service.set_faults, "")

    def get(self, key="rsa", user="alice"):
        return self.service.get(f"/v1/keys/{key}/attestation", user)

    def check_by_openssl(self, answer):
        """Chain up to the CA of the state folder, then the signature; gives the evidence."""
        evidence = base64.b64decode(answer["evidence"])
        with tempfile.TemporaryDirectory() as folder:
            def run(*words):
                return subprocess.run(["openssl", *words], cwd=folder, check=True,
                                      capture_output=True).stdout
            for name, data in (("leaf", answer["chain"][0]), ("ca", answer["chain"][1]),
                               ("signature", answer["signature"]),
                               ("evidence", answer["evidence"])):
                with open(os.path.join(folder, name), "wb") as file:
                    file.write(base64.b64decode(data))
            ca = os.path.join(self.service.state, "ca.crt")
            self.assertEqual(run("x509", "-in", ca, "-outform", "DER"),
                             base64.b64decode(answer["chain"][1]))
            run("verify", "-x509_strict", "-purpose", "any", "-CAfile", ca, "leaf")
            text = run("x509", "-in", "leaf", "-noout", "-ext", "extendedKeyUsage").decode()
            self.assertIn("2.25.331009031232402902669253785180971845198.2", text)
            with open(os.path.join(folder, "pem"), "wb") as file:
                file.write(run("x509", "-in", "leaf", "-noout", "-pubkey"))
            run("dgst", "-sha256", "-verify", "pem", "-signature", "signature", "evidence")
            with open(os.path.join(folder, "evidence"), "ab") as file:
                file.write(b" ")
            with self.assertRaises(subprocess.CalledProcessError):
                run("dgst", "-sha256", "-verify", "pem", "-signature", "signature", "evidence")
        return evidence

    def check_by_pkcs11_tool(self, value, algorithm):
        """Token and library, as another program reads them."""
        slots = self.service.pkcs11_tool("--list-token-slots")
        token = value["token"]
        for name, expected in (("token manufacturer", token["manufacturer"]),
                               ("token model", token["model"]), ("serial num", token["serial"])):
            self.assertRegex(slots, rf"{name} +: {expected}\n")
        self.assertRegex(slots, rf"firmware version *: {token['firmware']}\n")
        self.assertIn(f"(ver {value['library']['version']})", self.service.pkcs11_tool("--show-info"))
        self.assertEqual(value["key_gen_mechanism"], {"rsa": "CKM_RSA_PKCS_KEY_PAIR_GEN",
                                                      "ecdsa": "CKM_EC_KEY_PAIR_GEN"}[algorithm])

    def check(self, answer, key):
        evidence = self.check_by_openssl(answer)
        value = json.loads(evidence)
        openapi.validate(value, openapi.DOCUMENT["components"]["schemas"]["Evidence"])
        canonical = json.dumps(value, sort_keys=True, separators=(",", ":"))
        self.assertEqual(evidence, canonical.encode())
        self.assertEqual(value["key"], {n: key[n] for n in ("id", "name", "version")})
        self.assertEqual(value["spki_sha256"],
                         hashlib.sha256(base64.b64decode(key["spki"])).hexdigest())
        self.assertEqual(value["attributes"], {**dict.fromkeys(TRUE, True),
                                               **dict.fromkeys(FALSE, False)})
        self.assertEqual(value["token"]["label"], "signum")
        self.assertIn("SoftHSM", value["token"]["manufacturer"])
        self.assertEqual((answer["origin"], value["origin"]), ("software token",) * 2)
        self.assertFalse(value["token"]["hardware_slot"])
        self.check_by_pkcs11_tool(value, key["algorithm"])
        with open(service.FAULTS, "rb") as file:
            module = file.read()
        self.assertEqual(value["module"], {"file": os.path.basename(service.FAULTS),
                                           "sha256": hashlib.sha256(module).hexdigest()})
        self.assertEqual((value["vendor"], answer["vendor"]), ([], []))
        self.assertEqual(answer["protection"],
                         {"local": True, "always_sensitive": True, "never_extractable": True,
                          "sensitive": True, "extractable": False})

    def test_every_kind_of_key(self):
        for name in ("rsa", "ec256", "ec384", "ec521"):
            key = self.service.get("/v1/keys/" + name, "alice").json
            answer = self.get(name)
            self.check(answer.json, key)
            record = self.service.audit()[-1]["record"]
            evidence = base64.b64decode(answer.json["evidence"])
            self.assertEqual((record["action"], record["user"], record["key"]),
                             ("key.attest", "alice", name))
            self.assertEqual(record["evidence_sha256"], hashlib.sha256(evidence).hexdigest())

    def test_nonce(self):
        for nonce in ("12345678", "a" * 128, "aZ09_-bb"):
            answer = self.service.get(f"/v1/keys/rsa/attestation?nonce={nonce}", "alice").json
            self.assertEqual(json.loads(base64.b64decode(answer["evidence"]))["nonce"], nonce)
        for nonce in ("", "1234567", "a" * 129, "12345678%22", "1234%205678", "%C3%A4" * 8):
            answer = self.service.get(f"/v1/keys/rsa/attestation?nonce={nonce}", "alice")
            self.assertEqual((answer.code, answer.json["field"]), ("bad-request", "nonce"))
        self.assertIsNone(json.loads(base64.b64decode(self.get().json["evidence"]))["nonce"])

    def test_another_program_cannot_take_the_key_either(self):
        """With the PIN: pkcs11-tool sees the protection, and PKCS#11 gives no private value."""
        done = self.service.pkcs11_tool("--login", "--list-objects", "--type", "privkey")
        access = [line.split(":")[1] for line in done.splitlines() if "Access:" in line]
        self.assertGreaterEqual(len(access), 5)
        for line in access:
            self.assertEqual({word.strip() for word in line.split(",")},
                             {"sensitive", "always sensitive", "never extractable", "local"})
        found = self.service.pkcs11_values()
        self.assertLessEqual({"rsa", "ec256", "ec384", "ec521"}, set(found))
        for label, answers in found.items():
            secret = ("private_exponent", "prime_1") if label == "rsa" else ("value",)
            for name in secret:
                self.assertEqual(answers[name], 0x11, (label, name))  # CKR_ATTRIBUTE_SENSITIVE
            for name in ("set_extractable", "set_insensitive"):
                self.assertNotEqual(answers[name], 0, (label, name))
            self.assertEqual(answers["key_type"], 0)  # so the refusals are no mistake in the call

    def test_who(self):
        for user, status in (("alice", 200), ("bob", 403), ("auditor", 200), ("manager", 200),
                             ("admin", 200)):
            self.assertEqual(self.get("rsa", user).status, status, user)
        self.assertEqual(self.get("other", "alice").code, "denied")
        self.assertEqual(self.service.audit()[-1]["record"]["decision"], "deny")
        self.assertEqual(self.get("none", "alice").code, "key-not-found")
        self.assertEqual(self.get("a%20b", "alice").code, "bad-request")

    def test_what_the_token_says_is_told(self):
        self.service.set_faults("C_GetAttributeValue corrupt 1\n")
        answer = self.get().json
        self.assertTrue(answer["protection"]["extractable"])
        self.assertTrue(json.loads(self.check_by_openssl(answer))["attributes"]["extractable"])

    def test_failures(self):
        self.service.set_faults("C_FindObjects 0x30 -1\n")
        self.assertEqual(self.get().code, "hsm-unavailable")
        self.service.set_faults("")
        self.assertTrue(service.wait_for(lambda: self.get().status == 200))
        self.service.set_faults("C_GetAttributeValue 0x32 1\n")
        self.assertEqual(self.get().status, 200)
        self.service.sql("ALTER TABLE audit_head RENAME TO gone")
        try:
            answer = self.get()
            self.assertEqual(answer.code, "internal")
            self.assertNotIn(b"evidence", answer.body)
        finally:
            self.service.sql("ALTER TABLE gone RENAME TO audit_head")

    def test_another_public_key_is_noticed(self):
        rows = self.service.sql("SELECT hex(spki) FROM keys WHERE name IN ('ec256', 'other') "
                                "ORDER BY name")
        self.service.sql(f"UPDATE keys SET spki = x'{rows[1][0]}' WHERE name = 'ec256'")
        try:
            self.assertEqual(self.get("ec256").code, "internal")
        finally:
            self.service.sql(f"UPDATE keys SET spki = x'{rows[0][0]}' WHERE name = 'ec256'")
        self.assertEqual(self.get("ec256").status, 200)

    def files(self):
        return [os.path.join(self.service.state, "attest" + end) for end in (".key", ".crt")]

    def read_files(self):
        return [open(path, "rb").read() for path in self.files()]

    def test_an_old_state_folder(self):
        key = self.service.get("/v1/keys/ec256", "alice").json
        before = self.read_files()
        for missing in ((0, 1), (0,), (1,)):
            for index in missing:
                os.unlink(self.files()[index])
            with concurrent.futures.ThreadPoolExecutor(4) as pool:
                answers = list(pool.map(lambda _: self.get("ec256"), range(4)))
            for answer in answers:
                self.check(answer.json, key)
            self.assertEqual(len({a.json["chain"][0] for a in answers}), 1)
            after = self.read_files()
            self.assertNotEqual(after, before)
            self.assertEqual(stat.S_IMODE(os.stat(self.files()[0]).st_mode), 0o600)
            before = after
        actions = [r["record"]["action"] for r in self.service.audit()]
        self.assertEqual(actions.count("attest.init"), 3)

    def test_files_that_do_not_fit(self):
        before = self.read_files()
        with open(os.path.join(self.service.state, "tls.crt"), "rb") as file:
            other = file.read()
        with open(self.files()[1], "wb") as file:
            file.write(other)
        try:
            self.assertEqual(self.get().code, "internal")
            self.assertIn("do not belong together", self.service.log())
        finally:
            with open(self.files()[1], "wb") as file:
                file.write(before[1])
        self.assertEqual(self.get().status, 200)

    def test_command(self):
        key = self.service.get("/v1/keys/rsa", "alice").json
        self.check(json.loads(self.service.run("key", "attest", "rsa")), key)
        nonce = json.loads(self.service.run("key", "attest", "rsa", "--nonce", "abcd1234"))
        self.assertEqual(json.loads(base64.b64decode(nonce["evidence"]))["nonce"], "abcd1234")
        bad = self.service.run("key", "attest", "rsa", "--nonce", "short", check=False)
        self.assertEqual(bad.returncode, 2)
        out = os.path.join(self.service.folder, "attestation.json")
        self.service.run("key", "attest", "rsa", "--out", out)
        with open(out, encoding="ascii") as file:
            value = json.load(file)
        openapi.validate(value, openapi.DOCUMENT["components"]["schemas"]["Attestation"])
        self.check(value, key)
        self.assertEqual(self.service.audit()[-1]["record"]["user"], None)
        self.assertEqual(self.service.run("key", "attest", "none", check=False).returncode, 1)
