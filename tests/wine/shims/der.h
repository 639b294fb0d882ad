/*
 * A small DER writer and reader for the crypt32 stand-in (X.690). Test-only code.
 *
 * A writer is a growing buffer that remembers its first failure: a chain of calls is checked once,
 * with der_ok. A failed buffer ignores further writes and holds no bytes.
 */
#ifndef SIGNUM_WINE_DER_H
#define SIGNUM_WINE_DER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum der_tag {
    DER_BOOLEAN = 0x01,
    DER_INTEGER = 0x02,
    DER_OCTET_STRING = 0x04,
    DER_NULL = 0x05,
    DER_OID = 0x06,
    DER_SEQUENCE = 0x30,
    DER_SET = 0x31,
    DER_CONTEXT_0 = 0xa0,
    DER_CONTEXT_1 = 0xa1
};

/* Owned bytes. Start with DER_BUF_INIT, end with der_free. */
struct der_buf {
    uint8_t *data;
    size_t len;
    size_t capacity;
    bool has_failed;
};
#define DER_BUF_INIT { NULL, 0, 0, false }

/* Nothing that passes through these shims comes near this many bytes. */
#define DER_MAX_LEN (64u * 1024 * 1024)

void der_free(struct der_buf *buf);
bool der_ok(const struct der_buf *buf);

/* Appends raw bytes. */
void der_put(struct der_buf *buf, const void *data, size_t len);
/* Appends one element: tag, length, content. */
void der_put_tlv(struct der_buf *buf, uint8_t tag, const void *data, size_t len);
/* Appends an OID given in dotted form; fails the buffer where the text is no OID. */
void der_put_oid(struct der_buf *buf, const char *dotted);
/* Appends an INTEGER; the value is big-endian and not negative. */
void der_put_unsigned(struct der_buf *buf, const uint8_t *value, size_t len);
/* Appends an INTEGER; the value is little-endian two's complement, as in CRYPT_INTEGER_BLOB. */
void der_put_integer_le(struct der_buf *buf, const uint8_t *value, size_t len);
/* Appends AlgorithmIdentifier. parameters may be NULL; then NULL or nothing follows the OID. */
void der_put_algorithm(struct der_buf *buf, const char *oid, const void *parameters,
                       size_t parameters_len, bool null_if_absent);
/* Puts the whole content of buf into one element with that tag. */
void der_wrap(struct der_buf *buf, uint8_t tag);
/* Appends what inner holds and frees inner; a failure of inner is taken over. */
void der_take(struct der_buf *buf, struct der_buf *inner);
/* Appends SET OF (or an implicit tag of one): the elements in DER order. Frees the elements. */
void der_put_set(struct der_buf *buf, uint8_t tag, struct der_buf *elements, size_t count);

/* Borrowed bytes. */
struct der_span {
    const uint8_t *data;
    size_t len;
};

/* Reads the first element of span: its tag, its content and what follows it. False: no element. */
bool der_next(struct der_span span, uint8_t *tag_out, struct der_span *content_out,
              struct der_span *rest_out);
/* The content of the one element that span begins with, whatever its tag. */
bool der_content(struct der_span span, struct der_span *content_out);
/* Splits span into whole elements, header and all. False: damaged, or more than max. */
bool der_split(struct der_span span, struct der_span *elements_out, size_t max, size_t *count_out);

#endif
