#ifndef SIGNUM_CLI_OUTPUT_H
#define SIGNUM_CLI_OUTPUT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "core/client.h"

/*
 * What one run of the command prints: text for a person, or with --json exactly one JSON object on
 * stdout. A verb calls both kinds of function; each does nothing in the other mode, so there is no
 * "if json" in the verbs. Errors go to stderr in both modes.
 *
 * Text that comes from outside (a service's words, a certificate's subject) cannot steer a
 * terminal: control characters are printed as '?'.
 */
struct cJSON;

struct signum_output {
    FILE *out; /* borrowed */
    FILE *err; /* borrowed */
    bool is_json;
    bool is_broken;      /* memory was short or a stream could not be written */
    struct cJSON *root;  /* the one object; NULL without --json */
    struct cJSON *list;  /* the list that is open, if any; inside root */
    struct cJSON *item;  /* the item that is open, if any; inside list */
};

#define SIGNUM_OUTPUT_LINE_MAX 65536 /* bytes of one printed text */

/* Starts in text mode. */
void signum_output_init(struct signum_output *output, FILE *out, FILE *err);

/* From now on JSON. Called before anything is printed. */
void signum_output_use_json(struct signum_output *output);

/* Prints the JSON object, flushes both streams, frees everything. False if anything that should
   have been printed was not: the command then failed, whatever else happened. */
bool signum_output_finish(struct signum_output *output);

/* Text mode: prints the text and a line end on stdout. */
void signum_output_say(struct signum_output *output, const char *format, ...)
    SIGNUM_PRINTF(2, 3);

/* Both modes: "signum: TEXT" on stderr. Something to know; not an error. */
void signum_output_note(struct signum_output *output, const char *format, ...)
    SIGNUM_PRINTF(2, 3);

/*
 * Both modes: "signum: CAUSE; NEXT" on stderr. With --json also the member "error" of the object:
 * {"status","message","next","request"}; the first error of a run is the one kept. `next` NULL:
 * the usual advice for the status. `request` may be NULL or "".
 */
void signum_output_error(struct signum_output *output, enum signum_status status,
                         const char *cause, const char *next, const char *request);

/* signum_output_error() from a report. */
void signum_output_report(struct signum_output *output, const struct signum_report *report);

/* JSON mode: members of the open item, or of the object itself when no item is open. */
void signum_output_put_text(struct signum_output *output, const char *name, const char *value);
/* A JSON document as the member's value. */
void signum_output_put_json(struct signum_output *output, const char *name, const char *json);
void signum_output_put_number(struct signum_output *output, const char *name, int64_t value);
void signum_output_put_bool(struct signum_output *output, const char *name, bool value);

/* JSON mode: a list in the object, and items (objects) in it. Lists do not nest. */
void signum_output_open_list(struct signum_output *output, const char *name);
void signum_output_close_list(struct signum_output *output);
void signum_output_open_item(struct signum_output *output);
void signum_output_close_item(struct signum_output *output);

#endif
