/*
 * Where the lines around the place are wrapped, and what a wrapped line begins
 * with. A paragraph is hard-wrapped if most of its lines, but for the last,
 * end near one column; some long lines prove that the text is not.
 */
#include <limits.h>

#include "core/inline.h"

enum {
    SHORT = 55, /* a line that wrapping has ended is longer, */
    LONG = 100, /* and shorter */
    FAR = 24 * 1024,
};

/* Widths that people set. */
static const int usual[] = {70, 72, 76, 78, 79, 80, 88, 90, 98, 100, INT_MAX};

/* What lines were found to be. */
struct tally {
    int wrapped, other; /* lines that go on in the next */
    int too_long;
    int longest; /* of the wrapped ones */
    int most;    /* a greater width would have taken a word more */
};

/* Without the leader of the comment; false for a line that is not in one. */
static bool
strip(const struct inline_style *style, struct dc_str *line)
{
    struct dc_str core = str_trim(buf_str(&style->leader));
    if (core.len == 0)
        return true;
    struct dc_str text = str_from(*line, inline_indent(*line));
    for (size_t i = 0; i < core.len; i++)
        if (i >= text.len || text.ptr[i] != core.ptr[i])
            return false;
    *line = str_from(text, core.len);
    if (line->len > 0 && line->ptr[0] == ' ')
        *line = str_from(*line, 1);
    return true;
}

/* Words of a paragraph: no heading, table, fence or quote. */
static bool
is_plain(struct dc_str line)
{
    struct dc_str text = str_trim(line);
    return text.len > 0 && inline_fence(text) == 0 && text.ptr[0] != '#' &&
           text.ptr[0] != '|' && text.ptr[0] != '>' && text.ptr[0] != '<';
}

static int
first_word(struct dc_str line)
{
    line = str_trim(line);
    size_t n = str_find(line, ' ');
    return inline_width((struct dc_str){line.ptr, n});
}

static void
count_line(const struct inline_style *style, struct tally *tally,
           struct dc_str line, struct dc_str next)
{
    struct dc_str text = line;
    if (!strip(style, &text) || !is_plain(text))
        return;
    int width = inline_width(inline_trim_end(line));
    tally->too_long += width > LONG + 10;
    if (!strip(style, &next) || !is_plain(next) || inline_item(next) > 0)
        return;
    if (width < SHORT || width > LONG) {
        tally->other++;
        return;
    }
    tally->wrapped++;
    if (width > tally->longest)
        tally->longest = width;
    int most = width + first_word(next);
    if (most < tally->most)
        tally->most = most;
}

/* behind: the line that follows text. */
static void
count_lines(const struct inline_style *style, struct tally *tally,
            struct dc_str text, struct dc_str behind)
{
    struct dc_str line, next;
    bool in_code = false;
    if (!inline_next_line(&text, &line))
        return;
    while (inline_next_line(&text, &next)) {
        in_code ^= style->markdown && inline_fence(line) > 0;
        if (!in_code)
            count_line(style, tally, line, next);
        line = next;
    }
    if (!in_code && text.len == 0)
        count_line(style, tally, line, behind);
}

static int
found_width(const struct tally *tally)
{
    if (tally->wrapped < 2 || tally->wrapped < 2 * tally->other ||
        tally->wrapped < 4 * tally->too_long)
        return 0;
    size_t i = 0;
    while (usual[i] < tally->longest)
        i++;
    return usual[i] <= tally->most ? usual[i] : tally->longest;
}

static struct dc_str
near_before(const struct inline_style *style)
{
    struct dc_str text = style->spot.before;
    text.len -= style->line.len;
    if (text.len <= FAR)
        return text;
    text = str_from(text, text.len - FAR);
    return str_from(text, str_find(text, '\n') + 1);
}

static struct dc_str
near_after(const struct inline_style *style)
{
    struct dc_str text = str_from(style->spot.after, style->rest.len + 1);
    text.len = text.len > FAR ? FAR : text.len;
    return text;
}

static void
find_width(struct inline_style *style)
{
    struct tally tally = {.most = INT_MAX};
    count_lines(style, &tally, near_before(style), style->line);
    count_lines(style, &tally, near_after(style), (struct dc_str){"", 0});
    tally.too_long += inline_width(style->line) > LONG + 10;
    style->width = found_width(&tally);
    if (style->spot.textwidth > 0 && tally.too_long == 0)
        style->width = style->spot.textwidth;
}

/* The blanks that the lines of this list item or paragraph begin with: as its
 * second line has them, else the width of its marker. */
static void
find_hang(struct inline_style *style)
{
    struct dc_str text = style->spot.before, line;
    struct dc_str below = {NULL, 0}, lowest = {NULL, 0};
    while (inline_prev_line(&text, &line)) {
        if (!strip(style, &line) || str_trim(line).len == 0)
            break;
        size_t item = inline_item(line);
        if (item > 0 && below.ptr == NULL) {
            size_t indent = inline_indent(line);
            buf_add(&style->hang, line.ptr, indent);
            for (size_t i = indent; i < item; i++)
                buf_add_byte(&style->hang, ' ');
            return;
        }
        lowest = lowest.ptr == NULL || item > 0 ? below : lowest;
        if (item > 0)
            break;
        below = line;
        lowest = lowest.ptr == NULL ? line : lowest;
    }
    if (lowest.ptr != NULL)
        buf_add(&style->hang, lowest.ptr, inline_indent(lowest));
}

void
inline_measure(struct inline_style *style)
{
    if (!style->prose && style->leader.len == 0)
        return;
    find_width(style);
    find_hang(style);
}
