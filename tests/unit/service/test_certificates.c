#include "fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/settings.h"
#include "http/client_trust.h"
#include "identity/certificates.h"

#define HASH "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define OTHER "ff112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

static const struct signumd_actor *const actor = &signumd_actor_local;

static int
open_with_people(void **state)
{
    if (fixture_open(state) != 0)
        return -1;
    const struct fixture *fixture = *state;
    const unsigned signer = SIGNUMD_ROLE_BIT(SIGNUMD_ROLE_SIGNER);
    if (signumd_users_add(fixture->db, actor, "alice", signer) != SIGNUM_OK)
        return -1;
    return signumd_users_add(fixture->db, actor, "bob", signer) == SIGNUM_OK ? 0 : -1;
}

/* A certificate of the CA "CN=ca" with one alternative name. */
static void
make(struct signumd_client_certificate *certificate, const char *sha256, const char *subject,
    const char *san)
{
    memset(certificate, 0, sizeof *certificate);
    (void)snprintf(certificate->sha256, sizeof certificate->sha256, "%s", sha256);
    (void)snprintf(certificate->subject, sizeof certificate->subject, "%s", subject);
    (void)snprintf(certificate->issuer, sizeof certificate->issuer, "CN=ca");
    assert_status(signumd_texts_add(&certificate->names, san), SIGNUM_OK);
}

/* Whose is it? `cause` NULL: the user of that name's; else it is refused for that. */
static void
assert_owner(const struct fixture *fixture, struct signumd_client_certificate *certificate,
    const char *name, const char *cause)
{
    struct signumd_user user;
    enum signum_status status = signumd_certificates_find(fixture->db, certificate, &user);

    assert_status(status, cause == NULL ? SIGNUM_OK : SIGNUM_CREDENTIAL_REFUSED);
    if (cause == NULL) {
        assert_string_equal(user.name, name);
        assert_int_equal(user.roles, SIGNUMD_ROLE_BIT(SIGNUMD_ROLE_SIGNER));
    } else {
        assert_string_equal(certificate->cause, cause);
        assert_string_equal(user.name, "");
    }
}

static void
map(const struct fixture *fixture, const char *user, const struct signumd_mapping *mapping,
    char id_out[SIGNUMD_MAPPING_ID_SIZE])
{
    assert_status(signumd_certificates_add(fixture->db, actor, user, mapping, id_out), SIGNUM_OK);
    assert_int_equal(strlen(id_out), SIGNUMD_MAPPING_ID_LEN);
}

static void
test_ways(void **state)
{
    const struct fixture *fixture = *state;
    const struct signumd_mapping ways[] = {
        {HASH, NULL, NULL, NULL},
        {NULL, "CN=ca", "CN=runner", NULL},
        {NULL, "CN=ca", NULL, "dns:runner"},
    };
    const struct signumd_mapping others[] = {
        {OTHER, NULL, NULL, NULL},
        {NULL, "CN=other ca", "CN=runner", NULL},
        {NULL, "CN=ca", "CN=other", NULL},
        {NULL, "CN=other ca", NULL, "dns:runner"},
        {NULL, "CN=ca", NULL, "email:runner"},
        {NULL, "CN=ca", "dns:runner", NULL},
    };
    struct signumd_client_certificate certificate;
    char id[SIGNUMD_MAPPING_ID_SIZE];

    make(&certificate, HASH, "CN=runner", "dns:runner");
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        map(fixture, "bob", &others[i], id);
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        assert_owner(fixture, &certificate, NULL, "certificate of nobody");
        map(fixture, "alice", &ways[i], id);
        assert_owner(fixture, &certificate, "alice", NULL);
        assert_status(signumd_certificates_remove(fixture->db, actor, "bob", id), SIGNUM_NOT_FOUND);
        assert_owner(fixture, &certificate, "alice", NULL);
        assert_status(signumd_certificates_remove(fixture->db, actor, "alice", id), SIGNUM_OK);
        assert_status(
            signumd_certificates_remove(fixture->db, actor, "alice", id), SIGNUM_NOT_FOUND);
    }
    assert_owner(fixture, &certificate, NULL, "certificate of nobody");
    signumd_client_certificate_clear(&certificate);
}

