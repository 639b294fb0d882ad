# shellcheck shell=bash
# Builds the static libraries for Windows once and keeps them in the cache. Source after common.sh and sources.sh.

DEPS_DIR=$SIGNUM_CACHE/deps
DEPS_STEPS=(openssl cjson cmocka curl)

# deps_resolved: prints the file with the sources in use, making it if this lock was not seen before.
deps_resolved() {
    local file
    file=$DEPS_DIR/sources-$(cat "$SOURCES_LOCK" "$SOURCES_CONF" | sha256sum | cut -c1-12)
    mkdir -p "$DEPS_DIR"
    if [ ! -f "$file" ]; then
        timed "sources of the Windows libraries" sources_resolve "$file" || return 1
    fi
    sources_warn "$file"
    printf '%s\n' "$file"
}

# deps_key ARCH RESOLVED: changes when anything does that the result depends on.
deps_key() {
    local arch=$1 resolved=$2 here=$SIGNUM_ROOT/scripts
    {
        grep -E '^(skip|unpatched) ' "$SOURCES_CONF"
        cat "$resolved" "$here/deps/CMakeLists.txt" "$here/deps/apply-patches.sh" \
            "$here/toolchain/$arch-w64-mingw32.cmake" "$here/toolchain/mingw-common.cmake"
        declare -f sources_patches deps_make
        "$arch-w64-mingw32-gcc-win32" --version
        dpkg-query -W mingw-w64-common
    } | sha256sum | cut -c1-12
}

# deps_make ARCH RESOLVED TARGET: builds into a folder beside TARGET and renames it when it is whole.
deps_make() {
    local arch=$1 resolved=$2 target=$3 work=$3.work log=$SIGNUM_CACHE/log/deps-$1 name version
    rm -rf "$work"
    mkdir -p "$work/patches" "$work/root"
    sources_patches "$resolved" "$work/patches" || return 1
    quietly "$log-configure.log" cmake -G Ninja -S "$SIGNUM_ROOT/scripts/deps" -B "$work/build" \
        "-DCMAKE_TOOLCHAIN_FILE=$SIGNUM_ROOT/scripts/toolchain/$arch-w64-mingw32.cmake" \
        "-DCMAKE_INSTALL_PREFIX=$work/root" "-DTARBALLS=$SOURCES_DIR" \
        "-DSOURCES_LOCK=$resolved" "-DPATCHES=$work/patches" || return 1
    for name in "${DEPS_STEPS[@]}"; do
        version=$(awk -v n="$name" '$1 == n { print $2 }' "$resolved")
        timed "  $arch: $name $version" quietly "$log-$name.log" \
            cmake --build "$work/build" --target "$name" || return 1
    done
    cp "$resolved" "$work/root/sources.lock"
    rm -rf "$target"
    mv "$work/root" "$target"
    rm -rf "$work"
}

# deps_build ARCH: prints the folder with include/ and lib/ for x86_64 or i686, building it if need be.
deps_build() {
    local arch=$1 lock resolved target status=0
    mkdir -p "$DEPS_DIR"
    exec {lock}>"$DEPS_DIR/.lock"
    if ! flock -n "$lock"; then
        say "waiting for another build of the Windows libraries"
        flock "$lock"
    fi
    if resolved=$(deps_resolved); then
        target=$DEPS_DIR/$arch-$(deps_key "$arch" "$resolved")
        if [ ! -d "$target" ]; then
            # A kept list of sources says nothing about files that were deleted since.
            sources_resolve_again "$resolved" && deps_make "$arch" "$resolved" "$target" || status=1
        fi
    else
        status=1
    fi
    exec {lock}>&-
    [ "$status" -eq 0 ] || return 1
    printf '%s\n' "$target"
}

# sources_resolve_again RESOLVED: the files of RESOLVED, fetched again where they are gone.
sources_resolve_again() {
    local line
    while read -r line; do
        sources_fetch_line "$line" || {
            say "cannot get the files of: ${line%% *}"
            rm -f "$1"
            return 1
        }
    done < <(grep '^[a-z]' "$1")
}
