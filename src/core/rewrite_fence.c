/*
 * The fence that models put around an answer although they were asked not to.
 * Around code it is easy: the first fence is it. In Markdown a fence may be
 * what was asked for, and its end may be the end of a block inside; which one
 * it was is known only when nothing more follows.
 */
#include <string.h>

#include "core/rewrite.h"

enum { TALK = 12 }; /* lines that may stand before a fence */

struct rw_fence
rw_fence_read(struct dc_str line)
{
    struct rw_fence f = {.indent = rw_lead(line)};
    struct dc_str s = str_trim(line);
    char mark = s.len > 0 ? s.ptr[0] : '\0';
    if (mark != '`' && mark != '~')
        return f;
    while (f.count < s.len && s.ptr[f.count] == mark)
        f.count++;
    f.info = str_trim((struct dc_str){s.ptr + f.count, s.len - f.count});
    /* A backtick in the info string makes it a code span. */
    if (f.count >= 3 && (mark == '~' || str_find(f.info, '`') == f.info.len))
        f.mark = mark;
    return f;
}

static bool
is_closing(struct rw_fence f, struct rw_fence open)
{
    return f.mark == open.mark && f.count >= open.count && f.info.len == 0;
}

static bool
is_markdown_info(const struct rw_place *p, struct dc_str info)
{
    static const char *const infos[] = {"",     "markdown",  "md",
                                        "text", "plaintext", "txt"};
    for (size_t i = 0; i < sizeof infos / sizeof *infos; i++)
        if (str_is(info, infos[i]))
            return true;
    return info.len == p->sel.filetype.len && rw_alike(info, p->sel.filetype);
}

/* The selection begins with a fence, so the answer may do so too. A longer
 * fence, or two in a row, or one for Markdown, still goes around it. */
static bool
is_outer(struct rw_reply *r, struct rw_fence f, size_t at)
{
    const struct rw_place *p = r->place;
    struct rw_fence own = rw_fence_read(p->lines.at[p->lead]);
    size_t next = rw_full(r->lines, at + 1, r->end);
    if (f.count > own.count || f.mark != own.mark)
        return next == r->end || rw_fence_read(r->lines->at[next]).mark != 0;
    if (next == r->end && !r->final)
        r->held = true;
    return next < r->end && rw_fence_read(r->lines->at[next]).info.len > 0 &&
           rw_fence_read(r->lines->at[next]).mark != 0;
}

static bool
is_wrapper(struct rw_reply *r, size_t at)
{
    const struct rw_place *p = r->place;
    struct rw_fence f = rw_fence_read(r->lines->at[at]);
    if (f.mark == 0)
        return false;
    if (p->lead < p->lines.count && rw_fence_read(p->lines.at[p->lead]).mark)
        return is_outer(r, f, at);
    if (!p->markdown)
        return !p->told_fence || !p->text;
    return is_markdown_info(p, f.info) && !p->told_fence;
}

/* The end of code: the first fence that is indented no deeper than the one
 * that was opened, else a last line that is one. */
static size_t
end_of_code(const struct rw_reply *r, struct rw_fence open, size_t from)
{
    size_t last = r->end;
    for (size_t i = from; i < r->end; i++) {
        struct rw_fence f = rw_fence_read(r->lines->at[i]);
        if (is_closing(f, open) && f.indent <= open.indent)
            return i;
        if (!rw_blank(r->lines->at[i]))
            last = is_closing(f, open) ? i : r->end;
    }
    return last;
}

/* Blocks inside may open and close; a bare fence is the end if no other comes
 * behind it. */
static size_t
end_of_markdown(const struct rw_reply *r, struct rw_fence open, size_t from)
{
    size_t end = r->end;
    struct rw_fence inner = {0};
    for (size_t i = from; i < r->end; i++) {
        struct rw_fence f = rw_fence_read(r->lines->at[i]);
        if (f.mark == 0)
            continue;
        if (end < r->end && inner.mark == 0) {
            /* The one before was no end: it opened a block. */
            inner = rw_fence_read(r->lines->at[end]);
            end = r->end;
        }
        if (inner.mark != 0) {
            if (is_closing(f, inner))
                inner.mark = 0;
        } else if (is_closing(f, open)) {
            end = i;
        } else {
            inner = f;
        }
    }
    return end;
}

