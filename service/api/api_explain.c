#include "api/api.h"
#include "http/http.h"
#include "signing/question.h"

static void
reply(struct signumd_request *request, const struct signumd_question *question)
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
    struct signumd_question question;

    if (signumd_json_parse(signum_bytes_of_buf(&request->body), &object) != SIGNUM_OK) {
        signumd_reply_problem(
            request, SIGNUMD_PROBLEM_BAD_REQUEST, "The body is not a JSON object");
        return;
    }
    signumd_question_init(&question);
    signumd_json_reader_init(&reader, object);
    signumd_question_read(&reader, &question);
    enum signum_status status = signumd_question_complete(request->db, &reader, &question);
    if (status != SIGNUM_OK)
        signumd_reply_internal(request, status);
    else if (reader.failure != SIGNUM_OK)
        signumd_reply_bad_field(request, reader.field, reader.cause);
    else
        reply(request, &question);
    signumd_question_clear(&question);
    signumd_json_free(&object);
}
