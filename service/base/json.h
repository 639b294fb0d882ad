#ifndef SIGNUMD_JSON_H
#define SIGNUMD_JSON_H

#include <stdbool.h>
#include <stdint.h>

#include "core/buf.h"

/*
 * JSON in and out. Nothing else in the service knows the JSON library.
 *
 * The writer appends to a buffer in the order of the calls, without white space: the same calls
 * always give the same bytes, which is what the audit log hashes. A failure is remembered by the
 * buffer. A NULL name is for items of an array; a NULL text is written as null.
 */
struct signumd_json_writer {
    struct signum_buf *buf;
    bool needs_comma;
};

/* Begins a document: an object. Ended by signumd_json_end(writer, '}'). */
void signumd_json_start(struct signumd_json_writer *writer, struct signum_buf *buf);

/* Begins an object ('{') or an array ('[') as a member or item. */
void signumd_json_begin(struct signumd_json_writer *writer, const char *name, char bracket);

/* Ends what was begun: '}' or ']'. */
void signumd_json_end(struct signumd_json_writer *writer, char bracket);

void signumd_json_put_text(struct signumd_json_writer *writer, const char *name, const char *text);
void signumd_json_put_number(struct signumd_json_writer *writer, const char *name, int64_t number);
void signumd_json_put_bool(struct signumd_json_writer *writer, const char *name, bool is_true);
void signumd_json_put_base64(struct signumd_json_writer *writer, const char *name,
                             struct signum_bytes bytes);
void signumd_json_put_hex(struct signumd_json_writer *writer, const char *name,
                          struct signum_bytes bytes);
/* `json` is a whole JSON value already. */
void signumd_json_put_raw(struct signumd_json_writer *writer, const char *name, const char *json);

/* A parsed document or a value in it. */
struct cJSON;

/*
 * Parses an object. Strict (RFC 8259): UTF-8 without a mark in front, nothing behind the object, no
 * NUL, no number that is not finite, at most 64 levels. `object_out` is
 * freed with signumd_json_free(). SIGNUM_PROTOCOL if it is not a JSON object.
 */
enum signum_status signumd_json_parse(struct signum_bytes text, struct cJSON **object_out)
    SIGNUM_MUST_USE;
void signumd_json_free(struct cJSON **object);

/*
 * Reads the members of one object. Remembers its first failure: which member, and what is wrong
 * with it in words; after it all reads do nothing. A reader borrows the object.
 */
struct signumd_json_reader {
    const struct cJSON *object;
    enum signum_status failure;
    char field[128];
    char cause[160];
};

void signumd_json_reader_init(struct signumd_json_reader *reader, const struct cJSON *object);

/* Refuses members that are not among the `count` names, and members given twice. */
void signumd_json_check_names(struct signumd_json_reader *reader, const char *const *names,
                              size_t count);

/* Is there a member of this name? False after a failure. */
bool signumd_json_has(struct signumd_json_reader *reader, const char *name);

/* A text of at most `max` bytes; NULL when it is absent, which is a failure if required. */
const char *signumd_json_get_text(struct signumd_json_reader *reader, const char *name,
                                  bool is_required, size_t max);

/*
 * Appends a text like signumd_json_get_text() and wipes it in the document. `secret_out` is a
 * buffer for secrets. True if the member is there.
 */
bool signumd_json_take_secret(struct signumd_json_reader *reader, const char *name,
    bool is_required, size_t max, struct signum_buf *secret_out);

/* A whole number from `min` to `max`; `fallback` when it is absent. */
int64_t signumd_json_get_number(struct signumd_json_reader *reader, const char *name, int64_t min,
                                int64_t max, int64_t fallback);

/* True or false; `fallback` when it is absent. */
bool signumd_json_get_bool(struct signumd_json_reader *reader, const char *name, bool fallback);

/* A member object; NULL when it is absent. */
const struct cJSON *signumd_json_get_object(struct signumd_json_reader *reader, const char *name);

/* Appends a member object as JSON text of at most `max` bytes; nothing when it is absent. */
void signumd_json_get_raw_object(struct signumd_json_reader *reader, const char *name, size_t max,
                                 struct signum_buf *out);

