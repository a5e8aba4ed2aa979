/*
 * What keeps text from opening turns: line kinds, pairs, printing, and the
 * escaping of streams at every cut.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/utf8.h"
#include "deepchat.h"

#define COUNT(table) (sizeof(table) / sizeof *(table))
#define FFFD UTF8_REPLACEMENT

/* clang-format off */
static const struct {
    const char *line;
    enum dc_line kind;
    enum dc_role role;
} kind_cases[] = {
    {"", DC_LINE_TEXT, 0},
    {"%% system", DC_LINE_MARKER, DC_ROLE_SYSTEM},
    {"%% user", DC_LINE_MARKER, DC_ROLE_USER},
    {"%% assistant", DC_LINE_MARKER, DC_ROLE_ASSISTANT},
    {"%% reasoning", DC_LINE_MARKER, DC_ROLE_REASONING},
    {"%% context", DC_LINE_MARKER, DC_ROLE_CONTEXT},
    {"%% call", DC_LINE_MARKER, DC_ROLE_CALL},
    {"%% tool", DC_LINE_MARKER, DC_ROLE_TOOL},
    {"%% alternate", DC_LINE_MARKER, DC_ROLE_ALTERNATE},
    {"%% note", DC_LINE_MARKER, DC_ROLE_NOTE},
    {"%% note\r", DC_LINE_MARKER, DC_ROLE_NOTE},
    {"%% note \t \r", DC_LINE_MARKER, DC_ROLE_NOTE},
    {"%% note\t", DC_LINE_MARKER, DC_ROLE_NOTE},
    {"%% note a=b", DC_LINE_MARKER, DC_ROLE_NOTE},
    {"%% note a=b c-9_=%2fx%C3\t", DC_LINE_MARKER, DC_ROLE_NOTE},
    {"%% note a=", DC_LINE_MARKER, DC_ROLE_NOTE},
    {"%% note a= b= ", DC_LINE_MARKER, DC_ROLE_NOTE},
    {"%% note a=\xc3\xa9:\"'\\,", DC_LINE_MARKER, DC_ROLE_NOTE},
    {"%% note a=\xff", DC_LINE_MARKER, DC_ROLE_NOTE},
    {"%%% note", DC_LINE_ESCAPED, 0},
    {"%%%%%%%% note a=b \r", DC_LINE_ESCAPED, 0},
    {"%", DC_LINE_TEXT, 0},
    {"%%", DC_LINE_TEXT, 0},
    {"%% ", DC_LINE_TEXT, 0},
    {"% note", DC_LINE_TEXT, 0},
    {"%%note", DC_LINE_TEXT, 0},
    {"%%%note", DC_LINE_TEXT, 0},
    {"%%  note", DC_LINE_TEXT, 0},
    {"%%\tnote", DC_LINE_TEXT, 0},
    {" %% note", DC_LINE_TEXT, 0},
    {"%% Note", DC_LINE_TEXT, 0},
    {"%% not", DC_LINE_TEXT, 0},
    {"%% notes", DC_LINE_TEXT, 0},
    {"%% note.", DC_LINE_TEXT, 0},
    {"%% assistan", DC_LINE_TEXT, 0},
    {"%% alternant", DC_LINE_TEXT, 0},
    {"%% note x", DC_LINE_TEXT, 0},
    {"%% note x ", DC_LINE_TEXT, 0},
    {"%% note  a=b", DC_LINE_TEXT, 0},
    {"%% note\ta=b", DC_LINE_TEXT, 0},
    {"%% note a=b\tc=d", DC_LINE_TEXT, 0},
    {"%% note a=b=c", DC_LINE_TEXT, 0},
    {"%% note a=b%", DC_LINE_TEXT, 0},
    {"%% note a=b%2", DC_LINE_TEXT, 0},
    {"%% note a=b%2 ", DC_LINE_TEXT, 0},
    {"%% note a=b%g0", DC_LINE_TEXT, 0},
    {"%% note a=b%0g", DC_LINE_TEXT, 0},
    {"%% note a=b\x01", DC_LINE_TEXT, 0},
    {"%% note a=b\x7f", DC_LINE_TEXT, 0},
    {"%% note A=b", DC_LINE_TEXT, 0},
    {"%% note 1=b", DC_LINE_TEXT, 0},
    {"%% note a.b=c", DC_LINE_TEXT, 0},
    {"%% note =b", DC_LINE_TEXT, 0},
    {"%% note\n", DC_LINE_TEXT, 0},
    {"%% note\rx", DC_LINE_TEXT, 0},
};

