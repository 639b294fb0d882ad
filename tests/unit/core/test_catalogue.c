#include "fixture_check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/catalogue.h"
#include "core/key_internal.h"
#include "fixture_key.h"

#define NOW 5000000u

static struct signum_catalogue catalogue;

static int
setup(void **state)
{
    (void)state;
    signum_catalogue_init(&catalogue);
    return 0;
}

static int
teardown(void **state)
{
    (void)state;
    signum_catalogue_clear(&catalogue);
    return 0;
}

static void
destroy_plain(struct signum_object *object)
{
    struct signum_key *key = (struct signum_key *)object;

    free(key->name);
    free(key);
}

/* A key with nothing but a name: the catalogue looks at no more, and thousands are cheap. */
static struct signum_key *
plain_key(const char *name)
{
    struct signum_key *key = calloc(1, sizeof *key);

    assert_non_null(key);
    signum_object_init(&key->object, destroy_plain);
    key->name = signum_text_copy(name);
    assert_non_null(key->name);
    return key;
}

/* Puts a new key of that name; the catalogue's reference is the only one left. */
static void
put(const char *name, uint64_t now_ms)
{
    struct signum_key *key = plain_key(name);

    check_status(signum_catalogue_put(&catalogue, key, now_ms), SIGNUM_OK);
    signum_key_unref(&key);
}

static void
check_find(const char *name, uint64_t now_ms, enum signum_catalogue_state expected)
{
    struct signum_key *key = (struct signum_key *)&catalogue;
    bool is_key = expected == SIGNUM_CATALOGUE_KNOWN || expected == SIGNUM_CATALOGUE_STALE;

    assert_int_equal(signum_catalogue_find(&catalogue, name, now_ms, &key), expected);
    assert_int_equal(key != NULL, is_key);
    if (is_key)
        assert_string_equal(signum_key_name(key), name);
    signum_key_unref(&key);
}

static void
test_empty(void **state)
{
    struct signum_key **keys = (struct signum_key **)&catalogue;
    size_t count = 9;

    (void)state;
    check_find("a", NOW, SIGNUM_CATALOGUE_UNKNOWN);
    check_find("", NOW, SIGNUM_CATALOGUE_UNKNOWN);
    check_status(signum_catalogue_list(&catalogue, NOW, &keys, &count), SIGNUM_NOT_FOUND);
    assert_null(keys);
    assert_int_equal(count, 0);
}

static void
test_put_and_find(void **state)
{
    static const char *const names[] = {"m", "c", "x", "a", "z", "mm", "M", "\xc3\xa4"};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(names); i++)
        put(names[i], NOW);
    for (size_t i = 0; i < COUNT_OF(names); i++)
        check_find(names[i], NOW, SIGNUM_CATALOGUE_KNOWN);
    check_find("b", NOW, SIGNUM_CATALOGUE_UNKNOWN);
    check_find("mmm", NOW, SIGNUM_CATALOGUE_UNKNOWN);
    check_find("", NOW, SIGNUM_CATALOGUE_UNKNOWN);
}

static void
test_put_replaces(void **state)
{
    struct signum_key *first = plain_key("k");
    struct signum_key *second = plain_key("k");
    struct signum_key *found = NULL;

    (void)state;
    check_status(signum_catalogue_put(&catalogue, first, NOW), SIGNUM_OK);
    check_status(signum_catalogue_put(&catalogue, second, NOW), SIGNUM_OK);
    signum_catalogue_find(&catalogue, "k", NOW, &found);
    assert_ptr_equal(found, second);
    signum_key_unref(&found);
    assert_int_equal(first->object.refs, 1); /* let go of */
    assert_int_equal(second->object.refs, 2);
    check_status(signum_catalogue_put(&catalogue, second, NOW), SIGNUM_OK);
    assert_int_equal(second->object.refs, 2);
    signum_key_unref(&first);
    signum_key_unref(&second);
}

static void
test_stale(void **state)
{
    (void)state;
    put("k", NOW);
    check_find("k", NOW + SIGNUM_CATALOGUE_FRESH_MS - 1, SIGNUM_CATALOGUE_KNOWN);
    check_find("k", NOW + SIGNUM_CATALOGUE_FRESH_MS, SIGNUM_CATALOGUE_STALE);
    put("k", NOW + SIGNUM_CATALOGUE_FRESH_MS);
    check_find("k", NOW + SIGNUM_CATALOGUE_FRESH_MS, SIGNUM_CATALOGUE_KNOWN);
    check_find("k", NOW + 2 * SIGNUM_CATALOGUE_FRESH_MS, SIGNUM_CATALOGUE_STALE);
}