/*
 * Calls `take` for each text of a required array of 1 to `max` texts. `take` gives NULL, or what is
 * wrong with the text (static), which ends the walk as a failure.
 */
void signumd_json_get_texts(struct signumd_json_reader *reader, const char *name, size_t max,
                            const char *(*take)(void *context, const char *text), void *context);

/*
 * The same for an array that may be absent; the failure names the item: "name[2]". An array of
 * more than `max` items, or of none, is a failure.
 */
void signumd_json_get_list(struct signumd_json_reader *reader, const char *name, size_t max,
                           const char *(*take)(void *context, const char *text), void *context);

/*
 * Calls `take` with a reader for each object of an array of 1 to `max`; the array may be absent.
 * What a reader of an item refuses is this reader's failure, as "name[2].field".
 */
void signumd_json_get_objects(struct signumd_json_reader *reader, const char *name, size_t max,
                              void (*take)(void *context, struct signumd_json_reader *item),
                              void *context);

/* Appends a value as JSON text. */
void signumd_json_print(const struct cJSON *value, struct signum_buf *out);

/* Calls `take` with the name of each member, in their order, until there is a failure. */
void signumd_json_get_names(struct signumd_json_reader *reader,
                            void (*take)(void *context, struct signumd_json_reader *reader,
                                         const char *name),
                            void *context);

/*
 * Is the member, or an item of it if it is an array, a text that `is_it`? Whole numbers and truth
 * values are taken as they are written in JSON; a name given twice stands for nothing.
 */
bool signumd_json_has_value(const struct cJSON *object, const char *name,
                            bool (*is_it)(const void *context, const char *text),
                            const void *context);

/* Makes a failure in the member object `name` this reader's, as "name.field". */
void signumd_json_pass_failure(struct signumd_json_reader *reader, const char *name,
                               const struct signumd_json_reader *inner);
/* Is the member there, and an array without items? */
bool signumd_json_is_empty_array(const struct signumd_json_reader *reader, const char *name);

/* True if the member is an array without items. */
bool signumd_json_is_empty(const struct signumd_json_reader *reader, const char *name);

/* Appends a member array as JSON text; nothing when it is absent. */
void signumd_json_get_raw_array(struct signumd_json_reader *reader, const char *name,
                                struct signum_buf *out);

/*
 * Calls `take` for the value of a member, or for each item if it is an array: texts as they are,
 * whole numbers, true and false as text; others are passed over. `path` is a name, or "/name/name"
 * for a member of a member.
 */
void signumd_json_values(const struct cJSON *object, const char *path,
                         void (*take)(void *context, const char *text), void *context);

/* Writes a member as it stands in the object; nothing if it is absent, null if it is longer. */
void signumd_json_put_copy(struct signumd_json_writer *writer, const struct cJSON *object,
                           const char *name, size_t max);

/* Records a failure that the caller found in a member. */
void signumd_json_refuse(struct signumd_json_reader *reader, const char *field, const char *cause);

/* Takes a member out of the document; nothing if it is absent. */
void signumd_json_remove(struct cJSON *object, const char *name);

/* Appends the document as JSON text without white space. */
enum signum_status signumd_json_print_object(
    const struct cJSON *object, struct signum_buf *out) SIGNUM_MUST_USE;

/* Calls `visit` with a reader for each object in the array member of the document. */
void signumd_json_each(const struct cJSON *document, const char *name,
                       void (*visit)(const void *context, struct signumd_json_reader *item),
                       const void *context);

/* A member for people: its text, its number or texts (written into `space`), or "-". */
const char *signumd_json_show(struct signumd_json_reader *reader, const char *name, char *space,
                              size_t size);

/* Refuses a member object in which, at any depth, a name comes twice (RFC 7493 section 2.3). */
void signumd_json_check_twins(struct signumd_json_reader *reader, const char *name);

/*
 * The tokens of a text are those of RFC 8259, which the JSON library takes less seriously. What
 * stands where is left to the library.
 */
bool signumd_json_is_strict(struct signum_bytes text);

/* True if the bytes are well-formed UTF-8 (RFC 3629). */
bool signumd_json_is_utf8(struct signum_bytes text);

#endif
