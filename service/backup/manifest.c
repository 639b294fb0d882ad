#include "backup/manifest.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/files.h"
#include "base/json.h"
#include "base/log.h"
#include "signum/version.h"

#define FILES_MAX 100000
#define SIZE_MAX_FILE ((int64_t)1 << 50)

void
signumd_manifest_clear(struct signumd_manifest *manifest)
{
    free(manifest->files);
    memset(manifest, 0, sizeof *manifest);
}

bool
signumd_manifest_is_name(const char *name)
{
    static const char good[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";

    if (strlen(name) >= SIGNUMD_MANIFEST_PATH_MAX)
        return false;
    for (;;) {
        size_t len = strspn(name, good);
        bool is_dots = (len == 1 && name[0] == '.') || (len == 2 && strncmp(name, "..", 2) == 0);
        if (len == 0 || is_dots || (name[len] != '/' && name[len] != '\0'))
            return false;
        if (name[len] == '\0')
            return true;
        name += len + 1;
    }
}

static struct signumd_manifest_file *
append(struct signumd_manifest *manifest)
{
    size_t count = manifest->count;

    /* grows at the powers of two */
    if ((count & (count - 1)) == 0) {
        size_t space = count == 0 ? 1 : count * 2;
        void *files = realloc(manifest->files, space * sizeof *manifest->files);
        if (files == NULL)
            return NULL;
        manifest->files = files;
    }
    struct signumd_manifest_file *file = &manifest->files[manifest->count++];
    memset(file, 0, sizeof *file);
    return file;
}

enum signum_status
signumd_manifest_add(struct signumd_manifest *manifest, const char *folder, const char *name)
{
    struct signumd_manifest_file *file = append(manifest);
    char *path = signumd_files_join(folder, name);
    enum signum_status status = SIGNUM_NO_MEMORY;

    if (file == NULL || path == NULL)
        goto out;
    (void)snprintf(file->name, sizeof file->name, "%s", name);
    int source = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    status = SIGNUM_IO;
    if (source < 0)
        goto out;
    status = signumd_crypto_sha256_file(source, file->sha256, &file->size);
    (void)close(source);

out:
    if (status != SIGNUM_OK)
        signumd_log(SIGNUMD_LOG_ERROR, "cannot read %s", name);
    free(path);
    return status;
}

void
signumd_manifest_write(const struct signumd_manifest *manifest, struct signum_buf *out)
{
    struct signumd_json_writer writer;

    signumd_json_start(&writer, out);
    signumd_json_put_text(&writer, "format", SIGNUMD_BACKUP_FORMAT);
    signumd_json_put_text(&writer, "program", SIGNUM_VERSION);
    signumd_json_put_text(&writer, "created", manifest->facts.created);
    signumd_json_put_number(&writer, "schema", manifest->facts.schema);
    signumd_json_put_number(&writer, "records", manifest->facts.records);
    signumd_json_begin(&writer, "files", '[');
    for (size_t i = 0; i < manifest->count; i++) {
        signumd_json_begin(&writer, NULL, '{');
        signumd_json_put_text(&writer, "name", manifest->files[i].name);
        signumd_json_put_number(&writer, "size", manifest->files[i].size);
        signumd_json_put_text(&writer, "sha256", manifest->files[i].sha256);
        signumd_json_end(&writer, '}');
    }
    signumd_json_end(&writer, ']');
    signumd_json_end(&writer, '}');
    signum_buf_put_byte(out, '\n');
}

static void
read_file(void *context, struct signumd_json_reader *item)
{
    struct signumd_manifest *manifest = context;
    const char *name = signumd_json_get_text(item, "name", true, SIGNUMD_MANIFEST_PATH_MAX - 1);
    const char *hash = signumd_json_get_text(item, "sha256", true, SIGNUMD_SHA256_HEX_SIZE - 1);
    int64_t size = signumd_json_get_number(item, "size", 0, SIZE_MAX_FILE, -1);

    if (name == NULL || hash == NULL || size < 0)
        return;
    if (!signumd_manifest_is_name(name) || signumd_manifest_find(manifest, name) != NULL) {
        signumd_json_refuse(item, "name", "is no name of a file, or there twice");
        return;
    }
    struct signumd_manifest_file *file = append(manifest);
    if (file == NULL) {
        signumd_json_refuse(item, "name", "does not fit into memory");
        return;
    }
    (void)snprintf(file->name, sizeof file->name, "%s", name);
    (void)snprintf(file->sha256, sizeof file->sha256, "%s", hash);
    file->size = size;
}

static void
read_all(struct signumd_json_reader *reader, struct signumd_manifest *manifest)
{
    const char *format = signumd_json_get_text(reader, "format", true, 64);
    const char *created =
        signumd_json_get_text(reader, "created", true, sizeof manifest->facts.created - 1);

    if (format != NULL && strcmp(format, SIGNUMD_BACKUP_FORMAT) != 0)
        signumd_json_refuse(reader, "format", "is not " SIGNUMD_BACKUP_FORMAT);
    if (created != NULL)
        (void)snprintf(manifest->facts.created, sizeof manifest->facts.created, "%s", created);
    manifest->facts.schema = signumd_json_get_number(reader, "schema", 1, INT32_MAX, 0);
    manifest->facts.records = signumd_json_get_number(reader, "records", 0, INT64_MAX >> 11, 0);
    signumd_json_get_objects(reader, "files", FILES_MAX, read_file, manifest);
}

enum signum_status
signumd_manifest_read(struct signum_bytes text, struct signumd_manifest *manifest_out)
{
    struct cJSON *object = NULL;
    struct signumd_json_reader reader;

    memset(manifest_out, 0, sizeof *manifest_out);
    if (signumd_json_parse(text, &object) != SIGNUM_OK) {
        signumd_log(SIGNUMD_LOG_ERROR, "this is no backup: its manifest is not JSON");
        return SIGNUM_PROTOCOL;
    }
    signumd_json_reader_init(&reader, object);
    read_all(&reader, manifest_out);
    signumd_json_free(&object);
    if (reader.failure == SIGNUM_OK)
        return SIGNUM_OK;
    signumd_log(SIGNUMD_LOG_ERROR, "this is no backup that can be used: '%s' in its manifest %s",
        reader.field, reader.cause);
    signumd_manifest_clear(manifest_out);
    return SIGNUM_PROTOCOL;
}

struct signumd_manifest_file *
signumd_manifest_find(const struct signumd_manifest *manifest, const char *name)
{
    for (size_t i = 0; i < manifest->count; i++)
        if (strcmp(manifest->files[i].name, name) == 0)
            return &manifest->files[i];
    return NULL;
}
