# shellcheck shell=bash
# Plays one transcript. Source after lib/world.sh.
#
#   play_everywhere ARCH FILE    by both ways, and once more to see whether the recorder writes the same file

# play_header FILE NAME: the values of a header line, one a line.
play_header() {
    sed -n "/^#/!q; s/^# $2: //p" "$1"
}

# play_kept FILE: whether it says what it is, and what each call has to answer.
play_kept() {
    local name text
    text=header-$(basename "$1" .txt)
    for name in client source state signatures; do
        if [ -z "$(play_header "$1" "$name")" ]; then
            report "$text" "no line for $name"
            return
        fi
    done
    if grep -q -e '-> \*' "$1"; then
        report "$text" "a call may answer anything"
    else
        report "$text"
    fi
}

# play_program ARCH WAY FILE [plain]
play_program() {
    local arch=$1 way=$2
    shift 2
    set -- "$(wine_path "$1")" "${@:2}"
    if [ "$way" = ncrypt ]; then
        app_run "$arch" play_transcript.exe ncrypt "$@"
    else
        (cd "$(world_direct "$arch")" && wine_run 120 play_transcript.exe direct "$@" 2>&1 | tr -d '\r')
    fi
}

# play_copy FILE NAME: the transcript to play; a key that is made has a name of its own each time.
play_copy() {
    sed "s/@NEW@/new-$2/g" "$1"
}

# play_count TEXT: reports each line that the player printed.
play_count() {
    local text=$1 line lines=0
    while IFS= read -r line; do
        lines=$((lines + 1))
        case $line in
        "ok "*) report "$text: ${line#ok }" ;;
        "not ok "*) report "$text: ${line#not ok }" "see above" ;;
        *) report "$text" "unexpected output: $line" ;;
        esac
    done <"$WORK/out"
    [ "$lines" -ge "$2" ] || report "$text" "$lines lines were played, not $2"
}

# play_openssl STEM: the openssl command knows nothing of our code. STEM is LINE_KEY.SCHEME.
play_openssl() {
    local stem=$1 name key scheme
    local -a options=()
    name=$(basename "$stem")
    key=${name#*_}
    scheme=${key##*.}
    key=${key%.*}
    [ -f "$WORK/$key.pem" ] || play_new_key "$key"
    case $scheme in
    pkcs1-none) options=(-pkeyopt rsa_padding_mode:pkcs1) ;;
    pkcs1-*) options=(-pkeyopt rsa_padding_mode:pkcs1 -pkeyopt "digest:${scheme#pkcs1-}") ;;
    pss-*)
        options=(-pkeyopt rsa_padding_mode:pss -pkeyopt "rsa_pss_saltlen:${scheme##*-}")
        scheme=${scheme#pss-}
        options+=(-pkeyopt "digest:${scheme%-*}")
        ;;
    none) play_der "$stem.sig" ;;
    esac
    openssl pkeyutl -verify -pubin -inkey "$WORK/$key.pem" "${options[@]}" -in "$stem.digest" -sigfile "$stem.sig" \
        >/dev/null 2>&1
}

