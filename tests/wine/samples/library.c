/* A library to sign. */
#include <windows.h>

__declspec(dllexport) int sample_answer(void);

int
sample_answer(void)
{
    return 42;
}
