#!/bin/bash
# run.sh [--preset NAME]... [--seconds N]: the provider's DLL in both bitnesses under sixteen threads and with 10,000
# keys, and the core natively with as many.
#
# Needs build/linux, and what is to be tested: build/win64, build/win32 (both if none is named). The core's tests with
# threads are a suite of their own: unit-tsan. A line per check, `ok` or `not ok`; the last one is the sum.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
for part in "$here"/../../scripts/lib/{common,wine,service}.sh "$here"/../support/{report,provider}.sh; do
    # shellcheck source=/dev/null
    . "$part"
done
# Where the builds are, a folder per preset.
builds=${SIGNUM_BUILDS:-$SIGNUM_ROOT/build}
export SIGNUMD=$builds/linux/service/signumd
STRESS_KEYS=(p256 p384 rsa2048)
START_SECONDS=60

presets=()
seconds=10
while [ $# -gt 0 ]; do
    case $1 in
    --preset) presets+=("$2") && shift 2 ;;
    --seconds) seconds=$2 && shift 2 ;;
    *) die "usage: run.sh [--preset linux|win64|win32]... [--seconds N]" ;;
    esac
done
[ "${#presets[@]}" -gt 0 ] || presets=(linux win64 win32)

work=$(mktemp -d)
state=$work/state fake=$work/fake
# shellcheck disable=SC2329
cleanup() {
    fake_stop
    service_stop
    wine_stop
    rm -rf "$work"
}
trap cleanup EXIT

# ---- The service with few keys ----

set_up_service() {
    local key
    service_init "$state"
    signumd_run user add --state "$state" tester --role signer >/dev/null
    for key in "${STRESS_KEYS[@]}"; do
        service_make_key "$state" "$key"
        signumd_run cert issue --state "$state" "$key" --out "$work/$key.cer" >/dev/null
        signumd_run policy allow --state "$state" "test-$key" --user tester --key "$key" >/dev/null
    done
    signumd_run token create --state "$state" tester --out "$work/token" >/dev/null
    service_start "$state"
}

run_stress() {
    export SIGNUM_SERVICE_URL=$SERVICE_URL SIGNUM_TIMEOUT_MS=60000
    SIGNUM_CA_FILE=$(wine_path "$state/ca.crt")
    SIGNUM_TOKEN_FILE=$(wine_path "$work/token")
    SIGNUM_LOG_FILE=$(wine_path "$work/stress.log")
    export SIGNUM_CA_FILE SIGNUM_TOKEN_FILE SIGNUM_LOG_FILE
    run_program "$work" "$1 stress" 1 wine_run 300 "$app/stress_ksp.exe" direct stress "$seconds"
    unset SIGNUM_SERVICE_URL SIGNUM_TIMEOUT_MS SIGNUM_CA_FILE SIGNUM_TOKEN_FILE SIGNUM_LOG_FILE
}

# ---- The service with many keys ----

FAKE_PID=

# make_pair KIND OPENSSL-OPTIONS...: a key pair and its certificate by the CA in the folder.
make_pair() {
    local kind=$1
    shift
    openssl genpkey "$@" -out "$fake/$kind.key" 2>/dev/null
    openssl req -new -key "$fake/$kind.key" -subj "/CN=Stress $kind" |
        openssl x509 -req -CA "$fake/ca.crt" -CAkey "$fake/ca.key" -days 2 -extfile <(echo subjectAltName=IP:127.0.0.1) \
            -out "$fake/$kind.crt" 2>/dev/null
    openssl x509 -in "$fake/$kind.crt" -outform der -out "$fake/$kind.cer"
    openssl pkey -in "$fake/$kind.key" -pubout -outform der -out "$fake/$kind.spki"
}

