#include "io/transport_tls.h"

#include <stdlib.h>
#include <string.h>

#include "io/ca_file.h"
#include "io/files.h"
#ifdef _WIN32
#include "io/trust_win32.h"
#endif

#define PEM_MAX (256u << 10) /* bytes of a client certificate's file, or of its key's */
#define WHY_MAX 256

enum signum_status
signum_transport_tls_init(struct signum_transport_tls *tls,
                          const struct signum_transport_options *options)
{
    const struct {
        const char *from;
        char **to;
    } paths[] = {
        {options->ca_file, &tls->ca_path},
        {options->certificate_file, &tls->certificate_path},
        {options->certificate_key_file, &tls->key_path},
    };
    enum signum_status status = SIGNUM_OK;

    memset(tls, 0, sizeof *tls);
    signum_lock_init(&tls->lock);
    signum_buf_init(&tls->ca, SIGNUM_CA_FILE_MAX);
    signum_buf_init(&tls->certificate, PEM_MAX);
    signum_buf_init_secret(&tls->key, PEM_MAX);
    tls->accepts_any = options->accepts_any_certificate;
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        if (paths[i].from == NULL || *paths[i].from == 0)
            continue;
        *paths[i].to = signum_text_copy(paths[i].from);
        if (*paths[i].to == NULL)
            status = SIGNUM_NO_MEMORY;
    }
    return status;
}

void
signum_transport_tls_clear(struct signum_transport_tls *tls)
{
    signum_lock_clear(&tls->lock);
    signum_buf_clear(&tls->ca);
    signum_buf_clear(&tls->certificate);
    signum_buf_clear(&tls->key);
    free(tls->ca_path);
    free(tls->certificate_path);
    free(tls->key_path);
}

static enum signum_status
read_pem(const char *what, const char *path, enum signum_file_trust trust, struct signum_buf *out,
         struct signum_buf *cause)
{
    struct signum_buf why;

    signum_buf_init(&why, WHY_MAX);
    enum signum_status status = signum_files_read(path, trust, out, &why);
    if (status != SIGNUM_OK) {
        signum_buf_printf(cause, "the %s %s: %s", what, path,
                          why.len > 0 ? signum_buf_text(&why) : signum_status_text(status));
        status = SIGNUM_BAD_SETTINGS;
    } else if (strstr(signum_buf_text(out), "-----BEGIN ") == NULL) {
        signum_buf_printf(cause, "the %s %s is not in PEM form", what, path);
        status = SIGNUM_BAD_SETTINGS;
    }
    signum_buf_clear(&why);
    return status;
}

/* A failure is not remembered: the file may be put right while the host program runs. */
static enum signum_status
load(struct signum_transport_tls *tls, struct signum_buf *cause)
{
    enum signum_status status = SIGNUM_OK;

    signum_buf_clear(&tls->ca);
    signum_buf_clear(&tls->certificate);
    signum_buf_clear(&tls->key);
    if ((tls->certificate_path == NULL) != (tls->key_path == NULL)) {
        signum_buf_put_text(cause, "a client certificate needs both its file and its key's file");
        return SIGNUM_BAD_SETTINGS;
    }
    if (tls->ca_path != NULL)
        status = signum_ca_file_read(tls->ca_path, &tls->ca, cause);
    if (status == SIGNUM_OK && tls->certificate_path != NULL)
        status = read_pem("client certificate", tls->certificate_path, SIGNUM_FILE_SETTINGS,
                          &tls->certificate, cause);
    if (status == SIGNUM_OK && tls->key_path != NULL)
        status = read_pem("client certificate's key", tls->key_path, SIGNUM_FILE_SECRET,
                          &tls->key, cause);
    return status;
}

enum signum_status
signum_transport_tls_load(struct signum_transport_tls *tls, struct signum_buf *cause)
{
    enum signum_status status = SIGNUM_OK;

    signum_lock_acquire(&tls->lock);
    if (!tls->is_loaded)
        status = load(tls, cause);
    tls->is_loaded = status == SIGNUM_OK;
    signum_lock_release(&tls->lock);
    return status;
}

static CURLcode
set_trust(const struct signum_transport_tls *tls, CURL *curl, const char *host)
{
    if (tls->accepts_any) {
        CURLcode code = curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 0L);
        return code != CURLE_OK ? code : curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 0L);
    }
    if (tls->ca_path == NULL) {
#ifdef _WIN32
        return signum_trust_win32_apply(curl, host);
#else
        (void)host; /* curl's built-in bundle is used, and curl compares the name */
        return CURLE_OK;
#endif
    }
    struct curl_blob blob = {tls->ca.data, tls->ca.len, CURL_BLOB_NOCOPY};
    CURLcode code = curl_easy_setopt(curl, CURLOPT_CAINFO_BLOB, &blob);
    /* Debian builds a folder of the system's certificates in, which would be trusted besides. */
    if (code == CURLE_OK)
        code = curl_easy_setopt(curl, CURLOPT_CAPATH, (char *)NULL);
    return code;
}

static CURLcode
set_certificate(const struct signum_transport_tls *tls, CURL *curl)
{
    struct curl_blob certificate = {tls->certificate.data, tls->certificate.len, CURL_BLOB_NOCOPY};
    struct curl_blob key = {tls->key.data, tls->key.len, CURL_BLOB_NOCOPY};

    if (tls->certificate_path == NULL)
        return CURLE_OK;
    CURLcode code = curl_easy_setopt(curl, CURLOPT_SSLCERT_BLOB, &certificate);
    if (code == CURLE_OK)
        code = curl_easy_setopt(curl, CURLOPT_SSLKEY_BLOB, &key);
    /* OpenSSL would ask for a password at the terminal otherwise. */
    if (code == CURLE_OK)
        code = curl_easy_setopt(curl, CURLOPT_KEYPASSWD, "");
    return code;
}

CURLcode
signum_transport_tls_apply(const struct signum_transport_tls *tls, CURL *curl, const char *host)
{
    static const struct {
        CURLoption option;
        long value;
    } fixed[] = {
        {CURLOPT_SSL_VERIFYPEER, 1},
        {CURLOPT_SSL_VERIFYHOST, 2},
        {CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2},
    };
    CURLcode code = CURLE_OK;

    for (size_t i = 0; i < sizeof fixed / sizeof fixed[0] && code == CURLE_OK; i++)
        code = curl_easy_setopt(curl, fixed[i].option, fixed[i].value);
    if (code == CURLE_OK)
        code = set_trust(tls, curl, host);
    return code != CURLE_OK ? code : set_certificate(tls, curl);
}
