"""Bad requests for every operation of docs/openapi.yaml, made from the document itself.

A case must be refused: what the document would allow is left out. So a new operation is covered as soon as it is
documented; one whose body the sampler below cannot guess says so, and gets an `example` in its schema.
"""
import copy
import dataclasses
import json
import os
import re
import urllib.parse

import jsonschema

import openapi

METHODS = ("get", "put", "post", "delete", "patch")
KINDS = METHODS + ("options", "trace", "propfind", "x" * 200)
BODY_MAX = 64 * 1024
JSON_TYPE = ("Content-Type", "application/json")
# What is at the places of the service that the tests make; elsewhere there is nothing.
PLACES = {"/v1/keys/{name}": "rsa", "/v1/policies/{name}": "kept", "/v1/users/{name}": "signer"}
TEXTS = ("rsa", "AAAA", "a", "10.0.0.0/8", "2026-01-01T00:00:00Z", "2026-01-01T00:00:00.000Z", "0" * 32, "0" * 64,
         "https://localhost:1/", "/v1/keys/rsa", "mon", "08:00-09:00", "1.2.3", "0" * 40, "a@example.com")

with open(os.path.join(openapi.ROOT, "docs", "policy.schema.json"), encoding="utf-8") as file:
    POLICY_SCHEMA = json.load(file)


@dataclasses.dataclass
class Case:
    operation: "Operation"
    kind: str
    target: str
    headers: list
    body: bytes | None
    statuses: tuple
    chunked: bool = False
    method: str = ""
    field: str | None = None  # first part of the answer's `field`

    def __post_init__(self):
        self.method = self.method or self.operation.method.upper()


class Operation:
    def __init__(self, template, method, node):
        item = openapi.DOCUMENT["paths"][template]
        self.template, self.method, self.node = template, method, node
        self.id = node["operationId"]
        self.parameters = [openapi.deref(p) for p in
                           item.get("parameters", []) + node.get("parameters", [])]
        self.is_open = node.get("security", openapi.DOCUMENT["security"]) == []
        self.roles = node.get("x-roles")  # a list, or "any": everybody who has signed in
        self.schema = None
        if "requestBody" in node:
            content = openapi.deref(node["requestBody"])["content"]
            self.schema = content["application/json"]["schema"]

    def of(self, place):
        return [p for p in self.parameters if p["in"] == place]

    def path(self, **values):
        text = self.template
        for parameter in self.of("path"):
            name = parameter["name"]
            before = text[:text.index("{" + name + "}")]
            usual = PLACES.get(before + "{" + name + "}") or str(sample(parameter["schema"]))
            text = text.replace("{" + name + "}", values.get(name, usual))
        return text

    def headers(self, key="matrix"):
        """Those that the operation needs besides credentials."""
        made = [(p["name"], key) for p in self.of("header") if p["name"] == "Idempotency-Key"]
        return made + ([JSON_TYPE] if self.schema else [])

    def is_valid(self, value):
        if self.schema == {"$ref": "#/components/schemas/Policy"}:
            return jsonschema.Draft202012Validator(POLICY_SCHEMA).is_valid(value)
        return jsonschema.Draft202012Validator(self.schema, resolver=openapi.RESOLVER).is_valid(value)


def operations():
    return [Operation(template, method, item[method])
            for template, item in openapi.DOCUMENT["paths"].items()
            for method in METHODS if method in item]


def sample(schema):
    """A value that fits a schema, with every member that it knows."""
    schema = openapi.deref(schema)
    for word in ("example", "const", "default"):
        if word in schema:
            return schema[word]
    for word, pick in (("enum", 0), ("oneOf", 0), ("anyOf", 0)):
        if word in schema:
            return schema[word][pick] if word == "enum" else sample(schema[word][pick])
    kind = schema.get("type", "object")
    kind = kind[0] if isinstance(kind, list) else kind
    if kind == "object":
        return {name: sample(one) for name, one in schema.get("properties", {}).items()}
    if kind == "array":
        return [sample(schema.get("items", {"type": "string"}))]
    if kind == "string":
        fits = [t for t in TEXTS if re.search(schema.get("pattern", ""), t)]
        return (fits or ["x"])[0]
    return {"integer": schema.get("minimum", 1), "number": schema.get("minimum", 1),
            "boolean": True}.get(kind)


