/*
 * The indentation that got lost. Models take the common indentation off, or
 * only that of the first line (because a reply is trimmed), or write spaces for
 * tabs. What was lost is seen from the first two lines with text.
 */
#include <string.h>

#include "core/rewrite.h"

enum { UNIT = 4, TAB = 8 };

static size_t
cells(const struct rw_place *p, struct dc_str blanks)
{
    size_t tab = p->sel.tab > 0 ? p->sel.tab : TAB, n = 0;
    for (size_t i = 0; i < blanks.len; i++)
        n += blanks.ptr[i] == '\t' ? tab - n % tab : 1;
    return n;
}

static struct dc_str
lead_of(struct dc_str line)
{
    return (struct dc_str){line.ptr, rw_lead(line)};
}

/* Of the selection: the blanks of its first line and those all lines share. */
struct own {
    struct dc_str first, common;
};

static struct own
own_of(const struct rw_place *p)
{
    struct own own = {{NULL, 0}, {NULL, 0}};
    bool any = false;
    for (size_t i = 0; i < p->lines.count; i++) {
        struct dc_str line = p->lines.at[i];
        if (rw_blank(line))
            continue;
        struct dc_str lead = lead_of(line);
        if (i == 0 && p->sel.head.len > 0)
            lead = lead_of(p->sel.head);
        if (!any)
            own.first = own.common = lead;
        size_t same = 0;
        while (same < own.common.len && same < lead.len &&
               own.common.ptr[same] == lead.ptr[same])
            same++;
        own.common.len = same;
        any = true;
    }
    return own;
}

/* ---- tabs and spaces ---- */

static char
style_of(const struct rw_lines *lines, size_t from, size_t end)
{
    for (size_t i = from; i < end; i++)
        if (!rw_blank(lines->at[i]) && rw_lead(lines->at[i]) > 0)
            return lines->at[i].ptr[0];
    return '\0';
}

static char
own_style(const struct rw_place *p)
{
    char style = style_of(&p->lines, 0, p->lines.count);
    if (style == '\0')
        style = style_of(&p->before, 0, p->before.count);
    if (style == '\0')
        style = style_of(&p->after, 0, p->after.count);
    return style != '\0' ? style : p->sel.indent > 0 ? ' ' : '\t';
}

static size_t
run_of(struct dc_str line, char c)
{
    size_t n = 0;
    while (n < line.len && line.ptr[n] == c)
        n++;
    return n;
}

/* The spaces of a level in the reply, from the first line that shows it; one
 * space is no indentation, but the inside of a comment. */
static size_t
spaces_of(const struct rw_reply *r, struct dc_str own_first)
{
    size_t one = rw_full(r->lines, r->first, r->end);
    for (size_t i = one; i < r->end; i++) {
        struct dc_str line = r->lines->at[i];
        size_t n = run_of(line, ' '), tabs = i == one ? own_first.len : 0;
        if (rw_blank(line) || (n < 2 && run_of(line, '\t') == 0))
            continue;
        if (tabs > 0)
            n = n % tabs == 0 ? n / tabs : 0;
        return n == 2 || n == 3 || n == 4 || n == 8 ? n : 0;
    }
    return 0;
}

static void
find_style(struct rw_shift *s, const struct rw_reply *r, const struct own *own)
{
    const struct rw_place *p = r->place;
    char theirs = style_of(r->lines, r->first, r->end), ours = own_style(p);
    if (p->told_indent || theirs == '\0' || theirs == ours)
        return;
    if (ours == '\t' && !p->text)
        s->tabs = spaces_of(r, own->first);
    else if (ours == ' ' && !p->text)
        s->spaces = p->sel.indent > 0 ? p->sel.indent : UNIT;
}

static void
add_lead(const struct rw_shift *shift, struct buf *out, struct dc_str lead)
{
    size_t used = 0;
    if (shift->tabs > 0) {
        size_t blanks = run_of(lead, ' ');
        for (; used + shift->tabs <= blanks; used += shift->tabs)
            buf_add_byte(out, '\t');
    } else if (shift->spaces > 0) {
        for (size_t tabs = run_of(lead, '\t'); used < tabs; used++)
            for (size_t i = 0; i < shift->spaces; i++)
                buf_add_byte(out, ' ');
    }
    buf_add(out, lead.ptr + used, lead.len - used);
}

/* Blanks as they will be, in a scratch of our own. */
static struct dc_str
converted(const struct rw_shift *s, struct dc_str lead, struct buf *scratch)
{
    buf_reset(scratch);
    add_lead(s, scratch, lead);
    return buf_str(scratch);
}

/* ---- how much is missing ---- */

