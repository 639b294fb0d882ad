"""GET /metrics, read by the parser of Prometheus' own client for Python."""
import concurrent.futures
import http.client
import json
import re
import time
import unittest

from prometheus_client.parser import text_string_to_metric_families

import service
from test_operate import Operated


class Metrics(Operated):
    settings = {"metrics_listen": "127.0.0.1:0", "refusals_per_minute": 1}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.service.run("cert", "issue", "ec")
        cls.service.add_user("bob")
        found = re.search(r"metrics are at http://127\.0\.0\.1:(\d+)/metrics", cls.service.log())
        cls.metrics_port = int(found.group(1))

    def ask(self, method="GET", path="/metrics"):
        connection = http.client.HTTPConnection("127.0.0.1", self.metrics_port, timeout=20)
        connection.request(method, path)
        answer = connection.getresponse()
        body = answer.read().decode()
        connection.close()
        return answer, body

    def families(self):
        answer, body = self.ask()
        self.assertEqual(answer.status, 200)
        self.assertEqual(answer.headers["Content-Type"],
                         "text/plain; version=0.0.4; charset=utf-8")
        return {f.name: f for f in text_string_to_metric_families(body)}

    def value(self, sample, families=None, **labels):
        """The sum of the samples of that name that have these labels."""
        return sum(s.value for f in (families or self.families()).values() for s in f.samples
                   if s.name == sample and labels.items() <= s.labels.items())

    def grown(self, sample, before, by=1, **labels):
        """A request is counted when it is over, which is after its answer."""
        return service.wait_for(
            lambda: self.value(sample, **labels) - self.value(sample, before, **labels) == by)

    def test_the_format(self):
        _, body = self.ask()
        names = re.findall(r"^# TYPE (\S+) (counter|gauge|histogram)$", body, re.M)
        self.assertEqual(len(names), len({n for n, _ in names}))
        for name, kind in names:
            self.assertRegex(name, "^(signumd|process)_[a-z_]+$")
            self.assertEqual(name.endswith("_total"), kind == "counter", name)
            self.assertIn(f"# HELP {name} ", body)
        for family in self.families().values():
            self.assertNotEqual(family.type, "unknown")

    def test_signatures(self):
        before = self.families()
        self.assertEqual(self.sign().status, 200)
        self.assertEqual(self.service.sign("ec", "bob", bytes(32), scheme="ecdsa").status, 403)
        self.service.set_faults("C_Sign 0x30 -1\n")
        self.assertEqual(self.sign().status, 503)
        self.service.set_faults("")
        for outcome in ("signed", "denied", "failed"):
            self.assertTrue(self.grown("signumd_signatures_total", before, key="ec",
                                       algorithm="ecdsa", outcome=outcome), outcome)
        self.assertTrue(self.grown("signumd_policy_decisions_total", before, 2,
                                   decision="allowed"))
        self.assertTrue(self.grown("signumd_policy_decisions_total", before, decision="denied"))
        for status in ("200", "403", "503"):
            self.assertTrue(self.grown("signumd_http_requests_total", before, method="POST",
                                       route="/v1/keys/{name}/sign", status=status))
        self.assertTrue(self.grown("signumd_http_request_duration_seconds_count", before, 3,
                                   route="/v1/keys/{name}/sign"))
        self.assertTrue(self.grown("signumd_hsm_operations_total", before, outcome="unavailable"))
        self.assertTrue(service.wait_for(lambda: self.sign().status == 200))
        self.assertEqual(self.value("signumd_hsm_connected"), 1)
        self.assertEqual(self.value("signumd_audit_records"), len(self.service.audit()))

    def test_histograms_add_up(self):
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            self.assertEqual({a.status for a in pool.map(lambda _: self.sign(), range(40))}, {200})
        families = self.families()
        for name in ("signumd_hsm_operation_duration_seconds", "signumd_db_commit_duration_seconds",
                     "signumd_db_group_size"):
            samples = families[name].samples
            buckets = [s.value for s in samples if s.name.endswith("_bucket")]
            count = [s.value for s in samples if s.name.endswith("_count")]
            self.assertEqual(buckets, sorted(buckets), name)
            self.assertEqual(buckets[-1:], count, name)
            self.assertGreater(count[0], 0, name)
        signed = self.value("signumd_signatures_total", families, outcome="signed")
        grouped = self.value("signumd_db_group_size_sum", families)
        self.assertGreaterEqual(grouped, signed)

    def test_a_client_cannot_make_up_labels(self):
        before = self.families()
        for number in range(20):
            self.service.get(f"/v1/made-up-{number}")
            self.service.request(f"MADE{number}", "/v1/keys")
        self.assertTrue(self.grown("signumd_http_requests_total", before, 20, route="none",
                                   method="any", status="404"))
        self.assertTrue(self.grown("signumd_http_requests_total", before, 20, route="/v1/keys",
                                   method="any", status="405"))
        _, body = self.ask()
        self.assertNotIn("made-up", body)
        self.assertNotIn("MADE", body)

    def test_refusals_and_limits(self):
        before = self.families()
        self.service.tokens["nobody"] = "st_x"
        for _ in range(3):
            self.service.get("/v1/keys", "nobody")
        self.assertTrue(self.grown("signumd_refusals_total", before, 3, cause="credentials"))

    def test_certificates(self):
        names = {s.labels["certificate"]: s.value for s in
                 self.families()["signumd_certificate_expiry_timestamp_seconds"].samples}
        self.assertEqual(names.keys(), {"tls.crt", "ca.crt", "key ec"})
        self.assertTrue(all(value > time.time() for value in names.values()))

    def test_the_process(self):
        families = self.families()
        self.assertAlmostEqual(self.value("process_start_time_seconds", families), time.time(),
                               delta=120)
        self.assertGreater(self.value("process_resident_memory_bytes", families), 1_000_000)
        self.assertGreater(self.value("process_open_fds", families), 5)
        self.assertGreater(self.value("process_cpu_seconds_total", families), 0)
        self.assertEqual(self.value("signumd_build_info", families), 1)

    def test_reloads(self):
        before = self.families()
        self.assertEqual(self.reload(), ("done", None))
        self.assertTrue(self.grown("signumd_reloads_total", before, outcome="done"))

    def test_nothing_else_is_there(self):
        for method, path, status in (("GET", "/", 404), ("GET", "/v1/keys", 404),
                                     ("GET", "/metrics/", 404), ("POST", "/metrics", 405),
                                     ("HEAD", "/metrics", 200)):
            self.assertEqual(self.ask(method, path)[0].status, status, (method, path))
        # and the other way round
        self.assertEqual(self.service.get("/metrics").status, 404)


class Off(Operated):
    def test_it_is_off_unless_it_is_wanted(self):
        self.assertNotIn("metrics are at", self.service.log())
        with open(self.path("signumd.json"), encoding="utf-8") as file:
            self.assertNotIn("metrics_listen", json.load(file))


del Operated
