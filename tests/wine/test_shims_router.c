#include "test_shims.h"

#include "shims/testksp.h"

#include <wchar.h>
#include <wincrypt.h>

static SECURITY_STATUS
open_provider(const WCHAR *name)
{
    NCRYPT_PROV_HANDLE provider = 1;

    const SECURITY_STATUS status = NCryptOpenStorageProvider(&provider, name, 0);
    if (status == ERROR_SUCCESS) {
        NCryptFreeObject(provider);
    } else {
        CHECK(provider == 0, "a provider that does not open leaves no handle");
    }
    return status;
}

/* Registers the image under a name of its own, tries to open it, and takes it out again. */
static SECURITY_STATUS
open_image(const WCHAR *image)
{
    static const WCHAR name[] = L"Signum Loading Test";

    register_provider(name, image, CRYPT_OVERWRITE);
    const SECURITY_STATUS status = open_provider(name);
    BCryptUnregisterProvider(name);
    return status;
}

static SECURITY_STATUS
open_variant(const WCHAR *name)
{
    register_provider(name, TESTKSP_IMAGE, CRYPT_OVERWRITE);
    const SECURITY_STATUS status = open_provider(name);
    BCryptUnregisterProvider(name);
    return status;
}

/* local.dll is testksp.c once more, in this program's folder and not in the system's. */
static void
test_loading(void)
{
    WCHAR full_path[MAX_PATH] = L"";

    CHECK_STATUS(NCryptOpenStorageProvider(NULL, TESTKSP_NAME, 0), NTE_INVALID_PARAMETER,
                 "open: nowhere to put the handle");
    CHECK_STATUS(open_provider(L"nobody registered this"), NTE_KEYSET_NOT_DEF,
                 "open: an unknown provider");
    CHECK_STATUS(open_provider(L"..\\Providers"), NTE_KEYSET_NOT_DEF,
                 "open: a name with a separator");
    CHECK_STATUS(open_image(L"no-such-file.dll"), NTE_PROV_DLL_NOT_FOUND, "open: a missing DLL");
    CHECK(GetFileAttributesW(L"local.dll") != INVALID_FILE_ATTRIBUTES,
          "local.dll lies in the program's folder");
    CHECK_STATUS(open_image(L"local.dll"), NTE_PROV_DLL_NOT_FOUND,
                 "open: a DLL outside the system directory");
    GetFullPathNameW(L"local.dll", MAX_PATH, full_path, NULL);
    CHECK_STATUS(open_image(full_path), NTE_PROV_DLL_NOT_FOUND, "open: a DLL by its full path");
    CHECK_STATUS(open_image(L"version.dll"), NTE_PROVIDER_DLL_FAIL,
                 "open: a DLL that is no provider");
    CHECK_STATUS(open_variant(TESTKSP_NAME_REFUSES), NTE_PROVIDER_DLL_FAIL,
                 "open: a provider that gives no table");
    CHECK_STATUS(open_variant(TESTKSP_NAME_INCOMPLETE), NTE_PROVIDER_DLL_FAIL,
                 "open: a table with a hole");
    CHECK_STATUS(open_variant(TESTKSP_NAME_VERSION_1), ERROR_SUCCESS,
                 "open: a table of version 1 may end early");
    CHECK_STATUS(open_provider(TESTKSP_NAME), ERROR_SUCCESS, "open: the test provider");
}

/* What the test provider says it has handed out and not got back; one provider is ours to ask. */
static LONG
live(const WCHAR *counter)
{
    NCRYPT_PROV_HANDLE provider = 0;
    LONG value = -1;
    DWORD len = 0;

    if (NCryptOpenStorageProvider(&provider, TESTKSP_NAME, 0) == ERROR_SUCCESS) {
        NCryptGetProperty(provider, counter, (BYTE *)&value, sizeof value, &len, 0);
        NCryptFreeObject(provider);
    }
    return value;
}

