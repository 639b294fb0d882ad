#include "der.h"

#include <stdlib.h>
#include <string.h>

void
der_free(struct der_buf *buf)
{
    if (!buf) {
        return;
    }
    free(buf->data);
    memset(buf, 0, sizeof *buf);
}

bool
der_ok(const struct der_buf *buf)
{
    return !buf->has_failed;
}

static void
fail(struct der_buf *buf)
{
    der_free(buf);
    buf->has_failed = true;
}

void
der_put(struct der_buf *buf, const void *data, size_t len)
{
    if (buf->has_failed || len == 0) {
        return;
    }
    if (len > DER_MAX_LEN - buf->len) {
        fail(buf);
        return;
    }
    if (len > buf->capacity - buf->len) {
        const size_t capacity = 2 * (buf->len + len) + 64;
        uint8_t *grown = realloc(buf->data, capacity);
        if (!grown) {
            fail(buf);
            return;
        }
        buf->data = grown;
        buf->capacity = capacity;
    }
    memcpy(buf->data + buf->len, data, len);
    buf->len += len;
}

static void
put_header(struct der_buf *buf, uint8_t tag, size_t len)
{
    uint8_t header[6] = {tag};
    size_t header_len = 1;

    if (len < 0x80) {
        header[header_len++] = (uint8_t)len;
    } else {
        size_t digits = 1;
        while (digits < 4 && len >> (8 * digits)) {
            digits++;
        }
        header[header_len++] = (uint8_t)(0x80 | digits);
        while (digits-- > 0) {
            header[header_len++] = (uint8_t)(len >> (8 * digits));
        }
    }
    der_put(buf, header, header_len);
}

void
der_put_tlv(struct der_buf *buf, uint8_t tag, const void *data, size_t len)
{
    put_header(buf, tag, len);
    der_put(buf, data, len);
}

/* One arc of an OID: base 128, most significant digit first, all but the last with the top bit. */
static void
put_arc(struct der_buf *content, unsigned long arc)
{
    uint8_t digits[10];
    size_t at = sizeof digits;

    digits[--at] = arc & 0x7f;
    for (arc >>= 7; arc != 0; arc >>= 7) {
        digits[--at] = (uint8_t)(0x80 | (arc & 0x7f));
    }
    der_put(content, digits + at, sizeof digits - at);
}

/* Reads one number and the dot behind it. False: no digit here, or a stray character behind. */
static bool
read_arc(const char **text, unsigned long *arc_out)
{
    char *end = NULL;

    *arc_out = 0;
    if (**text < '0' || **text > '9') {
        return false;
    }
    *arc_out = strtoul(*text, &end, 10);
    if (*end == '.' && end[1] != '\0') {
        end++;
    } else if (*end != '\0') {
        return false;
    }
    *text = end;
    return true;
}

void
der_put_oid(struct der_buf *buf, const char *dotted)
{
    struct der_buf content = DER_BUF_INIT;
    const char *text = dotted ? dotted : "";
    unsigned long first = 0;
    unsigned long arc = 0;

    if (!read_arc(&text, &first) || first > 2 || *text == '\0' || !read_arc(&text, &arc)) {
        fail(buf);
        return;
    }
    put_arc(&content, 40 * first + arc);
    while (*text != '\0') {
        if (!read_arc(&text, &arc)) {
            der_free(&content);
            fail(buf);
            return;
        }
        put_arc(&content, arc);
    }
    der_wrap(&content, DER_OID);
    der_take(buf, &content);
}

void
der_put_unsigned(struct der_buf *buf, const uint8_t *value, size_t len)
{
    static const uint8_t zero = 0;

    while (len > 1 && value[0] == 0) {
        value++;
        len--;
    }
    if (len == 0) {
        der_put_tlv(buf, DER_INTEGER, &zero, 1);
        return;
    }
    /* A leading zero keeps a value with its top bit set from being read as negative. */
    const size_t sign_len = value[0] >> 7;
    put_header(buf, DER_INTEGER, len + sign_len);
    der_put(buf, &zero, sign_len);
    der_put(buf, value, len);
}