# play_der FILE: an ECDSA signature as openssl wants it, from r and s side by side.
play_der() {
    /usr/bin/python3 - "$1" <<'END'
import sys
raw = open(sys.argv[1], "rb").read()
def number(half):
    body = half.lstrip(b"\0")
    if not body or body[0] & 0x80:
        body = b"\0" + body
    return bytes([2, len(body)]) + body
body = number(raw[:len(raw) // 2]) + number(raw[len(raw) // 2:])
head = bytes([0x30, len(body)]) if len(body) < 128 else bytes([0x30, 0x81, len(body)])
open(sys.argv[1], "wb").write(head + body)
END
}

# play_new_key KEY: the public half of a key that a transcript made, as the service has it.
play_new_key() {
    signumd_run cert issue --state "$STATE" "$1" --subject "/CN=Transcript" --out "$WORK/$1.cer" >/dev/null 2>&1 &&
        openssl x509 -inform der -in "$WORK/$1.cer" -noout -pubkey -out "$WORK/$1.pem"
}

# play_signatures TEXT WANTED MADE: those that the player kept, by openssl; and how many the service made.
play_signatures() {
    local text=$1 wanted=$2 made=$3 file count=0
    for file in "$SIGNATURES"/*.digest; do
        [ -e "$file" ] || continue
        count=$((count + 1))
        if play_openssl "${file%.digest}"; then
            report "$text: openssl verifies $(basename "$file" .digest)"
        else
            report "$text: openssl $(basename "$file" .digest)" "does not verify"
        fi
    done
    if [ "$count" -eq "$wanted" ] && [ "$made" -eq "$wanted" ]; then
        report "$text: $wanted signatures"
    else
        report "$text: signatures" "$count were handed out and $made made, not $wanted"
    fi
}

# play_settings FILE: those of the header, for the programs that follow.
play_settings() {
    local setting
    while IFS= read -r setting; do
        export "${setting?}"
    done < <(play_header "$1" setting)
}

# play_log TEXT FILE LOG: what the provider's log must say.
play_log() {
    local line
    while IFS= read -r line; do
        if grep -qF -- "$line" "$3"; then
            report "$1: the log says why"
        else
            report "$1: log" "it does not say: $line"
        fi
    done < <(play_header "$2" log)
}

# play_once ARCH WAY NAME FILE: FILE may be a recording.
play_once() {
    local arch=$1 way=$2 name=$3 file=$4 text=$2-$1-$3 before log user
    SIGNATURES=$WORK/signatures
    rm -rf "$SIGNATURES"
    mkdir -p "$SIGNATURES"
    log=$WORK/$text.log
    user=$(play_header "$file" user)
    world_env "${user:-player}" "$log"
    SIGNUM_TEST_DIR=$(wine_path "$SIGNATURES")
    export SIGNUM_TEST_DIR
    play_settings "$file"
    play_copy "$file" "$name-$arch-$way" >"$WORK/played.txt"
    before=$(world_signatures)
    play_program "$arch" "$way" "$WORK/played.txt" >"$WORK/out" || true
    play_count "$text" "$(grep -cE '^[A-Z]' "$file")"
    play_signatures "$text" "$(play_header "$file" signatures)" $(($(world_signatures) - before))
    play_log "$text" "$file" "$log"
}

play_compare() {
    /usr/bin/python3 "$SIGNUM_ROOT/tests/transcripts/compare.py" "$@"
}

# play_recorded ARCH FILE: the recorder, over the same calls, writes the same lines.
play_recorded() {
    local arch=$1 file=$2 text user pointer=8 found
    text=recorder-$arch-$(basename "$file" .txt)
    [ "$arch" = x64 ] || pointer=4
    user=$(play_header "$file" user)
    world_env "${user:-player}" "$WORK/$text.log"
    play_settings "$file"
    play_copy "$file" "$text" >"$WORK/played.txt"
    rm -f "$WORK/recorded.txt"
    SIGNUM_TRANSCRIPT=$(wine_path "$WORK/recorded.txt")
    export SIGNUM_TRANSCRIPT
    play_program "$arch" direct "$WORK/played.txt" plain >"$WORK/out" || true
    unset SIGNUM_TRANSCRIPT
    if found=$(play_compare same "$WORK/played.txt" "$WORK/recorded.txt" "$pointer" &&
        play_compare check "$WORK/recorded.txt"); then
        report "$text"
    else
        report "$text" "$found"
    fi
}

# play_finds_faults ARCH: what is wrong in a transcript must be seen, or all of this says nothing.
play_finds_faults() {
    local arch=$1 count
    world_env player "$WORK/faults-$arch.log"
    SIGNUM_TEST_DIR=$(wine_path "$WORK")
    export SIGNUM_TEST_DIR
    sed -e 's/ len=283$/ len=284/' -e 's/^FreeKey \(.*\) -> 0x0$/FreeKey \1 -> 0x80090026/' -e 's/value=RSA/value=DSA/' \
        "$DATA/rdpsign.txt" >"$WORK/faults.txt"
    printf 'OpenProvider flags\nNoSuchFunction -> 0x0\n' >>"$WORK/faults.txt"
    count=$(play_program "$arch" direct "$WORK/faults.txt" plain | grep -c '^not ok') || true
    # two sizes, a status, a value, a line that is none, and a function that is none
    if [ "$count" -eq 6 ]; then
        report "faults-$arch: the player finds all"
    else
        report "faults-$arch" "the player found $count of 6"
    fi
    printf '%s\n' 'GetKeyProperty provider=P1 key=K1 property="Use Context" room=8 flags=0x0 -> 0x0 len=8 value=abc' \
        'SetKeyProperty provider=P1 key=K1 property=SmartCardPin size=10 flags=0x0 -> 0x0' \
        'SignHash provider=P1 key=K1 padding=none hash=0a0b room=64 flags=0x0 -> 0x0 len=64' 'FreeKey key=K1' >"$WORK/faults.txt"
    count=$(play_compare check "$WORK/faults.txt" | wc -l) || true
    if [ "$count" -eq 4 ]; then
        report "faults-$arch: the check of recordings finds all"
    else
        report "faults-$arch" "the check of recordings found $count of 4"
    fi
}

play_everywhere() {
    local arch=$1 file=$2 name way
    name=$(basename "$file" .txt)
    play_kept "$file"
    for way in direct ncrypt; do
        play_once "$arch" "$way" "$name" "$file"
    done
    play_recorded "$arch" "$file"
}
