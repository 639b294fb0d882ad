# shellcheck shell=bash
# A timestamp server for one test run. Source after scripts/lib/common.sh.
#
#   tsa_start FOLDER   makes its certificates and starts it; TSA_URL and TSA_CA are set
#   tsa_stop           ends it

TSA_PID=

tsa_config() {
    cat <<'END'
[req]
distinguished_name = name
prompt = no
[name]
CN = Signum test timestamps
[ca]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign,cRLSign
[leaf]
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = critical,timeStamping
[tsa]
default_tsa = server
[server]
dir = .
serial = ./serial
crypto_device = builtin
signer_cert = ./tsa.pem
certs = ./ca.pem
signer_key = ./tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha1,sha256,sha384,sha512
accuracy = secs:1
ordering = no
tsa_name = no
ess_cert_id_chain = no
END
}

tsa_certificates() {
    openssl req -x509 -newkey rsa:2048 -nodes -days 2 -config tsa.cnf -extensions ca -subj '/CN=Signum test timestamp CA' \
        -keyout ca.key -out ca.pem &&
        openssl req -new -newkey rsa:2048 -nodes -config tsa.cnf -keyout tsa.key -out tsa.csr &&
        openssl x509 -req -in tsa.csr -CA ca.pem -CAkey ca.key -set_serial 2 -days 2 -extfile tsa.cnf -extensions leaf \
            -out tsa.pem
}

tsa_start() {
    local folder=$1 i
    mkdir -p "$folder"
    tsa_config >"$folder/tsa.cnf"
    echo 01 >"$folder/serial"
    (cd "$folder" && quietly "$folder/certificates.log" tsa_certificates) || return 1
    /usr/bin/python3 "$WINE_TESTS/lib/tsa.py" "$folder" >"$folder/log" 2>&1 </dev/null &
    TSA_PID=$!
    for ((i = 0; i < 50; i++)); do
        [ ! -f "$folder/url" ] || break
        sleep 0.1
    done
    TSA_URL=$(cat "$folder/url") || return 1
    TSA_CA=$folder/ca.pem
    export TSA_URL TSA_CA
}

tsa_stop() {
    if [ -n "$TSA_PID" ]; then
        kill "$TSA_PID" 2>/dev/null || true
        wait "$TSA_PID" 2>/dev/null || true
        TSA_PID=
    fi
}
