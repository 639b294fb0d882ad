"""run.py [NAME]...: the tests of signing in, a line per test, and the totals in the last one."""
import os
import sys
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))


class Lines(unittest.TextTestResult):
    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        print("skip:", reason, flush=True)


def main():
    if not os.environ["SIGNUM_OIDC"]:
        print("skip: npm could not install tests/npm/oidc")
        print("suite: signin passed=0 failed=0 skipped=1")
        return 0
    names = sys.argv[1:] or ["test_native", "test_dll"]
    suite = unittest.defaultTestLoader.loadTestsFromNames(names)
    result = unittest.TextTestRunner(sys.stdout, verbosity=2, resultclass=Lines).run(suite)
    failed = len(result.failures) + len(result.errors)
    skipped = len(result.skipped)
    print(f"suite: signin passed={result.testsRun - failed - skipped} failed={failed} skipped={skipped}", flush=True)
    return 0 if failed == 0 and result.testsRun > skipped else 1


if __name__ == "__main__":
    sys.exit(main())
