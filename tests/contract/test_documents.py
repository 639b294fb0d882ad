"""Runs last: judges that are not ours (tests/npm/validators) hold the documents to the specifications, and every
exchange of the tests to the documents."""
import os
import re
import subprocess
import unittest

import openapi
import service

SCRIPT = os.path.join(openapi.ROOT, "tests", "npm", "validators", "documents.cjs")
PACKAGES = os.environ.get("SIGNUM_VALIDATORS", "")
CHECKS = ["exchanges", "openapi-lint", "openapi-operations", "openapi-specification",
          "policy-examples"]


class Documents(unittest.TestCase):
    @unittest.skipUnless(PACKAGES, "npm could not install tests/npm/validators")
    def test_the_judges_agree(self):
        service.shared().get("/v1/info")
        openapi.EXCHANGES.flush()
        done = subprocess.run(["node", SCRIPT, PACKAGES, os.path.join(openapi.ROOT, "docs"),
                               openapi.EXCHANGES.name], capture_output=True, text=True, timeout=120)
        print(done.stdout, end="", flush=True)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        counts = dict(re.findall(r"^ok ([a-z-]+) \((\d+)\)$", done.stdout, re.M))
        self.assertEqual(sorted(counts), CHECKS)
        self.assertGreaterEqual(int(counts["exchanges"]), 1)
