#ifndef SIGNUM_CLI_CLI_H
#define SIGNUM_CLI_CLI_H

#include <stdio.h>

#include "core/session.h"
#include "options.h"
#include "output.h"

/*
 * The `signum` command without its process: arguments in, text and an exit code out. main.c gives
 * it the real ports and streams, the tests give it fakes.
 */

/* Exit codes. OK only if everything that was asked for happened. */
enum signum_exit { SIGNUM_EXIT_OK = 0, SIGNUM_EXIT_FAILED = 1, SIGNUM_EXIT_USAGE = 2 };

struct signum_cli {
    const struct signum_ports *ports; /* borrowed */
    FILE *in;                         /* borrowed; for "-" */
    struct signum_output output;
};

/* One verb. */
struct signum_verb {
    const char *name;
    /* argv[0] is the verb; gives the exit code. */
    enum signum_exit (*run)(struct signum_cli *cli, int argc, char **argv);
    const char *summary; /* one line of 'signum --help' */
    const char *help;    /* all of 'signum VERB --help', with an example */
};

/* All verbs in the order of the help. */
const struct signum_verb *const *signum_cli_verbs(size_t *count_out);

/* Runs the command that argv asks for. argv[0] is the program. Never ends the process. */
enum signum_exit signum_cli_run(const struct signum_ports *ports, FILE *in, FILE *out, FILE *err,
                                int argc, char **argv);

/* Reads a verb's options (signum_options_parse), and prints its help if that was asked for. True
   if the verb is to go on; otherwise `exit_out` is the exit code. */
bool signum_cli_parse(struct signum_cli *cli, const struct signum_verb *verb, int argc,
                      char **argv, const struct signum_option *options, size_t count,
                      int operands_max, struct signum_operands *operands_out,
                      enum signum_exit *exit_out);

/* Reads a whole file ("-": stdin), or writes one as a whole; says so if that fails. IO, NOT_FOUND,
   and what the buffer says (TOO_LARGE). A file that could not be written whole is not left. */
enum signum_status signum_cli_read_file(struct signum_cli *cli, const char *path,
                                        struct signum_buf *content_out) SIGNUM_MUST_USE;
enum signum_status signum_cli_write_file(struct signum_cli *cli, const char *path,
                                         struct signum_bytes data) SIGNUM_MUST_USE;

/* Opens the session; says so if it cannot. The caller frees it. NULL on failure. */
struct signum_session *signum_cli_open_session(struct signum_cli *cli);

/* The service and the key of a full name; says so if that fails. The caller lets go of the key. */
enum signum_status signum_cli_find_key(struct signum_cli *cli, struct signum_session *session,
                                       const char *full_name, struct signum_service **service_out,
                                       struct signum_key **key_out) SIGNUM_MUST_USE;

extern const struct signum_verb signum_verb_attest;
extern const struct signum_verb signum_verb_certs;
extern const struct signum_verb signum_verb_csr;
extern const struct signum_verb signum_verb_doctor;
extern const struct signum_verb signum_verb_keys;
extern const struct signum_verb signum_verb_login;
extern const struct signum_verb signum_verb_logout;
extern const struct signum_verb signum_verb_register;
extern const struct signum_verb signum_verb_sign;
extern const struct signum_verb signum_verb_status;
extern const struct signum_verb signum_verb_unregister;
extern const struct signum_verb signum_verb_version;

#endif
