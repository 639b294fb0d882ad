/*
 * audit_proofs DATABASE SIZE: prints every proof about every size up to SIZE of the log in the
 * database, one a line, hashes in hexadecimal:
 *     inclusion INDEX SIZE HASH...
 *     consistency FROM TO HASH...
 */
#include <stdio.h>
#include <stdlib.h>

#include "audit/audit_tree.h"

static void
print_proof(
    const char *kind, int64_t first, int64_t second, const struct signumd_merkle_proof *proof)
{
    (void)printf("%s %lld %lld", kind, (long long)first, (long long)second);
    for (size_t i = 0; i < proof->count; i++) {
        char hex[SIGNUMD_SHA256_HEX_SIZE];
        signumd_crypto_hex(proof->hashes[i].bytes, SIGNUMD_SHA256_LEN, hex);
        (void)printf(" %s", hex);
    }
    (void)printf("\n");
}

static enum signum_status
print_all(struct signumd_db *db, int64_t most)
{
    const struct signumd_merkle_source source = signumd_audit_source(db);
    struct signumd_merkle_proof proof;
    enum signum_status status = SIGNUM_OK;

    for (int64_t size = 1; status == SIGNUM_OK && size <= most; size++)
        for (int64_t i = 0; status == SIGNUM_OK && i < size; i++) {
            status = signumd_merkle_prove_inclusion(&source, i, size, &proof);
            if (status != SIGNUM_OK)
                break;
            print_proof("inclusion", i, size, &proof);
            status = signumd_merkle_prove_consistency(&source, i + 1, size, &proof);
            if (status == SIGNUM_OK)
                print_proof("consistency", i + 1, size, &proof);
        }
    return status;
}

int
main(int argc, char **argv)
{
    struct signumd_db *db = NULL;
    enum signum_status status =
        argc == 3 ? signumd_db_open(argv[1], false, &db) : SIGNUM_INVALID_ARGUMENT;

    if (status == SIGNUM_OK)
        status = print_all(db, strtoll(argv[2], NULL, 10));
    signumd_db_close(&db);
    return status == SIGNUM_OK ? 0 : 1;
}
