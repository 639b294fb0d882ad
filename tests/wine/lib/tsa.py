#!/usr/bin/python3
"""A timestamp server (RFC 3161) on a free port of this machine, around `openssl ts`.

    tsa.py FOLDER      FOLDER holds tsa.cnf; the address is written to FOLDER/url once it listens

Every request gets a reply, and a line in FOLDER/requests. Ends on SIGTERM.
"""
import http.server
import os
import signal
import subprocess
import sys
import tempfile

QUERY, REPLY = "application/timestamp-query", "application/timestamp-reply"
MAX_LEN = 1 << 16


class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        length = int(self.headers.get("Content-Length", "0"))
        if self.headers.get("Content-Type") != QUERY or not 0 < length <= MAX_LEN:
            self.send_error(415)
            return
        with tempfile.NamedTemporaryFile(dir=".") as query:
            query.write(self.rfile.read(length))
            query.flush()
            run = subprocess.run(["openssl", "ts", "-reply", "-config", "tsa.cnf", "-queryfile", query.name],
                                 capture_output=True, check=False)
        with open("requests", "a", encoding="ascii") as file:
            file.write(f"{self.path} {length} {run.returncode}\n")
        if run.returncode != 0:
            self.send_error(500)
            return
        self.send_response(200)
        self.send_header("Content-Type", REPLY)
        self.send_header("Content-Length", str(len(run.stdout)))
        self.end_headers()
        self.wfile.write(run.stdout)

    def log_message(self, *arguments):
        pass


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    os.chdir(sys.argv[1])
    server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with open("url.part", "w", encoding="ascii") as file:
        file.write(f"http://127.0.0.1:{server.server_port}/timestamp\n")
    os.rename("url.part", "url")
    server.serve_forever()


if __name__ == "__main__":
    main()
