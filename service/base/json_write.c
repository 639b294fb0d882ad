#include "base/json.h"

#include "core/base64.h"

static void
put_string(struct signum_buf *buf, const char *text)
{
    signum_buf_put_byte(buf, '"');
    for (; *text != '\0'; text++) {
        unsigned char c = (unsigned char)*text;
        if (c == '"' || c == '\\') {
            signum_buf_put_byte(buf, '\\');
            signum_buf_put_byte(buf, c);
        } else if (c < 0x20 || c == 0x7f) {
            signum_buf_printf(buf, "\\u%04x", c);
        } else {
            signum_buf_put_byte(buf, c);
        }
    }
    signum_buf_put_byte(buf, '"');
}

static void
put_name(struct signumd_json_writer *writer, const char *name)
{
    if (writer->needs_comma)
        signum_buf_put_byte(writer->buf, ',');
    writer->needs_comma = true;
    if (name == NULL)
        return;
    put_string(writer->buf, name);
    signum_buf_put_byte(writer->buf, ':');
}

void
signumd_json_start(struct signumd_json_writer *writer, struct signum_buf *buf)
{
    writer->buf = buf;
    writer->needs_comma = false;
    signumd_json_begin(writer, NULL, '{');
}

void
signumd_json_begin(struct signumd_json_writer *writer, const char *name, char bracket)
{
    put_name(writer, name);
    signum_buf_put_byte(writer->buf, (uint8_t)bracket);
    writer->needs_comma = false;
}

void
signumd_json_end(struct signumd_json_writer *writer, char bracket)
{
    signum_buf_put_byte(writer->buf, (uint8_t)bracket);
    writer->needs_comma = true;
}

void
signumd_json_put_raw(struct signumd_json_writer *writer, const char *name, const char *json)
{
    put_name(writer, name);
    signum_buf_put_text(writer->buf, json);
}

void
signumd_json_put_text(struct signumd_json_writer *writer, const char *name, const char *text)
{
    if (text == NULL) {
        signumd_json_put_raw(writer, name, "null");
        return;
    }
    put_name(writer, name);
    /* Whoever reads this has to get valid JSON even when the text came from a hostile client */
    if (signumd_json_is_utf8(signum_bytes_of_text(text)))
        put_string(writer->buf, text);
    else
        put_string(writer->buf, "(not UTF-8)");
}

void
signumd_json_put_number(struct signumd_json_writer *writer, const char *name, int64_t number)
{
    put_name(writer, name);
    signum_buf_printf(writer->buf, "%lld", (long long)number);
}

void
signumd_json_put_bool(struct signumd_json_writer *writer, const char *name, bool is_true)
{
    signumd_json_put_raw(writer, name, is_true ? "true" : "false");
}

void
signumd_json_put_base64(struct signumd_json_writer *writer, const char *name,
                        struct signum_bytes bytes)
{
    put_name(writer, name);
    signum_buf_put_byte(writer->buf, '"');
    signum_base64_encode(writer->buf, bytes);
    signum_buf_put_byte(writer->buf, '"');
}

void
signumd_json_put_hex(struct signumd_json_writer *writer, const char *name,
                     struct signum_bytes bytes)
{
    put_name(writer, name);
    signum_buf_put_byte(writer->buf, '"');
    signum_buf_put_hex(writer->buf, bytes);
    signum_buf_put_byte(writer->buf, '"');
}

static size_t
sequence_len(uint8_t first)
{
    if (first < 0x80)
        return 1;
    if (first >= 0xc2 && first <= 0xdf)
        return 2;
    if (first >= 0xe0 && first <= 0xef)
        return 3;
    if (first >= 0xf0 && first <= 0xf4)
        return 4;
    return 0;
}

/* Overlong forms, surrogates and what lies above U+10FFFF (RFC 3629 section 4) */
static bool
is_second_byte(uint8_t first, uint8_t second)
{
    uint8_t low = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
    uint8_t high = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;

    return second >= low && second <= high;
}

bool
signumd_json_is_utf8(struct signum_bytes text)
{
    for (size_t i = 0; i < text.len;) {
        size_t len = sequence_len(text.data[i]);
        if (len == 0 || len > text.len - i)
            return false;
        if (len > 1 && !is_second_byte(text.data[i], text.data[i + 1]))
            return false;
        for (size_t k = 2; k < len; k++)
            if ((text.data[i + k] & 0xc0) != 0x80)
                return false;
        i += len;
    }
    return true;
}
