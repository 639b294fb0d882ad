#include "base/settings.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/files.h"
#include "base/json.h"
#include "base/log.h"

#define FILE_MAX ((size_t)64 * 1024)
#define TEXT_MAX 4096
#define CRL_URL_MAX 1024
#define CLIENT_FILES_MAX 16
#define SYSLOG_FACILITY 13 /* "log audit" (RFC 5424 section 6.2.1) */
#define SYSLOG_FACILITY_MAX 23

/* The members that are whole numbers. */
struct number {
    const char *name;
    size_t offset;
    uint32_t min;
    uint32_t max;
    uint32_t fallback;
    bool is_live; /* a reload changes it */
};

#define NUMBER(name) #name, offsetof(struct signumd_settings, name)

static const struct number numbers[] = {
    {NUMBER(workers), 1, 256, 8, false},
    {NUMBER(max_connections), 1, 10000, 256, false},
    {NUMBER(max_connections_per_address), 1, 10000, 128, false},
    {NUMBER(idle_timeout_s), 1, 3600, 60, true},
    {NUMBER(transfer_timeout_s), 1, 3600, 30, true},
    {NUMBER(request_expiry_s), 1, 2592000, 86400, false},
    {NUMBER(webhook_attempts), 1, 100, 12, false},
    {NUMBER(webhook_retry_s), 1, 3600, 5, false},
    {NUMBER(drain_timeout_s), 1, 3600, 30, true},
    {NUMBER(requests_per_minute), 0, 1000000, 12000, true},
    {NUMBER(refusals_per_minute), 0, 1000000, 100, true},
    {NUMBER(pin_max_failures), 1, 100, 5, false},
    {NUMBER(certificate_warning_days), 0, 3650, 30, false},
};

#define NUMBER_COUNT (sizeof numbers / sizeof numbers[0])

static const char *const text_names[] = {"version", "listen", "metrics_listen", "pkcs11",
                                         "log_level", "issuers", "crl_url",
                                         "client_ca_files", "client_crl_files", "syslog"};

#define TEXT_COUNT (sizeof text_names / sizeof text_names[0])

static const char *const syslog_names[] = {"address", "ca_file", "certificate_file", "key_file",
                                           "facility"};

static const char *const pkcs11_names[] = {"module", "token", "pin_file", "vendor_evidence"};

static char *
copy_text(struct signumd_json_reader *reader, const char *name, const char *fallback)
{
    const char *text = signumd_json_get_text(reader, name, fallback == NULL, TEXT_MAX);

    if (text == NULL)
        text = fallback == NULL ? "" : fallback;
    return signum_text_copy(text);
}

static void
read_pkcs11(struct signumd_json_reader *top, struct signumd_settings *settings)
{
    struct signumd_json_reader reader;

    signumd_json_reader_init(&reader, signumd_json_get_object(top, "pkcs11"));
    if (reader.object == NULL) {
        signumd_json_refuse(top, "pkcs11", "is missing");
        return;
    }
    signumd_json_check_names(&reader, pkcs11_names, sizeof pkcs11_names / sizeof pkcs11_names[0]);
    settings->pkcs11_module = copy_text(&reader, "module", NULL);
    settings->pkcs11_token = copy_text(&reader, "token", NULL);
    settings->pin_file = copy_text(&reader, "pin_file", "token.pin");
    settings->vendor_label = copy_text(&reader, "vendor_evidence", "");
    if (reader.failure != SIGNUM_OK)
        signumd_json_refuse(top, reader.field, reader.cause);
}

/* Without the member all of it is "". */
static void
read_syslog(struct signumd_json_reader *top, struct signumd_settings *settings)
{
    struct signumd_json_reader reader;
    const struct cJSON *object = signumd_json_get_object(top, "syslog");
    const char *required = object == NULL ? "" : NULL;

    signumd_json_reader_init(&reader, object);
    if (object != NULL)
        signumd_json_check_names(
            &reader, syslog_names, sizeof syslog_names / sizeof syslog_names[0]);
    settings->syslog_address = copy_text(&reader, "address", required);
    settings->syslog_ca_file = copy_text(&reader, "ca_file", required);
    settings->syslog_certificate_file = copy_text(&reader, "certificate_file", "");
    settings->syslog_key_file = copy_text(&reader, "key_file", "");
    settings->syslog_facility = (uint32_t)signumd_json_get_number(
        &reader, "facility", 0, SYSLOG_FACILITY_MAX, SYSLOG_FACILITY);
    if (reader.failure == SIGNUM_OK && settings->syslog_certificate_file != NULL &&
        settings->syslog_key_file != NULL &&
        (settings->syslog_certificate_file[0] == '\0') != (settings->syslog_key_file[0] == '\0'))
        signumd_json_refuse(&reader, "key_file", "and certificate_file are given together");
    if (reader.failure != SIGNUM_OK)
        signumd_json_pass_failure(top, "syslog", &reader);
}

