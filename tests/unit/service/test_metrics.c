#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/metrics.h"
#include "fixture.h"

#define TEXT_MAX ((size_t)1024 * 1024)

static int
clear(void **state)
{
    (void)state;
    signumd_metrics_clear();
    return 0;
}

/* The whole text; freed by the caller. */
static char *
text_of(void)
{
    struct signum_buf text;

    signum_buf_init(&text, TEXT_MAX);
    signumd_metrics_write(&text);
    assert_status(signum_buf_status(&text), SIGNUM_OK);
    char *copy = strdup(signum_buf_text(&text));
    signum_buf_clear(&text);
    assert_non_null(copy);
    return copy;
}

static void
assert_has(const char *line)
{
    char *text = text_of();

    if (strstr(text, line) == NULL)
        fail_msg("%s is not in:\n%s", line, text);
    free(text);
}

static size_t
count_of(const char *part)
{
    char *text = text_of();
    size_t count = 0;

    for (const char *place = strstr(text, part); place != NULL; place = strstr(place + 1, part))
        count++;
    free(text);
    return count;
}

static void
test_counters(void **state)
{
    (void)state;
    signumd_metrics_count(SIGNUMD_METRIC_SIGNATURES, "release", "rsa", "signed");
    signumd_metrics_count(SIGNUMD_METRIC_SIGNATURES, "release", "rsa", "signed");
    signumd_metrics_count(SIGNUMD_METRIC_SIGNATURES, "release", "rsa", "denied");
    assert_has("# TYPE signumd_signatures_total counter\n");
    assert_has(
        "signumd_signatures_total{key=\"release\",algorithm=\"rsa\",outcome=\"signed\"} 2\n");
    assert_has(
        "signumd_signatures_total{key=\"release\",algorithm=\"rsa\",outcome=\"denied\"} 1\n");
}

static void
test_histograms(void **state)
{
    (void)state;
    signumd_metrics_observe(SIGNUMD_METRIC_GROUP_SIZE, NULL, 1);
    signumd_metrics_observe(SIGNUMD_METRIC_GROUP_SIZE, NULL, 3);
    signumd_metrics_observe(SIGNUMD_METRIC_GROUP_SIZE, NULL, 1000);
    assert_has("signumd_db_group_size_bucket{le=\"1\"} 1\n");
    assert_has("signumd_db_group_size_bucket{le=\"2\"} 1\n");
    assert_has("signumd_db_group_size_bucket{le=\"4\"} 2\n");
    assert_has("signumd_db_group_size_bucket{le=\"256\"} 2\n");
    assert_has("signumd_db_group_size_bucket{le=\"+Inf\"} 3\n");
    assert_has("signumd_db_group_size_sum 1004.000000\n");
    assert_has("signumd_db_group_size_count 3\n");
}

static void
test_labels_are_escaped(void **state)
{
    (void)state;
    signumd_metrics_count(SIGNUMD_METRIC_DECISIONS, "a\"b\\c\nd", NULL, NULL);
    assert_has("{decision=\"a\\\"b\\\\c\\nd\"} 1\n");
}

static void
test_the_number_of_series_has_a_limit(void **state)
{
    char name[32];

    (void)state;
    for (int i = 0; i < 2000; i++) {
        (void)snprintf(name, sizeof name, "key-%d", i);
        signumd_metrics_count(SIGNUMD_METRIC_SIGNATURES, name, "rsa", "signed");
    }
    assert_int_equal(count_of("\nsignumd_signatures_total{"), 513);
    assert_has(
        "signumd_signatures_total{key=\"other\",algorithm=\"rsa\",outcome=\"signed\"} 1488\n");
    /* those that are known go on being counted */
    signumd_metrics_count(SIGNUMD_METRIC_SIGNATURES, "key-3", "rsa", "signed");
    assert_has("signumd_signatures_total{key=\"key-3\",algorithm=\"rsa\",outcome=\"signed\"} 2\n");
}

static void
test_a_long_label_is_another(void **state)
{
    char name[200];

    (void)state;
    memset(name, 'x', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    signumd_metrics_count(SIGNUMD_METRIC_DECISIONS, name, NULL, NULL);
    assert_has("{decision=\"other\"} 1\n");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_counters, clear, clear),
        cmocka_unit_test_setup_teardown(test_histograms, clear, clear),
        cmocka_unit_test_setup_teardown(test_labels_are_escaped, clear, clear),
        cmocka_unit_test_setup_teardown(test_the_number_of_series_has_a_limit, clear, clear),
        cmocka_unit_test_setup_teardown(test_a_long_label_is_another, clear, clear),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
