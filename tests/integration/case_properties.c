#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "check.h"
#include "ksp.h"
#include "signum/signum.h"
#include "signum/version.h"

#include <wincrypt.h> /* after windows.h, for AT_SIGNATURE */

#define VALUE_MAX 8192

/* A provider, or a key of it: one way to ask for both. */
struct object {
    NCRYPT_PROV_HANDLE provider;
    NCRYPT_KEY_HANDLE key; /* 0: the provider itself */
    const char *text;
};

static SECURITY_STATUS
get(const struct object *object, LPCWSTR name, void *output, DWORD len, DWORD *result, DWORD flags)
{
    if (object->key == 0)
        return ksp->GetProviderProperty(object->provider, name, output, len, result, flags);
    return ksp->GetKeyProperty(object->provider, object->key, name, output, len, result, flags);
}

static SECURITY_STATUS
set(const struct object *object, LPCWSTR name, const void *input, DWORD len, DWORD flags)
{
    BYTE copy[VALUE_MAX];

    memcpy(copy, input, len);
    if (object->key == 0)
        return ksp->SetProviderProperty(object->provider, name, copy, len, flags);
    return ksp->SetKeyProperty(object->provider, object->key, name, copy, len, flags);
}

/* One property: size query, exact buffer, unaligned buffer, a byte too few, and its value. */
static void
expect(const struct object *object, LPCWSTR name, const void *value, DWORD value_len)
{
    static const DWORD flags[] = {NCRYPT_SILENT_FLAG, NCRYPT_PERSIST_FLAG,
                                  NCRYPT_PERSIST_ONLY_FLAG,
                                  NCRYPT_SILENT_FLAG | NCRYPT_PERSIST_ONLY_FLAG};
    BYTE output[VALUE_MAX + 1];
    DWORD len = 1;

    check_status(get(object, name, NULL, 0, &len, 0), ERROR_SUCCESS, "%s %ls: size query",
                 object->text, name);
    check_number(len, value_len, "%s %ls: size", object->text, name);
    memset(output, 0xa5, sizeof output);
    check_status(get(object, name, output + 1, value_len, &len, 0), ERROR_SUCCESS,
                 "%s %ls: value into an unaligned buffer", object->text, name);
    check_true(len == value_len && memcmp(output + 1, value, value_len) == 0, "%s %ls: value",
               object->text, name);
    check_true(output[0] == 0xa5 && output[value_len + 1] == 0xa5, "%s %ls: nothing beside it",
               object->text, name);
    len = 0;
    check_status(get(object, name, output, value_len - 1, &len, 0), NTE_BUFFER_TOO_SMALL,
                 "%s %ls: a byte too few", object->text, name);
    check_number(len, value_len, "%s %ls: the need is told", object->text, name);
    for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++)
        check_status(get(object, name, output, VALUE_MAX, &len, flags[i]), ERROR_SUCCESS,
                     "%s %ls: flags 0x%lx", object->text, name, flags[i]);
    check_status(get(object, name, output, VALUE_MAX, &len, 0x100), NTE_BAD_FLAGS,
                 "%s %ls: an unknown flag", object->text, name);
}

static void
expect_text(const struct object *object, LPCWSTR name, const wchar_t *text)
{
    expect(object, name, text, (DWORD)((wcslen(text) + 1) * sizeof *text));
}

static void
expect_number(const struct object *object, LPCWSTR name, DWORD number)
{
    expect(object, name, &number, sizeof number);
}

static void
expect_failure(const struct object *object, LPCWSTR name, SECURITY_STATUS wanted)
{
    BYTE output[64];
    DWORD len = 99;

    check_status(get(object, name, output, sizeof output, &len, 0), wanted, "%s %ls", object->text,
                 name);
    check_number(len, 0, "%s %ls: no size", object->text, name);
}

