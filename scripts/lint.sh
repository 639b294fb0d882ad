#!/bin/bash
# lint.sh: what can be said about the sources and the built binaries without running them.
# One line per check, `ok` or `FAIL` with its findings above it; scripts/lint-rules.conf has the rules that name files.
set -euo pipefail
scripts=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=scripts/lib/common.sh
. "$scripts/lib/common.sh"
# shellcheck source=scripts/lib/lint_sources.sh
. "$scripts/lib/lint_sources.sh"
# shellcheck source=scripts/lib/lint_binaries.sh
. "$scripts/lib/lint_binaries.sh"

RULES=$scripts/lint-rules.conf
export RULES
passed=0 failed=0

# check TEXT FUNCTION...: a check prints what it finds wrong and nothing else.
check() {
    local text=$1 findings
    shift
    findings=$("$@" 2>&1) || findings+=$'\n'"($* ended badly)"
    if [ -z "$findings" ]; then
        echo "ok    $text"
        passed=$((passed + 1))
    else
        # Each finding is marked, so that none is lost where only the marked lines are shown.
        # shellcheck disable=SC2001
        sed 's/^/FAIL  /' <<<"$findings"
        echo "FAIL  $text"
        failed=$((failed + 1))
    fi
}

cd "$SIGNUM_ROOT"
check "layers: includes point down only" lint_includes
check "C files under 500 lines, functions under 80" lint_sizes
check "C files: no tabs, 100 columns, no trailing blanks" lint_columns
check "every header compiles alone" lint_headers
check "no number or foreign code where an enum belongs" lint_enums
check "no address or path of some machine" lint_places
check "no notes to ourselves" lint_notes
check "shell scripts: bash -n, shellcheck, under 300 lines" lint_shell
check "Python files compile" lint_python
check "JSON and YAML files parse" lint_data
for preset in win64 win32; do
    check "$preset: one export, undecorated" lint_exports "$preset"
    check "$preset: imports only DLLs of Windows" lint_imports "$preset"
    check "$preset: ASLR, DEP, no time stamp" lint_characteristics "$preset"
    check "$preset: version resource" lint_version "$preset"
    check "$preset: no path of the build" lint_build_paths "$preset"
done
echo "suite: lint passed=$passed failed=$failed skipped=0"
[ "$failed" -eq 0 ]
