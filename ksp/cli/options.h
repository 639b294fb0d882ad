#ifndef SIGNUM_CLI_OPTIONS_H
#define SIGNUM_CLI_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "output.h"

/* Arguments of one verb: a table of long options over getopt_long, the same for every verb. */
struct signum_option {
    const char *name;   /* without the dashes */
    const char **value; /* set to the argument (borrowed from argv); NULL for a switch */
    bool *is_set;       /* a switch; NULL for an option with an argument */
};

#define SIGNUM_OPTIONS_MAX 16

/* What is given besides options. */
struct signum_operands {
    char **items; /* borrowed from argv */
    int count;
};

enum signum_parse {
    SIGNUM_PARSE_OK,
    SIGNUM_PARSE_HELP,  /* --help was given */
    SIGNUM_PARSE_USAGE, /* wrong, and said so */
};

/*
 * Reads argv[1..]; argv[0] is the verb. --help and --json are understood for every verb. An option
 * given twice is an error, since one of the two would be silently dropped. At most
 * `operands_max` operands; they may stand before or after options.
 */
enum signum_parse signum_options_parse(struct signum_output *output, int argc, char **argv,
                                       const struct signum_option *options, size_t count,
                                       int operands_max, struct signum_operands *operands_out);

/* Says what is wrong with the arguments. Gives SIGNUM_PARSE_USAGE. */
enum signum_parse signum_options_complain(struct signum_output *output, const char *verb,
                                          const char *format, ...)
    SIGNUM_PRINTF(3, 4);

/* A whole decimal number from 0 to `max`; false if the text is anything else. */
bool signum_options_number(const char *text, unsigned long max, unsigned long *value_out);

#endif
