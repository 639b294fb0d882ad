#include "context.h"

#include <cjson/cJSON.h>
#include <string.h>

#include <signum/version.h>

#include "command_line.h"
#include "protocol_json.h"

#define TEXT_MAX 1024     /* bytes of a path and of the command line: what policies look at */
#define NAME_TEXT_MAX 256 /* bytes of a user, a machine, a CI variable */

#define HAS(parts, part) (((parts) >> SIGNUM_CONTEXT_##part & 1) != 0)

static const char *const part_names[SIGNUM_CONTEXT_PART_COUNT] = {
    [SIGNUM_CONTEXT_AGENT] = "agent",
    [SIGNUM_CONTEXT_PROCESS] = "process",
    [SIGNUM_CONTEXT_SHA256] = "sha256",
    [SIGNUM_CONTEXT_SIGNER] = "signer",
    [SIGNUM_CONTEXT_PARENT] = "parent",
    [SIGNUM_CONTEXT_COMMAND_LINE] = "command_line",
    [SIGNUM_CONTEXT_USER] = "user",
    [SIGNUM_CONTEXT_SESSION] = "session",
    [SIGNUM_CONTEXT_MACHINE] = "machine",
    [SIGNUM_CONTEXT_CI] = "ci",
    [SIGNUM_CONTEXT_FILES] = "files",
};

/* Variables of CI systems that say which job this is. None that can hold a secret. */
static const char *const ci_variables[] = {
    /* GitHub, and Forgejo, which sets the same */
    "GITHUB_SERVER_URL", "GITHUB_REPOSITORY", "GITHUB_REF", "GITHUB_SHA", "GITHUB_WORKFLOW",
    "GITHUB_RUN_ID", "GITHUB_RUN_ATTEMPT", "GITHUB_JOB", "GITHUB_ACTOR", "GITHUB_EVENT_NAME",
    "FORGEJO_SERVER_URL", "FORGEJO_REPOSITORY", "FORGEJO_REF", "FORGEJO_SHA", "FORGEJO_RUN_ID",
    "FORGEJO_JOB", "FORGEJO_ACTOR",
    /* GitLab */
    "CI_SERVER_URL", "CI_PROJECT_PATH", "CI_COMMIT_REF_NAME", "CI_COMMIT_SHA", "CI_PIPELINE_ID",
    "CI_JOB_ID", "CI_JOB_NAME", "GITLAB_USER_LOGIN",
    /* Azure Pipelines */
    "SYSTEM_TEAMPROJECT", "BUILD_REPOSITORY_NAME", "BUILD_SOURCEBRANCH", "BUILD_SOURCEVERSION",
    "BUILD_BUILDID", "BUILD_DEFINITIONNAME", "BUILD_REQUESTEDFOR", "SYSTEM_JOBNAME",
    /* Jenkins */
    "JOB_NAME", "BUILD_NUMBER", "GIT_BRANCH", "GIT_COMMIT",
};

/* Given up one after the other if the whole is too long: what policies do not look at first. */
static const enum signum_context_part spare[] = {
    SIGNUM_CONTEXT_FILES,  SIGNUM_CONTEXT_CI,     SIGNUM_CONTEXT_PARENT,
    SIGNUM_CONTEXT_SIGNER, SIGNUM_CONTEXT_COMMAND_LINE,
};

static bool
set_part(const char *name, size_t len, unsigned *parts)
{
    for (unsigned i = 0; i < SIGNUM_CONTEXT_PART_COUNT; i++) {
        if (strlen(part_names[i]) != len || memcmp(part_names[i], name, len) != 0)
            continue;
        *parts |= 1u << i;
        return true;
    }
    return false;
}

const char *
signum_context_parse(const char *setting, unsigned *parts_inout)
{
    unsigned parts = 0;

    if (strcmp(setting, "all") == 0)
        parts = SIGNUM_CONTEXT_ALL;
    else if (strcmp(setting, "none") != 0)
        for (const char *at = setting + strspn(setting, ", "); *at != 0; at += strspn(at, ", ")) {
            size_t len = strcspn(at, ", ");
            if (!set_part(at, len, &parts))
                return "it must be all, none, or some of agent, process, sha256, signer, parent, "
                       "command_line, user, session, machine, ci, files";
            at += len;
        }
    *parts_inout = parts;
    return NULL;
}

