#include "audit/note.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/crypto.h"
#include "base/json.h"
#include "core/base64.h"

#define ED25519 0x01
#define DASH "\xe2\x80\x94 " /* an em dash and a space */
#define SIGNATURES_MAX 100
#define LINE_MAX 16384 /* room for what others sign with */
#define BLOB_LEN (SIGNUMD_NOTE_ID_LEN + SIGNUMD_ED25519_SIGNATURE_LEN)

enum signum_status
signumd_note_key_init(struct signumd_note_key *key_out, const char *name,
    const uint8_t public_key[SIGNUMD_ED25519_PUBLIC_LEN])
{
    uint8_t head[SIGNUMD_NOTE_NAME_MAX + 2];
    uint8_t hash[SIGNUMD_SHA256_LEN];
    size_t len = strlen(name);

    memset(key_out, 0, sizeof *key_out);
    if (len == 0 || len > SIGNUMD_NOTE_NAME_MAX)
        return SIGNUM_INVALID_ARGUMENT;
    for (size_t i = 0; i < len; i++)
        if (name[i] < 0x21 || name[i] > 0x7e || name[i] == '+')
            return SIGNUM_INVALID_ARGUMENT;
    memcpy(key_out->name, name, len);
    memcpy(key_out->public_key, public_key, SIGNUMD_ED25519_PUBLIC_LEN);
    memcpy(head, name, len);
    head[len] = '\n';
    head[len + 1] = ED25519;
    enum signum_status status = signumd_crypto_sha256((struct signum_bytes){head, len + 2},
        (struct signum_bytes){public_key, SIGNUMD_ED25519_PUBLIC_LEN}, hash);
    memcpy(key_out->id, hash, sizeof key_out->id);
    return status;
}

void
signumd_note_key_write(const struct signumd_note_key *key, struct signum_buf *text_out)
{
    uint8_t blob[1 + SIGNUMD_ED25519_PUBLIC_LEN] = {ED25519};

    memcpy(blob + 1, key->public_key, SIGNUMD_ED25519_PUBLIC_LEN);
    signum_buf_printf(text_out, "%s+", key->name);
    signum_buf_put_hex(text_out, (struct signum_bytes){key->id, sizeof key->id});
    signum_buf_put_byte(text_out, '+');
    signum_base64_encode(text_out, (struct signum_bytes){blob, sizeof blob});
}

/* The part behind the last plus: the public key. */
static enum signum_status
read_public(const char *text, uint8_t public_out[SIGNUMD_ED25519_PUBLIC_LEN])
{
    struct signum_buf blob;

    signum_buf_init(&blob, 256);
    enum signum_status status = signum_base64_decode(&blob, text);
    if (status == SIGNUM_TOO_LARGE ||
        (status == SIGNUM_OK &&
            (blob.len != 1 + SIGNUMD_ED25519_PUBLIC_LEN || blob.data[0] != ED25519)))
        status = SIGNUM_PROTOCOL;
    if (status == SIGNUM_OK)
        memcpy(public_out, blob.data + 1, SIGNUMD_ED25519_PUBLIC_LEN);
    signum_buf_clear(&blob);
    return status;
}

enum signum_status
signumd_note_key_read(const char *text, struct signumd_note_key *key_out)
{
    char copy[SIGNUMD_NOTE_NAME_MAX + 96];
    char id[2 * SIGNUMD_NOTE_ID_LEN + 1];
    uint8_t public_key[SIGNUMD_ED25519_PUBLIC_LEN];
    size_t len = strlen(text);

    memset(key_out, 0, sizeof *key_out);
    while (len > 0 && strchr(" \t\r\n", text[len - 1]) != NULL)
        len--;
    if (len >= sizeof copy)
        return SIGNUM_PROTOCOL;
    (void)snprintf(copy, sizeof copy, "%.*s", (int)len, text);
    char *first = strchr(copy, '+');
    char *second = first == NULL ? NULL : strchr(first + 1, '+');
    if (second == NULL)
        return SIGNUM_PROTOCOL;
    *first = '\0';
    *second = '\0';
    enum signum_status status = read_public(second + 1, public_key);
    if (status == SIGNUM_OK)
        status = signumd_note_key_init(key_out, copy, public_key);
    if (status == SIGNUM_OK) {
        signumd_crypto_hex(key_out->id, sizeof key_out->id, id);
        if (strcmp(id, first + 1) != 0)
            status = SIGNUM_PROTOCOL;
    }
    if (status != SIGNUM_OK)
        memset(key_out, 0, sizeof *key_out);
    return status == SIGNUM_INVALID_ARGUMENT ? SIGNUM_PROTOCOL : status;
}

