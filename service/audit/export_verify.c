#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audit/audit_export.h"
#include "base/log.h"
#include "core/base64.h"

#define LINE_BYTES_MAX ((size_t)1024 * 1024)
#define NUMBER_MAX INT64_C(999999999999999)

/* The way through the file, line by line. */
struct reading {
    FILE *file;
    const struct signumd_note_key *key;
    const struct signumd_checkpoint *witness;
    struct signumd_export_report *report;
    struct signumd_merkle_edge edge; /* of the records so far, if the export is complete */
    struct signumd_merkle_hash root; /* what the proofs show, if it is not */
    int64_t last;                    /* index of the record before */
    bool has_root;
    bool has_end;
};

static void
find_fault(struct reading *reading, int64_t index, const char *fault)
{
    if (reading->report->log.fault != NULL)
        return;
    reading->report->log.fault = fault;
    reading->report->log.bad_index = index;
}

/* The next line as an object; SIGNUM_NO_MORE_ITEMS at the end of the file. */
static enum signum_status
read_line(struct reading *reading, struct cJSON **object_out)
{
    char *line = NULL;
    size_t size = 0;

    *object_out = NULL;
    errno = 0;
    ssize_t len = getline(&line, &size, reading->file);
    enum signum_status status = SIGNUM_OK;
    if (len < 0)
        status = feof(reading->file) != 0 ? SIGNUM_NO_MORE_ITEMS : SIGNUM_IO;
    else if ((size_t)len > LINE_BYTES_MAX)
        status = SIGNUM_TOO_LARGE;
    else
        status = signumd_json_parse(
            (struct signum_bytes){(const uint8_t *)line, (size_t)len}, object_out);
    free(line);
    return status;
}

static enum signum_status
read_head(struct reading *reading)
{
    struct cJSON *object = NULL;
    struct signumd_json_reader reader;
    enum signum_status status = read_line(reading, &object);

    if (status != SIGNUM_OK)
        return status == SIGNUM_NO_MORE_ITEMS ? SIGNUM_PROTOCOL : status;
    signumd_json_reader_init(&reader, object);
    const char *format = signumd_json_get_text(&reader, "format", true, 64);
    if (format == NULL || strcmp(format, "signum-audit-export-1") != 0)
        status = SIGNUM_PROTOCOL;
    reading->report->size = signumd_json_get_number(&reader, "size", 0, NUMBER_MAX, -1);
    reading->report->is_complete = signumd_json_get_bool(&reader, "complete", false);
    if (reader.failure != SIGNUM_OK || reading->report->size < 0)
        status = SIGNUM_PROTOCOL;
    signumd_json_free(&object);
    return status;
}

static enum signum_status
no_node(void *context, int64_t last, unsigned level, const struct signumd_merkle_hash *hash)
{
    (void)context;
    (void)last;
    (void)level;
    (void)hash;
    return SIGNUM_OK;
}

static enum signum_status
check_witness(struct reading *reading)
{
    struct signumd_merkle_hash root;

    if (reading->witness == NULL || reading->witness->size != reading->edge.size)
        return SIGNUM_OK;
    enum signum_status status = signumd_merkle_root(&reading->edge, &root);
    if (status == SIGNUM_OK && memcmp(&root, &reading->witness->root, sizeof root) != 0)
        find_fault(reading, reading->last < 0 ? 0 : reading->last,
            "this record or one before it is not the one of the checkpoint that was kept");
    return status;
}

/* The proof is a text: base64 of the hashes one behind the other. */
static enum signum_status
read_proof(const char *text, struct signumd_merkle_proof *proof)
{
    struct signum_buf bytes;

    memset(proof, 0, sizeof *proof);
    signum_buf_init(&bytes, sizeof proof->hashes);
    enum signum_status status = text == NULL ? SIGNUM_PROTOCOL : signum_base64_decode(&bytes, text);
    if (status == SIGNUM_OK && bytes.len % SIGNUMD_SHA256_LEN != 0)
        status = SIGNUM_PROTOCOL;
    if (status == SIGNUM_OK && bytes.len > 0)
        memcpy(proof->hashes, bytes.data, bytes.len);
    proof->count = status == SIGNUM_OK ? bytes.len / SIGNUMD_SHA256_LEN : 0;
    signum_buf_clear(&bytes);
    return status == SIGNUM_TOO_LARGE ? SIGNUM_PROTOCOL : status;
}

/* Every proof must show the same root, which the checkpoint at the end has to have. */
static enum signum_status
check_proof(struct reading *reading, int64_t index, const struct signumd_merkle_hash *leaf,
    const char *text)
{
    struct signumd_merkle_proof proof;
    struct signumd_merkle_hash root;
    enum signum_status status = read_proof(text, &proof);

    if (status == SIGNUM_OK)
        status = signumd_merkle_root_of_proof(leaf, index, reading->report->size, &proof, &root);
    if (status == SIGNUM_PROTOCOL || (status == SIGNUM_OK && reading->has_root &&
                                         memcmp(&root, &reading->root, sizeof root) != 0)) {
        find_fault(reading, index, "the proof does not show the record in the log");
        return SIGNUM_OK;
    }
    reading->root = root;
    reading->has_root = true;
    return status;
}

