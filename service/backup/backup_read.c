#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "audit/audit.h"
#include "backup/manifest.h"
#include "base/draft.h"
#include "base/files.h"
#include "base/log.h"

#define BLOCK_SIZE 65536
#define CONF_MAX ((size_t)64 * 1024)
#define TOKEN_LINE "directories.tokendir = "

static enum signum_status
archive_failure(struct archive *archive)
{
    signumd_log(SIGNUMD_LOG_ERROR, "this backup cannot be read: %s",
        archive_error_string(archive) == NULL ? "it is not whole" : archive_error_string(archive));
    return SIGNUM_PROTOCOL;
}

static enum signum_status
read_manifest(struct archive *archive, struct signumd_manifest *manifest_out)
{
    struct archive_entry *entry = NULL;
    struct signum_buf text;
    char block[4096];
    la_ssize_t len = 0;

    if (archive_read_next_header(archive, &entry) != ARCHIVE_OK)
        return archive_failure(archive);
    if (strcmp(archive_entry_pathname(entry), SIGNUMD_MANIFEST_NAME) != 0) {
        signumd_log(SIGNUMD_LOG_ERROR, "this is no backup: it does not begin with a manifest");
        return SIGNUM_PROTOCOL;
    }
    signum_buf_init(&text, SIGNUMD_MANIFEST_MAX);
    do {
        len = archive_read_data(archive, block, sizeof block);
        if (len > 0)
            signum_buf_put(&text, block, (size_t)len);
    } while (len > 0 && signum_buf_status(&text) == SIGNUM_OK);
    enum signum_status status = len < 0 ? archive_failure(archive) : signum_buf_status(&text);
    if (status == SIGNUM_OK)
        status = signumd_manifest_read(signum_bytes_of_buf(&text), manifest_out);
    signum_buf_clear(&text);
    return status;
}

/* The folders that the file's name goes through. */
static void
make_folders(const char *folder, const char *name)
{
    for (const char *slash = strchr(name, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        char part[SIGNUMD_MANIFEST_PATH_MAX];
        (void)snprintf(part, sizeof part, "%.*s", (int)(slash - name), name);
        char *path = signumd_files_join(folder, part);
        if (path != NULL)
            (void)mkdir(path, 0700); /* if it cannot be, nor can the file in it */
        free(path);
    }
}

static enum signum_status
check_file(int file, const struct signumd_manifest_file *wanted)
{
    char sha256[SIGNUMD_SHA256_HEX_SIZE];
    int64_t size = 0;

    if (lseek(file, 0, SEEK_SET) != 0 || fsync(file) != 0)
        return SIGNUM_IO;
    enum signum_status status = signumd_crypto_sha256_file(file, sha256, &size);
    if (status == SIGNUM_OK && (size != wanted->size || strcmp(sha256, wanted->sha256) != 0)) {
        signumd_log(
            SIGNUMD_LOG_ERROR, "%s in the backup is not what its manifest says", wanted->name);
        status = SIGNUM_PROTOCOL;
    }
    return status;
}

static enum signum_status
take_file(struct archive *archive, const char *folder, struct signumd_manifest_file *wanted)
{
    char *path = signumd_files_join(folder, wanted->name);

    if (path == NULL)
        return SIGNUM_NO_MEMORY;
    make_folders(folder, wanted->name);
    int file = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (file < 0)
        signumd_log(SIGNUMD_LOG_ERROR, "cannot create %s: %s", path, strerror(errno));
    free(path);
    if (file < 0)
        return SIGNUM_IO;
    enum signum_status status = archive_read_data_into_fd(archive, file) == ARCHIVE_OK
                                    ? check_file(file, wanted)
                                    : archive_failure(archive);
    (void)close(file);
    wanted->is_seen = true;
    return status;
}

static enum signum_status
take_entry(struct archive *archive, struct archive_entry *entry, const char *folder,
    const struct signumd_manifest *manifest)
{
    const char *name = archive_entry_pathname(entry);
    struct signumd_manifest_file *wanted =
        name == NULL ? NULL : signumd_manifest_find(manifest, name);

    if (wanted == NULL || wanted->is_seen || archive_entry_filetype(entry) != AE_IFREG ||
        archive_entry_size(entry) != wanted->size) {
        signumd_log(SIGNUMD_LOG_ERROR, "the backup has a file that its manifest does not name");
        return SIGNUM_PROTOCOL;
    }
    return take_file(archive, folder, wanted);
}

static enum signum_status
take_all(struct archive *archive, const char *folder, struct signumd_manifest *manifest)
{
    struct archive_entry *entry = NULL;
    enum signum_status status = read_manifest(archive, manifest);

    while (status == SIGNUM_OK) {
        int code = archive_read_next_header(archive, &entry);
        if (code == ARCHIVE_EOF)
            break;
        status = code == ARCHIVE_OK ? take_entry(archive, entry, folder, manifest)
                                    : archive_failure(archive);
    }
    for (size_t i = 0; i < manifest->count && status == SIGNUM_OK; i++) {
        if (manifest->files[i].is_seen)
            continue;
        signumd_log(SIGNUMD_LOG_ERROR, "%s is missing in the backup", manifest->files[i].name);
        status = SIGNUM_PROTOCOL;
    }
    return status;
}

static enum signum_status
unpack(const char *path, const char *folder, struct signumd_manifest *manifest)
{
    bool is_input = strcmp(path, "-") == 0;
    int file = is_input ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);

    if (file < 0) {
        signumd_log(SIGNUMD_LOG_ERROR, "cannot open %s: %s", path, strerror(errno));
        return SIGNUM_NOT_FOUND;
    }
    struct archive *archive = archive_read_new();
    enum signum_status status = SIGNUM_NO_MEMORY;
    if (archive != NULL)
        status = archive_read_support_format_tar(archive) == ARCHIVE_OK &&
                         archive_read_open_fd(archive, file, BLOCK_SIZE) == ARCHIVE_OK
                     ? take_all(archive, folder, manifest)
                     : archive_failure(archive);
    (void)archive_read_free(archive);
    if (!is_input)
        (void)close(file);
    return status;
}

