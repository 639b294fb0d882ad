#include "api/api.h"
#include "base/json.h"
#include "http/http.h"

static void
reply_no_user(struct signumd_request *request)
{
    signumd_reply_problem(
        request, SIGNUMD_PROBLEM_USER_NOT_FOUND, "There is no user %s", request->name);
}

void
signumd_api_user_certificates(struct signumd_request *request)
{
    struct signumd_json_writer writer;
    struct signumd_user user;
    enum signum_status status = signumd_users_find(request->db, request->name, &user);

    if (status == SIGNUM_NOT_FOUND) {
        reply_no_user(request);
        return;
    }
    signumd_json_start(&writer, &request->answer);
    signumd_json_begin(&writer, "certificates", '[');
    if (status == SIGNUM_OK)
        status = signumd_certificates_write(request->db, request->name, &writer);
    signumd_json_end(&writer, ']');
    signumd_json_end(&writer, '}');
    signumd_reply_json(request, status);
}

static void
add(struct signumd_request *request, const struct signumd_mapping *mapping)
{
    const struct signumd_actor actor = signumd_request_actor(request);
    struct signumd_json_writer writer = {&request->answer, false};
    char id[SIGNUMD_MAPPING_ID_SIZE];
    enum signum_status status =
        signumd_certificates_add(request->db, &actor, request->name, mapping, id);

    if (status == SIGNUM_NOT_FOUND) {
        reply_no_user(request);
        return;
    }
    if (status == SIGNUM_KEY_EXISTS) {
        signumd_reply_problem(request, SIGNUMD_PROBLEM_CERTIFICATE_EXISTS,
            "A user has this certificate, or this name of this CA, already");
        return;
    }
    if (status == SIGNUM_OK)
        status = signumd_certificates_write_one(request->db, id, &writer);
    if (status == SIGNUM_OK)
        signumd_reply_header(
            request, "Location", "/v1/users/%s/certificates/%s", request->name, id);
    signumd_reply_json(request, status);
    if (request->status == 200)
        request->status = 201;
}

static void
read_mapping(struct signumd_json_reader *reader, struct signumd_mapping *mapping)
{
    static const char *const names[] = {"sha256", "issuer", "subject", "san"};
    const char *cause = NULL;

    signumd_json_check_names(reader, names, sizeof names / sizeof names[0]);
    mapping->sha256 = signumd_json_get_text(reader, "sha256", false, SIGNUMD_SHA256_HEX_SIZE - 1);
    mapping->issuer = signumd_json_get_text(reader, "issuer", false, SIGNUMD_DN_MAX);
    mapping->subject = signumd_json_get_text(reader, "subject", false, SIGNUMD_DN_MAX);
    mapping->san = signumd_json_get_text(reader, "san", false, SIGNUMD_ALTERNATIVE_MAX);
    if (reader->failure != SIGNUM_OK)
        return;
    const char *field = signumd_mapping_check(mapping, &cause);
    if (field != NULL)
        signumd_json_refuse(reader, field, cause);
}

void
signumd_api_add_user_certificate(struct signumd_request *request)
{
    struct cJSON *object = NULL;
    struct signumd_json_reader reader;
    struct signumd_mapping mapping = {NULL, NULL, NULL, NULL};

    if (signumd_json_parse(signum_bytes_of_buf(&request->body), &object) != SIGNUM_OK) {
        signumd_reply_problem(
            request, SIGNUMD_PROBLEM_BAD_REQUEST, "The body is not a JSON object");
        return;
    }
    signumd_json_reader_init(&reader, object);
    read_mapping(&reader, &mapping);
    if (reader.failure != SIGNUM_OK)
        signumd_reply_bad_field(request, reader.field, reader.cause);
    else
        add(request, &mapping);
    signumd_json_free(&object);
}

void
signumd_api_remove_user_certificate(struct signumd_request *request)
{
    const struct signumd_actor actor = signumd_request_actor(request);
    enum signum_status status =
        signumd_certificates_remove(request->db, &actor, request->name, request->item);

    if (status == SIGNUM_OK)
        request->status = 204;
    else if (status == SIGNUM_NOT_FOUND)
        signumd_reply_problem(request, SIGNUMD_PROBLEM_CERTIFICATE_NOT_FOUND,
            "User %s has no certificate %s", request->name, request->item);
    else
        signumd_reply_internal(request, status);
}
