#include "signing/question.h"

#include <string.h>

#include "base/timestamp.h"
#include "identity/groups.h"
#include "keys/key_groups.h"

#define ADDRESS_MAX 63
#define USER_MAX 200
#define CLAIMS_TEXT_MAX ((size_t)16 * 1024)
#define TEXTS_MAX 256

void
signumd_question_init(struct signumd_question *question)
{
    memset(question, 0, sizeof *question);
    signum_buf_init(&question->claims, CLAIMS_TEXT_MAX);
}

void
signumd_question_clear(struct signumd_question *question)
{
    signumd_texts_clear(&question->groups);
    signumd_texts_clear(&question->key_groups);
    signum_buf_clear(&question->claims);
}

static const char *
take_text(void *context, const char *text)
{
    return signumd_texts_add(context, text) == SIGNUM_OK ? NULL : "is too much to remember";
}

static const char *
take_role(void *context, const char *text)
{
    unsigned *roles = context;
    enum signumd_role role = SIGNUMD_ROLE_SIGNER;

    if (!signumd_role_from_name(text, &role))
        return "is not the name of a role";
    *roles |= SIGNUMD_ROLE_BIT(role);
    return NULL;
}

static void
read_who(struct signumd_json_reader *reader, struct signumd_question *question)
{
    struct signumd_facts *facts = &question->facts;

    facts->user = signumd_json_get_text(reader, "user", true, USER_MAX);
    question->has_roles = signumd_json_has(reader, "roles");
    signumd_json_get_list(reader, "roles", SIGNUMD_ROLE_COUNT, take_role, &facts->roles);
    question->has_groups = signumd_json_has(reader, "groups");
    signumd_json_get_list(reader, "groups", TEXTS_MAX, take_text, &question->groups);
    facts->groups = &question->groups;
    signumd_json_check_twins(reader, "claims");
    signumd_json_get_raw_object(reader, "claims", CLAIMS_TEXT_MAX, &question->claims);
    if (question->claims.len > 0)
        facts->claims = signum_buf_text(&question->claims);
}

static void
read_what(struct signumd_json_reader *reader, struct signumd_question *question)
{
    struct signumd_facts *facts = &question->facts;

    facts->key = signumd_json_get_text(reader, "key", true, SIGNUMD_NAME_MAX);
    if (facts->key != NULL && !signumd_name_is_valid(facts->key))
        signumd_json_refuse(reader, "key", "must be 1 to 64 of A-Z a-z 0-9 . _ -");
    question->has_key_groups = signumd_json_has(reader, "key_groups");
    signumd_json_get_list(reader, "key_groups", TEXTS_MAX, take_text, &question->key_groups);
    facts->key_groups = &question->key_groups;
    facts->scheme = signumd_json_get_text(reader, "scheme", false, 32);
    facts->hash = signumd_json_get_text(reader, "hash", false, 32);
    if (facts->scheme != NULL && signum_scheme_by_wire(facts->scheme) == NULL)
        signumd_json_refuse(reader, "scheme", "is not a scheme that is offered here");
    if (facts->hash != NULL && signum_hash_by_wire(facts->hash) == NULL)
        signumd_json_refuse(reader, "hash", "is not a hash that is offered here");
}

static void
read_when(struct signumd_json_reader *reader, struct signumd_facts *facts)
{
    const char *text = signumd_json_get_text(reader, "time", false, SIGNUMD_TIMESTAMP_SIZE);

    facts->time = signumd_timestamp_seconds();
    if (text != NULL && !signumd_time_read(text, &facts->time))
        signumd_json_refuse(reader, "time", "must be a time like 2026-01-31T12:00:00Z");
}

void
signumd_question_read(struct signumd_json_reader *reader, struct signumd_question *question)
{
    static const char *const names[] = {"user", "roles", "groups", "claims", "key", "key_groups",
        "scheme", "hash", "context", "address", "time"};
    struct signumd_facts *facts = &question->facts;

    signumd_json_check_names(reader, names, sizeof names / sizeof names[0]);
    read_who(reader, question);
    read_what(reader, question);
    facts->address = signumd_json_get_text(reader, "address", false, ADDRESS_MAX);
    if (facts->address != NULL && !signumd_network_has("0.0.0.0/0", facts->address) &&
        !signumd_network_has("::/0", facts->address))
        signumd_json_refuse(reader, "address", "must be an IPv4 or IPv6 address");
    read_when(reader, facts);
    signumd_json_check_twins(reader, "context");
    signumd_asserted_read(reader, &question->asserted);
    signumd_asserted_add(&question->asserted, facts);
}

enum signum_status
signumd_question_complete(
    struct signumd_db *db, struct signumd_json_reader *reader, struct signumd_question *question)
{
    struct signumd_user user;

    if (reader->failure != SIGNUM_OK)
        return SIGNUM_OK;
    enum signum_status status = SIGNUM_OK;
    if (!question->has_key_groups)
        status = signumd_key_groups_of(db, question->facts.key, &question->key_groups);
    if (status == SIGNUM_OK)
        status = signumd_users_find(db, question->facts.user, &user);
    if (status == SIGNUM_OK && !question->has_roles)
        question->facts.roles = user.roles;
    /* issuers' users can be members too */
    if ((status == SIGNUM_OK || status == SIGNUM_NOT_FOUND) && !question->has_groups) {
        enum signum_status found =
            signumd_groups_of(db, question->facts.user, &question->groups);
        status = found == SIGNUM_OK ? status : found;
    }
    if (status != SIGNUM_NOT_FOUND)
        return status;
    if (strchr(question->facts.user, ':') == NULL)
        signumd_json_refuse(reader, "user", "is not known here");
    return SIGNUM_OK;
}
