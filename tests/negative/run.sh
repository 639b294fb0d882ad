#!/bin/bash
# run.sh [--build FOLDER] [--preset win64|win32]...: what the provider must refuse, in both bitnesses, by its own table and
# through ncrypt.dll, against a running signumd; and the list of other providers' bugs, each with a test that exists.
#
# Needs build/linux and the presets that are named, both if none is. A line per row, `ok` or `not ok`; the sum is last.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
for part in common wine service; do
    # shellcheck source=/dev/null
    . "$here/../../scripts/lib/$part.sh"
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

passed=0 failed=0 skipped=0
work=$(mktemp -d)
state=$work/state
# shellcheck disable=SC2329
cleanup() {
    service_stop
    wine_stop
    rm -rf "$work"
}
trap cleanup EXIT

ok() {
    echo "ok $*"
    passed=$((passed + 1))
}

not_ok() {
    echo "not ok $*"
    failed=$((failed + 1))
}

skip() {
    echo "skip: $*"
    skipped=$((skipped + 1))
}

make_key() {
    case $1 in
    rsa*) signumd_run key create --state "$state" "$1" --algorithm rsa --bits "${1#rsa}" >/dev/null ;;
    p*) signumd_run key create --state "$state" "$1" --algorithm ecdsa --curve "P-${1#p}" >/dev/null ;;
    *) signumd_run key create --state "$state" "$1" --algorithm ecdsa --curve P-256 >/dev/null ;;
    esac
}

# `denied` no rule allows; `bare` has no certificate; with `disabled` nobody may sign.
set_up_service() {
    local key
    service_init "$state"
    for key in "${KEYS[@]}" denied bare disabled; do
        make_key "$key"
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

# run_rows TEXT WAY: counts the program's lines; whatever else is printed came from what must be silent.
run_rows() {
    local text=$1 status=0 line lines=0 before=$failed
    wine_run 600 "$app/test_negative.exe" "$2" >"$work/out" 2>"$work/err" || status=$?
    while IFS= read -r line; do
        line=${line%$'\r'}
        lines=$((lines + 1))
        case $line in
        "ok "*) ok "$text: ${line#ok }" ;;
        "not ok "*) not_ok "$text: ${line#not ok }" ;;
        *) not_ok "$text: unexpected output: $line" ;;
        esac
    done <"$work/out"
    if [ -s "$work/err" ]; then
        not_ok "$text: output on stderr: $(head -c 300 "$work/err" | tr '\r\n' '  ')"
    else
        ok "$text: nothing on stderr"
    fi
    if [ "$lines" -lt "$ROWS_MIN" ] || { [ "$status" -ne 0 ] && [ "$failed" -eq "$before" ]; }; then
        not_ok "$text: ended with status $status after $lines lines"
    fi
}

# register_provider PRESET: where ncrypt.dll looks for it.
register_provider() {
    local folder=system32 key='HKLM\SYSTEM\CurrentControlSet\Control\Cryptography\Providers\Signum KSP\UM'
    [ "$1" = win64 ] || folder=syswow64
    cp "$builds/$1/ksp/cng/signumksp.dll" "$WINEPREFIX/drive_c/windows/$folder/"
    wine_run 60 reg add "$key" /v Image /t REG_SZ /d signumksp.dll /f >/dev/null 2>&1
    wine_run 60 reg add "$key\\00010001" /v Flags /t REG_DWORD /d 65536 /f >/dev/null 2>&1
}

run_preset() {
    local preset=$1 build=$builds/$1
    if [ "$preset" = win32 ] && ! wine_has_32bit; then
        skip "$preset: no 32-bit DLLs of Wine"
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
    register_provider "$preset"
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
echo "suite: negative passed=$passed failed=$failed skipped=$skipped"
[ "$failed" -eq 0 ]
