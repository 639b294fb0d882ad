#include "transcript_line.h"

#include <errno.h>
#include <string.h>
#include <wchar.h>

#include "core/lock.h"
#include "io/utf16.h"
#include "transcript.h"

#define LINE_LEN_MAX 8000 /* bytes */
#define TEXT_CCH_MAX MAX_PATH
#define NAMES_MAX 1024 /* handles that are remembered; the oldest are forgotten first */
#define KINDS 4

struct name {
    enum signum_transcript_kind kind;
    unsigned number; /* 0: free */
    ULONG_PTR value;
};

/* Zero bytes are a free lock and no names. */
static struct {
    struct signum_lock lock;
    struct name all[NAMES_MAX];
    unsigned next;         /* where the next one goes */
    unsigned given[KINDS]; /* how many of each kind */
} names;

static const char letters[KINDS] = {'P', 'K', 'S', 'B'};

/* Properties whose value anybody may know. */
static const struct {
    LPCWSTR name;
    bool is_text; /* or else a DWORD */
} public_properties[] = {
    {NCRYPT_ALGORITHM_PROPERTY, true},
    {NCRYPT_ALGORITHM_GROUP_PROPERTY, true},
    {NCRYPT_NAME_PROPERTY, true},
    {NCRYPT_UNIQUE_NAME_PROPERTY, true},
    {NCRYPT_LENGTH_PROPERTY, false},
    {NCRYPT_PUBLIC_LENGTH_PROPERTY, false},
    {NCRYPT_SIGNATURE_LENGTH_PROPERTY, false},
    {NCRYPT_BLOCK_LENGTH_PROPERTY, false},
    {NCRYPT_EXPORT_POLICY_PROPERTY, false},
    {NCRYPT_KEY_USAGE_PROPERTY, false},
    {NCRYPT_KEY_TYPE_PROPERTY, false},
    {NCRYPT_IMPL_TYPE_PROPERTY, false},
    {NCRYPT_MAX_NAME_LENGTH_PROPERTY, false},
    {NCRYPT_SECURITY_DESCR_SUPPORT_PROPERTY, false},
};

void
signum_transcript_called(struct signum_transcript_line *line, SECURITY_STATUS status)
{
    line->last_error = GetLastError();
    line->error_number = errno;
    line->status = status;
}

void
signum_transcript_begin(struct signum_transcript_line *line, const char *function,
                        SECURITY_STATUS status)
{
    signum_transcript_called(line, status);
    signum_buf_init(&line->text, LINE_LEN_MAX);
    signum_buf_put_text(&line->text, function);
}

void
signum_transcript_end(struct signum_transcript_line *line)
{
    if (signum_buf_status(&line->text) == SIGNUM_OK)
        signum_transcript_append(signum_buf_text(&line->text));
    signum_buf_clear(&line->text);
    errno = line->error_number;
    SetLastError(line->last_error);
}

/* The newest name of the value: buffers come and go at the same address. 0: none. */
static unsigned
find_number(enum signum_transcript_kind kind, ULONG_PTR value)
{
    unsigned number = 0;

    signum_lock_acquire(&names.lock);
    for (size_t i = 0; i < NAMES_MAX; i++) {
        const struct name *name = &names.all[i];
        if (name->kind == kind && name->value == value && name->number > number)
            number = name->number;
    }
    signum_lock_release(&names.lock);
    return number;
}

static unsigned
give_number(enum signum_transcript_kind kind, ULONG_PTR value)
{
    signum_lock_acquire(&names.lock);
    unsigned number = ++names.given[kind];
    names.all[names.next] = (struct name){kind, number, value};
    names.next = (names.next + 1) % NAMES_MAX;
    signum_lock_release(&names.lock);
    return number;
}

static void
put_named(struct signum_transcript_line *line, const char *name, enum signum_transcript_kind kind,
          unsigned number)
{
    signum_buf_printf(&line->text, " %s=%c%u", name, letters[kind], number);
}

void
signum_transcript_put_handle(struct signum_transcript_line *line, const char *name,
                             enum signum_transcript_kind kind, ULONG_PTR value)
{
    unsigned number = value == 0 ? 0 : find_number(kind, value);

    if (number != 0)
        put_named(line, name, kind, number);
    else
        signum_buf_printf(&line->text, " %s=%c", name, value == 0 ? '0' : '?');
}

void
signum_transcript_put_new(struct signum_transcript_line *line, const char *name,
                          enum signum_transcript_kind kind, ULONG_PTR value)
{
    if (line->status == ERROR_SUCCESS && value != 0)
        put_named(line, name, kind, give_number(kind, value));
}

static bool
is_plain(const char *text)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                "0123456789._/-";
    size_t len = strlen(text);

    return len > 0 && strcmp(text, "null") != 0 && strspn(text, plain) == len;
}

static void
put_quoted(struct signum_buf *out, const char *text)
{
    signum_buf_put_byte(out, '"');
    for (const char *c = text; *c != 0; c++) {
        if (*c == '"' || *c == '\\')
            signum_buf_put_byte(out, '\\');
        signum_buf_put_byte(out, (unsigned char)*c < ' ' ? '?' : (uint8_t)*c);
    }
    signum_buf_put_byte(out, '"');
}

