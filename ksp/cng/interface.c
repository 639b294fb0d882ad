#include "entries.h"
#include "provider.h"
#include "transcript.h"

static NCRYPT_KEY_STORAGE_FUNCTION_TABLE table = {
    .Version = NCRYPT_KEY_STORAGE_INTERFACE_VERSION_3,
    .OpenProvider = signum_entry_open_provider,
    .OpenKey = signum_entry_open_key,
    .CreatePersistedKey = signum_entry_create_persisted_key,
    .GetProviderProperty = signum_entry_get_provider_property,
    .GetKeyProperty = signum_entry_get_key_property,
    .SetProviderProperty = signum_entry_set_provider_property,
    .SetKeyProperty = signum_entry_set_key_property,
    .FinalizeKey = signum_entry_finalize_key,
    .DeleteKey = signum_entry_delete_key,
    .FreeProvider = signum_entry_free_provider,
    .FreeKey = signum_entry_free_key,
    .FreeBuffer = signum_entry_free_buffer,
    .Encrypt = signum_entry_encrypt,
    .Decrypt = signum_entry_decrypt,
    .IsAlgSupported = signum_entry_is_alg_supported,
    .EnumAlgorithms = signum_entry_enum_algorithms,
    .EnumKeys = signum_entry_enum_keys,
    .ImportKey = signum_entry_import_key,
    .ExportKey = signum_entry_export_key,
    .SignHash = signum_entry_sign_hash,
    .VerifySignature = signum_entry_verify_signature,
    .PromptUser = signum_entry_prompt_user,
    .NotifyChangeKey = signum_entry_notify_change_key,
    .SecretAgreement = signum_entry_secret_agreement,
    .DeriveKey = signum_entry_derive_key,
    .FreeSecret = signum_entry_free_secret,
    .KeyDerivation = signum_entry_key_derivation,
    .CreateClaim = signum_entry_create_claim,
    .VerifyClaim = signum_entry_verify_claim,
};

NTSTATUS WINAPI
GetKeyStorageInterface(LPCWSTR pszProviderName, NCRYPT_KEY_STORAGE_FUNCTION_TABLE **ppFunctionTable,
                       DWORD dwFlags)
{
    (void)dwFlags; /* none is defined */
    if (ppFunctionTable == NULL)
        return STATUS_INVALID_PARAMETER;
    *ppFunctionTable = NULL;
    if (pszProviderName == NULL)
        return STATUS_INVALID_PARAMETER;
    if (!signum_provider_is_name(pszProviderName))
        return STATUS_NOT_FOUND;
    *ppFunctionTable = signum_transcript_table(&table);
    return STATUS_SUCCESS;
}
