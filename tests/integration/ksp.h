#ifndef SIGNUM_INTEGRATION_KSP_H
#define SIGNUM_INTEGRATION_KSP_H

#include "signum/ksp_abi.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * The provider under test, by one of two ways: its own function table, or the functions of
 * ncrypt.dll put into the shape of that table, so that every case runs both ways. By way of
 * ncrypt.dll the provider's argument of a key's call is ignored, and so are handles that only the
 * router sees.
 */
extern const NCRYPT_KEY_STORAGE_FUNCTION_TABLE *ksp;
extern bool ksp_is_direct;

/* "direct" loads signumksp.dll; "ncrypt" loads ncrypt.dll. False if that does not work. */
bool ksp_load(const char *way);

/* What the test service holds; run.sh makes the same keys. */
struct test_key {
    const wchar_t *name;
    const char *text; /* the same */
    const wchar_t *algorithm;
    const wchar_t *group;
    DWORD bits;
    DWORD signature_len;
    DWORD field_len; /* 0: RSA */
    DWORD magic;     /* of the public blob */
};

extern const struct test_key test_keys[];
extern const size_t test_key_count;

/* Opens provider and key, or says "not ok" and leaves both 0. */
bool ksp_open(const wchar_t *key_name, NCRYPT_PROV_HANDLE *provider_out,
              NCRYPT_KEY_HANDLE *key_out);
void ksp_close(NCRYPT_PROV_HANDLE provider, NCRYPT_KEY_HANDLE key);

/* Reads a whole file of the folder SIGNUM_TEST_DIR; free() it. NULL and length 0 on failure. */
uint8_t *test_read_file(const char *name, size_t *len_out);
bool test_write_file(const char *name, const void *data, size_t len);

/* Requests that the service has answered so far: lines of its access log, when no more come. */
unsigned test_request_count(void);

/* True if the text property of the provider (key 0) or key holds `part`. */
bool test_has_text(NCRYPT_PROV_HANDLE provider, NCRYPT_KEY_HANDLE key, LPCWSTR name,
                   const wchar_t *part);

/* Tells run.sh that it may change the world, and waits until it did. */
void test_let_happen(const char *what);

/* "made-" and the variable SIGNUM_TEST_RUN and `what`: a key of this run only. Static. */
const wchar_t *test_new_name(const wchar_t *what);

/* The groups of cases. */
void case_create(void);
void case_create_denied(void);
void case_delete(void);
void case_claim(void);
void case_demands(void);
void case_demands_variables(void);
void case_waiting(void);
void case_handles(void);
void case_properties(void);
void case_export(void);
void case_algorithms(void);
void case_enumerate(void);
void case_sign(void);
void case_requests(void);
void case_parameters(void);
void case_refused(void);
void case_interface(void);
void case_sha1_refused(void);
void case_revoked(void);
void case_stopped(void);
void case_settings(void);
void case_threads(void);
void case_unload(void);

#endif
