#ifndef SIGNUMD_DB_GROUP_H
#define SIGNUMD_DB_GROUP_H

#include "base/db.h"

/*
 * Group commit: works of several threads become durable together, by one write to the disk. A
 * thread that has a work waits until a thread before it is done; the first that is free then runs
 * all works that wait, its own among them, in one transaction.
 */
struct signumd_db_group;

/* Opens a connection of the group's own. Freed when no thread is in signumd_db_group_run(). */
enum signum_status signumd_db_group_new(
    const char *path, struct signumd_db_group **group_out) SIGNUM_MUST_USE;
void signumd_db_group_free(struct signumd_db_group **group);

/*
 * Has `work` run, by this or another thread, within a transaction of `db`, and waits until what it
 * did is on the disk. It is run at most once, must not begin or end a transaction, and must not
 * wait for anything. The result is the work's own failure, which undoes what it did and leaves the
 * other works alone, or the failure of the transaction, which undoes all of them. Only after
 * SIGNUM_OK is anything durable.
 */
enum signum_status signumd_db_group_run(struct signumd_db_group *group,
    enum signum_status (*work)(struct signumd_db *db, void *context),
    void *context) SIGNUM_MUST_USE;

#endif
