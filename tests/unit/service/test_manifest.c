#include <string.h>

#include "backup/manifest.h"
#include "fixture.h"

#define HEAD                                                                                       \
    "{\"format\":\"signumd-backup-v1\",\"created\":\"now\",\"schema\":1,\"records\":0,\"files\":["
#define FILE_OF(name) "{\"name\":\"" name "\",\"size\":1,\"sha256\":\"00\"}"

static void
test_names(void **state)
{
    static const char *const good[] = {"a", "a.b", "tokens/1-2/x.object", ".hidden", "..."};
    static const char *const bad[] = {
        "",
        "/",
        "/a",
        "a/",
        "a//b",
        ".",
        "..",
        "../a",
        "a/..",
        "a/../b",
        "a/./b",
        "a b",
        "a\\b",
        "a\nb",
        "\xc3\xa4",
        "a:b",
    };
    char longest[SIGNUMD_MANIFEST_PATH_MAX + 1];

    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        assert_true(signumd_manifest_is_name(good[i]));
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(signumd_manifest_is_name(bad[i]));
    memset(longest, 'x', sizeof longest);
    longest[SIGNUMD_MANIFEST_PATH_MAX] = '\0';
    assert_false(signumd_manifest_is_name(longest));
    longest[SIGNUMD_MANIFEST_PATH_MAX - 1] = '\0';
    assert_true(signumd_manifest_is_name(longest));
}

static enum signum_status
read_text(const char *text)
{
    struct signumd_manifest manifest;
    enum signum_status status = signumd_manifest_read(signum_bytes_of_text(text), &manifest);

    signumd_manifest_clear(&manifest);
    return status;
}

static void
test_reading(void **state)
{
    static const char *const bad[] = {
        "",
        "{}",
        "[]",
        HEAD "]}",
        HEAD FILE_OF("../a") "]}",
        HEAD FILE_OF("a") "," FILE_OF("a") "]}",
        HEAD "{\"name\":\"a\",\"size\":-1,\"sha256\":\"00\"}]}",
        HEAD "{\"name\":\"a\",\"size\":1}]}",
        HEAD "{\"size\":1,\"sha256\":\"00\"}]}",
        HEAD "1]}",
        "{\"format\":\"other\",\"created\":\"now\",\"schema\":1,\"records\":0,\"files\":[" FILE_OF(
            "a") "]}",
    };

    (void)state;
    assert_status(read_text(HEAD FILE_OF("a") "," FILE_OF("b/c") "]}"), SIGNUM_OK);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_status(read_text(bad[i]), SIGNUM_PROTOCOL);
}

static void
test_what_is_written_is_read(void **state)
{
    struct fixture *fixture = *state;
    struct signumd_manifest made;
    struct signumd_manifest found;
    struct signum_buf text;

    memset(&made, 0, sizeof made);
    made.facts.schema = 3;
    made.facts.records = 12;
    assert_status(signumd_manifest_add(&made, fixture->folder, "test.db"), SIGNUM_OK);
    assert_status(signumd_manifest_add(&made, fixture->folder, "none"), SIGNUM_IO);
    made.count = 1;
    signum_buf_init(&text, SIGNUMD_MANIFEST_MAX);
    signumd_manifest_write(&made, &text);
    assert_status(signumd_manifest_read(signum_bytes_of_buf(&text), &found), SIGNUM_OK);
    assert_int_equal(found.count, 1);
    assert_int_equal(found.facts.records, 12);
    assert_string_equal(found.files[0].sha256, made.files[0].sha256);
    assert_int_equal(found.files[0].size, made.files[0].size);
    assert_non_null(signumd_manifest_find(&found, "test.db"));
    assert_null(signumd_manifest_find(&found, "test"));
    signum_buf_clear(&text);
    signumd_manifest_clear(&found);
    signumd_manifest_clear(&made);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_reading),
        cmocka_unit_test_setup_teardown(test_what_is_written_is_read, fixture_open, fixture_close),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
