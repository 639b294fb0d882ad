#include "transcript.h"

#include "core/lock.h"
#include "io/log_file.h"
#include "io/settings_source.h"

#define VARIABLE "SIGNUM_TRANSCRIPT"
#define PATH_LEN_MAX 32768u     /* bytes */
#define LINE_LEN_MAX 8192u      /* bytes */
#define FILE_LEN_MAX (64u << 20) /* bytes; then it becomes FILE.1, as a log does */

/* Zero bytes are a free lock. Made once, on first use; the path is then kept for good. */
static struct {
    struct signum_lock lock;
    const NCRYPT_KEY_STORAGE_FUNCTION_TABLE *real; /* NULL: nothing is recorded yet */
    NCRYPT_KEY_STORAGE_FUNCTION_TABLE table;
    struct signum_buf path;
    struct signum_buf old_path;
} recorder;

const NCRYPT_KEY_STORAGE_FUNCTION_TABLE *
signum_transcript_real(void)
{
    return recorder.real;
}

void
signum_transcript_append(const char *line)
{
    struct signum_buf record;

    signum_buf_init(&record, LINE_LEN_MAX);
    signum_buf_printf(&record, "%s\n", line);
    if (signum_buf_status(&record) == SIGNUM_OK)
        signum_log_file_append(signum_buf_text(&recorder.path), signum_buf_text(&recorder.old_path),
                               FILE_LEN_MAX, signum_bytes_of_buf(&record));
    signum_buf_clear(&record);
}

/* The lock is held. */
static void
start(const NCRYPT_KEY_STORAGE_FUNCTION_TABLE *real)
{
    struct signum_settings_source source;

    signum_settings_source_open(&source);
    signum_buf_init(&recorder.path, PATH_LEN_MAX);
    signum_buf_init(&recorder.old_path, PATH_LEN_MAX);
    enum signum_status status = source.variable(source.self, VARIABLE, &recorder.path);
    if (status == SIGNUM_OK && recorder.path.len > 0)
        signum_buf_printf(&recorder.old_path, "%s.1", signum_buf_text(&recorder.path));
    if (signum_buf_status(&recorder.old_path) != SIGNUM_OK || recorder.old_path.len == 0) {
        signum_buf_clear(&recorder.path);
        signum_buf_clear(&recorder.old_path);
        return;
    }
    recorder.table = *real;
    signum_transcript_wrap_objects(&recorder.table);
    signum_transcript_wrap_keys(&recorder.table);
    signum_transcript_wrap_others(&recorder.table);
    recorder.real = real;
}

NCRYPT_KEY_STORAGE_FUNCTION_TABLE *
signum_transcript_table(NCRYPT_KEY_STORAGE_FUNCTION_TABLE *real)
{
    signum_lock_acquire(&recorder.lock);
    if (recorder.real == NULL)
        start(real);
    NCRYPT_KEY_STORAGE_FUNCTION_TABLE *table = recorder.real == NULL ? real : &recorder.table;
    signum_lock_release(&recorder.lock);
    return table;
}
