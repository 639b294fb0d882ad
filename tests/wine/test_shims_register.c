#include "test_shims.h"

#include <wchar.h>

#define NAME L"Signum Registration Test"
#define OTHER L"Another Maker's KSP"
#define FUNCTION NCRYPT_KEY_STORAGE_ALGORITHM

NTSTATUS
register_provider(const WCHAR *name, const WCHAR *image, ULONG flags)
{
    static WCHAR function[] = FUNCTION;
    WCHAR image_copy[MAX_PATH];
    PWSTR functions[] = {function};
    CRYPT_INTERFACE_REG interface_reg = {NCRYPT_KEY_STORAGE_INTERFACE, CRYPT_LOCAL, 1, functions};
    PCRYPT_INTERFACE_REG interfaces[] = {&interface_reg};
    CRYPT_IMAGE_REG image_reg = {image_copy, 1, interfaces};
    CRYPT_PROVIDER_REG provider = {0, NULL, &image_reg, NULL};

    wcscpy(image_copy, image);
    return BCryptRegisterProvider(name, flags, &provider);
}

/* How often the names of a list contain one; 0 too where there is no list. */
static int
times_listed(const CRYPT_PROVIDERS *names, const WCHAR *name)
{
    int times = 0;

    for (ULONG i = 0; names && i < names->cProviders; i++) {
        times += wcscmp(names->rgpszProviders[i], name) == 0;
    }
    return times;
}

static int
times_in_context(const WCHAR *name)
{
    PCRYPT_CONTEXT_FUNCTION_PROVIDERS list = NULL;
    ULONG len = 0;

    BCryptEnumContextFunctionProviders(CRYPT_LOCAL, NULL, NCRYPT_KEY_STORAGE_INTERFACE, FUNCTION,
                                       &len, &list);
    const int times = times_listed((const CRYPT_PROVIDERS *)list, name);
    BCryptFreeBuffer(list);
    return times;
}

static int
times_function_listed(void)
{
    PCRYPT_CONTEXT_FUNCTIONS list = NULL;
    ULONG len = 0;

    BCryptEnumContextFunctions(CRYPT_LOCAL, NULL, NCRYPT_KEY_STORAGE_INTERFACE, &len, &list);
    const int times = times_listed((const CRYPT_PROVIDERS *)list, FUNCTION);
    BCryptFreeBuffer(list);
    return times;
}

static int
times_registered(const WCHAR *name)
{
    PCRYPT_PROVIDERS list = NULL;
    ULONG len = 0;

    BCryptEnumRegisteredProviders(&len, &list);
    const int times = times_listed(list, name);
    BCryptFreeBuffer(list);
    return times;
}

static NTSTATUS
add_to_context(const WCHAR *name, ULONG position)
{
    return BCryptAddContextFunctionProvider(CRYPT_LOCAL, NULL, NCRYPT_KEY_STORAGE_INTERFACE,
                                            FUNCTION, name, position);
}

static NTSTATUS
remove_from_context(const WCHAR *name)
{
    return BCryptRemoveContextFunctionProvider(CRYPT_LOCAL, NULL, NCRYPT_KEY_STORAGE_INTERFACE,
                                               FUNCTION, name);
}

static NTSTATUS
query(const WCHAR *name, ULONG *len, PCRYPT_PROVIDER_REG *registration)
{
    return BCryptQueryProviderRegistration(name, CRYPT_UM, NCRYPT_KEY_STORAGE_INTERFACE, len,
                                           registration);
}

