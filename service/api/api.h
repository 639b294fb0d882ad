#ifndef SIGNUMD_API_H
#define SIGNUMD_API_H

#include "http/http.h"

/* The table of all routes: what docs/openapi.yaml describes. Ended by a row without a method. */
extern const struct signumd_route signumd_api_routes[];

/* The handlers of the routes. */
void signumd_api_info(struct signumd_request *request);
void signumd_api_health(struct signumd_request *request);
void signumd_api_ready(struct signumd_request *request);
void signumd_api_keys(struct signumd_request *request);
void signumd_api_key(struct signumd_request *request);
void signumd_api_create_key(struct signumd_request *request);
void signumd_api_change_key(struct signumd_request *request);
void signumd_api_versions(struct signumd_request *request);
void signumd_api_rotate(struct signumd_request *request);
void signumd_api_pin(struct signumd_request *request);
void signumd_api_set_pin(struct signumd_request *request);
void signumd_api_clear_pin(struct signumd_request *request);
void signumd_api_unlock_pin(struct signumd_request *request);
void signumd_api_delete_key(struct signumd_request *request);
void signumd_api_set_chain(struct signumd_request *request);
void signumd_api_attest(struct signumd_request *request);
void signumd_api_csr(struct signumd_request *request);
void signumd_api_evidence(struct signumd_request *request);
void signumd_api_sign(struct signumd_request *request);
void signumd_api_ca_certificate(struct signumd_request *request);
void signumd_api_ca_crl(struct signumd_request *request);
void signumd_api_audit(struct signumd_request *request);
void signumd_api_audit_key(struct signumd_request *request);
void signumd_api_audit_checkpoint(struct signumd_request *request);
void signumd_api_audit_inclusion(struct signumd_request *request);
void signumd_api_audit_consistency(struct signumd_request *request);
void signumd_api_policies(struct signumd_request *request);
void signumd_api_policy(struct signumd_request *request);
void signumd_api_policy_versions(struct signumd_request *request);
void signumd_api_put_policy(struct signumd_request *request);
void signumd_api_remove_policy(struct signumd_request *request);
void signumd_api_explain(struct signumd_request *request);
void signumd_api_users(struct signumd_request *request);
void signumd_api_user(struct signumd_request *request);
void signumd_api_me(struct signumd_request *request);
void signumd_api_add_user(struct signumd_request *request);
void signumd_api_put_user(struct signumd_request *request);
void signumd_api_remove_user(struct signumd_request *request);
void signumd_api_tokens(struct signumd_request *request);
void signumd_api_create_token(struct signumd_request *request);
void signumd_api_revoke_token(struct signumd_request *request);
void signumd_api_user_certificates(struct signumd_request *request);
void signumd_api_add_user_certificate(struct signumd_request *request);
void signumd_api_remove_user_certificate(struct signumd_request *request);
void signumd_api_groups(struct signumd_request *request);
void signumd_api_group(struct signumd_request *request);
void signumd_api_put_group(struct signumd_request *request);
void signumd_api_remove_group(struct signumd_request *request);
void signumd_api_releases(struct signumd_request *request);
void signumd_api_release(struct signumd_request *request);
void signumd_api_create_release(struct signumd_request *request);
void signumd_api_approve_release(struct signumd_request *request);
void signumd_api_reject_release(struct signumd_request *request);
void signumd_api_revoke_release(struct signumd_request *request);
void signumd_api_requests(struct signumd_request *request);
void signumd_api_request(struct signumd_request *request);
void signumd_api_approve(struct signumd_request *request);
void signumd_api_reject(struct signumd_request *request);
void signumd_api_webhooks(struct signumd_request *request);
void signumd_api_webhook(struct signumd_request *request);
void signumd_api_add_webhook(struct signumd_request *request);
void signumd_api_remove_webhook(struct signumd_request *request);
void signumd_api_test_webhook(struct signumd_request *request);
void signumd_api_retry_webhook(struct signumd_request *request);
void signumd_api_deliveries(struct signumd_request *request);
void signumd_api_cancel(struct signumd_request *request);

/* The query parameter nonce of attestations; NULL if absent. False after having answered. */
bool signumd_api_read_nonce(struct signumd_request *request, const char **nonce_out);
/* Appends the metrics of the whole service; the context is its struct signumd_app. */
void signumd_api_collect_metrics(void *context, struct signum_buf *out);

#endif
