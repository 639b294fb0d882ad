"""Every way to sign in, with the native command."""
import http.server
import os
import re
import ssl
import threading
import time
import unittest
import urllib.parse

import world
from person import Person

made = None


def setUpModule():
    global made
    made = world.World()
    unittest.addModuleCleanup(made.close)


class Case(unittest.TestCase):
    def client(self, **auth):
        return world.Client(made, **auth)

    def signed(self, client):
        done = client.sign()
        self.assertTrue(client.is_signed(done), done.stderr + client.log()[-800:])

    def refused(self, client, status, *words):
        """The command says why; the log has the same, with the name of the status."""
        done = client.sign()
        self.assertEqual(done.returncode, 1, done.stdout)
        for word in words:
            self.assertIn(word, done.stderr + client.log())
        self.assertIn(status, client.log())
        return done


class ClientSecret(Case):
    def make(self, resource="600", secret=world.SECRET, **more):
        client = self.client(auth_method="client-secret", client_id="agent", scope="sign",
                             resource=f"{world.AUDIENCE}/{resource}", **more)
        client.env["SIGNUM_CLIENT_SECRET_FILE"] = client.write("secret", secret + "\n")
        return client

    def test_signs_and_keeps_the_token(self):
        client = self.make()
        before = made.issuer.hits("/token")
        self.signed(client)
        self.signed(client)
        self.assertEqual(made.issuer.hits("/token") - before, 1)
        self.assertEqual(made.service.audit()[-1]["record"]["user"], "idp:agent")
        shown = client.run("status")
        self.assertEqual(shown.returncode, 0, shown.stderr)
        self.assertRegex(shown.stdout, r"client-secret[\s\S]*good for (5\d\d|600) seconds[\s\S]*1 key")
        self.assertEqual(client.run("login").returncode, 0)

    def test_secret_of_the_environment(self):
        client = self.make()
        client.env["SIGNUM_CLIENT_SECRET"] = world.SECRET
        client.env.pop("SIGNUM_CLIENT_SECRET_FILE")
        self.signed(client)

    def test_wrong_secret_is_sent_once(self):
        client = self.make(secret="wrong-and-marked")
        before = made.issuer.hits("/token")
        for _ in range(4):
            done = self.refused(client, "CREDENTIAL_REFUSED", "invalid_client")
            self.assertNotIn("wrong-and-marked", done.stderr + done.stdout + client.log())
        self.assertEqual(made.issuer.hits("/token") - before, 1)

    def test_secret_that_others_may_read(self):
        client = self.make()
        os.chmod(client.env["SIGNUM_CLIENT_SECRET_FILE"], 0o644)
        self.refused(client, "SIGN_IN_REQUIRED", "secret")

    def test_wrong_audience(self):
        client = self.make()
        client.env["SIGNUM_RESOURCE"] = "https://other.example/600"
        self.refused(client, "CREDENTIAL_REFUSED", "audience https://other.example")

    def test_expired_token_is_renewed(self):
        client = self.make(resource="31")
        before = made.issuer.hits("/token")
        self.signed(client)
        time.sleep(2)
        self.signed(client)
        self.assertEqual(made.issuer.hits("/token") - before, 2)

    def test_issuer_that_is_down(self):
        client = self.make()
        client.env["SIGNUM_ISSUER"] = f"https://localhost:{world.free_port()}"
        client.env["SIGNUM_TIMEOUT_MS"] = "4000"
        self.refused(client, "NETWORK", client.env["SIGNUM_ISSUER"])

    def test_issuer_that_never_answers(self):
        client = self.make()
        with world.socket.create_server(("127.0.0.1", 0)) as silent:
            client.env["SIGNUM_ISSUER"] = f"https://localhost:{silent.getsockname()[1]}"
            client.env["SIGNUM_TIMEOUT_MS"] = "2000"
            started = time.monotonic()
            self.refused(client, "TIMEOUT", client.env["SIGNUM_ISSUER"])
            self.assertLess(time.monotonic() - started, 15)

    def test_issuer_of_another_ca(self):
        client = self.make()
        client.env["SIGNUM_ISSUER_CA_FILE"] = client.env["SIGNUM_CA_FILE"]
        self.refused(client, "TLS", made.issuer.url)

    def test_scope_that_is_not_offered(self):
        client = self.make()
        client.env["SIGNUM_SCOPE"] = "everything"
        client.env["SIGNUM_RESOURCE"] = "nonsense"
        self.refused(client, "BAD_SETTINGS", "invalid_target")

    def test_token_endpoint_without_discovery(self):
        client = self.make()
        client.env["SIGNUM_TOKEN_ENDPOINT"] = made.issuer.url + "/token"
        self.signed(client)


