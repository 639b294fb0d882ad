"""Running the service: reload, systemd's notifications, slow clients, ending."""
import concurrent.futures
import json
import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import time
import unittest

import openapi
import service


class Operated(unittest.TestCase):
    """A service of the test's own, with settings that make waiting short."""
    settings = {}

    @classmethod
    def setUpClass(cls):
        cls.service = service.Service()
        cls.addClassCleanup(cls.service.close)
        cls.service.change_settings(**cls.settings)
        cls.service.run("key", "create", "ec", "--algorithm", "ecdsa")
        cls.service.add_user("alice")
        cls.service.run("policy", "allow", "all", "--user", "alice", "--key", "*")
        cls.start()

    @classmethod
    def start(cls):
        cls.service.start()

    @classmethod
    def path(cls, name):
        return os.path.join(cls.service.state, name)

    def sign(self, **more):
        return self.service.sign("ec", "alice", bytes(32), scheme="ecdsa", **more)

    def reload(self):
        """Sends SIGHUP; gives the record that comes of it."""
        # not by a verb: the settings may be broken on purpose
        records = lambda: [json.loads(body) for body, in self.service.sql(
            "SELECT body FROM audit ORDER BY idx")]
        before = len(records())
        self.service.process.send_signal(signal.SIGHUP)
        self.assertTrue(service.wait_for(lambda: len(records()) > before))
        record = records()[before]
        self.assertEqual(record["action"], "service.reload")
        return record["outcome"], record.get("fault")

    def raw(self, context=None):
        plain = socket.create_connection((self.service.host, self.service.port), timeout=20)
        return (context or self.service.tls).wrap_socket(plain, server_hostname="127.0.0.1")

    def certificate(self):
        with self.raw() as stream:
            return stream.getpeercert(binary_form=True)


def make_certificate(folder, ca_folder):
    """A new key and certificate of the service's own CA, by openssl."""
    def openssl(*words):
        subprocess.run(["openssl", *words], check=True, capture_output=True, timeout=30)

    key, request, leaf = (os.path.join(folder, n) for n in ("k.pem", "r.pem", "c.pem"))
    names = os.path.join(folder, "names")
    with open(names, "w", encoding="ascii") as file:
        file.write("subjectAltName=IP:127.0.0.1,DNS:localhost\n")
    openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", key,
            "-out", request, "-subj", "/CN=renewed")
    openssl("x509", "-req", "-in", request, "-CA", os.path.join(ca_folder, "ca.crt"), "-CAkey",
            os.path.join(ca_folder, "ca.key"), "-out", leaf, "-days", "30", "-extfile", names,
            "-set_serial", "4711")
    return key, leaf