# Bodies that the service accepts, all members used. Others are made by sample().
SAMPLES = {
    "createKey": {"name": "made", "algorithm": "rsa", "bits": 2048},
    "sign": {"version": 1, "scheme": "rsa-pss", "hash": "sha256", "salt": 32, "digest": "A" * 43 + "=",
             "context": {"agent": "x", "files": ["a"]}, "reason": "why", "pin": "1234"},
    "putPolicy": {"name": "kept", "description": "d", "what": {"keys": ["rsa"]},
                  "who": {"users": ["signer"], "roles": ["signer"]},
                  "where": {"networks": ["10.0.0.0/8"], "process": ["*"], "machine": ["m"], "user": ["u"]},
                  "when": {"days": ["mon"], "hours": "08:00-09:00", "not_before": "2026-01-01T00:00:00Z",
                           "not_after": "2026-12-31T23:59:59Z"},
                  "conditions": {"hashes": ["sha256"], "schemes": ["rsa-pss"]},
                  "action": "deny", "priority": 5},
    "explainPolicies": {"user": "signer", "key": "rsa", "scheme": "rsa-pss", "hash": "sha256",
                        "context": {"process": {"path": "x"}}, "address": "10.0.0.1",
                        "time": "2026-01-01T00:00:00Z"},
}


def body_of(operation):
    if operation.schema is None:
        return None
    return copy.deepcopy(SAMPLES.get(operation.id) or sample(operation.schema))


def dump(value):
    return json.dumps(value, allow_nan=True).encode()


def authorizations(tokens):
    """Headers that sign nobody in. `tokens` has one that is good, and one of each bad kind."""
    good = tokens["good"]
    yield "no credentials", []
    for name in ("unknown", "wrong secret", "revoked", "expired"):
        yield name, [("Authorization", "Bearer " + tokens[name])]
    for value in ("", "Bearer", "Bearer ", "Bearer x", good, "Basic " + good, "Token " + good, "Bearer" + good,
                  "Bearer " + good + "0", "Bearer " + good[:-1], "Bearer " + good.upper(),
                  "Bearer " + good + ", Bearer " + good, "Bearer " + good + " " + good, 'Bearer "' + good + '"',
                  "Bearer token=" + good, "Basic YWRtaW46YWRtaW4=", "Negotiate AAAA", "Bearer " + "x" * 4000,
                  "Bearer \xff\xfe", "Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZG1pbiJ9.", "Bearer a.b.c",
                  "Bearer ..", "Bearer sgn_" + "0" * 16 + "_" + "0" * 63 + "g", "Bearer ' OR 1=1 --",
                  "Bearer %00", "Bearer " + good.replace("_", "%5f")):
        yield f"authorization {value[:12]!r}", [("Authorization", value)]


def repeated_authorizations(tokens):
    good, bad = "Bearer " + tokens["good"], "Bearer " + tokens["unknown"]
    for first, second in ((good, bad), (bad, good), (good, good)):
        yield [("Authorization", first), ("Authorization", second)]


def cases_of_credentials(operation, tokens):
    if operation.is_open:
        return
    body = dump(body_of(operation)) if operation.schema else None
    for kind, headers in authorizations(tokens):
        yield Case(operation, kind, operation.path(), operation.headers() + headers, body, (401,))
    for headers in repeated_authorizations(tokens):
        yield Case(operation, "two credentials", operation.path(), operation.headers() + headers, body,
                   (400, 401))


def cases_of_methods(path):
    """Methods that no template that fits the path has."""
    templates = [t for t in openapi.DOCUMENT["paths"] if re.fullmatch(re.sub(r"\{[a-z_]+\}", "[^/]+", t), path)]
    known = {m for t in templates for m in METHODS if m in openapi.DOCUMENT["paths"][t]}
    known |= {"head"} if "get" in known else set()
    return sorted(set(KINDS) - known) + ["get", "Post"][:1 if "get" not in known else 2], known


