#include "base/settings.h"

#include <stdlib.h>
#include <string.h>

#include "base/files.h"
#include "base/json.h"
#include "base/log.h"

#define FILE_MAX ((size_t)64 * 1024)
#define TEXT_MAX 4096

static const char *const top_names[] = {"version",         "listen",         "pkcs11", "workers",
                                        "max_connections", "idle_timeout_s", "drain_timeout_s"};
static const char *const pkcs11_names[] = {"module", "token", "pin_file"};

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
    signumd_json_check_names(&reader, pkcs11_names, 3);
    settings->pkcs11_module = copy_text(&reader, "module", NULL);
    settings->pkcs11_token = copy_text(&reader, "token", NULL);
    settings->pin_file = copy_text(&reader, "pin_file", "token.pin");
    if (reader.failure != SIGNUM_OK)
        signumd_json_refuse(top, reader.field, reader.cause);
}

static void
read_all(struct signumd_json_reader *reader, struct signumd_settings *settings)
{
    signumd_json_check_names(reader, top_names, sizeof top_names / sizeof top_names[0]);
    if (signumd_json_get_number(reader, "version", 1, 1, 0) != 1)
        signumd_json_refuse(reader, "version", "is missing; this program knows version 1");
    settings->listen = copy_text(reader, "listen", SIGNUMD_DEFAULT_LISTEN);
    settings->workers = (uint32_t)signumd_json_get_number(reader, "workers", 1, 256, 8);
    settings->max_connections =
        (uint32_t)signumd_json_get_number(reader, "max_connections", 1, 10000, 256);
    settings->idle_timeout_s =
        (uint32_t)signumd_json_get_number(reader, "idle_timeout_s", 1, 3600, 60);
    settings->drain_timeout_s =
        (uint32_t)signumd_json_get_number(reader, "drain_timeout_s", 1, 3600, 30);
    read_pkcs11(reader, settings);
}

static bool
is_complete(const struct signumd_settings *settings)
{
    return settings->listen != NULL && settings->pkcs11_module != NULL &&
           settings->pkcs11_token != NULL && settings->pin_file != NULL;
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
    signumd_json_put_number(&writer, "workers", 8);
    signumd_json_put_number(&writer, "max_connections", 256);
    signumd_json_put_number(&writer, "idle_timeout_s", 60);
    signumd_json_put_number(&writer, "drain_timeout_s", 30);
    signumd_json_end(&writer, '}');
    signum_buf_put_byte(out, '\n');
}

void
signumd_settings_clear(struct signumd_settings *settings)
{
    free(settings->listen);
    free(settings->pkcs11_module);
    free(settings->pkcs11_token);
    free(settings->pin_file);
    memset(settings, 0, sizeof *settings);
}
