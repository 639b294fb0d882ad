#include "fixture.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/db_functions.h"
#include "base/files.h"
#include "base/schema.h"

int
fixture_open(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);

    if (fixture == NULL)
        return -1;
    const char *place = getenv("TMPDIR");
    (void)snprintf(fixture->folder, sizeof fixture->folder, "%s/signumd-test-XXXXXX",
                   place == NULL ? P_tmpdir : place);
    if (mkdtemp(fixture->folder) == NULL)
        return -1;
    (void)snprintf(fixture->path, sizeof fixture->path, "%s/test.db", fixture->folder);
    *state = fixture;
    return signumd_db_open(fixture->path, true, &fixture->db) == SIGNUM_OK ? 0 : -1;
}

int
fixture_close(void **state)
{
    struct fixture *fixture = *state;

    signumd_db_close(&fixture->db);
    signumd_files_remove_tree(fixture->folder);
    free(fixture);
    return 0;
}

void
fixture_tamper(const struct fixture *fixture, const char *sql)
{
    sqlite3 *db = NULL;

    assert_int_equal(sqlite3_open(fixture->path, &db), SQLITE_OK);
    assert_int_equal(signumd_db_add_functions(db), SQLITE_OK);
    if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
        fail_msg("%s: %s", sql, sqlite3_errmsg(db));
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

void
fixture_make_old(struct fixture *fixture, size_t step_count)
{
    char sql[64];
    size_t count = 0;
    const char *const *steps = signumd_schema_steps(&count);

    assert_true(step_count < count);
    signumd_db_close(&fixture->db);
    assert_int_equal(unlink(fixture->path), 0);
    for (size_t i = 0; i < step_count; i++)
        fixture_tamper(fixture, steps[i]);
    (void)snprintf(sql, sizeof sql, "PRAGMA user_version = %zu", step_count);
    fixture_tamper(fixture, sql);
}

void
fixture_add_key(const struct fixture *fixture, const char *name)
{
    static const uint8_t spki[] = {0x30, 0x00};
    struct signumd_key key;

    signumd_key_init(&key);
    (void)snprintf(key.id, sizeof key.id, "%s", name);
    (void)snprintf(key.name, sizeof key.name, "%s", name);
    (void)snprintf(key.token_label, sizeof key.token_label, "%s", name);
    key.version = 1;
    key.is_enabled = true;
    key.alg = signum_alg_by_wire("rsa", NULL);
    key.bits = 2048;
    signum_buf_put(&key.spki, spki, sizeof spki);
    assert_status(signumd_keys_add(fixture->db, &signumd_actor_local, "key.create", &key),
                  SIGNUM_OK);
    signumd_key_clear(&key);
}

char *
fixture_audit_text(const struct fixture *fixture)
{
    struct signum_buf text;
    struct signumd_json_writer writer;
    int64_t next = 0;

    signum_buf_init(&text, 1024 * 1024);
    signumd_json_start(&writer, &text);
    signumd_json_begin(&writer, "records", '[');
    assert_status(signumd_audit_write_list(fixture->db, NULL, -1, 1000, &writer, &next), SIGNUM_OK);
    signumd_json_end(&writer, ']');
    signumd_json_end(&writer, '}');
    char *copy = signum_text_copy(signum_buf_text(&text));
    signum_buf_clear(&text);
    assert_non_null(copy);
    return copy;
}

const char *
fixture_softhsm(void)
{
    static const char *const places[] = {"/usr/lib/softhsm/libsofthsm2.so",
                                         "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so"};

    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++)
        if (access(places[i], R_OK) == 0)
            return places[i];
    fail_msg("SoftHSM2 is not installed (package softhsm2)");
    return NULL;
}

void
fixture_make_token(const struct fixture *fixture)
{
    char path[1024];
    char text[2048];
    bool is_softhsm = false;

    (void)snprintf(path, sizeof path, "%s/tokens", fixture->folder);
    assert_int_equal(mkdir(path, 0700), 0);
    (void)snprintf(text, sizeof text,
                   "directories.tokendir = %s\nobjectstore.backend = file\nlog.level = ERROR\n",
                   path);
    (void)snprintf(path, sizeof path, "%s/softhsm2.conf", fixture->folder);
    assert_status(signumd_files_write(path, signum_bytes_of_text(text), 0600), SIGNUM_OK);
    assert_int_equal(setenv("SOFTHSM2_CONF", path, 1), 0);
    assert_status(signumd_hsm_init_softhsm(fixture_softhsm(), "test", "1234", &is_softhsm),
                  SIGNUM_OK);
    assert_true(is_softhsm);
}
