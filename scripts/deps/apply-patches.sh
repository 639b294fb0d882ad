#!/bin/sh
# apply-patches.sh FOLDER: applies FOLDER/series in order to the current folder, once.
set -eu
if [ -f .signum-patched ] || [ ! -f "$1/series" ]; then
    exit 0
fi
while read -r name; do
    patch -s -p1 -N <"$1/$name"
done <"$1/series"
touch .signum-patched
