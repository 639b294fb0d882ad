#include "audit/checkpoint.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base64.h"

#define SIZE_DIGITS_MAX 18
#define LINE_MAX 256

enum signum_status
signumd_checkpoint_sign(int64_t size, const struct signumd_merkle_hash *root,
    const struct signumd_note_key *key, struct signum_bytes private_pem,
    struct signum_buf *note_out)
{
    struct signum_buf text;

    signum_buf_init(&text, 1024);
    signum_buf_printf(&text, "%s\n%lld\n", key->name, (long long)size);
    signum_base64_encode(&text, (struct signum_bytes){root->bytes, sizeof root->bytes});
    signum_buf_put_byte(&text, '\n');
    enum signum_status status = signum_buf_status(&text);
    if (status == SIGNUM_OK)
        status = signumd_note_sign(signum_bytes_of_buf(&text), key, private_pem, note_out);
    signum_buf_clear(&text);
    return status;
}

/* Cuts off the next line; false if it is empty, too long or not there. */
static bool
take_line(struct signum_bytes *rest, char line_out[LINE_MAX])
{
    const uint8_t *end = rest->len == 0 ? NULL : memchr(rest->data, '\n', rest->len);
    size_t len = end == NULL ? 0 : (size_t)(end - rest->data);

    if (len == 0 || len >= LINE_MAX)
        return false;
    memcpy(line_out, rest->data, len);
    line_out[len] = '\0';
    rest->data += len + 1;
    rest->len -= len + 1;
    return true;
}

static bool
read_size(const char *text, int64_t *size_out)
{
    size_t digits = strspn(text, "0123456789");

    *size_out = strtoll(text, NULL, 10);
    return digits > 0 && digits <= SIZE_DIGITS_MAX && text[digits] == '\0' &&
           (text[0] != '0' || digits == 1);
}

static bool
read_root(const char *text, struct signumd_merkle_hash *root_out)
{
    struct signum_buf root;

    signum_buf_init(&root, LINE_MAX);
    bool is_good =
        signum_base64_decode(&root, text) == SIGNUM_OK && root.len == sizeof root_out->bytes;
    if (is_good)
        memcpy(root_out->bytes, root.data, root.len);
    signum_buf_clear(&root);
    return is_good;
}

enum signum_status
signumd_checkpoint_open(struct signum_bytes note, const struct signumd_note_key *key,
    struct signumd_checkpoint *checkpoint_out)
{
    struct signum_bytes rest = {NULL, 0};
    char origin[LINE_MAX];
    char size[LINE_MAX];
    char root[LINE_MAX];

    memset(checkpoint_out, 0, sizeof *checkpoint_out);
    enum signum_status status = signumd_note_open(note, key, &rest);
    if (status != SIGNUM_OK)
        return status;
    if (!take_line(&rest, origin) || !take_line(&rest, size) || !take_line(&rest, root) ||
        !read_size(size, &checkpoint_out->size) || !read_root(root, &checkpoint_out->root))
        return SIGNUM_PROTOCOL;
    if (strcmp(origin, key->name) != 0)
        return SIGNUM_BAD_SIGNATURE;
    (void)snprintf(checkpoint_out->origin, sizeof checkpoint_out->origin, "%s", key->name);
    return SIGNUM_OK;
}
