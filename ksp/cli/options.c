#include "options.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

enum { CODE_HELP = 1000, CODE_JSON = 1001 };

enum signum_parse
signum_options_complain(struct signum_output *output, const char *verb, const char *format, ...)
{
    struct signum_buf cause;
    struct signum_buf next;
    char line[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(line, sizeof(line), format, args);
    va_end(args);
    signum_buf_init(&cause, sizeof(line) + 128);
    signum_buf_init(&next, 128);
    signum_buf_printf(&cause, "%s%s%s", verb, verb[0] == '\0' ? "" : ": ", line);
    signum_buf_printf(&next, "see 'signum %s%s--help'", verb, verb[0] == '\0' ? "" : " ");
    signum_output_error(output, SIGNUM_INVALID_ARGUMENT, signum_buf_text(&cause),
                        signum_buf_text(&next), NULL);
    signum_buf_clear(&cause);
    signum_buf_clear(&next);
    return SIGNUM_PARSE_USAGE;
}

static void
fill_table(struct option *table, const struct signum_option *options, size_t count)
{
    memset(table, 0, (SIGNUM_OPTIONS_MAX + 3) * sizeof(*table));
    for (size_t i = 0; i < count; i++) {
        table[i].name = options[i].name;
        table[i].has_arg = options[i].value != NULL ? required_argument : no_argument;
        table[i].val = (int)i;
    }
    table[count] = (struct option){"help", no_argument, NULL, CODE_HELP};
    table[count + 1] = (struct option){"json", no_argument, NULL, CODE_JSON};
}

static bool
take(const struct signum_option *option)
{
    if (option->value != NULL) {
        bool is_first = *option->value == NULL;
        *option->value = optarg;
        return is_first;
    }
    bool is_first = !*option->is_set;
    *option->is_set = true;
    return is_first;
}

/* getopt names a short option in optopt; a long one is the argument before optind. A switch with
   a value is ':' to mingw-w64's getopt and '?' to glibc's. */
static enum signum_parse
complain(struct signum_output *output, char **argv, int code)
{
    if (code == ':' && strchr(argv[optind - 1], '=') == NULL) {
        return signum_options_complain(output, argv[0], "%s needs a value", argv[optind - 1]);
    }
    if (optopt > ' ' && optopt < 0x7f) {
        return signum_options_complain(output, argv[0], "-%c is not an option that it has", optopt);
    }
    return signum_options_complain(output, argv[0], "%s is not an option that it has",
                                   argv[optind - 1]);
}

enum signum_parse
signum_options_parse(struct signum_output *output, int argc, char **argv,
                     const struct signum_option *options, size_t count, int operands_max,
                     struct signum_operands *operands_out)
{
    struct option table[SIGNUM_OPTIONS_MAX + 3];
    *operands_out = (struct signum_operands){0};
    if (count > SIGNUM_OPTIONS_MAX) {
        return signum_options_complain(output, argv[0], "too many options are defined");
    }
    fill_table(table, options, count);
    opterr = 0;
    optind = 0; /* both glibc's and mingw-w64's getopt then start afresh */
    for (;;) {
        int code = getopt_long(argc, argv, ":h", table, NULL);
        if (code == -1) {
            break;
        }
        if (code == 'h' || code == CODE_HELP) {
            return SIGNUM_PARSE_HELP;
        }
        if (code == CODE_JSON) {
            signum_output_use_json(output);
            continue;
        }
        if (code < 0 || (size_t)code >= count) {
            return complain(output, argv, code);
        }
        if (!take(&options[code])) {
            return signum_options_complain(output, argv[0], "--%s is given twice",
                                           options[code].name);
        }
    }
    operands_out->items = argv + optind;
    operands_out->count = argc - optind;
    if (operands_out->count > operands_max) {
        return signum_options_complain(output, argv[0], "'%s' is one argument too many",
                                       operands_out->items[operands_max]);
    }
    return SIGNUM_PARSE_OK;
}

bool
signum_options_number(const char *text, unsigned long max, unsigned long *value_out)
{
    *value_out = 0;
    size_t len = strlen(text);
    if (len == 0 || len > 9 || strspn(text, "0123456789") != len) {
        return false;
    }
    unsigned long value = strtoul(text, NULL, 10);
    if (value > max) {
        return false;
    }
    *value_out = value;
    return true;
}
