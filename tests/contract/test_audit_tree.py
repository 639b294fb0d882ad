"""Checkpoints and proofs of the audit log, judged by openssl and by merkle.py."""
import base64
import json
import os
import stat
import subprocess
import tempfile
import unittest

import merkle
import openapi
import service

PROOFS = os.path.join(service.BUILD, "tests", "support", "audit_proofs")
SIZE = 70


class Tree(unittest.TestCase):
    def setUp(self):
        self.service = service.shared()
        self.vkey = self.service.run("audit", "key")

    def leaves(self):
        rows = self.service.sql("SELECT body FROM audit ORDER BY idx")
        return [merkle.leaf_hash(body.encode()) for body, in rows]

    def checkpoint(self):
        return self.service.get("/v1/audit/checkpoint", "auditor").body

    def path(self, name):
        return os.path.join(self.service.folder, name)

    def verify(self, *words):
        return self.service.run("audit", "verify", *words, check=False)

    def test_key(self):
        answer = self.service.get("/v1/audit/key")
        self.assertEqual(answer.body.decode(), self.vkey)
        name, _, _ = merkle.key_of(self.vkey)
        self.assertIn("/audit/", name)
        mode = os.stat(os.path.join(self.service.state, "audit.key")).st_mode
        self.assertEqual(stat.S_IMODE(mode), 0o600)
        first = self.service.audit()[0]["record"]
        self.assertEqual((first["action"], first["audit_key"]), ("state.init", self.vkey.strip()))

    def test_roles(self):
        for path in ("checkpoint", "proof/inclusion?index=0", "proof/consistency?from=1"):
            for user, status in (("auditor", 200), ("admin", 200), ("alice", 403), (None, 401)):
                answer = self.service.get("/v1/audit/" + path, user)
                self.assertEqual(answer.status, status, (path, user))

    def test_checkpoint(self):
        origin, size, root = merkle.open_checkpoint(self.checkpoint(), self.vkey)
        leaves = self.leaves()
        self.assertEqual((origin, size), (merkle.key_of(self.vkey)[0], len(leaves)))
        self.assertEqual(root, merkle.tree_hash(leaves))
        printed = self.service.run("audit", "checkpoint").encode()
        self.assertEqual(merkle.open_checkpoint(printed, self.vkey), (origin, size, root))

    def test_the_documented_commands(self):
        """docs/audit.md: a checkpoint is verified, and a record hashed, with openssl alone."""
        with open(os.path.join(openapi.ROOT, "docs", "audit.md"), encoding="utf-8") as file:
            commands = file.read().split("## With openssl")[1]
        blocks = [[line[4:] for line in block.split("\n") if line.startswith("    ")]
                  for block in commands.split("\n\n")]
        first, second = ["\n".join(block) for block in blocks if block]
        body, = self.service.sql("SELECT body FROM audit WHERE idx = 0")[0]
        with tempfile.TemporaryDirectory() as folder:
            for name, content in (("note.txt", self.checkpoint()), ("vkey.txt", self.vkey.encode()),
                                  ("record.json", body.encode())):
                with open(os.path.join(folder, name), "wb") as file:
                    file.write(content)
            done = subprocess.run(["sh", "-ec", first], cwd=folder, capture_output=True, text=True,
                                  timeout=60)
            self.assertIn("Signature Verified Successfully", done.stdout, done.stderr)
            done = subprocess.run(["sh", "-ec", second], cwd=folder, capture_output=True,
                                  text=True, timeout=60)
            self.assertIn(merkle.leaf_hash(body.encode()).hex(), done.stdout, done.stderr)

    def test_a_changed_checkpoint_is_not_signed(self):
        note = self.checkpoint().decode()
        size = note.split("\n")[1]
        with self.assertRaises(AssertionError):
            merkle.open_note(note.replace(size, size + "0", 1).encode(), self.vkey)

    def test_all_proofs_of_all_sizes(self):
        """Every pair for every size up to 70 records and what the log has more, by the definition."""
        missing = SIZE - len(self.leaves())
        for _ in range(max(0, missing)):
            self.service.get("/v1/keys/other", "alice")
        leaves = self.leaves()[:SIZE]
        self.assertEqual(len(leaves), SIZE)
        done = subprocess.run([PROOFS, os.path.join(self.service.state, "signumd.db"), str(SIZE)],
                              capture_output=True, text=True, check=True, timeout=120)
        seen = set()
        for line in done.stdout.splitlines():
            kind, first, second, *hashes = line.split()
            first, second = int(first), int(second)
            proof = [bytes.fromhex(text) for text in hashes]
            if kind == "inclusion":
                expected = merkle.path(first, leaves[:second])
            else:
                expected = merkle.subproof(first, leaves[:second], True)
            self.assertEqual(proof, expected, line)
            seen.add((kind, first, second))
        self.assertEqual(len(seen), SIZE * (SIZE + 1))

    def test_inclusion(self):
        size = merkle.open_checkpoint(self.checkpoint(), self.vkey)[1]
        leaves = self.leaves()
        for index, of in ((0, 1), (0, size), (size - 1, size), (3, 4), (4, 7)):
            got = self.service.get(f"/v1/audit/proof/inclusion?index={index}&size={of}",
                                   "auditor").json
            proof = [base64.b64decode(text) for text in got["proof"]]
            self.assertEqual((got["index"], got["size"]), (index, of))
            self.assertEqual(base64.b64decode(got["leaf"]), leaves[index])
            self.assertEqual(base64.b64decode(got["root"]), merkle.tree_hash(leaves[:of]))
            self.assertEqual(merkle.root_of_path(leaves[index], index, of, proof),
                             merkle.tree_hash(leaves[:of]))
            printed = self.service.run("audit", "prove", "--index", str(index), "--size", str(of))
            self.assertEqual(json.loads(printed), got)

    def test_consistency(self):
        leaves = self.leaves()
        got = self.service.get("/v1/audit/proof/consistency?from=5&to=12", "auditor").json
        self.assertEqual([base64.b64decode(text) for text in got["proof"]],
                         merkle.subproof(5, leaves[:12], True))
        self.assertEqual(base64.b64decode(got["from_root"]), merkle.tree_hash(leaves[:5]))
        self.assertEqual(base64.b64decode(got["to_root"]), merkle.tree_hash(leaves[:12]))
        printed = self.service.run("audit", "prove", "--from", "5", "--to", "12")
        self.assertEqual(json.loads(printed), got)
        now = self.service.get("/v1/audit/proof/consistency?from=5", "auditor").json
        self.assertEqual(now["to"], len(leaves))

    def test_proofs_that_are_not_there(self):
        for path, field in (("inclusion", "index"), ("inclusion?index=x", "index"),
                            ("inclusion?index=-1", "index"), ("inclusion?index=999999", "index"),
                            ("inclusion?index=5&size=5", "index"),
                            ("inclusion?index=0&size=999999", "index"),
                            ("inclusion?index=0&size=", "size"),
                            ("inclusion?index=9999999999999999", "index"),
                            ("consistency", "from"), ("consistency?from=0", "from"),
                            ("consistency?from=6&to=5", "from"), ("consistency?from=1&to=y", "to"),
                            ("consistency?from=1&to=999999", "from")):
            answer = self.service.get("/v1/audit/proof/" + path, "auditor")
            self.assertEqual((answer.code, answer.json["field"]), ("bad-request", field), path)
        for words, code in ((("--index", "999999"), 1), (("--index", "x"), 2), ((), 2),
                            (("--index", "1", "--from", "1"), 2), (("--from", "0"), 1)):
            self.assertEqual(self.service.run("audit", "prove", *words, check=False).returncode,
                             code, words)

    def test_verify_against_a_checkpoint(self):
        self.service.run("audit", "checkpoint", "--out", self.path("kept"))
        size = merkle.open_checkpoint(open(self.path("kept"), "rb").read(), self.vkey)[1]
        self.service.get("/v1/keys/other", "alice")
        done = self.verify("--checkpoint", self.path("kept"))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn(f"continue the checkpoint of {size}", done.stdout)
        with open(self.path("kept"), "a", encoding="utf-8") as file:
            file.write("x")
        self.assertEqual(self.verify("--checkpoint", self.path("kept")).returncode, 1)

    def test_a_damaged_head_and_key_are_internal(self):
        self.service.sql("ALTER TABLE audit_head RENAME TO gone")
        try:
            for path in ("checkpoint", "proof/inclusion?index=0", "proof/consistency?from=1"):
                answer = self.service.get("/v1/audit/" + path, "auditor")
                self.assertEqual(answer.code, "internal", path)
        finally:
            self.service.sql("ALTER TABLE gone RENAME TO audit_head")
        path = os.path.join(self.service.state, "audit.vkey")
        with open(path, "w", encoding="ascii") as file:
            file.write("nonsense")
        try:
            self.assertEqual(self.service.get("/v1/audit/key").code, "internal")
        finally:
            with open(path, "w", encoding="ascii") as file:
                file.write(self.vkey.strip())

    def test_a_log_of_another_key(self):
        """A lost key is replaced under the same name, on record; what the old one signed holds."""
        own = service.Service()
        self.addCleanup(own.close)
        old = own.run("audit", "key")
        own.run("audit", "checkpoint", "--out", os.path.join(own.folder, "kept"))
        os.unlink(os.path.join(own.state, "audit.key"))
        new = own.run("audit", "key")
        self.assertNotEqual(old, new)
        self.assertEqual(merkle.key_of(old)[0], merkle.key_of(new)[0])
        record = own.audit()[-1]["record"]
        self.assertEqual((record["action"], record["audit_key"]), ("audit.init", new.strip()))
        kept = ("--checkpoint", os.path.join(own.folder, "kept"))
        self.assertEqual(own.run("audit", "verify", *kept, check=False).returncode, 1)
        own.run("audit", "verify", *kept, "--key", old.strip())
        shared_key = os.path.join(self.service.state, "audit.key")
        with open(shared_key, "rb") as source, \
                open(os.path.join(own.state, "audit.key"), "wb") as target:
            target.write(source.read())
        self.assertEqual(own.run("audit", "checkpoint", check=False).returncode, 1)
