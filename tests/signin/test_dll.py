"""Every way to sign in, with the provider's DLL under Wine, in both bitnesses; logins by the Windows command."""
import os
import shutil
import subprocess
import time
import unittest
import uuid

import test_native
import world

PRESETS = os.environ.get("SIGNUM_TEST_WINE", "").split()
RUNNER = os.path.join(world.ROOT, "scripts", "lib", "wine-run.sh")
NTE_PERM = "80090010"
NTE_SILENT_CONTEXT = "80090022"
made = None


def setUpModule():
    global made
    made = world.World()
    unittest.addModuleCleanup(made.close)
    test_native.made = made


class WineClient(world.Client):
    """The DLL and the Windows command; the store is the prefix's, so that each client has a resource of its own."""

    PATHS = ("_FILE", "_CERT")

    def __init__(self, preset, **auth):
        self.preset = preset
        super().__init__(made, **auth)
        self.env["SIGNUM_WINE_SECONDS"] = str(world.SECONDS)
        build = os.path.join(world.ROOT, "build", preset)
        for part in ("ksp/cng/signumksp.dll", "tests/signin/sign_once.exe", "ksp/cli/signum.exe"):
            shutil.copy(os.path.join(build, part), self.home)

    def wine_env(self):
        """Variables with paths as Windows has them; the prefix and its Wine are those of run.sh."""
        env = dict(self.env, HOME=os.environ["HOME"])
        env["SIGNUM_WINE_READY"] = os.environ["SIGNUM_WINE_READY"]
        for name, value in env.items():
            if name.startswith(("SIGNUM_", "AZURE_")) and name.endswith(self.PATHS) and value.startswith("/"):
                env[name] = "Z:" + value.replace("/", "\\")
        return env

    def line(self, *words):
        return [RUNNER, os.path.join(self.home, "signum.exe"), *words]

    def start(self, *words):
        # wine-run.sh gives what was printed at the end only, and a code to enter is wanted at once
        line = [os.environ["SIGNUM_TEST_LOADER"], *self.line(*words)[1:]]
        return subprocess.Popen(line, env=self.wine_env(), text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                stdin=subprocess.DEVNULL)

    def run(self, *words):
        return subprocess.run(self.line(*words), env=self.wine_env(), text=True, capture_output=True,
                              timeout=2 * world.SECONDS, stdin=subprocess.DEVNULL, check=False)

    def sign_by_dll(self, times=1):
        line = [RUNNER, os.path.join(self.home, "sign_once.exe"), "curve", str(times)]
        done = subprocess.run(line, env=self.wine_env(), text=True, capture_output=True, timeout=2 * world.SECONDS,
                              stdin=subprocess.DEVNULL, check=False)
        return done.stdout.split("\n")[:-1] if done.stderr == "" else [done.stderr]


