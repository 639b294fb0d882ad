#include "hsm/hsm_open.h"

#include <string.h>

#define PIN_FILE_MAX 256

enum signum_status
signumd_hsm_open_for(const struct signumd_state *state, size_t sessions,
                     struct signumd_hsm **hsm_out)
{
    struct signum_buf pin;

    *hsm_out = NULL;
    signum_buf_init_secret(&pin, PIN_FILE_MAX);
    enum signum_status status = signumd_state_read(state, state->settings.pin_file, &pin);
    if (status == SIGNUM_OK && pin.len == 0)
        status = SIGNUM_BAD_SETTINGS;
    if (status == SIGNUM_OK) {
        /* an editor leaves a line break at the end */
        pin.data[strcspn((char *)pin.data, "\r\n")] = '\0';
        const struct signumd_hsm_settings settings = {state->settings.pkcs11_module,
                                                      state->settings.pkcs11_token,
                                                      (const char *)pin.data, sessions};
        status = signumd_hsm_open(&settings, hsm_out);
    }
    signum_buf_clear(&pin);
    return status;
}