static const struct {
    const char *pairs, *key, *value; /* NULL: absent */
} get_cases[] = {
    {"", "a", NULL},
    {" a=b", "a", "b"},
    {"a=b", "a", "b"},
    {" a=b ab=c", "ab", "c"},
    {" ab=c a=b", "a", "b"},
    {" a=1 a=2", "a", "1"},
    {" a= b=x", "a", ""},
    {" a=b", "b", NULL},
    {" a", "a", NULL},
    {" a=%20%25%3d%3D", "a", " %=="},
    {" a=%C3%A9", "a", "\xc3\xa9"},
    {" a=%FF", "a", FFFD},
    {" a=x%00y", "a", "x" FFFD "y"},
    {" a=%%2%zz%2", "a", "%%2%zz%2"},
    {" a=b=c", "a", "b=c"},
};

static const struct {
    const char *value, *pair;
} pair_cases[] = {
    {"x", " k-1_=x"},
    {"", " k-1_="},
    {"a b%c=d", " k-1_=a%20b%25c%3Dd"},
    {"\t\n\r\x01\x7f", " k-1_=%09%0A%0D%01%7F"},
    {"\xc3\xa9/\"", " k-1_=\xc3\xa9/\""},
    {"\xff", " k-1_=" FFFD},
};

static const struct {
    const char *title, *text, *escaped;
} escape_cases[] = {
    {"nothing", "", ""},
    {"plain", "a\n\nb\n", "a\n\nb\n"},
    {"marker", "%% user", "%%% user"},
    {"marker line", "%% user\n", "%%% user\n"},
    {"in the middle", "a\n%% user a=b \r\nb", "a\n%%% user a=b \r\nb"},
    {"escaped", "%%% user\n%%%%%% note\n", "%%%% user\n%%%%%%% note\n"},
    {"not at the line start", "a %% user\n", "a %% user\n"},
    {"nearly", "%% users\n%% use\n%% user a\n%%\n%\n%% user a=%\n% user\n",
     "%% users\n%% use\n%% user a\n%%\n%\n%% user a=%\n% user\n"},
    {"several", "%% user\n%% note\n\n%% tool", "%%% user\n%%% note\n\n%%% tool"},
    {"multi-byte", "\xc3\xa9\n%% user a=\xe2\x82\xac\xf0\x9f\x98\x80\n",
     "\xc3\xa9\n%%% user a=\xe2\x82\xac\xf0\x9f\x98\x80\n"},
    {"broken UTF-8", "%% user a=\xff\n\xc3\n\xe2\x82", "%%% user a=" FFFD "\n"
     FFFD "\n" FFFD},
    {"front matter", "---\na: b\n---\n", "---\na: b\n---\n"},
};

/* Text added in pieces, the last one final, and what each gives. */
static const struct {
    const char *title, *pieces[8], *out[8];
} hold_cases[] = {
    {"plain text is not held", {"a", "b\n", "c", " %% user"},
     {"a", "b\n", "c", " %% user"}},
    {"% is not held", {"%", "%", "%", "x", "y"}, {"%", "%", "%", "x", "y"}},
    {"one % is no marker", {"%", " ", "user"}, {"%", " ", "user"}},
    {"held from the space on", {"%% ", "u", "x", "y"}, {"%%", "", " ux", "y"}},
    {"held to the line end", {"%% us", "er", "\nx"}, {"%%", "", "% user\nx"}},
    {"held to the end", {"%% user a=b", ""}, {"%%", "% user a=b"}},
    {"let go at the end", {"%% use", ""}, {"%%", " use"}},
    {"let go in a key", {"%% user k", ".", "z"}, {"%%", " user k.", "z"}},
    {"let go behind a blank", {"%% user \t", "z"}, {"%%", " user \tz"}},
    {"cut character", {"\xe2\x82", "\xac", "x"}, {"", "\xe2\x82\xac", "x"}},
    {"starts over", {"%% user\n%%", "% no", "te\n"},
     {"%%% user\n%%", "%", "% note\n"}},
};
/* clang-format on */

