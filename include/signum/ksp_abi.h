/*
 * The binary interface between Windows' ncrypt.dll and a key storage provider.
 *
 * Microsoft ships these declarations in ncrypt_provider.h of the Cryptographic Provider Development
 * Kit; mingw-w64 has no such header. What follows is our own declaration of the same interface: the
 * function table up to version 3, the registration calls that mingw-w64's bcrypt.h leaves out, and
 * the few names its ncrypt.h lacks. Names of functions, members and parameters are Microsoft's, so
 * that the pages named below read side by side with the code.
 *
 * Below learn.microsoft.com/windows/win32/:
 *   Key storage functions  seccng/cng-key-storage-functions
 *   Property names         seccng/key-storage-property-identifiers
 *   Registration           api/bcrypt/nf-bcrypt-bcryptregisterprovider
 *   Claims (version 3)     api/ncrypt/nf-ncrypt-ncryptcreateclaim
 *
 * Windows only. The header compiles alone and pulls in the lean part of windows.h, bcrypt.h and
 * ncrypt.h; a file that needs more of Windows (winsock2.h, say) includes it by name, in any order.
 */
#ifndef SIGNUM_KSP_ABI_H
#define SIGNUM_KSP_ABI_H

#ifndef WIN32_LEAN_AND_MEAN
#define WIN32_LEAN_AND_MEAN
#define SIGNUM_KSP_ABI_MADE_LEAN
#endif
#include <windows.h>
#ifdef SIGNUM_KSP_ABI_MADE_LEAN
#undef WIN32_LEAN_AND_MEAN
#undef SIGNUM_KSP_ABI_MADE_LEAN
#endif
#include <bcrypt.h>
#include <ncrypt.h>
#include <stddef.h>

/* ---- Names that mingw-w64's headers lack ---------------------------------------------------- */

/* NTSTATUS values of the registration calls. ntstatus.h holds them too but may not be combined with
 * windows.h without care, so the handful in use is given here with the values of MS-ERREF 2.3.1. */
#ifndef STATUS_SUCCESS
#define STATUS_SUCCESS ((NTSTATUS)0x00000000L)
#endif
#ifndef STATUS_UNSUCCESSFUL
#define STATUS_UNSUCCESSFUL ((NTSTATUS)0xC0000001L)
#endif
#ifndef STATUS_INVALID_PARAMETER
#define STATUS_INVALID_PARAMETER ((NTSTATUS)0xC000000DL)
#endif
#ifndef STATUS_NO_MEMORY
#define STATUS_NO_MEMORY ((NTSTATUS)0xC0000017L)
#endif
#ifndef STATUS_ACCESS_DENIED
#define STATUS_ACCESS_DENIED ((NTSTATUS)0xC0000022L)
#endif
#ifndef STATUS_BUFFER_TOO_SMALL
#define STATUS_BUFFER_TOO_SMALL ((NTSTATUS)0xC0000023L)
#endif
#ifndef STATUS_OBJECT_NAME_NOT_FOUND
#define STATUS_OBJECT_NAME_NOT_FOUND ((NTSTATUS)0xC0000034L)
#endif
#ifndef STATUS_OBJECT_NAME_COLLISION
#define STATUS_OBJECT_NAME_COLLISION ((NTSTATUS)0xC0000035L)
#endif
#ifndef STATUS_NOT_SUPPORTED
#define STATUS_NOT_SUPPORTED ((NTSTATUS)0xC00000BBL)
#endif
#ifndef STATUS_NOT_FOUND
#define STATUS_NOT_FOUND ((NTSTATUS)0xC0000225L)
#endif

/* "CNG Algorithm Identifiers": the generic ECDSA name, whose curve is a property of the key. */
#ifndef BCRYPT_ECDSA_ALGORITHM
#define BCRYPT_ECDSA_ALGORITHM L"ECDSA"
#endif
#ifndef NCRYPT_ECDSA_ALGORITHM
#define NCRYPT_ECDSA_ALGORITHM BCRYPT_ECDSA_ALGORITHM
#endif

