#include "config_internal.h"

#include <string.h>

#include "context.h"
#include "protocol.h"

#define SERVICE_NAME_MAX 64
#define TIMEOUT_MAX_MS 3600000u /* an hour */
#define FIRST_SERVICE "main"    /* the service that variables alone make */

static const struct signum_config_row *
rows(void)
{
    size_t count;

    return signum_config_rows(&count);
}

/* Does the row belong to each service (`service` is not NULL), or to the settings? */
static bool
is_of(size_t row, const struct signum_service_settings *service)
{
    return (signum_config_place(row).owner == SIGNUM_PLACE_SERVICE) == (service != NULL);
}

enum signum_status
signum_config_refuse(struct signum_config_loader *loader, const char *where, const char *name,
                     const char *why)
{
    signum_buf_printf(loader->cause, "%s: %s: %s", where, name, why);
    return SIGNUM_BAD_SETTINGS;
}

/* ---- Values ---- */

static const char *
set_number(uint64_t *number, const char *text)
{
    uint64_t value = 0;

    for (const char *at = text; *at != 0; at++) {
        if (*at < '0' || *at > '9' || value > TIMEOUT_MAX_MS)
            return "it must be a whole number from 1 to 3600000";
        value = value * 10 + (uint64_t)(*at - '0');
    }
    if (value == 0 || value > TIMEOUT_MAX_MS)
        return "it must be a whole number from 1 to 3600000";
    *number = value;
    return NULL;
}

static const char *
set_bool(bool *flag, const char *text)
{
    bool is_true = strcmp(text, "true") == 0 || strcmp(text, "1") == 0;

    if (!is_true && strcmp(text, "false") != 0 && strcmp(text, "0") != 0)
        return "it must be true or false";
    *flag = is_true;
    return NULL;
}

static const char *
set_text(struct signum_buf *buf, const char *text)
{
    for (const char *at = text; *at != 0; at++) {
        if ((unsigned char)*at < 0x20 || *at == 0x7F)
            return "there is a control character in it";
    }
    signum_buf_clear(buf);
    signum_buf_put_text(buf, text);
    return signum_buf_status(buf) == SIGNUM_OK ? NULL : "it is too long";
}

static const char *
put_url(struct signum_buf *buf, const char *text, size_t len)
{
    struct signum_buf url;

    while (len > 0 && text[len - 1] == '/')
        len--;
    signum_buf_init(&url, SIGNUM_CONFIG_TEXT_MAX);
    signum_buf_put(&url, text, len);
    const char *why = signum_config_check_url(signum_buf_text(&url));
    if (why == NULL) {
        signum_buf_printf(buf, "%s%s", buf->len > 0 ? " " : "", signum_buf_text(&url));
        why = signum_buf_status(buf) == SIGNUM_OK ? NULL : "it is too long";
    }
    signum_buf_clear(&url);
    return why;
}

/* One address, or several of the same service with spaces between them. */
static const char *
set_urls(struct signum_service_settings *service, const char *text)
{
    size_t count = 0;
    const char *why = NULL;

    signum_buf_clear(&service->url);
    signum_buf_clear(&service->more_urls);
    for (const char *at = text; why == NULL && (*at != 0 || count == 0); count++) {
        size_t len = strcspn(at, " ");
        if (count == SIGNUM_CONFIG_URLS_MAX)
            return "there are more than 8 addresses";
        why = put_url(count == 0 ? &service->url : &service->more_urls, at, len);
        at += len;
        at += strspn(at, " ");
    }
    return why;
}

/* A sign-in's setting: a text, also where it is true or false. */
static const char *
set_auth(struct signum_buf *buf, size_t row, const char *text)
{
    bool flag = false;

    if (rows()[row].type != SIGNUM_CONFIG_BOOL)
        return set_text(buf, text);
    const char *why = set_bool(&flag, text);
    return why != NULL ? why : set_text(buf, flag ? "true" : "false");
}

