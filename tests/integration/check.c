#include "check.h"

#include <stdarg.h>
#include <stdio.h>

static int failures;

static void
print(bool is_true, const char *found, const char *format, va_list arguments)
{
    if (!is_true)
        failures++;
    printf(is_true ? "ok " : "not ok ");
    vprintf(format, arguments);
    printf("%s\n", is_true ? "" : found);
    fflush(stdout);
}

bool
check_true(bool is_true, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    print(is_true, "", format, arguments);
    va_end(arguments);
    return is_true;
}

bool
check_status(SECURITY_STATUS got, SECURITY_STATUS wanted, const char *format, ...)
{
    char found[64];
    va_list arguments;

    snprintf(found, sizeof found, ": 0x%08lX, not 0x%08lX", (unsigned long)got,
             (unsigned long)wanted);
    va_start(arguments, format);
    print(got == wanted, found, format, arguments);
    va_end(arguments);
    return got == wanted;
}

bool
check_number(unsigned long long got, unsigned long long wanted, const char *format, ...)
{
    char found[64];
    va_list arguments;

    snprintf(found, sizeof found, ": %llu, not %llu", got, wanted);
    va_start(arguments, format);
    print(got == wanted, found, format, arguments);
    va_end(arguments);
    return got == wanted;
}

int
check_failures(void)
{
    return failures;
}
