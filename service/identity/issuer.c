#include "identity/issuer.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define TEXT_MAX 1024
#define LIST_MAX 16
#define DAY_S 86400
#define HTTPS "https://"

static const char *const default_algorithms[] = {"RS256", "PS256", "ES256"};
static const char *const default_record[] = {"sub", "jti"};

static const char *const names[] = {"name", "issuer", "audiences", "ca_file", "kind", "user",
    "algorithms", "groups", "clock_skew_s", "refetch_s", "stale_s", "record", "roles", "require",
    "map"};

/* A list that is being read, and what its texts must be. */
struct taking {
    struct signumd_texts *texts;
    const char *(*check)(const char *text);
};

static const char *
take(void *context, const char *text)
{
    const struct taking *taking = context;
    const char *fault = taking->check(text);

    if (fault == NULL && signumd_texts_add(taking->texts, text) != SIGNUM_OK)
        return "is too much for the memory";
    return fault;
}

static void
read_list(struct signumd_json_reader *reader, const char *name, struct signumd_texts *texts,
    const char *(*check)(const char *text))
{
    struct taking taking = {texts, check};

    signumd_json_get_list(reader, name, LIST_MAX, take, &taking);
}

static const char *
check_text(const char *text)
{
    return text[0] == '\0' || strlen(text) > TEXT_MAX ? "must be a text of 1 to 1024 bytes" : NULL;
}

static const char *
check_algorithm(const char *text)
{
    return signumd_jwt_knows(text) ? NULL : "must be one of RS256 to RS512, PS256, ES256, ...";
}

static void
add_defaults(struct signumd_json_reader *reader, struct signumd_texts *texts,
    const char *const *defaults, size_t count)
{
    for (size_t i = 0; i < count && texts->count < count; i++)
        if (signumd_texts_add(texts, defaults[i]) != SIGNUM_OK)
            signumd_json_refuse(reader, "name", "is too much for the memory");
}

static char *
copy(struct signumd_json_reader *reader, const char *name, const char *fallback)
{
    const char *text = signumd_json_get_text(reader, name, false, TEXT_MAX);

    if (text == NULL)
        text = fallback;
    return text == NULL ? NULL : signum_text_copy(text);
}

/* One rule of `require` (which gives nothing) or of `map`. */
static void
read_rule(struct signumd_json_reader *reader, struct signumd_claim_rule *rule, bool is_map)
{
    static const char *const rule_names[] = {"claim", "values", "roles", "group"};

    signumd_json_check_names(reader, rule_names, is_map ? 4 : 2);
    rule->claim = copy(reader, "claim", NULL);
    if (rule->claim == NULL)
        signumd_json_refuse(reader, "claim", "is missing");
    read_list(reader, "values", &rule->values, check_text);
    if (rule->values.count == 0)
        signumd_json_refuse(reader, "values", "is missing");
    if (!is_map)
        return;
    rule->roles = signumd_roles_get(reader, "roles");
    rule->group = copy(reader, "group", NULL);
    if (rule->group != NULL && !signumd_name_is_valid(rule->group))
        signumd_json_refuse(reader, "group", "must be 1 to 64 of A-Z a-z 0-9 . _ -");
    if (rule->group == NULL && rule->roles == 0)
        signumd_json_refuse(reader, "roles", "and group are both missing");
}

static void
take_require(void *context, struct signumd_json_reader *item)
{
    struct signumd_claim_rules *rules = context;

    read_rule(item, &rules->items[rules->count++], false);
}

static void
take_map(void *context, struct signumd_json_reader *item)
{
    struct signumd_claim_rules *rules = context;

    read_rule(item, &rules->items[rules->count++], true);
}

