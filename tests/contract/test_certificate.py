"""Client certificates: openssl makes them, the service says whose they are, or 401 to everybody alike."""
import hashlib
import json
import os
import signal
import socket
import ssl
import subprocess
import tempfile
import time
import unittest

import service

DIGEST = bytes(32)
CONFIG = """
[ca]
default_ca = this
[this]
dir = {folder}
database = {folder}/index
new_certs_dir = {folder}
certificate = {folder}/ca.crt
private_key = {folder}/ca.key
serial = {folder}/serial
crlnumber = {folder}/crlnumber
default_md = sha256
default_days = 2
default_crl_days = 2
policy = any
unique_subject = no
email_in_dn = no
[any]
organizationName = optional
commonName = optional
[ca_cert]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign,cRLSign
[ca_client]
basicConstraints = critical,CA:TRUE
extendedKeyUsage = clientAuth
[client]
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = clientAuth
[server]
basicConstraints = critical,CA:FALSE
extendedKeyUsage = serverAuth
[plain]
basicConstraints = critical,CA:FALSE
[named]
basicConstraints = critical,CA:FALSE
extendedKeyUsage = clientAuth
subjectAltName = email:robot@example.com,DNS:robot.example.com,URI:spiffe://example.com/robot
"""


def openssl(*words):
    done = subprocess.run(["openssl", *words], capture_output=True, text=True, timeout=60)
    if done.returncode != 0:
        raise AssertionError(f"openssl {words}: {done.stderr}")
    return done.stdout


class Authority:
    def __init__(self, folder, name, above=None):
        self.folder, self.dn, self.count = os.path.join(folder, name), f"CN={name},O=Test", 0
        os.mkdir(self.folder)
        self.config = self.path("config")
        for file, text in (("config", CONFIG.format(folder=self.folder)), ("index", ""), ("serial", "1000"),
                           ("crlnumber", "01")):
            with open(self.path(file), "w", encoding="ascii") as out:
                out.write(text)
        subject = f"/O=Test/CN={name}"
        if above is None:
            openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "3",
                    "-subj", subject, "-config", self.req(), "-extensions", "ca_cert", "-keyout", self.path("ca.key"),
                    "-out", self.path("ca.crt"))
        else:
            made, _ = above.issue(subject, "ca_cert")
            os.rename(made, self.path("ca.crt"))
            os.rename(made[:-3] + "key", self.path("ca.key"))

    def req(self):
        with open(self.path("req"), "w", encoding="ascii") as out:
            out.write("[req]\ndistinguished_name = dn\n[dn]\n" + CONFIG.format(folder=self.folder))
        return self.path("req")

    def path(self, name):
        return os.path.join(self.folder, name)

    def issue(self, subject, kind="client", chain=(), days=None):
        """Certificate and key; (file, file with chain and key)."""
        self.count += 1
        base = self.path(f"c{self.count}.")
        openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", subject,
                "-config", self.req(), "-keyout", base + "key", "-out", base + "csr")
        times = [] if days is None else ["-startdate", stamp(days[0]), "-enddate", stamp(days[1])]
        openssl("ca", "-batch", "-notext", "-preserveDN", "-config", self.config, "-extensions", kind, *times,
                "-in", base + "csr", "-out", base + "crt")
        return base + "crt", bundle(base, chain)

    def crl(self, file, *more):
        openssl("ca", "-gencrl", "-config", self.config, "-out", file, *more)

    def revoke(self, file):
        openssl("ca", "-revoke", file, "-config", self.config)


def stamp(days):
    return time.strftime("%Y%m%d%H%M%SZ", time.gmtime(time.time() + days * 86400))


def bundle(base, chain=()):
    with open(base + "pem", "w", encoding="ascii") as out:
        for name in (base + "crt", *chain, base + "key"):
            with open(name, encoding="ascii") as file:
                out.write(file.read())
    return base + "pem"


def sha256(file):
    with open(file, encoding="ascii") as text:
        return hashlib.sha256(ssl.PEM_cert_to_DER_cert(text.read())).hexdigest()


