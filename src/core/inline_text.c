/*
 * Lines and words, as writing on in a text needs them. Columns count as a
 * terminal does it: wide characters take two, combining ones none, a tab goes
 * to the next multiple of 8.
 */
#include <string.h>

#include "base/utf8.h"
#include "core/inline.h"

bool
inline_blank(char c)
{
    return c == ' ' || c == '\t';
}

struct dc_str
inline_trim_end(struct dc_str s)
{
    while (s.len > 0 &&
           (inline_blank(s.ptr[s.len - 1]) || s.ptr[s.len - 1] == '\n'))
        s.len--;
    return s;
}

size_t
inline_indent(struct dc_str s)
{
    size_t n = 0;
    while (n < s.len && inline_blank(s.ptr[n]))
        n++;
    return n;
}

struct range {
    uint32_t first, last;
};

/* clang-format off */
static const struct range wide[] = {
    {0x1100, 0x115f}, {0x2e80, 0xa4cf}, {0xac00, 0xd7a3}, {0xf900, 0xfaff},
    {0xfe30, 0xfe6f}, {0xff00, 0xff60}, {0xffe0, 0xffe6}, {0x1f300, 0x1faff},
    {0x20000, 0x3fffd},
};
static const struct range combining[] = {
    {0x0300, 0x036f}, {0x200b, 0x200f}, {0xfe00, 0xfe0f},
};
/* clang-format on */

static bool
within(uint32_t c, const struct range *ranges, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (c >= ranges[i].first && c <= ranges[i].last)
            return true;
    return false;
}

/* The character at the start of s, of n bytes. */
static uint32_t
point(struct dc_str s, int n)
{
    static const unsigned char mask[] = {0x7f, 0x7f, 0x1f, 0x0f, 0x07};
    uint32_t c = (unsigned char)s.ptr[0] & mask[n];
    for (int i = 1; i < n; i++)
        c = c << 6 | ((unsigned char)s.ptr[i] & 0x3f);
    return c;
}

int
inline_width(struct dc_str s)
{
    int column = 0;
    while (s.len > 0) {
        int n = utf8_len(s);
        uint32_t c = n > 0 ? point(s, n) : '?';
        if (c == '\t')
            column += 8 - column % 8;
        else if (within(c, wide, sizeof wide / sizeof *wide))
            column += 2;
        else if (!within(c, combining, sizeof combining / sizeof *combining))
            column++;
        s = str_from(s, n > 0 ? (size_t)n : 1);
    }
    return column;
}

struct dc_str
inline_last_line(struct dc_str s)
{
    size_t at = s.len;
    while (at > 0 && s.ptr[at - 1] != '\n')
        at--;
    return str_from(s, at);
}

bool
inline_next_line(struct dc_str *s, struct dc_str *line)
{
    if (s->len == 0)
        return false;
    *line = str_cut(s, '\n');
    return true;
}

bool
inline_prev_line(struct dc_str *s, struct dc_str *line)
{
    if (s->len == 0)
        return false;
    *line = inline_last_line(*s);
    s->len -= line->len;
    if (s->len > 0)
        s->len--;
    return true;
}

size_t
inline_item(struct dc_str line)
{
    size_t at = inline_indent(line), digits = at;
    while (digits < line.len && digits - at < 9 && line.ptr[digits] >= '0' &&
           line.ptr[digits] <= '9')
        digits++;
    char c = digits < line.len ? line.ptr[digits] : '\0';
    bool ok =
        digits > at ? c == '.' || c == ')' : c == '-' || c == '*' || c == '+';
    if (!ok)
        return 0;
    at = digits + 1;
    size_t blanks = inline_indent(str_from(line, at));
    return blanks > 0 ? at + blanks : 0;
}

size_t
inline_fence(struct dc_str line)
{
    size_t at = inline_indent(line), n = 0;
    line = str_from(line, at);
    if (line.len == 0 || (line.ptr[0] != '`' && line.ptr[0] != '~'))
        return 0;
    while (n < line.len && line.ptr[n] == line.ptr[0])
        n++;
    bool span =
        line.ptr[0] == '`' && str_find(str_from(line, n), '`') < line.len - n;
    return n >= 3 && !span ? n : 0;
}

bool
inline_fence_bare(struct dc_str line)
{
    size_t at = inline_indent(line) + inline_fence(line);
    return str_trim(str_from(line, at)).len == 0;
}

int
inline_bracket(char c)
{
    return (c == '(' || c == '[' || c == '{') -
           (c == ')' || c == ']' || c == '}');
}

static bool
in_word(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
           (c >= 'A' && c <= 'Z') || c == '_';
}

struct dc_str
inline_word(struct dc_str s)
{
    size_t n = 0;
    while (n < s.len && in_word(s.ptr[n]))
        n++;
    return (struct dc_str){s.ptr, n};
}

bool
inline_word_in(struct dc_str word, const char *const *words)
{
    while (*words != NULL && !str_is(word, *words))
        words++;
    return *words != NULL;
}

/* Words that lines of code begin with, and sentences may. */
static const char *const code_words[] = {
    "if",     "for",     "while",    "return", "import",    "from",   "def",
    "class",  "let",     "const",    "var",    "int",       "char",   "static",
    "struct", "void",    "func",     "fn",     "function",  "local",  "end",
    "else",   "elif",    "try",      "switch", "case",      "do",     "print",
    "echo",   "set",     "call",     "public", "private",   "use",    "type",
    "export", "unset",   "unsigned", "double", "float",     "long",   "bool",
    "enum",   "typedef", "package",  "with",   "assert",    "raise",  "yield",
    "in",     "done",    "fi",       "esac",   "pub",       "mod",    "impl",
    "mut",    "async",   "await",    "final",  "protected", "global", "local",
    NULL,
};

bool
inline_is_words(struct dc_str line)
{
    line = str_trim(line);
    size_t spaces = 0;
    for (size_t i = 0; i < line.len; i++) {
        char c = line.ptr[i];
        bool call = c == '(' && i > 0 && in_word(line.ptr[i - 1]) &&
                    (i + 1 >= line.len || line.ptr[i + 1] != ')');
        if (c == '\t' || call || strchr(";{}=<>[]$#\\|&@", c) != NULL)
            return false;
        spaces += c == ' ';
    }
    if (line.len == 0 || in_word(line.ptr[0]) + (line.ptr[0] & 0x80) +
                                 (strchr("\"'(`-*", line.ptr[0]) != NULL) ==
                             0)
        return false;
    char last = line.ptr[line.len - 1];
    if (last == '.')
        return true;
    return spaces >= 1 && last != ':' && last != '(' &&
           !inline_word_in(inline_word(line), code_words);
}
