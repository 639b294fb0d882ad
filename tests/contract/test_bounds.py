"""Bad input to the signing route: each fault is named."""
import base64
import json
import socket
import ssl
import unittest

import openapi
import service

DIGEST = base64.b64encode(bytes(32)).decode()
GOOD = {"scheme": "rsa-pkcs1", "hash": "sha256", "digest": DIGEST}


class Bounds(unittest.TestCase):
    def setUp(self):
        self.service = service.shared()

    def post(self, body, headers=None):
        all_headers = {"Content-Type": "application/json", "Idempotency-Key": "bounds"}
        all_headers.update(headers or {})
        all_headers = {n: v for n, v in all_headers.items() if v is not None}
        return self.service.request("POST", "/v1/keys/rsa/sign", "alice", body, all_headers)

    def test_members(self):
        for change, field in (
                ({"version": 0}, "version"), ({"version": "1"}, "version"), ({"version": 1.5}, "version"),
                ({"version": None}, "version"), ({"scheme": None}, "scheme"), ({"scheme": 1}, "scheme"),
                ({"hash": []}, "hash"), ({"hash": "x" * 33}, "hash"), ({"salt": -1}, "salt"),
                ({"salt": 2049}, "salt"), ({"salt": 5}, "salt"), ({"digest": ""}, "digest"),
                ({"digest": "AA=A"}, "digest"), ({"digest": "AA"}, "digest"), ({"digest": 5}, "digest"),
                ({"digest": " " + DIGEST}, "digest"), ({"digest": "AAAA"}, "digest"),
                ({"digest": DIGEST.replace("A", "_")}, "digest"), ({"digest": "A" * 1028}, "digest"),
                ({"context": []}, "context"), ({"context": "x"}, "context"),
                ({"context": {"a": "x" * 8192}}, "context"), ({"reason": 5}, "reason"),
                ({"reason": "x" * 1025}, "reason"), ({"pin": "x" * 129}, "pin"),
                ({"more": 1}, "more"), ({"Digest": DIGEST}, "Digest")):
            answer = self.post(json.dumps({**GOOD, **change}))
            self.assertEqual((answer.code, answer.json.get("field")), ("bad-request", field), change)
        for name in GOOD:
            answer = self.post(json.dumps({n: v for n, v in GOOD.items() if n != name}))
            self.assertEqual((answer.code, answer.json["field"]), ("bad-request", name))

    def test_bodies(self):
        good = json.dumps(GOOD)
        for body in ("", "[]", "null", "1", "{", good + "x", good + good, good.encode("utf-16"),
                     good[:-1] + ',"reason":"\\u0000"}', b'{"reason":"\xff"}', "[" * 30000):
            self.assertEqual(self.post(body).code, "bad-request", body[:40])
        twice = good[:-1] + ',"hash":"sha1"}'
        self.assertEqual(self.post(twice).json["field"], "hash")

    def test_idempotency_key(self):
        for value in (None, "", "a b", "x" * 129, "\xe4"):
            answer = self.post(json.dumps(GOOD), {"Idempotency-Key": value})
            self.assertEqual((answer.code, answer.json["field"]),
                             ("bad-request", "Idempotency-Key"), value)

    def test_media_types(self):
        good = json.dumps(GOOD)
        for kind in (None, "text/plain", "application/jsonx", "application/x-www-form-urlencoded"):
            self.assertEqual(self.post(good, {"Content-Type": kind}).code, "unsupported-media-type")
        for kind in ("application/json; charset=utf-8", "Application/JSON"):
            self.assertEqual(self.post(good, {"Content-Type": kind}).status, 200)

    def test_sizes(self):
        pad = lambda size: json.dumps(GOOD).ljust(size)
        self.assertEqual(self.post(pad(64 * 1024), {"Idempotency-Key": "max"}).status, 200)
        self.assertEqual(self.post(pad(64 * 1024 + 1)).code, "too-large")
        self.assertEqual(self.post(pad(900 * 1024)).code, "too-large")
        chunks = iter([b" " * 1000] * 100)
        self.assertEqual(self.post(chunks).code, "too-large")  # sent in chunks, without a length

    def test_a_huge_body_is_not_even_read(self):
        for method, path in (("POST", "/v1/keys/rsa/sign"), ("GET", "/v1/info")):
            connection = self.service.connect()
            connection.putrequest(method, path)
            connection.putheader("Content-Length", str(10 ** 12))
            connection.endheaders()
            response = connection.getresponse()
            self.assertEqual(response.status, 413)
            openapi.check(method if method == "POST" else "PATCH", path, response.status,
                          dict(response.getheaders()), response.read())
            connection.close()

    def test_large_headers(self):
        connection = self.service.connect()
        connection.request("GET", "/v1/info", headers={"X": "x" * 60000})
        self.assertIn(connection.getresponse().status, (413, 431))
        connection.close()
        self.assertEqual(self.service.get("/v1/info").status, 200)

    def test_garbage_does_no_harm(self):
        for data in (b"\0" * 100, b"GET / HTTP/9.9\r\n\r\n", b"\x16\x03\x01garbage"):
            with socket.create_connection((self.service.host, self.service.port), 10) as raw:
                raw.sendall(data)
        self.assertEqual(self.service.get("/v1/info").status, 200)

    def test_old_tls_is_refused(self):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = ssl.TLSVersion.TLSv1_1
        context.set_ciphers("ALL:@SECLEVEL=0")
        with socket.create_connection((self.service.host, self.service.port), 10) as raw:
            with self.assertRaises(OSError):
                context.wrap_socket(raw)

    def test_both_tls_versions(self):
        for version, name in ((ssl.TLSVersion.TLSv1_2, "TLSv1.2"), (ssl.TLSVersion.TLSv1_3, "TLSv1.3")):
            context = ssl.create_default_context(cafile=self.service.state + "/ca.crt")
            context.minimum_version = context.maximum_version = version
            with socket.create_connection((self.service.host, self.service.port), 10) as raw:
                with context.wrap_socket(raw, server_hostname="localhost") as tls:
                    self.assertEqual(tls.version(), name)
