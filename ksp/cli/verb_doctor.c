#include "cli.h"

#include "advice.h"
#include "digest.h"
#include "doctor.h"

/* More than this between our clock and the service's breaks tokens and certificates. */
#define CLOCK_SKEW_MAX 300 /* seconds */

static const char help[] =
    "Usage: signum doctor [--key NAME | --context] [--json]\n"
    "\n"
    "Checks everything that a signature needs, in the order in which it is needed, and says\n"
    "for each failure what to do next: the settings; on Windows the DLL, its registration\n"
    "and whether Windows opens the provider; the TLS connection to the service, the clock,\n"
    "the token, the keys, and a test signature that is made and verified.\n"
    "\n"
    "  --key NAME  make the test signature with this key (default: the first enabled one).\n"
    "              It signs the digest of a text that says that it is a test.\n"
    "\n"
    "  --context   only show what the service is told about the caller with each signature,\n"
    "              and nothing else: here the caller is this command. The setting context\n"
    "              says what is told.\n"
    "\n"
    "Exit code 0 only if no check failed. A check that makes no sense here, or that cannot\n"
    "be made because an earlier one failed, is shown as skipped.\n"
    "\n"
    "Example:\n"
    "  signum doctor --key release";

/* Signed by the last check: nobody can take it for anything else. */
static const char test_text[] =
    "This is a test signature made by 'signum doctor'. It approves nothing.\n";

struct doctor {
    struct signum_cli *cli;
    const char *key_name; /* --key, or NULL */
    struct signum_session *session;
    struct signum_service *service;
    bool is_reached;   /* the service answered */
    bool is_listed;    /* the list of keys was got */
    int64_t server_time;
    struct signum_key **keys;
    size_t key_count;
    struct signum_report listing; /* why the list was not got */
};

static void
put_formatted(struct signum_buf *out, const char *format, va_list args)
{
    char text[4096];
    vsnprintf(text, sizeof(text), format, args);
    signum_buf_put_text(out, text);
}

void
signum_check_pass(struct signum_check *check, const char *format, ...)
{
    va_list args;
    check->result = SIGNUM_CHECK_OK;
    va_start(args, format);
    put_formatted(&check->detail, format, args);
    va_end(args);
}

void
signum_check_skip(struct signum_check *check, const char *reason)
{
    check->result = SIGNUM_CHECK_SKIPPED;
    signum_buf_put_text(&check->detail, reason);
}

void
signum_check_fail(struct signum_check *check, enum signum_status status, const char *next,
                  const char *format, ...)
{
    va_list args;
    check->result = SIGNUM_CHECK_FAILED;
    va_start(args, format);
    put_formatted(&check->detail, format, args);
    va_end(args);
    signum_buf_put_text(&check->next, next == NULL ? signum_advice_for(status) : next);
}

static void
fail_by_report(struct signum_check *check, enum signum_status status,
               const struct signum_report *report)
{
    const char *text = signum_buf_text(&report->text);
    signum_check_fail(check, status, NULL, "%s",
                      text[0] == '\0' ? signum_status_text(status) : text);
}

/* The files that are read, in words; what is in them is the settings check's business. */
static void
put_files(const struct signum_settings_source *source, struct signum_buf *out)
{
    struct signum_buf path;
    struct signum_buf content;
    struct signum_buf why; /* not shown: a file that is refused has failed this check before */
    signum_buf_init(&path, SIGNUM_CONFIG_TEXT_MAX);
    signum_buf_init(&why, SIGNUM_CONFIG_TEXT_MAX);
    signum_buf_init_secret(&content, SIGNUM_CONFIG_FILE_MAX);
    if (source->variable(source->self, "SIGNUM_CONFIG", &path) == SIGNUM_OK) {
        signum_buf_printf(out, "from %s (SIGNUM_CONFIG)", signum_buf_text(&path));
        goto out;
    }
    enum signum_status (*const finders[])(void *, struct signum_buf *) = {source->user_file,
                                                                          source->machine_file};
    for (size_t i = 0; i < sizeof(finders) / sizeof(finders[0]); i++) {
        signum_buf_clear(&path);
        signum_buf_clear(&content);
        if (finders[i](source->self, &path) == SIGNUM_OK &&
            source->read_file(source->self, signum_buf_text(&path), SIGNUM_FILE_SETTINGS,
                              &content, &why) == SIGNUM_OK) {
            signum_buf_printf(out, "%s%s", out->len == 0 ? "from " : " and ",
                              signum_buf_text(&path));
        }
    }
    if (out->len == 0) {
        signum_buf_put_text(out, "from SIGNUM_ variables, no file");
    }
out:
    signum_buf_clear(&why);
    signum_buf_clear(&content);
    signum_buf_clear(&path);
}

