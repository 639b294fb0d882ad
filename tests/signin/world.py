"""What the tests of signing in share: an issuer, a service that believes it, and clients that sign."""
import base64
import json
import os
import re
import socket
import ssl
import subprocess
import sys
import tempfile
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.join(ROOT, "tests", "contract"))
import service  # noqa: E402

PACKAGES = os.environ["SIGNUM_OIDC"]
LINUX = os.environ["SIGNUM_BUILD_DIR"]
AUDIENCE = "https://sign.example"
SECRET = "a secret: of the tests+"
SECONDS = 90  # for one program, on a busy machine
DIGEST = bytes(range(32))


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as one:
        return one.getsockname()[1]


def openssl(*words):
    return subprocess.run(["openssl", *words], check=True, capture_output=True).stdout


class Issuer:
    """oidc-provider, with a TLS certificate of its own; everything it knows is new with each start."""

    def __init__(self, folder):
        self.folder = folder
        self.port = free_port()
        self.url = f"https://localhost:{self.port}"
        self.cert, self.key = os.path.join(folder, "issuer.crt"), os.path.join(folder, "issuer.key")
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", self.key,
                "-out", self.cert, "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost")
        self.tls = ssl.create_default_context(cafile=self.cert)
        self.clients = os.path.join(folder, "clients.json")
        with open(self.clients, "w", encoding="ascii") as file:
            json.dump({"signer-ps": {"alg": "PS256", "pem": self.make_key("ps", "RSA")},
                       "signer-es": {"alg": "ES256", "pem": self.make_key("es", "EC")}}, file)
        self.process = None

    def make_key(self, name, kind):
        """A private key in NAME.pem; gives the public one."""
        path = os.path.join(self.folder, name + ".pem")
        option = "rsa_keygen_bits:2048" if kind == "RSA" else "ec_paramgen_curve:P-256"
        openssl("genpkey", "-algorithm", kind, "-pkeyopt", option, "-out", path)
        os.chmod(path, 0o600)
        return openssl("pkey", "-in", path, "-pubout").decode()

    def start(self):
        self.process = subprocess.Popen(
            ["node", os.path.join(HERE, "provider.mjs"), PACKAGES, str(self.port), self.cert, self.key, self.clients],
            stdout=subprocess.PIPE, stderr=open(os.path.join(self.folder, "issuer.log"), "wb"), text=True)
        for line in self.process.stdout:
            if line.startswith("ready"):
                return
        raise AssertionError("the issuer did not start")

    def stop(self):
        if self.process is not None:
            self.process.terminate()
            self.process.wait(timeout=20)
            self.process.stdout.close()
            self.process = None

    def ask(self, path, data=None):
        with urllib.request.urlopen(self.url + path, data, context=self.tls, timeout=20) as answer:
            return json.loads(answer.read())

    def forge(self, **claims):
        """A CI system's token for a job, with these claims in place of good ones."""
        return self.ask("/test/forge", json.dumps(claims).encode())

    def hits(self, path):
        return self.ask("/test/hits").get(path, 0)


