# shellcheck shell=bash
# Windows programs under Wine, 64-bit and 32-bit in one prefix. Source after common.sh.
#
#   wine_prefix DIR           makes DIR a prefix unless it is one, and points the environment at it
#   wine_start / wine_stop    a server that outlives the single program, for that prefix only
#   wine_run SECONDS PROG...  one program with a time limit and nothing on its stdin
#   wine_has_32bit            whether 32-bit programs run in the current prefix
#   wine_path FILE            the name a Windows program knows a file by
#
# Debian's 64-bit Wine can run 32-bit programs; it lacks only their DLLs. Those are taken out of Debian's i386 package
# into the cache, and WINEDLLPATH names them: no foreign architecture is added to the package system.

WINE_CACHE=$SIGNUM_CACHE/wine
WINE_LIBRARY=/usr/lib/x86_64-linux-gnu/wine
# Raise it when the way a template is made changes.
WINE_TEMPLATE_VERSION=1

# sha256 of libwine's i386 package by its version; for others the archive's signed index is asked.
wine_pinned_sha256() {
    case $1 in
    '8.0~repack-4') echo c992aad6a47d81b719514f5d06c5df10267f1e40a6f4f3b4e3f655cbbf308d57 ;;
    esac
}

wine_first_of() {
    local path
    for path in "$@"; do
        if [ -x "$path" ]; then
            printf '%s\n' "$path"
            return 0
        fi
    done
    die "Wine is not installed; scripts/build.sh installs it"
}

wine_loader() {
    wine_first_of /usr/lib/wine/wine64 /usr/lib/wine/wine
}

wine_server() {
    wine_first_of /usr/lib/wine/wineserver64 /usr/lib/wine/wineserver
}

wine_version() {
    dpkg-query -W -f '${Version}' libwine
}

# wine_fetch_i386 VERSION DIR: leaves libwine's i386 package of that version in DIR as libwine.deb.
wine_fetch_i386() {
    local version=$1 dir=$2 file=libwine_$1_i386.deb sha mirror
    sha=$(wine_pinned_sha256 "$version")
    if [ -n "$sha" ] && apt_pool_fetch wine "$file" "$sha" "$dir/libwine.deb"; then
        return 0
    fi
    mirror=$(apt_mirror Debian)
    # shellcheck source=/dev/null
    echo "deb [arch=i386 signed-by=$DEBIAN_KEYRING] $mirror $(. /etc/os-release && echo "$VERSION_CODENAME") main" \
        >"$dir/sources.list"
    printf '%s\n' -o APT::Architecture=i386 -o APT::Architectures::=i386 >"$dir/options"
    apt_private "$dir" apt-get update || return 1
    (cd "$dir" && apt_private "$dir" apt-get download "libwine:i386=$version") || return 1
    mv "$dir"/libwine_*_i386.deb "$dir/libwine.deb"
}

# wine_unpack_i386 DEB DIR: only the DLLs of the package, in DIR/i386-windows.
wine_unpack_i386() {
    dpkg-deb --fsys-tarfile "$1" |
        tar -x -C "$2" --strip-components=5 ./usr/lib/i386-linux-gnu/wine/i386-windows
}

# wine_dlls: prints the folder for WINEDLLPATH, making it on first use. Fails if the 32-bit DLLs cannot be had.
wine_dlls() {
    local version target work log=$SIGNUM_CACHE/log/wine-i386.log
    version=$(wine_version)
    target=$WINE_CACHE/dll-$version
    if [ ! -d "$target" ]; then
        work=$target.work
        rm -rf "$work"
        mkdir -p "$work/dll" "$work/apt"
        timed "32-bit DLLs of Wine $version" quietly "$log" wine_fetch_i386 "$version" "$work/apt" || return 1
        quietly "$log" wine_unpack_i386 "$work/apt/libwine.deb" "$work/dll" || return 1
        # Beside the 32-bit DLLs, or 32-bit bcrypt does not find its other half.
        ln -s "$WINE_LIBRARY/x86_64-windows" "$WINE_LIBRARY/x86_64-unix" "$work/dll/"
        mv "$work/dll" "$target"
        rm -rf "$work"
    fi
    printf '%s\n' "$target"
}

# wine_env PREFIX DLLS: the environment of every Windows program that is run here.
wine_env() {
    export WINEPREFIX=$1 WINEARCH=win64 WINEDEBUG=${WINEDEBUG:--all}
    # No download dialogs, no desktop links, and no debugger that would wait for someone after a crash.
    export WINEDLLOVERRIDES="mscoree,mshtml,winemenubuilder.exe,winedbg.exe="
    if [ -n "$2" ]; then
        export WINEDLLPATH=$2
    else
        unset WINEDLLPATH
    fi
    unset DISPLAY WAYLAND_DISPLAY
    # For wine-run.sh: all of this was done for that prefix.
    export SIGNUM_WINE_READY=$1
}