class Reload(Operated):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="signum-reload-")
        self.addCleanup(shutil.rmtree, self.folder)

    def test_a_new_certificate(self):
        old = self.certificate()
        key, leaf = make_certificate(self.folder, self.service.state)
        with self.raw() as kept:
            shutil.copy(key, self.path("tls.key"))
            self.assertEqual(self.reload(), ("refused", "TLS files"))
            self.assertEqual(self.certificate(), old)
            shutil.copy(leaf, self.path("tls.crt"))
            self.assertEqual(self.reload(), ("done", None))
            with open(leaf, encoding="ascii") as file:
                self.assertEqual(self.certificate(), ssl.PEM_cert_to_DER_cert(file.read()))
            # the connection from before goes on
            kept.sendall(b"GET /v1/info HTTP/1.1\r\nHost: x\r\n\r\n")
            self.assertTrue(kept.recv(100).startswith(b"HTTP/1.1 200"))

    def test_a_request_under_way_is_not_cut(self):
        self.service.set_faults("C_Sign delay 1\n")
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            running = pool.submit(self.sign)
            time.sleep(0.3)
            self.assertEqual(self.reload(), ("done", None))
            self.assertFalse(running.done())
            self.assertEqual(running.result().status, 200)

    def test_bad_files_leave_all_as_it_was(self):
        for name, fault, texts in (
                ("signumd.json", "settings", ("", "{", '{"version": 1}')),
                ("tls.crt", "TLS files", ("", "x")),
                ("token.pin", "PIN file", ("", "\n", "x" * 300))):
            with open(self.path(name), encoding="ascii") as file:
                good = file.read()
            for text in texts:
                with open(self.path(name), "w", encoding="ascii") as file:
                    file.write(text)
                self.assertEqual(self.reload(), ("refused", fault), (name, text))
                self.assertEqual(self.sign().status, 200)
            with open(self.path(name), "w", encoding="ascii") as file:
                file.write(good)
        self.assertEqual(self.reload(), ("done", None))

    def test_settings(self):
        self.service.change_settings(log_level="error", listen="127.0.0.1:1", workers=3)
        self.addCleanup(self.service.change_settings, log_level=None, workers=8)
        self.assertEqual(self.reload(), ("done", None))
        for name in ("listen", "workers"):
            self.assertIn(f"'{name}' has changed, which holds from the next start on",
                          self.service.log())
        quiet = self.service.get("/v1/info").headers["Signum-Request"]
        self.service.change_settings(log_level="info")
        self.assertEqual(self.reload(), ("done", None))
        loud = self.service.get("/v1/info").headers["Signum-Request"]
        self.assertTrue(service.wait_for(lambda: loud in self.service.access_log()))
        self.assertNotIn(quiet, self.service.access_log())

    def test_a_line_names_the_request_that_it_is_about(self):
        self.service.set_faults("C_Sign 0x30 -1\n")
        number = self.sign().headers["Signum-Request"]
        self.service.set_faults("")
        lines = [json.loads(line) for line in self.service.log().splitlines()]
        self.assertTrue([line for line in lines if line.get("during") == number and
                         line["level"] == "error" and "C_Sign" in line["message"]])
        self.assertTrue(service.wait_for(lambda: self.service.get("/v1/ready").status == 200))


class Pin(Operated):
    def test_a_refused_pin_is_tried_once_and_another_after_a_reload(self):
        with open(self.path("token.pin"), encoding="ascii") as file:
            good = file.read()
        with open(self.path("token.pin"), "w", encoding="ascii") as file:
            file.write("wrong-pin\n")
        self.assertEqual(self.service.stop(), 0)
        self.service.start()
        tries = lambda: self.service.log().count("C_Login gave")
        before = tries()
        self.assertEqual(before, 1)
        for _ in range(3):
            self.assertEqual(self.sign().code, "hsm-unavailable")
        self.assertEqual(self.reload(), ("done", None))
        self.assertEqual(self.sign().code, "hsm-unavailable")
        self.assertEqual(tries(), before)
        with open(self.path("token.pin"), "w", encoding="ascii") as file:
            file.write(good)
        self.assertEqual(self.sign().code, "hsm-unavailable")
        self.assertEqual(self.reload(), ("done", None))
        self.assertEqual(self.sign().status, 200)
        self.assertNotIn("wrong-pin", self.service.log())
        self.assertNotIn(good, self.service.log())


class Notified(Operated):
    """The test plays systemd: the socket of sd_notify(3)."""
    @classmethod
    def start(cls):
        cls.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        cls.addClassCleanup(cls.socket.close)
        cls.socket.settimeout(10)
        place = os.path.join(cls.service.folder, "notify")
        cls.socket.bind(place)
        cls.service.env["NOTIFY_SOCKET"] = place
        cls.service.start()

    def until(self, first):
        """Messages up to one that begins so."""
        seen = []
        while not seen or not seen[-1].startswith(first):
            seen.append(self.socket.recv(4096).decode())
        return seen

    def test_all_states_in_order(self):
        self.assertEqual(self.until("READY=1")[-1],
                         f"READY=1\nSTATUS=serving https://127.0.0.1:{self.service.port}")
        self.until("WATCHDOG=1")
        asked = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
        self.assertEqual(self.reload(), ("done", None))
        kind, when = self.until("RELOADING=1")[-1].split("\n")
        self.assertLessEqual(asked - 1000, int(when.removeprefix("MONOTONIC_USEC=")))
        self.until("READY=1")
        self.assertEqual(self.service.stop(), 0)
        self.until("STOPPING=1")


