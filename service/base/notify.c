#include "base/notify.h"

#include <systemd/sd-daemon.h>

#include "base/timestamp.h"

/* A service manager that cannot be told is no reason not to serve. */
void
signumd_notify_ready(const char *url)
{
    (void)sd_notifyf(0, "READY=1\nSTATUS=serving %s", url);
}

void
signumd_notify_reloading(void)
{
    (void)sd_notifyf(
        0, "RELOADING=1\nMONOTONIC_USEC=%lld", (long long)signumd_timestamp_monotonic_ms() * 1000);
}

void
signumd_notify_stopping(void)
{
    (void)sd_notify(0, "STOPPING=1\nSTATUS=finishing the requests under way");
}

void
signumd_notify_alive(void)
{
    (void)sd_notify(0, "WATCHDOG=1");
}
