# shellcheck shell=bash
# The signumd of the matrix: its keys, their certificates, and who may use them. Source after scripts/lib/service.sh.
#
# STATE is the state folder, CERTS gets NAME.cer of each key. MATRIX_KEYS may be used by the user "matrix"; "denied" may
# not. "equal" is a key that openssl made, so that signatures in the token can be compared with those of a PFX.

MATRIX_KEYS=(rsa2048 rsa3072 rsa4096 p256 p384)

# state_issue KEY: a certificate of the state folder's own CA.
state_issue() {
    signumd_run cert issue --state "$STATE" "$1" --subject "/CN=Signum matrix $1" --out "$CERTS/$1.cer"
}

state_allow() {
    signumd_run policy allow --state "$STATE" "matrix-$1" --user matrix --key "$1"
}

state_keys() {
    local key
    for key in "${MATRIX_KEYS[@]}" denied; do
        service_make_key "$STATE" "$key" && state_issue "$key" || return 1
    done
}

# state_token_label: the label of the token that signumd init made.
state_token_label() {
    SOFTHSM2_CONF=$STATE/softhsm2.conf softhsm2-util --show-slots |
        sed -n 's/^ *Label: *\([^ ].*[^ ]\) *$/\1/p' | sed -n 1p
}

# state_import: the key "equal" in the token, and the same key with its certificate as a PFX.
state_import() {
    local pem=$WORK/equal.pem
    openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out "$pem" &&
        SOFTHSM2_CONF=$STATE/softhsm2.conf softhsm2-util --import "$pem" --token "$(state_token_label)" \
            --label equal --id e9 --pin "$(cat "$STATE/token.pin")" &&
        signumd_run key adopt --state "$STATE" equal --label equal &&
        state_issue equal &&
        openssl x509 -inform DER -in "$CERTS/equal.cer" -out "$WORK/equal.crt" &&
        openssl pkcs12 -export -inkey "$pem" -in "$WORK/equal.crt" -passout pass:pw -keypbe PBE-SHA1-3DES \
            -certpbe PBE-SHA1-3DES -macalg sha1 -out "$WORK/equal.pfx"
}

state_users() {
    local key
    signumd_run user add --state "$STATE" matrix --role signer || return 1
    for key in "${MATRIX_KEYS[@]}" equal; do
        state_allow "$key" || return 1
    done
    signumd_run token create --state "$STATE" matrix --out "$WORK/matrix.token" || return 1
    state_revoked_token
}

# A token that was good once.
state_revoked_token() {
    local id
    id=$(signumd_run token create --state "$STATE" matrix --out "$WORK/revoked.token") &&
        signumd_run token revoke --state "$STATE" "$id"
}

state_make() {
    mkdir -p "$CERTS"
    service_init "$STATE" && state_keys && state_import && state_users
}

# state_signatures [KEY DIGEST]: how many signatures the audit has, of one kind or in all.
state_signatures() {
    signumd_run audit list --state "$STATE" --json |
        /usr/bin/python3 "$WINE_TESTS/lib/count_signatures.py" "$@"
}
