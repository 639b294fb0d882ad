/* A program to sign. */
#include <stdio.h>

int
main(void)
{
    return puts("signed") < 0;
}
