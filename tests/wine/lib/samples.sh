# shellcheck shell=bash
# Unsigned files of each kind, and the judge of signed ones. Source after lib/signtool.sh.
#
#   samples_make ARCH FOLDER           sample.exe .dll .sys .cab .cat of that architecture
#   samples_judge FILE CA [TSA_CA]     osslsigncode's verdict; with TSA_CA the timestamp's too

samples_make() {
    local build folder=$2
    build=$(app_build "$1")/wine
    mkdir -p "$folder"
    cp "$build"/sample.{exe,dll,sys} "$folder/"
    /usr/bin/python3 "$WINE_TESTS/lib/mkcab.py" "$folder/sample.exe" "$folder/sample.cab" &&
        /usr/bin/python3 "$WINE_TESTS/lib/mkcat.py" "$folder/sample.exe" "$folder/sample.cat"
}

samples_judge() {
    local file=$1 ca=$2 tsa_ca=${3:-} verdict
    local -a options=(-in "$file" -CAfile "$ca")
    [ -z "$tsa_ca" ] || options+=(-TSA-CAfile "$tsa_ca")
    verdict=$(osslsigncode verify "${options[@]}" 2>&1) || true
    grep -q '^Signature verification: ok' <<<"$verdict" || {
        printf '%s\n' "$verdict"
        return 1
    }
    [ -z "$tsa_ca" ] || grep -q '^Timestamp Server Signature verification: ok' <<<"$verdict" || {
        printf '%s\n' "$verdict"
        return 1
    }
}
