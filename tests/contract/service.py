"""A signumd of the tests' own, in a temporary state folder, and a client that trusts nothing."""
import atexit
import base64
import http.client
import json
import os
import re
import shutil
import signal
import sqlite3
import ssl
import subprocess
import sys
import tempfile
import time
import uuid

import openapi

BUILD = os.environ["SIGNUM_BUILD_DIR"]
SIGNUMD = os.path.join(BUILD, "service", "signumd")
FAULTS = os.path.join(BUILD, "tests", "support", "pkcs11_faults.so")
START_SECONDS = 20
SANITIZER = re.compile(r"(Address|Leak|Thread|UndefinedBehavior)Sanitizer|runtime error:")


def softhsm():
    for place in ("/usr/lib/softhsm/libsofthsm2.so",
                  "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so"):
        if os.path.exists(place):
            return place
    raise RuntimeError("SoftHSM2 is not installed (package softhsm2)")


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def code(self):
        return self.json.get("code")


class Service:
    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="signum-contract-")
        self.state = os.path.join(self.folder, "state")
        self.faults = os.path.join(self.folder, "faults")
        self.log_path = os.path.join(self.folder, "serve.log")
        self.env = dict(os.environ, SIGNUM_FAULTS_MODULE=softhsm(), SIGNUM_FAULTS_FILE=self.faults)
        self.env.pop("SOFTHSM2_CONF", None)
        self.process = None
        self.tokens = {}
        self.set_faults("")
        self.run("init", "--pkcs11-module", FAULTS)
        # most tests give bad credentials from one address all the time
        self.change_settings(refusals_per_minute=0)
        with open(os.path.join(self.state, "admin.token"), encoding="ascii") as file:
            self.tokens["admin"] = file.read()

    def run(self, *words, check=True, text=None):
        """A verb of the command line; gives its standard output."""
        line = [SIGNUMD, *words, "--state", self.state]
        done = subprocess.run(line, env=self.env, text=True, capture_output=True, timeout=60,
                              input=text)
        if check and done.returncode != 0:
            raise AssertionError(f"{line}: {done.returncode}: {done.stderr}")
        return done.stdout if check else done

    def change_settings(self, **members):
        """Puts members into the settings file; None takes one out."""
        path = os.path.join(self.state, "signumd.json")
        with open(path, encoding="utf-8") as file:
            settings = json.load(file)
        settings.update(members)
        with open(path, "w", encoding="utf-8") as file:
            json.dump({n: v for n, v in settings.items() if v is not None}, file)

    def add_user(self, name, role="signer"):
        self.run("user", "add", name, "--role", role)
        self.tokens[name] = self.run("token", "create", name).split()[1]

    def change_settings(self, **members):
        path = os.path.join(self.state, "signumd.json")
        with open(path, encoding="utf-8") as file:
            settings = json.load(file)
        with open(path, "w", encoding="utf-8") as file:
            json.dump({**settings, **members}, file)

    def start(self):
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(
                [SIGNUMD, "serve", "--state", self.state, "--listen", "127.0.0.1:0"],
                env=self.env, stdout=subprocess.PIPE, stderr=log, text=True)
        line = self.process.stdout.readline()
        if not line.startswith("signumd serves https://"):
            raise AssertionError(f"signumd did not start: {self.log()}")
        with open(os.path.join(self.state, "url"), encoding="ascii") as file:
            host = file.read().removeprefix("https://")
        self.host, port = host.rsplit(":", 1)
        self.port = int(port)
        self.tls = ssl.create_default_context(cafile=os.path.join(self.state, "ca.crt"))

    def stop(self, how=signal.SIGTERM):
        """Ends the process that this object started; gives its exit code."""
        if self.process is None:
            return None
        self.process.send_signal(how)
        code = self.process.wait(timeout=60)
        self.process.stdout.close()
        self.process = None
        return code

    def close(self):
        """Every service that a test has started ends properly, and has no report of a sanitizer."""
        code = self.stop()
        reports = [line for line in self.log().splitlines() if SANITIZER.search(line)]
        shutil.rmtree(self.folder)
        if code not in (None, 0) or reports:
            raise AssertionError(f"signumd ended with {code}: {reports}")

    def log(self):
        if not os.path.exists(self.log_path):
            return ""
        with open(self.log_path, encoding="utf-8") as file:
            return file.read()

    def access_log(self):
        lines = [json.loads(line) for line in self.log().splitlines()]
        return {line["request"]: line for line in lines if "request" in line}

    def set_faults(self, text):
        with open(self.faults + ".new", "w", encoding="ascii") as file:
            file.write(text)
        os.replace(self.faults + ".new", self.faults)

    def sql(self, statement):
        with sqlite3.connect(os.path.join(self.state, "signumd.db"), timeout=30) as db:
            rows = db.execute(statement).fetchall()
        db.close()
        return rows

    def connect(self):
        return http.client.HTTPSConnection(self.host, self.port, context=self.tls, timeout=30)

    def request(self, method, path, user=None, body=None, headers=None, connection=None):
        """One request; the answer is held against the document before it is given."""
        headers = dict(headers or {})
        if user is not None:
            headers["Authorization"] = "Bearer " + self.tokens[user]
        used = connection or self.connect()
        used.request(method, path, body=body, headers=headers)
        response = used.getresponse()
        answer = Answer(response.status, dict(response.getheaders()), response.read())
        if connection is None:
            used.close()
        openapi.check(method, path, answer.status, answer.headers, answer.body, body)
        return answer

    def get(self, path, user=None, **more):
        return self.request("GET", path, user, **more)

    def sign(self, key, user, digest, scheme="rsa-pkcs1", hash="sha256", idempotency=None,
             connection=None, headers=None, **members):
        body = {"scheme": scheme, "hash": hash, "digest": base64.b64encode(digest).decode()}
        body.update(members)
        all_headers = {"Content-Type": "application/json",
                       "Idempotency-Key": idempotency or str(uuid.uuid4())}
        all_headers.update(headers or {})
        return self.request("POST", f"/v1/keys/{key}/sign", user, json.dumps(body), all_headers,
                            connection)

    def post(self, path, user, members, headers=None, connection=None):
        """A JSON body to a path; a text is sent as it is."""
        body = members if isinstance(members, (str, bytes)) else json.dumps(members)
        all_headers = {"Content-Type": "application/json", **(headers or {})}
        all_headers = {n: v for n, v in all_headers.items() if v is not None}
        return self.request("POST", path, user, body, all_headers, connection)

    def put(self, path, user, members, headers=None):
        body = members if isinstance(members, (str, bytes)) else json.dumps(members)
        return self.request("PUT", path, user, body,
                            {"Content-Type": "application/json", **(headers or {})})

    def delete(self, path, user=None):
        return self.request("DELETE", path, user)

    def put_policy(self, policy, user="policymaker", name=None):
        return self.request("PUT", f"/v1/policies/{name or policy['name']}", user,
                            json.dumps(policy), {"Content-Type": "application/json"})

    def pkcs11_tool(self, *words, check=True):
        """Another program at the same token, with --login also its PIN; gives its output."""
        env = dict(os.environ, SOFTHSM2_CONF=os.path.join(self.state, "softhsm2.conf"))
        with open(os.path.join(self.state, "token.pin"), encoding="ascii") as file:
            pin = file.read()
        login = ("--token-label", "signum", "--login", "--pin", pin) if "--login" in words else ()
        words = [word for word in words if word != "--login"]
        done = subprocess.run(["pkcs11-tool", "--module", softhsm(), *login, *words], env=env,
                              capture_output=True, text=True, timeout=60)
        if check and done.returncode != 0:
            raise AssertionError(f"pkcs11-tool {words}: {done.returncode}: {done.stderr}")
        return done.stdout if check else done

    def pkcs11_values(self):
        """What the token says to a program that wants its private keys: see pkcs11_values.py."""
        env = dict(os.environ, SOFTHSM2_CONF=os.path.join(self.state, "softhsm2.conf"))
        with open(os.path.join(self.state, "token.pin"), encoding="ascii") as file:
            pin = file.read()
        script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "pkcs11_values.py")
        done = subprocess.run([sys.executable, script, softhsm(), pin], env=env, check=True,
                              capture_output=True, text=True, timeout=60)
        return json.loads(done.stdout)

    def token_labels(self):
        """Labels of the private and public keys in the token, as pkcs11-tool sees them."""
        lines = self.pkcs11_tool("--login", "--list-objects").splitlines()
        return sorted(line.split()[1] for line in lines if line.strip().startswith("label:"))

    def audit(self):
        return json.loads(self.run("audit", "list", "--json"))["records"]


_shared = None


def shared():
    """The service that most tests use: keys rsa, ec256, ec384, ec521 and other; several users."""
    global _shared
    if _shared is None:
        made = Service()
        made.run("key", "create", "rsa", "--algorithm", "rsa", "--bits", "2048")
        for curve in ("256", "384", "521"):
            made.run("key", "create", "ec" + curve, "--algorithm", "ecdsa", "--curve", "P-" + curve)
        made.run("key", "create", "other", "--algorithm", "ecdsa")
        for key in ("rsa", "ec256", "ec384", "ec521"):
            made.run("cert", "issue", key)
        for name, role in (("alice", "signer"), ("bob", "signer"), ("auditor", "auditor"),
                           ("manager", "key-manager"), ("policymaker", "policy-manager")):
            made.add_user(name, role)
        for key in ("rsa", "ec256", "ec384", "ec521"):
            made.run("policy", "allow", "alice-" + key, "--user", "alice", "--key", key)
        made.start()
        _shared = made
    return _shared


def stop_shared():
    global _shared
    if _shared is not None:
        _shared.close()
        _shared = None


def wait_for(condition, seconds=20):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.05)
    return False


atexit.register(stop_shared)
