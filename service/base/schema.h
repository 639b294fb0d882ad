#ifndef SIGNUMD_SCHEMA_H
#define SIGNUMD_SCHEMA_H

#include <stddef.h>

/*
 * The steps from an empty database to the newest schema. PRAGMA user_version is the number of
 * steps done. A released step is never changed; a change of the schema is a new step.
 */
const char *const *signumd_schema_steps(size_t *count_out);

#endif
