# shellcheck shell=bash
# Checks on the built Windows binaries, for lint.sh. Each takes a preset and prints its findings.

# The binaries that users get, as "KIND FILE".
lint_binaries() {
    echo "dll build/$1/ksp/cng/signumksp.dll"
    echo "program build/$1/ksp/cli/signum.exe"
}

# lint_each PRESET FUNCTION: calls FUNCTION PRESET KIND FILE for each binary; one that was not built is a finding.
lint_each() {
    local kind file
    while read -r kind file; do
        if [ -f "$file" ]; then
            "$2" "$1" "$kind" "$file"
        else
            echo "$file: not built"
        fi
    done < <(lint_binaries "$1")
}

lint_exports() {
    lint_each "$1" lint_exports_of
}

lint_exports_of() {
    local names wanted=
    [ "$2" != dll ] || wanted=GetKeyStorageInterface
    names=$(objdump -p "$3" | awk '
        /^\[Ordinal\/Name Pointer\] Table/ { on = 1; next }
        on && NF == 0 { on = 0 }
        on { print $NF }')
    if [ "$names" != "$wanted" ]; then
        echo "$3 exports: $(tr '\n' ' ' <<<"$names")"
    fi
}

lint_imports() {
    lint_each "$1" lint_imports_of
}

lint_imports_of() {
    local name allowed
    allowed=" $(lint_rules "$2" | tr '\n' ' ') "
    while read -r name; do
        case $allowed in
        *" $name "*) ;;
        *) echo "$3 imports from $name" ;;
        esac
    done < <(objdump -p "$3" | sed -n 's/.*DLL Name: \(.*\)\.dll$/\1/Ip' | tr '[:upper:]' '[:lower:]')
}

lint_characteristics() {
    lint_each "$1" lint_characteristics_of
}

lint_characteristics_of() {
    local text flag
    local -a wanted=(DYNAMIC_BASE NX_COMPAT)
    text=$(objdump -p "$3")
    if [ "$1" = win64 ]; then
        wanted+=(HIGH_ENTROPY_VA)
    else
        grep -q 'large address aware' <<<"$text" || echo "$3: not large address aware"
    fi
    for flag in "${wanted[@]}"; do
        grep -qw "$flag" <<<"$text" || echo "$3: no $flag"
    done
    # Without relocations the loader cannot move it, whatever the flags say.
    grep -q 'base relocations' <<<"$text" || objdump -h "$3" | grep -q '\.reloc' || echo "$3: no relocations"
    [ "$(TZ=UTC objdump -p "$3" | sed -n 's/^Time\/Date\t\t*//p')" = "Thu Jan  1 00:00:00 1970" ] ||
        echo "$3: has a time stamp"
}

lint_version() {
    lint_each "$1" lint_version_of
}

lint_version_of() {
    local version
    version=$(sed -n 's/^#define SIGNUM_VERSION "\(.*\)"/\1/p' "build/$1/include/signum/version.h")
    # Version resources are UTF-16.
    strings -el "$3" | grep -qF "$version" || echo "$3: no version resource with $version"
}

lint_build_paths() {
    lint_each "$1" lint_build_paths_of
}

lint_build_paths_of() {
    # A count and an example: the list may be long.
    strings "$3" | grep -F -e "$SIGNUM_ROOT/" -e "$SIGNUM_CACHE/" | sed "s|^|$3: |" | head -n 3 || true
}