static void
test_several(void **state)
{
    const struct fixture *fixture = *state;
    const struct signumd_mapping hash = {HASH, NULL, NULL, NULL};
    const struct signumd_mapping subject = {NULL, "CN=ca", "CN=runner", NULL};
    const struct signumd_mapping san = {NULL, "CN=ca", NULL, "dns:runner"};
    struct signumd_client_certificate certificate;
    char id[SIGNUMD_MAPPING_ID_SIZE];

    make(&certificate, HASH, "CN=runner", "dns:runner");
    map(fixture, "alice", &hash, id);
    map(fixture, "alice", &subject, id);
    assert_owner(fixture, &certificate, "alice", NULL);
    assert_status(
        signumd_certificates_add(fixture->db, actor, "bob", &subject, id), SIGNUM_KEY_EXISTS);
    assert_string_equal(id, "");
    assert_status(
        signumd_certificates_add(fixture->db, actor, "bob", &hash, id), SIGNUM_KEY_EXISTS);
    assert_status(
        signumd_certificates_add(fixture->db, actor, "carol", &san, id), SIGNUM_NOT_FOUND);
    map(fixture, "bob", &san, id);
    assert_owner(fixture, &certificate, NULL, "certificate of several users");
    assert_status(signumd_users_remove(fixture->db, actor, "bob"), SIGNUM_OK);
    assert_owner(fixture, &certificate, "alice", NULL);
    assert_status(signumd_users_remove(fixture->db, actor, "alice"), SIGNUM_OK);
    assert_owner(fixture, &certificate, NULL, "certificate of nobody");
    signumd_client_certificate_clear(&certificate);
}

static void
test_mappings(void **state)
{
    static char long_name[SIGNUMD_DN_MAX + 2];
    static const struct {
        struct signumd_mapping mapping;
        const char *field; /* NULL: it is good */
    } rows[] = {
        {{HASH, NULL, NULL, NULL}, NULL},
        {{NULL, "CN=ca", "CN=a", NULL}, NULL},
        {{NULL, "CN=ca", NULL, "email:a"}, NULL},
        {{NULL, "CN=ca", NULL, "uri:a"}, NULL},
        {{NULL, NULL, NULL, NULL}, "issuer"},
        {{"", NULL, NULL, NULL}, "sha256"},
        {{HASH "0", NULL, NULL, NULL}, "sha256"},
        {{"FF112233445566778899aabbccddeeff00112233445566778899aabbccddeeff", NULL, NULL, NULL},
            "sha256"},
        {{HASH, "CN=ca", NULL, NULL}, "sha256"},
        {{HASH, NULL, "CN=a", NULL}, "sha256"},
        {{HASH, NULL, NULL, "dns:a"}, "sha256"},
        {{NULL, "", "CN=a", NULL}, "issuer"},
        {{NULL, "a\tb", "CN=a", NULL}, "issuer"},
        {{NULL, "a\xff", "CN=a", NULL}, "issuer"},
        {{NULL, NULL, "CN=a", NULL}, "issuer"},
        {{NULL, "CN=ca", NULL, NULL}, "subject"},
        {{NULL, "CN=ca", "CN=a", "dns:a"}, "subject"},
        {{NULL, "CN=ca", "", NULL}, "subject"},
        {{NULL, "CN=ca", long_name, NULL}, "subject"},
        {{NULL, "CN=ca", NULL, ""}, "san"},
        {{NULL, "CN=ca", NULL, "a"}, "san"},
        {{NULL, "CN=ca", NULL, "uri:"}, "san"},
        {{NULL, "CN=ca", NULL, "DNS:a"}, "san"},
        {{NULL, "CN=ca", NULL, "dns:a\n"}, "san"},
    };
    const struct fixture *fixture = *state;

    memset(long_name, 'x', sizeof long_name - 1);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char id[SIGNUMD_MAPPING_ID_SIZE];
        const char *cause = NULL;
        const char *field = signumd_mapping_check(&rows[i].mapping, &cause);
        assert_true((field == NULL) == (cause == NULL));
        assert_string_equal(field == NULL ? "" : field, rows[i].field == NULL ? "" : rows[i].field);
        assert_status(signumd_certificates_add(fixture->db, actor, "alice", &rows[i].mapping, id),
            rows[i].field == NULL ? SIGNUM_OK : SIGNUM_INVALID_ARGUMENT);
    }
}

