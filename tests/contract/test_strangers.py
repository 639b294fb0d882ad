"""What somebody without credentials can find out: nothing by the answers, and nothing by how long they take."""
import random
import re
import statistics
import time
import unittest

import matrix
import openapi
import service
import test_matrix
import wire

ROUNDS = 300
ATTEMPTS = 4
FUZZ_SECONDS = 6
PATIENCE = 0.1  # for the answer to what may look like half of a request
SEED = 20261124


class Strangers(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        made = cls.service = service.Service()
        cls.addClassCleanup(made.close)
        made.run("key", "create", "rsa", "--algorithm", "rsa", "--bits", "2048")
        made.add_user("signer")
        made.start()
        good = made.tokens["admin"]
        revoked = made.run("token", "create", "signer").split()[1]
        made.run("token", "revoke", revoked[4:20])
        expired = made.run("token", "create", "signer", "--days", "1").split()[1]
        made.sql(f"UPDATE tokens SET expires = 1 WHERE id = '{expired[4:20]}'")
        cls.tokens = {"good": good, "revoked": revoked, "expired": expired, "wrong secret": good[:21] + "0" * 64,
                      "unknown": "sgn_" + "0" * 16 + "_" + "0" * 64}

    def setUp(self):
        self.wire = wire.Wire(self.service)
        self.addCleanup(self.wire.close)

    def bare(self, answer):
        """The whole answer without what differs between any two."""
        number = answer.headers["Signum-Request"]
        self.assertRegex(number, "^[0-9a-f]{32}$")
        headers = {n: v for n, v in answer.headers.items() if n not in ("Date", "Signum-Request")}
        return answer.status, tuple(sorted(headers.items())), answer.body.replace(number.encode(), b"")

    def test_one_refusal_for_all(self):
        """Every operation, every kind of bad credentials, one that exists or not: the same bytes."""
        answers = set()
        for operation in matrix.operations():
            if operation.is_open:
                continue
            for kind, headers in matrix.authorizations(self.tokens):
                for values in ({}, {p["name"]: "absent" for p in operation.of("path")}):
                    data = wire.message(operation.method.upper(), operation.path(**values), headers, b"")
                    answers.add(self.bare(self.wire.exchange(data)))
        self.assertEqual(len(answers), 1, answers)

    def test_open_operations_tell_nothing(self):
        """Versions of libraries, names of the machine, of keys and of users stay inside."""
        for operation in matrix.operations():
            if operation.is_open and operation.method == "get":
                answer = self.wire.exchange(wire.message("GET", operation.path()))
                self.assertIsNone(test_matrix.INTERNALS.search(answer.body), answer.body)
                self.assertNotIn("Server", answer.headers)
                for word in (b"admin", b"signer", b"rsa"):
                    self.assertNotIn(word, answer.body.replace(b"key-manager", b""))

    def seconds(self, data):
        start = time.perf_counter()
        self.assertEqual(self.wire.exchange(data).status, 401)
        return time.perf_counter() - start

    def ratio(self, kinds):
        """Of the medians of two kinds of credentials, asked for in turns on one connection."""
        asked = [wire.message("GET", "/v1/keys", [("Authorization", "Bearer " + self.tokens[k])]) for k in kinds]
        times = ([], [])
        for number in range(ROUNDS):
            for which in ((0, 1), (1, 0))[number % 2]:
                times[which].append(self.seconds(asked[which]))
        return statistics.median(times[0]) / statistics.median(times[1])

    def test_time_does_not_tell_which_tokens_exist(self):
        """Loose, as the machine is not quiet: of a few attempts one has to show no difference."""
        for kinds in (("wrong secret", "unknown"), ("revoked", "unknown"), ("expired", "wrong secret")):
            ratios = []
            while not ratios or (not 0.8 < ratios[-1] < 1.25 and len(ratios) < ATTEMPTS):
                ratios.append(self.ratio(kinds))
            print(f"timing: {kinds[0]} : {kinds[1]} = " + ", ".join(f"{r:.3f}" for r in ratios), flush=True)
            self.assertTrue(0.8 < ratios[-1] < 1.25, ratios)

    def test_a_signer_learns_no_list_of_keys(self):
        """What exists and is not his is denied, what does not exist is not found; a list has neither."""
        self.assertEqual(self.service.get("/v1/keys", "signer").json["keys"], [])
        self.assertEqual(self.service.get("/v1/keys/rsa", "signer").code, "denied")
        self.assertEqual(self.service.get("/v1/keys/absent", "signer").code, "key-not-found")
        denied = self.service.get("/v1/keys/rsa", "signer").body
        self.assertIsNone(re.search(rb"admins|kept|2048|spki", denied))


class Mutations(unittest.TestCase):
    """Good requests with some bytes changed, the same ones each time."""

    def setUp(self):
        self.service = service.Service()
        self.addCleanup(self.service.close)
        self.service.run("key", "create", "rsa", "--algorithm", "ecdsa")
        self.service.run("policy", "allow", "kept", "--user", "admin", "--key", "*")
        self.service.start()
        self.random = random.Random(SEED)

    def spoil(self, data):
        data = bytearray(data)
        for _ in range(self.random.choice((1, 1, 1, 2, 4))):
            at = self.random.randrange(len(data) + 1)
            how = self.random.randrange(5)
            if how == 0:
                data[at:at + 1] = bytes([self.random.randrange(256)])
            elif how == 1:
                del data[at:at + self.random.choice((1, 2, 9))]
            elif how == 2:
                data[at:at] = data[at:at + self.random.choice((1, 5, 40))]
            elif how == 3:
                data[at:at] = self.random.choice((b'"', b"{", b"}", b"[", b"]", b",", b":", b"\\", b"\0", b"\xff", b"-", b"0",
                                                  b"1e9", b"null", b"\\u0000", b"\\ud800", b"%", b"'", b"\r\n"))
            else:
                other = self.random.randrange(len(data) + 1)
                data[at:at] = data[other:other + 12]
        return bytes(data)

    def test_whole_requests(self):
        """The line and the headers too. What comes after is the library's answer, ours, or none; never a failure."""
        signed_in = ("Authorization", "Bearer " + self.service.tokens["admin"])
        good = [wire.message("GET", "/v1/keys?limit=5&after=a", [signed_in]),
                wire.message("POST", "/v1/policies/explain", [signed_in, matrix.JSON_TYPE], b'{"user":"admin","key":"rsa"}'),
                wire.message("DELETE", "/v1/keys/absent", [signed_in], b""),
                wire.message("POST", "/v1/policies/explain", [signed_in, matrix.JSON_TYPE], b'{"user":"x","key":"y"}', True)]
        counts = {}
        end = time.monotonic() + FUZZ_SECONDS
        while time.monotonic() < end:
            data, status = self.spoil(self.random.choice(good)), "no answer"
            used = wire.Wire(self.service)
            used.open()
            used.tls.settimeout(PATIENCE)
            try:
                used.tls.sendall(data)
                answer = used.answer(data.split(b" ", 1)[0].decode("latin-1"))
                status = answer.status
                self.assertTrue(status < 500 or "Signum-Request" not in answer.headers, (data, answer.body))
            except (TimeoutError, wire.Closed, OSError):
                pass
            finally:
                used.close()
            counts[status] = counts.get(status, 0) + 1
        print(f"whole requests: {counts}", flush=True)
        self.assertGreater(sum(counts.values()), 50)
        self.assertGreater(counts.get(400, 0), 5)
        self.assertEqual(self.service.get("/v1/keys/rsa", "admin").status, 200)

    def test_bodies(self):
        chosen = [o for o in matrix.operations() if o.schema is not None]
        bodies = {o.id: matrix.dump(matrix.body_of(o)).replace(b'"rsa", "bits": 2048', b'"ecdsa"') for o in chosen}
        used, count, accepted = wire.Wire(self.service), 0, 0
        end = time.monotonic() + FUZZ_SECONDS
        while time.monotonic() < end:
            operation = chosen[count % len(chosen)]
            body = self.spoil(bodies[operation.id])
            headers = operation.headers(f"fuzz-{count}") + [("Authorization", "Bearer " + self.service.tokens["admin"])]
            answer = used.exchange(wire.message(operation.method.upper(), operation.path(), headers, body))
            where = f"{count}: {operation.id}: {body!r}: {answer.status} {answer.body[:300]!r}"
            self.assertLess(answer.status, 500, where)
            if answer.status >= 400:
                self.assertIsNone(test_matrix.INTERNALS.search(answer.body), where)
            openapi.check(operation.method.upper(), operation.path(), answer.status, answer.headers, answer.body, body)
            count, accepted = count + 1, accepted + (answer.status < 300)
        used.close()
        print(f"mutations: {count} sent, {accepted} accepted", flush=True)
        self.assertGreater(count, 200)
        self.assertEqual(self.service.get("/v1/health").status, 200)
        self.service.run("audit", "verify")
