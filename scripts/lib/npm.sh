# shellcheck shell=bash
# Judges that come from npm. Source after common.sh.
#
# tests/npm/NAME holds package.json and package-lock.json: exact versions, and the hash of every package, which the npm
# client checks. The lock file names no registry. The packages are installed into the cache, by the lock file's hash.
# Make a lock file with: npm install --package-lock-only --omit-lockfile-registry-resolved
# The versions must run on Debian 12's Node.js (18).

# npm_set NAME: prints the folder with node_modules, installing it on first use.
npm_set() {
    locked npm npm_set_install "$1"
}

npm_set_install() {
    local source=$SIGNUM_ROOT/tests/npm/$1 hash target
    if grep -q '"resolved"' "$source/package-lock.json"; then
        say "$source/package-lock.json names a registry; see scripts/lib/npm.sh"
        return 1
    fi
    hash=$(cat "$source/package.json" "$source/package-lock.json" | sha256sum | cut -c 1-12)
    target=$SIGNUM_CACHE/npm/$1-$hash
    if [ ! -d "$target" ]; then
        rm -rf "$target.part"
        mkdir -p "$target.part"
        cp "$source/package.json" "$source/package-lock.json" "$target.part/"
        (cd "$target.part" && timed "npm packages for $1" quietly "$SIGNUM_CACHE/log/npm-$1.log" \
            npm ci --ignore-scripts --no-audit --no-fund --no-update-notifier) || return 1
        mv "$target.part" "$target"
    fi
    printf '%s\n' "$target"
}
