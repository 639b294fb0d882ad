"""Audit records on their way to a collector by TLS. The judge is rsyslog: what it has parsed counts."""
import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
import unittest
import urllib.request

import service

RSYSLOGD = shutil.which("rsyslogd", path="/usr/sbin:/usr/bin:/sbin:/bin")
CONF = """
global(workDirectory="{folder}" maxMessageSize="160k" defaultNetstreamDriverCAFile="{ca}"
       defaultNetstreamDriverCertFile="{crt}" defaultNetstreamDriverKeyFile="{key}")
module(load="imtcp" streamDriver.name="ossl" streamDriver.mode="1" streamDriver.authMode="{auth}")
template(name="fields" type="list") {{
    constant(value="{{")
    property(outname="version" name="protocol-version" format="jsonf") constant(value=",")
    property(outname="pri" name="pri" format="jsonf") constant(value=",")
    property(outname="time" name="timestamp" dateFormat="rfc3339" format="jsonf") constant(value=",")
    property(outname="app" name="app-name" format="jsonf") constant(value=",")
    property(outname="process" name="procid" format="jsonf") constant(value=",")
    property(outname="id" name="msgid" format="jsonf") constant(value=",")
    property(outname="data" name="structured-data" format="jsonf") constant(value=",")
    property(outname="text" name="msg" format="jsonf") constant(value="}}\\n")
}}
ruleset(name="all") {{ action(type="omfile" file="{folder}/got" template="fields") }}
input(type="imtcp" address="127.0.0.1" port="{port}" listenPortFileName="{folder}/port" ruleset="all")
"""
REASON = 'quote " backslash \\ brackets ] [x="y"] line\r\n2 %msg% é ☃ 𝄞 </>'


class Collector:
    """An rsyslogd of the test's own, with its own configuration and files."""

    def __init__(self, ca, crt, key, auth="anon"):
        self.folder = tempfile.mkdtemp(prefix="signum-syslog-")
        self.files, self.port, self.process = {"ca": ca, "crt": crt, "key": key, "auth": auth}, 0, None
        self.start()

    def start(self):
        conf, port = os.path.join(self.folder, "conf"), os.path.join(self.folder, "port")
        with open(conf, "w", encoding="ascii") as file:
            file.write(CONF.format(folder=self.folder, port=self.port, **self.files))
        if os.path.exists(port):
            os.remove(port)
        with open(os.path.join(self.folder, "log"), "ab") as log:
            self.process = subprocess.Popen([RSYSLOGD, "-n", "-f", conf, "-i", os.path.join(self.folder, "pid")],
                                            stdout=log, stderr=log)
        if self.port == 0:
            assert service.wait_for(lambda: os.path.exists(port) and os.path.getsize(port) > 0), self.log()
            with open(port, encoding="ascii") as file:
                self.port = int(file.read())
        self.address = f"localhost:{self.port}"

    def stop(self, how=signal.SIGTERM):
        if self.process is not None:
            self.process.send_signal(how)
            self.process.wait(timeout=20)
            self.process = None

    def close(self):
        self.stop(signal.SIGKILL)
        shutil.rmtree(self.folder)

    def log(self):
        with open(os.path.join(self.folder, "log"), encoding="utf-8") as file:
            return file.read()

    def got(self):
        path = os.path.join(self.folder, "got")
        if not os.path.exists(path):
            return []
        with open(path, encoding="utf-8") as file:
            return [json.loads(line) for line in file.read().splitlines(True) if line.endswith("\n")]

    def indexes(self):
        return [int(message["id"]) for message in self.got()]


