# shellcheck shell=bash disable=SC2154
# The groups of test_ksp for what a key demands: a reason, a PIN, approval. Part of run.sh, whose variables and functions
# it uses.

DEMANDED_PIN=marked-pin-48151623

# A user of their own, so that the lists of the other groups stay as they are.
set_up_demands() {
    local key
    printf '%s' "$DEMANDED_PIN" >"$work/pin"
    for key in demanding approved; do
        service_make_key "$state" "$key"
    done
    signumd_run key pin set --state "$state" demanding --file "$work/pin" >/dev/null
    signumd_run key set --state "$state" demanding --flags usageReason,needPin >/dev/null
    signumd_run user add --state "$state" careful --role signer >/dev/null
    signumd_run user add --state "$state" carol --role approver >/dev/null
    signumd_run group add --state "$state" managers >/dev/null
    signumd_run group join --state "$state" managers carol >/dev/null
    signumd_run policy allow --state "$state" careful --user careful --key demanding >/dev/null
    printf '%s' '{"name": "approved", "what": {"keys": ["approved"]}, "who": {"users": ["careful"]}, "action": "allow",
        "obligations": {"approvals": [{"need": 1, "group": "managers"}]}}' >"$work/policy.json"
    signumd_run policy put --state "$state" "$work/policy.json" >/dev/null
    signumd_run token create --state "$state" careful --out "$work/careful.token" >/dev/null
}

pending_requests() {
    signumd_run request list --state "$state" --status pending --user careful --json | grep -oE '\b[0-9a-f]{32}\b' | sort -u
}

# approve_pending: there is only one.
approve_pending() {
    pending_requests | head -n 1 >"$work/approved.id"
    signumd_run request approve --state "$state" "$(cat "$work/approved.id")" --user carol
}

cancel_pending() {
    local id
    for id in $(pending_requests); do
        signumd_run request cancel --state "$state" "$id" --user careful >/dev/null 2>&1 || true
    done
}

# run_demands TEXT: after the groups of a way, with the way and application folder that the caller has set.
run_demands() {
    local text=$1 token part
    token=$(wine_path "$work/careful.token")
    export SIGNUM_TEST_RUN=${text// /-}
    SIGNUM_TOKEN_FILE=$token run_program "$work" "$text demands" 1 test_ksp "$way" demands
    SIGNUM_TOKEN_FILE=$token SIGNUM_REASON="reason of the variable" SIGNUM_PIN=$DEMANDED_PIN \
        run_program "$work" "$text demands-variables" 1 test_ksp "$way" demands-variables
    SIGNUM_TOKEN_FILE=$token SIGNUM_TIMEOUT_MS=4000 SIGNUM_APPROVAL_TIMEOUT_MS=4000 in_changing_world "$text" waiting approve_pending
    cancel_pending
    expect_in_log "$text" "request $(cat "$work/approved.id")"
    expect_in_log "$text" PIN_REQUIRED
    expect_in_log "$text" REASON_REQUIRED
    signumd_run audit list --state "$state" --json >"$work/audit.jsonl"
    for part in 'the marked reason' 'the use context' 'reason of the variable' 'test_ksp.exe'; do
        if grep -qF "$part" "$work/audit.jsonl"; then
            ok "$text: the records have '$part'"
        else
            not_ok "$text: the records lack '$part'"
        fi
    done
    if grep -rqF marked-pin "$work/ksp.log" "$work/audit.jsonl" "$state.log"; then
        not_ok "$text: a PIN is in a log or a record"
    else
        ok "$text: no PIN in logs and records"
    fi
}
