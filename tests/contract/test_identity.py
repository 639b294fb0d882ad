"""Tokens: every bad one gets the same answer; revocation and removal work at once."""
import unittest

import service


class Identity(unittest.TestCase):
    def setUp(self):
        self.service = service.shared()

    def refused(self, path, header):
        headers = {} if header is None else {"Authorization": header}
        answer = self.service.get(path, headers=headers)
        self.assertEqual(answer.code, "unauthenticated", header)
        number = answer.headers["Signum-Request"]
        self.assertTrue(service.wait_for(lambda: number in self.service.access_log()))
        body = answer.json
        body.pop("request")
        return body, self.service.access_log()[number]

    def test_all_refusals_look_the_same(self):
        good = self.service.tokens["alice"]
        self.service.run("user", "add", "carol")
        number, revoked = self.service.run("token", "create", "carol").split()
        self.service.run("token", "revoke", number)
        number, expired = self.service.run("token", "create", "carol", "--days", "1").split()
        self.service.sql(f"UPDATE tokens SET expires = 1 WHERE id = '{number}'")
        cases = {None: "token missing", "Basic abc": "not a bearer token", "Bearer ": "token malformed",
                 "Bearer x": "token malformed", "Bearer " + good + "0": "token malformed",
                 "Bearer " + good[:-1] + ("0" if good[-1] != "0" else "1"): "token secret wrong",
                 "Bearer sgn_0000000000000000_" + "0" * 64: "token unknown",
                 "Bearer " + revoked: "token revoked", "Bearer " + expired: "token expired"}
        bodies = []
        for header, cause in cases.items():
            body, line = self.refused("/v1/keys", header)
            bodies.append(body)
            self.assertEqual((line["cause"], line["user"]), (cause, None))
        self.assertEqual([b for b in bodies if b != bodies[0]], [])

    def test_every_route_wants_a_token(self):
        for path in ("/v1/keys", "/v1/keys/rsa", "/v1/keys/none", "/v1/audit"):
            self.refused(path, None)
        for method, path in (("POST", "/v1/keys/rsa/sign"), ("POST", "/v1/keys"),
                             ("DELETE", "/v1/keys/rsa"), ("PATCH", "/v1/keys/rsa"),
                             ("GET", "/v1/keys/rsa/versions"), ("POST", "/v1/keys/rsa/rotate"),
                             ("GET", "/v1/keys/rsa/pin"), ("PUT", "/v1/keys/rsa/pin"),
                             ("DELETE", "/v1/keys/rsa/pin"), ("POST", "/v1/keys/rsa/pin/unlock"),
                             ("POST", "/v1/keys/rsa/certificates"),
                             ("GET", "/v1/keys/rsa/attestation")):
            answer = self.service.request(method, path, body="{}")
            self.assertEqual(answer.code, "unauthenticated", path)

    def test_revocation_and_removal_at_once(self):
        self.service.add_user("dave")
        self.assertEqual(self.service.get("/v1/keys", "dave").status, 200)
        number = self.service.tokens["dave"].split("_")[1]
        connection = self.service.connect()
        self.assertEqual(self.service.get("/v1/keys", "dave", connection=connection).status, 200)
        self.service.run("token", "revoke", number)
        self.assertEqual(self.service.get("/v1/keys", "dave", connection=connection).status, 401)
        connection.close()
        self.service.tokens["dave"] = self.service.run("token", "create", "dave").split()[1]
        self.assertEqual(self.service.get("/v1/keys", "dave").status, 200)
        self.service.run("user", "remove", "dave")
        self.assertEqual(self.service.get("/v1/keys", "dave").status, 401)

    def test_no_secret_in_the_log(self):
        self.service.get("/v1/keys", "alice")
        log = self.service.log()
        for token in self.service.tokens.values():
            self.assertNotIn(token.split("_")[2], log)
