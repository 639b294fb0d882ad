#include "keys/pin_gate.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define KNOWN_MAX 64
#define TEXT_MAX 512 /* key identifier, hash, and the longest PIN of a request */

struct signumd_pin_gate {
    pthread_mutex_t inside; /* held by who compares */
    pthread_mutex_t lock;   /* of what follows */
    size_t most;
    size_t count;
    uint8_t key[SIGNUMD_SHA256_LEN];
    uint8_t known[KNOWN_MAX][SIGNUMD_SHA256_LEN]; /* a ring; free places are random */
    size_t next;
};

enum signum_status
signumd_pin_gate_new(size_t most, struct signumd_pin_gate **gate_out)
{
    *gate_out = NULL;
    struct signumd_pin_gate *gate = calloc(1, sizeof *gate);
    if (gate == NULL)
        return SIGNUM_NO_MEMORY;
    gate->most = most < 1 ? 1 : most;
    (void)pthread_mutex_init(&gate->inside, NULL);
    (void)pthread_mutex_init(&gate->lock, NULL);
    *gate_out = gate;
    enum signum_status status = signumd_crypto_random(gate->key, sizeof gate->key);
    if (status == SIGNUM_OK)
        status = signumd_crypto_random(gate->known, sizeof gate->known);
    if (status != SIGNUM_OK)
        signumd_pin_gate_free(gate_out);
    return status;
}

void
signumd_pin_gate_free(struct signumd_pin_gate **gate)
{
    struct signumd_pin_gate *old = *gate;

    *gate = NULL;
    if (old == NULL)
        return;
    (void)pthread_mutex_destroy(&old->inside);
    (void)pthread_mutex_destroy(&old->lock);
    signum_wipe(old, sizeof *old);
    free(old);
}

enum signum_status
signumd_pin_gate_enter(struct signumd_pin_gate *gate)
{
    (void)pthread_mutex_lock(&gate->lock);
    bool is_free = gate->count < gate->most;
    if (is_free)
        gate->count++;
    (void)pthread_mutex_unlock(&gate->lock);
    if (!is_free)
        return SIGNUM_SERVICE_BUSY;
    (void)pthread_mutex_lock(&gate->inside);
    return SIGNUM_OK;
}

void
signumd_pin_gate_leave(struct signumd_pin_gate *gate)
{
    (void)pthread_mutex_unlock(&gate->inside);
    (void)pthread_mutex_lock(&gate->lock);
    gate->count--;
    (void)pthread_mutex_unlock(&gate->lock);
}

/* With the stored hash in it, so that another PIN of the key makes it worthless. */
static enum signum_status
mac_of(const struct signumd_pin_gate *gate, const char *key_id, const struct signumd_pin *pin,
    struct signum_bytes secret, uint8_t mac_out[SIGNUMD_SHA256_LEN])
{
    struct signum_buf text;
    const struct signum_bytes key = {gate->key, sizeof gate->key};

    signum_buf_init_secret(&text, TEXT_MAX);
    signum_buf_put(&text, pin->hash, sizeof pin->hash);
    signum_buf_put(&text, pin->salt, sizeof pin->salt);
    signum_buf_put(&text, key_id, strlen(key_id) + 1);
    signum_buf_put(&text, secret.data, secret.len);
    enum signum_status status = signum_buf_status(&text);
    if (status == SIGNUM_OK)
        status = signumd_crypto_hmac_sha256(key, signum_bytes_of_buf(&text), mac_out);
    signum_buf_clear(&text);
    return status;
}

bool
signumd_pin_gate_knows(struct signumd_pin_gate *gate, const char *key_id,
    const struct signumd_pin *pin, struct signum_bytes secret)
{
    uint8_t mac[SIGNUMD_SHA256_LEN];
    bool is_known = false;

    if (mac_of(gate, key_id, pin, secret, mac) != SIGNUM_OK)
        return false;
    (void)pthread_mutex_lock(&gate->lock);
    for (size_t i = 0; i < KNOWN_MAX; i++)
        if (signumd_crypto_is_equal(mac, gate->known[i], sizeof mac))
            is_known = true;
    (void)pthread_mutex_unlock(&gate->lock);
    return is_known;
}

static enum signum_status
remember(struct signumd_pin_gate *gate, const char *key_id, const struct signumd_pin *pin,
    struct signum_bytes secret)
{
    uint8_t mac[SIGNUMD_SHA256_LEN];
    enum signum_status status = mac_of(gate, key_id, pin, secret, mac);

    if (status != SIGNUM_OK)
        return status;
    (void)pthread_mutex_lock(&gate->lock);
    memcpy(gate->known[gate->next], mac, sizeof mac);
    gate->next = (gate->next + 1) % KNOWN_MAX;
    (void)pthread_mutex_unlock(&gate->lock);
    return SIGNUM_OK;
}

enum signum_status
signumd_pin_gate_compare(struct signumd_pin_gate *gate, const char *key_id,
    const struct signumd_pin *pin, struct signum_bytes secret, bool *is_right_out)
{
    uint8_t hash[SIGNUMD_SHA256_LEN];
    const struct signum_bytes salt = {pin->salt, sizeof pin->salt};

    *is_right_out = false;
    enum signum_status status = signumd_crypto_scrypt(secret, salt, &pin->cost, hash);
    if (status != SIGNUM_OK)
        return status;
    *is_right_out = signumd_crypto_is_equal(hash, pin->hash, sizeof hash);
    signum_wipe(hash, sizeof hash);
    return *is_right_out ? remember(gate, key_id, pin, secret) : SIGNUM_OK;
}
