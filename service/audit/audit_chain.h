#ifndef SIGNUMD_AUDIT_CHAIN_H
#define SIGNUMD_AUDIT_CHAIN_H

#include "audit/audit.h"

/*
 * Logs that were begun before there was a tree have a chain of hashes over their first records,
 * chain(i) = SHA-256(chain(i-1) || leaf(i)), chain(-1) is 32 zero bytes. It grows no more.
 *
 * Checks it against the leaves, and puts what it finds into the report.
 */
enum signum_status signumd_audit_check_chain(
    struct signumd_db *db, struct signumd_audit_report *report) SIGNUM_MUST_USE;

#endif