static bool
opens_block(struct dc_str line)
{
    line = str_trim(line);
    static const char *const words[] = {"then", "do", "begin", "else", "=>",
                                        "->",   "=",  "try",   "\\"};
    if (line.len > 0 && strchr("{([:,", line.ptr[line.len - 1]) != NULL)
        return true;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        size_t n = strlen(words[i]);
        if (line.len >= n && memcmp(line.ptr + line.len - n, words[i], n) == 0)
            return true;
    }
    return false;
}

/* The blanks of the line of the selection that looks like this one; false if
 * there is none. */
static bool
own_lead(const struct rw_place *p, struct dc_str line, size_t *lead)
{
    for (size_t i = 0; i < p->lines.count; i++) {
        if (rw_blank(line) || !rw_alike(p->lines.at[i], line) ||
            (i == 0 && p->sel.head.len > 0))
            continue;
        *lead = cells(p, lead_of(p->lines.at[i]));
        return true;
    }
    return false;
}

struct gap {
    size_t first, second; /* cells of the first two lines of the reply */
    size_t missing;       /* of the first one */
    size_t common;        /* of the selection */
};

/* Has the second line lost its blanks, too? */
static bool
lost_all(const struct rw_place *p, const struct gap *g, struct dc_str line,
         struct dc_str second)
{
    size_t lead;
    /* Trimming leaves no blanks at all before the first line. */
    if (g->second < g->common || g->first > 0)
        return true;
    if (own_lead(p, second, &lead) && lead != g->second)
        return lead == g->second + g->missing;
    if (own_lead(p, second, &lead) && lead == g->second)
        return false;
    size_t unit = p->sel.indent > 0 ? p->sel.indent
                  : p->sel.tab > 0  ? p->sel.tab
                                    : TAB;
    return opens_block(line) && g->second <= g->first + unit;
}

static struct dc_str
head_of(struct dc_str s, size_t len)
{
    return (struct dc_str){s.ptr, len < s.len ? len : s.len};
}

/* Set what is put in front: have is what the first line has of want. */
static void
set_missing(struct rw_shift *s, struct dc_str want, struct dc_str have,
            bool all, bool first)
{
    if (have.len > want.len ||
        (have.len > 0 && memcmp(have.ptr, want.ptr, have.len) != 0))
        return;
    struct dc_str missing = head_of(want, want.len - have.len);
    if (first)
        s->first = missing;
    if (all)
        s->rest = missing;
}

static void
find_missing(struct rw_shift *s, const struct rw_reply *r,
             const struct own *own, struct buf *scratch)
{
    const struct rw_place *p = r->place;
    size_t one = rw_full(r->lines, r->first, r->end);
    size_t two = rw_full(r->lines, one + 1, r->end);
    struct dc_str line = r->lines->at[one];
    struct dc_str have = converted(s, lead_of(line), scratch);
    struct gap g = {.first = cells(p, have), .common = cells(p, own->common)};
    bool head = p->sel.head.len > 0,
         alike =
             p->lead < p->lines.count && rw_alike(line, p->lines.at[p->lead]);
    size_t want = cells(p, own->first);
    if (g.first >= want || (g.first >= g.common && !alike))
        return;
    if (two >= r->end) {
        s->held = !r->final;
        set_missing(s, own->first, have, false, !head);
        return;
    }
    struct buf other;
    buf_init(&other, SIZE_MAX / 4);
    g.second = cells(p, converted(s, lead_of(r->lines->at[two]), &other));
    buf_finish(&other);
    g.missing = want - g.first;
    bool all = lost_all(p, &g, line, r->lines->at[two]);
    /* A deeper first line that is not the old one may be a new first line. */
    struct dc_str full = all && !alike ? own->common : own->first;
    set_missing(s, full, have, all, !head);
}

void
rw_shift_find(struct rw_shift *shift, const struct rw_reply *r)
{
    const struct rw_place *p = r->place;
    *shift = (struct rw_shift){0};
    size_t one = rw_full(r->lines, r->first, r->end);
    if (one >= r->end || p->lead >= p->lines.count || rw_blank(p->sel.text))
        return;
    bool inline_start = p->sel.head.len > 0;
    shift->bare = inline_start && rw_lead(p->lines.at[0]) == 0;
    struct own own = own_of(p);
    find_style(shift, r, &own);
    if (p->told_indent || (inline_start && !rw_blank(p->sel.head)))
        return;
    struct buf scratch;
    buf_init(&scratch, SIZE_MAX / 4);
    find_missing(shift, r, &own, &scratch);
    buf_finish(&scratch);
}

void
rw_shift_add(const struct rw_shift *shift, struct buf *out, struct dc_str line,
             bool first)
{
    struct dc_str lead = lead_of(line);
    if (lead.len == line.len) {
        buf_add_str(out, line);
        return;
    }
    buf_add_str(out, first ? shift->first : shift->rest);
    if (!first || !shift->bare)
        add_lead(shift, out, lead);
    buf_add(out, line.ptr + lead.len, line.len - lead.len);
}
