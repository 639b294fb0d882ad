#include "identity/issuer.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#define TEXT_MAX 2048
#define CLAIM_NAME_SIZE 256
#define TIME_MAX ((int64_t)1 << 50)
#define NO_TIME ((int64_t)-1)
#define RECORDED_MAX 1024 /* bytes of one claim in a record */

void
signumd_federated_init(struct signumd_federated *federated)
{
    memset(federated, 0, sizeof *federated);
    signum_buf_init(&federated->claims, SIGNUMD_CLAIMS_MAX);
    signum_buf_init(&federated->identity, SIGNUMD_CLAIMS_MAX);
}

void
signumd_federated_clear(struct signumd_federated *federated)
{
    signum_buf_clear(&federated->claims);
    signum_buf_clear(&federated->identity);
    signumd_texts_clear(&federated->groups);
}

/* RFC 9068 section 4 asks for at+jwt, so that no ID token passes for an access token. */
static const char *
check_type(const struct signumd_issuer *issuer, const struct signumd_jwt *jwt)
{
    const char *type = signumd_jwt_header(jwt, "typ");

    if (type != NULL && strncasecmp(type, "application/", 12) == 0)
        type += 12;
    if (issuer->kind == SIGNUMD_TOKEN_ACCESS)
        return type != NULL && strcasecmp(type, "at+jwt") == 0 ? NULL : "token type is not at+jwt";
    if (type == NULL && signumd_jwt_has_header(jwt, "typ"))
        return "token type is not JWT";
    return type == NULL || strcasecmp(type, "JWT") == 0 ? NULL : "token type is not JWT";
}

static const char *
check_times(const struct signumd_issuer *issuer, struct signumd_json_reader *claims, int64_t now,
    int64_t *expires_out)
{
    int64_t skew = issuer->clock_skew_s;
    int64_t expires = signumd_json_get_number(claims, "exp", 0, TIME_MAX, NO_TIME);
    int64_t begins = signumd_json_get_number(claims, "nbf", 0, TIME_MAX, 0);
    int64_t issued = signumd_json_get_number(claims, "iat", 0, TIME_MAX, NO_TIME);

    *expires_out = expires;
    if (claims->failure != SIGNUM_OK || expires == NO_TIME || issued == NO_TIME)
        return "token without good exp and iat";
    if (expires + skew <= now)
        return "token expired";
    if (begins - skew > now)
        return "token not valid yet";
    return issued - skew > now ? "token issued in the future" : NULL;
}

/* Is one of the values like one of the texts? */
struct matching {
    const struct signumd_texts *texts;
    bool is_exact;
    bool is_found;
};

static void
match(void *context, const char *value)
{
    struct matching *matching = context;

    for (size_t i = 0; i < matching->texts->count; i++) {
        const char *text = matching->texts->items[i];
        bool is_same =
            matching->is_exact ? strcmp(text, value) == 0 : signumd_glob_match(text, value, false);
        matching->is_found = matching->is_found || is_same;
    }
}

static bool
has_value(
    const struct cJSON *claims, const char *claim, const struct signumd_texts *texts, bool is_exact)
{
    struct matching matching = {texts, is_exact, false};

    signumd_json_values(claims, claim, match, &matching);
    return matching.is_found;
}

/* A claim that must be one text for a name. */
struct single {
    char text[SIGNUMD_USER_SIZE];
    size_t count;
};

static void
take_single(void *context, const char *value)
{
    struct single *single = context;

    single->count++;
    if (strlen(value) >= sizeof single->text)
        single->count++;
    (void)snprintf(single->text, sizeof single->text, "%s", value);
}

/* Puts claims in place of the template's {...}. */
static bool
make_name(const struct signumd_issuer *issuer, const struct cJSON *claims, struct signum_buf *out)
{
    char claim[CLAIM_NAME_SIZE];

    signum_buf_printf(out, "%s:", issuer->name);
    for (const char *from = issuer->user; *from != '\0';) {
        struct single single = {"", 0};
        size_t len = strcspn(from, "{");
        signum_buf_put(out, from, len);
        from += len;
        if (*from == '\0')
            break;
        len = strcspn(from, "}");
        if (from[len] == '\0' || len > sizeof claim)
            return false;
        (void)snprintf(claim, sizeof claim, "%.*s", (int)(len - 1), from + 1);
        signumd_json_values(claims, claim, take_single, &single);
        if (single.count != 1 || single.text[0] == '\0')
            return false;
        signum_buf_put_text(out, single.text);
        from += len + 1;
    }
    return signum_buf_status(out) == SIGNUM_OK;
}

