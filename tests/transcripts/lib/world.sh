# shellcheck shell=bash
# The service and the Wine prefix that transcripts are played in. Source after tests/wine/lib/signtool.sh; WORK and STATE
# are run.sh's.
#
#   world_make             all of it
#   world_env USER LOG     what a client is told: that user's token, and where its log goes
#   world_signatures       how many signatures the service has made

WORLD_KEYS=(rsa2048 rsa3072 p256 p384 p521)

world_key() {
    local key=$1
    service_make_key "$STATE" "$key" &&
        signumd_run cert issue --state "$STATE" "$key" --subject "/CN=Transcript $key" --out "$WORK/$key.cer" &&
        openssl x509 -inform der -in "$WORK/$key.cer" -noout -pubkey -out "$WORK/$key.pem" &&
        signumd_run policy allow --state "$STATE" "play-$key" --user player --key "$key"
}

# The player signs with what there is; the enroller may make keys, and sign with those.
world_service() {
    local key
    service_init "$STATE" &&
        signumd_run user add --state "$STATE" player --role signer &&
        signumd_run user add --state "$STATE" enroller --role key-manager || return 1
    for key in "${WORLD_KEYS[@]}"; do
        world_key "$key" || return 1
    done
    for key in player enroller; do
        signumd_run token create --state "$STATE" "$key" --out "$WORK/$key.token" || return 1
    done
}

world_env() {
    SIGNUM_CA_FILE=$(wine_path "$STATE/ca.crt")
    SIGNUM_TOKEN_FILE=$(wine_path "$WORK/$1.token")
    SIGNUM_LOG_FILE=$(wine_path "$2")
    export SIGNUM_CA_FILE SIGNUM_TOKEN_FILE SIGNUM_LOG_FILE SIGNUM_SERVICE_URL=$SERVICE_URL SIGNUM_AUTH_METHOD=token
    unset SIGNUM_TRANSCRIPT SIGNUM_ALLOW_SHA1
}

world_signatures() {
    signumd_run audit list --state "$STATE" --json | /usr/bin/python3 "$WINE_TESTS/lib/count_signatures.py"
}

# world_direct ARCH: the folder of the player that loads the DLL itself.
world_direct() {
    printf '%s\n' "$WORK/direct-$1"
}

world_programs() {
    local arch build
    local -a options=()
    for arch in "${ARCHES[@]}"; do
        build=$(app_build "$arch")
        signtool_setup "$WORK/prefix" "$arch"
        samples_make "$arch" "$WORK/samples-$arch"
        mkdir -p "$(world_direct "$arch")"
        cp "$build/ksp/cng/signumksp.dll" "$build/tests/transcripts/play_transcript.exe" \
            "$build/tests/integration/test_ksp.exe" "$(world_direct "$arch")/"
        app_install "$arch" "$build/tests/transcripts/play_transcript.exe"
    done
    options=(--dll "$(wine_path "$(app_build x64)/ksp/cng/signumksp.dll")")
    [ "${#ARCHES[@]}" -eq 1 ] || options+=(--dll32 "$(wine_path "$(app_build x86)/ksp/cng/signumksp.dll")")
    world_env player "$WORK/register.log"
    quietly "$WORK/register.out" signum_run x64 register "${options[@]}" &&
        quietly "$WORK/sync.out" signum_run x64 certs sync
}

world_make() {
    quietly "$WORK/state.out" world_service || die "cannot make the service's state"
    service_start "$STATE"
    wine_prefix "$WORK/prefix"
    if ! wine_has_32bit; then
        ARCHES=(x64)
        report_skip "$(find "$DATA" -name '*.txt' | wc -l)" "no 32-bit Wine here"
    fi
    wine_start
    world_programs || die "cannot install the provider"
}