# wine_make_template DIR: a fresh prefix that calls itself Windows 10, with no program left running.
wine_make_template() {
    local dir=$1 loader server
    loader=$(wine_loader)
    server=$(wine_server)
    rm -rf "$dir" "$dir.work"
    mkdir -p "$dir.work"
    export WINEPREFIX=$dir.work
    timeout -k 5 180 "$loader" wineboot -i || return 1
    timeout -k 5 60 "$loader" winecfg -v win10 || return 1
    timeout -k 5 60 "$server" -w || timeout 20 "$server" -k
    # The links to the user's own folders lead out of the prefix.
    find "$dir.work/drive_c/users" -type l -delete
    mv "$dir.work" "$dir"
}

# wine_template DLLS: prints a ready prefix to copy, made once per version of Wine.
wine_template() {
    local kind=64 target
    [ -z "$1" ] || kind=64+32
    target=$WINE_CACHE/prefix-$(wine_version)-$kind-$WINE_TEMPLATE_VERSION
    if [ ! -d "$target" ]; then
        timed "Wine prefix, $kind-bit" quietly "$SIGNUM_CACHE/log/wine-prefix.log" \
            wine_make_template "$target" || return 1
    fi
    printf '%s\n' "$target"
}

# wine_copy_template TEMPLATE DIR: Wine's own DLLs, 1.3 GB, become hard links where that is possible. So in a prefix
# files of Wine may be replaced or deleted, but must not be written into.
wine_copy_template() {
    local template=$1 dir=$2 windows=drive_c/windows folder
    mkdir -p "$dir"
    tar -C "$template" -c --exclude=./$windows/{system32,syswow64,winsxs} . | tar -C "$dir" -x
    for folder in system32 syswow64 winsxs; do
        [ -d "$template/$windows/$folder" ] || continue
        cp -al "$template/$windows/$folder" "$dir/$windows/" 2>/dev/null ||
            cp -a --reflink=auto "$template/$windows/$folder" "$dir/$windows/"
    done
}

# wine_prefix DIR: see above. A copy of the template, which takes no time.
wine_prefix() {
    local dir=$1 dlls template lock
    mkdir -p "$WINE_CACHE"
    exec {lock}>"$WINE_CACHE/.lock"
    flock "$lock"
    dlls=$(wine_dlls) || dlls=
    wine_env "$dir" "$dlls"
    if [ ! -f "$dir/system.reg" ]; then
        # Closed there: the lock must not live on in a server that Wine leaves behind.
        template=$(wine_template "$dlls" {lock}>&-) || die "cannot make a Wine prefix"
        export WINEPREFIX=$dir
        wine_copy_template "$template" "$dir"
    fi
    exec {lock}>&-
}

# wine_start: the first program would otherwise start services that hold on to its output, and each later one again.
wine_start() {
    "$(wine_server)" -p900 >/dev/null 2>&1 </dev/null || true
    wine_run 60 cmd /c exit >/dev/null 2>&1
}

# wine_stop: ends everything in the current prefix, and nothing else.
wine_stop() {
    if [ -n "${WINEPREFIX:-}" ] && [ -d "$WINEPREFIX" ]; then
        timeout 30 "$(wine_server)" -k >/dev/null 2>&1 </dev/null || true
        timeout 30 "$(wine_server)" -w >/dev/null 2>&1 </dev/null || true
    fi
}

# Once in some thousand times a program ends with 1 before its first instruction, as Wine starts it, and nothing is said.
# Ours, signtool and Wine's own tools say why they fail, so that silence means: it never ran, and it may be started again.
# What is printed goes through files: a service that Wine starts beside the program would keep a pipe open.
wine_run() {
    local seconds=$1 dir tries status
    shift
    dir=$(mktemp -d)
    for tries in first last; do
        status=0
        timeout -k 5 "$seconds" "$(wine_loader)" "$@" >"$dir/out" 2>"$dir/err" </dev/null || status=$?
        if [ "$status" -ne 1 ] || [ -s "$dir/out" ] || [ -s "$dir/err" ]; then
            break
        fi
        mkdir -p "$SIGNUM_CACHE/log"
        echo "$(date -u +%FT%TZ) $tries try: $*" >>"$SIGNUM_CACHE/log/wine-silent.log"
    done
    cat "$dir/out"
    cat "$dir/err" >&2
    rm -rf "$dir"
    return "$status"
}

# Looks at what a 32-bit program prints: without its DLLs it prints nothing and still exits with 0.
wine_has_32bit() {
    local answer
    # The server that a program brings up goes with it, and each later program would wait for a new one.
    wine_start
    # shellcheck disable=SC2016
    answer=$(wine_run 60 'C:\windows\syswow64\cmd.exe' /c 'echo %PROCESSOR_ARCHITECTURE%' 2>/dev/null) || return 1
    [ "$(printf '%s' "$answer" | tr -d '\r\n ')" = x86 ]
}

wine_path() {
    printf 'Z:%s\n' "$(realpath -m "$1" | tr / '\134')"
}
