/* One kind is gathered at a time, so the order between them stays. */
#include "host/reply_text.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/mem.h"

struct reply_text {
    struct reply_text_events events;
    struct dc_escape *escape[2]; /* by dc_delta_kind */
    struct buf gathered;
    enum dc_delta_kind kind; /* of what is gathered */
};

struct reply_text *
reply_text_new(struct reply_text_events events)
{
    struct reply_text *t = mem_alloc(sizeof *t);
    t->events = events;
    t->escape[0] = dc_escape_new();
    t->escape[1] = dc_escape_new();
    buf_init(&t->gathered, DC_REPLY_MAX);
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
    free(t);
}

static void
hand_on(struct reply_text *t, enum dc_delta_kind kind, struct dc_str raw,
        bool last)
{
    if (raw.len > 0)
        t->events.raw(t->events.user, kind, raw);
    struct dc_str text = dc_escape_add(t->escape[kind], raw, last);
    if (text.len > 0)
        t->events.safe(t->events.user, kind, text);
}

void
reply_text_flush(struct reply_text *t)
{
    if (t->gathered.len == 0)
        return;
    hand_on(t, t->kind, buf_str(&t->gathered), false);
    buf_reset(&t->gathered);
}

void
reply_text_add(struct reply_text *t, enum dc_delta_kind kind,
               struct dc_str text)
{
    if (kind != t->kind || text.len > t->gathered.limit - t->gathered.len)
        reply_text_flush(t);
    t->kind = kind;
    buf_add_str(&t->gathered, text);
}

void
reply_text_end(struct reply_text *t)
{
    reply_text_flush(t);
    hand_on(t, DC_DELTA_REASONING, (struct dc_str){"", 0}, true);
    hand_on(t, DC_DELTA_TEXT, (struct dc_str){"", 0}, true);
}
