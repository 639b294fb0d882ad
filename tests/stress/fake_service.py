"""fake_service.py FOLDER: a signing service with very many keys, over TLS on a free port of 127.0.0.1.

Three services side by side, by the first part of the path:

    /big        10,000 keys, in pages of at most 1,000
    /small      10 keys
    /shifting   2,500 keys of which the list changes between pages: each page begins with the last key of the page
                before, and the page after the first lacks a key that has just been deleted

FOLDER holds tls.crt and tls.key, and for each KIND of rsa and p256 KIND.key (PEM), KIND.spki and KIND.cer (DER), and
ca.der. All keys of a kind share that pair. FOLDER/url is written when it listens; FOLDER/access.log gets a line with
the path of every request. It ends when its standard input does.
"""
import base64
import http.server
import json
import os
import ssl
import subprocess
import sys
import threading
import urllib.parse

PAGE_MAX = 1000
SIZES = {"big": 10000, "small": 10, "shifting": 2500}
KINDS = {"rsa": {"algorithm": "rsa", "bits": 2048}, "p256": {"algorithm": "ecdsa", "curve": "P-256"}}
WIDTH = 32  # bytes of r and of s


def read(folder, name):
    with open(os.path.join(folder, name), "rb") as file:
        return file.read()


def make_keys(folder, count):
    """The key objects of a service, as JSON text by name, in the order of names."""
    parts = {}
    for kind, facts in KINDS.items():
        chain = [base64.b64encode(read(folder, name)).decode() for name in (kind + ".cer", "ca.der")]
        spki = base64.b64encode(read(folder, kind + ".spki")).decode()
        parts[kind] = {**facts, "spki": spki, "chain": chain, "version": 1, "state": "enabled", "flags": [],
                       "schemes": ["ecdsa"] if kind == "p256" else ["rsa-pkcs1", "rsa-pss"]}
    keys = {}
    for number in range(count):
        name = f"key{number:05d}"
        key = {"id": f"id-{number}", "name": name, "etag": f"e{number}", **parts["rsa" if number % 4 else "p256"]}
        keys[name] = json.dumps(key)
    return keys


def raw_signature(der):
    """r||s of a DER signature (RFC 3279 section 2.2.3)."""
    result, at = b"", 2
    for _ in range(2):
        length = der[at + 1]
        number = int.from_bytes(der[at + 2:at + 2 + length], "big")
        result += number.to_bytes(WIDTH, "big")
        at += 2 + length
    return result


class Service:
    """What the requests of all threads share."""

    def __init__(self, folder):
        self.folder = folder
        self.keys = {name: make_keys(folder, count) for name, count in SIZES.items()}
        self.lock = threading.Lock()
        self.log = open(os.path.join(folder, "access.log"), "a", encoding="utf-8", buffering=1)

    def note(self, method, path):
        with self.lock:
            self.log.write(json.dumps({"method": method, "path": path}) + "\n")

    def page(self, which, query):
        keys = self.keys[which]
        names = list(keys)
        limit = min(int(query.get("limit", ["100"])[0]), PAGE_MAX)
        after = query.get("after", [""])[0]
        first = names.index(after) + 1 if after else 0
        chosen = names[first:first + limit]
        more = first + limit < len(names)
        next_name = chosen[-1] if chosen else ""
        if which == "shifting" and after:
            chosen.insert(0, after)
            if first == limit:
                chosen.remove(chosen[1])
        text = '{"keys":[' + ",".join(keys[name] for name in chosen) + "]"
        return (text + (',"next":' + json.dumps(next_name) if more else "") + "}").encode()

    def sign(self, which, name, body):
        key = json.loads(self.keys[which][name])
        kind = "rsa" if key["algorithm"] == "rsa" else "p256"
        options = ["-pkeyopt", "digest:" + body["hash"]]
        if kind == "rsa":
            options += ["-pkeyopt", "rsa_padding_mode:pkcs1"]
        result = subprocess.run(["openssl", "pkeyutl", "-sign", "-inkey", os.path.join(self.folder, kind + ".key"),
                                 *options], input=base64.b64decode(body["digest"]), capture_output=True, check=True)
        signature = result.stdout if kind == "rsa" else raw_signature(result.stdout)
        return json.dumps({"signature": base64.b64encode(signature).decode(),
                           "key": {"name": name, "version": 1}}).encode()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 60
    service = None

    def log_message(self, *_):
        pass

    def answer(self, status, body, kind="application/json"):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Signum-Request", "fake")
        self.end_headers()
        self.wfile.write(body)

    def refuse(self, status, code):
        self.answer(status, json.dumps({"status": status, "code": code}).encode(), "application/problem+json")

    def split(self):
        url = urllib.parse.urlsplit(self.path)
        self.service.note(self.command, self.path)
        parts = url.path.strip("/").split("/")
        if len(parts) < 3 or parts[0] not in SIZES or parts[1:3] != ["v1", "keys"]:
            return None, None, None
        return parts[0], parts[3:], urllib.parse.parse_qs(url.query)

    def do_GET(self):
        which, rest, query = self.split()
        if which is None or len(rest) > 1:
            self.refuse(404, "not-found")
        elif not rest:
            self.answer(200, self.service.page(which, query))
        elif rest[0] not in self.service.keys[which]:
            self.refuse(404, "key-not-found")
        else:
            self.answer(200, self.service.keys[which][rest[0]].encode())

    def do_POST(self):
        which, rest, _ = self.split()
        body = json.loads(self.rfile.read(int(self.headers.get("Content-Length", "0"))))
        if which is None or len(rest) != 2 or rest[1] != "sign":
            self.refuse(404, "not-found")
        elif rest[0] not in self.service.keys[which]:
            self.refuse(404, "key-not-found")
        else:
            self.answer(200, self.service.sign(which, rest[0], body))


def main():
    folder = sys.argv[1]
    Handler.service = Service(folder)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(os.path.join(folder, "tls.crt"), os.path.join(folder, "tls.key"))
    # The handshake is left to the connection's own thread.
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with open(os.path.join(folder, "url.new"), "w", encoding="utf-8") as file:
        file.write(f"https://127.0.0.1:{server.server_address[1]}")
    os.rename(os.path.join(folder, "url.new"), os.path.join(folder, "url"))
    sys.stdin.read()
    server.shutdown()


if __name__ == "__main__":
    main()
