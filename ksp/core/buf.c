#include "buf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_CAPACITY 64

struct signum_bytes
signum_bytes_of_text(const char *text)
{
    struct signum_bytes bytes = {NULL, 0};

    if (text != NULL) {
        bytes.data = (const uint8_t *)text;
        bytes.len = strlen(text);
    }
    return bytes;
}

struct signum_bytes
signum_bytes_of_buf(const struct signum_buf *buf)
{
    return (struct signum_bytes){buf->data, buf->len};
}

bool
signum_bytes_is_equal(struct signum_bytes a, struct signum_bytes b)
{
    if (a.len != b.len)
        return false;
    return a.len == 0 || memcmp(a.data, b.data, a.len) == 0;
}

void
signum_wipe(void *data, size_t len)
{
    volatile uint8_t *bytes = data;

    while (len-- > 0)
        *bytes++ = 0;
}

void
signum_buf_init(struct signum_buf *buf, size_t max)
{
    memset(buf, 0, sizeof *buf);
    buf->max = max;
}

void
signum_buf_init_secret(struct signum_buf *buf, size_t max)
{
    signum_buf_init(buf, max);
    buf->is_secret = true;
}

static void
release(struct signum_buf *buf)
{
    if (buf->data != NULL && buf->is_secret)
        signum_wipe(buf->data, buf->capacity);
    free(buf->data);
}

void
signum_buf_clear(struct signum_buf *buf)
{
    size_t max = buf->max;
    bool is_secret = buf->is_secret;

    release(buf);
    signum_buf_init(buf, max);
    buf->is_secret = is_secret;
}

enum signum_status
signum_buf_status(const struct signum_buf *buf)
{
    return buf->failure;
}

/* Not realloc: the old block of a secret has to be wiped before it is let go. */
static bool
grow(struct signum_buf *buf, size_t extra)
{
    if (buf->failure != SIGNUM_OK)
        return false;
    if (extra > buf->max - buf->len) {
        buf->failure = SIGNUM_TOO_LARGE;
        return false;
    }
    size_t need = buf->len + extra + 1;
    if (need <= buf->capacity)
        return true;

    size_t capacity = buf->capacity == 0 ? FIRST_CAPACITY : buf->capacity;
    while (capacity < need)
        capacity = capacity > SIZE_MAX / 2 ? need : capacity * 2;
    uint8_t *data = malloc(capacity);
    if (data == NULL) {
        buf->failure = SIGNUM_NO_MEMORY;
        return false;
    }
    if (buf->len > 0)
        memcpy(data, buf->data, buf->len);
    release(buf);
    buf->data = data;
    buf->capacity = capacity;
    return true;
}

void
signum_buf_put(struct signum_buf *buf, const void *data, size_t len)
{
    if (!grow(buf, len))
        return;
    if (len > 0)
        memcpy(buf->data + buf->len, data, len);
    buf->len += len;
    buf->data[buf->len] = 0;
}

void
signum_buf_put_text(struct signum_buf *buf, const char *text)
{
    if (text == NULL) {
        if (buf->failure == SIGNUM_OK)
            buf->failure = SIGNUM_INVALID_ARGUMENT;
        return;
    }
    signum_buf_put(buf, text, strlen(text));
}

void
signum_buf_put_byte(struct signum_buf *buf, uint8_t byte)
{
    signum_buf_put(buf, &byte, 1);
}

void
signum_buf_put_le32(struct signum_buf *buf, uint32_t value)
{
    uint8_t bytes[4];

    for (int i = 0; i < 4; i++)
        bytes[i] = (uint8_t)(value >> (8 * i));
    signum_buf_put(buf, bytes, sizeof bytes);
}

void
signum_buf_printf(struct signum_buf *buf, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    int len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (len < 0) {
        if (buf->failure == SIGNUM_OK)
            buf->failure = SIGNUM_INVALID_ARGUMENT;
        return;
    }
    if (!grow(buf, (size_t)len))
        return;
    va_start(args, format);
    (void)vsnprintf((char *)buf->data + buf->len, (size_t)len + 1, format, args);
    va_end(args);
    buf->len += (size_t)len;
}

void
signum_buf_put_hex(struct signum_buf *buf, struct signum_bytes bytes)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < bytes.len; i++) {
        signum_buf_put_byte(buf, (uint8_t)digits[bytes.data[i] >> 4]);
        signum_buf_put_byte(buf, (uint8_t)digits[bytes.data[i] & 15]);
    }
}

const char *
signum_buf_text(const struct signum_buf *buf)
{
    return buf->data == NULL ? "" : (const char *)buf->data;
}

void
signum_buf_move(struct signum_buf *to, struct signum_buf *from)
{
    size_t max = from->max;
    bool is_secret = from->is_secret;

    signum_buf_clear(to);
    *to = *from;
    signum_buf_init(from, max);
    from->is_secret = is_secret;
}

char *
signum_text_copy(const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = malloc(size);

    if (copy != NULL)
        memcpy(copy, text, size);
    return copy;
}
