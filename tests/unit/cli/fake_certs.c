#include "fake_certs.h"

#include <stdio.h>
#include <string.h>

struct fake_certs fake_certs;

/* Only its address is used. */
struct signum_certs {
    int unused;
};

static struct signum_certs the_store;

void
fake_certs_reset(void)
{
    memset(&fake_certs, 0, sizeof(fake_certs));
}

enum signum_status
signum_certs_open(bool is_machine, struct signum_certs **certs_out, struct signum_buf *cause)
{
    *certs_out = NULL;
    if (fake_certs.open_status != SIGNUM_OK) {
        signum_buf_put_text(cause, "the fake store does not open");
        return fake_certs.open_status;
    }
    fake_certs.is_machine = is_machine;
    fake_certs.opened++;
    *certs_out = &the_store;
    return SIGNUM_OK;
}

void
signum_certs_close(struct signum_certs **certs)
{
    fake_certs.opened -= *certs != NULL;
    *certs = NULL;
}

enum signum_status
signum_certs_put(struct signum_certs *certs, const struct signum_certs_entry *entry,
                 enum signum_certs_change *change_out, struct signum_buf *cause)
{
    (void)certs;
    *change_out = SIGNUM_CERTS_UNCHANGED;
    fake_certs.put_count++;
    if (fake_certs.put_status != SIGNUM_OK) {
        signum_buf_put_text(cause, "the fake store is full");
        return fake_certs.put_status;
    }
    if (fake_certs.stored_len == 0) {
        *change_out = SIGNUM_CERTS_ADDED;
    }
    fake_certs.stored_len = entry->certificate.len;
    snprintf(fake_certs.key, sizeof(fake_certs.key), "%s", entry->key);
    snprintf(fake_certs.friendly_name, sizeof(fake_certs.friendly_name), "%s",
             entry->friendly_name);
    return SIGNUM_OK;
}

enum signum_status
signum_certs_prove(struct signum_certs *certs, const struct signum_certs_entry *entry,
                   struct signum_buf *cause)
{
    (void)certs;
    (void)entry;
    fake_certs.prove_count++;
    if (fake_certs.prove_status != SIGNUM_OK) {
        signum_buf_put_text(cause, "the fake key does not open");
    }
    return fake_certs.prove_status;
}
