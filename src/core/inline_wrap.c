/*
 * Wrapping words as the lines around are wrapped. A line that the model has
 * wrapped itself, at another width, is filled again; a short line is meant to
 * end where it does. Headings, tables, code and list items stay lines of their
 * own. Only blanks become line ends, and only where a new line would not begin
 * with what means something there, as "-" does.
 */
#include <string.h>

#include "core/inline.h"

enum { NEAR_END = 20 }; /* columns before the width: the model wraps there */

void
inline_wrap_init(struct inline_wrap *wrap, const struct inline_style *style)
{
    *wrap = (struct inline_wrap){.style = style};
    buf_init(&wrap->start, INLINE_NO_LIMIT);
    buf_init(&wrap->word, INLINE_NO_LIMIT);
    buf_init(&wrap->hang, INLINE_NO_LIMIT);
    buf_add_str(&wrap->hang, buf_str(&style->hang));
    struct dc_str line = style->line;
    wrap->at_start = line.len == 0;
    wrap->column = wrap->came = inline_width(line);
    wrap->can_break = line.len > 0 && inline_blank(line.ptr[line.len - 1]) &&
                      str_trim(line).len > 0;
    struct dc_str text = str_trim(line);
    wrap->filled = text.len > 0;
    wrap->verbatim = text.len > 0 &&
                     (text.ptr[0] == '#' || text.ptr[0] == '|') &&
                     style->markdown;
    wrap->verbatim = wrap->verbatim && style->leader.len == 0;
}

void
inline_wrap_finish(struct inline_wrap *wrap)
{
    buf_finish(&wrap->start);
    buf_finish(&wrap->word);
    buf_finish(&wrap->hang);
}

static void
give(struct inline_wrap *wrap, struct dc_str text, struct buf *out)
{
    buf_add_str(out, text);
    wrap->column += inline_width(text);
}

static void
new_line(struct inline_wrap *wrap, struct buf *out)
{
    buf_add_byte(out, '\n');
    wrap->column = 0;
    wrap->can_break = false;
    give(wrap, buf_str(&wrap->style->leader), out);
    give(wrap, buf_str(&wrap->hang), out);
}

/* ---- words ---- */

/* A line that begins with this word would be no text. */
static bool
starts_else(struct dc_str word)
{
    char line[16];
    if (word.len == 0 || word.len > 8)
        return false;
    memcpy(line, word.ptr, word.len);
    line[word.len] = ' ';
    return inline_item((struct dc_str){line, word.len + 1}) > 0 ||
           word.ptr[0] == '#' || word.ptr[0] == '>' || word.ptr[0] == '|';
}

static void
put_word(struct inline_wrap *wrap, struct buf *out)
{
    struct dc_str word = buf_str(&wrap->word);
    if (word.len == 0)
        return;
    int end = wrap->column + (int)wrap->gap + inline_width(word);
    bool may = wrap->gap > 0 || wrap->can_break;
    if (may && end > wrap->style->width && !starts_else(word)) {
        new_line(wrap, out);
    } else {
        for (; wrap->gap > 0; wrap->gap--)
            give(wrap, (struct dc_str){" ", 1}, out);
    }
    wrap->gap = 0;
    wrap->can_break = false;
    give(wrap, word, out);
    buf_reset(&wrap->word);
}

/* ---- starts of lines ---- */

/* What the start of a line shows. */
struct shape {
    struct dc_str text; /* behind the leader */
    bool left_comment, end_comment;
    bool fence, item, other; /* else words */
};

static bool
begins_with(struct dc_str text, struct dc_str prefix)
{
    return text.len >= prefix.len &&
           memcmp(text.ptr, prefix.ptr, prefix.len) == 0;
}

/* False while the first word, or what stands before it, may be unfinished. */
static bool
read_shape(const struct inline_wrap *wrap, bool whole, struct shape *out)
{
    struct dc_str core = str_trim(buf_str(&wrap->style->leader));
    struct dc_str text = buf_str(&wrap->start);
    *out = (struct shape){.text = text};
    if (core.len > 0) {
        struct dc_str bare = str_from(text, inline_indent(text));
        if (bare.len < core.len && !whole)
            return false;
        struct dc_str close = wrap->style->close;
        out->end_comment = close.len > 0 && begins_with(bare, close);
        out->left_comment = !begins_with(bare, core);
        out->text = str_from(bare, out->left_comment ? 0 : core.len);
        if (out->text.len > 0 && out->text.ptr[0] == ' ')
            out->text = str_from(out->text, 1);
    }
    struct dc_str word = str_from(out->text, inline_indent(out->text));
    size_t len = 0;
    while (len < word.len && !inline_blank(word.ptr[len]))
        len++;
    if (len == word.len && !whole)
        return false;
    size_t indent = inline_indent(out->text);
    out->fence = inline_fence(out->text) > 0;
    out->item = inline_item(out->text) > 0;
    bool marks = word.len > 0 && strchr("#|><", word.ptr[0]) != NULL;
    out->other = marks || (indent >= 4 && indent >= wrap->hang.len + 4);
    return true;
}

static void
put_newlines(struct inline_wrap *wrap, struct buf *out)
{
    for (; wrap->newlines > 0; wrap->newlines--)
        buf_add_byte(out, '\n');
    wrap->column = wrap->came = 0;
    wrap->gap = 0;
    wrap->can_break = false;
}

