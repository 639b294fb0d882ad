#ifndef SIGNUM_CORE_PROTOCOL_SIGNUM_H
#define SIGNUM_CORE_PROTOCOL_SIGNUM_H

#include "protocol.h"

/* Between the parts of the service's own protocol: requests, key objects, answers. */

struct cJSON;

/* The adapter's compose (protocol_signum_request.c). */
enum signum_status signum_protocol_signum_compose(const struct signum_operation *operation,
                                                  struct signum_exchange *exchange,
                                                  struct signum_http_request *request)
    SIGNUM_MUST_USE;

/*
 * Reads a key object and adds the key to the result (protocol_signum_key.c). PROTOCOL if it is not
 * one. A key of a kind that this version does not know is NOT_SUPPORTED, but left out of a list.
 */
enum signum_status signum_protocol_signum_add_key(const struct cJSON *object,
                                                  struct signum_result *result,
                                                  bool is_list) SIGNUM_MUST_USE;

/* Has the service said that the signing request waits for approval? (protocol_signum_approval.c) */
bool signum_protocol_signum_is_waiting(const struct signum_exchange *exchange);

/* Adds the path under which one asks after it. */
void signum_protocol_signum_put_wait(const struct signum_exchange *exchange,
                                     struct signum_buf *url);

/* An answer about a waiting request, and how to read the signature in it. */
struct signum_response_of_wait {
    const struct signum_operation *operation;
    const struct cJSON *object;
    enum signum_status (*accept_sign)(const struct signum_operation *operation,
                                      const struct cJSON *object, struct signum_result *result);
};

/*
 * Reads it: wait and ask again, the signature, or how it ended: APPROVAL_REJECTED,
 * APPROVAL_EXPIRED, with the request's identifier and the approver's reason in the cause.
 */
enum signum_status
signum_protocol_signum_accept_wait(const struct signum_response_of_wait *answer,
                                   struct signum_exchange *exchange, struct signum_result *result,
                                   enum signum_next *next_out) SIGNUM_MUST_USE;

#endif
