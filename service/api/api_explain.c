#include <string.h>

#include "api/api.h"
#include "core/alg.h"
#include "http/http.h"
#include "signing/sign_request.h"
#include "base/timestamp.h"

#define ADDRESS_MAX 63

/* A question: the facts borrow from the rest. */
struct question {
    struct signumd_facts facts;
    struct signumd_user user;
    struct signumd_asserted asserted;
};

static void
read_algorithms(struct signumd_json_reader *reader, struct signumd_facts *facts)
{
    facts->scheme = signumd_json_get_text(reader, "scheme", false, 32);
    facts->hash = signumd_json_get_text(reader, "hash", false, 32);
    if (facts->scheme != NULL && signum_scheme_by_wire(facts->scheme) == NULL)
        signumd_json_refuse(reader, "scheme", "is not a scheme that is offered here");
    if (facts->hash != NULL && signum_hash_by_wire(facts->hash) == NULL)
        signumd_json_refuse(reader, "hash", "is not a hash that is offered here");
}

static void
read_time(struct signumd_json_reader *reader, struct signumd_facts *facts)
{
    const char *text = signumd_json_get_text(reader, "time", false, SIGNUMD_TIMESTAMP_SIZE);

    facts->time = signumd_timestamp_seconds();
    if (text != NULL && !signumd_time_read(text, &facts->time))
        signumd_json_refuse(reader, "time", "must be a time like 2026-01-31T12:00:00Z");
}

static void
read_question(struct signumd_json_reader *reader, struct question *question)
{
    static const char *const names[] = {
        "user", "key", "scheme", "hash", "context", "address", "time"};
    struct signumd_facts *facts = &question->facts;

    signumd_json_check_names(reader, names, sizeof names / sizeof names[0]);
    facts->user = signumd_json_get_text(reader, "user", true, SIGNUMD_NAME_MAX);
    facts->key = signumd_json_get_text(reader, "key", true, SIGNUMD_NAME_MAX);
    if (facts->key != NULL && !signumd_name_is_valid(facts->key))
        signumd_json_refuse(reader, "key", "must be 1 to 64 of A-Z a-z 0-9 . _ -");
    facts->address = signumd_json_get_text(reader, "address", false, ADDRESS_MAX);
    if (facts->address != NULL && !signumd_network_has("0.0.0.0/0", facts->address) &&
        !signumd_network_has("::/0", facts->address))
        signumd_json_refuse(reader, "address", "must be an IPv4 or IPv6 address");
    read_algorithms(reader, facts);
    read_time(reader, facts);
    signumd_json_check_twins(reader, "context");
    signumd_asserted_read(reader, &question->asserted);
    signumd_asserted_add(&question->asserted, facts);
}

/* The role is the user's own. */
static enum signum_status
find_user(
    struct signumd_request *request, struct signumd_json_reader *reader, struct question *question)
{
    if (reader->failure != SIGNUM_OK)
        return SIGNUM_OK;
    enum signum_status status =
        signumd_users_find(request->db, question->facts.user, &question->user);
    if (status == SIGNUM_OK)
        question->facts.roles = SIGNUMD_ROLE_BIT(question->user.role);
    if (status != SIGNUM_NOT_FOUND)
        return status;
    signumd_json_refuse(reader, "user", "is not known here");
    return SIGNUM_OK;
}

static void
reply(struct signumd_request *request, const struct question *question)
{
    struct signumd_json_writer writer;

    signumd_json_start(&writer, &request->answer);
    enum signum_status status = signumd_policies_explain(request->db, &question->facts, &writer);
    signumd_json_end(&writer, '}');
    signumd_reply_json(request, status);
}

void
signumd_api_explain(struct signumd_request *request)
{
    struct cJSON *object = NULL;
    struct signumd_json_reader reader;
    struct question question;

    memset(&question, 0, sizeof question);
    if (signumd_json_parse(signum_bytes_of_buf(&request->body), &object) != SIGNUM_OK) {
        signumd_reply_problem(
            request, SIGNUMD_PROBLEM_BAD_REQUEST, "The body is not a JSON object");
        return;
    }
    signumd_json_reader_init(&reader, object);
    read_question(&reader, &question);
    enum signum_status status = find_user(request, &reader, &question);
    if (status != SIGNUM_OK)
        signumd_reply_internal(request, status);
    else if (reader.failure != SIGNUM_OK)
        signumd_reply_bad_field(request, reader.field, reader.cause);
    else
        reply(request, &question);
    signumd_json_free(&object);
}
