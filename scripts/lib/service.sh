# shellcheck shell=bash
# A signumd of the tests and the demo: SoftHSM2, loopback, a free port. Source after common.sh.
#
#   service_init STATE           makes the state folder
#   service_start STATE          starts it; SERVICE_PID and SERVICE_URL say what runs; its access log is STATE.log
#   service_stop                 ends what service_start started, and waits for it
#   signumd_run ARGS...          a signumd verb, with its output
#   service_make_key STATE KEY   makes a key whose name says its kind: rsa3072, p384; P-256 for any other name
#   service_module STATE         prints the PKCS#11 module that the service uses

SIGNUMD=${SIGNUMD:-$SIGNUM_ROOT/build/linux/service/signumd}
SERVICE_PID=
SERVICE_URL=
# Starting a token takes a moment on a busy machine.
SERVICE_SECONDS=30

signumd_run() {
    "$SIGNUMD" "$@" </dev/null
}

service_init() {
    signumd_run init --state "$1" >/dev/null
}

service_start() {
    local state=$1 tries=$((SERVICE_SECONDS * 20))
    rm -f "$state/url"
    "$SIGNUMD" serve --state "$state" --listen 127.0.0.1:0 >"$state.out" 2>>"$state.log" </dev/null &
    SERVICE_PID=$!
    while [ ! -s "$state/url" ]; do
        tries=$((tries - 1))
        if [ "$tries" -eq 0 ] || ! kill -0 "$SERVICE_PID" 2>/dev/null; then
            say "signumd did not start:"
            tail -n 20 "$state.log" >&2
            service_stop
            return 1
        fi
        sleep 0.05
    done
    SERVICE_URL=$(cat "$state/url")
}

service_stop() {
    if [ -n "$SERVICE_PID" ]; then
        kill "$SERVICE_PID" 2>/dev/null || true
        wait "$SERVICE_PID" 2>/dev/null || true
        SERVICE_PID=
    fi
}

service_module() {
    /usr/bin/python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["pkcs11"]["module"])' "$1/signumd.json"
}

service_make_key() {
    local -a kind=(--algorithm ecdsa --curve P-256)
    case $2 in
    rsa[0-9]*) kind=(--algorithm rsa --bits "${2#rsa}") ;;
    p[0-9]*) kind=(--algorithm ecdsa --curve "P-${2#p}") ;;
    esac
    signumd_run key create --state "$1" "$2" "${kind[@]}" >/dev/null
}