static void
read_kind(struct signumd_json_reader *reader, struct signumd_issuer *issuer)
{
    const char *kind = signumd_json_get_text(reader, "kind", true, TEXT_MAX);

    if (kind == NULL)
        return;
    issuer->kind = strcmp(kind, "id") == 0 ? SIGNUMD_TOKEN_ID : SIGNUMD_TOKEN_ACCESS;
    if (strcmp(kind, "id") != 0 && strcmp(kind, "access") != 0)
        signumd_json_refuse(reader, "kind", "must be access or id");
}

static void
check_all(struct signumd_json_reader *reader, const struct signumd_issuer *issuer)
{
    if (issuer->name == NULL || !signumd_name_is_valid(issuer->name))
        signumd_json_refuse(reader, "name", "must be 1 to 64 of A-Z a-z 0-9 . _ -");
    if (issuer->url == NULL || strncasecmp(issuer->url, HTTPS, strlen(HTTPS)) != 0 ||
        strpbrk(issuer->url, "?# \t\r\n") != NULL)
        signumd_json_refuse(reader, "issuer", "must be a URL with https, without query");
    if (issuer->audiences.count == 0)
        signumd_json_refuse(reader, "audiences", "is missing");
    if (issuer->user == NULL || strchr(issuer->user, '{') == NULL)
        signumd_json_refuse(reader, "user", "must name a claim, like {sub}");
}

void
signumd_issuer_read(struct signumd_json_reader *reader, struct signumd_issuer *issuer_out)
{
    struct signumd_issuer *issuer = issuer_out;

    memset(issuer, 0, sizeof *issuer);
    signumd_json_check_names(reader, names, sizeof names / sizeof names[0]);
    issuer->name = copy(reader, "name", NULL);
    issuer->url = copy(reader, "issuer", NULL);
    issuer->ca_file = copy(reader, "ca_file", NULL);
    issuer->user = copy(reader, "user", "{sub}");
    issuer->groups = copy(reader, "groups", NULL);
    read_kind(reader, issuer);
    read_list(reader, "audiences", &issuer->audiences, check_text);
    read_list(reader, "algorithms", &issuer->algorithms, check_algorithm);
    if (issuer->algorithms.count == 0)
        add_defaults(reader, &issuer->algorithms, default_algorithms, 3);
    read_list(reader, "record", &issuer->record, check_text);
    if (issuer->record.count == 0)
        add_defaults(reader, &issuer->record, default_record, 2);
    issuer->roles = signumd_roles_get(reader, "roles");
    if (issuer->roles == 0)
        issuer->roles = SIGNUMD_ROLE_BIT(SIGNUMD_ROLE_SIGNER);
    issuer->clock_skew_s = signumd_json_get_number(reader, "clock_skew_s", 0, 600, 60);
    issuer->refetch_s = signumd_json_get_number(reader, "refetch_s", 1, 3600, 10);
    issuer->stale_s = signumd_json_get_number(reader, "stale_s", 0, 7 * DAY_S, DAY_S);
    signumd_json_get_objects(
        reader, "require", SIGNUMD_ISSUER_RULES_MAX, take_require, &issuer->require);
    signumd_json_get_objects(reader, "map", SIGNUMD_ISSUER_RULES_MAX, take_map, &issuer->map);
    check_all(reader, issuer);
}

static void
clear_rules(struct signumd_claim_rules *rules)
{
    for (size_t i = 0; i < rules->count; i++) {
        free(rules->items[i].claim);
        free(rules->items[i].group);
        signumd_texts_clear(&rules->items[i].values);
    }
}

void
signumd_issuer_clear(struct signumd_issuer *issuer)
{
    free(issuer->name);
    free(issuer->url);
    free(issuer->ca_file);
    free(issuer->user);
    free(issuer->groups);
    signumd_texts_clear(&issuer->audiences);
    signumd_texts_clear(&issuer->algorithms);
    signumd_texts_clear(&issuer->record);
    clear_rules(&issuer->require);
    clear_rules(&issuer->map);
    memset(issuer, 0, sizeof *issuer);
}
