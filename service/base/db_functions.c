#include "base/db_functions.h"

#include <sqlite3.h>
#include <string.h>

#include "base/crypto.h"

static void
merkle_node(sqlite3_context *context, int count, sqlite3_value **values)
{
    uint8_t first[1 + SIGNUMD_SHA256_LEN] = {1};
    uint8_t node[SIGNUMD_SHA256_LEN];

    for (int i = 0; i < count; i++)
        if (sqlite3_value_bytes(values[i]) != SIGNUMD_SHA256_LEN) {
            sqlite3_result_null(context);
            return;
        }
    memcpy(first + 1, sqlite3_value_blob(values[0]), SIGNUMD_SHA256_LEN);
    const struct signum_bytes second = {sqlite3_value_blob(values[1]), SIGNUMD_SHA256_LEN};
    if (signumd_crypto_sha256((struct signum_bytes){first, sizeof first}, second, node) !=
        SIGNUM_OK)
        sqlite3_result_error_nomem(context);
    else
        sqlite3_result_blob(context, node, sizeof node, SQLITE_TRANSIENT);
}

int
signumd_db_add_functions(struct sqlite3 *handle)
{
    return sqlite3_create_function(handle, "merkle_node", 2,
        SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_DIRECTONLY, NULL, merkle_node, NULL, NULL);
}