static void
test_lifetime(void)
{
    NCRYPT_PROV_HANDLE provider = 0;
    NCRYPT_PROV_HANDLE owner = 0;
    NCRYPT_KEY_HANDLE key = 0;
    WCHAR name[64] = L"";
    DWORD len = 0;

    CHECK(live(TESTKSP_LIVE_PROVIDERS) == 1 && live(TESTKSP_LIVE_KEYS) == 0,
          "lifetime: nothing is open at first");
    NCryptOpenStorageProvider(&provider, TESTKSP_NAME, 0);
    CHECK_STATUS(NCryptOpenKey(provider, &key, L"no such key", 0, 0), NTE_BAD_KEYSET,
                 "open key: an unknown name");
    CHECK(key == 0, "open key: no handle after a failure");
    CHECK_STATUS(NCryptOpenKey(provider, NULL, TESTKSP_BARE_KEY, 0, 0), NTE_INVALID_PARAMETER,
                 "open key: nowhere to put the handle");
    CHECK_STATUS(NCryptOpenKey(provider, &key, TESTKSP_BARE_KEY, 0, 0), ERROR_SUCCESS,
                 "open key: the bare key");
    CHECK_STATUS(NCryptFreeObject(provider), ERROR_SUCCESS, "the provider is freed before its key");
    CHECK(live(TESTKSP_LIVE_PROVIDERS) == 2, "lifetime: the key keeps its provider");
    CHECK_STATUS(NCryptFreeObject(provider), NTE_INVALID_HANDLE, "free: a provider twice");
    CHECK_STATUS(NCryptOpenKey(provider, &owner, TESTKSP_BARE_KEY, 0, 0), NTE_INVALID_HANDLE,
                 "open key: by a freed provider");
    CHECK_STATUS(NCryptGetProperty(key, NCRYPT_NAME_PROPERTY, (BYTE *)name, sizeof name, &len, 0),
                 ERROR_SUCCESS, "the key still answers");
    CHECK(wcscmp(name, TESTKSP_BARE_KEY) == 0, "with its own name");
    CHECK_STATUS(NCryptGetProperty(key, NCRYPT_PROVIDER_HANDLE_PROPERTY, (BYTE *)&owner,
                                   sizeof owner, &len, 0),
                 ERROR_SUCCESS, "the key gives its provider");
    CHECK_STATUS(NCryptFreeObject(key), ERROR_SUCCESS, "free: the key");
    CHECK(live(TESTKSP_LIVE_KEYS) == 0 && live(TESTKSP_LIVE_PROVIDERS) == 2,
          "lifetime: the handle from the property keeps the provider");
    CHECK_STATUS(NCryptFreeObject(owner), ERROR_SUCCESS, "free: that handle");
    CHECK(live(TESTKSP_LIVE_PROVIDERS) == 1, "lifetime: everything is back");
    CHECK_STATUS(NCryptFreeObject(key), NTE_INVALID_HANDLE, "free: the key twice");
    CHECK_STATUS(NCryptFreeObject(0), NTE_INVALID_HANDLE, "free: no handle");
}

static void
test_handle_kinds(void)
{
    NCRYPT_PROV_HANDLE provider = 0;
    NCRYPT_PROV_HANDLE translated = 1;
    NCRYPT_KEY_HANDLE key = 0;
    NCRYPT_KEY_HANDLE translated_key = 1;
    NCRYPT_UI_POLICY policy = {1, NCRYPT_UI_PROTECT_KEY_FLAG, L"title", NULL, L"text"};
    BYTE digest[32] = {0};
    DWORD len = 0;

    NCryptOpenStorageProvider(&provider, TESTKSP_NAME, 0);
    NCryptOpenKey(provider, &key, TESTKSP_BARE_KEY, AT_SIGNATURE, NCRYPT_SILENT_FLAG);
    CHECK(NCryptIsKeyHandle(key) && !NCryptIsKeyHandle(provider) && !NCryptIsKeyHandle(0) &&
              !NCryptIsKeyHandle((NCRYPT_KEY_HANDLE)&key),
          "IsKeyHandle: the key and nothing else");
    CHECK_STATUS(NCryptSignHash(provider, NULL, digest, sizeof digest, NULL, 0, &len, 0),
                 NTE_INVALID_HANDLE, "sign: with a provider's handle");
    CHECK_STATUS(NCryptExportKey(key, provider, BCRYPT_RSAPUBLIC_BLOB, NULL, NULL, 0, &len, 0),
                 NTE_INVALID_HANDLE, "export: wrapped by a provider's handle");
    CHECK_STATUS(NCryptVerifySignature(key, NULL, digest, sizeof digest, digest, sizeof digest, 0),
                 NTE_NOT_SUPPORTED, "verify: reaches the provider");
    CHECK_STATUS(NCryptSetProperty(key, NCRYPT_UI_POLICY_PROPERTY, (BYTE *)&policy, sizeof policy,
                                   0),
                 ERROR_SUCCESS, "set: a UI policy arrives flat");
    CHECK_STATUS(NCryptSetProperty(key, NCRYPT_UI_POLICY_PROPERTY, (BYTE *)&policy, 4, 0),
                 NTE_INVALID_PARAMETER, "set: half a UI policy");
    CHECK_STATUS(NCryptTranslateHandle(&translated, &translated_key, 0, 0, 0, 0),
                 NTE_NOT_SUPPORTED, "translate: legacy handles");
    CHECK(translated == 0 && translated_key == 0, "translate: no handles");
    CHECK_STATUS(NCryptNotifyChangeKey(provider, NULL, 0), NTE_NOT_SUPPORTED,
                 "notify: reaches the provider");
    CHECK_STATUS(NCryptNotifyChangeKey(key, NULL, 0), NTE_INVALID_HANDLE,
                 "notify: with a key's handle");
    NCryptFreeObject(key);
    NCryptFreeObject(provider);
}

