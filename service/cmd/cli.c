#include "cmd/cli.h"

#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"

#define OPTIONS_MAX 16
#define LIST_MAX ((size_t)64 * 1024 * 1024)
#define HELP_VALUE 1000

int
signumd_cli_usage(const struct signumd_verb *verb, const char *format, ...)
{
    char text[512];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    signumd_log(SIGNUMD_LOG_ERROR, "%s", text);
    (void)fprintf(stderr, "Usage: signumd %s %s\nMore: signumd %s --help\n", verb->words,
                  verb->usage, verb->words);
    return SIGNUMD_EXIT_USAGE;
}

/* The status of a name that is taken speaks of keys; here it may be anything's name. */
static const char *
why(enum signum_status status)
{
    return status == SIGNUM_KEY_EXISTS ? "it exists already" : signum_status_text(status);
}

int
signumd_cli_report(enum signum_status status, const char *format, ...)
{
    char text[512];
    va_list args;

    if (status == SIGNUM_OK)
        return 0;
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    signumd_log(SIGNUMD_LOG_ERROR, "%s (%s)", text, why(status));
    return SIGNUMD_EXIT_FAILED;
}

bool
signumd_cli_number(const char *text, int64_t min, int64_t max, int64_t *number)
{
    char *end = NULL;

    if (text == NULL)
        return true;
    errno = 0;
    long long value = strtoll(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0' || value < min || value > max)
        return false;
    *number = value;
    return true;
}

static size_t
make_long_options(const struct signumd_option *options, struct option *long_out)
{
    size_t count = 0;

    for (; options[count].name != NULL && count < OPTIONS_MAX; count++)
        long_out[count] =
            (struct option){options[count].name,
                            options[count].flag == NULL ? required_argument : no_argument, NULL,
                            (int)count};
    long_out[count] = (struct option){"help", no_argument, NULL, HELP_VALUE};
    long_out[count + 1] = (struct option){NULL, 0, NULL, 0};
    return count;
}

static bool
store(const struct signumd_option *option, const char *value)
{
    if (option->flag != NULL) {
        *option->flag = true;
        return true;
    }
    if (option->text != NULL) {
        *option->text = value;
        return true;
    }
    if (option->many->count == SIGNUMD_MANY_MAX)
        return false;
    option->many->items[option->many->count++] = value;
    return true;
}

static void
print_help(const struct signumd_verb *verb)
{
    (void)printf("Usage: signumd %s %s\n\n%s\n", verb->words, verb->usage, verb->help);
}

int
signumd_cli_parse(const struct signumd_verb *verb, int argc, char **argv,
                  const struct signumd_option *options, const char **arguments, size_t count)
{
    struct option long_options[OPTIONS_MAX + 2];
    size_t option_count = make_long_options(options, long_options);

    optind = 1;
    opterr = 0;
    for (;;) {
        int found = getopt_long(argc, argv, ":h", long_options, NULL);
        if (found == -1)
            break;
        if (found == HELP_VALUE || found == 'h') {
            print_help(verb);
            exit(0);
        }
        if (found == ':')
            return signumd_cli_usage(verb, "%s needs a value", argv[optind - 1]);
        if (found < 0 || (size_t)found >= option_count)
            return signumd_cli_usage(verb, "%s is not an option of this verb", argv[optind - 1]);
        if (!store(&options[found], optarg))
            return signumd_cli_usage(verb, "--%s is given too often", options[found].name);
    }
    size_t given = (size_t)(argc - optind);
    if (given != count)
        return signumd_cli_usage(verb, "%s", given < count ? "an argument is missing"
                                                           : "there is an argument too many");
    for (size_t i = 0; i < count; i++)
        arguments[i] = argv[optind + (int)i];
    return 0;
}

int
signumd_cli_open(const struct signumd_verb *verb, int argc, char **argv,
                 const struct signumd_option *options, const char **arguments, size_t count,
                 struct signumd_state *state_out)
{
    memset(state_out, 0, sizeof *state_out);
    int code = signumd_cli_parse(verb, argc, argv, options, arguments, count);
    if (code != 0)
        return code;
    const char *folder = *options[0].text;
    if (folder == NULL)
        return signumd_cli_usage(verb, "--state DIR is missing: which state folder?");
    return signumd_cli_report(signumd_state_open(folder, state_out),
                              "cannot open the state folder %s", folder);
}

typedef enum signum_status list_writer(struct signumd_db *db, struct signumd_json_writer *writer);

static enum signum_status
make_list(const char *name, struct signumd_db *db, list_writer *write, struct signum_buf *text)
{
    struct signumd_json_writer writer;

    signumd_json_start(&writer, text);
    signumd_json_begin(&writer, name, '[');
    enum signum_status status = write(db, &writer);
    signumd_json_end(&writer, ']');
    signumd_json_end(&writer, '}');
    return status == SIGNUM_OK ? signum_buf_status(text) : status;
}

static int
flush_output(void)
{
    if (fflush(stdout) == 0 && ferror(stdout) == 0)
        return 0;
    return signumd_cli_report(SIGNUM_IO, "cannot write to standard output");
}

int
signumd_cli_print_json(const char *name, struct signumd_db *db, list_writer *write)
{
    struct signum_buf text;

    signum_buf_init(&text, LIST_MAX);
    enum signum_status status = make_list(name, db, write, &text);
    if (status == SIGNUM_OK)
        (void)printf("%s\n", signum_buf_text(&text));
    signum_buf_clear(&text);
    return status == SIGNUM_OK ? flush_output()
                               : signumd_cli_report(status, "cannot list the %s", name);
}

static void
print_row(const void *context, struct signumd_json_reader *item)
{
    const char *const *columns = (const char *const *)context;

    for (size_t i = 0; columns[i] != NULL; i++) {
        char space[512];
        const char *text = signumd_json_show(item, columns[i], space, sizeof space);
        if (columns[i + 1] == NULL)
            (void)printf("%s\n", text);
        else
            (void)printf("%-24s  ", text);
    }
}

int
signumd_cli_print_table(const char *const *columns, struct signumd_db *db, list_writer *write)
{
    struct signum_buf text;
    struct cJSON *document = NULL;

    signum_buf_init(&text, LIST_MAX);
    enum signum_status status = make_list("items", db, write, &text);
    if (status == SIGNUM_OK)
        status = signumd_json_parse(signum_bytes_of_buf(&text), &document);
    if (status == SIGNUM_OK)
        signumd_json_each(document, "items", print_row, columns);
    signumd_json_free(&document);
    signum_buf_clear(&text);
    return status == SIGNUM_OK ? flush_output() : signumd_cli_report(status, "cannot list");
}

int
signumd_cli_list(const struct signumd_verb *verb, int argc, char **argv, const char *name,
                 const char *const *columns, list_writer *write)
{
    const char *folder = NULL;
    bool is_json = false;
    struct signumd_state state;
    const struct signumd_option options[] = {
        {"state", &folder, NULL, NULL},
        {"json", NULL, &is_json, NULL},
        {NULL, NULL, NULL, NULL},
    };
    int code = signumd_cli_open(verb, argc, argv, options, NULL, 0, &state);

    if (code == 0)
        code = is_json ? signumd_cli_print_json(name, state.db, write)
                       : signumd_cli_print_table(columns, state.db, write);
    signumd_state_close(&state);
    return code;
}
