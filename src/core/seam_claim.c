/*
 * What counts as evidence. Honest text repeats itself, too: words, brackets,
 * list items, lines of tables and logs; it is for these that each claim is
 * weighed. What is refused here is kept twice.
 */
#include "core/seam_claim.h"

#include <string.h>

#include "base/buf.h"
#include "core/seam_match.h"
#include "core/seam_rules.h"

static struct dc_str
piece_of(const struct seam_claim *c)
{
    return (struct dc_str){c->text.ptr, c->len};
}

static struct dc_str
rest_of(const struct seam_claim *c)
{
    return str_from(c->text, c->len);
}

static bool
is_alpha(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c & 0x80) != 0;
}

static bool
is_capital(char c)
{
    return (c >= 'A' && c <= 'Z') || (c & 0x80) != 0;
}

/* Blanks were cut off within the line. */
static bool
has_space(const struct seam_kept *kept)
{
    return kept->inside && kept->gap.len > 0;
}

/* Scripts that set no blanks between words. */
static bool
is_unspaced(char c)
{
    unsigned char byte = (unsigned char)c;
    return byte >= 0xe3 && byte <= 0xe9;
}

/* A word, a path, a name with dots. */
static bool
is_token(struct dc_str s)
{
    for (size_t i = 0; i < s.len; i++)
        if (!is_alpha(s.ptr[i]) &&
            strchr("0123456789_-./:~@#$", s.ptr[i]) == NULL)
            return false;
    return true;
}

/* " Anna" may be a second Anna. */
static bool
is_second_word(const struct seam_claim *c, const struct seam_weight *w)
{
    bool spaced = c->lead.len == 1 && *c->lead.ptr == ' ';
    bool word = is_token(piece_of(c)) && w->chars < SEAM_WORD_MAX &&
                !is_unspaced(*c->text.ptr);
    return (spaced || has_space(c->kept)) && word && !c->after_line;
}

/* A blank was cut off behind it, but here is none: another word. Or it is the
 * next cell of a table. */
static bool
is_other(const struct seam_claim *c)
{
    struct dc_str rest = rest_of(c);
    bool longer = has_space(c->kept) && rest.len > 0 && !seam_blank(*rest.ptr);
    bool cell = c->lead.len > 0 && !seam_has_newline(c->lead) &&
                *c->text.ptr == '|' &&
                c->len == c->kept->sent.len - c->kept->line;
    return c->len < SEAM_KNOWN && (longer || cell);
}

static bool
is_unique(const struct seam_claim *c)
{
    struct dc_str sent = c->kept->sent;
    size_t from = sent.len > SEAM_UNIQUE ? sent.len - SEAM_UNIQUE : 0;
    return seam_overlap(str_from(sent, from), piece_of(c)).places == 0;
}

static struct dc_str
indent_of(const struct seam_kept *kept)
{
    struct dc_str line = str_from(kept->sent, kept->line);
    return (struct dc_str){line.ptr, seam_skip(line, 0)};
}

/* The blanks before the text are those before the cut line. */
static struct dc_str
indent_again(const struct seam_claim *c)
{
    size_t at = c->lead.len;
    while (at > 0 && c->lead.ptr[at - 1] != '\n')
        at--;
    return str_from(c->lead, at);
}

static bool
same_indent(const struct seam_claim *c)
{
    return str_same(indent_of(c->kept), indent_again(c));
}

static bool
starts_with_any(struct dc_str s, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (str_starts(s, words[i]))
            return true;
    return false;
}

/* The same line again, further in: a loop in a loop. */
static bool
is_deeper(const struct seam_claim *c)
{
    return indent_again(c).len > indent_of(c->kept).len &&
           c->len < SEAM_KNOWN &&
           (seam_has_newline(c->lead) || !c->kept->inside);
}

/* Begins with one of the words, and has no other letters: not "endpoint". */
static bool
is_word_only(struct dc_str text, const struct seam_weight *w,
             const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (str_starts(text, words[i]) && w->letters == strlen(words[i]))
            return true;
    return false;
}

