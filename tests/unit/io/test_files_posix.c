#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "io/files.h"
#include "io/paths.h"
#include "support/system.h"

static char base[64];
static char path[128];
static struct signum_buf out;
static struct signum_buf cause;

static int
set_up(void **state)
{
    (void)state;
    signum_temp_folder_make(base, sizeof base);
    (void)snprintf(path, sizeof path, "%s/file", base);
    signum_temp_file_write(path, "content");
    signum_buf_init(&out, 4096);
    signum_buf_init(&cause, 1024);
    return 0;
}

static int
tear_down(void **state)
{
    (void)state;
    signum_buf_clear(&out);
    signum_buf_clear(&cause);
    signum_temp_folder_remove(base);
    return 0;
}

static void
test_rights(void **state)
{
    static const struct {
        mode_t mode;
        enum signum_status as_settings;
        enum signum_status as_secret;
        const char *why;
    } rows[] = {
        {0600, SIGNUM_OK, SIGNUM_OK, ""},
        {0640, SIGNUM_OK, SIGNUM_OK, ""},
        {0644, SIGNUM_OK, SIGNUM_IO, "everybody may read it"},
        {0660, SIGNUM_IO, SIGNUM_IO, "others may write it"},
        {0602, SIGNUM_IO, SIGNUM_IO, "others may write it"},
        {0666, SIGNUM_IO, SIGNUM_IO, "others may write it"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(chmod(path, rows[i].mode), 0);
        signum_buf_clear(&out);
        assert_int_equal(signum_files_read(path, SIGNUM_FILE_SETTINGS, &out, &cause),
                         rows[i].as_settings);
        signum_buf_clear(&cause);
        signum_buf_clear(&out);
        assert_int_equal(signum_files_read(path, SIGNUM_FILE_SECRET, &out, &cause),
                         rows[i].as_secret);
        assert_int_equal(out.len, rows[i].as_secret == SIGNUM_OK ? strlen("content") : 0);
        assert_non_null(strstr(signum_buf_text(&cause), rows[i].why));
        signum_buf_clear(&cause);
    }
}

static void
test_file_of_another_user(void **state)
{
    (void)state;
    if (geteuid() != 0)
        skip();
    assert_int_equal(chmod(path, 0600), 0);
    assert_int_equal(chown(path, 12345, 12345), 0);
    assert_int_equal(signum_files_read(path, SIGNUM_FILE_SETTINGS, &out, &cause), SIGNUM_IO);
    assert_non_null(strstr(signum_buf_text(&cause), "another user"));
}

static void
test_pipe_does_not_block(void **state)
{
    char pipe_path[160];

    (void)state;
    (void)snprintf(pipe_path, sizeof pipe_path, "%s/pipe", base);
    assert_int_equal(mkfifo(pipe_path, 0600), 0);
    assert_int_equal(signum_files_read(pipe_path, SIGNUM_FILE_SETTINGS, &out, &cause), SIGNUM_IO);
    assert_non_null(strstr(signum_buf_text(&cause), "regular file"));
}

static void
test_places(void **state)
{
    (void)state;
    signum_system_set_variable("HOME", "/home/x");
    signum_system_set_variable("XDG_CONFIG_HOME", NULL);
    signum_system_set_variable("XDG_DATA_HOME", "/data");
    signum_system_set_variable("XDG_STATE_HOME", "relative/is/ignored");
    assert_int_equal(signum_paths_machine_settings(&out), SIGNUM_OK);
    assert_string_equal(signum_buf_text(&out), "/etc/signum/signum.json");
    signum_buf_clear(&out);
    assert_int_equal(signum_paths_user_settings(&out), SIGNUM_OK);
    assert_string_equal(signum_buf_text(&out), "/home/x/.config/signum/signum.json");
    signum_buf_clear(&out);
    assert_int_equal(signum_paths_secrets(&out), SIGNUM_OK);
    assert_string_equal(signum_buf_text(&out), "/data/signum/secrets");
    signum_buf_clear(&out);
    assert_int_equal(signum_paths_log(&out), SIGNUM_OK);
    assert_string_equal(signum_buf_text(&out), "/home/x/.local/state/signum/signum.log");
    signum_system_set_variable("XDG_DATA_HOME", NULL);
    signum_system_set_variable("XDG_STATE_HOME", NULL);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_rights),
        TEST(test_file_of_another_user),
        TEST(test_pipe_does_not_block),
        TEST(test_places),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
