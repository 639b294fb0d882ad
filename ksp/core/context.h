#ifndef SIGNUM_CORE_CONTEXT_H
#define SIGNUM_CORE_CONTEXT_H

#include "lock.h"
#include "log.h"
#include "ports.h"

/*
 * What is said to the service about the caller, with each signature: a JSON object of at most
 * SIGNUM_CONTEXT_TEXT_MAX bytes (docs/openapi.yaml, SignRequest). It is asserted, not proved, and
 * made once per process, when it is first needed.
 */

#define SIGNUM_CONTEXT_TEXT_MAX 8192
#define SIGNUM_CONTEXT_ALL ((1u << SIGNUM_CONTEXT_PART_COUNT) - 1)

struct signum_context_text {
    const struct signum_ports *ports;
    const struct signum_log *log;
    unsigned parts;
    struct signum_lock lock;
    bool is_made;
    struct signum_buf text;
};

/* Reads the setting: "all", "none", or names of parts with commas or spaces between them. NULL,
   or why it cannot be; then the parts stay as they are. */
const char *signum_context_parse(const char *setting, unsigned *parts_inout);

/* `ports` and `log` are borrowed. */
void signum_context_text_init(struct signum_context_text *context,
                              const struct signum_ports *ports, const struct signum_log *log,
                              unsigned parts);
void signum_context_text_clear(struct signum_context_text *context);

/* The object; borrowed. NULL if nothing is to be told, or nothing can be found out: then the log
   says why, and the signature goes on without it. */
const char *signum_context_text(struct signum_context_text *context);

#endif
