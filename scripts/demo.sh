#!/bin/bash
# demo.sh [--keep | --stop]: the real signtool signs a real program with a key that never leaves the token.
#
# Everything is made anew in build/demo. --keep leaves the service and the Wine prefix up and says how to go on by hand;
# --stop ends what --keep left.
set -euo pipefail
scripts=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
for part in common packages sources deps build wine service demo; do
    # shellcheck source=/dev/null
    . "$scripts/lib/$part.sh"
done
# shellcheck source=/dev/null
. "$SIGNUM_ROOT/tests/wine/lib/signtool.sh"

keep=no
case ${1:-} in
'') ;;
--keep) keep=yes ;;
--stop) demo_stop_kept && exit 0 ;;
*) die "usage: demo.sh [--keep | --stop]" ;;
esac

cd "$SIGNUM_ROOT"
trap demo_cleanup EXIT
demo_stop_kept
clean_environment
packages_install
build_preset linux
build_preset win64
demo_make_folder
demo_start_service
demo_make_key
demo_install_provider
demo_sign
demo_verify
demo_tell
if [ "$keep" = yes ]; then
    demo_keep
fi
