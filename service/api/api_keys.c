#include <stdio.h>
#include <string.h>

#include "api/api.h"
#include "http/http.h"
#include "base/json.h"
#include "base/timestamp.h"
#include "policy/policies.h"
#include "x509/certificate.h"

#define EXPIRING_MAX 36500 /* days */

#define SEES_ALL (SIGNUMD_ROLE_BIT(SIGNUMD_ROLE_ADMIN) | SIGNUMD_ROLE_BIT(SIGNUMD_ROLE_KEY_MANAGER))

static bool
has_full_view(const struct signumd_request *request)
{
    return signumd_user_has(&request->user, SEES_ALL);
}

/* A page of the list while it is being made. */
struct page {
    struct signumd_request *request;
    struct signumd_json_writer writer;
    struct signumd_facts facts;
    struct signumd_policy_set policies;
    int64_t limit;
    int64_t count;
    int64_t expiring_within; /* days; -1: all keys */
    char last[SIGNUMD_NAME_MAX + 1];
    bool has_more;
    enum signum_status status;
};

/* Has it a certificate that ends, or has ended, within so many days? */
static bool
ends_within(const struct signumd_key *key, int64_t days)
{
    struct signumd_certificate certificate;

    if (key->chain_count == 0 ||
        signumd_certificate_read(signum_bytes_of_buf(&key->chain[0]), &certificate) != SIGNUM_OK)
        return false;
    return certificate.not_after - signumd_timestamp_seconds() <= days * 86400;
}

static bool
add_key(void *context, const struct signumd_key *key)
{
    struct page *page = context;

    page->facts.key = key->name;
    page->facts.key_groups = &key->groups;
    if (!has_full_view(page->request) && !signumd_request_owns(page->request, key) &&
        !signumd_policy_decide(&page->facts, page->policies.items, page->policies.count, NULL)
             .is_allowed)
        return true;
    if (page->expiring_within >= 0 && !ends_within(key, page->expiring_within))
        return true;
    if (page->count == page->limit) {
        page->has_more = true;
        return false;
    }
    page->count++;
    (void)snprintf(page->last, sizeof page->last, "%s", key->name);
    page->status = signumd_key_write(key, &page->writer);
    return page->status == SIGNUM_OK;
}

void
signumd_api_keys(struct signumd_request *request)
{
    struct page page;
    const char *after = NULL;

    memset(&page, 0, sizeof page);
    page.request = request;
    page.facts = signumd_request_facts(request, NULL);
    if (!signumd_paging_read(request, &after, &page.limit) ||
        !signumd_request_query_number(
            request, "expiring_within", 0, EXPIRING_MAX, &page.expiring_within))
        return;
    signumd_json_start(&page.writer, &request->answer);
    signumd_json_begin(&page.writer, "keys", '[');
    enum signum_status status =
        signumd_policies_load(request->db, request->user.name, NULL, &page.policies);
    if (status == SIGNUM_OK)
        status = signumd_keys_walk(request->db, after, add_key, &page);
    if (status == SIGNUM_OK)
        status = page.status;
    signumd_json_end(&page.writer, ']');
    signumd_json_put_text(&page.writer, "next", page.has_more ? page.last : NULL);
    signumd_json_end(&page.writer, '}');
    signumd_policy_set_clear(&page.policies);
    signumd_reply_json(request, status);
}

/* If-None-Match: a list of entity tags, weak ones too, or "*" (RFC 9110 section 13.1.2) */
static bool
is_known(const char *header, const char *etag)
{
    if (header == NULL)
        return false;
    return strcmp(header, "*") == 0 || strstr(header, etag) != NULL;
}

static void
reply_key(struct signumd_request *request, const struct signumd_key *key)
{
    char etag[SIGNUMD_ID_SIZE];
    struct signumd_json_writer writer = {&request->answer, false};
    enum signum_status status = signumd_key_etag(key, etag);

    if (status == SIGNUM_OK)
        signumd_reply_header(request, "ETag", "\"%s\"", etag);
    if (status == SIGNUM_OK && is_known(signumd_request_header(request, "If-None-Match"), etag)) {
        request->status = 304;
        return;
    }
    if (status == SIGNUM_OK)
        status = signumd_key_write(key, &writer);
    signumd_reply_json(request, status);
}

void
signumd_api_key(struct signumd_request *request)
{
    struct signumd_key key;

    signumd_key_init(&key);
    if (signumd_request_find_key(request, &key) &&
        signumd_request_check_access(request, &key, SEES_ALL, "key.read") &&
        signumd_request_find_version(request, &key))
        reply_key(request, &key);
    signumd_key_clear(&key);
}
