"""Runs all contract tests in order, those about what was seen last, and prints the totals."""
import sys
import unittest

import service

MODULES = ["test_public", "test_keys", "test_manage", "test_chain",
           "test_csr", "test_vendor", "test_attest_verify",
           "test_attest", "test_sign", "test_policy", "test_policy_change", "test_policy_document",
           "test_policy_limits",
           "test_demands", "test_versions",
           "test_identity", "test_users", "test_oidc", "test_audit", "test_audit_tree", "test_audit_export", "test_token",
           "test_approvals", "test_releases", "test_webhooks",
           "test_faults", "test_bounds", "test_matrix", "test_wire", "test_strangers",
           "test_crash",
           "test_operate", "test_metrics", "test_backup", "test_install",
           "test_coverage", "test_documents"]


def main():
    names = sys.argv[1:] or MODULES
    suite = unittest.TestSuite(unittest.defaultTestLoader.loadTestsFromName(n) for n in names)
    try:
        result = unittest.TextTestRunner(stream=sys.stdout, verbosity=2).run(suite)
    finally:
        service.stop_shared()
    failed = len(result.failures) + len(result.errors)
    skipped = len(result.skipped)
    for _, reason in result.skipped:
        print("skip: " + reason)
    passed = max(0, result.testsRun - failed - skipped)
    print(f"suite: contract passed={passed} failed={failed} skipped={skipped}", flush=True)
    return 0 if failed == 0 and passed > 0 else 1


if __name__ == "__main__":
    sys.exit(main())
