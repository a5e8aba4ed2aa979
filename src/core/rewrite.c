/*
 * A reply becomes the replacement of a selection. All complete lines are judged
 * anew when more have come, by the same code as at the end; only for long
 * replies that waits until they have grown by a part.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "core/rewrite.h"

enum {
    SHORT = 65536, /* bytes up to which every line counts, */
    FEW = 2000,    /* and so many lines of it and the selection */
    PART = 4,
    NEAR = 16,       /* lines of the selection that may be left out */
    LONG = 64 << 20, /* bytes of a text that still gets its indentation */
};

struct dc_rewrite {
    struct rw_place place;

    struct buf raw;
    struct buf out;
    struct rw_lines lines;

    size_t judged; /* bytes of raw that out was made of */
    bool final;
    struct dc_rewrite_report report;
};

struct dc_rewrite *
dc_rewrite_new(const struct dc_selection *selection)
{
    struct dc_rewrite *rw = mem_alloc(sizeof *rw);
    rw_place_init(&rw->place, selection);
    buf_init(&rw->raw, DC_REPLY_MAX);
    buf_init(&rw->out, SIZE_MAX / 4);
    return rw;
}

void
dc_rewrite_free(struct dc_rewrite *rw)
{
    if (rw == NULL)
        return;
    rw_place_finish(&rw->place);
    buf_finish(&rw->raw);
    buf_finish(&rw->out);
    rw_lines_finish(&rw->lines);
    free(rw);
}

/* ---- think blocks ---- */

static struct dc_str
skip_blank_lines(struct dc_str s)
{
    for (;;) {
        size_t len = str_find(s, '\n');
        if (len == s.len || !rw_blank((struct dc_str){s.ptr, len}))
            return s;
        s = str_from(s, len + 1);
    }
}

static const char *const think_tags[][2] = {
    {"<think>", "</think>"},
    {"<thinking>", "</thinking>"},
};

/* Leave a think block at the start; false if there is none. An open one takes
 * the rest. */
static bool
leave_think(struct dc_str *s)
{
    struct dc_str start = skip_blank_lines(*s);
    start = str_from(start, rw_lead(start));
    for (size_t i = 0; i < 2; i++) {
        if (!str_starts(start, think_tags[i][0]))
            continue;
        size_t end = rw_find(start, think_tags[i][1]);
        if (end < start.len)
            end += strlen(think_tags[i][1]);
        *s = str_from(start, end);
        return true;
    }
    return false;
}

/* A closing tag alone on its line: what is before it was thought. */
static bool
leave_stray(const struct rw_place *p, struct dc_str *s)
{
    for (size_t i = 0; i < 2; i++) {
        const char *tag = think_tags[i][1];
        size_t at = rw_find(*s, tag), end = at + strlen(tag);
        if (at == s->len || rw_find(p->sel.text, tag) < p->sel.text.len)
            continue;
        bool starts = at == 0 || s->ptr[at - 1] == '\n';
        if (!starts || (end < s->len && s->ptr[end] != '\n'))
            continue;
        *s = str_from(*s, end);
        return true;
    }
    return false;
}

static struct dc_str
without_thoughts(struct dc_rewrite *rw, struct dc_str s)
{
    while (leave_think(&s) || leave_stray(&rw->place, &s))
        rw->report.think = true;
    return s;
}

/* ---- the text ---- */

static void
end_line(struct dc_rewrite *rw, bool crlf)
{
    if (crlf)
        buf_add_byte(&rw->out, '\r');
    buf_add_byte(&rw->out, '\n');
}

/* A line ends like the same line of the selection, which is looked for from
 * *own on; only what is like no other may be further on. */
static bool
ends_crlf(const struct rw_place *p, struct dc_str line, size_t *own)
{
    size_t end = *own + (rw_telling(line) ? NEAR : 1);
    for (size_t i = *own; p->mixed && i < end && i < p->lines.count; i++) {
        if (!rw_alike(p->lines.at[i], line))
            continue;
        *own = i + 1;
        return rw_ends_crlf(p->lines.at[i]);
    }
    return p->crlf;
}

/* The blank lines that a reply has at its ends count only inside a fence. */
static void
trim_blanks(struct rw_reply *r)
{
    const struct rw_place *p = r->place;
    size_t lead = 0, trail = 0;
    while (r->first < r->end && rw_blank(r->lines->at[r->first])) {
        r->first++;
        lead++;
    }
    while (r->first < r->end && rw_blank(r->lines->at[r->end - 1])) {
        r->end--;
        trail++;
    }
    bool own = r->report.fence || p->told_blanks;
    r->lead = own && (lead > 0 || p->told_blanks) ? lead : p->lead;
    r->trail = own && (trail > 0 || p->told_blanks) ? trail : p->trail;
    if (!p->newline && r->trail > 0 && p->trail == 0)
        r->trail = 0;
}

static struct dc_str
unfenced(const struct rw_reply *r, size_t i)
{
    struct dc_str line = r->lines->at[i];
    size_t lead = rw_lead(line);
    return str_from(line, lead < r->strip ? lead : r->strip);
}

