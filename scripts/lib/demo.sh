# shellcheck shell=bash
# The steps of scripts/demo.sh. Source after common.sh, wine.sh, service.sh and the signtool harness.

DEMO=$SIGNUM_ROOT/build/demo
DEMO_STATE=$DEMO/service
DEMO_KEY=release-2026
DEMO_KEPT=no

# demo_stop_kept: ends the service and the prefix that an earlier --keep left, by what it wrote down.
demo_stop_kept() {
    local pid=
    if [ -f "$DEMO/service.pid" ]; then
        pid=$(cat "$DEMO/service.pid")
        # The number may belong to another program by now.
        if tr '\0' ' ' <"/proc/$pid/cmdline" 2>/dev/null | grep -qF -- "serve --state $DEMO_STATE"; then
            kill "$pid"
            say "stopped the service that an earlier demo left running"
        fi
        rm -f "$DEMO/service.pid"
    fi
    if [ -d "$DEMO/prefix" ]; then
        WINEPREFIX=$DEMO/prefix wine_stop
    fi
}

# shellcheck disable=SC2329
demo_cleanup() {
    if [ "$DEMO_KEPT" = no ]; then
        service_stop
        [ ! -d "$DEMO/prefix" ] || WINEPREFIX=$DEMO/prefix wine_stop
    fi
}

demo_make_folder() {
    rm -rf "$DEMO"
    mkdir -p "$DEMO/signed"
}

demo_start_service() {
    service_init "$DEMO_STATE"
    service_start "$DEMO_STATE"
}

demo_make_key() {
    signumd_run key create --state "$DEMO_STATE" "$DEMO_KEY" --algorithm rsa --bits 3072 >/dev/null
    signumd_run cert issue --state "$DEMO_STATE" "$DEMO_KEY" --subject "/CN=Example Publisher/O=Example" \
        --out "$DEMO/$DEMO_KEY.cer" >/dev/null
    signumd_run user add --state "$DEMO_STATE" build-agent --role signer >/dev/null
    signumd_run policy allow --state "$DEMO_STATE" agents-release --user build-agent --key "$DEMO_KEY" >/dev/null
    signumd_run token create --state "$DEMO_STATE" build-agent --out "$DEMO/build-agent.token" >/dev/null
}

# demo_settings FILE: what an administrator would write on a build agent.
demo_settings() {
    /usr/bin/python3 - "$1" "$SERVICE_URL" "$(wine_path "$DEMO_STATE/ca.crt")" "$(wine_path "$DEMO/build-agent.token")" \
        "$(wine_path "$DEMO/signum.log")" <<'PYTHON'
import json, sys
file, url, ca, token, log = sys.argv[1:]
service = {"url": url, "ca_file": ca, "auth": {"method": "token", "token_file": token}}
with open(file, "w") as out:
    json.dump({"services": {"main": service}, "log_file": log}, out, indent=2)
PYTHON
}

demo_install_provider() {
    signtool_setup "$DEMO/prefix" x64
    demo_settings "$DEMO/signum.json"
    SIGNUM_CONFIG=$(wine_path "$DEMO/signum.json")
    export SIGNUM_CONFIG
    signum_windows register --dll "$(wine_path "$SIGNUM_ROOT/build/win64/ksp/cng/signumksp.dll")"
    signum_windows certs sync
    DEMO_THUMBPRINT=$(openssl x509 -inform DER -in "$DEMO/$DEMO_KEY.cer" -noout -fingerprint -sha1 |
        sed 's/.*=//; s/://g')
}

# signum_windows ARGS...: signum.exe in the prefix; quiet unless it fails.
signum_windows() {
    quietly "$DEMO/signum.out" signum_run x64 "$@"
}

