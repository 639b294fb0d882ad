# shellcheck shell=bash
# Debian packages that the build, the demo and the tests need. Source after common.sh.

SIGNUM_PACKAGES=(
    # compilers and build tools
    build-essential libc6-dev cmake ninja-build make perl patch xz-utils pkg-config dpkg-dev file
    gcc-mingw-w64-x86-64-win32 gcc-mingw-w64-i686-win32
    # downloads that are checked against the archive's keys
    ca-certificates debian-archive-keyring curl gpgv
    # libraries of the Linux side
    libssl-dev libcurl4-openssl-dev libcjson-dev libcmocka-dev libmicrohttpd-dev libgnutls28-dev libcjose-dev libjansson-dev libsqlite3-dev
    libp11-kit-dev libsystemd-dev libarchive-dev
    # the token, and the tools that judge what we make
    openssl softhsm2 opensc osslsigncode systemd rsyslog rsyslog-openssl tinyproxy
    # test drivers
    wine wine64 python3 python3-yaml python3-jsonschema python3-prometheus-client shellcheck
)

# packages_missing NAME...: those that are not installed, one a line.
packages_missing() {
    local name status
    for name in "$@"; do
        status=$(dpkg-query -W -f '${db:Status-Status}' "$name" 2>/dev/null) || status=
        if [ "$status" != installed ]; then
            printf '%s\n' "$name"
        fi
    done
}

# packages_install: installs what is missing and says what; silent and instant if nothing is.
packages_install() {
    local -a wanted=("${SIGNUM_PACKAGES[@]}") missing=()
    local log=$SIGNUM_CACHE/log/packages.log

    # A machine may have node and npm from elsewhere; Debian's would only get in their way.
    if ! command -v npm >/dev/null; then
        wanted+=(npm)
    fi
    mapfile -t missing < <(packages_missing "${wanted[@]}")
    if [ "${#missing[@]}" -eq 0 ]; then
        return 0
    fi
    if [ "$(id -u)" -ne 0 ]; then
        die "these Debian packages are missing, and only root can install them: ${missing[*]}"
    fi
    say "installing Debian packages: ${missing[*]}"
    export DEBIAN_FRONTEND=noninteractive
    timed "  package lists" quietly "$log" apt-get -q -o Acquire::Retries=3 update || return 1
    timed "  ${#missing[@]} packages and what they need" quietly "$log" \
        apt-get -q -y -o Acquire::Retries=3 -o Dpkg::Options::=--force-confold \
        install --no-install-recommends "${missing[@]}"
}
