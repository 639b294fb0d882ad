#!/bin/bash
# run.sh [--only NAME]...: makes the calls of tests/data/transcripts again, against the provider's DLL and a running
# signumd, in both bitnesses, by the DLL's own table and through ncrypt.dll; and records the real signtool and plays that.
#
# docs/transcripts.md has the format. A line per check, `ok` or `not ok`; the last one is the sum. Needs the presets linux,
# win64 and win32 (scripts/build.sh).
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=tests/wine/lib/signtool.sh
. "$here/../wine/lib/signtool.sh"
for part in scripts/lib/service tests/support/report tests/wine/lib/samples tests/transcripts/lib/world \
    tests/transcripts/lib/play tests/transcripts/lib/record; do
    # shellcheck source=/dev/null
    . "$SIGNUM_ROOT/$part.sh"
done

WORK=$(mktemp -d)
# shellcheck disable=SC2034
STATE=$WORK/state
DATA=$SIGNUM_ROOT/tests/data/transcripts
ARCHES=(x64 x86)

# shellcheck disable=SC2329
cleanup() {
    service_stop
    wine_stop
    rm -rf "$WORK"
}
trap cleanup EXIT

only=()
while [ $# -gt 0 ]; do
    case $1 in
    --only) only+=("$2") && shift 2 ;;
    *) die "usage: run.sh [--only NAME]..." ;;
    esac
done

# is_selected NAME
is_selected() {
    local name
    [ "${#only[@]}" -gt 0 ] || return 0
    for name in "${only[@]}"; do
        [ "$name" != "$1" ] || return 0
    done
    return 1
}

world_make
for arch in "${ARCHES[@]}"; do
    for file in "$DATA"/*.txt; do
        if is_selected "$(basename "$file" .txt)"; then
            play_everywhere "$arch" "$file"
        fi
    done
    if is_selected faults; then
        play_finds_faults "$arch"
    fi
    if is_selected record; then
        record_all "$arch"
    fi
done
report_end transcripts
