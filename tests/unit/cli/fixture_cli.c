#include "fixture_cli.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <cjson/cJSON.h>

#include "core/base64.h"
#include "unit/core/fixture_key.h"

#define ARGUMENTS_MAX 24
#define ROOM (256u << 10)

void
assert_contains(const char *text, const char *part)
{
    if (strstr(text, part) == NULL) {
        fail_msg("'%s' is not in:\n%s", part, text);
    }
}

void
assert_lacks(const char *text, const char *part)
{
    if (strstr(text, part) != NULL) {
        fail_msg("'%s' is in:\n%s", part, text);
    }
}

void
fixture_cli_put_info(struct signum_buf *out, int64_t time)
{
    char text[32];
    time_t seconds = (time_t)time;
    const struct tm *date = gmtime(&seconds);
    assert_non_null(date);
    assert_true(strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", date) > 0);
    signum_buf_printf(out, "{\"name\":\"signumd\",\"version\":\"9.8.7\",\"time\":\"%s\"}", text);
}

static void
add_key(struct signum_buf *out, const char *name, enum fixture_kind kind, bool has_certificate)
{
    const struct signum_alg *alg = fixture_alg(kind);
    EVP_PKEY *pair = fixture_pair(kind, 0);
    struct signum_buf der;
    signum_buf_init(&der, ROOM);
    signum_buf_printf(out, "{\"id\":\"id-%s\",\"name\":\"%s\",\"version\":1,\"algorithm\":\"%s\",",
                      name, name, alg->wire);
    if (alg->curve != NULL) {
        signum_buf_printf(out, "\"curve\":\"%s\",", alg->curve);
    } else {
        signum_buf_printf(out, "\"bits\":%u,", (unsigned)fixture_bits(kind));
    }
    signum_buf_put_text(out, "\"state\":\"enabled\",\"flags\":[],\"etag\":\"\",\"spki\":\"");
    fixture_put_spki(pair, &der);
    signum_base64_encode(out, signum_bytes_of_buf(&der));
    signum_buf_put_text(out, "\",\"schemes\":[],\"chain\":[");
    if (has_certificate) {
        signum_buf_clear(&der);
        fixture_put_certificate(pair, "Example Ltd", &der);
        signum_buf_put_byte(out, '"');
        signum_base64_encode(out, signum_bytes_of_buf(&der));
        signum_buf_put_byte(out, '"');
    }
    signum_buf_put_text(out, "]}");
    signum_buf_clear(&der);
}

static unsigned
problem(struct signum_http_response *response, unsigned status, const char *code)
{
    signum_buf_printf(&response->body, "{\"code\":\"%s\",\"detail\":\"because of %s\"}", code,
                      code);
    return status;
}

/* Signs what is asked for; the scheme's defaults are enough for these tests. */
static unsigned
answer_sign(struct fixture_cli *fixture, const struct signum_fake_request *request,
            enum fixture_kind kind, const char *name, struct signum_http_response *response)
{
    struct signum_buf digest;
    struct signum_buf signature;
    signum_buf_init(&digest, ROOM);
    signum_buf_init(&signature, ROOM);
    cJSON *body = cJSON_Parse(request->body);
    fixture->sign_count++;
    const char *scheme = cJSON_GetStringValue(cJSON_GetObjectItem(body, "scheme"));
    const char *hash = cJSON_GetStringValue(cJSON_GetObjectItem(body, "hash"));
    assert_non_null(scheme);
    assert_non_null(hash);
    assert_int_equal(signum_base64_decode(
                         &digest, cJSON_GetStringValue(cJSON_GetObjectItem(body, "digest"))),
                     SIGNUM_OK);
    struct signum_sign_params params = {
        .scheme = signum_scheme_by_wire(scheme)->id,
        .hash = signum_hash_by_wire(hash)->id,
    };
    if (params.scheme == SIGNUM_SCHEME_RSA_PSS) {
        params.salt_len = (uint32_t)cJSON_GetNumberValue(cJSON_GetObjectItem(body, "salt"));
    }
    if (fixture->is_forging) {
        digest.data[0] ^= 1;
    }
    fixture_sign(fixture_pair(kind, 0), &params, signum_bytes_of_buf(&digest), &signature);
    signum_buf_put_text(&response->body, "{\"signature\":\"");
    signum_base64_encode(&response->body, signum_bytes_of_buf(&signature));
    signum_buf_printf(&response->body, "\",\"key\":{\"name\":\"%s\",\"version\":1}}", name);
    cJSON_Delete(body);
    signum_buf_clear(&signature);
    signum_buf_clear(&digest);
    return 200;
}

static unsigned
answer_list(const struct fixture_cli *fixture, struct signum_http_response *response)
{
    signum_buf_put_text(&response->body, "{\"keys\":[");
    if (!fixture->is_empty) {
        add_key(&response->body, "curve", FIXTURE_P256, false);
        signum_buf_put_byte(&response->body, ',');
        add_key(&response->body, "release", FIXTURE_RSA_2048, true);
    }
    signum_buf_put_text(&response->body, "]}");
    return 200;
}

static unsigned
answer(struct fixture_cli *fixture, const struct signum_fake_request *request, const char *path,
       struct signum_http_response *response)
{
    static const struct {
        const char *name;
        enum fixture_kind kind;
        bool has_certificate;
    } keys[] = {{"release", FIXTURE_RSA_2048, true}, {"curve", FIXTURE_P256, false}};
    const char *credential = signum_fake_request_header(request, "Authorization");
    if (strcmp(path, "/info") == 0) {
        fixture_cli_put_info(&response->body, fixture->fake.unix_seconds);
        return 200;
    }
    if (credential == NULL || strcmp(credential, "Bearer " FIXTURE_TOKEN) != 0) {
        return problem(response, 401, "unauthenticated");
    }
    if (fixture->document != NULL &&
        (strstr(path, "/attestation") != NULL || strstr(path, "/csr") != NULL)) {
        signum_buf_put_text(&response->body, fixture->document);
        return 200;
    }
    if (strncmp(path, "/keys?", 6) == 0) {
        return answer_list(fixture, response);
    }
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        char key_path[64];
        snprintf(key_path, sizeof(key_path), "/keys/%s", keys[i].name);
        if (strcmp(path, key_path) == 0) {
            add_key(&response->body, keys[i].name, keys[i].kind, keys[i].has_certificate);
            return 200;
        }
        strcat(key_path, "/sign");
        if (strcmp(path, key_path) == 0) {
            return fixture->is_denied
                       ? problem(response, 403, "denied")
                       : answer_sign(fixture, request, keys[i].kind, keys[i].name, response);
        }
    }
    return problem(response, 404, "key-not-found");
}

