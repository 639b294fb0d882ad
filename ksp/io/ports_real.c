#include "io/ports_real.h"

#include "io/browser.h"
#include "io/log_file.h"
#include "io/platform.h"
#include "io/process_lock.h"
#include "io/secret_store.h"
#include "io/settings_source.h"
#include "io/transport_curl.h"

enum signum_status
signum_ports_real_open(struct signum_ports *ports_out)
{
    *ports_out = (struct signum_ports){0};
    enum signum_status status = signum_log_file_open(&ports_out->log_sink);
    if (status == SIGNUM_OK)
        status = signum_secret_store_open(NULL, &ports_out->secrets);
    if (status != SIGNUM_OK) {
        signum_ports_real_clear(ports_out);
        return status;
    }
    ports_out->open_transport = signum_transport_curl_open;
    signum_process_lock_open(&ports_out->process_lock);
    signum_platform_clock(&ports_out->clock);
    signum_platform_random(&ports_out->random);
    signum_platform_process(&ports_out->process);
    signum_browser_open(&ports_out->browser);
    signum_settings_source_open(&ports_out->settings);
    return SIGNUM_OK;
}

void
signum_ports_real_clear(struct signum_ports *ports)
{
    signum_secret_store_clear(&ports->secrets);
    signum_log_file_clear(&ports->log_sink);
    *ports = (struct signum_ports){0};
}
