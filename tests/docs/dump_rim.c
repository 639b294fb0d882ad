/* Prints the rim's tables as Markdown, for scripts/check-docs.sh. What an entry does is found out
   by calling it. */

#include <stdio.h>
#include <string.h>

#include "cng/property.h"
#include "cng/rim.h"

static const struct {
    SECURITY_STATUS code;
    const char *name;
} names[] = {
#define NAME(code) {code, #code}
    NAME(NTE_INVALID_PARAMETER), NAME(NTE_INVALID_HANDLE),   NAME(NTE_BAD_FLAGS),
    NAME(NTE_BAD_TYPE),          NAME(NTE_BAD_ALGID),        NAME(NTE_NOT_SUPPORTED),
    NAME(NTE_BUFFER_TOO_SMALL),  NAME(NTE_NO_MORE_ITEMS),    NAME(NTE_NO_MEMORY),
    NAME(NTE_INTERNAL_ERROR),    NAME(NTE_NOT_FOUND),        NAME(NTE_BAD_KEYSET),
    NAME(NTE_KEYSET_ENTRY_BAD),  NAME(NTE_EXISTS),           NAME(NTE_PERM),
    NAME(NTE_INCORRECT_PASSWORD),
    NAME(NTE_SILENT_CONTEXT),    NAME(NTE_DEVICE_NOT_READY), NAME(NTE_BAD_SIGNATURE),
    NAME(NTE_DEVICE_NOT_FOUND),  NAME(NTE_UI_REQUIRED),      NAME(NTE_BAD_KEY_STATE),
#undef NAME
};

static const char *
name_of(SECURITY_STATUS code)
{
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (names[i].code == code)
            return names[i].name;
    return "?";
}

static void
print_codes(void)
{
    puts("| in the log | returned to the program | value |");
    puts("| --- | --- | --- |");
    for (int i = SIGNUM_OK + 1; i < SIGNUM_STATUS_COUNT; i++) {
        enum signum_status status = (enum signum_status)i;
        SECURITY_STATUS code = signum_rim_status(status);
        printf("| `%s` | `%s` | 0x%08lX |\n", signum_status_name(status), name_of(code),
               (unsigned long)code);
    }
}

static void
print_function(const char *name, int version, SECURITY_STATUS code, const char *note)
{
    printf("| %s | %d | ", name, version);
    if (code == NTE_NOT_SUPPORTED)
        printf("refuses, `NTE_NOT_SUPPORTED`");
    else
        printf("works");
    printf(" | %s |\n", note);
}

/* It tells what is asked for apart, so it is asked for something. */
static SECURITY_STATUS
import_private(const NCRYPT_KEY_STORAGE_FUNCTION_TABLE *table)
{
    NCRYPT_PROV_HANDLE provider = 0;
    NCRYPT_KEY_HANDLE key = 0;
    BYTE blob[1] = {0};

    if (table->OpenProvider(&provider, NULL, NCRYPT_SILENT_FLAG) != ERROR_SUCCESS)
        return NTE_INTERNAL_ERROR;
    SECURITY_STATUS code = table->ImportKey(provider, 0, BCRYPT_RSAPRIVATE_BLOB, NULL, &key, blob,
                                            sizeof blob, NCRYPT_SILENT_FLAG);
    table->FreeProvider(provider);
    return code;
}

