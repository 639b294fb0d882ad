# shellcheck shell=bash
# Counts results and prints them, for every suite that is a script. Source it.

PASSED=0
FAILED=0
SKIPPED=0

ok() {
    PASSED=$((PASSED + 1))
    printf 'ok %s\n' "$*"
}

not_ok() {
    FAILED=$((FAILED + 1))
    printf 'not ok %s\n' "$*"
}

# report NAME [REASON]: ok without a reason.
report() {
    if [ $# -eq 1 ]; then
        ok "$1"
    else
        not_ok "$1: $2"
    fi
}

# report_skip COUNT REASON
report_skip() {
    SKIPPED=$((SKIPPED + $1))
    printf 'skip: %s (%s cases)\n' "$2" "$1"
}

# report_end SUITE: the last line; fails if anything did.
report_end() {
    printf 'suite: %s passed=%s failed=%s skipped=%s\n' "$1" "$PASSED" "$FAILED" "$SKIPPED"
    [ "$FAILED" -eq 0 ] && [ "$PASSED" -gt 0 ]
}