Test(escape, line_kinds, .timeout = 20)
{
    for (size_t i = 0; i < COUNT(kind_cases); i++) {
        const char *line = kind_cases[i].line;
        enum dc_role role = DC_ROLE_SYSTEM;
        cr_expect_eq(dc_line_kind(str_of(line), &role), kind_cases[i].kind,
                     "kind of [%s]", line);
        cr_expect_eq(role, kind_cases[i].role, "role of [%s]", line);
        cr_expect_eq(dc_line_kind(str_of(line), NULL), kind_cases[i].kind);
    }
    cr_expect_eq(dc_line_kind((struct dc_str){NULL, 0}, NULL), DC_LINE_TEXT);
    struct dc_str nul = {"%% user a=\0", 11};
    cr_expect_eq(dc_line_kind(nul, NULL), DC_LINE_MARKER, "as U+FFFD");
    nul = (struct dc_str){"%% us\0er", 8};
    cr_expect_eq(dc_line_kind(nul, NULL), DC_LINE_TEXT);
}

Test(escape, role_names, .timeout = 20)
{
    cr_expect_str_eq(dc_role_name(DC_ROLE_SYSTEM), "system");
    cr_expect_str_eq(dc_role_name(DC_ROLE_NOTE), "note");
    cr_expect_str_eq(dc_role_name((enum dc_role)9), "");
}

Test(escape, pairs, .timeout = 20)
{
    for (size_t i = 0; i < COUNT(get_cases); i++) {
        char *got = dc_pairs_get(str_of(get_cases[i].pairs), get_cases[i].key);
        if (get_cases[i].value == NULL)
            cr_expect_null(got, "[%s]", get_cases[i].pairs);
        else
            cr_expect_str_eq(got, get_cases[i].value, "[%s]",
                             get_cases[i].pairs);
        dc_free(got);
    }
    for (size_t i = 0; i < COUNT(pair_cases); i++) {
        char *got = dc_pair_print("k-1_", pair_cases[i].value);
        cr_expect_str_eq(got, pair_cases[i].pair);
        dc_free(got);
    }
}

/* Escape text in pieces of a size; owned. */
static char *
escape(struct dc_str text, size_t piece)
{
    struct dc_escape *esc = dc_escape_new();
    struct buf out;
    buf_init(&out, SIZE_MAX / 2);
    for (size_t at = 0; at < text.len; at += piece) {
        size_t n = text.len - at < piece ? text.len - at : piece;
        struct dc_str part = {text.ptr + at, n};
        buf_add_str(&out, dc_escape_add(esc, part, false));
    }
    buf_add_str(&out, dc_escape_add(esc, (struct dc_str){NULL, 0}, true));
    dc_escape_free(esc);
    return buf_take(&out, NULL);
}

Test(escape, every_case_at_every_cut, .timeout = 20)
{
    for (size_t i = 0; i < COUNT(escape_cases); i++) {
        struct dc_str text = str_of(escape_cases[i].text);
        for (size_t piece = 1; piece <= text.len + 1; piece++) {
            char *got = escape(text, piece);
            cr_expect_str_eq(got, escape_cases[i].escaped,
                             "%s, pieces of %zu: %s", escape_cases[i].title,
                             piece, got);
            free(got);
        }
    }
    dc_escape_free(NULL);
}

Test(escape, holds_back_little, .timeout = 20)
{
    for (size_t i = 0; i < COUNT(hold_cases); i++) {
        struct dc_escape *esc = dc_escape_new();
        for (size_t p = 0; hold_cases[i].pieces[p] != NULL; p++) {
            bool final = hold_cases[i].pieces[p + 1] == NULL;
            struct dc_str piece = str_of(hold_cases[i].pieces[p]);
            struct dc_str got = dc_escape_add(esc, piece, final);
            cr_expect(str_is(got, hold_cases[i].out[p]), "%s, piece %zu: %.*s",
                      hold_cases[i].title, p, (int)got.len,
                      got.ptr != NULL ? got.ptr : "");
        }
        dc_escape_free(esc);
    }
}

/* "%..% user k=xxx" with a marker part of len bytes counted with two "%". */
static char *
long_line(size_t percents, size_t len, const char *end)
{
    struct buf b;
    buf_init(&b, SIZE_MAX / 2);
    for (size_t i = 0; i < percents; i++)
        buf_add_byte(&b, '%');
    buf_add_text(&b, " user k=");
    while (b.len - percents + 2 < len)
        buf_add_byte(&b, 'x');
    buf_add_text(&b, end);
    return buf_take(&b, NULL);
}