static void
test_enum_keys(NCRYPT_PROV_HANDLE provider)
{
    NCryptKeyName *name = NULL;
    PVOID state = NULL;
    int count = 0;
    SECURITY_STATUS status = ERROR_SUCCESS;

    for (;;) {
        status = NCryptEnumKeys(provider, NULL, &name, &state, 0);
        if (status != ERROR_SUCCESS) {
            break;
        }
        count++;
        CHECK_STATUS(NCryptFreeBuffer(name), ERROR_SUCCESS, "free buffer: a key's name");
    }
    CHECK_STATUS(status, NTE_NO_MORE_ITEMS, "enum keys: the end");
    CHECK(count == 2 && name == NULL, "enum keys: two names");
    CHECK(live(TESTKSP_LIVE_BUFFERS) == 1, "free buffer: only the state is left");
    CHECK_STATUS(NCryptFreeBuffer(state), ERROR_SUCCESS, "free buffer: the state");
    CHECK_STATUS(NCryptFreeBuffer(state), NTE_INVALID_PARAMETER, "free buffer: the state twice");
}

static void
test_buffers(void)
{
    NCRYPT_PROV_HANDLE provider = 0;
    NCryptAlgorithmName *algorithms = NULL;
    NCryptProviderName *providers = NULL;
    DWORD count = 0;
    bool is_listed = false;
    int foreign = 0;

    NCryptOpenStorageProvider(&provider, TESTKSP_NAME, 0);
    CHECK_STATUS(NCryptEnumAlgorithms(provider, 0, NULL, &algorithms, 0), NTE_INVALID_PARAMETER,
                 "enum algorithms: nowhere to put the count");
    CHECK_STATUS(NCryptEnumAlgorithms(provider, 0, &count, &algorithms, 0), ERROR_SUCCESS,
                 "enum algorithms");
    CHECK(count == 1 && live(TESTKSP_LIVE_BUFFERS) == 1, "enum algorithms: one buffer is out");
    CHECK_STATUS(NCryptFreeBuffer(algorithms), ERROR_SUCCESS, "free buffer: the algorithms");
    CHECK(live(TESTKSP_LIVE_BUFFERS) == 0, "free buffer: the provider got it back");
    test_enum_keys(provider);
    NCryptFreeObject(provider);
    CHECK(live(TESTKSP_LIVE_BUFFERS) == 0 && live(TESTKSP_LIVE_PROVIDERS) == 1,
          "free buffer: nothing is left, no provider either");
    CHECK_STATUS(NCryptFreeBuffer(NULL), NTE_INVALID_PARAMETER, "free buffer: none");
    CHECK_STATUS(NCryptFreeBuffer(&foreign), NTE_INVALID_PARAMETER, "free buffer: not CNG's");

    CHECK_STATUS(NCryptEnumStorageProviders(&count, &providers, 0x80), NTE_BAD_FLAGS,
                 "enum providers: an unknown flag");
    CHECK_STATUS(NCryptEnumStorageProviders(&count, &providers, 0), ERROR_SUCCESS,
                 "enum providers");
    for (DWORD i = 0; i < count; i++) {
        is_listed = is_listed || wcscmp(providers[i].pszName, TESTKSP_NAME) == 0;
    }
    CHECK(is_listed, "enum providers: ours is among them");
    CHECK_STATUS(NCryptFreeBuffer(providers), ERROR_SUCCESS, "free buffer: the providers");
}

static void
test_versions(void)
{
    NCRYPT_PROV_HANDLE provider = 0;
    NCRYPT_KEY_HANDLE key = 0;
    BYTE out[16];
    DWORD len = 0;

    register_provider(TESTKSP_NAME_VERSION_1, TESTKSP_IMAGE, CRYPT_OVERWRITE);
    NCryptOpenStorageProvider(&provider, TESTKSP_NAME_VERSION_1, 0);
    NCryptOpenKey(provider, &key, TESTKSP_BARE_KEY, 0, 0);
    CHECK_STATUS(NCryptKeyDerivation(key, NULL, out, sizeof out, &len, 0), NTE_NOT_SUPPORTED,
                 "version 1: no key derivation, and no jump to where it would be");
    CHECK_STATUS(NCryptCreateClaim(key, 0, 0, NULL, out, sizeof out, &len, 0), NTE_NOT_SUPPORTED,
                 "version 1: no claims");
    NCryptFreeObject(key);
    NCryptFreeObject(provider);
    BCryptUnregisterProvider(TESTKSP_NAME_VERSION_1);
}

void
test_router(void)
{
    CHECK_STATUS(register_provider(TESTKSP_NAME, TESTKSP_IMAGE, CRYPT_OVERWRITE), STATUS_SUCCESS,
                 "register: the test provider");
    test_loading();
    test_lifetime();
    test_handle_kinds();
    test_buffers();
    test_versions();
}
