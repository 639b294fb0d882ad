# shellcheck shell=bash
# The cases of run.sh, which sets WORK, STATE, CERTS and ARCHES. Source after the other parts.

# signtool_options WAY KEY: how signtool is told which key to use, in OPTIONS.
signtool_options() {
    case $1 in
    csp) OPTIONS=(/f "$(wine_path "$CERTS/$2.cer")" /csp 'Signum KSP' /kc "$2") ;;
    sha1) OPTIONS=(/sha1 "$(sha1sum <"$CERTS/$2.cer" | cut -c1-40)") ;;
    esac
}

# matrix_begin NAME: each case has a log of the client's own.
matrix_begin() {
    CASE_LOG=$WORK/logs/$1.log
    SIGNUM_LOG_FILE=$(wine_path "$CASE_LOG")
    export SIGNUM_LOG_FILE
}

# sign_case ARCH WAY KEY DIGEST TYPE OPTION SIGNS
sign_case() {
    local arch=$1 way=$2 key=$3 digest=$4 type=$5 option=$6 signs=$7 file name tsa='' output status=0
    local before_all before_kind all kind
    name=$arch-$way-$key-$digest-$type
    [ "$option" = - ] || name=$name-$option
    file=$WORK/signed/$name.$type
    cp "$WORK/samples-$arch/sample.$type" "$file"
    matrix_begin "$name"
    signtool_options "$way" "$key"
    OPTIONS+=(/fd "$digest")
    if [ "$option" = timestamp ]; then
        OPTIONS+=(/tr "$TSA_URL" /td sha256)
        tsa=$TSA_CA
    fi
    before_all=$(state_signatures)
    before_kind=$(state_signatures "$key" "$digest")
    output=$(signtool_run "$arch" sign "${OPTIONS[@]}" "$(wine_path "$file")") || status=$?
    all=$(state_signatures)
    kind=$(state_signatures "$key" "$digest")
    if [ "$status" -ne 0 ]; then
        report "$name" "signtool ended with $status: $(tail -n 3 <<<"$output" | tr '\n' ' ')"
    elif ! output=$(samples_judge "$file" "$STATE/ca.crt" "$tsa"); then
        report "$name" "osslsigncode: $(tail -n 5 <<<"$output" | tr '\n' ' ')"
    elif [ $((kind - before_kind)) -ne "$signs" ] || [ $((all - before_all)) -ne "$signs" ]; then
        report "$name" "the audit has $((all - before_all)) new signatures, $((kind - before_kind)) of this kind, not $signs"
    else
        report "$name"
    fi
}

# matrix_rows FILE: the rows without comments.
matrix_rows() {
    grep -v '^#' "$1"
}

# matrix_architectures LIST: those of the list that were set up.
matrix_architectures() {
    local arch
    for arch in ${1//,/ }; do
        case " ${ARCHES[*]} " in *" $arch "*) printf '%s\n' "$arch" ;; esac
    done
}

run_matrix() {
    local key digest type option architectures ways signs arch way
    while IFS=$'\t' read -r key digest type option architectures ways signs; do
        for arch in $(matrix_architectures "$architectures"); do
            for way in ${ways//,/ }; do
                sign_case "$arch" "$way" "$key" "$digest" "$type" "$option" "$signs"
            done
        done
    done < <(matrix_rows "$WINE_TESTS/cases.tsv")
}

# equal_case ARCH: RSA PKCS#1 has one right answer, so every way to the same key gives the same file.
equal_case() {
    local arch=$1 way file output status
    local -a files=()
    matrix_begin "$arch-equal"
    for way in csp sha1 pfx; do
        file=$WORK/signed/$arch-equal-$way.exe
        files+=("$file")
        cp "$WORK/samples-$arch/sample.exe" "$file"
        status=0
        if [ "$way" = pfx ]; then
            OPTIONS=(/f "$(wine_path "$WORK/equal.pfx")" /p pw)
        else
            signtool_options "$way" equal
        fi
        output=$(signtool_run "$arch" sign "${OPTIONS[@]}" /fd sha256 "$(wine_path "$file")") || status=$?
        if [ "$status" -ne 0 ]; then
            report "$arch-equal" "signtool by $way ended with $status: $(tail -n 3 <<<"$output" | tr '\n' ' ')"
            return 0
        fi
    done
    if cmp -s "${files[0]}" "${files[2]}" && cmp -s "${files[1]}" "${files[2]}" &&
        samples_judge "${files[2]}" "$STATE/ca.crt" >/dev/null; then
        report "$arch-equal"
    else
        report "$arch-equal" "the files signed by the token and by the PFX differ"
    fi
}

# use_token NAME, use_service: what the client is told.
use_token() {
    SIGNUM_TOKEN_FILE=$(wine_path "$WORK/$1.token")
    export SIGNUM_TOKEN_FILE
}

use_service() {
    export SIGNUM_SERVICE_URL=$SERVICE_URL
}

# enter_state CONDITION: brings it about, and sets FAILURE_KEY to the key to sign with; leave_state takes it back.
enter_state() {
    FAILURE_KEY=rsa2048
    case $1 in
    wrong-key) cp "$CERTS/rsa2048.cer" "$CERTS/no-such-key.cer" && FAILURE_KEY=no-such-key ;;
    denied-key) FAILURE_KEY=denied ;;
    revoked-token) use_token revoked ;;
    stopped-service) service_stop ;;
    esac
}

leave_state() {
    case $1 in
    revoked-token) use_token matrix ;;
    stopped-service) service_start "$STATE" && use_service ;;
    esac
}

# failure_case CONDITION WAY ARCH PATTERN
failure_case() {
    local condition=$1 way=$2 arch=$3 pattern=$4 name file before after output status=0
    name=$arch-$way-$condition
    file=$WORK/signed/$name.exe
    cp "$WORK/samples-$arch/sample.exe" "$file"
    matrix_begin "$name"
    before=$(state_signatures)
    enter_state "$condition"
    signtool_options "$way" "$FAILURE_KEY"
    output=$(signtool_run "$arch" sign "${OPTIONS[@]}" /fd sha256 "$(wine_path "$file")") || status=$?
    leave_state "$condition"
    after=$(state_signatures)
    if [ "$status" -ne 1 ] || ! grep -q '^SignTool Error:' <<<"$output"; then
        report "$name" "signtool ended with $status: $(tail -n 3 <<<"$output" | tr '\n' ' ')"
    elif ! cmp -s "$file" "$WORK/samples-$arch/sample.exe"; then
        report "$name" "the file was changed"
    elif [ "$before" -ne "$after" ]; then
        report "$name" "the service signed"
    elif ! grep -qE -- "$pattern" "$CASE_LOG"; then
        report "$name" "no line of $CASE_LOG names the cause"
    else
        report "$name"
    fi
}

run_failures() {
    local condition way architectures pattern arch
    while IFS=$'\t' read -r condition way architectures pattern; do
        for arch in $(matrix_architectures "$architectures"); do
            failure_case "$condition" "$way" "$arch" "$pattern"
        done
    done < <(matrix_rows "$WINE_TESTS/failures.tsv")
}
