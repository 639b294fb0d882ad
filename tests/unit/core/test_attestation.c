#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <cjson/cJSON.h>

#include "core/attestation.h"
#include "core/base64.h"

#define SHA256 "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define ROOM (1u << 20)

static const char evidence_text[] =
    "{\"attributes\":{\"always_sensitive\":true,\"extractable\":false,\"local\":true,"
    "\"never_extractable\":false,\"sensitive\":true},\"format\":\"signum-attestation-v1\","
    "\"key\":{\"id\":\"1\",\"name\":\"release\",\"version\":1},\"nonce\":\"12345678\","
    "\"origin\":\"pkcs11 token\",\"spki_sha256\":\"" SHA256 "\","
    "\"time\":\"2023-11-14T22:13:20.123Z\",\"token\":{\"firmware\":\"1.0\",\"hardware_slot\":true,"
    "\"label\":\"l\",\"manufacturer\":\"m\",\"model\":\"o\",\"serial\":\"s\"},"
    "\"vendor\":[{\"kind\":\"data\",\"label\":\"l\",\"sha256\":\"" SHA256 "\"}]}";

static const char document_text[] =
    "{\"format\":\"signum-attestation-v1\",\"evidence\":\"\",\"signature\":\"MAA=\","
    "\"chain\":[\"MAA=\",\"MAE=\"],\"vendor\":[{\"kind\":\"data\",\"label\":\"l\",\"data\":\"AQI="
    "\"}]}";

/* The document around this evidence. */
static cJSON *
make_document(const cJSON *evidence)
{
    char *text = cJSON_PrintUnformatted(evidence);
    cJSON *document = cJSON_Parse(document_text);
    struct signum_buf base64;

    signum_buf_init(&base64, ROOM);
    signum_base64_encode(&base64, signum_bytes_of_text(text));
    assert_true(cJSON_ReplaceItemInObject(
        document, "evidence", cJSON_CreateString(signum_buf_text(&base64))));
    signum_buf_clear(&base64);
    cJSON_free(text);
    return document;
}

static enum signum_status
read_text(const char *text, struct signum_attestation *attestation, const char **fault_out)
{
    struct signum_buf buf;

    signum_buf_init(&buf, ROOM);
    signum_buf_put_text(&buf, text);
    enum signum_status status = signum_attestation_read(&buf, attestation, fault_out);
    signum_buf_clear(&buf);
    return status;
}

/* Takes over the document. */
static enum signum_status
read_json(cJSON *document, struct signum_attestation *attestation, const char **fault_out)
{
    char *text = cJSON_PrintUnformatted(document);
    enum signum_status status = read_text(text, attestation, fault_out);

    cJSON_free(text);
    cJSON_Delete(document);
    return status;
}

static void
check_good(const struct signum_attestation *attestation)
{
    assert_string_equal(attestation->key, "release");
    assert_string_equal(attestation->spki_sha256, SHA256);
    assert_string_equal(attestation->nonce, "12345678");
    assert_string_equal(attestation->origin, "pkcs11 token");
    assert_true(attestation->time == 1700000000);
    assert_true(attestation->is_hardware_slot);
    assert_true(attestation->is_local);
    assert_true(attestation->is_sensitive);
    assert_true(attestation->is_always_sensitive);
    assert_false(attestation->is_extractable);
    assert_false(attestation->is_never_extractable);
    assert_int_equal(attestation->chain_count, 2);
    assert_int_equal(attestation->chain[1].len, 2);
    assert_int_equal(attestation->vendor_count, 1);
    assert_int_equal(attestation->vendor[0].data.len, 2);
    assert_string_equal(attestation->manufacturer, "m");
    assert_string_equal(attestation->model, "o");
    assert_string_equal(attestation->serial, "s");
}

static void
test_good(void **state)
{
    struct signum_attestation attestation;
    const char *fault = "";
    cJSON *evidence = cJSON_Parse(evidence_text);

    (void)state;
    signum_attestation_init(&attestation);
    assert_int_equal(read_json(make_document(evidence), &attestation, &fault), SIGNUM_OK);
    assert_null(fault);
    check_good(&attestation);
    cJSON *bundle = cJSON_CreateObject();
    (void)cJSON_AddStringToObject(bundle, "format", "signum-evidence-v1");
    assert_true(cJSON_AddItemToObject(bundle, "attestation", make_document(evidence)));
    assert_int_equal(read_json(bundle, &attestation, &fault), SIGNUM_OK);
    check_good(&attestation);
    signum_attestation_clear(&attestation);
    assert_int_equal(attestation.chain_count, 0);
    assert_string_equal(attestation.key, "");
    cJSON_Delete(evidence);
}