/* Bytes of the UTF-8 character there (RFC 3629); 0 if it is none. */
static size_t
character_len(const unsigned char *at)
{
    size_t len = at[0] < 0x80 ? 1 : at[0] < 0xC2 ? 0 : at[0] < 0xE0 ? 2 : at[0] < 0xF0 ? 3 : 4;

    if (at[0] > 0xF4 || (at[0] == 0xE0 && at[1] < 0xA0) || (at[0] == 0xED && at[1] > 0x9F) ||
        (at[0] == 0xF0 && at[1] < 0x90) || (at[0] == 0xF4 && at[1] > 0x8F))
        return 0;
    for (size_t i = 1; i < len; i++)
        if ((at[i] & 0xC0) != 0x80)
            return 0;
    return len;
}

/* Adds a text of at most `max` bytes, cut between characters. What is no text becomes '?': paths
   and arguments of Linux are bytes. */
static enum signum_status
put_text(cJSON *object, const char *name, const char *text, size_t max)
{
    enum signum_status status = SIGNUM_OK;
    const unsigned char *at = (const unsigned char *)text;
    struct signum_buf clean;

    if (*text == 0)
        return SIGNUM_OK;
    signum_buf_init(&clean, max);
    while (*at != 0) {
        size_t len = character_len(at);
        bool is_text = len > 0 && *at >= 0x20 && *at != 0x7F;
        if (clean.len + (is_text ? len : 1) > max)
            break;
        signum_buf_put(&clean, is_text ? (const void *)at : "?", is_text ? len : 1);
        at += len > 0 ? len : 1;
    }
    cJSON *item = cJSON_CreateString(signum_buf_text(&clean));
    bool is_added = item != NULL && (name == NULL ? cJSON_AddItemToArray(object, item)
                                                  : cJSON_AddItemToObject(object, name, item));
    if (signum_buf_status(&clean) != SIGNUM_OK || !is_added)
        status = SIGNUM_NO_MEMORY;
    if (!is_added)
        cJSON_Delete(item);
    signum_buf_clear(&clean);
    return status;
}

static enum signum_status
put_command_line(cJSON *process, const struct signum_context *known)
{
    struct signum_buf line;

    signum_buf_init(&line, known->arguments.max * 2);
    signum_command_line_redact(signum_bytes_of_buf(&known->arguments), &line);
    enum signum_status status = signum_buf_status(&line);
    if (status == SIGNUM_OK)
        status = put_text(process, "command_line", signum_buf_text(&line), TEXT_MAX);
    signum_buf_clear(&line);
    return status;
}

static enum signum_status
put_process(cJSON *object, const struct signum_context *known, unsigned parts)
{
    const struct {
        bool is_wanted;
        const char *name;
        const struct signum_buf *value;
    } rows[] = {
        {HAS(parts, PROCESS), "path", &known->process},
        {HAS(parts, SHA256), "sha256", &known->sha256},
        {HAS(parts, SIGNER), "signer", &known->signer},
        {HAS(parts, PARENT), "parent", &known->parent},
    };
    enum signum_status status = SIGNUM_OK;
    cJSON *process = cJSON_AddObjectToObject(object, "process");

    if (process == NULL)
        return SIGNUM_NO_MEMORY;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0] && status == SIGNUM_OK; i++)
        if (rows[i].is_wanted)
            status = put_text(process, rows[i].name, signum_buf_text(rows[i].value), TEXT_MAX);
    if (status == SIGNUM_OK && HAS(parts, COMMAND_LINE))
        status = put_command_line(process, known);
    if (process->child == NULL)
        cJSON_DeleteItemFromObjectCaseSensitive(object, "process");
    return status;
}

static enum signum_status
put_ci(cJSON *object, const struct signum_settings_source *source)
{
    enum signum_status status = SIGNUM_OK;
    cJSON *ci = cJSON_AddObjectToObject(object, "ci");
    struct signum_buf value;

    if (ci == NULL)
        return SIGNUM_NO_MEMORY;
    for (size_t i = 0; i < sizeof ci_variables / sizeof ci_variables[0]; i++) {
        signum_buf_init(&value, TEXT_MAX);
        if (source->variable(source->self, ci_variables[i], &value) == SIGNUM_OK)
            status = put_text(ci, ci_variables[i], signum_buf_text(&value), NAME_TEXT_MAX);
        signum_buf_clear(&value);
        if (status != SIGNUM_OK)
            return status;
    }
    if (ci->child == NULL)
        cJSON_DeleteItemFromObjectCaseSensitive(object, "ci");
    return SIGNUM_OK;
}

