/*
 * Comments, read from Vim's options: is the place in one, and what do its
 * lines begin with? Quotes ("> ") are comments to Vim and here. A comment
 * behind code on its line is none, since its next line is code again.
 */
#include <string.h>

#include "core/inline.h"

/* One part of 'comments': "s1:/" "*", "b:#". */
struct part {
    struct dc_str flags, text;
};

static bool
next_part(struct dc_str *all, struct part *out)
{
    if (all->len == 0)
        return false;
    size_t colon = str_find(*all, ':');
    size_t end = colon + 1;
    while (end < all->len &&
           (all->ptr[end] != ',' || all->ptr[end - 1] == '\\'))
        end++;
    out->flags = (struct dc_str){all->ptr, colon};
    out->text = str_from(*all, colon + 1);
    out->text.len = end > colon + 1 ? end - colon - 1 : 0;
    *all = str_from(*all, end + 1);
    return true;
}

static bool
has_flag(const struct part *part, char flag)
{
    return str_find(part->flags, flag) < part->flags.len;
}

static bool
begins_with(struct dc_str s, struct dc_str prefix)
{
    return prefix.len > 0 && s.len >= prefix.len &&
           memcmp(s.ptr, prefix.ptr, prefix.len) == 0;
}

/* Bytes of the leader at the start of text: what the option says, and more of
 * its last character ("///", ";;;") or a "!" behind it. */
static size_t
leader_len(struct dc_str text, struct dc_str leader)
{
    size_t n = leader.len;
    while (n < text.len && (text.ptr[n] == leader.ptr[leader.len - 1] ||
                            (text.ptr[n] == '!' && leader.len > 1)))
        n++;
    return n;
}

/* Where "> > " ends. */
static size_t
nested_len(struct dc_str text, struct dc_str leader)
{
    size_t end = 0, at = 0;
    while (begins_with(str_from(text, at), leader)) {
        end = at + leader.len;
        at = end + inline_indent(str_from(text, end));
    }
    return end;
}

/* A list marker, or a part of a comment that has an end. */
static bool
is_other(const struct part *part)
{
    return has_flag(part, 'f') || has_flag(part, 's') || has_flag(part, 'm') ||
           has_flag(part, 'e');
}

/* Bytes of the longest leader of a line comment at the start of text. */
static size_t
line_leader(const struct inline_style *style, struct dc_str text)
{
    struct dc_str all = style->spot.comments;
    struct part part;
    size_t best = 0;
    while (next_part(&all, &part)) {
        if (is_other(&part) || !begins_with(text, part.text))
            continue;
        bool nested = has_flag(&part, 'n');
        if (style->prose && !nested && !str_is(part.text, "%"))
            continue;
        size_t n =
            nested ? nested_len(text, part.text) : leader_len(text, part.text);
        bool blank =
            n == text.len || inline_blank(text.ptr[n]) || text.ptr[n] == '\n';
        if (n > best && (blank || !has_flag(&part, 'b')))
            best = n;
    }
    return best;
}

/* The same from 'commentstring', where it has nothing behind the "%s". */
static size_t
string_leader(const struct inline_style *style, struct dc_str text)
{
    struct dc_str mark = style->spot.commentstring;
    size_t percent = str_find(mark, '%');
    if (style->prose || str_trim(str_from(mark, percent + 2)).len > 0)
        return 0;
    mark.len = percent;
    mark = str_trim(mark);
    return begins_with(text, mark) ? leader_len(text, mark) : 0;
}

static size_t
any_leader(const struct inline_style *style, struct dc_str text)
{
    size_t by_list = line_leader(style, text);
    return by_list > 0 ? by_list : string_leader(style, text);
}

/* The next line, if its leader is the same. */
static bool
goes_on(const struct inline_style *style, struct dc_str leader)
{
    struct dc_str text = style->spot.after, line;
    if (!inline_next_line(&text, &line) || !inline_next_line(&text, &line))
        return false;
    line = str_from(line, inline_indent(line));
    return begins_with(line, leader) && any_leader(style, line) == leader.len;
}

