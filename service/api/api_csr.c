#include <stdio.h>
#include <string.h>

#include "api/api.h"
#include "base/json.h"
#include "http/http.h"
#include "signum/attestation.h"
#include "x509/bundle.h"

#define KEY_MANAGERS                                                                               \
    (SIGNUMD_ROLE_BIT(SIGNUMD_ROLE_ADMIN) | SIGNUMD_ROLE_BIT(SIGNUMD_ROLE_KEY_MANAGER))

/* A request for a certification request, and what comes of it. */
struct job {
    struct signumd_request *request;
    struct signumd_key key;
    struct signumd_csr_ask ask;
    char subject[SIGNUMD_SUBJECT_MAX + 1];
    char nonce[SIGNUM_NONCE_MAX + 1]; /* "" for none */
    bool wants_attestation;
    bool is_enabled; /* the key as a whole */
};

static const char *
take_san(void *context, const char *text)
{
    struct signumd_csr_ask *ask = context;

    if (!signumd_csr_is_san(text))
        return "is not dns:, email:, uri: or ip: and a name";
    (void)snprintf(ask->sans[ask->san_count++], SIGNUMD_SAN_TEXT_MAX + 1, "%s", text);
    return NULL;
}

static void
read_members(struct job *job, struct signumd_json_reader *reader, const char **scheme_out,
    const char **hash_out)
{
    static const char *const names[] = {
        "subject", "san", "scheme", "hash", "code_signing", "attestation", "nonce"};
    struct signumd_csr_ask *ask = &job->ask;

    signumd_json_check_names(reader, names, sizeof names / sizeof names[0]);
    const char *subject = signumd_json_get_text(reader, "subject", true, SIGNUMD_SUBJECT_MAX);
    if (subject != NULL && !signumd_csr_is_subject(subject))
        signumd_json_refuse(reader, "subject",
            "must be a name like /C=DE/O=Example/CN=Name or CN=Name,O=Example,C=DE");
    signumd_json_get_list(reader, "san", SIGNUMD_SAN_MAX, take_san, ask);
    *scheme_out = signumd_json_get_text(reader, "scheme", false, 32);
    *hash_out = signumd_json_get_text(reader, "hash", false, 32);
    ask->is_code_signing = signumd_json_get_bool(reader, "code_signing", true);
    job->wants_attestation = signumd_json_get_bool(reader, "attestation", false);
    const char *nonce = signumd_json_get_text(reader, "nonce", false, SIGNUM_NONCE_MAX);
    if (nonce != NULL && !signumd_attest_is_nonce(nonce))
        signumd_json_refuse(
            reader, "nonce", "must be 8 to 128 characters of hexadecimal or base64url text");
    if (reader->failure != SIGNUM_OK)
        return;
    (void)snprintf(job->subject, sizeof job->subject, "%s", subject);
    (void)snprintf(job->nonce, sizeof job->nonce, "%s", nonce == NULL ? "" : nonce);
}

static bool
choose(struct job *job, const char *scheme, const char *hash)
{
    if (signumd_csr_choose(&job->key, scheme, hash, &job->ask.params) == SIGNUM_OK)
        return true;
    signumd_reply_problem(job->request, SIGNUMD_PROBLEM_UNSUPPORTED_ALGORITHM,
        "The key does not sign requests with this scheme and hash");
    return false;
}

/* False after having answered. */
static bool
read_body(struct job *job)
{
    struct signumd_request *request = job->request;
    struct cJSON *object = NULL;
    struct signumd_json_reader reader;
    const char *scheme = NULL;
    const char *hash = NULL;

    if (signumd_json_parse(signum_bytes_of_buf(&request->body), &object) != SIGNUM_OK) {
        signumd_reply_problem(
            request, SIGNUMD_PROBLEM_BAD_REQUEST, "The body is not a JSON object");
        return false;
    }
    signumd_json_reader_init(&reader, object);
    read_members(job, &reader, &scheme, &hash);
    bool is_read = reader.failure == SIGNUM_OK && choose(job, scheme, hash);
    if (reader.failure != SIGNUM_OK)
        signumd_reply_bad_field(request, reader.field, reader.cause);
    signumd_json_free(&object);
    return is_read;
}

/* False after having answered. The subject is the key's name if none is given. */
static bool
read_query(struct job *job)
{
    struct signumd_request *request = job->request;
    const char *subject = signumd_request_query(request, "subject");
    const char *nonce = NULL;

    (void)snprintf(job->subject, sizeof job->subject, "/CN=%s", job->key.name);
    if (subject != NULL && !signumd_csr_is_subject(subject)) {
        signumd_reply_bad_field(request, "subject",
            "must be a name like /C=DE/O=Example/CN=Name or CN=Name,O=Example,C=DE");
        return false;
    }
    if (subject != NULL)
        (void)snprintf(job->subject, sizeof job->subject, "%s", subject);
    if (!signumd_api_read_nonce(request, &nonce))
        return false;
    (void)snprintf(job->nonce, sizeof job->nonce, "%s", nonce == NULL ? "" : nonce);
    job->ask.is_code_signing = true;
    return choose(job, NULL, NULL);
}

