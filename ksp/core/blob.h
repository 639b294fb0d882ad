#ifndef SIGNUM_CORE_BLOB_H
#define SIGNUM_CORE_BLOB_H

#include "key.h"

/* CNG public key blobs, composed byte by byte so that the core needs no Windows header. */

enum signum_blob_type {
    SIGNUM_BLOB_PUBLIC,     /* BCRYPT_PUBLIC_KEY_BLOB "PUBLICBLOB": the family's own form */
    SIGNUM_BLOB_RSA_PUBLIC, /* BCRYPT_RSAPUBLIC_BLOB "RSAPUBLICBLOB": BCRYPT_RSAKEY_BLOB */
    SIGNUM_BLOB_ECC_PUBLIC, /* BCRYPT_ECCPUBLIC_BLOB "ECCPUBLICBLOB": BCRYPT_ECCKEY_BLOB */
};

#define SIGNUM_BLOB_MAX 4200 /* bytes of the largest blob */

/* Appends the blob to `out`. BAD_TYPE if the type does not fit the key's family. */
enum signum_status signum_blob_export(const struct signum_key *key, enum signum_blob_type type,
                                      struct signum_buf *out) SIGNUM_MUST_USE;

#endif
