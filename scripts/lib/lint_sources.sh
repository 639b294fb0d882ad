# shellcheck shell=bash
# Checks on source files, for lint.sh. Each prints its findings. RULES names the rule file.

# lint_files EXTENDED-REGEX: files of the project by path; what git ignores is not the project's.
lint_files() {
    {
        git ls-files --cached --others --exclude-standard 2>/dev/null ||
            find . -path ./build -prune -o -path ./.git -prune -o -type f -printf '%P\n'
    } | sort -u | while read -r file; do
        [ -f "$file" ] && [[ $file =~ $1 ]] && printf '%s\n' "$file"
    done
    return 0
}

lint_rules() {
    awk -v kind="$1" '$1 == kind { $1 = ""; print substr($0, 2) }' "$RULES"
}

# lint_matches PATH PATTERN...: whether one of the globs fits.
lint_matches() {
    local path=$1 pattern
    shift
    for pattern in "$@"; do
        # shellcheck disable=SC2053
        [[ $path == $pattern ]] && return 0
    done
    return 1
}

# Every include of every C file outside tests/, as "FILE HEADER".
lint_include_list() {
    lint_files '^(include|ksp|service|installer)/.*\.[ch](\.in)?$' |
        xargs -r grep -HoE '^[[:space:]]*#[[:space:]]*include[[:space:]]*[<"][^>"]+' |
        sed -E 's/^([^:]+):.*[<"]([^<"]+)$/\1 \2/'
}

lint_includes() {
    local list header pattern rest file
    local -a allowed
    list=$(lint_include_list)
    while read -r header; do
        mapfile -t allowed < <(lint_rules only | awk -v h="$header" '$1 == h { for (i = 2; i <= NF; i++) print $i }')
        while read -r file rest; do
            [[ $rest == "$header"* ]] || continue
            lint_matches "$file" "${allowed[@]}" || echo "$file includes $rest"
        done <<<"$list"
    done < <(lint_rules only | awk '{ print $1 }' | sort -u)
    while read -r pattern rest; do
        for header in $rest; do
            while read -r file included; do
                # shellcheck disable=SC2053
                if [[ $file == $pattern && $included == "$header"* ]]; then
                    echo "$file must not include $included"
                fi
            done <<<"$list"
        done
    done < <(lint_rules never)
}

lint_sizes() {
    # shellcheck disable=SC2016
    lint_files '\.[ch]$' | xargs -r awk '
        FNR == 1 { start = 0 }
        FNR == 500 { print FILENAME ": 500 lines or more" }
        /^[a-z_A-Z].*\(/ && !/;/ { signature = FNR; name = $0 }
        /^{/ { start = signature }
        /^}/ && start {
            if (FNR - start + 1 >= 80) print FILENAME ":" start ": " FNR - start + 1 " lines: " name
            start = 0
        }'
}

lint_columns() {
    local tab=$'\t'
    lint_files '\.[ch]$' | xargs -r grep -nP "$tab|[ ]+\$|^.{101,}" /dev/null | cut -c1-110 || true
}

# lint_header FILE: compiles a file that includes just this one, for the system it belongs to.
lint_header() {
    local file=$1 root preset=linux
    local -a windows compiler folders
    mapfile -t windows < <(lint_rules windows)
    compiler=(gcc -D_GNU_SOURCE -isystem /usr/include/p11-kit-1)
    if lint_matches "$file" "${windows[@]}"; then
        preset=win64
        root=$(sed -n 's/^DEPS_ROOT:[^=]*=//p' build/win64/CMakeCache.txt)
        compiler=(x86_64-w64-mingw32-gcc-win32 -D_WIN32_WINNT=0x0A00 -DUNICODE -D_UNICODE
            -D__USE_MINGW_ANSI_STDIO=1 -DCURL_STATICLIB -DCJSON_HIDE_SYMBOLS -isystem "$root/include")
    fi
    folders=(-Iinclude "-Ibuild/$preset/include" -Iksp -I. -Iksp/core -Iksp/io -Iksp/cng -Iksp/cli -Iservice
        -Iinstaller -Itests -Itests/support)
    printf '#include "%s"\nextern int signum_not_empty;\n' "$file" |
        "${compiler[@]}" -std=gnu11 -Wall -Wextra -Werror -fsyntax-only "${folders[@]}" "-I$(dirname "$file")" -x c - 2>&1 |
        head -n 5
}

lint_headers() {
    if [ ! -f build/win64/CMakeCache.txt ]; then
        echo "build/win64: not configured"
        return 0
    fi
    lint_files '\.h$' | while read -r file; do
        lint_header "$file"
    done
}

# C lets any number pass for a status; this warning of C++'s rules does not. Only its lines about enums are of use here.
lint_enums() {
    /usr/bin/python3 scripts/lib/lint_enums.py build/linux/compile_commands.json build/win64/compile_commands.json
}

# The patterns are written so that they do not find themselves.
lint_places() {
    lint_files '.' | xargs -r grep -nIE \
        -e '(^|[^[:alnum:]_}.])/(wor[k]|roo[t]|tm[p])/[[:alnum:]_.]' \
        -e '//[[:alnum:].-]*(registr[y]|mirro[r]|artifac[t]|npmj[s]|pyp[i]|crate[s]\.io|golan[g])' \
        -e '(deb|ftp|security|archive|snapshot)\.debia[n]\.org' \
        /dev/null || true
}

lint_notes() {
    lint_files '.' | xargs -r grep -nIwE 'TOD[O]|FIXM[E]|XX[X]|HAC[K]' /dev/null || true
}

lint_shell() {
    local file
    local -a shells=()
    mapfile -t shells < <(lint_files '.' | while read -r file; do
        case $file in
        *.sh) echo "$file" ;;
        *.*) ;;
        *) head -c 64 "$file" | head -n 1 | grep -aqE '^#!.*\b(ba)?sh\b' && echo "$file" ;;
        esac
    done)
    for file in "${shells[@]}"; do
        bash -n "$file"
        [ "$(wc -l <"$file")" -lt 300 ] || echo "$file: 300 lines or more"
    done
    # A file that others source sets variables for them.
    for file in "${shells[@]}"; do
        if head -n 1 "$file" | grep -q '^#!'; then
            shellcheck -x -f gcc "$file" || true
        else
            shellcheck -x -f gcc -e SC2034 "$file" || true
        fi
    done
}

lint_python() {
    lint_files '\.py$' | while read -r file; do
        /usr/bin/python3 -c 'import ast, sys; ast.parse(open(sys.argv[1]).read(), sys.argv[1])' "$file" || true
    done
}

lint_data() {
    lint_files '\.(json|yaml|yml)$' | while read -r file; do
        /usr/bin/python3 -c 'import sys, yaml; yaml.safe_load(open(sys.argv[1]))' "$file" 2>&1 |
            tail -n 1 | sed "s|^|$file: |"
    done
}
