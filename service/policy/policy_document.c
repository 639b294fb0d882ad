#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/policy.h"

void
signumd_policy_init(struct signumd_policy *policy)
{
    memset(policy, 0, sizeof *policy);
    policy->priority = SIGNUMD_PRIORITY_DEFAULT;
}

void
signumd_policy_clear(struct signumd_policy *policy)
{
    for (size_t i = 0; i < SIGNUMD_PART_COUNT; i++)
        signumd_texts_clear(&policy->parts[i]);
    signumd_claims_clear(policy);
    free(policy->description);
    signumd_policy_init(policy);
}

/* What the walk over an array of texts needs. */
struct taker {
    struct signumd_texts *texts;
    const struct signumd_part_info *info;
};

static const char *
take(void *context, const char *text)
{
    const struct taker *taker = context;

    if (strlen(text) > SIGNUMD_POLICY_ITEM_MAX)
        return "is longer than 512 bytes";
    const char *fault = taker->info->check(text);
    if (fault != NULL)
        return fault;
    if (signumd_texts_has(taker->texts, text))
        return "is given twice";
    return signumd_texts_add(taker->texts, text) == SIGNUM_OK ? NULL : "is too much to remember";
}

static void
read_part(struct signumd_json_reader *reader, struct signumd_policy *policy,
          enum signumd_policy_part part)
{
    const struct signumd_part_info *info = signumd_part_info(part);
    struct taker taker = {&policy->parts[part], info};

    if (!info->is_single) {
        signumd_json_get_list(reader, info->member, SIGNUMD_POLICY_ITEMS_MAX, take, &taker);
        return;
    }
    const char *text =
        signumd_json_get_text(reader, info->member, false, SIGNUMD_POLICY_ITEM_MAX);
    if (text == NULL)
        return;
    const char *fault = take(&taker, text);
    if (fault != NULL)
        signumd_json_refuse(reader, info->member, fault);
}

/* An object of the document, by the rows of the table that belong to it. */
static void
read_group(struct signumd_json_reader *parent, const char *group, struct signumd_policy *policy)
{
    const char *names[SIGNUMD_PART_COUNT + 1];
    size_t count = 0;
    struct signumd_json_reader reader;
    const struct cJSON *object = signumd_json_get_object(parent, group);

    if (object == NULL)
        return;
    signumd_json_reader_init(&reader, object);
    for (int part = 0; part < SIGNUMD_PART_COUNT; part++) {
        const struct signumd_part_info *info = signumd_part_info((enum signumd_policy_part)part);
        if (strcmp(info->group, group) != 0)
            continue;
        names[count++] = info->member;
        read_part(&reader, policy, (enum signumd_policy_part)part);
    }
    if (strcmp(group, "who") == 0) {
        names[count++] = "claims";
        signumd_claims_read(&reader, policy);
    }
    signumd_json_check_names(&reader, names, count);
    signumd_json_pass_failure(parent, group, &reader);
}

static void
read_top(struct signumd_json_reader *reader, struct signumd_policy *policy)
{
    static const char *const names[] = {"name",       "description", "what",   "who",
                                        "where",      "when",        "action", "priority",
                                        "conditions", "obligations", "limits"};

    signumd_json_check_names(reader, names, sizeof names / sizeof names[0]);
    const char *name = signumd_json_get_text(reader, "name", true, SIGNUMD_NAME_MAX);
    if (name != NULL && !signumd_name_is_valid(name))
        signumd_json_refuse(reader, "name", "must be 1 to 64 of A-Z a-z 0-9 . _ -");
    const char *description =
        signumd_json_get_text(reader, "description", false, SIGNUMD_DESCRIPTION_MAX);
    const char *action = signumd_json_get_text(reader, "action", true, 16);
    if (action != NULL && strcmp(action, "allow") != 0 && strcmp(action, "deny") != 0)
        signumd_json_refuse(reader, "action", "must be allow or deny");
    policy->priority = signumd_json_get_number(reader, "priority", 0, SIGNUMD_PRIORITY_MAX,
                                               SIGNUMD_PRIORITY_DEFAULT);
    if (reader->failure != SIGNUM_OK)
        return;
    (void)snprintf(policy->name, sizeof policy->name, "%s", name);
    policy->is_allow = strcmp(action, "allow") == 0;
    if (description == NULL)
        return;
    policy->description = signum_text_copy(description);
    if (policy->description == NULL)
        signumd_json_refuse(reader, "description", "is too much to remember");
}

static void
read_obligations(struct signumd_json_reader *reader, struct signumd_policy *policy)
{
    if (!policy->is_allow && signumd_json_get_object(reader, "obligations") != NULL)
        signumd_json_refuse(reader, "obligations", "are of no use where nothing is allowed");
    if (!policy->is_allow && signumd_json_has(reader, "limits"))
        signumd_json_refuse(reader, "limits", "are of no use where nothing is allowed");
    signumd_obligations_read(reader, &policy->obligations);
    signumd_limits_read(reader, policy);
}

