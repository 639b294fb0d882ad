#!/bin/bash
# build.sh [PRESET...]: installs what is missing, builds the libraries for Windows once, and builds the presets
# (linux, linux-asan, linux-tsan, win64, win32; all of them if none is named) into build/PRESET.
set -euo pipefail
lib=$(cd "$(dirname "${BASH_SOURCE[0]}")/lib" && pwd)
# shellcheck source=scripts/lib/common.sh
. "$lib/common.sh"
# shellcheck source=scripts/lib/packages.sh
. "$lib/packages.sh"
# shellcheck source=scripts/lib/sources.sh
. "$lib/sources.sh"
# shellcheck source=scripts/lib/deps.sh
. "$lib/deps.sh"
# shellcheck source=scripts/lib/build.sh
. "$lib/build.sh"

for preset in "$@"; do
    case " ${BUILD_PRESETS[*]} " in
    *" $preset "*) ;;
    *) say "usage: build.sh [PRESET...]   with PRESET one of: ${BUILD_PRESETS[*]}" && exit 2 ;;
    esac
done
[ $# -gt 0 ] || set -- "${BUILD_PRESETS[@]}"

packages_install
for preset in "$@"; do
    build_preset "$preset"
done
