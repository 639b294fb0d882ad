"""Keys on the token, as pkcs11-tool sees them."""
import os
import subprocess
import unittest

import service


class Token(unittest.TestCase):
    def setUp(self):
        self.service = service.shared()
        with open(os.path.join(self.service.state, "token.pin"), encoding="ascii") as file:
            self.pin = file.read()

    def tool(self, *words):
        env = dict(os.environ, SOFTHSM2_CONF=os.path.join(self.service.state, "softhsm2.conf"))
        return subprocess.run(["pkcs11-tool", "--module", service.softhsm(), "--token-label",
                               "signum", "--login", "--pin", self.pin, *words],
                              env=env, capture_output=True, text=True, timeout=60)

    def test_private_keys_cannot_be_extracted(self):
        done = self.tool("--list-objects", "--type", "privkey")
        blocks = done.stdout.split("Private Key Object")[1:]
        self.assertEqual(len(blocks), 5)
        for block in blocks:
            self.assertIn("sensitive, always sensitive, never extractable, local", block)
            self.assertRegex(block, r"Usage:\s+sign\n")
        for name in ("rsa", "ec256"):
            out = os.path.join(self.service.folder, "stolen")
            read = self.tool("--read-object", "--type", "privkey", "--label", name, "-o", out)
            self.assertEqual((read.stdout, os.path.exists(out)), ("", False), read.stderr)

    def test_adopt(self):
        made = self.tool("--keypairgen", "--key-type", "EC:secp256r1", "--label", "brought",
                         "--id", "0102", "--usage-sign", "--sensitive")
        self.assertEqual(made.returncode, 0, made.stderr)
        self.service.run("key", "adopt", "brought", "--label", "brought")
        self.service.run("policy", "allow", "alice-brought", "--user", "alice", "--key", "brought")
        answer = self.service.sign("brought", "alice", bytes(32), scheme="ecdsa")
        self.assertEqual(answer.status, 200)
        self.assertIsNone(answer.json["certificate_sha256"])
        self.assertEqual(self.service.run("key", "adopt", "x", "--label", "no", check=False)
                         .returncode, 1)
        self.service.run("policy", "remove", "alice-brought")
        self.service.sql("DELETE FROM keys WHERE name = 'brought'")
        for kind in ("privkey", "pubkey"):
            self.tool("--delete-object", "--type", kind, "--label", "brought")

    def test_extractable_key_is_not_adopted(self):
        made = self.tool("--keypairgen", "--key-type", "EC:secp256r1", "--label", "open", "--id",
                         "0304", "--usage-sign", "--extractable")
        self.assertEqual(made.returncode, 0, made.stderr)
        done = self.service.run("key", "adopt", "open", "--label", "open", check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("CKA_", done.stderr)
        for kind in ("privkey", "pubkey"):
            self.tool("--delete-object", "--type", kind, "--label", "open")