class Slow(Operated):
    settings = {"transfer_timeout_s": 2, "idle_timeout_s": 4, "drain_timeout_s": 60,
                "max_connections_per_address": 12}

    def ends_within(self, stream, seconds, step=b""):
        """True if the other side ends it in time, with `step` sent every tenth of a second."""
        end = time.monotonic() + seconds
        stream.settimeout(0.1)
        while time.monotonic() < end:
            try:
                if step:
                    stream.sendall(step)
                if stream.recv(100) == b"":
                    return True
            except (TimeoutError, ssl.SSLWantReadError):
                pass
            except OSError:
                return True
        return False

    def test_slow_clients_are_cut(self):
        head = b"POST /v1/keys/ec/sign HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n"
        plain = socket.create_connection((self.service.host, self.service.port))
        with plain, self.raw() as slow_head, self.raw() as slow_body, self.raw() as patient:
            slow_head.sendall(b"GET /v1/info HTTP/1.1\r\nX: ")
            slow_body.sendall(head)
            with concurrent.futures.ThreadPoolExecutor(4) as pool:
                waits = [pool.submit(self.ends_within, stream, 8, step) for stream, step in
                         ((plain, b""), (slow_head, b"x"), (slow_body, b"x"))]
                patient.sendall(b"GET /v1/info HTTP/1.1\r\nHost: x\r\n\r\n")
                self.assertTrue(patient.recv(100).startswith(b"HTTP/1.1 200"))
                time.sleep(2.5)
                patient.sendall(b"GET /v1/info HTTP/1.1\r\nHost: x\r\n\r\n")
                while not patient.recv(4096).startswith(b"HTTP/1.1 200"):
                    pass
                self.assertEqual([wait.result() for wait in waits], [True] * 3)

    def test_work_of_ours_is_not_the_clients_time(self):
        self.service.set_faults("C_Sign delay 1\nC_SignInit delay 1\nC_FindObjectsInit delay 1\n")
        self.assertEqual(self.sign().status, 200)

    def test_connections_per_address(self):
        streams = [socket.create_connection((self.service.host, self.service.port))
                   for _ in range(12)]
        try:
            with self.assertRaises((OSError, ssl.SSLError)):
                self.raw().close()
        finally:
            for stream in streams:
                stream.close()
        self.assertTrue(service.wait_for(self.is_open))

    def is_open(self):
        try:
            return self.service.get("/v1/info").status == 200
        except OSError:
            return False


class Limits(Operated):
    settings = {"requests_per_minute": 1, "refusals_per_minute": 3}

    def test_requests_of_a_user(self):
        self.service.add_user("eve", "admin")
        self.service.add_user("bob", "admin")
        self.assertEqual(self.service.get("/v1/keys", "eve").status, 200)
        answer = self.service.get("/v1/keys", "eve")
        self.assertEqual(answer.code, "too-many-requests")
        self.assertTrue(1 <= int(answer.headers["Retry-After"]) <= 61)
        self.assertEqual(self.service.get("/v1/keys", "bob").status, 200)
        self.assertEqual(self.service.get("/v1/health").status, 200)
        line = self.service.access_log()[answer.headers["Signum-Request"]]
        self.assertEqual((line["user"], line["cause"]), ("eve", "rate"))
        # each operation that asks for credentials does so
        guarded = sorted({(m, p) for p, m, status, _ in openapi.documented() if status == 401})
        self.assertGreater(len(guarded), 10)
        for method, path in guarded:
            path = re.sub("{[a-z]+}", "ec", path)
            answer = self.service.request(method.upper(), path, "eve")
            self.assertEqual(answer.code, "too-many-requests", path)

    def test_refused_credentials_from_an_address(self):
        self.service.tokens["nobody"] = "st_0000000000000000_" + "0" * 64
        codes = [self.service.get("/v1/keys", "nobody").code for _ in range(5)]
        self.assertEqual(codes, ["unauthenticated"] * 3 + ["too-many-requests"] * 2)
        self.assertNotIn("WWW-Authenticate", self.service.get("/v1/keys", "nobody").headers)
        # nobody is locked out by that
        self.assertEqual(self.service.get("/v1/keys", "admin").status, 200)

    def test_a_reload_changes_them(self):
        self.service.add_user("carol")
        self.assertEqual(self.service.get("/v1/keys", "carol").status, 200)
        self.assertEqual(self.service.get("/v1/keys", "carol").status, 429)
        self.service.change_settings(requests_per_minute=0)
        self.addCleanup(self.reload)
        self.addCleanup(self.service.change_settings, requests_per_minute=1)
        self.assertEqual(self.reload(), ("done", None))
        for _ in range(5):
            self.assertEqual(self.service.get("/v1/keys", "carol").status, 200)


