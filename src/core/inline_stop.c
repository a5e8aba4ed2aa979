/*
 * Where a continuation comes to the text that stands behind the place already.
 * In the middle of a line that is the rest of the line; else the lines below.
 * What may become such a repetition is held back until it is one: enough bytes
 * that nobody writes them twice by chance, or the end of the answer. Text and
 * repetition are compared with any blanks taken for the same.
 */
#include <string.h>

#include "core/inline.h"

enum {
    SURE = 16,       /* bytes of code that are no chance, */
    SURE_OUTER = 10, /* in a line that is not indented, */
    SURE_PROSE = 32, /* and of words */
    SURE_REST = 12,  /* and of the rest of a line, wherever it comes */
    /* More in a row are a server gone mad, and no repetition. */
    BLANKS_MAX = 256,
};

static bool
space(char c)
{
    return inline_blank(c) || c == '\n';
}

void
inline_stop_init(struct inline_stop *stop, const struct inline_style *style)
{
    *stop = (struct inline_stop){.style = style, .after = style->spot.after};
    buf_init(&stop->held, INLINE_NO_LIMIT);
    if (style->line.len == 0)
        stop->last = '\n';
    else if (inline_blank(style->line.ptr[style->line.len - 1]))
        stop->last = ' ';
    if (str_trim(style->rest).len > 0)
        return;
    struct dc_str text = stop->after, line;
    while (inline_next_line(&text, &line) && str_trim(line).len == 0)
        stop->after = text;
}

void
inline_stop_finish(struct inline_stop *stop)
{
    buf_finish(&stop->held);
}

/* ---- comparing ---- */

/* How far what is held agrees with what stands behind the place. */
struct match {
    size_t bytes;    /* that agree, without blanks */
    size_t in_lines; /* those of whole lines */
    size_t words;    /* runs of blanks between them */
    size_t used;     /* of what is held, to the last that agrees */
    size_t to;       /* of the text behind */
    bool differs;    /* else all that is held agrees */
    bool used_up;    /* all of the text behind was met */
};

/* Runs of blanks at *i and *j; false if they do not mean the same. */
static bool
skip_blanks(struct dc_str a, size_t *i, struct dc_str b, size_t *j, bool prose)
{
    bool lf_a = false, lf_b = false;
    for (; *i < a.len && space(a.ptr[*i]); ++*i)
        lf_a = lf_a || a.ptr[*i] == '\n';
    for (; *j < b.len && space(b.ptr[*j]); ++*j)
        lf_b = lf_b || b.ptr[*j] == '\n';
    return prose || lf_a == lf_b || *i == a.len;
}

/* Compare text, from its first byte that is no blank, with behind. */
static struct match
compare(struct dc_str text, struct dc_str behind, bool prose)
{
    struct match m = {.bytes = 0};
    size_t i = 0, j = 0;
    while (i < text.len && j < behind.len) {
        bool a = space(text.ptr[i]), b = space(behind.ptr[j]);
        if (a && b) {
            m.in_lines = behind.ptr[j] == '\n' ? m.bytes : m.in_lines;
            m.words++;
            if (!skip_blanks(text, &i, behind, &j, prose))
                break;
        } else if (a || text.ptr[i] != behind.ptr[j]) {
            break;
        } else {
            i++;
            j++;
            m.bytes++;
            m.used = i;
            m.to = j;
        }
    }
    m.used_up = str_trim(str_from(behind, j)).len == 0;
    m.differs = str_trim(str_from(text, i)).len > 0;
    if (i == text.len && j < behind.len && behind.ptr[j] == '\n')
        m.in_lines = m.bytes;
    return m;
}

enum verdict { NO, MAYBE, STOP };

/* True if the first bracket that the repetition closes was opened in the new
 * text, so that it is none. */
static bool
closes_own(const struct inline_stop *stop, struct dc_str text)
{
    for (size_t i = 0; i < text.len; i++)
        if (inline_bracket(text.ptr[i]) != 0)
            return inline_bracket(text.ptr[i]) < 0 && stop->depth > 0;
    return false;
}

static bool
starts_word_within(const struct inline_stop *stop, struct dc_str text)
{
    struct dc_str last = {&stop->last, 1}, first = {text.ptr, 1};
    return inline_word(first).len > 0 && inline_word(last).len > 0;
}

/* The rest of the line. text: what is held, without blanks before it. */
static enum verdict
judge_rest(const struct inline_stop *stop, struct dc_str text, bool final)
{
    struct dc_str rest = str_trim(stop->style->rest);
    struct match m = compare(text, rest, stop->style->prose);
    if (m.to >= rest.len) {
        if (closes_own(stop, rest))
            return NO;
        struct dc_str more = str_from(text, m.used);
        size_t blanks = inline_indent(more);
        if (m.bytes >= SURE_REST ||
            (blanks < more.len && more.ptr[blanks] == '\n'))
            return STOP;
        if (blanks < more.len)
            return NO;
        return final ? STOP : MAYBE;
    }
    if (m.differs)
        return NO;
    return !final ? MAYBE : m.bytes >= SURE_REST ? STOP : NO;
}

