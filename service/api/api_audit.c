#include <stdlib.h>
#include <string.h>

#include "api/api.h"
#include "audit/audit.h"
#include "http/http.h"
#include "base/json.h"

#define INDEX_DIGITS_MAX 15 /* JSON numbers are exact up to there */

/* The index after which to begin; -1 if the parameter is absent. */
static bool
read_index(const char *text, int64_t *index_out)
{
    size_t digits = strspn(text, "0123456789");

    *index_out = -1;
    if (text[0] == '\0')
        return true;
    if (digits == 0 || digits > INDEX_DIGITS_MAX || text[digits] != '\0')
        return false;
    *index_out = strtoll(text, NULL, 10);
    return true;
}

/* False after having answered. */
static bool
read_filter(struct signumd_request *request, struct signumd_audit_filter *filter)
{
    memset(filter, 0, sizeof *filter);
    for (int i = 0; i < SIGNUMD_AUDIT_FIELD_COUNT; i++) {
        const char *name = signumd_audit_fields[i];
        if (signumd_audit_filter_set(filter, (enum signumd_audit_field)i,
                                     signumd_request_query(request, name)))
            continue;
        signumd_reply_bad_field(request, name, "must be a time such as 2026-01-31T12:00:00Z");
        return false;
    }
    return true;
}

void
signumd_api_audit(struct signumd_request *request)
{
    struct signumd_json_writer writer;
    struct signumd_audit_filter filter;
    const char *after_text = NULL;
    int64_t after = -1;
    int64_t limit = 0;
    int64_t next = -1;

    if (!signumd_paging_read(request, &after_text, &limit) || !read_filter(request, &filter))
        return;
    if (!read_index(after_text, &after)) {
        signumd_reply_bad_field(request, "after", "must be the index of a record");
        return;
    }
    signumd_json_start(&writer, &request->answer);
    signumd_json_begin(&writer, "records", '[');
    enum signum_status status =
        signumd_audit_write_list(request->db, &filter, after, limit, &writer, &next);
    signumd_json_end(&writer, ']');
    if (next < 0)
        signumd_json_put_text(&writer, "next", NULL);
    else
        signumd_json_put_number(&writer, "next", next);
    signumd_json_end(&writer, '}');
    signumd_reply_json(request, status);
}
