#ifndef SIGNUMD_HSM_H
#define SIGNUMD_HSM_H

#include "core/alg.h"
#include "keys/keys.h"

/*
 * The HSM: one token behind a PKCS#11 module. Connected on first use. When the device, the token
 * or a session is lost, the next call connects again, if need be with the module initialised
 * anew, and the call that noticed is repeated once. A refused PIN is never tried again by the
 * same process, so that no token locks itself; another PIN is.
 *
 * Any thread may call. What the status says, besides the usual:
 *     SIGNUM_SERVICE_BUSY    the HSM cannot be reached now, a later try may succeed
 *     SIGNUM_BAD_SETTINGS    the token or the PIN is not right, only a person can help
 *     SIGNUM_KEY_NOT_FOUND   the token has no such key
 */
struct signumd_hsm;

struct signumd_hsm_settings {
    const char *module; /* path of the PKCS#11 library */
    const char *token;  /* label of the token */
    const char *pin;
    size_t sessions; /* most sessions open at once */
    const char *vendor_label; /* of the vendor's evidence, see below; NULL or "" for none */
};

/* Loads the module; does not connect yet. The settings are copied. */
enum signum_status signumd_hsm_open(const struct signumd_hsm_settings *settings,
                                    struct signumd_hsm **hsm_out) SIGNUM_MUST_USE;

/* Logs out and finalises the module. No call may be under way. */
void signumd_hsm_close(struct signumd_hsm **hsm);

/*
 * Uses another PIN from the next login on, and lets it be tried once if the old one was refused. A
 * PIN that was refused and is given again changes nothing.
 */
enum signum_status signumd_hsm_change_pin(struct signumd_hsm *hsm,
                                          struct signum_bytes pin) SIGNUM_MUST_USE;

/* How it stands with the connection, without asking the token. */
struct signumd_hsm_gauges {
    size_t used_count; /* sessions that are lent */
    size_t max;
    bool is_connected;
    bool is_pin_refused;
};

void signumd_hsm_look(struct signumd_hsm *hsm, struct signumd_hsm_gauges *gauges_out);

/* Asks the token for its state: is it there, and are we logged in? */
enum signum_status signumd_hsm_check(struct signumd_hsm *hsm) SIGNUM_MUST_USE;

/*
 * Generates a key pair on the token: private, sensitive, never extractable, for signing only,
 * and reads that back. In `key` stand algorithm, bits and label; identifier and public key are
 * filled in. SIGNUM_KEY_EXISTS if the label is taken.
 */
enum signum_status signumd_hsm_generate(struct signumd_hsm *hsm,
                                        struct signumd_key *key) SIGNUM_MUST_USE;

/*
 * Finds the one key pair with the label in `key` and fills in the rest. SIGNUM_DENIED if the
 * private key could leave the token, SIGNUM_INVALID_ARGUMENT if the label is not unique.
 */
enum signum_status signumd_hsm_adopt(struct signumd_hsm *hsm,
                                     struct signumd_key *key) SIGNUM_MUST_USE;

/* Removes a key pair from the token, as when it could not be recorded. */
enum signum_status signumd_hsm_destroy(struct signumd_hsm *hsm,
                                       const struct signumd_key *key) SIGNUM_MUST_USE;

/* What a token says about a private key, in the order of PKCS#11's names (CKA_...). */
enum signumd_hsm_attribute {
    SIGNUMD_HSM_ALWAYS_SENSITIVE,
    SIGNUMD_HSM_DECRYPT,
    SIGNUMD_HSM_EXTRACTABLE,
    SIGNUMD_HSM_LOCAL,
    SIGNUMD_HSM_NEVER_EXTRACTABLE,
    SIGNUMD_HSM_PRIVATE,
    SIGNUMD_HSM_SENSITIVE,
    SIGNUMD_HSM_SIGN,
    SIGNUMD_HSM_TOKEN,
    SIGNUMD_HSM_UNWRAP,
    SIGNUMD_HSM_ATTRIBUTE_COUNT
};