static void
check_settings(struct doctor *doctor, struct signum_check *check)
{
    const char *name = NULL;
    struct signum_buf files;
    struct signum_report report;
    signum_buf_init(&files, 4 * SIGNUM_CONFIG_TEXT_MAX);
    signum_report_init(&report);
    enum signum_status status =
        signum_session_open(doctor->cli->ports, &doctor->session, &report);
    if (status != SIGNUM_OK) {
        fail_by_report(check, status, &report);
        goto out;
    }
    if (signum_session_service_count(doctor->session) == 0) {
        signum_check_fail(check, SIGNUM_BAD_SETTINGS,
                          "set SIGNUM_SERVICE_URL or write a settings file: docs/settings.md",
                          "no signing service is configured");
        goto out;
    }
    status = signum_session_resolve(doctor->session,
                                    doctor->key_name == NULL ? "" : doctor->key_name,
                                    &doctor->service, &name, &report);
    if (status != SIGNUM_OK) {
        fail_by_report(check, status, &report);
        goto out;
    }
    put_files(&doctor->cli->ports->settings, &files);
    signum_check_pass(check, "service %s at %s, %s", signum_service_name(doctor->service),
                      signum_service_url(doctor->service), signum_buf_text(&files));
out:
    signum_report_clear(&report);
    signum_buf_clear(&files);
}

static void
check_dll(struct doctor *doctor, struct signum_check *check)
{
    (void)doctor;
    signum_doctor_check_dll(check);
}

static void
check_registration(struct doctor *doctor, struct signum_check *check)
{
    (void)doctor;
    signum_doctor_check_registration(check);
}

static void
check_provider(struct doctor *doctor, struct signum_check *check)
{
    (void)doctor;
    signum_doctor_check_provider(check);
}

static void
check_connection(struct doctor *doctor, struct signum_check *check)
{
    if (doctor->service == NULL) {
        signum_check_skip(check, "no service is configured");
        return;
    }
    struct signum_result result;
    struct signum_report report;
    signum_result_init(&result);
    signum_report_init(&report);
    enum signum_status status = signum_service_info(doctor->service, &result, &report);
    doctor->is_reached = status == SIGNUM_OK || status == SIGNUM_CREDENTIAL_REFUSED;
    doctor->server_time = result.server_time;
    if (status == SIGNUM_OK) {
        signum_check_pass(check, "%s; the service says it is %s %s",
                          signum_service_accepts_anybody(doctor->service)
                              ? "ANY CERTIFICATE IS ACCEPTED "
                                "(insecure_accept_any_certificate_for_tests_only)"
                              : "TLS is good",
                          signum_buf_text(&result.name), signum_buf_text(&result.version));
    } else if (doctor->is_reached) {
        signum_check_pass(check, "TLS is good; the service answers, but refuses the token");
    } else {
        fail_by_report(check, status, &report);
    }
    signum_report_clear(&report);
    signum_result_clear(&result);
}

static void
check_clock(struct doctor *doctor, struct signum_check *check)
{
    const struct signum_clock *clock = &doctor->cli->ports->clock;
    if (!doctor->is_reached || doctor->server_time == 0) {
        signum_check_skip(check, doctor->is_reached ? "the service does not tell its time"
                                                    : "the service was not reached");
        return;
    }
    int64_t skew = clock->unix_time(clock->self) - doctor->server_time;
    int64_t size = skew < 0 ? -skew : skew;
    const char *side = skew < 0 ? "behind" : "ahead of";
    if (size > CLOCK_SKEW_MAX) {
        signum_check_fail(check, SIGNUM_TLS, "set this machine's clock",
                          "this machine's clock is %lld seconds %s the service's",
                          (long long)size, side);
        return;
    }
    if (size <= 1) {
        signum_check_pass(check, "the clocks agree");
        return;
    }
    signum_check_pass(check, "this machine's clock is %lld seconds %s the service's",
                      (long long)size, side);
}

