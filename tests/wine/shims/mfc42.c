/*
 * Test-only stand-in for the two MFC42 entries that signtool.exe imports by number: C++'s operator
 * new and delete. Wine has no mfc42.dll. The numbers differ by bitness: see mfc42_x64.def and
 * mfc42_x86.def.
 */
#include <stdlib.h>

void *mfc42_operator_new(size_t len);
void mfc42_operator_delete(void *memory);

void *
mfc42_operator_new(size_t len)
{
    return malloc(len > 0 ? len : 1);
}

void
mfc42_operator_delete(void *memory)
{
    free(memory);
}
