#include <string.h>

#include <signum/version.h>

#include "core/auth/secret_source.h"
#include "service_internal.h"

/* The connections of a service, as its settings have them. */

#define CONNECT_QUICKLY_MS 4000 /* for a connection, where there is another address */

static const char *
set_or_null(const char *text)
{
    return *text == 0 ? NULL : text;
}

static const char *
setting_or_null(const struct signum_service_settings *settings, enum signum_auth_setting setting)
{
    return set_or_null(signum_auth_setting(settings, setting));
}

bool
signum_service_accepts_anybody(const struct signum_service *service)
{
    return strcmp(signum_auth_setting(service->settings, SIGNUM_AUTH_INSECURE), "true") == 0;
}

/* What the transports of the service and of its issuer have in common. */
static enum signum_status
fill_options(struct signum_service *service, struct signum_buf *proxy_password,
             struct signum_transport_options *options_out, struct signum_buf *cause)
{
    static const struct signum_secret_source password = {
        "password of the proxy",
        SIGNUM_AUTH_PROXY_PASSWORD,
        SIGNUM_AUTH_PROXY_PASSWORD_FILE,
        SIGNUM_AUTH_PROXY_PASSWORD_STORE,
    };
    const struct signum_service_settings *settings = service->settings;
    struct signum_auth_env env = {
        .ports = service->client.ports, .log = service->client.log, .settings = settings};

    *options_out = (struct signum_transport_options){
        .ca_file = set_or_null(signum_buf_text(&settings->ca_file)),
        .user_agent = "signum/" SIGNUM_VERSION,
        .certificate_file = setting_or_null(settings, SIGNUM_AUTH_CERTIFICATE_FILE),
        .certificate_key_file = setting_or_null(settings, SIGNUM_AUTH_CERTIFICATE_KEY_FILE),
        .proxy = setting_or_null(settings, SIGNUM_AUTH_PROXY),
        .proxy_username = setting_or_null(settings, SIGNUM_AUTH_PROXY_USERNAME),
        .no_proxy = setting_or_null(settings, SIGNUM_AUTH_NO_PROXY),
        .connect_ms = settings->more_urls.len > 0 ? CONNECT_QUICKLY_MS : 0,
        .accepts_any_certificate = signum_service_accepts_anybody(service),
    };
    if (options_out->accepts_any_certificate)
        signum_log_warning(service->client.log,
                           "service %s: insecure_accept_any_certificate_for_tests_only is set: "
                           "anybody may pretend to be the service and take the credential",
                           signum_buf_text(&settings->name));
    if (options_out->proxy_username == NULL)
        return SIGNUM_OK;
    enum signum_status status = signum_secret_source_read(&env, &password, proxy_password, cause);
    options_out->proxy_password = signum_buf_text(proxy_password);
    return status;
}

/* Only an issuer whose certificate is of other CAs needs connections of its own. */
static enum signum_status
open_issuer_transport(struct signum_service *service, struct signum_transport_options options)
{
    const struct signum_ports *ports = service->client.ports;
    const char *ca_file = signum_auth_setting(service->settings, SIGNUM_AUTH_ISSUER_CA_FILE);

    if (*ca_file == 0)
        return SIGNUM_OK;
    options.ca_file = ca_file;
    return ports->open_transport(ports->transport_self, &options, &service->issuer_transport);
}

enum signum_status
signum_service_open_transports(struct signum_service *service, struct signum_report *report)
{
    const struct signum_ports *ports = service->client.ports;
    struct signum_transport_options options;
    struct signum_buf password;
    struct signum_buf cause;

    signum_buf_init_secret(&password, SIGNUM_HTTP_HEADER_MAX);
    signum_buf_init(&cause, SIGNUM_CONFIG_TEXT_MAX);
    enum signum_status status = fill_options(service, &password, &options, &cause);
    if (status == SIGNUM_OK)
        status = ports->open_transport(ports->transport_self, &options, &service->transport);
    if (status == SIGNUM_OK)
        status = open_issuer_transport(service, options);
    if (status != SIGNUM_OK) {
        const char *why = cause.len > 0 ? signum_buf_text(&cause)
                                        : "the transport could not be opened";
        status = signum_service_fail(service, report, status, why);
    }
    signum_buf_clear(&cause);
    signum_buf_clear(&password);
    return status;
}