static void
test_absent_expires(void **state)
{
    (void)state;
    signum_catalogue_put_absent(&catalogue, "k", NOW);
    check_find("k", NOW, SIGNUM_CATALOGUE_ABSENT);
    check_find("k", NOW + SIGNUM_CATALOGUE_ABSENT_MS - 1, SIGNUM_CATALOGUE_ABSENT);
    check_find("k", NOW + SIGNUM_CATALOGUE_ABSENT_MS, SIGNUM_CATALOGUE_UNKNOWN);
    check_find("other", NOW, SIGNUM_CATALOGUE_UNKNOWN);
    signum_catalogue_put_absent(&catalogue, "k", NOW + 10000);
    check_find("k", NOW + 10000, SIGNUM_CATALOGUE_ABSENT);
}

static void
test_absent_forgets_the_key(void **state)
{
    struct signum_key *key = plain_key("b");

    (void)state;
    put("a", NOW);
    check_status(signum_catalogue_put(&catalogue, key, NOW), SIGNUM_OK);
    put("c", NOW);
    signum_catalogue_put_absent(&catalogue, "b", NOW);
    check_find("b", NOW, SIGNUM_CATALOGUE_ABSENT);
    check_find("a", NOW, SIGNUM_CATALOGUE_KNOWN);
    check_find("c", NOW, SIGNUM_CATALOGUE_KNOWN);
    assert_int_equal(key->object.refs, 1);
    check_status(signum_catalogue_put(&catalogue, key, NOW), SIGNUM_OK);
    check_find("b", NOW, SIGNUM_CATALOGUE_KNOWN);
    for (size_t i = 0; i < SIGNUM_CATALOGUE_ABSENT_MAX; i++)
        assert_string_equal(catalogue.absent[i].name, ""); /* it is there again */
    signum_catalogue_put_absent(&catalogue, "b", NOW);
    check_find("b", NOW, SIGNUM_CATALOGUE_ABSENT);
    signum_key_unref(&key);
}

static void
test_absent_names_are_bounded(void **state)
{
    char name[SIGNUM_KEY_NAME_MAX + 2];

    (void)state;
    for (int i = 0; i < SIGNUM_CATALOGUE_ABSENT_MAX + 1; i++) {
        snprintf(name, sizeof name, "n%d", i);
        signum_catalogue_put_absent(&catalogue, name, NOW);
    }
    check_find("n0", NOW, SIGNUM_CATALOGUE_UNKNOWN); /* the oldest made room */
    check_find("n1", NOW, SIGNUM_CATALOGUE_ABSENT);
    check_find(name, NOW, SIGNUM_CATALOGUE_ABSENT);

    signum_catalogue_put_absent(&catalogue, "", NOW);
    check_find("", NOW, SIGNUM_CATALOGUE_UNKNOWN);
    memset(name, 'n', sizeof name);
    name[SIGNUM_KEY_NAME_MAX] = 0;
    signum_catalogue_put_absent(&catalogue, name, NOW);
    check_find(name, NOW, SIGNUM_CATALOGUE_ABSENT);
    name[SIGNUM_KEY_NAME_MAX] = 'n';
    name[SIGNUM_KEY_NAME_MAX + 1] = 0;
    signum_catalogue_put_absent(&catalogue, name, NOW);
    check_find(name, NOW, SIGNUM_CATALOGUE_UNKNOWN);
}

static void
check_list(uint64_t now_ms, const char *const *names, size_t expected)
{
    struct signum_key **keys = NULL;
    size_t count = 0;

    check_status(signum_catalogue_list(&catalogue, now_ms, &keys, &count), SIGNUM_OK);
    assert_int_equal(count, expected);
    assert_non_null(keys);
    for (size_t i = 0; i < count; i++)
        assert_string_equal(signum_key_name(keys[i]), names[i]);
    signum_key_list_free(&keys, &count);
    assert_null(keys);
    assert_int_equal(count, 0);
}

