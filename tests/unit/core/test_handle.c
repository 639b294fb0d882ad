#include "fixture_check.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "core/handle.h"

#define KEY SIGNUM_HANDLE_KEY
#define PROVIDER SIGNUM_HANDLE_PROVIDER

struct counted {
    struct signum_object object;
    unsigned destroyed;
};

static struct signum_handle_table table;

static void
destroy(struct signum_object *object)
{
    ((struct counted *)object)->destroyed++;
}

static int
setup(void **state)
{
    (void)state;
    signum_handle_table_init(&table);
    return 0;
}

static int
teardown(void **state)
{
    (void)state;
    signum_handle_table_clear(&table);
    return 0;
}

static uintptr_t
open_new(struct counted *counted, enum signum_handle_kind kind)
{
    uintptr_t handle = 0;

    counted->destroyed = 0;
    signum_object_init(&counted->object, destroy);
    check_status(signum_handle_open(&table, kind, &counted->object, &handle), SIGNUM_OK);
    return handle;
}

static void
check_unusable(enum signum_handle_kind kind, uintptr_t handle)
{
    struct signum_object *object = (struct signum_object *)&table;

    check_status(signum_handle_take(&table, kind, handle, &object), SIGNUM_INVALID_HANDLE);
    assert_null(object);
    check_status(signum_handle_close(&table, kind, handle), SIGNUM_INVALID_HANDLE);
}

static void
test_form_of_a_handle(void **state)
{
    static struct counted objects[100];

    (void)state;
    for (size_t i = 0; i < COUNT_OF(objects); i++) {
        uintptr_t handle = open_new(&objects[i], KEY);
        assert_true(handle != 0);
        assert_int_equal(handle & 1, 0);
        assert_true(handle <= 0x7fffffff);
        assert_true(handle >= 0x10000); /* never what looks like a small number */
    }
    assert_int_equal(signum_handle_count(&table), COUNT_OF(objects));
}

static void
test_open_take_close(void **state)
{
    static struct counted counted;
    struct signum_object *object = NULL;
    uintptr_t handle = open_new(&counted, PROVIDER);

    (void)state;
    check_status(signum_handle_take(&table, PROVIDER, handle, &object), SIGNUM_OK);
    assert_ptr_equal(object, &counted.object);
    signum_object_unref(object);
    assert_int_equal(counted.destroyed, 0);
    assert_int_equal(signum_handle_count(&table), 1);
    check_status(signum_handle_close(&table, PROVIDER, handle), SIGNUM_OK);
    assert_int_equal(counted.destroyed, 1);
    assert_int_equal(signum_handle_count(&table), 0);
    check_unusable(PROVIDER, handle);
    assert_int_equal(counted.destroyed, 1);
}

static void
test_take_outlives_close(void **state)
{
    static struct counted counted;
    struct signum_object *object = NULL;
    uintptr_t handle = open_new(&counted, KEY);

    (void)state;
    check_status(signum_handle_take(&table, KEY, handle, &object), SIGNUM_OK);
    check_status(signum_handle_close(&table, KEY, handle), SIGNUM_OK);
    assert_int_equal(counted.destroyed, 0);
    signum_object_unref(object);
    assert_int_equal(counted.destroyed, 1);
}

static void
test_wrong_kind(void **state)
{
    static struct counted counted;
    uintptr_t handle = open_new(&counted, KEY);

    (void)state;
    check_unusable(PROVIDER, handle);
    check_unusable((enum signum_handle_kind)0, handle);
    check_unusable((enum signum_handle_kind)(KEY + 256), handle);
    assert_int_equal(counted.destroyed, 0);
    check_status(signum_handle_close(&table, KEY, handle), SIGNUM_OK);
}

