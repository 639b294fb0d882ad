#include <ctype.h>
#include <string.h>

#include <openssl/err.h>

#include "x509/x509_internal.h"

#define PARTS_MAX 32 /* attributes of a name */
#define VALUE_MAX 256
#define TYPE_MAX 64

/* One attribute; `is_joined`: with the one before it in one RDN ("+"). */
struct part {
    char type[TYPE_MAX];
    char value[VALUE_MAX];
    size_t len;
    bool is_joined;
};

static int
digit_of(char c)
{
    static const char digits[] = "0123456789abcdef";
    const char *at = c == '\0' ? NULL : strchr(digits, tolower((unsigned char)c));

    return at == NULL ? -1 : (int)(at - digits);
}

/* What follows a backslash: one byte, and how many characters it took; 0 if it is nothing. */
static size_t
read_escape(const char *at, char *byte_out)
{
    int high = digit_of(at[0]);
    int low = high < 0 ? -1 : digit_of(at[1]);

    if (low >= 0) {
        *byte_out = (char)(high * 16 + low);
        return 2;
    }
    *byte_out = at[0];
    return at[0] != '\0' && strchr(" \"#+,;<=>\\", at[0]) != NULL ? 1 : 0;
}

/* The value up to the next "," or "+" (RFC 4514 section 3); NULL if it is not one. */
static const char *
read_value(const char *at, struct part *part)
{
    size_t kept = 0; /* blanks at the end that are not escaped do not belong to it */

    while (*at == ' ')
        at++;
    if (*at == '#')
        return NULL;
    while (*at != '\0' && *at != ',' && *at != '+') {
        char byte = *at;
        bool is_escaped = byte == '\\';
        size_t len = is_escaped ? read_escape(at + 1, &byte) : 1;
        if (len == 0 || (!is_escaped && strchr("\";<>", byte) != NULL))
            return NULL;
        at += is_escaped ? len + 1 : 1;
        if ((unsigned char)byte < 0x20 || byte == 0x7f || part->len == VALUE_MAX)
            return NULL;
        part->value[part->len++] = byte;
        if (is_escaped || byte != ' ')
            kept = part->len;
    }
    part->len = kept;
    return kept == 0 ? NULL : at;
}

/* RFC 4514 writes the names of types in any case; OpenSSL's are in upper case, but for a few. */
static const char *
read_type(const char *at, struct part *part)
{
    size_t len = strcspn(at, "=,+\\\"");

    while (len > 0 && *at == ' ') {
        at++;
        len--;
    }
    if (at[len] != '=' || len == 0 || len >= TYPE_MAX)
        return NULL;
    memcpy(part->type, at, len);
    part->type[len] = '\0';
    if (OBJ_txt2nid(part->type) == NID_undef)
        for (size_t i = 0; i < len; i++)
            part->type[i] = (char)toupper((unsigned char)part->type[i]);
    return at + len + 1;
}

static size_t
read_parts(const char *text, struct part parts[PARTS_MAX])
{
    size_t count = 0;
    char before = ',';

    for (const char *at = text; count < PARTS_MAX; at++) {
        struct part *part = &parts[count++];
        memset(part, 0, sizeof *part);
        part->is_joined = before == '+';
        at = read_type(at, part);
        at = at == NULL ? NULL : read_value(at, part);
        if (at == NULL)
            return 0;
        if (*at == '\0')
            return count;
        before = *at;
    }
    return 0;
}

/* The string form begins with the last RDN. Those joined in one keep their order. */
static bool
add_parts(X509_NAME *name, const struct part *parts, size_t count)
{
    bool is_good = true;

    for (size_t end = count; is_good && end > 0;) {
        size_t first = end - 1;
        while (parts[first].is_joined)
            first--;
        for (size_t i = first; is_good && i < end; i++)
            is_good = X509_NAME_add_entry_by_txt(name, parts[i].type, MBSTRING_UTF8,
                          (const uint8_t *)parts[i].value, (int)parts[i].len, -1,
                          i == first ? 0 : -1) == 1;
        end = first;
    }
    return is_good;
}

static enum signum_status
parse_string_form(const char *text, X509_NAME **name_out)
{
    struct part parts[PARTS_MAX];
    size_t count = read_parts(text, parts);
    X509_NAME *name = X509_NAME_new();

    if (name != NULL && count > 0 && add_parts(name, parts, count)) {
        *name_out = name;
        return SIGNUM_OK;
    }
    X509_NAME_free(name);
    return SIGNUM_INVALID_ARGUMENT;
}

enum signum_status
signumd_x509_parse_subject(const char *text, X509_NAME **name_out)
{
    *name_out = NULL;
    for (const char *at = text; *at != '\0'; at++)
        if ((unsigned char)*at < 0x20 || *at == 0x7f)
            return SIGNUM_INVALID_ARGUMENT;
    enum signum_status status = text[0] == '/' ? signumd_x509_parse_name(text, name_out)
                                               : parse_string_form(text, name_out);
    ERR_clear_error();
    return status;
}

enum signum_status
signumd_x509_add_alt_name(GENERAL_NAMES *names, const char *text)
{
    static const struct {
        const char *prefix;
        int type;
    } rows[] = {{"dns:", GEN_DNS}, {"email:", GEN_EMAIL}, {"uri:", GEN_URI}, {"ip:", GEN_IPADD}};
    GENERAL_NAME *name = NULL;

    for (const char *at = text; *at != '\0'; at++)
        if (*at <= 0x20 || *at >= 0x7f)
            return SIGNUM_INVALID_ARGUMENT;
    for (size_t i = 0; name == NULL && i < sizeof rows / sizeof rows[0]; i++) {
        size_t len = strlen(rows[i].prefix);
        if (strncmp(text, rows[i].prefix, len) == 0 && text[len] != '\0')
            name = a2i_GENERAL_NAME(NULL, NULL, NULL, rows[i].type, text + len, 0);
    }
    ERR_clear_error();
    if (name == NULL)
        return SIGNUM_INVALID_ARGUMENT;
    if (sk_GENERAL_NAME_push(names, name) > 0)
        return SIGNUM_OK;
    GENERAL_NAME_free(name);
    return SIGNUM_NO_MEMORY;
}
