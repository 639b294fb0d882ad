#include "io/file_acl_win32.h"

#include <stdio.h>
#include <stdlib.h>

#include <aclapi.h>
#include <sddl.h>

/* S-1-5-80-...: the service that owns Windows' own files. */
#define SERVICE_AUTHORITY_RID 80u
#define TRUSTED_INSTALLER_RID 956008885u
#define READ_RIGHTS (FILE_READ_DATA | GENERIC_READ | GENERIC_ALL)
#define WRITE_RIGHTS                                                                               \
    (FILE_WRITE_DATA | FILE_APPEND_DATA | DELETE | WRITE_DAC | WRITE_OWNER | GENERIC_WRITE |       \
     GENERIC_ALL)

/* Who may do with the file what he likes. */
static bool
is_trusted(PSID who, PSID user)
{
    static const WELL_KNOWN_SID_TYPE known[] = {
        WinLocalSystemSid,
        WinBuiltinAdministratorsSid,
        WinCreatorOwnerRightsSid, /* the owner, who is checked */
    };

    if (EqualSid(who, user))
        return true;
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (IsWellKnownSid(who, known[i]))
            return true;
    }
    return *GetSidSubAuthorityCount(who) == 6 &&
           *GetSidSubAuthority(who, 0) == SERVICE_AUTHORITY_RID &&
           *GetSidSubAuthority(who, 1) == TRUSTED_INSTALLER_RID;
}

/* The user of this process; the caller frees it with free(). */
static TOKEN_USER *
get_user(void)
{
    HANDLE token = NULL;
    DWORD size = 0;
    TOKEN_USER *user = NULL;

    if (!OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token))
        return NULL;
    (void)GetTokenInformation(token, TokenUser, NULL, 0, &size);
    if (size > 0)
        user = malloc(size);
    if (user != NULL && !GetTokenInformation(token, TokenUser, user, size, &size)) {
        free(user);
        user = NULL;
    }
    (void)CloseHandle(token);
    return user;
}

/* The rights that one entry gives to somebody who is not trusted. */
static DWORD
rights_of_others(PACL list, DWORD index, PSID user)
{
    void *entry = NULL;

    if (!GetAce(list, index, &entry))
        return GENERIC_ALL;
    const ACE_HEADER *header = entry;
    if ((header->AceFlags & INHERIT_ONLY_ACE) != 0)
        return 0;
    switch (header->AceType) {
    case ACCESS_ALLOWED_ACE_TYPE:
    case ACCESS_ALLOWED_CALLBACK_ACE_TYPE: {
        ACCESS_ALLOWED_ACE *allowed = entry;
        return is_trusted(&allowed->SidStart, user) ? 0 : allowed->Mask;
    }
    case ACCESS_DENIED_ACE_TYPE:
    case ACCESS_DENIED_CALLBACK_ACE_TYPE:
        return 0;
    default: /* object entries are not for files */
        return GENERIC_ALL;
    }
}

static enum signum_status
refuse(const char *why, struct signum_buf *cause)
{
    signum_buf_put_text(cause, why);
    return SIGNUM_IO;
}

static enum signum_status
judge(PSID owner, PACL list, PSID user, enum signum_file_trust trust, struct signum_buf *cause)
{
    DWORD rights = 0;

    if (owner == NULL || !is_trusted(owner, user))
        return refuse("it belongs to another user", cause);
    if (list == NULL)
        return refuse("everybody may write it: it has no access list", cause);
    for (DWORD i = 0; i < list->AceCount; i++)
        rights |= rights_of_others(list, i, user);
    if ((rights & WRITE_RIGHTS) != 0)
        return refuse("others may write it (look at its properties, security; or icacls)", cause);
    if (trust == SIGNUM_FILE_SECRET && (rights & READ_RIGHTS) != 0)
        return refuse("others may read it (icacls FILE /inheritance:r /grant:r %USERNAME%:F)",
                      cause);
    return SIGNUM_OK;
}

enum signum_status
signum_file_acl_check(HANDLE file, enum signum_file_trust trust, struct signum_buf *cause)
{
    PSECURITY_DESCRIPTOR descriptor = NULL;
    PSID owner = NULL;
    PACL list = NULL;
    DWORD flags = 0;

    if (GetVolumeInformationByHandleW(file, NULL, 0, NULL, NULL, &flags, NULL, 0) &&
        (flags & FILE_PERSISTENT_ACLS) == 0)
        return SIGNUM_OK;
    TOKEN_USER *user = get_user();
    if (user == NULL)
        return refuse("Windows does not say who this user is", cause);
    enum signum_status status = SIGNUM_IO;
    DWORD error = GetSecurityInfo(file, SE_FILE_OBJECT,
                                  OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION, &owner,
                                  NULL, &list, NULL, &descriptor);
    if (error == ERROR_SUCCESS)
        status = judge(owner, list, user->User.Sid, trust, cause);
    else
        signum_buf_printf(cause, "its access list cannot be read: Windows error %lu",
                          (unsigned long)error);
    if (descriptor != NULL)
        (void)LocalFree(descriptor);
    free(user);
    return status;
}

PSECURITY_DESCRIPTOR
signum_file_acl_private(void)
{
    char text[512];
    char *sid = NULL;
    PSECURITY_DESCRIPTOR made = NULL;
    TOKEN_USER *user = get_user();

    if (user != NULL && ConvertSidToStringSidA(user->User.Sid, &sid)) {
        (void)snprintf(text, sizeof text, "D:P(A;;FA;;;%s)(A;;FA;;;SY)(A;;FA;;;BA)", sid);
        if (!ConvertStringSecurityDescriptorToSecurityDescriptorA(text, SDDL_REVISION_1, &made,
                                                                  NULL))
            made = NULL;
        (void)LocalFree(sid);
    }
    free(user);
    return made;
}
