#include "hsm/hsm_open.h"

#include <string.h>

#include "base/log.h"

#define PIN_FILE_MAX 256

enum signum_status
signumd_hsm_read_pin(const struct signumd_state *state, struct signum_buf *pin_out)
{
    enum signum_status status = signumd_state_read(state, state->settings.pin_file, pin_out);

    if (status != SIGNUM_OK)
        return status;
    /* an editor leaves a line break at the end */
    if (pin_out->len > 0) {
        pin_out->len = strcspn(signum_buf_text(pin_out), "\r\n");
        pin_out->data[pin_out->len] = '\0';
    }
    if (pin_out->len > 0)
        return SIGNUM_OK;
    signumd_log(SIGNUMD_LOG_ERROR, "HSM: the PIN file is empty");
    return SIGNUM_BAD_SETTINGS;
}

enum signum_status
signumd_hsm_open_for(const struct signumd_state *state, size_t sessions,
                     struct signumd_hsm **hsm_out)
{
    struct signum_buf pin;

    *hsm_out = NULL;
    signum_buf_init_secret(&pin, PIN_FILE_MAX);
    enum signum_status status = signumd_hsm_read_pin(state, &pin);
    if (status == SIGNUM_OK) {
        const struct signumd_hsm_settings settings = {state->settings.pkcs11_module,
                                                      state->settings.pkcs11_token,
                                                      signum_buf_text(&pin), sessions,
                                                      state->settings.vendor_label};
        status = signumd_hsm_open(&settings, hsm_out);
    }
    signum_buf_clear(&pin);
    return status;
}
