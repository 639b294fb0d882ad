#ifndef SIGNUM_CORE_PROTOCOL_JSON_H
#define SIGNUM_CORE_PROTOCOL_JSON_H

#include "http.h"
#include "protocol.h"

/*
 * What JSON protocols have in common: typed reading of fields, and problem details (RFC 9457).
 * For adapters only, so the cJSON type may be seen here.
 */
struct cJSON;

/* Parses a response's body. NULL (PROTOCOL to the caller) if it is not one JSON object. The caller
   frees it with cJSON_Delete(). */
struct cJSON *signum_json_object(const struct signum_buf *body);

/* The text of a member, or NULL if it is absent or not text. Borrowed from the object. */
const char *signum_json_text(const struct cJSON *object, const char *name);

/* The member as a whole number from 0 to `max`; PROTOCOL if absent, fractional or out of range. */
enum signum_status signum_json_number(const struct cJSON *object, const char *name, uint64_t max,
                                      uint64_t *value_out) SIGNUM_MUST_USE;

/* Appends the decoded base64 of a member; PROTOCOL if absent or not base64. */
enum signum_status signum_json_base64(const struct cJSON *object, const char *name,
                                      struct signum_buf *out) SIGNUM_MUST_USE;

/* Seconds since 1970 of an RFC 3339 time in UTC, without its fraction; 0 if it is not one. */
int64_t signum_json_seconds(const char *text);

/* Frees an object whose texts are secrets, wiping them first. NULL is fine. */
void signum_json_free_secret(struct cJSON *object);

/* Writes an object's text to `out` without white space. */
enum signum_status signum_json_print(const struct cJSON *object,
                                     struct signum_buf *out) SIGNUM_MUST_USE;

#endif
