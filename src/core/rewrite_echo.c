/*
 * Lines of the surroundings that a model says again, above and below its
 * answer. Empty lines do not count. A run must go right up to the selection,
 * and have a line in it that could not be there by accident. In the line of a
 * selection it is the line's beginning and its rest, or a mark at its end.
 */
#include <string.h>

#include "core/rewrite.h"

/* Behind the last line that is not blank. */
static size_t
last_full(const struct rw_reply *r, size_t end)
{
    while (end > r->first && rw_blank(r->lines->at[end - 1]))
        end--;
    return end;
}

static bool
begins_like_text(const struct rw_reply *r, size_t at)
{
    const struct rw_place *p = r->place;
    return p->lead < p->lines.count &&
           rw_alike(r->lines->at[at], p->lines.at[p->lead]);
}

/* The reply goes on from line s of those above. Where the echo ends, or 0;
 * *open: the reply ended before it could. */
static size_t
echo_from(const struct rw_reply *r, size_t s, bool *open)
{
    const struct rw_lines *before = &r->place->before;
    size_t at = rw_full(r->lines, r->first, r->end);
    bool telling = false;
    for (; s < before->count; s++) {
        if (at == r->end) {
            *open = true;
            return 0;
        }
        if (!rw_alike(r->lines->at[at], before->at[s]))
            return 0;
        telling = telling || rw_telling(before->at[s]);
        at = rw_full(r->lines, at + 1, r->end);
    }
    if (at == r->end)
        *open = telling;
    return telling && at < r->end ? at : 0;
}

static void
drop_above(struct rw_reply *r)
{
    size_t start = rw_full(r->lines, r->first, r->end);
    if (start == r->end || begins_like_text(r, start))
        return;
    for (size_t s = 0; s < r->place->before.count; s++) {
        bool open = false;
        size_t end = echo_from(r, s, &open);
        if (open && !r->final) {
            r->held = true;
            return;
        }
        if (end > 0) {
            r->report.echo = true;
            r->first = end;
            return;
        }
    }
}

/* From line at on the reply says what stands below, to its end. */
static bool
is_below(const struct rw_reply *r, size_t at, bool *telling)
{
    const struct rw_lines *after = &r->place->after;
    *telling = false;
    for (size_t s = 0; at < r->end; s++) {
        if (s == after->count || !rw_alike(r->lines->at[at], after->at[s]))
            return false;
        *telling = *telling || rw_telling(after->at[s]);
        at = rw_full(r->lines, at + 1, r->end);
    }
    return true;
}

static int
balance_of(struct dc_str line)
{
    int open = 0;
    for (size_t i = 0; i < line.len; i++) {
        if (strchr("([{", line.ptr[i]) != NULL)
            open++;
        if (strchr(")]}", line.ptr[i]) != NULL)
            open--;
    }
    return open;
}

static int
balance(const struct rw_lines *lines, size_t from, size_t to)
{
    int open = 0;
    for (size_t i = from; i < to; i++)
        open += balance_of(lines->at[i]);
    return open;
}

/* A brace too much, which is the one below. */
static bool
closes_too_much(const struct rw_reply *r, size_t at)
{
    const struct rw_lines *own = &r->place->lines;
    return balance(r->lines, at, r->end) < 0 &&
           balance(r->lines, r->first, at) == balance(own, 0, own->count);
}

static bool
ends_like_text(const struct rw_reply *r)
{
    const struct rw_place *p = r->place;
    size_t end = last_full(r, r->end), own = p->lines.count - p->trail;
    return end > r->first && own > 0 &&
           rw_alike(r->lines->at[end - 1], p->lines.at[own - 1]) &&
           rw_telling(p->lines.at[own - 1]);
}

static void
drop_below(struct rw_reply *r)
{
    size_t from = r->first;
    if (r->end - from > r->place->after.count * 4 + 64)
        from = r->end - r->place->after.count * 4 - 64;
    for (size_t at = rw_full(r->lines, from, r->end); at < r->end;
         at = rw_full(r->lines, at + 1, r->end)) {
        bool telling;
        if (!is_below(r, at, &telling))
            continue;
        bool echo = at > r->first && (telling || closes_too_much(r, at));
        if (!r->final || (echo && !ends_like_text(r))) {
            r->report.echo = r->report.echo || (r->final && echo);
            r->end = last_full(r, at);
            return;
        }
    }
}

