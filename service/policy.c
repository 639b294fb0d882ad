#include "policy.h"

#include <stdio.h>
#include <string.h>

static bool
is_match(const struct signumd_rule *rule, const struct signumd_decision_request *request)
{
    if (strcmp(rule->user, request->user) != 0)
        return false;
    return strcmp(rule->key, "*") == 0 || strcmp(rule->key, request->key) == 0;
}

struct signumd_decision
signumd_decide(const struct signumd_decision_request *request, const struct signumd_rule *rules,
               size_t count)
{
    struct signumd_decision decision = {false, "", "no rule allows this user to use this key"};

    for (size_t i = 0; i < count; i++) {
        if (!is_match(&rules[i], request))
            continue;
        decision.is_allowed = true;
        decision.reason = "a rule allows this user to use this key";
        (void)snprintf(decision.rule, sizeof decision.rule, "%s", rules[i].name);
        break;
    }
    return decision;
}
