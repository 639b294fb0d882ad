#include <stdio.h>
#include <string.h>

#include "api/api.h"
#include "http/http.h"
#include "base/json.h"
#include "keys/leftovers.h"
#include "policy/policies.h"
#include "base/timestamp.h"

#define BITS_MAX 65536

/* A key on its way from the request to the token and the database. */
struct job {
    struct signumd_request *request;
    struct signumd_key key;
    uint8_t body_sha256[SIGNUMD_SHA256_LEN];
    char scope[sizeof SIGNUMD_CREATE_PREFIX + SIGNUMD_NAME_MAX];
    struct signumd_idempotency_name name;
};

static bool
read_header(struct signumd_request *request, const char **value_out)
{
    *value_out = signumd_request_header(request, "Idempotency-Key");
    if (*value_out == NULL || signumd_idempotency_is_valid(*value_out))
        return true;
    signumd_reply_bad_field(
        request, "Idempotency-Key", "must be 1 to 128 visible ASCII characters");
    return false;
}

/* False after having answered that the algorithm is not offered. */
static bool
read_members(struct job *job, struct signumd_json_reader *reader)
{
    static const char *const names[] = {"name", "algorithm", "bits", "curve"};

    signumd_json_check_names(reader, names, sizeof names / sizeof names[0]);
    const char *name = signumd_json_get_text(reader, "name", true, SIGNUMD_NAME_MAX);
    if (name != NULL && !signumd_name_is_valid(name))
        signumd_json_refuse(reader, "name", "must be 1 to 64 of A-Z a-z 0-9 . _ -");
    const char *algorithm = signumd_json_get_text(reader, "algorithm", true, 32);
    int64_t bits = signumd_json_get_number(reader, "bits", 1, BITS_MAX, 0);
    const char *curve = signumd_json_get_text(reader, "curve", false, 32);
    if (curve != NULL && algorithm != NULL && strcmp(algorithm, "rsa") == 0)
        signumd_json_refuse(reader, "curve", "does not belong to this algorithm");
    if (reader->failure != SIGNUM_OK)
        return true;
    enum signum_status status = signumd_key_begin(&job->key, name);
    if (status != SIGNUM_OK) {
        signumd_reply_internal(job->request, status);
        return false;
    }
    status = signumd_key_choose(&job->key, algorithm, bits, curve);
    if (status == SIGNUM_INVALID_ARGUMENT)
        signumd_json_refuse(reader, "bits", "does not belong to this algorithm");
    if (status != SIGNUM_BAD_ALGORITHM)
        return true;
    signumd_reply_problem(job->request, SIGNUMD_PROBLEM_UNSUPPORTED_ALGORITHM,
        "Keys of this algorithm, size or curve are not offered");
    return false;
}

/* False after having answered. */
static bool
read_body(struct job *job)
{
    struct signumd_request *request = job->request;
    struct signum_bytes body = signum_bytes_of_buf(&request->body);
    struct cJSON *object = NULL;
    struct signumd_json_reader reader;

    if (signumd_json_parse(body, &object) != SIGNUM_OK) {
        signumd_reply_problem(
            request, SIGNUMD_PROBLEM_BAD_REQUEST, "The body is not a JSON object");
        return false;
    }
    signumd_json_reader_init(&reader, object);
    bool is_read = read_members(job, &reader);
    if (is_read && reader.failure != SIGNUM_OK) {
        signumd_reply_bad_field(request, reader.field, reader.cause);
        is_read = false;
    }
    signumd_json_free(&object);
    enum signum_status status =
        signumd_crypto_sha256(body, (struct signum_bytes){NULL, 0}, job->body_sha256);
    if (is_read && status != SIGNUM_OK) {
        signumd_reply_internal(request, status);
        is_read = false;
    }
    return is_read;
}

static void
refuse(struct job *job, enum signum_status status)
{
    enum signumd_problem problem = signumd_problem_of_hsm(status);

    job->request->cause = signum_status_text(status);
    if (status == SIGNUM_KEY_EXISTS)
        signumd_reply_problem(job->request, SIGNUMD_PROBLEM_KEY_EXISTS,
            "The service or its token has a key %s already", job->key.name);
    else if (problem == SIGNUMD_PROBLEM_INTERNAL)
        signumd_reply_internal(job->request, status);
    else
        signumd_reply_problem(job->request, problem, "The HSM did not make a key");
}

/* Key, rule, records and answer become durable together. */
static enum signum_status
commit(struct job *job)
{
    struct signumd_request *request = job->request;
    const struct signumd_actor actor = signumd_request_actor(request);
    struct signumd_json_writer writer = {&request->answer, false};
    enum signum_status status = signumd_db_begin(request->db);

    if (status != SIGNUM_OK)
        return status;
    status = signumd_keys_insert(request->db, &actor, "key.create", &job->key);
    if (status == SIGNUM_OK)
        status = signumd_rules_add_created(request->db, &actor, &job->key);
    if (status == SIGNUM_OK)
        status = signumd_key_write(&job->key, &writer);
    if (status == SIGNUM_OK)
        status = signum_buf_status(&request->answer);
    if (status == SIGNUM_OK && job->name.idempotency_key != NULL)
        status = signumd_answers_add(request->db, &job->name, job->body_sha256,
            signumd_timestamp_seconds(), signum_buf_text(&request->answer));
    return signumd_db_finish(request->db, status);
}

/* Without a transaction while the token makes the key pair, which may take seconds. */
static enum signum_status
make(struct job *job)
{
    struct signumd_request *request = job->request;
    struct signumd_hsm *hsm = request->app->hsm;
    int64_t one = 0;
    enum signum_status status = signumd_db_get_number(
        request->db, &one, "SELECT 1 FROM keys WHERE name = ?", "t", job->key.name);

    if (status != SIGNUM_NOT_FOUND)
        return status == SIGNUM_OK ? SIGNUM_KEY_EXISTS : status;
    /* What a deleted key of this name may have left would be in the way of the new one */
    status = signumd_leftovers_sweep(request->db, hsm);
    if (status == SIGNUM_OK)
        status = signumd_hsm_generate(hsm, &job->key);
    if (status != SIGNUM_OK)
        return status;
    status = commit(job);
    if (status != SIGNUM_OK && signumd_hsm_destroy(hsm, &job->key) != SIGNUM_OK)
        request->cause = "the new key pair is left over in the token";
    return status;
}

static void
create(void *context)
{
    struct job *job = context;
    enum signum_status status = make(job);

    if (status == SIGNUM_OK)
        signumd_reply_json(job->request, status);
    else
        refuse(job, status);
}

static void
run(struct job *job)
{
    struct signumd_request *request = job->request;

    (void)snprintf(job->scope, sizeof job->scope, SIGNUMD_CREATE_PREFIX "%s", job->key.name);
    job->name.user = request->user.name;
    job->name.key_id = job->scope;
    (void)signumd_request_run_once(request, &job->name, job->body_sha256, create, job);
    if (request->status != 200)
        return;
    request->status = 201;
    signumd_reply_header(request, "Location", "/v1/keys/%s", job->key.name);
}

void
signumd_api_create_key(struct signumd_request *request)
{
    struct job job;

    memset(&job, 0, sizeof job);
    job.request = request;
    signumd_key_init(&job.key);
    if (read_header(request, &job.name.idempotency_key) && read_body(&job))
        run(&job);
    signumd_key_clear(&job.key);
}