static void
test_never_opened(void **state)
{
    static struct counted counted;

    (void)state;
    check_unusable(KEY, 0);
    check_unusable(KEY, 0x10000);
    uintptr_t handle = open_new(&counted, KEY);
    check_unusable(KEY, 0);
    check_unusable(KEY, handle | 1);
    check_unusable(KEY, handle + 2);
    check_unusable(KEY, handle + 0x10000);
    check_unusable(KEY, handle | 0x80000000u);
    check_unusable(KEY, (uintptr_t)-1);
    check_unusable(KEY, (uintptr_t)-2);
    check_unusable(KEY, (uintptr_t)&counted);
#if UINTPTR_MAX > UINT32_MAX
    check_unusable(KEY, handle | (uintptr_t)1 << 32);
    check_unusable(KEY, handle | (uintptr_t)1 << 63);
#endif
    assert_int_equal(counted.destroyed, 0);
}

static void
test_random_numbers(void **state)
{
    static struct counted objects[50];
    uintptr_t handles[COUNT_OF(objects)];
    uint32_t seed = 77;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(objects); i++)
        handles[i] = open_new(&objects[i], KEY);
    for (int i = 0; i < 100000; i++) {
        uintptr_t number = (uintptr_t)((uint64_t)fixture_next(&seed) << 32 | fixture_next(&seed));
        if (i % 2 == 0)
            number &= 0x7fffffff;
        bool is_open = false;
        for (size_t j = 0; j < COUNT_OF(handles); j++)
            is_open = is_open || handles[j] == number;
        if (!is_open)
            check_unusable(KEY, number);
    }
    assert_int_equal(signum_handle_count(&table), COUNT_OF(objects));
}

/* A slot comes back as late as possible: a closed one waits behind all other free ones. */
static void
test_reuse_is_late(void **state)
{
    static struct counted counted;
    uintptr_t first = open_new(&counted, KEY);
    uintptr_t seen[64];

    (void)state;
    check_status(signum_handle_close(&table, KEY, first), SIGNUM_OK);
    for (size_t i = 0; i < COUNT_OF(seen); i++) {
        seen[i] = open_new(&counted, KEY);
        assert_int_not_equal(seen[i], first);
        for (size_t j = 0; j < i; j++)
            assert_int_not_equal(seen[i] & 0xffff, seen[j] & 0xffff);
        check_status(signum_handle_close(&table, KEY, seen[i]), SIGNUM_OK);
    }
    /* the last of the 64 was the first slot once more, with another generation */
    assert_int_equal(seen[63] & 0xffff, first & 0xffff);
    check_unusable(KEY, first);
}

/* The generation of a slot goes round after 0x7fff uses and never becomes 0. */
static void
test_generations_go_round(void **state)
{
    static struct counted fillers[63];
    static struct counted counted;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(fillers); i++)
        (void)open_new(&fillers[i], PROVIDER);
    uintptr_t first = open_new(&counted, KEY);
    uintptr_t handle = first;
    for (uint32_t i = 1; i < 0x7fff; i++) {
        check_status(signum_handle_close(&table, KEY, handle), SIGNUM_OK);
        uintptr_t next = open_new(&counted, KEY);
        assert_int_not_equal(next, handle);
        assert_int_not_equal(next, first);
        assert_true(next >= 0x10000 && next <= 0x7fffffff);
        handle = next;
    }
    check_status(signum_handle_close(&table, KEY, handle), SIGNUM_OK);
    assert_int_equal(open_new(&counted, KEY), first);
    assert_int_equal(signum_handle_count(&table), COUNT_OF(fillers) + 1);
}

