#include <string.h>
#include <wchar.h>

#include "property.h"
#include "rim.h"

#define TEXT_CCH_MAX (SIGNUM_NOTES_TEXT_MAX / 4) /* so that it fits as UTF-8 too */

enum signum_status
signum_property_put_dword(struct signum_buf *out, DWORD value)
{
    signum_buf_put_le32(out, value);
    return signum_buf_status(out);
}

enum signum_status
signum_property_take_dword(struct signum_bytes value, DWORD *number_out)
{
    *number_out = 0;
    if (value.len != sizeof *number_out)
        return SIGNUM_INVALID_ARGUMENT;
    memcpy(number_out, value.data, sizeof *number_out);
    return SIGNUM_OK;
}

enum signum_status
signum_property_set_same(struct signum_bytes value, DWORD actual)
{
    DWORD wanted;
    enum signum_status status = signum_property_take_dword(value, &wanted);

    if (status != SIGNUM_OK)
        return status;
    return wanted == actual ? SIGNUM_OK : SIGNUM_NOT_SUPPORTED;
}

enum signum_status
signum_property_take_text(struct signum_bytes value, size_t cch_max, struct signum_buf *out)
{
    WCHAR wide[TEXT_CCH_MAX + 1] = {0};

    /* the value need not lie aligned, nor end in a NUL: a copy does both */
    if (value.len % sizeof(WCHAR) != 0 || value.len > TEXT_CCH_MAX * sizeof(WCHAR))
        return SIGNUM_INVALID_ARGUMENT;
    memcpy(wide, value.data, value.len);
    enum signum_status status = signum_rim_take_text(wide, cch_max, out);
    signum_wipe(wide, sizeof wide); /* it may be a PIN */
    return status;
}

enum signum_status
signum_property_get_impl_type(const struct signum_property_target *target, struct signum_buf *out)
{
    (void)target;
    return signum_property_put_dword(out, NCRYPT_IMPL_HARDWARE_FLAG);
}

static enum signum_status
put_note(const struct signum_property_target *target, enum signum_notes_text which,
         struct signum_buf *out)
{
    struct signum_buf text;

    signum_buf_init(&text, SIGNUM_NOTES_TEXT_MAX);
    enum signum_status status = signum_notes_text(target->notes, which, &text);
    if (status == SIGNUM_OK)
        status = signum_rim_put_wide(out, signum_buf_text(&text));
    signum_buf_clear(&text);
    return status;
}

enum signum_status
signum_property_get_use_context(const struct signum_property_target *target,
                                struct signum_buf *out)
{
    return put_note(target, SIGNUM_NOTES_USE_CONTEXT, out);
}

/* Keeps a text of at most `max` bytes as UTF-8; an empty one is one that is not set. */
static enum signum_status
set_note(const struct signum_property_target *target, enum signum_notes_text which,
         struct signum_bytes value, size_t max)
{
    struct signum_buf text;

    signum_buf_init_secret(&text, SIGNUM_NOTES_TEXT_MAX);
    enum signum_status status = signum_property_take_text(value, TEXT_CCH_MAX, &text);
    if (status == SIGNUM_OK && text.len > max)
        status = SIGNUM_INVALID_ARGUMENT;
    if (status == SIGNUM_OK)
        status = signum_notes_set_text(target->notes, which, signum_buf_text(&text));
    signum_buf_clear(&text);
    return status;
}

enum signum_status
signum_property_set_use_context(const struct signum_property_target *target,
                                struct signum_bytes value)
{
    return set_note(target, SIGNUM_NOTES_USE_CONTEXT, value, SIGNUM_NOTES_TEXT_MAX);
}

enum signum_status
signum_property_get_reason(const struct signum_property_target *target, struct signum_buf *out)
{
    return put_note(target, SIGNUM_NOTES_REASON, out);
}

enum signum_status
signum_property_set_reason(const struct signum_property_target *target, struct signum_bytes value)
{
    return set_note(target, SIGNUM_NOTES_REASON, value, SIGNUM_REASON_MAX);
}

enum signum_status
signum_property_set_pin(const struct signum_property_target *target, struct signum_bytes value)
{
    return set_note(target, SIGNUM_NOTES_PIN, value, SIGNUM_PIN_MAX);
}

enum signum_status
signum_property_get_window(const struct signum_property_target *target, struct signum_buf *out)
{
    HWND window = signum_notes_window(target->notes);

    if (window == NULL)
        return SIGNUM_NOT_FOUND;
    signum_buf_put(out, &window, sizeof window);
    return signum_buf_status(out);
}

enum signum_status
signum_property_set_window(const struct signum_property_target *target, struct signum_bytes value)
{
    HWND window;

    if (value.len != sizeof window)
        return SIGNUM_INVALID_ARGUMENT;
    memcpy(&window, value.data, sizeof window);
    signum_notes_set_window(target->notes, window);
    return SIGNUM_OK;
}

enum signum_status
signum_property_get_last_error(const struct signum_property_target *target, struct signum_buf *out)
{
    return put_note(target, SIGNUM_NOTES_LAST_ERROR, out);
}

enum signum_status
signum_property_get_last_request(const struct signum_property_target *target,
                                 struct signum_buf *out)
{
    return put_note(target, SIGNUM_NOTES_LAST_REQUEST, out);
}

enum signum_status
signum_property_get_nothing(const struct signum_property_target *target, struct signum_buf *out)
{
    (void)target;
    (void)out;
    return SIGNUM_NOT_FOUND;
}

enum signum_status
signum_property_set_nothing(const struct signum_property_target *target, struct signum_bytes value)
{
    (void)target;
    (void)value;
    return SIGNUM_OK;
}