/* What may be set on either kind of handle, and read back. */
static void
settable(const struct object *object)
{
    static const wchar_t use[] = L"Signing of a caf\u00e9 program";
    NCRYPT_UI_POLICY_BLOB policy = {.dwVersion = 1};
    HWND window = (HWND)(ULONG_PTR)0x1234;

    expect_failure(object, NCRYPT_USE_CONTEXT_PROPERTY, NTE_NOT_FOUND);
    check_status(set(object, NCRYPT_USE_CONTEXT_PROPERTY, use, sizeof use, 0), ERROR_SUCCESS,
                 "%s: set Use Context", object->text);
    expect_text(object, NCRYPT_USE_CONTEXT_PROPERTY, use);
    check_status(set(object, NCRYPT_USE_CONTEXT_PROPERTY, use, 3, 0), NTE_INVALID_PARAMETER,
                 "%s: half a character in Use Context", object->text);
    expect_failure(object, NCRYPT_WINDOW_HANDLE_PROPERTY, NTE_NOT_FOUND);
    check_status(set(object, NCRYPT_WINDOW_HANDLE_PROPERTY, &window, sizeof window, 0),
                 ERROR_SUCCESS, "%s: set HWND Handle", object->text);
    expect(object, NCRYPT_WINDOW_HANDLE_PROPERTY, &window, sizeof window);
    check_status(set(object, NCRYPT_WINDOW_HANDLE_PROPERTY, &window, 2, 0), NTE_INVALID_PARAMETER,
                 "%s: half a window", object->text);
    expect_failure(object, NCRYPT_UI_POLICY_PROPERTY, NTE_NOT_FOUND);
    /* ncrypt.dll takes the public structure there and flattens it; the provider sees the blob */
    if (ksp_is_direct)
        check_status(set(object, NCRYPT_UI_POLICY_PROPERTY, &policy, sizeof policy,
                         NCRYPT_PERSIST_FLAG),
                     ERROR_SUCCESS, "%s: set UI Policy", object->text);
    check_status(set(object, NCRYPT_PIN_PROPERTY, L"1234", 10, 0), ERROR_SUCCESS,
                 "%s: set a PIN", object->text);
    expect_failure(object, NCRYPT_PIN_PROPERTY, NTE_NOT_SUPPORTED);
}

/* A megabyte is the most that a property may have. Only UI Policy takes so much, but ncrypt.dll
   wants a structure there; a PIN has a limit of its own. */
static void
too_long(const struct object *object)
{
    BYTE *data = calloc(1, NCRYPT_MAX_PROPERTY_DATA + 1);
    LPCWSTR name = ksp_is_direct ? NCRYPT_UI_POLICY_PROPERTY : NCRYPT_PIN_PROPERTY;

    if (data == NULL)
        return;
    for (DWORD more = 0; more < 2; more++) {
        DWORD len = NCRYPT_MAX_PROPERTY_DATA + more;
        SECURITY_STATUS status =
            object->key == 0
                ? ksp->SetProviderProperty(object->provider, name, data, len, 0)
                : ksp->SetKeyProperty(object->provider, object->key, name, data, len, 0);
        check_status(status, more == 0 && ksp_is_direct ? ERROR_SUCCESS : NTE_INVALID_PARAMETER,
                     "%s: set %lu bytes", object->text, len);
    }
    free(data);
}

static void
unknown(const struct object *object)
{
    wchar_t name[NCRYPT_MAX_PROPERTY_NAME + 2];
    DWORD len = 0;

    expect_failure(object, L"No Such Property", NTE_NOT_SUPPORTED);
    expect_failure(object, L"name", NTE_NOT_SUPPORTED);
    expect_failure(object, L"", NTE_NOT_SUPPORTED);
    check_status(set(object, L"No Such Property", L"x", 4, 0), NTE_NOT_SUPPORTED,
                 "%s: set an unknown property", object->text);
    check_status(set(object, NCRYPT_NAME_PROPERTY, L"x", 4, 0), NTE_NOT_SUPPORTED,
                 "%s: set the name", object->text);
    check_status(set(object, NCRYPT_USE_CONTEXT_PROPERTY, L"x", 4, 0x100), NTE_BAD_FLAGS,
                 "%s: set with an unknown flag", object->text);
    wmemset(name, L'a', NCRYPT_MAX_PROPERTY_NAME + 1);
    name[NCRYPT_MAX_PROPERTY_NAME + 1] = 0;
    check_status(get(object, name, NULL, 0, &len, 0), NTE_INVALID_PARAMETER,
                 "%s: a name of 65 characters", object->text);
    check_status(set(object, name, L"x", 4, 0), NTE_INVALID_PARAMETER,
                 "%s: set a name of 65 characters", object->text);
    name[NCRYPT_MAX_PROPERTY_NAME] = 0;
    expect_failure(object, name, NTE_NOT_SUPPORTED);
    expect_failure(object, NCRYPT_USER_CERTSTORE_PROPERTY, NTE_NOT_SUPPORTED);
    expect_failure(object, NCRYPT_ROOT_CERTSTORE_PROPERTY, NTE_NOT_SUPPORTED);
    too_long(object);
}