/* "Key Storage Property Identifiers": names that came after mingw-w64's list was made. */
#ifndef NCRYPT_PUBLIC_LENGTH_PROPERTY
#define NCRYPT_PUBLIC_LENGTH_PROPERTY L"PublicKeyLength"
#endif
#ifndef NCRYPT_SIGNATURE_LENGTH_PROPERTY
#define NCRYPT_SIGNATURE_LENGTH_PROPERTY L"SignatureLength"
#endif
#ifndef NCRYPT_ECC_CURVE_NAME_PROPERTY
#define NCRYPT_ECC_CURVE_NAME_PROPERTY L"ECCCurveName"
#endif

/* "NCryptCreateClaim": whose keys a claim is about. */
#ifndef NCRYPT_CLAIM_AUTHORITY_ONLY
#define NCRYPT_CLAIM_AUTHORITY_ONLY 0x00000001
#endif
#ifndef NCRYPT_CLAIM_SUBJECT_ONLY
#define NCRYPT_CLAIM_SUBJECT_ONLY 0x00000002
#endif
#ifndef NCRYPT_CLAIM_AUTHORITY_AND_SUBJECT
#define NCRYPT_CLAIM_AUTHORITY_AND_SUBJECT 0x00000003
#endif

/* "NCryptFinalizeKey". */
#ifndef NCRYPT_NO_KEY_VALIDATION
#define NCRYPT_NO_KEY_VALIDATION 0x00000008
#endif

/* Not Microsoft's documentation but .NET's habit: CngKey asks for it with the persist-only flag. */
#define SIGNUM_CLR_IS_EPHEMERAL_PROPERTY L"CLR IsEphemeral"

/* BCRYPT_MAKE_INTERFACE_VERSION makes an initialiser, as Microsoft's does. */
#ifndef NCRYPT_KEY_STORAGE_INTERFACE_VERSION
#define NCRYPT_KEY_STORAGE_INTERFACE_VERSION BCRYPT_MAKE_INTERFACE_VERSION(1, 0)
#endif
#ifndef NCRYPT_KEY_STORAGE_INTERFACE_VERSION_2
#define NCRYPT_KEY_STORAGE_INTERFACE_VERSION_2 BCRYPT_MAKE_INTERFACE_VERSION(2, 0)
#endif
#ifndef NCRYPT_KEY_STORAGE_INTERFACE_VERSION_3
#define NCRYPT_KEY_STORAGE_INTERFACE_VERSION_3 BCRYPT_MAKE_INTERFACE_VERSION(3, 0)
#endif

/*
 * What a provider receives for NCRYPT_UI_POLICY_PROPERTY. Callers of NCryptSetProperty pass an
 * NCRYPT_UI_POLICY; ncrypt.dll flattens it: these five fields, then the three strings in the order
 * of their sizes. The sizes are bytes and count the terminating NUL; 0 means no string.
 */
typedef struct __NCRYPT_UI_POLICY_BLOB {
    DWORD dwVersion;
    DWORD dwFlags;
    DWORD cbCreationTitle;
    DWORD cbFriendlyName;
    DWORD cbDescription;
} NCRYPT_UI_POLICY_BLOB;

/* ---- The entries of the function table ------------------------------------------------------ */
/*
 * Every handle here is the provider's own opaque value: ncrypt.dll wraps it for its callers. Every
 * entry has a page named after the public call ("NCryptOpenKey function"), whose parameters it has
 * after the provider's handle; entries without a public call are explained where they stand. Sizes
 * are bytes. Buffers handed out by EnumAlgorithms and EnumKeys, and its state, belong to
 * the provider's FreeBuffer.
 */

/* Version 1, in the order of the table. */
typedef SECURITY_STATUS(WINAPI *NCryptOpenStorageProviderFn)(NCRYPT_PROV_HANDLE *phProvider,
                                                             LPCWSTR pszProviderName,
                                                             DWORD dwFlags);
typedef SECURITY_STATUS(WINAPI *NCryptOpenKeyFn)(NCRYPT_PROV_HANDLE hProvider,
                                                 NCRYPT_KEY_HANDLE *phKey, LPCWSTR pszKeyName,
                                                 DWORD dwLegacyKeySpec, DWORD dwFlags);
