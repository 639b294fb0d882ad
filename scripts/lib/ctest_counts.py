"""ctest_counts.py SUITE JUNIT-FILE: prints `suite: SUITE passed=N failed=N skipped=N` from what ctest wrote.

Counts the single cases of cmocka programs by the summary each prints. A program that ends badly counts as one more
failure when its summary has none, and so does one that prints no summary: a 32-bit program without its DLLs exits
with 0 and prints nothing.
"""
import re
import sys
import xml.etree.ElementTree as ElementTree

SUMMARY = re.compile(r"^\[  (PASSED|FAILED|SKIPPED)\s*\] (\d+) test\(s\)", re.MULTILINE)
NOT_XML = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
KEYS = {"PASSED": "passed", "FAILED": "failed", "SKIPPED": "skipped"}


def count_case(case):
    """The counts of one program, and a line that says what is wrong with it, or None."""
    name, status = case.get("name"), case.get("status")
    counts = {"passed": 0, "failed": 0, "skipped": 0}
    if status in ("notrun", "disabled"):
        reason = case.find("skipped")
        text = reason.get("message", "") if reason is not None else ""
        if "SKIP" in text:
            counts["skipped"] = 1
            return counts, f"skip: {name}: {text}"
        counts["failed"] = 1
        return counts, f"FAIL: {name}: did not run ({text})"
    output = case.findtext("system-out") or ""
    found = SUMMARY.findall(output)
    for word, number in found:
        counts[KEYS[word]] += int(number)
    if status != "run" and counts["failed"] == 0:
        counts["failed"] = 1
        return counts, f"FAIL: {name}: ended badly"
    if not found:
        counts["failed"] = 1
        return counts, f"FAIL: {name}: printed no summary"
    if counts["failed"]:
        return counts, f"FAIL: {name}: {counts['failed']} failed"
    if counts["skipped"]:
        return counts, f"skip: {name}: {counts['skipped']} skipped"
    return counts, None


def main():
    suite, path = sys.argv[1:]
    with open(path, encoding="utf-8", errors="replace") as file:
        root = ElementTree.fromstring(NOT_XML.sub("?", file.read()))
    total = {"passed": 0, "failed": 0, "skipped": 0}
    for case in root.iter("testcase"):
        counts, complaint = count_case(case)
        if complaint:
            print(complaint)
        for key, value in counts.items():
            total[key] += value
    print("suite: {} passed={passed} failed={failed} skipped={skipped}".format(suite, **total))
    return 1 if total["failed"] or not sum(total.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