static uint32_t *
field(struct signumd_settings *settings, const struct number *number)
{
    return (uint32_t *)(void *)((char *)settings + number->offset);
}

static void
check_names(struct signumd_json_reader *reader)
{
    const char *names[TEXT_COUNT + NUMBER_COUNT];

    for (size_t i = 0; i < TEXT_COUNT; i++)
        names[i] = text_names[i];
    for (size_t i = 0; i < NUMBER_COUNT; i++)
        names[TEXT_COUNT + i] = numbers[i].name;
    signumd_json_check_names(reader, names, TEXT_COUNT + NUMBER_COUNT);
}

static void
read_log_level(struct signumd_json_reader *reader, struct signumd_settings *settings)
{
    const char *text = signumd_json_get_text(reader, "log_level", false, TEXT_MAX);

    settings->log_level = SIGNUMD_LOG_INFO;
    if (text != NULL && !signumd_log_level_by_name(text, &settings->log_level))
        signumd_json_refuse(reader, "log_level", "must be error, warning or info");
}

/* What is in it is read where issuers are known: identity/issuers.h. */
static void
read_issuers(struct signumd_json_reader *reader, struct signumd_settings *settings)
{
    struct signum_buf text;

    signum_buf_init(&text, FILE_MAX);
    signumd_json_get_raw_array(reader, "issuers", &text);
    settings->issuers = signum_text_copy(signum_buf_text(&text));
    signum_buf_clear(&text);
}

/* It goes into certificates: no sign with a meaning of its own there, and not too long. */
static void
read_crl_url(struct signumd_json_reader *reader, struct signumd_settings *settings)
{
    settings->crl_url = copy_text(reader, "crl_url", "");
    if (settings->crl_url == NULL || settings->crl_url[0] == '\0')
        return;
    bool is_url = strncmp(settings->crl_url, "http://", 7) == 0 ||
                  strncmp(settings->crl_url, "https://", 8) == 0;
    for (const char *at = settings->crl_url; *at != '\0'; at++)
        is_url = is_url && *at > ' ' && *at <= '~' && strchr(",;\"\\", *at) == NULL;
    if (!is_url || strlen(settings->crl_url) > CRL_URL_MAX)
        signumd_json_refuse(reader, "crl_url", "must be an http or https URL");
}

/* A list of paths that is being read, and the first failure of memory. */
struct taking {
    struct signumd_texts *texts;
    enum signum_status status;
};

static const char *
take_path(void *context, const char *text)
{
    struct taking *taking = context;
    size_t len = strlen(text);

    if (len == 0 || len > TEXT_MAX)
        return "must be the path of a file";
    if (taking->status == SIGNUM_OK)
        taking->status = signumd_texts_add(taking->texts, text);
    return NULL;
}

static void
read_paths(struct signumd_json_reader *reader, const char *name, struct signumd_texts *texts)
{
    struct taking taking = {texts, SIGNUM_OK};

    signumd_json_get_list(reader, name, CLIENT_FILES_MAX, take_path, &taking);
    if (taking.status != SIGNUM_OK)
        signumd_json_refuse(reader, name, signum_status_text(taking.status));
}

static void
read_client_files(struct signumd_json_reader *reader, struct signumd_settings *settings)
{
    read_paths(reader, "client_ca_files", &settings->client_ca_files);
    read_paths(reader, "client_crl_files", &settings->client_crl_files);
    if (settings->client_crl_files.count > 0 && settings->client_ca_files.count == 0)
        signumd_json_refuse(reader, "client_crl_files", "is of no use without client_ca_files");
}

static void
read_all(struct signumd_json_reader *reader, struct signumd_settings *settings)
{
    check_names(reader);
    if (signumd_json_get_number(reader, "version", 1, 1, 0) != 1)
        signumd_json_refuse(reader, "version", "is missing; this program knows version 1");
    settings->listen = copy_text(reader, "listen", SIGNUMD_DEFAULT_LISTEN);
    settings->metrics_listen = copy_text(reader, "metrics_listen", "");
    for (size_t i = 0; i < NUMBER_COUNT; i++)
        *field(settings, &numbers[i]) = (uint32_t)signumd_json_get_number(reader, numbers[i].name,
            numbers[i].min, numbers[i].max, numbers[i].fallback);
    read_log_level(reader, settings);
    read_crl_url(reader, settings);
    read_issuers(reader, settings);
    read_client_files(reader, settings);
    read_syslog(reader, settings);
    read_pkcs11(reader, settings);
}

static bool
is_complete(const struct signumd_settings *settings)
{
    return settings->listen != NULL && settings->metrics_listen != NULL &&
           settings->pkcs11_module != NULL &&
           settings->pkcs11_token != NULL && settings->pin_file != NULL &&
           settings->vendor_label != NULL && settings->issuers != NULL &&
           settings->crl_url != NULL &&
           settings->syslog_address != NULL && settings->syslog_ca_file != NULL &&
           settings->syslog_certificate_file != NULL && settings->syslog_key_file != NULL;
}

