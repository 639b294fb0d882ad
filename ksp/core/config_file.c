#include "config_internal.h"

#include <cjson/cJSON.h>
#include <string.h>

#define NAME_ROOM 256                 /* bytes of a setting's full name */
#define NUMBER_MAX 9007199254740992.0 /* 2^53: what a JSON number holds exactly */
#define SERVICES "services"
#define SERVICE_ANY "services.NAME" /* as the table writes it */

/* One object of the file that is being read. */
struct level {
    const char *path;    /* of the file */
    const char *pattern; /* as the table writes it: "services.NAME.auth"; "" at the top */
    const char *shown;   /* with the service's real name */
    struct signum_service_settings *service;
};

static enum signum_status read_object(struct signum_config_loader *loader,
                                      const struct level *level, const cJSON *object);

static void
join(struct signum_buf *out, const char *head, const char *tail)
{
    signum_buf_printf(out, "%s%s%s", head, *head == 0 ? "" : ".", tail);
}

/* The row of that name, or the number of rows. */
static size_t
find_row(const char *pattern, size_t *count_out)
{
    const struct signum_config_row *rows = signum_config_rows(count_out);
    size_t row = 0;

    while (row < *count_out && strcmp(rows[row].path, pattern) != 0)
        row++;
    return row;
}

/* True if rows lie below that name. */
static bool
is_branch(const char *pattern)
{
    size_t count = 0;
    const struct signum_config_row *rows = signum_config_rows(&count);
    size_t len = strlen(pattern);

    for (size_t i = 0; i < count; i++) {
        if (strncmp(rows[i].path, pattern, len) == 0 && rows[i].path[len] == '.')
            return true;
    }
    return false;
}

/* Appends a value as text; why not, if its type does not fit the row. */
static const char *
put_value(const cJSON *item, enum signum_config_type type, struct signum_buf *text)
{
    switch (type) {
    case SIGNUM_CONFIG_TEXT:
        if (!cJSON_IsString(item))
            return "it must be text";
        signum_buf_put_text(text, item->valuestring);
        break;
    case SIGNUM_CONFIG_NUMBER:
        if (!cJSON_IsNumber(item) || item->valuedouble < 0 || item->valuedouble > NUMBER_MAX ||
            (double)(uint64_t)item->valuedouble != item->valuedouble)
            return "it must be a whole number";
        signum_buf_printf(text, "%.0f", item->valuedouble);
        break;
    case SIGNUM_CONFIG_BOOL:
        if (!cJSON_IsBool(item))
            return "it must be true or false";
        signum_buf_put_text(text, cJSON_IsTrue(item) ? "true" : "false");
        break;
    }
    return signum_buf_status(text) == SIGNUM_OK ? NULL : "it is too long";
}

static enum signum_status
read_value(struct signum_config_loader *loader, const struct level *level, size_t row,
           const char *shown, const cJSON *item)
{
    size_t count = 0;
    const struct signum_config_row *rows = signum_config_rows(&count);
    struct signum_buf text;
    enum signum_status status = SIGNUM_OK;

    signum_buf_init_secret(&text, SIGNUM_CONFIG_TEXT_MAX);
    const char *why = put_value(item, rows[row].type, &text);
    if (why != NULL)
        status = signum_config_refuse(loader, level->path, shown, why);
    else
        status = signum_config_set(loader, row, level->service, level->path, shown,
                                   signum_buf_text(&text));
    signum_buf_clear(&text);
    return status;
}

/* The members of "services" are named by the user. */
static enum signum_status
read_services(struct signum_config_loader *loader, const struct level *level, const cJSON *object)
{
    enum signum_status status = SIGNUM_OK;
    struct signum_buf shown;

    for (const cJSON *item = object->child; item != NULL && status == SIGNUM_OK;
         item = item->next) {
        struct level below = {level->path, SERVICE_ANY, NULL, NULL};
        signum_buf_init(&shown, NAME_ROOM);
        join(&shown, SERVICES, item->string);
        below.shown = signum_buf_text(&shown);
        status = signum_config_add_service(loader, level->path, item->string, &below.service);
        if (status == SIGNUM_OK)
            status = read_object(loader, &below, item);
        signum_buf_clear(&shown);
    }
    return status;
}

