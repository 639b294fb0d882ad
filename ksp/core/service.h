#ifndef SIGNUM_CORE_SERVICE_H
#define SIGNUM_CORE_SERVICE_H

#include "catalogue.h"
#include "client.h"

/*
 * One configured service: the engine, its credential, and what is known of its keys. Thread-safe.
 */
struct signum_service;

/* Opens a service from its settings. No network. BAD_SETTINGS with the cause in `report`.
   `ports`, `log` and `settings` are borrowed and outlive the service. */
enum signum_status signum_service_open(const struct signum_ports *ports,
                                       const struct signum_log *log,
                                       const struct signum_service_settings *settings,
                                       uint64_t timeout_ms, struct signum_service **service_out,
                                       struct signum_report *report) SIGNUM_MUST_USE;
void signum_service_free(struct signum_service **service);

const char *signum_service_name(const struct signum_service *service);
const char *signum_service_url(const struct signum_service *service);

/* A key by its bare name: from the catalogue, or by one request. KEY_NOT_FOUND and all that
   signum_client_run gives. The reference is the caller's. */
enum signum_status signum_service_find_key(struct signum_service *service, const char *name,
                                           struct signum_key **key_out,
                                           struct signum_report *report) SIGNUM_MUST_USE;

/* All keys one may use, in the order of names: from the catalogue, or by one request a page.
   Freed with signum_key_list_free(). */
enum signum_status signum_service_list_keys(struct signum_service *service,
                                            struct signum_key ***keys_out, size_t *count_out,
                                            struct signum_report *report) SIGNUM_MUST_USE;

/* Signs a digest: checks the parameters, asks the service once, verifies the answer with the
   public key. `signature_out` (initialised) holds the signature, or nothing on failure. */
enum signum_status signum_service_sign(struct signum_service *service,
                                       const struct signum_key *key,
                                       const struct signum_sign_params *params,
                                       struct signum_bytes digest,
                                       struct signum_buf *signature_out,
                                       struct signum_report *report) SIGNUM_MUST_USE;

/* What the service says of itself: name, version, time in `result` (initialised by the caller). */
enum signum_status signum_service_info(struct signum_service *service,
                                       struct signum_result *result,
                                       struct signum_report *report) SIGNUM_MUST_USE;

#endif