BAD_NAMES = ("%2e%2e", "..", ".", "%00", "a%00b", "rsa%00", "%c0%af", "%c0%ae%c0%ae", "%ff", "%", "%z", "%zz", "%u0041",
             "x" * 65, "x" * 1000, "x" * 8000, "%20", "rsa%20", "a%20b", "a;b", "a+b", "a'b", 'a"b', "a<b>", "%0d%0aX:%20y",
             "*", "~", "\xe4", "%C3%A4", "%ED%A0%80", "rsa%2Fsign", "a%2fb", "..%2f..%2fetc%2fpasswd", "%2e%2e%2f",
             "a%5cb", "a%252fb", "rsa/", "/rsa", "", "rsa%09", "$(id)", "${x}", "a|b", "a%26b", "rsa%0a")


def cases_of_paths(operation):
    body = dump(body_of(operation)) if operation.schema else None
    for parameter in operation.of("path"):
        for bad in BAD_NAMES:
            target = operation.path(**{parameter["name"]: bad})
            if openapi.template_of(target) not in (None, operation.template):
                continue
            if operation.id == "putGroup" and re.fullmatch(r"[A-Za-z0-9._-]{1,64}", urllib.parse.unquote(bad)):
                continue  # a name that is not there yet is none the worse for that
            yield Case(operation, f"path {bad[:20]!r}", target, operation.headers(), body, (400, 404, 405))


BAD_VALUES = ("", "-1", "0", "1.5", "x", "1e3", "9" * 30, "%00", "%ff", "%c0%af", "%27%20OR%201=1--", "x" * 1000, "%201",
              "%2B1", "0x10", "1%20", "%D9%A1", "true", "null", "[]", "%5B1%5D", "a/b", "%2e%2e%2f", "-", "\xe4",
              "1,2", "99999999999999999999999", "2147483648", "18446744073709551616")


def fits(schema, text):
    """Does the text of a query fit? What has an escape in it is taken not to, unless any text fits."""
    schema = openapi.deref(schema)
    kind = schema.get("type")
    if kind == "integer":
        return re.fullmatch(r"\d{1,15}", text) is not None and jsonschema.Draft202012Validator(
            schema, resolver=openapi.RESOLVER).is_valid(int(text))
    if kind == "boolean":
        return text in ("true", "false")
    if "%" in text or "\xe4" in text:
        return not schema.get("pattern") and "enum" not in schema and "const" not in schema
    return jsonschema.Draft202012Validator(schema, resolver=openapi.RESOLVER).is_valid(text)


def cases_of_queries(operation):
    body = dump(body_of(operation)) if operation.schema else None
    for parameter in operation.of("query"):
        name = parameter["name"]
        for bad in BAD_VALUES:
            if not fits(parameter["schema"], bad):
                yield Case(operation, f"query {name}={bad[:16]!r}", f"{operation.path()}?{name}={bad}",
                           operation.headers(), body, (400,), field=name)
        good = sample(parameter["schema"])
        for twice in (f"{name}={good}&{name}={good}", f"{name}={good}&x=1&{name}={good}", f"{name}={good}&{name}",
                      f"{name}={good}&%{ord(name[0]):02x}{name[1:]}={good}"):
            yield Case(operation, f"query {name} twice", f"{operation.path()}?{twice}", operation.headers(), body,
                       (400,), field=name)


def cases_of_headers(operation):
    body = dump(body_of(operation)) if operation.schema else None
    rest = [h for h in operation.headers() if h[0] != "Idempotency-Key"]
    for parameter in operation.of("header"):
        if parameter["name"] != "Idempotency-Key":
            continue
        values = ["", "a b", "x" * 129, "x" * 5000, "\xe4", "a\tb"]
        bad = [[("Idempotency-Key", v)] for v in values] + [[("Idempotency-Key", "a"), ("idempotency-key", "a")]]
        for headers in bad + ([[]] if parameter.get("required") else []):
            yield Case(operation, f"header {headers!r:.30}", operation.path(), rest + headers, body, (400,),
                       field="Idempotency-Key")


