# shellcheck shell=bash
# Records the real signtool, compares that with the kept transcript, and plays it. Source after lib/play.sh.
#
#   record_all ARCH    by provider and key name, by a certificate in the store, and of a digest only; and many threads

# record_judge WAY FILE: a signed program by osslsigncode, the signature of a digest by openssl.
record_judge() {
    if [ "$1" != ds ]; then
        samples_judge "$2" "$STATE/ca.crt" >/dev/null
        return
    fi
    base64 -d "$2.signed" >"$2.raw" && base64 -d "$2" >"$2.digest" &&
        openssl pkeyutl -verify -pubin -inkey "$WORK/rsa2048.pem" -pkeyopt digest:sha256 -in "$2.digest" \
            -sigfile "$2.raw" >/dev/null 2>&1
}

# record_signtool ARCH WAY: leaves the recording in $WORK/WAY-ARCH.rec.
record_signtool() {
    local arch=$1 way=$2 file=$WORK/$2-$1.exe recording=$WORK/$2-$1.rec output status=0
    local -a options
    case $way in
    csp | ds) options=(/f "$(wine_path "$WORK/rsa2048.cer")" /csp 'Signum KSP' /kc rsa2048) ;;
    store) options=(/sha1 "$(sha1sum <"$WORK/rsa2048.cer" | cut -c1-40)") ;;
    esac
    cp "$WORK/samples-$arch/sample.exe" "$file"
    if [ "$way" = ds ]; then
        # What /dg would leave; it does not run here.
        openssl dgst -sha256 -binary "$file" | base64 -w 0 >"$file.dig"
        file=$file.dig
        options+=(/ds)
    fi
    world_env player "$WORK/record-$way-$arch.log"
    SIGNUM_TRANSCRIPT=$(wine_path "$recording")
    export SIGNUM_TRANSCRIPT
    output=$(signtool_run "$arch" sign "${options[@]}" /fd sha256 "$(wine_path "$file")") || status=$?
    unset SIGNUM_TRANSCRIPT
    if [ "$status" -ne 0 ] || [ ! -s "$recording" ]; then
        report "record-$arch-$way" "signtool ended with $status: $(tail -n 3 <<<"$output" | tr '\n' ' ')"
        return 1
    fi
    if record_judge "$way" "$file"; then
        report "record-$arch-$way: signtool signs while it is recorded"
    else
        report "record-$arch-$way" "what was signed does not verify"
    fi
}

record_case() {
    local arch=$1 way=$2 recording=$WORK/$2-$1.rec found pointer=8 played=$WORK/$2-$1.txt
    [ "$arch" = x64 ] || pointer=4
    record_signtool "$arch" "$way" || return 0
    if found=$(play_compare same "$DATA/signtool-$way.txt" "$recording" "$pointer" &&
        play_compare check "$recording"); then
        report "record-$arch-$way: the calls of the kept transcript"
    else
        report "record-$arch-$way" "$found"
    fi
    {
        echo "# signatures: 1"
        cat "$recording"
    } >"$played"
    play_once "$arch" direct "recorded-$way" "$played"
    play_once "$arch" ncrypt "recorded-$way" "$played"
}

# Many threads at once: each line is whole, and nothing secret is in any.
record_threads() {
    local arch=$1 recording=$WORK/threads-$1.rec found text=threads-$1
    world_env player "$WORK/threads-$arch.log"
    SIGNUM_TRANSCRIPT=$(wine_path "$recording")
    export SIGNUM_TRANSCRIPT
    (cd "$(world_direct "$arch")" && wine_run 300 test_ksp.exe direct threads) >"$WORK/out" 2>&1 || true
    unset SIGNUM_TRANSCRIPT
    if ! grep -q '^ok ' "$WORK/out" || grep -q '^not ok' "$WORK/out"; then
        report "$text" "$(tail -n 3 "$WORK/out" | tr '\r\n' '  ')"
    elif ! found=$(play_compare check "$recording"); then
        report "$text" "$found"
    elif grep -qF -e "$(cat "$WORK/player.token")" -e "$STATE" "$recording"; then
        report "$text" "the recording holds the token or a path"
    else
        report "$text: $(wc -l <"$recording") whole lines"
    fi
}

record_all() {
    record_case "$1" csp
    record_case "$1" store
    record_case "$1" ds
    record_threads "$1"
}
