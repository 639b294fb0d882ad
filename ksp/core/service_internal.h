#ifndef SIGNUM_CORE_SERVICE_INTERNAL_H
#define SIGNUM_CORE_SERVICE_INTERNAL_H

/* The body of a service, for service.c (looking up, signing) and service_manage.c (making and
   destroying keys) only. */

#include "endpoints.h"
#include "service.h"

#define SIGNUM_IDEMPOTENCY_BYTES 16 /* 128 random bits: no two requests of a client share one */

struct signum_service {
    struct signum_client client;
    struct signum_transport transport;
    struct signum_transport issuer_transport; /* the same, or one with other CAs */
    const struct signum_service_settings *settings;
    uint64_t timeout_ms;
    uint64_t approval_timeout_ms; /* 0: as timeout_ms */
    struct signum_endpoints endpoints;
    struct signum_catalogue catalogue;
    struct signum_context_text *context; /* NULL: nothing is said */
};

uint64_t signum_service_now_ms(const struct signum_service *service);

/* Opens the transports to the service and its issuer. No network, but the file with the proxy's
   password is read. A failure is reported. */
enum signum_status signum_service_open_transports(struct signum_service *service,
                                                  struct signum_report *report) SIGNUM_MUST_USE;

/* Runs an operation at the service within the time that the settings allow. */
enum signum_status signum_service_run(struct signum_service *service,
                                      struct signum_operation *operation,
                                      struct signum_result *result,
                                      struct signum_report *report) SIGNUM_MUST_USE;

/* Reports a failure that has not passed signum_client_run, which reports its own. The status. */
enum signum_status signum_service_fail(const struct signum_service *service,
                                       struct signum_report *report, enum signum_status status,
                                       const char *what) SIGNUM_MUST_USE;

/* Appends fresh random text of twice SIGNUM_IDEMPOTENCY_BYTES; a failure is reported. */
enum signum_status
signum_service_make_idempotency_key(const struct signum_service *service, struct signum_buf *out,
                                    struct signum_report *report) SIGNUM_MUST_USE;

#endif
