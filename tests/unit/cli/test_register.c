#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>
#include <cmocka.h>

#include "installer/register.h"

/*
 * Registration, against whatever bcrypt.dll this Windows has. Wine's own reports success and does
 * nothing: then registering must be seen to fail (ctest). With the test's bcrypt.dll in its place
 * it works: tests/wine/run-shims.sh runs it so, and says it with SIGNUM_TEST_REGISTERS=1.
 */
#define NAME L"Signum Test Provider"
#define IMAGE L"signumtest.dll"

static bool
is_registering(void)
{
    const char *value = getenv("SIGNUM_TEST_REGISTERS");
    return value != NULL && strcmp(value, "1") == 0;
}

static struct signum_registration
read_back(const WCHAR *name)
{
    struct signum_registration found;
    assert_int_equal(signum_registration_read(name, &found).status, SIGNUM_OK);
    return found;
}

static void
assert_absent(const WCHAR *name)
{
    struct signum_registration found = read_back(name);
    assert_false(found.has_provider);
    assert_false(found.has_interface);
    assert_false(found.is_listed);
    assert_int_equal(found.image[0], 0);
}

static void
test_success_that_is_none_is_noticed(void **state)
{
    (void)state;
    struct signum_register_result result = signum_register(NAME, IMAGE);
    assert_int_equal(result.status, SIGNUM_NOT_FOUND);
    assert_non_null(result.step);
    assert_absent(NAME);
}

static void
test_registers_again_and_unregisters_again(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        assert_int_equal(signum_register(NAME, IMAGE).status, SIGNUM_OK);
        struct signum_registration found = read_back(NAME);
        assert_true(signum_registration_is_whole(&found, IMAGE));
        assert_true(signum_registration_is_whole(&found, L"SignumTest.DLL"));
        assert_false(signum_registration_is_whole(&found, L"other.dll"));
    }
    assert_int_equal(signum_register(NAME, L"newer.dll").status, SIGNUM_OK);
    struct signum_registration found = read_back(NAME);
    assert_true(signum_registration_is_whole(&found, L"newer.dll"));
    for (int i = 0; i < 2; i++) {
        assert_int_equal(signum_unregister(NAME).status, SIGNUM_OK);
        assert_absent(NAME);
    }
}

static void
test_others_stay_in_the_list(void **state)
{
    (void)state;
    assert_int_equal(signum_register(L"Signum Test Neighbour", IMAGE).status, SIGNUM_OK);
    assert_int_equal(signum_register(NAME, IMAGE).status, SIGNUM_OK);
    assert_int_equal(signum_unregister(NAME).status, SIGNUM_OK);
    assert_absent(NAME);
    struct signum_registration neighbour = read_back(L"Signum Test Neighbour");
    assert_true(signum_registration_is_whole(&neighbour, IMAGE));
    assert_int_equal(signum_unregister(L"Signum Test Neighbour").status, SIGNUM_OK);
}

static void
test_damage_is_seen_and_put_right(void **state)
{
    (void)state;
    assert_int_equal(signum_register(NAME, IMAGE).status, SIGNUM_OK);
    assert_int_equal(RegDeleteTreeW(HKEY_LOCAL_MACHINE,
                                    L"SYSTEM\\CurrentControlSet\\Control\\Cryptography\\Providers\\"
                                    NAME L"\\UM\\00010001"),
                     ERROR_SUCCESS);
    struct signum_registration found = read_back(NAME);
    assert_true(found.has_provider);
    assert_false(found.has_interface);
    assert_false(signum_registration_is_whole(&found, IMAGE));
    assert_int_equal(signum_register(NAME, IMAGE).status, SIGNUM_OK);
    found = read_back(NAME);
    assert_true(signum_registration_is_whole(&found, IMAGE));
    assert_int_equal(signum_unregister(NAME).status, SIGNUM_OK);
}

static void
test_bad_names_are_refused(void **state)
{
    (void)state;
    WCHAR longest[SIGNUM_REGISTER_NAME_MAX + 2];
    struct signum_registration found;
    wmemset(longest, L'n', SIGNUM_REGISTER_NAME_MAX + 1);
    longest[SIGNUM_REGISTER_NAME_MAX + 1] = L'\0';
    const WCHAR *const names[] = {NULL, L"", L"a\\b", longest};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        assert_int_equal(signum_register(names[i], IMAGE).status, SIGNUM_INVALID_ARGUMENT);
        assert_int_equal(signum_register(NAME, names[i]).status, SIGNUM_INVALID_ARGUMENT);
        assert_int_equal(signum_unregister(names[i]).status, SIGNUM_INVALID_ARGUMENT);
        assert_int_equal(signum_registration_read(names[i], &found).status,
                         SIGNUM_INVALID_ARGUMENT);
    }
    assert_absent(NAME);
}

