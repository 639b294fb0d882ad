"""Every operation of docs/openapi.yaml with every kind of bad request: refused as documented, and nothing else happens.

matrix.py makes the cases. All of one operation go over one connection, and the state is compared before and after.
"""
import hashlib
import re
import sqlite3
import unittest

import matrix
import openapi
import service
import wire

ROLES = sorted({"signer", "admin"}.union(*(o.roles for o in matrix.operations() if isinstance(o.roles, list))))
# What no answer may show to anybody: places, the parts that it is made of, statements, addresses in memory.
INTERNALS = re.compile(
    rb"/tmp/|/usr/|/var/|/etc/|/root|/home|\.c:|\.h:|sqlite|SELECT |INSERT |UPDATE |cjson|openssl|gnutls|microhttpd|softhsm"
    rb"|pkcs11_faults|signumd\.db|token\.pin|0x[0-9a-f]{6}|errno|stack|No such file|Permission denied|SQL|CKR_|sgn_", re.I)
# What a request that is refused may leave behind: records of refusals.
AUDIT_TABLES = re.compile(r"audit|^sqlite_")
REFUSED = (403, 409, 422)


class Matrix(unittest.TestCase):
    counts = {}

    @classmethod
    def setUpClass(cls):
        made = cls.service = service.Service()
        cls.addClassCleanup(made.close)
        made.run("key", "create", "rsa", "--algorithm", "rsa", "--bits", "2048")
        for role in ROLES:
            if role != "admin":
                made.add_user(role, role)
        made.run("policy", "allow", "kept", "--user", "signer", "--key", "rsa")
        made.run("policy", "allow", "admins", "--user", "admin", "--key", "*")
        made.start()
        good = made.tokens["admin"]
        revoked = made.run("token", "create", "admin").split()[1]
        made.run("token", "revoke", revoked[4:20])
        expired = made.run("token", "create", "admin", "--days", "1").split()[1]
        made.sql(f"UPDATE tokens SET expires = 1 WHERE id = '{expired[4:20]}'")
        cls.tokens = {"good": good, "revoked": revoked, "expired": expired,
                      "unknown": "sgn_" + "0" * 16 + "_" + "0" * 64, "wrong secret": good[:21] + "0" * 64}
        cls.strangers = set()
        cls.answered = {}  # request identifier -> status

    def setUp(self):
        self.wire = wire.Wire(self.service)
        self.addCleanup(self.wire.close)

    @classmethod
    def tearDownClass(cls):
        total = sum(cls.counts.values())
        print("matrix: " + ", ".join(f"{n} {c}" for n, c in sorted(cls.counts.items())) + f": {total} cases", flush=True)

    def state(self):
        """Hashes of all tables but the audit log's."""
        with sqlite3.connect(self.service.state + "/signumd.db", timeout=30) as db:
            tables = [row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
            rows = {t: db.execute(f'SELECT * FROM "{t}"').fetchall() for t in tables if not AUDIT_TABLES.search(t)}
            used = [d[0] for d in db.execute("SELECT * FROM tokens").description].index("last_used")
            # that a credential was shown is not of the request's doing
            rows["tokens"] = [row[:used] + row[used + 1:] for row in rows["tokens"]]
        db.close()
        return {table: hashlib.sha256(repr(value).encode()).hexdigest() for table, value in rows.items()}

    def ask(self, case, user):
        headers = list(case.headers)
        if user is not None:
            headers.append(("Authorization", "Bearer " + self.service.tokens[user]))
        data = wire.message(case.method, case.target, headers, case.body, case.chunked)
        try:
            return self.wire.exchange(data, case.method)
        except TimeoutError:
            self.fail(f"{case.method} {case.target[:80]}: {case.kind}: no answer")
        except (wire.Closed, OSError) as fault:
            self.fail(f"{case.method} {case.target[:80]}: {case.kind}: {fault!r} instead of an answer")

    def judge(self, case, answer):
        where = f"{case.method} {case.target[:80]}: {case.kind}: {answer.status} {answer.body[:300]!r}"
        self.assertIn(answer.status, case.statuses, where)
        self.assertIsNone(INTERNALS.search(answer.body), where)
        if case.method != "HEAD":
            self.assertEqual(answer.headers.get("Content-Type"), "application/problem+json", where)
            is_nowhere = answer.json["code"] == "not-found"
            openapi.check("PATCH" if is_nowhere else case.method, case.target.split("?")[0], answer.status,
                          answer.headers, answer.body)
        if case.field is not None and answer.status == 400:
            named = answer.json.get("field", case.field)
            self.assertEqual(re.split(r"[.\[]", named)[0], case.field, where)
        self.answered[answer.headers["Signum-Request"]] = answer.status

    def run_cases(self, make, user="admin"):
        for operation in matrix.operations():
            failures = []
            before = self.state()
            for case in make(operation):
                name = type(self).__name__ + self._testMethodName.removeprefix("test")
                self.counts[name] = self.counts.get(name, 0) + 1
                try:
                    self.judge(case, self.ask(case, user))
                except AssertionError as fault:
                    failures.append(str(fault).split("\n")[0] if "not found in" not in str(fault) else str(fault))
            with self.subTest(operation.id):
                self.assertEqual(self.state(), before, "a refused request has changed something")
                self.assertFalse(failures, f"{len(failures)} cases:\n" + "\n".join(failures[:40]))
        self.assertEqual(self.service.get("/v1/health").status, 200)

    def test_samples(self):
        """The bodies that the other tests spoil are good ones."""
        for operation in matrix.operations():
            if operation.schema is not None:
                with self.subTest(operation.id):
                    self.assertTrue(operation.is_valid(matrix.body_of(operation)),
                                    "the sampler cannot guess it: give the schema an example")

    def test_credentials(self):
        def make(operation):
            return matrix.cases_of_credentials(operation, self.tokens)
        self.run_cases(make, None)

    def test_methods(self):
        def make(operation):
            others, known = matrix.cases_of_methods(operation.path())
            for method in others:
                made = matrix.Case(operation, "method", operation.path(), operation.headers(), b"", (405,),
                                   method=method if method in ("get", "Post") else method.upper())
                yield made
        for user in (None, "admin"):
            self.run_cases(make, user)

    def test_roles(self):
        for role in ROLES:
            def make(operation, role=role):
                body = matrix.dump(matrix.body_of(operation)) if operation.schema else None
                if isinstance(operation.roles, list) and role not in operation.roles:
                    yield matrix.Case(operation, "role " + role, operation.path(), operation.headers(), body, (403,))
            self.run_cases(make, role)

    def test_every_operation_says_who_may(self):
        for operation in matrix.operations():
            with self.subTest(operation.id):
                if not operation.is_open:
                    self.assertIsNotNone(operation.roles, "x-roles is missing: those who may, or any")
                    self.assertTrue(operation.roles == "any" or set(operation.roles))

    def test_paths(self):
        self.run_cases(matrix.cases_of_paths)

    def test_queries(self):
        self.run_cases(matrix.cases_of_queries)

    def test_headers(self):
        self.run_cases(matrix.cases_of_headers)

    def test_doubles(self):
        self.run_cases(matrix.cases_of_doubles)

    def test_content_types(self):
        self.run_cases(matrix.cases_of_types)

    def test_texts(self):
        self.run_cases(matrix.cases_of_texts)

    def test_members(self):
        self.run_cases(matrix.cases_of_members)

    def test_sizes(self):
        self.run_cases(matrix.cases_of_sizes)

    def test_what_is_recorded(self):
        """Of all this the audit log has refusals only, each of a request that was answered so."""
        self.service.run("audit", "verify")
        for entry in self.service.audit():
            record = entry["record"]
            if record["request"] in self.answered:
                self.assertIn(self.answered[record["request"]], REFUSED, record)
                self.assertNotEqual(record.get("outcome"), "signed", record)

    def test_the_log_is_readable(self):
        """Whatever was asked for: a line in the log, which is JSON in UTF-8 and has no credential in it."""
        for path in ("/v1/" + "x" * 9000, "/v1/" + "%01" * 3000, "/v1/" + "\xc3\xa4" * 4000, "/v1/a" + "\xc3\xa4" * 4000):
            answer = self.wire.exchange(wire.message("GET", path))
            self.answered[answer.headers["Signum-Request"]] = answer.status
        self.assertTrue(service.wait_for(lambda: set(self.answered) <= set(self.service.access_log()), 5))
        log = self.service.log()
        for token in self.tokens.values():
            self.assertNotIn(token[-32:], log.replace("0" * 32, ""))
