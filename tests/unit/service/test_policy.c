#include "fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/policies.h"

#define MONDAY_NOON 1769428800LL /* 2026-01-26T12:00:00Z */

static enum signum_status
read(struct signumd_policy *policy, const char *text)
{
    struct signumd_json_reader fault;

    signumd_policy_init(policy);
    return signumd_policy_read(signum_bytes_of_text(text), policy, &fault);
}

/* A policy for alice and the key release, with more members. */
static void
make(struct signumd_policy *policy, const char *more)
{
    char text[1024];

    (void)snprintf(text, sizeof text,
        "{\"name\":\"p\",\"what\":{\"keys\":[\"rel*\"]},\"who\":{\"users\":[\"alice\"]},"
        "\"action\":\"allow\"%s}",
        more);
    assert_status(read(policy, text), SIGNUM_OK);
}

static char devs[] = "devs";
static char corp_team[] = "corp:team";
static char release_keys[] = "trusted";
static char *team_items[] = {devs, corp_team};
static char *key_group_items[] = {release_keys};
static const struct signumd_texts team = {team_items, 2};
static const struct signumd_texts trusted = {key_group_items, 1};

static const struct signumd_facts usual = {
    .user = "alice",
    .roles = SIGNUMD_ROLE_BIT(SIGNUMD_ROLE_SIGNER),
    .groups = &team,
    .claims =
        "{\"sub\":\"repo:o/r\",\"n\":[1,\"two\"],\"ok\":true,\"o\":{},\"x\":0.5,\"d\":1,\"d\":1}",
    .key = "release",
    .key_groups = &trusted,
    .address = "10.1.2.3",
    .process = "C:\\Tools\\signtool.exe",
    .process_sha256 = "AA00000000000000000000000000000000000000000000000000000000000000",
    .command_line = "signtool sign /fd SHA256 a.exe",
    .machine = "BUILD-7",
    .account = "CORP\\ci",
    .hash = "sha256",
    .scheme = "rsa-pkcs1",
    .time = MONDAY_NOON,
};

#define WHAT "\"what\":{\"keys\":[\"rel*\"]},"

/* Each part of a policy, alone: what fits the usual facts, and what does not. */
struct row {
    const char *more;
    const char *misfit; /* NULL: allowed */
};

