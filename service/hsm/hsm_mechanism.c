#include <stdio.h>

#include "hsm/hsm_internal.h"

struct row {
    CK_MECHANISM_TYPE type;
    const char *name;
};

#define ROW(name)                                                                                  \
    {                                                                                              \
        name, #name                                                                                \
    }

/* Those that make keys, and those that a signing key may be restricted to. */
static const struct row rows[] = {
    ROW(CKM_RSA_PKCS_KEY_PAIR_GEN),
    ROW(CKM_RSA_X9_31_KEY_PAIR_GEN),
    ROW(CKM_EC_KEY_PAIR_GEN),
    ROW(CKM_RSA_PKCS),
    ROW(CKM_RSA_X_509),
    ROW(CKM_RSA_PKCS_PSS),
    ROW(CKM_RSA_PKCS_OAEP),
    ROW(CKM_SHA1_RSA_PKCS),
    ROW(CKM_SHA256_RSA_PKCS),
    ROW(CKM_SHA384_RSA_PKCS),
    ROW(CKM_SHA512_RSA_PKCS),
    ROW(CKM_SHA1_RSA_PKCS_PSS),
    ROW(CKM_SHA256_RSA_PKCS_PSS),
    ROW(CKM_SHA384_RSA_PKCS_PSS),
    ROW(CKM_SHA512_RSA_PKCS_PSS),
    ROW(CKM_ECDSA),
    ROW(CKM_ECDSA_SHA1),
    ROW(CKM_ECDSA_SHA256),
    ROW(CKM_ECDSA_SHA384),
    ROW(CKM_ECDSA_SHA512),
};

void
signumd_hsm_put_mechanism(CK_MECHANISM_TYPE type, char name_out[SIGNUMD_HSM_MECHANISM_SIZE])
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (rows[i].type != type)
            continue;
        (void)snprintf(name_out, SIGNUMD_HSM_MECHANISM_SIZE, "%s", rows[i].name);
        return;
    }
    (void)snprintf(name_out, SIGNUMD_HSM_MECHANISM_SIZE, "0x%08lx", (unsigned long)type);
}
