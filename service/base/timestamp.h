#ifndef SIGNUMD_TIMESTAMP_H
#define SIGNUMD_TIMESTAMP_H

#include <stdbool.h>
#include <stdint.h>

#define SIGNUMD_TIMESTAMP_SIZE 32 /* bytes with the NUL */

/* Now, as RFC 3339 in UTC with milliseconds: 2026-01-31T12:00:00.123Z. */
void signumd_timestamp_now(char text_out[SIGNUMD_TIMESTAMP_SIZE]);

/* The same form for a time in seconds since 1970, without a fraction. */
void signumd_timestamp_format(int64_t seconds, char text_out[SIGNUMD_TIMESTAMP_SIZE]);

/*
 * Any time of RFC 3339 in the form of signumd_timestamp_now(), so that texts compare as times do.
 * False if it is not one.
 */
bool signumd_timestamp_normalize(const char *text, char text_out[SIGNUMD_TIMESTAMP_SIZE]);

/* Seconds since 1970. */
int64_t signumd_timestamp_seconds(void);

/* Milliseconds of a clock that never goes back; for measuring only. */
int64_t signumd_timestamp_monotonic_ms(void);

#endif
