# shellcheck shell=bash
# Configures and builds presets. Source after common.sh, sources.sh and deps.sh.

BUILD_PRESETS=(linux linux-asan linux-tsan win64 win32)

# build_arch PRESET: the architecture whose libraries a Windows preset needs; empty for Linux.
build_arch() {
    case $1 in
    win64) echo x86_64 ;;
    win32) echo i686 ;;
    esac
}

# build_preset PRESET: leaves everything in build/PRESET. Output goes to the log unless it fails.
build_preset() {
    local preset=$1 arch root log=$SIGNUM_ROOT/build/log/$1.log
    local -a options=()
    arch=$(build_arch "$preset")
    if [ -n "$arch" ]; then
        root=$(deps_build "$arch") || return 1
        options+=("-DDEPS_ROOT=$root")
    fi
    timed "build/$preset" build_configured "$log" "$preset" "${options[@]}"
}

build_configured() {
    local log=$1 preset=$2
    shift 2
    cd "$SIGNUM_ROOT" || return 1
    quietly "$log" cmake --preset "$preset" "$@" || return 1
    quietly "$log" cmake --build --preset "$preset"
}
