/*
 * Prints the rows of the negative suite as Markdown, for scripts/check-docs.sh: `rejected` are the
 * values that an entry refuses, `accepted` those that it takes though other providers do not.
 */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

struct row {
    const char *entry;
    const char *parameter;
    const char *words;
    const char *code;
};

/* The codes are names here: this program is no Windows program. */
static const struct row rows[] = {
#define ROW(way, entry, parameter, words, status, ...) {#entry, #parameter, words, #status},
#include "cases.def"
#undef ROW
};

static const char *const entries[] = {
#define ENTRY(name) #name,
#include "entries.def"
#undef ENTRY
};

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static bool
is_accepted(const struct row *row)
{
    return strcmp(row->code, "ERROR_SUCCESS") == 0;
}

static bool
is_same_parameter(const struct row *a, const struct row *b)
{
    return strcmp(a->entry, b->entry) == 0 && strcmp(a->parameter, b->parameter) == 0;
}

/* Rows of one line: the same entry, parameter and code. */
static bool
is_alike(const struct row *a, const struct row *b)
{
    return is_same_parameter(a, b) && strcmp(a->code, b->code) == 0;
}

/* No row before it is like it. */
static bool
is_first(size_t index, bool (*is_like)(const struct row *a, const struct row *b))
{
    for (size_t i = 0; i < index; i++)
        if (is_like(&rows[i], &rows[index]))
            return false;
    return true;
}

static void
print_words(size_t index)
{
    const char *between = "";

    for (size_t i = index; i < COUNT(rows); i++) {
        if (!is_alike(&rows[i], &rows[index]))
            continue;
        printf("%s%s", between, rows[i].words);
        between = "; ";
    }
}

/* Every code that values of that parameter give. */
static void
print_parameter(size_t index)
{
    for (size_t i = index; i < COUNT(rows); i++) {
        if (!is_same_parameter(&rows[i], &rows[index]) || is_accepted(&rows[i]) ||
            !is_first(i, is_alike))
            continue;
        printf("| `%s` | ", rows[i].parameter);
        print_words(i);
        printf(" | `%s` |\n", rows[i].code);
    }
}

static void
print_rejected(void)
{
    for (size_t entry = 0; entry < COUNT(entries); entry++) {
        printf("%s### %s\n\n| parameter | value | code |\n| --- | --- | --- |\n",
               entry == 0 ? "" : "\n", entries[entry]);
        for (size_t i = 0; i < COUNT(rows); i++)
            if (strcmp(rows[i].entry, entries[entry]) == 0 && is_first(i, is_same_parameter))
                print_parameter(i);
    }
}

static void
print_accepted(void)
{
    puts("| function | parameter | value |");
    puts("| --- | --- | --- |");
    for (size_t i = 0; i < COUNT(rows); i++) {
        if (!is_accepted(&rows[i]) || !is_first(i, is_alike))
            continue;
        printf("| %s | `%s` | ", rows[i].entry, rows[i].parameter);
        print_words(i);
        puts(" |");
    }
}

int
main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "rejected") == 0)
        print_rejected();
    else if (argc == 2 && strcmp(argv[1], "accepted") == 0)
        print_accepted();
    else if (argc == 2 && strcmp(argv[1], "count") == 0)
        printf("%u\n", (unsigned)COUNT(rows));
    else {
        fputs("usage: dump_rejected rejected|accepted|count\n", stderr);
        return 2;
    }
    return 0;
}
