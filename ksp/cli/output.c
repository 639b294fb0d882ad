#include "output.h"

#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "advice.h"

void
signum_output_init(struct signum_output *output, FILE *out, FILE *err)
{
    memset(output, 0, sizeof(*output));
    output->out = out;
    output->err = err;
}

void
signum_output_use_json(struct signum_output *output)
{
    if (output->is_json) {
        return;
    }
    output->is_json = true;
    output->root = cJSON_CreateObject();
    if (output->root == NULL) {
        output->is_broken = true;
    }
}

bool
signum_output_finish(struct signum_output *output)
{
    if (output->is_json) {
        char *text = cJSON_Print(output->root);
        if (text == NULL || fprintf(output->out, "%s\n", text) < 0) {
            output->is_broken = true;
        }
        cJSON_free(text);
    }
    cJSON_Delete(output->root);
    output->root = NULL;
    output->list = NULL;
    output->item = NULL;
    if (fflush(output->out) != 0 || ferror(output->out) != 0) {
        output->is_broken = true;
    }
    (void)fflush(output->err);
    return !output->is_broken;
}

/* Control characters as '?', so that no text from outside can steer the terminal. Bytes above 0x7f
   belong to UTF-8 and stay, except the C1 controls, which are 0xc2 0x80 to 0xc2 0x9f there. */
static void
make_harmless(struct signum_buf *text)
{
    for (size_t i = 0; i < text->len; i++) {
        uint8_t byte = text->data[i];
        bool is_c1 = byte == 0xc2 && i + 1 < text->len && text->data[i + 1] < 0xa0;
        if (is_c1) {
            text->data[i] = '?';
            text->data[i + 1] = '?';
        }
        if ((byte < 0x20 && byte != '\n') || byte == 0x7f) {
            text->data[i] = '?';
        }
    }
}

static void
print(struct signum_output *output, FILE *stream, const char *prefix, const char *format,
      va_list args)
{
    struct signum_buf text;
    signum_buf_init(&text, SIGNUM_OUTPUT_LINE_MAX);
    va_list measure;
    va_copy(measure, args);
    int len = vsnprintf(NULL, 0, format, measure);
    va_end(measure);
    char *line = len < 0 ? NULL : malloc((size_t)len + 1);
    if (line == NULL) {
        output->is_broken = true;
        return;
    }
    vsnprintf(line, (size_t)len + 1, format, args);
    signum_buf_put_text(&text, prefix);
    signum_buf_put_text(&text, line);
    free(line);
    make_harmless(&text);
    if (signum_buf_status(&text) != SIGNUM_OK ||
        fprintf(stream, "%s\n", signum_buf_text(&text)) < 0) {
        output->is_broken = true;
    }
    signum_buf_clear(&text);
}

void
signum_output_say(struct signum_output *output, const char *format, ...)
{
    if (output->is_json) {
        return;
    }
    va_list args;
    va_start(args, format);
    print(output, output->out, "", format, args);
    va_end(args);
}

void
signum_output_note(struct signum_output *output, const char *format, ...)
{
    /* What was said on stdout before must stand before it where both go to one terminal. */
    (void)fflush(output->out);
    va_list args;
    va_start(args, format);
    print(output, output->err, "signum: ", format, args);
    va_end(args);
}

static void
keep_error(struct signum_output *output, enum signum_status status, const char *cause,
           const char *next, const char *request)
{
    if (!output->is_json || cJSON_HasObjectItem(output->root, "error")) {
        return;
    }
    cJSON *error = cJSON_AddObjectToObject(output->root, "error");
    if (cJSON_AddStringToObject(error, "status", signum_status_name(status)) == NULL ||
        cJSON_AddStringToObject(error, "message", cause) == NULL ||
        cJSON_AddStringToObject(error, "next", next) == NULL) {
        output->is_broken = true;
    }
    if (request[0] != '\0' && cJSON_AddStringToObject(error, "request", request) == NULL) {
        output->is_broken = true;
    }
}

void
signum_output_error(struct signum_output *output, enum signum_status status, const char *cause,
                    const char *next, const char *request)
{
    const char *what = cause == NULL || cause[0] == '\0' ? signum_status_text(status) : cause;
    const char *step = next == NULL ? signum_advice_for(status) : next;
    const char *id = request == NULL ? "" : request;
    if (id[0] == '\0') {
        signum_output_note(output, "%s; %s", what, step);
    } else {
        signum_output_note(output, "%s (request %s); %s", what, id, step);
    }
    keep_error(output, status, what, step, id);
}

void
signum_output_report(struct signum_output *output, const struct signum_report *report)
{
    signum_output_error(output, report->status, signum_buf_text(&report->text), NULL,
                        signum_buf_text(&report->request));
}

static cJSON *
place(const struct signum_output *output)
{
    return output->item != NULL ? output->item : output->root;
}

void
signum_output_put_text(struct signum_output *output, const char *name, const char *value)
{
    if (output->is_json && cJSON_AddStringToObject(place(output), name, value) == NULL) {
        output->is_broken = true;
    }
}

void
signum_output_put_json(struct signum_output *output, const char *name, const char *json)
{
    if (output->is_json && cJSON_AddRawToObject(place(output), name, json) == NULL) {
        output->is_broken = true;
    }
}

void
signum_output_put_number(struct signum_output *output, const char *name, int64_t value)
{
    if (output->is_json && cJSON_AddNumberToObject(place(output), name, (double)value) == NULL) {
        output->is_broken = true;
    }
}

void
signum_output_put_bool(struct signum_output *output, const char *name, bool value)
{
    if (output->is_json && cJSON_AddBoolToObject(place(output), name, value) == NULL) {
        output->is_broken = true;
    }
}

void
signum_output_open_list(struct signum_output *output, const char *name)
{
    if (!output->is_json) {
        return;
    }
    output->list = cJSON_AddArrayToObject(output->root, name);
    if (output->list == NULL) {
        output->is_broken = true;
    }
}

void
signum_output_close_list(struct signum_output *output)
{
    output->list = NULL;
    output->item = NULL;
}

void
signum_output_open_item(struct signum_output *output)
{
    if (!output->is_json) {
        return;
    }
    cJSON *item = cJSON_CreateObject();
    if (item == NULL || !cJSON_AddItemToArray(output->list, item)) {
        cJSON_Delete(item);
        output->is_broken = true;
        return;
    }
    output->item = item;
}

void
signum_output_close_item(struct signum_output *output)
{
    output->item = NULL;
}
