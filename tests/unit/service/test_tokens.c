#include "fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "identity/tokens.h"

#define NOW 1000000

static int
open_with_alice(void **state)
{
    if (fixture_open(state) != 0)
        return -1;
    const struct fixture *fixture = *state;
    return signumd_users_add(fixture->db, &signumd_actor_local, "alice",
               SIGNUMD_ROLE_BIT(SIGNUMD_ROLE_AUDITOR)) == SIGNUM_OK
               ? 0
               : -1;
}

static void
create(const struct fixture *fixture, int64_t expires, char token_out[SIGNUMD_TOKEN_SIZE])
{
    const struct signumd_token_options options = {expires, NULL, NULL};

    assert_status(
        signumd_tokens_create(fixture->db, &signumd_actor_local, "alice", &options, token_out),
        SIGNUM_OK);
}

static enum signum_status
check(const struct fixture *fixture, const char *token, struct signumd_token_check *check_out)
{
    return signumd_tokens_check(fixture->db, token, "10.1.2.3", NOW, check_out);
}

static void
assert_refused(const struct fixture *fixture, const char *token, const char *wanted_cause)
{
    struct signumd_token_check found;

    assert_status(check(fixture, token, &found), SIGNUM_CREDENTIAL_REFUSED);
    assert_string_equal(found.cause, wanted_cause);
    assert_string_equal(found.user.name, "");
}

static void
test_good_token(void **state)
{
    char token[SIGNUMD_TOKEN_SIZE];
    struct signumd_token_check found;
    const struct fixture *fixture = *state;

    create(fixture, 0, token);
    assert_int_equal(strlen(token), SIGNUMD_TOKEN_LEN);
    assert_memory_equal(token, "sgn_", 4);
    assert_status(check(fixture, token, &found), SIGNUM_OK);
    assert_string_equal(found.user.name, "alice");
    assert_int_equal(found.user.roles, SIGNUMD_ROLE_BIT(SIGNUMD_ROLE_AUDITOR));
    assert_memory_equal(token + 4, found.id, SIGNUMD_TOKEN_ID_LEN);
    assert_null(found.cause);
}

static void
test_tokens_differ(void **state)
{
    char one[SIGNUMD_TOKEN_SIZE];
    char two[SIGNUMD_TOKEN_SIZE];

    create(*state, 0, one);
    create(*state, 0, two);
    assert_memory_not_equal(one + 4, two + 4, SIGNUMD_TOKEN_ID_LEN);
    assert_memory_not_equal(one + 21, two + 21, 64);
}

static void
test_every_changed_character_is_refused(void **state)
{
    char token[SIGNUMD_TOKEN_SIZE];

    create(*state, 0, token);
    for (size_t i = 0; i < SIGNUMD_TOKEN_LEN; i++) {
        char old = token[i];
        token[i] = old == '0' ? '1' : '0';
        bool is_form = i < 4 || i == 20;
        assert_refused(*state, token,
            is_form  ? "token malformed"
            : i < 20 ? "token unknown"
                     : "token secret wrong");
        token[i] = old;
    }
}

static void
test_malformed(void **state)
{
    char token[SIGNUMD_TOKEN_SIZE + 2];

    create(*state, 0, token);
    assert_refused(*state, "", "token malformed");
    assert_refused(*state, "sgn_", "token malformed");
    strcat(token, "0");
    assert_refused(*state, token, "token malformed");
    token[SIGNUMD_TOKEN_LEN - 1] = '\0';
    assert_refused(*state, token, "token malformed");
}

static void
test_expiry(void **state)
{
    char token[SIGNUMD_TOKEN_SIZE];
    struct signumd_token_check found;
    const struct fixture *fixture = *state;

    create(fixture, NOW + 1, token);
    assert_status(check(fixture, token, &found), SIGNUM_OK);
    create(fixture, NOW, token);
    assert_refused(fixture, token, "token expired");
}

static void
test_revocation(void **state)
{
    char token[SIGNUMD_TOKEN_SIZE];
    char id[SIGNUMD_TOKEN_ID_LEN + 1];
    const struct fixture *fixture = *state;
    const struct signumd_actor *actor = &signumd_actor_local;

    create(fixture, 0, token);
    (void)snprintf(id, sizeof id, "%.16s", token + 4);
    assert_status(signumd_tokens_revoke(fixture->db, actor, id), SIGNUM_OK);
    assert_refused(fixture, token, "token revoked");
    assert_status(signumd_tokens_revoke(fixture->db, actor, id), SIGNUM_NOT_FOUND);
    assert_status(signumd_tokens_revoke(fixture->db, actor, "0123456789abcdef"), SIGNUM_NOT_FOUND);
}

static void
test_tokens_go_with_the_user(void **state)
{
    char token[SIGNUMD_TOKEN_SIZE];
    const struct fixture *fixture = *state;

    create(fixture, 0, token);
    assert_status(signumd_users_remove(fixture->db, &signumd_actor_local, "alice"), SIGNUM_OK);
    assert_refused(fixture, token, "token unknown");
}

static void
test_unknown_user(void **state)
{
    char token[SIGNUMD_TOKEN_SIZE] = "x";
    const struct fixture *fixture = *state;

    assert_status(signumd_tokens_create(fixture->db, &signumd_actor_local, "bob", NULL, token),
        SIGNUM_NOT_FOUND);
    assert_string_equal(token, "");
}

