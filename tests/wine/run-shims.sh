#!/bin/bash
# run-shims.sh: tests the DLLs that stand in for Windows' own, without the real provider.
#
# test_shims.exe in both bitnesses; then signtool with the test provider, which knows nothing of services: if these
# cases pass and those of run.sh do not, the fault is not in the stand-ins.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
for part in "$here"/../support/report.sh "$here"/lib/{signtool,samples,tsa}.sh; do
    # shellcheck source=/dev/null
    . "$part"
done

PROVIDER='Signum Test KSP'
WORK=${SIGNUM_WINE_WORK:-$SIGNUM_ROOT/build/wine-shims}
KEYS=$WORK/keys

# shellcheck disable=SC2329
cleanup() {
    tsa_stop
    wine_stop
}

# make_key NAME REQ-OPTIONS...: a key, its certificate, and the blob that the test provider reads.
make_key() {
    local name=$1 suffix=$2
    shift 2
    quietly "$WORK/keys.log" openssl req -x509 -nodes -days 2 -subj "/CN=Signum test $name" \
        -addext basicConstraints=critical,CA:FALSE -addext keyUsage=critical,digitalSignature \
        -addext extendedKeyUsage=codeSigning -keyout "$KEYS/$name.key" -out "$KEYS/$name.pem" "$@"
    openssl x509 -in "$KEYS/$name.pem" -outform DER -out "$KEYS/$name.cer"
    /usr/bin/python3 "$here/lib/mkblob.py" "$KEYS/$name.key" "$KEYS/$name.$suffix"
}

prepare() {
    local arch
    rm -rf "$WORK"
    mkdir -p "$KEYS"
    make_key rsa rsa -newkey rsa:2048
    make_key other rsa -newkey rsa:2048
    make_key ec ec -newkey ec -pkeyopt ec_paramgen_curve:P-256
    SIGNUM_TESTKSP_KEYS=$(wine_path "$KEYS")
    SIGNUM_SHIM_LOG=$(wine_path "$WORK/shim.log")
    export SIGNUM_TESTKSP_KEYS SIGNUM_SHIM_LOG
    for arch in "${ARCHES[@]}"; do
        local build
        signtool_setup "$WORK/prefix" "$arch"
        build=$(app_build "$arch")/wine
        app_install_system "$arch" "$build/shims/signumtestksp.dll"
        app_install "$arch" "$build/test_shims.exe" "$build/storecert.exe" "$KEYS"/*.cer \
            "$(app_build "$arch")/tests/unit/cli/test_register.exe"
        cp "$build/shims/signumtestksp.dll" "$(signtool_folder "$arch")/local.dll"
        samples_make "$arch" "$WORK/samples-$arch"
    done
}

# run_unit ARCH: each line of test_shims.exe counts.
run_unit() {
    local arch=$1 line output status=0
    output=$(app_run "$arch" test_shims.exe rsa.cer rsa other) || status=$?
    while read -r line; do
        case $line in
        "ok "*) report "$arch ${line#ok }" ;;
        "not ok "*) report "$arch ${line#not ok }" "see the line" ;;
        esac
    done <<<"$output"
    case $output in
    *"suite: shims passed="*" failed=0 "*) ;;
    *) report "$arch test_shims.exe" "ended with $status and no report" ;;
    esac
}

# run_register ARCH: the project's registration code, with a bcrypt.dll that really registers.
run_register() {
    local arch=$1 name count=0 output status=0
    output=$(SIGNUM_TEST_REGISTERS=1 app_run "$arch" test_register.exe) || status=$?
    while read -r name; do
        report "$arch registration: $name"
        count=$((count + 1))
    done < <(sed -n 's/^\[       OK \] //p' <<<"$output")
    if [ "$status" -ne 0 ] || [ "$count" -eq 0 ]; then
        report "$arch registration" "ended with $status: $(tail -n 5 <<<"$output" | tr '\n' ' ')"
    fi
}

# sign_case ARCH WAY KEY TYPE [timestamp]
sign_case() {
    local arch=$1 way=$2 key=$3 type=$4 stamp=${5:-} name="$*" file output status=0 tsa=
    local -a options=(/fd sha256)
    file=$WORK/signed/${name// /-}.$type
    cp "$WORK/samples-$arch/sample.$type" "$file"
    if [ "$way" = csp ]; then
        options+=(/f "$key.cer" /csp "$PROVIDER" /kc "$key")
    else
        options+=(/sha1 "$(sha1sum <"$KEYS/$key.cer" | cut -c1-40)")
    fi
    if [ -n "$stamp" ]; then
        options+=(/tr "$TSA_URL" /td sha256)
        tsa=$TSA_CA
    fi
    output=$(signtool_run "$arch" sign "${options[@]}" "$(wine_path "$file")") || status=$?
    if [ "$status" -ne 0 ]; then
        report "$name" "signtool ended with $status: $(tail -n 3 <<<"$output" | tr '\n' ' ')"
    elif ! output=$(samples_judge "$file" "$KEYS/$key.pem" "$tsa"); then
        report "$name" "osslsigncode: $(tail -n 5 <<<"$output" | tr '\n' ' ')"
    else
        report "$name"
    fi
}

run_signtool() {
    local arch key type way
    mkdir -p "$WORK/signed"
    for key in rsa ec; do
        quietly "$WORK/store.log" app_run x64 storecert.exe "$key.cer" "$key" "$PROVIDER"
    done
    for arch in "${ARCHES[@]}"; do
        for key in rsa ec; do
            for way in csp sha1; do
                for type in exe dll sys cab cat; do
                    sign_case "$arch" "$way" "$key" "$type"
                done
                sign_case "$arch" "$way" "$key" exe timestamp
            done
        done
    done
}

ARCHES=(x64 x86)
trap cleanup EXIT
mkdir -p "$WORK"
wine_prefix "$WORK/probe"
wine_has_32bit || { ARCHES=(x64) && report_skip 2 "no 32-bit Wine here"; }
wine_stop
unset WINEPREFIX
prepare
tsa_start "$WORK/tsa"
for arch in "${ARCHES[@]}"; do
    run_unit "$arch"
    run_register "$arch"
done
run_signtool
report_end wine-shims