static enum signum_status
respond(void *context, const struct signum_fake_request *request,
        struct signum_http_response *response, struct signum_buf *cause)
{
    struct fixture_cli *fixture = context;
    const char base[] = "https://sign.test/v1";
    (void)cause;
    assert_int_equal(strncmp(request->url, base, sizeof(base) - 1), 0);
    response->status = answer(fixture, request, request->url + sizeof(base) - 1, response);
    return SIGNUM_OK;
}

void
fixture_cli_init(struct fixture_cli *fixture)
{
    memset(fixture, 0, sizeof(*fixture));
    signum_fake_init(&fixture->fake);
    signum_fake_respond_by(&fixture->fake, respond, fixture);
    signum_fake_set_variable(&fixture->fake, "SIGNUM_SERVICE_URL", "https://sign.test");
    signum_fake_set_variable(&fixture->fake, "SIGNUM_TOKEN", FIXTURE_TOKEN);
}

void
fixture_cli_clear(struct fixture_cli *fixture)
{
    free(fixture->out);
    free(fixture->err);
    signum_fake_clear(&fixture->fake);
}

static char *
read_back(FILE *stream)
{
    long len = ftell(stream);
    assert_true(len >= 0);
    char *text = calloc(1, (size_t)len + 1);
    assert_non_null(text);
    rewind(stream);
    assert_int_equal(fread(text, 1, (size_t)len, stream), (size_t)len);
    fclose(stream);
    return text;
}

enum signum_exit
fixture_cli_run(struct fixture_cli *fixture, ...)
{
    char *argv[ARGUMENTS_MAX + 2] = {(char *)"signum"};
    int argc = 1;
    va_list args;
    va_start(args, fixture);
    for (;;) {
        char *argument = va_arg(args, char *);
        if (argument == NULL) {
            break;
        }
        assert_true(argc < ARGUMENTS_MAX);
        argv[argc++] = argument;
    }
    va_end(args);
    FILE *in = tmpfile();
    FILE *out = tmpfile();
    FILE *err = tmpfile();
    assert_non_null(in);
    assert_non_null(out);
    assert_non_null(err);
    if (fixture->input != NULL) {
        assert_true(fputs(fixture->input, in) >= 0);
    }
    rewind(in);
    enum signum_exit code = signum_cli_run(&fixture->fake.ports, in, out, err, argc, argv);
    fclose(in);
    free(fixture->out);
    free(fixture->err);
    fixture->out = read_back(out);
    fixture->err = read_back(err);
    return code;
}

struct cJSON *
fixture_cli_json(const struct fixture_cli *fixture)
{
    const char *end = NULL;
    cJSON *object = cJSON_ParseWithOpts(fixture->out, &end, false);
    if (object == NULL || !cJSON_IsObject(object) || strcmp(end, "\n") != 0) {
        fail_msg("not one JSON object:\n%s", fixture->out);
    }
    return object;
}