/* SoftHSM2's configuration has the folder's place in it. */
static enum signum_status
move_tokens(const struct signumd_state *state, const char *place)
{
    struct signum_buf old;
    struct signum_buf text;

    if (!signumd_state_has(state, SIGNUMD_FILE_SOFTHSM))
        return SIGNUM_OK;
    signum_buf_init(&old, CONF_MAX);
    signum_buf_init(&text, CONF_MAX);
    enum signum_status status = signumd_state_read(state, SIGNUMD_FILE_SOFTHSM, &old);
    for (const char *line = signum_buf_text(&old); status == SIGNUM_OK && *line != '\0';) {
        size_t len = strcspn(line, "\n");
        if (strncmp(line, TOKEN_LINE, strlen(TOKEN_LINE)) == 0)
            signum_buf_printf(&text, TOKEN_LINE "%s/" SIGNUMD_FILE_TOKENS, place);
        else
            signum_buf_put(&text, line, len);
        signum_buf_put_byte(&text, '\n');
        line += line[len] == '\0' ? len : len + 1;
    }
    if (status == SIGNUM_OK)
        status = signum_buf_status(&text);
    if (status == SIGNUM_OK)
        status = signumd_state_write(state, SIGNUMD_FILE_SOFTHSM, signum_bytes_of_buf(&text), 0600);
    signum_buf_clear(&text);
    signum_buf_clear(&old);
    return status;
}

static enum signum_status
check_log(struct signumd_db *db, const struct signumd_backup_facts *facts)
{
    struct signumd_audit_report report;
    int64_t count = 0;
    enum signum_status status = signumd_audit_verify(db, NULL, &report);

    if (status == SIGNUM_OK)
        status = signumd_db_get_number(db, &count, "SELECT count(*) FROM audit", "");
    if (status != SIGNUM_OK)
        return status;
    if (report.bad_index < 0 && report.fault == NULL && count == facts->records)
        return SIGNUM_OK;
    signumd_log(SIGNUMD_LOG_ERROR, "the audit log in the backup is not right: %s",
        report.fault == NULL ? "records are missing" : report.fault);
    return SIGNUM_PROTOCOL;
}

static enum signum_status
record(struct signumd_db *db, const struct signumd_backup_facts *facts)
{
    enum signum_status status = signumd_db_begin(db);

    if (status != SIGNUM_OK)
        return status;
    status = signumd_audit_change(
        db, &signumd_actor_local, "state.restore", "backup_created", facts->created, NULL);
    return signumd_db_finish(db, status);
}

/* Unpacks into a folder, and checks what is there as a state folder. */
static enum signum_status
fill(
    const char *path, const char *folder, const char *place, struct signumd_backup_facts *facts_out)
{
    struct signumd_manifest manifest;
    struct signumd_state state;

    memset(&manifest, 0, sizeof manifest);
    memset(&state, 0, sizeof state);
    enum signum_status status = unpack(path, folder, &manifest);
    *facts_out = manifest.facts;
    signumd_manifest_clear(&manifest);
    if (status == SIGNUM_OK)
        status = signumd_state_open(folder, &state);
    if (status != SIGNUM_OK)
        return status;
    status = check_log(state.db, facts_out);
    if (status == SIGNUM_OK)
        status = move_tokens(&state, place);
    if (status == SIGNUM_OK)
        status = record(state.db, facts_out);
    signumd_state_close(&state);
    return status;
}

enum signum_status
signumd_backup_restore(const char *path, const char *folder, struct signumd_backup_facts *facts_out)
{
    struct signumd_draft draft;

    memset(facts_out, 0, sizeof *facts_out);
    enum signum_status status = signumd_draft_begin(folder, &draft);
    if (status == SIGNUM_OK)
        status = fill(path, draft.folder, draft.place, facts_out);
    if (status == SIGNUM_OK)
        status = signumd_draft_publish(&draft);
    signumd_draft_clear(&draft);
    return status;
}

enum signum_status
signumd_backup_verify(const char *path, struct signumd_backup_facts *facts_out)
{
    char folder[4096];
    const char *place = getenv("TMPDIR");

    memset(facts_out, 0, sizeof *facts_out);
    (void)snprintf(
        folder, sizeof folder, "%s/signumd-backup-XXXXXX", place == NULL ? P_tmpdir : place);
    if (mkdtemp(folder) == NULL) {
        signumd_log(SIGNUMD_LOG_ERROR, "cannot create %s: %s", folder, strerror(errno));
        return SIGNUM_IO;
    }
    enum signum_status status = fill(path, folder, folder, facts_out);
    signumd_files_remove_tree(folder);
    return status;
}
