"""Bytes that are not quite HTTP or TLS, and clients that behave badly. The service serves on, and ends cleanly."""
import json
import socket
import ssl
import threading
import time
import unittest

import service
import wire

BODY = b'{"user":"admin","key":"k"}'
PATIENCE = 1.0  # how long a connection is listened to for an answer too many
SMUGGLED = b"GET /v1/health HTTP/1.1\r\nHost: localhost\r\n\r\n"
CHUNKED = b"%x\r\n%s\r\n0\r\n\r\n" % (len(BODY), BODY)
LENGTH = b"Content-Length: %d" % len(BODY)
CODING = b"Transfer-Encoding: chunked"
HOST = b"Host: localhost\r\n"
# The framing of these is in doubt, or wrong: one refusal, and the connection ends.
FRAMINGS = [(LENGTH + b"\r\n" + CODING, CHUNKED), (CODING + b"\r\nContent-Length: 0", CHUNKED),
            (LENGTH + b"\r\nContent-Length: 0", BODY), (LENGTH + b"\r\n" + LENGTH, BODY),
            (CODING + b"\r\n" + CODING, CHUNKED), (CODING + b"\r\nTransfer-Encoding: identity", CHUNKED),
            (b"X: y", b""), (b"\x0b" + LENGTH, BODY), (b"X\x01: y\r\n" + LENGTH, BODY),
            (LENGTH + b"\r\nX: a\rb", BODY), (LENGTH + b"\r\nX: \x01", BODY), (LENGTH + b"\r\nX\xe4: y", BODY)]
FRAMINGS += [(b"Content-Length: " + value, BODY) for value in
             (b"+26", b"26 ", b"26,26", b"0x1a", b"-1", b"", b"26;", b"2 6", b"1e1", b"a", b"9" * 40, b"18446744073709551616")]
FRAMINGS += [(b"Transfer-Encoding: " + value, CHUNKED) for value in
             (b"gzip, chunked", b"chunked, chunked", b"xchunked", b"identity", b"chunked;q=1", b"chunked ", b"",
              b"chunked, identity", b"\x0bchunked", b"gzip", b"chunked\x01")]
FRAMINGS += [(b"Transfer-Encoding : chunked", CHUNKED), (b"Content-Length : 26", BODY), (b"no colon", BODY),
             (b"Content Length: 26\r\n" + LENGTH, BODY)]
FRAMINGS += [(CODING, chunk) for chunk in
             (b"zz\r\n", b"-1\r\n", b"ffffffffffffffffff\r\n", b"0x1a\r\n" + BODY + b"\r\n0\r\n\r\n", b"\r\n",
              b"1a\r\n" + BODY + b"XX0\r\n\r\n", b"1a \r\n" + BODY + b"\r\n0\r\n\r\n", b" 1a\r\n" + BODY + b"\r\n0\r\n\r\n")]
# The library's own: it answers a chunk of 40,000 bytes of extensions with 500.
LONG_EXTENSION = b"1a;" + b"x" * 40000 + b"\r\n" + BODY + b"\r\n0\r\n\r\n"
LINES = [b"GET", b"GET /v1/info", b"GET /v1/info  HTTP/1.1", b"GET /v1/info HTTP/2.0", b"GET /v1/info HTTP/0.9",
         b"GET /v1/info http/1.1", b"GET /v1/info\tHTTP/1.1", b"GET v1/info HTTP/1.1", b"GET http://evil/v1/info HTTP/1.1",
         b"GET * HTTP/1.1", b"OPTIONS * HTTP/1.1", b"CONNECT localhost:1 HTTP/1.1", b"TRACE / HTTP/1.1", b"PRI * HTTP/2.0",
         b"GET /v1/in\0fo HTTP/1.1", b"G\1T /v1/info HTTP/1.1", b"\xff /v1/info HTTP/1.1", b" GET /v1/info HTTP/1.1",
         b"GET /v1/info HTTP/1.1 x", b"GET /v1/info#x HTTP/1.1", b"GET /v1/info x HTTP/1.1", b"GET /v1/info HTTP/11",
         b"GET /v1/info HTTP/1.", b"GET /v1/info HTTP", b"GET /v1/\x7finfo HTTP/1.1", b"GET /v1/info\r HTTP/1.1",
         b"GET //v1/info HTTP/1.1", b"GET /v1/./info HTTP/1.1", b"GET /v1/x/../info HTTP/1.1", b"GET /V1/info HTTP/1.1",
         b"GET /v1%2finfo HTTP/1.1", b"GET /v1/info%00 HTTP/1.1", b"GET /v1/info/ HTTP/1.1", b"GET \\v1\\info HTTP/1.1",
         b"get /v1/info HTTP/1.1", b"GET /" + b"x" * 40000 + b" HTTP/1.1", b"X" * 40000 + b" /v1/info HTTP/1.1", b"\0" * 100,
         b"\x16\x03\x01\x02\0\x01", b"<xml/>", b"HELO example.com", b"*1\r\n$4\r\nPING", b"%s%n%x"]