/* Sets a row that is more than text; falls through to text for the others. */
static const char *
set_value(struct signum_config_loader *loader, size_t row, void *owner, const char *text)
{
    struct signum_settings *settings = loader->settings;

    switch (row) {
    case SIGNUM_ROW_DEFAULT_SERVICE:
        return set_text(&loader->default_name, text);
    case SIGNUM_ROW_TIMEOUT_MS:
        return set_number(&settings->timeout_ms, text);
    case SIGNUM_ROW_APPROVAL_TIMEOUT_MS:
        return set_number(&settings->approval_timeout_ms, text);
    case SIGNUM_ROW_LOG_LEVEL:
        if (signum_log_level_parse(text, &settings->log_level) != SIGNUM_OK)
            return "it must be error, warning, info or debug";
        return NULL;
    case SIGNUM_ROW_ALLOW_SHA1:
        return set_bool(&settings->is_sha1_allowed, text);
    case SIGNUM_ROW_ALLOW_DELETE:
        return set_bool(&settings->is_delete_allowed, text);
    case SIGNUM_ROW_CONTEXT:
        return signum_context_parse(text, &settings->context_parts);
    case SIGNUM_ROW_REASON:
        return strlen(text) <= SIGNUM_REASON_MAX ? set_text(&settings->reason, text)
                                                 : "it is too long";
    case SIGNUM_ROW_PIN:
        return strlen(text) <= SIGNUM_PIN_MAX ? set_text(&settings->pin, text) : "it is too long";
    case SIGNUM_ROW_URL:
        return set_urls(owner, text);
    default:
        return set_auth(
            (struct signum_buf *)(void *)((char *)owner + signum_config_place(row).offset), row,
            text);
    }
}

/* Only the strongest layer that names a credential counts, with all that it names. */
static void
clear_credentials(struct signum_service_settings *service)
{
    for (size_t i = 0; i < SIGNUM_AUTH_SETTING_COUNT; i++) {
        if (signum_config_is_credential(SIGNUM_ROW_AUTH + i))
            signum_buf_clear(&service->auth[i]);
    }
}

enum signum_status
signum_config_set(struct signum_config_loader *loader, size_t row,
                  struct signum_service_settings *service, const char *where, const char *name,
                  const char *text)
{
    void *owner = signum_config_place(row).owner == SIGNUM_PLACE_SERVICE ? (void *)service
                                                                         : (void *)loader->settings;

    if (signum_config_is_credential(row)) {
        unsigned *layer = &loader->credential_layer[service - loader->settings->services];
        if (*layer != loader->layer)
            clear_credentials(service);
        *layer = loader->layer;
    }
    const char *why = set_value(loader, row, owner, text);
    return why == NULL ? SIGNUM_OK : signum_config_refuse(loader, where, name, why);
}

/* ---- Services ---- */

static void
service_init(struct signum_service_settings *service)
{
    signum_buf_init(&service->name, SERVICE_NAME_MAX);
    signum_buf_init(&service->url, SIGNUM_CONFIG_TEXT_MAX);
    signum_buf_init(&service->more_urls, SIGNUM_CONFIG_TEXT_MAX);
    signum_buf_init(&service->protocol, SIGNUM_CONFIG_TEXT_MAX);
    signum_buf_init(&service->ca_file, SIGNUM_CONFIG_TEXT_MAX);
    for (size_t i = 0; i < SIGNUM_AUTH_SETTING_COUNT; i++) {
        if (signum_config_is_secret(SIGNUM_ROW_AUTH + i))
            signum_buf_init_secret(&service->auth[i], SIGNUM_HTTP_HEADER_MAX);
        else
            signum_buf_init(&service->auth[i], SIGNUM_CONFIG_TEXT_MAX);
    }
}

static void
service_clear(struct signum_service_settings *service)
{
    signum_buf_clear(&service->name);
    signum_buf_clear(&service->url);
    signum_buf_clear(&service->more_urls);
    signum_buf_clear(&service->protocol);
    signum_buf_clear(&service->ca_file);
    for (size_t i = 0; i < SIGNUM_AUTH_SETTING_COUNT; i++)
        signum_buf_clear(&service->auth[i]);
}

static struct signum_service_settings *
find_service(struct signum_settings *settings, const char *name)
{
    for (size_t i = 0; i < settings->service_count; i++) {
        if (strcmp(signum_buf_text(&settings->services[i].name), name) == 0)
            return &settings->services[i];
    }
    return NULL;
}

