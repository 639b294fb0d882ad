#include "install.h"

#include <stdlib.h>

#include "installer/register.h"
#include "io/utf16.h"
#include "signum/signum.h"

/* What belongs to a place, in words. */
struct place {
    enum signum_register_place id;
    const char *folder;
    const char *option;
};

static const struct place places[] = {
    {SIGNUM_REGISTER_NATIVE, "System32", "--dll"},
    {SIGNUM_REGISTER_WOW, "SysWOW64", "--dll32"},
};

enum { PLACE_COUNT = sizeof(places) / sizeof(places[0]) };

static const char *
advice_for(enum signum_status status)
{
    switch (status) {
    case SIGNUM_DENIED:
        return "open a console with 'Run as administrator' and try again";
    case SIGNUM_BAD_TYPE:
        return "--dll takes the 64-bit signumksp.dll and --dll32 the 32-bit one";
    default:
        return NULL;
    }
}

/* Says what a step of register.h ended with, code included. */
static enum signum_status
check(struct signum_output *output, struct signum_register_result result)
{
    if (result.status == SIGNUM_OK) {
        return SIGNUM_OK;
    }
    struct signum_buf cause;
    signum_buf_init(&cause, 1024);
    signum_buf_printf(&cause, "%s", result.step);
    if (result.status == SIGNUM_DENIED) {
        signum_buf_put_text(&cause, ": this needs an administrator");
    }
    if (result.nt != STATUS_SUCCESS) {
        signum_buf_printf(&cause, " (NTSTATUS 0x%08lx)", (unsigned long)result.nt);
    }
    if (result.error != ERROR_SUCCESS) {
        signum_buf_printf(&cause, " (Windows error %lu)", (unsigned long)result.error);
    }
    signum_output_error(output, result.status, signum_buf_text(&cause), advice_for(result.status),
                        NULL);
    signum_buf_clear(&cause);
    return result.status;
}

static enum signum_status
copy_dll(struct signum_output *output, const struct place *place, const char *file,
         bool *is_new_out)
{
    bool has_replaced = false;
    wchar_t *path = NULL;
    *is_new_out = false;
    if (!signum_register_has_place(place->id)) {
        signum_output_error(output, SIGNUM_INVALID_ARGUMENT, "this is a 32-bit Windows",
                            "give the 32-bit signumksp.dll as --dll", NULL);
        return SIGNUM_INVALID_ARGUMENT;
    }
    enum signum_status status = signum_utf16_from_utf8(file, &path);
    if (status != SIGNUM_OK) {
        signum_output_error(output, status, "the DLL's path cannot be used", NULL, NULL);
        return status;
    }
    status = check(output, signum_register_copy_dll(place->id, path, SIGNUM_DLL_NAME_W,
                                                    &has_replaced));
    free(path);
    if (status == SIGNUM_OK) {
        *is_new_out = !has_replaced;
        signum_output_say(output, "%s is %s in %s", SIGNUM_DLL_NAME,
                          has_replaced ? "replaced" : "now", place->folder);
    }
    return status;
}

/* Whether a fitting DLL is in place: a registration without one breaks every program that lists
   the providers. In SysWOW64 it may be missing: then only 32-bit programs lack the provider. */
