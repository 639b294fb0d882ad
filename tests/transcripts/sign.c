#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../integration/check.h"
#include "../integration/ksp.h"
#include "transcript.h"

#define SIGNATURE_MAX 512
#define DIGEST_MAX 512

bool play_verifies;

/* The last signature: what a line that verifies is about. */
static struct {
    uint8_t data[SIGNATURE_MAX];
    DWORD len;
} last;

/* Padding information as the line has it. */
struct padding {
    BCRYPT_PKCS1_PADDING_INFO pkcs1;
    BCRYPT_PSS_PADDING_INFO pss;
    WCHAR hash[32];
    char scheme[48]; /* for the file that openssl reads */
    void *info;
};

/* Lower case without what CNG and openssl spell alike. */
static void
put_scheme(struct padding *padding, const char *kind, const char *hash, unsigned long salt)
{
    char lower[32] = "none";

    for (size_t i = 0; hash[i] != 0 && i + 1 < sizeof lower; i++) {
        lower[i] = (char)(hash[i] >= 'A' && hash[i] <= 'Z' ? hash[i] + 'a' - 'A' : hash[i]);
        lower[i + 1] = 0;
    }
    if (strcmp(kind, "pss") == 0)
        (void)snprintf(padding->scheme, sizeof padding->scheme, "pss-%s-%lu", lower, salt);
    else
        (void)snprintf(padding->scheme, sizeof padding->scheme, "%s-%s", kind, lower);
}

static void
read_padding(struct play *play, struct padding *padding)
{
    const struct field *field = field_find(&play->call->arguments, "padding");
    char kind[8] = "";
    char hash[32] = "";
    unsigned long salt = 0;

    memset(padding, 0, sizeof *padding);
    (void)snprintf(padding->scheme, sizeof padding->scheme, "none");
    if (field == NULL || strcmp(field->value, "none") == 0)
        return;
    if (sscanf(field->value, "%7[^:]:%31[^:]:%lu", kind, hash, &salt) < 1) {
        play_wrong(play, "padding %s", field->value);
        return;
    }
    (void)MultiByteToWideChar(CP_UTF8, 0, hash, -1, padding->hash, 32);
    LPCWSTR name = hash[0] == 0 ? NULL : padding->hash;
    put_scheme(padding, kind, hash, salt);
    padding->pkcs1.pszAlgId = name;
    padding->pss.pszAlgId = name;
    padding->pss.cbSalt = (ULONG)salt;
    if (strcmp(kind, "pss") == 0)
        padding->info = &padding->pss;
    else
        padding->info = &padding->pkcs1;
}

/* The same bytes for the same length, so that what was signed can be verified later. */
static void
make_digest(uint8_t *digest, DWORD len)
{
    for (DWORD i = 0; i < len; i++)
        digest[i] = (uint8_t)(i * 37 + len);
}

static const char *
key_name(NCRYPT_PROV_HANDLE provider, NCRYPT_KEY_HANDLE key, char *name, size_t size)
{
    WCHAR wide[VALUE_LEN] = {0};
    DWORD len = 0;

    (void)ksp->GetKeyProperty(provider, key, NCRYPT_NAME_PROPERTY, (PBYTE)wide, sizeof wide, &len,
                              0);
    (void)WideCharToMultiByte(CP_UTF8, 0, wide, -1, name, (int)size, NULL, NULL);
    return name;
}

static void
write_part(const char *stem, const char *ending, const uint8_t *data, DWORD len)
{
    char path[1024];
    const char *folder = getenv("SIGNUM_TEST_DIR");

    (void)snprintf(path, sizeof path, "%s\\%s.%s", folder == NULL ? "." : folder, stem, ending);
    FILE *file = fopen(path, "wb");
    if (file == NULL)
        return;
    (void)fwrite(data, 1, len, file);
    (void)fclose(file);
}

static void
check_signature(const struct call *call, NCRYPT_PROV_HANDLE provider, NCRYPT_KEY_HANDLE key,
                struct padding *padding, uint8_t *digest, DWORD digest_len, DWORD flags)
{
    char name[VALUE_LEN];
    char stem[VALUE_LEN + 80];

    SECURITY_STATUS status = ksp->VerifySignature(provider, key, padding->info, digest, digest_len,
                                                  last.data, last.len, flags);
    check_status(status, ERROR_SUCCESS, "%u the signature verifies", call->line);
    last.data[last.len / 2] ^= 1;
    status = ksp->VerifySignature(provider, key, padding->info, digest, digest_len, last.data,
                                  last.len, flags);
    last.data[last.len / 2] ^= 1;
    check_status(status, NTE_BAD_SIGNATURE, "%u a changed one does not", call->line);
    (void)snprintf(stem, sizeof stem, "%03u_%s.%s", call->line,
                   key_name(provider, key, name, sizeof name), padding->scheme);
    write_part(stem, "sig", last.data, last.len);
    write_part(stem, "digest", digest, digest_len);
}

/* The bytes to sign; NULL where the line says null. */
static uint8_t *
take_digest(struct play *play, uint8_t digest[DIGEST_MAX], DWORD *len_out)
{
    const struct field *field = field_find(&play->call->arguments, "hash");

    *len_out = play_number(play, "hash");
    if (field == NULL || strcmp(field->value, "null") == 0 || *len_out > DIGEST_MAX)
        return NULL;
    make_digest(digest, *len_out);
    return digest;
}

void
play_sign(struct play *play)
{
    uint8_t digest[DIGEST_MAX];
    struct padding padding;
    DWORD digest_len;
    DWORD len = 0;
    NCRYPT_PROV_HANDLE provider = play_handle(play, "provider");
    NCRYPT_KEY_HANDLE key = play_handle(play, "key");
    DWORD flags = play_number(play, "flags");

    read_padding(play, &padding);
    uint8_t *given = take_digest(play, digest, &digest_len);
    uint8_t *room = play_room(play);
    SECURITY_STATUS status = ksp->SignHash(provider, key, padding.info, given, digest_len, room,
                                           play->len, &len, flags);
    play_status(play, status);
    play_result(play, status, room, len);
    if (status != ERROR_SUCCESS || room == NULL || len > SIGNATURE_MAX)
        return;
    memcpy(last.data, room, len);
    last.len = len;
    if (play_verifies)
        check_signature(play->call, provider, key, &padding, given, digest_len, flags);
}

void
play_verify(struct play *play)
{
    uint8_t digest[DIGEST_MAX];
    uint8_t signature[SIGNATURE_MAX];
    struct padding padding;
    DWORD digest_len;
    NCRYPT_PROV_HANDLE provider = play_handle(play, "provider");
    NCRYPT_KEY_HANDLE key = play_handle(play, "key");
    DWORD flags = play_number(play, "flags");
    DWORD len = play_number(play, "signature");

    read_padding(play, &padding);
    uint8_t *given = take_digest(play, digest, &digest_len);
    memcpy(signature, last.data, sizeof signature);
    if (play->call->status == NTE_BAD_SIGNATURE)
        signature[0] ^= 1;
    if (len > sizeof signature)
        len = sizeof signature;
    play_status(play, ksp->VerifySignature(provider, key, padding.info, given, digest_len,
                                           signature, len, flags));
}
