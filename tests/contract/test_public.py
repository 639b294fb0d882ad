"""Routes without credentials, and what every path answers."""
import unittest

import service


class Public(unittest.TestCase):
    def setUp(self):
        self.service = service.shared()

    def test_info(self):
        self.assertEqual(self.service.get("/v1/info").status, 200)

    def test_health(self):
        self.assertEqual(self.service.get("/v1/health").status, 200)

    def test_every_request_has_its_own_number_and_log_line(self):
        numbers = {self.service.get("/v1/info").headers["Signum-Request"] for _ in range(5)}
        self.assertEqual(len(numbers), 5)
        self.assertTrue(service.wait_for(lambda: numbers <= self.service.access_log().keys()))
        line = self.service.access_log()[numbers.pop()]
        self.assertEqual((line["method"], line["path"], line["status"], line["user"]),
                         ("GET", "/v1/info", 200, None))

    def test_unknown_paths(self):
        for path in ("/", "/v1", "/v1/", "/v2/info", "/v1/info/", "/v1/keys/", "/v1/keys/a/b",
                     "/v1/keys/a/sign/x", "/v1/keys//sign", "/v1/infos"):
            self.assertEqual(self.service.get(path).code, "not-found", path)

    def test_methods(self):
        for method, path, allow in (("POST", "/v1/info", "GET, HEAD"),
                                    ("PUT", "/v1/keys/rsa", "GET, HEAD, DELETE, PATCH"),
                                    ("POST", "/v1/keys/rsa/pin", "GET, HEAD, PUT, DELETE"),
                                    ("PUT", "/v1/keys", "GET, HEAD, POST"),
                                    ("DELETE", "/v1/keys/rsa/attestation", "GET, HEAD"),
                                    ("GET", "/v1/keys/rsa/certificates", "POST"),
                                    ("POST", "/v1/audit", "GET, HEAD"),
                                    ("GET", "/v1/keys/rsa/sign", "POST")):
            answer = self.service.request(method, path)
            self.assertEqual((answer.code, answer.headers["Allow"]), ("method-not-allowed", allow))

    def test_head(self):
        answer = self.service.request("HEAD", "/v1/info")
        self.assertEqual((answer.status, answer.body), (200, b""))

    def test_keep_alive(self):
        connection = self.service.connect()
        connection.connect()
        port = connection.sock.getsockname()[1]
        for _ in range(3):
            self.service.get("/v1/info", connection=connection)
            self.assertEqual(connection.sock.getsockname()[1], port)
        connection.close()
