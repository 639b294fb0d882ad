#ifndef SIGNUMD_STATE_H
#define SIGNUMD_STATE_H

#include "base/db.h"
#include "base/settings.h"

/*
 * The state folder: everything that a service is, in one place. Mode 0700, secrets in it 0600.
 */
#define SIGNUMD_FILE_SETTINGS "signumd.json"
#define SIGNUMD_FILE_DB "signumd.db"
#define SIGNUMD_FILE_CA_CERT "ca.crt"
#define SIGNUMD_FILE_CA_KEY "ca.key"
#define SIGNUMD_FILE_TLS_CERT "tls.crt"
#define SIGNUMD_FILE_TLS_KEY "tls.key"
#define SIGNUMD_FILE_ATTEST_CERT "attest.crt"
#define SIGNUMD_FILE_ATTEST_KEY "attest.key"
#define SIGNUMD_FILE_AUDIT_KEY "audit.key"
#define SIGNUMD_FILE_AUDIT_VKEY "audit.vkey"
#define SIGNUMD_FILE_PIN "token.pin"
#define SIGNUMD_FILE_SOFTHSM "softhsm2.conf"
#define SIGNUMD_FILE_TOKENS "tokens"
#define SIGNUMD_FILE_ADMIN_TOKEN "admin.token"
#define SIGNUMD_FILE_URL "url"
#define SIGNUMD_FILE_LOCK "serve.lock"

struct signumd_state {
    char *folder; /* absolute */
    struct signumd_settings settings;
    struct signumd_db *db;
};

/*
 * Opens an existing state folder: settings read, database open and migrated, and, for SoftHSM2
 * tokens of this folder, SOFTHSM2_CONF set. Call before there are threads.
 */
enum signum_status signumd_state_open(const char *folder,
                                      struct signumd_state *state_out) SIGNUM_MUST_USE;
void signumd_state_close(struct signumd_state *state);

/* Path of one of its files, freed with free(); NULL when memory is short. */
char *signumd_state_path(const struct signumd_state *state, const char *file);

bool signumd_state_has(const struct signumd_state *state, const char *file);

/* Reads or writes one of its files. */
enum signum_status signumd_state_read(const struct signumd_state *state, const char *file,
                                      struct signum_buf *out) SIGNUM_MUST_USE;
enum signum_status signumd_state_write(const struct signumd_state *state, const char *file,
                                       struct signum_bytes content,
                                       unsigned mode) SIGNUM_MUST_USE;

/* Points SoftHSM2 to the folder's own configuration, if there is one. */
enum signum_status signumd_state_use_softhsm(const char *folder) SIGNUM_MUST_USE;

#endif
