/*
 * Vim: the JSON channel of job_start(). Vim sends "[number, [op, args]]" and a
 * newline; we send "["call", function, args, -number]" and get "[-number,
 * result]" or "[-number, "ERROR"]". One message is one write() of at most
 * 64 KB: Vim drops what it cannot complete soon, and parses in quadratic time;
 * larger calls go in parts. What we call is deepchat#host#call() of the plugin,
 * which returns [result] or [0, error]. "[0, 0]" goes to the callback of the
 * channel, which does nothing, but makes Vim draw what calls have changed,
 * wherever that can be done.
 */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "host/channel.h"
#include "host/editor.h"
#include "host/json.h"
#include "host/log.h"

#define IN_MAX ((size_t)64 << 20)
#define LINE_MAX ((size_t)64 << 10)
#define OUT_MAX ((size_t)4 << 20)
/* JSON may write one byte as six; the rest is for what surrounds the text. */
#define TEXT_MAX ((size_t)8 << 10)

struct vim {
    struct editor base;
    struct channel ch;
    struct buf line; /* a message that has not ended yet */
};

static const char draw[] = "[0,0]\n";

/* ---- out ---- */

/* The items are taken; second may be NULL. */
static struct value *
list_of(struct value *first, struct value *second)
{
    struct value *list = value_list();
    value_add(list, first);
    if (second != NULL)
        value_add(list, second);
    return list;
}

static struct value *
message(const char *function, struct value *args, uint32_t id)
{
    struct value *list = list_of(value_text("call"), value_text(function));
    value_add(list, args);
    if (id != 0)
        value_add(list, value_int(-(int64_t)id));
    return list;
}

/* Append list as a line, then free it. False if it is too large for one. */
static bool
add_line(struct buf *out, struct value *list)
{
    struct buf line;
    buf_init(&line, LINE_MAX);
    bool ok = json_print(&line, list) && buf_add_byte(&line, '\n') &&
              buf_add_str(out, buf_str(&line));
    buf_finish(&line);
    value_free(list);
    return ok;
}

/* The JSON of args in pieces, and what is to be done with it. */
static bool
add_parts(struct buf *out, const char *function, const struct value *args,
          uint32_t id)
{
    struct buf json;
    buf_init(&json, OUT_MAX);
    size_t used = 0;
    bool ok = json_print(&json, args);
    while (ok && used < json.len) {
        struct dc_str rest = {json.ptr + used, json.len - used};
        rest.len = utf8_fit(rest, TEXT_MAX);
        used += rest.len;
        ok = add_line(out, message("deepchat#host#part",
                                   list_of(value_str(rest), NULL), 0));
    }
    buf_finish(&json);
    return ok &&
           add_line(out, message("deepchat#host#whole",
                                 list_of(value_text(function), NULL), id));
}

static void
vim_call(struct editor *ed, const char *function, struct value *args,
         editor_result_fn *result, void *user)
{
    struct vim *v = (struct vim *)ed;
    uint32_t id = channel_remember(&v->ch, result, user);
    struct buf out;
    buf_init(&out, CHANNEL_OUT_MAX);
    struct value *list = list_of(value_text(function), value_copy(args));
    if ((add_line(&out, message("deepchat#host#call", list, id)) ||
         add_parts(&out, function, args, id)) &&
        buf_add_text(&out, draw))
        channel_send(&v->ch, buf_str(&out));
    else
        channel_fail(&v->ch, id, function);
    buf_finish(&out);
    value_free(args);
}

/* ---- in ---- */

static void
on_answer(struct vim *v, int64_t number, const struct value *result)
{
    struct channel_call call = channel_take(&v->ch, (uint32_t)-number);
    if (call.id == 0) {
        log_line(LOG_WARN, "answer to unknown call %lld", (long long)number);
        return;
    }
    const char *error = value_as_text(value_at(result, 1), NULL);
    if (!value_is(result, VALUE_LIST))
        error = value_as_text(result, "no answer");
    if (error != NULL)
        log_line(LOG_WARN, "editor: %s", error);
    if (call.result != NULL)
        call.result(call.user, value_at(result, 0), error);
}

/* [number, [op, args...]]: number is negative in answers to us. */
static bool
on_line(struct vim *v, struct dc_str line)
{
    if (str_trim(line).len == 0)
        return true;
    struct value *m = json_parse(line);
    int64_t number = value_as_int(value_at(m, 0), 0);
    const struct value *body = value_at(m, 1);
    if (body != NULL && number < 0) {
        on_answer(v, number, body);
    } else if (body != NULL) {
        const char *op = value_as_text(value_at(body, 0), "");
        struct value *args = value_list();
        value_add(args, value_copy(value_at(body, 1)));
        v->ch.events.message(v->ch.events.user, op, args);
        value_free(args);
    }
    value_free(m);
    return body != NULL;
}

static bool
on_bytes(void *user, struct dc_str bytes, struct dc_error *err)
{
    struct vim *v = user;
    while (bytes.len > 0 && !v->ch.closed) {
        size_t end = str_find(bytes, '\n');
        if (!buf_add(&v->line, bytes.ptr, end))
            return fail(err, DC_E_TOO_BIG, "message over %zu bytes", IN_MAX);
        if (end == bytes.len)
            return true;
        if (!on_line(v, buf_str(&v->line)))
            return fail(err, DC_E_SYNTAX, "not a message: %.40s", v->line.ptr);
        buf_reset(&v->line);
        bytes.ptr += end + 1;
        bytes.len -= end + 1;
    }
    return true;
}

/* ---- life ---- */

static void
vim_free(struct editor *ed)
{
    struct vim *v = (struct vim *)ed;
    channel_finish(&v->ch);
    buf_finish(&v->line);
    free(v);
}

static const struct editor_ops vim_ops = {vim_call, vim_free, TEXT_MAX};

struct editor *
vim_new(struct loop *lp, int in, int out, struct editor_events events)
{
    struct vim *v = mem_alloc(sizeof *v);
    v->base.ops = &vim_ops;
    v->ch.bytes = on_bytes;
    v->ch.user = v;
    buf_init(&v->line, IN_MAX);
    channel_init(&v->ch, lp, in, out, events);
    return &v->base;
}