class Ready(Operated):
    def test_not_ready(self):
        self.assertEqual(self.service.get("/v1/ready").json, {"status": "ready"})
        self.service.set_faults("C_GetSessionInfo 0x32 -1\n")
        answer = self.service.get("/v1/ready")
        self.assertEqual(answer.code, "not-ready")
        self.assertNotIn(b"hsm", answer.body.lower())
        self.assertEqual(self.service.get("/v1/health").json, {"status": "ok"})
        self.service.set_faults("")
        self.assertTrue(service.wait_for(lambda: self.service.get("/v1/ready").status == 200))
        self.service.sql("ALTER TABLE audit RENAME TO gone")
        try:
            self.assertEqual(self.service.get("/v1/ready").code, "not-ready")
            self.assertEqual(self.service.get("/v1/health").status, 200)
        finally:
            self.service.sql("ALTER TABLE gone RENAME TO audit")
        self.assertEqual(self.service.get("/v1/ready").status, 200)

    def test_not_ready_while_it_drains(self):
        self.service.set_faults("C_Sign delay 1\n")
        open_one = self.service.connect()
        self.service.get("/v1/info", connection=open_one)
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            running = pool.submit(self.sign)
            time.sleep(0.3)
            self.service.process.send_signal(signal.SIGTERM)
            time.sleep(0.2)
            self.assertEqual(self.service.get("/v1/ready", connection=open_one).code, "not-ready")
            self.assertEqual(running.result().status, 200)
        self.service.process.wait(timeout=30)
        self.service.stop()
        self.service.start()


class Hsm(Operated):
    """What comes back by itself, and how; the faults are those of PKCS#11."""
    def signs_again(self):
        return service.wait_for(lambda: self.sign().status == 200)

    def test_each_loss(self):
        for name, fault in (("session lost", "C_SignInit 0xb3 1"),
                            ("session closed by the device", "C_Sign 0xb0 1"),
                            ("logged out", "C_SignInit 0x101 1"),
                            ("device error", "C_Sign 0x30 1"),
                            ("token removed and back", "C_Sign 0x32 1\nC_OpenSession 0xe0 1"),
                            ("device memory", "C_Sign 0x31 1"),
                            ("key handle gone", "C_SignInit 0x60 1")):
            self.service.set_faults(fault + "\n")
            self.assertEqual(self.sign().status, 200, name)

    def test_a_token_that_stays_away(self):
        self.service.set_faults("C_Sign 0x32 1\nC_OpenSession 0xe0 -1\nC_GetSlotList 0x30 -1\n")
        answer = self.sign()
        self.assertEqual((answer.code, answer.headers["Retry-After"]), ("hsm-unavailable", "2"))
        self.assertEqual(self.service.get("/v1/ready").code, "not-ready")
        self.service.set_faults("")
        self.assertTrue(self.signs_again())

    def test_a_module_that_fails_at_the_start(self):
        self.assertEqual(self.service.stop(), 0)
        self.service.set_faults("C_Initialize 0x30 -1\n")
        self.service.start()
        self.assertEqual(self.sign().code, "hsm-unavailable")
        self.assertEqual(self.service.get("/v1/health").status, 200)
        self.assertEqual(self.service.get("/v1/ready").code, "not-ready")
        self.service.set_faults("")
        self.assertTrue(self.signs_again())

    def test_a_locked_pin_is_left_alone(self):
        self.assertEqual(self.service.stop(), 0)
        self.service.set_faults("C_Login 0xa4 1\n")
        self.service.start()
        for _ in range(3):
            self.assertEqual(self.sign().code, "hsm-unavailable")
        self.assertEqual(self.service.log().count("C_Login gave CKR_PIN_LOCKED"), 1)
        self.assertEqual(self.service.stop(), 0)
        self.service.start()
        self.assertTrue(self.signs_again())