typedef SECURITY_STATUS(WINAPI *NCryptCreatePersistedKeyFn)(NCRYPT_PROV_HANDLE hProvider,
                                                            NCRYPT_KEY_HANDLE *phKey,
                                                            LPCWSTR pszAlgId, LPCWSTR pszKeyName,
                                                            DWORD dwLegacyKeySpec, DWORD dwFlags);
/* NCryptGetProperty and NCryptSetProperty reach one of two entries, by the kind of the handle. */
typedef SECURITY_STATUS(WINAPI *NCryptGetProviderPropertyFn)(NCRYPT_PROV_HANDLE hProvider,
                                                             LPCWSTR pszProperty, PBYTE pbOutput,
                                                             DWORD cbOutput, DWORD *pcbResult,
                                                             DWORD dwFlags);
typedef SECURITY_STATUS(WINAPI *NCryptGetKeyPropertyFn)(NCRYPT_PROV_HANDLE hProvider,
                                                        NCRYPT_KEY_HANDLE hKey,
                                                        LPCWSTR pszProperty, PBYTE pbOutput,
                                                        DWORD cbOutput, DWORD *pcbResult,
                                                        DWORD dwFlags);
typedef SECURITY_STATUS(WINAPI *NCryptSetProviderPropertyFn)(NCRYPT_PROV_HANDLE hProvider,
                                                             LPCWSTR pszProperty, PBYTE pbInput,
                                                             DWORD cbInput, DWORD dwFlags);
typedef SECURITY_STATUS(WINAPI *NCryptSetKeyPropertyFn)(NCRYPT_PROV_HANDLE hProvider,
                                                        NCRYPT_KEY_HANDLE hKey,
                                                        LPCWSTR pszProperty, PBYTE pbInput,
                                                        DWORD cbInput, DWORD dwFlags);
typedef SECURITY_STATUS(WINAPI *NCryptFinalizeKeyFn)(NCRYPT_PROV_HANDLE hProvider,
                                                     NCRYPT_KEY_HANDLE hKey, DWORD dwFlags);
/* Success frees the key's handle as well; the caller must not free it again. */
typedef SECURITY_STATUS(WINAPI *NCryptDeleteKeyFn)(NCRYPT_PROV_HANDLE hProvider,
                                                   NCRYPT_KEY_HANDLE hKey, DWORD dwFlags);
/* NCryptFreeObject reaches FreeProvider, FreeKey or FreeSecret, by the kind of the handle. */
typedef SECURITY_STATUS(WINAPI *NCryptFreeProviderFn)(NCRYPT_PROV_HANDLE hProvider);
typedef SECURITY_STATUS(WINAPI *NCryptFreeKeyFn)(NCRYPT_PROV_HANDLE hProvider,
                                                 NCRYPT_KEY_HANDLE hKey);
typedef SECURITY_STATUS(WINAPI *NCryptFreeBufferFn)(PVOID pvInput);
typedef SECURITY_STATUS(WINAPI *NCryptEncryptFn)(NCRYPT_PROV_HANDLE hProvider,
                                                 NCRYPT_KEY_HANDLE hKey, PBYTE pbInput,
                                                 DWORD cbInput, VOID *pPaddingInfo, PBYTE pbOutput,
                                                 DWORD cbOutput, DWORD *pcbResult, DWORD dwFlags);
typedef SECURITY_STATUS(WINAPI *NCryptDecryptFn)(NCRYPT_PROV_HANDLE hProvider,
                                                 NCRYPT_KEY_HANDLE hKey, PBYTE pbInput,
                                                 DWORD cbInput, VOID *pPaddingInfo, PBYTE pbOutput,
                                                 DWORD cbOutput, DWORD *pcbResult, DWORD dwFlags);
typedef SECURITY_STATUS(WINAPI *NCryptIsAlgSupportedFn)(NCRYPT_PROV_HANDLE hProvider,
                                                        LPCWSTR pszAlgId, DWORD dwFlags);