class Certificates(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="signum-clients-")
        cls.addClassCleanup(folder.cleanup)
        cls.folder = folder.name
        cls.one, cls.two, cls.foreign = (Authority(folder.name, n) for n in ("One", "Two", "Foreign"))
        cls.below = Authority(folder.name, "Below", cls.one)
        made = cls.service = service.Service()
        cls.addClassCleanup(made.close)
        made.run("key", "create", "rsa", "--algorithm", "rsa", "--bits", "2048")
        for name in ("alice", "bob"):
            made.add_user(name)
        made.run("group", "add", "builders")
        made.run("group", "join", "builders", "alice")
        with open(os.path.join(made.state, "by-group.json"), "w", encoding="ascii") as file:
            json.dump({"name": "by-group", "what": {"keys": ["rsa"]}, "who": {"groups": ["builders"]},
                       "action": "allow", "priority": 100}, file)
        made.run("policy", "put", os.path.join(made.state, "by-group.json"))
        cls.one.crl(made.state + "/one.crl")
        with open(made.state + "/clients.crt", "w", encoding="ascii") as out:
            for authority in (cls.one, cls.two):
                with open(authority.path("ca.crt"), encoding="ascii") as file:
                    out.write(file.read())
        made.change_settings(client_ca_files=["clients.crt"], client_crl_files=["one.crl"])
        made.start()
        cls.plain = made.tls
        cls.crt, cls.pem = cls.one.issue("/O=Test/CN=runner")

    def context(self, pem, version=None):
        context = ssl.create_default_context(cafile=os.path.join(self.service.state, "ca.crt"))
        if pem is not None:
            context.load_cert_chain(pem)
        if version is not None:
            context.maximum_version = version
        return context

    def ask(self, pem, method="GET", path="/v1/users/me", user=None, version=None, **more):
        """A request with a certificate."""
        self.service.tls = self.context(pem, version)
        try:
            return self.service.request(method, path, user, **more)
        finally:
            self.service.tls = self.plain

    def map(self, user, *words):
        number = self.service.run("user", "certificate", "add", user, *words).strip()
        self.addCleanup(self.service.run, "user", "certificate", "remove", user, number, check=False)
        return number

    def accepted(self, pem, name="alice", **more):
        answer = self.ask(pem, **more)
        self.assertEqual(answer.status, 200, self.service.log()[-600:])
        self.assertEqual((answer.json["name"], answer.json["method"], answer.json["token"]), (name, "certificate", None))
        return answer.json

    def refused(self, pem, cause, **more):
        """The same answer as without any credential."""
        answer = self.ask(pem, **more)
        number = answer.headers["Signum-Request"]
        self.assertEqual((answer.status, answer.code), (401, "unauthenticated"), cause)
        self.assertTrue(service.wait_for(lambda: number in self.service.access_log()))
        line = self.service.access_log()[number]
        self.assertEqual((line["cause"], line["user"]), (cause, None))
        usual = self.service.get("/v1/users/me")
        for one in (answer, usual):
            one.same = {**one.json, "request": None}
            one.kept = {n: v for n, v in one.headers.items() if n not in ("Signum-Request", "Date")}
        self.assertEqual((answer.same, answer.kept), (usual.same, usual.kept))

    def reload(self):
        before = self.service.log().count('"settings, TLS certificate'), self.service.log().count("nothing was reloaded")
        self.service.process.send_signal(signal.SIGHUP)
        after = lambda: (self.service.log().count('"settings, TLS certificate'),
                         self.service.log().count("nothing was reloaded"))
        self.assertTrue(service.wait_for(lambda: after() != before))
        return after()[0] > before[0]

    def test_by_thumbprint(self):
        self.refused(self.pem, "certificate of nobody")
        self.map("alice", "--sha256", sha256(self.crt))
        me = self.accepted(self.pem)
        self.assertEqual((me["roles"], me["groups"]), (["signer"], ["builders"]))
        end = openssl("x509", "-in", self.crt, "-noout", "-enddate", "-dateopt", "iso_8601").strip()
        self.assertEqual(me["expires"].replace("T", " ")[:16], end.removeprefix("notAfter=")[:16])
        self.service.tls = self.context(self.pem)
        self.addCleanup(setattr, self.service, "tls", self.plain)
        answer = self.service.sign("rsa", None, DIGEST)
        self.assertEqual(answer.status, 200, answer.body)
        record = self.service.audit()[-1]["record"]
        self.assertEqual((record["user"], record["token"], record["rule"]), ("alice", None, "by-group"))
        self.assertEqual(record["verified"]["identity"], {
            "method": "certificate", "sha256": sha256(self.crt), "subject": "CN=runner,O=Test", "issuer": "CN=One,O=Test"})
        self.assertIn("certificate", self.service.get("/v1/info").json["auth"]["methods"])

    def test_by_file_and_tls_1_2(self):
        self.map("bob", "--file", self.crt)
        self.accepted(self.pem, "bob", version=ssl.TLSVersion.TLSv1_2)
        self.accepted(self.pem, "bob", version=ssl.TLSVersion.TLSv1_3)

    def test_by_subject(self):
        shown = self.service_show(self.crt)
        self.assertEqual((shown["issuer"], shown["subject"], shown["sha256"]),
                         (self.one.dn, "CN=runner,O=Test", sha256(self.crt)))
        self.map("alice", "--issuer", self.one.dn, "--subject", "CN=runner,O=Test")
        self.accepted(self.pem)
        self.accepted(self.one.issue("/O=Test/CN=runner")[1])
        self.refused(self.two.issue("/O=Test/CN=runner")[1], "certificate of nobody")
        for subject in ("/O=Test/CN=runner2", "/O=Test/CN=Runner", "/CN=runner", "/CN=runner/O=Test"):
            self.refused(self.one.issue(subject)[1], "certificate of nobody")

    def service_show(self, file):
        done = subprocess.run([service.SIGNUMD, "user", "certificate", "show", file], capture_output=True, text=True,
                              timeout=60, check=True, env=self.service.env)
        return dict(line.split(None, 1) for line in done.stdout.splitlines())

    def test_by_alternative_name(self):
        pem = self.one.issue("/O=Test/CN=x", "named")[1]
        for name in ("email:robot@example.com", "dns:robot.example.com", "uri:spiffe://example.com/robot"):
            number = self.map("bob", "--issuer", self.one.dn, "--san", name)
            self.accepted(pem, "bob")
            self.refused(self.two.issue("/O=Test/CN=x", "named")[1], "certificate of nobody")
            self.service.run("user", "certificate", "remove", "bob", number)
            self.refused(pem, "certificate of nobody")
        self.map("bob", "--issuer", self.one.dn, "--san", "email:robot@example.com")
        self.map("alice", "--issuer", self.one.dn, "--san", "dns:robot.example.com")
        self.refused(pem, "certificate of several users")

    def test_ca_below_a_ca(self):
        crt, pem = self.below.issue("/O=Test/CN=deep", chain=[self.below.path("ca.crt")])
        self.map("alice", "--issuer", self.one.dn, "--subject", "CN=deep,O=Test")
        self.accepted(pem)
        self.refused(bundle(crt[:-3]), "certificate of an unknown CA")
        # a CA that another CA has named after the trusted one vouches for nobody of it
        os.mkdir(self.folder + "/false")
        false = Authority(self.folder + "/false", "One", self.two)
        self.refused(false.issue("/O=Test/CN=deep", chain=[false.path("ca.crt")])[1], "certificate of nobody")

    def test_not_good(self):
        for subject in ("stale", "early", "server", "plain", "foreign"):
            self.map("alice", "--issuer", self.one.dn, "--subject", f"CN={subject},O=Test")
        issue = self.one.issue
        for pem, cause in (
                (issue("/O=Test/CN=stale", days=(-3, -1))[1], "certificate expired"),
                (issue("/O=Test/CN=early", days=(1, 2))[1], "certificate not valid yet"),
                (issue("/O=Test/CN=server", "server")[1], "certificate not for clients"),
                (issue("/O=Test/CN=plain", "plain")[1], "certificate not for clients"),
                (self.foreign.issue("/O=Test/CN=foreign")[1], "certificate of an unknown CA")):
            self.refused(pem, cause)
            self.refused(pem, cause, version=ssl.TLSVersion.TLSv1_2)
            self.refused(pem, cause, user="bob")  # a good token does not make up for it
            self.assertEqual(self.ask(pem, path="/v1/health").status, 200)
        bodies = {self.ask(pem).json["detail"], self.service.get("/v1/users/me").json["detail"]}
        self.assertEqual(len(bodies), 1)

    def test_self_signed(self):
        base = self.folder + "/self."
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj",
                "/O=Test/CN=self", "-addext", "extendedKeyUsage=clientAuth", "-keyout", base + "key", "-out", base + "crt")
        self.map("alice", "--file", base + "crt")
        self.refused(bundle(base), "certificate of an unknown CA")
        # neither can a CA itself sign in; one whose key may not sign in TLS does not even get a connection
        crt, pem = self.one.issue("/O=Test/CN=sub", "ca_client")
        self.map("alice", "--file", crt)
        self.refused(pem, "certificate of a CA itself")
        self.map("alice", "--file", self.one.path("ca.crt"))
        with self.assertRaises(OSError):
            self.ask(bundle(self.one.path("ca.")))

    def test_weak(self):
        base = self.folder + "/weak."
        openssl("req", "-new", "-newkey", "rsa:1024", "-nodes", "-subj", "/O=Test/CN=weak", "-config", self.one.req(),
                "-keyout", base + "key", "-out", base + "csr")
        openssl("ca", "-batch", "-notext", "-config", self.one.config, "-extensions", "client", "-in", base + "csr",
                "-out", base + "crt")
        context = self.context(None)
        context.set_ciphers("DEFAULT@SECLEVEL=0")
        context.load_cert_chain(bundle(base))
        self.map("alice", "--file", base + "crt")
        self.service.tls = context
        self.addCleanup(setattr, self.service, "tls", self.plain)
        self.assertEqual(self.service.get("/v1/users/me").code, "unauthenticated")

    def test_removal_holds_for_open_connections_and_sessions(self):
        number = self.map("alice", "--file", self.crt)
        self.service.tls = context = self.context(self.pem)
        self.addCleanup(setattr, self.service, "tls", self.plain)
        connection = self.service.connect()
        self.addCleanup(connection.close)
        self.assertEqual(self.service.get("/v1/users/me", connection=connection).status, 200)
        session = connection.sock.session
        self.assertEqual(self.service.delete(f"/v1/users/alice/certificates/{number}", "admin").status, 204)
        self.assertEqual(self.service.get("/v1/users/me", connection=connection).code, "unauthenticated")
        with context.wrap_socket(socket.create_connection((self.service.host, self.service.port)),
                                 server_hostname=self.service.host, session=session) as again:
            self.assertFalse(again.session_reused)
            again.sendall(b"GET /v1/users/me HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            self.assertIn(b" 401 ", again.recv(64))

    def test_removal_of_the_user(self):
        self.service.add_user("carol")
        self.map("carol", "--file", self.crt)
        self.accepted(self.pem, "carol")
        self.service.run("user", "remove", "carol")
        self.refused(self.pem, "certificate of nobody")
        self.service.add_user("carol")
        self.refused(self.pem, "certificate of nobody")
        self.service.run("user", "remove", "carol")

    def test_with_a_token(self):
        self.map("alice", "--file", self.crt)
        me = self.ask(self.pem, user="bob").json
        self.assertEqual((me["name"], me["method"]), ("bob", "token"))
        done = self.ask(self.pem, "PUT", "/v1/users/bob", "admin", body='{"roles":["signer"]}',
                        headers={"Content-Type": "application/json"})
        self.assertEqual(done.status, 200)
        self.assertEqual(self.service.audit()[-1]["record"]["verified"]["identity"], {
            "method": "token", "certificate": {"sha256": sha256(self.crt), "subject": "CN=runner,O=Test",
                                               "issuer": "CN=One,O=Test"}})
        # what is shown as a token is judged as one
        for value in ("Bearer x", "Basic YTpi", ""):
            answer = self.ask(self.pem, headers={"Authorization": value})
            self.assertEqual(answer.code, "unauthenticated", value)

    def test_revocation_and_reload(self):
        crt, pem = self.one.issue("/O=Test/CN=gone")
        self.map("alice", "--file", crt)
        self.service.tls = self.context(pem)
        connection = self.service.connect()
        self.addCleanup(connection.close)
        self.service.tls = self.plain
        self.assertEqual(self.service.get("/v1/users/me", connection=connection).status, 200)
        self.one.revoke(crt)
        self.one.crl(self.service.state + "/one.crl")
        self.accepted(pem)
        self.assertTrue(self.reload())
        self.refused(pem, "certificate revoked")
        self.assertEqual(self.service.get("/v1/users/me", connection=connection).code, "unauthenticated")

    def test_old_list(self):
        self.map("alice", "--file", self.crt)
        self.one.crl(self.service.state + "/one.crl", "-crl_lastupdate", stamp(-3), "-crl_nextupdate", stamp(-1))
        self.assertTrue(self.reload())
        self.refused(self.pem, "revocation list ended")
        self.one.crl(self.service.state + "/one.crl")
        self.assertTrue(self.reload())
        self.accepted(self.pem)

    def test_bad_files_change_nothing(self):
        self.map("alice", "--file", self.crt)
        junk = self.service.state + "/junk.pem"
        self.foreign.crl(self.folder + "/foreign.crl")
        for text, settings in (
                ("", {"client_ca_files": ["junk.pem"]}), ("hello", {"client_ca_files": ["junk.pem"]}),
                (open(self.crt, encoding="ascii").read(), {"client_ca_files": ["junk.pem"]}),
                ("", {"client_ca_files": ["missing.pem"]}), ("hello", {"client_crl_files": ["junk.pem"]}),
                ("", {"client_crl_files": [self.folder + "/foreign.crl"]}),
                ("", {"client_ca_files": []}), ("", {"client_ca_files": "clients.crt"}),
                ("", {"client_ca_files": None})):
            with open(junk, "w", encoding="ascii") as file:
                file.write(text)
            self.service.change_settings(**settings)
            try:
                if settings == {"client_ca_files": None}:
                    self.service.change_settings(client_ca_files=[])
                self.assertFalse(self.reload(), settings)
            finally:
                self.service.change_settings(client_ca_files=["clients.crt"], client_crl_files=["one.crl"])
            self.accepted(self.pem)
        self.assertTrue(self.reload())

    def test_reload_of_cas(self):
        crt, pem = self.foreign.issue("/O=Test/CN=new")
        self.map("alice", "--file", crt)
        self.map("bob", "--file", self.crt)
        self.refused(pem, "certificate of an unknown CA")
        self.service.change_settings(client_ca_files=["clients.crt", self.foreign.path("ca.crt")])
        self.addCleanup(self.reload)
        self.addCleanup(self.service.change_settings, client_ca_files=["clients.crt"], client_crl_files=["one.crl"])
        self.assertTrue(self.reload())
        self.accepted(pem)
        self.service.tls = self.context(self.pem)
        connection = self.service.connect()
        self.addCleanup(connection.close)
        self.service.tls = self.plain
        self.assertEqual(self.service.get("/v1/users/me", connection=connection).json["name"], "bob")
        self.foreign.crl(self.folder + "/foreign.crl")
        self.service.change_settings(client_ca_files=[self.foreign.path("ca.crt")],
                                     client_crl_files=[self.folder + "/foreign.crl"])
        self.assertTrue(self.reload())
        self.accepted(pem)
        self.refused(self.pem, "certificate of an unknown CA")
        self.assertEqual(self.service.get("/v1/users/me", connection=connection).code, "unauthenticated")

    def test_routes(self):
        entry = {"issuer": self.one.dn, "subject": "CN=routes,O=Test"}
        made = self.service.post("/v1/users/bob/certificates", "admin", entry)
        self.assertEqual(made.status, 201, made.body)
        self.assertEqual({n: made.json[n] for n in ("user", "sha256", "issuer", "subject", "san")},
                         {"user": "bob", "sha256": None, "san": None, **entry})
        self.assertEqual(made.headers["Location"], "/v1/users/bob/certificates/" + made.json["id"])
        record = self.service.audit()[-1]["record"]
        self.assertEqual((record["action"], record["user"], record["name"], record["id"], record["subject"]),
                         ("certificate.map", "admin", "bob", made.json["id"], "CN=routes,O=Test"))
        for user in ("alice", "bob"):  # one subject is one user's
            self.assertEqual(self.service.post(f"/v1/users/{user}/certificates", "admin", entry).code, "certificate-exists")
        self.assertEqual(self.service.get("/v1/users/bob/certificates", "admin").json["certificates"], [made.json])
        self.assertEqual(json.loads(self.service.run("user", "certificate", "list", "--json"))["certificates"], [made.json])
        self.accepted(self.one.issue("/O=Test/CN=routes")[1], "bob")
        for user in ("alice", "nobody"):
            self.assertEqual(self.service.delete(f"/v1/users/{user}/certificates/{made.json['id']}", "admin").code,
                             "certificate-not-found")
        self.assertEqual(self.service.delete("/v1" + made.headers["Location"][3:], "admin").status, 204)
        record = self.service.audit()[-1]["record"]
        self.assertEqual((record["action"], record["name"], record["id"]), ("certificate.unmap", "bob", made.json["id"]))
        self.assertEqual(self.service.get("/v1/users/bob/certificates", "admin").json["certificates"], [])
        for answer in (self.service.get("/v1/users/nobody/certificates", "admin"),
                       self.service.post("/v1/users/nobody/certificates", "admin", entry)):
            self.assertEqual(answer.code, "user-not-found")
        for path in ("/v1/users/bob/certificates", "/v1/users/alice/certificates"):
            self.assertEqual(self.service.get(path, "alice").code, "denied")
            self.assertEqual(self.service.post(path, "alice", entry).code, "denied")
        self.assertEqual(self.service.delete("/v1/users/alice/certificates/x", "alice").code, "denied")
        self.assertEqual(self.service.delete("/v1/users/alice/certificates/%20", "admin").json["field"], "id")

    def test_bad_entries(self):
        good, dn = "0" * 64, "CN=a"
        for members, field in (({}, "issuer"), ({"sha256": "0" * 63}, "sha256"), ({"sha256": "0" * 65}, "sha256"),
                               ({"sha256": "A" * 64}, "sha256"), ({"sha256": good, "issuer": dn}, "sha256"),
                               ({"sha256": good, "san": "dns:a"}, "sha256"), ({"issuer": dn}, "subject"),
                               ({"subject": dn}, "issuer"), ({"issuer": dn, "subject": dn, "san": "dns:a"}, "subject"),
                               ({"issuer": "", "subject": dn}, "issuer"), ({"issuer": dn, "subject": ""}, "subject"),
                               ({"issuer": dn, "subject": "a\n"}, "subject"), ({"issuer": dn, "san": "a"}, "san"),
                               ({"issuer": dn, "san": "dns:"}, "san"), ({"issuer": dn, "san": "ip:1.2.3.4"}, "san"),
                               ({"issuer": "x" * 1025, "subject": dn}, "issuer"), ({"sha256": 5}, "sha256"),
                               ({"sha256": good, "x": 1}, "x")):
            answer = self.service.post("/v1/users/bob/certificates", "admin", members)
            self.assertEqual((answer.code, answer.json.get("field")), ("bad-request", field), members)
        for words in ((), ("--sha256", "x"), ("--issuer", dn), ("--file", self.crt, "--sha256", good),
                      ("--issuer", dn, "--san", "x")):
            self.assertEqual(self.service.run("user", "certificate", "add", "bob", *words, check=False).returncode, 2, words)
        for words in (("--file", self.service.state + "/signumd.json"), ("--file", "/nowhere")):
            self.assertEqual(self.service.run("user", "certificate", "add", "bob", *words, check=False).returncode, 1)
        self.assertEqual(self.service.run("user", "certificate", "add", "nobody", "--sha256", good, check=False).returncode, 1)
        self.assertEqual(self.service.run("user", "certificate", "remove", "bob", "x", check=False).returncode, 1)

    def test_a_broken_database(self):
        """Whose a certificate is cannot be known: it is nobody's, and that is no refusal."""
        self.map("alice", "--file", self.crt)
        path = "/v1/users/bob/certificates"
        self.service.sql("ALTER TABLE user_certificates RENAME TO gone")
        try:
            for answer in (self.service.get(path, "admin"), self.service.post(path, "admin", {"sha256": "0" * 64}),
                           self.service.delete(path + "/0", "admin"), self.ask(self.pem)):
                self.assertEqual((answer.status, answer.code), (500, "internal"))
        finally:
            self.service.sql("ALTER TABLE gone RENAME TO user_certificates")
        self.accepted(self.pem)

    def test_strangers_are_held_off(self):
        self.service.change_settings(refusals_per_minute=3)
        self.assertTrue(self.reload())
        pem = self.foreign.issue("/O=Test/CN=foreign")[1]
        self.map("alice", "--file", self.crt)
        try:
            answers = [self.ask(pem).status for _ in range(6)]
            self.assertIn(429, answers)
            self.accepted(self.pem)
        finally:
            self.service.change_settings(refusals_per_minute=0)
            self.assertTrue(self.reload())
