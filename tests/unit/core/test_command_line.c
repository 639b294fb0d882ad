#include "fixture_check.h"

#include <string.h>

#include "core/command_line.h"

/* What of a command line may be told: no secret, in whichever of the usual shapes. */

static struct signum_buf arguments;
static struct signum_buf text;

static int
setup(void **state)
{
    (void)state;
    signum_buf_init(&arguments, 65536);
    signum_buf_init(&text, 65536);
    return 0;
}

static int
teardown(void **state)
{
    (void)state;
    signum_buf_clear(&arguments);
    signum_buf_clear(&text);
    return 0;
}

static void
redact(const char *line)
{
    signum_buf_clear(&arguments);
    signum_buf_clear(&text);
    signum_command_line_split(line, &arguments);
    signum_command_line_redact(signum_bytes_of_buf(&arguments), &text);
    check_status(signum_buf_status(&text), SIGNUM_OK);
}

static void
test_redaction(void **state)
{
    static const struct {
        const char *line;
        const char *told;
    } rows[] = {
        {"signtool sign /f a.pfx /p hunter2 a.exe", "signtool sign /f a.pfx /p *** a.exe"},
        {"signtool sign /P \"hunter 2\" a.exe", "signtool sign /P *** a.exe"},
        {"signtool sign /kc \"[SafeNet{{hunter2}}]=key\" a.exe", "signtool sign /kc *** a.exe"},
        {"x --token hunter2 b", "x --token *** b"},
        {"x --token=hunter2 b", "x --token=*** b"},
        {"x /token:hunter2 b", "x /token:*** b"},
        {"x key=hunter2", "x key=***"},
        {"x --key release", "x --key release"},
        {"x -kvs hunter2 -kvu https://v.test", "x -kvs *** -kvu https://v.test"},
        {"x --azure-key-vault-client-secret hunter2", "x --azure-key-vault-client-secret ***"},
        {"jarsigner -storepass hunter2 -keypass:env HUNTER2 a.jar",
         "jarsigner -storepass *** -keypass:*** HUNTER2 a.jar"},
        {"java -Djavax.net.ssl.keyStorePassword=hunter2 -jar a.jar",
         "java -Djavax.net.ssl.keyStorePassword=*** -jar a.jar"},
        {"openssl -passin pass:hunter2", "openssl -passin ***"},
        {"openssl cms pass:hunter2", "openssl cms pass:***"},
        {"msbuild /p:CertPassword=hunter2", "msbuild /p:***"},
        {"nuget push -ApiKey hunter2", "nuget push -ApiKey ***"},
        {"curl -H \"Authorization: Bearer hunter2\"", "curl -H Authorization:***"},
        {"curl Bearer hunter2", "curl Bearer ***"},
        {"git clone https://me:hunter2@h.test/r.git", "git clone https://***@h.test/r.git"},
        {"az copy https://h.test/a?sv=1&sig=hunter2", "az copy https://h.test/a?***"},
        {"x eyJhbGciOiJIUzI1NiJ9.hunter2", "x ***"},
        {"x data=eyJhbGciOiJIUzI1NiJ9.hunter2", "x ***"},
        {"x ghp_hunter2 glpat-hunter2", "x *** ***"},
        {"signtool sign /fd sha256 /tr http://ts.test /td sha256 \"C:\\My Dir\\a.exe\"",
         "signtool sign /fd sha256 /tr http://ts.test /td sha256 \"C:\\My Dir\\a.exe\""},
        {"x --empty \"\" --pin", "x --empty \"\" --pin"},
        {"", ""},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        redact(rows[i].line);
        check_text(&text, rows[i].told);
        assert_null(strstr(signum_buf_text(&text), "hunter2"));
    }
}

static void
test_arguments_without_an_end_are_left_out(void **state)
{
    static const uint8_t cut[] = "x\0--pin\0hunter2";

    (void)state;
    signum_command_line_redact((struct signum_bytes){cut, sizeof cut - 1}, &text);
    check_text(&text, "x --pin");
    signum_buf_clear(&text);
    signum_command_line_redact((struct signum_bytes){NULL, 0}, &text);
    assert_int_equal(text.len, 0);
}

static void
check_files(const char *line, const char *expected, size_t expected_len, size_t max)
{
    signum_buf_clear(&arguments);
    signum_buf_clear(&text);
    signum_command_line_split(line, &arguments);
    signum_command_line_files(signum_bytes_of_buf(&arguments), max, &text);
    assert_int_equal(text.len, expected_len);
    if (expected_len > 0)
        assert_memory_equal(text.data, expected, expected_len);
}

static void
test_files(void **state)
{
    (void)state;
#define FILES(line, names) check_files(line, names, sizeof names - 1, 1024)
    FILES("signtool.exe sign /fd sha256 C:\\out\\a.exe b.dll", "a.exe\0b.dll\0");
    FILES("signtool sign /p hunter2.exe /out/c.msi", "c.msi\0");
    FILES("x --in=a.bin -f.g http://h.test/a.exe k=v.exe .hidden name. sha256", "");
    FILES("x", "");
    FILES("", "");
    check_files("x aaaa.exe bbbb.exe", "aaaa.exe\0", 9, 12);
}

static void
test_split(void **state)
{
    static const char expected[] = "C:\\a b\\x.exe\0two\0th\"ree\0";

    (void)state;
    signum_command_line_split("\"C:\\a b\\x.exe\"\t two  th\\\"ree ", &arguments);
    assert_int_equal(arguments.len, sizeof expected - 1);
    assert_memory_equal(arguments.data, expected, arguments.len);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_redaction),
        TEST(test_arguments_without_an_end_are_left_out),
        TEST(test_files),
        TEST(test_split),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