/* dwAlgClass is the mask of NCRYPT_*_OPERATION bits; 0 asks for all. */
typedef SECURITY_STATUS(WINAPI *NCryptEnumAlgorithmsFn)(NCRYPT_PROV_HANDLE hProvider,
                                                        DWORD dwAlgClass, DWORD *pdwAlgCount,
                                                        NCryptAlgorithmName **ppAlgList,
                                                        DWORD dwFlags);
typedef SECURITY_STATUS(WINAPI *NCryptEnumKeysFn)(NCRYPT_PROV_HANDLE hProvider, LPCWSTR pszScope,
                                                  NCryptKeyName **ppKeyName, PVOID *ppEnumState,
                                                  DWORD dwFlags);
typedef SECURITY_STATUS(WINAPI *NCryptImportKeyFn)(NCRYPT_PROV_HANDLE hProvider,
                                                   NCRYPT_KEY_HANDLE hImportKey,
                                                   LPCWSTR pszBlobType,
                                                   NCryptBufferDesc *pParameterList,
                                                   NCRYPT_KEY_HANDLE *phKey, PBYTE pbData,
                                                   DWORD cbData, DWORD dwFlags);
typedef SECURITY_STATUS(WINAPI *NCryptExportKeyFn)(NCRYPT_PROV_HANDLE hProvider,
                                                   NCRYPT_KEY_HANDLE hKey,
                                                   NCRYPT_KEY_HANDLE hExportKey,
                                                   LPCWSTR pszBlobType,
                                                   NCryptBufferDesc *pParameterList,
                                                   PBYTE pbOutput, DWORD cbOutput,
                                                   DWORD *pcbResult, DWORD dwFlags);
typedef SECURITY_STATUS(WINAPI *NCryptSignHashFn)(NCRYPT_PROV_HANDLE hProvider,
                                                  NCRYPT_KEY_HANDLE hKey, VOID *pPaddingInfo,
                                                  PBYTE pbHashValue, DWORD cbHashValue,
                                                  PBYTE pbSignature, DWORD cbSignature,
                                                  DWORD *pcbResult, DWORD dwFlags);
typedef SECURITY_STATUS(WINAPI *NCryptVerifySignatureFn)(NCRYPT_PROV_HANDLE hProvider,
                                                         NCRYPT_KEY_HANDLE hKey,
                                                         VOID *pPaddingInfo, PBYTE pbHashValue,
                                                         DWORD cbHashValue, PBYTE pbSignature,
                                                         DWORD cbSignature, DWORD dwFlags);
/* No public call. Asks the user to approve pszOperation; hKey may be 0. */
typedef SECURITY_STATUS(WINAPI *NCryptPromptUserFn)(NCRYPT_PROV_HANDLE hProvider,
                                                    NCRYPT_KEY_HANDLE hKey, LPCWSTR pszOperation,
                                                    DWORD dwFlags);
/* phEvent is read and written: made when registering, given back when unregistering. */
typedef SECURITY_STATUS(WINAPI *NCryptNotifyChangeKeyFn)(NCRYPT_PROV_HANDLE hProvider,
                                                         HANDLE *phEvent, DWORD dwFlags);
typedef SECURITY_STATUS(WINAPI *NCryptSecretAgreementFn)(NCRYPT_PROV_HANDLE hProvider,
                                                         NCRYPT_KEY_HANDLE hPrivKey,
                                                         NCRYPT_KEY_HANDLE hPubKey,
                                                         NCRYPT_SECRET_HANDLE *phAgreedSecret,
                                                         DWORD dwFlags);
typedef SECURITY_STATUS(WINAPI *NCryptDeriveKeyFn)(NCRYPT_PROV_HANDLE hProvider,
                                                   NCRYPT_SECRET_HANDLE hSharedSecret,
                                                   LPCWSTR pwszKDF,
                                                   NCryptBufferDesc *pParameterList,
                                                   PBYTE pbDerivedKey, DWORD cbDerivedKey,
                                                   DWORD *pcbResult, ULONG dwFlags);