make_fake_folder() {
    mkdir -p "$fake"
    openssl req -x509 -newkey rsa:2048 -nodes -keyout "$fake/ca.key" -out "$fake/ca.crt" -days 2 \
        -subj "/CN=Stress CA" 2>/dev/null
    openssl x509 -in "$fake/ca.crt" -outform der -out "$fake/ca.der"
    make_pair rsa -algorithm rsa -pkeyopt rsa_keygen_bits:2048
    make_pair p256 -algorithm ec -pkeyopt ec_paramgen_curve:P-256
    make_pair tls -algorithm ec -pkeyopt ec_paramgen_curve:P-256
}

# It ends when its standard input does: the other end of the pipe is held open here.
fake_start() {
    local tries=$((START_SECONDS * 10))
    rm -f "$fake/url" "$fake/access.log"
    mkfifo "$fake/stop"
    /usr/bin/python3 "$here/fake_service.py" "$fake" <"$fake/stop" 2>"$fake/err" &
    FAKE_PID=$!
    exec {FAKE_STOP}>"$fake/stop"
    while [ ! -s "$fake/url" ]; do
        tries=$((tries - 1))
        if [ "$tries" -eq 0 ] || ! kill -0 "$FAKE_PID" 2>/dev/null; then
            die "the service with many keys did not start: $(tail -n 5 "$fake/err")"
        fi
        sleep 0.1
    done
}

fake_stop() {
    if [ -n "$FAKE_PID" ]; then
        exec {FAKE_STOP}>&-
        wait "$FAKE_PID" 2>/dev/null || true
        rm -f "$fake/stop"
        FAKE_PID=
    fi
}

# write_settings PATH_FUNCTION: three services, with paths in the client's form.
write_settings() {
    local url ca token auth name
    url=$(cat "$fake/url")
    ca=$("$1" "$fake/ca.crt" | sed 's/\\/\\\\/g')
    token=$("$1" "$fake/token" | sed 's/\\/\\\\/g')
    auth="\"ca_file\": \"$ca\", \"auth\": { \"method\": \"token\", \"token_file\": \"$token\" }"
    umask 077
    echo any-token >"$fake/token"
    {
        echo '{ "default_service": "big", "timeout_ms": 60000, "services": {'
        for name in big small shifting; do
            echo "\"$name\": { \"url\": \"$url/$name\", $auth }$([ "$name" = shifting ] || echo ,)"
        done
        echo '} }'
    } >"$work/signum.json"
}

posix_path() {
    printf '%s\n' "$1"
}

# run_scale TEXT PATH_FUNCTION COMMAND...: with a fresh service, whose log begins empty.
run_scale() {
    local text=$1 path=$2
    shift 2
    fake_start
    write_settings "$path"
    SIGNUM_CONFIG=$("$path" "$work/signum.json")
    SIGNUM_LOG_FILE=$("$path" "$work/scale.log")
    SIGNUM_TEST_ACCESS_LOG=$("$path" "$fake/access.log")
    export SIGNUM_CONFIG SIGNUM_LOG_FILE SIGNUM_TEST_ACCESS_LOG
    run_program "$work" "$text scale" 1 "$@"
    unset SIGNUM_CONFIG SIGNUM_LOG_FILE SIGNUM_TEST_ACCESS_LOG
    fake_stop
}

run_windows() {
    local preset=$1
    if [ "$preset" = win32 ] && ! wine_has_32bit; then
        report_skip 1 "$preset: no 32-bit DLLs of Wine"
        return
    fi
    app=$work/$preset
    mkdir -p "$app"
    cp "$builds/$preset/ksp/cng/signumksp.dll" "$builds/$preset/tests/stress/stress_ksp.exe" "$app/"
    run_stress "$preset"
    run_scale "$preset" wine_path wine_run 300 "$app/stress_ksp.exe" direct scale
}

set_up_service
make_fake_folder
wine_prefix "$work/prefix"
wine_start
for preset in "${presets[@]}"; do
    case $preset in
    linux*) run_scale "$preset" posix_path timeout 300 "$builds/$preset/tests/stress/core_scale" ;;
    *) run_windows "$preset" ;;
    esac
done
report_end stress