static void
test_secret_is_nowhere(void **state)
{
    char token[SIGNUMD_TOKEN_SIZE];
    struct signum_buf file;
    const struct fixture *fixture = *state;

    create(fixture, 0, token);
    fixture_tamper(fixture, "PRAGMA wal_checkpoint(TRUNCATE)");
    signum_buf_init(&file, 10000000);
    FILE *in = fopen(fixture->path, "rb");
    assert_non_null(in);
    for (int c = fgetc(in); c != EOF; c = fgetc(in))
        signum_buf_put_byte(&file, (uint8_t)c);
    (void)fclose(in);
    assert_non_null(memmem(file.data, file.len, token + 4, SIGNUMD_TOKEN_ID_LEN));
    assert_null(memmem(file.data, file.len, token + 21, 64));
    signum_buf_clear(&file);
}

/* Networks, description and the time of the last use, as they are listed. */
static char *
list(const struct fixture *fixture)
{
    struct signum_buf text;
    struct signumd_json_writer writer;

    signum_buf_init(&text, 65536);
    signumd_json_start(&writer, &text);
    signumd_json_begin(&writer, "tokens", '[');
    assert_status(signumd_tokens_write(fixture->db, "alice", &writer), SIGNUM_OK);
    signumd_json_end(&writer, ']');
    signumd_json_end(&writer, '}');
    char *copy = signum_text_copy(signum_buf_text(&text));
    signum_buf_clear(&text);
    assert_non_null(copy);
    return copy;
}

static void
assert_listed(const struct fixture *fixture, const char *part)
{
    char *text = list(fixture);

    if (strstr(text, part) == NULL)
        fail_msg("%s is not in %s", part, text);
    free(text);
}

static void
test_networks(void **state)
{
    static char one[] = "192.0.2.0/24";
    static char two[] = "10.1.0.0/16";
    static char three[] = "10.2.0.0/16";
    static char all[] = "::/0";
    static char *fitting[] = {one, two};
    static char *others[] = {one, three, all};
    const struct signumd_texts good = {fitting, 2};
    const struct signumd_texts bad = {others, 3};
    struct signumd_token_options options = {0, "build", &good};
    struct signumd_token_check found;
    char token[SIGNUMD_TOKEN_SIZE];
    const struct fixture *fixture = *state;

    assert_status(
        signumd_tokens_create(fixture->db, &signumd_actor_local, "alice", &options, token),
        SIGNUM_OK);
    assert_status(check(fixture, token, &found), SIGNUM_OK);
    assert_listed(fixture, "\"networks\":[\"192.0.2.0/24\",\"10.1.0.0/16\"]");
    assert_listed(fixture, "\"description\":\"build\"");
    assert_status(signumd_tokens_check(fixture->db, token, "10.2.0.1", NOW, &found),
        SIGNUM_CREDENTIAL_REFUSED);
    assert_status(signumd_tokens_check(fixture->db, token, "unknown", NOW, &found),
        SIGNUM_CREDENTIAL_REFUSED);
    options.networks = &bad;
    assert_status(
        signumd_tokens_create(fixture->db, &signumd_actor_local, "alice", &options, token),
        SIGNUM_OK);
    assert_refused(fixture, token, "token from another network");
}

static void
test_last_use_is_noted_to_the_hour(void **state)
{
    struct signumd_token_check found;
    char token[SIGNUMD_TOKEN_SIZE];
    const struct fixture *fixture = *state;

    create(fixture, 0, token);
    assert_listed(fixture, "\"last_used\":null");
    assert_status(check(fixture, token, &found), SIGNUM_OK);
    assert_listed(fixture, "\"last_used\":\"1970-01-12T13:46:40Z\"");
    assert_status(signumd_tokens_check(fixture->db, token, "", NOW + 3599, &found), SIGNUM_OK);
    assert_listed(fixture, "\"last_used\":\"1970-01-12T13:46:40Z\"");
    assert_status(signumd_tokens_check(fixture->db, token, "", NOW + 3600, &found), SIGNUM_OK);
    assert_listed(fixture, "\"last_used\":\"1970-01-12T14:46:40Z\"");
    token[SIGNUMD_TOKEN_LEN - 1] = token[SIGNUMD_TOKEN_LEN - 1] == '0' ? '1' : '0';
    assert_status(signumd_tokens_check(fixture->db, token, "", NOW + 9999, &found),
        SIGNUM_CREDENTIAL_REFUSED);
    assert_listed(fixture, "\"last_used\":\"1970-01-12T14:46:40Z\"");
}

#define WITH(test) cmocka_unit_test_setup_teardown(test, open_with_alice, fixture_close)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        WITH(test_good_token),
        WITH(test_tokens_differ),
        WITH(test_malformed),
        WITH(test_every_changed_character_is_refused),
        WITH(test_expiry),
        WITH(test_revocation),
        WITH(test_unknown_user),
        WITH(test_tokens_go_with_the_user),
        WITH(test_secret_is_nowhere),
        WITH(test_networks),
        WITH(test_last_use_is_noted_to_the_hour),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