/* "end" and signs behind it, or "#endif"; a longer "{% endfor %}" only where it
 * closes another block than the one before. */
static bool
is_closing_word(const struct seam_claim *c, const struct seam_weight *w)
{
    static const char *const words[] = {"end", "done", "fi", "esac"};
    static const char *const marked[] = {"endif", "endfor", "endwhile",
                                         "endblock"};
    struct dc_str text = c->text;
    if (str_starts(text, "</") ||
        is_word_only(text, w, words, sizeof words / sizeof *words))
        return true;
    while (text.len > 0 && strchr("#{%- ", *text.ptr) != NULL)
        text = str_from(text, 1);
    return (c->len < SEAM_OVERLAP_BYTES || !same_indent(c)) &&
           is_word_only(text, w, marked, sizeof marked / sizeof *marked);
}

/* What ends a block does so again for the block around it. */
static bool
is_closer(const struct seam_claim *c, const struct seam_weight *w)
{
    static const char *const marks[] = {"}", "]", ")"};
    static const char *const leaves[] = {"return", "break", "continue",
                                         "pass",   "raise", "throw"};
    if (starts_with_any(c->text, marks, sizeof marks / sizeof *marks))
        return w->letters < SEAM_LETTERS;
    if (starts_with_any(c->text, leaves, sizeof leaves / sizeof *leaves))
        return c->lead.len > 0 && !same_indent(c) &&
               seam_kept_indents(c->kept, indent_again(c).len);
    return is_closing_word(c, w);
}

static bool
is_line(const struct seam_claim *c, bool ends)
{
    struct dc_str rest = rest_of(c);
    size_t start = c->kept->line + indent_of(c->kept).len;
    bool complete =
        rest.len == 0 ? ends : *rest.ptr == '\n' || *rest.ptr == '\r';
    return complete && c->kept->sent.len - c->len <= start;
}

bool
seam_is_full_line(const struct seam_claim *c)
{
    return is_line(c, c->all);
}

/* One line by itself, and the same as the last one of kept; as far as one can
 * tell. */
static bool
is_single(const struct seam_claim *c)
{
    return is_line(c, true) && !seam_has_newline(piece_of(c));
}

/* A short line; but "None," is one of a list of equal things, "yes" one of a
 * column. */
static bool
is_short_line(const struct seam_claim *c, const struct seam_weight *w)
{
    bool comma = c->text.ptr[c->len - 1] == ',';
    size_t most = is_unspaced(*c->text.ptr) ? 2 : SEAM_LINE_LETTERS;
    return w->alphas >= most && w->letters + comma != w->chars &&
           seam_is_full_line(c);
}

static bool
says_something(const struct seam_weight *w)
{
    bool text = w->letters >= SEAM_LETTERS && w->distinct >= SEAM_DISTINCT;
    bool code = w->alphas > 0 ? w->bytes >= SEAM_BYTES
                              : w->letters > 1 && w->bytes > SEAM_BYTES;
    return !w->repeats && (text || code);
}

/* An indented line of its own that in kept is only the end of one: "import
 * log" and "    log.open()". */
static bool
is_below_its_end(const struct seam_claim *c)
{
    size_t start = c->kept->line + indent_of(c->kept).len;
    struct dc_str indent = indent_again(c);
    bool indented = indent.len > 1 || str_is(indent, "\t");
    return seam_has_newline(c->lead) && indented &&
           c->kept->sent.len - c->len > start;
}

bool
seam_is_overlap(const struct seam_claim *c)
{
    struct seam_weight w = seam_weigh(piece_of(c));
    if (!says_something(&w))
        return false;
    if (is_single(c) &&
        (is_deeper(c) || (w.chars < SEAM_WORD_MAX && is_closer(c, &w))))
        return false;
    if (is_other(c) || is_below_its_end(c))
        return false;
    bool enough = (c->len >= SEAM_OVERLAP_BYTES &&
                   w.chars >= SEAM_OVERLAP_CHARS && !is_second_word(c, &w)) ||
                  is_short_line(c, &w);
    return enough && is_unique(c);
}

