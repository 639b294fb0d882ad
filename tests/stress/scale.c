/*
 * Ten thousand keys: what listing and opening them costs the caller and the service. The settings
 * name three services of fake_service.py: big (the default one), small and shifting.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "check.h"
#include "ksp.h"
#include "signum/signum.h"
#include "stress.h"

#define BIG 10000u
#define BIG_PAGES 10u
#define SMALL 10u
#define SHIFTING 2499u /* 2,500, of which one is deleted between two pages */
#define SHIFTING_PAGES 3u
#define ALL (BIG + SMALL + SHIFTING)
#define NAME_CCH 64
#define LOOKUPS 10000u
#define RATIO_MAX 10u            /* generous */
#define HELD_UP_MS 500u          /* of every call of an enumeration but the first */
#define BYTES_MAX (200u << 20)   /* for all those keys, with two certificates each */

static wchar_t listed[ALL + 1][NAME_CCH];

static int
by_text(const void *a, const void *b)
{
    return wcscmp(a, b);
}

/* Names are unique, whatever happened between the pages. */
static bool
is_each_once(unsigned count)
{
    static wchar_t sorted[ALL + 1][NAME_CCH];

    memcpy(sorted, listed, sizeof sorted);
    qsort(sorted, count, sizeof sorted[0], by_text);
    for (unsigned i = 1; i < count; i++)
        if (wcscmp(sorted[i - 1], sorted[i]) == 0)
            return false;
    return true;
}

/* Lists all keys, and says how long the first call and the longest other one took. */
static unsigned
list_all(NCRYPT_PROV_HANDLE provider, uint64_t *first_us_out, uint64_t *longest_us_out)
{
    NCryptKeyName *item = NULL;
    PVOID state = NULL;
    unsigned count = 0;

    *first_us_out = 0;
    *longest_us_out = 0;
    for (;;) {
        uint64_t start = measure_us();
        SECURITY_STATUS status = ksp->EnumKeys(provider, NULL, &item, &state, 0);
        uint64_t took = measure_us() - start;
        if (count == 0)
            *first_us_out = took;
        else if (took > *longest_us_out)
            *longest_us_out = took;
        if (status != ERROR_SUCCESS) {
            check_status(status, NTE_NO_MORE_ITEMS, "the end of the list");
            break;
        }
        if (count < ALL)
            wcsncpy(listed[count], item->pszName, NAME_CCH - 1);
        count++;
        ksp->FreeBuffer(item);
    }
    ksp->FreeBuffer(state);
    return count;
}

static void
enumerate(NCRYPT_PROV_HANDLE provider)
{
    uint64_t first;
    uint64_t longest;
    unsigned count = list_all(provider, &first, &longest);

    check_number(count, ALL, "keys of three services are listed");
    check_true(is_each_once(count), "each of them once");
    check_number(measure_requests("\"/big/v1/keys?"), BIG_PAGES, "requests for 10,000 keys");
    check_number(measure_requests("\"/shifting/v1/keys?"), SHIFTING_PAGES,
                 "requests for a list that changes meanwhile");
    check_number(measure_requests("\"path\""), BIG_PAGES + SHIFTING_PAGES + 1, "requests in all");
    check_true(longest < HELD_UP_MS * 1000,
               "the first call takes %u ms, the longest of the others %u us",
               (unsigned)(first / 1000), (unsigned)longest);

    unsigned before = measure_requests("\"path\"");
    check_number(list_all(provider, &first, &longest), ALL, "keys are listed again");
    check_number(measure_requests("\"path\""), before, "requests after that");
    check_true(first < HELD_UP_MS * 1000, "its first call takes %u us", (unsigned)first);
}

static bool
open_and_free(NCRYPT_PROV_HANDLE provider, const wchar_t *name)
{
    NCRYPT_KEY_HANDLE key = 0;

    return ksp->OpenKey(provider, &key, name, 0, 0) == ERROR_SUCCESS &&
           ksp->FreeKey(provider, key) == ERROR_SUCCESS;
}

static void
open_each(NCRYPT_PROV_HANDLE provider)
{
    unsigned before = measure_requests("\"path\"");
    unsigned opened = 0;
    uint64_t start = measure_us();

    for (unsigned i = 0; i < ALL; i++)
        opened += open_and_free(provider, listed[i]);
    uint64_t took = measure_us() - start;
    check_number(opened, ALL, "keys can be opened");
    check_number(measure_requests("\"path\""), before, "requests after that too");
    check_true(took / ALL < 100000, "opening one for the first time takes %u us",
               (unsigned)(took / ALL));
}

/* Microseconds of many openings of keys that were open before, in no order. */
static uint64_t
look_up(NCRYPT_PROV_HANDLE provider, const char *prefix, unsigned count)
{
    unsigned opened = 0;
    uint64_t start = measure_us();

    for (unsigned i = 0; i < LOOKUPS; i++) {
        wchar_t name[NAME_CCH];
        swprintf(name, NAME_CCH, L"%hskey%05u", prefix, i * 7919u % count);
        opened += open_and_free(provider, name);
    }
    uint64_t took = measure_us() - start;
    check_number(opened, LOOKUPS, "openings among %u keys", count);
    return took;
}

static void
compare(NCRYPT_PROV_HANDLE provider)
{
    (void)look_up(provider, "small/", SMALL);
    uint64_t few = look_up(provider, "small/", SMALL);
    uint64_t many = look_up(provider, "", BIG);

    check_true(many < RATIO_MAX * few, "to open one of %u known keys takes %u ns, of %u %u ns",
               SMALL, (unsigned)(few * 1000 / LOOKUPS), BIG, (unsigned)(many * 1000 / LOOKUPS));
}

static void
sign_with_one(NCRYPT_PROV_HANDLE provider)
{
    BYTE digest[32] = {5};
    BYTE signature[64];
    NCRYPT_KEY_HANDLE key = 0;
    DWORD len = 0;

    check_status(ksp->OpenKey(provider, &key, L"key09996", 0, 0), ERROR_SUCCESS,
                 "open one of the last");
    check_status(ksp->SignHash(provider, key, NULL, digest, sizeof digest, signature,
                               sizeof signature, &len, 0), ERROR_SUCCESS, "sign with it");
    check_status(ksp->VerifySignature(provider, key, NULL, digest, sizeof digest, signature, len,
                                      0), ERROR_SUCCESS, "verify it");
    ksp->FreeKey(provider, key);
}

void
scale_run(void)
{
    NCRYPT_PROV_HANDLE provider = 0;

    check_status(ksp->OpenProvider(&provider, SIGNUM_PROVIDER_NAME_W, 0), ERROR_SUCCESS,
                 "open the provider");
    check_number(measure_requests("\"path\""), 0, "requests for that");
    struct usage before = measure_usage();
    enumerate(provider);
    struct usage after_list = measure_usage();
    open_each(provider);
    struct usage after_open = measure_usage();
    compare(provider);
    sign_with_one(provider);
    check_true(after_open.heap_bytes > before.heap_bytes &&
                   after_open.private_bytes < before.private_bytes + BYTES_MAX,
               "%u keys take %u KiB of memory, %u once each was open", ALL,
               (unsigned)((after_list.private_bytes - before.private_bytes) >> 10),
               (unsigned)((after_open.private_bytes - before.private_bytes) >> 10));
    ksp->FreeProvider(provider);
}
