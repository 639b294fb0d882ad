#include <archive.h>
#include <archive_entry.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "audit/audit.h"
#include "backup/manifest.h"
#include "base/files.h"
#include "base/log.h"
#include "base/timestamp.h"

#define DRAFT_NAME "backup.draft"
#define LOCK_NAME "backup.lock"
#define COPY_MAX ((size_t)64 * 1024 * 1024) /* of a file other than the database */
#define DEPTH_MAX 8

struct backup {
    const struct signumd_state *state;
    char *draft; /* a copy of the state folder, which nobody changes */
    int lock;
    struct signumd_manifest manifest;
};

/* What belongs to the running service, or is copied in another way. */
static bool
is_left_out(const char *name)
{
    static const char *const names[] = {SIGNUMD_FILE_URL, SIGNUMD_FILE_LOCK, DRAFT_NAME, LOCK_NAME};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(name, names[i]) == 0)
            return true;
    return strncmp(name, SIGNUMD_FILE_DB, strlen(SIGNUMD_FILE_DB)) == 0;
}

static enum signum_status
copy_file(struct backup *backup, const char *name)
{
    struct signum_buf content;
    char *to = signumd_files_join(backup->draft, name);

    signum_buf_init_secret(&content, COPY_MAX);
    enum signum_status status =
        to == NULL ? SIGNUM_NO_MEMORY : signumd_state_read(backup->state, name, &content);
    if (status == SIGNUM_OK)
        status = signumd_files_write(to, signum_bytes_of_buf(&content), 0600);
    signum_buf_clear(&content);
    free(to);
    return status;
}

static enum signum_status copy_folder(struct backup *backup, const char *name, int depth);

static enum signum_status
copy_entry(struct backup *backup, const char *name, int depth)
{
    struct stat facts;
    char *path = signumd_state_path(backup->state, name);

    if (path == NULL)
        return SIGNUM_NO_MEMORY;
    int code = lstat(path, &facts);
    free(path);
    if (code != 0)
        return errno == ENOENT ? SIGNUM_OK : SIGNUM_IO; /* removed just now */
    if (S_ISDIR(facts.st_mode))
        return copy_folder(backup, name, depth + 1);
    if (S_ISREG(facts.st_mode) && signumd_manifest_is_name(name))
        return copy_file(backup, name);
    signumd_log(SIGNUMD_LOG_WARNING, "%s is left out: no plain file with a plain name", name);
    return SIGNUM_OK;
}

static enum signum_status
copy_entries(struct backup *backup, const char *name, DIR *folder, int depth)
{
    enum signum_status status = SIGNUM_OK;

    for (struct dirent *entry = readdir(folder); entry != NULL && status == SIGNUM_OK;
         entry = readdir(folder)) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 ||
            (depth == 0 && is_left_out(entry->d_name)))
            continue;
        char *path =
            depth == 0 ? signum_text_copy(entry->d_name) : signumd_files_join(name, entry->d_name);
        status = path == NULL ? SIGNUM_NO_MEMORY : copy_entry(backup, path, depth);
        free(path);
    }
    return status;
}

/* "" is the state folder itself. */
static enum signum_status
copy_folder(struct backup *backup, const char *name, int depth)
{
    char *from = depth == 0 ? signum_text_copy(backup->state->folder)
                            : signumd_state_path(backup->state, name);
    char *to = signumd_files_join(backup->draft, name);
    enum signum_status status = SIGNUM_NO_MEMORY;
    DIR *folder = NULL;

    if (from == NULL || to == NULL)
        goto out;
    status = SIGNUM_IO;
    if (depth > DEPTH_MAX || (mkdir(to, 0700) != 0 && errno != EEXIST))
        goto out;
    folder = opendir(from);
    if (folder != NULL)
        status = copy_entries(backup, name, folder, depth);

out:
    if (status == SIGNUM_IO)
        signumd_log(SIGNUMD_LOG_ERROR, "cannot copy the folder %s: %s", name, strerror(errno));
    if (folder != NULL)
        (void)closedir(folder);
    free(to);
    free(from);
    return status;
}

/*
 * The database before the token: what it refers to is in the token by then. A key that is made
 * meanwhile may be in the token alone, where it does no harm.
 */
