#include <stdlib.h>
#include <string.h>

#include "api/api.h"
#include "audit/audit_key.h"
#include "audit/audit_proof.h"
#include "http/http.h"

#define DIGITS_MAX 15 /* JSON numbers are exact up to there */

/* Answers with a text instead of JSON. */
static void
reply_text(struct signumd_request *request, enum signum_status status)
{
    signumd_reply_json(request, status);
    if (request->status == 200)
        request->content_type = "text/plain; charset=utf-8";
}

void
signumd_api_audit_key(struct signumd_request *request)
{
    struct signumd_note_key key;
    enum signum_status status = signumd_audit_key_read(request->app->state, request->db, &key);

    if (status == SIGNUM_OK) {
        signumd_note_key_write(&key, &request->answer);
        signum_buf_put_byte(&request->answer, '\n');
    }
    reply_text(request, status);
}

void
signumd_api_audit_checkpoint(struct signumd_request *request)
{
    reply_text(
        request, signumd_audit_key_checkpoint(request->app->state, request->db, &request->answer));
}

/* A query parameter of at least `min`; -1 if it is absent. False after having answered. */
static bool
read_number(struct signumd_request *request, const char *name, bool is_required, int64_t min,
    int64_t *number_out)
{
    const char *text = signumd_request_query(request, name);
    size_t digits = text == NULL ? 0 : strspn(text, "0123456789");

    *number_out = -1;
    if (text == NULL && !is_required)
        return true;
    if (digits > 0 && digits <= DIGITS_MAX && text[digits] == '\0')
        *number_out = strtoll(text, NULL, 10);
    if (*number_out >= min)
        return true;
    signumd_reply_bad_field(
        request, name, min == 0 ? "must be a whole number" : "must be a whole number from 1 on");
    return false;
}

static void
reply_proof(struct signumd_request *request, const char *field, enum signum_status status)
{
    if (status == SIGNUM_INVALID_ARGUMENT)
        signumd_reply_bad_field(request, field, "does not fit the size of the log");
    else
        signumd_reply_json(request, status);
}

void
signumd_api_audit_inclusion(struct signumd_request *request)
{
    int64_t index = 0;
    int64_t size = 0;

    if (!read_number(request, "size", false, 1, &size) ||
        !read_number(request, "index", true, 0, &index))
        return;
    reply_proof(request, "index",
        signumd_audit_write_inclusion(request->db, index, size, &request->answer));
}

void
signumd_api_audit_consistency(struct signumd_request *request)
{
    int64_t from = 0;
    int64_t to = 0;

    if (!read_number(request, "to", false, 1, &to) || !read_number(request, "from", true, 1, &from))
        return;
    reply_proof(
        request, "from", signumd_audit_write_consistency(request->db, from, to, &request->answer));
}