typedef SECURITY_STATUS(WINAPI *NCryptFreeSecretFn)(NCRYPT_PROV_HANDLE hProvider,
                                                    NCRYPT_SECRET_HANDLE hSharedSecret);

/* Version 2, Windows 8. */
typedef SECURITY_STATUS(WINAPI *NCryptKeyDerivationFn)(NCRYPT_PROV_HANDLE hProvider,
                                                       NCRYPT_KEY_HANDLE hKey,
                                                       NCryptBufferDesc *pParameterList,
                                                       PUCHAR pbDerivedKey, DWORD cbDerivedKey,
                                                       DWORD *pcbResult, ULONG dwFlags);

/* Version 3, Windows 10: key attestation. */
typedef SECURITY_STATUS(WINAPI *NCryptCreateClaimFn)(NCRYPT_PROV_HANDLE hProv,
                                                     NCRYPT_KEY_HANDLE hSubjectKey,
                                                     NCRYPT_KEY_HANDLE hAuthorityKey,
                                                     DWORD dwClaimType,
                                                     NCryptBufferDesc *pParameterList,
                                                     PBYTE pbClaimBlob, DWORD cbClaimBlob,
                                                     DWORD *pcbResult, DWORD dwFlags);
typedef SECURITY_STATUS(WINAPI *NCryptVerifyClaimFn)(NCRYPT_PROV_HANDLE hProv,
                                                     NCRYPT_KEY_HANDLE hSubjectKey,
                                                     NCRYPT_KEY_HANDLE hAuthorityKey,
                                                     DWORD dwClaimType,
                                                     NCryptBufferDesc *pParameterList,
                                                     PBYTE pbClaimBlob, DWORD cbClaimBlob,
                                                     NCryptBufferDesc *pOutput, DWORD dwFlags);

/* ---- The function table --------------------------------------------------------------------- */
/*
 * A provider returns one table for all its handles; it must stay valid while the DLL is loaded.
 * Version names the last member that exists: a reader must not look past the members of that
 * version, and a provider must fill every member of it.
 */
typedef struct _NCRYPT_KEY_STORAGE_FUNCTION_TABLE {
    BCRYPT_INTERFACE_VERSION Version;
    NCryptOpenStorageProviderFn OpenProvider;
    NCryptOpenKeyFn OpenKey;
    NCryptCreatePersistedKeyFn CreatePersistedKey;
    NCryptGetProviderPropertyFn GetProviderProperty;
    NCryptGetKeyPropertyFn GetKeyProperty;
    NCryptSetProviderPropertyFn SetProviderProperty;
    NCryptSetKeyPropertyFn SetKeyProperty;
    NCryptFinalizeKeyFn FinalizeKey;
    NCryptDeleteKeyFn DeleteKey;
    NCryptFreeProviderFn FreeProvider;
    NCryptFreeKeyFn FreeKey;
    NCryptFreeBufferFn FreeBuffer;
    NCryptEncryptFn Encrypt;
    NCryptDecryptFn Decrypt;
    NCryptIsAlgSupportedFn IsAlgSupported;
    NCryptEnumAlgorithmsFn EnumAlgorithms;
    NCryptEnumKeysFn EnumKeys;
    NCryptImportKeyFn ImportKey;
    NCryptExportKeyFn ExportKey;
    NCryptSignHashFn SignHash;
    NCryptVerifySignatureFn VerifySignature;
    NCryptPromptUserFn PromptUser;
    NCryptNotifyChangeKeyFn NotifyChangeKey;
    NCryptSecretAgreementFn SecretAgreement;
    NCryptDeriveKeyFn DeriveKey;
    NCryptFreeSecretFn FreeSecret;
    NCryptKeyDerivationFn KeyDerivation; /* from version 2 */
    NCryptCreateClaimFn CreateClaim;     /* from version 3 */
    NCryptVerifyClaimFn VerifyClaim;     /* from version 3 */
} NCRYPT_KEY_STORAGE_FUNCTION_TABLE;