HEADS = [b"", b"Host: a\r\nHost: b\r\n", HOST + b"no colon\r\n", HOST + b"a b: c\r\n", HOST + b"a : c\r\n", HOST + b"X: a\rb\r\n",
         b" X: a\r\n" + HOST, HOST + b"X: " + b"x" * 60000 + b"\r\n", HOST + b"X: y\r\n" * 5000, HOST + b"X\xff: y\r\n",
         HOST + b"X: \x7f\r\n", HOST + b"(X): y\r\n", HOST + b"X@y: z\r\n"]
NOT_TLS = [b"\0" * 100, b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01garbage", b"\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00",
           b"\x16\x03\x03\xff\xff" + b"\xff" * 2000, b"\x15\x03\x03\x00\x02\x02\x28", b"\x17\x03\x03\x00\x01a", b"\x80\x2e\x01\0\x02",
           b"\x14\x03\x03\x00\x01\x01", b"\x18\x03\x02\x00\x03\x01\x40\x00", b"SSH-2.0-x\r\n", b"\x16"]


class Wires(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        made = cls.service = service.Service()
        cls.addClassCleanup(made.close)
        made.change_settings(max_connections_per_address=1000)
        made.start()
        cls.credentials = (HOST + b"Authorization: Bearer " + made.tokens["admin"].encode() +
                           b"\r\nContent-Type: application/json\r\n")
        cls.count = 0

    @classmethod
    def tearDownClass(cls):
        print(f"wire: {cls.count} cases", flush=True)

    def tearDown(self):
        self.assertEqual(self.service.request("GET", "/v1/health").status, 200)
        self.assertIsNone(self.service.process.poll())

    def statuses(self, data):
        """Of all answers until the connection ends, or until nothing more comes."""
        type(self).count += 1
        used, found, is_open = wire.Wire(self.service), [], True
        try:
            used.send(data)
            while used.tls is not None:
                found.append(used.answer().status)
                if used.tls is not None:
                    used.tls.settimeout(PATIENCE)
        except TimeoutError:
            self.assertTrue(found, f"no answer: {data[:80]!r}")
            return found, used.tls is not None
        except (wire.Closed, ConnectionError, ssl.SSLError):
            pass
        finally:
            used.close()
        return found, False

    def post(self, extra, payload):
        return b"POST /v1/policies/explain HTTP/1.1\r\n" + self.credentials + extra + b"\r\n\r\n" + payload

    def test_the_usual(self):
        """What the others spoil is good, and two requests in one piece get two answers."""
        for extra, payload in ((LENGTH, BODY), (CODING, CHUNKED), (CODING, CHUNKED.replace(b"1a\r", b"1a;x=y\r"))):
            used = wire.Wire(self.service)
            used.send(self.post(extra, payload) * 2 + SMUGGLED)
            self.assertEqual([used.answer().status for _ in range(3)], [200, 200, 200])
            used.close()

    def test_framing(self):
        for extra, payload in FRAMINGS:
            with self.subTest(extra=extra[-60:], payload=payload[:20]):
                found, is_open = self.statuses(self.post(extra, payload + SMUGGLED))
                self.assertFalse(is_open, "the connection is still open")
                self.assertLessEqual(len(found), 1, "what came behind was answered too")
                self.assertLessEqual(set(found), {400, 413})
        found, _ = self.statuses(self.post(CODING, LONG_EXTENSION))
        self.assertLessEqual(set(found), {400, 413, 500})

    def test_lines(self):
        for line in LINES:
            with self.subTest(line=line[:40]):
                found, _ = self.statuses(line + b"\r\n" + HOST + b"Connection: close\r\n\r\n")
                self.assertLessEqual(set(found), {400, 404, 405, 413, 414, 431, 505})

    def test_heads(self):
        for head in HEADS:
            with self.subTest(head=head[-40:]):
                found, _ = self.statuses(b"GET /v1/info HTTP/1.1\r\n" + head + b"Connection: close\r\n\r\n")
                self.assertLessEqual(set(found), {400, 413, 431})

    def test_not_tls(self):
        for data in NOT_TLS:
            type(self).count += 1
            with socket.create_connection((self.service.host, self.service.port), wire.SECONDS) as raw:
                try:
                    raw.sendall(data)
                    raw.shutdown(socket.SHUT_WR)
                    while raw.recv(4096):
                        pass
                except TimeoutError:
                    self.fail(f"the connection is still open: {data[:20]!r}")
                except OSError:
                    pass

    def test_a_connection_is_kept_after_an_error(self):
        used = wire.Wire(self.service)
        for _ in range(20):
            for method, target, status in (("GET", "/v1/keys", 401), ("PUT", "/v1/info", 405), ("GET", "/v1/none", 404),
                                           ("GET", "/v1/info?a&a", 400), ("GET", "/v1/info", 200), ("HEAD", "/v1/info", 200)):
                was = used.tls
                self.assertEqual(used.exchange(wire.message(method, target), method).status, status)
                self.assertTrue(was is None or used.tls is was, "a new connection")
        used.close()

    def test_clients_that_never_read(self):
        """Many pipelined requests and no reading: the service waits for them, and serves others."""
        lazy = []
        for _ in range(10):
            used = wire.Wire(self.service)
            used.open()
            used.tls.settimeout(0.2)
            try:
                used.tls.sendall(SMUGGLED * 3000)
            except (TimeoutError, OSError):
                pass
            lazy.append(used)
        for _ in range(20):
            self.assertEqual(self.service.request("GET", "/v1/health").status, 200)
        for used in lazy:
            used.reset()

    def test_half_of_everything(self):
        """Connections that stop in the handshake, in the headers and in the body, by an end or by a reset."""
        whole = self.post(LENGTH, BODY)
        for end in range(1, len(whole), 9):
            type(self).count += 1
            used = wire.Wire(self.service)
            used.send(whole[:end])
            if end % 2 == 0:
                used.reset()
            else:
                used.close()
        for end in (0, 1, 5, 50):
            with socket.create_connection((self.service.host, self.service.port), wire.SECONDS) as raw:
                raw.sendall(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"[:end])
                raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")

    def test_a_body_that_is_cut_changes_nothing(self):
        before = len(self.service.audit())
        used = wire.Wire(self.service)
        used.send(b"POST /v1/keys HTTP/1.1\r\n" + self.credentials + b"Content-Length: 100\r\n\r\n" +
                  json.dumps({"name": "cut", "algorithm": "ecdsa"}).encode())
        used.reset()
        used = wire.Wire(self.service)
        used.send(b"POST /v1/keys HTTP/1.1\r\n" + self.credentials + CODING + b"\r\n\r\n24\r\n" +
                  json.dumps({"name": "cut", "algorithm": "ecdsa"}).encode())
        used.close()
        time.sleep(0.2)
        self.assertEqual(self.service.get("/v1/keys/cut", "admin").code, "key-not-found")
        self.assertEqual(len(self.service.audit()), before)

    def test_more_connections_than_allowed(self):
        """300 at once: those above the limit of 256 are closed; when they have gone, all is as before."""
        sockets, served = [], []

        def connect():
            try:
                raw = socket.create_connection((self.service.host, self.service.port), 5)
                sockets.append(raw)
                tls = self.service.tls.wrap_socket(raw, server_hostname="localhost")
                sockets.append(tls)
                tls.sendall(SMUGGLED)
                if tls.recv(15).startswith(b"HTTP/1.1 200"):
                    served.append(1)
            except OSError:
                pass

        threads = [threading.Thread(target=connect) for _ in range(300)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for one in sockets:
            one.close()
        self.assertGreater(len(served), 100)
        self.assertLessEqual(len(served), 256)
        self.assertTrue(service.wait_for(lambda: self.serves()))

    def serves(self):
        try:
            return self.service.request("GET", "/v1/health").status == 200
        except OSError:
            return False
