#include "fixture_check.h"

#include <stdbool.h>
#include <string.h>

static void
test_ok_is_zero(void **state)
{
    (void)state;
    assert_int_equal(SIGNUM_OK, 0);
    assert_string_equal(signum_status_name(SIGNUM_OK), "OK");
    assert_int_equal(signum_status_group(SIGNUM_OK), SIGNUM_GROUP_NONE);
}

/* Each status has a name of its own, a sentence of its own and a group; the rim and the docs
   depend on it. */
static void
test_every_status_is_described_once(void **state)
{
    (void)state;
    for (int i = 0; i < SIGNUM_STATUS_COUNT; i++) {
        const char *name = signum_status_name((enum signum_status)i);
        const char *text = signum_status_text((enum signum_status)i);
        size_t len = strlen(text);
        assert_true(len > 0);
        assert_int_equal(strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_"), strlen(name));
        assert_int_not_equal(text[len - 1], '.');
        for (int j = 0; j < i; j++) {
            assert_string_not_equal(name, signum_status_name((enum signum_status)j));
            assert_string_not_equal(text, signum_status_text((enum signum_status)j));
        }
    }
}

static void
test_only_success_has_no_group(void **state)
{
    (void)state;
    for (int i = 1; i < SIGNUM_STATUS_COUNT; i++)
        assert_int_not_equal(signum_status_group((enum signum_status)i), SIGNUM_GROUP_NONE);
}

static void
test_names_match_their_enumerators(void **state)
{
    (void)state;
    assert_string_equal(signum_status_name(SIGNUM_KEY_NOT_FOUND), "KEY_NOT_FOUND");
    assert_string_equal(signum_status_name(SIGNUM_BAD_SIGNATURE), "BAD_SIGNATURE");
    assert_string_equal(signum_status_name(SIGNUM_INTERNAL), "INTERNAL");
    assert_string_equal(signum_status_text(SIGNUM_TIMEOUT),
                        "the time allowed for this is used up");
    assert_int_equal(signum_status_group(SIGNUM_INVALID_HANDLE), SIGNUM_GROUP_CALLER);
    assert_int_equal(signum_status_group(SIGNUM_NETWORK), SIGNUM_GROUP_RETRY);
    assert_int_equal(signum_status_group(SIGNUM_SIGN_IN_REQUIRED), SIGNUM_GROUP_SIGN_IN);
    assert_int_equal(signum_status_group(SIGNUM_BAD_SETTINGS), SIGNUM_GROUP_SETTINGS);
    assert_int_equal(signum_status_group(SIGNUM_PROTOCOL), SIGNUM_GROUP_GIVE_UP);
}

static void
test_out_of_range_is_internal(void **state)
{
    static const int values[] = {SIGNUM_STATUS_COUNT, SIGNUM_STATUS_COUNT + 1, 0x7fffffff};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(values); i++) {
        /* through memory: no cast of ours may hide what a damaged caller passes */
        enum signum_status status;
        memcpy(&status, &values[i], sizeof status);
        assert_string_equal(signum_status_name(status), "INTERNAL");
        assert_string_equal(signum_status_text(status), signum_status_text(SIGNUM_INTERNAL));
        assert_int_equal(signum_status_group(status), SIGNUM_GROUP_GIVE_UP);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ok_is_zero),
        cmocka_unit_test(test_every_status_is_described_once),
        cmocka_unit_test(test_only_success_has_no_group),
        cmocka_unit_test(test_names_match_their_enumerators),
        cmocka_unit_test(test_out_of_range_is_internal),
    };

    return cmocka_run_group_tests_name("status", tests, NULL, NULL);
}
