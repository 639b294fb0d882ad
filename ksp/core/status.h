#ifndef SIGNUM_CORE_STATUS_H
#define SIGNUM_CORE_STATUS_H

/*
 * The one status type of the project. Code, name, group and sentence come from this list only.
 * A foreign code (curl, HTTP, JSON, OpenSSL, PKCS#11, NTSTATUS, errno) is converted on the line
 * that receives it; two domains never meet in one function. The rim turns a status into a
 * SECURITY_STATUS in one place (ksp/cng/rim_status.c).
 *
 * The group says what the user can do about it.
 */
#define SIGNUM_STATUS_LIST(X)                                                                      \
    X(OK, NONE, "success")                                                                         \
    X(INVALID_ARGUMENT, CALLER, "an argument is missing or not valid")                             \
    X(INVALID_HANDLE, CALLER, "the handle is not open or is of another kind")                      \
    X(BAD_FLAGS, CALLER, "a flag is not known here")                                               \
    X(BAD_TYPE, CALLER, "the blob type is not known or does not fit the key")                      \
    X(BAD_ALGORITHM, CALLER, "the padding or algorithm does not fit the key")                      \
    X(NOT_SUPPORTED, CALLER, "this is not offered")                                                \
    X(BUFFER_TOO_SMALL, CALLER, "the output buffer is too small")                                  \
    X(BAD_KEY_STATE, CALLER, "the key is not made yet, or is made already")                        \
    X(NO_MORE_ITEMS, CALLER, "the enumeration is finished")                                        \
    X(NO_MEMORY, RETRY, "out of memory")                                                           \
    X(TOO_LARGE, GIVE_UP, "the data is larger than the fixed maximum")                             \
    X(NOT_FOUND, GIVE_UP, "the value or file does not exist")                                      \
    X(KEY_NOT_FOUND, SETTINGS, "the service has no key of that name")                              \
    X(KEY_DISABLED, SETTINGS, "the key is disabled")                                               \
    X(KEY_EXISTS, SETTINGS, "a key of that name exists already")                                   \
    X(SIGN_IN_REQUIRED, SIGN_IN, "there is no usable credential")                                  \
    X(CREDENTIAL_REFUSED, SIGN_IN, "the service refused the credential")                           \
    X(DENIED, SETTINGS, "the service's policy does not allow this")                                \
    X(REASON_REQUIRED, SETTINGS, "the key demands a reason for each signature")                    \
    X(PIN_REQUIRED, SETTINGS, "the key demands its PIN")                                           \
    X(PIN_WRONG, SETTINGS, "this is not the PIN of the key")                                       \
    X(PIN_LOCKED, SETTINGS, "the key is locked for this user after too many wrong PINs")           \
    X(APPROVAL_PENDING, RETRY, "the request waits for approval")                                   \
    X(APPROVAL_REJECTED, GIVE_UP, "the request was not approved")                                  \
    X(APPROVAL_EXPIRED, GIVE_UP, "the request was not approved in time")                           \
    X(SILENT, SIGN_IN, "a prompt is needed but silence was asked for")                             \
    X(NETWORK, RETRY, "the service cannot be reached")                                             \
    X(TIMEOUT, RETRY, "the time allowed for this is used up")                                      \
    X(TLS, SETTINGS, "the TLS connection was refused: certificate or host name")                   \
    X(SERVICE_BUSY, RETRY, "the service is not ready; it may be tried again")                      \
    X(SERVICE_ERROR, GIVE_UP, "the service answered with an error")                                \
    X(PROTOCOL, GIVE_UP, "the service's answer is not what the protocol says")                     \
    X(BAD_SIGNATURE, GIVE_UP, "the signature does not match the digest and the public key")        \
    X(BAD_SETTINGS, SETTINGS, "the settings are not valid")                                        \
    X(IO, GIVE_UP, "a file could not be read or written")                                          \
    X(CRYPTO, GIVE_UP, "the cryptographic library reported an error")                              \
    X(INTERNAL, GIVE_UP, "an internal error")

enum signum_status {
#define SIGNUM_STATUS_ENUM(name, group, sentence) SIGNUM_##name,
    SIGNUM_STATUS_LIST(SIGNUM_STATUS_ENUM)
#undef SIGNUM_STATUS_ENUM
        SIGNUM_STATUS_COUNT
};

/* What the user can do about a status. */
enum signum_status_group {
    SIGNUM_GROUP_NONE,     /* nothing: success */
    SIGNUM_GROUP_CALLER,   /* the calling program made a mistake, or asks what is not offered */
    SIGNUM_GROUP_RETRY,    /* try again later */
    SIGNUM_GROUP_SIGN_IN,  /* sign in again */
    SIGNUM_GROUP_SETTINGS, /* change settings, names or permissions */
    SIGNUM_GROUP_GIVE_UP,  /* report it */
};

#define SIGNUM_MUST_USE __attribute__((warn_unused_result))

/* A function with printf's rules. mingw-w64's "printf" means msvcrt's, which knows no %zu; ours is
   the standard one on both sides (__USE_MINGW_ANSI_STDIO). */
#ifdef _WIN32
#define SIGNUM_PRINTF(format_index, first) __attribute__((format(gnu_printf, format_index, first)))
#else
#define SIGNUM_PRINTF(format_index, first) __attribute__((format(printf, format_index, first)))
#endif

/* The enumerator's name without its prefix, e.g. "KEY_NOT_FOUND". Static; never NULL. */
const char *signum_status_name(enum signum_status status);

/* One sentence for a person, without a full stop. Static; never NULL. */
const char *signum_status_text(enum signum_status status);

/* What the user can do about it. */
enum signum_status_group signum_status_group(enum signum_status status);

#endif
