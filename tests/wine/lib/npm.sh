# shellcheck shell=bash
# Microsoft's signtool.exe, from the npm package that carries it. Source after scripts/lib/common.sh.
#
# The package is fetched when a test needs it, by the npm client, at one version and only if its bytes are
# the known ones. Nothing of it is kept in the repository.

SIGNTOOL_PACKAGE=signtool
SIGNTOOL_VERSION=1.0.0
SIGNTOOL_SHA256=75ab40682a01589402c55e3ada39aba284b82ec2ae205ea0dce8f56c0e19de9a
SIGNTOOL_SHA512=bb3cedf65a261bb66eb00b2cd6730cc5b477f74f410f49337bbc943e494235502cd8762414f4af26d24ebf61784f52b1fbd563f80bdcb109167acefc392bbbe5

# npm_has_known_bytes FILE
npm_has_known_bytes() {
    has_sha256 "$1" "$SIGNTOOL_SHA256" &&
        printf '%s  %s\n' "$SIGNTOOL_SHA512" "$1" | sha512sum --check --status
}

# npm_signtool: prints the folder with x64/ and x86/, fetching the package on first use.
npm_signtool() {
    locked npm npm_signtool_fetch
}

npm_signtool_fetch() {
    local dir=$SIGNUM_CACHE/npm
    local target=$dir/$SIGNTOOL_PACKAGE-$SIGNTOOL_VERSION archive=$dir/$SIGNTOOL_PACKAGE-$SIGNTOOL_VERSION.tgz
    mkdir -p "$dir"
    if ! [ -f "$archive" ] || ! npm_has_known_bytes "$archive"; then
        rm -rf "$target" "$archive"
        (cd "$dir" && timed "npm package $SIGNTOOL_PACKAGE $SIGNTOOL_VERSION" \
            quietly "$SIGNUM_CACHE/log/npm.log" npm pack --silent "$SIGNTOOL_PACKAGE@$SIGNTOOL_VERSION") || return 1
        if ! npm_has_known_bytes "$archive"; then
            rm -f "$archive"
            say "the npm package $SIGNTOOL_PACKAGE $SIGNTOOL_VERSION is not the one that is pinned here"
            return 1
        fi
    fi
    if [ ! -d "$target" ]; then
        rm -rf "$target.part"
        mkdir "$target.part"
        tar -xzf "$archive" -C "$target.part" --strip-components=2 package/signtool || return 1
        mv "$target.part" "$target"
    fi
    printf '%s\n' "$target"
}