static enum signum_status
check_record(struct reading *reading, struct signumd_json_reader *reader)
{
    struct signumd_merkle_hash leaf;
    const int64_t index = signumd_json_get_number(reader, "index", 0, NUMBER_MAX, -1);
    const char *record = signumd_json_get_text(reader, "record", true, LINE_BYTES_MAX);
    const int64_t expected = reading->last + 1;

    if (reader->failure != SIGNUM_OK || index < 0 ||
        (reading->report->is_complete ? index != expected : index < expected)) {
        find_fault(reading, expected, "the record is missing");
        return SIGNUM_OK;
    }
    enum signum_status status = signumd_merkle_leaf(signum_bytes_of_text(record), &leaf);
    if (status != SIGNUM_OK)
        return status;
    reading->last = index;
    if (!reading->report->is_complete)
        status = check_proof(
            reading, index, &leaf, signumd_json_get_text(reader, "proof", true, LINE_BYTES_MAX));
    else
        status = signumd_merkle_append(&reading->edge, &leaf, no_node, NULL);
    if (status == SIGNUM_OK && reading->report->is_complete)
        status = check_witness(reading);
    if (reading->report->log.fault == NULL)
        reading->report->log.count++;
    return status;
}

/* Is the checkpoint the key's, and of the records that were read? */
static enum signum_status
check_end(struct reading *reading, const char *note)
{
    struct signumd_checkpoint checkpoint;
    const int64_t index = reading->last + 1;
    enum signum_status status =
        signumd_checkpoint_open(signum_bytes_of_text(note), reading->key, &checkpoint);

    reading->has_end = true;
    if (status == SIGNUM_BAD_SIGNATURE || status == SIGNUM_PROTOCOL) {
        find_fault(reading, index, "the checkpoint at the end is not signed by the key");
        return SIGNUM_OK;
    }
    if (status == SIGNUM_OK && reading->report->is_complete) {
        reading->has_root = true;
        status = signumd_merkle_root(&reading->edge, &reading->root);
    }
    if (status != SIGNUM_OK)
        return status;
    if (checkpoint.size != reading->report->size ||
        (reading->report->is_complete && reading->edge.size != checkpoint.size))
        find_fault(reading, index, "the checkpoint at the end is of a log of another size");
    else if (reading->has_root &&
             memcmp(&reading->root, &checkpoint.root, sizeof reading->root) != 0)
        find_fault(reading, index, "the records are not those of the checkpoint at the end");
    if (reading->witness != NULL && reading->witness->size > checkpoint.size)
        find_fault(reading, index, "the checkpoint that was kept is of a longer log");
    reading->report->log.root = checkpoint.root;
    return SIGNUM_OK;
}

static enum signum_status
check_line(struct reading *reading, const struct cJSON *object)
{
    struct signumd_json_reader reader;

    if (reading->has_end) {
        find_fault(reading, reading->last + 1, "there is more behind the checkpoint at the end");
        return SIGNUM_OK;
    }
    signumd_json_reader_init(&reader, object);
    const char *note = signumd_json_get_text(&reader, "checkpoint", false, SIGNUMD_NOTE_MAX);
    return note == NULL ? check_record(reading, &reader) : check_end(reading, note);
}

static enum signum_status
check_lines(struct reading *reading)
{
    enum signum_status status = check_witness(reading);

    while (status == SIGNUM_OK && reading->report->log.fault == NULL) {
        struct cJSON *object = NULL;
        status = read_line(reading, &object);
        if (status == SIGNUM_OK)
            status = check_line(reading, object);
        else if (status == SIGNUM_PROTOCOL || status == SIGNUM_TOO_LARGE) {
            find_fault(reading, reading->last + 1, "the line is not one of an export");
            status = SIGNUM_OK;
        }
        signumd_json_free(&object);
    }
    if (status != SIGNUM_NO_MORE_ITEMS)
        return status;
    if (!reading->has_end)
        find_fault(reading, reading->last + 1, "the end of the export is missing");
    return SIGNUM_OK;
}

enum signum_status
signumd_export_verify(const char *path, const struct signumd_note_key *key,
    const struct signumd_checkpoint *witness, struct signumd_export_report *report_out)
{
    struct reading reading;

    memset(report_out, 0, sizeof *report_out);
    report_out->log.bad_index = -1;
    memset(&reading, 0, sizeof reading);
    reading.key = key;
    reading.witness = witness;
    reading.report = report_out;
    reading.last = -1;
    reading.file = fopen(path, "re");
    if (reading.file == NULL) {
        signumd_log(SIGNUMD_LOG_ERROR, "cannot read %s: %s", path, strerror(errno));
        return SIGNUM_IO;
    }
    enum signum_status status = read_head(&reading);
    if (status == SIGNUM_OK && witness != NULL && !report_out->is_complete)
        status = SIGNUM_NOT_SUPPORTED;
    if (status == SIGNUM_OK)
        status = check_lines(&reading);
    (void)fclose(reading.file);
    return status;
}
