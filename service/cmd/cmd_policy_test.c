#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/files.h"
#include "base/log.h"
#include "cmd/cli.h"
#include "policy/policies.h"
#include "signing/question.h"

#define FILE_MAX ((size_t)16 * 1024 * 1024)
#define POLICIES_MAX 10000
#define QUESTIONS_MAX 100000

/* A file of questions with the answers that are expected, and how it went so far. */
struct run {
    struct signumd_db *db; /* NULL: the file's own policies are asked */
    struct signumd_policy *policies;
    size_t count;
    size_t asked;
    size_t wrong;
    enum signum_status status; /* of the database */
};

static void
take_policy(void *context, struct signumd_json_reader *item)
{
    struct run *run = context;
    struct signum_buf text;
    struct signumd_json_reader fault;
    struct signumd_policy *policies = realloc(run->policies, (run->count + 1) * sizeof *policies);

    if (policies == NULL) {
        signumd_json_refuse(item, "", "is too much to remember");
        return;
    }
    run->policies = policies;
    signumd_policy_init(&policies[run->count]);
    signum_buf_init(&text, SIGNUMD_POLICY_BODY_MAX);
    signumd_json_print(item->object, &text);
    if (signumd_policy_read(signum_bytes_of_buf(&text), &policies[run->count], &fault) != SIGNUM_OK)
        signumd_json_refuse(item, fault.field, fault.cause);
    run->count++;
    signum_buf_clear(&text);
}

static struct signumd_decision
ask(struct run *run, struct signumd_json_reader *reader, struct signumd_question *question)
{
    struct signumd_decision decision = {.reason = ""};

    if (run->db == NULL)
        return signumd_policy_decide(&question->facts, run->policies, run->count, NULL);
    if (run->status == SIGNUM_OK)
        run->status = signumd_question_complete(run->db, reader, question);
    if (run->status == SIGNUM_OK && reader->failure == SIGNUM_OK)
        run->status = signumd_policy_ask(run->db, &question->facts, &decision);
    return decision;
}

static bool
is_same(const struct signumd_obligations *a, const struct signumd_obligations *b)
{
    if (a->needs_pin != b->needs_pin || a->needs_reason != b->needs_reason ||
        a->approval_count != b->approval_count)
        return false;
    for (size_t i = 0; i < a->approval_count; i++)
        if (a->approvals[i].need != b->approvals[i].need ||
            strcmp(a->approvals[i].group, b->approvals[i].group) != 0)
            return false;
    return true;
}

/* Holds the decision against what the item expects, and says so. */
static void
compare(struct run *run, struct signumd_json_reader *item, const struct signumd_decision *decision)
{
    const char *answer = signumd_json_get_text(item, "answer", true, 16);
    const char *policy = signumd_json_get_text(item, "policy", false, SIGNUMD_NAME_MAX);
    const char *got = decision->is_allowed ? "allow" : "deny";
    struct signumd_obligations wanted;
    bool has_wish = signumd_json_has(item, "obligations");

    signumd_obligations_read(item, &wanted);
    if (answer != NULL && strcmp(answer, "allow") != 0 && strcmp(answer, "deny") != 0)
        signumd_json_refuse(item, "answer", "must be allow or deny");
    if (item->failure != SIGNUM_OK)
        return;
    run->asked++;
    bool is_right = strcmp(answer, got) == 0 &&
                    (policy == NULL || strcmp(policy, decision->rule) == 0) &&
                    (!has_wish || is_same(&wanted, &decision->obligations));
    if (is_right)
        return;
    run->wrong++;
    (void)printf("question %zu: expected %s%s%s%s, got %s (policy: %s)\n", run->asked, answer,
        policy == NULL ? "" : " by ", policy == NULL ? "" : policy,
        has_wish ? " with its obligations" : "", got,
        decision->rule[0] == '\0' ? "-" : decision->rule);
}

static void
take_question(void *context, struct signumd_json_reader *item)
{
    static const char *const names[] = {"ask", "answer", "policy", "obligations", "comment"};
    struct run *run = context;
    struct signumd_json_reader reader;
    struct signumd_question question;
    struct signumd_decision decision = {.reason = ""};

    signumd_json_check_names(item, names, sizeof names / sizeof names[0]);
    const struct cJSON *object = signumd_json_get_object(item, "ask");
    if (object == NULL)
        signumd_json_refuse(item, "ask", "is missing");
    if (item->failure != SIGNUM_OK)
        return;
    signumd_question_init(&question);
    signumd_json_reader_init(&reader, object);
    signumd_question_read(&reader, &question);
    if (reader.failure == SIGNUM_OK)
        decision = ask(run, &reader, &question);
    signumd_json_pass_failure(item, "ask", &reader);
    if (item->failure == SIGNUM_OK && run->status == SIGNUM_OK)
        compare(run, item, &decision);
    signumd_question_clear(&question);
}

