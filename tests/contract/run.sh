#!/bin/bash
# Contract tests: a running signumd against docs/openapi.yaml. Prints the totals in its last line.
# SIGNUM_BUILD_DIR names the build to test; if not set, build/linux-asan of this checkout, else build/linux.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=/dev/null
. "$here/../../scripts/lib/common.sh"
# shellcheck source=/dev/null
. "$SIGNUM_ROOT/scripts/lib/npm.sh"
if [ -z "${SIGNUM_BUILD_DIR:-}" ]; then
    SIGNUM_BUILD_DIR=$SIGNUM_ROOT/build/linux
    if [ -x "$SIGNUM_ROOT/build/linux-asan/service/signumd" ]; then
        SIGNUM_BUILD_DIR=$SIGNUM_ROOT/build/linux-asan
    fi
fi
echo "testing ${SIGNUM_BUILD_DIR#"$SIGNUM_ROOT"/}/service/signumd"
# What needs a judge from npm says that it was skipped if there is none.
SIGNUM_VALIDATORS=$(npm_set validators) || SIGNUM_VALIDATORS=
SIGNUM_WEBHOOKS=$(npm_set webhooks) || SIGNUM_WEBHOOKS=
SIGNUM_OIDC=$(npm_set oidc) || SIGNUM_OIDC=
export SIGNUM_BUILD_DIR SIGNUM_VALIDATORS SIGNUM_WEBHOOKS SIGNUM_OIDC
exec env PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 "$here/run.py" "$@"