static void
unwrap_at(struct rw_reply *r, size_t at)
{
    const struct rw_place *p = r->place;
    struct rw_fence open = rw_fence_read(r->lines->at[at]);
    bool markdown = (p->text && (p->markdown || p->fences)) ||
                    str_is(open.info, "markdown") || str_is(open.info, "md");
    size_t end = markdown ? end_of_markdown(r, open, at + 1)
                          : end_of_code(r, open, at + 1);
    r->report.fence = true;
    r->fenced = end < r->end;
    r->report.postamble =
        end + 1 < r->end && rw_full(r->lines, end + 1, r->end) < r->end;
    r->strip = open.indent;
    r->first = at + 1;
    r->end = end;
}

/* Talk before a fence. The number of the fence's line, or 0. */
static size_t
fence_behind_talk(const struct rw_reply *r, size_t from)
{
    if (rw_is_preamble(r->place, r->lines->at[from])) {
        size_t next = rw_full(r->lines, from + 1, r->end);
        bool is = next < r->end && rw_fence_read(r->lines->at[next]).mark != 0;
        return is ? next : 0;
    }
    for (size_t i = from; i < r->end && i < from + TALK; i++) {
        if (rw_fence_read(r->lines->at[i]).mark != 0)
            return i;
        if (!rw_blank(r->lines->at[i]) &&
            rw_among(&r->place->lines, r->lines->at[i]))
            return 0;
    }
    return 0;
}

static bool
may_be_talk(const struct rw_place *p, struct dc_str line)
{
    bool talk = p->text ? rw_is_opener(line) || rw_is_interjection(line)
                        : rw_is_prose(line) || rw_is_opener(line);
    return (talk || rw_is_refusal(p, line)) && rw_lead(line) == 0 &&
           !rw_among(&p->lines, line);
}

/* "Here is the rewritten code:" without a fence. */
static void
drop_preamble(struct rw_reply *r)
{
    const struct rw_place *p = r->place;
    size_t at = r->first;
    if (rw_is_interjection(r->lines->at[at])) {
        size_t next = rw_full(r->lines, at + 1, r->end);
        if (next < r->end && rw_is_preamble(p, r->lines->at[next]))
            at = next;
    }
    if (!rw_is_preamble(p, r->lines->at[at]))
        return;
    r->report.preamble = true;
    r->first = rw_full(r->lines, at + 1, r->end);
}

static void
judge_caption(struct rw_reply *r)
{
    size_t next = rw_full(r->lines, r->first + 1, r->end);
    if (next == r->end) {
        r->held = !r->final;
    } else if (is_wrapper(r, next) && !r->held) {
        r->report.preamble = true;
        unwrap_at(r, next);
    }
}

static void
judge_talk(struct rw_reply *r)
{
    struct dc_str line = r->lines->at[r->first];
    size_t fence = fence_behind_talk(r, r->first);
    if (fence > 0 && is_wrapper(r, fence) && !r->held) {
        r->report.preamble = true;
        unwrap_at(r, fence);
        return;
    }
    bool refusal = rw_is_refusal(r->place, line);
    bool open = fence == 0 && (refusal || r->end - r->first < TALK) &&
                !rw_is_preamble(r->place, line);
    r->held = r->held || (!r->final && open);
    if (refusal && r->final) {
        r->report.outcome = DC_REWRITE_REFUSED;
        r->report.said = str_trim(line);
    }
    drop_preamble(r);
}

static bool
is_line(struct dc_str line, const char *text)
{
    return str_is(str_trim(line), text);
}

/* The tags of the question around it all. */
static void
drop_tags(struct rw_reply *r)
{
    size_t at = rw_full(r->lines, r->first, r->end);
    if (at < r->end && is_line(r->lines->at[at], r->place->open_tag))
        r->first = at + 1;
    for (size_t i = r->first; i < r->end; i++)
        if (is_line(r->lines->at[i], r->place->close_tag))
            r->end = i;
}

