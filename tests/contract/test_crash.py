"""Ends of the service: by signal, in the middle of work, and at any moment by kill -9."""
import base64
import concurrent.futures
import hashlib
import json
import os
import random
import signal
import subprocess
import time
import unittest
import uuid

import service

ROUNDS = 50
# Printed, so that a run that failed can be had again: SIGNUM_CRASH_SEED.
SEED = int(os.environ.get("SIGNUM_CRASH_SEED", time.time_ns() % 1000000))


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

    def until_killed(self, work):
        """Does the work again and again on one connection, until the service is no more."""
        try:
            connection = self.service.connect()
            while True:
                work(connection)
        except (OSError, service.http.client.HTTPException):
            pass

    def sign_once(self, connection):
        value = str(uuid.uuid4())
        digest = hashlib.sha256(value.encode()).digest()
        answer = self.service.sign("ec", "alice", digest, scheme="ecdsa", idempotency=value,
                                   connection=connection)
        if answer.status == 200:
            self.signed.append((value, digest, answer.json))

    def change_once(self, connection):
        """A policy, and now and then a key; both are to be there if that was acknowledged."""
        self.count += 1
        name = f"p{self.count}"
        policy = {"name": name, "what": {"keys": ["*"]}, "who": {"users": ["bob"]},
                  "action": "allow", "priority": 100}
        answer = self.service.request("PUT", f"/v1/policies/{name}", "admin", json.dumps(policy),
                                      {"Content-Type": "application/json"}, connection)
        if answer.status in (200, 201):
            self.policies.append(name)
        if self.count % 4 == 0:
            answer = self.service.post("/v1/keys", "admin", {
                "name": f"k{self.count}", "algorithm": "ecdsa", "curve": "P-256"},
                connection=connection)
            if answer.status == 201:
                self.keys.append(f"k{self.count}")

    def one_round(self, number):
        works = [self.sign_once] * 3 + [self.change_once]
        other = None
        with concurrent.futures.ThreadPoolExecutor(len(works)) as pool:
            for work in works:
                pool.submit(self.until_killed, work)
            if number % 5 == 4:
                # a backup is under way as well, and goes down with the service
                other = subprocess.Popen(
                    [service.SIGNUMD, "backup", "--state", self.service.state, "--out",
                     os.path.join(self.service.folder, f"{number}.tar")], env=self.service.env,
                    stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            time.sleep(self.random.uniform(0.02, 0.35))
            if other is not None:
                other.kill()
            self.service.stop(signal.SIGKILL)
        if other is not None:
            other.wait()

    def check_all(self):
        records = {r["index"]: r["record"] for r in self.service.audit()}
        for _, digest, answer in self.signed:
            record = records[answer["audit"]["index"]]
            signature = base64.b64decode(answer["signature"])
            self.assertEqual((record["action"], record["outcome"]), ("sign", "signed"))
            self.assertEqual(record["digest"], digest.hex())
            self.assertEqual(record["signature_sha256"], hashlib.sha256(signature).hexdigest())
        for name in self.policies:
            self.assertEqual(self.service.get(f"/v1/policies/{name}", "admin").status, 200, name)
        for name in self.keys:
            answer = self.service.get(f"/v1/keys/{name}", "admin")
            self.assertEqual(answer.status, 200, name)
        for file in os.listdir(self.service.folder):
            if file.endswith(".tar"):
                place = os.path.join(self.service.folder, file)
                subprocess.run([service.SIGNUMD, "backup", "verify", place], check=True,
                               capture_output=True, timeout=60)

    def test_kill_at_any_moment(self):
        print(f"(seed {SEED}) ", end="", flush=True)
        self.random = random.Random(SEED)
        self.signed, self.policies, self.keys, self.count = [], [], [], 0
        for number in range(ROUNDS):
            self.one_round(number)
            self.service.run("audit", "verify")
            self.service.start()
        self.assertGreater(len(self.signed), ROUNDS)
        self.assertGreater(len(self.policies), 0)
        self.check_all()
        # what was acknowledged is given again, and every key that was is still in the token
        value, digest, answer = self.signed[-1]
        again = self.service.sign("ec", "alice", digest, scheme="ecdsa", idempotency=value)
        self.assertEqual(again.json, answer)
        self.assertEqual(again.headers["Idempotent-Replayed"], "true")
        for name in self.keys[-5:]:
            answer = self.service.sign(name, "admin", bytes(32), scheme="ecdsa")
            self.assertEqual(answer.status, 200, name)
