/*
 * The starts of lines: indentation with tabs or spaces as the text around has
 * it, and the leader of the comment that the place is in, where the model has
 * left it out. Inside a comment with an end every line needs one; behind a line
 * comment a line without it may be the code that the comment is about, and gets
 * one only if it is words.
 */

#include "core/inline.h"

/* What stands last in the line before the next one; 0 if that is empty. */
static char
last_byte(const struct inline_style *style)
{
    struct dc_str text = style->spot.before, line;
    if (!inline_prev_line(&text, &line))
        return '\0';
    if (line.len == 0 && !inline_prev_line(&text, &line))
        return '\0';
    line = inline_trim_end(line);
    return line.len > 0 ? line.ptr[line.len - 1] : '\0';
}

void
inline_line_init(struct inline_line *line, const struct inline_style *style)
{
    *line = (struct inline_line){.style = style};
    line->in_comment = str_trim(buf_str(&style->leader)).len > 0;
    buf_init(&line->indent, INLINE_NO_LIMIT);
    buf_init(&line->held, INLINE_NO_LIMIT);
    buf_init(&line->shift, INLINE_NO_LIMIT);
    line->last = last_byte(style);
    line->decided = style->prose || line->in_comment;
}

void
inline_line_finish(struct inline_line *line)
{
    buf_finish(&line->indent);
    buf_finish(&line->held);
    buf_finish(&line->shift);
}

/* ---- the first line ---- */

/* What the line of the place consists of, if that is nothing but the start of
 * a comment line, a list item or a heading. */
static struct dc_str
lone_prefix(const struct inline_style *style)
{
    struct dc_str line = str_trim(style->line);
    struct dc_str core = str_trim(buf_str(&style->leader));
    size_t hashes = 0;
    while (hashes < line.len && line.ptr[hashes] == '#')
        hashes++;
    bool heading = style->markdown && hashes > 0 && hashes == line.len;
    bool leader = line.len > 0 && str_same(line, core);
    bool item = style->prose && inline_item(style->line) == style->line.len;
    return heading || leader || item ? line : (struct dc_str){"", 0};
}

/* True if a new line is missing: a statement ended, and a new one begins
 * without as much as a blank. */
static bool
lacks_newline(const struct inline_line *line, char first)
{
    struct dc_str before = line->style->line;
    int depth = 0;
    for (size_t i = 0; i < before.len; i++)
        depth += (before.ptr[i] == '(') - (before.ptr[i] == ')');
    char last = before.len > 0 ? before.ptr[before.len - 1] : '\0';
    bool letter = inline_word((struct dc_str){&first, 1}).len > 0;
    return !line->style->prose && !line->in_comment && letter && depth <= 0 &&
           (last == ';' || last == '{') && str_trim(line->style->rest).len == 0;
}

static void
add_newline(struct inline_line *line, struct buf *out)
{
    struct dc_str before = line->style->line;
    buf_add_byte(out, '\n');
    buf_add(out, before.ptr, inline_indent(before));
    if (before.ptr[before.len - 1] != '{')
        return;
    if (line->style->tabs == TABS_YES)
        buf_add_byte(out, '\t');
    for (int i = 0; line->style->tabs != TABS_YES && i < line->style->unit; i++)
        buf_add_byte(out, ' ');
}

/* True once it is known what the first line begins with. */
static bool
look_at_first(struct inline_line *line, bool final, struct buf *out)
{
    struct dc_str text = buf_str(&line->held);
    struct dc_str prefix = lone_prefix(line->style);
    struct dc_str at = str_from(text, inline_indent(text));
    if (line->style->line.len == 0) {
        line->state = LINE_INDENT;
        return true;
    }
    if (at.len == 0 && !final)
        return false;
    size_t same = 0;
    while (same < prefix.len && same < at.len &&
           prefix.ptr[same] == at.ptr[same])
        same++;
    if (prefix.len > 0 && same == at.len && !final)
        return false;
    if (prefix.len > 0 && same == prefix.len && inline_blank(at.ptr[same])) {
        bool blank =
            inline_blank(line->style->line.ptr[line->style->line.len - 1]);
        at = str_from(at, same);
        at = str_from(at, blank ? inline_indent(at) : 0);
        buf_drop(&line->held, text.len - at.len);
    }
    line->state = LINE_MIDDLE;
    if (text.len > 0 && lacks_newline(line, text.ptr[0]))
        add_newline(line, out);
    return true;
}

/* ---- the others ---- */

/* Blanks of the style's leader. */
static void
add_leader_indent(const struct inline_line *line, struct buf *out)
{
    struct dc_str leader = buf_str(&line->style->leader);
    buf_add(out, leader.ptr, inline_indent(leader));
}

