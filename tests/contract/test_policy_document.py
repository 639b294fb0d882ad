"""Policies as documents: docs/policy.schema.json against the service, and docs/policy.md's examples."""
import copy
import json
import os
import random
import re
import unittest

import jsonschema

import openapi
import service

DOCS = os.path.join(openapi.ROOT, "docs")
FULL = {
    "name": "paper", "description": "d", "what": {"keys": ["a", "b*", "?"], "groups": ["g"]},
    "who": {"users": ["alice", "*", "ci:https://x/y=1"], "roles": ["admin", "signer"],
            "groups": ["team", "corp:devs"], "claims": {"sub": ["repo:*", "x"], "é/ü.z": ["?"]}},
    "where": {"networks": ["10.0.0.0/8", "::/0", "2001:db8::1/128"], "process": ["*.exe"],
              "process_sha256": ["0f" * 32], "command_line": ["* /x *"], "machine": ["m"], "user": ["u"]},
    "when": {"days": ["mon", "sun"], "hours": "08:00-24:00",
             "utc_offset": "-05:30", "not_before": "2026-01-01T00:00:00Z",
             "not_after": "2026-12-31T23:59:59Z"},
    "conditions": {"hashes": ["sha256", "none"], "schemes": ["rsa-pss"]},
    "action": "deny", "priority": 0}
# Where in FULL, and what is put there; None takes the member away.
GOOD = [("description", None), ("where", None), ("when", None), ("conditions", None),
        ("priority", None), ("priority", 9999), ("action", "allow"), ("who.users", None),
        ("who.users", ["ci:repo:o/r:ref:refs/heads/main"]), ("who.roles", ["approver"]),
        ("who.roles", None), ("where", {}), ("when", {}), ("conditions", {}),
        ("when.hours", "22:00-06:00"), ("where.networks", ["0.0.0.0/0"]),
        ("what.keys", None), ("what.groups", None), ("who.groups", None), ("who.claims", None),
        ("who", {"claims": {"a": ["b"]}}), ("who.claims", {f"c{i}": ["x"] for i in range(16)}),
        ("who.users", ["i:" + "s" * 198]), ("when.utc_offset", "+14:59"), ("when.utc_offset", None),
        ("where.process_sha256", None), ("where.command_line", ["ä" * 256]),
        ("what.keys", ["k" * 64]), ("what.keys", [f"k{i}" for i in range(64)])]
BAD = [("name", None), ("name", ""), ("name", 7), ("what", None), ("what", {}), ("what", []),
       ("what.keys", []), ("what.keys", "a"), ("what.keys", ["a", "a"]), ("what.keys", ["a b"]),
       ("what.keys", ["k" * 65]), ("what.keys", [f"k{i}" for i in range(65)]), ("what.x", ["a"]),
       ("who", None), ("who", {}), ("who.users", []), ("who.users", ["al*"]), ("who.users", [None]),
       ("who.roles", ["root"]), ("who.groups", ["g*"]), ("who.groups", []),
       ("who.users", ["i:"]), ("who.users", [":s"]), ("who.users", ["i:a b"]), ("who.users", ["i:a*"]),
       ("who.users", ["i:é"]), ("who.users", ["i:" + "s" * 199]), ("who.claims", {}),
       ("who.claims", []), ("who.claims", {"a": []}), ("who.claims", {"a": "b"}),
       ("who.claims", {"a": [""]}), ("who.claims", {"a": [1]}), ("who.claims", {"": ["x"]}),
       ("who.claims", {"a": ["x", "x"]}), ("who.claims", {"n" * 129: ["x"]}),
       ("who.claims", {f"c{i}": ["x"] for i in range(17)}), ("what.groups", ["g h"]),
       ("what.groups", ["*"]), ("where.process_sha256", ["0F" * 32]),
       ("where.process_sha256", ["0f" * 31]), ("where.command_line", "x"),
       ("when.utc_offset", "01:00"), ("when.utc_offset", "+15:00"), ("when.utc_offset", "+1:00"),
       ("when.utc_offset", "+01:60"), ("when.utc_offset", "Europe/Rome"), ("where", 1), ("where.networks", ["10.0.0.0"]),
       ("where.networks", ["10.0.0.0/33"]), ("where.networks", ["10.0.0.256/8"]),
       ("where.networks", ["::/129"]), ("where.networks", ["::1.2.3.4/96"]),
       ("where.networks", ["10.0.0.0/08"]), ("where.networks", ["1010/8"]), ("where.process", [""]),
       ("where.machine", ["m" * 513]), ("where.user", 5), ("where.place", ["x"]),
       ("when.days", ["Mon"]), ("when.days", ["monday"]), ("when.hours", "8:00-17:00"),
       ("when.hours", "08:00-24:01"), ("when.hours", "24:00-08:00"), ("when.hours", ["08:00-09:00"]),
       ("when.hours", "08:60-09:00"), ("when.not_before", "2026-01-01"),
       ("when.not_before", "2026-13-01T00:00:00Z"), ("when.not_after", "2026-12-31T24:00:00Z"),
       ("when.not_after", 5), ("when.week", 1), ("conditions.hashes", ["md5"]),
       ("conditions.schemes", ["rsa"]), ("conditions.rate", {"count": 1}), ("action", None),
       ("action", "ALLOW"), ("priority", -1), ("priority", 10000), ("priority", 1.5),
       ("priority", "1"), ("extra", 1), ("description", 5), ("description", "d" * 1025)]