static enum signum_status
test_document(struct run *run, const char *file, const struct signum_buf *text)
{
    static const char *const names[] = {"policies", "questions"};
    struct cJSON *document = NULL;
    struct signumd_json_reader reader;

    if (signumd_json_parse(signum_bytes_of_buf(text), &document) != SIGNUM_OK) {
        signumd_log(SIGNUMD_LOG_ERROR, "%s: is not a JSON object", file);
        return SIGNUM_INVALID_ARGUMENT;
    }
    signumd_json_reader_init(&reader, document);
    signumd_json_check_names(&reader, names, sizeof names / sizeof names[0]);
    if (signumd_json_has(&reader, "policies") == (run->db != NULL))
        signumd_json_refuse(&reader, "policies",
            run->db == NULL ? "is missing; or name a state folder by --state"
                            : "cannot be asked together with those of --state");
    if (!signumd_json_has(&reader, "questions"))
        signumd_json_refuse(&reader, "questions", "is missing");
    signumd_json_get_objects(&reader, "policies", POLICIES_MAX, take_policy, run);
    signumd_json_get_objects(&reader, "questions", QUESTIONS_MAX, take_question, run);
    if (reader.failure != SIGNUM_OK)
        signumd_log(SIGNUMD_LOG_ERROR, "%s: %s %s", file, reader.field, reader.cause);
    signumd_json_free(&document);
    return run->status != SIGNUM_OK ? run->status : reader.failure;
}

static enum signum_status
test_file(struct run *run, const char *file)
{
    struct signum_buf text;

    signum_buf_init(&text, FILE_MAX);
    enum signum_status status = signumd_files_read(file, &text);
    if (status == SIGNUM_OK)
        status = test_document(run, file, &text);
    for (size_t i = 0; i < run->count; i++)
        signumd_policy_clear(&run->policies[i]);
    free(run->policies);
    signum_buf_clear(&text);
    return status;
}

static int
run_test(const struct signumd_verb *verb, int argc, char **argv)
{
    const char *folder = NULL;
    const char *file = NULL;
    struct signumd_state state;
    struct run run = {.status = SIGNUM_OK};
    const struct signumd_option options[] = {
        {"state", &folder, NULL, NULL},
        {NULL, NULL, NULL, NULL},
    };
    int code = signumd_cli_parse(verb, argc, argv, options, &file, 1);

    if (code != 0)
        return code;
    if (folder != NULL)
        code = signumd_cli_report(
            signumd_state_open(folder, &state), "cannot open the state folder %s", folder);
    if (folder != NULL && code == 0)
        run.db = state.db;
    if (code == 0)
        code = signumd_cli_report(test_file(&run, file), "the questions were not all asked");
    if (code == 0) {
        (void)printf("%zu questions, %zu wrong answers\n", run.asked, run.wrong);
        code = run.wrong == 0 ? 0 : SIGNUMD_EXIT_FAILED;
    }
    if (folder != NULL)
        signumd_state_close(&state);
    return code;
}

const struct signumd_verb signumd_verbs_policy_test[] = {
    {"policy test", "[--state DIR] FILE",
        "Asks questions and holds the answers against those expected, as a test of policies "
        "before\n"
        "they are in force. FILE is\n\n"
        "  {\"policies\": [...],\n"
        "   \"questions\": [{\"ask\": {\"user\": \"alice\", \"key\": \"app\"}, \"answer\": "
        "\"allow\",\n"
        "                  \"policy\": \"alice-app\", \"obligations\": {}}]}\n\n"
        "policy and obligations may be left out. `ask` is as POST /v1/policies/explain has it; "
        "what\n"
        "it does not tell about the user nobody knows. With --state the stored policies and users\n"
        "are asked, and the file has no policies. The exit code is 0 if every answer is right.\n\n"
        "Example: signumd policy test release-policies-test.json",
        run_test},
    {NULL, NULL, NULL, NULL},
};
