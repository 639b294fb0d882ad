#include "api/api.h"

#define ADMINS SIGNUMD_ROLE_BIT(SIGNUMD_ROLE_ADMIN)
#define AUDITORS (SIGNUMD_ROLE_BIT(SIGNUMD_ROLE_AUDITOR) | SIGNUMD_ROLE_BIT(SIGNUMD_ROLE_ADMIN))
#define KEY_MANAGERS                                                                               \
    (SIGNUMD_ROLE_BIT(SIGNUMD_ROLE_KEY_MANAGER) | SIGNUMD_ROLE_BIT(SIGNUMD_ROLE_ADMIN))
#define OWNERS (KEY_MANAGERS | SIGNUMD_ROUTE_OWNERS)
#define POLICY_MANAGERS                                                                            \
    (SIGNUMD_ROLE_BIT(SIGNUMD_ROLE_POLICY_MANAGER) | SIGNUMD_ROLE_BIT(SIGNUMD_ROLE_ADMIN))
#define POLICY_READERS (POLICY_MANAGERS | AUDITORS)

#define APPROVERS SIGNUMD_ROLE_BIT(SIGNUMD_ROLE_APPROVER)
#define RELEASE_MAKERS (POLICY_MANAGERS | SIGNUMD_ROLE_BIT(SIGNUMD_ROLE_SIGNER))
#define RELEASE_READERS (RELEASE_MAKERS | AUDITORS | APPROVERS)

