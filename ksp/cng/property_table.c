#include <wchar.h>

#include "property.h"

#define PROVIDER SIGNUM_SCOPE_PROVIDER
#define KEY SIGNUM_SCOPE_KEY
#define BOTH SIGNUM_SCOPE_BOTH
#define STRING SIGNUM_PROPERTY_STRING
#define NUMBER SIGNUM_PROPERTY_DWORD
#define HANDLE_VALUE SIGNUM_PROPERTY_HANDLE
#define BYTES SIGNUM_PROPERTY_BYTES
#define GET(name) signum_property_get_##name
#define SET(name) signum_property_set_##name

/* docs/support.md lists the same rows; a script compares them. */
static const struct signum_property rows[] = {
    {NCRYPT_NAME_PROPERTY, PROVIDER, STRING, GET(provider_name), NULL},
    {NCRYPT_VERSION_PROPERTY, PROVIDER, NUMBER, GET(version), NULL},
    {NCRYPT_MAX_NAME_LENGTH_PROPERTY, PROVIDER, NUMBER, GET(name_max), NULL},
    {NCRYPT_SECURITY_DESCR_SUPPORT_PROPERTY, PROVIDER, NUMBER, GET(security_support), NULL},
    {NCRYPT_IMPL_TYPE_PROPERTY, BOTH, NUMBER, GET(impl_type), NULL},
    {NCRYPT_USE_CONTEXT_PROPERTY, BOTH, STRING, GET(use_context), SET(use_context)},
    {NCRYPT_WINDOW_HANDLE_PROPERTY, BOTH, HANDLE_VALUE, GET(window), SET(window)},
    {NCRYPT_UI_POLICY_PROPERTY, BOTH, BYTES, GET(nothing), SET(nothing)},
    {NCRYPT_PIN_PROPERTY, BOTH, STRING, NULL, SET(pin)},
    {L"Signum Reason", BOTH, STRING, GET(reason), SET(reason)},
    {L"Signum Last Error", BOTH, STRING, GET(last_error), NULL},
    {L"Signum Request Id", BOTH, STRING, GET(last_request), NULL},
    {L"Signum Service Url", KEY, STRING, GET(service_url), NULL},
    {NCRYPT_NAME_PROPERTY, KEY, STRING, GET(key_name), NULL},
    {NCRYPT_UNIQUE_NAME_PROPERTY, KEY, STRING, GET(key_name), NULL},
    {NCRYPT_ALGORITHM_PROPERTY, KEY, STRING, GET(algorithm), NULL},
    {NCRYPT_ALGORITHM_GROUP_PROPERTY, KEY, STRING, GET(group), NULL},
    {NCRYPT_LENGTH_PROPERTY, KEY, NUMBER, GET(length), SET(length)},
    {NCRYPT_PUBLIC_LENGTH_PROPERTY, KEY, NUMBER, GET(length), NULL},
    {NCRYPT_LENGTHS_PROPERTY, KEY, BYTES, GET(lengths), NULL},
    {NCRYPT_BLOCK_LENGTH_PROPERTY, KEY, NUMBER, GET(block_length), NULL},
    {NCRYPT_SIGNATURE_LENGTH_PROPERTY, KEY, NUMBER, GET(signature_length), NULL},
    {NCRYPT_EXPORT_POLICY_PROPERTY, KEY, NUMBER, GET(export_policy), SET(export_policy)},
    {NCRYPT_KEY_USAGE_PROPERTY, KEY, NUMBER, GET(usage), SET(usage)},
    {NCRYPT_KEY_TYPE_PROPERTY, KEY, NUMBER, GET(key_type), NULL},
    {NCRYPT_ECC_CURVE_NAME_PROPERTY, KEY, STRING, GET(curve), SET(curve)},
    {NCRYPT_CERTIFICATE_PROPERTY, KEY, BYTES, GET(certificate), SET(certificate)},
    {NCRYPT_LAST_MODIFIED_PROPERTY, KEY, BYTES, GET(nothing), NULL},
    {SIGNUM_CLR_IS_EPHEMERAL_PROPERTY, KEY, BYTES, GET(ephemeral), NULL},
    /* known by name, and refused */
    {NCRYPT_SECURITY_DESCR_PROPERTY, KEY, BYTES, NULL, NULL},
    {NCRYPT_PROVIDER_HANDLE_PROPERTY, KEY, HANDLE_VALUE, NULL, NULL},
    {NCRYPT_USER_CERTSTORE_PROPERTY, BOTH, HANDLE_VALUE, NULL, NULL},
    {NCRYPT_ROOT_CERTSTORE_PROPERTY, BOTH, HANDLE_VALUE, NULL, NULL},
};

const struct signum_property *
signum_property_all(size_t *count_out)
{
    *count_out = sizeof rows / sizeof rows[0];
    return rows;
}

const struct signum_property *
signum_property_find(LPCWSTR name, enum signum_property_scope scope)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if ((rows[i].scope & scope) != 0 && wcscmp(rows[i].name, name) == 0)
            return &rows[i];
    return NULL;
}