static bool
is_service_name(const char *name)
{
    static const char allowed[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
    size_t len = strlen(name);

    return len > 0 && len <= SERVICE_NAME_MAX && strspn(name, allowed) == len;
}

static enum signum_status
set_fallbacks(struct signum_config_loader *loader, struct signum_service_settings *service)
{
    enum signum_status status = SIGNUM_OK;

    for (size_t i = 0; i < SIGNUM_ROW_COUNT && status == SIGNUM_OK; i++) {
        if (is_of(i, service) && *rows()[i].fallback != 0)
            status = signum_config_set(
                loader, i, service, "default", rows()[i].variable, rows()[i].fallback);
    }
    return status;
}

enum signum_status
signum_config_add_service(struct signum_config_loader *loader, const char *where,
                          const char *name, struct signum_service_settings **service_out)
{
    struct signum_settings *settings = loader->settings;

    *service_out = find_service(settings, name);
    if (*service_out != NULL)
        return SIGNUM_OK;
    if (!is_service_name(name))
        return signum_config_refuse(loader, where, "services",
                                    "a service's name is 1 to 64 of A-Z a-z 0-9 . _ -");
    if (settings->service_count == SIGNUM_CONFIG_SERVICES_MAX)
        return signum_config_refuse(loader, where, "services", "there are more than 16");

    struct signum_service_settings *service = &settings->services[settings->service_count++];
    signum_buf_put_text(&service->name, name);
    *service_out = service;
    enum signum_status status = signum_buf_status(&service->name);
    return status != SIGNUM_OK ? status : set_fallbacks(loader, service);
}

/* ---- Layers ---- */

static enum signum_status
read_variable(struct signum_config_loader *loader, size_t row,
              struct signum_service_settings *service)
{
    const struct signum_settings_source *source = loader->source;
    struct signum_buf value;

    signum_buf_init_secret(&value, SIGNUM_HTTP_HEADER_MAX);
    enum signum_status status = source->variable(source->self, rows()[row].variable, &value);
    if (status == SIGNUM_TOO_LARGE)
        status = signum_config_refuse(loader, "variable", rows()[row].variable, "it is too long");
    else if (status == SIGNUM_INVALID_ARGUMENT)
        status =
            signum_config_refuse(loader, "variable", rows()[row].variable, "it is not valid text");
    /* An empty variable is one that is not set: that is how Windows sees it. */
    else if (status == SIGNUM_OK && value.len > 0)
        status = signum_config_set(
            loader, row, service, "variable", rows()[row].variable, signum_buf_text(&value));
    signum_buf_clear(&value);
    return status == SIGNUM_NOT_FOUND ? SIGNUM_OK : status;
}

static enum signum_status
read_variables(struct signum_config_loader *loader, struct signum_service_settings *service)
{
    enum signum_status status = SIGNUM_OK;

    for (size_t i = SIGNUM_ROW_CONFIG + 1; i < SIGNUM_ROW_COUNT && status == SIGNUM_OK; i++) {
        if (is_of(i, service))
            status = read_variable(loader, i, service);
    }
    return status;
}

typedef enum signum_status find_path(void *self, struct signum_buf *path_out);

static enum signum_status
read_usual_file(struct signum_config_loader *loader, find_path *find)
{
    struct signum_buf path;

    signum_buf_init(&path, SIGNUM_CONFIG_TEXT_MAX);
    enum signum_status status = find(loader->source->self, &path);
    if (status == SIGNUM_OK)
        status = signum_config_read_file(loader, signum_buf_text(&path), false);
    signum_buf_clear(&path);
    return status == SIGNUM_NOT_FOUND ? SIGNUM_OK : status;
}

static enum signum_status
read_files(struct signum_config_loader *loader)
{
    const struct signum_settings_source *source = loader->source;
    struct signum_buf only;

    signum_buf_init(&only, SIGNUM_CONFIG_TEXT_MAX);
    enum signum_status status =
        source->variable(source->self, rows()[SIGNUM_ROW_CONFIG].variable, &only);
    if (status == SIGNUM_OK && only.len > 0) {
        status = signum_config_read_file(loader, signum_buf_text(&only), true);
    } else if (status == SIGNUM_OK || status == SIGNUM_NOT_FOUND) {
        status = read_usual_file(loader, source->machine_file);
        if (status == SIGNUM_OK)
            status = read_usual_file(loader, source->user_file);
    }
    signum_buf_clear(&only);
    return status;
}

/* The service that the variables of a service belong to; NULL if there is none. */
static enum signum_status
pick_default(struct signum_config_loader *loader, struct signum_service_settings **service_out)
{
    struct signum_settings *settings = loader->settings;
    const struct signum_settings_source *source = loader->source;
    const char *name = signum_buf_text(&loader->default_name);
    struct signum_buf url;

    *service_out = find_service(settings, *name != 0 ? name : FIRST_SERVICE);
    if (*service_out == NULL && *name == 0 && settings->service_count == 1)
        *service_out = &settings->services[0];
    if (*service_out != NULL)
        return SIGNUM_OK;
    if (settings->service_count > 0) {
        if (*name != 0)
            return signum_config_refuse(loader, "default_service", name,
                                        "there is no service of that name");
        return signum_config_refuse(loader, "settings", "default_service",
                                    "it is needed where there are several services");
    }
    signum_buf_init(&url, SIGNUM_CONFIG_TEXT_MAX);
    enum signum_status status =
        source->variable(source->self, rows()[SIGNUM_ROW_URL].variable, &url);
    bool is_set = status == SIGNUM_OK && url.len > 0;
    signum_buf_clear(&url);
    if (is_set)
        return signum_config_add_service(loader, "variable", *name != 0 ? name : FIRST_SERVICE,
                                         service_out);
    return status == SIGNUM_NOT_FOUND ? SIGNUM_OK : status;
}

static enum signum_status
check_services(struct signum_config_loader *loader)
{
    const struct signum_settings *settings = loader->settings;

    for (size_t i = 0; i < settings->service_count; i++) {
        if (settings->services[i].url.len == 0)
            return signum_config_refuse(loader, "services",
                                        signum_buf_text(&settings->services[i].name),
                                        "the url is missing");
    }
    return SIGNUM_OK;
}

static enum signum_status
load(struct signum_config_loader *loader)
{
    struct signum_service_settings *service = NULL;
    enum signum_status status = set_fallbacks(loader, NULL);

    if (status == SIGNUM_OK)
        status = read_files(loader);
    loader->layer++;
    if (status == SIGNUM_OK)
        status = read_variables(loader, NULL);
    if (status == SIGNUM_OK)
        status = pick_default(loader, &service);
    if (status == SIGNUM_OK && service != NULL) {
        loader->settings->default_service = (size_t)(service - loader->settings->services);
        status = read_variables(loader, service);
    }
    return status != SIGNUM_OK ? status : check_services(loader);
}

enum signum_status
signum_config_load(const struct signum_settings_source *source,
                   struct signum_settings *settings_out, struct signum_buf *cause)
{
    struct signum_config_loader loader = {.source = source, .settings = settings_out,
                                          .cause = cause};

    signum_settings_init(settings_out);
    signum_buf_init(&loader.default_name, SIGNUM_CONFIG_TEXT_MAX);
    enum signum_status status = load(&loader);
    if (status != SIGNUM_OK)
        signum_settings_clear(settings_out);
    signum_buf_clear(&loader.default_name);
    return status;
}

void
signum_settings_init(struct signum_settings *settings)
{
    memset(settings, 0, sizeof *settings);
    for (size_t i = 0; i < SIGNUM_CONFIG_SERVICES_MAX; i++)
        service_init(&settings->services[i]);
    signum_buf_init(&settings->log_file, SIGNUM_CONFIG_TEXT_MAX);
    signum_buf_init(&settings->reason, SIGNUM_REASON_MAX);
    signum_buf_init_secret(&settings->pin, SIGNUM_PIN_MAX);
    settings->log_level = SIGNUM_LOG_INFO;
}

void
signum_settings_clear(struct signum_settings *settings)
{
    for (size_t i = 0; i < SIGNUM_CONFIG_SERVICES_MAX; i++)
        service_clear(&settings->services[i]);
    signum_buf_clear(&settings->log_file);
    signum_buf_clear(&settings->reason);
    signum_buf_clear(&settings->pin);
    settings->service_count = 0;
    settings->default_service = 0;
}

const char *
signum_auth_setting(const struct signum_service_settings *service, enum signum_auth_setting setting)
{
    return signum_buf_text(&service->auth[setting]);
}
