#!/bin/bash
# check-docs.sh [--write]: holds the tables in docs/ equal to the code they describe.
#
# A table stands between `<!-- table: NAME -->` and `<!-- end -->`. A small program, built from the same source as the
# product, prints what it must be; --write puts that there.
set -euo pipefail
# shellcheck source=/dev/null
. "$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)/lib/common.sh"
# shellcheck source=/dev/null
. "$SIGNUM_ROOT/scripts/lib/wine.sh"
cd "$SIGNUM_ROOT"

# document | table | command that prints it
TABLES=(
    "docs/settings.md|settings|build/linux/tests/docs/dump_core settings"
    "docs/errors.md|problems|build/linux/tests/docs/dump_service problems"
    "docs/troubleshooting.md|statuses|build/linux/tests/docs/dump_core statuses"
    "docs/troubleshooting.md|codes|windows dump_rim.exe codes"
    "docs/support.md|functions|windows dump_rim.exe functions"
    "docs/support.md|provider-properties|windows dump_rim.exe provider-properties"
    "docs/support.md|key-properties|windows dump_rim.exe key-properties"
    "docs/rejected-values.md|rejected|build/linux/tests/negative/dump_rejected rejected"
    "docs/rejected-values.md|accepted|build/linux/tests/negative/dump_rejected accepted"
    "docs/bugs-of-others.md|bugs|tests/negative/bugs_table.sh"
)
passed=0 failed=0 write=no
[ "${1:-}" != --write ] || write=yes
work=$(mktemp -d)
# shellcheck disable=SC2329
cleanup() {
    wine_stop
    rm -rf "$work"
}
trap cleanup EXIT

# windows PROGRAM ARGS: a program of the 64-bit build; the prefix is made when the first one is asked for.
windows() {
    local program=$1
    shift
    if [ ! -d "$work/prefix" ]; then
        wine_prefix "$work/prefix"
        wine_start
    fi
    wine_run 60 "build/win64/tests/docs/$program" "$@" | tr -d '\r'
}

# table_of FILE NAME: what stands there now.
table_of() {
    sed -n "/^<!-- table: $2 -->\$/,/^<!-- end -->\$/p" "$1" | sed '1d;$d'
}

# put_table FILE NAME NEW: replaces it.
put_table() {
    sed -i -e "/^<!-- table: $2 -->\$/,/^<!-- end -->\$/{/^<!-- /!d}" "$1"
    sed -i -e "/^<!-- table: $2 -->\$/r $3" "$1"
}

check() {
    local file=$1 name=$2
    shift 2
    if ! "$@" >"$work/new" || [ ! -s "$work/new" ]; then
        echo "not ok $file $name: '$*' failed"
        failed=$((failed + 1))
        return
    fi
    if ! grep -q "^<!-- table: $name -->\$" "$file"; then
        echo "not ok $file has no table $name"
        failed=$((failed + 1))
        return
    fi
    [ "$write" = no ] || put_table "$file" "$name" "$work/new"
    if table_of "$file" "$name" | diff - "$work/new" >"$work/diff"; then
        echo "ok $file $name"
        passed=$((passed + 1))
    else
        echo "not ok $file $name differs from the code; scripts/check-docs.sh --write renews it"
        cat "$work/diff"
        failed=$((failed + 1))
    fi
}

# Every link inside the repository leads to a file.
check_links() {
    local file target bad=0
    for file in README.md docs/*.md; do
        while read -r target; do
            case $target in http*:* | '#'* | '') continue ;; esac
            if [ ! -e "$(dirname "$file")/${target%%#*}" ]; then
                echo "not ok $file links to $target, which does not exist"
                bad=$((bad + 1))
            fi
        done < <(grep -oE '\]\([^)]+\)' "$file" | sed 's/^](//; s/)$//')
    done
    failed=$((failed + bad))
    if [ "$bad" -eq 0 ]; then
        echo "ok links"
        passed=$((passed + 1))
    fi
}

for row in "${TABLES[@]}"; do
    IFS='|' read -r file name command <<<"$row"
    # shellcheck disable=SC2086
    check "$file" "$name" $command
done
check_links
echo "suite: docs passed=$passed failed=$failed skipped=0"
[ "$failed" -eq 0 ]
