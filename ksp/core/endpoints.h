#ifndef SIGNUM_CORE_ENDPOINTS_H
#define SIGNUM_CORE_ENDPOINTS_H

#include "config.h"
#include "lock.h"

/*
 * The addresses of one service, in their order, and which of them could not be reached lately.
 * Thread-safe.
 */

#define SIGNUM_ENDPOINT_REST_MS 30000 /* an address that failed comes last for so long */

struct signum_endpoints {
    struct signum_lock lock;
    struct signum_buf urls[SIGNUM_CONFIG_URLS_MAX];
    uint64_t rests_until_ms[SIGNUM_CONFIG_URLS_MAX]; /* 0: it is well */
    size_t count;
};

/* Takes the addresses of the settings. NO_MEMORY, TOO_LARGE. Cleared in every case. */
enum signum_status signum_endpoints_init(struct signum_endpoints *endpoints,
                                         const struct signum_service_settings *settings)
    SIGNUM_MUST_USE;
void signum_endpoints_clear(struct signum_endpoints *endpoints);

/*
 * The address to try next: the first one that is well, else the first one that rests; none that
 * has its bit in `tried`. False if all have.
 */
bool signum_endpoints_pick(struct signum_endpoints *endpoints, uint64_t now_ms, unsigned tried,
                           size_t *index_out);

/* Remembers whether an address could be reached. */
void signum_endpoints_note(struct signum_endpoints *endpoints, size_t index, uint64_t now_ms,
                           bool is_reached);

/* Borrowed, for as long as the addresses. */
const char *signum_endpoints_url(const struct signum_endpoints *endpoints, size_t index);

#endif
