#include "support/fake_ports.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Memory of the test itself: without it the test cannot go on. */
static void *
copy_of(const void *data, size_t len)
{
    char *copy = malloc(len + 1);

    if (copy == NULL)
        abort();
    if (len > 0)
        memcpy(copy, data, len);
    copy[len] = 0;
    return copy;
}

static char *
text_of(const char *text)
{
    return copy_of(text, strlen(text));
}

/* True if this is the call that the test wants to fail. */
static bool
is_failing(struct signum_fake *fake)
{
    signum_lock_acquire(&fake->lock);
    fake->call_count++;
    bool is_due = fake->fail_at != 0 && fake->call_count == fake->fail_at;
    signum_lock_release(&fake->lock);
    return is_due;
}

/* ---- Named items: variables, files, secrets ---- */

static struct signum_fake_item *
find_item(struct signum_fake_items *items, const char *name)
{
    for (size_t i = 0; i < items->count; i++) {
        if (strcmp(items->items[i].name, name) == 0)
            return &items->items[i];
    }
    return NULL;
}

static void
free_item(struct signum_fake_item *item)
{
    free(item->name);
    free(item->data);
    *item = (struct signum_fake_item){0};
}

static bool
remove_item(struct signum_fake_items *items, const char *name)
{
    struct signum_fake_item *item = find_item(items, name);

    if (item == NULL)
        return false;
    free_item(item);
    *item = items->items[--items->count];
    return true;
}

static struct signum_fake_item *
set_item(struct signum_fake_items *items, const char *name, struct signum_bytes data)
{
    (void)remove_item(items, name);
    if (items->count == SIGNUM_FAKE_ITEMS_MAX)
        abort();
    struct signum_fake_item *item = &items->items[items->count++];
    *item = (struct signum_fake_item){text_of(name), copy_of(data.data, data.len), data.len,
                                      SIGNUM_OK};
    return item;
}

static void
set_or_remove(struct signum_fake *fake, struct signum_fake_items *items, const char *name,
              const char *value)
{
    signum_lock_acquire(&fake->lock);
    if (value == NULL)
        (void)remove_item(items, name);
    else
        (void)set_item(items, name, signum_bytes_of_text(value));
    signum_lock_release(&fake->lock);
}

static enum signum_status
read_item(struct signum_fake *fake, struct signum_fake_items *items, const char *name,
          struct signum_buf *out)
{
    if (is_failing(fake))
        return fake->fail_status;
    signum_lock_acquire(&fake->lock);
    const struct signum_fake_item *item = find_item(items, name);
    enum signum_status status = item == NULL ? SIGNUM_NOT_FOUND : item->failure;
    if (status == SIGNUM_OK) {
        signum_buf_put(out, item->data, item->len);
        status = signum_buf_status(out);
    }
    signum_lock_release(&fake->lock);
    return status;
}

static void
free_items(struct signum_fake_items *items)
{
    while (items->count > 0)
        free_item(&items->items[--items->count]);
}

/* ---- Settings and secrets ---- */

static enum signum_status
variable(void *self, const char *name, struct signum_buf *value_out)
{
    struct signum_fake *fake = self;

    return read_item(fake, &fake->variables, name, value_out);
}

static enum signum_status
read_file(void *self, const char *path, enum signum_file_trust trust, struct signum_buf *data_out,
          struct signum_buf *cause)
{
    struct signum_fake *fake = self;

    (void)trust;
    enum signum_status status = read_item(fake, &fake->files, path, data_out);
    if (status == SIGNUM_IO)
        signum_buf_put_text(cause, "refused by the fake");
    return status;
}

static enum signum_status
put_path(struct signum_fake *fake, const char *path, struct signum_buf *path_out)
{
    if (is_failing(fake))
        return fake->fail_status;
    if (path == NULL)
        return SIGNUM_NOT_FOUND;
    signum_buf_put_text(path_out, path);
    return signum_buf_status(path_out);
}

static enum signum_status
machine_file(void *self, struct signum_buf *path_out)
{
    struct signum_fake *fake = self;

    return put_path(fake, fake->machine_path, path_out);
}

static enum signum_status
user_file(void *self, struct signum_buf *path_out)
{
    struct signum_fake *fake = self;

    return put_path(fake, fake->user_path, path_out);
}

static enum signum_status
get_secret(void *self, const char *name, struct signum_buf *secret_out)
{
    struct signum_fake *fake = self;

    return read_item(fake, &fake->secrets, name, secret_out);
}

