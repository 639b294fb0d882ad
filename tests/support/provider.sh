# shellcheck shell=bash
# Test programs that drive the provider's DLL. Source after scripts/lib/wine.sh and report.sh.
#
#   run_program FOLDER TEXT LINES COMMAND...   counts the `ok` and `not ok` lines that the command prints, at least LINES;
#                                              what it printed lies in FOLDER
#   provider_place PRESET DLL                  puts the DLL into the system folder of the current prefix, and the
#                                              registration where the stand-in for ncrypt.dll looks for it

# Whatever else is printed came from something that must be silent.
run_program() {
    local folder=$1 text=$2 least=$3 status=0 line lines=0 before=$FAILED
    shift 3
    "$@" >"$folder/out" 2>"$folder/err" || status=$?
    while IFS= read -r line; do
        line=${line%$'\r'}
        lines=$((lines + 1))
        case $line in
        "ok "*) ok "$text: ${line#ok }" ;;
        "not ok "*) not_ok "$text: ${line#not ok }" ;;
        *) not_ok "$text: unexpected output: $line" ;;
        esac
    done <"$folder/out"
    if [ -s "$folder/err" ]; then
        not_ok "$text: output on stderr: $(head -c 300 "$folder/err" | tr '\r\n' '  ')"
    fi
    if [ "$lines" -lt "$least" ] || { [ "$status" -ne 0 ] && [ "$FAILED" -eq "$before" ]; }; then
        not_ok "$text: ended with status $status after $lines lines"
    fi
}

provider_place() {
    local folder=system32 key='HKLM\SYSTEM\CurrentControlSet\Control\Cryptography\Providers\Signum KSP\UM'
    [ "$1" = win64 ] || folder=syswow64
    cp "$2" "$WINEPREFIX/drive_c/windows/$folder/"
    wine_run 60 reg add "$key" /v Image /t REG_SZ /d signumksp.dll /f >/dev/null &&
        wine_run 60 reg add "$key\\00010001" /v Flags /t REG_DWORD /d 65536 /f >/dev/null
}