class World:
    def __init__(self):
        self.service = service.Service()
        self.folder = self.service.folder
        self.issuer = Issuer(self.folder)
        self.issuer.start()
        made = self.service
        made.run("key", "create", "curve", "--algorithm", "ecdsa", "--curve", "P-256")
        self.spki = os.path.join(self.folder, "curve.pem")
        made.run("cert", "issue", "curve", "--subject", "/CN=Sign in", "--out", self.spki + ".cer")
        with open(self.spki, "wb") as file:
            file.write(openssl("x509", "-inform", "der", "-in", self.spki + ".cer", "-noout", "-pubkey"))
        for user in ("idp:agent", "idp:signer-ps", "idp:signer-es", "idp:alice", "idp:exchanged", "ci:org/repo"):
            made.run("policy", "allow", re.sub("[^a-z]", "-", user), "--user", user, "--key", "curve")
        common = {"ca_file": self.issuer.cert, "clock_skew_s": 5}
        made.change_settings(issuers=[
            {"name": "idp", "issuer": self.issuer.url, "kind": "access", "audiences": [AUDIENCE], **common},
            {"name": "ci", "issuer": self.issuer.url + "/ci", "kind": "id", "audiences": ["sign"],
             "user": "{repository}", **common}])
        made.start()

    def close(self):
        self.issuer.stop()
        self.service.close()

    def settings(self, **auth):
        """The variables of a client of that service; a value that is a path stays as it is."""
        return {"SIGNUM_SERVICE_URL": f"https://{self.service.host}:{self.service.port}",
                "SIGNUM_CA_FILE": os.path.join(self.service.state, "ca.crt"), "SIGNUM_ISSUER": self.issuer.url,
                "SIGNUM_ISSUER_CA_FILE": self.issuer.cert, "SIGNUM_TIMEOUT_MS": "20000", "SIGNUM_LOG_LEVEL": "debug",
                **{"SIGNUM_" + name.upper(): value for name, value in auth.items()}}

    def verifies(self, signature):
        """openssl says whether these bytes, r and s, are the key's signature over DIGEST."""
        half = len(signature) // 2
        numbers = [int.from_bytes(part, "big") for part in (signature[:half], signature[half:])]
        parts = b"".join(b"\x02" + bytes([len(n)]) + n for n in (v.to_bytes(v.bit_length() // 8 + 1, "big") for v in numbers))
        with tempfile.TemporaryDirectory() as folder:
            for name, data in (("digest", DIGEST), ("sig", b"\x30" + bytes([len(parts)]) + parts)):
                with open(os.path.join(folder, name), "wb") as file:
                    file.write(data)
            return subprocess.run(["openssl", "pkeyutl", "-verify", "-pubin", "-inkey", self.spki, "-in", folder + "/digest",
                                   "-sigfile", folder + "/sig"], capture_output=True, check=False).returncode == 0


class Client:
    """The native command of one account: a home of its own, and these settings in its environment."""

    def __init__(self, world, **auth):
        self.world = world
        self.home = tempfile.mkdtemp(dir=world.folder)
        self.log_path = os.path.join(self.home, "signum.log")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("SIGNUM_", "XDG_", "ACTIONS_"))}
        for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER"):
            kept.pop(name, None)
        self.env = {**kept, "HOME": self.home, "SIGNUM_LOG_FILE": self.log_path, **world.settings(**auth)}

    def line(self, *words):
        return [os.path.join(LINUX, "ksp", "cli", "signum"), *words]

    def start(self, *words):
        return subprocess.Popen(self.line(*words), env=self.env, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                stdin=subprocess.DEVNULL)

    def run(self, *words):
        return subprocess.run(self.line(*words), env=self.env, text=True, capture_output=True, timeout=SECONDS,
                              stdin=subprocess.DEVNULL, check=False)

    SIGN = ("sign", "--key", "curve", "--scheme", "ecdsa", "--digest", DIGEST.hex())

    def sign(self):
        return self.run(*self.SIGN)

    def is_signed(self, done):
        return done.returncode == 0 and self.world.verifies(base64.b64decode(done.stdout))

    def log(self):
        if not os.path.exists(self.log_path):
            return ""
        with open(self.log_path, encoding="utf-8", errors="replace") as file:
            return file.read()

    def secrets(self):
        """The tokens kept, by the name of their file."""
        folder = os.path.join(self.home, ".local", "share", "signum", "secrets")
        found = {}
        for name in os.listdir(folder) if os.path.isdir(folder) else ():
            if name.startswith("secret-token."):
                with open(os.path.join(folder, name), encoding="utf-8") as file:
                    found[name] = json.load(file)
        return found

    def write(self, name, text):
        path = os.path.join(self.home, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(path, 0o600)
        return path
