"""Signatures, checked by the openssl command; idempotency; parallel requests."""
import base64
import concurrent.futures
import hashlib
import os
import subprocess
import tempfile
import unittest
import uuid

import service

HASHES = ["sha1", "sha256", "sha384", "sha512"]


def der_of(raw):
    """r||s as the SEQUENCE of two INTEGERs that openssl reads."""
    half = len(raw) // 2
    body = b""
    for part in (raw[:half], raw[half:]):
        number = int.from_bytes(part, "big")
        text = number.to_bytes(number.bit_length() // 8 + 1, "big")
        body += bytes([2, len(text)]) + text
    return (b"\x30" + bytes([len(body)]) if len(body) < 128 else b"\x30\x81" + bytes([len(body)])) + body


def recover(spki, signature):
    """What openssl finds in a PKCS#1 signature under the padding."""
    with tempfile.TemporaryDirectory() as folder:
        key, data = os.path.join(folder, "key"), os.path.join(folder, "signature")
        for path, content in ((key, base64.b64decode(spki)), (data, signature)):
            with open(path, "wb") as file:
                file.write(content)
        return subprocess.run(["openssl", "pkeyutl", "-verifyrecover", "-pubin", "-keyform", "DER",
                               "-inkey", key, "-in", data, "-pkeyopt", "rsa_padding_mode:pkcs1"],
                              check=True, capture_output=True).stdout


def verify(spki, digest, signature, options):
    """True if openssl says that the signature is right."""
    with tempfile.TemporaryDirectory() as folder:
        paths = [os.path.join(folder, n) for n in ("key", "digest", "signature")]
        for path, data in zip(paths, (base64.b64decode(spki), digest, signature)):
            with open(path, "wb") as file:
                file.write(data)
        line = ["openssl", "pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-inkey", paths[0],
                "-in", paths[1], "-sigfile", paths[2]]
        for option in options:
            line += ["-pkeyopt", option]
        return subprocess.run(line, capture_output=True).returncode == 0


class Sign(unittest.TestCase):
    def setUp(self):
        self.service = service.shared()

    def check(self, key, digest, options, **members):
        spki = self.service.get("/v1/keys/" + key, "alice").json["spki"]
        answer = self.service.sign(key, "alice", digest, **members)
        self.assertEqual(answer.status, 200, answer.body)
        signature = base64.b64decode(answer.json["signature"])
        if key.startswith("ec"):
            self.assertEqual(len(signature), 2 * ((int(key[2:]) + 7) // 8))
            signature = der_of(signature)
        self.assertTrue(verify(spki, digest, signature, options), (key, members))
        wrong = bytes([digest[0] ^ 1]) + digest[1:]
        self.assertFalse(verify(spki, wrong, signature, options), (key, members))

    def test_pkcs1(self):
        for name in HASHES:
            digest = hashlib.new(name, b"data").digest()
            self.check("rsa", digest, ["rsa_padding_mode:pkcs1", "digest:" + name], hash=name)

    def test_pkcs1_as_it_is(self):
        spki = self.service.get("/v1/keys/rsa", "alice").json["spki"]
        for length in (1, 20, 32, 51, 245):
            data = os.urandom(length)
            answer = self.service.sign("rsa", "alice", data, hash="none")
            self.assertEqual(answer.status, 200, answer.body)
            self.assertEqual(recover(spki, base64.b64decode(answer.json["signature"])), data)

    def test_pss(self):
        for name in HASHES:
            digest = hashlib.new(name, b"data").digest()
            for salt in (0, 7, len(digest), 256 - len(digest) - 2):
                self.check("rsa", digest,
                           ["rsa_padding_mode:pss", "digest:" + name, f"rsa_pss_saltlen:{salt}",
                            "rsa_mgf1_md:" + name], scheme="rsa-pss", hash=name, salt=salt)

    def test_ecdsa(self):
        for key in ("ec256", "ec384", "ec521"):
            for name in HASHES:
                self.check(key, hashlib.new(name, b"data").digest(), [], scheme="ecdsa", hash=name)

    def test_unsupported(self):
        digest = bytes(32)
        for key, members in (("rsa", {"scheme": "ecdsa"}), ("ec256", {}),
                             ("ec256", {"scheme": "rsa-pss"}), ("rsa", {"scheme": "ml-dsa"}),
                             ("rsa", {"hash": "md5"}), ("ec256", {"scheme": "ecdsa", "hash": "none"}),
                             ("rsa", {"scheme": "rsa-pss", "hash": "none"}),
                             ("rsa", {"scheme": "rsa-pss", "salt": 223})):
            answer = self.service.sign(key, "alice", digest, **members)
            self.assertEqual(answer.code, "unsupported-algorithm", (key, members))
        self.assertEqual(self.service.sign("rsa", "alice", bytes(246), hash="none").code,
                         "unsupported-algorithm")

    def test_refusals(self):
        digest = bytes(32)
        self.assertEqual(self.service.sign("other", "alice", digest).code, "denied")
        self.assertEqual(self.service.sign("rsa", "bob", digest).code, "denied")
        self.assertEqual(self.service.sign("rsa", "admin", digest).code, "denied")
        self.assertEqual(self.service.sign("none", "alice", digest).code, "key-not-found")
        self.assertEqual(self.service.sign("rsa", "alice", digest, version=2).code,
                         "version-mismatch")
        self.assertEqual(self.service.sign("rsa", "alice", digest, version=1).status, 200)

    def test_disabled_key(self):
        self.service.sql("UPDATE keys SET is_enabled = 0 WHERE name = 'ec256'")
        try:
            answer = self.service.sign("ec256", "alice", bytes(32), scheme="ecdsa")
            self.assertEqual(answer.code, "key-disabled")
            self.assertEqual(self.service.get("/v1/keys/ec256", "alice").json["state"], "disabled")
        finally:
            self.service.sql("UPDATE keys SET is_enabled = 1 WHERE name = 'ec256'")

    def test_replay(self):
        value = str(uuid.uuid4())
        sign = lambda **more: self.service.sign("ec256", "alice", bytes(32), scheme="ecdsa",
                                                idempotency=value, **more)
        first, second = sign(), sign()
        self.assertEqual(first.body, second.body)
        self.assertNotIn("Idempotent-Replayed", first.headers)
        self.assertEqual(second.headers["Idempotent-Replayed"], "true")
        self.assertEqual(sign(reason="another body").code, "idempotency-mismatch")
        fresh = self.service.sign("ec256", "alice", bytes(32), scheme="ecdsa")
        self.assertNotEqual(fresh.json["signature"], first.json["signature"])
        records = [r for r in self.service.audit() if r["index"] >= first.json["audit"]["index"]]
        signed = [r for r in records if r["record"].get("outcome") == "signed"]
        self.assertEqual(len(signed), 2)

    def test_replay_is_per_user_and_key_and_needs_the_rule(self):
        value = str(uuid.uuid4())
        one = self.service.sign("ec256", "alice", bytes(32), scheme="ecdsa", idempotency=value)
        two = self.service.sign("ec384", "alice", bytes(32), scheme="ecdsa", idempotency=value)
        self.assertNotIn("Idempotent-Replayed", two.headers)
        self.service.run("policy", "remove", "alice-ec256")
        try:
            again = self.service.sign("ec256", "alice", bytes(32), scheme="ecdsa",
                                      idempotency=value)
            self.assertEqual(again.code, "denied")
        finally:
            self.service.run("policy", "allow", "alice-ec256", "--user", "alice", "--key", "ec256")
        self.assertEqual(one.status, 200)

    def test_parallel(self):
        def work(number):
            connection = self.service.connect()
            done = []
            for i in range(8):
                digest = hashlib.sha256(f"{number} {i}".encode()).digest()
                answer = self.service.sign("ec256", "alice", digest, scheme="ecdsa",
                                           connection=connection)
                done.append((answer.status, answer.json["audit"]["index"], digest.hex()))
            connection.close()
            return done

        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            rows = [row for part in pool.map(work, range(8)) for row in part]
        self.assertEqual({row[0] for row in rows}, {200})
        self.assertEqual(len({row[1] for row in rows}), 64)
        records = {r["index"]: r["record"] for r in self.service.audit()}
        for _, index, digest in rows:
            self.assertEqual(records[index]["digest"], digest)
        self.service.run("audit", "verify")
