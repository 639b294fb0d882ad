#include "fixture.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/files.h"
#include "cmd/init.h"
#include "base/state.h"
#include "identity/tokens.h"

static enum signum_status
init_at(const char *folder, const char *module)
{
    struct signumd_init_options options;

    memset(&options, 0, sizeof options);
    options.folder = folder;
    options.module = module;
    return signumd_init_run(&options);
}

static mode_t
mode_of(const char *folder, const char *file)
{
    struct stat facts;
    char *path = signumd_files_join(folder, file);

    assert_non_null(path);
    if (stat(path, &facts) != 0)
        fail_msg("%s is missing", path);
    free(path);
    return facts.st_mode & 0777;
}

static int
count_entries(const char *folder)
{
    DIR *entries = opendir(folder);
    int count = 0;

    assert_non_null(entries);
    while (readdir(entries) != NULL)
        count++;
    (void)closedir(entries);
    return count - 2;
}

static void
test_complete_folder(void **state)
{
    const struct fixture *fixture = *state;
    char folder[512];
    struct signumd_state made;
    struct signumd_user user;

    (void)snprintf(folder, sizeof folder, "%s/made", fixture->folder);
    assert_status(init_at(folder, NULL), SIGNUM_OK);
    assert_int_equal(mode_of(folder, "."), 0700);
    assert_int_equal(mode_of(folder, "ca.key"), 0600);
    assert_int_equal(mode_of(folder, "tls.key"), 0600);
    assert_int_equal(mode_of(folder, "attest.key"), 0600);
    assert_int_equal(mode_of(folder, "attest.crt"), 0644);
    assert_int_equal(mode_of(folder, "token.pin"), 0600);
    assert_int_equal(mode_of(folder, "admin.token"), 0600);
    assert_int_equal(mode_of(folder, "ca.crt"), 0644);
    assert_int_equal(mode_of(folder, "tls.crt"), 0644);
    assert_status(signumd_state_open(folder, &made), SIGNUM_OK);
    assert_status(signumd_users_find(made.db, "admin", &user), SIGNUM_OK);
    assert_int_equal(user.roles, SIGNUMD_ROLE_BIT(SIGNUMD_ROLE_ADMIN));
    signumd_state_close(&made);
    assert_status(init_at(folder, NULL), SIGNUM_KEY_EXISTS);
}

static void
test_failure_leaves_nothing(void **state)
{
    const struct fixture *fixture = *state;
    char folder[512];
    int before = count_entries(fixture->folder);

    (void)snprintf(folder, sizeof folder, "%s/made", fixture->folder);
    assert_status(init_at(folder, "/nonexistent/module.so"), SIGNUM_BAD_SETTINGS);
    assert_status(init_at("/nonexistent/folder/state", NULL), SIGNUM_IO);
    assert_int_equal(count_entries(fixture->folder), before);
    assert_int_not_equal(access(folder, F_OK), 0);
}

static void
test_empty_folder_is_used(void **state)
{
    const struct fixture *fixture = *state;
    char folder[512];

    (void)snprintf(folder, sizeof folder, "%s/made", fixture->folder);
    assert_int_equal(mkdir(folder, 0755), 0);
    assert_status(init_at(folder, NULL), SIGNUM_OK);
    assert_int_equal(mode_of(folder, "."), 0700);
}

static void
test_open_refuses(void **state)
{
    const struct fixture *fixture = *state;
    struct signumd_state opened;

    assert_status(signumd_state_open("/nonexistent", &opened), SIGNUM_NOT_FOUND);
    assert_status(signumd_state_open(fixture->folder, &opened), SIGNUM_NOT_FOUND);
    assert_int_equal(chmod(fixture->folder, 0750), 0);
    assert_status(signumd_state_open(fixture->folder, &opened), SIGNUM_BAD_SETTINGS);
}

static void
test_settings(void **state)
{
    static const char *const bad[] = {
        "",
        "{}",
        "{\"version\":2,\"pkcs11\":{\"module\":\"m\",\"token\":\"t\"}}",
        "{\"version\":1,\"pkcs11\":{\"module\":\"m\"}}",
        "{\"version\":1,\"pkcs11\":{\"module\":\"m\",\"token\":\"t\",\"x\":1}}",
        "{\"version\":1,\"workers\":0,\"pkcs11\":{\"module\":\"m\",\"token\":\"t\"}}",
        "{\"version\":1,\"listen\":5,\"pkcs11\":{\"module\":\"m\",\"token\":\"t\"}}",
        "{\"version\":1,\"wrokers\":5,\"pkcs11\":{\"module\":\"m\",\"token\":\"t\"}}",
    };
    const struct fixture *fixture = *state;
    struct signumd_settings settings;
    char path[1024];

    (void)snprintf(path, sizeof path, "%s/settings", fixture->folder);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_status(signumd_files_write(path, signum_bytes_of_text(bad[i]), 0600), SIGNUM_OK);
        assert_status(signumd_settings_read(path, &settings), SIGNUM_BAD_SETTINGS);
        assert_null(settings.listen);
    }
    assert_status(
        signumd_files_write(path,
                            signum_bytes_of_text("{\"version\":1,\"workers\":3,\"pkcs11\":"
                                                 "{\"module\":\"m\",\"token\":\"t\"}}"),
                            0600),
        SIGNUM_OK);
    assert_status(signumd_settings_read(path, &settings), SIGNUM_OK);
    assert_int_equal(settings.workers, 3);
    assert_string_equal(settings.pin_file, "token.pin");
    assert_string_equal(settings.listen, SIGNUMD_DEFAULT_LISTEN);
    signumd_settings_clear(&settings);
}

#define WITH(test) cmocka_unit_test_setup_teardown(test, fixture_open, fixture_close)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        WITH(test_complete_folder), WITH(test_failure_leaves_nothing),
        WITH(test_empty_folder_is_used), WITH(test_open_refuses),
        WITH(test_settings),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
