#!/bin/bash
# update-deps.sh: moves the pins of scripts/deps/deps.lock to the newest versions that Debian's archive vouches for.
#
# What vouches: the archive's key signs the index, the index has the hashes of the sources; and where upstream signs
# its tarball, that signature is checked too. The version pinned before stays in the list, as second choice.
# Prints the difference; build and test, then commit it.
set -euo pipefail
scripts=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=scripts/lib/common.sh
. "$scripts/lib/common.sh"
# shellcheck source=scripts/lib/sources.sh
. "$scripts/lib/sources.sh"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# armour_off FILE OUT: an ASCII-armoured key as gpgv wants it; gpg itself is not needed for that.
armour_off() {
    awk '/^-----BEGIN/ { on = 1; next } /^-----END/ { exit } on && body && !/^=/ { print } on && /^\r?$/ { body = 1 }' "$1" |
        base64 -d >"$2"
}

# check_upstream NAME LINE: the signature beside the tarball, by the key in Debian's archive of patches.
check_upstream() {
    local name=$1 tarball archive download
    [ -n "$(sources_conf signed "$name")" ] || return 0
    read -r _ _ tarball _ archive _ <<<"$2"
    download=$SOURCES_DIR/index-$(sources_conf suite "$name")/download
    tar -xf "$download/$archive" -C "$work" debian/upstream/signing-key.asc
    armour_off "$work/debian/upstream/signing-key.asc" "$work/key.gpg"
    gpgv -q --keyring "$work/key.gpg" "$download/$tarball.asc" "$download/$tarball" 2>"$work/gpgv.log" || {
        cat "$work/gpgv.log" >&2
        die "$name: upstream's signature is not good"
    }
    say "$name: upstream's signature is good"
}

# lock_lines NAME NEW: the lines for one source in the new lock: the new one, and the first of the old ones.
lock_lines() {
    local old
    old=$(grep "^$1 " "$SOURCES_LOCK" | tr -s ' ' | sed -n 1p)
    printf '%s\n' "$2"
    if [ -n "$old" ] && [ "$old" != "$2" ]; then
        printf '%s\n' "$old"
    fi
}

mkdir -p "$SOURCES_DIR"
while read -r suite; do
    timed "signed index of $suite" sources_open_index "$suite"
done < <(awk '$1 == "suite" { print $3 }' "$SOURCES_CONF" | sort -u)

sed '/^[a-z]/,$d' "$SOURCES_LOCK" >"$work/lock"
while read -r name; do
    line=$(sources_from_index "$name") || die "$name: no version can be had"
    check_upstream "$name" "$line"
    lock_lines "$name" "$line" >>"$work/lock"
done < <(awk '$1 == "suite" { print $2 }' "$SOURCES_CONF")

if diff -u "$SOURCES_LOCK" "$work/lock"; then
    say "deps.lock is up to date"
else
    cp "$work/lock" "$SOURCES_LOCK"
    say "deps.lock is changed; run scripts/test.sh before committing it"
fi