class Dll:
    """The tests; a class for each bitness makes them run."""

    preset = None

    def setUp(self):
        if self.preset not in PRESETS:
            self.skipTest(f"{self.preset}: this Wine does not run it")

    def client(self, resource="600", **auth):
        return WineClient(self.preset, resource=f"{world.AUDIENCE}/{resource}/{uuid.uuid4()}", scope="sign", **auth)

    def signed(self, client, times=1):
        lines = client.sign_by_dll(times)
        self.assertEqual(len(lines), times, lines)
        for line in lines:
            self.assertRegex(line.strip(), r"^[0-9a-f]{128}$", client.log()[-1200:])
            self.assertTrue(made.verifies(bytes.fromhex(line)))

    def refused(self, client, code, *words, times=1):
        lines = [line.strip() for line in client.sign_by_dll(times)]
        self.assertEqual(lines, [f"OpenKey {code}"] * times, client.log()[-1200:])
        for word in words:
            self.assertIn(word, client.log())

    def client_secret(self, secret=world.SECRET):
        client = self.client(auth_method="client-secret", client_id="agent")
        client.env["SIGNUM_CLIENT_SECRET_FILE"] = client.write("secret", secret)
        return client

    def test_client_secret(self):
        client = self.client_secret()
        before = made.issuer.hits("/token")
        self.signed(client, times=4)
        self.signed(client)
        self.assertEqual(made.issuer.hits("/token") - before, 1)

    def test_wrong_secret_is_sent_once(self):
        client = self.client_secret("wrong-and-marked")
        before = made.issuer.hits("/token")
        self.refused(client, NTE_PERM, "CREDENTIAL_REFUSED", "invalid_client", times=4)
        self.assertEqual(made.issuer.hits("/token") - before, 1)
        self.assertNotIn("wrong-and-marked", client.log())

    def test_private_key_jwt(self):
        for name, kind in (("ps", "PS256"), ("es", "ES256")):
            client = self.client(auth_method="private-key-jwt", client_id="signer-" + name, key_id="one", key_algorithm=kind,
                                 key_file=os.path.join(made.folder, name + ".pem"))
            self.signed(client)

    def test_ci(self):
        client = self.client(auth_method="ci")
        client.env["SIGNUM_ID_TOKEN"] = made.issuer.forge()
        self.signed(client)
        client = self.client(auth_method="ci", ci="file")
        client.env["SIGNUM_CI_TOKEN_FILE"] = client.write("job-token", made.issuer.forge())
        self.signed(client)
        client = self.client(auth_method="ci", audience="sign")
        client.env.update(ACTIONS_ID_TOKEN_REQUEST_URL=made.issuer.url + "/test/job",
                          ACTIONS_ID_TOKEN_REQUEST_TOKEN="job-secret")
        self.signed(client)

    def test_ci_exchanged(self):
        client = self.client(auth_method="ci", exchange="true", client_id="desk", audience="sign")
        client.env.update(SIGNUM_ISSUER=made.issuer.url + "/exchange", SIGNUM_ID_TOKEN=made.issuer.forge())
        self.signed(client)

    def test_ci_failures(self):
        client = self.client(auth_method="ci")
        client.env["SIGNUM_ID_TOKEN"] = made.issuer.forge(exp=int(time.time()) - 100)
        self.refused(client, NTE_PERM, "SIGN_IN_REQUIRED", "expired 1")
        client = self.client(auth_method="ci")
        client.env["SIGNUM_ID_TOKEN"] = made.issuer.forge(aud="another")
        self.refused(client, NTE_PERM, "CREDENTIAL_REFUSED", "audience another")

    def test_issuer_that_is_down(self):
        client = self.client_secret()
        client.env["SIGNUM_ISSUER"] = f"https://localhost:{world.free_port()}"
        client.env["SIGNUM_TIMEOUT_MS"] = "3000"
        (line,) = client.sign_by_dll()
        self.assertRegex(line, "^OpenKey")
        self.assertIn("NETWORK", client.log())

    def test_device(self):
        self.sign_after_login("device")

    def test_browser(self):
        self.sign_after_login("browser")  # the login on another device: Wine has no browser

    def sign_after_login(self, method):
        client = self.client(resource="31", auth_method=method, client_id="desk")
        client.env["SIGNUM_SCOPE"] = "openid offline_access sign"
        lines = client.sign_by_dll()
        self.assertRegex(lines[0], "^OpenKey")
        self.assertIn("run `signum login`", client.log())
        code, out, err = test_native.People.by_device(self, client, words=("login", "--device"))
        self.assertEqual(code, 0, out + err + client.log()[-800:])
        self.signed(client)
        time.sleep(2)
        self.signed(client)  # with a refreshed token
        self.assertEqual(client.run("logout").returncode, 0)
        self.assertRegex(client.sign_by_dll()[0], "^OpenKey")


class Win64(Dll, unittest.TestCase):
    preset = "win64"


class Win32(Dll, unittest.TestCase):
    preset = "win32"