enum signum_status
signumd_settings_read(const char *path, struct signumd_settings *settings_out)
{
    struct signum_buf text;
    struct cJSON *object = NULL;
    struct signumd_json_reader reader;

    memset(settings_out, 0, sizeof *settings_out);
    signum_buf_init(&text, FILE_MAX);
    enum signum_status status = signumd_files_read(path, &text);
    if (status != SIGNUM_OK)
        goto out;
    if (signumd_json_parse(signum_bytes_of_buf(&text), &object) != SIGNUM_OK) {
        signumd_log(SIGNUMD_LOG_ERROR, "%s is not a JSON object", path);
        status = SIGNUM_BAD_SETTINGS;
        goto out;
    }
    signumd_json_reader_init(&reader, object);
    read_all(&reader, settings_out);
    if (reader.failure != SIGNUM_OK) {
        signumd_log(SIGNUMD_LOG_ERROR, "%s: member '%s' %s", path, reader.field, reader.cause);
        status = SIGNUM_BAD_SETTINGS;
    } else if (!is_complete(settings_out)) {
        status = SIGNUM_NO_MEMORY;
    }

out:
    if (status != SIGNUM_OK)
        signumd_settings_clear(settings_out);
    signumd_json_free(&object);
    signum_buf_clear(&text);
    return status;
}

void
signumd_settings_write(struct signum_buf *out, const char *module, const char *token,
                       const char *pin_file)
{
    struct signumd_json_writer writer;

    signumd_json_start(&writer, out);
    signumd_json_put_number(&writer, "version", 1);
    signumd_json_put_text(&writer, "listen", SIGNUMD_DEFAULT_LISTEN);
    signumd_json_begin(&writer, "pkcs11", '{');
    signumd_json_put_text(&writer, "module", module);
    signumd_json_put_text(&writer, "token", token);
    signumd_json_put_text(&writer, "pin_file", pin_file);
    signumd_json_end(&writer, '}');
    for (size_t i = 0; i < NUMBER_COUNT; i++)
        signumd_json_put_number(&writer, numbers[i].name, numbers[i].fallback);
    signumd_json_end(&writer, '}');
    signum_buf_put_byte(out, '\n');
}

/* Says which member has changed that only a restart can make hold. */
static void
name_restart(const char *name)
{
    signumd_log(SIGNUMD_LOG_WARNING,
        "settings: '%s' has changed, which holds from the next start on", name);
}

void
signumd_settings_change(
    struct signumd_settings *current, struct signumd_settings *changed)
{
    for (size_t i = 0; i < NUMBER_COUNT; i++) {
        if (numbers[i].is_live)
            *field(current, &numbers[i]) = *field(changed, &numbers[i]);
        else if (*field(current, &numbers[i]) != *field(changed, &numbers[i]))
            name_restart(numbers[i].name);
    }
    current->log_level = changed->log_level;
    if (strcmp(current->listen, changed->listen) != 0)
        name_restart("listen");
    if (strcmp(current->metrics_listen, changed->metrics_listen) != 0)
        name_restart("metrics_listen");
    if (strcmp(current->pkcs11_module, changed->pkcs11_module) != 0)
        name_restart("pkcs11.module");
    if (strcmp(current->pkcs11_token, changed->pkcs11_token) != 0)
        name_restart("pkcs11.token");
    if (strcmp(current->pin_file, changed->pin_file) != 0)
        name_restart("pkcs11.pin_file");
    if (strcmp(current->vendor_label, changed->vendor_label) != 0)
        name_restart("pkcs11.vendor_evidence");
    if (strcmp(current->issuers, changed->issuers) != 0)
        name_restart("issuers");
    if (strcmp(current->syslog_address, changed->syslog_address) != 0 ||
        strcmp(current->syslog_ca_file, changed->syslog_ca_file) != 0 ||
        strcmp(current->syslog_certificate_file, changed->syslog_certificate_file) != 0 ||
        strcmp(current->syslog_key_file, changed->syslog_key_file) != 0 ||
        current->syslog_facility != changed->syslog_facility)
        name_restart("syslog");
}

void
signumd_settings_clear(struct signumd_settings *settings)
{
    free(settings->listen);
    free(settings->metrics_listen);
    free(settings->pkcs11_module);
    free(settings->pkcs11_token);
    free(settings->pin_file);
    free(settings->vendor_label);
    free(settings->issuers);
    free(settings->crl_url);
    signumd_texts_clear(&settings->client_ca_files);
    signumd_texts_clear(&settings->client_crl_files);
    free(settings->syslog_address);
    free(settings->syslog_ca_file);
    free(settings->syslog_certificate_file);
    free(settings->syslog_key_file);
    memset(settings, 0, sizeof *settings);
}