static void
keep_line(struct inline_wrap *wrap, struct buf *out)
{
    put_newlines(wrap, out);
    give(wrap, buf_str(&wrap->start), out);
    wrap->verbatim = true;
    wrap->filled = false;
}

/* The blanks of an item's further lines. */
static void
set_hang(struct inline_wrap *wrap, struct dc_str item)
{
    size_t indent = inline_indent(item), end = inline_item(item);
    buf_reset(&wrap->hang);
    buf_add(&wrap->hang, item.ptr, indent);
    for (size_t i = indent; i < end; i++)
        buf_add_byte(&wrap->hang, ' ');
}

static void
begin_item(struct inline_wrap *wrap, struct dc_str item, struct buf *out)
{
    size_t end = inline_item(item);
    struct dc_str all = buf_str(&wrap->start);
    size_t marker = all.len - item.len + end;
    put_newlines(wrap, out);
    set_hang(wrap, item);
    give(wrap, (struct dc_str){all.ptr, marker}, out);
    buf_drop(&wrap->start, marker);
}

/* True if the line end before this line is one that the model has wrapped. */
static bool
goes_on(const struct inline_wrap *wrap)
{
    return wrap->filled && wrap->newlines == 1 &&
           wrap->came >= wrap->style->width - NEAR_END;
}

static void
begin_words(struct inline_wrap *wrap, struct dc_str text, struct buf *out)
{
    size_t indent = inline_indent(text);
    bool apart = wrap->newlines > 1 || !wrap->filled;
    if (goes_on(wrap)) {
        wrap->newlines = 0;
        wrap->gap = 1;
    } else {
        put_newlines(wrap, out);
        if (apart) {
            buf_reset(&wrap->hang);
            buf_add(&wrap->hang, text.ptr, indent);
        }
        give(wrap, buf_str(&wrap->style->leader), out);
        give(wrap, buf_str(&wrap->hang), out);
    }
    struct dc_str all = buf_str(&wrap->start);
    buf_drop(&wrap->start, all.len - text.len + indent);
}

static void add_byte(struct inline_wrap *wrap, char c, struct buf *out);

/* The rest of start is ordinary text. */
static void
add_start(struct inline_wrap *wrap, struct buf *out)
{
    size_t len;
    char *text = buf_take(&wrap->start, &len);
    wrap->at_start = false;
    wrap->filled = true;
    wrap->came = wrap->column;
    for (size_t i = 0; i < len; i++)
        add_byte(wrap, text[i], out);
    dc_free(text);
}

/* Begin the line once its kind is known. */
static void
look_at_start(struct inline_wrap *wrap, bool whole, struct buf *out)
{
    struct shape shape;
    if (!read_shape(wrap, whole, &shape))
        return;
    if (wrap->in_code || shape.fence || shape.left_comment ||
        shape.end_comment || shape.other || str_trim(shape.text).len == 0) {
        wrap->in_code ^= shape.fence;
        keep_line(wrap, out);
    } else {
        if (shape.item)
            begin_item(wrap, shape.text, out);
        else
            begin_words(wrap, shape.text, out);
        add_start(wrap, out);
        return;
    }
    buf_reset(&wrap->start);
    wrap->at_start = false;
}

/* ---- bytes ---- */

static void
end_line(struct inline_wrap *wrap, struct buf *out)
{
    if (wrap->at_start && wrap->start.len > 0)
        look_at_start(wrap, true, out);
    /* two blanks at its end, or "\", end a line in Markdown */
    bool hard = wrap->gap > 1 || (wrap->word.len > 0 &&
                                  wrap->word.ptr[wrap->word.len - 1] == '\\');
    put_word(wrap, out);
    if (hard && wrap->gap > 0 && wrap->style->markdown)
        buf_add_text(out, "  ");
    wrap->gap = 0;
    wrap->came = hard ? 0 : wrap->came;
    wrap->newlines++;
    wrap->at_start = true;
    wrap->verbatim = false;
}

static void
add_byte(struct inline_wrap *wrap, char c, struct buf *out)
{
    if (c == '\n') {
        end_line(wrap, out);
    } else if (wrap->at_start) {
        buf_add_byte(&wrap->start, c);
        if (inline_blank(c))
            look_at_start(wrap, false, out);
    } else if (wrap->verbatim) {
        give(wrap, (struct dc_str){&c, 1}, out);
    } else {
        wrap->came += ((unsigned char)c & 0xc0) != 0x80;
        if (c == ' ') {
            put_word(wrap, out);
            wrap->gap++;
        } else {
            buf_add_byte(&wrap->word, c);
        }
    }
}

void
inline_wrap_add(struct inline_wrap *wrap, struct dc_str text, bool final,
                struct buf *out)
{
    bool words = wrap->style->prose || wrap->style->leader.len > 0;
    if (wrap->style->width == 0 || !words) {
        buf_add_str(out, text);
        return;
    }
    for (size_t i = 0; i < text.len; i++)
        add_byte(wrap, text.ptr[i], out);
    if (!final)
        return;
    if (wrap->at_start && wrap->start.len > 0)
        look_at_start(wrap, true, out);
    put_word(wrap, out);
    for (; wrap->gap > 0; wrap->gap--)
        buf_add_byte(out, ' ');
    for (; wrap->newlines > 0; wrap->newlines--)
        buf_add_byte(out, '\n');
}
