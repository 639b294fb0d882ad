#include <string.h>

#include "policy/policy.h"

static const struct {
    const char *name;
    int64_t seconds; /* 0: without an end */
} spans[] = {{"minute", 60}, {"hour", 3600}, {"day", 86400}, {"total", 0}};

static const char *const bys[] = {"user", "key", "policy"};

#define SPAN_COUNT (sizeof spans / sizeof spans[0])
#define BY_COUNT (sizeof bys / sizeof bys[0])

const char *
signumd_limit_per_name(enum signumd_limit_per per)
{
    return spans[per].name;
}

const char *
signumd_limit_by_name(enum signumd_limit_by by)
{
    return bys[by];
}

int64_t
signumd_limit_start(const struct signumd_limit *limit, int64_t time)
{
    int64_t seconds = spans[limit->per].seconds;

    return seconds == 0 ? 0 : time - time % seconds;
}

int64_t
signumd_limit_end(const struct signumd_limit *limit, int64_t time)
{
    int64_t seconds = spans[limit->per].seconds;

    return seconds == 0 ? 0 : signumd_limit_start(limit, time) + seconds;
}

const char *
signumd_limit_subject(const struct signumd_limit *limit, const struct signumd_facts *facts)
{
    if (limit->by == SIGNUMD_BY_USER)
        return facts->user;
    return limit->by == SIGNUMD_BY_KEY ? facts->key : "";
}

/* One limit for the same span and subject is enough: of two, the smaller would be the only one. */
static bool
has_alike(const struct signumd_policy *policy, const struct signumd_limit *limit)
{
    for (size_t i = 0; i < policy->limit_count; i++)
        if (policy->limits[i].per == limit->per && policy->limits[i].by == limit->by)
            return true;
    return false;
}

static void
read_kinds(struct signumd_json_reader *item, struct signumd_limit *limit)
{
    const char *per = signumd_json_get_text(item, "per", true, 16);
    const char *by = signumd_json_get_text(item, "by", true, 16);
    size_t span = 0;
    size_t subject = 0;

    while (per != NULL && span < SPAN_COUNT && strcmp(spans[span].name, per) != 0)
        span++;
    while (by != NULL && subject < BY_COUNT && strcmp(bys[subject], by) != 0)
        subject++;
    if (span == SPAN_COUNT)
        signumd_json_refuse(item, "per", "must be minute, hour, day or total");
    if (subject == BY_COUNT)
        signumd_json_refuse(item, "by", "must be user, key or policy");
    if (item->failure != SIGNUM_OK)
        return;
    limit->per = (enum signumd_limit_per)span;
    limit->by = (enum signumd_limit_by)subject;
}

static void
read_limit(void *context, struct signumd_json_reader *item)
{
    static const char *const names[] = {"count", "per", "by"};
    struct signumd_policy *policy = context;
    struct signumd_limit limit = {0, SIGNUMD_PER_MINUTE, SIGNUMD_BY_USER};

    signumd_json_check_names(item, names, sizeof names / sizeof names[0]);
    limit.count = signumd_json_get_number(item, "count", 1, SIGNUMD_LIMIT_COUNT_MAX, 0);
    if (limit.count == 0)
        signumd_json_refuse(item, "count", "is missing");
    read_kinds(item, &limit);
    if (item->failure != SIGNUM_OK)
        return;
    if (has_alike(policy, &limit))
        signumd_json_refuse(item, "per", "is given twice for the same");
    else
        policy->limits[policy->limit_count++] = limit;
}

void
signumd_limits_read(struct signumd_json_reader *reader, struct signumd_policy *policy)
{
    signumd_json_get_objects(reader, "limits", SIGNUMD_LIMITS_MAX, read_limit, policy);
}

void
signumd_limits_write(struct signumd_json_writer *writer, const struct signumd_policy *policy)
{
    if (policy->limit_count == 0)
        return;
    signumd_json_begin(writer, "limits", '[');
    for (size_t i = 0; i < policy->limit_count; i++) {
        signumd_json_begin(writer, NULL, '{');
        signumd_json_put_number(writer, "count", policy->limits[i].count);
        signumd_json_put_text(writer, "per", spans[policy->limits[i].per].name);
        signumd_json_put_text(writer, "by", bys[policy->limits[i].by]);
        signumd_json_end(writer, '}');
    }
    signumd_json_end(writer, ']');
}