void
der_put_integer_le(struct der_buf *buf, const uint8_t *value, size_t len)
{
    put_header(buf, DER_INTEGER, len);
    for (size_t i = len; i > 0; i--) {
        der_put(buf, value + i - 1, 1);
    }
}

void
der_put_algorithm(struct der_buf *buf, const char *oid, const void *parameters,
                  size_t parameters_len, bool null_if_absent)
{
    struct der_buf content = DER_BUF_INIT;

    der_put_oid(&content, oid);
    if (parameters && parameters_len > 0) {
        der_put(&content, parameters, parameters_len);
    } else if (null_if_absent) {
        der_put_tlv(&content, DER_NULL, NULL, 0);
    }
    der_wrap(&content, DER_SEQUENCE);
    der_take(buf, &content);
}

void
der_wrap(struct der_buf *buf, uint8_t tag)
{
    struct der_buf outer = DER_BUF_INIT;

    if (buf->has_failed) {
        return;
    }
    der_put_tlv(&outer, tag, buf->data, buf->len);
    free(buf->data);
    *buf = outer;
}

void
der_take(struct der_buf *buf, struct der_buf *inner)
{
    if (inner->has_failed) {
        fail(buf);
        return;
    }
    der_put(buf, inner->data, inner->len);
    der_free(inner);
}

/* X.690 11.6: as octet strings, the shorter padded with zeros; all here differ before that. */
static int
compare_elements(const void *left, const void *right)
{
    const struct der_buf *a = left;
    const struct der_buf *b = right;
    const size_t len = a->len < b->len ? a->len : b->len;
    const int order = len ? memcmp(a->data, b->data, len) : 0;

    return order ? order : (a->len > b->len) - (a->len < b->len);
}

void
der_put_set(struct der_buf *buf, uint8_t tag, struct der_buf *elements, size_t count)
{
    struct der_buf content = DER_BUF_INIT;

    if (count > 1) {
        qsort(elements, count, sizeof *elements, compare_elements);
    }
    for (size_t i = 0; i < count; i++) {
        der_take(&content, &elements[i]);
    }
    der_wrap(&content, tag);
    der_take(buf, &content);
}

bool
der_next(struct der_span span, uint8_t *tag_out, struct der_span *content_out,
         struct der_span *rest_out)
{
    size_t header_len = 2;
    size_t len = 0;

    *tag_out = 0;
    *content_out = (struct der_span){NULL, 0};
    *rest_out = (struct der_span){NULL, 0};
    if (span.len < 2) {
        return false;
    }
    len = span.data[1];
    if (len & 0x80) {
        const size_t digits = len & 0x7f;
        if (digits == 0 || digits > 4 || span.len < 2 + digits) {
            return false;
        }
        len = 0;
        for (size_t i = 0; i < digits; i++) {
            len = len << 8 | span.data[2 + i];
        }
        header_len += digits;
    }
    if (len > span.len - header_len) {
        return false;
    }
    *tag_out = span.data[0];
    *content_out = (struct der_span){span.data + header_len, len};
    *rest_out = (struct der_span){span.data + header_len + len, span.len - header_len - len};
    return true;
}

bool
der_content(struct der_span span, struct der_span *content_out)
{
    uint8_t tag = 0;
    struct der_span rest;

    return der_next(span, &tag, content_out, &rest);
}

bool
der_split(struct der_span span, struct der_span *elements_out, size_t max, size_t *count_out)
{
    *count_out = 0;
    while (span.len > 0) {
        uint8_t tag = 0;
        struct der_span content;
        struct der_span rest;
        if (*count_out == max || !der_next(span, &tag, &content, &rest)) {
            return false;
        }
        elements_out[(*count_out)++] = (struct der_span){span.data, span.len - rest.len};
        span = rest;
    }
    return true;
}