/* ---- in the line of the selection ---- */

static bool
starts_with(struct dc_str s, struct dc_str head)
{
    return s.len >= head.len && memcmp(s.ptr, head.ptr, head.len) == 0;
}

static bool
ends_with(struct dc_str s, struct dc_str tail)
{
    return s.len >= tail.len &&
           memcmp(s.ptr + s.len - tail.len, tail.ptr, tail.len) == 0;
}

static bool
drop_head(struct rw_reply *r)
{
    const struct rw_place *p = r->place;
    struct dc_str head = p->sel.head, *line = &r->lines->at[r->first];
    size_t lead = rw_lead(head);
    head = (struct dc_str){head.ptr + lead, head.len - lead};
    struct dc_str s = {line->ptr + rw_lead(*line), line->len - rw_lead(*line)};
    if (str_trim(head).len < 2 || !starts_with(s, head) ||
        (p->lines.count > 0 && starts_with(p->lines.at[0], head)))
        return false;
    *line = (struct dc_str){s.ptr + head.len, s.len - head.len};
    r->report.echo = true;
    return true;
}

/* Brackets of the answer are as even as those of the selection once those of
 * the tail, which closes or opens some, are gone. */
static bool
is_even_without(const struct rw_reply *r, struct dc_str tail)
{
    const struct rw_lines *own = &r->place->lines;
    int left = balance(r->lines, r->first, r->end) - balance_of(tail);
    return balance_of(tail) == 0 || left == balance(own, 0, own->count);
}

/* Length of a mark that ends a piece, if the rest of the line begins so: the
 * model has finished what only goes on there. */
static size_t
mark_length(struct dc_str tail)
{
    bool mark = tail.len > 0 && strchr(";,.:", tail.ptr[0]) != NULL;
    return mark && (tail.len == 1 || rw_lead(str_from(tail, 1)) > 0);
}

/* "&nbsp;", or what may be a part of "..." or "::". */
static bool
is_more_than_mark(struct dc_str line)
{
    size_t at = line.len - 1;
    if (at > 0 && line.ptr[at - 1] == line.ptr[at])
        return true;
    while (at > 0 && strchr("& \t", line.ptr[at]) == NULL)
        at--;
    return line.ptr[line.len - 1] == ';' && line.ptr[at] == '&';
}

/* It ends the answer, behind something, and did not end the selection. */
static bool
is_said_again(const struct rw_reply *r, struct dc_str line, struct dc_str tail)
{
    const struct rw_lines *own = &r->place->lines;
    return line.len > tail.len && ends_with(line, tail) &&
           (own->count == 0 || !ends_with(own->at[own->count - 1], tail)) &&
           is_even_without(r, tail);
}

static void
drop_tail(struct rw_reply *r, bool head)
{
    size_t end = last_full(r, r->end);
    struct dc_str tail = r->place->sel.tail;
    while (tail.len > 0 && strchr(" \t\r\n", tail.ptr[tail.len - 1]) != NULL)
        tail.len--;
    if (end == r->first)
        return;
    struct dc_str *line = &r->lines->at[end - 1];
    struct dc_str mark = {tail.ptr, mark_length(tail)};
    bool all = str_trim(tail).len >= (head ? 1 : 2);
    if (all && is_said_again(r, *line, tail))
        line->len -= tail.len;
    else if (mark.len > 0 && is_said_again(r, *line, mark) &&
             !is_more_than_mark(*line))
        line->len -= mark.len;
    else
        return;
    r->report.echo = true;
}

void
rw_unecho(struct rw_reply *r)
{
    drop_above(r);
    if (r->held)
        return;
    drop_below(r);
    if (r->place->newline || r->first == r->end)
        return;
    bool head = drop_head(r);
    if (r->final)
        drop_tail(r, head);
}