@unittest.skipUnless(RSYSLOGD, "rsyslog is not installed (packages rsyslog, rsyslog-openssl)")
class Syslog(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        made = cls.service = service.Service()
        cls.addClassCleanup(made.close)
        made.run("key", "create", "ec", "--algorithm", "ecdsa")
        made.add_user("alice")
        made.run("policy", "allow", "alice-ec", "--user", "alice", "--key", "ec")
        cls.ca, cls.crt, cls.key = (os.path.join(made.state, n) for n in ("ca.crt", "tls.crt", "tls.key"))
        cls.by_ca = ["-CA", cls.ca, "-CAkey", os.path.join(made.state, "ca.key")]
        cls.number = 0

    def path(self, name):
        return os.path.join(self.service.folder, name)

    def issue(self, name, *words):
        """A certificate NAME.crt of a new key NAME.key."""
        done = subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                               "-nodes", "-days", "2", "-keyout", self.path(name + ".key"), "-out",
                               self.path(name + ".crt"), *words], capture_output=True, text=True, timeout=20)
        self.assertEqual(done.returncode, 0, done.stderr)

    def collector(self, crt=None, key=None, **more):
        made = Collector(self.ca, crt or self.crt, key or self.key, **more)
        self.addCleanup(made.close)
        return made

    def serve(self, collector, ca_file="ca.crt", **more):
        """A log that has never been sent, and a service that sends it."""
        self.service.stop()
        self.service.sql("DELETE FROM syslog_cursor")
        self.service.change_settings(metrics_listen="127.0.0.1:0",
                                     syslog={"address": collector.address, "ca_file": ca_file, **more})
        open(self.service.log_path, "w", encoding="ascii").close()
        self.service.start()
        self.addCleanup(self.service.stop)

    def records(self):
        """The records as texts: the bytes that are hashed."""
        lines = self.service.run("audit", "export").splitlines()[1:-1]
        return [json.loads(line)["record"] for line in lines]

    def add_records(self, count=3):
        for _ in range(count):
            Syslog.number += 1
            self.service.run("group", "add", f"group-{self.number}")

    def assert_all(self, collector):
        """The collector gets all there is, each first time in order; gives the indexes as they came."""
        wanted = list(range(len(self.records())))
        self.assertTrue(service.wait_for(lambda: sorted(set(collector.indexes())) == wanted),
                        (collector.indexes(), self.service.log()[-2000:], collector.log()))
        came = collector.indexes()
        self.assertEqual(list(dict.fromkeys(came)), wanted)
        return came

    def backlog(self):
        port = re.findall(r"metrics are at http://127\.0\.0\.1:(\d+)/metrics", self.service.log())[-1]
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=20) as answer:
            found = re.search(r"^signumd_syslog_backlog_records (\d+)$", answer.read().decode(), re.M)
        return int(found.group(1))

    def test_all_arrives_once_in_order(self):
        collector = self.collector()
        self.serve(collector, facility=4)
        self.assertEqual(self.service.sign("ec", "alice", bytes(32), "ecdsa", reason=REASON).status, 200)
        self.add_records()
        self.assert_all(collector)
        for message, record in zip(collector.got(), self.records(), strict=True):
            self.assertEqual(message["text"], record)
            members = json.loads(record)
            self.assertEqual((message["version"], message["app"], message["process"], message["data"]),
                             ("1", "signumd", "-", "-"))
            self.assertIn(message["pri"], ("36", "37"))
            self.assertTrue(message["time"].startswith(members["time"].rstrip("Z")), message)
        reasons = [json.loads(m["text"]).get("asserted", {}).get("reason") for m in collector.got()]
        self.assertIn(REASON, reasons)
        self.assertTrue(service.wait_for(lambda: self.backlog() == 0))
        # an orderly end and another start: nothing comes twice
        self.add_records()
        self.assert_all(collector)
        self.service.stop()
        self.service.start()
        came = self.assert_all(collector)
        self.assertEqual(len(came), len(set(came)))

    def test_a_collector_that_goes_and_comes_back(self):
        collector = self.collector()
        self.serve(collector)
        self.assert_all(collector)
        collector.stop()
        self.assertTrue(service.wait_for(
            lambda: re.search("syslog: collector .* wait, next try in", self.service.log())))
        began = time.monotonic()
        self.assertEqual(self.service.sign("ec", "alice", os.urandom(32), "ecdsa").status, 200)
        self.assertLess(time.monotonic() - began, 2)
        self.add_records()
        self.assertGreaterEqual(self.backlog(), 4)
        collector.start()
        self.assert_all(collector)

    def test_a_service_that_is_killed(self):
        collector = self.collector()
        self.serve(collector)
        for _ in range(2):
            self.add_records(2)
            self.service.sign("ec", "alice", os.urandom(32), "ecdsa")
            self.service.stop(signal.SIGKILL)
            self.add_records(1)
            self.service.start()
        self.assert_all(collector)

    def test_a_collector_that_is_not_trusted(self):
        self.issue("other", "-subj", "/CN=other")
        self.issue("name", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:collector.example", *self.by_ca)
        collector = self.collector()
        misnamed = self.collector(self.path("name.crt"), self.path("name.key"))
        for where, ca_file, cause in ((collector, self.path("other.crt"), "self-signed certificate in certificate"),
                                      (misnamed, "ca.crt", "hostname mismatch")):
            self.serve(where, ca_file)
            self.assertTrue(service.wait_for(lambda: re.search(
                f"{where.address}: .*{cause}.*, next try in", self.service.log())), self.service.log())
            shot = self.service.run("audit", "export", "--format", "syslog", "--to", where.address, "--ca-file",
                                    ca_file if "/" in ca_file else self.ca, check=False)
            self.assertEqual(shot.returncode, 1)
            self.assertRegex(shot.stderr, cause)
            self.service.stop()
            self.assertEqual(where.got(), [])
        shot = self.service.run("audit", "export", "--format", "syslog", "--to", collector.address, "--ca-file",
                                self.path("none.crt"), check=False)
        self.assertEqual(shot.returncode, 1)
        self.assertRegex(shot.stderr, "CA file .*none.crt: ")

    def test_an_export(self):
        collector = self.collector(auth="x509/certvalid")
        words = ["audit", "export", "--format", "syslog", "--to", collector.address, "--ca-file", self.ca]
        refused = self.service.run(*words, check=False)
        self.assertEqual(refused.returncode, 1, refused.stderr)
        self.assertIn("is not complete: ", refused.stderr)
        self.assertEqual(collector.got(), [])
        self.issue("client", "-subj", "/CN=signumd", "-addext", "basicConstraints=critical,CA:FALSE", "-addext",
                   "extendedKeyUsage=clientAuth", *self.by_ca)
        client = ["--cert", self.path("client.crt"), "--cert-key", self.path("client.key")]
        wanted = self.records()
        self.service.run(*words, *client)
        self.assertTrue(service.wait_for(lambda: len(collector.got()) == len(wanted)), collector.log())
        self.assertEqual([m["text"] for m in collector.got()], wanted)
        self.assertEqual(collector.indexes(), list(range(len(wanted))))
        self.service.run(*words, *client, "--action", "key.create")
        self.assertTrue(service.wait_for(lambda: len(collector.got()) == len(wanted) + 1))
        self.assertEqual(json.loads(collector.got()[-1]["text"])["action"], "key.create")
        for more in (["--out", "x"], ["--cert", self.crt], ["--format", "csv"]):
            self.assertEqual(self.service.run(*words, *more, check=False).returncode, 2, more)
        self.assertEqual(self.service.run("audit", "export", "--ca-file", self.ca, check=False).returncode, 2)
        self.assertEqual(self.service.run(*words[:6], check=False).returncode, 2)

    def test_settings_that_are_refused(self):
        self.service.stop()
        for members in ({"address": "localhost"}, {"address": "localhost", "ca_file": "ca.crt", "facility": 24},
                        {"address": "localhost", "ca_file": "ca.crt", "key_file": "tls.key"},
                        {"address": "localhost", "ca_file": "ca.crt", "insecure": True}):
            self.service.change_settings(syslog=members)
            done = self.service.run("key", "list", check=False)
            self.assertEqual(done.returncode, 1)
            self.assertIn("member 'syslog.", done.stderr)
        path = os.path.join(self.service.state, "signumd.json")
        with open(path, encoding="utf-8") as file:
            settings = json.load(file)
        del settings["syslog"]
        with open(path, "w", encoding="utf-8") as file:
            json.dump(settings, file)


if __name__ == "__main__":
    unittest.main()
