#include <stdlib.h>
#include <windows.h>
#include <tlhelp32.h>
#include <wincrypt.h>

#include "core/command_line.h"
#include "io/platform.h"
#include "io/utf16.h"

#define CCH_MAX 32768 /* of a path, as Windows limits it */
#define NAME_CCH_MAX 1024

#define HAS(parts, part) (((parts) >> SIGNUM_CONTEXT_##part & 1) != 0)

/* What cannot be found out, or is no valid Unicode, stays empty. */
static void
put(const wchar_t *wide, struct signum_buf *out)
{
    if (signum_utf16_to_utf8(wide, out) != SIGNUM_OK)
        signum_buf_clear(out);
}

static void
put_hash(const wchar_t *path, struct signum_buf *out)
{
    FILE *program = _wfopen(path, L"rb");

    if (program == NULL)
        return;
    signum_platform_hash(program, out);
    fclose(program);
}

/* The certificate that the first signer in the message names. NULL: not found. */
static const CERT_CONTEXT *
find_signer(HCERTSTORE store, HCRYPTMSG message)
{
    const CERT_CONTEXT *found = NULL;
    DWORD len = 0;

    if (!CryptMsgGetParam(message, CMSG_SIGNER_CERT_INFO_PARAM, 0, NULL, &len))
        return NULL;
    CERT_INFO *info = calloc(1, len);
    if (info != NULL && CryptMsgGetParam(message, CMSG_SIGNER_CERT_INFO_PARAM, 0, info, &len))
        found = CertFindCertificateInStore(store, X509_ASN_ENCODING | PKCS_7_ASN_ENCODING, 0,
                                           CERT_FIND_SUBJECT_CERT, info, NULL);
    free(info);
    return found;
}

/* The subject of whoever signed the program's file, as the file says it: nothing is verified, no
   network, no trust. A signature in a catalogue is not looked for. */
static void
put_signer(const wchar_t *path, struct signum_buf *out)
{
    wchar_t name[NAME_CCH_MAX] = {0};
    HCERTSTORE store = NULL;
    HCRYPTMSG message = NULL;

    if (!CryptQueryObject(CERT_QUERY_OBJECT_FILE, path,
                          CERT_QUERY_CONTENT_FLAG_PKCS7_SIGNED_EMBED,
                          CERT_QUERY_FORMAT_FLAG_BINARY, 0, NULL, NULL, NULL, &store, &message,
                          NULL))
        return;
    const CERT_CONTEXT *signer = find_signer(store, message);
    if (signer != NULL &&
        CertNameToStrW(X509_ASN_ENCODING, &signer->pCertInfo->Subject,
                       CERT_X500_NAME_STR | CERT_NAME_STR_REVERSE_FLAG, name, NAME_CCH_MAX) > 1)
        put(name, out);
    if (signer != NULL)
        CertFreeCertificateContext(signer);
    CryptMsgClose(message);
    CertCloseStore(store, 0);
}

static DWORD
parent_id(void)
{
    PROCESSENTRY32W entry = {.dwSize = sizeof entry};
    DWORD parent = 0;
    HANDLE all = CreateToolhelp32Snapshot(TH32CS_SNAPPROCESS, 0);

    if (all == INVALID_HANDLE_VALUE)
        return 0;
    BOOL is_one = Process32FirstW(all, &entry);
    for (; is_one && parent == 0; is_one = Process32NextW(all, &entry))
        if (entry.th32ProcessID == GetCurrentProcessId())
            parent = entry.th32ParentProcessID;
    CloseHandle(all);
    return parent;
}

static void
put_parent(wchar_t *room, struct signum_buf *out)
{
    DWORD cch = CCH_MAX;
    HANDLE parent = OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, FALSE, parent_id());

    if (parent == NULL)
        return;
    if (QueryFullProcessImageNameW(parent, 0, room, &cch))
        put(room, out);
    CloseHandle(parent);
}

static void
put_arguments(struct signum_buf *out)
{
    struct signum_buf line;

    signum_buf_init_secret(&line, out->max);
    put(GetCommandLineW(), &line);
    signum_command_line_split(signum_buf_text(&line), out);
    signum_buf_clear(&line);
}

static void
put_program(unsigned parts, wchar_t *room, struct signum_context *context_out)
{
    DWORD cch = GetModuleFileNameW(NULL, room, CCH_MAX);

    if (cch == 0 || cch >= CCH_MAX)
        return;
    if (HAS(parts, PROCESS))
        put(room, &context_out->process);
    if (HAS(parts, SHA256))
        put_hash(room, &context_out->sha256);
    if (HAS(parts, SIGNER))
        put_signer(room, &context_out->signer);
}

static void
put_place(unsigned parts, wchar_t *room, struct signum_context *context_out)
{
    DWORD cch = CCH_MAX;
    DWORD session = 0;

    if (HAS(parts, USER) && GetUserNameW(room, &cch))
        put(room, &context_out->user);
    cch = CCH_MAX;
    if (HAS(parts, MACHINE) && GetComputerNameExW(ComputerNameDnsHostname, room, &cch))
        put(room, &context_out->machine);
    if (HAS(parts, SESSION) && ProcessIdToSessionId(GetCurrentProcessId(), &session))
        signum_buf_printf(&context_out->session, "%lu", (unsigned long)session);
}

static enum signum_status
describe(void *self, unsigned parts, struct signum_context *context_out)
{
    DWORD kept = GetLastError();
    wchar_t *room = calloc(CCH_MAX, sizeof *room);

    (void)self;
    if (room == NULL)
        return SIGNUM_NO_MEMORY;
    put_program(parts, room, context_out);
    if (HAS(parts, PARENT))
        put_parent(room, &context_out->parent);
    if (HAS(parts, COMMAND_LINE) || HAS(parts, FILES))
        put_arguments(&context_out->arguments);
    put_place(parts, room, context_out);
    free(room);
    SetLastError(kept);
    return SIGNUM_OK;
}

void
signum_platform_process(struct signum_process_context *process_out)
{
    *process_out = (struct signum_process_context){NULL, describe};
}
