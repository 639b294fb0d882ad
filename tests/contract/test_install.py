"""What is installed, and what systemd's own tools say about the unit."""
import os
import re
import shutil
import subprocess
import tempfile
import unittest

import service

# systemd-analyze's exposure, in tenths: 0 is shut off from everything, 100 from nothing.
EXPOSURE_MAX = 15


class Install(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="signum-install-")
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        subprocess.run(["cmake", "--install", service.BUILD, "--component", "service", "--prefix",
                        cls.folder], check=True, capture_output=True, timeout=60)

    def read(self, *parts):
        with open(os.path.join(self.folder, *parts), encoding="utf-8") as file:
            return file.read()

    def unit(self):
        """A copy of the unit that names the program where it lies now."""
        text = re.sub(r"^ExecStart=\S+", f"ExecStart={self.folder}/bin/signumd",
                      self.read("lib", "systemd", "system", "signumd.service"), flags=re.M)
        place = os.path.join(self.folder, "signumd.service")
        with open(place, "w", encoding="utf-8") as file:
            file.write(text)
        return place

    def analyze(self, *words):
        done = subprocess.run(["systemd-analyze", *words], capture_output=True, text=True,
                              timeout=60)
        return done.returncode, done.stdout + done.stderr

    def test_files(self):
        done = subprocess.run([os.path.join(self.folder, "bin", "signumd"), "version"],
                              capture_output=True, text=True, timeout=30)
        self.assertTrue(done.stdout.startswith("signumd "))
        found = set()
        for folder, _, names in os.walk(self.folder):
            found |= set(names)
        self.assertLessEqual({"signumd.service", "signumd.conf", "service.md", "openapi.yaml",
                              "vendor-hsm.conf"}, found)
        self.assertTrue(any("schema" in name for name in found))

    def test_the_unit_is_right(self):
        code, text = self.analyze("verify", "--man=no", self.unit())
        self.assertEqual(code, 0, text)
        self.assertNotIn("signumd.service:", text)

    def test_the_unit_is_shut_off(self):
        code, text = self.analyze("security", "--offline=true", f"--threshold={EXPOSURE_MAX}",
                                  "--no-pager", self.unit())
        self.assertEqual(code, 0, text)

    def test_the_unit_gives_more_time_than_the_service_takes(self):
        unit = self.read("lib", "systemd", "system", "signumd.service")
        stop = int(re.search(r"^TimeoutStopSec=(\d+)$", unit, re.M).group(1))
        self.assertGreater(stop, 30)
        # the service says once a second that it is alive
        self.assertGreater(int(re.search(r"^WatchdogSec=(\d+)$", unit, re.M).group(1)), 10)
