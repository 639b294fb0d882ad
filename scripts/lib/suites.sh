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

# suites_run: the selected suites in their order, on as many lanes as the machine has processors (at most 4); each lane
# takes the next suite when it is free. A suite has its own folders, ports and Wine prefix, so that they do not meet.
suites_run() {
    local next=0 running=0 lanes
    lanes=$(nproc)
    [ "$lanes" -le 4 ] || lanes=4
    rm -rf "$SUITES_LOG"
    mkdir -p "$SUITES_LOG"
    # In the background, so that Ctrl-C ends the suites at once and lets them clean up.
    trap 'suites_kill; exit 130' INT TERM
    while [ "$next" -lt "${#SELECTED[@]}" ] || [ "$running" -gt 0 ]; do
        if [ "$next" -lt "${#SELECTED[@]}" ] && [ "$running" -lt "$lanes" ]; then
            suites_start "${SELECTED[$next]}" &
            next=$((next + 1)) running=$((running + 1))
        else
            wait -n || true
            running=$((running - 1))
        fi
    done
    trap - INT TERM
    suites_collect
}

suites_kill() {
    local pid
    for pid in $(jobs -p); do
        kill "$pid" 2>/dev/null || true
    done
    wait
}

# suites_start ROW: one suite; its output goes to NAME.log, how it ended and its seconds to NAME.end.
suites_start() {
    local name line start=$SECONDS status=0 pid=
    local -a command
    IFS='|' read -r name _ line <<<"$1"
    read -r -a command <<<"$line"
    say "running $name"
    if [ -x "${command[0]}" ]; then
        timeout -k 30 "$SUITES_SECONDS" "${command[@]}" >"$SUITES_LOG/$name.log" 2>&1 </dev/null &
        pid=$!
        trap 'kill "$pid" 2>/dev/null; wait "$pid"; exit 130' INT TERM
        wait "$pid" || status=$?
    else
        echo "FAIL: ${command[0]} is missing" >"$SUITES_LOG/$name.log"
        status=127
    fi
    echo "$status $((SECONDS - start))" >"$SUITES_LOG/$name.end"
    line=$(suites_line "$name")
    say "  $name: ${line:-ended with status $status and no report} ($((SECONDS - start)) s)"
}

# suites_line NAME: what it reported, as `passed=N failed=N skipped=N`.
suites_line() {
    grep -aoE '^suite: [a-z0-9-]+ passed=[0-9]+ failed=[0-9]+ skipped=[0-9]+$' "$SUITES_LOG/$1.log" | tail -n 1 |
        sed 's/^suite: [^ ]* //' || true
}

# suites_collect: adds up, in the order of the table, and shows what failed.
suites_collect() {
    local row name
    for row in "${SELECTED[@]}"; do
        IFS='|' read -r name _ <<<"$row"
        suites_collect_one "$name"
    done
}

suites_collect_one() {
    local name=$1 log=$SUITES_LOG/$1.log line status=1 seconds=0 passed=0 failed=0 skipped=0
    read -r status seconds <"$SUITES_LOG/$name.end" || true
    line=$(suites_line "$name")
    if [ -n "$line" ]; then
        passed=$(suites_field passed "$line") failed=$(suites_field failed "$line") skipped=$(suites_field skipped "$line")
    fi
    # No report, an empty one, or one that contradicts the exit status is a failure.
    if [ $((passed + failed + skipped)) -eq 0 ] || { [ "$status" -ne 0 ] && [ "$failed" -eq 0 ]; }; then
        echo "FAIL: $name ended with status $status and this report: ${line:-none}" >>"$log"
        failed=$((failed + 1))
    fi
    suites_show "$name" "$failed"
    TOTAL_PASSED=$((TOTAL_PASSED + passed))
    TOTAL_FAILED=$((TOTAL_FAILED + failed))
    TOTAL_SKIPPED=$((TOTAL_SKIPPED + skipped))
    RESULTS+=("$name $passed $failed $skipped $seconds")
}

suites_field() {
    sed -n "s/.*\b$1=\([0-9]*\).*/\1/p" <<<"$2"
}

# suites_show NAME FAILED: the reasons of skips always; of a failure its marked lines, the end of the log, and where it is.
suites_show() {
    local log=$SUITES_LOG/$1.log
    grep -aE '^skip: ' "$log" | sed "s/^/    $1: /" >&2 || true
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
