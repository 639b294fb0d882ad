#ifndef SIGNUM_TEST_FIXTURE_JSON_H
#define SIGNUM_TEST_FIXTURE_JSON_H

#include <cjson/cJSON.h>

#include "core/buf.h"
#include "fixture_key.h"

/* Answers of a service, as objects that a test can spoil before they are sent. */

/* A valid key object with one certificate. The caller frees it with cJSON_Delete(). */
cJSON *fixture_key_json(enum fixture_kind kind, unsigned which, const char *name);

/* Replaces a member (or adds it); `value` is taken over; NULL removes the member. */
void fixture_json_set(cJSON *object, const char *name, cJSON *value);

/* Replaces `out` by the object's text and frees the object. */
void fixture_json_print(cJSON *object, struct signum_buf *out);

#endif