static bool
find_line_comment(struct inline_style *style)
{
    size_t indent = inline_indent(style->line);
    struct dc_str text = str_from(style->line, indent);
    size_t n = any_leader(style, text);
    if (n == 0)
        return false;
    buf_add(&style->leader, style->line.ptr, indent + n);
    if (n == text.len || inline_blank(text.ptr[n]))
        buf_add_byte(&style->leader, ' ');
    style->comment_goes_on = goes_on(style, (struct dc_str){text.ptr, n});
    return true;
}

/* ---- comments with a start and an end ---- */

struct block {
    struct dc_str start, middle, end;
    int offset; /* of the middle, behind the indentation of the start */
};

/* The comment that the parts s, m, e at *all describe. */
static bool
next_block(struct dc_str *all, struct block *out)
{
    struct part part;
    *out = (struct block){.offset = 0};
    while (next_part(all, &part)) {
        if (has_flag(&part, 's') && !has_flag(&part, 'O')) {
            *out = (struct block){.start = part.text};
            for (size_t i = 0; i < part.flags.len; i++)
                if (part.flags.ptr[i] > '0' && part.flags.ptr[i] <= '9')
                    out->offset = part.flags.ptr[i] - '0';
        } else if (has_flag(&part, 'm')) {
            out->middle = part.text;
        } else if (has_flag(&part, 'e') && out->start.len > 0) {
            out->end = part.text;
            return true;
        }
    }
    return false;
}

/* Where pattern stands last in text, or text.len. */
static size_t
find_last(struct dc_str text, struct dc_str pattern)
{
    for (size_t at = text.len; at-- > 0;)
        if (begins_with(str_from(text, at), pattern))
            return at;
    return text.len;
}

/* The line on which the block opens that the place is in; NULL in none. */
static const char *
open_line(const struct inline_style *style, const struct block *block)
{
    struct dc_str text = style->spot.before;
    size_t open = find_last(text, block->start);
    if (open == text.len || str_trim(block->middle).len == 0)
        return NULL;
    struct dc_str inside = str_from(text, open + block->start.len);
    if (find_last(inside, block->end) < inside.len)
        return NULL;
    struct dc_str line = inline_last_line((struct dc_str){text.ptr, open});
    return inline_indent(line) == line.len ? line.ptr : NULL;
}

/* As the last line of the block has it, else as the options say. False if its
 * lines have no leader. */
static bool
block_leader(struct inline_style *style, const struct block *block,
             const char *open)
{
    struct dc_str text = style->spot.before, first, line, last = {"", 0};
    text = str_from(text, (size_t)(open - text.ptr));
    inline_next_line(&text, &first);
    while (inline_next_line(&text, &line))
        if (str_trim(line).len > 0)
            last = line;
    size_t indent = inline_indent(last);
    struct dc_str middle = str_trim(block->middle);
    if (begins_with(str_from(last, indent), middle)) {
        buf_add(&style->leader, last.ptr, indent + middle.len);
    } else if (last.len > 0) {
        return false;
    } else {
        buf_add(&style->leader, first.ptr, inline_indent(first));
        for (int i = 0; i < block->offset; i++)
            buf_add_byte(&style->leader, ' ');
        buf_add_str(&style->leader, middle);
    }
    buf_add_byte(&style->leader, ' ');
    return true;
}

static bool
find_block(struct inline_style *style)
{
    struct dc_str all = style->spot.comments;
    struct block block;
    while (next_block(&all, &block)) {
        const char *open = open_line(style, &block);
        if (open == NULL || !block_leader(style, &block, open))
            continue;
        style->close = block.end;
        return true;
    }
    return false;
}

void
inline_comment(struct inline_style *style)
{
    if (!find_line_comment(style) && !style->prose)
        find_block(style);
}
