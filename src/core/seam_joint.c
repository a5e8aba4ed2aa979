/*
 * Which blanks stand at the joint: those that were cut off the kept text, or
 * those that the continuation begins with. A server was sent the text without
 * them and may write them again; or it goes on behind them all the same.
 */
#include "core/seam_joint.h"

#include "core/seam_match.h"

static const char *const closing[] = {
    ",",
    ".",
    ";",
    ":",
    "!",
    "?",
    ")",
    "]",
    "}",
    "%",
    "\xe2\x80\x99",
    "\xe2\x80\x9d",
    "\xc2\xbb",
    "\xe2\x80\xa6",
    "\xe3\x80\x81",
    "\xe3\x80\x82",
    "\xef\xbc\x8c",
    "\xef\xbc\x81",
    "\xef\xbc\x9f",
    "\xef\xbc\x89",
};

static bool
is_closing(struct dc_str text)
{
    for (size_t i = 0; i < sizeof closing / sizeof *closing; i++)
        if (str_starts(text, closing[i]))
            return true;
    return false;
}

/* Bytes of gap up to and with its last newline. */
static size_t
to_newline(struct dc_str gap)
{
    size_t at = gap.len;
    while (at > 0 && gap.ptr[at - 1] != '\n')
        at--;
    return at;
}

/* The indentation that is there is the beginning of it, and here is the rest;
 * else all of it comes here. */
static bool
adds_up(const struct seam_kept *kept, size_t have, size_t more)
{
    bool sum = seam_kept_indents(kept, have + more);
    bool alone = seam_kept_indents(kept, more);
    return sum != alone ? sum : have > more;
}

static size_t
common(struct dc_str a, struct dc_str b)
{
    size_t n = 0;
    while (n < a.len && n < b.len && a.ptr[n] == b.ptr[n])
        n++;
    return n;
}

/* The blanks of the text stay: what of lead repeats them. */
static size_t
repeated(const struct seam_kept *kept, struct dc_str lead)
{
    struct dc_str gap = kept->gap;
    if (seam_has_newline(lead))
        return common(str_from(gap, str_find(gap, '\n')), lead);
    size_t line = to_newline(gap);
    struct dc_str indent = str_from(gap, line);
    if (line > 0 && indent.len > 0 && lead.len < indent.len &&
        adds_up(kept, indent.len, lead.len))
        return 0;
    return common(indent, lead);
}

static void
add_gap(struct buf *out, const struct seam_kept *kept, struct dc_str lead,
        struct dc_str rest)
{
    struct dc_str gap = kept->gap;
    size_t line = to_newline(gap);
    struct dc_str head = {gap.ptr, line};
    bool both = line > 0 && !seam_has_newline(lead);
    bool whole =
        both && gap.len > line && adds_up(kept, gap.len - line, lead.len);
    if (lead.len == 0)
        whole = line > 0 || !is_closing(rest);
    else if (!both) /* but a line break of Markdown */
        whole = str_is(gap, "  ") && *lead.ptr == '\n';
    if (whole)
        buf_add_str(out, gap);
    else if (both && lead.len > 0)
        buf_add_str(out, head);
}

size_t
seam_joint(struct buf *out, const struct seam_kept *kept, struct dc_str rest,
           bool line)
{
    size_t at = seam_skip(rest, 0);
    struct dc_str lead = {rest.ptr, at};
    bool behind = line && !kept->inside && seam_has_newline(lead);
    size_t less = kept->fixed && !behind ? repeated(kept, lead) : 0;
    if (!kept->fixed && behind)
        buf_add_str(out, kept->gap);
    else if (!kept->fixed)
        add_gap(out, kept, lead, str_from(rest, at));
    buf_add_str(out, str_from(lead, less));
    return less;
}