static enum signum_status
check_dll(struct signum_output *output, const struct place *place)
{
    WCHAR path[MAX_PATH];
    WORD machine = 0;
    struct signum_register_result result =
        signum_register_path(place->id, SIGNUM_DLL_NAME_W, path);
    if (result.status == SIGNUM_OK) {
        result = signum_register_read_machine(path, &machine);
    }
    if (result.status == SIGNUM_OK && machine == signum_register_machine(place->id)) {
        return SIGNUM_OK;
    }
    if (result.status == SIGNUM_NOT_FOUND && place->id == SIGNUM_REGISTER_WOW) {
        signum_output_note(output, "%s is not in SysWOW64, so 32-bit programs will not find the "
                                   "provider; put it there with --dll32", SIGNUM_DLL_NAME);
        return SIGNUM_OK;
    }
    struct signum_buf cause;
    struct signum_buf next;
    signum_buf_init(&cause, 256);
    signum_buf_init(&next, 256);
    signum_buf_printf(&cause, "%s in %s is %s", SIGNUM_DLL_NAME, place->folder,
                      result.status == SIGNUM_NOT_FOUND ? "missing"
                      : result.status == SIGNUM_OK      ? "made for another kind of machine"
                                                        : "not a DLL that can be read");
    signum_buf_printf(&next, "put it there with %s FILE", place->option);
    enum signum_status status = result.status == SIGNUM_OK ? SIGNUM_BAD_TYPE : result.status;
    signum_output_error(output, status, signum_buf_text(&cause), signum_buf_text(&next), NULL);
    signum_buf_clear(&next);
    signum_buf_clear(&cause);
    return status;
}

static enum signum_status
prepare_dlls(struct signum_output *output, const struct signum_install_options *options,
             bool *is_new)
{
    const char *const files[PLACE_COUNT] = {options->dll, options->dll32};
    for (size_t i = 0; i < PLACE_COUNT; i++) {
        enum signum_status status = SIGNUM_OK;
        if (files[i] != NULL) {
            status = copy_dll(output, &places[i], files[i], &is_new[i]);
        } else if (!options->is_unchecked && signum_register_has_place(places[i].id)) {
            status = check_dll(output, &places[i]);
        }
        if (status != SIGNUM_OK) {
            return status;
        }
    }
    return SIGNUM_OK;
}

enum signum_status
signum_install_register(struct signum_output *output, const struct signum_install_options *options)
{
    bool is_new[PLACE_COUNT] = {false};
    bool is_delayed = false;
    enum signum_status status = prepare_dlls(output, options, is_new);
    if (status == SIGNUM_OK) {
        status = check(output, signum_register(SIGNUM_PROVIDER_NAME_W, SIGNUM_DLL_NAME_W));
    }
    if (status == SIGNUM_OK) {
        signum_output_say(output, "\"%s\" is registered, and the registry confirms it.",
                          SIGNUM_PROVIDER_NAME);
        signum_output_say(output, "Next: signum login --token-file FILE, then signum certs sync");
        signum_output_put_text(output, "provider", SIGNUM_PROVIDER_NAME);
        signum_output_put_bool(output, "registered", true);
        return SIGNUM_OK;
    }
    for (size_t i = 0; i < PLACE_COUNT; i++) {
        if (is_new[i]) {
            (void)signum_register_remove_dll(places[i].id, SIGNUM_DLL_NAME_W, &is_delayed);
        }
    }
    return status;
}

static enum signum_status
remove_dlls(struct signum_output *output)
{
    enum signum_status worst = SIGNUM_OK;
    for (size_t i = 0; i < PLACE_COUNT; i++) {
        bool is_delayed = false;
        if (!signum_register_has_place(places[i].id)) {
            continue;
        }
        enum signum_status status = check(
            output, signum_register_remove_dll(places[i].id, SIGNUM_DLL_NAME_W, &is_delayed));
        if (status != SIGNUM_OK) {
            worst = status;
        } else {
            signum_output_say(output, "%s is no longer in %s%s", SIGNUM_DLL_NAME, places[i].folder,
                              is_delayed ? "; a program still uses it until Windows restarts" : "");
        }
    }
    return worst;
}

enum signum_status
signum_install_unregister(struct signum_output *output, bool has_dlls_to_go)
{
    enum signum_status status = check(output, signum_unregister(SIGNUM_PROVIDER_NAME_W));
    if (status != SIGNUM_OK) {
        return status;
    }
    signum_output_say(output, "\"%s\" is not registered any more.", SIGNUM_PROVIDER_NAME);
    signum_output_put_text(output, "provider", SIGNUM_PROVIDER_NAME);
    signum_output_put_bool(output, "registered", false);
    return has_dlls_to_go ? remove_dlls(output) : SIGNUM_OK;
}
