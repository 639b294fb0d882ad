#ifndef SIGNUM_CNG_ENTRIES_H
#define SIGNUM_CNG_ENTRIES_H

#include "signum/ksp_abi.h"

/*
 * The entries of the function table, in its order, with Microsoft's parameter names. What each
 * does and refuses is in docs/support.md; the table itself is in interface.c. All may be called
 * from any thread.
 */

SECURITY_STATUS WINAPI signum_entry_open_provider(NCRYPT_PROV_HANDLE *phProvider,
                                                  LPCWSTR pszProviderName, DWORD dwFlags);
SECURITY_STATUS WINAPI signum_entry_open_key(NCRYPT_PROV_HANDLE hProvider,
                                             NCRYPT_KEY_HANDLE *phKey, LPCWSTR pszKeyName,
                                             DWORD dwLegacyKeySpec, DWORD dwFlags);
SECURITY_STATUS WINAPI signum_entry_create_persisted_key(NCRYPT_PROV_HANDLE hProvider,
                                                         NCRYPT_KEY_HANDLE *phKey,
                                                         LPCWSTR pszAlgId, LPCWSTR pszKeyName,
                                                         DWORD dwLegacyKeySpec, DWORD dwFlags);
SECURITY_STATUS WINAPI signum_entry_get_provider_property(NCRYPT_PROV_HANDLE hProvider,
                                                          LPCWSTR pszProperty, PBYTE pbOutput,
                                                          DWORD cbOutput, DWORD *pcbResult,
                                                          DWORD dwFlags);
SECURITY_STATUS WINAPI signum_entry_get_key_property(NCRYPT_PROV_HANDLE hProvider,
                                                     NCRYPT_KEY_HANDLE hKey, LPCWSTR pszProperty,
                                                     PBYTE pbOutput, DWORD cbOutput,
                                                     DWORD *pcbResult, DWORD dwFlags);
SECURITY_STATUS WINAPI signum_entry_set_provider_property(NCRYPT_PROV_HANDLE hProvider,
                                                          LPCWSTR pszProperty, PBYTE pbInput,
                                                          DWORD cbInput, DWORD dwFlags);
SECURITY_STATUS WINAPI signum_entry_set_key_property(NCRYPT_PROV_HANDLE hProvider,
                                                     NCRYPT_KEY_HANDLE hKey, LPCWSTR pszProperty,
                                                     PBYTE pbInput, DWORD cbInput, DWORD dwFlags);
SECURITY_STATUS WINAPI signum_entry_finalize_key(NCRYPT_PROV_HANDLE hProvider,
                                                 NCRYPT_KEY_HANDLE hKey, DWORD dwFlags);
SECURITY_STATUS WINAPI signum_entry_delete_key(NCRYPT_PROV_HANDLE hProvider,
                                               NCRYPT_KEY_HANDLE hKey, DWORD dwFlags);
SECURITY_STATUS WINAPI signum_entry_free_provider(NCRYPT_PROV_HANDLE hProvider);
SECURITY_STATUS WINAPI signum_entry_free_key(NCRYPT_PROV_HANDLE hProvider,
                                             NCRYPT_KEY_HANDLE hKey);
SECURITY_STATUS WINAPI signum_entry_free_buffer(PVOID pvInput);
SECURITY_STATUS WINAPI signum_entry_encrypt(NCRYPT_PROV_HANDLE hProvider, NCRYPT_KEY_HANDLE hKey,
                                            PBYTE pbInput, DWORD cbInput, VOID *pPaddingInfo,
                                            PBYTE pbOutput, DWORD cbOutput, DWORD *pcbResult,
                                            DWORD dwFlags);
SECURITY_STATUS WINAPI signum_entry_decrypt(NCRYPT_PROV_HANDLE hProvider, NCRYPT_KEY_HANDLE hKey,
                                            PBYTE pbInput, DWORD cbInput, VOID *pPaddingInfo,
                                            PBYTE pbOutput, DWORD cbOutput, DWORD *pcbResult,
                                            DWORD dwFlags);
SECURITY_STATUS WINAPI signum_entry_is_alg_supported(NCRYPT_PROV_HANDLE hProvider,
                                                     LPCWSTR pszAlgId, DWORD dwFlags);
SECURITY_STATUS WINAPI signum_entry_enum_algorithms(NCRYPT_PROV_HANDLE hProvider,
                                                    DWORD dwAlgClass, DWORD *pdwAlgCount,
                                                    NCryptAlgorithmName **ppAlgList,
                                                    DWORD dwFlags);
