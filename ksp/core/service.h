#ifndef SIGNUM_CORE_SERVICE_H
#define SIGNUM_CORE_SERVICE_H

#include "catalogue.h"
#include "client.h"
#include "context.h"

/*
 * One configured service: the engine, its credential, and what is known of its keys. Thread-safe.
 */
struct signum_service;

/* Lets operations take as long as `ms` once they wait for people; 0: no longer than others. */
void signum_service_set_approval_timeout(struct signum_service *service, uint64_t ms);

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

/* Is the check of the service's certificate turned off? For tests only. */
bool signum_service_accepts_anybody(const struct signum_service *service);

/* How the service is signed in to. Borrowed; lives as long as the service. */
struct signum_auth *signum_service_auth(const struct signum_service *service);

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

/* Says of the caller what `context` knows, with each signature from now on. It is borrowed, and
   outlives the service. Without this call nothing is said. */
void signum_service_set_context(struct signum_service *service,
                                struct signum_context_text *context);

/* Signs a digest: checks the parameters, asks the service once, verifies the answer with the
   public key. `given` may be NULL. REASON_REQUIRED, PIN_REQUIRED, PIN_WRONG, PIN_LOCKED,
   APPROVAL_PENDING (the same call later gets the signature, once it is approved) and all that
   signum_client_run gives. `signature_out` (initialised) holds the signature, or nothing on
   failure. */
enum signum_status signum_service_sign(struct signum_service *service,
                                       const struct signum_key *key,
                                       const struct signum_sign_params *params,
                                       struct signum_bytes digest,
                                       const struct signum_demanded *given,
                                       struct signum_buf *signature_out,
                                       struct signum_report *report) SIGNUM_MUST_USE;

/* True if a key of that bare name is known already. No network. */
bool signum_service_has_seen_key(struct signum_service *service, const char *name);

/* Makes a key pair in the service's HSM, known here from then on. KEY_EXISTS, DENIED (the user may
   not make keys), BAD_ALGORITHM or NOT_SUPPORTED (not of that algorithm or length),
   INVALID_ARGUMENT (the name), and all that signum_client_run gives. The reference is the
   caller's. A lost answer does not make a second key. */
enum signum_status signum_service_create_key(struct signum_service *service, const char *name,
                                             const struct signum_alg *alg, uint32_t bits,
                                             struct signum_key **key_out,
                                             struct signum_report *report) SIGNUM_MUST_USE;

/* Destroys a key pair in the HSM; from then on it is unknown here. DENIED for a key that has a
   certificate, here or there; KEY_NOT_FOUND. */
enum signum_status signum_service_delete_key(struct signum_service *service,
                                             const struct signum_key *key,
                                             struct signum_report *report) SIGNUM_MUST_USE;

/* The service's statement on where the key lives and how it is kept: a JSON document, as
   docs/openapi.yaml has it. `nonce` (NULL for none) comes back in it. INVALID_ARGUMENT if the
   service takes no such nonce. `attestation_out` (initialised for SIGNUM_ATTESTATION_MAX). */
enum signum_status signum_service_attest(struct signum_service *service,
                                         const struct signum_key *key, const char *nonce,
                                         struct signum_buf *attestation_out,
                                         struct signum_report *report) SIGNUM_MUST_USE;

/* A certification request (PKCS#10, DER) that the key signs itself. `csr_out` (initialised for
   SIGNUM_CSR_MAX). INVALID_ARGUMENT: the subject or another parameter; BAD_ALGORITHM. */
enum signum_status signum_service_make_csr(struct signum_service *service,
                                           const struct signum_key *key,
                                           const struct signum_csr_params *params,
                                           struct signum_buf *csr_out,
                                           struct signum_report *report) SIGNUM_MUST_USE;

/* Gives the key these certificates (DER, behind each other, leaf first) in place of those that it
   has; `key_out` is the key with them. INVALID_ARGUMENT if they are not for this key. */
enum signum_status signum_service_set_chain(struct signum_service *service,
                                            const struct signum_key *key,
                                            struct signum_bytes certificates,
                                            struct signum_key **key_out,
                                            struct signum_report *report) SIGNUM_MUST_USE;

/* What the service says of itself: name, version, time in `result` (initialised by the caller). */
enum signum_status signum_service_info(struct signum_service *service,
                                       struct signum_result *result,
                                       struct signum_report *report) SIGNUM_MUST_USE;

#endif
