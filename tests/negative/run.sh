#!/bin/bash
# run.sh [--build FOLDER] [--preset win64|win32]...: what the provider must refuse, in both bitnesses, by its own table and
# through ncrypt.dll, against a running signumd; and the list of other providers' bugs, each with a test that exists.
#
# Needs build/linux and the presets that are named, both if none is. A line per row, `ok` or `not ok`; the sum is last.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
for part in "$here"/../../scripts/lib/{common,wine,service}.sh "$here"/../support/{report,provider}.sh; do
    # shellcheck source=/dev/null
    . "$part"
done

KEYS=(rsa2048 rsa3072 rsa4096 p256 p384 p521)
ROWS_MIN=250
BUGS_MIN=18

presets=() builds=$SIGNUM_ROOT/build
while [ $# -gt 0 ]; do
    case $1 in
    --build) builds=$2 && shift 2 ;;
    --preset) presets+=("$2") && shift 2 ;;
    *) die "usage: run.sh [--build FOLDER] [--preset win64|win32]..." ;;
    esac
done
[ "${#presets[@]}" -gt 0 ] || presets=(win64 win32)

work=$(mktemp -d)
state=$work/state
# shellcheck disable=SC2329
cleanup() {
    service_stop
    wine_stop
    rm -rf "$work"
}
trap cleanup EXIT

# `denied` no rule allows; `bare` has no certificate; with `disabled` nobody may sign.
set_up_service() {
    local key
    service_init "$state"
    for key in "${KEYS[@]}" denied bare disabled; do
        service_make_key "$state" "$key"
        [ "$key" = bare ] || signumd_run cert issue --state "$state" "$key" --out "$work/$key.cer" >/dev/null
    done
    signumd_run key disable --state "$state" disabled >/dev/null
    signumd_run user add --state "$state" tester --role signer >/dev/null
    for key in "${KEYS[@]}" bare disabled; do
        signumd_run policy allow --state "$state" "test-$key" --user tester --key "$key" >/dev/null
    done
    signumd_run token create --state "$state" tester --out "$work/token" >/dev/null
    service_start "$state"
}

client_env() {
    export SIGNUM_SERVICE_URL=$SERVICE_URL SIGNUM_TIMEOUT_MS=20000 SIGNUM_ALLOW_SHA1=true
    SIGNUM_CA_FILE=$(wine_path "$state/ca.crt")
    SIGNUM_TOKEN_FILE=$(wine_path "$work/token")
    SIGNUM_LOG_FILE=$(wine_path "$work/ksp.log")
    SIGNUM_TEST_ACCESS_LOG=$(wine_path "$state.log")
    export SIGNUM_CA_FILE SIGNUM_TOKEN_FILE SIGNUM_LOG_FILE SIGNUM_TEST_ACCESS_LOG
}

# run_rows TEXT WAY
run_rows() {
    run_program "$work" "$1" "$ROWS_MIN" wine_run 600 "$app/test_negative.exe" "$2"
}

run_preset() {
    local preset=$1 build=$builds/$1
    if [ "$preset" = win32 ] && ! wine_has_32bit; then
        report_skip 1 "$preset: no 32-bit DLLs of Wine"
        return
    fi
    app=$work/$preset-direct
    mkdir -p "$app"
    cp "$build/ksp/cng/signumksp.dll" "$build/tests/negative/test_negative.exe" "$app/"
    run_rows "$preset direct" direct
    # Whoever watches a call must not trust its arguments either.
    SIGNUM_LOG_LEVEL=debug SIGNUM_TRANSCRIPT=$(wine_path "$work/$preset.transcript") \
        run_rows "$preset direct, recorded" direct
    if [ -s "$work/$preset.transcript" ]; then
        ok "$preset: the calls were recorded"
    else
        not_ok "$preset: the calls were not recorded"
    fi
    app=$work/$preset-ncrypt
    mkdir -p "$app"
    cp "$build/wine/shims/ncrypt.dll" "$build/tests/negative/test_negative.exe" "$app/"
    provider_place "$preset" "$build/ksp/cng/signumksp.dll"
    WINEDLLOVERRIDES="$WINEDLLOVERRIDES;ncrypt=n" run_rows "$preset ncrypt" ncrypt
}

# Each line of the list names a test by its file and a text in it.
check_bugs() {
    local bug file text lines=0
    while IFS=$'\t' read -r bug file text _; do
        case $bug in '#'* | '') continue ;; esac
        lines=$((lines + 1))
        if [ -f "$SIGNUM_ROOT/$file" ] && grep -qF -- "$text" "$SIGNUM_ROOT/$file"; then
            ok "bug of others: $bug: $file"
        else
            not_ok "bug of others: $bug: $file has no '$text'"
        fi
    done <"$here/bugs_of_others.tsv"
    [ "$lines" -ge "$BUGS_MIN" ] || not_ok "only $lines bugs of others"
}

set_up_service
wine_prefix "$work/prefix"
wine_start
client_env
for preset in "${presets[@]}"; do
    run_preset "$preset"
done
check_bugs
report_end negative
