/*
 * Indentation. A model that was given the start of a line may go on as if that
 * line stood at the margin; the lines after it then need the indentation of the
 * place. That is done only where nothing else can be meant.
 */
#include <string.h>

#include "core/inline.h"

/* Words that may stand less deep than the line before, without an empty line
 * between. */
static const char *const outer_words[] = {
    "end",      "fi",       "done",    "esac",    "else",    "elif",
    "elseif",   "elsif",    "except",  "finally", "endif",   "endfunction",
    "endfor",   "endwhile", "catch",   "when",    "case",    "default",
    "def",      "class",    "import",  "from",    "ensure",  "rescue",
    "endtry",   "enddef",   "until",   "public",  "private", "protected",
    "function", "endfunc",  "augroup", "autocmd", "local",   NULL,
};

static void
add_spaces(struct buf *out, int count)
{
    for (int i = 0; i < count; i++)
        buf_add_byte(out, ' ');
}

/* True if the next line is deeper than the one before. */
static bool
opens(const struct inline_line *line)
{
    return line->last != '\0' && strchr("{([:", line->last) != NULL;
}

/* Columns that stand for one step in what the model writes, from the first
 * line that is indented: those that make it as deep as it should be. */
static int
guess_unit(const struct inline_line *line, int columns)
{
    static const int units[] = {4, 2, 8, 3};
    struct dc_str at = line->style->line;
    at.len = inline_indent(at);
    int depth = inline_width(at) / 8;
    bool deeper = opens(line);
    for (int off = 0; off < 3; off++)
        for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
            int want = depth + (deeper ? 1 - off : off < 2 ? off : -1);
            if (want > 0 && want * units[i] == columns)
                return units[i];
        }
    return columns % 4 == 0 ? 4 : columns % 3 == 0 ? 3 : 2;
}

static void
find_unit(struct inline_line *line, int columns)
{
    if (line->unit == 0)
        line->unit = guess_unit(line, columns);
}

static void
to_tabs(struct inline_line *line, struct dc_str indent, struct buf *out)
{
    size_t spaces = 0;
    while (spaces < indent.len && indent.ptr[spaces] == ' ')
        spaces++;
    int columns = (int)spaces;
    if (columns < 2 || spaces < indent.len) {
        buf_add_str(out, indent);
        return;
    }
    find_unit(line, columns);
    for (int i = 0; i < columns / line->unit; i++)
        buf_add_byte(out, '\t');
    add_spaces(out, columns % line->unit);
}

static void
to_spaces(const struct inline_line *line, struct dc_str indent, struct buf *out)
{
    for (size_t i = 0; i < indent.len; i++)
        add_spaces(out, indent.ptr[i] == '\t' ? line->style->unit : 1);
}

void
inline_reindent(struct inline_line *line, struct buf *out)
{
    struct dc_str indent = buf_str(&line->indent);
    buf_add_str(out, buf_str(&line->shift));
    if (line->style->prose || line->style->tabs == TABS_UNKNOWN)
        buf_add_str(out, indent);
    else if (line->style->tabs == TABS_YES)
        to_tabs(line, indent, out);
    else
        to_spaces(line, indent, out);
}

void
inline_unshift(struct inline_line *line)
{
    size_t step = line->style->tabs == TABS_YES ? 1 : (size_t)line->style->unit;
    size_t len = line->shift.len;
    buf_cut(&line->shift, len > step ? len - step : 0);
}

/* The line that the first new one stands below. */
static struct dc_str
line_above(const struct inline_style *style)
{
    struct dc_str text = inline_trim_end(style->spot.before);
    return style->line.len > 0 ? style->line : inline_last_line(text);
}

/* True if the line may well stand at the margin. */
static bool
may_be_outer(struct dc_str text)
{
    struct dc_str word = inline_word(text);
    return word.len == 0 || inline_word_in(word, outer_words) ||
           (word.len < text.len && text.ptr[word.len] == ':');
}

/* One step deeper than the indentation that is in shift. */
static void
deepen(struct inline_line *line)
{
    if (line->style->tabs == TABS_YES)
        buf_add_byte(&line->shift, '\t');
    else
        add_spaces(&line->shift, line->style->unit);
}

static void
find_lost(struct inline_line *line, struct dc_str above, int columns)
{
    struct dc_str blanks = {above.ptr, inline_indent(above)};
    int depth = inline_width(blanks);
    bool own = line->style->line.len == 0;
    bool deeper = opens(line);
    bool flat = !deeper && columns == 0 && depth > 0 && !own;
    bool shallow = deeper && columns > 0 && columns <= depth && !own;
    bool body = deeper && columns == 0 && own;
    if (flat || shallow || body)
        buf_add_str(&line->shift, blanks);
    if (body)
        deepen(line);
    if (shallow) /* it is one step, whatever was guessed */
        line->unit = inline_width(buf_str(&line->indent));
}

/* Of the line that comes, if it were indented as the text is. */
static int
columns_of(struct inline_line *line)
{
    struct buf indent;
    buf_init(&indent, INLINE_NO_LIMIT);
    inline_reindent(line, &indent);
    int columns = inline_width(buf_str(&indent));
    buf_finish(&indent);
    return columns;
}

bool
inline_find_shift(struct inline_line *line, bool whole)
{
    struct dc_str text = buf_str(&line->held);
    struct dc_str word = inline_word(text);
    if (word.len == text.len && !whole)
        return false;
    line->decided = true;
    /* behind an empty line anything may begin; last is 0 there */
    if (line->last == '\0' || may_be_outer(text))
        return true;
    find_lost(line, line_above(line->style), columns_of(line));
    return true;
}
