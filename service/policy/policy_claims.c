#include <stdlib.h>
#include <string.h>

#include "policy/policy.h"

static struct signumd_claim *
add_claim(struct signumd_policy *policy, const char *name)
{
    struct signumd_claim *claims =
        realloc(policy->claims, (policy->claim_count + 1) * sizeof *claims);

    if (claims == NULL)
        return NULL;
    policy->claims = claims;
    claims[policy->claim_count] = (struct signumd_claim){signum_text_copy(name), {NULL, 0}};
    if (claims[policy->claim_count].name == NULL)
        return NULL;
    return &claims[policy->claim_count++];
}

static const char *
take_value(void *context, const char *text)
{
    struct signumd_claim *claim = context;

    if (text[0] == '\0')
        return "is empty";
    if (strlen(text) > SIGNUMD_POLICY_ITEM_MAX)
        return "is longer than 512 bytes";
    if (signumd_texts_has(&claim->values, text))
        return "is given twice";
    return signumd_texts_add(&claim->values, text) == SIGNUM_OK ? NULL : "is too much to remember";
}

static const char *
check_name(const struct signumd_policy *policy, const char *name)
{
    if (name[0] == '\0' || strlen(name) > SIGNUMD_CLAIM_NAME_MAX)
        return "is not the name of a claim: 1 to 128 bytes";
    for (size_t i = 0; i < policy->claim_count; i++)
        if (strcmp(policy->claims[i].name, name) == 0)
            return "is given twice";
    return policy->claim_count == SIGNUMD_POLICY_CLAIMS_MAX ? "is one claim too many" : NULL;
}

static void
read_claim(void *context, struct signumd_json_reader *reader, const char *name)
{
    struct signumd_policy *policy = context;
    const char *fault = check_name(policy, name);

    if (fault != NULL) {
        signumd_json_refuse(reader, name, fault);
        return;
    }
    struct signumd_claim *claim = add_claim(policy, name);
    if (claim == NULL)
        signumd_json_refuse(reader, name, "is too much to remember");
    else
        signumd_json_get_list(reader, name, SIGNUMD_POLICY_ITEMS_MAX, take_value, claim);
}

void
signumd_claims_read(struct signumd_json_reader *reader, struct signumd_policy *policy)
{
    struct signumd_json_reader inner;
    const struct cJSON *object = signumd_json_get_object(reader, "claims");

    if (object == NULL)
        return;
    signumd_json_reader_init(&inner, object);
    signumd_json_get_names(&inner, read_claim, policy);
    signumd_json_pass_failure(reader, "claims", &inner);
    if (inner.failure == SIGNUM_OK && policy->claim_count == 0)
        signumd_json_refuse(reader, "claims", "is empty");
}

void
signumd_claims_write(struct signumd_json_writer *writer, const struct signumd_policy *policy)
{
    if (policy->claim_count == 0)
        return;
    signumd_json_begin(writer, "claims", '{');
    for (size_t i = 0; i < policy->claim_count; i++) {
        const struct signumd_claim *claim = &policy->claims[i];
        signumd_json_begin(writer, claim->name, '[');
        for (size_t j = 0; j < claim->values.count; j++)
            signumd_json_put_text(writer, NULL, claim->values.items[j]);
        signumd_json_end(writer, ']');
    }
    signumd_json_end(writer, '}');
}

static bool
is_wanted(const void *context, const char *text)
{
    const struct signumd_claim *claim = context;

    for (size_t i = 0; i < claim->values.count; i++)
        if (signumd_glob_match(claim->values.items[i], text, false))
            return true;
    return false;
}

bool
signumd_claims_fit(const struct signumd_policy *policy, const struct cJSON *claims)
{
    if (claims == NULL)
        return policy->claim_count == 0;
    for (size_t i = 0; i < policy->claim_count; i++)
        if (!signumd_json_has_value(claims, policy->claims[i].name, is_wanted, &policy->claims[i]))
            return false;
    return true;
}

void
signumd_claims_clear(struct signumd_policy *policy)
{
    for (size_t i = 0; i < policy->claim_count; i++) {
        free(policy->claims[i].name);
        signumd_texts_clear(&policy->claims[i].values);
    }
    free(policy->claims);
    policy->claims = NULL;
    policy->claim_count = 0;
}
