#!/bin/bash
# wine-run.sh PROGRAM.exe [ARGUMENT...]: runs one Windows program, for ctest and by hand.
# In the prefix that WINEPREFIX names, or else in one of its own in the cache. SIGNUM_WINE_SECONDS is its time limit.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=scripts/lib/common.sh
. "$here/common.sh"
# shellcheck source=scripts/lib/wine.sh
. "$here/wine.sh"

if [ "${SIGNUM_WINE_READY:-}" != "${WINEPREFIX:-none}" ]; then
    wine_prefix "${WINEPREFIX:-$WINE_CACHE/run}"
fi
wine_run "${SIGNUM_WINE_SECONDS:-120}" "$@"
