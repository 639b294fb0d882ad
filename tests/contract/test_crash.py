"""Ends of the service: by signal, in the middle of work, and at any moment by kill -9."""
import base64
import concurrent.futures
import hashlib
import os
import signal
import time
import unittest
import uuid

import service

ROUNDS = 5


class Crash(unittest.TestCase):
    def setUp(self):
        self.service = service.Service()
        self.addCleanup(self.service.close)
        self.service.run("key", "create", "ec", "--algorithm", "ecdsa")
        self.service.add_user("alice")
        self.service.run("policy", "allow", "all", "--user", "alice", "--key", "*")
        self.service.start()

    def sign(self, **more):
        return self.service.sign("ec", "alice", hashlib.sha256(os.urandom(8)).digest(),
                                 scheme="ecdsa", **more)

    def test_sigterm_finishes_what_is_under_way(self):
        self.service.set_faults("C_Sign delay 1\n")
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            running = pool.submit(self.sign)
            time.sleep(0.3)
            self.assertEqual(self.service.stop(), 0)
            self.assertEqual(running.result().status, 200)
        self.assertFalse(os.path.exists(os.path.join(self.service.state, "url")))
        actions = [r["record"]["action"] for r in self.service.audit()]
        self.assertEqual(actions[-3:], ["service.start", "sign", "service.stop"])

    def test_only_one_service_per_folder(self):
        done = self.service.run("serve", check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("another signumd", done.stderr)

    def work_until_killed(self, acknowledged):
        try:
            connection = self.service.connect()
            while True:
                value = str(uuid.uuid4())
                digest = hashlib.sha256(value.encode()).digest()
                answer = self.service.sign("ec", "alice", digest, scheme="ecdsa",
                                           idempotency=value, connection=connection)
                acknowledged.append((value, digest, answer.json))
        except (OSError, service.http.client.HTTPException):
            pass

    def test_kill_at_any_moment(self):
        acknowledged = []
        for number in range(ROUNDS):
            with concurrent.futures.ThreadPoolExecutor(4) as pool:
                for _ in range(4):
                    pool.submit(self.work_until_killed, acknowledged)
                time.sleep(0.3 + 0.13 * number)
                self.service.stop(signal.SIGKILL)
            self.service.run("audit", "verify")
            self.service.start()
        self.assertGreater(len(acknowledged), ROUNDS)
        records = {r["index"]: r["record"] for r in self.service.audit()}
        for _, digest, answer in acknowledged:
            record = records[answer["audit"]["index"]]
            signature = base64.b64decode(answer["signature"])
            self.assertEqual(record["digest"], digest.hex())
            self.assertEqual(record["signature_sha256"], hashlib.sha256(signature).hexdigest())
        value, digest, answer = acknowledged[-1]
        again = self.service.sign("ec", "alice", digest, scheme="ecdsa", idempotency=value)
        self.assertEqual(again.json, answer)
        self.assertEqual(again.headers["Idempotent-Replayed"], "true")
