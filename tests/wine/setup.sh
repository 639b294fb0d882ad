#!/bin/bash
# setup.sh PREFIX: makes a Wine prefix in which signtool.exe runs, and prints how to use it by hand.
# Needs the win64 build, and for 32-bit programs the win32 build (scripts/build.sh).
set -euo pipefail
# shellcheck source=tests/wine/lib/signtool.sh
. "$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)/lib/signtool.sh"

[ $# -eq 1 ] || die "usage: setup.sh PREFIX"
prefix=$(realpath -m "$1")
signtool_setup "$prefix" x64
if [ -f "$(app_build x86)/wine/shims/crypt32.dll" ] && wine_has_32bit; then
    signtool_setup "$prefix" x86
fi
cat <<END
Use it from a shell with:
$(export -p | grep -E ' WINE')
cd $(signtool_folder x64)
$(wine_loader) signtool.exe sign /?
END