/* The fence line that kept ends in; "```" alone may also be its end, and more
 * marks behind it make it a rule. */
static bool
is_fence_again(const struct seam_claim *c)
{
    const struct seam_fence *fence = &c->kept->fence;
    struct dc_str rest = rest_of(c);
    bool more =
        rest.len > 0 && !seam_blank(*rest.ptr) && *rest.ptr != fence->mark;
    return fence->len > 0 && fence->line == c->kept->line &&
           (fence->info.len > 0 || more);
}

/* The word that was cut goes on. */
static bool
is_amid_word(const struct seam_claim *c)
{
    struct dc_str rest = rest_of(c);
    return c->kept->gap.len == 0 && rest.len > 0 && is_alpha(*rest.ptr) &&
           is_alpha(c->text.ptr[c->len - 1]);
}

/* Nobody ends a line like that. */
static bool
is_unfinished(const struct seam_claim *c)
{
    char last = c->text.ptr[c->len - 1];
    char before = c->len > 1 ? c->text.ptr[c->len - 2] : ' ';
    bool amid = strchr("([,=\"'`/&|+<$@\\_", last) != NULL ||
                (last == '!' && before == ' ') ||
                (last == '>' && before == '-');
    return amid && !seam_is_full_line(c);
}

/* The blank that was cut off comes again, too: "Nobody " and "Nobody came".
 * Lines seldom end in one, so it was amid the line. */
static bool
is_spaced(const struct seam_claim *c)
{
    struct dc_str rest = rest_of(c);
    return has_space(c->kept) && rest.len > 0 && seam_blank(*rest.ptr);
}

/* "\nNobody came" behind "\nNobody ca"; but imports come in such pairs. */
static bool
is_line_below(const struct seam_claim *c, const struct seam_weight *w)
{
    if (is_unfinished(c) || is_spaced(c))
        return true;
    return is_amid_word(c) && w->solid / 2 >= SEAM_LINE_CHARS &&
           c->kept->fence.len == 0 && is_capital(*c->text.ptr);
}

/* "    max(" may go on with "max(a, b), c)": a line would be indented again. */
static bool
is_nested(const struct seam_claim *c, const struct seam_weight *w)
{
    return c->lead.len == 0 && indent_of(c->kept).len > 0 && !w->words &&
           !is_amid_word(c);
}

/* A word that the text is fond of may follow itself: "long long". */
static bool
is_cut_line(const struct seam_claim *c, const struct seam_weight *w)
{
    if (is_nested(c, w))
        return false;
    if (has_space(c->kept) && c->len < SEAM_OVERLAP_BYTES)
        return is_spaced(c) && (w->words || is_unique(c));
    return c->lead.len != 1 || w->words || *c->lead.ptr == '\t';
}

bool
seam_is_line(const struct seam_claim *c)
{
    struct seam_weight w = seam_weigh(piece_of(c));
    if (!c->kept->inside)
        return false;
    if (is_fence_again(c))
        return true;
    if (w.repeats || w.letters == 0)
        return false;
    bool indented =
        c->lead.len > 0 && !seam_has_newline(c->lead) && same_indent(c);
    if (indented && w.solid + 1 >= SEAM_LINE_CHARS && is_amid_word(c))
        return true;
    if (w.chars < SEAM_LINE_CHARS || w.bytes < SEAM_DISTINCT)
        return false;
    if (c->after_line || c->lead.len == 0 || indented)
        return c->after_line || is_cut_line(c, &w);
    return seam_has_newline(c->lead) && is_line_below(c, &w);
}

bool
seam_is_whole(const struct seam_claim *c)
{
    struct seam_weight w = seam_weigh(piece_of(c));
    return c->len >= SEAM_OVERLAP_BYTES && says_something(&w) &&
           !(is_single(c) && is_deeper(c)) && !is_second_word(c, &w);
}
