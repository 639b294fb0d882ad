#include "base/timestamp.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

static void
format(time_t seconds, const char *fraction, char text_out[SIGNUMD_TIMESTAMP_SIZE])
{
    struct tm parts;
    char date[SIGNUMD_TIMESTAMP_SIZE] = "";

    memset(&parts, 0, sizeof parts);
    if (gmtime_r(&seconds, &parts) != NULL)
        (void)strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%S", &parts);
    (void)snprintf(text_out, SIGNUMD_TIMESTAMP_SIZE, "%.24s%.5sZ", date, fraction);
}

void
signumd_timestamp_now(char text_out[SIGNUMD_TIMESTAMP_SIZE])
{
    struct timespec now = {0, 0};
    char fraction[24];

    (void)clock_gettime(CLOCK_REALTIME, &now);
    (void)snprintf(fraction, sizeof fraction, ".%03ld", now.tv_nsec / 1000000);
    format(now.tv_sec, fraction, text_out);
}

void
signumd_timestamp_format(int64_t seconds, char text_out[SIGNUMD_TIMESTAMP_SIZE])
{
    format((time_t)seconds, "", text_out);
}

int64_t
signumd_timestamp_seconds(void)
{
    return (int64_t)time(NULL);
}

int64_t
signumd_timestamp_monotonic_ms(void)
{
    struct timespec now = {0, 0};

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}
