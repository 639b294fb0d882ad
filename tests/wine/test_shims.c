/*
 * Tests of the DLLs that stand in for Windows' own. Runs under Wine in the folder they lie in:
 *
 *     test_shims CERTIFICATE.cer KEY OTHER_KEY
 *
 * The certificate is KEY's; both keys are the test provider's (testksp.c). Exits with 0 if every
 * check is met.
 */
#include "test_shims.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "shims/der.h"

static unsigned passed;
static unsigned failed;

static void
count(bool is_met)
{
    if (is_met) {
        passed++;
    } else {
        failed++;
    }
}

void
check_at(bool is_met, const char *what, const char *file, int line)
{
    count(is_met);
    if (is_met) {
        printf("ok %s\n", what);
    } else {
        printf("not ok %s (%s:%d, LastError %08lx)\n", what, file, line, GetLastError());
    }
}

void
check_status_at(LONG status, LONG expected, const char *what, const char *file, int line)
{
    count(status == expected);
    if (status == expected) {
        printf("ok %s\n", what);
    } else {
        printf("not ok %s (%s:%d: %08lx, expected %08lx)\n", what, file, line, (ULONG)status,
               (ULONG)expected);
    }
}

/* Checks what buf holds, and frees it. */
static void
check_der(struct der_buf *buf, const void *expected, size_t len, const char *what)
{
    CHECK(der_ok(buf) && buf->len == len && memcmp(buf->data, expected, len) == 0, what);
    der_free(buf);
}

static void
test_der_writer(void)
{
    static const uint8_t long_content[200] = {0};
    struct der_buf buf = DER_BUF_INIT;

    der_put_oid(&buf, "1.2.840.113549");
    check_der(&buf, "\x06\x06\x2a\x86\x48\x86\xf7\x0d", 8, "der: an OID");
    der_put_oid(&buf, "2.999.3");
    check_der(&buf, "\x06\x03\x88\x37\x03", 5, "der: an OID whose first arc is 2");
    der_put_unsigned(&buf, (const uint8_t *)"\x00\x00\x80", 3);
    check_der(&buf, "\x02\x02\x00\x80", 4, "der: a number with its top bit set");
    der_put_unsigned(&buf, (const uint8_t *)"\x00\x00", 2);
    check_der(&buf, "\x02\x01\x00", 3, "der: zero");
    der_put_integer_le(&buf, (const uint8_t *)"\x01\x02\x03", 3);
    check_der(&buf, "\x02\x03\x03\x02\x01", 5, "der: a little-endian number");
    der_put_tlv(&buf, DER_OCTET_STRING, long_content, sizeof long_content);
    CHECK(der_ok(&buf) && buf.len == 203 && memcmp(buf.data, "\x04\x81\xc8", 3) == 0,
          "der: a length of two bytes");
    der_free(&buf);
    der_put_algorithm(&buf, "1.2.3", NULL, 0, true);
    check_der(&buf, "\x30\x06\x06\x02\x2a\x03\x05\x00", 8, "der: an algorithm with NULL");

    struct der_buf elements[3] = {DER_BUF_INIT, DER_BUF_INIT, DER_BUF_INIT};
    der_put(&elements[0], "\x04\x01\x09", 3);
    der_put(&elements[1], "\x02\x01\x07", 3);
    der_put(&elements[2], "\x02\x01\x05", 3);
    der_put_set(&buf, DER_SET, elements, 3);
    check_der(&buf, "\x31\x09\x02\x01\x05\x02\x01\x07\x04\x01\x09", 11, "der: a set is sorted");
}

static void
test_der_failures(void)
{
    static const char *const bad_oids[] = {"", "1", "1.", "3.1", "1.2.", "1.2.x", "1..2", "a.b"};
    struct der_buf buf = DER_BUF_INIT;
    struct der_buf outer = DER_BUF_INIT;

    for (size_t i = 0; i < sizeof bad_oids / sizeof *bad_oids; i++) {
        der_put_oid(&buf, bad_oids[i]);
        CHECK(!der_ok(&buf) && buf.len == 0, "der: text that is no OID");
        der_put(&buf, "x", 1);
        CHECK(buf.len == 0, "der: a failed buffer takes nothing more");
        buf.has_failed = false;
    }
    der_put_oid(&buf, "nothing");
    der_put(&outer, "x", 1);
    der_take(&outer, &buf);
    CHECK(!der_ok(&outer), "der: a failure is taken over");
}

static void
test_der_reader(void)
{
    const struct {
        const char *bytes;
        size_t len;
        const char *what;
    } damaged[] = {
        {"\x30", 1, "der: half a header"},
        {"\x30\x05\x00", 3, "der: content beyond the end"},
        {"\x30\x80\x00\x00", 4, "der: an indefinite length"},
        {"\x30\x85\x00\x00\x00\x00\x01\x00", 8, "der: a length of five bytes"},
        {"\x30\x82\x01", 3, "der: half a length"},
    };
    struct der_span parts[2];
    size_t part_count = 0;
    uint8_t tag = 0;
    struct der_span content;
    struct der_span rest;

    for (size_t i = 0; i < sizeof damaged / sizeof *damaged; i++) {
        const struct der_span span = {(const uint8_t *)damaged[i].bytes, damaged[i].len};
        CHECK(!der_next(span, &tag, &content, &rest), damaged[i].what);
    }
    const struct der_span two = {(const uint8_t *)"\x02\x01\x05\x04\x00", 5};
    CHECK(der_split(two, parts, 2, &part_count) && part_count == 2 && parts[1].len == 2,
          "der: two elements");
    CHECK(!der_split(two, parts, 1, &part_count), "der: more elements than room");
}

int wmain(int argument_count, WCHAR **arguments);

int
wmain(int argument_count, WCHAR **arguments)
{
    if (argument_count != 4) {
        fputs("usage: test_shims CERTIFICATE.cer KEY OTHER_KEY\n", stderr);
        return 2;
    }
    setvbuf(stdout, NULL, _IONBF, 0);
    test_der_writer();
    test_der_failures();
    test_der_reader();
    test_registration();
    test_router();
    test_certificate(arguments[1], arguments[2], arguments[3]);
    printf("suite: shims passed=%u failed=%u skipped=0\n", passed, failed);
    return failed > 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