class PrivateKeyJwt(Case):
    def make(self, name, kind):
        return self.client(auth_method="private-key-jwt", client_id="signer-" + name, scope="sign",
                           resource=world.AUDIENCE + "/600", key_id="one", key_algorithm=kind,
                           key_file=os.path.join(made.folder, name + ".pem"))

    def test_ps256(self):
        self.signed(self.make("ps", "PS256"))

    def test_es256(self):
        self.signed(self.make("es", "ES256"))
        self.assertEqual(made.service.audit()[-1]["record"]["user"], "idp:signer-es")

    def test_key_that_the_issuer_does_not_know(self):
        client = self.make("ps", "PS256")
        made.issuer.make_key("foreign", "RSA")
        client.env["SIGNUM_KEY_FILE"] = os.path.join(made.folder, "foreign.pem")
        before = made.issuer.hits("/token")
        for _ in range(2):
            self.refused(client, "CREDENTIAL_REFUSED", "invalid_client")
        self.assertEqual(made.issuer.hits("/token") - before, 1)

    def test_algorithm_of_another_kind_of_key(self):
        client = self.make("ps", "ES256")
        self.refused(client, "BAD_SETTINGS", "ES256")


class Ci(Case):
    def make(self, **more):
        return self.client(auth_method="ci", **more)

    def test_variable_of_gitlab(self):
        client = self.make()
        client.env["SIGNUM_ID_TOKEN"] = made.issuer.forge()
        self.signed(client)
        self.assertEqual(made.service.audit()[-1]["record"]["user"], "ci:org/repo")

    def test_variable_of_another_name(self):
        client = self.make(ci="gitlab", ci_token_variable="JOB_TOKEN_FOR_SIGNING")
        client.env["JOB_TOKEN_FOR_SIGNING"] = made.issuer.forge()
        self.signed(client)

    def test_file(self):
        client = self.make(ci="file")
        client.env["SIGNUM_CI_TOKEN_FILE"] = client.write("job-token", made.issuer.forge() + "\n")
        self.signed(client)

    def test_file_of_azure(self):
        client = self.make()
        client.env["AZURE_FEDERATED_TOKEN_FILE"] = client.write("azure-token", made.issuer.forge())
        self.signed(client)

    def test_request_of_github(self):
        client = self.make(audience="sign")
        client.env.update(ACTIONS_ID_TOKEN_REQUEST_URL=made.issuer.url + "/test/job?api-version=2",
                          ACTIONS_ID_TOKEN_REQUEST_TOKEN="job-secret")
        self.signed(client)
        self.assertNotIn("job-secret", client.log())

    def test_request_with_a_wrong_secret(self):
        client = self.make(audience="sign")
        client.env.update(ACTIONS_ID_TOKEN_REQUEST_URL=made.issuer.url + "/test/job",
                          ACTIONS_ID_TOKEN_REQUEST_TOKEN="another")
        before = made.issuer.hits("/test/job")
        for _ in range(2):
            self.refused(client, "CREDENTIAL_REFUSED", "the CI system gives no token")
        self.assertEqual(made.issuer.hits("/test/job") - before, 1)

    def test_no_job(self):
        self.refused(self.make(), "SIGN_IN_REQUIRED", "id-token: write")

    def test_expired(self):
        client = self.make()
        client.env["SIGNUM_ID_TOKEN"] = made.issuer.forge(exp=int(time.time()) - 100)
        self.refused(client, "SIGN_IN_REQUIRED", "expired")

    def test_clock_that_is_off(self):
        client = self.make()
        client.env["SIGNUM_ID_TOKEN"] = made.issuer.forge(iat=int(time.time()) + 300, nbf=int(time.time()) + 300,
                                                          exp=int(time.time()) + 900)
        self.refused(client, "CREDENTIAL_REFUSED", "not valid before", "clock")

    def test_wrong_audience(self):
        client = self.make()
        client.env["SIGNUM_ID_TOKEN"] = made.issuer.forge(aud="another")
        self.refused(client, "CREDENTIAL_REFUSED", "audience another")

    def make_exchange(self, **more):
        client = self.make(exchange="true", client_id="desk", audience="sign", scope="sign", **more)
        client.env["SIGNUM_ISSUER"] = made.issuer.url + "/exchange"
        client.env["SIGNUM_ID_TOKEN"] = made.issuer.forge()
        return client

    def test_exchanged(self):
        client = self.make_exchange()
        before = made.issuer.hits("/exchange/token")
        self.signed(client)
        self.signed(client)
        self.assertEqual(made.issuer.hits("/exchange/token") - before, 1)
        self.assertEqual(made.service.audit()[-1]["record"]["user"], "idp:exchanged")

    def test_exchange_of_a_used_token(self):
        first, second = self.make_exchange(), self.make_exchange()
        second.env["SIGNUM_ID_TOKEN"] = first.env["SIGNUM_ID_TOKEN"]
        self.signed(first)
        self.refused(second, "CREDENTIAL_REFUSED", "used before")