static enum signum_status
put_secret(void *self, const char *name, struct signum_bytes secret)
{
    struct signum_fake *fake = self;

    if (is_failing(fake))
        return fake->fail_status;
    signum_lock_acquire(&fake->lock);
    (void)set_item(&fake->secrets, name, secret);
    signum_lock_release(&fake->lock);
    return SIGNUM_OK;
}

static enum signum_status
remove_secret(void *self, const char *name)
{
    struct signum_fake *fake = self;

    if (is_failing(fake))
        return fake->fail_status;
    signum_lock_acquire(&fake->lock);
    bool was_there = remove_item(&fake->secrets, name);
    signum_lock_release(&fake->lock);
    return was_there ? SIGNUM_OK : SIGNUM_NOT_FOUND;
}

/* ---- Clock, random numbers, process, log ---- */

static uint64_t
monotonic_ms(void *self)
{
    struct signum_fake *fake = self;

    signum_lock_acquire(&fake->lock);
    uint64_t now_ms = fake->now_ms;
    signum_lock_release(&fake->lock);
    return now_ms;
}

static int64_t
unix_time(void *self)
{
    struct signum_fake *fake = self;

    signum_lock_acquire(&fake->lock);
    int64_t unix_seconds = fake->unix_seconds;
    signum_lock_release(&fake->lock);
    return unix_seconds;
}

static void
advance(struct signum_fake *fake, uint64_t ms)
{
    fake->now_ms += ms;
    fake->unix_seconds += (int64_t)(ms / 1000);
}

static void
sleep_ms(void *self, uint64_t ms)
{
    struct signum_fake *fake = self;

    signum_lock_acquire(&fake->lock);
    advance(fake, ms);
    fake->slept_ms += ms;
    signum_lock_release(&fake->lock);
}

/* One holder of any name: real threads wait for each other as processes do. */
static enum signum_status
acquire_lock(void *self, const char *name, uint64_t timeout_ms, void **lock_out)
{
    struct signum_fake *fake = self;

    (void)name;
    (void)timeout_ms;
    *lock_out = NULL;
    if (is_failing(fake))
        return fake->fail_status;
    signum_lock_acquire(&fake->process_lock);
    fake->locks_taken++;
    *lock_out = &fake->process_lock;
    return SIGNUM_OK;
}

static void
release_lock(void *self, void *lock)
{
    (void)self;
    signum_lock_release(lock);
}

/* ---- Browser ---- */

static enum signum_status
browser_listen(void *self, void **listener_out, struct signum_buf *redirect_out)
{
    struct signum_fake *fake = self;

    *listener_out = NULL;
    if (is_failing(fake))
        return fake->fail_status;
    fake->listeners_open++;
    *listener_out = fake;
    signum_buf_put_text(redirect_out, "http://127.0.0.1:5555/");
    return signum_buf_status(redirect_out);
}

static enum signum_status
browser_open(void *self, const char *url)
{
    struct signum_fake *fake = self;

    free(fake->shown);
    fake->shown = text_of(url);
    return fake->has_browser ? SIGNUM_OK : SIGNUM_NOT_SUPPORTED;
}

static enum signum_status
browser_wait(void *self, void *listener, uint64_t timeout_ms, struct signum_buf *query_out)
{
    static const char name[] = "&state=";
    struct signum_fake *fake = self;

    (void)timeout_ms;
    assert_ptr_equal(listener, fake);
    if (fake->browser_query == NULL)
        return SIGNUM_TIMEOUT;
    const char *at = strstr(fake->shown, name);
    size_t len = at == NULL ? 0 : strcspn(at + strlen(name), "&");
    const char *hole = strstr(fake->browser_query, "%s");
    if (hole == NULL) {
        signum_buf_put_text(query_out, fake->browser_query);
    } else {
        signum_buf_put(query_out, fake->browser_query, (size_t)(hole - fake->browser_query));
        signum_buf_put(query_out, at == NULL ? "" : at + strlen(name), len);
        signum_buf_put_text(query_out, hole + 2);
    }
    return signum_buf_status(query_out);
}

static void
browser_close(void *self, void *listener)
{
    struct signum_fake *fake = self;

    if (listener != NULL)
        fake->listeners_open--;
}

/* splitmix64. */
static enum signum_status
fill(void *self, void *data, size_t len)
{
    struct signum_fake *fake = self;
    uint8_t *bytes = data;

    if (is_failing(fake))
        return fake->fail_status;
    signum_lock_acquire(&fake->lock);
    for (size_t i = 0; i < len; i++) {
        fake->seed += 0x9E3779B97F4A7C15u;
        uint64_t mix = (fake->seed ^ (fake->seed >> 30)) * 0xBF58476D1CE4E5B9u;
        mix = (mix ^ (mix >> 27)) * 0x94D049BB133111EBu;
        bytes[i] = (uint8_t)(mix >> 56);
    }
    signum_lock_release(&fake->lock);
    return SIGNUM_OK;
}