#define FUNCTION(name, version, note, ...)                                                         \
    print_function(#name, version, table->name(__VA_ARGS__), note)

static void
print_functions(void)
{
    NCRYPT_KEY_STORAGE_FUNCTION_TABLE *table = NULL;

    if (GetKeyStorageInterface(L"Signum KSP", &table, 0) != STATUS_SUCCESS)
        return;
    puts("| function | table version | state | note |");
    puts("| --- | --- | --- | --- |");
    FUNCTION(OpenProvider, 1, "no network", NULL, NULL, 0);
    FUNCTION(OpenKey, 1, "key spec 0, 1 and 2; one request if the key is not known yet", 0, NULL,
             NULL, 0, 0);
    FUNCTION(CreatePersistedKey, 1, "no network: the key is made by FinalizeKey", 0, NULL, NULL,
             NULL, 0, 0);
    FUNCTION(GetProviderProperty, 1, "no network", 0, NULL, NULL, 0, NULL, 0);
    FUNCTION(GetKeyProperty, 1, "no network", 0, 0, NULL, NULL, 0, NULL, 0);
    FUNCTION(SetProviderProperty, 1, "no network", 0, NULL, NULL, 0, 0);
    FUNCTION(SetKeyProperty, 1, "one request for the certificate, none for the others", 0, 0, NULL,
             NULL, 0, 0);
    FUNCTION(FinalizeKey, 1, "one request: the service makes the key pair in its HSM", 0, 0, 0);
    FUNCTION(DeleteKey, 1,
             "`NTE_PERM` unless the setting `allow_delete` is true, and always for a key that has "
             "a certificate; else one request",
             0, 0, 0);
    FUNCTION(FreeProvider, 1, "keys opened under it stay usable", 0);
    FUNCTION(FreeKey, 1, "also after FreeProvider", 0, 0);
    FUNCTION(FreeBuffer, 1, "", NULL);
    FUNCTION(Encrypt, 1, "", 0, 0, NULL, 0, NULL, NULL, 0, NULL, 0);
    FUNCTION(Decrypt, 1, "", 0, 0, NULL, 0, NULL, NULL, 0, NULL, 0);
    FUNCTION(IsAlgSupported, 1,
             "no network: what keys can be, whether the user has such a key or not", 0, NULL, 0);
    FUNCTION(EnumAlgorithms, 1, "no network: the same", 0, 0, NULL, NULL, 0);
    FUNCTION(EnumKeys, 1,
             "the whole list at the first call, a request for each 1000 keys; then none", 0, NULL,
             NULL, NULL, 0);
    print_function("ImportKey", 1, import_private(table), "unknown types of blobs: `NTE_BAD_TYPE`");
    FUNCTION(ExportKey, 1, "public keys; no network", 0, 0, 0, NULL, NULL, NULL, 0, NULL, 0);
    FUNCTION(SignHash, 1, "one request; a size query needs none", 0, 0, NULL, NULL, 0, NULL, 0,
             NULL, 0);
    FUNCTION(VerifySignature, 1, "no network", 0, 0, NULL, NULL, 0, NULL, 0, 0);
    FUNCTION(PromptUser, 1, "", 0, 0, NULL, 0);
    FUNCTION(NotifyChangeKey, 1, "", 0, NULL, 0);
    FUNCTION(SecretAgreement, 1, "", 0, 0, 0, NULL, 0);
    FUNCTION(DeriveKey, 1, "", 0, 0, NULL, NULL, NULL, 0, NULL, 0);
    FUNCTION(FreeSecret, 1, "", 0, 0);
    FUNCTION(KeyDerivation, 2, "", 0, 0, NULL, NULL, 0, NULL, 0);
    FUNCTION(CreateClaim, 3,
             "the service's key attestation; one request for a size and a data query together", 0,
             0, 0, 0, NULL, NULL, 0, NULL, 0);
    FUNCTION(VerifyClaim, 3, "", 0, 0, 0, 0, NULL, NULL, 0, NULL, 0);
}

static void
print_properties(enum signum_property_scope scope)
{
    static const char *const types[] = {"string", "DWORD", "handle", "bytes"};
    size_t count;
    const struct signum_property *rows = signum_property_all(&count);

    puts("| property | type | read | set |");
    puts("| --- | --- | --- | --- |");
    for (size_t i = 0; i < count; i++)
        if ((rows[i].scope & scope) != 0)
            printf("| `%ls` | %s | %s | %s |\n", rows[i].name, types[rows[i].type],
                   rows[i].get == NULL ? "no" : "yes", rows[i].set == NULL ? "no" : "yes");
}

int
main(int argc, char **argv)
{
    const char *what = argc == 2 ? argv[1] : "";

    if (strcmp(what, "codes") == 0)
        print_codes();
    else if (strcmp(what, "functions") == 0)
        print_functions();
    else if (strcmp(what, "provider-properties") == 0)
        print_properties(SIGNUM_SCOPE_PROVIDER);
    else if (strcmp(what, "key-properties") == 0)
        print_properties(SIGNUM_SCOPE_KEY);
    else {
        fputs("usage: dump_rim codes|functions|provider-properties|key-properties\n", stderr);
        return 2;
    }
    return 0;
}