/* One request answers both this check and the next: does the token work, and for which keys. */
static void
check_token(struct doctor *doctor, struct signum_check *check)
{
    if (!doctor->is_reached) {
        signum_check_skip(check, "the service was not reached");
        return;
    }
    enum signum_status status = signum_service_list_keys(
        doctor->service, &doctor->keys, &doctor->key_count, &doctor->listing);
    doctor->listing.status = status;
    doctor->is_listed = status == SIGNUM_OK;
    if (status == SIGNUM_OK || status == SIGNUM_DENIED) {
        signum_check_pass(check, "the service accepts it");
    } else {
        fail_by_report(check, status, &doctor->listing);
    }
}

static void
check_keys(struct doctor *doctor, struct signum_check *check)
{
    if (!doctor->is_reached) {
        signum_check_skip(check, "the service was not reached");
        return;
    }
    if (doctor->listing.status == SIGNUM_DENIED) {
        fail_by_report(check, SIGNUM_DENIED, &doctor->listing);
        return;
    }
    if (!doctor->is_listed) {
        signum_check_skip(check, "the list of keys was not got");
        return;
    }
    if (doctor->key_count == 0) {
        signum_check_fail(check, SIGNUM_DENIED,
                          "ask the service's administrator for a rule that allows a key",
                          "there is no key that you may use");
        return;
    }
    signum_check_pass(check, "%u key%s that you may use", (unsigned)doctor->key_count,
                      doctor->key_count == 1 ? "" : "s");
}

/* The key for the test signature: that of --key, else the first enabled one. */
static enum signum_status
choose_key(struct doctor *doctor, struct signum_key **key_out, struct signum_report *report)
{
    const char *name = NULL;
    *key_out = NULL;
    if (doctor->key_name != NULL) {
        enum signum_status status = signum_session_resolve(
            doctor->session, doctor->key_name, &doctor->service, &name, report);
        return status != SIGNUM_OK
                   ? status
                   : signum_service_find_key(doctor->service, name, key_out, report);
    }
    for (size_t i = 0; i < doctor->key_count; i++) {
        if (signum_key_is_enabled(doctor->keys[i])) {
            *key_out = signum_key_ref(doctor->keys[i]);
            return SIGNUM_OK;
        }
    }
    return SIGNUM_KEY_DISABLED;
}

static enum signum_status
sign_and_verify(struct doctor *doctor, const struct signum_key *key, struct signum_report *report)
{
    bool is_rsa = signum_alg_has_scheme(signum_key_alg(key), SIGNUM_SCHEME_RSA_PKCS1);
    struct signum_sign_params params = {
        .scheme = is_rsa ? SIGNUM_SCHEME_RSA_PKCS1 : SIGNUM_SCHEME_ECDSA,
        .hash = SIGNUM_HASH_SHA256,
    };
    struct signum_buf digest;
    struct signum_buf signature;
    signum_buf_init(&digest, SIGNUM_DIGEST_MAX);
    signum_buf_init(&signature, SIGNUM_SIGNATURE_MAX);
    enum signum_status status = signum_digest_bytes(signum_hash_by_id(params.hash),
                                                    signum_bytes_of_text(test_text), &digest);
    struct signum_demanded given = {0};
    signum_session_complete(doctor->session, &given);
    if (status == SIGNUM_OK) {
        status = signum_service_sign(doctor->service, key, &params, signum_bytes_of_buf(&digest),
                                     &given, &signature, report);
    }
    if (status == SIGNUM_OK) {
        status = signum_key_verify(key, &params, signum_bytes_of_buf(&digest),
                                   signum_bytes_of_buf(&signature));
    }
    signum_buf_clear(&signature);
    signum_buf_clear(&digest);
    return status;
}

static void
check_signature(struct doctor *doctor, struct signum_check *check)
{
    if (!doctor->is_listed || (doctor->key_count == 0 && doctor->key_name == NULL)) {
        signum_check_skip(check, "there is no key to sign with");
        return;
    }
    struct signum_key *key = NULL;
    struct signum_report report;
    signum_report_init(&report);
    enum signum_status status = choose_key(doctor, &key, &report);
    if (status == SIGNUM_OK) {
        status = sign_and_verify(doctor, key, &report);
    }
    if (status == SIGNUM_OK) {
        signum_check_pass(check, "key %s signed a test text, and the public key verifies it",
                          signum_key_name(key));
    } else {
        fail_by_report(check, status, &report);
    }
    signum_key_unref(&key);
    signum_report_clear(&report);
}

