#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <windows.h>
#include <aclapi.h>
#include <sddl.h>

#include <cmocka.h>

#include "io/files.h"
#include "support/system.h"

/* Access lists. Wine keeps of one only what a mode of Unix can say: enough for these cases. */

static char base[64];
static char path[128];
static struct signum_buf data;
static struct signum_buf cause;

static int
set_up(void **state)
{
    (void)state;
    signum_temp_folder_make(base, sizeof base);
    (void)snprintf(path, sizeof path, "%s/file", base);
    signum_temp_file_write(path, "text");
    signum_buf_init(&data, 4096);
    signum_buf_init(&cause, 4096);
    return 0;
}

static int
tear_down(void **state)
{
    (void)state;
    signum_buf_clear(&data);
    signum_buf_clear(&cause);
    signum_temp_folder_remove(base);
    return 0;
}

/* Gives the file's owner all rights, and these entries besides. */
static void
set_list(const char *entries)
{
    PSECURITY_DESCRIPTOR owner_of = NULL;
    PSECURITY_DESCRIPTOR made = NULL;
    PSID owner = NULL;
    char *sid = NULL;
    char text[512];

    assert_int_equal(GetNamedSecurityInfoA(path, SE_FILE_OBJECT, OWNER_SECURITY_INFORMATION,
                                           &owner, NULL, NULL, NULL, &owner_of),
                     ERROR_SUCCESS);
    assert_true(ConvertSidToStringSidA(owner, &sid));
    (void)snprintf(text, sizeof text, "D:P(A;;FA;;;%s)(A;;FA;;;SY)%s", sid, entries);
    assert_true(ConvertStringSecurityDescriptorToSecurityDescriptorA(text, SDDL_REVISION_1, &made,
                                                                     NULL));
    assert_true(SetFileSecurityA(path, DACL_SECURITY_INFORMATION, made));
    (void)LocalFree(made);
    (void)LocalFree(sid);
    (void)LocalFree(owner_of);
}

static void
check(enum signum_file_trust trust, enum signum_status expected, const char *words)
{
    signum_buf_clear(&data);
    signum_buf_clear(&cause);
    enum signum_status status = signum_files_read(path, trust, &data, &cause);
    if (status != expected || strstr(signum_buf_text(&cause), words) == NULL)
        fail_msg("%s: %s", signum_status_name(status), signum_buf_text(&cause));
    assert_string_equal(signum_buf_text(&data), expected == SIGNUM_OK ? "text" : "");
}

static void
test_own_file(void **state)
{
    (void)state;
    set_list("");
    check(SIGNUM_FILE_SETTINGS, SIGNUM_OK, "");
    check(SIGNUM_FILE_SECRET, SIGNUM_OK, "");
}

static void
test_others_may_read(void **state)
{
    (void)state;
    set_list("(A;;FR;;;WD)");
    check(SIGNUM_FILE_SETTINGS, SIGNUM_OK, "");
    check(SIGNUM_FILE_SECRET, SIGNUM_IO, "others may read it");
}

static void
test_others_may_write(void **state)
{
    (void)state;
    set_list("(A;;FRFW;;;WD)");
    check(SIGNUM_FILE_SETTINGS, SIGNUM_IO, "others may write it");
    check(SIGNUM_FILE_SECRET, SIGNUM_IO, "others may write it");
    set_list("(A;;FA;;;WD)");
    check(SIGNUM_FILE_SETTINGS, SIGNUM_IO, "others may write it");
}

/* What this program writes for this user alone passes. */
static void
test_private_file(void **state)
{
    (void)state;
    assert_int_equal(
        signum_files_write_private(path, (struct signum_bytes){(const uint8_t *)"text", 4}),
        SIGNUM_OK);
    check(SIGNUM_FILE_SECRET, SIGNUM_OK, "");
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_own_file),
        TEST(test_others_may_read),
        TEST(test_others_may_write),
        TEST(test_private_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
