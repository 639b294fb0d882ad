#ifndef SIGNUMD_CLI_H
#define SIGNUMD_CLI_H

#include "base/json.h"
#include "base/state.h"

/*
 * The command line: a table of verbs. A verb returns the exit code: 0 if all that was asked for
 * happened, 1 if not, 2 if it was called wrongly.
 */

#define SIGNUMD_EXIT_FAILED 1
#define SIGNUMD_EXIT_USAGE 2
#define SIGNUMD_MANY_MAX 32

struct signumd_verb {
    const char *words; /* "key create" */
    const char *usage; /* what follows the words */
    const char *help;  /* what it does, its options, an example */
    int (*run)(const struct signumd_verb *verb, int argc, char **argv);
};

/* The tables, one per file, each ended by a row without words. */
extern const struct signumd_verb signumd_verbs_service[];
extern const struct signumd_verb signumd_verbs_key[];
extern const struct signumd_verb signumd_verbs_key_change[];
extern const struct signumd_verb signumd_verbs_attest[];
extern const struct signumd_verb signumd_verbs_key_set[];
extern const struct signumd_verb signumd_verbs_key_group[];
extern const struct signumd_verb signumd_verbs_pin[];
extern const struct signumd_verb signumd_verbs_rotate[];
extern const struct signumd_verb signumd_verbs_cert[];
extern const struct signumd_verb signumd_verbs_ca[];
extern const struct signumd_verb signumd_verbs_user[];
extern const struct signumd_verb signumd_verbs_group[];
extern const struct signumd_verb signumd_verbs_token[];
extern const struct signumd_verb signumd_verbs_issuer[];
extern const struct signumd_verb signumd_verbs_user_certificate[];
extern const struct signumd_verb signumd_verbs_policy[];
extern const struct signumd_verb signumd_verbs_policy_document[];
extern const struct signumd_verb signumd_verbs_policy_versions[];
extern const struct signumd_verb signumd_verbs_policy_test[];
extern const struct signumd_verb signumd_verbs_request[];
extern const struct signumd_verb signumd_verbs_release[];
extern const struct signumd_verb signumd_verbs_webhook[];
extern const struct signumd_verb signumd_verbs_audit[];
extern const struct signumd_verb signumd_verbs_audit_proof[];
extern const struct signumd_verb signumd_verbs_backup[];

/* Values of an option that may be repeated. */
struct signumd_many {
    const char *items[SIGNUMD_MANY_MAX];
    size_t count;
};

/* An option of a verb; one of the targets is set, the others are NULL. */
struct signumd_option {
    const char *name;
    const char **text;
    bool *flag;
    struct signumd_many *many;
};

/*
 * Parses options and exactly `count` positional arguments into `arguments`. Returns 0, or an exit
 * code after having said what is wrong.
 */
int signumd_cli_parse(const struct signumd_verb *verb, int argc, char **argv,
                      const struct signumd_option *options, const char **arguments, size_t count);

/* The same, and opens the state folder that the option --state names, which all verbs have. */
int signumd_cli_open(const struct signumd_verb *verb, int argc, char **argv,
                     const struct signumd_option *options, const char **arguments, size_t count,
                     struct signumd_state *state_out);

/* Runs a verb that takes nothing but a list: with --json as JSON, else as a table. */
int signumd_cli_list(const struct signumd_verb *verb, int argc, char **argv, const char *name,
                     const char *const *columns,
                     enum signum_status (*write)(struct signumd_db *db,
                                                 struct signumd_json_writer *writer));

/* Says what is wrong with the call and where help is; gives the exit code. */
int signumd_cli_usage(const struct signumd_verb *verb, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* 0 if the status is good; else says what could not be done, why, and gives the exit code. */
int signumd_cli_report(enum signum_status status, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Reads a whole number from `min` to `max`; `text` NULL leaves `number` alone. */
bool signumd_cli_number(const char *text, int64_t min, int64_t max, int64_t *number);

/* Writes the list that `write` makes as a document {"<name>": [...]} to standard output. */
int signumd_cli_print_json(const char *name, struct signumd_db *db,
                           enum signum_status (*write)(struct signumd_db *db,
                                                       struct signumd_json_writer *writer));

/*
 * Writes the same list as a table: one line per item, the named members in columns. `columns` is
 * ended by NULL.
 */
int signumd_cli_print_table(const char *const *columns, struct signumd_db *db,
                            enum signum_status (*write)(struct signumd_db *db,
                                                        struct signumd_json_writer *writer));

#endif