/* Each member of the evidence that is read, absent and of another kind. */
static void
test_evidence_without_a_member(void **state)
{
    static const struct {
        const char *inner; /* object in the evidence; NULL: the evidence itself */
        const char *name;
    } rows[] = {{NULL, "format"}, {NULL, "key"}, {"key", "name"}, {NULL, "spki_sha256"},
        {NULL, "nonce"}, {NULL, "time"}, {NULL, "attributes"}, {"attributes", "local"},
        {"attributes", "sensitive"}, {"attributes", "always_sensitive"},
        {"attributes", "extractable"}, {"attributes", "never_extractable"}, {NULL, "token"},
        {"token", "hardware_slot"}, {"token", "manufacturer"}, {"token", "model"},
        {"token", "serial"}, {NULL, "origin"}, {NULL, "vendor"}};

    (void)state;
    for (size_t i = 0; i < 2 * sizeof(rows) / sizeof(rows[0]); i++) {
        struct signum_attestation attestation;
        const char *fault = NULL;
        cJSON *evidence = cJSON_Parse(evidence_text);
        const char *inner = rows[i / 2].inner;
        cJSON *object = inner == NULL ? evidence : cJSON_GetObjectItem(evidence, inner);
        if (i % 2 == 0)
            cJSON_DeleteItemFromObject(object, rows[i / 2].name);
        else
            cJSON_ReplaceItemInObject(object, rows[i / 2].name, cJSON_CreateNumber(7));
        signum_attestation_init(&attestation);
        enum signum_status status = read_json(make_document(evidence), &attestation, &fault);
        if (status != SIGNUM_PROTOCOL || fault == NULL || attestation.evidence.len > 0)
            fail_msg("%s %s: %s", rows[i / 2].name, i % 2 == 0 ? "absent" : "a number",
                signum_status_name(status));
        signum_attestation_clear(&attestation);
        cJSON_Delete(evidence);
    }
}

static void
test_values(void **state)
{
    static const struct {
        const char *name;
        const char *value; /* JSON */
        enum signum_status status;
    } rows[] = {
        {"nonce", "null", SIGNUM_OK},
        {"time", "\"2023-11-14\"", SIGNUM_PROTOCOL},
        {"time", "\"\"", SIGNUM_PROTOCOL},
        {"spki_sha256", "\"00\"", SIGNUM_PROTOCOL},
        {"spki_sha256", "\"" SHA256 "0\"", SIGNUM_PROTOCOL},
        {"spki_sha256", "\"XX112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\"",
            SIGNUM_PROTOCOL},
        {"format", "\"signum-attestation-v2\"", SIGNUM_PROTOCOL},
        {"vendor", "[]", SIGNUM_PROTOCOL},
        {"vendor", "[{}]", SIGNUM_PROTOCOL},
        {"vendor", "[{\"kind\":\"data\",\"sha256\":\"00\"}]", SIGNUM_PROTOCOL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct signum_attestation attestation;
        const char *fault = NULL;
        cJSON *evidence = cJSON_Parse(evidence_text);
        cJSON_ReplaceItemInObject(evidence, rows[i].name, cJSON_Parse(rows[i].value));
        signum_attestation_init(&attestation);
        enum signum_status status = read_json(make_document(evidence), &attestation, &fault);
        if (status != rows[i].status)
            fail_msg("%s %s: %s", rows[i].name, rows[i].value, signum_status_name(status));
        signum_attestation_clear(&attestation);
        cJSON_Delete(evidence);
    }
}

static void
test_documents(void **state)
{
    static const char *const bad[] = {"", "[]", "null", "{}", "{\"format\":7}",
        "{\"format\":\"x\"}", "{\"format\":\"signum-evidence-v1\"}",
        "{\"format\":\"signum-evidence-v1\",\"attestation\":[]}",
        "{\"format\":\"signum-attestation-v1\"}",
        "{\"format\":\"signum-attestation-v1\",\"evidence\":\"?\"}",
        "{\"format\":\"signum-attestation-v1\",\"evidence\":\"e30=\"}",
        "{\"format\":\"signum-attestation-v1\",\"evidence\":\"e30=\",\"signature\":\"AA==\"}",
        "{\"format\":\"signum-attestation-v1\",\"evidence\":\"e30=\",\"signature\":\"AA==\","
        "\"chain\":[]}",
        "{\"format\":\"signum-attestation-v1\",\"evidence\":\"e30=\",\"signature\":\"AA==\","
        "\"chain\":[7]}",
        "{\"format\":\"signum-attestation-v1\",\"evidence\":\"W10=\",\"signature\":\"AA==\","
        "\"chain\":[\"AA==\"]}",
        "{\"format\":\"signum-attestation-v1\",\"evidence\":\"e30=\",\"signature\":\"AA==\","
        "\"chain\":[\"AA==\",\"AA==\",\"AA==\",\"AA==\",\"AA==\",\"AA==\",\"AA==\",\"AA==\","
        "\"AA==\"]}"};

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct signum_attestation attestation;
        const char *fault = NULL;
        signum_attestation_init(&attestation);
        if (read_text(bad[i], &attestation, &fault) != SIGNUM_PROTOCOL || fault == NULL)
            fail_msg("taken: %s", bad[i]);
        signum_attestation_clear(&attestation);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good),
        cmocka_unit_test(test_evidence_without_a_member),
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_documents),
    };

    return cmocka_run_group_tests_name("attestation", tests, NULL, NULL);
}