/* What must be there, and what must fit together. */
static void
check_whole(struct signumd_json_reader *reader, const struct signumd_policy *policy)
{
    const struct signumd_texts *from = &policy->parts[SIGNUMD_PART_NOT_BEFORE];
    const struct signumd_texts *to = &policy->parts[SIGNUMD_PART_NOT_AFTER];

    if (policy->parts[SIGNUMD_PART_KEYS].count == 0 &&
        policy->parts[SIGNUMD_PART_KEY_GROUPS].count == 0)
        signumd_json_refuse(reader, "what", "names neither keys nor groups of keys");
    if (policy->parts[SIGNUMD_PART_USERS].count == 0 &&
        policy->parts[SIGNUMD_PART_ROLES].count == 0 &&
        policy->parts[SIGNUMD_PART_USER_GROUPS].count == 0 && policy->claim_count == 0)
        signumd_json_refuse(reader, "who", "names neither users, roles, groups nor claims");
    /* of one form and in UTC: the order of the texts is the order of the times */
    if (from->count == 1 && to->count == 1 && strcmp(from->items[0], to->items[0]) > 0)
        signumd_json_refuse(reader, "when.not_after", "is before not_before");
}

enum signum_status
signumd_policy_read(struct signum_bytes text, struct signumd_policy *policy_out,
                    struct signumd_json_reader *fault_out)
{
    static const char *const groups[] = {"what", "who", "where", "when", "conditions"};
    struct cJSON *object = NULL;

    signumd_policy_clear(policy_out);
    signumd_json_reader_init(fault_out, NULL);
    if (signumd_json_parse(text, &object) != SIGNUM_OK) {
        signumd_json_refuse(fault_out, "", "is not a JSON object");
        return SIGNUM_INVALID_ARGUMENT;
    }
    signumd_json_reader_init(fault_out, object);
    read_top(fault_out, policy_out);
    for (size_t i = 0; i < sizeof groups / sizeof groups[0]; i++)
        read_group(fault_out, groups[i], policy_out);
    read_obligations(fault_out, policy_out);
    check_whole(fault_out, policy_out);
    fault_out->object = NULL;
    signumd_json_free(&object);
    if (fault_out->failure != SIGNUM_OK)
        signumd_policy_clear(policy_out);
    return fault_out->failure;
}

static void
write_part(struct signumd_json_writer *writer, const struct signumd_part_info *info,
           const struct signumd_texts *texts)
{
    if (texts->count == 0)
        return;
    if (info->is_single) {
        signumd_json_put_text(writer, info->member, texts->items[0]);
        return;
    }
    signumd_json_begin(writer, info->member, '[');
    for (size_t i = 0; i < texts->count; i++)
        signumd_json_put_text(writer, NULL, texts->items[i]);
    signumd_json_end(writer, ']');
}

/* Has the group of `part`, which is its first, any texts? */
static bool
is_group_empty(const struct signumd_policy *policy, int part)
{
    const char *group = signumd_part_info((enum signumd_policy_part)part)->group;

    for (; part < SIGNUMD_PART_COUNT; part++) {
        if (strcmp(signumd_part_info((enum signumd_policy_part)part)->group, group) != 0)
            return true;
        if (policy->parts[part].count > 0)
            return false;
    }
    return true;
}

void
signumd_policy_write(const struct signumd_policy *policy, struct signum_buf *out)
{
    struct signumd_json_writer writer;
    const char *group = "";
    bool is_open = false;

    signumd_json_start(&writer, out);
    signumd_json_put_text(&writer, "name", policy->name);
    if (policy->description != NULL)
        signumd_json_put_text(&writer, "description", policy->description);
    for (int part = 0; part < SIGNUMD_PART_COUNT; part++) {
        const struct signumd_part_info *info = signumd_part_info((enum signumd_policy_part)part);
        if (strcmp(info->group, group) != 0) {
            if (strcmp(group, "who") == 0)
                signumd_claims_write(&writer, policy);
            if (is_open)
                signumd_json_end(&writer, '}');
            group = info->group;
            is_open = !is_group_empty(policy, part) || strcmp(group, "who") == 0;
            if (is_open)
                signumd_json_begin(&writer, group, '{');
        }
        write_part(&writer, info, &policy->parts[part]);
    }
    if (is_open)
        signumd_json_end(&writer, '}');
    if (!signumd_obligations_are_none(&policy->obligations))
        signumd_obligations_write(&writer, &policy->obligations);
    signumd_limits_write(&writer, policy);
    signumd_json_put_text(&writer, "action", policy->is_allow ? "allow" : "deny");
    signumd_json_put_number(&writer, "priority", policy->priority);
    signumd_json_end(&writer, '}');
}
