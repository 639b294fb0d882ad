#include "negative.h"

#include "signum/signum.h"

#define ANY WAY_ANY
#define TABLE WAY_TABLE

const struct row rows[] = {
#define ROW(way, entry, parameter, words, status, ...)                                             \
    {way, ENTRY_##entry, #entry, #parameter, words, status},
#include "cases.def"
#undef ROW
};
const size_t row_count = sizeof rows / sizeof rows[0];

void
row_apply(size_t index, struct call *c, struct world *w)
{
    size_t row = 0;

    (void)w;
#define ROW(way, entry, parameter, words, status, ...)                                             \
    if (row++ == index) {                                                                          \
        __VA_ARGS__;                                                                               \
    }
#include "cases.def"
#undef ROW
}
