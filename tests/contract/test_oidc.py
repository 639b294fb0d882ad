"""Tokens of issuers: oidc-provider (tests/npm/oidc), which is not ours, issues them; what it would not, is forged."""
import base64
import json
import os
import signal
import socket
import ssl
import subprocess
import time
import unittest
import urllib.parse
import urllib.request

import openapi
import service

PACKAGES = os.environ.get("SIGNUM_OIDC", "")
SCRIPT = os.path.join(openapi.ROOT, "tests", "npm", "oidc", "provider.mjs")
AUDIENCE = "https://sign.example"
DIGEST = bytes(32)


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as one:
        return one.getsockname()[1]


class Provider:
    """The issuer, with a TLS certificate of its own CA; its keys are new with each start."""

    def __init__(self, folder):
        self.port = free_port()
        self.url = f"https://localhost:{self.port}"
        self.cert = os.path.join(folder, "issuer.crt")
        self.key = os.path.join(folder, "issuer.key")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                        "-keyout", self.key, "-out", self.cert, "-days", "2", "-subj", "/CN=localhost",
                        "-addext", "subjectAltName=DNS:localhost"], check=True, capture_output=True)
        self.tls = ssl.create_default_context(cafile=self.cert)
        self.process = None

    def start(self):
        self.process = subprocess.Popen(["node", SCRIPT, PACKAGES, str(self.port), self.cert, self.key],
                                        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        for line in self.process.stdout:
            if line.startswith("ready"):
                return
        raise AssertionError("the provider did not start")

    def stop(self):
        if self.process is not None:
            self.process.terminate()
            self.process.wait(timeout=20)
            self.process.stdout.close()
            self.process = None

    def ask(self, path, data=None, headers=None):
        request = urllib.request.Request(self.url + path, data, headers or {})
        with urllib.request.urlopen(request, context=self.tls, timeout=20) as answer:
            return answer.read().decode()

    def token(self, client="alice", alg="RS256", ttl=60):
        """What the provider issues by the grant client_credentials."""
        secret = base64.b64encode(f"{client}:a%20secret%20of%20the%20tests".encode()).decode()
        form = urllib.parse.urlencode({"grant_type": "client_credentials", "scope": "sign",
                                       "resource": f"{AUDIENCE}/{alg}/{ttl}"})
        made = self.ask("/token", form.encode(), {"Authorization": "Basic " + secret,
                                                  "Content-Type": "application/x-www-form-urlencoded"})
        return json.loads(made)["access_token"]

    def claims(self, **changes):
        now = int(time.time())
        made = {"iss": self.url, "sub": "alice", "aud": AUDIENCE, "iat": now, "exp": now + 60, "jti": "1",
                "client_id": "alice", **changes}
        return {name: value for name, value in made.items() if value is not None}

    def forge(self, **wish):
        wish.setdefault("claims", self.claims())
        return self.ask("/test/forge", json.dumps(wish).encode())

    def hits(self, path="/jwks"):
        return json.loads(self.ask("/test/hits")).get(path, 0)


def settings(provider):
    def issuer(name, path="", **more):
        return {"name": name, "issuer": provider.url + path, "ca_file": provider.cert, "kind": "access",
                "audiences": [AUDIENCE], "refetch_s": 1, "clock_skew_s": 5, **more}
    return [
        issuer("idp", groups="groups", record=["sub", "tier"], map=[
            {"claim": "sub", "values": ["auditor-*"], "roles": ["auditor"]},
            {"claim": "groups", "values": ["red"], "group": "reds"}]),
        issuer("ci", "/ci", kind="id", audiences=["signum", "other"], user="{repository}:{/run/id}",
               require=[{"claim": "repository_owner", "values": ["org"]}, {"claim": "ref", "values": ["refs/tags/*"]}]),
        issuer("oauth", "/oauth", algorithms=["ES256"]), issuer("liar", "/liar"), issuer("plain", "/plain"),
        issuer("empty", "/empty"), issuer("huge", "/huge"), issuer("gone", ":1"),
        {**issuer("foreignca", "/ci/"), "issuer": provider.url + "/x", "ca_file": "ca.crt"}]


@unittest.skipUnless(PACKAGES, "npm could not install tests/npm/oidc")
class Oidc(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        made = cls.service = service.Service()
        cls.addClassCleanup(made.close)
        cls.provider = Provider(made.folder)
        cls.addClassCleanup(cls.provider.stop)
        cls.provider.start()
        made.run("key", "create", "rsa", "--algorithm", "rsa", "--bits", "2048")
        made.run("policy", "allow", "one", "--user", "idp:alice", "--key", "rsa")
        made.run("group", "add", "locals")
        made.run("group", "join", "locals", "idp:alice")
        made.change_settings(issuers=settings(cls.provider))
        made.start()

    def me(self, token):
        return self.service.get("/v1/users/me", headers={"Authorization": "Bearer " + token})

    def accepted(self, token):
        answer = self.me(token)
        self.assertEqual(answer.status, 200, self.service.log()[-600:])
        return answer.json

    def refused(self, token, cause):
        answer = self.me(token)
        self.assertEqual(answer.code, "unauthenticated", cause)
        number = answer.headers["Signum-Request"]
        self.assertTrue(service.wait_for(lambda: number in self.service.access_log()))
        self.assertEqual(self.service.access_log()[number]["cause"], cause)
        body = answer.json
        body.pop("request")
        return body

    def test_good_tokens_of_each_algorithm(self):
        for alg in ("RS256", "PS256", "ES256"):
            token = self.provider.token(alg=alg)
            header = json.loads(base64.urlsafe_b64decode(token.split(".")[0] + "=="))
            self.assertEqual((header["alg"], header["typ"]), (alg, "at+jwt"))
            me = self.accepted(token)
            self.assertEqual((me["name"], me["method"], me["token"]), ("idp:alice", "oidc", None))
            self.service.tokens["federated"] = token
            self.assertEqual(self.service.sign("rsa", "federated", DIGEST).status, 200)
        record = self.service.audit()[-1]["record"]
        self.assertEqual((record["user"], record["token"], record["rule"]), ("idp:alice", None, "one"))
        self.assertEqual(record["verified"]["identity"], {
            "method": "oidc", "issuer": self.provider.url, "claims": {"sub": "alice", "tier": 3}})
        self.assertIn("oidc", self.service.get("/v1/info").json["auth"]["methods"])

    def test_claims_to_roles_and_groups(self):
        me = self.accepted(self.provider.token())
        self.assertEqual((me["roles"], sorted(me["groups"])), (["signer"], ["idp:blue", "idp:red", "locals", "reds"]))
        self.assertRegex(me["expires"], r"^20\d\d-")
        self.service.tokens["eve"] = self.provider.token("auditor-eve")
        self.assertEqual(self.me(self.service.tokens["eve"]).json["roles"], ["signer", "auditor"])
        self.assertEqual(self.service.get("/v1/audit", "eve").status, 200)
        self.assertEqual(self.service.sign("rsa", "eve", DIGEST).code, "denied")
        self.service.tokens["alice"] = self.provider.token()
        self.assertEqual(self.service.get("/v1/audit", "alice").code, "denied")

    def test_policies_by_claims_and_groups(self):
        """Facts that an issuer vouches for decide, and only those of the one who asks."""
        self.service.run("key", "create", "claimed", "--algorithm", "ecdsa")
        self.service.tokens["alice"] = self.provider.token()
        self.service.tokens["local"] = self.service.run("token", "create", "admin").split()[1]
        path = os.path.join(self.service.state, "claimed.json")

        def outcomes(who):
            with open(path, "w", encoding="ascii") as file:
                json.dump({"name": "claimed", "what": {"keys": ["claimed"]}, "who": who, "action": "allow"}, file)
            self.service.run("policy", "put", path)
            return [self.service.sign("claimed", user, DIGEST, "ecdsa").status for user in ("alice", "local")]

        for who, first in (({"groups": ["idp:red"]}, 200), ({"groups": ["reds"]}, 200), ({"groups": ["locals"]}, 200),
                           ({"groups": ["red"]}, 403), ({"groups": ["ci:red"]}, 403),
                           ({"claims": {"tier": ["3"]}}, 200), ({"claims": {"tier": ["4"]}}, 403),
                           ({"claims": {"sub": ["al*"]}}, 200), ({"claims": {"sub": ["alice"], "none": ["*"]}}, 403),
                           ({"claims": {"sub": ["alice"]}, "groups": ["idp:green"]}, 403)):
            self.assertEqual(outcomes(who), [first, 403], who)
        record = self.service.audit()[-2]["record"]
        self.assertEqual((record["user"], record["action"]), ("idp:alice", "sign"))

    def test_a_reload_leaves_the_issuers(self):
        def count():
            return self.service.log().count("settings: 'issuers' has changed, which holds from the next start on")
        before = count()
        kept = settings(self.provider)
        self.service.change_settings(issuers=kept[:1])
        try:
            self.service.process.send_signal(signal.SIGHUP)
            self.assertTrue(service.wait_for(lambda: count() == before + 1))
        finally:
            self.service.change_settings(issuers=kept)
        self.accepted(self.provider.forge(claims=self.ci(), header={"typ": "JWT"}))

    def test_claims_that_do_not_fit(self):
        now = int(time.time())
        for changes, cause in (
                ({"aud": "https://other.example"}, "token for another audience"),
                ({"aud": None}, "token for another audience"),
                ({"aud": AUDIENCE + "/"}, "token for another audience"),
                ({"aud": "*"}, "token for another audience"),
                ({"aud": ["a", "b"]}, "token for another audience"),
                ({"iss": "https://evil.example"}, "token of an unknown issuer"),
                ({"iss": self.provider.url + "/"}, "token of an unknown issuer"),
                ({"iss": None}, "token of an unknown issuer"), ({"iss": 5}, "token of an unknown issuer"),
                ({"exp": now - 6}, "token expired"), ({"nbf": now + 20}, "token not valid yet"),
                ({"iat": now + 20}, "token issued in the future"),
                ({"exp": None}, "token without good exp and iat"), ({"exp": "9999999999"}, "token without good exp and iat"),
                ({"exp": 1e300}, "token without good exp and iat"), ({"iat": None}, "token without good exp and iat"),
                ({"nbf": "soon"}, "token without good exp and iat"),
                ({"sub": None}, "token makes no name of a user"), ({"sub": ""}, "token makes no name of a user"),
                ({"sub": "a b"}, "token makes no name of a user"), ({"sub": "a*"}, "token makes no name of a user"),
                ({"sub": ["a", "b"]}, "token makes no name of a user"), ({"sub": "x" * 200}, "token makes no name of a user"),
                ({"sub": {"a": 1}}, "token makes no name of a user")):
            self.refused(self.provider.forge(claims=self.provider.claims(**changes)), cause)

    def test_clock_skew(self):
        now = int(time.time())
        for changes in ({"exp": now - 2}, {"nbf": now + 3}, {"iat": now + 3}, {"aud": ["x", AUDIENCE]}):
            self.accepted(self.provider.forge(claims=self.provider.claims(**changes)))
        token = self.provider.token(ttl=1)
        self.accepted(token)
        time.sleep(6.2)
        self.refused(token, "token expired")

    def test_headers_and_signatures(self):
        good = self.provider.forge()
        self.accepted(good)
        head, body, signature = good.split(".")
        evil = base64.urlsafe_b64encode(json.dumps(self.provider.claims(sub="root")).encode()).decode().rstrip("=")
        bodies = [
            self.refused(f"{head}.{evil}.{signature}", "token signature wrong"),
            self.refused(f"{head}.{body}.{signature[::-1]}", "token signature wrong"),
            self.refused(self.provider.forge(alg="none"), "token algorithm not allowed"),
            self.refused(self.provider.forge(alg="none", header={"alg": "NONE"}), "token malformed"),
            self.refused(self.provider.forge(alg="HS256"), "token algorithm not allowed"),
            self.refused(self.provider.forge(alg="HS256", header={"alg": "RS256"}), "token signature wrong"),
            self.refused(self.provider.forge(key="ES256", alg="HS256", header={"alg": "ES256"}), "token signature wrong"),
            self.refused(self.provider.forge(header={"alg": "RS384"}), "token algorithm not allowed"),
            self.refused(self.provider.forge(header={"alg": "PS256"}), "token signed with an unknown key"),
            self.refused(self.provider.forge(header={"alg": "ES256"}), "token signed with an unknown key"),
            self.refused(self.provider.forge(key="foreign"), "token signed with an unknown key"),
            self.refused(self.provider.forge(key="foreign", header={"kid": None}), "token signature wrong"),
            self.refused(self.provider.forge(header={"kid": 5}), "token signed with an unknown key"),
            self.refused(self.provider.forge(header={"crit": ["exp"]}), "token has critical extensions"),
            self.refused(self.provider.forge(header={"typ": "JWT"}), "token type is not at+jwt"),
            self.refused(self.provider.forge(header={"typ": None}), "token type is not at+jwt"),
            self.refused(self.provider.forge(header={"jwk": {"kty": "oct", "k": "AAAA"}, "kid": "none"}),
                         "token signed with an unknown key"),
            self.refused(f"{head}.{body}.", "token signature wrong"), self.refused("a.b.c", "token malformed"),
            self.refused("..", "token malformed"), self.refused(f"{head}.{body}", "token malformed"),
            self.refused("a" * 17000 + ".b.c", "token malformed")]
        self.assertEqual([b for b in bodies if b != bodies[0]], [])
        self.accepted(self.provider.forge(header={"kid": None}))
        self.accepted(self.provider.forge(header={"typ": "application/AT+JWT"}))

    def ci(self, **changes):
        return self.provider.claims(**{"iss": self.provider.url + "/ci", "aud": "signum", "repository": "org/repo",
                                       "repository_owner": "org", "ref": "refs/tags/v1", "run": {"id": 77}, **changes})

    def test_ci_tokens(self):
        for kind in ("JWT", None):
            me = self.accepted(self.provider.forge(claims=self.ci(), header={"typ": kind}))
            self.assertEqual((me["name"], me["roles"], me["groups"]), ("ci:org/repo:77", ["signer"], []))
        forge = lambda **changes: self.provider.forge(claims=self.ci(**changes), header={"typ": "JWT"})
        for changes, cause in (({"repository_owner": "evil"}, "token lacks a required claim"),
                               ({"repository_owner": None}, "token lacks a required claim"),
                               ({"ref": "refs/heads/main"}, "token lacks a required claim"),
                               ({"aud": AUDIENCE}, "token for another audience"),
                               ({"repository": None}, "token makes no name of a user"),
                               ({"run": 77}, "token makes no name of a user")):
            self.refused(forge(**changes), cause)
        self.refused(self.provider.forge(claims=self.ci()), "token type is not JWT")

    def test_metadata(self):
        def token(path, key="RS256"):
            return self.provider.forge(claims=self.provider.claims(iss=self.provider.url + path), key=key)
        self.assertEqual(self.accepted(token("/oauth", "ES256"))["name"], "oauth:alice")
        self.refused(token("/oauth"), "token algorithm not allowed")
        for path in ("/liar", "/plain", "/empty", "/huge", "/x"):
            self.refused(token(path), "the issuer's keys are not to be had")
        gone = self.provider.forge(claims=self.provider.claims(iss=self.provider.url + ":1"))
        self.refused(gone, "the issuer's keys are not to be had")

    def test_zz_rotation_and_outage(self):
        old = self.provider.token()
        self.accepted(old)
        before = self.provider.hits()
        for _ in range(20):
            self.refused(self.provider.forge(key="foreign"), "token signed with an unknown key")
        self.assertLessEqual(self.provider.hits() - before, 5)
        self.provider.stop()
        self.accepted(old)  # the keys are still good
        self.provider.start()
        new = self.provider.token()
        self.assertTrue(service.wait_for(lambda: self.me(new).status == 200))
        self.refused(old, "token signed with an unknown key")

    def test_bad_settings(self):
        one = settings(self.provider)[0]
        for change in ({"kind": "x"}, {"issuer": "http://x"}, {"audiences": []}, {"algorithms": ["none"]},
                       {"algorithms": ["HS256"]}, {"user": "fixed"}, {"name": "a:b"}, {"name": "ci"}, {"more": 1},
                       {"require": [{"claim": "x"}]}, {"map": [{"claim": "x", "values": ["y"]}]}, {"roles": ["root"]},
                       {"clock_skew_s": 601}, {"map": [{"claim": "x", "values": ["y"], "group": "a b"}]}):
            path = os.path.join(self.service.state, "signumd.json")
            with open(path, encoding="utf-8") as file:
                kept = file.read()
            with open(path, "w", encoding="utf-8") as file:
                json.dump({**json.loads(kept), "issuers": [{**one, **change}, settings(self.provider)[1]]}, file)
            try:
                done = self.service.run("issuer", "list", check=False)
            finally:
                with open(path, "w", encoding="utf-8") as file:
                    file.write(kept)
            self.assertEqual(done.returncode, 1, change)
            self.assertIn("issuers", done.stderr, change)
        names = [i["name"] for i in json.loads(self.service.run("issuer", "list", "--json"))["issuers"]]
        self.assertEqual(names, [i["name"] for i in settings(self.provider)])
