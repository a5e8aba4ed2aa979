/*
 * What is known about the place: kind of text, indentation, and how much of
 * what stands before it is sent as the answer so far.
 */
#include <string.h>

#include "core/inline.h"

enum { KEPT_MAX = 2048 };

static const char *const prose_types[] = {
    "text",        "markdown", "rst",       "asciidoc", "org",    "tex",
    "plaintex",    "latex",    "mail",      "help",     "pandoc", "gitcommit",
    "rmd",         "quarto",   "deepchat",  "vimwiki",  "norg",   "typst",
    "asciidoctor", "textile",  "mediawiki", "context",  NULL,
};
static const char *const markdown_types[] = {
    "markdown", "pandoc", "rmd", "quarto", "deepchat", "vimwiki", NULL,
};

/* "markdown" of "markdown.pandoc". */
static struct dc_str
first_type(struct dc_str filetype)
{
    filetype.len = str_find(filetype, '.');
    return filetype;
}

/* True if the end of text is inside a code fence. */
static bool
is_in_fence(struct dc_str text)
{
    struct dc_str line;
    size_t open = 0;
    char mark = '\0';
    while (inline_next_line(&text, &line)) {
        size_t n = inline_fence(line);
        if (n == 0)
            continue;
        char c = line.ptr[inline_indent(line)];
        if (open == 0) {
            open = n;
            mark = c;
        } else if (c == mark && n >= open && inline_fence_bare(line)) {
            open = 0;
        }
    }
    return open > 0;
}

/* Of lines that go deeper than the one before, by how many columns. */
struct steps {
    int tabs, spaces;
    int by[9];
    int last;
};

static void
count_step(struct steps *steps, struct dc_str line)
{
    size_t n = inline_indent(line);
    if (n == line.len || line.ptr[n] == '*')
        return;
    steps->tabs += n > 0 && line.ptr[0] == '\t';
    steps->spaces += n > 1 && line.ptr[0] == ' ';
    int depth = inline_width((struct dc_str){line.ptr, n});
    int more = depth - steps->last;
    if (more > 1 && more <= 8)
        steps->by[more]++;
    steps->last = depth;
}

static void
find_indentation(struct inline_style *style)
{
    struct steps steps = {.last = 0};
    struct dc_str line, text = style->spot.before;
    while (inline_next_line(&text, &line))
        count_step(&steps, line);
    text = style->spot.after;
    while (inline_next_line(&text, &line))
        count_step(&steps, line);
    style->unit = 4;
    for (int by = 8, most = 0; by > 1; by--)
        if (steps.by[by] > most) {
            most = steps.by[by];
            style->unit = by;
        }
    style->tabs = steps.tabs > 0 && steps.tabs >= 4 * steps.spaces ? TABS_YES
                  : steps.spaces > 0 && steps.spaces >= 4 * steps.tabs
                      ? TABS_NO
                      : TABS_UNKNOWN;
}

/* True if the answer so far can begin with this line: a paragraph, or in code
 * something that is not indented. */
static bool
begins_block(const struct inline_style *style, struct dc_str line,
             struct dc_str above)
{
    if (style->prose)
        return str_trim(above).len == 0;
    return line.len > 0 && !inline_blank(line.ptr[0]) &&
           strchr("{}])*#", line.ptr[0]) == NULL &&
           (above.len == 0 || inline_blank(above.ptr[0]) ||
            str_trim(above).len == 0 ||
            strchr("}])", above.ptr[above.len - 1]) != NULL);
}

/* The last KEPT_MAX bytes at most, from a line, a word or a character on. */
static struct dc_str
cut_kept(struct dc_str text)
{
    if (text.len <= KEPT_MAX)
        return text;
    struct dc_str end = str_from(text, text.len - KEPT_MAX);
    size_t line = str_find(end, '\n');
    size_t word = str_find(end, ' ');
    if (line + 1 < end.len)
        return str_from(end, line + 1);
    if (word < end.len)
        return str_from(end, word);
    while (end.len > 0 && ((unsigned char)end.ptr[0] & 0xc0) == 0x80)
        end = str_from(end, 1);
    return end;
}

/* True if the place is behind an empty line, and what stands above that is
 * complete: a server may take it for an answer that is complete, too. */
static bool
begins_anew(const struct inline_style *style)
{
    struct dc_str text = style->spot.before, line;
    if (style->line.len > 0 || !inline_prev_line(&text, &line) ||
        !inline_prev_line(&text, &line) || str_trim(line).len > 0)
        return false;
    line = inline_last_line(inline_trim_end(text));
    return style->prose || line.len == 0 || !inline_blank(line.ptr[0]);
}

static struct dc_str
find_kept(const struct inline_style *style)
{
    struct dc_str all = cut_kept(style->spot.before);
    struct dc_str rest = inline_trim_end(all), line, above;
    if (rest.len == 0 || begins_anew(style))
        return (struct dc_str){"", 0};
    while (inline_prev_line(&rest, &line)) {
        struct dc_str look = rest;
        if (rest.len == 0)
            break;
        if (!inline_prev_line(&look, &above))
            above = (struct dc_str){"", 0};
        if (begins_block(style, line, above))
            return str_from(all, (size_t)(line.ptr - all.ptr));
    }
    return all;
}

void
inline_style_init(struct inline_style *style, const struct dc_spot *spot)
{
    *style = (struct inline_style){.spot = *spot};
    buf_init(&style->leader, INLINE_NO_LIMIT);
    buf_init(&style->hang, INLINE_NO_LIMIT);
    struct dc_str type = first_type(spot->filetype);
    style->line = inline_last_line(spot->before);
    style->rest = spot->after;
    style->rest.len = str_find(spot->after, '\n');
    style->markdown = inline_word_in(type, markdown_types);
    style->in_fence = style->markdown && is_in_fence(spot->before);
    style->prose = (type.len == 0 || inline_word_in(type, prose_types)) &&
                   !style->in_fence;
    find_indentation(style);
    style->kept = find_kept(style);
    inline_comment(style);
    inline_measure(style);
}

void
inline_style_finish(struct inline_style *style)
{
    buf_finish(&style->leader);
    buf_finish(&style->hang);
}