static void
test_list_and_records(void **state)
{
    const struct fixture *fixture = *state;
    const struct signumd_mapping mapping = {NULL, "CN=ca", "CN=\"x\"", NULL};
    struct signumd_json_writer writer;
    struct signum_buf text;
    char id[SIGNUMD_MAPPING_ID_SIZE];

    map(fixture, "alice", &mapping, id);
    signum_buf_init(&text, 4096);
    signumd_json_start(&writer, &text);
    signumd_json_begin(&writer, "items", '[');
    assert_status(signumd_certificates_write(fixture->db, "bob", &writer), SIGNUM_OK);
    assert_string_equal(signum_buf_text(&text), "{\"items\":[");
    assert_status(signumd_certificates_write_list(fixture->db, &writer), SIGNUM_OK);
    assert_non_null(strstr(signum_buf_text(&text), "\"user\":\"alice\",\"sha256\":null,"
                                                   "\"issuer\":\"CN=ca\",\"subject\":"
                                                   "\"CN=\\\"x\\\"\",\"san\":null,\"created\":\""));
    assert_status(signumd_certificates_write_one(fixture->db, "0", &writer), SIGNUM_NOT_FOUND);
    signum_buf_clear(&text);
    assert_status(signumd_certificates_remove(fixture->db, actor, "alice", id), SIGNUM_OK);
    char *log = fixture_audit_text(fixture);
    assert_non_null(strstr(log, "certificate.map"));
    assert_non_null(strstr(log, "certificate.unmap"));
    assert_non_null(strstr(log, id));
    free(log);
}

/* A mapping that cannot be recorded is none. */
static void
test_no_record(void **state)
{
    const struct fixture *fixture = *state;
    const struct signumd_mapping mapping = {HASH, NULL, NULL, NULL};
    struct signumd_client_certificate certificate;
    char id[SIGNUMD_MAPPING_ID_SIZE];
    char other[SIGNUMD_MAPPING_ID_SIZE];

    make(&certificate, HASH, "CN=runner", "dns:runner");
    fixture_tamper(fixture, "CREATE TRIGGER broken BEFORE INSERT ON audit"
                            "  BEGIN SELECT RAISE(ABORT, 'full'); END;");
    assert_true(signumd_certificates_add(fixture->db, actor, "alice", &mapping, id) != SIGNUM_OK);
    assert_string_equal(id, "");
    assert_owner(fixture, &certificate, NULL, "certificate of nobody");
    fixture_tamper(fixture, "DROP TRIGGER broken");
    map(fixture, "alice", &mapping, id);
    fixture_tamper(fixture, "CREATE TRIGGER broken BEFORE INSERT ON audit"
                            "  BEGIN SELECT RAISE(ABORT, 'full'); END;");
    assert_true(signumd_certificates_remove(fixture->db, actor, "alice", id) != SIGNUM_OK);
    assert_owner(fixture, &certificate, "alice", NULL);
    fixture_tamper(fixture, "DROP TRIGGER broken");
    assert_status(
        signumd_certificates_add(fixture->db, actor, "alice", &mapping, other), SIGNUM_KEY_EXISTS);
    signumd_client_certificate_clear(&certificate);
}

static void
test_files(void **state)
{
    struct signumd_client_certificate certificate;
    struct signumd_client_trust *trust = NULL;
    struct signumd_settings settings;
    const struct fixture *fixture = *state;

    for (size_t i = 0; i < 3; i++) {
        static const char *const texts[] = {"", "x", "-----BEGIN CERTIFICATE-----\nAAAA\n"};
        assert_status(signumd_client_certificate_read(signum_bytes_of_text(texts[i]), &certificate),
            SIGNUM_PROTOCOL);
        signumd_client_certificate_clear(&certificate);
    }
    memset(&settings, 0, sizeof settings);
    assert_status(signumd_client_trust_load(&settings, fixture->folder, &trust), SIGNUM_OK);
    assert_null(trust);
    assert_status(signumd_texts_add(&settings.client_ca_files, "missing"), SIGNUM_OK);
    assert_true(signumd_client_trust_load(&settings, fixture->folder, &trust) != SIGNUM_OK);
    assert_null(trust);
    signumd_settings_clear(&settings);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_ways, open_with_people, fixture_close),
        cmocka_unit_test_setup_teardown(test_several, open_with_people, fixture_close),
        cmocka_unit_test_setup_teardown(test_mappings, open_with_people, fixture_close),
        cmocka_unit_test_setup_teardown(test_list_and_records, open_with_people, fixture_close),
        cmocka_unit_test_setup_teardown(test_no_record, open_with_people, fixture_close),
        cmocka_unit_test_setup_teardown(test_files, fixture_open, fixture_close),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
