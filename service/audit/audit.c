#include "audit/audit.h"

#include <stdarg.h>
#include <unistd.h>

#include "audit/audit_search.h"
#include "audit/audit_tree.h"
#include "base/timestamp.h"

#define BODY_MAX ((size_t)64 * 1024)

const struct signumd_actor signumd_actor_local = {NULL, NULL, NULL, NULL, NULL};

void
signumd_audit_start(struct signumd_json_writer *writer, struct signum_buf *body,
                    const char *action, const struct signumd_actor *actor)
{
    char now[SIGNUMD_TIMESTAMP_SIZE];

    signumd_timestamp_now(now);
    signumd_json_start(writer, body);
    signumd_json_put_text(writer, "action", action);
    signumd_json_put_text(writer, "time", now);
    signumd_json_put_text(writer, "user", actor->user);
    signumd_json_put_text(writer, "token", actor->token);
    signumd_json_put_text(writer, "request", actor->request);
    signumd_json_begin(writer, "verified", '{');
    if (actor->user == NULL)
        signumd_json_put_number(writer, "uid", (int64_t)getuid());
    else
        signumd_json_put_text(writer, "address", actor->address);
    if (actor->identity != NULL)
        signumd_json_put_raw(writer, "identity", actor->identity);
    signumd_json_end(writer, '}');
}

enum signum_status
signumd_audit_append(struct signumd_db *db, const struct signum_buf *body, int64_t *index_out)
{
    struct signumd_merkle_edge edge;
    struct signumd_merkle_hash leaf;

    *index_out = -1;
    enum signum_status status = signum_buf_status(body);
    if (status == SIGNUM_OK)
        status = signumd_audit_read_edge(db, &edge);
    if (status == SIGNUM_OK)
        status = signumd_merkle_leaf(signum_bytes_of_buf(body), &leaf);
    if (status != SIGNUM_OK)
        return status;
    const int64_t index = edge.size;
    const struct signum_bytes leaf_bytes = {leaf.bytes, sizeof leaf.bytes};
    status = signumd_db_run(db, "INSERT INTO audit (idx, body, leaf) VALUES (?, ?, ?)", "itb",
                            index, signum_buf_text(body), leaf_bytes);
    if (status == SIGNUM_OK)
        status = signumd_audit_add_leaf(db, &edge, &leaf);
    if (status == SIGNUM_OK)
        status = signumd_audit_search_add(db, index);
    if (status == SIGNUM_OK)
        *index_out = index;
    else if (status == SIGNUM_KEY_EXISTS) /* the head says less than there is: tampered with */
        status = SIGNUM_INTERNAL;
    return status;
}

enum signum_status
signumd_audit_change(struct signumd_db *db, const struct signumd_actor *actor,
                     const char *action, ...)
{
    struct signum_buf body;
    struct signumd_json_writer writer;
    int64_t index = 0;
    va_list pairs;

    signum_buf_init(&body, BODY_MAX);
    signumd_audit_start(&writer, &body, action, actor);
    va_start(pairs, action);
    for (const char *name = va_arg(pairs, const char *); name != NULL;
         name = va_arg(pairs, const char *)) {
        const char *value = va_arg(pairs, const char *);
        if (value != NULL)
            signumd_json_put_text(&writer, name, value);
    }
    va_end(pairs);
    signumd_json_end(&writer, '}');
    enum signum_status status = signumd_audit_append(db, &body, &index);
    signum_buf_clear(&body);
    return status;
}

enum signum_status
signumd_audit_event(struct signumd_db *db, const char *action)
{
    enum signum_status status = signumd_db_begin(db);

    if (status != SIGNUM_OK)
        return status;
    status = signumd_audit_change(db, &signumd_actor_local, action, NULL);
    return signumd_db_finish(db, status);
}
