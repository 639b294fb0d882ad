# shellcheck shell=bash
# Registers Microsoft's wintrust.dll, copied as mswintrust.dll, as the DLL that knows how to sign files of each kind.
# Source after scripts/lib/wine.sh.
#
# Wine's own functions for this are stubs. Wine's WINTRUST.dll stays in use beside it: Microsoft's under its own name
# would need msasn1.dll, which Wine only stubs.

# The kinds of file: programs (PE), cabinets, catalogs.
SIP_SUBJECTS=(
    C689AAB8-8E78-11D0-8C47-00C04FC295EE
    C689AABA-8E78-11D0-8C47-00C04FC295EE
    DE351A43-8E59-11D0-8C47-00C04FC295EE
)
SIP_FUNCTIONS=(CreateIndirectData PutSignedDataMsg GetSignedDataMsg RemoveSignedDataMsg VerifyIndirectData)

# sip_reg: prints the registry file. 32-bit programs read the part below Wow6432Node.
sip_reg() {
    local subject function root
    printf 'REGEDIT4\n'
    for root in 'Software' 'Software\Wow6432Node'; do
        for function in "${SIP_FUNCTIONS[@]}"; do
            for subject in "${SIP_SUBJECTS[@]}"; do
                printf '\n[HKEY_LOCAL_MACHINE\\%s\\Microsoft\\Cryptography\\OID\\EncodingType 0\\CryptSIPDll%s\\{%s}]\n' \
                    "$root" "$function" "$subject"
                printf '"Dll"="mswintrust.dll"\n"FuncName"="CryptSIP%s"\n' "$function"
            done
        done
    done
}

sip_register() {
    local file=$WINEPREFIX/sip.reg
    sip_reg >"$file"
    wine_run 60 regedit /S "$(wine_path "$file")"
}
