#include <string.h>

#include "base/timestamp.h"
#include "keys/pin_gate.h"
#include "signing/signing.h"

static bool
has_flag(const struct signumd_signing *signing, enum signumd_key_flag flag)
{
    return (signing->key.flags & SIGNUMD_KEY_FLAG_BIT(flag)) != 0;
}

static bool
check_reason(struct signumd_signing *signing)
{
    const struct signum_buf *reason = &signing->sign.reason;

    if (!has_flag(signing, SIGNUMD_KEY_USAGE_REASON) &&
        !signing->decision.obligations.needs_reason)
        return true;
    for (size_t i = 0; i < reason->len; i++)
        if (reason->data[i] > ' ')
            return true;
    signumd_signing_refuse(signing, "denied", SIGNUMD_PROBLEM_REASON_REQUIRED,
        "A signature with this key needs a reason");
    return false;
}

/* Part of the record's transaction. */
static enum signum_status
count_wrong(struct signumd_db *db, struct signumd_signing *signing)
{
    struct signumd_request *request = signing->request;
    const struct signumd_actor actor = signumd_request_actor(request);
    struct signumd_pin_tries tries;

    return signumd_pins_count_wrong(db, &actor, &signing->key,
        request->app->state->settings.pin_max_failures, signumd_timestamp_seconds(), &tries);
}

static void
refuse_locked(struct signumd_signing *signing, const struct signumd_pin_tries *tries, int64_t now)
{
    if (tries->locked_until == SIGNUMD_PIN_LOCKED_FOR_GOOD) {
        signumd_signing_refuse(signing, "denied", SIGNUMD_PROBLEM_PIN_LOCKED,
            "After too many wrong PINs this key is locked for you until a key manager unlocks it");
        return;
    }
    signumd_signing_refuse(signing, "denied", SIGNUMD_PROBLEM_PIN_LOCKED,
        "After too many wrong PINs this key is locked for you for a while");
    signumd_reply_header(
        signing->request, "Retry-After", "%lld", (long long)(tries->locked_until - now));
}

/* Reads what is known of the user's tries. False after having answered, if there is a lock. */
static bool
check_lock(struct signumd_signing *signing, struct signumd_pin_tries *tries_out)
{
    struct signumd_request *request = signing->request;
    int64_t now = signumd_timestamp_seconds();
    enum signum_status status =
        signumd_pins_get_tries(request->db, signing->key.id, request->user.name, now, tries_out);

    if (status != SIGNUM_OK)
        signumd_reply_internal(request, status);
    else if (tries_out->locked_until != 0)
        refuse_locked(signing, tries_out, now);
    return status == SIGNUM_OK && tries_out->locked_until == 0;
}

static bool
accept_pin(struct signumd_signing *signing, const struct signumd_pin_tries *tries)
{
    const struct signumd_actor actor = signumd_request_actor(signing->request);

    if (tries->wrong == 0)
        return true;
    enum signum_status status =
        signumd_pins_count_right(signing->request->db, &actor, &signing->key);
    if (status != SIGNUM_OK)
        signumd_reply_internal(signing->request, status);
    return status == SIGNUM_OK;
}

/* Inside the gate, where nobody else counts; so the lock is looked at again. */
static bool
compare(struct signumd_signing *signing, const struct signumd_pin *pin)
{
    bool is_right = false;
    struct signumd_pin_tries tries;

    if (!check_lock(signing, &tries))
        return false;
    enum signum_status status = signumd_pin_gate_compare(signing->request->app->pins,
        signing->key.id, pin, signum_bytes_of_buf(&signing->sign.pin), &is_right);
    if (status != SIGNUM_OK) {
        signumd_reply_internal(signing->request, status);
        return false;
    }
    if (is_right)
        return accept_pin(signing, &tries);
    signumd_signing_refuse_also(signing, "denied", SIGNUMD_PROBLEM_PIN_WRONG,
        "This is not the PIN of the key", count_wrong);
    return false;
}

static bool
check_value(struct signumd_signing *signing, const struct signumd_pin *pin)
{
    struct signumd_pin_gate *gate = signing->request->app->pins;
    struct signumd_pin_tries tries;

    if (!check_lock(signing, &tries))
        return false;
    if (signumd_pin_gate_knows(gate, signing->key.id, pin, signum_bytes_of_buf(&signing->sign.pin)))
        return accept_pin(signing, &tries);
    if (signumd_pin_gate_enter(gate) != SIGNUM_OK) {
        signumd_signing_refuse(
            signing, "failed", SIGNUMD_PROBLEM_BUSY, "Too many PINs are being checked now");
        return false;
    }
    bool is_good = compare(signing, pin);
    signumd_pin_gate_leave(gate);
    return is_good;
}

static bool
check_pin(struct signumd_signing *signing)
{
    struct signumd_pin pin;

    if (!has_flag(signing, SIGNUMD_KEY_NEED_PIN) && !signing->decision.obligations.needs_pin)
        return true;
    if (signing->sign.pin.len == 0) {
        signumd_signing_refuse(signing, "denied", SIGNUMD_PROBLEM_PIN_REQUIRED,
            "A signature with this key needs its PIN");
        return false;
    }
    enum signum_status status = signumd_pins_find(signing->request->db, signing->key.id, &pin);
    if (status == SIGNUM_NOT_FOUND)
        signumd_signing_refuse(signing, "failed", SIGNUMD_PROBLEM_PIN_NOT_SET,
            "A PIN is demanded and the key has none: a key manager has to set it");
    else if (status != SIGNUM_OK)
        signumd_reply_internal(signing->request, status);
    return status == SIGNUM_OK && check_value(signing, &pin);
}

bool
signumd_signing_demands(struct signumd_signing *signing)
{
    return check_reason(signing) && check_pin(signing);
}
