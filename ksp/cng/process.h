#ifndef SIGNUM_CNG_PROCESS_H
#define SIGNUM_CNG_PROCESS_H

#include "core/handle.h"
#include "core/session.h"

/*
 * What the DLL keeps per process: the real ports, the session, the handles. Opened on first use,
 * never closed: the DLL cannot know when its host is done. Thread-safe.
 */

/* Opens what is not open yet. Reads settings; no network. A failure is logged: the calls that
   need the session will meet it again. */
void signum_process_start(void);

/*
 * The session. If the settings were bad, or named no service, they are read again: a host that
 * runs for weeks need not be restarted. BAD_SETTINGS and the like, with the cause in `report`.
 */
enum signum_status signum_process_session(struct signum_session **session_out,
                                          struct signum_report *report) SIGNUM_MUST_USE;

/* The log; NULL before the first start. */
const struct signum_log *signum_process_log(void);

/* Milliseconds of the monotonic clock; 0 before the first start. */
uint64_t signum_process_now_ms(void);

struct signum_handle_table *signum_process_handles(void);

#endif
