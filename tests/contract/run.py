"""Runs all contract tests, those about what was seen last, and prints the totals.

The modules are shared out to a few processes, each with a service of its own: they wait more than they work."""
import io
import multiprocessing
import os
import re
import sys
import time
import unittest

import openapi
import service

HERE = os.path.dirname(os.path.abspath(__file__))
# About what the others have seen.
LAST = ["test_coverage", "test_documents"]
MODULES = sorted(name[:-3] for name in os.listdir(HERE)
                 if re.fullmatch(r"test_\w+\.py", name) and name[:-3] not in LAST)
LONGEST = {"test_approvals", "test_crash", "test_manage", "test_matrix", "test_oidc", "test_operate",
           "test_strangers"}
LANES = min(4, (os.cpu_count() or 1) + 1)


def run_module(name):
    """Runs the tests of one module (or of a name in it): what it printed, counts, reasons of skips."""
    text = io.StringIO()
    started = time.monotonic()
    suite = unittest.defaultTestLoader.loadTestsFromName(name)
    result = unittest.TextTestRunner(stream=text, verbosity=2).run(suite)
    failed = len(result.failures) + len(result.errors)
    skips = [reason for _, reason in result.skipped]
    passed = max(0, result.testsRun - failed - len(skips))
    text.write(f"{name}: {time.monotonic() - started:.0f} s\n")
    return text.getvalue(), passed, failed, skips


def work(names, results):
    """A process: takes modules until there are none, then tells what it has seen."""
    try:
        for name in iter(names.get, None):
            results.put((name, run_module(name)))
    finally:
        service.stop_shared()
        results.put((None, openapi.seen))


def run_side_by_side(modules):
    """Yields the outcome of each module; a process that dies is a failure of what it had."""
    context = multiprocessing.get_context("fork")
    names, results = context.Queue(), context.Queue()
    lanes = [context.Process(target=work, args=(names, results)) for _ in range(LANES)]
    for name in modules + [None] * LANES:
        names.put(name)
    for lane in lanes:
        lane.start()
    waiting, running = set(modules), LANES
    while running > 0:
        name, outcome = results.get(timeout=900)
        if name is None:
            openapi.seen |= outcome
            running -= 1
        else:
            waiting.discard(name)
            yield outcome
    for lane in lanes:
        lane.join()
    for name in sorted(waiting):
        yield f"{name}: its process ended before it\n", 0, 1, []


def outcomes(names):
    if names:
        yield from (run_module(name) for name in names)
        return
    # The longest first, so that no lane ends alone.
    yield from run_side_by_side(sorted(MODULES, key=lambda n: n not in LONGEST))
    yield from (run_module(name) for name in LAST)


def main():
    passed = failed = 0
    skips = []
    try:
        for text, good, bad, reasons in outcomes(sys.argv[1:]):
            print(text, end="", flush=True)
            passed, failed, skips = passed + good, failed + bad, skips + reasons
    finally:
        service.stop_shared()
    for reason in skips:
        print("skip: " + reason)
    print(f"suite: contract passed={passed} failed={failed} skipped={len(skips)}", flush=True)
    return 0 if failed == 0 and passed > 0 else 1


if __name__ == "__main__":
    sys.exit(main())
