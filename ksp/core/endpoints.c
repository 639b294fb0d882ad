#include "endpoints.h"

#include <string.h>

enum signum_status
signum_endpoints_init(struct signum_endpoints *endpoints,
                      const struct signum_service_settings *settings)
{
    const char *at = signum_buf_text(&settings->more_urls);

    memset(endpoints, 0, sizeof *endpoints);
    signum_lock_init(&endpoints->lock);
    for (size_t i = 0; i < SIGNUM_CONFIG_URLS_MAX; i++)
        signum_buf_init(&endpoints->urls[i], SIGNUM_CONFIG_TEXT_MAX);
    signum_buf_put_text(&endpoints->urls[0], signum_buf_text(&settings->url));
    enum signum_status status = signum_buf_status(&endpoints->urls[0]);
    endpoints->count = 1;
    while (status == SIGNUM_OK && *at != 0) {
        size_t len = strcspn(at, " ");
        if (endpoints->count == SIGNUM_CONFIG_URLS_MAX)
            return SIGNUM_TOO_LARGE;
        struct signum_buf *url = &endpoints->urls[endpoints->count++];
        signum_buf_put(url, at, len);
        status = signum_buf_status(url);
        at += len;
        at += strspn(at, " ");
    }
    return status;
}

void
signum_endpoints_clear(struct signum_endpoints *endpoints)
{
    for (size_t i = 0; i < SIGNUM_CONFIG_URLS_MAX; i++)
        signum_buf_clear(&endpoints->urls[i]);
    endpoints->count = 0;
    signum_lock_clear(&endpoints->lock);
}

bool
signum_endpoints_pick(struct signum_endpoints *endpoints, uint64_t now_ms, unsigned tried,
                      size_t *index_out)
{
    size_t found = SIGNUM_CONFIG_URLS_MAX;
    bool is_found_well = false;

    signum_lock_acquire(&endpoints->lock);
    for (size_t i = 0; i < endpoints->count && !is_found_well; i++) {
        bool is_well = endpoints->rests_until_ms[i] <= now_ms;
        if ((tried & 1u << i) != 0 || (!is_well && found != SIGNUM_CONFIG_URLS_MAX))
            continue;
        found = i;
        is_found_well = is_well;
    }
    signum_lock_release(&endpoints->lock);
    *index_out = found;
    return found != SIGNUM_CONFIG_URLS_MAX;
}

void
signum_endpoints_note(struct signum_endpoints *endpoints, size_t index, uint64_t now_ms,
                      bool is_reached)
{
    signum_lock_acquire(&endpoints->lock);
    endpoints->rests_until_ms[index] = is_reached ? 0 : now_ms + SIGNUM_ENDPOINT_REST_MS;
    signum_lock_release(&endpoints->lock);
}

const char *
signum_endpoints_url(const struct signum_endpoints *endpoints, size_t index)
{
    return signum_buf_text(&endpoints->urls[index]);
}
