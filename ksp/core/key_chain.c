#include "key.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include "key_internal.h"

/* The length of the certificate that `der` begins with; 0 if it does not. `public_key` not NULL:
   it must be for that one. */
static size_t
read_certificate(struct signum_bytes der, EVP_PKEY *public_key)
{
    const uint8_t *at = der.data;
    size_t len = 0;
    X509 *certificate = d2i_X509(NULL, &at, (long)der.len);

    if (certificate == NULL)
        return 0;
    if (public_key == NULL || EVP_PKEY_eq(X509_get0_pubkey(certificate), public_key) == 1)
        len = (size_t)(at - der.data);
    X509_free(certificate);
    return len;
}

enum signum_status
signum_key_read_chain(const struct signum_key *key, struct signum_bytes certificates,
                      struct signum_bytes *chain_out, size_t *count_out)
{
    struct signum_bytes rest = certificates;
    size_t count = 0;

    *count_out = 0;
    EVP_PKEY *leaf_key = signum_key_public_pkey(key);
    if (leaf_key == NULL || certificates.len == 0 ||
        certificates.len > (size_t)SIGNUM_KEY_CHAIN_MAX * SIGNUM_KEY_CERT_MAX)
        return SIGNUM_INVALID_ARGUMENT;
    while (rest.len > 0) {
        size_t len = read_certificate(rest, count == 0 ? leaf_key : NULL);
        if (len == 0 || len > SIGNUM_KEY_CERT_MAX || count == SIGNUM_KEY_CHAIN_MAX) {
            ERR_clear_error();
            return SIGNUM_INVALID_ARGUMENT;
        }
        chain_out[count++] = (struct signum_bytes){rest.data, len};
        rest = (struct signum_bytes){rest.data + len, rest.len - len};
    }
    *count_out = count;
    return SIGNUM_OK;
}
