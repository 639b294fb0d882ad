# shellcheck shell=bash
# Fetches the sources named in scripts/deps/deps.lock. Source after common.sh.

SOURCES_DIR=$SIGNUM_CACHE/sources
SOURCES_CONF=$SIGNUM_ROOT/scripts/deps/sources.conf
SOURCES_LOCK=${SIGNUM_DEPS_LOCK:-$SIGNUM_ROOT/scripts/deps/deps.lock}

# sources_conf KIND SOURCE: the values of that kind for that source, one a line.
sources_conf() {
    awk -v kind="$1" -v name="$2" '$1 == kind && $2 == name { print $3 == "" ? "yes" : $3 }' "$SOURCES_CONF"
}

# sources_fetch_line LINE: has every file of one line of the lock in SOURCES_DIR, from there or from the pool.
sources_fetch_line() {
    local name=${1%% *} i
    local -a fields
    read -r -a fields <<<"$1"
    for ((i = 2; i + 1 < ${#fields[@]}; i += 2)); do
        local file=${fields[i]} sha=${fields[i + 1]}
        has_sha256 "$SOURCES_DIR/$file" "$sha" ||
            apt_pool_fetch "$name" "$file" "$sha" "$SOURCES_DIR/$file" || return 1
    done
}

# sources_open_index SUITE: a private source index for that suite and its security archive, fresh once per run.
sources_open_index() {
    local suite=$1 dir=$SOURCES_DIR/index-$1 key="signed-by=$DEBIAN_KEYRING" main security
    main=$(apt_mirror Debian)
    security=$(apt_mirror Debian-Security)
    [ -n "$main" ] || die "apt knows no Debian mirror on this machine; run 'apt-get update' first"
    mkdir -p "$dir"
    {
        echo "deb-src [$key] $main $suite main"
        [ -z "$security" ] || echo "deb-src [$key] $security $suite-security main"
    } >"$dir/sources.list"
    quietly "$SIGNUM_CACHE/log/index-$suite.log" apt_private "$dir" apt-get update
}

# sources_versions SUITE NAME: the versions the signed index vouches for, newest first.
sources_versions() {
    apt_private "$SOURCES_DIR/index-$1" apt-cache showsrc --only-source "$2" 2>/dev/null |
        awk '/^Version:/ { print $2 }' | sort -Vru
}

# sources_from_index NAME: fetches the newest version that can be had whole and prints a line for it as in the lock.
# Needs sources_open_index. apt has checked the archive's signature and every hash.
sources_from_index() {
    local name=$1 suite version dir upstream patches
    suite=$(sources_conf suite "$name")
    dir=$SOURCES_DIR/index-$suite
    rm -rf "$dir/download"
    mkdir -p "$dir/download"
    for version in $(sources_versions "$suite" "$name"); do
        (cd "$dir/download" && quietly "$SIGNUM_CACHE/log/source-$name.log" \
            apt_private "$dir" apt-get source --download-only "$name=$version") 2>/dev/null || continue
        upstream=$(cd "$dir/download" && find . -name "${name}_*.orig.tar.?z" -printf '%f\n')
        patches=$(cd "$dir/download" && find . -name "${name}_*.debian.tar.xz" -printf '%f\n')
        if [ -z "$upstream" ] || [ -z "$patches" ]; then
            continue
        fi
        printf '%s %s %s %s' "$name" "$version" "$upstream" "$(sources_take "$dir/download/$upstream")"
        if [ -z "$(sources_conf unpatched "$name")" ]; then
            printf ' %s %s' "$patches" "$(sources_take "$dir/download/$patches")"
        fi
        printf '\n'
        return 0
    done
    return 1
}

# sources_take FILE: copies it to SOURCES_DIR and prints its hash.
sources_take() {
    cp "$1" "$SOURCES_DIR/"
    sha256sum "$1" | cut -d' ' -f1
}

# sources_resolve OUT: writes to OUT one line per source with what is really used, and has all of its files.
sources_resolve() {
    local out=$1 name line found suite
    mkdir -p "$SOURCES_DIR"
    : >"$out.part"
    while read -r name; do
        found=
        while read -r line; do
            if sources_fetch_line "$line"; then
                found=$line
                break
            fi
        done < <(grep "^$name " "$SOURCES_LOCK")
        if [ -z "$found" ]; then
            suite=$(sources_conf suite "$name")
            say "$name: no version of deps.lock can be had; asking the signed index of $suite"
            sources_open_index "$suite" || return 1
            found=$(sources_from_index "$name") || {
                say "$name: nothing in the signed index of $suite can be had either"
                return 1
            }
            echo "# unpinned: $name" >>"$out.part"
        fi
        printf '%s\n' "$found" | tr -s ' ' >>"$out.part"
    done < <(awk '/^[a-z]/ && !seen[$1]++ { print $1 }' "$SOURCES_LOCK")
    mv "$out.part" "$out"
}

# sources_warn RESOLVED: says loudly which sources are not the pinned ones.
sources_warn() {
    local name
    while read -r name; do
        warn_loudly "$name is NOT one of the pinned versions: $(awk -v n="$name" '$1 == n { print $2 }' "$1")" \
            "It is the newest that Debian's signed index has. Run scripts/update-deps.sh and commit the result."
    done < <(sed -n 's/^# unpinned: //p' "$1")
}

# sources_patches RESOLVED DIR: unpacks each source's patches to DIR/SOURCE, with a series of those that are applied.
sources_patches() {
    local resolved=$1 dir=$2 name archive
    while read -r name _ _ _ archive _; do
        [ -n "${archive:-}" ] || continue
        mkdir -p "$dir/$name"
        tar -xf "$SOURCES_DIR/$archive" -C "$dir/$name" --strip-components=2 debian/patches || return 1
        sources_conf skip "$name" >"$dir/$name/skip"
        mv "$dir/$name/series" "$dir/$name/series.debian"
        # Not NR == FNR: the first file may be empty.
        awk 'FILENAME == ARGV[1] { skip[$1]; next } NF && $1 !~ /^#/ && !($1 in skip) { print $1 }' \
            "$dir/$name/skip" "$dir/$name/series.debian" >"$dir/$name/series"
    done < <(grep '^[a-z]' "$resolved")
}
