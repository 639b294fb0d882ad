# shellcheck shell=bash
# Microsoft's signtool.exe under Wine, 64-bit and 32-bit in one prefix. Source it; it brings the scripts it needs.
#
#   signtool_setup PREFIX ARCH    makes PREFIX a Wine prefix and lays out its folder app/ARCH; ARCH is x64 or x86
#   signtool_folder ARCH          prints that folder
#   signtool_run ARCH ARGS...     one run of signtool, 120 s at most; prints what it says without carriage returns
#   signum_run ARCH ARGS...       the same for signum.exe, if it was built
#   app_run ARCH PROGRAM ARGS...  any other program of that folder
#   app_install ARCH FILE...      copies files beside signtool.exe
#   app_install_system ARCH DLL   copies a DLL to the system directory of that bitness
#
# The folder holds signtool.exe with its own DLLs, and ours in the place of crypt32, bcrypt, ncrypt and mfc42. Wine's
# crypt32 and bcrypt lie there too, as wcrypt32 and wbcrypt: ours pass on to them what they do not change.
# Builds are taken from SIGNUM_BUILD_X64 and SIGNUM_BUILD_X86, by default build/win64 and build/win32.

WINE_TESTS=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck source=scripts/lib/common.sh
. "$WINE_TESTS/../../scripts/lib/common.sh"
# shellcheck source=scripts/lib/wine.sh
. "$WINE_TESTS/../../scripts/lib/wine.sh"
# shellcheck source=tests/wine/lib/npm.sh
. "$WINE_TESTS/lib/npm.sh"
# shellcheck source=tests/wine/lib/sip.sh
. "$WINE_TESTS/lib/sip.sh"

APP_SECONDS=${APP_SECONDS:-120}
# Ours where they lie beside the program, Wine's elsewhere; and Wine's wintrust although signtool's manifest binds it to
# the file in the folder.
APP_OVERRIDES='ncrypt,crypt32,bcrypt=n,b;wintrust=b'
# Wine's DLLs that ours stand before.
APP_RENAMED=(crypt32 bcrypt)

app_build() {
    case $1 in
    x64) printf '%s\n' "${SIGNUM_BUILD_X64:-$SIGNUM_ROOT/build/win64}" ;;
    x86) printf '%s\n' "${SIGNUM_BUILD_X86:-$SIGNUM_ROOT/build/win32}" ;;
    *) die "no such architecture: $1" ;;
    esac
}

# The name Wine has for the folder with the DLLs of an architecture.
app_wine_arch() {
    case $1 in
    x64) echo x86_64 ;;
    x86) echo i386 ;;
    esac
}

signtool_folder() {
    printf '%s\n' "$WINEPREFIX/app/$1"
}

app_system_folder() {
    case $1 in
    x64) printf '%s\n' "$WINEPREFIX/drive_c/windows/system32" ;;
    x86) printf '%s\n' "$WINEPREFIX/drive_c/windows/syswow64" ;;
    esac
}

app_install() {
    local folder
    folder=$(signtool_folder "$1")
    shift
    cp "$@" "$folder/"
}

# Removed first: files of the prefix may be hard links to those of other prefixes.
app_install_system() {
    local target
    target=$(app_system_folder "$1")/$(basename "$2")
    rm -f "$target"
    cp "$2" "$target"
}

# app_add_renamed ARCH DLLS: Wine's DLLs under the names that ours forward to, with their Unix halves. They must lie in
# the program's folder, where the forwarders are resolved, and in WINEDLLPATH, where a half is looked for.
app_add_renamed() {
    local arch=$1 dlls=$2 wine_arch name library=$WINEPREFIX/wlib
    wine_arch=$(app_wine_arch "$arch")
    mkdir -p "$library/$wine_arch-windows" "$library/x86_64-unix"
    for name in "${APP_RENAMED[@]}"; do
        cp "$dlls/$wine_arch-windows/$name.dll" "$library/$wine_arch-windows/w$name.dll"
        cp "$dlls/$wine_arch-windows/$name.dll" "$(signtool_folder "$arch")/w$name.dll"
        ln -sf "$WINE_LIBRARY/x86_64-unix/$name.so" "$library/x86_64-unix/w$name.so"
    done
}

signtool_setup() {
    local prefix=$1 arch=$2 package dlls build folder
    build=$(app_build "$arch")
    [ -f "$build/wine/shims/crypt32.dll" ] || die "$build holds no stand-in DLLs; scripts/build.sh makes them"
    package=$(npm_signtool) || return 1
    if [ "${WINEPREFIX:-}" != "$prefix" ]; then
        wine_prefix "$prefix"
        wine_start
    fi
    dlls=${WINEDLLPATH##*:}
    folder=$(signtool_folder "$arch")
    if [ -z "$dlls" ]; then
        [ "$arch" = x64 ] || return 1
        dlls=$WINE_LIBRARY
    fi
    rm -rf "$folder"
    mkdir -p "$folder"
    app_install "$arch" "$package/$arch"/signtool.exe "$package/$arch"/mssign32.dll "$package/$arch"/wintrust.dll \
        "$package/$arch"/*.manifest "$build"/wine/shims/{mfc42,ncrypt,bcrypt,crypt32}.dll
    [ ! -f "$build/ksp/cli/signum.exe" ] || app_install "$arch" "$build/ksp/cli/signum.exe"
    cp "$package/$arch/wintrust.dll" "$folder/mswintrust.dll"
    app_add_renamed "$arch" "$dlls"
    case $WINEDLLPATH in
    "$WINEPREFIX/wlib"*) ;;
    *) export WINEDLLPATH=$WINEPREFIX/wlib${dlls:+:$dlls} ;;
    esac
    case $WINEDLLOVERRIDES in
    *"$APP_OVERRIDES") ;;
    *) export WINEDLLOVERRIDES="$WINEDLLOVERRIDES;$APP_OVERRIDES" ;;
    esac
    sip_register
}

# Ends with the program's status; 124 where the time ran out.
app_run() {
    local arch=$1 program=$2
    shift 2
    (
        set -o pipefail
        cd "$(signtool_folder "$arch")" || exit 1
        wine_run "$APP_SECONDS" "$program" "$@" 2>&1 | tr -d '\r'
    )
}

signtool_run() {
    local arch=$1
    shift
    app_run "$arch" signtool.exe "$@"
}

signum_run() {
    local arch=$1
    shift
    app_run "$arch" signum.exe "$@"
}
