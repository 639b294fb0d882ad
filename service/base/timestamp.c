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

/* Two digits from `min` to `max` behind the character `before`, which is not looked for if NUL. */
static bool
take_pair(const char **text, char before, int min, int max, int *number_out)
{
    const char *at = *text;

    if (before != '\0' && *at++ != before)
        return false;
    if (strspn(at, "0123456789") < 2)
        return false;
    *number_out = (at[0] - '0') * 10 + (at[1] - '0');
    *text = at + 2;
    return *number_out >= min && *number_out <= max;
}

/* ".123": three digits of it, the others are cut off. */
static bool
take_fraction(const char **text, char fraction_out[5])
{
    (void)snprintf(fraction_out, 5, ".000");
    if (**text != '.')
        return true;
    size_t digits = strspn(*text + 1, "0123456789");
    for (size_t i = 0; i < digits && i < 3; i++)
        fraction_out[i + 1] = (*text)[i + 1];
    *text += digits + 1;
    return digits > 0;
}

/* "Z" or "+01:00", in seconds east. */
static bool
take_offset(const char **text, int *seconds_out)
{
    int hours = 0;
    int minutes = 0;
    const char sign = **text;

    *seconds_out = 0;
    if (sign == 'Z' || sign == 'z') {
        (*text)++;
        return true;
    }
    if ((sign != '+' && sign != '-') || !take_pair(text, sign, 0, 23, &hours) ||
        !take_pair(text, ':', 0, 59, &minutes))
        return false;
    *seconds_out = (hours * 60 + minutes) * (sign == '-' ? -60 : 60);
    return true;
}

bool
signumd_timestamp_normalize(const char *text, char text_out[SIGNUMD_TIMESTAMP_SIZE])
{
    struct tm parts;
    struct tm again;
    char fraction[5];
    int century = 0;
    int year = 0;
    int offset = 0;

    text_out[0] = '\0';
    memset(&parts, 0, sizeof parts);
    if (!take_pair(&text, '\0', 19, 99, &century) || !take_pair(&text, '\0', 0, 99, &year) ||
        !take_pair(&text, '-', 1, 12, &parts.tm_mon) ||
        !take_pair(&text, '-', 1, 31, &parts.tm_mday) || (*text != 'T' && *text != 't') ||
        !take_pair(&text, *text, 0, 23, &parts.tm_hour) ||
        !take_pair(&text, ':', 0, 59, &parts.tm_min) ||
        !take_pair(&text, ':', 0, 60, &parts.tm_sec) || !take_fraction(&text, fraction) ||
        !take_offset(&text, &offset) || *text != '\0')
        return false;
    parts.tm_year = century * 100 + year - 1900;
    parts.tm_mon--;
    const int day = parts.tm_mday;
    const time_t seconds = timegm(&parts);
    /* timegm() makes the 31st of February one of March */
    if (gmtime_r(&seconds, &again) == NULL || (again.tm_mday != day && parts.tm_sec != 0))
        return false;
    format(seconds - offset, fraction, text_out);
    return true;
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
