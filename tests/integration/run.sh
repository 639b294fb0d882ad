#!/bin/bash
# run.sh [--preset NAME]...: the provider's DLL in both bitnesses, by its own table and through ncrypt.dll, and the core
# natively, all against a running signumd with SoftHSM2.
#
# Needs build/linux, and what is to be tested: build/linux-asan, build/win64, build/win32 (all of them if none is named).
# A line per check, `ok` or `not ok`; the last one is the sum.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
for part in "$here"/../../scripts/lib/{common,wine,service}.sh "$here"/../support/{report,provider}.sh "$here"/{manage,demands}.sh; do
    # shellcheck source=/dev/null
    . "$part"
done

SIGNING_KEYS=(rsa2048 rsa3072 rsa4096 p256 p384 p521)
# Groups of test_ksp that run in one process; the others need a world of their own.
GROUPS_TOGETHER=(interface handles properties export algorithms enumerate sign parameters refused threads claim)
# 3 RSA keys with 10 schemes, 3 EC keys with 5.
SIGNATURES=45
SETTLE_SECONDS=60

presets=()
while [ $# -gt 0 ]; do
    case $1 in
    --preset) presets+=("$2") && shift 2 ;;
    *) die "usage: run.sh [--preset linux-asan|win64|win32]..." ;;
    esac
done
[ "${#presets[@]}" -gt 0 ] || presets=(linux-asan win64 win32)

work=$(mktemp -d)
state=$work/state data=$work/data
TOKEN_ID=
# shellcheck disable=SC2329
cleanup() {
    service_stop
    wine_stop
    rm -rf "$work"
}
trap cleanup EXIT

# new_token: a fresh token of the signer in $work/token; TOKEN_ID names it.
new_token() {
    rm -f "$work/token"
    TOKEN_ID=$(signumd_run token create --state "$state" tester --out "$work/token" | grep -oE '[A-Za-z0-9_-]{6,}' | tail -n 1)
}

make_key() {
    local name=$1
    service_make_key "$state" "$name"
    signumd_run cert issue --state "$state" "$name" --subject "/CN=Integration $name" --out "$data/$name.cer" >/dev/null
    openssl x509 -inform der -in "$data/$name.cer" -noout -pubkey |
        openssl pkey -pubin -outform der -out "$data/$name.spki"
}

set_up_service() {
    local key
    mkdir -p "$data"
    service_init "$state"
    for key in "${SIGNING_KEYS[@]}" denied; do
        make_key "$key"
    done
    signumd_run user add --state "$state" tester --role signer >/dev/null
    for key in "${SIGNING_KEYS[@]}"; do
        signumd_run policy allow --state "$state" "test-$key" --user tester --key "$key" >/dev/null
    done
    new_token
    set_up_manager
    set_up_demands
    service_start "$state"
}

# client_env PATH_FUNCTION: what a client is told, with paths in its system's form.
client_env() {
    unset SIGNUM_CONFIG SIGNUM_TOKEN
    export SIGNUM_SERVICE_URL=$SERVICE_URL SIGNUM_TIMEOUT_MS=20000 SIGNUM_ALLOW_SHA1=true
    SIGNUM_CA_FILE=$("$1" "$state/ca.crt")
    SIGNUM_TOKEN_FILE=$("$1" "$work/token")
    SIGNUM_LOG_FILE=$("$1" "$work/ksp.log")
    SIGNUM_TEST_DIR=$("$1" "$data")
    SIGNUM_TEST_ACCESS_LOG=$("$1" "$state.log")
    export SIGNUM_CA_FILE SIGNUM_TOKEN_FILE SIGNUM_LOG_FILE SIGNUM_TEST_DIR SIGNUM_TEST_ACCESS_LOG
}

test_ksp() {
    wine_run 300 "$app/test_ksp.exe" "$@"
}

# wait_for FILE: true once it is there.
wait_for() {
    local tries=$((SETTLE_SECONDS * 10))
    while [ ! -s "$1" ] && [ "$tries" -gt 0 ]; do
        sleep 0.1
        tries=$((tries - 1))
    done
    [ -s "$1" ]
}

# in_changing_world TEXT WHAT COMMAND: runs the group WHAT, and COMMAND when the program asks for it.
in_changing_world() {
    local text=$1 what=$2 command=$3
    rm -f "$data/$what.please" "$data/$what.done"
    {
        wait_for "$data/$what.please" && "$command" >/dev/null && echo x >"$data/$what.done"
    } &
    local helper=$!
    run_program "$work" "$text $what" 1 test_ksp "$way" "$what"
    wait "$helper" || not_ok "$text $what: the service could not be changed"
}

revoke_token() {
    signumd_run token revoke --state "$state" "$TOKEN_ID"
}

end_service() {
    kill "$SERVICE_PID"
    # A dead child stays as a zombie until the main shell looks after it.
    while ps -o stat= -p "$SERVICE_PID" | grep -qv '^Z'; do
        sleep 0.05
    done
}

expect_in_log() {
    if grep -q "$2" "$work/ksp.log"; then
        ok "$1: the log says $2"
    else
        not_ok "$1: the log does not say $2"
    fi
}

