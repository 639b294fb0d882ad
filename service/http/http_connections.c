#include "http/http_connections.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/log.h"
#include "base/timestamp.h"

struct connection {
    struct connection *next;
    struct connection *previous;
    struct signumd_connections *owner;
    struct signumd_tls *tls;
    int socket;
    enum signumd_phase phase;
    int64_t since_ms; /* in this phase; since the opening for OPENING */
    bool is_ended;
};

struct signumd_connections {
    pthread_mutex_t lock;
    struct connection *first;
    size_t count;
    struct signumd_tls *tls;
    unsigned idle_timeout_s;
};

enum signum_status
signumd_connections_new(
    struct signumd_tls *tls, unsigned idle_timeout_s, struct signumd_connections **connections_out)
{
    struct signumd_connections *connections = calloc(1, sizeof *connections);

    *connections_out = connections;
    if (connections == NULL) {
        signumd_tls_unref(&tls);
        return SIGNUM_NO_MEMORY;
    }
    (void)pthread_mutex_init(&connections->lock, NULL);
    connections->tls = tls;
    connections->idle_timeout_s = idle_timeout_s;
    return SIGNUM_OK;
}

void
signumd_connections_free(struct signumd_connections **connections)
{
    if (*connections == NULL)
        return;
    signumd_tls_unref(&(*connections)->tls);
    (void)pthread_mutex_destroy(&(*connections)->lock);
    free(*connections);
    *connections = NULL;
}

void
signumd_connections_change(
    struct signumd_connections *connections, struct signumd_tls *tls, unsigned idle_timeout_s)
{
    (void)pthread_mutex_lock(&connections->lock);
    struct signumd_tls *old = connections->tls;
    connections->tls = tls;
    connections->idle_timeout_s = idle_timeout_s;
    (void)pthread_mutex_unlock(&connections->lock);
    signumd_tls_unref(&old);
}

static void
insert(struct signumd_connections *connections, struct connection *entry)
{
    entry->next = connections->first;
    if (entry->next != NULL)
        entry->next->previous = entry;
    connections->first = entry;
    connections->count++;
}

static void
take_out(struct signumd_connections *connections, struct connection *entry)
{
    if (entry->next != NULL)
        entry->next->previous = entry->previous;
    if (entry->previous != NULL)
        entry->previous->next = entry->next;
    else
        connections->first = entry->next;
    connections->count--;
}

/* Without an entry the session has no certificate, so its handshake fails. */
static struct connection *
open_entry(struct signumd_connections *connections, struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *socket =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    const union MHD_ConnectionInfo *session =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_GNUTLS_SESSION);
    struct connection *entry = calloc(1, sizeof *entry);

    if (entry == NULL || socket == NULL || session == NULL) {
        free(entry);
        return NULL;
    }
    entry->owner = connections;
    entry->socket = socket->connect_fd;
    entry->since_ms = signumd_timestamp_monotonic_ms();
    (void)pthread_mutex_lock(&connections->lock);
    entry->tls = signumd_tls_ref(connections->tls);
    unsigned idle_timeout_s = connections->idle_timeout_s;
    insert(connections, entry);
    (void)pthread_mutex_unlock(&connections->lock);
    (void)MHD_set_connection_option(connection, MHD_CONNECTION_OPTION_TIMEOUT, idle_timeout_s);
    /* if this fails it is logged, and so does the handshake */
    enum signum_status status = signumd_tls_use(entry->tls, session->tls_session);
    (void)status;
    return entry;
}

static void
close_entry(struct signumd_connections *connections, struct connection *entry)
{
    (void)pthread_mutex_lock(&connections->lock);
    take_out(connections, entry);
    (void)pthread_mutex_unlock(&connections->lock);
    signumd_tls_unref(&entry->tls);
    free(entry);
}

void
signumd_connections_notify(void *closure, struct MHD_Connection *connection, void **context,
    enum MHD_ConnectionNotificationCode code)
{
    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        *context = open_entry(closure, connection);
    } else if (*context != NULL) {
        close_entry(closure, *context);
        *context = NULL;
    }
}

static struct connection *
entry_of(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *facts =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

    return facts == NULL ? NULL : facts->socket_context;
}

void
signumd_connections_set_phase(struct signumd_connections *connections,
    struct MHD_Connection *connection, enum signumd_phase phase)
{
    struct connection *entry = entry_of(connection);

    if (entry == NULL)
        return;
    (void)pthread_mutex_lock(&connections->lock);
    /* a request has one time for head and body together; only a first head can be timed */
    if (phase != SIGNUMD_PHASE_RECEIVING || entry->phase != SIGNUMD_PHASE_OPENING)
        entry->since_ms = signumd_timestamp_monotonic_ms();
    entry->phase = phase;
    (void)pthread_mutex_unlock(&connections->lock);
}

/* With the lock held: its socket cannot be closed and used for another meanwhile. */
static void
end(struct connection *entry)
{
    entry->is_ended = true;
    (void)shutdown(entry->socket, SHUT_RDWR);
}

size_t
signumd_connections_sweep(
    struct signumd_connections *connections, unsigned transfer_s, unsigned idle_s)
{
    int64_t now = signumd_timestamp_monotonic_ms();
    size_t count = 0;

    (void)pthread_mutex_lock(&connections->lock);
    for (struct connection *entry = connections->first; entry != NULL; entry = entry->next) {
        unsigned limit_s = entry->phase == SIGNUMD_PHASE_IDLE ? idle_s : transfer_s;
        if (entry->is_ended || entry->phase == SIGNUMD_PHASE_WORKING ||
            now - entry->since_ms <= (int64_t)limit_s * 1000)
            continue;
        end(entry);
        if (entry->phase != SIGNUMD_PHASE_IDLE)
            count++;
    }
    (void)pthread_mutex_unlock(&connections->lock);
    return count;
}

unsigned
signumd_connections_longest_work(struct signumd_connections *connections)
{
    int64_t now = signumd_timestamp_monotonic_ms();
    int64_t longest = 0;

    (void)pthread_mutex_lock(&connections->lock);
    for (struct connection *entry = connections->first; entry != NULL; entry = entry->next)
        if (entry->phase == SIGNUMD_PHASE_WORKING && now - entry->since_ms > longest)
            longest = now - entry->since_ms;
    (void)pthread_mutex_unlock(&connections->lock);
    return (unsigned)(longest / 1000);
}

enum signum_status
signumd_connections_check(
    struct MHD_Connection *connection, struct signumd_client_certificate *certificate_out)
{
    const union MHD_ConnectionInfo *session =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_GNUTLS_SESSION);
    struct connection *entry = entry_of(connection);

    memset(certificate_out, 0, sizeof *certificate_out);
    if (entry == NULL || session == NULL)
        return SIGNUM_INTERNAL;
    (void)pthread_mutex_lock(&entry->owner->lock);
    struct signumd_tls *tls = signumd_tls_ref(entry->owner->tls);
    (void)pthread_mutex_unlock(&entry->owner->lock);
    enum signum_status status = signumd_client_trust_check(
        signumd_tls_clients(tls), session->tls_session, certificate_out);
    signumd_tls_unref(&tls);
    return status;
}

size_t
signumd_connections_count(struct signumd_connections *connections)
{
    (void)pthread_mutex_lock(&connections->lock);
    size_t count = connections->count;
    (void)pthread_mutex_unlock(&connections->lock);
    return count;
}