def cases_of_doubles(operation):
    """A header or a parameter that comes twice leaves open which one is meant; so does one too many."""
    body = dump(body_of(operation)) if operation.schema else None
    path, usual = operation.path(), operation.headers()
    for name, value in (("Host", "other"), ("Expect", "100-continue"), ("Content-Encoding", "identity"),
                        ("If-None-Match", "*"), ("authorization", "Bearer x"), ("Idempotency-Key", "x")):
        kept = [h for h in usual if h[0] != name]
        yield Case(operation, f"two {name}", path, kept + [(name, value)] * 2, body, (400,))
    for query, field in (("x=1&x=2", "x"), ("x&x", "x"), ("%ff=1&%ff=2", "query"), ("=&=", "query"),
                         ("%20=&%20=", "query"), ("&".join(f"p{i}=1" for i in range(40)), None),
                         ("y" * 999 + "=1&" + "y" * 999 + "=", "query")):
        yield Case(operation, f"query {query[:20]}", f"{path}?{query}", usual, body, (400,), field=field)


def cases_of_types(operation):
    if operation.schema is None:
        return
    body = dump(body_of(operation))
    rest = [h for h in operation.headers() if h != JSON_TYPE]
    for kind in (None, "", "text/plain", "application/jsonx", "application/x-www-form-urlencoded", "text/json",
                 "multipart/form-data; boundary=x", "application/jose+json", "application/json, text/plain",
                 "application/*", "*/*", "json", "\xff", "application/octet-stream", "x" * 4000):
        headers = [] if kind is None else [("Content-Type", kind)]
        yield Case(operation, f"content type {kind!r:.30}", operation.path(), rest + headers, body, (415,))
    yield Case(operation, "two content types", operation.path(),
               operation.headers() + [("Content-Type", "text/plain")], body, (400, 415))
    for coding in ("gzip", "deflate", "br", "x", "identity, gzip", "gzip, identity"):
        yield Case(operation, f"content coding {coding}", operation.path(),
                   operation.headers() + [("Content-Encoding", coding)], body, (415,))


