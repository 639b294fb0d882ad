# shellcheck shell=bash
# Paths, messages and downloads shared by the scripts. Source it; it changes nothing by itself.

SIGNUM_ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
if [ -z "${SIGNUM_CACHE:-}" ]; then
    SIGNUM_CACHE=${XDG_CACHE_HOME:-${HOME:-$(getent passwd "$(id -u)" | cut -d: -f6)}/.cache}/signum
fi
export SIGNUM_ROOT SIGNUM_CACHE

say() {
    printf '%s\n' "$*" >&2
}

warn_loudly() {
    printf '\n!!!!\n' >&2
    printf '!!!! %s\n' "$@" >&2
    printf '!!!!\n\n' >&2
}

die() {
    printf 'error: %s\n' "$*" >&2
    exit 1
}

# clean_environment: what a person has set for work with the real programs must not reach the tests or the demo.
clean_environment() {
    local name
    while read -r name; do
        case $name in
        SIGNUM_ROOT | SIGNUM_CACHE) ;;
        *) unset "$name" ;;
        esac
    done < <(compgen -e | grep -E '^(SIGNUM_|WINE|SOFTHSM2_|ASAN_|UBSAN_|LSAN_|DISPLAY$|WAYLAND_)')
    export LC_ALL=C.UTF-8
}

# quietly LOG COMMAND...: output goes to LOG; its end is shown if the command fails.
quietly() {
    local log=$1
    shift
    mkdir -p "$(dirname "$log")"
    if ! "$@" >"$log" 2>&1 </dev/null; then
        say "failed: $*"
        tail -n 40 "$log" >&2
        say "the whole output: $log"
        return 1
    fi
}

# timed TEXT COMMAND...: runs the command and prints the text with the seconds it took.
timed() {
    local text=$1 start=$SECONDS status=0
    shift
    "$@" || status=$?
    if [ "$status" -eq 0 ]; then
        say "$(printf '%-48s %4d s' "$text" $((SECONDS - start)))"
    fi
    return "$status"
}

# locked NAME COMMAND...: one at a time of all that share the cache; suites run side by side.
locked() {
    local name=$1 lock status=0
    shift
    mkdir -p "$SIGNUM_CACHE/lock"
    exec {lock}>"$SIGNUM_CACHE/lock/$name"
    flock "$lock"
    "$@" {lock}>&- || status=$?
    exec {lock}>&-
    return "$status"
}

has_sha256() {
    [ -f "$1" ] && printf '%s  %s\n' "$2" "$1" | sha256sum --check --status
}

# apt_mirror LABEL: the address this machine takes Debian (or Debian-Security) from; empty if there is none.
apt_mirror() {
    # No early end of the pipe: the writer would die of it.
    apt-get indextargets --format "\$(LABEL)|\$(REPO_URI)" 'Created-By: Packages' 2>/dev/null |
        sed -n "s/^$1|//p" | sort | sed -n 1p
}

# apt_pool_fetch SOURCE FILE SHA256 OUT: a file of the archive's pool by its name, checked by its hash. No index needed.
apt_pool_fetch() {
    local source=$1 file=$2 sha=$3 out=$4 letter=${1:0:1} uri mirror
    case $source in lib*) letter=${source:0:4} ;; esac
    for mirror in "$(apt_mirror Debian)" "$(apt_mirror Debian-Security)"; do
        [ -n "$mirror" ] || continue
        for uri in "${mirror%/}/pool/main" "${mirror%/}/pool/updates/main"; do
            # The hash decides; -o lets a download into a home folder work for root too.
            if /usr/lib/apt/apt-helper -o "APT::Sandbox::User=$(id -un)" -o Acquire::Retries=2 \
                download-file "$uri/$letter/$source/$file" "$out.part" "SHA256:$sha" \
                >/dev/null 2>&1 </dev/null && has_sha256 "$out.part" "$sha"; then
                mv "$out.part" "$out"
                return 0
            fi
            rm -f "$out.part" "$out.part.FAILED"
        done
    done
    return 1
}

# apt_private DIR COMMAND...: an apt command with lists and sources of its own in DIR; the machine's stay as they are.
# DIR/sources.list is written by the caller; DIR/options holds further options, one a line.
apt_private() {
    local dir=$1 command=$2
    local -a options=()
    shift 2
    mkdir -p "$dir/lists/partial" "$dir/cache/archives/partial" "$dir/none"
    if [ -f "$dir/options" ]; then
        mapfile -t options <"$dir/options"
    fi
    "$command" -q "${options[@]}" -o "Dir::Etc::sourcelist=$dir/sources.list" -o "Dir::Etc::sourceparts=$dir/none" \
        -o "Dir::Etc::preferences=$dir/none/preferences" -o "Dir::Etc::preferencesparts=$dir/none" \
        -o "Dir::State::lists=$dir/lists" -o "Dir::Cache=$dir/cache" \
        -o "APT::Sandbox::User=$(id -un)" -o Acquire::Retries=3 "$@" </dev/null
}

# Where the archive's own keys lie: apt checks every private index against them.
DEBIAN_KEYRING=/usr/share/keyrings/debian-archive-keyring.gpg
export DEBIAN_KEYRING
