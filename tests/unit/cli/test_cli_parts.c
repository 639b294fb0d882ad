#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "fixture_cli.h"
#include "ksp/cli/advice.h"
#include "ksp/cli/cert_info.h"
#include "ksp/cli/digest.h"
#include "unit/core/fixture_key.h"

/* The small modules of the command: advice, cert_info, digest, options, output. */

static void
test_every_status_has_advice(void **state)
{
    (void)state;
    for (int i = 0; i < SIGNUM_STATUS_COUNT; i++) {
        const char *advice = signum_advice_for((enum signum_status)i);
        assert_true(strlen(advice) > 5);
        /* it follows "CAUSE; " */
        assert_int_not_equal(advice[strlen(advice) - 1], '.');
        assert_true(advice[0] >= 'a' && advice[0] <= 'z');
    }
    assert_non_null(signum_advice_for((enum signum_status)9999));
    assert_non_null(signum_advice_for((enum signum_status)-1));
}

static void
test_cert_info_reads_subject_and_expiry(void **state)
{
    (void)state;
    struct signum_cert_info info;
    struct signum_buf der;
    signum_cert_info_init(&info);
    signum_buf_init(&der, SIGNUM_KEY_CERT_MAX);
    fixture_put_certificate(fixture_pair(FIXTURE_P256, 0), "M\xc3\xbcller, GmbH\n", &der);
    assert_int_equal(signum_cert_info_read(signum_bytes_of_buf(&der), 0, &info), SIGNUM_OK);
    /* UTF-8 stays; the comma and the line end of the name cannot be taken for ours */
    assert_string_equal(signum_buf_text(&info.subject), "CN=M\xc3\xbcller\\, GmbH\\0A");
    assert_int_equal(strlen(signum_buf_text(&info.expires)), 10);
    assert_false(info.is_expired);
    assert_int_equal(signum_cert_info_read(signum_bytes_of_buf(&der), 1ll << 38, &info),
                     SIGNUM_OK);
    assert_true(info.is_expired);
    signum_cert_info_clear(&info);
    signum_buf_clear(&der);
}

static void
test_cert_info_refuses_what_is_no_certificate(void **state)
{
    (void)state;
    struct signum_cert_info info;
    signum_cert_info_init(&info);
    assert_int_equal(signum_cert_info_read((struct signum_bytes){NULL, 0}, 0, &info),
                     SIGNUM_CRYPTO);
    assert_int_equal(signum_cert_info_read(signum_bytes_of_text("no"), 0, &info), SIGNUM_CRYPTO);
    assert_int_equal(info.subject.len, 0);
    signum_cert_info_clear(&info);
}

static void
test_digest_parse(void **state)
{
    (void)state;
    static const char *const bad[] = {"", "0", "0g", "g0", " 0", "00 ", "0x00"};
    struct signum_buf digest;
    signum_buf_init(&digest, 4);
    assert_int_equal(signum_digest_parse("00aFfA9b", &digest), SIGNUM_OK);
    assert_int_equal(digest.len, 4);
    assert_memory_equal(digest.data, "\x00\xaf\xfa\x9b", 4);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        signum_buf_clear(&digest);
        assert_int_equal(signum_digest_parse(bad[i], &digest), SIGNUM_INVALID_ARGUMENT);
        assert_int_equal(digest.len, 0);
    }
    assert_int_equal(signum_digest_parse("0011223344", &digest), SIGNUM_TOO_LARGE);
    signum_buf_clear(&digest);
}

static void
test_digest_stream_takes_raw_bytes_up_to_the_maximum(void **state)
{
    (void)state;
    struct signum_buf digest;
    FILE *stream = tmpfile();
    assert_non_null(stream);
    signum_buf_init(&digest, SIGNUM_DIGEST_RAW_MAX);
    for (size_t i = 0; i < SIGNUM_DIGEST_RAW_MAX; i++) {
        assert_int_equal(fputc('x', stream), 'x');
    }
    rewind(stream);
    const struct signum_hash_info *none = signum_hash_by_id(SIGNUM_HASH_NONE);
    assert_int_equal(signum_digest_stream(none, stream, &digest), SIGNUM_OK);
    assert_int_equal(digest.len, SIGNUM_DIGEST_RAW_MAX);
    assert_int_equal(fseek(stream, 0, SEEK_END), 0);
    assert_int_equal(fputc('x', stream), 'x');
    rewind(stream);
    signum_buf_clear(&digest);
    assert_int_equal(signum_digest_stream(none, stream, &digest), SIGNUM_TOO_LARGE);
    fclose(stream);
    signum_buf_clear(&digest);
}

static void
test_numbers(void **state)
{
    (void)state;
    static const char *const bad[] = {"", "-1", "+1", " 1", "1 ", "1x", "0x1", "11", "9999999999"};
    unsigned long value = 77;
    assert_true(signum_options_number("10", 10, &value));
    assert_int_equal(value, 10);
    assert_true(signum_options_number("0", 10, &value));
    assert_int_equal(value, 0);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        value = 77;
        assert_false(signum_options_number(bad[i], 10, &value));
        assert_int_equal(value, 0);
    }
}

/* Everything that `output` wrote to its streams so far. */
static char *
captured(FILE *stream)
{
    static char text[4096];
    long len = ftell(stream);
    assert_true(len >= 0 && len < (long)sizeof(text));
    rewind(stream);
    assert_int_equal(fread(text, 1, (size_t)len, stream), (size_t)len);
    text[len] = '\0';
    return text;
}

static void
test_output_cannot_steer_a_terminal(void **state)
{
    (void)state;
    struct signum_output output;
    FILE *out = tmpfile();
    FILE *err = tmpfile();
    assert_non_null(out);
    assert_non_null(err);
    signum_output_init(&output, out, err);
    signum_output_say(&output, "a%sb", "\x1b[2J\r\x7f\xc2\x9b\xc3\xbc");
    signum_output_error(&output, SIGNUM_DENIED, "no\x07", "ask", "r1");
    assert_true(signum_output_finish(&output));
    assert_string_equal(captured(out), "a?[2J??\?\?\xc3\xbc" "b\n");
    assert_string_equal(captured(err), "signum: no? (request r1); ask\n");
    fclose(out);
    fclose(err);
}

static void
test_output_keeps_the_first_error(void **state)
{
    (void)state;
    struct signum_output output;
    FILE *out = tmpfile();
    FILE *err = tmpfile();
    assert_non_null(out);
    assert_non_null(err);
    signum_output_init(&output, out, err);
    signum_output_use_json(&output);
    signum_output_use_json(&output);
    signum_output_say(&output, "not seen");
    signum_output_error(&output, SIGNUM_NETWORK, NULL, NULL, NULL);
    signum_output_error(&output, SIGNUM_DENIED, "second", NULL, NULL);
    assert_true(signum_output_finish(&output));
    const char *text = captured(out);
    assert_contains(text, "\"NETWORK\"");
    assert_contains(text, signum_status_text(SIGNUM_NETWORK));
    assert_lacks(text, "second");
    assert_lacks(text, "not seen");
    assert_lacks(text, "\"request\"");
    assert_contains(captured(err), "second");
    fclose(out);
    fclose(err);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_status_has_advice),
        cmocka_unit_test(test_cert_info_reads_subject_and_expiry),
        cmocka_unit_test(test_cert_info_refuses_what_is_no_certificate),
        cmocka_unit_test(test_digest_parse),
        cmocka_unit_test(test_digest_stream_takes_raw_bytes_up_to_the_maximum),
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_output_cannot_steer_a_terminal),
        cmocka_unit_test(test_output_keeps_the_first_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
