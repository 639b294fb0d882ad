"""One TLS connection on which a test says exactly what bytes are sent, right or wrong."""
import socket
import ssl

import service

SECONDS = 20  # no answer may take longer
BODILESS = {204, 304}


class Closed(Exception):
    """The service closed the connection before it had answered."""


class Wire:
    def __init__(self, running):
        self.service = running
        self.tls = None
        self.rest = b""

    def open(self):
        raw = socket.create_connection((self.service.host, self.service.port), SECONDS)
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            self.tls = self.service.tls.wrap_socket(raw, server_hostname="localhost")
        except OSError:
            raw.close()
            raise
        self.rest = b""

    def close(self):
        if self.tls is not None:
            self.tls.close()
        self.tls = None

    def reset(self):
        """Ends the connection with a TCP reset instead of a proper end."""
        self.tls.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        self.close()

    def send(self, data):
        if self.tls is None:
            self.open()
        self.tls.sendall(data)

    def more(self):
        try:
            data = self.tls.recv(65536)
        except (ConnectionError, ssl.SSLError) as fault:
            if isinstance(fault, TimeoutError):
                raise
            data = b""
        if not data:
            self.close()
            raise Closed()
        self.rest += data

    def until(self, mark):
        while mark not in self.rest:
            self.more()
        taken, self.rest = self.rest.split(mark, 1)
        return taken

    def answer(self, method="GET"):
        """The next answer; interim ones are passed over."""
        lines = self.until(b"\r\n\r\n").decode("latin-1").split("\r\n")
        status = int(lines[0].split(" ")[1])
        if status < 200:
            return self.answer(method)
        headers = dict(line.split(": ", 1) for line in lines[1:])
        size = int(headers.get("Content-Length", "0"))
        if method == "HEAD" or status in BODILESS:
            size = 0
        while len(self.rest) < size:
            self.more()
        body, self.rest = self.rest[:size], self.rest[size:]
        if headers.get("Connection", "").lower() == "close":
            self.close()
        return service.Answer(status, headers, body)

    def exchange(self, data, method="GET"):
        """Sends a request and gives its answer. A connection that has become old is opened anew."""
        was_open = self.tls is not None
        try:
            self.send(data)
            return self.answer(method)
        except (Closed, ConnectionError, ssl.SSLError):
            self.close()
            if not was_open:
                raise
        self.send(data)
        return self.answer(method)

    def all_answers(self, data):
        """Sends bytes and gives every answer until the service closes; half-closed by us after."""
        answers = []
        try:
            self.send(data)
            while True:
                answers.append(self.answer())
        except (Closed, ConnectionError, ssl.SSLError):
            return answers
        finally:
            self.close()


def latin(text):
    return text if isinstance(text, bytes) else text.encode("latin-1")


def message(method, target, headers=(), body=None, chunked=False):
    """A request as bytes. Headers are pairs, so that one may come twice."""
    lines = [latin(method) + b" " + latin(target) + b" HTTP/1.1", b"Host: localhost"]
    lines += [latin(name) + b": " + latin(value) for name, value in headers]
    if body is None:
        body = b""
    elif chunked:
        lines.append(b"Transfer-Encoding: chunked")
        body = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body) if body else b"0\r\n\r\n"
    elif not any(latin(name).lower() == b"content-length" for name, _ in headers):
        lines.append(b"Content-Length: %d" % len(body))
    return b"\r\n".join(lines) + b"\r\n\r\n" + body
