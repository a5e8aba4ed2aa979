/*
 * Response body -> deltas. Bytes go to the event parser (or, if the body is one
 * JSON text, into a buffer); each event is read whole, its pieces of text wait
 * in a queue, and the next event is looked at when the queue is empty.
 */
#include "core/stream.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/utf8.h"

static const char BOM[] = "\xef\xbb\xbf";

struct dc_stream *
dc_stream_new(void)
{
    struct dc_stream *st = mem_alloc(sizeof *st);
    st->sse = dc_sse_new(DC_EVENT_MAX);
    buf_init(&st->body, DC_REPLY_MAX);
    /* A byte can become a character of three. */
    buf_init(&st->fixed, 3 * DC_REPLY_MAX);
    buf_init(&st->raw, DC_EVENT_MAX);
    buf_init(&st->joined, 3 * DC_REPLY_MAX + 8);
    buf_init(&st->clean, DC_REPLY_MAX + 8);
    buf_init(&st->out, DC_REPLY_MAX);
    buf_init(&st->error_event, DC_ERROR_BODY_MAX);
    st->tokens_out = -1;
    st->summary.usage = (struct dc_usage){-1, -1, -1, -1, -1};
    return st;
}

void
dc_stream_free(struct dc_stream *st)
{
    if (st == NULL)
        return;
    dc_sse_free(st->sse);
    stream_calls_free(st);
    struct buf *bufs[] = {&st->body,  &st->fixed, &st->raw,        &st->joined,
                          &st->clean, &st->out,   &st->error_event};
    for (size_t i = 0; i < sizeof bufs / sizeof *bufs; i++)
        buf_finish(bufs[i]);
    free(st->choices);
    free(st->items);
    free(st);
}

struct stream_choice *
stream_choice(struct dc_stream *st, size_t index)
{
    if (index >= STREAM_CHOICES_MAX)
        return NULL;
    if (index >= st->choice_count) {
        size_t count = index + 1;
        st->choices = mem_resize(st->choices, count, sizeof *st->choices);
        memset(&st->choices[st->choice_count], 0,
               (count - st->choice_count) * sizeof *st->choices);
        st->choice_count = count;
    }
    return &st->choices[index];
}

static void
flush_choices(struct dc_stream *st)
{
    for (size_t i = 0; i < st->choice_count; i++)
        stream_text_flush(st, i);
}

void
stream_fail(struct dc_stream *st, enum dc_code code, const char *text)
{
    if (st->state == STREAM_FAILED)
        return;
    st->state = STREAM_FAILED;
    fail(&st->failure, code, "%s", text);
}

/* ---- the queue ----------------------------------------------------------- */

static struct stream_item *
queue_item(struct dc_stream *st, size_t choice, enum dc_delta_kind kind)
{
    struct stream_item *last = st->items;
    if (st->item_count > 0) {
        last += st->item_count - 1;
        if (last->kind == kind && last->choice == choice)
            return last;
    }
    if (st->item_count == st->item_cap) {
        st->item_cap = st->item_cap > 0 ? 2 * st->item_cap : 4;
        st->items = mem_resize(st->items, st->item_cap, sizeof *st->items);
    }
    last = &st->items[st->item_count++];
    *last = (struct stream_item){kind, (unsigned)choice, st->out.len, 0};
    return last;
}

void
stream_emit(struct dc_stream *st, size_t choice, enum dc_delta_kind kind,
            struct dc_str text)
{
    if (text.len == 0)
        return;
    if (text.len > DC_REPLY_MAX - st->total) {
        /* A shorter text must not slip in behind the one that is lost. */
        st->total = DC_REPLY_MAX;
        stream_fail(st, DC_E_TOO_BIG, "the reply is longer than 16 MiB");
        return;
    }
    queue_item(st, choice, kind)->len += text.len;
    st->total += text.len;
    buf_add_str(&st->out, text);
}

/* ---- bytes in ------------------------------------------------------------ */

static bool
feed_body(struct dc_stream *st, struct dc_str bytes)
{
    if (!buf_add_str(&st->body, bytes))
        stream_fail(st, DC_E_TOO_BIG, "the answer is longer than 16 MiB");
    return st->state != STREAM_FAILED;
}

/* Blanks and a BOM decide nothing; the byte after them does. Returns how many
 * bytes were used up. */
