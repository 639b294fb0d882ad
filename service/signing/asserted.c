#include <stdio.h>
#include <string.h>

#include "signing/sign_request.h"

/* A reader of its own for each look, so that what is wrong with one says nothing about others. */
static void
read_text(const struct cJSON *object, const char *name, char text_out[SIGNUMD_ASSERTED_MAX + 1])
{
    struct signumd_json_reader reader;

    signumd_json_reader_init(&reader, object);
    const char *text = signumd_json_get_text(&reader, name, false, SIGNUMD_ASSERTED_MAX);
    if (text != NULL)
        (void)snprintf(text_out, SIGNUMD_ASSERTED_MAX + 1, "%s", text);
}

static const struct cJSON *
find_object(const struct cJSON *parent, const char *name)
{
    struct signumd_json_reader reader;

    signumd_json_reader_init(&reader, parent);
    return signumd_json_get_object(&reader, name);
}

void
signumd_asserted_read(const struct signumd_json_reader *reader,
                      struct signumd_asserted *asserted_out)
{
    const struct cJSON *context = find_object(reader->object, "context");

    memset(asserted_out, 0, sizeof *asserted_out);
    if (context == NULL)
        return;
    read_text(context, "process", asserted_out->process);
    read_text(context, "machine", asserted_out->machine);
    read_text(context, "user", asserted_out->account);
    const struct cJSON *process = find_object(context, "process");
    if (process == NULL)
        return;
    read_text(process, "path", asserted_out->process);
    read_text(process, "sha256", asserted_out->sha256);
    read_text(process, "command_line", asserted_out->command_line);
}

static const char *
told(const char *text)
{
    return text[0] == '\0' ? NULL : text;
}

enum signum_status
signumd_asserted_parse(const struct signum_buf *context, struct signumd_asserted *asserted_out)
{
    struct signum_buf text;
    struct cJSON *object = NULL;
    struct signumd_json_reader reader;

    memset(asserted_out, 0, sizeof *asserted_out);
    if (context->len == 0)
        return SIGNUM_OK;
    signum_buf_init(&text, SIGNUMD_CONTEXT_MAX + 32);
    signum_buf_printf(&text, "{\"context\":%s}", signum_buf_text(context));
    enum signum_status status = signumd_json_parse(signum_bytes_of_buf(&text), &object);
    if (status == SIGNUM_OK) {
        signumd_json_reader_init(&reader, object);
        signumd_asserted_read(&reader, asserted_out);
    }
    signumd_json_free(&object);
    signum_buf_clear(&text);
    return status;
}

void
signumd_asserted_add(const struct signumd_asserted *asserted, struct signumd_facts *facts)
{
    facts->process = told(asserted->process);
    facts->process_sha256 = told(asserted->sha256);
    facts->command_line = told(asserted->command_line);
    facts->machine = told(asserted->machine);
    facts->account = told(asserted->account);
}
