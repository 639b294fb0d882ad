#include "attest_verify.h"

#include <string.h>

#include "attest_check.h"

#define CLOCK_SKEW_S 300
#define CA_FILE_MAX (1u << 20)
#define CAUSE_MAX 4096

/* What --require may ask for. */
struct requirement {
    const char *name;
    bool (*is_met)(const struct signum_attestation *attestation);
    const char *met;
    const char *unmet;
};

static bool
is_local(const struct signum_attestation *attestation)
{
    return attestation->is_local;
}

static bool
is_sensitive(const struct signum_attestation *attestation)
{
    return attestation->is_sensitive;
}

static bool
is_always_sensitive(const struct signum_attestation *attestation)
{
    return attestation->is_always_sensitive;
}

static bool
is_kept_in(const struct signum_attestation *attestation)
{
    return !attestation->is_extractable;
}

static bool
is_never_extractable(const struct signum_attestation *attestation)
{
    return attestation->is_never_extractable;
}

static bool
is_hardware(const struct signum_attestation *attestation)
{
    return attestation->is_hardware_slot && strcmp(attestation->origin, SIGNUM_ORIGIN_TOKEN) == 0;
}

static const struct requirement requirements[] = {
    {"sensitive", is_sensitive, "the private key is not shown to anybody",
        "the token says that it would show the private key"},
    {"not-extractable", is_kept_in, "the private key cannot leave the token",
        "the token says that the private key can leave it"},
    {"local", is_local, "the key was generated on the token",
        "the key was not generated on the token"},
    {"always-sensitive", is_always_sensitive, "it has never been shown",
        "there was a time when it was not sensitive"},
    {"never-extractable", is_never_extractable, "it never could leave the token",
        "there was a time when it could leave the token"},
    {"hardware", is_hardware, "the module calls its slot a hardware device",
        "the key is not in a hardware device, by what the service saw"},
};

#define REQUIREMENT_COUNT (sizeof requirements / sizeof requirements[0])
#define ALWAYS_COUNT 2 /* the first ones are checked without being asked for */

struct verification {
    struct signum_cli *cli;
    const struct signum_attest_wishes *wishes;
    bool is_required[REQUIREMENT_COUNT];
    unsigned long max_age_s;
    struct signum_buf document;
    struct signum_buf ca;
    struct signum_buf key; /* file that the attestation should be about */
    struct signum_attestation attestation;
    bool has_failed;
};

static void
print(struct verification *it, const char *check, const char *result, const char *text)
{
    struct signum_output *output = &it->cli->output;

    signum_output_open_item(output);
    signum_output_put_text(output, "check", check);
    signum_output_put_text(output, "result", result);
    signum_output_put_text(output, "text", text);
    signum_output_close_item(output);
    signum_output_say(output, "%-9s  %-17s  %s", result, check, text);
}

/* `cause` says what is wrong when the status is a failure. */
static void
tell(struct verification *it, const char *check, enum signum_status status, const char *good,
    const char *cause)
{
    if (status == SIGNUM_OK) {
        print(it, check, "ok", good);
        return;
    }
    it->has_failed = true;
    print(it, check, "FAILED", cause[0] == '\0' ? signum_status_text(status) : cause);
    signum_output_error(&it->cli->output, status, cause[0] == '\0' ? check : cause,
        "do not rely on this attestation", NULL);
}

static void
check_signer(struct verification *it)
{
    const struct signum_clock *clock = &it->cli->ports->clock;
    struct signum_buf cause;

    signum_buf_init(&cause, CAUSE_MAX);
    enum signum_status status = signum_attest_check_chain(
        &it->attestation, signum_bytes_of_buf(&it->ca), clock->unix_time(clock->self), &cause);
    tell(it, "certificate", status, "the attestation key is certified by this CA",
        signum_buf_text(&cause));
    signum_buf_clear(&cause);
    status = signum_attest_check_signature(&it->attestation, &cause);
    tell(it, "signature", status, "the attestation key has signed the evidence",
        signum_buf_text(&cause));
    signum_buf_clear(&cause);
    if (it->attestation.vendor_count > 0) {
        status = signum_attest_check_vendor(&it->attestation, &cause);
        tell(it, "vendor", status,
            "the vendor's evidence is the attested one; what it proves "
            "is for the vendor's own tools to say",
            signum_buf_text(&cause));
    }
    signum_buf_clear(&cause);
}