static enum signum_status
put_files(cJSON *object, const struct signum_context *known)
{
    enum signum_status status = SIGNUM_OK;
    cJSON *array = cJSON_AddArrayToObject(object, "files");
    struct signum_buf names;

    if (array == NULL)
        return SIGNUM_NO_MEMORY;
    signum_buf_init(&names, known->arguments.max);
    signum_command_line_files(signum_bytes_of_buf(&known->arguments), TEXT_MAX, &names);
    const char *at = signum_buf_text(&names);
    const char *end = at + names.len;
    for (; at < end && status == SIGNUM_OK; at += strlen(at) + 1)
        status = put_text(array, NULL, at, NAME_TEXT_MAX);
    if (array->child == NULL)
        cJSON_DeleteItemFromObjectCaseSensitive(object, "files");
    signum_buf_clear(&names);
    return status;
}

static enum signum_status
put_parts(cJSON *object, const struct signum_ports *ports, const struct signum_context *known,
          unsigned parts)
{
    enum signum_status status = SIGNUM_OK;

    if (HAS(parts, AGENT))
        status = put_text(object, "agent", "signum/" SIGNUM_VERSION, NAME_TEXT_MAX);
    if (status == SIGNUM_OK)
        status = put_process(object, known, parts);
    if (status == SIGNUM_OK && HAS(parts, USER))
        status = put_text(object, "user", signum_buf_text(&known->user), NAME_TEXT_MAX);
    if (status == SIGNUM_OK && HAS(parts, SESSION))
        status = put_text(object, "session", signum_buf_text(&known->session), NAME_TEXT_MAX);
    if (status == SIGNUM_OK && HAS(parts, MACHINE))
        status = put_text(object, "machine", signum_buf_text(&known->machine), NAME_TEXT_MAX);
    if (status == SIGNUM_OK && HAS(parts, CI))
        status = put_ci(object, &ports->settings);
    if (status == SIGNUM_OK && HAS(parts, FILES))
        status = put_files(object, known);
    return status;
}

static enum signum_status
print_parts(const struct signum_ports *ports, const struct signum_context *known, unsigned parts,
            struct signum_buf *text_out)
{
    cJSON *object = cJSON_CreateObject();
    enum signum_status status =
        object == NULL ? SIGNUM_NO_MEMORY : put_parts(object, ports, known, parts);

    signum_buf_clear(text_out);
    if (status == SIGNUM_OK)
        status = signum_json_print(object, text_out);
    cJSON_Delete(object);
    return status;
}

static enum signum_status
make(struct signum_context_text *context)
{
    const struct signum_process_context *process = &context->ports->process;
    unsigned parts = context->parts;
    struct signum_context known;

    signum_context_init(&known);
    enum signum_status status = process->describe(process->self, parts, &known);
    if (status == SIGNUM_OK)
        status = print_parts(context->ports, &known, parts, &context->text);
    for (size_t i = 0; i < sizeof spare / sizeof spare[0] && status == SIGNUM_TOO_LARGE; i++) {
        parts &= ~(1u << spare[i]);
        status = print_parts(context->ports, &known, parts, &context->text);
    }
    signum_context_clear(&known);
    return status;
}

void
signum_context_text_init(struct signum_context_text *context, const struct signum_ports *ports,
                         const struct signum_log *log, unsigned parts)
{
    memset(context, 0, sizeof *context);
    context->ports = ports;
    context->log = log;
    context->parts = parts;
    signum_lock_init(&context->lock);
    signum_buf_init(&context->text, SIGNUM_CONTEXT_TEXT_MAX);
}

void
signum_context_text_clear(struct signum_context_text *context)
{
    signum_buf_clear(&context->text);
    signum_lock_clear(&context->lock);
}

const char *
signum_context_text(struct signum_context_text *context)
{
    if (context->parts == 0)
        return NULL;
    signum_lock_acquire(&context->lock);
    if (!context->is_made) {
        enum signum_status status = make(context);
        /* asserted, not needed: a signature does not fail because a user has no name */
        if (status != SIGNUM_OK) {
            signum_log_warning(context->log, "the calling process cannot be described: %s",
                               signum_status_text(status));
            signum_buf_clear(&context->text);
        }
        context->is_made = true;
    }
    bool is_there = context->text.len > 0;
    signum_lock_release(&context->lock);
    return is_there ? signum_buf_text(&context->text) : NULL;
}
