"""Users, groups and tokens: over HTTP and by the verbs; the last admin stays."""
import json
import unittest

import service

ROUTES = [("GET", "/v1/users"), ("POST", "/v1/users"), ("GET", "/v1/users/u"), ("PUT", "/v1/users/u"),
          ("DELETE", "/v1/users/u"), ("POST", "/v1/users/alice/tokens"), ("DELETE", "/v1/tokens/0"),
          ("GET", "/v1/groups"), ("GET", "/v1/groups/g"), ("PUT", "/v1/groups/g"),
          ("DELETE", "/v1/groups/g")]
OPEN = [("GET", "/v1/users/me"), ("GET", "/v1/users/alice/tokens")]
JSON = {"Content-Type": "application/json"}


class Users(unittest.TestCase):
    def setUp(self):
        self.service = service.shared()

    def add(self, name, *roles):
        answer = self.service.post("/v1/users", "admin", {"name": name, "roles": roles})
        self.assertEqual(answer.status, 201, answer.body)
        self.addCleanup(self.service.delete, "/v1/users/" + name, "admin")
        return answer

    def token(self, name, members=None):
        answer = self.service.post(f"/v1/users/{name}/tokens", "admin", members or {})
        self.assertEqual(answer.status, 201, answer.body)
        self.service.tokens[name] = answer.json["token"]
        return answer

    def me(self, user):
        return self.service.get("/v1/users/me", user)

    def last_record(self):
        return self.service.audit()[-1]["record"]

    def test_life_of_a_user(self):
        answer = self.add("ursula", "signer", "approver")
        self.assertEqual(answer.headers["Location"], "/v1/users/ursula")
        self.assertEqual(answer.json["roles"], ["signer", "approver"])
        record = self.last_record()
        self.assertEqual((record["action"], record["user"], record["name"], record["roles"]),
                         ("user.add", "admin", "ursula", "signer,approver"))
        self.assertEqual(record["verified"]["identity"], {"method": "token"})
        self.assertEqual(self.service.get("/v1/users/ursula", "admin").json, answer.json)
        self.assertEqual(self.service.post("/v1/users", "admin", {"name": "ursula", "roles": ["admin"]})
                         .code, "user-exists")
        self.token("ursula")
        self.assertEqual(self.service.get("/v1/audit", "ursula").code, "denied")
        changed = self.service.put("/v1/users/ursula", "admin", {"roles": ["auditor"]})
        self.assertEqual(changed.json["roles"], ["auditor"])
        self.assertEqual(self.service.get("/v1/audit", "ursula").status, 200)
        self.assertEqual((self.last_record()["before"], self.last_record()["roles"]),
                         ("signer,approver", "auditor"))
        self.assertEqual(self.service.delete("/v1/users/ursula", "admin").status, 204)
        self.assertEqual(self.me("ursula").code, "unauthenticated")
        for answer in (self.service.get("/v1/users/ursula", "admin"),
                       self.service.put("/v1/users/ursula", "admin", {"roles": ["signer"]}),
                       self.service.delete("/v1/users/ursula", "admin"),
                       self.service.get("/v1/users/ursula/tokens", "admin"),
                       self.service.post("/v1/users/ursula/tokens", "admin", {})):
            self.assertEqual(answer.code, "user-not-found")

    def test_roles_add_up(self):
        self.add("ursula", "auditor", "policy-manager")
        self.token("ursula")
        self.assertEqual(self.service.get("/v1/audit", "ursula").status, 200)
        self.assertEqual(self.service.get("/v1/policies", "ursula").status, 200)
        self.assertEqual(self.service.post("/v1/keys", "ursula", {}).code, "denied")
        self.service.put("/v1/users/ursula", "admin", {"roles": ["approver"]})
        for path in ("/v1/audit", "/v1/policies", "/v1/users"):
            self.assertEqual(self.service.get(path, "ursula").code, "denied")
        policy = {"name": "for-approvers", "what": {"keys": ["rsa"]}, "who": {"roles": ["approver"]},
                  "action": "allow"}
        self.assertEqual(self.service.sign("rsa", "ursula", bytes(32)).code, "denied")
        self.service.put_policy(policy, "admin")
        self.assertEqual(self.service.sign("rsa", "ursula", bytes(32)).status, 200)
        self.service.delete("/v1/policies/for-approvers", "admin")

    def test_last_admin(self):
        for answer in (self.service.delete("/v1/users/admin", "admin"),
                       self.service.put("/v1/users/admin", "admin", {"roles": ["auditor"]})):
            self.assertEqual(answer.code, "last-admin")
        for words in (("user", "remove", "admin"), ("user", "roles", "admin", "--role", "signer")):
            done = self.service.run(*words, check=False)
            self.assertEqual(done.returncode, 1)
            self.assertIn("last admin", done.stderr)
        self.add("second", "admin")
        self.assertEqual(self.service.put("/v1/users/admin", "admin", {"roles": ["auditor"]}).status, 200)
        self.token_by_verb("second")
        self.assertEqual(self.service.get("/v1/users", "admin").code, "denied")
        self.assertEqual(self.service.delete("/v1/users/second", "second").code, "last-admin")
        self.assertEqual(self.service.put("/v1/users/admin", "second", {"roles": ["admin"]}).status, 200)

    def token_by_verb(self, name):
        self.service.tokens[name] = self.service.run("token", "create", name).split()[1]

    def test_me(self):
        self.add("ursula", "signer", "auditor")
        self.service.put("/v1/groups/red", "admin", {"members": ["ursula", "alice"]})
        made = self.token("ursula", {"expires": "2099-01-31T12:00:00Z"})
        self.assertEqual(self.me("ursula").json, {
            "name": "ursula", "roles": ["signer", "auditor"], "groups": ["red"], "method": "token",
            "token": made.json["id"], "expires": "2099-01-31T12:00:00Z"})
        self.assertIsNone(self.me("alice").json["expires"])
        self.service.delete("/v1/groups/red", "admin")
        self.assertEqual(self.me("ursula").json["groups"], [])

    def test_groups(self):
        answer = self.service.put("/v1/groups/blue", "admin", {"members": ["bob", "ci:o/r"]})
        self.assertEqual(answer.json["members"], ["bob", "ci:o/r"])
        self.assertEqual(self.service.get("/v1/groups/blue", "admin").json, answer.json)
        self.service.run("group", "join", "blue", "alice")
        self.service.run("group", "leave", "blue", "ci:o/r")
        table = json.loads(self.service.run("group", "list", "--json"))["groups"]
        self.assertEqual([(g["name"], g["members"]) for g in table], [("blue", ["alice", "bob"])])
        self.assertIn("alice,bob", self.service.run("group", "list"))
        self.assertEqual(self.service.get("/v1/users/bob", "admin").json["groups"], ["blue"])
        before = len(self.service.audit())
        self.service.put("/v1/groups/blue", "admin", {"members": ["alice"]})
        records = self.service.audit()[before:]
        self.assertEqual([(r["record"]["action"], r["record"]["name"]) for r in records],
                         [("group.leave", "bob")])
        self.assertEqual(self.service.put("/v1/groups/blue", "admin", {"members": []}).json["members"], [])
        self.assertEqual(self.service.put("/v1/groups/blue", "admin", {}).json["members"], [])
        self.assertEqual(self.service.delete("/v1/groups/blue", "admin").status, 204)
        for answer in (self.service.get("/v1/groups/blue", "admin"),
                       self.service.delete("/v1/groups/blue", "admin")):
            self.assertEqual(answer.code, "group-not-found")
        for words in (("group", "join", "blue", "alice"), ("group", "leave", "blue", "alice"),
                      ("group", "remove", "blue"), ("group", "add", "a b")):
            self.assertEqual(self.service.run(*words, check=False).returncode, 1, words)
        self.service.run("group", "add", "blue")
        done = self.service.run("group", "join", "blue", "nobody", check=False)
        self.assertIn("no user nobody", done.stderr)
        self.service.run("group", "remove", "blue")

    def test_tokens(self):
        self.add("ursula", "signer")
        made = self.token("ursula", {"days": 2, "description": "the nightly build",
                                     "networks": ["127.0.0.0/8", "::1/128"]}).json
        self.assertEqual(self.me("ursula").status, 200)
        listed = self.service.get("/v1/users/ursula/tokens", "ursula").json["tokens"]
        self.assertEqual([t["id"] for t in listed], [made["id"]])
        self.assertEqual(listed[0]["networks"], ["127.0.0.0/8", "::1/128"])
        self.assertIsNone(made["last_used"])
        self.assertIsNotNone(listed[0]["last_used"])
        self.assertNotIn(made["token"], json.dumps(listed))
        self.assertNotIn(made["token"], json.dumps(self.service.audit()))
        self.assertEqual(self.service.get("/v1/users/alice/tokens", "ursula").code, "denied")
        self.assertEqual(self.service.get("/v1/users/nobody/tokens", "ursula").code, "denied")
        self.assertEqual(self.service.delete("/v1/tokens/" + made["id"], "ursula").code, "denied")
        self.assertEqual(self.service.delete("/v1/tokens/" + made["id"], "admin").status, 204)
        self.assertEqual(self.me("ursula").code, "unauthenticated")
        for number in (made["id"], "0123456789abcdef", "x"):
            self.assertEqual(self.service.delete("/v1/tokens/" + number, "admin").code, "token-not-found")

    def test_networks(self):
        self.add("ursula", "signer")
        self.token("ursula", {"networks": ["192.0.2.0/24", "::/0"]})
        answer = self.me("ursula")
        self.assertEqual(answer.code, "unauthenticated")
        number = answer.headers["Signum-Request"]
        self.assertTrue(service.wait_for(lambda: number in self.service.access_log()))
        self.assertEqual(self.service.access_log()[number]["cause"], "token from another network")
        unknown = self.service.get("/v1/users/me", headers={"Authorization": "Bearer sgn_"}).json
        self.assertEqual({**answer.json, "request": 0}, {**unknown, "request": 0})

    def test_verbs(self):
        self.service.run("user", "add", "verbal", "--role", "signer,auditor", "--role", "approver")
        users = {u["name"]: u for u in json.loads(self.service.run("user", "list", "--json"))["users"]}
        self.assertEqual(users["verbal"]["roles"], ["signer", "auditor", "approver"])
        self.assertIn("signer,auditor,approver", self.service.run("user", "list"))
        self.service.run("user", "roles", "verbal", "--role", "key-manager")
        number = self.service.run("token", "create", "verbal", "--until", "2099-01-31T12:00:00Z",
                                  "--network", "10.0.0.0/8", "--description", "x y").split()[0]
        tokens = {t["id"]: t for t in json.loads(self.service.run("token", "list", "--json"))["tokens"]}
        self.assertEqual((tokens[number]["expires"], tokens[number]["networks"],
                          tokens[number]["description"]),
                         ("2099-01-31T12:00:00Z", ["10.0.0.0/8"], "x y"))
        for words in (("user", "add", "v", "--role", "root"), ("user", "add", "v", "--role", ""),
                      ("user", "roles", "verbal"), ("user", "roles", "verbal", "--role", "signer,"),
                      ("token", "create", "verbal", "--days", "0"),
                      ("token", "create", "verbal", "--until", "2020-01-31T12:00:00Z"),
                      ("token", "create", "verbal", "--days", "1", "--until", "2099-01-31T12:00:00Z"),
                      ("token", "create", "verbal", "--network", "10.0.0.0"),
                      ("token", "create", "verbal", "--description", "x" * 257),
                      ("group", "add"), ("group", "join", "g")):
            self.assertEqual(self.service.run(*words, check=False).returncode, 2, words)
        for words in (("user", "add", "me"), ("user", "add", "verbal"), ("user", "roles", "nobody", "--role", "admin"),
                      ("token", "create", "nobody"), ("user", "remove", "nobody")):
            self.assertEqual(self.service.run(*words, check=False).returncode, 1, words)
        self.service.run("user", "remove", "verbal")

    def test_paging(self):
        names = [u["name"] for u in self.service.get("/v1/users", "admin").json["users"]]
        self.assertEqual(names, sorted(names))
        first = self.service.get("/v1/users?limit=1", "admin").json
        self.assertEqual((first["users"][0]["name"], first["next"]), (names[0], names[0]))
        second = self.service.get("/v1/users?limit=1&after=" + names[0], "admin").json
        self.assertEqual(second["users"][0]["name"], names[1])
        for path in ("/v1/users", "/v1/groups"):
            for query, field in (("limit=0", "limit"), ("after=a%20b", "after")):
                self.assertEqual(self.service.get(f"{path}?{query}", "admin").json["field"], field)
        for name in ("aa", "bb"):
            self.service.put("/v1/groups/" + name, "admin", {})
        self.assertEqual(self.service.get("/v1/groups?limit=1", "admin").json["next"], "aa")
        self.assertEqual(self.service.get("/v1/groups?limit=1&after=aa", "admin").json["next"], None)
        for name in ("aa", "bb"):
            self.service.delete("/v1/groups/" + name, "admin")

    def test_who_may(self):
        for method, path in ROUTES:
            for user in ("alice", "auditor", "manager", "policymaker"):
                answer = self.service.request(method, path, user, "{}", JSON)
                self.assertEqual(answer.code, "denied", (method, path, user))
        for method, path in ROUTES + OPEN:
            answer = self.service.request(method, path, None, "{}", JSON)
            self.assertEqual(answer.code, "unauthenticated", (method, path))

    def test_bad_bodies(self):
        for path, body, field in (
                ("/v1/users", {"name": "a b", "roles": ["admin"]}, "name"),
                ("/v1/users", {"name": "me", "roles": ["admin"]}, "name"),
                ("/v1/users", {"name": "ci:x", "roles": ["admin"]}, "name"),
                ("/v1/users", {"roles": ["admin"]}, "name"), ("/v1/users", {"name": "x"}, "roles"),
                ("/v1/users", {"name": "x", "roles": []}, "roles"),
                ("/v1/users", {"name": "x", "roles": ["signer", "root"]}, "roles[1]"),
                ("/v1/users", {"name": "x", "roles": "admin"}, "roles"),
                ("/v1/users", {"name": "x", "roles": ["admin"], "id": 1}, "id"),
                ("/v1/users/alice/tokens", {"days": 0}, "days"),
                ("/v1/users/alice/tokens", {"days": 1, "expires": "2099-01-31T12:00:00Z"}, "expires"),
                ("/v1/users/alice/tokens", {"expires": "2020-01-31T12:00:00Z"}, "expires"),
                ("/v1/users/alice/tokens", {"expires": "tomorrow"}, "expires"),
                ("/v1/users/alice/tokens", {"networks": ["10.0.0.0/8", "x"]}, "networks[1]"),
                ("/v1/users/alice/tokens", {"networks": []}, "networks"),
                ("/v1/users/alice/tokens", {"description": "x" * 257}, "description"),
                ("/v1/users/alice/tokens", {"user": "bob"}, "user")):
            answer = self.service.post(path, "admin", body)
            self.assertEqual((answer.code, answer.json["field"]), ("bad-request", field), body)
        for path, body, field in (
                ("/v1/users/alice", {}, "roles"), ("/v1/users/alice", {"name": "bob", "roles": ["admin"]}, "name"),
                ("/v1/groups/g", {"members": ["nobody"]}, "members"),
                ("/v1/groups/g", {"members": ["a b"]}, "members[0]"),
                ("/v1/groups/g", {"members": "alice"}, "members"), ("/v1/groups/g", {"x": 1}, "x")):
            answer = self.service.put(path, "admin", body)
            self.assertEqual((answer.code, answer.json["field"]), ("bad-request", field), body)
        self.assertEqual(self.service.get("/v1/groups/g", "admin").code, "group-not-found")
        for method, path in ROUTES:
            if method in ("POST", "PUT"):
                for body, kind, code in (("[]", "application/json", "bad-request"),
                                         ("{}", "text/plain", "unsupported-media-type"),
                                         (" " * (64 * 1024 + 1), "application/json", "too-large")):
                    answer = self.service.request(method, path, "admin", body, {"Content-Type": kind})
                    self.assertEqual(answer.code, code, (method, path))
        for method, path in (("GET", "users/{}"), ("PUT", "users/{}"), ("DELETE", "users/{}"),
                             ("GET", "users/{}/tokens"), ("POST", "users/{}/tokens"),
                             ("DELETE", "tokens/{}"), ("GET", "groups/{}"), ("PUT", "groups/{}"),
                             ("DELETE", "groups/{}")):
            place = "/v1/" + path.format("a%20b")
            answer = self.service.request(method, place, "admin", "{}", JSON)
            self.assertEqual((answer.code, answer.json["field"]), ("bad-request", "name"), place)

    def test_database_fails(self):
        self.service.sql("ALTER TABLE group_members RENAME TO hidden")
        try:
            for method, path in ROUTES + OPEN:
                answer = self.service.request(method, path, "admin", "{}", JSON)
                self.assertEqual(answer.code, "internal", (method, path))
        finally:
            self.service.sql("ALTER TABLE hidden RENAME TO group_members")
