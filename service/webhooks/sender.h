#ifndef SIGNUMD_SENDER_H
#define SIGNUMD_SENDER_H

#include "webhooks/deliveries.h"

/*
 * The thread that makes deliveries of events and sends them, with a database connection of its
 * own. It looks every second; a webhook that does not answer holds the others up for ten seconds
 * at most, once per try.
 */
struct signumd_sender;

struct signumd_sender_options {
    const char *db_path;
    struct signumd_delivery_pace pace;
    /* Called before each look, with the time: what else is due by time. NULL: nothing. */
    void (*chores)(void *context, struct signumd_db *db, int64_t now);
    void *context; /* of the chores; outlives the sender */
};

enum signum_status signumd_sender_start(const struct signumd_sender_options *options,
    struct signumd_sender **sender_out) SIGNUM_MUST_USE;

/* Lets it finish what it is sending, and ends it. Accepts NULL. */
void signumd_sender_stop(struct signumd_sender **sender);

#endif