class Settings(unittest.TestCase):
    """The table in docs/service.md against what the program takes."""
    def setUp(self):
        self.service = service.Service()
        self.addCleanup(self.service.close)
        with open(os.path.join(openapi.ROOT, "docs", "service.md"), encoding="utf-8") as file:
            text = file.read().partition("\n## Settings\n")[2].partition("\n## ")[0]
        self.rows = {name: absent for name, absent in
                     re.findall(r"^\| `([a-z0-9_.]+)` \| ([^|]*) \|", text, re.M)}
        with open(os.path.join(self.service.state, "signumd.json"), encoding="utf-8") as file:
            self.file = json.load(file)

    def test_defaults(self):
        for name, value in self.file.items():
            if name in ("pkcs11", "refusals_per_minute"):
                continue  # an object; and what these tests have changed
            self.assertIn(name, self.rows)
            if name != "version":
                self.assertEqual(self.rows[name].strip("`"), str(value), name)
        for name in self.file["pkcs11"]:
            self.assertIn("pkcs11." + name, self.rows)

    def complaint(self, change):
        settings = json.loads(json.dumps(self.file))
        change(settings)
        with open(os.path.join(self.service.state, "signumd.json"), "w", encoding="utf-8") as file:
            json.dump(settings, file)
        done = self.service.run("key", "list", check=False)
        self.assertEqual(done.returncode, 1)
        return done.stderr

    def test_each_member_of_the_table_is_known(self):
        unknown = self.complaint(lambda s: s.update(made_up=1))
        self.assertIn("'made_up'", unknown)
        reason = unknown.splitlines()[0].partition("'made_up' ")[2]
        for name in self.rows:
            parent, _, member = name.rpartition(".")

            def put(settings, parent=parent, member=member):
                if parent == "syslog":
                    settings[parent] = {"address": "localhost", "ca_file": "ca.crt"}
                (settings[parent] if parent else settings)[member] = True

            text = self.complaint(put)
            self.assertRegex(text, rf"'({re.escape(parent)}\.)?{re.escape(member)}'")
            self.assertNotIn(reason, text, name)


class End(Operated):
    settings = {"drain_timeout_s": 60}

    def setUp(self):
        if self.service.process is None:
            self.service.start()

    def test_a_second_signal_ends_at_once(self):
        with self.raw() as stream:
            stream.sendall(b"POST /v1/keys/ec/sign HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n")
            time.sleep(0.3)
            self.service.process.send_signal(signal.SIGTERM)
            time.sleep(0.5)
            self.assertIsNone(self.service.process.poll())
            begin = time.monotonic()
            self.assertEqual(self.service.stop(), 1)
            self.assertLess(time.monotonic() - begin, 5)
        self.service.run("audit", "verify")

    def test_an_idle_client_does_not_delay_the_end(self):
        connection = self.service.connect()
        self.service.get("/v1/info", connection=connection)
        begin = time.monotonic()
        self.assertEqual(self.service.stop(), 0)
        self.assertLess(time.monotonic() - begin, 10)
        connection.close()
