#include "advice.h"

#include <stddef.h>

static const char *const advice[SIGNUM_STATUS_COUNT] = {
    [SIGNUM_OK] = "nothing is to be done",
    [SIGNUM_INVALID_ARGUMENT] = "check the arguments: signum VERB --help shows an example",
    [SIGNUM_INVALID_HANDLE] = "the calling program used a key after closing it; report this",
    [SIGNUM_BAD_FLAGS] = "the calling program asked for something newer; report this",
    [SIGNUM_BAD_TYPE] = "ask for the public key in the form that fits RSA or ECDSA",
    [SIGNUM_BAD_ALGORITHM] = "choose a scheme and hash that 'signum keys' shows for the key",
    [SIGNUM_NOT_SUPPORTED] = "use another way: this one is not offered here",
    [SIGNUM_BUFFER_TOO_SMALL] = "the calling program must pass a larger buffer; report this",
    [SIGNUM_BAD_KEY_STATE] = "the calling program must finish the key once; report this",
    [SIGNUM_NO_MORE_ITEMS] = "nothing is to be done",
    [SIGNUM_NO_MEMORY] = "close other programs and try again",
    [SIGNUM_TOO_LARGE] = "use a smaller input",
    [SIGNUM_NOT_FOUND] = "check the name",
    [SIGNUM_KEY_NOT_FOUND] = "check the name: 'signum keys' lists the keys that you may use",
    [SIGNUM_KEY_DISABLED] = "ask the service's administrator to enable the key, or use another",
    [SIGNUM_KEY_EXISTS] = "choose another name",
    [SIGNUM_SIGN_IN_REQUIRED] = "run 'signum login'; 'signum login --help' tells how",
    [SIGNUM_CREDENTIAL_REFUSED] =
        "get a new token from the service's administrator, then run 'signum login'",
    [SIGNUM_DENIED] = "ask the service's administrator for a rule that allows it",
    [SIGNUM_APPROVAL_PENDING] = "wait until it is approved, then sign the same again",
    [SIGNUM_APPROVAL_REJECTED] = "ask the approver why, then sign again if it is to be signed",
    [SIGNUM_APPROVAL_EXPIRED] = "sign again, and tell the approvers that a request waits",
    [SIGNUM_REASON_REQUIRED] = "use another key, or ask the service's administrator",
    [SIGNUM_PIN_REQUIRED] = "use another key, or ask the service's administrator",
    [SIGNUM_PIN_WRONG] = "try again with the right PIN; a few wrong ones lock the key for you",
    [SIGNUM_PIN_LOCKED] = "wait, or ask the service's key manager to unlock it",
    [SIGNUM_SILENT] = "run it once in a session where prompts are allowed",
    [SIGNUM_NETWORK] = "check the service's address in the settings and that it is running",
    [SIGNUM_TIMEOUT] = "try again, or raise timeout_ms in the settings",
    [SIGNUM_TLS] =
        "set ca_file to the service's CA certificate and use the host name of its certificate",
    [SIGNUM_SERVICE_BUSY] = "try again in a moment",
    [SIGNUM_SERVICE_ERROR] = "give the request's id to the service's administrator",
    [SIGNUM_PROTOCOL] = "check that the address in the settings is that of a signing service",
    [SIGNUM_BAD_SIGNATURE] = "do not use the result, and tell the service's administrator",
    [SIGNUM_BAD_SETTINGS] = "correct the settings: docs/settings.md lists them all",
    [SIGNUM_IO] = "check the path and its access rights",
    [SIGNUM_CRYPTO] = "report this with the log",
    [SIGNUM_INTERNAL] = "report this with the log",
};

const char *
signum_advice_for(enum signum_status status)
{
    if ((int)status < 0 || status >= SIGNUM_STATUS_COUNT || advice[status] == NULL) {
        return "report this with the log";
    }
    return advice[status];
}