static enum signum_status
copy_database(struct backup *backup)
{
    struct signumd_db *copy = NULL;
    struct signumd_backup_facts *facts = &backup->manifest.facts;
    char *path = signumd_files_join(backup->draft, SIGNUMD_FILE_DB);
    enum signum_status status =
        path == NULL ? SIGNUM_NO_MEMORY : signumd_db_copy(backup->state->db, path);

    if (status == SIGNUM_OK)
        status = signumd_db_open(path, false, &copy);
    if (status == SIGNUM_OK)
        status = signumd_db_schema(copy, &facts->schema);
    if (status == SIGNUM_OK)
        status = signumd_db_get_number(copy, &facts->records, "SELECT count(*) FROM audit", "");
    signumd_db_close(&copy);
    free(path);
    return status;
}

static enum signum_status
list_folder(struct backup *backup, const char *name)
{
    char *path = signumd_files_join(backup->draft, name);
    DIR *folder = path == NULL ? NULL : opendir(path);
    enum signum_status status = folder == NULL ? SIGNUM_IO : SIGNUM_OK;

    for (struct dirent *entry = folder == NULL ? NULL : readdir(folder);
         entry != NULL && status == SIGNUM_OK; entry = readdir(folder)) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        char *below = name[0] == '\0' ? signum_text_copy(entry->d_name)
                                      : signumd_files_join(name, entry->d_name);
        if (below == NULL)
            status = SIGNUM_NO_MEMORY;
        else if (entry->d_type == DT_DIR)
            status = list_folder(backup, below);
        else
            status = signumd_manifest_add(&backup->manifest, backup->draft, below);
        free(below);
    }
    if (folder != NULL)
        (void)closedir(folder);
    free(path);
    return status;
}

static enum signum_status
archive_failure(struct archive *archive)
{
    signumd_log(SIGNUMD_LOG_ERROR, "cannot write the backup: %s", archive_error_string(archive));
    return SIGNUM_IO;
}

static enum signum_status
put_header(struct archive *archive, const char *name, int64_t size)
{
    struct archive_entry *entry = archive_entry_new();

    if (entry == NULL)
        return SIGNUM_NO_MEMORY;
    archive_entry_set_pathname(entry, name);
    archive_entry_set_size(entry, size);
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_perm(entry, 0600);
    archive_entry_set_mtime(entry, time(NULL), 0);
    int code = archive_write_header(archive, entry);
    archive_entry_free(entry);
    return code == ARCHIVE_OK ? SIGNUM_OK : archive_failure(archive);
}

static enum signum_status
put_file(struct backup *backup, struct archive *archive, const struct signumd_manifest_file *file)
{
    uint8_t block[16384];
    char *path = signumd_files_join(backup->draft, file->name);
    enum signum_status status =
        path == NULL ? SIGNUM_NO_MEMORY : put_header(archive, file->name, file->size);
    int source = path == NULL ? -1 : open(path, O_RDONLY | O_CLOEXEC);

    free(path);
    if (source < 0)
        return SIGNUM_IO;
    while (status == SIGNUM_OK) {
        ssize_t len = read(source, block, sizeof block);
        if (len == 0)
            break;
        if (len < 0)
            status = SIGNUM_IO;
        else if (archive_write_data(archive, block, (size_t)len) != len)
            status = archive_failure(archive);
    }
    (void)close(source);
    signum_wipe(block, sizeof block);
    return status;
}

static enum signum_status
put_all(struct backup *backup, struct archive *archive)
{
    struct signum_buf text;

    signum_buf_init(&text, SIGNUMD_MANIFEST_MAX);
    signumd_manifest_write(&backup->manifest, &text);
    enum signum_status status = signum_buf_status(&text);
    if (status == SIGNUM_OK)
        status = put_header(archive, SIGNUMD_MANIFEST_NAME, (int64_t)text.len);
    if (status == SIGNUM_OK &&
        archive_write_data(archive, text.data, text.len) != (la_ssize_t)text.len)
        status = archive_failure(archive);
    signum_buf_clear(&text);
    for (size_t i = 0; i < backup->manifest.count && status == SIGNUM_OK; i++)
        status = put_file(backup, archive, &backup->manifest.files[i]);
    return status;
}

