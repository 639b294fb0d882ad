#ifndef SIGNUMD_CERTIFICATES_H
#define SIGNUMD_CERTIFICATES_H

#include "base/crypto.h"
#include "base/texts.h"
#include "identity/users.h"

/*
 * Which certificates of TLS clients are whose. A row maps to a local user either one certificate,
 * by its SHA-256, or all that a trusted CA gives to a subject or to an alternative name. Whether a
 * certificate is good at all is found elsewhere (http/client_trust.h), before this.
 */

#define SIGNUMD_DN_MAX 1024
#define SIGNUMD_ALTERNATIVE_MAX 512 /* of TYPE:VALUE */
#define SIGNUMD_MAPPING_ID_LEN 16
#define SIGNUMD_MAPPING_ID_SIZE (SIGNUMD_MAPPING_ID_LEN + 1)

/* What is known of a certificate that a client has shown. */
struct signumd_client_certificate {
    char sha256[SIGNUMD_SHA256_HEX_SIZE];
    char subject[SIGNUMD_DN_MAX + 1]; /* as RFC 4514 writes it */
    char issuer[SIGNUMD_DN_MAX + 1];  /* subject of the trusted CA that its chain ends in */
    struct signumd_texts names;       /* alternative names: "email:..", "dns:..", "uri:.." */
    int64_t expires;                  /* seconds since 1970 */
    const char *cause;                /* static; why it was refused, for the operator only */
};

void signumd_client_certificate_clear(struct signumd_client_certificate *certificate);

/* Writes {sha256, subject, issuer} as members of an open object. */
void signumd_client_certificate_write(
    const struct signumd_client_certificate *certificate, struct signumd_json_writer *writer);

/* What a row says: `sha256`, or `issuer` with either `subject` or `san`. Others are NULL. */
struct signumd_mapping {
    const char *sha256; /* 64 lower-case hexadecimal digits */
    const char *issuer;
    const char *subject;
    const char *san;
};

/* Which member of it is not valid, with the reason; NULL if none is. Both are static. */
const char *signumd_mapping_check(const struct signumd_mapping *mapping, const char **cause_out);

/*
 * Maps to a user. SIGNUM_NOT_FOUND: no such user; SIGNUM_KEY_EXISTS: it is mapped already, to
 * whomever; SIGNUM_INVALID_ARGUMENT: the mapping. Audited.
 */
enum signum_status signumd_certificates_add(struct signumd_db *db,
    const struct signumd_actor *actor, const char *user, const struct signumd_mapping *mapping,
    char id_out[SIGNUMD_MAPPING_ID_SIZE]) SIGNUM_MUST_USE;

/* For the very next request. SIGNUM_NOT_FOUND: the user has none of that identifier. Audited. */
enum signum_status signumd_certificates_remove(struct signumd_db *db,
    const struct signumd_actor *actor, const char *user, const char *id) SIGNUM_MUST_USE;

/*
 * Whose is it? SIGNUM_CREDENTIAL_REFUSED, with the cause in the certificate, if it is nobody's, or
 * if rows give it to several users.
 */
enum signum_status signumd_certificates_find(struct signumd_db *db,
    struct signumd_client_certificate *certificate, struct signumd_user *user_out) SIGNUM_MUST_USE;

/*
 * Writes those of a user, or of all if it is NULL, as items of an array: {id, user, sha256, issuer,
 * subject, san, created}.
 */
enum signum_status signumd_certificates_write(
    struct signumd_db *db, const char *user, struct signumd_json_writer *writer) SIGNUM_MUST_USE;

/* Writes the same members of one as a document. SIGNUM_NOT_FOUND. */
enum signum_status signumd_certificates_write_one(
    struct signumd_db *db, const char *id, struct signumd_json_writer *writer) SIGNUM_MUST_USE;

/* All, for the command line. */
enum signum_status signumd_certificates_write_list(
    struct signumd_db *db, struct signumd_json_writer *writer) SIGNUM_MUST_USE;

#endif
