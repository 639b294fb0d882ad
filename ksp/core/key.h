#ifndef SIGNUM_CORE_KEY_H
#define SIGNUM_CORE_KEY_H

#include "alg.h"
#include "buf.h"
#include "object.h"

/*
 * A key as a service describes it: immutable, counted, shared by the catalogue and every handle
 * on it. The private half is never here. All functions may be called from any thread.
 */
struct signum_key;

#define SIGNUM_KEY_NAME_MAX 128  /* bytes of a key's name on the service */
#define SIGNUM_KEY_CHAIN_MAX 10  /* certificates */
#define SIGNUM_KEY_SPKI_MAX 4096 /* bytes */
#define SIGNUM_KEY_CERT_MAX (64u << 10) /* bytes of one certificate */

/* What makes a key. All borrowed for the call of signum_key_new(). */
struct signum_key_fields {
    const char *name;
    const char *id;
    unsigned version;
    const struct signum_alg *alg;
    uint32_t bits;              /* as claimed by the service; checked against the SPKI */
    struct signum_bytes spki;   /* DER SubjectPublicKeyInfo, RFC 5280 section 4.1 */
    const struct signum_bytes *chain; /* DER certificates, leaf first */
    size_t chain_count;
    bool is_enabled;
    const char *etag; /* "" if none */
};

/*
 * Makes a key with one reference. Checks the fields' sizes only: the public key is read when it is
 * needed, since that takes long for a long list. PROTOCOL, TOO_LARGE, NO_MEMORY.
 */
enum signum_status signum_key_new(const struct signum_key_fields *fields,
                                  struct signum_key **key_out) SIGNUM_MUST_USE;

/*
 * Checks what the service claims against the public key: algorithm and bits, and that the leaf
 * certificate carries this very key. PROTOCOL if they do not fit. Done once, on first need;
 * verifying and the public numbers need it by themselves. To be called before the facts or the
 * certificates of a key are relied on.
 */
enum signum_status signum_key_check(const struct signum_key *key) SIGNUM_MUST_USE;

struct signum_key *signum_key_ref(struct signum_key *key);
void signum_key_unref(struct signum_key **key); /* clears *key; NULL is fine */

/* Facts; borrowed, valid as long as the key. */
const char *signum_key_name(const struct signum_key *key);
const char *signum_key_id(const struct signum_key *key);
const char *signum_key_etag(const struct signum_key *key);
unsigned signum_key_version(const struct signum_key *key);
const struct signum_alg *signum_key_alg(const struct signum_key *key);
uint32_t signum_key_bits(const struct signum_key *key);
bool signum_key_is_enabled(const struct signum_key *key);
struct signum_bytes signum_key_spki(const struct signum_key *key);
size_t signum_key_chain_count(const struct signum_key *key);
struct signum_bytes signum_key_certificate(const struct signum_key *key, size_t index);
size_t signum_key_signature_len(const struct signum_key *key); /* bytes */

/* Public numbers, big-endian. RSA: modulus and exponent without leading zeros. ECDSA: x and y,
   each as wide as the field. Empty for the other family, and if signum_key_check() fails. */
struct signum_bytes signum_key_modulus(const struct signum_key *key);
struct signum_bytes signum_key_exponent(const struct signum_key *key);
struct signum_bytes signum_key_x(const struct signum_key *key);
struct signum_bytes signum_key_y(const struct signum_key *key);

/*
 * Takes one or more DER certificates that lie behind each other, leaf first, apart: `chain_out` has
 * room for SIGNUM_KEY_CHAIN_MAX views into `certificates`. INVALID_ARGUMENT if they are not
 * certificates, too many or too large, or if the leaf is for another key.
 */
enum signum_status signum_key_read_chain(const struct signum_key *key,
                                         struct signum_bytes certificates,
                                         struct signum_bytes *chain_out,
                                         size_t *count_out) SIGNUM_MUST_USE;

/*
 * Verifies a signature (RSA: as wide as the modulus; ECDSA: r||s) over a digest. The parameters
 * are checked first (signum_alg_check_params), then the key. BAD_SIGNATURE if it is wrong, of
 * whatever length. Local; no network.
 */
enum signum_status signum_key_verify(const struct signum_key *key,
                                     const struct signum_sign_params *params,
                                     struct signum_bytes digest,
                                     struct signum_bytes signature) SIGNUM_MUST_USE;

#endif
