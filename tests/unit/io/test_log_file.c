#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "io/log_file.h"
#include "support/system.h"

#define THREADS 4
#define LINES 200

static char base[64];
static char path[128];
static char old_path[130];
static struct signum_log_sink sink;

static int
set_up(void **state)
{
    (void)state;
    signum_temp_folder_make(base, sizeof base);
    (void)snprintf(path, sizeof path, "%s/state/signum.log", base);
    (void)snprintf(old_path, sizeof old_path, "%s.1", path);
    if (signum_log_file_open(&sink) != SIGNUM_OK)
        return -1;
    sink.direct(sink.self, path);
    return 0;
}

static int
tear_down(void **state)
{
    (void)state;
    signum_log_file_clear(&sink);
    signum_temp_folder_remove(base);
    return 0;
}

static void
test_line_has_time_and_process(void **state)
{
    (void)state;
    sink.write(sink.self, SIGNUM_LOG_INFO, "info f: text");
    sink.write(sink.self, SIGNUM_LOG_INFO, "info f: more");
    char *text = signum_temp_file_read(path);
    assert_non_null(text);
    char expected[64];
    (void)snprintf(expected, sizeof expected, "Z %lu info f: text\n", signum_system_pid());
    assert_non_null(strstr(text, expected));
    assert_int_equal(text[0], '2');
    assert_int_equal(text[10], 'T');
    assert_int_equal(text[19], '.');
    assert_ptr_equal(strstr(text, expected), text + 23);
    assert_int_equal(text[strlen(text) - 1], '\n');
    free(text);
}

static void
append(const char *line, uint64_t max_len)
{
    signum_log_file_append(path, old_path, max_len, signum_bytes_of_text(line));
}

static void
test_full_file_is_moved_away(void **state)
{
    (void)state;
    append("0123456789\n", 20);
    append("0123456789\n", 20);
    assert_null(signum_temp_file_read(old_path));
    append("next\n", 20);
    char *old = signum_temp_file_read(old_path);
    char *now = signum_temp_file_read(path);
    assert_string_equal(old, "0123456789\n0123456789\n");
    assert_string_equal(now, "next\n");
    free(old);
    free(now);
    append("0123456789012345\n", 20);
    append("last\n", 20);
    old = signum_temp_file_read(old_path);
    now = signum_temp_file_read(path);
    assert_string_equal(old, "next\n0123456789012345\n");
    assert_string_equal(now, "last\n");
    free(old);
    free(now);
}

static void
test_file_that_cannot_be_moved_still_has_an_end(void **state)
{
    (void)state;
    append("0123456789012345678901234567890123456789\n", 20);
    /* A folder lies where the old file should go. */
    assert_true(signum_system_make_folder(old_path));
    for (int i = 0; i < 10; i++)
        append("0123456789\n", 20);
    char *now = signum_temp_file_read(path);
    assert_non_null(now);
    assert_true(strlen(now) <= 60);
    free(now);
}

static void
test_place_that_cannot_be_written_is_no_failure(void **state)
{
    char file[160];

    (void)state;
    (void)snprintf(file, sizeof file, "%s/file", base);
    signum_temp_file_write(file, "x");
    (void)snprintf(file, sizeof file, "%s/file/signum.log", base);
    sink.direct(sink.self, file);
    errno = EDOM;
    sink.write(sink.self, SIGNUM_LOG_ERROR, "error f: text");
    assert_int_equal(errno, EDOM);
    sink.direct(sink.self, base);
    sink.write(sink.self, SIGNUM_LOG_ERROR, "error f: text");
    assert_int_equal(errno, EDOM);
}

struct writer {
    char line[64];
};

static void
write_many(void *context)
{
    const struct writer *writer = context;

    for (int i = 0; i < LINES; i++)
        sink.write(sink.self, SIGNUM_LOG_INFO, writer->line);
}

static size_t
count_lines(const char *text, const char *end)
{
    size_t count = 0;
    size_t end_len = strlen(end);

    while (text != NULL && *text != 0) {
        const char *stop = strchr(text, '\n');
        assert_non_null(stop);
        size_t len = (size_t)(stop - text);
        if (len >= end_len && memcmp(stop - end_len, end, end_len) == 0)
            count++;
        text = stop + 1;
    }
    return count;
}

static void
test_threads_do_not_mix_lines(void **state)
{
    struct signum_thread *threads[THREADS];
    struct writer writers[THREADS];

    (void)state;
    for (int i = 0; i < THREADS; i++) {
        (void)snprintf(writers[i].line, sizeof writers[i].line, "info f: writer number %d", i);
        threads[i] = signum_thread_start(write_many, &writers[i]);
    }
    for (int i = 0; i < THREADS; i++)
        signum_thread_join(&threads[i]);
    char *text = signum_temp_file_read(path);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(count_lines(text, writers[i].line), LINES);
    free(text);
}

/* Nobody's line may get lost while the file is being moved away, as long as one move is due. */
static void
append_many(void *context)
{
    const struct writer *writer = context;

    for (int i = 0; i < LINES; i++)
        append(writer->line, 12000);
}

static void
test_threads_that_find_it_full_move_it_once(void **state)
{
    struct signum_thread *threads[THREADS];
    struct writer writers[THREADS];
    size_t count = 0;

    (void)state;
    /* 4 * 200 lines of 24 bytes: 19200, so the file is moved once and 7200 bytes follow. */
    for (int i = 0; i < THREADS; i++) {
        (void)snprintf(writers[i].line, sizeof writers[i].line, "info f: writer number %d\n", i);
        threads[i] = signum_thread_start(append_many, &writers[i]);
    }
    for (int i = 0; i < THREADS; i++)
        signum_thread_join(&threads[i]);
    char *old = signum_temp_file_read(old_path);
    char *now = signum_temp_file_read(path);
    assert_non_null(old);
    assert_non_null(now);
    for (int i = 0; i < THREADS; i++) {
        writers[i].line[strlen(writers[i].line) - 1] = 0;
        count += count_lines(old, writers[i].line) + count_lines(now, writers[i].line);
    }
    assert_int_equal(count, THREADS * LINES);
    free(old);
    free(now);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_line_has_time_and_process),
        TEST(test_full_file_is_moved_away),
        TEST(test_file_that_cannot_be_moved_still_has_an_end),
        TEST(test_place_that_cannot_be_written_is_no_failure),
        TEST(test_threads_do_not_mix_lines),
        TEST(test_threads_that_find_it_full_move_it_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
