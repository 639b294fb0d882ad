#!/bin/bash
# run.sh [shims|matrix|equal|failures]...: the real signtool.exe, 64-bit and 32-bit, signs with
# keys in a token through the real provider and service. Without a name all parts run.
#
# First the stand-ins alone (run-shims.sh), then cases.tsv, then equality with a local PFX, then failures.tsv. The judge
# of a signed file is osslsigncode, and the service's audit must have each signature. Everything is made anew in
# build/wine-matrix. Needs the presets linux, win64 and win32 (scripts/build.sh).
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=tests/wine/lib/signtool.sh
. "$here/lib/signtool.sh"
# shellcheck source=scripts/lib/service.sh
. "$SIGNUM_ROOT/scripts/lib/service.sh"
for part in "$here"/../support/report.sh "$here"/lib/{samples,tsa,service_state,matrix}.sh; do
    # shellcheck source=/dev/null
    . "$part"
done

WORK=${SIGNUM_WINE_WORK:-$SIGNUM_ROOT/build/wine-matrix}
STATE=$WORK/service
export CERTS=$WORK/certs
ARCHES=(x64 x86)

# shellcheck disable=SC2329
cleanup() {
    tsa_stop
    service_stop
    wine_stop
}

# run_shims: their results count with ours.
run_shims() {
    local log=$WORK/shims.log counts
    local -a fields
    SIGNUM_WINE_WORK=$WORK/shims "$here/run-shims.sh" >"$log" 2>&1 </dev/null || true
    grep -E '^(not ok|skip:)' "$log" || true
    counts=$(sed -n 's/^suite: wine-shims passed=\([0-9]*\) failed=\([0-9]*\) skipped=\([0-9]*\)$/\1 \2 \3/p' "$log")
    if [ -z "$counts" ]; then
        report shims "no report; see $log"
        return 0
    fi
    read -r -a fields <<<"$counts"
    printf 'ok the stand-ins alone: %s\n' "${fields[0]}"
    PASSED=$((PASSED + fields[0]))
    FAILED=$((FAILED + fields[1]))
    SKIPPED=$((SKIPPED + fields[2]))
}

client_environment() {
    SIGNUM_CA_FILE=$(wine_path "$STATE/ca.crt")
    export SIGNUM_CA_FILE SIGNUM_AUTH_METHOD=token SIGNUM_LOG_LEVEL=debug
    use_service
    use_token matrix
}

# install_provider: by the project's own command, in both bitnesses, as an administrator would.
install_provider() {
    local dll dll32
    local -a options
    dll=$(wine_path "$(app_build x64)/ksp/cng/signumksp.dll")
    dll32=$(wine_path "$(app_build x86)/ksp/cng/signumksp.dll")
    options=(--dll "$dll")
    [ "${#ARCHES[@]}" -eq 1 ] || options+=(--dll32 "$dll32")
    matrix_begin install
    quietly "$WORK/register.log" signum_run x64 register "${options[@]}" || return 1
    quietly "$WORK/sync.log" signum_run x64 certs sync
}

choose_architectures() {
    wine_prefix "$WORK/prefix"
    if ! wine_has_32bit; then
        ARCHES=(x64)
        report_skip "$(matrix_rows "$here/cases.tsv" | wc -l)" "no 32-bit Wine here"
    fi
}

prepare() {
    local arch
    quietly "$WORK/state.log" state_make || die "cannot make the service's state"
    service_start "$STATE"
    choose_architectures
    for arch in "${ARCHES[@]}"; do
        signtool_setup "$WORK/prefix" "$arch"
        samples_make "$arch" "$WORK/samples-$arch"
    done
    client_environment
    install_provider || die "cannot install the provider"
    tsa_start "$WORK/tsa"
}

run_equal() {
    local arch
    for arch in "${ARCHES[@]}"; do
        equal_case "$arch"
    done
}

# The chain of the audit is checked last, over everything that was done.
run_audit() {
    if quietly "$WORK/audit.log" signumd_run audit verify --state "$STATE"; then
        report audit-chain
    else
        report audit-chain "the chain of the audit is broken"
    fi
}

for part in "$@"; do
    case $part in
    shims | matrix | equal | failures) ;;
    *) die "usage: run.sh [shims|matrix|equal|failures]..." ;;
    esac
done
[ $# -gt 0 ] || set -- shims matrix equal failures

trap cleanup EXIT
rm -rf "$WORK"
mkdir -p "$WORK"/{signed,logs}
if [ "$1" = shims ]; then
    run_shims
    shift
fi
if [ $# -gt 0 ]; then
    prepare
    for part in "$@"; do
        "run_$part"
    done
    run_audit
fi
report_end wine
