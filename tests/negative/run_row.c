#include "negative.h"

#include <stdio.h>
#include <string.h>

#include "../integration/check.h"

#define TEXT_LEN 160

/* The good call, changed by the row. */
static void
prepare(size_t index, struct call *c, struct world *w)
{
    good_prepare(rows[index].entry, c, w);
    row_apply(index, c, w);
}

/* One call of a row; `bit` is 0 or goes where the row wants it. False, and what, if it is wrong. */
static bool
call_row(size_t index, DWORD bit, struct world *w, unsigned *requests, char text[TEXT_LEN])
{
    static struct call c;
    const struct row *row = &rows[index];

    prepare(index, &c, w);
    if (bit != 0)
        *c.bits_in |= bit;
    PVOID state = c.ppEnumState == NULL ? NULL : *c.ppEnumState;
    SECURITY_STATUS status = good_run(row->entry, &c);
    *requests += c.requests;
    const char *fault = NULL;
    if (status != row->status)
        snprintf(text, TEXT_LEN, "0x%08lX, not 0x%08lX, bit 0x%lX", (unsigned long)status,
                 (unsigned long)row->status, (unsigned long)bit);
    else if (status != ERROR_SUCCESS)
        fault = outputs_fault(&c, status);
    if (fault == NULL && status != ERROR_SUCCESS && c.ppEnumState != NULL &&
        *c.ppEnumState != state)
        fault = "another state";
    if (fault != NULL)
        snprintf(text, TEXT_LEN, "left %s, bit 0x%lX", fault, (unsigned long)bit);
    bool is_fine = status == row->status && fault == NULL;
    good_finish(&c, status);
    return is_fine;
}

/* Whatever was refused has broken nothing. */
static bool
call_good(size_t index, struct world *w, unsigned *requests, char text[TEXT_LEN])
{
    static struct call c;

    good_prepare(rows[index].entry, &c, w);
    SECURITY_STATUS status = good_run(rows[index].entry, &c);
    SECURITY_STATUS wanted = c.good_status;
    *requests += c.good_requests;
    good_finish(&c, status);
    if (status != wanted)
        snprintf(text, TEXT_LEN, "the next good call: 0x%08lX, not 0x%08lX",
                 (unsigned long)status, (unsigned long)wanted);
    return status == wanted;
}

static DWORD
bits_of(size_t index, struct world *w)
{
    static struct call c;

    prepare(index, &c, w);
    DWORD bits = c.bits_in == NULL ? 0 : c.bits;
    good_finish(&c, NTE_INTERNAL_ERROR);
    return bits;
}

void
row_run(size_t index, struct world *w, unsigned *requests)
{
    const struct row *row = &rows[index];
    char text[TEXT_LEN] = "";
    DWORD bits = bits_of(index, w);
    bool is_fine = true;

    if (bits == 0)
        is_fine = call_row(index, 0, w, requests, text);
    for (DWORD bit = 1; is_fine && bit != 0; bit <<= 1)
        if ((bits & bit) != 0)
            is_fine = call_row(index, bit, w, requests, text);
    is_fine = is_fine && call_good(index, w, requests, text);
    check_true(is_fine, "%s %s: %s%s%s", row->entry_name, row->parameter, row->words,
               is_fine ? "" : ": ", text);
}
