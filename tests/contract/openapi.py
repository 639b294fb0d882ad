"""docs/openapi.yaml as a judge of answers, and a record of what has been seen.

Each exchange is also written down, for the judge that is not ours (tests/npm/validators)."""
import atexit
import json
import os
import re
import tempfile
import threading

import jsonschema
import yaml

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
# Headers that HTTP itself brings, or that say nothing about the API.
FREE_HEADERS = {"date", "content-length", "content-type", "connection", "cache-control"}

with open(os.path.join(ROOT, "docs", "openapi.yaml"), encoding="utf-8") as file:
    DOCUMENT = yaml.safe_load(file)
RESOLVER = jsonschema.RefResolver("", DOCUMENT)

# Several processes append to it, a line at a time.
EXCHANGES = tempfile.NamedTemporaryFile("a", prefix="signum-exchanges-", encoding="utf-8",
                                        buffering=1, delete=False)
EXCHANGES_LOCK = threading.Lock()
atexit.register(os.unlink, EXCHANGES.name)

seen = set()  # (path, method, status, code); code is "" for what is not a problem


def deref(node):
    while "$ref" in node:
        node = RESOLVER.resolve(node["$ref"])[1]
    return node


def codes_of(response):
    """The problem codes that a response object allows; [""] if it is not a problem."""
    content = response.get("content", {}).get("application/problem+json")
    if content is None:
        return [""]
    return content["schema"]["allOf"][1]["properties"]["code"]["enum"]


def documented():
    rows = set()
    for path, item in DOCUMENT["paths"].items():
        for method in ("get", "post", "put", "patch", "delete"):
            for status, response in item.get(method, {}).get("responses", {}).items():
                rows |= {(path, method, int(status), c) for c in codes_of(deref(response))}
    for status, response in DOCUMENT["x-generic-responses"].items():
        rows |= {("*", "*", int(status), c) for c in codes_of(deref(response))}
    return rows


def template_of(path):
    for template in DOCUMENT["paths"]:
        if re.fullmatch(re.sub(r"\{[a-z_]+\}", "[^/]+", template), path):
            return template
    return None


def find_response(path, method, status):
    """The documented response and where it stands, or None."""
    template = template_of(path)
    method = "get" if method == "HEAD" else method.lower()
    operation = DOCUMENT["paths"].get(template, {}).get(method, {})
    response = operation.get("responses", {}).get(str(status))
    if response is not None:
        return deref(response), template, method
    response = DOCUMENT["x-generic-responses"].get(str(status))
    return (deref(response), "*", "*") if response is not None else None


def validate(value, schema):
    jsonschema.Draft202012Validator(schema, resolver=RESOLVER).validate(value)


def check_headers(response, headers):
    names = {n.lower() for n in headers}
    for name, header in response.get("headers", {}).items():
        header = deref(header)
        assert name in headers or not header.get("required"), f"header {name} is missing"
        if name in headers:
            validate(headers[name], header["schema"])
    extra = names - {n.lower() for n in response.get("headers", {})} - FREE_HEADERS
    assert not extra, f"undocumented headers {extra}"


def json_or_none(text):
    try:
        return json.loads(text)
    except (TypeError, ValueError, RecursionError):
        return None


def content_of(kind, body):
    """What a schema speaks of: the value of a JSON document, or a text."""
    if kind.startswith("application/pkix"):
        return body.decode("latin-1")
    return json.loads(body) if kind.endswith("json") else body.decode()


def write_down(method, path, status, headers, body, sent):
    row = {"method": "GET" if method == "HEAD" else method, "path": path.split("?")[0],
           "status": status, "type": headers.get("Content-Type")}
    if body:
        row["body"] = content_of(row["type"], body)
    if json_or_none(sent) is not None:
        row["sent"] = json_or_none(sent)
    with EXCHANGES_LOCK:
        EXCHANGES.write(json.dumps(row) + "\n")


def check(method, path, status, headers, body, sent=None):
    """Fails if the answer is not as documented; remembers it. `sent` is the request's body."""
    found = find_response(path.split("?")[0], method, status)
    assert found is not None, f"{method} {path} gave {status}, which is not documented: {body!r}"
    response, template, verb = found
    check_headers(response, headers)
    code = ""
    if not response.get("content"):
        assert body == b"", f"{status} has a body: {body!r}"
    elif method != "HEAD":
        kind = headers.get("Content-Type", "")
        assert kind in response["content"], f"{method} {path} {status}: type {kind}"
        value = content_of(kind, body)
        validate(value, response["content"][kind]["schema"])
        if kind == "application/problem+json":
            code = value["code"]
            assert value["request"] == headers["Signum-Request"]
            assert value["type"].endswith(":" + code)
    if method != "HEAD":
        seen.add((template, verb, status, code))
    write_down(method, path, status, headers, body, sent)