static void
test_write_and_read(void)
{
    PCRYPT_PROVIDER_REG read = NULL;
    ULONG len = 0;

    CHECK_STATUS(query(NAME, &len, &read), STATUS_NOT_FOUND, "register: nothing there at first");
    CHECK_STATUS(register_provider(NAME, L"one.dll", 0), STATUS_SUCCESS, "register: a new name");
    CHECK_STATUS(register_provider(NAME, L"two.dll", 0), STATUS_OBJECT_NAME_COLLISION,
                 "register: a taken name");
    CHECK_STATUS(query(NAME, &len, NULL), STATUS_BUFFER_TOO_SMALL, "query: asks the size");
    CHECK_STATUS(query(NAME, &len, &read), STATUS_SUCCESS, "query: reads back");
    CHECK(read && read->pUM && !read->pKM && wcscmp(read->pUM->pszImage, L"one.dll") == 0,
          "query: the image that was registered first");
    CHECK(read && read->pUM && read->pUM->cInterfaces == 1 &&
              read->pUM->rgpInterfaces[0]->dwInterface == NCRYPT_KEY_STORAGE_INTERFACE &&
              read->pUM->rgpInterfaces[0]->dwFlags == CRYPT_LOCAL &&
              read->pUM->rgpInterfaces[0]->cFunctions == 1 &&
              wcscmp(read->pUM->rgpInterfaces[0]->rgpszFunctions[0], FUNCTION) == 0,
          "query: the interface and its function");
    BCryptFreeBuffer(read);
    read = NULL;
    CHECK_STATUS(register_provider(NAME, L"two.dll", CRYPT_OVERWRITE), STATUS_SUCCESS,
                 "register: overwriting");
    CHECK_STATUS(query(NAME, &len, &read), STATUS_SUCCESS, "query: reads again");
    CHECK(read && wcscmp(read->pUM->pszImage, L"two.dll") == 0, "query: the new image");
    BCryptFreeBuffer(read);
    CHECK(times_registered(NAME) == 1, "the name is among the registered providers, once");
}

static void
test_bad_parameters(void)
{
    CRYPT_IMAGE_REG image = {0};
    CRYPT_PROVIDER_REG provider = {0, NULL, &image, NULL};

    CHECK_STATUS(BCryptRegisterProvider(NAME, 0, NULL), STATUS_INVALID_PARAMETER,
                 "register: no registration");
    CHECK_STATUS(BCryptRegisterProvider(NAME, 0, &provider), STATUS_INVALID_PARAMETER,
                 "register: no image name");
    CHECK_STATUS(register_provider(L"", L"a.dll", 0), STATUS_INVALID_PARAMETER,
                 "register: an empty name");
    CHECK_STATUS(register_provider(L"a\\b", L"a.dll", 0), STATUS_INVALID_PARAMETER,
                 "register: a name with a separator");
    CHECK_STATUS(register_provider(NAME, L"a.dll", 0x80), STATUS_INVALID_PARAMETER,
                 "register: an unknown flag");
    CHECK_STATUS(BCryptUnregisterProvider(NULL), STATUS_INVALID_PARAMETER, "unregister: no name");
    CHECK_STATUS(add_to_context(L"nobody registered this", CRYPT_PRIORITY_BOTTOM),
                 STATUS_NOT_FOUND, "context: a provider that is not registered");
}

static void
test_unregister(void)
{
    CHECK_STATUS(BCryptAddContextFunction(CRYPT_LOCAL, NULL, NCRYPT_KEY_STORAGE_INTERFACE,
                                          FUNCTION, CRYPT_PRIORITY_BOTTOM),
                 STATUS_SUCCESS, "context: add the function");
    CHECK_STATUS(register_provider(OTHER, L"other.dll", CRYPT_OVERWRITE), STATUS_SUCCESS,
                 "register: another maker's provider");
    CHECK_STATUS(add_to_context(OTHER, CRYPT_PRIORITY_BOTTOM), STATUS_SUCCESS,
                 "context: add the other provider");
    CHECK_STATUS(add_to_context(NAME, CRYPT_PRIORITY_BOTTOM), STATUS_SUCCESS, "context: add ours");
    CHECK_STATUS(add_to_context(NAME, CRYPT_PRIORITY_TOP), STATUS_SUCCESS,
                 "context: add ours again");
    CHECK(times_in_context(NAME) == 1 && times_in_context(OTHER) == 1,
          "context: each is listed once");
    CHECK_STATUS(remove_from_context(NAME), STATUS_SUCCESS, "context: remove ours");
    CHECK_STATUS(remove_from_context(NAME), STATUS_NOT_FOUND, "context: remove ours again");
    CHECK_STATUS(BCryptUnregisterProvider(NAME), STATUS_SUCCESS, "unregister: ours");
    CHECK_STATUS(BCryptUnregisterProvider(NAME), STATUS_NOT_FOUND, "unregister: ours again");
    CHECK(times_in_context(NAME) == 0 && times_registered(NAME) == 0, "nothing of ours is left");
    CHECK(times_in_context(OTHER) == 1 && times_registered(OTHER) == 1,
          "the other provider is left alone");
    CHECK(times_function_listed() == 1, "KEY_STORAGE is left alone");
    remove_from_context(OTHER);
    BCryptUnregisterProvider(OTHER);
}

void
test_registration(void)
{
    test_write_and_read();
    test_bad_parameters();
    test_unregister();
}