/* "always_sensitive", ... */
const char *signumd_hsm_attribute_name(enum signumd_hsm_attribute attribute);

#define SIGNUMD_HSM_MECHANISMS_MAX 64
#define SIGNUMD_HSM_MECHANISM_SIZE 40 /* "CKM_RSA_PKCS_KEY_PAIR_GEN" or "0x00001234", and the NUL */

/* A key pair as the token shows it now. Texts are printable ASCII, without padding. */
struct signumd_hsm_facts {
    bool attributes[SIGNUMD_HSM_ATTRIBUTE_COUNT];
    char key_gen_mechanism[SIGNUMD_HSM_MECHANISM_SIZE]; /* CKA_KEY_GEN_MECHANISM; "": not told */
    bool is_restricted; /* CKA_ALLOWED_MECHANISMS is given, and so is the list that follows */
    size_t allowed_count;
    char allowed[SIGNUMD_HSM_MECHANISMS_MAX][SIGNUMD_HSM_MECHANISM_SIZE];
    bool is_software;      /* the token is SoftHSM2's */
    bool is_hardware_slot; /* the module says so itself (CKF_HW_SLOT) */
    char label[33];
    char manufacturer[33];
    char model[17];
    char serial[17];
    char firmware[8]; /* "2.6" */
    char library[33]; /* CK_INFO: description, manufacturer, version */
    char library_manufacturer[33];
    char library_version[8];
    char module[256];                           /* name of the module's file, without its folder */
    char module_sha256[SIGNUMD_SHA256_HEX_SIZE]; /* of the file when it was loaded; "": unknown */
};

/*
 * Reads them, and checks that the public key in the token is the one in `key`: SIGNUM_CRYPTO if it
 * is another.
 */
enum signum_status signumd_hsm_describe(struct signumd_hsm *hsm, const struct signumd_key *key,
                                        struct signumd_hsm_facts *facts_out) SIGNUM_MUST_USE;

/*
 * What the vendor itself says about the key, as objects in the token: certificates and data
 * objects with the label that the settings name (in it, {label} stands for the key's own label),
 * and what is known of a vendor's own conventions (the table in hsm_vendor.c).
 */
struct signumd_hsm_vendor {
    const char *kind; /* "certificate", "data" or the name of a convention; static */
    char label[SIGNUMD_LABEL_MAX + 1];
    struct signum_buf data; /* CKA_VALUE as it is */
};

#define SIGNUMD_HSM_VENDOR_MAX 8
#define SIGNUMD_HSM_VENDOR_DATA_MAX 16384 /* bytes of one */

struct signumd_hsm_vendors {
    struct signumd_hsm_vendor items[SIGNUMD_HSM_VENDOR_MAX];
    size_t count;
};

void signumd_hsm_vendors_init(struct signumd_hsm_vendors *vendors);
void signumd_hsm_vendors_clear(struct signumd_hsm_vendors *vendors);

/* Reads them into an initialised list. SIGNUM_TOO_LARGE: more, or longer, than the maxima. */
enum signum_status signumd_hsm_find_vendor(struct signumd_hsm *hsm, const struct signumd_key *key,
                                           struct signumd_hsm_vendors *vendors_out)
    SIGNUM_MUST_USE;

/*
 * Signs. The parameters have passed signum_alg_check_params(). Appends the signature, ECDSA as
 * r||s, after it has been verified with the key's public key: SIGNUM_BAD_SIGNATURE if it is wrong.
 */
enum signum_status signumd_hsm_sign(struct signumd_hsm *hsm, const struct signumd_key *key,
                                    const struct signum_sign_params *params,
                                    struct signum_bytes digest,
                                    struct signum_buf *signature_out) SIGNUM_MUST_USE;

/*
 * If the module is SoftHSM2 (SOFTHSM2_CONF is set by the caller), makes a token with the label
 * and PIN; else leaves the module alone. `is_softhsm_out` says which.
 */
enum signum_status signumd_hsm_init_softhsm(const char *module, const char *label, const char *pin,
                                            bool *is_softhsm_out) SIGNUM_MUST_USE;

#endif