static void
test_all_slots(void **state)
{
    struct counted *objects = calloc(SIGNUM_HANDLE_SLOTS, sizeof *objects);
    uintptr_t *handles = calloc(SIGNUM_HANDLE_SLOTS, sizeof *handles);
    struct counted extra = {.destroyed = 0};
    uintptr_t handle = 5;

    (void)state;
    assert_non_null(objects);
    assert_non_null(handles);
    for (size_t i = 0; i < SIGNUM_HANDLE_SLOTS; i++)
        handles[i] = open_new(&objects[i], KEY);
    assert_int_equal(signum_handle_count(&table), SIGNUM_HANDLE_SLOTS);

    signum_object_init(&extra.object, destroy);
    check_status(signum_handle_open(&table, KEY, &extra.object, &handle), SIGNUM_TOO_LARGE);
    assert_int_equal(handle, 0);
    assert_int_equal(extra.destroyed, 0); /* still the caller's */

    for (size_t i = 0; i < SIGNUM_HANDLE_SLOTS; i++) {
        struct signum_object *object = NULL;
        check_status(signum_handle_take(&table, KEY, handles[i], &object), SIGNUM_OK);
        assert_ptr_equal(object, &objects[i].object);
        signum_object_unref(object);
    }
    check_status(signum_handle_close(&table, KEY, handles[12345]), SIGNUM_OK);
    assert_int_equal(objects[12345].destroyed, 1);
    check_status(signum_handle_open(&table, KEY, &extra.object, &handle), SIGNUM_OK);
    assert_int_equal(handle & 0xffff, handles[12345] & 0xffff);
    check_unusable(KEY, handles[12345]);

    signum_handle_table_clear(&table);
    for (size_t i = 0; i < SIGNUM_HANDLE_SLOTS; i++)
        assert_int_equal(objects[i].destroyed, 1);
    assert_int_equal(extra.destroyed, 1);
    free(objects);
    free(handles);
}

static void
test_clear_lets_go_once(void **state)
{
    struct counted open;
    struct counted closed;
    struct counted taken;
    struct signum_object *object = NULL;

    (void)state;
    (void)open_new(&open, KEY);
    uintptr_t handle = open_new(&closed, KEY);
    check_status(signum_handle_close(&table, KEY, handle), SIGNUM_OK);
    handle = open_new(&taken, PROVIDER);
    check_status(signum_handle_take(&table, PROVIDER, handle, &object), SIGNUM_OK);
    signum_handle_table_clear(&table);
    assert_int_equal(open.destroyed, 1);
    assert_int_equal(closed.destroyed, 1);
    assert_int_equal(taken.destroyed, 0);
    signum_object_unref(object);
    assert_int_equal(taken.destroyed, 1);
    assert_int_equal(signum_handle_count(&table), 0);
    check_unusable(PROVIDER, handle);
    signum_handle_table_clear(&table);
}

static void
test_table_of_zero_bytes(void **state)
{
    static struct signum_handle_table zero;
    struct counted counted = {.destroyed = 0};
    uintptr_t handle;

    (void)state;
    assert_int_equal(signum_handle_count(&zero), 0);
    check_status(signum_handle_close(&zero, KEY, 0x10000), SIGNUM_INVALID_HANDLE);
    signum_object_init(&counted.object, destroy);
    check_status(signum_handle_open(&zero, KEY, &counted.object, &handle), SIGNUM_OK);
    check_status(signum_handle_close(&zero, KEY, handle), SIGNUM_OK);
    assert_int_equal(counted.destroyed, 1);
    signum_handle_table_clear(&zero);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_form_of_a_handle, setup, teardown),
        cmocka_unit_test_setup_teardown(test_open_take_close, setup, teardown),
        cmocka_unit_test_setup_teardown(test_take_outlives_close, setup, teardown),
        cmocka_unit_test_setup_teardown(test_wrong_kind, setup, teardown),
        cmocka_unit_test_setup_teardown(test_never_opened, setup, teardown),
        cmocka_unit_test_setup_teardown(test_random_numbers, setup, teardown),
        cmocka_unit_test_setup_teardown(test_reuse_is_late, setup, teardown),
        cmocka_unit_test_setup_teardown(test_generations_go_round, setup, teardown),
        cmocka_unit_test_setup_teardown(test_all_slots, setup, teardown),
        cmocka_unit_test_setup_teardown(test_clear_lets_go_once, setup, teardown),
        cmocka_unit_test_setup_teardown(test_table_of_zero_bytes, setup, teardown),
    };

    return cmocka_run_group_tests_name("handle", tests, NULL, NULL);
}