static void
test_decide(void **state)
{
    static const struct row rows[] = {
        {"", NULL},
        {",\"where\":{\"networks\":[\"10.0.0.0/8\"]}", NULL},
        {",\"where\":{\"networks\":[\"192.0.2.0/24\",\"10.1.2.3/32\"]}", NULL},
        {",\"where\":{\"networks\":[\"10.1.2.2/32\",\"::/0\"]}", "where.networks"},
        {",\"where\":{\"process\":[\"*\\\\SIGNTOOL.exe\"]}", NULL},
        {",\"where\":{\"process\":[\"signtool.exe\"]}", "where.process"},
        {",\"where\":{\"process_sha256\":[\"aa000000000000000000000000000000000000000000"
         "00000000000000000000\"]}",
            NULL},
        {",\"where\":{\"process_sha256\":[\"ab000000000000000000000000000000000000000000"
         "00000000000000000000\"]}",
            "where.process_sha256"},
        {",\"where\":{\"command_line\":[\"* SIGN */FD sha256*\"]}", NULL},
        {",\"where\":{\"command_line\":[\"*sha1*\"]}", "where.command_line"},
        {",\"where\":{\"machine\":[\"build-?\"]}", NULL},
        {",\"where\":{\"machine\":[\"build-??\"]}", "where.machine"},
        {",\"where\":{\"user\":[\"corp\\\\*\"]}", NULL},
        {",\"where\":{\"user\":[\"ci\"]}", "where.user"},
        {",\"when\":{\"days\":[\"mon\"]}", NULL},
        {",\"when\":{\"days\":[\"sun\",\"tue\"]}", "when.days"},
        {",\"when\":{\"hours\":\"12:00-12:01\"}", NULL},
        {",\"when\":{\"hours\":\"11:00-12:00\"}", "when.hours"},
        {",\"when\":{\"hours\":\"22:00-12:01\"}", NULL},
        {",\"when\":{\"hours\":\"22:00-12:00\"}", "when.hours"},
        {",\"when\":{\"hours\":\"17:30-17:31\",\"utc_offset\":\"+05:30\"}", NULL},
        {",\"when\":{\"hours\":\"12:00-12:01\",\"utc_offset\":\"+05:30\"}", "when.hours"},
        {",\"when\":{\"days\":[\"tue\"],\"utc_offset\":\"+12:00\"}", NULL},
        {",\"when\":{\"days\":[\"sun\"],\"utc_offset\":\"-12:01\"}", NULL},
        {",\"when\":{\"not_after\":\"2026-01-26T12:00:00Z\",\"utc_offset\":\"+12:00\"}", NULL},
        {",\"when\":{\"not_before\":\"2026-01-26T12:00:00Z\"}", NULL},
        {",\"when\":{\"not_before\":\"2026-01-26T12:00:01Z\"}", "when.not_before"},
        {",\"when\":{\"not_after\":\"2026-01-26T12:00:00Z\"}", NULL},
        {",\"when\":{\"not_after\":\"2026-01-26T11:59:59Z\"}", "when.not_after"},
        {",\"conditions\":{\"hashes\":[\"sha384\",\"sha256\"]}", NULL},
        {",\"conditions\":{\"hashes\":[\"sha384\"]}", "conditions.hashes"},
        {",\"conditions\":{\"schemes\":[\"rsa-pss\"]}", "conditions.schemes"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct signumd_policy policy;
        struct signumd_policy_verdict verdict;
        make(&policy, rows[i].more);
        struct signumd_decision decision = signumd_policy_decide(&usual, &policy, 1, &verdict);
        assert_int_equal(decision.is_allowed, rows[i].misfit == NULL);
        assert_string_equal(decision.rule, rows[i].misfit == NULL ? "p" : "");
        assert_string_equal(
            verdict.part == NULL ? "" : verdict.part, rows[i].misfit == NULL ? "" : rows[i].misfit);
        assert_true(strlen(decision.reason) > 0);
        signumd_policy_clear(&policy);
    }
}

/* Whom and what a policy names, in all the ways there are. */
static void
test_named(void **state)
{
    static const struct row rows[] = {
        {"\"what\":{\"groups\":[\"trusted\"]},\"who\":{\"users\":[\"*\"]}", NULL},
        {"\"what\":{\"groups\":[\"other\"]},\"who\":{\"users\":[\"*\"]}", "what.groups"},
        {"\"what\":{\"keys\":[\"x\"],\"groups\":[\"trusted\"]},\"who\":{\"users\":[\"*\"]}", NULL},
        {"\"what\":{\"keys\":[\"x\"],\"groups\":[\"y\"]},\"who\":{\"users\":[\"*\"]}", "what"},
        {"\"what\":{\"keys\":[\"x\"]},\"who\":{\"users\":[\"*\"]}", "what.keys"},
        {WHAT "\"who\":{\"groups\":[\"x\",\"corp:team\"]}", NULL},
        {WHAT "\"who\":{\"groups\":[\"DEVS\"]}", "who"},
        {WHAT "\"who\":{\"users\":[\"bob\"],\"groups\":[\"devs\"]}", NULL},
        {WHAT "\"who\":{\"claims\":{\"sub\":[\"x\",\"repo:o/*\"]}}", NULL},
        {WHAT "\"who\":{\"claims\":{\"sub\":[\"repo:o\"]}}", "who.claims"},
        {WHAT "\"who\":{\"claims\":{\"sub\":[\"REPO*\"]}}", "who.claims"},
        {WHAT "\"who\":{\"claims\":{\"sub\":[\"*\"],\"none\":[\"*\"]}}", "who.claims"},
        {WHAT "\"who\":{\"claims\":{\"n\":[\"1\"]}}", NULL},
        {WHAT "\"who\":{\"claims\":{\"n\":[\"tw?\"],\"ok\":[\"true\"]}}", NULL},
        {WHAT "\"who\":{\"claims\":{\"ok\":[\"1\"]}}", "who.claims"},
        {WHAT "\"who\":{\"claims\":{\"o\":[\"*\"]}}", "who.claims"},
        {WHAT "\"who\":{\"claims\":{\"x\":[\"*\"]}}", "who.claims"},
        {WHAT "\"who\":{\"claims\":{\"d\":[\"*\"]}}", "who.claims"},
        {WHAT "\"who\":{\"users\":[\"alice\"],\"claims\":{\"ok\":[\"true\"]}}", NULL},
        {WHAT "\"who\":{\"users\":[\"alice\"],\"claims\":{\"ok\":[\"false\"]}}", "who.claims"},
        {WHAT "\"who\":{\"users\":[\"bob\"],\"claims\":{\"ok\":[\"true\"]}}", "who"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct signumd_policy policy;
        struct signumd_policy_verdict verdict;
        struct signumd_facts nobody = {.user = "alice", .key = "none", .claims = "no JSON"};
        char text[512];
        (void)snprintf(text, sizeof text, "{\"name\":\"p\",\"action\":\"allow\",%s}", rows[i].more);
        assert_status(read(&policy, text), SIGNUM_OK);
        (void)signumd_policy_decide(&usual, &policy, 1, &verdict);
        assert_string_equal(
            verdict.part == NULL ? "" : verdict.part, rows[i].misfit == NULL ? "" : rows[i].misfit);
        /* what is not known fits nothing */
        nobody.key = strstr(text, "groups\":[\"trusted") == NULL ? "release" : "none";
        if (strstr(text, "claims") != NULL || strstr(text, "groups") != NULL)
            assert_false(signumd_policy_decide(&nobody, &policy, 1, NULL).is_allowed);
        signumd_policy_clear(&policy);
    }
}

static void
test_who_and_what(void **state)
{
    struct signumd_policy policy;
    struct signumd_facts facts = usual;

    (void)state;
    make(&policy, "");
    assert_true(signumd_policy_decide(&facts, &policy, 1, NULL).is_allowed);
    assert_false(signumd_policy_decide(&facts, &policy, 0, NULL).is_allowed);
    facts.user = "ALICE";
    assert_false(signumd_policy_decide(&facts, &policy, 1, NULL).is_allowed);
    facts.user = "alice";
    facts.key = "RELEASE";
    assert_false(signumd_policy_decide(&facts, &policy, 1, NULL).is_allowed);
    facts.key = "test";
    assert_false(signumd_policy_decide(&facts, &policy, 1, NULL).is_allowed);
    facts.key = "release";
    facts.user = "bob";
    assert_status(signumd_texts_add(&policy.parts[SIGNUMD_PART_ROLES], "auditor"), SIGNUM_OK);
    assert_false(signumd_policy_decide(&facts, &policy, 1, NULL).is_allowed);
    facts.roles |= SIGNUMD_ROLE_BIT(SIGNUMD_ROLE_AUDITOR);
    assert_true(signumd_policy_decide(&facts, &policy, 1, NULL).is_allowed);
    signumd_policy_clear(&policy);
}

/* What is not told fits nothing; what is unknown while reading hinders no allow, feeds no deny. */
static void
test_unknown_facts(void **state)
{
    static const char *const parts[] = {",\"where\":{\"process\":[\"*\"]}",
        ",\"where\":{\"machine\":[\"*\"]}", ",\"where\":{\"user\":[\"*\"]}",
        ",\"conditions\":{\"hashes\":[\"sha256\"]}", ",\"conditions\":{\"schemes\":[\"ecdsa\"]}"};
    struct signumd_facts facts = {
        .user = "alice", .roles = SIGNUMD_ROLE_BIT(SIGNUMD_ROLE_SIGNER), .key = "release"};

    (void)state;
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        struct signumd_policy policies[2];
        make(&policies[0], "");
        make(&policies[1], parts[i]);
        facts.is_reading = false;
        assert_false(signumd_policy_decide(&facts, &policies[1], 1, NULL).is_allowed);
        facts.is_reading = true;
        assert_true(signumd_policy_decide(&facts, &policies[1], 1, NULL).is_allowed);
        policies[1].is_allow = false;
        assert_true(signumd_policy_decide(&facts, policies, 2, NULL).is_allowed);
        signumd_policy_clear(&policies[0]);
        signumd_policy_clear(&policies[1]);
    }
}

static void
test_priority(void **state)
{
    struct signumd_policy policies[3];
    struct signumd_policy_verdict verdicts[3];

    (void)state;
    make(&policies[0], ",\"priority\":5");
    make(&policies[1], ",\"priority\":5");
    make(&policies[2], ",\"priority\":4,\"when\":{\"days\":[\"sun\"]}");
    policies[1].is_allow = false;
    strcpy(policies[1].name, "z");
    struct signumd_decision decision = signumd_policy_decide(&usual, policies, 3, verdicts);
    assert_false(decision.is_allowed);
    assert_string_equal(decision.rule, "z");
    assert_string_equal(signumd_verdict_name(verdicts[0].verdict), "outranked");
    assert_string_equal(signumd_verdict_name(verdicts[1].verdict), "decides");
    assert_string_equal(signumd_verdict_name(verdicts[2].verdict), "no match");
    policies[0].priority = 0;
    assert_true(signumd_policy_decide(&usual, policies, 3, NULL).is_allowed);
    for (size_t i = 0; i < 3; i++)
        signumd_policy_clear(&policies[i]);
}

static void
test_globs(void **state)
{
    (void)state;
    assert_true(signumd_glob_match("", "", false));
    assert_false(signumd_glob_match("", "a", false));
    assert_true(signumd_glob_match("*", "", false));
    assert_true(signumd_glob_match("a*b*c", "aXbbYc", false));
    assert_false(signumd_glob_match("a*b*c", "aXbbYcd", false));
    assert_true(signumd_glob_match("**a", "bba", false));
    assert_false(signumd_glob_match("?", "", false));
    assert_false(signumd_glob_match("A", "a", false));
    assert_true(signumd_glob_match("A?", "ab", true));
    assert_true(signumd_glob_match("*aaaaaaaab", "aaaaaaaaaaaaaaaaaaaaaaaaaaaab", false));
}

static void
test_networks(void **state)
{
    (void)state;
    assert_true(signumd_network_has("10.1.2.0/23", "10.1.3.255"));
    assert_false(signumd_network_has("10.1.2.0/23", "10.1.4.0"));
    assert_true(signumd_network_has("0.0.0.0/0", "255.1.2.3"));
    assert_true(signumd_network_has("10.0.0.0/8", "::ffff:10.9.9.9"));
    assert_false(signumd_network_has("::/0", "::ffff:10.9.9.9"));
    assert_true(signumd_network_has("2001:db8::/33", "2001:db8:7fff::1"));
    assert_false(signumd_network_has("2001:db8::/33", "2001:db8:8000::1"));
    assert_false(signumd_network_has("10.0.0.0/8", "not an address"));
    assert_false(signumd_network_has("10.0.0.0/33", "10.0.0.0"));
    assert_false(signumd_network_has("10.0.0.0", "10.0.0.0"));
}

static void
test_faults(void **state)
{
#define HEAD "{\"name\":\"p\",\"action\":\"allow\",\"who\":{\"users\":[\"a\"]}"
#define KEY ",\"what\":{\"keys\":[\"k\"]}"
    static const char *const rows[][2] = {
        {"[]", ""},
        {"{}", "name"},
        {HEAD "}", "what"},
        {HEAD ",\"what\":{\"groups\":[\"*\"]}}", "what.groups[0]"},
        {HEAD ",\"what\":{\"keys\":[]}}", "what.keys"},
        {HEAD ",\"what\":{\"keys\":[\"a\",\"b\",\"c d\"]}}", "what.keys[2]"},
        {HEAD ",\"what\":{\"keys\":[\"a\",\"a\"]}}", "what.keys[1]"},
        {HEAD ",\"what\":{\"keys\":[7]}}", "what.keys[0]"},
        {HEAD ",\"what\":7}", "what"},
        {HEAD KEY ",\"more\":1}", "more"},
        {HEAD KEY ",\"priority\":-1}", "priority"},
        {HEAD KEY ",\"priority\":10000}", "priority"},
        {HEAD KEY ",\"where\":{\"networks\":[\"10.0.0.0/33\"]}}", "where.networks[0]"},
        {HEAD KEY ",\"where\":{\"networks\":[\"::1.2.3.4/96\"]}}", "where.networks[0]"},
        {HEAD KEY ",\"where\":{\"net\":[]}}", "where.net"},
        {HEAD KEY ",\"when\":{\"hours\":\"09:00-09:00\"}}", "when.hours"},
        {HEAD KEY ",\"when\":{\"hours\":\"24:00-09:00\"}}", "when.hours"},
        {HEAD KEY ",\"when\":{\"days\":[\"Mon\"]}}", "when.days[0]"},
        {HEAD KEY ",\"when\":{\"not_before\":\"2026-02-29T00:00:00Z\"}}", "when.not_before"},
        {HEAD KEY ",\"when\":{\"not_before\":\"2026-01-02T00:00:00Z\","
                  "\"not_after\":\"2026-01-01T00:00:00Z\"}}",
            "when.not_after"},
        {HEAD KEY ",\"conditions\":{\"hashes\":[\"md5\"]}}", "conditions.hashes[0]"},
        {HEAD KEY ",\"conditions\":{\"schemes\":[\"x\"]}}", "conditions.schemes[0]"},
        {"{\"name\":\"p\",\"action\":\"permit\"}", "action"},
        {"{\"name\":\"p p\",\"action\":\"deny\"}", "name"},
        {"{\"name\":\"p\",\"action\":\"deny\"" KEY ",\"who\":{}}", "who"},
        {"{\"name\":\"p\",\"action\":\"deny\"" KEY ",\"who\":{\"roles\":[\"r\"]}}", "who.roles[0]"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct signumd_policy policy;
        struct signumd_json_reader fault;
        signumd_policy_init(&policy);
        assert_status(signumd_policy_read(signum_bytes_of_text(rows[i][0]), &policy, &fault),
            SIGNUM_INVALID_ARGUMENT);
        assert_string_equal(fault.field, rows[i][1]);
        assert_true(strlen(fault.cause) > 0);
        assert_int_equal(policy.parts[SIGNUMD_PART_KEYS].count, 0);
        signumd_policy_clear(&policy);
    }
}

static void
test_written_as_read(void **state)
{
    static const char text[] =
        "{\"name\":\"p\",\"description\":\"d \\\"q\\\"\",\"what\":{\"keys\":[\"a\",\"b*\"]},"
        "\"who\":{\"users\":[\"*\"],\"roles\":[\"signer\"]},\"where\":{\"networks\":[\"::/0\"],"
        "\"user\":[\"x\"]},\"when\":{\"hours\":\"22:00-24:00\"},"
        "\"conditions\":{\"schemes\":[\"ecdsa\"]},\"action\":\"deny\",\"priority\":0}";
    struct signumd_policy policy;
    struct signum_buf out;

    (void)state;
    signum_buf_init(&out, 4096);
    assert_status(read(&policy, text), SIGNUM_OK);
    signumd_policy_write(&policy, &out);
    assert_string_equal(signum_buf_text(&out), text);
    signum_buf_clear(&out);
    signumd_policy_clear(&policy);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_decide),
        cmocka_unit_test(test_named),
        cmocka_unit_test(test_who_and_what),
        cmocka_unit_test(test_unknown_facts),
        cmocka_unit_test(test_priority),
        cmocka_unit_test(test_globs),
        cmocka_unit_test(test_networks),
        cmocka_unit_test(test_faults),
        cmocka_unit_test(test_written_as_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