SECURITY_STATUS WINAPI signum_entry_enum_keys(NCRYPT_PROV_HANDLE hProvider, LPCWSTR pszScope,
                                              NCryptKeyName **ppKeyName, PVOID *ppEnumState,
                                              DWORD dwFlags);
SECURITY_STATUS WINAPI signum_entry_import_key(NCRYPT_PROV_HANDLE hProvider,
                                               NCRYPT_KEY_HANDLE hImportKey, LPCWSTR pszBlobType,
                                               NCryptBufferDesc *pParameterList,
                                               NCRYPT_KEY_HANDLE *phKey, PBYTE pbData,
                                               DWORD cbData, DWORD dwFlags);
SECURITY_STATUS WINAPI signum_entry_export_key(NCRYPT_PROV_HANDLE hProvider,
                                               NCRYPT_KEY_HANDLE hKey,
                                               NCRYPT_KEY_HANDLE hExportKey, LPCWSTR pszBlobType,
                                               NCryptBufferDesc *pParameterList, PBYTE pbOutput,
                                               DWORD cbOutput, DWORD *pcbResult, DWORD dwFlags);
SECURITY_STATUS WINAPI signum_entry_sign_hash(NCRYPT_PROV_HANDLE hProvider, NCRYPT_KEY_HANDLE hKey,
                                              VOID *pPaddingInfo, PBYTE pbHashValue,
                                              DWORD cbHashValue, PBYTE pbSignature,
                                              DWORD cbSignature, DWORD *pcbResult, DWORD dwFlags);
SECURITY_STATUS WINAPI signum_entry_verify_signature(NCRYPT_PROV_HANDLE hProvider,
                                                     NCRYPT_KEY_HANDLE hKey, VOID *pPaddingInfo,
                                                     PBYTE pbHashValue, DWORD cbHashValue,
                                                     PBYTE pbSignature, DWORD cbSignature,
                                                     DWORD dwFlags);
SECURITY_STATUS WINAPI signum_entry_prompt_user(NCRYPT_PROV_HANDLE hProvider,
                                                NCRYPT_KEY_HANDLE hKey, LPCWSTR pszOperation,
                                                DWORD dwFlags);
SECURITY_STATUS WINAPI signum_entry_notify_change_key(NCRYPT_PROV_HANDLE hProvider,
                                                      HANDLE *phEvent, DWORD dwFlags);
SECURITY_STATUS WINAPI signum_entry_secret_agreement(NCRYPT_PROV_HANDLE hProvider,
                                                     NCRYPT_KEY_HANDLE hPrivKey,
                                                     NCRYPT_KEY_HANDLE hPubKey,
                                                     NCRYPT_SECRET_HANDLE *phAgreedSecret,
                                                     DWORD dwFlags);
SECURITY_STATUS WINAPI signum_entry_derive_key(NCRYPT_PROV_HANDLE hProvider,
                                               NCRYPT_SECRET_HANDLE hSharedSecret, LPCWSTR pwszKDF,
                                               NCryptBufferDesc *pParameterList,
                                               PBYTE pbDerivedKey, DWORD cbDerivedKey,
                                               DWORD *pcbResult, ULONG dwFlags);
SECURITY_STATUS WINAPI signum_entry_free_secret(NCRYPT_PROV_HANDLE hProvider,
                                                NCRYPT_SECRET_HANDLE hSharedSecret);
SECURITY_STATUS WINAPI signum_entry_key_derivation(NCRYPT_PROV_HANDLE hProvider,
                                                   NCRYPT_KEY_HANDLE hKey,
                                                   NCryptBufferDesc *pParameterList,
                                                   PUCHAR pbDerivedKey, DWORD cbDerivedKey,
                                                   DWORD *pcbResult, ULONG dwFlags);
SECURITY_STATUS WINAPI signum_entry_create_claim(NCRYPT_PROV_HANDLE hProv,
                                                 NCRYPT_KEY_HANDLE hSubjectKey,
                                                 NCRYPT_KEY_HANDLE hAuthorityKey,
                                                 DWORD dwClaimType,
                                                 NCryptBufferDesc *pParameterList,
                                                 PBYTE pbClaimBlob, DWORD cbClaimBlob,
                                                 DWORD *pcbResult, DWORD dwFlags);
SECURITY_STATUS WINAPI signum_entry_verify_claim(NCRYPT_PROV_HANDLE hProv,
                                                 NCRYPT_KEY_HANDLE hSubjectKey,
                                                 NCRYPT_KEY_HANDLE hAuthorityKey,
                                                 DWORD dwClaimType,
                                                 NCryptBufferDesc *pParameterList,
                                                 PBYTE pbClaimBlob, DWORD cbClaimBlob,
                                                 NCryptBufferDesc *pOutput, DWORD dwFlags);

#endif
