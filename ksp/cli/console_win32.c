#include "console.h"

#include <fcntl.h>
#include <io.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>
#include <shellapi.h>

#include "core/buf.h"
#include "io/utf16.h"

#define LINE_ROOM 4096

static UINT old_code_page;

static char *
to_utf8(const WCHAR *wide)
{
    struct signum_buf text;
    char *copy = NULL;
    signum_buf_init(&text, 128u << 10);
    if (signum_utf16_to_utf8(wide, &text) == SIGNUM_OK) {
        copy = signum_text_copy(signum_buf_text(&text));
    }
    signum_buf_clear(&text);
    return copy;
}

enum signum_status
signum_console_arguments(int *argc_inout, char **argv, char ***argv_out)
{
    int count = 0;
    enum signum_status status = SIGNUM_OK;
    /* argv is in the old code page, where some characters do not exist. */
    (void)argv;
    *argv_out = NULL;
    WCHAR **wide = CommandLineToArgvW(GetCommandLineW(), &count);
    if (wide == NULL) {
        return SIGNUM_NO_MEMORY;
    }
    char **items = calloc((size_t)count + 1, sizeof(*items));
    if (items == NULL) {
        status = SIGNUM_NO_MEMORY;
    }
    for (int i = 0; i < count && status == SIGNUM_OK; i++) {
        items[i] = to_utf8(wide[i]);
        if (items[i] == NULL) {
            status = SIGNUM_INVALID_ARGUMENT;
        }
    }
    LocalFree(wide);
    for (int i = 0; i < count && items != NULL && status != SIGNUM_OK; i++) {
        free(items[i]);
    }
    if (status != SIGNUM_OK) {
        free(items);
        return status;
    }
    *argc_inout = count;
    *argv_out = items;
    return SIGNUM_OK;
}

/* The console belongs to the shell, which may still use the old code page. */
static void
restore_code_page(void)
{
    (void)fflush(stdout);
    (void)SetConsoleOutputCP(old_code_page);
}

void
signum_console_streams(void)
{
    (void)_setmode(_fileno(stdin), _O_BINARY);
    (void)_setmode(_fileno(stdout), _O_BINARY);
    (void)_setmode(_fileno(stderr), _O_BINARY);
    /* Unbuffered would hand the console single bytes of a UTF-8 character. */
    (void)setvbuf(stderr, NULL, _IOFBF, 4096);
    old_code_page = GetConsoleOutputCP();
    if (old_code_page != 0 && old_code_page != CP_UTF8 && SetConsoleOutputCP(CP_UTF8)) {
        (void)atexit(restore_code_page);
    }
}

FILE *
signum_console_fopen(const char *path, const char *mode)
{
    wchar_t *wide = NULL;
    if (signum_utf16_from_utf8(path, &wide) != SIGNUM_OK) {
        return NULL;
    }
    FILE *file = _wfopen(wide, strcmp(mode, "wb") == 0 ? L"wb" : L"rb");
    free(wide);
    return file;
}

enum signum_status
signum_console_ask(FILE *in, const char *question, bool is_secret, struct signum_buf *answer_out)
{
    WCHAR line[LINE_ROOM + 1] = {0};
    DWORD mode;
    DWORD count = 0;
    int number = _fileno(in);
    HANDLE console = number < 0 ? INVALID_HANDLE_VALUE : (HANDLE)_get_osfhandle(number);
    if (console == INVALID_HANDLE_VALUE || !GetConsoleMode(console, &mode)) {
        return SIGNUM_NOT_SUPPORTED;
    }
    fputs(question, stderr);
    fflush(stderr);
    if (is_secret) {
        (void)SetConsoleMode(console, mode & ~(DWORD)ENABLE_ECHO_INPUT);
    }
    BOOL is_read = ReadConsoleW(console, line, LINE_ROOM, &count, NULL);
    if (is_secret) {
        (void)SetConsoleMode(console, mode);
        fputc('\n', stderr);
    }
    line[wcscspn(line, L"\r\n")] = 0;
    enum signum_status status =
        is_read ? signum_utf16_to_utf8(line, answer_out) : SIGNUM_IO;
    signum_wipe(line, sizeof(line));
    return status;
}

void
signum_console_remove(const char *path)
{
    wchar_t *wide = NULL;
    if (signum_utf16_from_utf8(path, &wide) == SIGNUM_OK) {
        (void)DeleteFileW(wide);
    }
    free(wide);
}
