"""Backup and restore, through the verbs; Python's own tarfile looks into the files."""
import hashlib
import io
import json
import os
import signal
import subprocess
import tarfile
import threading
import time
import unittest

import service

SETTLED = ("signumd.json", "ca.crt", "ca.key", "tls.crt", "tls.key", "attest.crt", "attest.key",
           "token.pin", "admin.token", "softhsm2.conf")


class Backup(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.service = service.Service()
        cls.addClassCleanup(cls.service.close)
        cls.service.run("key", "create", "ec", "--algorithm", "ecdsa")
        cls.service.add_user("alice")
        cls.service.run("policy", "allow", "all", "--user", "alice", "--key", "*")
        cls.service.start()
        assert cls.sign(cls.service).status == 200
        cls.good = cls.make("good.tar")

    @classmethod
    def place(cls, name):
        return os.path.join(cls.service.folder, name)

    @classmethod
    def verb(cls, *words):
        return subprocess.run([service.SIGNUMD, *words], env=cls.service.env, text=True,
                              capture_output=True, timeout=60)

    @classmethod
    def make(cls, name):
        done = cls.verb("backup", "--state", cls.service.state, "--out", cls.place(name))
        assert done.returncode == 0, done.stderr
        return cls.place(name)

    @staticmethod
    def sign(which):
        return which.sign("ec", "alice", bytes(32), scheme="ecdsa")

    def restore(self, file, name):
        return self.verb("restore", file, "--state", self.place(name))

    def test_what_is_in_it(self):
        self.assertEqual(os.stat(self.good).st_mode & 0o777, 0o600)
        with tarfile.open(self.good) as tar:
            members = {m.name: m for m in tar.getmembers()}
            self.assertEqual(tar.getmembers()[0].name, "manifest.json")
            manifest = json.load(tar.extractfile("manifest.json"))
            listed = {f["name"]: f for f in manifest["files"]}
            self.assertEqual(listed.keys() | {"manifest.json"}, members.keys())
            for name, file in listed.items():
                content = tar.extractfile(name).read()
                self.assertEqual((len(content), hashlib.sha256(content).hexdigest()),
                                 (file["size"], file["sha256"]), name)
                self.assertEqual(members[name].mode, 0o600)
            for name in SETTLED:
                with open(os.path.join(self.service.state, name), "rb") as file:
                    self.assertEqual(tar.extractfile(name).read(), file.read(), name)
        self.assertFalse({"url", "serve.lock", "signumd.db-wal"} & members.keys())
        self.assertTrue(any(name.startswith("tokens/") for name in members))
        self.assertIn("state.backup", [r["record"]["action"] for r in self.service.audit()])
        self.assertNotIn("backup.draft", os.listdir(self.service.state))

    def test_a_restored_service_serves(self):
        done = self.verb("backup", "verify", self.good)
        self.assertEqual(done.returncode, 0, done.stderr)
        done = self.restore(self.good, "again")
        self.assertEqual(done.returncode, 0, done.stderr)
        again = service.Service.__new__(service.Service)
        again.__dict__.update(self.service.__dict__)
        again.state, again.log_path = self.place("again"), self.place("again.log")
        again.process = None
        self.addCleanup(again.stop, signal.SIGKILL)
        with open(os.path.join(again.state, "softhsm2.conf"), encoding="ascii") as file:
            self.assertIn(f"directories.tokendir = {again.state}/tokens\n", file.read())
        again.start()
        self.assertEqual(self.sign(again).status, 200)
        self.assertEqual(again.stop(), 0)
        again.run("audit", "verify")
        actions = [r["record"]["action"] for r in again.audit()]
        self.assertEqual(actions[actions.index("state.restore"):],
                         ["state.restore", "service.start", "sign", "service.stop"])
        self.assertEqual(os.stat(again.state).st_mode & 0o777, 0o700)

    def test_a_backup_under_load_is_of_one_moment(self):
        stop = threading.Event()
        counts = []

        def work():
            count = 0
            connection = self.service.connect()
            while not stop.is_set():
                assert self.service.sign("ec", "alice", os.urandom(32), scheme="ecdsa",
                                         connection=connection).status == 200
                count += 1
            counts.append(count)

        threads = [threading.Thread(target=work) for _ in range(3)]
        for thread in threads:
            thread.start()
        time.sleep(0.3)
        files = [self.make(f"load-{number}.tar") for number in range(3)]
        stop.set()
        for thread in threads:
            thread.join()
        self.assertGreater(min(counts), 0)
        for file in files:
            self.assertEqual(self.verb("backup", "verify", file).returncode, 0)

    def test_through_pipes(self):
        made = subprocess.run([service.SIGNUMD, "backup", "--state", self.service.state, "--out", "-"],
                              env=self.service.env, capture_output=True, check=True, timeout=60)
        done = subprocess.run([service.SIGNUMD, "restore", "-", "--state", self.place("piped")],
                              env=self.service.env, input=made.stdout, capture_output=True,
                              timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertTrue(os.path.exists(self.place("piped/signumd.db")))

    def test_nothing_is_overwritten(self):
        self.assertEqual(self.verb("backup", "--state", self.service.state, "--out",
                                   self.good).returncode, 1)
        self.assertEqual(self.verb("backup", "verify", self.good).returncode, 0)
        os.mkdir(self.place("taken"))
        with open(self.place("taken/file"), "w", encoding="ascii") as file:
            file.write("mine")
        done = self.restore(self.good, "taken")
        self.assertEqual(done.returncode, 1)
        self.assertIn("nothing was changed", done.stderr)
        self.assertEqual(os.listdir(self.place("taken")), ["file"])

    def change(self, name, how):
        """A backup with something changed by `how`, which gets and gives [(name, content)]."""
        with tarfile.open(self.good) as tar:
            files = [(m.name, tar.extractfile(m).read()) for m in tar.getmembers()]
        with tarfile.open(self.place(name), "w") as tar:
            for member, content in how(files):
                info = tarfile.TarInfo(member)
                info.size = len(content)
                tar.addfile(info, io.BytesIO(content))
        return self.place(name)

    def manifest(self, files, edit):
        manifest = json.loads(files[0][1])
        edit(manifest)
        return [(files[0][0], json.dumps(manifest).encode()), *files[1:]]

    def cut_log(self, files):
        """A log without its last record, with a manifest that fits."""
        place = self.place("cut.db")
        with open(place, "wb") as file:
            file.write(dict(files)["signumd.db"])
        tool = service.sqlite3.connect(place)
        tool.executescript("DROP TRIGGER audit_no_delete; DELETE FROM audit WHERE idx = 1;")
        tool.close()
        with open(place, "rb") as file:
            content = file.read()

        def edit(manifest):
            for entry in manifest["files"]:
                if entry["name"] == "signumd.db":
                    entry["size"] = len(content)
                    entry["sha256"] = hashlib.sha256(content).hexdigest()
            manifest["records"] -= 1

        return self.manifest([(n, content if n == "signumd.db" else c) for n, c in files], edit)

    def test_bad_backups_leave_nothing_behind(self):
        twist = lambda name: lambda files: [(n, c[:-1] + b"!" if n == name else c)
                                            for n, c in files]
        cases = {
            "no manifest": lambda files: files[1:],
            "manifest last": lambda files: files[1:] + files[:1],
            "changed key": twist("ca.key"),
            "changed database": twist("signumd.db"),
            "changed settings": twist("signumd.json"),
            "missing file": lambda files: [f for f in files if f[0] != "tls.key"],
            "file twice": lambda files: files + files[-1:],
            "other file": lambda files: files + [("more", b"x")],
            "way out": lambda files: files + [("../more", b"x")],
            "way out in the manifest": lambda files: self.manifest(files, lambda m: m["files"].append(
                {"name": "../out", "size": 0, "sha256": ""})),
            "absolute": lambda files: self.manifest(files, lambda m: m["files"].append(
                {"name": self.place("out"), "size": 0, "sha256": ""})),
            "other format": lambda files: self.manifest(files, lambda m: m.update(format="x")),
            "other count": lambda files: self.manifest(files, lambda m: m.update(records=1)),
            "cut log": self.cut_log,
        }
        before = sorted(os.listdir(self.service.folder))
        for name, how in cases.items():
            file = self.change("bad.tar", how)
            for done in (self.restore(file, "bad"), self.verb("backup", "verify", file)):
                self.assertEqual(done.returncode, 1, name)
                self.assertNotEqual(done.stderr, "", name)
            os.remove(file)
            left = set(os.listdir(self.service.folder)) - {"cut.db"}
            self.assertEqual(sorted(left), before, name)
        for size in (0, 100, 5000):
            with open(self.good, "rb") as file, open(self.place("bad.tar"), "wb") as short:
                short.write(file.read(size))
            self.assertEqual(self.restore(self.place("bad.tar"), "bad").returncode, 1, size)
        os.remove(self.place("bad.tar"))

    def test_a_killed_backup_is_no_backup(self):
        killed = 0
        for number in range(8):
            file = self.place(f"killed-{number}.tar")
            with subprocess.Popen([service.SIGNUMD, "backup", "--state", self.service.state,
                                   "--out", file], env=self.service.env,
                                  stdout=subprocess.DEVNULL) as process:
                time.sleep(0.03 * number)
                process.kill()
            if process.wait() == -signal.SIGKILL:
                killed += 1
            if os.path.exists(file):
                self.assertEqual(self.verb("backup", "verify", file).returncode, 0)
        self.assertGreater(killed, 0)
        self.assertEqual(self.verb("backup", "verify", self.make("after.tar")).returncode, 0)
        self.assertEqual(self.sign(self.service).status, 200)
        self.service.run("audit", "verify")