static enum signum_status
read_member(struct signum_config_loader *loader, const struct level *level, const cJSON *item,
            const char *pattern, const char *shown)
{
    size_t count = 0;
    /* A name with a dot in it, or none, could be read as another level's. */
    bool is_plain = *item->string != 0 && strchr(item->string, '.') == NULL;
    size_t row = find_row(pattern, &count);
    struct level below = {level->path, pattern, shown, level->service};

    if (is_plain && row < count)
        return read_value(loader, level, row, shown, item);
    if (!is_plain || !is_branch(pattern))
        return signum_config_refuse(loader, level->path, shown, "there is no setting of that name");
    return read_object(loader, &below, item);
}

static enum signum_status
read_object(struct signum_config_loader *loader, const struct level *level, const cJSON *object)
{
    enum signum_status status = SIGNUM_OK;
    struct signum_buf pattern;
    struct signum_buf shown;

    if (!cJSON_IsObject(object))
        return signum_config_refuse(loader, level->path,
                                    *level->shown == 0 ? "the file" : level->shown,
                                    "it must be an object");
    if (strcmp(level->pattern, SERVICES) == 0)
        return read_services(loader, level, object);
    for (const cJSON *item = object->child; item != NULL && status == SIGNUM_OK;
         item = item->next) {
        signum_buf_init(&pattern, NAME_ROOM);
        signum_buf_init(&shown, NAME_ROOM);
        join(&pattern, level->pattern, item->string);
        join(&shown, level->shown, item->string);
        if (signum_buf_status(&pattern) != SIGNUM_OK || signum_buf_status(&shown) != SIGNUM_OK)
            status = signum_config_refuse(loader, level->path, "a name", "it is too long");
        else
            status = read_member(loader, level, item, signum_buf_text(&pattern),
                                 signum_buf_text(&shown));
        signum_buf_clear(&shown);
        signum_buf_clear(&pattern);
    }
    return status;
}

static bool
is_only_space(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (strchr(" \t\r\n", text[i]) == NULL || text[i] == 0)
            return false;
    }
    return true;
}

static enum signum_status
refuse_syntax(struct signum_config_loader *loader, const char *path, const struct signum_buf *data,
              const char *end)
{
    unsigned line = 1;

    for (const char *at = (const char *)data->data; at != NULL && end != NULL && at < end; at++) {
        if (*at == '\n')
            line++;
    }
    signum_buf_printf(loader->cause, "%s: line %u: it is not valid JSON in UTF-8", path, line);
    return SIGNUM_BAD_SETTINGS;
}

static enum signum_status
parse(struct signum_config_loader *loader, const char *path, const struct signum_buf *data)
{
    const char *text = (const char *)data->data;
    const char *end = NULL;
    const struct level top = {path, "", "", NULL};

    if (data->len == 0)
        return refuse_syntax(loader, path, data, NULL);
    cJSON *root = cJSON_ParseWithLengthOpts(text, data->len, &end, 0);
    if (root == NULL || !is_only_space(end, data->len - (size_t)(end - text))) {
        cJSON_Delete(root);
        return refuse_syntax(loader, path, data, end);
    }
    enum signum_status status = read_object(loader, &top, root);
    cJSON_Delete(root);
    return status;
}

enum signum_status
signum_config_read_file(struct signum_config_loader *loader, const char *path, bool is_required)
{
    struct signum_buf data;
    struct signum_buf why;

    loader->layer++;
    signum_buf_init(&data, SIGNUM_CONFIG_FILE_MAX);
    signum_buf_init(&why, NAME_ROOM);
    enum signum_status status = loader->source->read_file(loader->source->self, path,
                                                          SIGNUM_FILE_SETTINGS, &data, &why);
    if (status == SIGNUM_OK) {
        status = parse(loader, path, &data);
    } else if (status == SIGNUM_NOT_FOUND && !is_required) {
        status = SIGNUM_OK;
    } else if (status != SIGNUM_NO_MEMORY) {
        if (why.len == 0)
            signum_buf_put_text(&why, signum_status_text(status));
        signum_buf_printf(loader->cause, "%s: %s", path, signum_buf_text(&why));
        status = SIGNUM_BAD_SETTINGS;
    }
    signum_buf_clear(&why);
    signum_buf_clear(&data);
    return status;
}
