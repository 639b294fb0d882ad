#include <stdio.h>
#include <string.h>

#include "policy/policy.h"

/* Where the group stands, or would stand: the list is in the order of the names. */
static size_t
find_place(const struct signumd_obligations *obligations, const char *group)
{
    size_t i = 0;

    while (i < obligations->approval_count && strcmp(obligations->approvals[i].group, group) < 0)
        i++;
    return i;
}

static bool
is_at(const struct signumd_obligations *obligations, size_t place, const char *group)
{
    return place < obligations->approval_count &&
           strcmp(obligations->approvals[place].group, group) == 0;
}

static bool
join_approval(struct signumd_obligations *all, const struct signumd_approval_need *more)
{
    size_t place = find_place(all, more->group);

    if (is_at(all, place, more->group)) {
        if (all->approvals[place].need < more->need)
            all->approvals[place].need = more->need;
        return true;
    }
    if (all->approval_count == SIGNUMD_APPROVALS_MAX)
        return false;
    memmove(&all->approvals[place + 1], &all->approvals[place],
        (all->approval_count - place) * sizeof all->approvals[0]);
    all->approvals[place] = *more;
    all->approval_count++;
    return true;
}

bool
signumd_obligations_join(struct signumd_obligations *all, const struct signumd_obligations *more)
{
    struct signumd_obligations joined = *all;

    joined.needs_reason = all->needs_reason || more->needs_reason;
    joined.needs_pin = all->needs_pin || more->needs_pin;
    for (size_t i = 0; i < more->approval_count; i++)
        if (!join_approval(&joined, &more->approvals[i]))
            return false;
    *all = joined;
    return true;
}

bool
signumd_obligations_are_none(const struct signumd_obligations *obligations)
{
    return !obligations->needs_reason && !obligations->needs_pin &&
           obligations->approval_count == 0;
}

static void
read_approval(void *context, struct signumd_json_reader *item)
{
    static const char *const names[] = {"need", "group"};
    struct signumd_obligations *obligations = context;
    struct signumd_approval_need approval = {0, ""};

    signumd_json_check_names(item, names, sizeof names / sizeof names[0]);
    approval.need = signumd_json_get_number(item, "need", 1, SIGNUMD_APPROVAL_NEED_MAX, 0);
    const char *group = signumd_json_get_text(item, "group", true, SIGNUMD_NAME_MAX);
    if (approval.need == 0)
        signumd_json_refuse(item, "need", "is missing");
    if (group != NULL && !signumd_name_is_valid(group))
        signumd_json_refuse(item, "group", "must be the name of a group");
    if (item->failure != SIGNUM_OK)
        return;
    if (is_at(obligations, find_place(obligations, group), group)) {
        signumd_json_refuse(item, "group", "is given twice");
        return;
    }
    (void)snprintf(approval.group, sizeof approval.group, "%s", group);
    if (!join_approval(obligations, &approval))
        signumd_json_refuse(item, "group", "is one too many");
}

void
signumd_obligations_read(
    struct signumd_json_reader *reader, struct signumd_obligations *obligations_out)
{
    static const char *const names[] = {"reason", "pin", "approvals"};
    struct signumd_json_reader inner;
    const struct cJSON *object = signumd_json_get_object(reader, "obligations");

    memset(obligations_out, 0, sizeof *obligations_out);
    if (object == NULL)
        return;
    signumd_json_reader_init(&inner, object);
    signumd_json_check_names(&inner, names, sizeof names / sizeof names[0]);
    obligations_out->needs_reason = signumd_json_get_bool(&inner, "reason", false);
    obligations_out->needs_pin = signumd_json_get_bool(&inner, "pin", false);
    signumd_json_get_objects(
        &inner, "approvals", SIGNUMD_APPROVALS_MAX, read_approval, obligations_out);
    if (inner.failure != SIGNUM_OK)
        memset(obligations_out, 0, sizeof *obligations_out);
    signumd_json_pass_failure(reader, "obligations", &inner);
}

void
signumd_obligations_write(
    struct signumd_json_writer *writer, const struct signumd_obligations *obligations)
{
    signumd_json_begin(writer, "obligations", '{');
    if (obligations->needs_reason)
        signumd_json_put_bool(writer, "reason", true);
    if (obligations->needs_pin)
        signumd_json_put_bool(writer, "pin", true);
    if (obligations->approval_count > 0)
        signumd_json_begin(writer, "approvals", '[');
    for (size_t i = 0; i < obligations->approval_count; i++) {
        signumd_json_begin(writer, NULL, '{');
        signumd_json_put_number(writer, "need", obligations->approvals[i].need);
        signumd_json_put_text(writer, "group", obligations->approvals[i].group);
        signumd_json_end(writer, '}');
    }
    if (obligations->approval_count > 0)
        signumd_json_end(writer, ']');
    signumd_json_end(writer, '}');
}