static void
check_key(struct verification *it)
{
    const char *file =
        it->wishes->key_spki != NULL ? it->wishes->key_spki : it->wishes->certificate;
    char sha256[SIGNUM_SHA256_HEX_SIZE];

    if (file == NULL) {
        print(it, "key", "not asked", "give --key-spki or --certificate to check whose it is");
        return;
    }
    enum signum_status status = signum_attest_hash_key(signum_bytes_of_buf(&it->key), sha256);
    if (status != SIGNUM_OK) {
        tell(it, "key", status, "", "the key's file is no certificate, request or public key");
        return;
    }
    bool is_same = strcmp(sha256, it->attestation.spki_sha256) == 0;
    tell(it, "key", is_same ? SIGNUM_OK : SIGNUM_BAD_SIGNATURE, "it is about this public key",
        "it is about another public key");
}

static void
check_nonce(struct verification *it)
{
    const char *nonce = it->wishes->nonce;

    if (nonce == NULL) {
        print(it, "nonce", "not asked", "give --nonce to check that it was made for you");
        return;
    }
    bool is_same = strcmp(nonce, it->attestation.nonce) == 0;
    tell(it, "nonce", is_same ? SIGNUM_OK : SIGNUM_BAD_SIGNATURE, "it was made for this nonce",
        it->attestation.nonce[0] == '\0' ? "it was made without a nonce"
                                         : "it was made for another nonce");
}

static void
check_time(struct verification *it)
{
    const struct signum_clock *clock = &it->cli->ports->clock;
    int64_t age = clock->unix_time(clock->self) - it->attestation.time;
    bool is_limited = it->wishes->max_age != NULL;
    char text[256];

    snprintf(text, sizeof(text), "it is of %s", it->attestation.time_text);
    if (age < -CLOCK_SKEW_S) {
        tell(it, "time", SIGNUM_BAD_SIGNATURE, "", "it is of a time that is still to come");
    } else if (is_limited && age > (int64_t)it->max_age_s) {
        snprintf(text, sizeof(text), "it is of %s, older than %s seconds",
            it->attestation.time_text, it->wishes->max_age);
        tell(it, "time", SIGNUM_BAD_SIGNATURE, "", text);
    } else {
        print(it, "time", is_limited ? "ok" : "not asked", text);
    }
}

static void
check_protection(struct verification *it)
{
    for (size_t i = 0; i < REQUIREMENT_COUNT; i++) {
        if (!it->is_required[i]) {
            continue;
        }
        const struct requirement *row = &requirements[i];
        tell(it, row->name, row->is_met(&it->attestation) ? SIGNUM_OK : SIGNUM_DENIED, row->met,
            row->unmet);
    }
}

static void
describe(struct verification *it)
{
    struct signum_output *output = &it->cli->output;
    const struct signum_attestation *facts = &it->attestation;

    signum_output_put_text(output, "key", facts->key);
    signum_output_put_text(output, "origin", facts->origin);
    signum_output_put_text(output, "time", facts->time_text);
    signum_output_put_text(output, "spki_sha256", facts->spki_sha256);
    signum_output_say(output, "Key %s, %s, %s %s, serial number %s\n", facts->key, facts->origin,
        facts->manufacturer, facts->model, facts->serial);
}