static void
print_blanks(struct dc_rewrite *rw, size_t from_line, size_t count)
{
    const struct rw_place *p = &rw->place;
    const struct rw_lines *own = &p->lines;
    for (size_t i = 0; i < count; i++) {
        bool crlf = p->crlf;
        if (from_line + i < own->count && rw_blank(own->at[from_line + i])) {
            buf_add_str(&rw->out, own->at[from_line + i]);
            crlf = rw_ends_crlf(own->at[from_line + i]);
        }
        end_line(rw, crlf);
    }
}

/* False, and nothing is printed, if what is put in front of the lines makes
 * too much of them. */
static bool
print_lines(struct dc_rewrite *rw, const struct rw_reply *r,
            const struct rw_shift *shift)
{
    size_t own = r->place->lead;
    print_blanks(rw, 0, r->lead);
    for (size_t i = r->first; i < r->end; i++) {
        rw_shift_add(shift, &rw->out, r->lines->at[i], i == r->first);
        end_line(rw, ends_crlf(r->place, r->lines->at[i], &own));
        if (r->report.indent && rw->out.len > LONG) {
            buf_reset(&rw->out);
            return false;
        }
    }
    return true;
}

/* The last line ends as the selection does, without a newline. */
static void
drop_end(struct dc_rewrite *rw)
{
    struct buf *out = &rw->out;
    struct dc_str text = rw->place.sel.text;
    if (out->len == 0)
        return;
    buf_cut(out, out->len - 1);
    if (out->len > 0 && out->ptr[out->len - 1] == '\r')
        buf_cut(out, out->len - 1);
    if (text.len > 0 && text.ptr[text.len - 1] == '\r')
        buf_add_byte(out, '\r');
}

static void
print(struct dc_rewrite *rw, struct rw_reply *r)
{
    const struct rw_place *p = &rw->place;
    struct rw_shift shift;
    rw_shift_find(&shift, r);
    if (shift.held)
        return;
    r->report.indent =
        shift.first.len + shift.rest.len + shift.tabs + shift.spaces > 0;
    if (!print_lines(rw, r, &shift)) {
        r->report.indent = false;
        shift = (struct rw_shift){.bare = shift.bare};
        print_lines(rw, r, &shift);
    }
    if (r->final)
        print_blanks(rw, p->lines.count - p->trail, r->trail);
    if (r->final && !p->newline)
        drop_end(rw);
}

/* A text without a newline at its end: the last line may be the last one. */
static void
hold_last(struct rw_reply *r)
{
    if (r->final || r->place->newline)
        return;
    while (r->end > r->first && rw_blank(r->lines->at[r->end - 1]))
        r->end--;
    r->end -= r->end > r->first;
}

static void
judge_lines(struct dc_rewrite *rw, struct rw_reply *r)
{
    rw_unwrap(r);
    if (r->held || r->report.outcome == DC_REWRITE_REFUSED)
        return;
    for (size_t i = r->first; i < r->end && r->strip > 0; i++)
        r->lines->at[i] = unfenced(r, i);
    rw_unecho(r);
    hold_last(r);
    trim_blanks(r);
    if (!r->held && r->first < r->end)
        print(rw, r);
}

static enum dc_outcome
outcome_of(const struct dc_rewrite *rw, const struct rw_reply *r)
{
    struct dc_str text = rw->place.sel.text;
    if (r->report.outcome == DC_REWRITE_REFUSED)
        return DC_REWRITE_REFUSED;
    if (!r->final)
        return DC_REWRITE_OPEN;
    if (r->first == r->end)
        return r->fenced && text.len > 0 ? DC_REWRITE_TEXT : DC_REWRITE_EMPTY;
    bool same = str_same(buf_str(&rw->out), text);
    return same ? DC_REWRITE_SAME : DC_REWRITE_TEXT;
}

static void
judge(struct dc_rewrite *rw)
{
    struct dc_str raw = buf_str(&rw->raw);
    rw->report = (struct dc_rewrite_report){0};
    while (!rw->final && raw.len > 0 && raw.ptr[raw.len - 1] != '\n')
        raw.len--;
    rw->judged = raw.len;
    bool think;
    rw_lines_split(&rw->lines, without_thoughts(rw, raw));
    think = rw->report.think;
    struct rw_reply r = {.place = &rw->place,
                         .lines = &rw->lines,
                         .final = rw->final,
                         .end = rw->lines.count};
    buf_reset(&rw->out);
    judge_lines(rw, &r);
    r.report.outcome = outcome_of(rw, &r);
    rw->report = r.report;
    rw->report.think = think;
    if (rw->final && rw->report.outcome != DC_REWRITE_TEXT) {
        buf_reset(&rw->out);
        buf_add_str(&rw->out, rw->place.sel.text);
    }
}

bool
dc_rewrite_add(struct dc_rewrite *rw, struct dc_str reply, bool final)
{
    if (!buf_add_str(&rw->raw, reply))
        return false;
    rw->final = final;
    size_t fresh = rw->raw.len - rw->judged;
    bool line = reply.len > 0 && memchr(reply.ptr, '\n', reply.len) != NULL;
    bool few =
        rw->raw.len < SHORT && rw->lines.count + rw->place.lines.count < FEW;
    bool due = few || fresh > rw->raw.len / PART;
    if (final || reply.len == 0 || (line && due))
        judge(rw);
    return true;
}

struct dc_str
dc_rewrite_text(const struct dc_rewrite *rw)
{
    return buf_str(&rw->out);
}

struct dc_rewrite_report
dc_rewrite_report(const struct dc_rewrite *rw)
{
    return rw->report;
}
