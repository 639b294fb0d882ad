#include "fixture_check.h"

#include <string.h>

void
fixture_check_status(enum signum_status actual, enum signum_status expected, const char *label,
                     const char *file, int line)
{
    if (actual == expected)
        return;
    print_error("%s: %s, expected %s\n", label, signum_status_name(actual),
                signum_status_name(expected));
    _fail(file, line);
}

void
fixture_check_bytes(struct signum_bytes actual, struct signum_bytes expected, const char *file,
                    int line)
{
    if (signum_bytes_is_equal(actual, expected))
        return;
    print_error("%u bytes '%.*s', expected %u bytes '%.*s'\n", (unsigned)actual.len,
                (int)actual.len, actual.data == NULL ? "" : (const char *)actual.data,
                (unsigned)expected.len, (int)expected.len,
                expected.data == NULL ? "" : (const char *)expected.data);
    _fail(file, line);
}

uint32_t
fixture_next(uint32_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state;
}
