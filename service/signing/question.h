#ifndef SIGNUMD_QUESTION_H
#define SIGNUMD_QUESTION_H

#include "signing/sign_request.h"

/*
 * "What would become of this signing request?": the facts of a request that nobody has sent, as
 * POST /v1/policies/explain and the files of `signumd policy test` have them.
 */
struct signumd_question {
    struct signumd_facts facts; /* borrows from the rest and from the JSON object that was read */
    struct signumd_asserted asserted;
    struct signumd_texts groups;
    struct signumd_texts key_groups;
    struct signum_buf claims;
    bool has_roles; /* given, even if none */
    bool has_groups;
    bool has_key_groups;
};

void signumd_question_init(struct signumd_question *question);
void signumd_question_clear(struct signumd_question *question);

/*
 * Reads {user, roles, groups, claims, key, key_groups, scheme, hash, context, address, time} from
 * the reader's object, which must outlive the question. A fault is the reader's. The time is now,
 * if it is not told.
 */
void signumd_question_read(struct signumd_json_reader *reader, struct signumd_question *question);

/*
 * Looks up what the question does not tell about its user and its key. A user who is not known here
 * is the reader's fault, unless the name is one that an issuer vouches for (ISSUER:SUBJECT).
 */
enum signum_status signumd_question_complete(struct signumd_db *db,
    struct signumd_json_reader *reader, struct signumd_question *question) SIGNUM_MUST_USE;

#endif