static void
put_wide(struct signum_buf *out, LPCWSTR wide)
{
    struct signum_buf text;

    signum_buf_init(&text, 4 * TEXT_CCH_MAX);
    if (wcsnlen(wide, TEXT_CCH_MAX + 1) > TEXT_CCH_MAX ||
        signum_utf16_to_utf8(wide, &text) != SIGNUM_OK)
        signum_buf_put_byte(out, '?');
    else if (is_plain(signum_buf_text(&text)))
        signum_buf_put_text(out, signum_buf_text(&text));
    else
        put_quoted(out, signum_buf_text(&text));
    signum_buf_clear(&text);
}

/* A call that refused the handle has not read what its pointers point to. */
static bool
has_read(const struct signum_transcript_line *line)
{
    return line->status != NTE_INVALID_HANDLE;
}

void
signum_transcript_put_text(struct signum_transcript_line *line, const char *name, LPCWSTR text)
{
    signum_buf_printf(&line->text, " %s=", name);
    if (text == NULL)
        signum_buf_put_text(&line->text, "null");
    else if (!has_read(line))
        signum_buf_put_byte(&line->text, '?');
    else
        put_wide(&line->text, text);
}

void
signum_transcript_put_number(struct signum_transcript_line *line, const char *name, DWORD value)
{
    signum_buf_printf(&line->text, " %s=%lu", name, (unsigned long)value);
}

void
signum_transcript_put_flags(struct signum_transcript_line *line, DWORD flags)
{
    signum_buf_printf(&line->text, " flags=0x%lX", (unsigned long)flags);
}

void
signum_transcript_put_given(struct signum_transcript_line *line, const char *name,
                            const void *data, DWORD len)
{
    if (data == NULL)
        signum_buf_printf(&line->text, " %s=null", name);
    else
        signum_transcript_put_number(line, name, len);
}

static void
put_pkcs1(struct signum_buf *out, const void *info)
{
    BCRYPT_PKCS1_PADDING_INFO padding;

    memcpy(&padding, info, sizeof padding);
    signum_buf_put_text(out, "pkcs1:");
    if (padding.pszAlgId != NULL)
        put_wide(out, padding.pszAlgId);
}

static void
put_pss(struct signum_buf *out, const void *info)
{
    BCRYPT_PSS_PADDING_INFO padding;

    memcpy(&padding, info, sizeof padding);
    signum_buf_put_text(out, "pss:");
    if (padding.pszAlgId != NULL)
        put_wide(out, padding.pszAlgId);
    signum_buf_printf(out, ":%lu", (unsigned long)padding.cbSalt);
}

void
signum_transcript_put_padding(struct signum_transcript_line *line, const void *info, DWORD flags)
{
    bool is_pkcs1 = (flags & (BCRYPT_PAD_PKCS1 | BCRYPT_PAD_PSS)) == BCRYPT_PAD_PKCS1;
    bool is_pss = (flags & (BCRYPT_PAD_PKCS1 | BCRYPT_PAD_PSS)) == BCRYPT_PAD_PSS;

    signum_buf_put_text(&line->text, " padding=");
    if (info == NULL)
        signum_buf_put_text(&line->text, "none");
    else if (!has_read(line) || (!is_pkcs1 && !is_pss))
        signum_buf_put_byte(&line->text, '?');
    else if (is_pkcs1)
        put_pkcs1(&line->text, info);
    else
        put_pss(&line->text, info);
}

void
signum_transcript_put_value(struct signum_transcript_line *line, LPCWSTR property,
                            const BYTE *value, DWORD len)
{
    WCHAR text[MAX_PATH + 1] = {0};
    DWORD number;

    for (size_t i = 0; i < sizeof public_properties / sizeof public_properties[0]; i++) {
        if (wcscmp(public_properties[i].name, property) != 0)
            continue;
        if (public_properties[i].is_text && len < sizeof text) {
            memcpy(text, value, len); /* it may lie unaligned */
            signum_transcript_put_text(line, "value", text);
        }
        if (!public_properties[i].is_text && len == sizeof number) {
            memcpy(&number, value, sizeof number);
            signum_transcript_put_number(line, "value", number);
        }
    }
}

bool
signum_transcript_is_secret(LPCWSTR property)
{
    return wcscmp(property, NCRYPT_PIN_PROPERTY) == 0 ||
           wcscmp(property, NCRYPT_SECURE_PIN_PROPERTY) == 0;
}

void
signum_transcript_put_answer(struct signum_transcript_line *line)
{
    signum_buf_printf(&line->text, " -> 0x%lX", (unsigned long)line->status);
}

void
signum_transcript_put_len(struct signum_transcript_line *line, const DWORD *result)
{
    if (result != NULL &&
        (line->status == ERROR_SUCCESS || line->status == NTE_BUFFER_TOO_SMALL))
        signum_transcript_put_number(line, "len", *result);
}
