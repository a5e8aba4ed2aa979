/*
 * Server-sent events, as the chat API sends them: lines ended by LF, CRLF or
 * CR, an empty line closing each event. Bytes arrive split anywhere, so a line
 * is looked at only once its end is in the buffer. Every byte is searched once
 * and moved a bounded number of times, however it was cut.
 */
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/mem.h"
#include "deepchat.h"

static const char BOM[] = "\xef\xbb\xbf";

struct dc_sse {
    size_t limit;

    struct buf in; /* bytes fed, consumed up to line */
    size_t line;   /* where the current line starts */
    size_t lf;     /* first LF from line on, or as far as was searched */
    size_t cr;     /* the same for CR */

    struct buf name; /* the event being collected */
    struct buf data;

    bool started;   /* the place where a BOM may stand is behind us */
    bool delivered; /* name and data are lent out: clear them first */
    bool after_cr;  /* an LF coming next belongs to the CR before it */
    bool full;      /* more was fed than may be held: the end is missing */
    bool ended;
    bool failed;
};

struct dc_sse *
dc_sse_new(size_t limit)
{
    struct dc_sse *sse = mem_alloc(sizeof *sse);
    sse->limit = limit;
    /* Twice the limit, so that consumed bytes need not be dropped each time. */
    buf_init(&sse->in, limit < SIZE_MAX / 2 ? 2 * limit : SIZE_MAX);
    buf_init(&sse->name, limit);
    buf_init(&sse->data, limit < SIZE_MAX ? limit + 1 : limit);
    return sse;
}

void
dc_sse_free(struct dc_sse *sse)
{
    if (sse == NULL)
        return;
    buf_finish(&sse->in);
    buf_finish(&sse->name);
    buf_finish(&sse->data);
    free(sse);
}

static bool
too_big(struct dc_sse *sse, struct dc_error *err)
{
    return fail(err, DC_E_TOO_BIG,
                "the server sent an event of more than %zu bytes", sse->limit);
}

/* Forget the consumed bytes, but only when that moves fewer than it frees. */
static void
drop_consumed(struct dc_sse *sse)
{
    if (sse->line == 0 || sse->line < sse->in.len - sse->line)
        return;
    buf_drop(&sse->in, sse->line);
    sse->lf = sse->lf > sse->line ? sse->lf - sse->line : 0;
    sse->cr = sse->cr > sse->line ? sse->cr - sse->line : 0;
    sse->line = 0;
}

bool
dc_sse_feed(struct dc_sse *sse, struct dc_str bytes, struct dc_error *err)
{
    if (sse->failed || sse->full)
        return too_big(sse, err);
    drop_consumed(sse);
    size_t room = sse->limit - (sse->in.len - sse->line);
    /* What fits is kept: the events in it are still delivered. */
    sse->full = bytes.len > room;
    buf_add(&sse->in, bytes.ptr, sse->full ? room : bytes.len);
    return !sse->full || too_big(sse, err);
}

void
dc_sse_end(struct dc_sse *sse)
{
    sse->ended = true;
}

/* Move *at to the first c at or after from. */
static void
search(const struct buf *in, size_t *at, size_t from, char c)
{
    if (*at < from)
        *at = from;
    if (*at == in->len || in->ptr[*at] == c)
        return;
    const char *hit = memchr(in->ptr + *at, c, in->len - *at);
    *at = hit != NULL ? (size_t)(hit - in->ptr) : in->len;
}

/* Cut one line off the input. False when its end has not arrived yet. */
static bool
take_line(struct dc_sse *sse, struct dc_str *line)
{
    struct buf *in = &sse->in;
    if (sse->after_cr && sse->line < in->len) {
        if (in->ptr[sse->line] == '\n')
            sse->line++;
        sse->after_cr = false;
    }
    search(in, &sse->lf, sse->line, '\n');
    search(in, &sse->cr, sse->line, '\r');
    size_t end = sse->lf < sse->cr ? sse->lf : sse->cr;
    bool last = end == in->len;
    if (last && (!sse->ended || sse->full || end == sse->line))
        return false;
    *line = (struct dc_str){in->ptr + sse->line, end - sse->line};
    sse->after_cr = !last && in->ptr[end] == '\r';
    sse->line = last ? end : end + 1;
    return true;
}

/* If the line is "field: value" or a bare "field", store the value. */
static bool
match_field(struct dc_str line, const char *field, struct dc_str *value)
{
    size_t n = strlen(field);
    if (!str_starts(line, field))
        return false;
    if (line.len > n && line.ptr[n++] != ':')
        return false;
    if (line.len > n && line.ptr[n] == ' ')
        n++;
    *value = (struct dc_str){line.ptr + n, line.len - n};
    return true;
}

static bool
add_data(struct dc_sse *sse, struct dc_str value)
{
    return buf_add_str(&sse->data, value) && buf_add_byte(&sse->data, '\n');
}

static bool
set_name(struct dc_sse *sse, struct dc_str value)
{
    buf_reset(&sse->name);
    return buf_add_str(&sse->name, value);
}

/* Add one line to the event. False when that makes it too big. */
static bool
apply_line(struct dc_sse *sse, struct dc_str line)
{
    struct dc_str value;
    if (match_field(line, "data", &value))
        return add_data(sse, value);
    if (match_field(line, "event", &value))
        return set_name(sse, value);
    /* Old llama.cpp reports failures in a field of its own. */
    if (match_field(line, "error", &value) && str_starts(value, "{"))
        return set_name(sse, str_of("error")) && add_data(sse, value);
    return true; /* a comment, id or retry: this API gives them no meaning */
}

/* False while the first bytes may still become a BOM. */
static bool
skip_bom(struct dc_sse *sse)
{
    size_t len = sse->in.len < 3 ? sse->in.len : 3;
    if (len > 0 && memcmp(sse->in.ptr, BOM, len) == 0) {
        if (len < 3 && !sse->ended && !sse->full)
            return false;
        sse->line = len;
    }
    sse->started = len > 0;
    return true;
}

static bool
deliver(struct dc_sse *sse, struct dc_sse_event *out)
{
    if (sse->data.len == 0) {
        buf_reset(&sse->name);
        return false;
    }
    out->name = buf_str(&sse->name);
    out->data = (struct dc_str){sse->data.ptr, sse->data.len - 1};
    sse->delivered = true;
    return true;
}

static void
clear_delivered(struct dc_sse *sse)
{
    if (!sse->delivered)
        return;
    buf_reset(&sse->name);
    buf_reset(&sse->data);
    sse->delivered = false;
}

enum dc_step
dc_sse_next(struct dc_sse *sse, struct dc_sse_event *out, struct dc_error *err)
{
    struct dc_str line;
    clear_delivered(sse);
    if (!sse->started && !skip_bom(sse))
        return DC_MORE;
    while (!sse->failed && take_line(sse, &line)) {
        if (line.len > 0)
            sse->failed = !apply_line(sse, line);
        else if (deliver(sse, out))
            return DC_ITEM;
    }
    if (sse->failed || sse->full) {
        too_big(sse, err);
        return DC_FAIL;
    }
    if (!sse->ended)
        return DC_MORE;
    return deliver(sse, out) ? DC_ITEM : DC_END;
}