static void
test_machine_of_a_dll(void **state)
{
    (void)state;
    WCHAR path[MAX_PATH];
    WORD machine = 0;
    assert_int_equal(signum_register_path(SIGNUM_REGISTER_NATIVE, L"kernel32.dll", path).status,
                     SIGNUM_OK);
    assert_int_equal(signum_register_read_machine(path, &machine).status, SIGNUM_OK);
    assert_int_equal(machine, signum_register_machine(SIGNUM_REGISTER_NATIVE));
    assert_int_equal(signum_register_path(SIGNUM_REGISTER_NATIVE, L"no-such.dll", path).status,
                     SIGNUM_OK);
    assert_int_equal(signum_register_read_machine(path, &machine).status, SIGNUM_NOT_FOUND);
    assert_int_equal(machine, 0);
    /* this program is no DLL */
    assert_true(GetModuleFileNameW(NULL, path, MAX_PATH) > 0);
    assert_int_equal(signum_register_read_machine(path, &machine).status, SIGNUM_BAD_TYPE);
}

static void
write_file(const WCHAR *path, const void *data, size_t len)
{
    FILE *file = _wfopen(path, L"wb");
    assert_non_null(file);
    assert_int_equal(fwrite(data, 1, len, file), len);
    assert_int_equal(fclose(file), 0);
}

/* The least that has a DLL's header. */
static void
write_dll(const WCHAR *path, WORD machine)
{
    struct {
        IMAGE_DOS_HEADER dos;
        DWORD signature;
        IMAGE_FILE_HEADER header;
    } dll = {
        .dos = {.e_magic = IMAGE_DOS_SIGNATURE, .e_lfanew = sizeof(IMAGE_DOS_HEADER)},
        .signature = IMAGE_NT_SIGNATURE,
        .header = {.Machine = machine, .Characteristics = IMAGE_FILE_DLL},
    };
    write_file(path, &dll, sizeof(dll));
}

static void
test_copies_only_the_right_kind(void **state)
{
    (void)state;
    bool has_replaced = true;
    bool is_delayed = true;
    WORD right = signum_register_machine(SIGNUM_REGISTER_NATIVE);
    WCHAR target[MAX_PATH];
    assert_int_equal(signum_register_path(SIGNUM_REGISTER_NATIVE, IMAGE, target).status,
                     SIGNUM_OK);
    (void)DeleteFileW(target);
    write_file(L"short.dll", "MZ", 2);
    write_dll(L"wrong.dll", IMAGE_FILE_MACHINE_ARM64);
    write_dll(L"right.dll", right);
    assert_int_equal(
        signum_register_copy_dll(SIGNUM_REGISTER_NATIVE, L"short.dll", IMAGE, &has_replaced).status,
        SIGNUM_BAD_TYPE);
    assert_int_equal(
        signum_register_copy_dll(SIGNUM_REGISTER_NATIVE, L"wrong.dll", IMAGE, &has_replaced).status,
        SIGNUM_BAD_TYPE);
    assert_int_equal(
        signum_register_copy_dll(SIGNUM_REGISTER_NATIVE, L"none.dll", IMAGE, &has_replaced).status,
        SIGNUM_NOT_FOUND);
    assert_int_equal(GetFileAttributesW(target), INVALID_FILE_ATTRIBUTES);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(
            signum_register_copy_dll(SIGNUM_REGISTER_NATIVE, L"right.dll", IMAGE, &has_replaced)
                .status,
            SIGNUM_OK);
        assert_int_equal(has_replaced, i == 1);
        assert_int_not_equal(GetFileAttributesW(target), INVALID_FILE_ATTRIBUTES);
    }
    for (int i = 0; i < 2; i++) {
        assert_int_equal(
            signum_register_remove_dll(SIGNUM_REGISTER_NATIVE, IMAGE, &is_delayed).status,
            SIGNUM_OK);
        assert_false(is_delayed);
        assert_int_equal(GetFileAttributesW(target), INVALID_FILE_ATTRIBUTES);
    }
    (void)DeleteFileW(L"short.dll");
    (void)DeleteFileW(L"wrong.dll");
    (void)DeleteFileW(L"right.dll");
}

int
main(void)
{
    const struct CMUnitTest everywhere[] = {
        cmocka_unit_test(test_bad_names_are_refused),
        cmocka_unit_test(test_machine_of_a_dll),
        cmocka_unit_test(test_copies_only_the_right_kind),
    };
    const struct CMUnitTest registering[] = {
        cmocka_unit_test(test_registers_again_and_unregisters_again),
        cmocka_unit_test(test_others_stay_in_the_list),
        cmocka_unit_test(test_damage_is_seen_and_put_right),
    };
    const struct CMUnitTest pretending[] = {
        cmocka_unit_test(test_success_that_is_none_is_noticed),
    };
    int failed = cmocka_run_group_tests(everywhere, NULL, NULL);

    if (is_registering())
        return failed + cmocka_run_group_tests(registering, NULL, NULL);
    return failed + cmocka_run_group_tests(pretending, NULL, NULL);
}