def bad_texts(good):
    """Texts that are no JSON object at all, or not one that everybody reads alike (RFC 8259, RFC 7493)."""
    text = good.decode()
    head, inside = text[:-1], text[1:-1]
    yield from (b"", b" ", b"[]", b"null", b"1", b'"x"', b"true", b"{", b"}", b"{}x", b"[{}]", good[:-1], good[:len(good) // 2],
                good + good, good + b"x", good + b"\0", b"\0" + good, good + b",", b"\xef\xbb\xbf" + good,
                text.encode("utf-16"), text.encode("utf-16-le"), text.encode("utf-32"), b"\x0b" + good, b"\x0c" + good,
                good + b"\x0b", b"\xc2\xa0" + good, b"<xml/>", b"a=b&c=d", b"\x1f\x8b\x08\0\0", b"/**/" + good, b"//x\n" + good,
                b"[" * 30000, b'{"a":' * 12000, b"[" * 30000 + b"]" * 30000, b"{" * 60000)
    for more in (b'"x":NaN', b'"x":Infinity', b'"x":01', b'"x":+1', b'"x":1.', b'"x":.5', b'"x":0x1', b'"x":1e', b'"x":--1',
                 b'"x":1e999', b'"x":-1e999', b'"x":' + b"9" * 5000, b'"x":True', b'"x":undefined', b"'x':1", b"x:1",
                 b'"x":"\\u0000"', b'"\\u0000":1', b'"x":"\\ud800"', b'"x":"\\udc00"', b'"x":"\\udc00\\ud800"',
                 b'"x":"\\ud800\\u0041"', b'"x":"\\x41"', b'"x":"\\u12"', b'"x":"\\u00zz"', b'"x":"\\', b'"x":"',
                 b'"x":"\xff"', b'"x":"\xc0\x80"', b'"x":"\xc0\xaf"', b'"x":"\xed\xa0\x80"', b'"x":"\xf4\x90\x80\x80"',
                 b'"x":"\xe2\x82"', b'"x":"a\nb"', b'"x":"a\tb"', b'"x":"a\0b"', b'"x":"\x01"', b'"x":"\x1f"', b'"x":1,', b'"x"',
                 b'"x":', b'"x" 1', b":", b"", b'"x":[1,]', b'"x":[1 2]', b'"x":{"a":1,}', b'"x":{"a":1,"a":1}',
                 b'"x":' + b"[" * 900 + b"]" * 900, b'"x":' + b'{"a":' * 900 + b"1" + b"}" * 900, b'"":1',
                 b'"__proto__":{}', b'"x":1', b'"' + b"x" * 3000 + b'":1', "\"\u202e\":1".encode()):
        yield head.encode() + (b"," if inside else b"") + more + b"}"


def cases_of_texts(operation):
    if operation.schema is None:
        return
    for number, text in enumerate(bad_texts(dump(body_of(operation)))):
        yield Case(operation, f"body {number} {text[-24:]!r}", operation.path(), operation.headers(), text, (400,))


def cases_of_sizes(operation):
    good = dump(body_of(operation)) if operation.schema else b"{}"
    headers = operation.headers()
    statuses = (413,) if operation.schema else ()
    if operation.schema:
        yield Case(operation, "one byte too many", operation.path(), headers, good.ljust(BODY_MAX + 1), statuses)
        yield Case(operation, "too many bytes, in a chunk", operation.path(), headers, good.ljust(2 * BODY_MAX),
                   statuses, True)
    for length in ("1048577", "99999999999", "9223372036854775807"):
        yield Case(operation, "announced as too long", operation.path(), headers + [("Content-Length", length)], b"",
                   (413,))


REPLACEMENTS = (None, True, False, 0, 1, -1, 1.5, 2 ** 31, 2 ** 53 + 1, -2 ** 63, 10 ** 30, 1e308, 1e-9, "", " ", "x", "X" * 65,
                "X" * 300, "X" * 5000, "X" * 60000, "../../etc/passwd", "'; DROP TABLE users; --", "%s%n%n", "a\nb",
                "\u00e4", "\u202e", "\U0001f511", "a b", "*", [], [[]], {}, [None], [1], ["x"] * 300, {"x": 1})


def places(value, at=()):
    yield at
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, one in items:
        yield from places(one, at + (name,))


def node_at(value, at):
    for name in at:
        value = value[name]
    return value


def mutations(good):
    """Each place of a document replaced by each value, taken away, and given a stranger for company."""
    for at in places(good):
        name = ".".join(map(str, at))
        for new in REPLACEMENTS if at else ():
            changed = copy.deepcopy(good)
            node_at(changed, at[:-1])[at[-1]] = new
            yield f"{name} is {new!r:.20}", at, changed
        if at and isinstance(at[-1], str):
            changed = copy.deepcopy(good)
            del node_at(changed, at[:-1])[at[-1]]
            yield f"{name} is missing", at, changed
            twin = copy.deepcopy(good)
            parent = node_at(twin, at[:-1])
            parent[at[-1].upper() if at[-1].islower() else at[-1].lower()] = parent[at[-1]]
            yield f"{name} in another case too", at[:-1], twin
        if isinstance(node_at(good, at), dict):
            changed = copy.deepcopy(good)
            node_at(changed, at)["stranger"] = 1
            yield f"a stranger in {name or 'the document'}", at, changed


def twice(good):
    """Members given twice, at every depth, as text."""
    for at in places(good):
        if not at or not isinstance(at[-1], str):
            continue
        marked = copy.deepcopy(good)
        parent = node_at(marked, at[:-1])
        parent["\u0001"] = parent[at[-1]]
        yield ".".join(map(str, at)), dump(marked).replace(b'"\\u0001"', dump(at[-1]))


def cases_of_members(operation):
    if operation.schema is None:
        return
    good = body_of(operation)
    is_trusted = operation.id in SAMPLES
    for kind, at, changed in mutations(good):
        text = dump(changed)
        if len(text) <= BODY_MAX and not operation.is_valid(changed):
            field = str(at[0]) if is_trusted and at else None
            yield Case(operation, kind, operation.path(), operation.headers(), text, (400, 422), field=field)
    for name, text in twice(good):
        yield Case(operation, f"{name} twice", operation.path(), operation.headers(), text, (400,))