static void
security_descriptor(const struct object *object)
{
    DWORD flags = OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION;
    DWORD len = 0;

    check_status(get(object, NCRYPT_SECURITY_DESCR_PROPERTY, NULL, 0, &len, flags),
                 NTE_NOT_SUPPORTED, "%s: no security descriptor", object->text);
    check_status(get(object, NCRYPT_NAME_PROPERTY, NULL, 0, &len, flags), NTE_BAD_FLAGS,
                 "%s: flags of a security descriptor elsewhere", object->text);
}

static void
provider_properties(void)
{
    struct object object = {0, 0, "provider"};

    ksp->OpenProvider(&object.provider, SIGNUM_PROVIDER_NAME_W, 0);
    expect_text(&object, NCRYPT_NAME_PROPERTY, SIGNUM_PROVIDER_NAME_W);
    expect_number(&object, NCRYPT_IMPL_TYPE_PROPERTY, NCRYPT_IMPL_HARDWARE_FLAG);
    expect_number(&object, NCRYPT_VERSION_PROPERTY,
                  (DWORD)SIGNUM_VERSION_MAJOR << 16 | SIGNUM_VERSION_MINOR);
    expect_number(&object, NCRYPT_MAX_NAME_LENGTH_PROPERTY, MAX_PATH);
    expect_number(&object, NCRYPT_SECURITY_DESCR_SUPPORT_PROPERTY, 0);
    expect_failure(&object, NCRYPT_LENGTH_PROPERTY, NTE_NOT_SUPPORTED);
    expect_failure(&object, L"Signum Last Error", NTE_NOT_FOUND);
    settable(&object);
    unknown(&object);
    ksp->FreeProvider(object.provider);
}

/* RSA has no curve. */
static void
curve(const struct object *object, const struct test_key *test)
{
    wchar_t name[16];

    swprintf(name, sizeof name / sizeof name[0], L"nistP%lu", test->bits);
    if (test->field_len == 0)
        expect_failure(object, NCRYPT_ECC_CURVE_NAME_PROPERTY, NTE_NOT_SUPPORTED);
    else
        expect_text(object, NCRYPT_ECC_CURVE_NAME_PROPERTY, name);
    check_status(set(object, NCRYPT_ECC_CURVE_NAME_PROPERTY, name, sizeof name, 0),
                 NTE_NOT_SUPPORTED, "%s: set the curve of a key that is made", object->text);
}

/* What cannot be this key's certificate never leaves this machine. */
static void
bad_certificates(const struct object *object, const struct test_key *test)
{
    const char *other = strcmp(test->text, "p256") == 0 ? "p384.cer" : "p256.cer";
    unsigned before = test_request_count();
    size_t len = 0;

    check_status(set(object, NCRYPT_CERTIFICATE_PROPERTY, "no certificate", 14, 0),
                 NTE_INVALID_PARAMETER, "%s: set what is no certificate", object->text);
    uint8_t *der = test_read_file(other, &len);
    if (check_true(len > 0 && len < VALUE_MAX, "%s: another key's certificate", object->text))
        check_status(set(object, NCRYPT_CERTIFICATE_PROPERTY, der, (DWORD)len, 0),
                     NTE_INVALID_PARAMETER, "%s: set another key's certificate", object->text);
    free(der);
    check_true(test_has_text(object->provider, object->key, L"Signum Last Error", L"certificate"),
               "%s: Signum Last Error says why", object->text);
    check_number(test_request_count() - before, 0, "%s: no request", object->text);
}

/* Settable only to what they are. */
static void
fixed(const struct object *object, LPCWSTR name, DWORD actual)
{
    DWORD other = actual + 1;

    check_status(set(object, name, &actual, sizeof actual, NCRYPT_PERSIST_FLAG), ERROR_SUCCESS,
                 "%s: set %ls to what it is", object->text, name);
    check_status(set(object, name, &other, sizeof other, 0), NTE_NOT_SUPPORTED,
                 "%s: set %ls to something else", object->text, name);
    check_status(set(object, name, &other, 2, 0), NTE_INVALID_PARAMETER, "%s: set %ls, 2 bytes",
                 object->text, name);
}