# The same for a policy that allows, with obligations.
ALLOW = {**FULL, "action": "allow",
         "obligations": {"reason": True, "pin": False,
                         "approvals": [{"need": 2, "group": "lead"}, {"need": 64, "group": "qa"}]},
         "limits": [{"count": 1, "per": "minute", "by": "user"},
                    {"count": 10 ** 9, "per": "minute", "by": "key"}]}
ALLOW_GOOD = [("limits", None), ("limits", [{"count": 5, "per": p, "by": "policy"}
                                            for p in ("minute", "hour", "day", "total")]),
              ("obligations", None), ("obligations", {}), ("obligations.approvals", None),
              ("obligations.reason", None), ("obligations.pin", True),
              ("obligations.approvals", [{"need": 1, "group": f"g{i}"} for i in range(8)])]
ALLOW_BAD = [("limits", []), ("limits", {}), ("limits", [1]), ("limits", [{"count": 1, "per": "day"}]),
             ("limits", [{"count": 0, "per": "day", "by": "key"}]),
             ("limits", [{"count": 10 ** 9 + 1, "per": "day", "by": "key"}]),
             ("limits", [{"count": 1, "per": "week", "by": "key"}]),
             ("limits", [{"count": 1, "per": "day", "by": "group"}]),
             ("limits", [{"per": "day", "by": "key"}]), ("limits", [{"count": 1, "by": "key"}]),
             ("limits", [{"count": 1, "per": "day", "by": "key", "burst": 1}]),
             ("limits", [{"count": 1, "per": p, "by": b} for p in ("hour", "day", "total")
                         for b in ("user", "key")]),
             ("action", "deny"), ("obligations", []), ("obligations.reason", 1),
             ("obligations.pin", "x"), ("obligations.mail", True), ("obligations.approvals", []),
             ("obligations.approvals", [{"need": 1, "group": f"g{i}"} for i in range(9)]),
             ("obligations.approvals", ["lead"]), ("obligations.approvals", [{"need": 1}]),
             ("obligations.approvals", [{"group": "lead"}]),
             ("obligations.approvals", [{"need": 0, "group": "lead"}]),
             ("obligations.approvals", [{"need": 65, "group": "lead"}]),
             ("obligations.approvals", [{"need": 1, "group": ""}]),
             ("obligations.approvals", [{"need": 1, "group": "lead", "by": 1}])]
ALLOW_STRICTER = [("limits", [{"count": n, "per": "day", "by": "key"} for n in (1, 2)]),
                  ("obligations.approvals", [{"need": 1, "group": "a"}, {"need": 2, "group": "a"}])]
# What no schema says: the service alone refuses these.
STRICTER = [("when.hours", "08:00-08:00"), ("when.not_before", "2026-02-30T00:00:00Z"),
            ("when.not_before", "2027-01-01T00:00:00Z"), ("where.networks", [":::/8"]),
            ("where.command_line", ["ä" * 257]), ("who.claims", {"ä" * 65: ["x"]})]


def changed(path, value, whole=None):
    policy = copy.deepcopy(whole or FULL)
    node, *rest = policy, *path.split(".")
    for name in rest[:-1]:
        node = node[name]
    if value is None:
        del node[rest[-1]]
    else:
        node[rest[-1]] = value
    return policy


def read(name):
    with open(os.path.join(DOCS, name), encoding="utf-8") as file:
        return file.read()


class Schema(unittest.TestCase):
    def setUp(self):
        self.service = service.shared()
        schema = json.loads(read("policy.schema.json"))
        jsonschema.Draft202012Validator.check_schema(schema)
        self.validator = jsonschema.Draft202012Validator(schema)
        self.addCleanup(self.service.request, "DELETE", "/v1/policies/paper", "admin")

    def verdicts(self, policy):
        answer = self.service.put_policy(policy, name="paper")
        self.assertIn(answer.status, (200, 400))
        return self.validator.is_valid(policy), answer

    def test_good(self):
        for path, value in [("priority", 0)] + GOOD:
            by_schema, answer = self.verdicts(changed(path, value))
            self.assertEqual((by_schema, answer.status), (True, 200), (path, answer.body))

    def test_bad(self):
        for path, value in BAD:
            by_schema, answer = self.verdicts(changed(path, value))
            self.assertEqual((by_schema, answer.status), (False, 400), (path, value))
            field = answer.json["field"].split("[")[0]
            self.assertTrue(field.startswith(path.split(".")[0]), (path, field))

    def test_obligations(self):
        for rows, expected in ((ALLOW_GOOD, (True, 200)), (ALLOW_BAD, (False, 400)),
                               (ALLOW_STRICTER, (True, 400))):
            for path, value in rows:
                by_schema, answer = self.verdicts(changed(path, value, ALLOW))
                self.assertEqual((by_schema, answer.status), expected, (path, value, answer.body))
                if answer.status == 400:
                    start = "limits" if path == "limits" else "obligations"
                    self.assertTrue(answer.json["field"].startswith(start), answer.body)

    def test_stricter_than_the_schema(self):
        for path, value in STRICTER:
            by_schema, answer = self.verdicts(changed(path, value))
            self.assertEqual((by_schema, answer.status), (True, 400), (path, value))


