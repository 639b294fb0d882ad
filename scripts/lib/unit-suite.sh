#!/bin/bash
# unit-suite.sh SUITE PRESET [LABEL]: the unit tests of one built preset by ctest, or those with that label; Windows
# presets run in a Wine prefix of their own. The last line has the counts.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=scripts/lib/common.sh
. "$here/common.sh"
# shellcheck source=scripts/lib/wine.sh
. "$here/wine.sh"
suite=$1 preset=$2 label=${3:-}
work=$(mktemp -d)

finish() {
    wine_stop
    rm -rf "$work"
}
trap finish EXIT

unset WINEPREFIX WINEDLLPATH
case $preset in
win*)
    wine_prefix "$work/prefix"
    wine_start
    if [ "$preset" = win32 ] && ! wine_has_32bit; then
        echo "skip: $suite: 32-bit programs do not run here; the 32-bit DLLs of Wine could not be had"
        echo "suite: $suite passed=0 failed=0 skipped=1"
        exit 0
    fi
    ;;
esac

# The counts come from the report, so that a failing test does not end this script before they are printed.
ctest --test-dir "$SIGNUM_ROOT/build/$preset" ${label:+-L "^$label$"} --output-on-failure --no-tests=error \
    --test-output-size-passed 1048576 --test-output-size-failed 1048576 \
    --output-junit "$work/junit.xml" </dev/null || true
if [ ! -f "$work/junit.xml" ]; then
    echo "suite: $suite passed=0 failed=1 skipped=0"
    exit 1
fi
/usr/bin/python3 "$here/ctest_counts.py" "$suite" "$work/junit.xml"