/* The names of --require; complains about one that is not known. */
static bool
read_requirements(struct verification *it)
{
    const char *at = it->wishes->require;

    for (size_t i = 0; i < ALWAYS_COUNT; i++) {
        it->is_required[i] = true;
    }
    while (at != NULL) {
        size_t len = strcspn(at, ",");
        size_t row = 0;
        while (row < REQUIREMENT_COUNT && (strlen(requirements[row].name) != len ||
                                              strncmp(requirements[row].name, at, len) != 0)) {
            row++;
        }
        if (row == REQUIREMENT_COUNT) {
            signum_options_complain(
                &it->cli->output, "attest", "'%.*s' is nothing that --require knows", (int)len, at);
            return false;
        }
        it->is_required[row] = true;
        at = at[len] == ',' ? at + len + 1 : NULL;
    }
    return true;
}

static bool
read_wishes(struct verification *it)
{
    const struct signum_attest_wishes *wishes = it->wishes;
    struct signum_output *output = &it->cli->output;

    if (wishes->ca_file == NULL) {
        signum_options_complain(output, "attest", "--ca-file is missing");
        return false;
    }
    if (wishes->key_spki != NULL && wishes->certificate != NULL) {
        signum_options_complain(output, "attest", "give --key-spki or --certificate, not both");
        return false;
    }
    if (wishes->max_age != NULL &&
        !signum_options_number(wishes->max_age, 999999999, &it->max_age_s)) {
        signum_options_complain(
            output, "attest", "'%s' is not a number of seconds", wishes->max_age);
        return false;
    }
    return read_requirements(it);
}

static bool
read_files(struct verification *it)
{
    const struct signum_attest_wishes *wishes = it->wishes;
    const char *key = wishes->key_spki != NULL ? wishes->key_spki : wishes->certificate;
    const char *fault = NULL;

    if (signum_cli_read_file(it->cli, wishes->file, &it->document) != SIGNUM_OK ||
        signum_cli_read_file(it->cli, wishes->ca_file, &it->ca) != SIGNUM_OK ||
        (key != NULL && signum_cli_read_file(it->cli, key, &it->key) != SIGNUM_OK)) {
        return false;
    }
    enum signum_status status = signum_attestation_read(&it->document, &it->attestation, &fault);
    if (status != SIGNUM_OK) {
        struct signum_buf cause;
        signum_buf_init(&cause, 8192);
        signum_buf_printf(&cause, "%s: %s", wishes->file, fault);
        signum_output_error(
            &it->cli->output, status, signum_buf_text(&cause), "ask for a new attestation", NULL);
        signum_buf_clear(&cause);
    }
    return status == SIGNUM_OK;
}

static enum signum_exit
verify(struct verification *it)
{
    describe(it);
    signum_output_open_list(&it->cli->output, "checks");
    check_signer(it);
    check_key(it);
    check_nonce(it);
    check_time(it);
    check_protection(it);
    signum_output_close_list(&it->cli->output);
    signum_output_put_bool(&it->cli->output, "verified", !it->has_failed);
    signum_output_say(&it->cli->output, "\n%s",
        it->has_failed ? "NOT verified" : "verified: all checks that were asked for");
    return it->has_failed ? SIGNUM_EXIT_FAILED : SIGNUM_EXIT_OK;
}

enum signum_exit
signum_attest_verify(struct signum_cli *cli, const struct signum_attest_wishes *wishes)
{
    struct verification it = {.cli = cli, .wishes = wishes};
    enum signum_exit code = SIGNUM_EXIT_USAGE;

    signum_buf_init(&it.document, SIGNUM_ATTESTATION_DOCUMENT_MAX);
    signum_buf_init(&it.ca, CA_FILE_MAX);
    signum_buf_init(&it.key, CA_FILE_MAX);
    signum_attestation_init(&it.attestation);
    if (read_wishes(&it)) {
        code = read_files(&it) ? verify(&it) : SIGNUM_EXIT_FAILED;
    }
    signum_attestation_clear(&it.attestation);
    signum_buf_clear(&it.key);
    signum_buf_clear(&it.ca);
    signum_buf_clear(&it.document);
    return code;
}