/* How many bytes of the table a provider of each version promises to have. */
#define SIGNUM_KSP_TABLE_LEN_1 offsetof(NCRYPT_KEY_STORAGE_FUNCTION_TABLE, KeyDerivation)
#define SIGNUM_KSP_TABLE_LEN_2 offsetof(NCRYPT_KEY_STORAGE_FUNCTION_TABLE, CreateClaim)
#define SIGNUM_KSP_TABLE_LEN_3 sizeof(NCRYPT_KEY_STORAGE_FUNCTION_TABLE)

/*
 * The one export of a provider DLL, undecorated in both bitnesses. Stores a pointer to the
 * provider's own table and returns STATUS_SUCCESS, or an NTSTATUS and leaves *ppFunctionTable NULL.
 */
NTSTATUS WINAPI GetKeyStorageInterface(LPCWSTR pszProviderName,
                                       NCRYPT_KEY_STORAGE_FUNCTION_TABLE **ppFunctionTable,
                                       DWORD dwFlags);
typedef NTSTATUS(WINAPI *GetKeyStorageInterfaceFn)(
    LPCWSTR pszProviderName, NCRYPT_KEY_STORAGE_FUNCTION_TABLE **ppFunctionTable, DWORD dwFlags);

/* ---- Registration --------------------------------------------------------------------------- */
/*
 * mingw-w64's bcrypt.h has the structures CRYPT_PROVIDER_REG, CRYPT_IMAGE_REG and
 * CRYPT_INTERFACE_REG and the query calls, and its import library has these four; only their
 * prototypes are missing. All four need an administrator. The pages are named after the functions.
 */

/* STATUS_OBJECT_NAME_COLLISION where the name is taken and dwFlags lacks CRYPT_OVERWRITE. */
NTSTATUS WINAPI BCryptRegisterProvider(LPCWSTR pszProvider, ULONG dwFlags,
                                       PCRYPT_PROVIDER_REG pReg);
/* STATUS_NOT_FOUND where no such provider is registered. */
NTSTATUS WINAPI BCryptUnregisterProvider(LPCWSTR pszProvider);
/* dwPosition: CRYPT_PRIORITY_TOP, CRYPT_PRIORITY_BOTTOM or an index. NULL context: the default. */
NTSTATUS WINAPI BCryptAddContextFunctionProvider(ULONG dwTable, LPCWSTR pszContext,
                                                 ULONG dwInterface, LPCWSTR pszFunction,
                                                 LPCWSTR pszProvider, ULONG dwPosition);
NTSTATUS WINAPI BCryptRemoveContextFunctionProvider(ULONG dwTable, LPCWSTR pszContext,
                                                    ULONG dwInterface, LPCWSTR pszFunction,
                                                    LPCWSTR pszProvider);

/* ---- What both compilers must agree on ------------------------------------------------------ */