static void
certificate(const struct object *object)
{
    char file[64];
    size_t len;
    const size_t text_len = strlen(object->text);

    memcpy(file, object->text, text_len);
    strcpy(file + text_len, ".cer");
    uint8_t *der = test_read_file(file, &len);
    if (check_true(len > 0, "%s: certificate to compare with", object->text))
        expect(object, NCRYPT_CERTIFICATE_PROPERTY, der, (DWORD)len);
    free(der);
}

static void
key_properties(const struct test_key *test)
{
    struct object object = {0, 0, test->text};
    NCRYPT_SUPPORTED_LENGTHS lengths = {test->bits, test->bits, 0, test->bits};
    BYTE no = 0;

    if (!ksp_open(test->name, &object.provider, &object.key))
        return;
    if (test->field_len == 0)
        lengths = (NCRYPT_SUPPORTED_LENGTHS){2048, 4096, 1024, 3072};
    expect_text(&object, NCRYPT_NAME_PROPERTY, test->name);
    expect_text(&object, NCRYPT_UNIQUE_NAME_PROPERTY, test->name);
    expect_text(&object, NCRYPT_ALGORITHM_PROPERTY, test->algorithm);
    expect_text(&object, NCRYPT_ALGORITHM_GROUP_PROPERTY, test->group);
    check_true((wcslen(test->algorithm) + 1) * sizeof(wchar_t) <= 32,
               "%s: the algorithm's name fits the JDK's 32 bytes", test->text);
    expect_number(&object, NCRYPT_LENGTH_PROPERTY, test->bits);
    expect_number(&object, NCRYPT_PUBLIC_LENGTH_PROPERTY, test->bits);
    expect(&object, NCRYPT_LENGTHS_PROPERTY, &lengths, sizeof lengths);
    expect_number(&object, NCRYPT_BLOCK_LENGTH_PROPERTY, (test->bits + 7) / 8);
    expect_number(&object, NCRYPT_SIGNATURE_LENGTH_PROPERTY, test->signature_len);
    expect_number(&object, NCRYPT_EXPORT_POLICY_PROPERTY, 0);
    expect_number(&object, NCRYPT_KEY_USAGE_PROPERTY, NCRYPT_ALLOW_SIGNING_FLAG);
    expect_number(&object, NCRYPT_KEY_TYPE_PROPERTY, 0);
    expect_number(&object, NCRYPT_IMPL_TYPE_PROPERTY, NCRYPT_IMPL_HARDWARE_FLAG);
    expect(&object, SIGNUM_CLR_IS_EPHEMERAL_PROPERTY, &no, sizeof no);
    fixed(&object, NCRYPT_LENGTH_PROPERTY, test->bits);
    fixed(&object, NCRYPT_EXPORT_POLICY_PROPERTY, 0);
    fixed(&object, NCRYPT_KEY_USAGE_PROPERTY, NCRYPT_ALLOW_SIGNING_FLAG);
    certificate(&object);
    curve(&object, test);
    expect_failure(&object, NCRYPT_LAST_MODIFIED_PROPERTY, NTE_NOT_FOUND);
    expect_failure(&object, L"Signum Last Error", NTE_NOT_FOUND);
    settable(&object);
    unknown(&object);
    security_descriptor(&object);
    bad_certificates(&object, test);
    ksp_close(object.provider, object.key);
}

static void
machine_key(void)
{
    struct object object = {0, 0, "machine key"};

    ksp->OpenProvider(&object.provider, SIGNUM_PROVIDER_NAME_W, 0);
    check_status(ksp->OpenKey(object.provider, &object.key, L"p256", AT_SIGNATURE,
                              NCRYPT_MACHINE_KEY_FLAG),
                 ERROR_SUCCESS, "open a machine key");
    expect_number(&object, NCRYPT_KEY_TYPE_PROPERTY, NCRYPT_MACHINE_KEY_FLAG);
    ksp_close(object.provider, object.key);
}

static void
service_url(void)
{
    const char *url = getenv("SIGNUM_SERVICE_URL");
    struct object object = {0, 0, "rsa2048"};
    wchar_t wide[256] = {0};

    if (!ksp_open(L"rsa2048", &object.provider, &object.key))
        return;
    for (size_t i = 0; url != NULL && url[i] != 0 && i < 255; i++)
        wide[i] = (wchar_t)url[i];
    expect_text(&object, L"Signum Service Url", wide);
    ksp_close(object.provider, object.key);
}

void
case_properties(void)
{
    provider_properties();
    for (size_t i = 0; i < test_key_count; i++)
        key_properties(&test_keys[i]);
    machine_key();
    service_url();
}
