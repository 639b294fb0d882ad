#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "check.h"
#include "ksp.h"
#include "signum/signum.h"

#define PATH_LEN 1024
#define FILE_MAX (4u << 20)
#define WAIT_MS 100
#define WAIT_MAX_MS 60000
#define VALUE_MAX 2048
#define SETTLE_MS 150 /* the service writes its line after it has answered */

const struct test_key test_keys[] = {
    {L"rsa2048", "rsa2048", L"RSA", L"RSA", 2048, 256, 0, BCRYPT_RSAPUBLIC_MAGIC},
    {L"rsa3072", "rsa3072", L"RSA", L"RSA", 3072, 384, 0, BCRYPT_RSAPUBLIC_MAGIC},
    {L"rsa4096", "rsa4096", L"RSA", L"RSA", 4096, 512, 0, BCRYPT_RSAPUBLIC_MAGIC},
    {L"p256", "p256", L"ECDSA_P256", L"ECDSA", 256, 64, 32, BCRYPT_ECDSA_PUBLIC_P256_MAGIC},
    {L"p384", "p384", L"ECDSA_P384", L"ECDSA", 384, 96, 48, BCRYPT_ECDSA_PUBLIC_P384_MAGIC},
    {L"p521", "p521", L"ECDSA_P521", L"ECDSA", 521, 132, 66, BCRYPT_ECDSA_PUBLIC_P521_MAGIC},
};
const size_t test_key_count = sizeof test_keys / sizeof test_keys[0];

bool
ksp_open(const wchar_t *key_name, NCRYPT_PROV_HANDLE *provider_out, NCRYPT_KEY_HANDLE *key_out)
{
    *provider_out = 0;
    *key_out = 0;
    SECURITY_STATUS status = ksp->OpenProvider(provider_out, SIGNUM_PROVIDER_NAME_W, 0);
    if (status == ERROR_SUCCESS)
        status = ksp->OpenKey(*provider_out, key_out, key_name, 0, 0);
    if (status == ERROR_SUCCESS)
        return true;
    check_status(status, ERROR_SUCCESS, "open %ls", key_name);
    ksp_close(*provider_out, *key_out);
    *provider_out = 0;
    *key_out = 0;
    return false;
}

void
ksp_close(NCRYPT_PROV_HANDLE provider, NCRYPT_KEY_HANDLE key)
{
    if (key != 0)
        ksp->FreeKey(provider, key);
    if (provider != 0)
        ksp->FreeProvider(provider);
}

static void
path_of(const char *name, char path[PATH_LEN])
{
    const char *folder = getenv("SIGNUM_TEST_DIR");

    snprintf(path, PATH_LEN, "%s\\%s", folder == NULL ? "." : folder, name);
}

static uint8_t *
read_path(const char *path, size_t *len_out)
{
    FILE *file = fopen(path, "rb");
    uint8_t *data = NULL;

    *len_out = 0;
    if (file == NULL)
        return NULL;
    data = malloc(FILE_MAX);
    if (data != NULL)
        *len_out = fread(data, 1, FILE_MAX, file);
    fclose(file);
    return data;
}

uint8_t *
test_read_file(const char *name, size_t *len_out)
{
    char path[PATH_LEN];

    path_of(name, path);
    return read_path(path, len_out);
}

bool
test_write_file(const char *name, const void *data, size_t len)
{
    char path[PATH_LEN];

    path_of(name, path);
    FILE *file = fopen(path, "wb");
    if (file == NULL)
        return false;
    bool is_written = fwrite(data, 1, len, file) == len;
    return fclose(file) == 0 && is_written;
}

static unsigned
count_lines(void)
{
    const char *path = getenv("SIGNUM_TEST_ACCESS_LOG");
    unsigned count = 0;
    size_t len;
    uint8_t *data = read_path(path == NULL ? "" : path, &len);
    const char *end = (const char *)data + len;

    for (const char *line = (const char *)data; data != NULL && line < end;) {
        const char *next = memchr(line, '\n', (size_t)(end - line));
        size_t line_len = (size_t)((next == NULL ? end : next) - line);
        /* other lines of the service's log have no path */
        char copy[512];
        snprintf(copy, sizeof copy, "%.*s", (int)line_len, line);
        if (strstr(copy, "\"path\"") != NULL)
            count++;
        line = next == NULL ? end : next + 1;
    }
    free(data);
    return count;
}

unsigned
test_request_count(void)
{
    unsigned last;
    unsigned now = count_lines();

    do {
        last = now;
        Sleep(SETTLE_MS);
        now = count_lines();
    } while (now != last);
    return now;
}

bool
test_has_text(NCRYPT_PROV_HANDLE provider, NCRYPT_KEY_HANDLE key, LPCWSTR name,
              const wchar_t *part)
{
    wchar_t text[VALUE_MAX] = {0};
    DWORD len = 0;
    SECURITY_STATUS status;

    if (key == 0)
        status = ksp->GetProviderProperty(provider, name, (PBYTE)text, sizeof text, &len, 0);
    else
        status = ksp->GetKeyProperty(provider, key, name, (PBYTE)text, sizeof text, &len, 0);
    return status == ERROR_SUCCESS && len > sizeof(wchar_t) && wcsstr(text, part) != NULL;
}

void
test_let_happen(const char *what)
{
    char name[64];
    unsigned waited = 0;
    size_t len = 0;

    snprintf(name, sizeof name, "%s.please", what);
    test_write_file(name, "x", 1);
    snprintf(name, sizeof name, "%s.done", what);
    do {
        Sleep(WAIT_MS);
        waited += WAIT_MS;
        free(test_read_file(name, &len));
    } while (len == 0 && waited < WAIT_MAX_MS);
    check_true(len > 0, "the service is %s", what);
}

const wchar_t *
test_new_name(const wchar_t *what)
{
    static wchar_t name[64];
    const char *run = getenv("SIGNUM_TEST_RUN");

    swprintf(name, sizeof name / sizeof name[0], L"made-%hs-%ls", run == NULL ? "x" : run, what);
    return name;
}