/* clang-format off */
static const struct {
    size_t percents, len;
    const char *end;
    enum dc_line kind;
} long_cases[] = {
    {2, DC_MARKER_MAX, "", DC_LINE_MARKER},
    {2, DC_MARKER_MAX + 1, "", DC_LINE_TEXT},
    {2, DC_MARKER_MAX - 1, " ", DC_LINE_MARKER},
    {2, DC_MARKER_MAX, " ", DC_LINE_TEXT},
    {2, DC_MARKER_MAX, "\r", DC_LINE_MARKER},
    {2, DC_MARKER_MAX, "\r\r", DC_LINE_TEXT},
    {2, DC_MARKER_MAX, "\rx", DC_LINE_TEXT},
    {2, DC_MARKER_MAX + 1, "\r", DC_LINE_TEXT},
    {3, DC_MARKER_MAX, "", DC_LINE_ESCAPED},
    {3, DC_MARKER_MAX + 1, "", DC_LINE_TEXT},
    {9999, DC_MARKER_MAX, "", DC_LINE_ESCAPED},
    {9999, DC_MARKER_MAX + 1, "", DC_LINE_TEXT},
};
/* clang-format on */

Test(escape, marker_limit, .timeout = 20)
{
    for (size_t i = 0; i < COUNT(long_cases); i++) {
        char *line = long_line(long_cases[i].percents, long_cases[i].len,
                               long_cases[i].end);
        size_t len = strlen(line);
        cr_expect_eq(dc_line_kind(str_of(line), NULL), long_cases[i].kind,
                     "long case %zu", i);
        size_t more = long_cases[i].kind == DC_LINE_TEXT ? 0 : 1;
        for (size_t piece = 1; piece < 2048; piece += 341) {
            char *got = escape(str_of(line), piece);
            cr_expect_eq(strlen(got), len + more, "long case %zu", i);
            cr_expect_str_eq(got + more, line);
            free(got);
        }
        free(line);
    }
}

/* clang-format off */
static const struct {
    const char *title;
    enum dc_role role;
    const char *pairs, *text, *printed;
} print_cases[] = {
    {"plain", DC_ROLE_USER, "", "hi", "%% user\n\nhi\n\n"},
    {"empty", DC_ROLE_NOTE, "", "", "%% note\n\n\n\n"},
    {"pairs", DC_ROLE_TOOL, " a=b c=d", "x", "%% tool a=b c=d\n\nx\n\n"},
    {"blanks are kept", DC_ROLE_CALL, "", "\n x \n", "%% call\n\n\n x \n\n\n"},
    {"escaped", DC_ROLE_NOTE, "", "a\n%% user", "%% note\n\na\n%%% user\n\n"},
    {"no space in front", DC_ROLE_TOOL, "a=b", "", "%% tool a=b\n\n\n\n"},
    {"bad pairs are left out", DC_ROLE_TOOL,
     "  a=b c d= e=f\n%% user A=b g=%2 h=i\t j=\xff ", "",
     "%% tool a=b d= j=" FFFD "\n\n\n\n"},
    {"broken UTF-8", DC_ROLE_TOOL, "", "\xff", "%% tool\n\n" FFFD "\n\n"},
};
/* clang-format on */

Test(escape, print, .timeout = 20)
{
    for (size_t i = 0; i < COUNT(print_cases); i++) {
        size_t len = 0;
        char *got =
            dc_turn_print(print_cases[i].role, str_of(print_cases[i].pairs),
                          str_of(print_cases[i].text), &len);
        cr_expect_str_eq(got, print_cases[i].printed, "%s:\n%s",
                         print_cases[i].title, got);
        cr_expect_eq(len, strlen(got));
        dc_free(got);
    }
}

/* A pair that does not fit is left out; those around it stay. */
Test(escape, print_limit, .timeout = 20)
{
    for (size_t over = 0; over < 2; over++) {
        char *line = long_line(2, DC_MARKER_MAX + over, "");
        char *got = dc_turn_print(DC_ROLE_USER, str_of(strchr(line, 'k')),
                                  str_of(""), NULL);
        *strchr(got, '\n') = '\0';
        cr_expect_str_eq(got, over == 0 ? line : "%% user");
        dc_free(got);
        free(line);
    }
    char *line = long_line(2, DC_MARKER_MAX, " a=b");
    char *got = dc_turn_print(DC_ROLE_USER, str_of(strchr(line, 'k')),
                              str_of(""), NULL);
    line[DC_MARKER_MAX] = '\0';
    *strchr(got, '\n') = '\0';
    cr_expect_str_eq(got, line);
    dc_free(got);
    free(line);
}
