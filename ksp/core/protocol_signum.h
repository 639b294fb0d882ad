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

#endif
