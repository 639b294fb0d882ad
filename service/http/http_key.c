#include "http/http.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "keys/owners.h"
#include "keys/versions.h"
#include "policy/policies.h"
#include "base/timestamp.h"

bool
signumd_request_find_key(struct signumd_request *request, struct signumd_key *key_out)
{
    enum signum_status status = signumd_keys_find(request->db, request->name, key_out);

    if (status == SIGNUM_KEY_NOT_FOUND)
        signumd_reply_problem(request, SIGNUMD_PROBLEM_KEY_NOT_FOUND, "There is no key %s",
                              request->name);
    else if (status != SIGNUM_OK)
        signumd_reply_internal(request, status);
    return status == SIGNUM_OK;
}

static enum signum_status
record_denial(struct signumd_request *request, const char *action,
              const struct signumd_decision *decision)
{
    const struct signumd_actor actor = signumd_request_actor(request);
    enum signum_status status = signumd_db_begin(request->db);

    if (status != SIGNUM_OK)
        return status;
    status = signumd_audit_change(request->db, &actor, action, "key", request->name, "decision",
                                  "deny", "reason", decision->reason, NULL);
    return signumd_db_finish(request->db, status);
}

struct signumd_facts
signumd_request_facts(const struct signumd_request *request, const struct signumd_key *key)
{
    return (struct signumd_facts){.user = request->user.name,
                                  .roles = request->user.roles,
                                  .groups = &request->groups,
                                  .claims = request->claims.len == 0
                                                ? NULL
                                                : signum_buf_text(&request->claims),
                                  .key = key == NULL ? request->name : key->name,
                                  .key_groups = key == NULL ? NULL : &key->groups,
                                  .address = request->address,
                                  .time = signumd_timestamp_seconds(),
                                  .is_reading = true};
}

bool
signumd_request_check_access(struct signumd_request *request, const struct signumd_key *key,
                             unsigned roles, const char *action)
{
    const struct signumd_facts facts = signumd_request_facts(request, key);

    return signumd_request_check_facts(request, key, roles, &facts, action);
}

bool
signumd_request_owns(const struct signumd_request *request, const struct signumd_key *key)
{
    return signumd_owner_is(key->owner, request->user.name, &request->groups);
}

bool
signumd_request_check_facts(struct signumd_request *request, const struct signumd_key *key,
                            unsigned roles, const struct signumd_facts *facts,
                            const char *action)
{
    struct signumd_decision decision;

    if (signumd_user_has(&request->user, roles) || signumd_request_owns(request, key))
        return true;
    enum signum_status status = signumd_policy_ask(request->db, facts, &decision);
    bool is_enough = facts->is_reading || (decision.use_count == 0 &&
                                           signumd_obligations_are_none(&decision.obligations));
    if (status == SIGNUM_OK && decision.is_allowed && is_enough)
        return true;
    if (decision.is_allowed)
        decision.reason = "the policy asks for more than this kind of request can give";
    if (status == SIGNUM_OK)
        status = record_denial(request, action, &decision);
    if (status == SIGNUM_OK)
        signumd_reply_problem(request, SIGNUMD_PROBLEM_DENIED, "%s", decision.reason);
    else
        signumd_reply_internal(request, status);
    return false;
}

bool
signumd_request_query_number(struct signumd_request *request, const char *name, int64_t min,
                             int64_t max, int64_t *number_out)
{
    char cause[64];
    const char *text = signumd_request_query(request, name);

    *number_out = -1;
    if (text == NULL)
        return true;
    size_t digits = strspn(text, "0123456789");
    if (digits >= 1 && digits <= 9 && text[digits] == '\0')
        *number_out = strtol(text, NULL, 10);
    if (*number_out >= min && *number_out <= max)
        return true;
    (void)snprintf(cause, sizeof cause, "must be a whole number from %lld to %lld", (long long)min,
                   (long long)max);
    signumd_reply_bad_field(request, name, cause);
    return false;
}

bool
signumd_request_find_version(struct signumd_request *request, struct signumd_key *key)
{
    int64_t version = -1;

    if (!signumd_request_query_number(request, "version", 1, 999999999, &version))
        return false;
    if (version < 0 || version == key->version)
        return true;
    enum signum_status status = signumd_versions_find(request->db, key, version);
    if (status == SIGNUM_NOT_FOUND)
        signumd_reply_problem(request, SIGNUMD_PROBLEM_KEY_NOT_FOUND,
                              "The key %s has no such version", request->name);
    else if (status != SIGNUM_OK)
        signumd_reply_internal(request, status);
    return status == SIGNUM_OK;
}
