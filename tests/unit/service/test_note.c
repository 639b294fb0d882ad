#include "fixture.h"

#include <string.h>

#include "audit/checkpoint.h"
#include "audit/note.h"

/* Key and note with which the Go checksum database documents its notes. */
#define KNOWN_KEY "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
#define KNOWN_TEXT                                                                                 \
    "If you think cryptography is the answer to your problem,\n"                                   \
    "then you don't know what your problem is.\n"
#define KNOWN_LINE                                                                                 \
    "\xe2\x80\x94 PeterNeumann "                                                                   \
    "x08go/ZJkuBS9UG/"                                                                             \
    "SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
#define OTHER_LINE "\xe2\x80\x94 other AAAAAGFiYw==\n"

static struct signumd_note_key
known_key(void)
{
    struct signumd_note_key key;

    assert_status(signumd_note_key_read(KNOWN_KEY, &key), SIGNUM_OK);
    return key;
}

static void
assert_note(const char *note, enum signum_status expected)
{
    const struct signumd_note_key key = known_key();
    struct signum_bytes text;

    enum signum_status status = signumd_note_open(signum_bytes_of_text(note), &key, &text);
    if (status != expected)
        fail_msg("%s: %s", note, signum_status_name(status));
    assert_int_equal(text.len, status == SIGNUM_OK ? strlen(KNOWN_TEXT) : 0);
}

static void
test_known_note(void **state)
{
    const struct signumd_note_key key = known_key();
    struct signum_buf text;

    (void)state;
    assert_string_equal(key.name, "PeterNeumann");
    signum_buf_init(&text, 1024);
    signumd_note_key_write(&key, &text);
    assert_string_equal(signum_buf_text(&text), KNOWN_KEY);
    signum_buf_clear(&text);
    assert_note(KNOWN_TEXT "\n" KNOWN_LINE, SIGNUM_OK);
    assert_note(KNOWN_TEXT "\n" OTHER_LINE KNOWN_LINE OTHER_LINE, SIGNUM_OK);
}

static void
test_notes_that_are_refused(void **state)
{
    (void)state;
    assert_note(KNOWN_TEXT "\n" OTHER_LINE, SIGNUM_BAD_SIGNATURE);
    assert_note("x" KNOWN_TEXT "\n" KNOWN_LINE, SIGNUM_BAD_SIGNATURE);
    assert_note(KNOWN_TEXT "\n" KNOWN_LINE "\n" OTHER_LINE, SIGNUM_BAD_SIGNATURE);
    assert_note(KNOWN_TEXT KNOWN_LINE, SIGNUM_PROTOCOL);
    assert_note(KNOWN_TEXT "\n", SIGNUM_PROTOCOL);
    assert_note("", SIGNUM_PROTOCOL);
    assert_note("\n\n", SIGNUM_PROTOCOL);
    assert_note(KNOWN_TEXT "\r\n" KNOWN_LINE, SIGNUM_PROTOCOL);
    assert_note(KNOWN_TEXT "\xff\n\n" KNOWN_LINE, SIGNUM_PROTOCOL);
    assert_note(KNOWN_TEXT "\n" KNOWN_LINE "x", SIGNUM_PROTOCOL);
    assert_note(KNOWN_TEXT "\n- PeterNeumann AAAA\n", SIGNUM_PROTOCOL);
    assert_note(KNOWN_TEXT "\n\xe2\x80\x94 PeterNeumann\n", SIGNUM_PROTOCOL);
    assert_note(KNOWN_TEXT "\n\xe2\x80\x94  AAAAAGFiYw==\n", SIGNUM_PROTOCOL);
    assert_note(KNOWN_TEXT "\n\xe2\x80\x94 other AAAA\n", SIGNUM_PROTOCOL);
    assert_note(KNOWN_TEXT "\n\xe2\x80\x94 other !\n", SIGNUM_PROTOCOL);
    /* the right key, with a signature that is too short */
    assert_note(KNOWN_TEXT "\n\xe2\x80\x94 PeterNeumann x08go/ZJ\n", SIGNUM_BAD_SIGNATURE);
}

static void
test_keys_that_are_refused(void **state)
{
    static const char *const keys[] = {
        "",
        "PeterNeumann",
        "PeterNeumann+c74f20a3",
        "PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNeumann+C74F20A3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNeumanm+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "Peter Neumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNeumann+c74f20a3+AhpcSQcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNeumann+c74f20a3+ARpc",
        "PeterNeumann+c74f20a3+!",
    };
    struct signumd_note_key key;

    (void)state;
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        assert_status(signumd_note_key_read(keys[i], &key), SIGNUM_PROTOCOL);
    assert_status(signumd_note_key_read(KNOWN_KEY " \n", &key), SIGNUM_OK);
}

