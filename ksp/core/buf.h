#ifndef SIGNUM_CORE_BUF_H
#define SIGNUM_CORE_BUF_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "status.h"

/*
 * Bytes, borrowed and owned. They are different types so that nobody frees what he borrowed.
 * `len` is bytes everywhere.
 */

/* Borrowed: points into something that must outlive it. Never freed through this type. */
struct signum_bytes {
    const uint8_t *data;
    size_t len;
};

/*
 * Owned and growing. Given its maximum at birth; remembers its first failure, so that a chain of
 * appends is checked once at its end with signum_buf_status(). The data is always followed by a
 * NUL that `len` does not count, so text in a buffer can be used as a C string (unless empty and
 * never written: then `data` is NULL; signum_buf_text() copes).
 * A buffer born with signum_buf_init_secret() wipes every byte that it lets go of.
 * Not for use by two threads at once.
 */
struct signum_buf {
    uint8_t *data;
    size_t len;
    size_t capacity;
    size_t max;
    enum signum_status failure;
    bool is_secret;
};

/* A borrowed view of a C string, without its NUL; text NULL gives an empty view. */
struct signum_bytes signum_bytes_of_text(const char *text);

/* A borrowed view of a buffer; valid until the buffer is changed or cleared. */
struct signum_bytes signum_bytes_of_buf(const struct signum_buf *buf);

/* True if both have the same length and content. Not constant in time. */
bool signum_bytes_is_equal(struct signum_bytes a, struct signum_bytes b);

/* Makes an empty buffer that will hold at most `max` bytes. Allocates nothing. */
void signum_buf_init(struct signum_buf *buf, size_t max);

/* The same for secrets: content is wiped when moved, truncated or cleared. */
void signum_buf_init_secret(struct signum_buf *buf, size_t max);

/* Frees (and wipes, if secret) the content and the failure; the maximum and secrecy stay. */
void signum_buf_clear(struct signum_buf *buf);

/* SIGNUM_OK, or the first failure since init or clear: TOO_LARGE, NO_MEMORY, INVALID_ARGUMENT. */
enum signum_status signum_buf_status(const struct signum_buf *buf) SIGNUM_MUST_USE;

/* Appends `len` bytes. After a failure this and all other appends do nothing. */
void signum_buf_put(struct signum_buf *buf, const void *data, size_t len);

/* Appends a C string without its NUL. */
void signum_buf_put_text(struct signum_buf *buf, const char *text);

/* Appends one byte. */
void signum_buf_put_byte(struct signum_buf *buf, uint8_t byte);

/* Appends a 32-bit number in little-endian order (CNG blobs). */
void signum_buf_put_le32(struct signum_buf *buf, uint32_t value);

/* Appends formatted text (printf rules). */
void signum_buf_printf(struct signum_buf *buf, const char *format, ...)
    SIGNUM_PRINTF(2, 3);

/* Appends the bytes as lower-case hexadecimal text. */
void signum_buf_put_hex(struct signum_buf *buf, struct signum_bytes bytes);

/* The content as a C string; "" when there is none. Valid until the buffer is changed. */
const char *signum_buf_text(const struct signum_buf *buf);

/* Moves the content out of `from` into `to` (cleared first); `from` becomes empty. */
void signum_buf_move(struct signum_buf *to, struct signum_buf *from);

/* Makes an owned copy of a C string; NULL when memory is short. Freed with free(). */
char *signum_text_copy(const char *text);

/* Overwrites memory in a way that the compiler may not leave out. */
void signum_wipe(void *data, size_t len);

#endif
