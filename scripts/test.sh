#!/bin/bash
# test.sh [--only SUITE] [--list]: builds everything and runs every test, with one total at the end.
#
# A suite is a command whose last line is `suite: NAME passed=N failed=N skipped=N`. It fails if that line is missing.
# Ends with 0 only if nothing failed; with CI=true also only if nothing was skipped.
set -euo pipefail
scripts=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
lib=$scripts/lib
for part in common packages sources deps build suites; do
    # shellcheck source=/dev/null
    . "$lib/$part.sh"
done

# name | presets it needs | command, from the project's folder; the longest first, so that no lane ends alone
# shellcheck disable=SC2034
SUITES=(
    "transcripts|linux win64 win32|tests/transcripts/run.sh"
    "signtool|linux win64 win32|tests/wine/run.sh"
    "contract|linux linux-asan|tests/contract/run.sh"
    "integration|linux win64 win32|tests/integration/run.sh"
    "negative|linux win64 win32|tests/negative/run.sh"
    "stress|linux win64 win32|tests/stress/run.sh"
    "signin|linux win64 win32|tests/signin/run.sh"
    "unit-linux|linux-asan|scripts/lib/unit-suite.sh unit-linux linux-asan"
    "unit-tsan|linux-tsan|scripts/lib/unit-suite.sh unit-tsan linux-tsan threads"
    "unit-win64|win64|scripts/lib/unit-suite.sh unit-win64 win64"
    "unit-win32|win32|scripts/lib/unit-suite.sh unit-win32 win32"
    "lint|linux win64 win32|scripts/lint.sh"
    "docs|linux win64|scripts/check-docs.sh"
)

usage() {
    say "usage: test.sh [--only SUITE]... [--list]"
    say "suites: $(suites_names | tr '\n' ' ')"
    exit 2
}

only=()
while [ $# -gt 0 ]; do
    case $1 in
    --only)
        if [ $# -lt 2 ] || ! suites_names | grep -q "^$2"; then
            usage
        fi
        only+=("$2")
        shift 2
        ;;
    --list) suites_names && exit 0 ;;
    *) usage ;;
    esac
done

cd "$SIGNUM_ROOT"
clean_environment
suites_select "${only[@]}"
if ! packages_install || ! suites_build; then
    say "the build failed"
    echo "0 passed, 1 failed, 0 skipped"
    exit 1
fi
suites_run
suites_report
