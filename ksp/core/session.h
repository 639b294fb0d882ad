#ifndef SIGNUM_CORE_SESSION_H
#define SIGNUM_CORE_SESSION_H

#include "config.h"
#include "service.h"

/*
 * A session: the settings as read once, and the services that they name. The DLL keeps one per
 * process, the command makes one per run. A key's full name is "service/key"; a bare name belongs
 * to the default service. Thread-safe after opening.
 */
struct signum_session;

/* Reads the settings and opens every service. No network. `ports` is borrowed and must outlive
   the session. BAD_SETTINGS with the cause in `report`; no service at all is fine here. */
enum signum_status signum_session_open(const struct signum_ports *ports,
                                       struct signum_session **session_out,
                                       struct signum_report *report) SIGNUM_MUST_USE;
void signum_session_free(struct signum_session **session);

const struct signum_settings *signum_session_settings(const struct signum_session *session);

/* What is told to the services about this process; borrowed. NULL: nothing is. */
const char *signum_session_context(struct signum_session *session);

/* Puts the settings' reason and PIN where none is given. Borrowed from the session. */
void signum_session_complete(const struct signum_session *session,
                             struct signum_demanded *given_inout);

const struct signum_log *signum_session_log(const struct signum_session *session);

size_t signum_session_service_count(const struct signum_session *session);
struct signum_service *signum_session_service(struct signum_session *session, size_t index);

/* Finds the service and the bare key name (borrowed from `full_name`) that a full name means.
   BAD_SETTINGS if no service is configured, KEY_NOT_FOUND if the prefix names none. */
enum signum_status signum_session_resolve(struct signum_session *session, const char *full_name,
                                          struct signum_service **service_out,
                                          const char **key_name_out,
                                          struct signum_report *report) SIGNUM_MUST_USE;

/* Appends the full name of a service's key: bare for the default service, "service/key" else. */
void signum_session_put_full_name(const struct signum_session *session,
                                  const struct signum_service *service, const char *key_name,
                                  struct signum_buf *out);

#endif
