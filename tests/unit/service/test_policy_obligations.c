#include "fixture.h"

#include <stdio.h>
#include <string.h>

#include "policy/policy.h"

static const struct signumd_facts facts = {.user = "alice", .key = "release"};

/* A policy that fits the facts, with more members. */
static enum signum_status
read(struct signumd_policy *policy, const char *more, struct signumd_json_reader *fault_out)
{
    char text[2048];

    (void)snprintf(text, sizeof text,
        "{\"name\":\"p\",\"what\":{\"keys\":[\"*\"]},\"who\":{\"users\":[\"*\"]}%s}", more);
    signumd_policy_init(policy);
    return signumd_policy_read(signum_bytes_of_text(text), policy, fault_out);
}

static void
make(struct signumd_policy *policy, const char *name, const char *obligations)
{
    char more[1024];
    struct signumd_json_reader fault;

    (void)snprintf(more, sizeof more, ",\"action\":\"allow\",\"obligations\":%s", obligations);
    assert_status(read(policy, more, &fault), SIGNUM_OK);
    (void)snprintf(policy->name, sizeof policy->name, "%s", name);
}

static void
assert_written(const struct signumd_obligations *obligations, const char *expected)
{
    struct signum_buf text;
    struct signumd_json_writer writer;

    signum_buf_init(&text, 4096);
    signumd_json_start(&writer, &text);
    signumd_obligations_write(&writer, obligations);
    signumd_json_end(&writer, '}');
    assert_string_equal(signum_buf_text(&text), expected);
    signum_buf_clear(&text);
}

static void
test_all_deciding_allows_ask(void **state)
{
    struct signumd_policy policies[4];
    struct signumd_policy_verdict verdicts[4];

    (void)state;
    make(&policies[0], "d", "{\"approvals\":[{\"need\":1,\"group\":\"b\"}]}");
    make(&policies[1], "c",
        "{\"reason\":true,\"approvals\":[{\"need\":2,\"group\":\"b\"},{\"need\":1,\"group\":\"a\"}]"
        "}");
    make(&policies[2], "b", "{\"pin\":true,\"reason\":false}");
    make(&policies[3], "a", "{\"approvals\":[{\"need\":9,\"group\":\"z\"}]}");
    policies[3].priority = SIGNUMD_PRIORITY_DEFAULT + 1;
    struct signumd_decision decision = signumd_policy_decide(&facts, policies, 4, verdicts);
    assert_true(decision.is_allowed);
    assert_string_equal(decision.rule, "b");
    assert_written(&decision.obligations,
        "{\"obligations\":{\"reason\":true,\"pin\":true,\"approvals\":["
        "{\"need\":1,\"group\":\"a\"},{\"need\":2,\"group\":\"b\"}]}}");
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(verdicts[i].verdict, SIGNUMD_VERDICT_DECIDES);
    assert_int_equal(verdicts[3].verdict, SIGNUMD_VERDICT_OUTRANKED);
    policies[2].is_allow = false; /* what is denied asks for nothing */
    decision = signumd_policy_decide(&facts, policies, 4, NULL);
    assert_false(decision.is_allowed);
    assert_written(&decision.obligations, "{\"obligations\":{}}");
    for (size_t i = 0; i < 4; i++)
        signumd_policy_clear(&policies[i]);
}

/* A union that has no room for all that is asked denies: it never forgets one. */
static void
test_too_many_groups_deny(void **state)
{
    struct signumd_policy policies[SIGNUMD_APPROVALS_MAX + 1];

    (void)state;
    for (size_t i = 0; i <= SIGNUMD_APPROVALS_MAX; i++) {
        char name[16];
        char text[128];
        (void)snprintf(name, sizeof name, "p%zu", i);
        (void)snprintf(text, sizeof text, "{\"approvals\":[{\"need\":1,\"group\":\"g%zu\"}]}", i);
        make(&policies[i], name, text);
    }
    struct signumd_decision decision =
        signumd_policy_decide(&facts, policies, SIGNUMD_APPROVALS_MAX, NULL);
    assert_true(decision.is_allowed);
    assert_int_equal(decision.obligations.approval_count, SIGNUMD_APPROVALS_MAX);
    decision = signumd_policy_decide(&facts, policies, SIGNUMD_APPROVALS_MAX + 1, NULL);
    assert_false(decision.is_allowed);
    assert_int_equal(decision.obligations.approval_count, 0);
    assert_non_null(strstr(decision.reason, "approvals"));
    for (size_t i = 0; i <= SIGNUMD_APPROVALS_MAX; i++)
        signumd_policy_clear(&policies[i]);
}

static void
test_faults(void **state)
{
    static const char *const rows[][2] = {
        {",\"action\":\"deny\",\"obligations\":{}", "obligations"},
        {",\"action\":\"allow\",\"obligations\":[]", "obligations"},
        {",\"action\":\"allow\",\"obligations\":{\"reason\":1}", "obligations.reason"},
        {",\"action\":\"allow\",\"obligations\":{\"pin\":\"yes\"}", "obligations.pin"},
        {",\"action\":\"allow\",\"obligations\":{\"more\":true}", "obligations.more"},
        {",\"action\":\"allow\",\"obligations\":{\"approvals\":[]}", "obligations.approvals"},
        {",\"action\":\"allow\",\"obligations\":{\"approvals\":[1]}", "obligations.approvals[0]"},
        {",\"action\":\"allow\",\"obligations\":{\"approvals\":[{\"group\":\"g\"}]}",
            "obligations.approvals[0].need"},
        {",\"action\":\"allow\",\"obligations\":{\"approvals\":[{\"need\":0,\"group\":\"g\"}]}",
            "obligations.approvals[0].need"},
        {",\"action\":\"allow\",\"obligations\":{\"approvals\":[{\"need\":1}]}",
            "obligations.approvals[0].group"},
        {",\"action\":\"allow\",\"obligations\":{\"approvals\":[{\"need\":1,\"group\":\"g h\"}]}",
            "obligations.approvals[0].group"},
        {",\"action\":\"allow\",\"obligations\":{\"approvals\":"
         "[{\"need\":1,\"group\":\"g\"},{\"need\":2,\"group\":\"g\"}]}",
            "obligations.approvals[1].group"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct signumd_policy policy;
        struct signumd_json_reader fault;
        assert_status(read(&policy, rows[i][0], &fault), SIGNUM_INVALID_ARGUMENT);
        assert_string_equal(fault.field, rows[i][1]);
        assert_true(signumd_obligations_are_none(&policy.obligations));
        signumd_policy_clear(&policy);
    }
}

static void
test_written_as_read(void **state)
{
    static const char text[] =
        "{\"name\":\"p\",\"what\":{\"keys\":[\"*\"]},\"who\":{\"users\":[\"*\"]},"
        "\"obligations\":{\"reason\":true,\"pin\":true,\"approvals\":[{\"need\":2,\"group\":\"g\"}]"
        "},"
        "\"action\":\"allow\",\"priority\":100}";
    struct signumd_policy policy;
    struct signumd_json_reader fault;
    struct signum_buf out;

    (void)state;
    signum_buf_init(&out, 4096);
    signumd_policy_init(&policy);
    assert_status(signumd_policy_read(signum_bytes_of_text(text), &policy, &fault), SIGNUM_OK);
    signumd_policy_write(&policy, &out);
    assert_string_equal(signum_buf_text(&out), text);
    signum_buf_clear(&out);
    signumd_policy_clear(&policy);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_deciding_allows_ask),
        cmocka_unit_test(test_too_many_groups_deny),
        cmocka_unit_test(test_faults),
        cmocka_unit_test(test_written_as_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
