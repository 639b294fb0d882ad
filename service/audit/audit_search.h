#ifndef SIGNUMD_AUDIT_SEARCH_H
#define SIGNUMD_AUDIT_SEARCH_H

#include "audit/audit.h"

/* The members that records are searched by, in a table of their own with its indexes. */

/* Adds the row of a record that has just been written. Only within a transaction. */
enum signum_status signumd_audit_search_add(struct signumd_db *db, int64_t index) SIGNUM_MUST_USE;

/* Checks that the table and its indexes fit the records; what it finds goes into the report. */
enum signum_status signumd_audit_search_check(
    struct signumd_db *db, struct signumd_audit_report *report) SIGNUM_MUST_USE;

#endif
