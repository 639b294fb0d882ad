# shellcheck shell=bash disable=SC2154
# The groups of test_ksp that make, certify, attest and destroy keys. Part of run.sh, whose variables and functions it
# uses.

set_up_manager() {
    signumd_run user add --state "$state" manager --role key-manager >/dev/null
    signumd_run token create --state "$state" manager --out "$work/manager.token" >/dev/null
}

# certify_made: a certificate for the public key that the provider exported, by the service's CA but past the service.
# The blob is two numbers of four bytes, then x and y; before them goes what RFC 5480 says of P-256.
certify_made() {
    {
        printf '\x30\x59\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07\x03\x42\x00\x04'
        tail -c 64 "$data/made.blob"
    } | openssl pkey -pubin -inform der -out "$work/made.pem" &&
        openssl x509 -new -force_pubkey "$work/made.pem" -subj "/CN=Made key" -CA "$state/ca.crt" \
            -CAkey "$state/ca.key" -days 2 -outform der -out "$data/made.cer" 2>/dev/null
}

# claim_part MEMBER: a base64 member of the claim; the first item of a list.
claim_part() {
    /usr/bin/python3 -c '
import base64, json, sys
value = json.load(open(sys.argv[1]))[sys.argv[2]]
sys.stdout.buffer.write(base64.b64decode(value[0] if isinstance(value, list) else value))' "$data/claim.json" "$1"
}

# claim_verifies: the claim is signed by a certificate of the service's CA, and is about the key p384.
claim_verifies() {
    claim_part evidence >"$work/evidence" && claim_part signature >"$work/evidence.sig" &&
        claim_part chain | openssl x509 -inform der -out "$work/attest.pem" &&
        openssl verify -CAfile "$state/ca.crt" "$work/attest.pem" >/dev/null 2>&1 &&
        openssl x509 -in "$work/attest.pem" -noout -pubkey >"$work/attest.pub" &&
        openssl dgst -sha256 -verify "$work/attest.pub" -signature "$work/evidence.sig" "$work/evidence" >/dev/null &&
        grep -q "$(sha256sum "$data/p384.spki" | cut -d ' ' -f 1)" "$work/evidence"
}

# run_managed TEXT: after the groups of a way, with the way and application folder that the caller has set.
run_managed() {
    local text=$1 manager
    manager=$(wine_path "$work/manager.token")
    export SIGNUM_TEST_RUN=${text// /-}
    run_program "$work" "$text create-denied" 1 test_ksp "$way" create-denied
    rm -f "$data"/made.*
    SIGNUM_TOKEN_FILE=$manager in_changing_world "$text" create certify_made
    SIGNUM_TOKEN_FILE=$manager SIGNUM_ALLOW_DELETE=true run_program "$work" "$text delete" 1 test_ksp "$way" delete
    if [ "$way" = direct ]; then
        if claim_verifies; then
            ok "$text: openssl verifies the claim"
        else
            not_ok "$text: openssl does not verify the claim"
        fi
    fi
}