# What the service says about faults that no schema can tell.
SEMANTIC = ("is before not_before", "two different times", "must be a time like", "must be a network",
            "is longer than", "is given twice")
VALUES = (None, True, False, 0, -1, 1, 2.5, 10 ** 12, "", "a", "*", "x y", "é", "mon", "08:00-09:00",
          "+01:00", "10.0.0.0/8", "::/0", "2026-01-01T00:00:00Z", "sha256", "0" * 64, "k" * 65, [], {},
          ["a"], ["*"], ["a", "a"], [1], [None], {"a": ["b"]}, {"need": 1, "group": "g"},
          [{"need": 1, "group": "g"}], [{"count": 1, "per": "day", "by": "user"}], "deny", "allow")


def places(node, found):
    """Every container in the document, with each of its names or positions."""
    for name, value in list(node.items() if isinstance(node, dict) else enumerate(node)):
        found.append((node, name))
        if isinstance(value, (dict, list)):
            places(value, found)
    return found


def mutated(policy, random):
    copied = copy.deepcopy(policy)
    for _ in range(random.choice((1, 1, 2))):
        node, name = random.choice(places(copied, []))
        how = random.randrange(5)
        if how == 0:
            del node[name]
        elif how == 1 and isinstance(node, list):
            node.append(copy.deepcopy(node[name]))
        elif how == 1:
            node[random.choice(("more", "keys", "groups", "limits"))] = node[name]
        elif how == 2 and isinstance(node[name], str):
            cut = random.randrange(len(node[name]) + 1)
            node[name] = node[name][:cut] + random.choice(" *?:/.0aZ\u00e9") + node[name][cut:]
        else:
            node[name] = copy.deepcopy(random.choice(VALUES))
    return copied


class Mutations(Schema):
    """The service accepts what the schema accepts, but for the faults that are listed."""

    test_good = test_bad = test_obligations = test_stricter_than_the_schema = None

    def test_mutations(self):
        seeded = random.Random(20260126)
        both, only = [0, 0], set()
        for number in range(600):
            policy = mutated((FULL, ALLOW)[number % 2], seeded)
            if policy.get("name") != "paper" and self.validator.is_valid(policy):
                continue  # the path has another name
            by_schema, answer = self.verdicts(policy)
            both[by_schema] += 1
            if by_schema == (answer.status == 200):
                continue
            detail = answer.json.get("detail", "") if answer.status == 400 else "accepted"
            self.assertTrue(by_schema and any(s in detail for s in SEMANTIC), (policy, detail))
            only.add(detail)
        self.assertGreater(min(both), 50)


class Examples(unittest.TestCase):
    """Each example of docs/policy.md: its policies are stored, its questions asked."""

    def setUp(self):
        self.service = service.shared()

    def store(self, text):
        policy = json.loads(text)
        answer = self.service.put_policy(policy)
        self.assertEqual(answer.status, 200, answer.body)
        return policy["name"]

    def ask(self, line):
        question, answer = line.rsplit(" -> ", 1)
        answer, _, obligations = answer.partition(" with ")
        got = self.service.post("/v1/policies/explain", "auditor", question)
        self.assertEqual(got.status, 200, got.body)
        self.assertEqual(" ".join(filter(None, (got.json["decision"], got.json["policy"]))),
                         answer, question)
        self.assertEqual(got.json["obligations"], json.loads(obligations or "{}"), question)

    def test_examples(self):
        """They cover what policies are for."""
        text = read("policy.md")
        for member in ("groups", "claims", "networks", "process_sha256", "command_line", "hours",
                       "utc_offset", "approvals", "reason", "pin", "limits"):
            self.assertIn(f'"{member}":', text[text.index("## Example 1"):])
        sections = re.split(r"^## Example ", text, flags=re.M)[1:]
        self.assertGreaterEqual(len(sections), 10)
        for section in sections:
            with self.subTest(section.splitlines()[0]):
                names = [self.store(t) for t in re.findall(r"```json\n(.*?)```", section, re.S)]
                questions = "".join(re.findall(r"```text\n(.*?)```", section, re.S)).splitlines()
                self.assertTrue(names and len(questions) >= 2)
                for line in questions:
                    self.ask(line)
                for name in names:
                    self.service.request("DELETE", "/v1/policies/" + name, "admin")
