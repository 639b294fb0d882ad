#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "io/secret_store.h"
#include "support/system.h"

static char base[64];
static char folder[128];
static char path[160];
static struct signum_secret_store store;
static struct signum_buf secret;

static int
set_up(void **state)
{
    (void)state;
    signum_temp_folder_make(base, sizeof base);
    (void)snprintf(folder, sizeof folder, "%s/secrets", base);
    (void)snprintf(path, sizeof path, "%s/secret-main.bin", folder);
    signum_buf_init_secret(&secret, SIGNUM_SECRET_MAX);
    if (signum_secret_store_open(folder, &store) != SIGNUM_OK)
        return -1;
    return store.put(store.self, "main", signum_bytes_of_text("hush")) == SIGNUM_OK ? 0 : -1;
}

static int
tear_down(void **state)
{
    (void)state;
    signum_secret_store_clear(&store);
    signum_buf_clear(&secret);
    signum_temp_folder_remove(base);
    return 0;
}

static unsigned
mode_of(const char *name)
{
    struct stat facts;

    assert_int_equal(stat(name, &facts), 0);
    return facts.st_mode & 07777;
}

static void
test_rights_of_folder_and_file(void **state)
{
    mode_t before = umask(0);

    (void)state;
    assert_int_equal(store.put(store.self, "main", signum_bytes_of_text("hush")), SIGNUM_OK);
    (void)umask(before);
    assert_int_equal(mode_of(folder), 0700);
    assert_int_equal(mode_of(path), 0600);
}

static void
test_file_that_others_can_use_is_refused(void **state)
{
    static const mode_t modes[] = {0640, 0604, 0660, 0602, 0644, 0610};

    (void)state;
    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
        assert_int_equal(chmod(path, modes[i]), 0);
        assert_int_equal(store.get(store.self, "main", &secret), SIGNUM_IO);
        assert_int_equal(secret.len, 0);
    }
    assert_int_equal(chmod(path, 0600), 0);
    assert_int_equal(store.get(store.self, "main", &secret), SIGNUM_OK);
}

static void
test_link_is_refused(void **state)
{
    char elsewhere[160];

    (void)state;
    (void)snprintf(elsewhere, sizeof elsewhere, "%s/elsewhere", base);
    assert_int_equal(rename(path, elsewhere), 0);
    assert_int_equal(symlink("../elsewhere", path), 0);
    assert_int_equal(store.get(store.self, "main", &secret), SIGNUM_IO);
}

static void
test_platform_place(void **state)
{
    struct signum_secret_store usual;
    char room[4096];
    char home[4200];

    (void)state;
    assert_non_null(getcwd(room, sizeof room));
    (void)snprintf(home, sizeof home, "%s/%s", room, base);
    signum_system_set_variable("XDG_DATA_HOME", home);
    assert_int_equal(signum_secret_store_open(NULL, &usual), SIGNUM_OK);
    assert_int_equal(usual.put(usual.self, "a", signum_bytes_of_text("x")), SIGNUM_OK);
    (void)snprintf(room, sizeof room, "%s/signum/secrets/secret-a.bin", base);
    assert_int_equal(mode_of(room), 0600);
    signum_system_set_variable("XDG_DATA_HOME", NULL);
    signum_secret_store_clear(&usual);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_rights_of_folder_and_file),
        TEST(test_file_that_others_can_use_is_refused),
        TEST(test_link_is_refused),
        TEST(test_platform_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