static const struct {
    const char *name;
    void (*run)(struct doctor *doctor, struct signum_check *check);
} checks[] = {
    {"settings", check_settings},         {"dll", check_dll},
    {"registration", check_registration}, {"provider", check_provider},
    {"connection", check_connection},     {"clock", check_clock},
    {"token", check_token},               {"keys", check_keys},
    {"signature", check_signature},
};

static void
print_check(struct signum_output *output, unsigned number, const char *name,
            const struct signum_check *check)
{
    static const char *const words[] = {
        [SIGNUM_CHECK_OK] = "ok",
        [SIGNUM_CHECK_FAILED] = "FAILED",
        [SIGNUM_CHECK_SKIPPED] = "skipped",
    };
    static const char *const json_words[] = {
        [SIGNUM_CHECK_OK] = "ok",
        [SIGNUM_CHECK_FAILED] = "failed",
        [SIGNUM_CHECK_SKIPPED] = "skipped",
    };
    signum_output_open_item(output);
    signum_output_put_number(output, "number", number);
    signum_output_put_text(output, "name", name);
    signum_output_put_text(output, "result", json_words[check->result]);
    signum_output_put_text(output, "detail", signum_buf_text(&check->detail));
    if (check->next.len > 0) {
        signum_output_put_text(output, "next", signum_buf_text(&check->next));
    }
    signum_output_close_item(output);
    signum_output_say(output, "%2u  %-12s  %-7s  %s", number, name, words[check->result],
                      signum_buf_text(&check->detail));
    if (check->next.len > 0) {
        signum_output_say(output, "%*snext: %s", 27, "", signum_buf_text(&check->next));
    }
}

static unsigned
run_checks(struct doctor *doctor)
{
    unsigned failed = 0;
    signum_output_open_list(&doctor->cli->output, "checks");
    for (unsigned i = 0; i < sizeof(checks) / sizeof(checks[0]); i++) {
        /* A check that forgets to say anything has failed. */
        struct signum_check check = {.result = SIGNUM_CHECK_FAILED};
        signum_buf_init(&check.detail, 16384);
        signum_buf_init(&check.next, 4096);
        checks[i].run(doctor, &check);
        print_check(&doctor->cli->output, i + 1, checks[i].name, &check);
        failed += check.result == SIGNUM_CHECK_FAILED;
        signum_buf_clear(&check.next);
        signum_buf_clear(&check.detail);
    }
    signum_output_close_list(&doctor->cli->output);
    return failed;
}

/* The very text that a signature of this process would send. */
static enum signum_exit
show_context(struct signum_cli *cli)
{
    struct signum_session *session = signum_cli_open_session(cli);
    if (session == NULL) {
        return SIGNUM_EXIT_FAILED;
    }
    const char *context = signum_session_context(session);
    signum_output_say(&cli->output, "%s", context == NULL ? "Nothing is told." : context);
    signum_output_put_json(&cli->output, "context", context == NULL ? "null" : context);
    signum_session_free(&session);
    return SIGNUM_EXIT_OK;
}

static enum signum_exit
run(struct signum_cli *cli, int argc, char **argv)
{
    struct doctor doctor = {.cli = cli};
    bool is_context = false;
    const struct signum_option options[] = {{"key", &doctor.key_name, NULL},
                                            {"context", NULL, &is_context}};
    struct signum_operands operands;
    enum signum_exit code;
    if (!signum_cli_parse(cli, &signum_verb_doctor, argc, argv, options, 2, 0, &operands, &code)) {
        return code;
    }
    if (is_context && doctor.key_name != NULL) {
        signum_options_complain(&cli->output, "doctor", "give either --key or --context");
        return SIGNUM_EXIT_USAGE;
    }
    if (is_context) {
        return show_context(cli);
    }
    signum_report_init(&doctor.listing);
    unsigned failed = run_checks(&doctor);
    signum_output_put_number(&cli->output, "failed", failed);
    signum_output_say(&cli->output, "%s",
                      failed == 0 ? "Everything that could be checked here works."
                                  : "Something has to be put right first: see the steps above.");
    signum_report_clear(&doctor.listing);
    signum_key_list_free(&doctor.keys, &doctor.key_count);
    signum_session_free(&doctor.session);
    return failed == 0 ? SIGNUM_EXIT_OK : SIGNUM_EXIT_FAILED;
}

const struct signum_verb signum_verb_doctor = {
    .name = "doctor",
    .run = run,
    .summary = "find out what stands in the way of a signature",
    .help = help,
};