static enum signum_status
write_archive(struct backup *backup, int file)
{
    struct archive *archive = archive_write_new();

    if (archive == NULL)
        return SIGNUM_NO_MEMORY;
    enum signum_status status = archive_write_set_format_pax_restricted(archive) == ARCHIVE_OK &&
                                        archive_write_open_fd(archive, file) == ARCHIVE_OK
                                    ? put_all(backup, archive)
                                    : archive_failure(archive);
    if (archive_write_close(archive) != ARCHIVE_OK && status == SIGNUM_OK)
        status = archive_failure(archive);
    (void)archive_write_free(archive);
    return status;
}

/* Under the name it was asked for there is a whole backup or none, and never another file less. */
static enum signum_status
publish(const char *draft, const char *path)
{
    enum signum_status status = signumd_files_sync(draft);

    if (status == SIGNUM_OK && link(draft, path) != 0) {
        signumd_log(SIGNUMD_LOG_ERROR, "cannot create %s: %s", path, strerror(errno));
        return errno == EEXIST ? SIGNUM_KEY_EXISTS : SIGNUM_IO;
    }
    return status == SIGNUM_OK ? signumd_files_sync_parent(path) : status;
}

static enum signum_status
write_out(struct backup *backup, const char *path)
{
    size_t size = strlen(path) + sizeof ".draft-XXXXXX";

    if (strcmp(path, "-") == 0)
        return write_archive(backup, STDOUT_FILENO);
    char *draft = malloc(size);
    if (draft == NULL)
        return SIGNUM_NO_MEMORY;
    (void)snprintf(draft, size, "%s.draft-XXXXXX", path);
    int file = mkostemp(draft, O_CLOEXEC);
    enum signum_status status = SIGNUM_IO;
    if (file < 0) {
        signumd_log(SIGNUMD_LOG_ERROR, "cannot create %s: %s", draft, strerror(errno));
    } else {
        status = write_archive(backup, file);
        (void)close(file);
        if (status == SIGNUM_OK)
            status = publish(draft, path);
        (void)unlink(draft);
    }
    free(draft);
    return status;
}

/* One backup at a time; what one that was killed has left is removed. */
static enum signum_status
begin(struct backup *backup)
{
    char *path = signumd_state_path(backup->state, LOCK_NAME);

    backup->draft = signumd_state_path(backup->state, DRAFT_NAME);
    if (path == NULL || backup->draft == NULL) {
        free(path);
        return SIGNUM_NO_MEMORY;
    }
    backup->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    free(path);
    if (backup->lock < 0 || flock(backup->lock, LOCK_EX | LOCK_NB) != 0) {
        signumd_log(SIGNUMD_LOG_ERROR, "another backup of %s is under way", backup->state->folder);
        free(backup->draft);
        backup->draft = NULL;
        return SIGNUM_SERVICE_BUSY;
    }
    signumd_files_remove_tree(backup->draft);
    return mkdir(backup->draft, 0700) == 0 ? SIGNUM_OK : SIGNUM_IO;
}

enum signum_status
signumd_backup_make(const struct signumd_state *state, const char *path)
{
    struct backup backup = {state, NULL, -1, {{"", 0, 0}, NULL, 0}};

    enum signum_status status = begin(&backup);
    signumd_timestamp_now(backup.manifest.facts.created);
    if (status == SIGNUM_OK)
        status = signumd_audit_event(state->db, "state.backup");
    if (status == SIGNUM_OK)
        status = copy_database(&backup);
    if (status == SIGNUM_OK)
        status = copy_folder(&backup, "", 0);
    if (status == SIGNUM_OK)
        status = list_folder(&backup, "");
    if (status == SIGNUM_OK)
        status = write_out(&backup, path);
    if (state->settings.pin_file[0] == '/')
        signumd_log(
            SIGNUMD_LOG_WARNING, "the PIN file %s is not in the backup", state->settings.pin_file);
    if (backup.draft != NULL)
        signumd_files_remove_tree(backup.draft);
    free(backup.draft);
    if (backup.lock >= 0)
        (void)close(backup.lock);
    signumd_manifest_clear(&backup.manifest);
    return status;
}