/* A key of our own. */
static struct signumd_note_key
make_key(struct signum_buf *pem, const char *name)
{
    struct signumd_note_key key;
    uint8_t public_key[SIGNUMD_ED25519_PUBLIC_LEN];

    signum_buf_init_secret(pem, 4096);
    assert_status(signumd_ed25519_make(pem), SIGNUM_OK);
    assert_status(signumd_ed25519_public(signum_bytes_of_buf(pem), public_key), SIGNUM_OK);
    assert_status(signumd_note_key_init(&key, name, public_key), SIGNUM_OK);
    return key;
}

static void
test_checkpoint(void **state)
{
    const struct signumd_merkle_hash root = {{1, 2, 3}};
    struct signum_buf pem;
    struct signum_buf note;
    struct signumd_note_key key = make_key(&pem, "log.example/a");
    struct signumd_note_key stranger = known_key();
    struct signumd_checkpoint found;

    (void)state;
    signum_buf_init(&note, SIGNUMD_NOTE_MAX);
    assert_status(
        signumd_checkpoint_sign(42, &root, &key, signum_bytes_of_buf(&pem), &note), SIGNUM_OK);
    assert_status(signumd_checkpoint_open(signum_bytes_of_buf(&note), &key, &found), SIGNUM_OK);
    assert_int_equal(found.size, 42);
    assert_string_equal(found.origin, "log.example/a");
    assert_memory_equal(&found.root, &root, sizeof root);
    assert_status(signumd_checkpoint_open(signum_bytes_of_buf(&note), &stranger, &found),
        SIGNUM_BAD_SIGNATURE);
    note.data[15] ^= 1;
    assert_int_not_equal(
        signumd_checkpoint_open(signum_bytes_of_buf(&note), &key, &found), SIGNUM_OK);
    signum_buf_clear(&note);
    signum_buf_clear(&pem);
}

#define ROOT "AQIDAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"

/* Signed, but no checkpoint; the last two are. */
static void
test_texts_that_are_no_checkpoints(void **state)
{
    static const struct {
        const char *text;
        enum signum_status expected;
    } rows[] = {
        {"log\n", SIGNUM_PROTOCOL},
        {"log\n42\n", SIGNUM_PROTOCOL},
        {"log\n42\nAQID\n", SIGNUM_PROTOCOL},
        {"log\n\n" ROOT, SIGNUM_PROTOCOL},
        {"log\n042\n" ROOT, SIGNUM_PROTOCOL},
        {"log\n-1\n" ROOT, SIGNUM_PROTOCOL},
        {"log\n4x\n" ROOT, SIGNUM_PROTOCOL},
        {"log\n9999999999999999999\n" ROOT, SIGNUM_PROTOCOL},
        {"gol\n42\n" ROOT, SIGNUM_BAD_SIGNATURE},
        {"log\n0\n" ROOT, SIGNUM_OK},
        {"log\n42\n" ROOT "more\n", SIGNUM_OK},
    };
    struct signum_buf pem;
    struct signum_buf note;
    const struct signumd_note_key key = make_key(&pem, "log");
    struct signumd_checkpoint found;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        signum_buf_init(&note, SIGNUMD_NOTE_MAX);
        assert_status(signumd_note_sign(signum_bytes_of_text(rows[i].text), &key,
                          signum_bytes_of_buf(&pem), &note),
            SIGNUM_OK);
        assert_status(
            signumd_checkpoint_open(signum_bytes_of_buf(&note), &key, &found), rows[i].expected);
        signum_buf_clear(&note);
    }
    signum_buf_clear(&pem);
}

static void
test_bad_private_key(void **state)
{
    const struct signumd_note_key key = known_key();
    struct signum_buf note;

    (void)state;
    signum_buf_init(&note, SIGNUMD_NOTE_MAX);
    assert_status(signumd_note_sign(
                      signum_bytes_of_text("x\n"), &key, signum_bytes_of_text("not a key"), &note),
        SIGNUM_CRYPTO);
    assert_int_equal(note.len, 0);
    signum_buf_clear(&note);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known_note),
        cmocka_unit_test(test_notes_that_are_refused),
        cmocka_unit_test(test_keys_that_are_refused),
        cmocka_unit_test(test_checkpoint),
        cmocka_unit_test(test_texts_that_are_no_checkpoints),
        cmocka_unit_test(test_bad_private_key),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
