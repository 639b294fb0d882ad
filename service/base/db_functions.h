#ifndef SIGNUMD_DB_FUNCTIONS_H
#define SIGNUMD_DB_FUNCTIONS_H

struct sqlite3;

/*
 * Gives a connection the SQL functions that steps of the schema use; the result is SQLite's code.
 *     merkle_node(left, right)    SHA-256(0x01 || left || right), null if one is not 32 bytes
 */
int signumd_db_add_functions(struct sqlite3 *handle);

#endif