enum signum_status
signumd_note_sign(struct signum_bytes text, const struct signumd_note_key *key,
    struct signum_bytes private_pem, struct signum_buf *note_out)
{
    uint8_t blob[BLOB_LEN];

    memcpy(blob, key->id, SIGNUMD_NOTE_ID_LEN);
    enum signum_status status = signumd_ed25519_sign(private_pem, text, blob + SIGNUMD_NOTE_ID_LEN);
    if (status != SIGNUM_OK)
        return status;
    signum_buf_put(note_out, text.data, text.len);
    signum_buf_printf(note_out, "\n" DASH "%s ", key->name);
    signum_base64_encode(note_out, (struct signum_bytes){blob, sizeof blob});
    signum_buf_put_byte(note_out, '\n');
    return signum_buf_status(note_out);
}

/* No control characters but newlines, and a newline at the end. */
static bool
is_clean(struct signum_bytes note)
{
    if (note.len == 0 || note.len > SIGNUMD_NOTE_MAX || note.data[note.len - 1] != '\n')
        return false;
    for (size_t i = 0; i < note.len; i++)
        if (note.data[i] < 0x20 && note.data[i] != '\n')
            return false;
    return signumd_json_is_utf8(note);
}

/* The text goes to its last newline before the last empty line. */
static bool
split(struct signum_bytes note, struct signum_bytes *text_out, struct signum_bytes *lines_out)
{
    for (size_t i = note.len; i >= 2; i--)
        if (note.data[i - 1] == '\n' && note.data[i - 2] == '\n') {
            *text_out = (struct signum_bytes){note.data, i - 1};
            *lines_out = (struct signum_bytes){note.data + i, note.len - i};
            return true;
        }
    return false;
}

/*
 * One line without its newline. SIGNUM_OK if the key has signed, SIGNUM_NOT_FOUND if the line is
 * another key's.
 */
static enum signum_status
check_line(char *line, const struct signumd_note_key *key, struct signum_bytes text)
{
    struct signum_buf blob;
    char *name = line + strlen(DASH);
    char *space = strncmp(line, DASH, strlen(DASH)) == 0 ? strchr(name, ' ') : NULL;

    if (space == NULL || space == name)
        return SIGNUM_PROTOCOL;
    *space = '\0';
    signum_buf_init(&blob, LINE_MAX);
    enum signum_status status = signum_base64_decode(&blob, space + 1);
    if (status == SIGNUM_OK && blob.len <= SIGNUMD_NOTE_ID_LEN)
        status = SIGNUM_PROTOCOL;
    if (status == SIGNUM_OK &&
        (strcmp(name, key->name) != 0 || memcmp(blob.data, key->id, SIGNUMD_NOTE_ID_LEN) != 0))
        status = SIGNUM_NOT_FOUND;
    if (status == SIGNUM_OK)
        status = blob.len != BLOB_LEN ? SIGNUM_BAD_SIGNATURE
                                      : signumd_ed25519_verify(
                                            key->public_key, text, blob.data + SIGNUMD_NOTE_ID_LEN);
    signum_buf_clear(&blob);
    return status;
}

enum signum_status
signumd_note_open(
    struct signum_bytes note, const struct signumd_note_key *key, struct signum_bytes *text_out)
{
    struct signum_bytes text = {NULL, 0};
    struct signum_bytes lines = {NULL, 0};
    enum signum_status result = SIGNUM_BAD_SIGNATURE;
    char line[LINE_MAX];

    *text_out = text;
    if (!is_clean(note) || !split(note, &text, &lines) || lines.len == 0)
        return SIGNUM_PROTOCOL;
    for (size_t count = 0; lines.len > 0; count++) {
        const uint8_t *end = memchr(lines.data, '\n', lines.len);
        size_t len = end == NULL ? sizeof line : (size_t)(end - lines.data);
        if (len >= sizeof line || count == SIGNATURES_MAX)
            return SIGNUM_PROTOCOL;
        (void)snprintf(line, sizeof line, "%.*s", (int)len, (const char *)lines.data);
        enum signum_status status = check_line(line, key, text);
        if (status == SIGNUM_OK)
            result = SIGNUM_OK;
        else if (status != SIGNUM_NOT_FOUND)
            return status;
        lines.data += len + 1;
        lines.len -= len + 1;
    }
    if (result == SIGNUM_OK)
        *text_out = text;
    return result;
}
