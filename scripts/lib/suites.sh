# shellcheck shell=bash
# Runs suites and adds up what they report. Source after common.sh and build.sh; SUITES is the caller's table.

SUITES_LOG=$SIGNUM_ROOT/build/test-logs
# A suite that hangs is a suite that fails.
SUITES_SECONDS=2400
SELECTED=()
RESULTS=()
TOTAL_PASSED=0 TOTAL_FAILED=0 TOTAL_SKIPPED=0

suites_names() {
    printf '%s\n' "${SUITES[@]%%|*}"
}

# suites_select [NAME...]: all suites, or those whose names begin so.
suites_select() {
    local row name
    SELECTED=()
    for row in "${SUITES[@]}"; do
        if [ $# -eq 0 ]; then
            SELECTED+=("$row")
            continue
        fi
        for name in "$@"; do
            case $row in "$name"*) SELECTED+=("$row") && break ;; esac
        done
    done
}

# suites_build: the presets that the selected suites need, in the usual order.
suites_build() {
    local preset needed=" " row presets
    for row in "${SELECTED[@]}"; do
        IFS='|' read -r _ presets _ <<<"$row"
        needed+="$presets "
    done
    for preset in "${BUILD_PRESETS[@]}"; do
        case $needed in
        *" $preset "*) build_preset "$preset" || return 1 ;;
        esac
    done
}

suites_run() {
    local row name command
    mkdir -p "$SUITES_LOG"
    for row in "${SELECTED[@]}"; do
        IFS='|' read -r name _ command <<<"$row"
        suites_run_one "$name" "$command"
    done
}

# suites_run_one NAME COMMAND: output to a log, of which a failing suite shows what matters.
suites_run_one() {
    local name=$1 log=$SUITES_LOG/$1.log start=$SECONDS status=0 line pid passed=0 failed=0 skipped=0
    local -a command
    read -r -a command <<<"$2"
    say "running $name"
    if [ -x "${command[0]}" ]; then
        timeout -k 30 "$SUITES_SECONDS" "${command[@]}" >"$log" 2>&1 </dev/null &
        # In the background, so that Ctrl-C ends the suite at once and lets it clean up.
        pid=$!
        trap 'kill "$pid" 2>/dev/null; exit 130' INT TERM
        wait "$pid" || status=$?
        trap - INT TERM
    else
        echo "FAIL: ${command[0]} is missing" >"$log"
        status=127
    fi
    line=$(grep -aE '^suite: [a-z0-9-]+ passed=[0-9]+ failed=[0-9]+ skipped=[0-9]+$' "$log" | tail -n 1) || true
    if [ -n "$line" ]; then
        passed=$(suites_field passed "$line") failed=$(suites_field failed "$line") skipped=$(suites_field skipped "$line")
    fi
    # No report, an empty one, or one that contradicts the exit status is a failure.
    if [ $((passed + failed + skipped)) -eq 0 ] || { [ "$status" -ne 0 ] && [ "$failed" -eq 0 ]; }; then
        echo "FAIL: $name ended with status $status and this report: ${line:-none}" >>"$log"
        failed=$((failed + 1))
    fi
    suites_show "$log" "$failed"
    TOTAL_PASSED=$((TOTAL_PASSED + passed))
    TOTAL_FAILED=$((TOTAL_FAILED + failed))
    TOTAL_SKIPPED=$((TOTAL_SKIPPED + skipped))
    RESULTS+=("$name $passed $failed $skipped $((SECONDS - start))")
}

suites_field() {
    sed -n "s/.* $1=\([0-9]*\).*/\1/p" <<<"$2"
}

# suites_show LOG FAILED: the reasons of skips always; of a failure its marked lines, the end of the log, and where it is.
suites_show() {
    local log=$1
    grep -aE '^skip: ' "$log" | sed 's/^/    /' >&2 || true
    if [ "$2" -eq 0 ]; then
        return 0
    fi
    if [ "$(wc -l <"$log")" -gt 40 ]; then
        grep -aE '^(FAIL|not ok)' "$log" | head -n 60 | sed 's/^/    /' >&2 || true
    fi
    say "    ---- end of $log"
    tail -n 40 "$log" | sed 's/^/    /' >&2
    say "    ----"
}

# suites_report: the table, the total, and the exit status.
suites_report() {
    local row
    {
        echo
        printf '%-14s %8s %8s %8s %8s\n' suite passed failed skipped seconds
        for row in "${RESULTS[@]}"; do
            # shellcheck disable=SC2086
            printf '%-14s %8s %8s %8s %8s\n' $row
        done
        echo
    }
    if [ "$TOTAL_SKIPPED" -gt 0 ] && [ "${CI:-}" = true ]; then
        echo "in CI nothing may be skipped"
    fi
    echo "$TOTAL_PASSED passed, $TOTAL_FAILED failed, $TOTAL_SKIPPED skipped"
    [ "$TOTAL_FAILED" -eq 0 ] && [ "$TOTAL_PASSED" -gt 0 ] || return 1
    [ "$TOTAL_SKIPPED" -eq 0 ] || [ "${CI:-}" != true ]
}
