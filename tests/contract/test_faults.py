"""What happens when the HSM or the database fails."""
import concurrent.futures
import resource
import time
import unittest
import uuid

import service


class Faults(unittest.TestCase):
    def setUp(self):
        self.service = service.shared()

    def tearDown(self):
        self.service.set_faults("")
        self.assertTrue(service.wait_for(
            lambda: self.service.get("/v1/ready").status == 200), "the HSM was not found again")

    def sign(self, **more):
        return self.service.sign("ec256", "alice", bytes(32), scheme="ecdsa", **more)

    def test_a_lost_session_is_not_noticed(self):
        for fault in ("C_Sign 0xb3 1", "C_Sign 0x32 1\nC_OpenSession 0x32 1", "C_SignInit 0x101 1"):
            self.service.set_faults(fault + "\n")
            self.assertEqual(self.sign().status, 200, fault)

    def test_a_dead_hsm(self):
        self.service.set_faults("C_Sign 0x30 -1\n")
        value = str(uuid.uuid4())
        before = len(self.service.audit())
        self.assertEqual(self.sign(idempotency=value).code, "hsm-unavailable")
        record = self.service.audit()[before]["record"]
        self.assertEqual((record["outcome"], record["error"]), ("failed", "hsm-unavailable"))
        self.assertNotIn("signature_sha256", record)
        self.service.set_faults("")
        answer = self.sign(idempotency=value)
        self.assertEqual(answer.status, 200)
        self.assertNotIn("Idempotent-Replayed", answer.headers)

    def test_a_wrong_signature_does_not_leave(self):
        self.service.set_faults("C_Sign corrupt 1\n")
        before = len(self.service.audit())
        self.assertEqual(self.sign().code, "internal")
        record = self.service.audit()[before]["record"]
        self.assertEqual((record["outcome"], record["error"]), ("failed", "internal"))

    def test_still_running(self):
        self.service.set_faults("C_Sign delay 1\n")
        value = str(uuid.uuid4())
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            first = pool.submit(self.sign, idempotency=value)
            time.sleep(0.3)
            self.assertEqual(self.sign(idempotency=value).code, "idempotency-conflict")
            self.assertEqual(first.result().status, 200)
        again = self.sign(idempotency=value)
        self.assertEqual(again.headers.get("Idempotent-Replayed"), "true")

    def test_a_broken_database(self):
        for table, paths in (("tokens", ("/v1/keys", "/v1/keys/rsa", "/v1/audit")),):
            self.service.sql(f"ALTER TABLE {table} RENAME TO gone")
            try:
                for path in paths:
                    self.assertEqual(self.service.get(path, "admin").code, "internal", path)
            finally:
                self.service.sql(f"ALTER TABLE gone RENAME TO {table}")

    def test_no_record_no_signature(self):
        self.service.sql("ALTER TABLE audit_head RENAME TO gone")
        try:
            answer = self.sign()
            self.assertEqual(answer.code, "internal")
            self.assertNotIn(b"signature", answer.body)
        finally:
            self.service.sql("ALTER TABLE gone RENAME TO audit_head")
        self.service.run("audit", "verify")

    def limit_files(self, size):
        """No file of the service can be written at or behind this offset from now on."""
        resource.prlimit(self.service.process.pid, resource.RLIMIT_FSIZE,
                         (size, resource.RLIM_INFINITY))

    def test_a_disk_that_takes_no_more(self):
        """Signatures are made, their records cannot be written: none of them leaves."""
        before = len(self.service.audit())
        values = [str(uuid.uuid4()) for _ in range(8)]
        self.limit_files(0)
        try:
            with concurrent.futures.ThreadPoolExecutor(8) as pool:
                answers = list(pool.map(lambda value: self.sign(idempotency=value), values))
        finally:
            self.limit_files(resource.RLIM_INFINITY)
        for answer in answers:
            self.assertEqual((answer.status, answer.code), (500, "internal"))
            self.assertNotIn(b"signature", answer.body)
        self.assertEqual(len(self.service.audit()), before)
        for value in values:
            answer = self.sign(idempotency=value)
            self.assertEqual(answer.status, 200)
            self.assertNotIn("Idempotent-Replayed", answer.headers)
        self.assertEqual(len(self.service.audit()), before + len(values))
        self.service.run("audit", "verify")
