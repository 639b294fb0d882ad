#include "notes.h"

void
signum_notes_init(struct signum_notes *notes)
{
    signum_lock_init(&notes->lock);
    notes->window = NULL;
    signum_buf_init(&notes->use_context, SIGNUM_NOTES_TEXT_MAX);
    signum_buf_init(&notes->reason, SIGNUM_NOTES_TEXT_MAX);
    signum_buf_init_secret(&notes->pin, SIGNUM_NOTES_TEXT_MAX);
    signum_buf_init(&notes->last_error, SIGNUM_NOTES_TEXT_MAX);
    signum_buf_init(&notes->last_request, SIGNUM_NOTES_TEXT_MAX);
}

void
signum_notes_clear(struct signum_notes *notes)
{
    signum_buf_clear(&notes->use_context);
    signum_buf_clear(&notes->reason);
    signum_buf_clear(&notes->pin);
    signum_buf_clear(&notes->last_error);
    signum_buf_clear(&notes->last_request);
    signum_lock_clear(&notes->lock);
}

void
signum_notes_set_window(struct signum_notes *notes, HWND window)
{
    signum_lock_acquire(&notes->lock);
    notes->window = window;
    signum_lock_release(&notes->lock);
}

HWND
signum_notes_window(struct signum_notes *notes)
{
    signum_lock_acquire(&notes->lock);
    HWND window = notes->window;
    signum_lock_release(&notes->lock);
    return window;
}

static struct signum_buf *
text_of(struct signum_notes *notes, enum signum_notes_text which)
{
    switch (which) {
    case SIGNUM_NOTES_USE_CONTEXT:
        return &notes->use_context;
    case SIGNUM_NOTES_REASON:
        return &notes->reason;
    case SIGNUM_NOTES_PIN:
        return &notes->pin;
    case SIGNUM_NOTES_LAST_ERROR:
        return &notes->last_error;
    case SIGNUM_NOTES_LAST_REQUEST:
        break;
    }
    return &notes->last_request;
}

enum signum_status
signum_notes_set_text(struct signum_notes *notes, enum signum_notes_text which, const char *text)
{
    struct signum_buf copy;

    signum_buf_init_secret(&copy, SIGNUM_NOTES_TEXT_MAX); /* it may be the PIN */
    signum_buf_put_text(&copy, text);
    enum signum_status status = signum_buf_status(&copy);
    if (status == SIGNUM_OK) {
        signum_lock_acquire(&notes->lock);
        signum_buf_move(text_of(notes, which), &copy);
        signum_lock_release(&notes->lock);
    }
    signum_buf_clear(&copy);
    return status;
}

enum signum_status
signum_notes_text(struct signum_notes *notes, enum signum_notes_text which, struct signum_buf *out)
{
    signum_lock_acquire(&notes->lock);
    const struct signum_buf *text = text_of(notes, which);
    bool is_empty = text->len == 0;
    signum_buf_put_text(out, signum_buf_text(text));
    signum_lock_release(&notes->lock);
    return is_empty ? SIGNUM_NOT_FOUND : signum_buf_status(out);
}

/* Without the memory for a note the call's own result still stands. */
static void
note(struct signum_notes *notes, enum signum_notes_text which, const char *text)
{
    enum signum_status status = signum_notes_set_text(notes, which, text);
    (void)status;
}

void
signum_notes_remember(struct signum_notes *notes, enum signum_status status,
                      const struct signum_report *report)
{
    const char *text = signum_buf_text(&report->text);

    if (report->request.len > 0)
        note(notes, SIGNUM_NOTES_LAST_REQUEST, signum_buf_text(&report->request));
    if (status == SIGNUM_OK)
        return;
    /* slips without a word on their cause would only hide the last real one */
    if (report->text.len == 0 && signum_status_group(status) == SIGNUM_GROUP_CALLER)
        return;
    note(notes, SIGNUM_NOTES_LAST_ERROR, report->text.len > 0 ? text : signum_status_text(status));
}
