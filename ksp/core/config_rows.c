#include "config_internal.h"

/* The table of the settings: docs/settings.md lists the same rows, and a script compares them. */

#define AUTH(setting) [SIGNUM_ROW_AUTH + SIGNUM_AUTH_##setting]

/* A path of "" is a setting that has a variable only. */
static const struct signum_config_row rows[SIGNUM_ROW_COUNT] = {
    [SIGNUM_ROW_CONFIG] =
        {"", "SIGNUM_CONFIG", SIGNUM_CONFIG_TEXT, "",
         "The only settings file to read, in place of the machine's and the user's."},
    [SIGNUM_ROW_DEFAULT_SERVICE] =
        {"default_service", "SIGNUM_DEFAULT_SERVICE", SIGNUM_CONFIG_TEXT, "",
         "The service that a key name without a prefix belongs to; without it "
         "the only one, or the one named main."},
    [SIGNUM_ROW_TIMEOUT_MS] = {"timeout_ms", "SIGNUM_TIMEOUT_MS", SIGNUM_CONFIG_NUMBER, "30000",
                               "Milliseconds that one operation may take, retries included (1 to "
                               "3600000)."},
    [SIGNUM_ROW_APPROVAL_TIMEOUT_MS] =
        {"approval_timeout_ms", "SIGNUM_APPROVAL_TIMEOUT_MS", SIGNUM_CONFIG_NUMBER, "120000",
         "Milliseconds that a signature may take once it waits for people to approve it; never "
         "less than timeout_ms."},
    [SIGNUM_ROW_LOG_FILE] = {"log_file", "SIGNUM_LOG_FILE", SIGNUM_CONFIG_TEXT, "",
                             "Path of the log file; without it the platform's place."},
    [SIGNUM_ROW_LOG_LEVEL] = {"log_level", "SIGNUM_LOG_LEVEL", SIGNUM_CONFIG_TEXT, "info",
                              "How much is logged: error, warning, info or debug."},
    [SIGNUM_ROW_ALLOW_SHA1] = {"allow_sha1", "SIGNUM_ALLOW_SHA1", SIGNUM_CONFIG_BOOL, "true",
                               "Whether SHA-1 digests are signed."},
    [SIGNUM_ROW_ALLOW_DELETE] = {"allow_delete", "SIGNUM_ALLOW_DELETE", SIGNUM_CONFIG_BOOL, "false",
                                 "Whether a program may destroy a key that has no certificate."},
    [SIGNUM_ROW_CONTEXT] =
        {"context", "SIGNUM_CONTEXT", SIGNUM_CONFIG_TEXT, "all",
         "What is told to the service about the caller: all, none, or some of agent, process, "
         "sha256, signer, parent, command_line, user, session, machine, ci and files."},
    [SIGNUM_ROW_REASON] = {"", "SIGNUM_REASON", SIGNUM_CONFIG_TEXT, "",
                           "Reason of the signatures for which the program gives none."},
    [SIGNUM_ROW_PIN] = {"", "SIGNUM_PIN", SIGNUM_CONFIG_TEXT, "",
                        "PIN of the key, where the program gives none."},
    [SIGNUM_ROW_URL] = {"services.NAME.url", "SIGNUM_SERVICE_URL", SIGNUM_CONFIG_TEXT, "",
                        "Base URL of the signing service, https://HOST[:PORT]; more of the same "
                        "service with spaces between them, for when one cannot be reached."},
    [SIGNUM_ROW_PROTOCOL] = {"services.NAME.protocol", "SIGNUM_PROTOCOL", SIGNUM_CONFIG_TEXT,
                             "signum", "The service's protocol."},
    [SIGNUM_ROW_CA_FILE] =
        {"services.NAME.ca_file", "SIGNUM_CA_FILE", SIGNUM_CONFIG_TEXT, "",
         "PEM file of the certificates to trust for this service, and no others; "
         "without it the system's."},
    AUTH(METHOD) = {"services.NAME.auth.method", "SIGNUM_AUTH_METHOD", SIGNUM_CONFIG_TEXT, "token",
                    "How to sign in."},
    AUTH(TOKEN) = {"", "SIGNUM_TOKEN", SIGNUM_CONFIG_TEXT, "",
                   "The bearer token itself; a file is safer."},
    AUTH(TOKEN_FILE) = {"services.NAME.auth.token_file", "SIGNUM_TOKEN_FILE", SIGNUM_CONFIG_TEXT,
                        "", "Path of the file that holds the bearer token."},
    AUTH(TOKEN_STORE) = {"services.NAME.auth.token_store", "SIGNUM_TOKEN_STORE", SIGNUM_CONFIG_TEXT,
                         "",
                         "Name of the bearer token in the encrypted store; without any token "
                         "setting it is the service's name."},
    AUTH(ISSUER) = {"services.NAME.auth.issuer", "SIGNUM_ISSUER", SIGNUM_CONFIG_TEXT, "",
                    "Issuer that gives the tokens, https://HOST[/PATH]; its document says where."},
    AUTH(TOKEN_ENDPOINT) = {"services.NAME.auth.token_endpoint", "SIGNUM_TOKEN_ENDPOINT",
                            SIGNUM_CONFIG_TEXT, "",
                            "Address that gives tokens, where the issuer has no such document."},
    AUTH(CLIENT_ID) = {"services.NAME.auth.client_id", "SIGNUM_CLIENT_ID", SIGNUM_CONFIG_TEXT, "",
                       "Identifier of this client at the issuer."},
    AUTH(CLIENT_SECRET) = {"", "SIGNUM_CLIENT_SECRET", SIGNUM_CONFIG_TEXT, "",
                           "Secret of this client; a file is safer."},
    AUTH(CLIENT_SECRET_FILE) = {"services.NAME.auth.client_secret_file",
                                "SIGNUM_CLIENT_SECRET_FILE", SIGNUM_CONFIG_TEXT, "",
                                "Path of the file that holds the client's secret."},
    AUTH(CLIENT_SECRET_STORE) = {"services.NAME.auth.client_secret_store",
                                 "SIGNUM_CLIENT_SECRET_STORE", SIGNUM_CONFIG_TEXT, "",
                                 "Name of the client's secret in the encrypted store."},
    AUTH(SCOPE) = {"services.NAME.auth.scope", "SIGNUM_SCOPE", SIGNUM_CONFIG_TEXT, "",
                   "Scopes to ask for, with spaces between them."},
    AUTH(AUDIENCE) = {"services.NAME.auth.audience", "SIGNUM_AUDIENCE", SIGNUM_CONFIG_TEXT, "",
                      "Whom the token is for, in the words of the issuer."},
    AUTH(RESOURCE) = {"services.NAME.auth.resource", "SIGNUM_RESOURCE", SIGNUM_CONFIG_TEXT, "",
                      "Whom the token is for, as an address (RFC 8707)."},
    AUTH(ISSUER_CA_FILE) =
        {"services.NAME.auth.ca_file", "SIGNUM_ISSUER_CA_FILE", SIGNUM_CONFIG_TEXT, "",
         "PEM file of the certificates to trust for the issuer; without it those of the service."},
    AUTH(KEY_FILE) = {"services.NAME.auth.key_file", "SIGNUM_KEY_FILE", SIGNUM_CONFIG_TEXT, "",
                      "Path of the private key that signs assertions, in PEM without a password."},
    AUTH(KEY_ID) = {"services.NAME.auth.key_id", "SIGNUM_KEY_ID", SIGNUM_CONFIG_TEXT, "",
                    "Identifier of that key at the issuer (kid)."},
    AUTH(KEY_ALGORITHM) = {"services.NAME.auth.key_algorithm", "SIGNUM_KEY_ALGORITHM",
                           SIGNUM_CONFIG_TEXT, "",
                           "PS256, RS256 or ES256; without it what fits the key."},
    AUTH(KEY_CERTIFICATE) =
        {"services.NAME.auth.key_certificate", "SIGNUM_KEY_CERTIFICATE", SIGNUM_CONFIG_TEXT, "",
         "Path of the certificate of that key, in PEM; Entra ID knows the key by it."},
    AUTH(CI) =
        {"services.NAME.auth.ci", "SIGNUM_CI", SIGNUM_CONFIG_TEXT, "auto",
         "Whose job identity is used: auto, github, forgejo, gitlab, azure, kubernetes or file."},
    AUTH(CI_TOKEN_VARIABLE) = {"services.NAME.auth.ci_token_variable", "SIGNUM_CI_TOKEN_VARIABLE",
                               SIGNUM_CONFIG_TEXT, "",
                               "Name of the variable that holds the ID token of a GitLab job; "
                               "without it SIGNUM_ID_TOKEN."},
    AUTH(CI_TOKEN_FILE) = {"services.NAME.auth.ci_token_file", "SIGNUM_CI_TOKEN_FILE",
                           SIGNUM_CONFIG_TEXT, "", "Path of the file that holds the job's token."},
    AUTH(EXCHANGE) = {"services.NAME.auth.exchange", "SIGNUM_EXCHANGE", SIGNUM_CONFIG_BOOL, "false",
                      "Whether the job's token is exchanged at the issuer first (RFC 8693)."},
    AUTH(USERNAME) = {"services.NAME.auth.username", "SIGNUM_USERNAME", SIGNUM_CONFIG_TEXT, "",
                      "Name for the method basic."},
    AUTH(PASSWORD) = {"", "SIGNUM_PASSWORD", SIGNUM_CONFIG_TEXT, "",
                      "Password for the method basic; a file is safer."},
    AUTH(PASSWORD_FILE) = {"services.NAME.auth.password_file", "SIGNUM_PASSWORD_FILE",
                           SIGNUM_CONFIG_TEXT, "", "Path of the file that holds the password."},
    AUTH(PASSWORD_STORE) = {"services.NAME.auth.password_store", "SIGNUM_PASSWORD_STORE",
                            SIGNUM_CONFIG_TEXT, "", "Name of the password in the encrypted store."},
    AUTH(CERTIFICATE_FILE) =
        {"services.NAME.auth.certificate_file", "SIGNUM_CERTIFICATE_FILE", SIGNUM_CONFIG_TEXT, "",
         "Path of this client's certificate and those above it, in PEM."},
    AUTH(CERTIFICATE_KEY_FILE) =
        {"services.NAME.auth.certificate_key_file", "SIGNUM_CERTIFICATE_KEY_FILE",
         SIGNUM_CONFIG_TEXT, "", "Path of that certificate's key, in PEM without a password."},
    AUTH(PROXY) = {"services.NAME.proxy", "SIGNUM_PROXY", SIGNUM_CONFIG_TEXT, "",
                   "Proxy to go through, http://HOST:PORT, or direct for none; without it "
                   "HTTPS_PROXY, and on Windows the user's own settings."},
    AUTH(PROXY_USERNAME) = {"services.NAME.proxy_username", "SIGNUM_PROXY_USERNAME",
                            SIGNUM_CONFIG_TEXT, "", "Name to sign in to the proxy with."},
    AUTH(PROXY_PASSWORD) = {"", "SIGNUM_PROXY_PASSWORD", SIGNUM_CONFIG_TEXT, "",
                            "Password for the proxy; a file is safer."},
    AUTH(PROXY_PASSWORD_FILE) = {"services.NAME.proxy_password_file", "SIGNUM_PROXY_PASSWORD_FILE",
                                 SIGNUM_CONFIG_TEXT, "",
                                 "Path of the file that holds the proxy's password."},
    AUTH(PROXY_PASSWORD_STORE) =
        {"services.NAME.proxy_password_store", "SIGNUM_PROXY_PASSWORD_STORE", SIGNUM_CONFIG_TEXT,
         "", "Name of the proxy's password in the encrypted store."},
    AUTH(NO_PROXY) = {"services.NAME.no_proxy", "SIGNUM_NO_PROXY", SIGNUM_CONFIG_TEXT, "",
                      "Hosts that no proxy is used for, with commas between them; without it "
                      "NO_PROXY."},
    AUTH(INSECURE) = {"services.NAME.insecure_accept_any_certificate_for_tests_only",
                      "SIGNUM_INSECURE_ACCEPT_ANY_CERTIFICATE_FOR_TESTS_ONLY", SIGNUM_CONFIG_BOOL,
                      "false",
                      "Whether anybody may pretend to be the service; logged as a warning at "
                      "every start."},
};

