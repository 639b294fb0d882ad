#!/bin/sh
# Contract tests: a running signumd against docs/openapi.yaml. Prints the totals in its last line.
# SIGNUM_BUILD_DIR names the build to test; if not set, build/linux-asan of this checkout, else build/linux.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
if [ -z "${SIGNUM_BUILD_DIR:-}" ]; then
    SIGNUM_BUILD_DIR=$root/build/linux
    if [ -x "$root/build/linux-asan/service/signumd" ]; then
        SIGNUM_BUILD_DIR=$root/build/linux-asan
    fi
fi
echo "testing ${SIGNUM_BUILD_DIR#"$root"/}/service/signumd"
export SIGNUM_BUILD_DIR
exec env PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 "$here/run.py" "$@"