const struct signumd_route signumd_api_routes[] = {
    {"GET", "/v1/info", signumd_api_info, 0, false},
    {"GET", "/v1/health", signumd_api_health, 0, false},
    {"GET", "/v1/ready", signumd_api_ready, 0, false},
    {"GET", "/v1/keys", signumd_api_keys, SIGNUMD_ROLES_ALL, false},
    {"GET", "/v1/keys/{name}", signumd_api_key, SIGNUMD_ROLES_ALL, false},
    {"POST", "/v1/keys", signumd_api_create_key, KEY_MANAGERS, true},
    {"DELETE", "/v1/keys/{name}", signumd_api_delete_key, KEY_MANAGERS, false},
    {"PATCH", "/v1/keys/{name}", signumd_api_change_key, OWNERS, true},
    {"GET", "/v1/keys/{name}/versions", signumd_api_versions, SIGNUMD_ROLES_ALL, false},
    {"POST", "/v1/keys/{name}/rotate", signumd_api_rotate, OWNERS, true},
    {"GET", "/v1/keys/{name}/pin", signumd_api_pin, OWNERS | AUDITORS, false},
    {"PUT", "/v1/keys/{name}/pin", signumd_api_set_pin, OWNERS, true},
    {"DELETE", "/v1/keys/{name}/pin", signumd_api_clear_pin, OWNERS, false},
    {"POST", "/v1/keys/{name}/pin/unlock", signumd_api_unlock_pin, OWNERS, true},
    {"GET", "/v1/keys/{name}/attestation", signumd_api_attest, SIGNUMD_ROLES_ALL, false},
    {"POST", "/v1/keys/{name}/certificates", signumd_api_set_chain, OWNERS, true},
    {"POST", "/v1/keys/{name}/csr", signumd_api_csr, SIGNUMD_ROLES_ALL, true},
    {"GET", "/v1/keys/{name}/evidence", signumd_api_evidence, SIGNUMD_ROLES_ALL, false},
    {"POST", "/v1/keys/{name}/sign", signumd_api_sign, SIGNUMD_ROLES_ALL, true},
    {"GET", "/v1/ca/certificate", signumd_api_ca_certificate, 0, false},
    {"GET", "/v1/ca/crl", signumd_api_ca_crl, 0, false},
    {"GET", "/v1/audit", signumd_api_audit, AUDITORS, false},
    {"GET", "/v1/audit/key", signumd_api_audit_key, 0, false},
    {"GET", "/v1/audit/checkpoint", signumd_api_audit_checkpoint, AUDITORS, false},
    {"GET", "/v1/audit/proof/inclusion", signumd_api_audit_inclusion, AUDITORS, false},
    {"GET", "/v1/audit/proof/consistency", signumd_api_audit_consistency, AUDITORS, false},
    {"POST", "/v1/policies/explain", signumd_api_explain, POLICY_READERS, true},
    {"GET", "/v1/policies", signumd_api_policies, POLICY_READERS, false},
    {"GET", "/v1/policies/{name}", signumd_api_policy, POLICY_READERS, false},
    {"GET", "/v1/policies/{name}/versions", signumd_api_policy_versions, POLICY_READERS, false},
    {"PUT", "/v1/policies/{name}", signumd_api_put_policy, POLICY_MANAGERS, true},
    {"DELETE", "/v1/policies/{name}", signumd_api_remove_policy, POLICY_MANAGERS, false},
    {"GET", "/v1/users", signumd_api_users, ADMINS, false},
    {"POST", "/v1/users", signumd_api_add_user, ADMINS, true},
    {"GET", "/v1/users/me", signumd_api_me, SIGNUMD_ROLES_ALL, false},
    {"GET", "/v1/users/{name}", signumd_api_user, ADMINS, false},
    {"PUT", "/v1/users/{name}", signumd_api_put_user, ADMINS, true},
    {"DELETE", "/v1/users/{name}", signumd_api_remove_user, ADMINS, false},
    {"GET", "/v1/users/{name}/tokens", signumd_api_tokens, SIGNUMD_ROLES_ALL, false},
    {"POST", "/v1/users/{name}/tokens", signumd_api_create_token, ADMINS, true},
    {"GET", "/v1/users/{name}/certificates", signumd_api_user_certificates, ADMINS, false},
    {"POST", "/v1/users/{name}/certificates", signumd_api_add_user_certificate, ADMINS, true},
    {"DELETE", "/v1/users/{name}/certificates/{id}", signumd_api_remove_user_certificate, ADMINS,
        false},
    {"DELETE", "/v1/tokens/{id}", signumd_api_revoke_token, ADMINS, false},
    {"GET", "/v1/groups", signumd_api_groups, ADMINS, false},
    {"GET", "/v1/groups/{name}", signumd_api_group, ADMINS, false},
    {"PUT", "/v1/groups/{name}", signumd_api_put_group, ADMINS, true},
    {"DELETE", "/v1/groups/{name}", signumd_api_remove_group, ADMINS, false},
    {"GET", "/v1/releases", signumd_api_releases, RELEASE_READERS, false},
    {"POST", "/v1/releases", signumd_api_create_release, RELEASE_MAKERS, true},
    {"GET", "/v1/releases/{name}", signumd_api_release, RELEASE_READERS, false},
    {"POST", "/v1/releases/{name}/approve", signumd_api_approve_release, SIGNUMD_ROLES_ALL, true},
    {"POST", "/v1/releases/{name}/reject", signumd_api_reject_release, SIGNUMD_ROLES_ALL, true},
    {"POST", "/v1/releases/{name}/revoke", signumd_api_revoke_release, RELEASE_MAKERS, true},
    {"GET", "/v1/requests", signumd_api_requests, SIGNUMD_ROLES_ALL, false},
    {"GET", "/v1/requests/{name}", signumd_api_request, SIGNUMD_ROLES_ALL, false},
    {"POST", "/v1/requests/{name}/approve", signumd_api_approve, SIGNUMD_ROLES_ALL, true},
    {"POST", "/v1/requests/{name}/reject", signumd_api_reject, SIGNUMD_ROLES_ALL, true},
    {"POST", "/v1/requests/{name}/cancel", signumd_api_cancel, SIGNUMD_ROLES_ALL, true},
    {"GET", "/v1/webhooks", signumd_api_webhooks, AUDITORS, false},
    {"POST", "/v1/webhooks", signumd_api_add_webhook, ADMINS, true},
    {"GET", "/v1/webhooks/{name}", signumd_api_webhook, AUDITORS, false},
    {"DELETE", "/v1/webhooks/{name}", signumd_api_remove_webhook, ADMINS, false},
    {"GET", "/v1/webhooks/{name}/deliveries", signumd_api_deliveries, AUDITORS, false},
    {"POST", "/v1/webhooks/{name}/test", signumd_api_test_webhook, ADMINS, false},
    {"POST", "/v1/webhooks/{name}/retry", signumd_api_retry_webhook, ADMINS, false},
    {NULL, NULL, NULL, 0, false},
};
