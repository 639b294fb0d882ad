#ifndef SIGNUM_CNG_BLOB_NAME_H
#define SIGNUM_CNG_BLOB_NAME_H

#include "signum/ksp_abi.h"

#include "core/blob.h"

/*
 * The public blob of that name, for exporting. NOT_SUPPORTED for the other blobs that CNG knows
 * (private keys, keys under another key), BAD_TYPE for what it does not know.
 */
enum signum_status signum_blob_name_find(LPCWSTR name,
                                         enum signum_blob_type *type_out) SIGNUM_MUST_USE;

#endif