static void
test_replace_and_list(void **state)
{
    static const char *const sorted[] = {"B", "a", "b", "ba", "c"};
    struct signum_key *keys[] = {plain_key("b"), plain_key("c"), plain_key("B"), plain_key("ba"),
                                 plain_key("a")};

    (void)state;
    put("old", NOW);
    signum_catalogue_put_absent(&catalogue, "a", NOW);
    check_status(signum_catalogue_replace(&catalogue, keys, COUNT_OF(keys),
                                          signum_catalogue_changes(&catalogue), NOW),
                 SIGNUM_OK);
    check_list(NOW, sorted, COUNT_OF(sorted));
    check_list(NOW + SIGNUM_CATALOGUE_FRESH_MS - 1, sorted, COUNT_OF(sorted));
    check_find("old", NOW, SIGNUM_CATALOGUE_UNKNOWN);
    check_find("a", NOW, SIGNUM_CATALOGUE_KNOWN);
    for (size_t i = 0; i < COUNT_OF(keys); i++) {
        assert_int_equal(keys[i]->object.refs, 2);
        signum_key_unref(&keys[i]);
    }
}

static void
test_list_grows_stale(void **state)
{
    struct signum_key **keys = NULL;
    size_t count = 0;
    static const char *const one[] = {"k"};

    (void)state;
    check_status(signum_catalogue_replace(&catalogue, NULL, 0, 0, NOW), SIGNUM_OK);
    check_list(NOW, NULL, 0); /* no keys at all is a list too */
    put("k", NOW + 5);
    check_list(NOW + 5, one, 1);
    check_status(signum_catalogue_list(&catalogue, NOW + SIGNUM_CATALOGUE_FRESH_MS, &keys, &count),
                 SIGNUM_NOT_FOUND);
    assert_null(keys);
    check_find("k", NOW + SIGNUM_CATALOGUE_FRESH_MS, SIGNUM_CATALOGUE_KNOWN);
}

/* Two threads look at the clock in one order and at the catalogue in the other. */
static void
test_seen_after_the_clock_was_read(void **state)
{
    static const char *const one[] = {"k"};

    (void)state;
    check_status(signum_catalogue_replace(&catalogue, NULL, 0, 0, NOW + 1), SIGNUM_OK);
    put("k", NOW + 1);
    check_find("k", NOW, SIGNUM_CATALOGUE_KNOWN);
    check_list(NOW, one, 1);
}

/* A service that changes between pages may name a key twice: the later page knows better. */
static void
test_double_names_are_kept_once(void **state)
{
    static const char *const sorted[] = {"a", "b"};
    struct signum_key *keys[] = {plain_key("b"), plain_key("a"), plain_key("b"), plain_key("b")};
    struct signum_key *found = NULL;

    (void)state;
    check_status(signum_catalogue_replace(&catalogue, keys, COUNT_OF(keys), 0, NOW), SIGNUM_OK);
    check_list(NOW, sorted, COUNT_OF(sorted));
    assert_int_equal(signum_catalogue_find(&catalogue, "b", NOW, &found), SIGNUM_CATALOGUE_KNOWN);
    assert_ptr_equal(found, keys[3]);
    signum_key_unref(&found);
    for (size_t i = 0; i < COUNT_OF(keys); i++) {
        assert_int_equal(keys[i]->object.refs, i == 1 || i == 3 ? 2 : 1);
        signum_key_unref(&keys[i]);
    }
}

/* A list is as old as its first page: what happened since is newer. */
static void
test_newer_than_the_list(void **state)
{
    static const char *const sorted[] = {"kept", "made", "renewed"};
    struct signum_key *keys[] = {plain_key("deleted"), plain_key("kept"), plain_key("renewed")};
    struct signum_key *renewed = plain_key("renewed");
    struct signum_key *found = NULL;

    (void)state;
    put("before", NOW);
    signum_catalogue_put_absent(&catalogue, "kept", NOW);
    uint64_t since = signum_catalogue_changes(&catalogue);
    put("made", NOW + 1);
    check_status(signum_catalogue_put(&catalogue, renewed, NOW + 1), SIGNUM_OK);
    signum_catalogue_put_absent(&catalogue, "deleted", NOW + 1);
    check_status(signum_catalogue_replace(&catalogue, keys, COUNT_OF(keys), since, NOW + 2),
                 SIGNUM_OK);
    check_list(NOW + 2, sorted, COUNT_OF(sorted));
    check_find("deleted", NOW + 2, SIGNUM_CATALOGUE_ABSENT);
    assert_int_equal(signum_catalogue_find(&catalogue, "renewed", NOW + 2, &found),
                     SIGNUM_CATALOGUE_KNOWN);
    assert_ptr_equal(found, renewed);
    signum_key_unref(&found);

    /* the next list knows of all that */
    check_status(signum_catalogue_replace(&catalogue, keys, 1,
                                          signum_catalogue_changes(&catalogue), NOW + 3),
                 SIGNUM_OK);
    check_find("deleted", NOW + 3, SIGNUM_CATALOGUE_KNOWN);
    check_find("made", NOW + 3, SIGNUM_CATALOGUE_UNKNOWN);
    signum_key_unref(&renewed);
    for (size_t i = 0; i < COUNT_OF(keys); i++)
        signum_key_unref(&keys[i]);
}