# openssl_verify FILE.sig: the openssl command knows nothing of our code.
openssl_verify() {
    local file=$1 key scheme
    local -a options=()
    key=$(basename "$file" .sig)
    scheme=${key#*.}
    key=${key%%.*}
    case $scheme in
    pkcs1-none) options=(-pkeyopt rsa_padding_mode:pkcs1) ;;
    pkcs1-*) options=(-pkeyopt rsa_padding_mode:pkcs1 -pkeyopt "digest:${scheme#pkcs1-}") ;;
    pss-*)
        options=(-pkeyopt rsa_padding_mode:pss -pkeyopt "rsa_pss_saltlen:${scheme##*-}")
        scheme=${scheme#pss-}
        options+=(-pkeyopt "digest:${scheme%-*}")
        ;;
    esac
    openssl pkeyutl -verify -pubin -keyform DER -inkey "$data/$key.spki" "${options[@]}" \
        -in "${file%.sig}.digest" -sigfile "$file" >/dev/null 2>&1
}

verify_kept() {
    local text=$1 file count=0
    for file in "$data"/*.sig; do
        [ -e "$file" ] || continue
        count=$((count + 1))
        if openssl_verify "$file"; then
            ok "$text: openssl verifies $(basename "$file" .sig)"
        else
            not_ok "$text: openssl does not verify $(basename "$file" .sig)"
        fi
    done
    if [ "$count" -ne "$SIGNATURES" ]; then
        not_ok "$text: $count signatures were kept, not $SIGNATURES"
    fi
    rm -f "$data"/*.sig "$data"/*.digest
}

# run_way TEXT: every group, with the way and application folder that the caller has set.
run_way() {
    local text=$1
    rm -f "$work/ksp.log"
    run_program "$work" "$text" 1 test_ksp "$way" "${GROUPS_TOGETHER[@]}"
    verify_kept "$text"
    # Each in a process that knows no key yet.
    run_program "$work" "$text requests" 1 test_ksp "$way" requests
    SIGNUM_ALLOW_SHA1=false run_program "$work" "$text sha1-refused" 1 test_ksp "$way" sha1-refused
    SIGNUM_SERVICE_URL='' SIGNUM_TEST_URL=$SERVICE_URL run_program "$work" "$text settings" 1 test_ksp "$way" settings
    [ "$way" != direct ] || run_program "$work" "$text unload" 1 test_ksp "$way" unload
    run_managed "$text"
    run_demands "$text"
    in_changing_world "$text" revoked revoke_token
    expect_in_log "$text revoked" CREDENTIAL_REFUSED
    new_token
    SIGNUM_TIMEOUT_MS=4000 in_changing_world "$text" stopped end_service
    expect_in_log "$text stopped" NETWORK
    expect_in_log "$text" "signed with key p256"
    if grep -qF "$(cat "$work/token")" "$work/ksp.log"; then
        not_ok "$text: the log holds the token"
    else
        ok "$text: no token in the log"
    fi
    service_stop
    service_start "$state"
    client_env wine_path
}

run_windows() {
    local preset=$1 build=$SIGNUM_ROOT/build/$1 shim
    shim=$build/wine/shims/ncrypt.dll
    if [ "$preset" = win32 ] && ! wine_has_32bit; then
        report_skip 1 "$preset: no 32-bit DLLs of Wine"
        return
    fi
    client_env wine_path
    way=direct app=$work/$preset-direct
    mkdir -p "$app"
    cp "$build/ksp/cng/signumksp.dll" "$build/tests/integration/test_ksp.exe" "$app/"
    run_way "$preset direct"
    if [ ! -f "$shim" ]; then
        report_skip 1 "$preset ncrypt: $shim is not built"
        return
    fi
    way=ncrypt app=$work/$preset-ncrypt
    mkdir -p "$app"
    cp "$shim" "$build/tests/integration/test_ksp.exe" "$app/"
    provider_place "$preset" "$build/ksp/cng/signumksp.dll"
    WINEDLLOVERRIDES="$WINEDLLOVERRIDES;ncrypt=n" run_way "$preset ncrypt"
}

posix_path() {
    printf '%s\n' "$1"
}

run_linux() {
    local program=$SIGNUM_ROOT/build/$1/tests/integration/test_core_service
    client_env posix_path
    openssl req -x509 -newkey rsa:2048 -nodes -keyout "$work/other.key" -out "$work/other.crt" -days 2 \
        -subj "/CN=Another CA" 2>/dev/null
    # Port 9 is "discard", which nobody runs.
    SIGNUM_TEST_OTHER_CA=$work/other.crt SIGNUM_TEST_REFUSED_URL=https://127.0.0.1:9 \
        SIGNUM_TEST_MANAGER_TOKEN_FILE=$work/manager.token \
        CMOCKA_MESSAGE_OUTPUT=TAP timeout 120 "$program" >"$work/tap" 2>&1 </dev/null || true
    run_program "$work" "$1" 1 grep -E '^(ok|not ok) ' "$work/tap"
    if ! grep -qE '^ok ' "$work/tap" || grep -q Sanitizer "$work/tap"; then
        not_ok "$1: $(tail -n 20 "$work/tap" | tr '\n' ' ')"
    fi
}

set_up_service
wine_prefix "$work/prefix"
wine_start
for preset in "${presets[@]}"; do
    case $preset in
    linux*) run_linux "$preset" ;;
    *) run_windows "$preset" ;;
    esac
done
report_end integration