/* Without a close they end as they begin. */
static const struct {
    const char *open, *close;
} quote_marks[] = {
    {"\"\"\"", NULL}, {"'''", NULL},  {"```", NULL}, {"/*", "*/"},
    {"<!--", "-->"},  {"--[[", "]]"}, {"{-", "-}"},  {"=begin", "=end"},
};

enum { QUOTES = sizeof quote_marks / sizeof *quote_marks };

/* How often the lines seen so far have opened and closed each of them. */
struct quotes {
    size_t opened[QUOTES], closed[QUOTES];
    size_t line; /* the next one */
};

static size_t
count_mark(struct dc_str s, const char *mark)
{
    size_t count = 0;
    for (size_t at = rw_find(s, mark); at < s.len; at = rw_find(s, mark)) {
        count++;
        at += strlen(mark);
        s = (struct dc_str){s.ptr + at, s.len - at};
    }
    return count;
}

/* Some are open before a line, which lies behind those asked about before:
 * what looks like talk there is text. */
static bool
is_quoted(struct quotes *quotes, const struct rw_reply *r, size_t line)
{
    bool open = false;
    for (size_t i = 0; i < QUOTES; i++) {
        const char *close = quote_marks[i].close;
        for (size_t n = quotes->line; n < line; n++) {
            struct dc_str s = r->lines->at[n];
            quotes->opened[i] += count_mark(s, quote_marks[i].open);
            if (close != NULL)
                quotes->closed[i] += count_mark(s, close);
        }
        open = open || (close != NULL ? quotes->opened[i] > quotes->closed[i]
                                      : quotes->opened[i] % 2 == 1);
    }
    quotes->line = line;
    return open;
}

static void
drop_postamble(struct rw_reply *r)
{
    struct quotes quotes = {.line = r->first};
    size_t fences = 0, fence = 0, last = r->end;
    for (size_t i = r->first; i < r->end; i++) {
        struct dc_str line = r->lines->at[i];
        if (rw_blank(line))
            continue;
        bool paragraph = i > r->first && rw_blank(r->lines->at[i - 1]);
        if (paragraph && rw_is_postamble(r->place, line) &&
            !is_quoted(&quotes, r, i)) {
            r->report.postamble = true;
            r->end = i;
        }
        if (rw_fence_read(line).mark != 0 && i < r->end) {
            fences++;
            fence = i;
        }
        if (i < r->end)
            last = i;
    }
    /* The end of a fence that was never opened. */
    if (fences == 1 && fence == last && !r->place->fences &&
        !r->place->markdown) {
        r->report.fence = true;
        r->end = fence;
    }
}

/* ```all on one line``` */
static bool
unwrap_line(struct rw_reply *r)
{
    struct dc_str s = str_trim(r->lines->at[r->first]);
    if (s.len < 7 || !str_starts(s, "```") || r->place->lines.count > 1 ||
        memcmp(s.ptr + s.len - 3, "```", 3) != 0 || s.ptr[3] == '`' ||
        r->place->fences || rw_full(r->lines, r->first + 1, r->end) < r->end)
        return false;
    r->held = !r->final;
    r->lines->at[r->first] = (struct dc_str){s.ptr + 3, s.len - 6};
    r->report.fence = true;
    return true;
}

void
rw_unwrap(struct rw_reply *r)
{
    drop_tags(r);
    r->first = rw_full(r->lines, r->first, r->end);
    if (r->first == r->end || unwrap_line(r))
        return;
    if (is_wrapper(r, r->first))
        unwrap_at(r, r->first);
    else if (may_be_talk(r->place, r->lines->at[r->first]) && !r->held)
        judge_talk(r);
    else if (rw_is_caption(r->place, r->lines->at[r->first]) && !r->held)
        judge_caption(r);
    if (!r->report.fence)
        drop_postamble(r);
    else if (r->first < r->end)
        drop_tags(r);
}
