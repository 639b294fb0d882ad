"""Search in the audit log, and exports of it, which are verified without the service."""
import base64
import csv
import io
import json
import os
import re
import subprocess
import tempfile
import unittest

import merkle
import service

# RFC 5424 section 6, of what signumd writes: no PROCID, no structured data
SYSLOG = re.compile(r"<(\d{1,3})>1 (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z) ([!-~]{1,255}) "
                    r"signumd - (\d{1,32}) - (.*)", re.DOTALL)


def messages(data):
    """Messages behind their lengths (RFC 5425 section 4.3)."""
    while data:
        length, data = data.split(b" ", 1)
        assert length.isdigit() and not length.startswith(b"0")
        yield data[:int(length)].decode()
        assert len(data) >= int(length)
        data = data[int(length):]


class Search(unittest.TestCase):
    def setUp(self):
        self.service = service.shared()
        self.service.sign("rsa", "alice", bytes(32))
        self.service.sign("other", "alice", bytes(32))
        self.all = self.service.audit()

    def search(self, query):
        found, after = [], ""
        while True:
            page = self.service.get(f"/v1/audit?limit=3&{query}{after}", "auditor").json
            found += page["records"]
            if page["next"] is None:
                return found
            after = f"&after={page['next']}"

    def test_members(self):
        last = [r["record"] for r in self.all if r["record"]["action"] == "sign"][-1]
        for name in ("key", "user", "digest", "request", "action", "decision", "outcome"):
            value = last[name]
            expected = [r for r in self.all if r["record"].get(name) == value]
            self.assertGreater(len(expected), 0)
            self.assertEqual(self.search(f"{name}={value}"), expected, name)
            done = self.service.run("audit", "list", "--json", "--" + name, value)
            self.assertEqual(json.loads(done)["records"], expected, name)
        self.assertEqual(self.search("user=nobody"), [])
        both = [r for r in self.all if (r["record"]["action"], r["record"].get("outcome")) ==
                ("sign", "denied")]
        self.assertEqual(self.search("action=sign&outcome=denied"), both)
        self.assertGreater(len(both), 0)

    def test_times(self):
        times = [r["record"]["time"] for r in self.all]
        middle = times[len(times) // 2]
        late = [r for r in self.all if r["record"]["time"] >= middle]
        early = [r for r in self.all if r["record"]["time"] < middle]
        self.assertEqual(self.search("from=" + middle)[:len(late)], late)
        self.assertEqual(self.search("to=" + middle), early)
        self.assertEqual(self.search(f"from={middle}&to={middle}"), [])
        # the same moment an hour further east
        hour = f"{(int(middle[11:13]) + 1) % 24:02}"
        if hour != "00":
            east = middle[:11] + hour + middle[13:-1] + "%2B01:00"
            self.assertEqual(self.search("to=" + east), early)

    def test_bad_times(self):
        for name in ("from", "to"):
            for text in ("", "x", "2026-01-31", "2026-13-01T00:00:00Z", "2026-01-31T12:00:00",
                         "2026-01-31T12:00:00.Z", "2026-01-31T24:00:00Z", "2026-01-31%2012:00:00Z",
                         "2026-01-31T12:00:00Zx", "2026-01-31T12:00:00%2B1:00"):
                answer = self.service.get(f"/v1/audit?{name}={text}", "auditor")
                self.assertEqual((answer.code, answer.json["field"]), ("bad-request", name), text)
            done = self.service.run("audit", "list", "--" + name, "x", check=False)
            self.assertEqual(done.returncode, 2)

    def test_show(self):
        entry = self.all[7]
        shown = json.loads(self.service.run("audit", "show", "7"))
        self.assertEqual(shown["records"], [entry])
        proof = shown["inclusion"]
        root = merkle.root_of_path(bytes.fromhex(entry["leaf"]), 7, proof["size"],
                                   [base64.b64decode(text) for text in proof["proof"]])
        self.assertEqual(root, base64.b64decode(proof["root"]))
        self.assertEqual(self.service.run("audit", "show", "999999", check=False).returncode, 1)
        self.assertEqual(self.service.run("audit", "show", "x", check=False).returncode, 2)

    def test_text(self):
        done = self.service.run("audit", "list", "--outcome", "denied")
        self.assertEqual(len(done.splitlines()), len(self.search("outcome=denied")))


class Export(unittest.TestCase):
    def setUp(self):
        self.service = service.shared()
        self.vkey = self.service.run("audit", "key").strip()
        self.place = tempfile.TemporaryDirectory()
        self.addCleanup(self.place.cleanup)
        self.file = os.path.join(self.place.name, "export")
        self.service.sign("rsa", "alice", bytes(32))

    def export(self, *words):
        self.service.run("audit", "export", "--out", self.file, *words)
        with open(self.file, "rb") as file:
            return file.read()

    def verify(self, *words, key=None):
        """Without state folder, service or settings."""
        return subprocess.run([service.SIGNUMD, "audit", "verify", "--file", self.file, "--key",
                               key or self.vkey, *words], capture_output=True, text=True,
                              timeout=60, env={"PATH": "/usr/bin"})

    def write(self, lines):
        with open(self.file, "wb") as file:
            file.write(b"\n".join(lines) + b"\n")

    def test_json_lines(self):
        head, *records, end = [json.loads(line) for line in self.export().splitlines()]
        self.assertEqual(head, {"format": "signum-audit-export-1", "key": self.vkey,
                                "origin": self.vkey.split("+")[0], "size": len(records),
                                "complete": True})
        leaves = [merkle.leaf_hash(r["record"].encode()) for r in records]
        origin, size, root = merkle.open_checkpoint(end["checkpoint"].encode(), self.vkey)
        self.assertEqual((origin, size, root), (head["origin"], len(leaves),
                                                merkle.tree_hash(leaves)))
        self.assertEqual([r["index"] for r in records], list(range(size)))
        self.assertEqual([json.loads(r["record"]) for r in records],
                         [r["record"] for r in self.service.audit()][:size])
        done = self.verify()
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn(f"{size} records, all in order", done.stdout)
        self.assertIn(base64.b64encode(root).decode(), done.stdout)
        self.assertEqual(os.stat(self.file).st_mode & 0o777, 0o600)

    def test_a_part(self):
        lines = self.export("--user", "alice", "--action", "sign").splitlines()
        head, *records, end = [json.loads(line) for line in lines]
        self.assertFalse(head["complete"])
        _, size, root = merkle.open_checkpoint(end["checkpoint"].encode(), self.vkey)
        self.assertGreater(len(records), 0)
        for record in records:
            blob = base64.b64decode(record["proof"])
            proof = [blob[i:i + 32] for i in range(0, len(blob), 32)]
            leaf = merkle.leaf_hash(record["record"].encode())
            self.assertEqual(merkle.root_of_path(leaf, record["index"], size, proof), root)
        done = self.verify()
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn(f"each of them in the log of {size}", done.stdout)
        self.service.run("audit", "checkpoint", "--out", self.file + ".kept")
        self.assertEqual(self.verify("--checkpoint", self.file + ".kept").returncode, 1)
        changed = dict(records[0], record=records[0]["record"].replace("alice", "mallo"))
        moved = dict(records[0], index=records[0]["index"] + 1)
        for forged in (changed, moved, dict(records[0], proof=""), dict(records[0], proof="AAAA")):
            self.write([lines[0], json.dumps(forged).encode(), lines[-1]])
            self.assertEqual(self.verify().returncode, 1)
        self.export("--user", "nobody")
        self.assertEqual(self.verify().returncode, 0)

    def test_forged_exports(self):
        lines = self.export().splitlines()
        other = json.loads(lines[4])
        forgeries = {
            "changed": (lines[:4] + [lines[4].replace(b"time", b"tame")] + lines[5:], None),
            "removed": (lines[:4] + lines[5:], 3),
            "moved": (lines[:4] + [lines[5], lines[4]] + lines[6:], 3),
            "renumbered": (lines[:4] + [json.dumps(dict(other, index=9)).encode()] + lines[5:], 3),
            "cut": (lines[:-1], len(lines) - 2),
            "shorter": (lines[:-2] + lines[-1:], None),
            "longer": (lines + [lines[5]], None),
            "nonsense": (lines[:4] + [b"x"] + lines[5:], 3),
            "size": ([lines[0].replace(b'"size":', b'"size":1')] + lines[1:], None),
            "checkpoint": (lines[:-1] + [lines[-1].replace(b"/audit/", b"/tidua/")], None),
        }
        for name, (forged, index) in forgeries.items():
            self.write(forged)
            done = self.verify()
            self.assertEqual(done.returncode, 1, name)
            self.assertIn("damaged at index" if index is None else f"at index {index}:",
                          done.stderr, name)
        self.write([b"{}"])
        self.assertEqual(self.verify().returncode, 1)
        self.write([])
        self.assertEqual(self.verify().returncode, 1)

    def test_keys_and_checkpoints(self):
        kept = self.file + ".kept"
        self.service.run("audit", "checkpoint", "--out", kept)
        self.service.get("/v1/keys/other", "alice")
        self.export()
        done = self.verify("--checkpoint", kept)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("continue the checkpoint", done.stdout)
        known = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
        self.assertIn("not signed by the key", self.verify(key=known).stderr)
        self.assertEqual(self.verify(key="nonsense").returncode, 1)
        for words in (["--file", self.file], ["--key", self.vkey],
                      ["--file", self.file, "--state", self.service.state]):
            done = subprocess.run([service.SIGNUMD, "audit", "verify", *words],
                                  capture_output=True, timeout=60)
            self.assertEqual(done.returncode, 2, words)

    def test_another_log_is_no_continuation(self):
        """A log that was made anew verifies by itself, but not against a checkpoint of the old."""
        own = service.Service()
        self.addCleanup(own.close)
        kept = self.file + ".kept"
        own.run("user", "add", "erin")
        own.run("audit", "checkpoint", "--out", kept)
        own.sql("DROP TRIGGER audit_no_update")
        own.sql("DROP TRIGGER audit_no_delete")
        own.sql("DROP TRIGGER audit_nodes_no_delete")
        own.sql("DROP TRIGGER audit_search_no_delete")
        for statement in ("DELETE FROM audit", "DELETE FROM audit_nodes",
                          "DELETE FROM audit_search", "UPDATE audit_head SET count=0, edge=x''"):
            own.sql(statement)
        for name in ("a", "b", "c", "d", "e"):
            own.run("user", "add", name)
        own.run("audit", "verify")
        self.assertEqual(own.run("audit", "verify", "--checkpoint", kept,
                                 check=False).returncode, 1)
        own.run("audit", "export", "--out", self.file)
        vkey = own.run("audit", "key").strip()
        self.assertEqual(self.verify(key=vkey).returncode, 0)
        self.assertEqual(self.verify("--checkpoint", kept, key=vkey).returncode, 1)

    def test_csv(self):
        reason = '=HYPERLINK("x"),\r\n2'
        self.service.sign("rsa", "alice", bytes(32), reason=reason)
        data = self.export("--format", "csv").decode()
        rows = list(csv.reader(io.StringIO(data, newline=""), strict=True))
        records = [r["record"] for r in self.service.audit()]
        self.assertEqual(rows[0][:4] + rows[0][-2:],
                         ["index", "time", "action", "user", "address", "record"])
        self.assertEqual(len(rows), len(records) + 1)
        for row, record in zip(rows[1:], records):
            self.assertEqual(json.loads(row[-1]), record)
            fields = dict(zip(rows[0], row))
            for name in ("action", "user", "key", "digest", "outcome"):
                self.assertEqual(fields[name], str(record.get(name) or ""), name)
            for field in row:
                self.assertNotIn(field[:1], ("=", "+", "-", "@", "\t", "\r"))

    def test_csv_guards_formulas(self):
        """A name that begins like a formula is possible for a policy."""
        policy = {"name": "-2", "what": {"keys": ["none"]}, "who": {"users": ["alice"]},
                  "action": "deny", "priority": 3}
        self.assertEqual(self.service.put_policy(policy).status, 200)
        self.service.request("DELETE", "/v1/policies/-2", "policymaker")
        rows = list(csv.DictReader(io.StringIO(self.export("--format", "csv").decode(),
                                               newline="")))
        self.assertIn("'-2", [row["rule"] for row in rows])

    def test_syslog(self):
        self.service.sign("other", "alice", bytes(32))
        data = self.export("--format", "syslog")
        records = self.service.sql("SELECT body FROM audit ORDER BY idx")
        severities = set()
        found = list(messages(data))
        self.assertEqual(len(found), len(records))
        for number, (message, (body,)) in enumerate(zip(found, records)):
            priority, time, _, index, text = SYSLOG.fullmatch(message).groups()
            self.assertEqual((int(priority) // 8, int(index), text), (13, number, body))
            self.assertEqual(time, json.loads(body)["time"])
            severities.add((int(priority) % 8, json.loads(body).get("decision")))
        self.assertIn((4, "deny"), severities)
        self.assertIn((5, "allow"), severities)

    def test_failing_exports(self):
        for words, code in ((("--format", "xml"), 2), (("--out", "/nonexistent/x"), 1),
                            (("--from", "x"), 2), (("--out", "/dev/full"), 1)):
            self.assertEqual(self.service.run("audit", "export", *words, check=False).returncode,
                             code, words)