/* Nobody writes these twice in a row. */
static bool
is_landmark(const struct inline_stop *stop, struct dc_str line)
{
    line = str_trim(line);
    bool heading = stop->style->markdown && str_starts(line, "#");
    bool fence = stop->style->in_fence && inline_fence(line) > 0;
    return heading || fence;
}

/* The lines below, from the start of a line on; text has its blanks. */
static enum verdict
judge_lines(const struct inline_stop *stop, struct dc_str text, bool final)
{
    struct dc_str behind = stop->after;
    size_t indent = inline_indent(text);
    if (indent == text.len)
        return final ? NO : MAYBE;
    if (indent != inline_indent(behind) ||
        (indent > 0 && memcmp(text.ptr, behind.ptr, indent) != 0))
        return NO;
    text = str_from(text, indent);
    behind = str_from(behind, indent);
    struct match m = compare(text, behind, false);
    size_t sure = indent > 0 ? SURE : SURE_OUTER;
    struct dc_str first = behind;
    first.len = str_find(behind, '\n');
    bool whole = m.in_lines > 0 && (m.used < text.len || final);
    if (whole && !closes_own(stop, behind) &&
        (m.in_lines >= sure || is_landmark(stop, first)))
        return STOP;
    if (m.differs || !final)
        return m.differs ? NO : MAYBE;
    bool to_line_end = m.in_lines == m.bytes || m.used_up;
    return to_line_end && !closes_own(stop, behind) ? STOP : NO;
}

/* Words of running text, from the start of a word on. */
static enum verdict
judge_words(const struct inline_stop *stop, struct dc_str text, bool final)
{
    struct dc_str behind = str_trim(stop->after);
    if (!space(stop->last))
        return NO;
    struct match m = compare(text, behind, true);
    if (m.bytes >= SURE_PROSE && m.words > 3)
        return STOP;
    if (m.differs)
        return NO;
    return !final ? MAYBE : m.bytes >= SURE && m.words > 1 ? STOP : NO;
}

static enum verdict
judge(const struct inline_stop *stop, bool final)
{
    struct dc_str text = str_from(buf_str(&stop->held), stop->at);
    if (str_trim(stop->after).len == 0)
        return NO;
    if (str_trim(stop->style->rest).len > 0) {
        struct dc_str bare = str_from(text, inline_indent(text));
        if (bare.len == 0)
            return final ? NO : MAYBE;
        if (bare.len == text.len && starts_word_within(stop, text))
            return NO;
        return judge_rest(stop, bare, final);
    }
    enum verdict found = NO;
    if (stop->last == '\n' && text.ptr[0] != '\n')
        found = judge_lines(stop, text, final);
    if (found == NO && stop->style->prose && !space(text.ptr[0]))
        found = judge_words(stop, text, final);
    return found;
}

/* ---- the stream ---- */

static void
pass_byte(struct inline_stop *stop, struct buf *out)
{
    char c = stop->held.ptr[stop->at++];
    stop->depth += inline_bracket(c);
    stop->last = c;
    buf_add_byte(out, c);
}

static bool
has_many_blanks(struct dc_str text)
{
    size_t n = 0;
    while (n < text.len && n < BLANKS_MAX && space(text.ptr[n]))
        n++;
    return n == BLANKS_MAX;
}

/* Blanks before the repetition that it does not begin with itself stay. */
static void
end_before(struct inline_stop *stop, struct buf *out)
{
    struct dc_str rest = stop->style->rest;
    struct dc_str held = str_from(buf_str(&stop->held), stop->at);
    if (str_trim(rest).len > 0 && !inline_blank(rest.ptr[0]))
        buf_add(out, held.ptr, inline_indent(held));
    stop->at = stop->held.len;
    stop->done = true;
}

void
inline_stop_add(struct inline_stop *stop, struct dc_str text, bool final,
                struct buf *out)
{
    if (stop->done)
        return;
    buf_drop(&stop->held, stop->at);
    stop->at = 0;
    buf_add_str(&stop->held, text);
    while (stop->at < stop->held.len) {
        struct dc_str held = str_from(buf_str(&stop->held), stop->at);
        enum verdict found = has_many_blanks(held) ? NO : judge(stop, final);
        if (found == MAYBE)
            return;
        if (found == STOP)
            end_before(stop, out);
        else
            pass_byte(stop, out);
    }
}