static const char *
take_name(
    const struct signumd_issuer *issuer, const struct cJSON *claims, struct signumd_user *user)
{
    struct signum_buf name;

    signum_buf_init(&name, SIGNUMD_USER_MAX);
    bool is_made = make_name(issuer, claims, &name);
    if (is_made)
        (void)snprintf(user->name, sizeof user->name, "%s", signum_buf_text(&name));
    signum_buf_clear(&name);
    if (is_made && signumd_name_is_federated(user->name))
        return NULL;
    user->name[0] = '\0';
    return "token makes no name of a user";
}

/* The groups that are being gathered. */
struct gathering {
    const struct signumd_issuer *issuer;
    struct signumd_texts *groups;
    enum signum_status status;
};

static void
add_group(struct gathering *gathering, const char *name)
{
    if (gathering->status == SIGNUM_OK && gathering->groups->count < SIGNUMD_POLICY_ITEMS_MAX &&
        !signumd_texts_has(gathering->groups, name))
        gathering->status = signumd_texts_add(gathering->groups, name);
}

/* A name that cannot be a group's is passed over: nothing could ask for it. */
static void
take_group(void *context, const char *value)
{
    struct gathering *gathering = context;
    char name[SIGNUMD_USER_SIZE + SIGNUMD_NAME_MAX];

    if (strlen(value) > SIGNUMD_USER_MAX)
        return;
    (void)snprintf(name, sizeof name, "%s:%s", gathering->issuer->name, value);
    if (signumd_name_is_federated(name))
        add_group(gathering, name);
}

static enum signum_status
take_rights(const struct signumd_issuer *issuer, const struct cJSON *claims,
    struct signumd_federated *federated)
{
    struct gathering gathering = {issuer, &federated->groups, SIGNUM_OK};

    federated->user.roles = issuer->roles;
    if (issuer->groups != NULL)
        signumd_json_values(claims, issuer->groups, take_group, &gathering);
    for (size_t i = 0; i < issuer->map.count; i++) {
        const struct signumd_claim_rule *rule = &issuer->map.items[i];
        if (!has_value(claims, rule->claim, &rule->values, false))
            continue;
        federated->user.roles |= rule->roles;
        if (rule->group != NULL)
            add_group(&gathering, rule->group);
    }
    return gathering.status;
}

static enum signum_status
write_identity(const struct signumd_issuer *issuer, const struct signumd_json_reader *claims,
    struct signumd_federated *federated)
{
    struct signumd_json_writer writer;

    signumd_json_print(claims->object, &federated->claims);
    signumd_json_start(&writer, &federated->identity);
    signumd_json_put_text(&writer, "method", "oidc");
    signumd_json_put_text(&writer, "issuer", issuer->url);
    signumd_json_begin(&writer, "claims", '{');
    for (size_t i = 0; i < issuer->record.count; i++)
        signumd_json_put_copy(&writer, claims->object, issuer->record.items[i], RECORDED_MAX);
    signumd_json_end(&writer, '}');
    signumd_json_end(&writer, '}');
    enum signum_status status = signum_buf_status(&federated->claims);
    return status == SIGNUM_OK ? signum_buf_status(&federated->identity) : status;
}

static const char *
find_fault(const struct signumd_issuer *issuer, struct signumd_json_reader *claims, int64_t now,
    struct signumd_federated *federated)
{
    const char *url = signumd_json_get_text(claims, "iss", true, TEXT_MAX);

    if (url == NULL || strcmp(url, issuer->url) != 0)
        return "token of another issuer";
    if (!has_value(claims->object, "aud", &issuer->audiences, true))
        return "token for another audience";
    const char *fault = check_times(issuer, claims, now, &federated->expires);
    for (size_t i = 0; i < issuer->require.count && fault == NULL; i++)
        if (!has_value(claims->object, issuer->require.items[i].claim,
                &issuer->require.items[i].values, false))
            fault = "token lacks a required claim";
    return fault == NULL ? take_name(issuer, claims->object, &federated->user) : fault;
}

enum signum_status
signumd_issuer_judge(const struct signumd_issuer *issuer, const struct signumd_jwt *jwt,
    int64_t now, struct signumd_federated *federated_out)
{
    struct cJSON *object = NULL;
    struct signumd_json_reader claims;

    federated_out->cause = check_type(issuer, jwt);
    if (federated_out->cause != NULL)
        return SIGNUM_CREDENTIAL_REFUSED;
    if (signumd_json_parse(signumd_jwt_claims(jwt), &object) != SIGNUM_OK) {
        federated_out->cause = "token without claims";
        return SIGNUM_CREDENTIAL_REFUSED;
    }
    signumd_json_reader_init(&claims, object);
    federated_out->cause = find_fault(issuer, &claims, now, federated_out);
    enum signum_status status =
        federated_out->cause == NULL ? SIGNUM_OK : SIGNUM_CREDENTIAL_REFUSED;
    if (status == SIGNUM_OK)
        status = take_rights(issuer, object, federated_out);
    if (status == SIGNUM_OK)
        status = write_identity(issuer, &claims, federated_out);
    signumd_json_free(&object);
    return status;
}