# The program that is signed: the project's own command, as a release would.
demo_sign() {
    local way
    for way in csp store; do
        cp "$SIGNUM_ROOT/build/win64/ksp/cli/signum.exe" "$DEMO/signed/signum-$way.exe"
    done
    quietly "$DEMO/signtool-csp.out" signtool_run x64 sign /csp "Signum KSP" /kc "$DEMO_KEY" \
        /f "$(wine_path "$DEMO/$DEMO_KEY.cer")" /fd sha256 "$(wine_path "$DEMO/signed/signum-csp.exe")"
    quietly "$DEMO/signtool-store.out" signtool_run x64 sign /sha1 "$DEMO_THUMBPRINT" /fd sha256 \
        "$(wine_path "$DEMO/signed/signum-store.exe")"
}

demo_verify() {
    local way
    for way in csp store; do
        quietly "$DEMO/verify-$way.out" osslsigncode verify -CAfile "$DEMO_STATE/ca.crt" \
            -in "$DEMO/signed/signum-$way.exe"
    done
    signumd_run audit verify --state "$DEMO_STATE" >"$DEMO/audit.out"
}

# demo_verdict WAY: osslsigncode's own sentence.
demo_verdict() {
    grep -m 1 '^Signature verification:' "$DEMO/verify-$1.out"
}

# demo_token_facts: what the token itself says of the private key, asked with a tool that is not ours.
demo_token_facts() {
    SOFTHSM2_CONF=$DEMO_STATE/softhsm2.conf pkcs11-tool --module "$(service_module "$DEMO_STATE")" --login \
        --pin "$(cat "$DEMO_STATE/token.pin")" --list-objects --type privkey 2>/dev/null |
        sed -n 's/^ *Access: *//p'
}

demo_audit_records() {
    signumd_run audit list --state "$DEMO_STATE" --json | /usr/bin/python3 "$SIGNUM_ROOT/scripts/lib/demo_audit.py"
}

demo_tell() {
    cat <<EOF

The key        $DEMO_KEY, RSA 3072, made inside the token; the token calls it: $(demo_token_facts)
               so no program, ours included, can copy it out.
Signed twice   signtool sign /csp "Signum KSP" /kc $DEMO_KEY /f $DEMO_KEY.cer /fd sha256 signum-csp.exe
               signtool sign /sha1 $DEMO_THUMBPRINT /fd sha256 signum-store.exe
Judged by      osslsigncode, which is not ours:
               signum-csp.exe    $(demo_verdict csp)
               signum-store.exe  $(demo_verdict store)
Audit          $(sed -n "1s/ Root hash.*//p" "$DEMO/audit.out") Of these two signatures it says:
$(demo_audit_records)
Signed files   $DEMO/signed
EOF
}

# demo_keep: leaves everything up, and says how to go on.
demo_keep() {
    DEMO_KEPT=yes
    echo "$SERVICE_PID" >"$DEMO/service.pid"
    demo_write_shell
    cat <<EOF

Still running: the service at $SERVICE_URL (process $SERVICE_PID).
Go on by hand, for example:
  $DEMO/run signtool sign /csp "Signum KSP" /kc $DEMO_KEY /f 'Z:${DEMO//\//\\}\\$DEMO_KEY.cer' /fd sha256 'Z:\\path\\FILE.exe'
  $DEMO/run signum doctor
  $SIGNUMD audit list --state $DEMO_STATE
Stop it with: scripts/demo.sh --stop
EOF
}

# demo_write_shell: a program that runs signtool or signum with the demo's prefix and settings.
demo_write_shell() {
    {
        echo '#!/bin/bash'
        echo '# Runs signtool or signum in the Wine prefix of the demo.'
        export -p | grep -E ' (WINE|SIGNUM_CONFIG)'
        printf 'cd %q || exit 1\n' "$(signtool_folder x64)"
        echo 'unset DISPLAY WAYLAND_DISPLAY'
        # shellcheck disable=SC2016
        echo 'program=$1; shift'
        # shellcheck disable=SC2016
        printf 'exec %q "$program.exe" "$@"\n' "$(wine_loader)"
    } >"$DEMO/run"
    chmod +x "$DEMO/run"
}
