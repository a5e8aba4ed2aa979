/* One kind is gathered at a time, so the order between them stays; only the
 * held blanks may be overtaken, by reasoning, which stands elsewhere. */
#include "host/reply_text.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/mem.h"

/* More blanks than this are no matter of a cut any more. */
enum { HELD_MAX = 1024 };

struct reply_text {
    struct reply_text_events events;
    bool plain;
    bool silent;                 /* nothing came since it was primed */
    struct dc_escape *escape[2]; /* by dc_delta_kind */
    struct buf gathered;
    enum dc_delta_kind kind; /* of what is gathered */
    struct buf held;         /* text, before what is gathered of it */
};

struct reply_text *
reply_text_new(struct reply_text_events events, bool plain)
{
    struct reply_text *t = mem_alloc(sizeof *t);
    t->events = events;
    t->plain = plain;
    t->escape[0] = dc_escape_new();
    t->escape[1] = dc_escape_new();
    buf_init(&t->gathered, DC_REPLY_MAX + HELD_MAX);
    buf_init(&t->held, DC_REPLY_MAX + HELD_MAX);
    return t;
}

void
reply_text_free(struct reply_text *t)
{
    if (t == NULL)
        return;
    dc_escape_free(t->escape[0]);
    dc_escape_free(t->escape[1]);
    buf_finish(&t->gathered);
    buf_finish(&t->held);
    free(t);
}

static struct dc_str
from(struct dc_str text, size_t at)
{
    return (struct dc_str){text.ptr + at, text.len - at};
}

/* The escape decides by lines, and the last may still become a marker. What
 * is printed of it in a file is escaped as if it were whole. */
size_t
reply_text_prime(struct reply_text *t, struct dc_str kept, size_t sent)
{
    if (t->plain || kept.len == 0)
        return kept.len - sent;
    size_t line = sent;
    while (line > 0 && kept.ptr[line - 1] != '\n')
        line--;
    struct dc_escape *whole = dc_escape_new();
    size_t printed = dc_escape_add(whole, from(kept, line), true).len;
    dc_escape_free(whole);
    struct dc_str last = {kept.ptr + line, sent - line};
    t->silent = true;
    return printed - dc_escape_add(t->escape[DC_DELTA_TEXT], last, false).len;
}

static void
hand_on(struct reply_text *t, enum dc_delta_kind kind, struct dc_str raw,
        bool last)
{
    if (raw.len > 0)
        t->events.raw(t->events.user, kind, raw);
    struct dc_str text =
        t->plain ? raw : dc_escape_add(t->escape[kind], raw, last);
    if (text.len > 0)
        t->events.safe(t->events.user, kind, text);
}

/* Where the blanks at the end of text begin, if they are few. */
static size_t
solid(struct dc_str text)
{
    size_t start = text.len > HELD_MAX ? text.len - HELD_MAX : 0;
    while (start > 0 && start < text.len &&
           ((unsigned char)text.ptr[start] & 0xc0) == 0x80)
        start++;
    return start + dc_seam_sent(from(text, start));
}

static void
swap(struct buf *a, struct buf *b)
{
    struct buf c = *a;
    *a = *b;
    *b = c;
}

static void
flush_text(struct reply_text *t)
{
    if (t->held.len > 0) {
        buf_add_str(&t->held, buf_str(&t->gathered));
        swap(&t->held, &t->gathered);
        buf_reset(&t->held);
    }
    struct dc_str all = buf_str(&t->gathered);
    size_t len = solid(all);
    buf_add_str(&t->held, from(all, len));
    t->silent = t->silent && len == 0;
    hand_on(t, DC_DELTA_TEXT, (struct dc_str){all.ptr, len}, false);
}

void
reply_text_flush(struct reply_text *t)
{
    if (t->gathered.len == 0)
        return;
    if (t->kind == DC_DELTA_TEXT)
        flush_text(t);
    else
        hand_on(t, t->kind, buf_str(&t->gathered), false);
    buf_reset(&t->gathered);
}

void
reply_text_add(struct reply_text *t, enum dc_delta_kind kind,
               struct dc_str text)
{
    if (kind != t->kind || text.len > DC_REPLY_MAX - t->gathered.len)
        reply_text_flush(t);
    t->kind = kind;
    buf_add_str(&t->gathered, text);
}

size_t
reply_text_held(struct reply_text *t)
{
    reply_text_flush(t);
    return t->held.len;
}

void
reply_text_drop(struct reply_text *t)
{
    buf_reset(&t->held);
}

void
reply_text_release(struct reply_text *t)
{
    reply_text_flush(t);
    if (t->held.len == 0)
        return;
    t->silent = false;
    hand_on(t, DC_DELTA_TEXT, buf_str(&t->held), false);
    buf_reset(&t->held);
}

void
reply_text_end(struct reply_text *t)
{
    reply_text_release(t);
    hand_on(t, DC_DELTA_REASONING, (struct dc_str){"", 0}, true);
    if (!t->silent)
        hand_on(t, DC_DELTA_TEXT, (struct dc_str){"", 0}, true);
}