#define OF_SETTINGS(member)                                                                        \
    {                                                                                              \
        SIGNUM_PLACE_SETTINGS, offsetof(struct signum_settings, member)                            \
    }
#define OF_SERVICE(member)                                                                         \
    {                                                                                              \
        SIGNUM_PLACE_SERVICE, offsetof(struct signum_service_settings, member)                     \
    }

/* Where a text is kept. A row that is not a text of its own has no place here. */
static const struct signum_config_place places[SIGNUM_ROW_AUTH] = {
    [SIGNUM_ROW_LOG_FILE] = OF_SETTINGS(log_file),
    [SIGNUM_ROW_REASON] = OF_SETTINGS(reason),
    [SIGNUM_ROW_PIN] = OF_SETTINGS(pin),
    [SIGNUM_ROW_URL] = OF_SERVICE(url),
    [SIGNUM_ROW_PROTOCOL] = OF_SERVICE(protocol),
    [SIGNUM_ROW_CA_FILE] = OF_SERVICE(ca_file),
};

/* Settings that hold a credential, or say where one is. */
static const struct {
    bool is_credential;
    bool is_secret; /* it is the credential itself */
} credentials[SIGNUM_AUTH_SETTING_COUNT] = {
    [SIGNUM_AUTH_TOKEN] = {true, true},
    [SIGNUM_AUTH_TOKEN_FILE] = {true, false},
    [SIGNUM_AUTH_TOKEN_STORE] = {true, false},
    [SIGNUM_AUTH_CLIENT_SECRET] = {true, true},
    [SIGNUM_AUTH_CLIENT_SECRET_FILE] = {true, false},
    [SIGNUM_AUTH_CLIENT_SECRET_STORE] = {true, false},
    [SIGNUM_AUTH_KEY_FILE] = {true, false},
    [SIGNUM_AUTH_PASSWORD] = {true, true},
    [SIGNUM_AUTH_PASSWORD_FILE] = {true, false},
    [SIGNUM_AUTH_PASSWORD_STORE] = {true, false},
    [SIGNUM_AUTH_CERTIFICATE_KEY_FILE] = {true, false},
    [SIGNUM_AUTH_PROXY_PASSWORD] = {false, true},
};

const struct signum_config_row *
signum_config_rows(size_t *count_out)
{
    *count_out = SIGNUM_ROW_COUNT;
    return rows;
}

struct signum_config_place
signum_config_place(size_t row)
{
    if (row < SIGNUM_ROW_AUTH)
        return places[row];
    return (struct signum_config_place){SIGNUM_PLACE_SERVICE,
                                        offsetof(struct signum_service_settings, auth) +
                                            (row - SIGNUM_ROW_AUTH) * sizeof(struct signum_buf)};
}

bool
signum_config_is_credential(size_t row)
{
    return row >= SIGNUM_ROW_AUTH && credentials[row - SIGNUM_ROW_AUTH].is_credential;
}

bool
signum_config_is_secret(size_t row)
{
    return row >= SIGNUM_ROW_AUTH && credentials[row - SIGNUM_ROW_AUTH].is_secret;
}