/*
 * A request is signed by the key, so whoever is neither key manager nor owner needs a policy that
 * would let him sign with it. False after having answered.
 */
static bool
check_access(struct job *job, const char *action)
{
    struct signumd_request *request = job->request;
    struct signumd_facts facts = signumd_request_facts(request, &job->key);

    facts.scheme = signum_scheme_by_id(job->ask.params.scheme)->wire;
    facts.hash = signum_hash_by_id(job->ask.params.hash)->wire;
    facts.is_reading = false;
    if (!signumd_request_check_facts(request, &job->key, KEY_MANAGERS, &facts, action))
        return false;
    if (job->is_enabled && (job->key.is_enabled || job->key.is_pending))
        return true;
    signumd_reply_problem(
        request, SIGNUMD_PROBLEM_KEY_DISABLED, "The key %s is disabled", job->key.name);
    return false;
}

static struct signumd_attest_ask
attest_ask(const struct job *job, const struct signumd_actor *actor)
{
    const struct signumd_request *request = job->request;

    return (struct signumd_attest_ask){request->app->state, request->db, request->app->hsm, actor,
        &job->key, job->nonce[0] == '\0' ? NULL : job->nonce};
}

/* The answer is in the buffer, unless `status` is a failure. */
static void
reply(struct job *job, enum signum_status status)
{
    struct signumd_request *request = job->request;

    if (signumd_problem_of_hsm(status) != SIGNUMD_PROBLEM_HSM_UNAVAILABLE) {
        signumd_reply_json(request, status);
        return;
    }
    request->cause = signum_status_text(status);
    signumd_reply_problem(
        request, SIGNUMD_PROBLEM_HSM_UNAVAILABLE, "The HSM did not sign the request");
}

static enum signum_status
put_csr(struct job *job, const struct signum_buf *der)
{
    struct signumd_json_writer writer;
    struct signum_buf pem;

    signum_buf_init(&pem, 2 * SIGNUMD_CSR_MAX);
    enum signum_status status =
        signumd_csr_put_pem("CERTIFICATE REQUEST", signum_bytes_of_buf(der), &pem);
    signumd_json_start(&writer, &job->request->answer);
    signumd_json_put_base64(&writer, "csr", signum_bytes_of_buf(der));
    signumd_json_put_text(&writer, "pem", signum_buf_text(&pem));
    signumd_json_begin(&writer, "key", '{');
    signumd_json_put_text(&writer, "name", job->key.name);
    signumd_json_put_number(&writer, "version", job->key.version);
    signumd_json_end(&writer, '}');
    signumd_json_end(&writer, '}');
    signum_buf_clear(&pem);
    return status;
}

static void
make_csr(struct job *job)
{
    const struct signumd_actor actor = signumd_request_actor(job->request);
    const struct signumd_attest_ask by = attest_ask(job, &actor);
    struct signumd_attestation attestation;
    struct signum_buf der;

    job->ask.subject = job->subject;
    signumd_attestation_init(&attestation);
    signum_buf_init(&der, SIGNUMD_CSR_MAX);
    enum signum_status status =
        signumd_csr_write(&by, &job->ask, job->wants_attestation, &attestation, &der);
    if (status == SIGNUM_OK)
        status = put_csr(job, &der);
    reply(job, status);
    signum_buf_clear(&der);
    signumd_attestation_clear(&attestation);
}

static void
make_bundle(struct job *job)
{
    const struct signumd_actor actor = signumd_request_actor(job->request);
    const struct signumd_attest_ask by = attest_ask(job, &actor);
    struct signumd_bundle bundle;

    job->ask.subject = job->subject;
    signumd_bundle_init(&bundle);
    enum signum_status status = signumd_bundle_make(&by, &job->ask, &bundle);
    if (status == SIGNUM_OK)
        status = signumd_bundle_put(&bundle, &job->key, &job->request->answer);
    reply(job, status);
    signumd_bundle_clear(&bundle);
}

static void
run(struct signumd_request *request, const char *action, bool (*read)(struct job *job),
    void (*make)(struct job *job))
{
    struct job job;

    memset(&job, 0, sizeof job);
    job.request = request;
    signumd_key_init(&job.key);
    if (!signumd_request_find_key(request, &job.key))
        goto out;
    job.is_enabled = job.key.is_enabled;
    /* A version that waits for its certificate is not enabled yet, but asks for one */
    if (signumd_request_find_version(request, &job.key) && read(&job) &&
        check_access(&job, action))
        make(&job);

out:
    signumd_key_clear(&job.key);
}

void
signumd_api_csr(struct signumd_request *request)
{
    run(request, "key.csr", read_body, make_csr);
}

void
signumd_api_evidence(struct signumd_request *request)
{
    run(request, "key.evidence", read_query, make_bundle);
}
