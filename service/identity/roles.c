#include "identity/roles.h"

#include <stdio.h>
#include <string.h>

#define ROLE_TEXT_MAX 32

static const char *const role_names[SIGNUMD_ROLE_COUNT] = {
    "signer", "auditor", "key-manager", "policy-manager", "approver", "admin"};

const char *
signumd_role_name(enum signumd_role role)
{
    return (size_t)role < SIGNUMD_ROLE_COUNT ? role_names[role] : "unknown";
}

bool
signumd_role_from_name(const char *name, enum signumd_role *role_out)
{
    *role_out = SIGNUMD_ROLE_SIGNER;
    for (size_t i = 0; i < SIGNUMD_ROLE_COUNT; i++) {
        if (strcmp(role_names[i], name) == 0) {
            *role_out = (enum signumd_role)i;
            return true;
        }
    }
    return false;
}

bool
signumd_roles_read(const char *text, unsigned *roles_out)
{
    char name[ROLE_TEXT_MAX];
    unsigned roles = 0;

    *roles_out = 0;
    for (;;) {
        size_t len = strcspn(text, ",");
        enum signumd_role role = SIGNUMD_ROLE_SIGNER;
        if (len >= sizeof name)
            return false;
        (void)snprintf(name, sizeof name, "%.*s", (int)len, text);
        if (!signumd_role_from_name(name, &role))
            return false;
        roles |= SIGNUMD_ROLE_BIT(role);
        if (text[len] == '\0')
            break;
        text += len + 1;
    }
    *roles_out = roles;
    return true;
}

void
signumd_roles_text(unsigned roles, char text_out[SIGNUMD_ROLES_TEXT_SIZE])
{
    size_t len = 0;

    text_out[0] = '\0';
    for (size_t i = 0; i < SIGNUMD_ROLE_COUNT; i++) {
        if ((roles & SIGNUMD_ROLE_BIT(i)) == 0)
            continue;
        (void)snprintf(text_out + len, SIGNUMD_ROLES_TEXT_SIZE - len, "%s%s", len == 0 ? "" : ",",
            role_names[i]);
        len = strlen(text_out);
    }
}

void
signumd_roles_write(unsigned roles, const char *name, struct signumd_json_writer *writer)
{
    signumd_json_begin(writer, name, '[');
    for (size_t i = 0; i < SIGNUMD_ROLE_COUNT; i++)
        if ((roles & SIGNUMD_ROLE_BIT(i)) != 0)
            signumd_json_put_text(writer, NULL, role_names[i]);
    signumd_json_end(writer, ']');
}

static const char *
take(void *context, const char *text)
{
    unsigned *roles = context;
    enum signumd_role role = SIGNUMD_ROLE_SIGNER;

    if (!signumd_role_from_name(text, &role))
        return "must be the name of a role";
    *roles |= SIGNUMD_ROLE_BIT(role);
    return NULL;
}

unsigned
signumd_roles_get(struct signumd_json_reader *reader, const char *name)
{
    unsigned roles = 0;

    signumd_json_get_list(reader, name, SIGNUMD_ROLE_COUNT, take, &roles);
    return reader->failure == SIGNUM_OK ? roles : 0;
}