static enum signum_status
describe(void *self, unsigned parts, struct signum_context *context_out)
{
    struct signum_fake *fake = self;

    if (is_failing(fake))
        return fake->fail_status;
    fake->asked_parts = parts;
    fake->times_described++;
    signum_buf_put_text(&context_out->process, "/opt/test/signtool");
    signum_buf_put(&context_out->arguments, fake->arguments, fake->arguments_len);
    signum_buf_put_text(&context_out->user, "tester");
    signum_buf_put_text(&context_out->machine, "bench");
    return SIGNUM_OK;
}

static void
write_line(void *self, enum signum_log_level level, const char *line)
{
    struct signum_fake *fake = self;

    (void)level;
    signum_lock_acquire(&fake->lock);
    if (fake->line_count < SIGNUM_FAKE_LINES_MAX)
        fake->lines[fake->line_count++] = text_of(line);
    signum_lock_release(&fake->lock);
}

static void
direct(void *self, const char *path)
{
    struct signum_fake *fake = self;

    signum_lock_acquire(&fake->lock);
    free(fake->log_path);
    fake->log_path = text_of(path);
    signum_lock_release(&fake->lock);
}

/* ---- What tests say ---- */

void
signum_fake_set_variable(struct signum_fake *fake, const char *name, const char *value)
{
    set_or_remove(fake, &fake->variables, name, value);
}

void
signum_fake_set_file(struct signum_fake *fake, const char *path, const char *content)
{
    set_or_remove(fake, &fake->files, path, content);
}

void
signum_fake_set_secret(struct signum_fake *fake, const char *name, const char *value)
{
    set_or_remove(fake, &fake->secrets, name, value);
}

void
signum_fake_refuse_file(struct signum_fake *fake, const char *path, enum signum_status status)
{
    set_item(&fake->files, path, signum_bytes_of_text(""))->failure = status;
}

size_t
signum_fake_logged_count(const struct signum_fake *fake, const char *text)
{
    size_t count = 0;

    for (size_t i = 0; i < fake->line_count; i++) {
        if (strstr(fake->lines[i], text) != NULL)
            count++;
    }
    return count;
}

bool
signum_fake_is_logged(const struct signum_fake *fake, const char *text)
{
    return signum_fake_logged_count(fake, text) > 0;
}

void
signum_fake_init(struct signum_fake *fake)
{
    memset(fake, 0, sizeof *fake);
    signum_lock_init(&fake->lock);
    signum_lock_init(&fake->process_lock);
    fake->now_ms = 1000000;
    fake->unix_seconds = 1735689600; /* 2025-01-01 */
    fake->ca_file = text_of("");
    fake->log_path = text_of("");
    fake->fail_status = SIGNUM_IO;
    fake->machine_path = "/etc/signum/signum.json";
    fake->user_path = "/home/tester/.config/signum/signum.json";
    fake->ports.secrets = (struct signum_secret_store){fake, get_secret, put_secret, remove_secret};
    fake->ports.process_lock =
        (struct signum_process_lock){fake, acquire_lock, release_lock};
    fake->has_browser = true;
    fake->shown = text_of("");
    fake->ports.browser = (struct signum_browser){fake, browser_listen, browser_open,
                                                  browser_wait, browser_close};
    fake->ports.clock = (struct signum_clock){fake, monotonic_ms, unix_time, sleep_ms};
    fake->ports.random = (struct signum_random){fake, fill};
    fake->ports.log_sink = (struct signum_log_sink){fake, write_line, direct};
    fake->ports.process = (struct signum_process_context){fake, describe};
    fake->ports.settings =
        (struct signum_settings_source){fake, variable, read_file, machine_file, user_file};
    signum_fake_transport_init(fake);
}

void
signum_fake_clear(struct signum_fake *fake)
{
    size_t transports_open = fake->transports_open;

    signum_fake_transport_clear(fake);
    free_items(&fake->secrets);
    free_items(&fake->variables);
    free_items(&fake->files);
    for (size_t i = 0; i < fake->line_count; i++)
        free(fake->lines[i]);
    size_t listeners_open = fake->listeners_open;
    free(fake->shown);
    free(fake->log_path);
    free(fake->ca_file);
    signum_lock_clear(&fake->process_lock);
    signum_lock_clear(&fake->lock);
    memset(fake, 0, sizeof *fake);
    assert_int_equal(transports_open, 0);
    assert_int_equal(listeners_open, 0);
}
