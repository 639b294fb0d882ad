#ifndef SIGNUM_CNG_PROPERTY_H
#define SIGNUM_CNG_PROPERTY_H

#include "key_handle.h"
#include "provider.h"

/*
 * The properties: one row each in property_table.c. Everything is read from what the handle knows;
 * only to set the certificate reaches the network.
 */

/* Whose property is asked for. */
struct signum_property_target {
    struct signum_provider *provider; /* never NULL */
    struct signum_key_handle *key;    /* NULL: a property of the provider */
    struct signum_notes *notes;       /* of the key, or of the provider */
    const struct signum_key *facts;   /* NULL: the key is not made yet */
    const struct signum_alg *alg;     /* of the key, made or not; NULL: its curve is not chosen */
    DWORD bits;                       /* 0: not known yet */
    struct signum_report *report;     /* for the cause of a failure */
};

enum signum_property_scope {
    SIGNUM_SCOPE_PROVIDER = 1,
    SIGNUM_SCOPE_KEY = 2,
    SIGNUM_SCOPE_BOTH = 3,
};

/* What the value is; for the support table, and how a row's functions see it. */
enum signum_property_type {
    SIGNUM_PROPERTY_STRING, /* UTF-16 with its NUL */
    SIGNUM_PROPERTY_DWORD,
    SIGNUM_PROPERTY_HANDLE,
    SIGNUM_PROPERTY_BYTES,
};

#define SIGNUM_PROPERTY_LEN_MAX NCRYPT_MAX_PROPERTY_DATA /* bytes */

struct signum_property {
    LPCWSTR name;
    enum signum_property_scope scope;
    enum signum_property_type type;
    /* Appends the value. NULL: cannot be read. NOT_FOUND: has no value. */
    enum signum_status (*get)(const struct signum_property_target *target, struct signum_buf *out);
    /* NULL: cannot be set. */
    enum signum_status (*set)(const struct signum_property_target *target,
                              struct signum_bytes value);
};

/* All rows, for the support table. */
const struct signum_property *signum_property_all(size_t *count_out);

/* The row of that name in that scope, or NULL. Names differ by case. */
const struct signum_property *signum_property_find(LPCWSTR name, enum signum_property_scope scope);

/* ---- property_common.c: what provider and key have alike ---- */

/* Appends a number as a DWORD. */
enum signum_status signum_property_put_dword(struct signum_buf *out, DWORD value) SIGNUM_MUST_USE;
/* The value as a DWORD; INVALID_ARGUMENT if it is none. */
enum signum_status signum_property_take_dword(struct signum_bytes value,
                                              DWORD *number_out) SIGNUM_MUST_USE;
/* For what is fixed: OK if `value` is a DWORD equal to `actual`, otherwise NOT_SUPPORTED. */
enum signum_status signum_property_set_same(struct signum_bytes value,
                                            DWORD actual) SIGNUM_MUST_USE;
/* Appends the value, UTF-16 of at most `cch_max` characters with or without its NUL, as UTF-8. */
enum signum_status signum_property_take_text(struct signum_bytes value, size_t cch_max,
                                             struct signum_buf *out) SIGNUM_MUST_USE;

enum signum_status signum_property_get_impl_type(const struct signum_property_target *target,
                                                 struct signum_buf *out);
enum signum_status signum_property_get_use_context(const struct signum_property_target *target,
                                                   struct signum_buf *out);
enum signum_status signum_property_set_use_context(const struct signum_property_target *target,
                                                   struct signum_bytes value);
enum signum_status signum_property_get_reason(const struct signum_property_target *target,
                                              struct signum_buf *out);
enum signum_status signum_property_set_reason(const struct signum_property_target *target,
                                              struct signum_bytes value);
enum signum_status signum_property_set_pin(const struct signum_property_target *target,
                                           struct signum_bytes value);
enum signum_status signum_property_get_window(const struct signum_property_target *target,
                                              struct signum_buf *out);
enum signum_status signum_property_set_window(const struct signum_property_target *target,
                                              struct signum_bytes value);
enum signum_status signum_property_get_last_error(const struct signum_property_target *target,
                                                  struct signum_buf *out);
enum signum_status signum_property_get_last_request(const struct signum_property_target *target,
                                                    struct signum_buf *out);
/* Has no value ever: NOT_FOUND, and not "not supported", because .NET tells the two apart. */
enum signum_status signum_property_get_nothing(const struct signum_property_target *target,
                                               struct signum_buf *out);
/* Takes any value and forgets it. */
enum signum_status signum_property_set_nothing(const struct signum_property_target *target,
                                               struct signum_bytes value);

/* ---- property_provider.c ---- */
enum signum_status signum_property_get_provider_name(const struct signum_property_target *target,
                                                     struct signum_buf *out);
enum signum_status signum_property_get_version(const struct signum_property_target *target,
                                               struct signum_buf *out);
enum signum_status signum_property_get_name_max(const struct signum_property_target *target,
                                                struct signum_buf *out);
enum signum_status
signum_property_get_security_support(const struct signum_property_target *target,
                                     struct signum_buf *out);

/* ---- property_key.c ---- */
enum signum_status signum_property_get_key_name(const struct signum_property_target *target,
                                                struct signum_buf *out);
enum signum_status signum_property_get_algorithm(const struct signum_property_target *target,
                                                 struct signum_buf *out);
enum signum_status signum_property_get_group(const struct signum_property_target *target,
                                             struct signum_buf *out);
enum signum_status signum_property_get_length(const struct signum_property_target *target,
                                              struct signum_buf *out);
enum signum_status signum_property_set_length(const struct signum_property_target *target,
                                              struct signum_bytes value);
enum signum_status signum_property_get_lengths(const struct signum_property_target *target,
                                               struct signum_buf *out);
enum signum_status signum_property_get_block_length(const struct signum_property_target *target,
                                                    struct signum_buf *out);
enum signum_status
signum_property_get_signature_length(const struct signum_property_target *target,
                                     struct signum_buf *out);
enum signum_status signum_property_get_export_policy(const struct signum_property_target *target,
                                                     struct signum_buf *out);
enum signum_status signum_property_set_export_policy(const struct signum_property_target *target,
                                                     struct signum_bytes value);
enum signum_status signum_property_get_usage(const struct signum_property_target *target,
                                             struct signum_buf *out);
enum signum_status signum_property_set_usage(const struct signum_property_target *target,
                                             struct signum_bytes value);
enum signum_status signum_property_get_key_type(const struct signum_property_target *target,
                                                struct signum_buf *out);
enum signum_status signum_property_get_certificate(const struct signum_property_target *target,
                                                   struct signum_buf *out);
enum signum_status signum_property_set_certificate(const struct signum_property_target *target,
                                                   struct signum_bytes value);
enum signum_status signum_property_get_curve(const struct signum_property_target *target,
                                             struct signum_buf *out);
enum signum_status signum_property_set_curve(const struct signum_property_target *target,
                                             struct signum_bytes value);
enum signum_status signum_property_get_ephemeral(const struct signum_property_target *target,
                                                 struct signum_buf *out);
enum signum_status signum_property_get_service_url(const struct signum_property_target *target,
                                                   struct signum_buf *out);

#endif