/* Member number of the table, counted from 0 after Version, which is padded to a pointer's size. */
#define SIGNUM_KSP_ASSERT_MEMBER(member, number)                                                   \
    _Static_assert(offsetof(NCRYPT_KEY_STORAGE_FUNCTION_TABLE, member) ==                          \
                       sizeof(void *) * (1 + (number)),                                            \
                   #member " is out of place")

_Static_assert(sizeof(void *) == 8 || sizeof(void *) == 4, "only 64-bit and 32-bit Windows");
_Static_assert(sizeof(BCRYPT_INTERFACE_VERSION) == 4, "the version is two 16-bit numbers");
_Static_assert(offsetof(BCRYPT_INTERFACE_VERSION, MinorVersion) == 2, "major comes first");
SIGNUM_KSP_ASSERT_MEMBER(OpenProvider, 0);
SIGNUM_KSP_ASSERT_MEMBER(OpenKey, 1);
SIGNUM_KSP_ASSERT_MEMBER(CreatePersistedKey, 2);
SIGNUM_KSP_ASSERT_MEMBER(GetProviderProperty, 3);
SIGNUM_KSP_ASSERT_MEMBER(GetKeyProperty, 4);
SIGNUM_KSP_ASSERT_MEMBER(SetProviderProperty, 5);
SIGNUM_KSP_ASSERT_MEMBER(SetKeyProperty, 6);
SIGNUM_KSP_ASSERT_MEMBER(FinalizeKey, 7);
SIGNUM_KSP_ASSERT_MEMBER(DeleteKey, 8);
SIGNUM_KSP_ASSERT_MEMBER(FreeProvider, 9);
SIGNUM_KSP_ASSERT_MEMBER(FreeKey, 10);
SIGNUM_KSP_ASSERT_MEMBER(FreeBuffer, 11);
SIGNUM_KSP_ASSERT_MEMBER(Encrypt, 12);
SIGNUM_KSP_ASSERT_MEMBER(Decrypt, 13);
SIGNUM_KSP_ASSERT_MEMBER(IsAlgSupported, 14);
SIGNUM_KSP_ASSERT_MEMBER(EnumAlgorithms, 15);
SIGNUM_KSP_ASSERT_MEMBER(EnumKeys, 16);
SIGNUM_KSP_ASSERT_MEMBER(ImportKey, 17);
SIGNUM_KSP_ASSERT_MEMBER(ExportKey, 18);
SIGNUM_KSP_ASSERT_MEMBER(SignHash, 19);
SIGNUM_KSP_ASSERT_MEMBER(VerifySignature, 20);
SIGNUM_KSP_ASSERT_MEMBER(PromptUser, 21);
SIGNUM_KSP_ASSERT_MEMBER(NotifyChangeKey, 22);
SIGNUM_KSP_ASSERT_MEMBER(SecretAgreement, 23);
SIGNUM_KSP_ASSERT_MEMBER(DeriveKey, 24);
SIGNUM_KSP_ASSERT_MEMBER(FreeSecret, 25);
SIGNUM_KSP_ASSERT_MEMBER(KeyDerivation, 26);
SIGNUM_KSP_ASSERT_MEMBER(CreateClaim, 27);
SIGNUM_KSP_ASSERT_MEMBER(VerifyClaim, 28);
_Static_assert(sizeof(NCRYPT_KEY_STORAGE_FUNCTION_TABLE) == 30 * sizeof(void *),
               "29 entries and the version");

_Static_assert(sizeof(NCRYPT_UI_POLICY_BLOB) == 20, "five 32-bit numbers");
_Static_assert(sizeof(CRYPT_INTERFACE_REG) == (sizeof(void *) == 8 ? 24 : 16), "interface");
_Static_assert(offsetof(CRYPT_INTERFACE_REG, rgpszFunctions) == (sizeof(void *) == 8 ? 16 : 12),
               "interface functions");
_Static_assert(sizeof(CRYPT_IMAGE_REG) == 3 * sizeof(void *), "image");
_Static_assert(sizeof(CRYPT_PROVIDER_REG) == 4 * sizeof(void *), "provider");
_Static_assert(offsetof(CRYPT_PROVIDER_REG, pUM) == 2 * sizeof(void *), "user-mode image");
_Static_assert(sizeof(NCryptAlgorithmName) == (sizeof(void *) == 8 ? 24 : 16), "algorithm name");
_Static_assert(sizeof(NCryptKeyName) == 2 * sizeof(void *) + 8, "key name");

/* CNG's contract says these values; a header that disagrees would make silent wrong answers. */
_Static_assert(NCRYPT_MACHINE_KEY_FLAG == 0x20 && NCRYPT_SILENT_FLAG == 0x40, "key flags");
_Static_assert(NCRYPT_PERSIST_FLAG == 0x80000000 && NCRYPT_PERSIST_ONLY_FLAG == 0x40000000,
               "property flags");
_Static_assert(NCRYPT_KEY_STORAGE_INTERFACE == 0x00010001, "interface number");
_Static_assert(BCRYPT_PAD_PKCS1 == 2 && BCRYPT_PAD_PSS == 8, "padding flags");
_Static_assert((DWORD)NTE_BUFFER_TOO_SMALL == 0x80090028, ".NET retries on exactly this value");
_Static_assert((DWORD)NTE_DEVICE_NOT_READY == 0x80090030, "service unreachable");

#endif