class People(Case):
    def make(self, method, ttl="600", **more):
        made_client = self.client(auth_method=method, client_id="desk", scope="openid offline_access sign",
                                  resource=f"{world.AUDIENCE}/{ttl}", **more)
        made_client.env.update(BROWSER=os.path.join(world.HERE, "visit.py"), SIGNUM_TEST_ISSUER_CERT=made.issuer.cert)
        return made_client

    def by_device(self, client, refuse=False, words=("login",)):
        """Signs in on "another device" with the code that the command shows."""
        process = client.start(*words, "--timeout", "60")
        shown = ""
        for line in process.stderr:
            shown += line
            if "enter the code" in line:
                break
        code = re.search(r"enter the code (\S+)", shown).group(1)
        place = re.search(r"open (https:\S+)", shown).group(1)
        person = Person(made.issuer.cert)
        _, page = person.open(place)
        fields = dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', page))
        if refuse:
            person.open(place, {**fields, "user_code": code, "abort": "yes"})
        else:
            person.follow(place, {**fields, "user_code": code})
        out, err = process.communicate(timeout=world.SECONDS)
        return process.returncode, out, shown + err

    def test_nobody_has_signed_in(self):
        for method in ("device", "browser"):
            client = self.make(method)
            self.refused(client, "SIGN_IN_REQUIRED", "run `signum login`")

    def test_device(self):
        client = self.make("device")
        code, out, err = self.by_device(client)
        self.assertEqual(code, 0, err + client.log()[-500:])
        self.assertIn("1 key", out)
        self.signed(client)
        self.assertEqual(made.service.audit()[-1]["record"]["user"], "idp:alice")
        self.assertIn("renewed by itself", client.run("status").stdout)
        self.assertEqual(client.run("logout").returncode, 0)
        self.assertEqual(client.secrets(), {})
        self.refused(client, "SIGN_IN_REQUIRED", "run `signum login`")

    def test_device_refused(self):
        client = self.make("device")
        code, _, err = self.by_device(client, refuse=True)
        self.assertEqual(code, 1)
        self.assertIn("access_denied", err)

    def test_device_for_the_method_browser(self):
        client = self.make("browser")
        code, _, err = self.by_device(client, words=("login", "--device"))
        self.assertEqual(code, 0, err)
        self.signed(client)

    def test_browser(self):
        client = self.make("browser")
        done = client.run("login", "--timeout", "60")
        self.assertEqual(done.returncode, 0, done.stderr + client.log()[-500:])
        (kept,) = client.secrets().values()
        self.assertTrue(kept["refresh"])
        self.signed(client)
        for secret in (kept["access"], kept["refresh"]):
            self.assertNotIn(secret, client.log() + done.stdout + done.stderr)
        client.env["SIGNUM_TEST_VISIT"] = "replay"
        again = client.run("login", "--timeout", "60")
        self.assertEqual(again.returncode, 1)
        self.assertIn("invalid_grant", again.stderr)

    def test_browser_refused(self):
        client = self.make("browser")
        client.env["SIGNUM_TEST_VISIT"] = "refuse"
        done = client.run("login", "--timeout", "60")
        self.assertEqual(done.returncode, 1)
        self.assertIn("access_denied", done.stderr)

    def test_browser_with_a_foreign_answer(self):
        client = self.make("browser")
        client.env["SIGNUM_TEST_VISIT"] = "foreign"
        done = client.run("login", "--timeout", "60")
        self.assertEqual(done.returncode, 1)
        self.assertIn("another question", done.stderr)

    def test_browser_with_another_issuer(self):
        client = self.make("browser")
        client.env["SIGNUM_ISSUER"] = made.issuer.url + "/liar"
        done = client.run("login", "--timeout", "60")
        self.assertEqual(done.returncode, 1)
        self.assertIn("another issuer", done.stderr)

    def test_browser_that_does_not_come_back(self):
        client = self.make("browser")
        client.env["BROWSER"] = "/bin/true"
        done = client.run("login", "--timeout", "2")
        self.assertEqual(done.returncode, 1)
        self.assertIn("did not come back", done.stderr)

    def test_no_browser_here(self):
        client = self.make("browser")
        client.env.pop("BROWSER")
        done = client.run("login", "--timeout", "1")
        self.assertEqual(done.returncode, 1)
        self.assertIn("no browser could be opened", done.stderr)
        self.assertIn(made.issuer.url + "/auth?", done.stderr)

    def test_rotation_by_several_processes_at_once(self):
        client = self.make("browser", ttl="31")  # good for one second, as half a minute is the leeway
        self.assertEqual(client.run("login", "--timeout", "60").returncode, 0)
        seen = set()
        for _ in range(3):
            time.sleep(1.2)
            running = [client.start(*client.SIGN) for _ in range(5)]
            for process in running:
                out, err = process.communicate(timeout=world.SECONDS)
                self.assertEqual(process.returncode, 0, err + client.log()[-800:])
                self.assertTrue(made.verifies(world.base64.b64decode(out)))
            (kept,) = client.secrets().values()
            seen.add(kept["refresh"])
        self.assertEqual(len(seen), 3)

    def test_revoked(self):
        client = self.make("browser", ttl="31")
        self.assertEqual(client.run("login", "--timeout", "60").returncode, 0)
        (kept,) = client.secrets().values()
        form = urllib.parse.urlencode({"token": kept["refresh"], "client_id": "desk"}).encode()
        with world.urllib.request.urlopen(made.issuer.url + "/token/revocation", form, context=made.issuer.tls) as answer:
            self.assertEqual(answer.status, 200)
        time.sleep(2)
        before = made.issuer.hits("/token")
        self.refused(client, "SIGN_IN_REQUIRED", "invalid_grant", "run `signum login`")
        self.refused(client, "SIGN_IN_REQUIRED", "run `signum login`")
        self.assertEqual(made.issuer.hits("/token") - before, 1)
        self.assertEqual(client.run("login", "--timeout", "60").returncode, 0)
        self.signed(client)


class Redirects(Case):
    def test_credentials_follow_no_redirect(self):
        """An issuer's address that answers with a redirect gets no secret sent elsewhere."""
        seen = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                seen.append((self.path, self.headers.get("Authorization")))
                self.send_response(307)
                self.send_header("Location", "/elsewhere")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        with http.server.HTTPServer(("127.0.0.1", 0), Handler) as server:
            tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            tls.load_cert_chain(made.issuer.cert, made.issuer.key)
            server.socket = tls.wrap_socket(server.socket, server_side=True)
            threading.Thread(target=server.serve_forever, daemon=True).start()
            client = self.client(auth_method="client-secret", client_id="agent", client_secret="s",
                                 token_endpoint=f"https://localhost:{server.server_port}/token")
            self.refused(client, "PROTOCOL", "307")
            server.shutdown()
        self.assertEqual([path for path, _ in seen], ["/token"])
