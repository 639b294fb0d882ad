#include "fixture_check.h"

#include "core/object.h"

struct counted {
    struct signum_object object;
    unsigned destroyed;
};

static void
destroy(struct signum_object *object)
{
    ((struct counted *)object)->destroyed++;
}

static void
test_first_reference_is_the_makers(void **state)
{
    struct counted counted = {.destroyed = 0};

    (void)state;
    signum_object_init(&counted.object, destroy);
    assert_int_equal(counted.destroyed, 0);
    signum_object_unref(&counted.object);
    assert_int_equal(counted.destroyed, 1);
}

static void
test_last_reference_destroys_once(void **state)
{
    struct counted counted = {.destroyed = 0};

    (void)state;
    signum_object_init(&counted.object, destroy);
    for (int i = 0; i < 1000; i++)
        signum_object_ref(&counted.object);
    for (int i = 0; i < 1000; i++) {
        signum_object_unref(&counted.object);
        assert_int_equal(counted.destroyed, 0);
    }
    signum_object_unref(&counted.object);
    assert_int_equal(counted.destroyed, 1);
}

static void
test_unref_of_null_is_nothing(void **state)
{
    (void)state;
    signum_object_unref(NULL);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_first_reference_is_the_makers),
        cmocka_unit_test(test_last_reference_destroys_once),
        cmocka_unit_test(test_unref_of_null_is_nothing),
    };

    return cmocka_run_group_tests_name("object", tests, NULL, NULL);
}