static void
add_leader(struct inline_line *line, bool blank_line, struct buf *out)
{
    struct dc_str leader = buf_str(&line->style->leader);
    size_t indent = inline_indent(leader);
    buf_add_str(out, blank_line ? inline_trim_end(leader) : leader);
    if (line->indent.len > indent)
        buf_add(out, line->indent.ptr + indent, line->indent.len - indent);
}

static void
release(struct inline_line *line, struct buf *out)
{
    buf_add_str(out, buf_str(&line->held));
    struct dc_str text = inline_trim_end(buf_str(&line->held));
    if (text.len > 0)
        line->prev = line->last = text.ptr[text.len - 1];
    for (size_t i = 0; i < text.len; i++)
        line->depth += inline_bracket(text.ptr[i]);
    buf_reset(&line->held);
    buf_reset(&line->indent);
    line->state = LINE_MIDDLE;
}

/* A line of code: its indentation as the text has it. */
static void
begin_code(struct inline_line *line, struct buf *out)
{
    line->in_comment = false;
    if (line->depth <= 0 && inline_bracket(line->held.ptr[0]) < 0)
        inline_unshift(line);
    inline_reindent(line, out);
    release(line, out);
}

/* The start of a line in a comment; whole: the line has ended. */
static void
look_at_comment(struct inline_line *line, bool whole, struct buf *out)
{
    const struct inline_style *style = line->style;
    struct dc_str core = str_trim(buf_str(&style->leader));
    struct dc_str text = buf_str(&line->held);
    size_t n = 0;
    while (n < core.len && n < text.len && core.ptr[n] == text.ptr[n])
        n++;
    if (n == text.len && n < core.len && !whole)
        return;
    bool must = style->close.len > 0 || style->comment_goes_on || style->prose;
    if (n == core.len) {
        if (line->indent.len == 0)
            add_leader_indent(line, out);
        else
            inline_reindent(line, out);
        release(line, out);
    } else if (must || (whole && inline_is_words(text))) {
        add_leader(line, false, out);
        release(line, out);
    } else if (whole) {
        begin_code(line, out);
    }
}

/* What is held is the start of a line, behind its blanks. */
static void
look_at_line(struct inline_line *line, bool whole, struct buf *out)
{
    if (line->held.len == 0)
        return;
    if (line->in_comment)
        look_at_comment(line, whole, out);
    else if (line->decided || inline_find_shift(line, whole))
        begin_code(line, out);
}

static void
empty_line(struct inline_line *line, struct buf *out)
{
    const struct inline_style *style = line->style;
    if (line->in_comment && (style->close.len > 0 || style->comment_goes_on)) {
        buf_reset(&line->indent);
        add_leader(line, true, out);
    } else {
        line->in_comment = false;
    }
    buf_reset(&line->indent);
    line->last = '\0';
}

static void
end_line(struct inline_line *line, struct buf *out)
{
    if (line->state == LINE_HELD)
        look_at_line(line, true, out);
    else if (line->state == LINE_INDENT)
        empty_line(line, out);
    buf_add_byte(out, '\n');
    line->state = LINE_INDENT;
}

static void
note(struct inline_line *line, char c)
{
    struct dc_str close = line->style->close;
    if (close.len == 2 && line->prev == close.ptr[0] && c == close.ptr[1])
        line->in_comment = false;
    line->prev = c;
    line->depth += inline_bracket(c);
    if (!inline_blank(c))
        line->last = c;
}

static void
add_byte(struct inline_line *line, char c, struct buf *out)
{
    if (c == '\n') {
        end_line(line, out);
    } else if (line->state == LINE_MIDDLE) {
        note(line, c);
        buf_add_byte(out, c);
    } else if (line->state == LINE_INDENT && inline_blank(c)) {
        buf_add_byte(&line->indent, c);
    } else {
        line->state = LINE_HELD;
        buf_add_byte(&line->held, c);
        look_at_line(line, false, out);
    }
}

static void
start(struct inline_line *line, struct dc_str text, bool final, struct buf *out)
{
    buf_add_str(&line->held, text);
    if (!look_at_first(line, final, out))
        return;
    size_t len;
    char *first = buf_take(&line->held, &len);
    for (size_t i = 0; i < len; i++)
        add_byte(line, first[i], out);
    dc_free(first);
}

void
inline_line_add(struct inline_line *line, struct dc_str text, bool final,
                struct buf *out)
{
    if (line->state == LINE_FIRST)
        start(line, text, final, out);
    else
        for (size_t i = 0; i < text.len; i++)
            add_byte(line, text.ptr[i], out);
    if (final && line->state == LINE_HELD)
        look_at_line(line, true, out);
}
