#ifndef SIGNUMD_PIN_GATE_H
#define SIGNUMD_PIN_GATE_H

#include "keys/pins.h"

/*
 * Where PINs are compared. A comparison costs time and memory on purpose; therefore one is made
 * at a time, and no more than a few threads wait for it, so that the others stay free for what is
 * not about PINs. As who is inside is alone, no wrong try escapes the count.
 *
 * A PIN that was found right is remembered, as a keyed hash whose key never leaves the memory, so
 * that signing many files with one PIN costs one comparison.
 */
struct signumd_pin_gate;

/* At most `most` threads inside and waiting. */
enum signum_status signumd_pin_gate_new(
    size_t most, struct signumd_pin_gate **gate_out) SIGNUM_MUST_USE;
void signumd_pin_gate_free(struct signumd_pin_gate **gate);

/* SIGNUM_SERVICE_BUSY when too many wait already. Every SIGNUM_OK needs a leave. */
enum signum_status signumd_pin_gate_enter(struct signumd_pin_gate *gate) SIGNUM_MUST_USE;
void signumd_pin_gate_leave(struct signumd_pin_gate *gate);

/* Was this PIN found right before, and is it still? Any thread, also outside. */
bool signumd_pin_gate_knows(struct signumd_pin_gate *gate, const char *key_id,
    const struct signumd_pin *pin, struct signum_bytes secret);

/* Compares. Only inside. */
enum signum_status signumd_pin_gate_compare(struct signumd_pin_gate *gate, const char *key_id,
    const struct signumd_pin *pin, struct signum_bytes secret, bool *is_right_out) SIGNUM_MUST_USE;

#endif