static void
test_list_free_of_nothing(void **state)
{
    struct signum_key **keys = NULL;
    size_t count = 5;

    (void)state;
    signum_key_list_free(&keys, &count);
    assert_int_equal(count, 0);
}

static void
test_maximum(void **state)
{
    struct signum_key **keys = calloc(SIGNUM_CATALOGUE_KEYS_MAX + 1, sizeof *keys);
    struct signum_key *extra = plain_key("extra");
    char name[32];

    (void)state;
    assert_non_null(keys);
    for (size_t i = 0; i <= SIGNUM_CATALOGUE_KEYS_MAX; i++) {
        snprintf(name, sizeof name, "k%05u", (unsigned)((i * 7919) % 100003));
        keys[i] = plain_key(name);
    }
    check_status(signum_catalogue_replace(&catalogue, keys, SIGNUM_CATALOGUE_KEYS_MAX + 1, 0,
                                          NOW),
                 SIGNUM_TOO_LARGE);
    check_find(keys[0]->name, NOW, SIGNUM_CATALOGUE_UNKNOWN);
    check_status(signum_catalogue_replace(&catalogue, keys, SIGNUM_CATALOGUE_KEYS_MAX, 0, NOW),
                 SIGNUM_OK);
    check_find(keys[7]->name, NOW, SIGNUM_CATALOGUE_KNOWN);
    check_status(signum_catalogue_put(&catalogue, extra, NOW), SIGNUM_TOO_LARGE);
    assert_int_equal(extra->object.refs, 1);
    check_status(signum_catalogue_put(&catalogue, keys[7], NOW), SIGNUM_OK); /* replaces */

    /* the same limit when it is reached one by one */
    signum_catalogue_clear(&catalogue);
    signum_catalogue_init(&catalogue);
    for (size_t i = 0; i < SIGNUM_CATALOGUE_KEYS_MAX; i++)
        check_status(signum_catalogue_put(&catalogue, keys[i], NOW), SIGNUM_OK);
    check_status(signum_catalogue_put(&catalogue, extra, NOW), SIGNUM_TOO_LARGE);
    for (size_t i = 0; i <= SIGNUM_CATALOGUE_KEYS_MAX; i++)
        signum_key_unref(&keys[i]);
    signum_key_unref(&extra);
    free(keys);
}

/* What was handed out lives on when the catalogue is gone. */
static void
test_keys_outlive_the_catalogue(void **state)
{
    struct signum_key *key = NULL;

    (void)state;
    put("k", NOW);
    signum_catalogue_find(&catalogue, "k", NOW, &key);
    signum_catalogue_clear(&catalogue);
    assert_string_equal(signum_key_name(key), "k");
    signum_key_unref(&key);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_empty),
        TEST(test_put_and_find),
        TEST(test_put_replaces),
        TEST(test_stale),
        TEST(test_absent_expires),
        TEST(test_absent_forgets_the_key),
        TEST(test_absent_names_are_bounded),
        TEST(test_replace_and_list),
        TEST(test_list_grows_stale),
        TEST(test_seen_after_the_clock_was_read),
        TEST(test_double_names_are_kept_once),
        TEST(test_newer_than_the_list),
        TEST(test_list_free_of_nothing),
        TEST(test_maximum),
        TEST(test_keys_outlive_the_catalogue),
    };

    return cmocka_run_group_tests_name("catalogue", tests, NULL, NULL);
}
