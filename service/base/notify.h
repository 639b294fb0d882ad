#ifndef SIGNUMD_NOTIFY_H
#define SIGNUMD_NOTIFY_H

/*
 * What the service tells systemd about itself (sd_notify(3)). Without systemd, that is without
 * NOTIFY_SOCKET in the environment, all of it does nothing.
 */
void signumd_notify_ready(const char *url);
void signumd_notify_reloading(void);
void signumd_notify_stopping(void);

/* For the watchdog, to be called more often than WatchdogSec. */
void signumd_notify_alive(void);

#endif
