#ifndef SIGNUM_TEST_FIXTURE_CHECK_H
#define SIGNUM_TEST_FIXTURE_CHECK_H

/* cmocka with the headers that it wants before it, and checks that speak our types. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/buf.h"
#include "core/status.h"

#define COUNT_OF(array) (sizeof(array) / sizeof(array)[0])

/* Fails the test, with both names, unless `actual` is `expected`. */
#define check_status(actual, expected)                                                             \
    fixture_check_status(actual, expected, #actual, __FILE__, __LINE__)

/* The same in a loop over a table: `label` says which row it was. */
#define check_row(actual, expected, label)                                                         \
    fixture_check_status(actual, expected, label, __FILE__, __LINE__)

/* Fails the test unless the bytes are exactly these. */
#define check_bytes(actual, data, len)                                                             \
    fixture_check_bytes(actual, (struct signum_bytes){(const uint8_t *)(data), len}, __FILE__,     \
                        __LINE__)

/* Fails the test unless the buffer holds exactly this text. */
#define check_text(buf, text)                                                                      \
    fixture_check_bytes(signum_bytes_of_buf(buf), signum_bytes_of_text(text), __FILE__, __LINE__)

void fixture_check_status(enum signum_status actual, enum signum_status expected,
                          const char *label, const char *file, int line);
void fixture_check_bytes(struct signum_bytes actual, struct signum_bytes expected,
                         const char *file, int line);

/* A repeatable sequence of numbers for fuzz-like loops (xorshift32). `state` must not be 0. */
uint32_t fixture_next(uint32_t *state);

#endif