static size_t
sniff(struct dc_stream *st, struct dc_str bytes)
{
    size_t at = 0;
    for (; at < bytes.len; at++) {
        char c = bytes.ptr[at];
        if (st->body.len < 3 && c == BOM[st->body.len]) {
            buf_add_byte(&st->body, c);
        } else if (c != ' ' && c != '\t' && c != '\r' && c != '\n') {
            st->whole = c == '{' || c == '[';
            st->state = st->whole ? STREAM_BODY : STREAM_SSE;
            buf_reset(&st->body);
            break;
        }
    }
    return at;
}

bool
dc_stream_feed(struct dc_stream *st, struct dc_str bytes, struct dc_error *err)
{
    if (st->state == STREAM_SNIFF) {
        size_t used = sniff(st, bytes);
        bytes.ptr += used;
        bytes.len -= used;
    }
    if (st->state == STREAM_SSE)
        return dc_sse_feed(st->sse, bytes, err);
    if (st->state == STREAM_BODY)
        feed_body(st, bytes);
    if (st->state == STREAM_FAILED && err != NULL)
        *err = st->failure;
    return st->state != STREAM_FAILED;
}

void
dc_stream_end(struct dc_stream *st)
{
    st->input_ended = true;
    dc_sse_end(st->sse);
}

/* ---- deltas out ---------------------------------------------------------- */

static void
finish(struct dc_stream *st)
{
    flush_choices(st);
    if (st->state == STREAM_FAILED)
        return;
    st->state = STREAM_ENDED;
    stream_calls_finish(st);
}

static void
read_event(struct dc_stream *st, const struct dc_sse_event *ev)
{
    struct dc_str data = str_trim(ev->data);
    bool named = str_is(ev->name, "error");
    if (data.len == 0 && !named)
        return;
    if (!named && !st->scan_off && stream_scan(st, data))
        st->scanned++;
    else
        stream_event(st, data, named);
    if (st->state == STREAM_FAILED)
        flush_choices(st);
    else if (st->summary.done_mark)
        finish(st);
}

/* Read the next event. False if more bytes are needed for that. */
static bool
advance(struct dc_stream *st)
{
    struct dc_sse_event ev;
    switch (dc_sse_next(st->sse, &ev, &st->failure)) {
    case DC_ITEM:
        read_event(st, &ev);
        return true;
    case DC_FAIL:
        st->state = STREAM_FAILED;
        flush_choices(st);
        return true;
    case DC_END:
        finish(st);
        return true;
    case DC_MORE:
        break;
    }
    return false;
}

static bool
advance_body(struct dc_stream *st)
{
    if (!st->input_ended)
        return false;
    if (st->state == STREAM_BODY)
        stream_event(st, str_trim(buf_str(&st->body)), false);
    finish(st);
    return true;
}

static bool
take_item(struct dc_stream *st, struct dc_delta *out)
{
    if (st->item_at == st->item_count) {
        st->item_at = st->item_count = 0;
        buf_reset(&st->out);
        return false;
    }
    const struct stream_item *item = &st->items[st->item_at++];
    struct dc_str text = {st->out.ptr + item->start, item->len};
    *out = (struct dc_delta){item->kind, item->choice, text};
    return true;
}

enum dc_step
dc_stream_next(struct dc_stream *st, struct dc_delta *out, struct dc_error *err)
{
    bool more = true;
    while (!take_item(st, out)) {
        if (st->state == STREAM_ENDED)
            return DC_END;
        if (st->state == STREAM_FAILED) {
            if (err != NULL)
                *err = st->failure;
            return DC_FAIL;
        }
        if (!more)
            return DC_MORE;
        more = st->state == STREAM_SSE ? advance(st) : advance_body(st);
    }
    return DC_ITEM;
}

const struct dc_summary *
dc_stream_summary(const struct dc_stream *st)
{
    return &st->summary;
}

void
dc_stream_choice(const struct dc_stream *st, unsigned choice,
                 struct dc_summary *out)
{
    *out = st->summary;
    if (choice == 0)
        return;
    out->finish = DC_FINISH_NONE;
    out->finish_text[0] = '\0';
    out->calls = 0;
    if (choice >= st->choice_count)
        return;
    out->finish = st->choices[choice].finish;
    memcpy(out->finish_text, st->choices[choice].finish_text,
           sizeof out->finish_text);
}

const struct dc_call *
dc_stream_call(struct dc_stream *st, size_t index)
{
    bool known = st->state == STREAM_ENDED && index < st->summary.calls;
    return known ? &st->calls[index].call : NULL;
}

struct dc_str
dc_stream_error_event(const struct dc_stream *st)
{
    return buf_str(&st->error_event);
}
