#!/bin/bash
# run.sh [NAME]...: every way to sign in against oidc-provider, which is not ours, and a running signumd: the native command
# first, then the provider's DLL in both bitnesses under Wine. NAME is a test module, class or test, as test_native.Ci.
#
# Needs build/linux, build/win64 and build/win32. The last line has the totals.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
for part in common wine npm; do
    # shellcheck source=/dev/null
    . "$here/../../scripts/lib/$part.sh"
done

work=$(mktemp -d)
# shellcheck disable=SC2329
cleanup() {
    wine_stop
    rm -rf "$work"
}
trap cleanup EXIT

SIGNUM_BUILD_DIR=${SIGNUM_BUILD_DIR:-$SIGNUM_ROOT/build/linux}
# Without its judge the suite says that it was skipped.
SIGNUM_OIDC=$(npm_set oidc) || SIGNUM_OIDC=
export SIGNUM_BUILD_DIR SIGNUM_OIDC
unset SIGNUM_TEST_WINE
case "$*" in
*test_native*) ;;
*)
    wine_prefix "$work/prefix"
    wine_start
    SIGNUM_TEST_WINE=win64
    if wine_has_32bit; then
        SIGNUM_TEST_WINE="win64 win32"
    fi
    SIGNUM_TEST_LOADER=$(wine_loader)
    export SIGNUM_TEST_WINE SIGNUM_TEST_LOADER
    ;;
esac
PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 "$here/run.py" "$@"
