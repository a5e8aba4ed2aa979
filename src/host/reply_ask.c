/* What is sent is made anew for each request: how it is asked may have changed
 * since the last. */
#include "host/reply_ask.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/mem.h"
#include "host/file.h"
#include "host/provider.h"
#include "host/quirk.h"
#include "host/service.h"

enum { ANSWERS_MAX = 128 }; /* of any server */

static const char USAGE[] = "stream_options";

static size_t
room_of(const struct dc_message *m)
{
    return m->text.len + m->id.len + m->name.len +
           m->image_count * sizeof *m->images;
}

static struct dc_str
move_to(char **to, struct dc_str s)
{
    struct dc_str copy = {*to, s.len};
    if (s.len > 0)
        memcpy(*to, s.ptr, s.len);
    *to += s.len;
    return copy;
}

/* The pictures of one message, whose text has been copied to text; next is the
 * number of the first. */
static void
copy_images(const struct reply_request *request, const struct dc_message *m,
            struct dc_image *to, const char *text, size_t next)
{
    for (size_t i = 0; i < m->image_count; i++) {
        to[i] = m->images[i];
        to[i].target.ptr = text + (m->images[i].target.ptr - m->text.ptr);
        pictures_fill(request->pictures, next + i, &to[i]);
    }
}

static size_t
room_for(const struct reply_request *request, size_t *images)
{
    size_t room = request->message_count * sizeof *request->messages;
    *images = 0;
    for (size_t i = 0; i < request->message_count; i++) {
        room += room_of(&request->messages[i]);
        *images += request->messages[i].image_count;
    }
    return room;
}

struct dc_message *
reply_messages(const struct reply_request *request)
{
    size_t count = request->message_count, images, next = 0;
    struct dc_message *copy = mem_alloc(room_for(request, &images) + 1);
    struct dc_image *image = (struct dc_image *)(copy + count);
    char *to = (char *)(image + images);
    for (size_t i = 0; i < count; i++) {
        const struct dc_message *m = &request->messages[i];
        copy[i] = (struct dc_message){
            .role = m->role,
            .text = move_to(&to, m->text),
            .id = move_to(&to, m->id),
            .name = move_to(&to, m->name),
            .images = image + next,
            .image_count = m->image_count,
        };
        copy_images(request, m, image + next, copy[i].text.ptr, next);
        next += m->image_count;
    }
    return copy;
}

static unsigned
answers_of(const struct members *m)
{
    char *n = members_get(m, "n");
    long count = n != NULL ? strtol(n, NULL, 10) : 1;
    free(n);
    return count < 1 ? 1 : count > ANSWERS_MAX ? ANSWERS_MAX : (unsigned)count;
}

void
reply_members(struct members *m, const struct config *cfg,
              const struct reply_how *how)
{
    members_init(m, cfg);
    if (how->thinking_off)
        members_thinking_off(m);
    if (how->effort_none)
        members_effort_none(m);
    if (how->max_tokens > 0)
        members_set_max_tokens(m, how->max_tokens);
    if (how->single && answers_of(m) > 1)
        members_drop(m, "n");
    provider_fit(config_provider(cfg), m);
    quirk_fit(how->refused, m);
}

unsigned
reply_answers(const struct config *cfg, const struct reply_how *how)
{
    struct members m;
    reply_members(&m, cfg, how);
    unsigned count = answers_of(&m);
    members_finish(&m);
    return count;
}

/* dc_request_body() adds these by itself. */
static bool
asks_usage(const struct config *cfg, const struct reply_how *how,
           const struct members *m)
{
    const struct value *stream = value_get(m->rest, "stream");
    bool on = stream != NULL ? value_as_bool(stream, false)
                             : config_bool(cfg, "stream");
    return on && !(how->refused & quirk_bit(USAGE));
}

char *
reply_carried(const struct config *cfg, const struct reply_how *how,
              const char *name)
{
    struct members m;
    reply_members(&m, cfg, how);
    char *value = members_get(&m, name);
    if (value == NULL && strcmp(name, USAGE) == 0 && asks_usage(cfg, how, &m))
        value = mem_str("{\"include_usage\":true}");
    members_finish(&m);
    return value;
}

char *
reply_body(const struct reply_request *request, const struct reply_how *how,
           size_t *len, struct dc_error *err)
{
    const struct config *cfg = request->cfg;
    struct members m;
    reply_members(&m, cfg, how);
    struct dc_request body = {
        .model = str_of(config_model(cfg)),
        .messages = request->messages,
        .message_count = request->message_count,
        .form = how->form,
        .kept = how->kept,
        .instruction = how->instruction,
        .stream = config_bool(cfg, "stream"),
        .no_usage = (how->refused & quirk_bit(USAGE)) != 0,
        .params = m.params,
        .param_count = m.count,
        .extra = m.extra,
    };
    char *text = dc_request_body(&body, len, err);
    members_finish(&m);
    return text;
}

static int
seconds_ms(const struct config *cfg, const char *name)
{
    return (int)(config_number(cfg, name) * 1000);
}

struct http_request
reply_http(const struct config *cfg, const struct reply_how *how,
           const char *key, struct dc_str body)
{
    int first = seconds_ms(cfg, "first_byte_timeout");
    if (first < SERVICE_FLEX_MS && service_is_flex(cfg, how))
        first = SERVICE_FLEX_MS;
    return (struct http_request){
        .url = config_form_url(cfg, how->form),
        .key = key,
        .body = body,
        .ca_file = config_text(cfg, "ca_file"),
        .proxy = config_text(cfg, "proxy"),
        .connect_ms = seconds_ms(cfg, "connect_timeout"),
        .first_byte_ms = first,
        .idle_ms = seconds_ms(cfg, "idle_timeout"),
    };
}

struct journal *
reply_journal(const struct config *cfg, const struct journal_head *head,
              struct dc_error *err)
{
    char *state = config_state_dir(cfg);
    if (state == NULL) {
        fail(err, DC_E_SYSTEM, "no home directory");
        return NULL;
    }
    char *dir = file_join(state, "journal");
    struct journal *journal = journal_new(dir, head, err);
    free(dir);
    free(state);
    return journal;
}
