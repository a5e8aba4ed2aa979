/*
 * The way of a continuation as the host has it: through a seam, whose blanks
 * are the user's and stay, then through the filter that makes it fit.
 */
#include "inline_case.h"

#define COUNT(table) (sizeof(table) / sizeof *(table))

/* clang-format off */
static const struct inline_case cases[] = {
    {"goes on", "c", "int x =^;\n", " 1", " 1", 0, 0},
    {"blank at the cut, again", "c", "int x = ^;\n", " 1", "1", 0, 0},
    {"blank at the cut, once", "c", "int x = ^;\n", "1", "1", 0, 0},
    {"line end at the cut, again", "python", "def f():\n^", "\n    return 1", "    return 1", 0, 0},
    {"line end at the cut, once", "python", "def f():\n^", "    return 1", "    return 1", 0, 0},
    {"line end at the cut, indentation lost", "python", "def f():\n^", "return 1", "    return 1", 0, 0},
    {"indentation at the cut, again", "python", "def f():\n    x = 1\n    ^", "\n    return x", "return x", 0, 0},
    {"indentation at the cut, without the line end", "python", "def f():\n    x = 1\n    ^", "    return x", "return x", 0, 0},
    {"indentation at the cut, once", "python", "def f():\n    x = 1\n    ^", "return x", "return x", 0, 0},
    {"paragraph at the cut, again", "text", "One.\n\n^", "\n\nTwo.", "Two.", 0, 0},
    {"paragraph at the cut, once", "text", "One.\n\n^", "Two.", "Two.", 0, 0},
    {"paragraph at the cut, in a fence", "c", "int x;\n\n^", "\n```c\n\nint y;\n```", "int y;", 0, 0},
    {"in an empty text", "c", "^", "\n\nint y;", "int y;", 0, 0},
    {"from the top", "c", "int f(int a)\n{\n    return ^\n}\n", "int f(int a)\n{\n    return a + 1;\n}\n", "a + 1;", 0, 0},
    {"from the start of the line", "c", "int f(int a)\n{\n    return a^\n}\n", "    return a + 1;\n}\n", " + 1;", 0, 0},
    {"from the start of the line, in a fence", "c", "int f(int a)\n{\n    return a^\n}\n", "```c\n    return a + 1;\n}\n```\n", " + 1;", 0, 1},
    {"from the top, in a fence", "c", "int f(int a)\n{\n    return ^\n}\n", "```c\nint f(int a)\n{\n    return a + 1;\n}\n```\n", "a + 1;", 0, 1},
    {"list", "markdown", "- one\n- ^", " two\n- three", "two\n- three", 0, 0},
    {"list, its marker again", "markdown", "- one\n- ^", "- two\n- three", "two\n- three", 0, 0},
    {"list, the next item", "markdown", "- one^\n", "\n- two", "\n- two", 0, 0},
    {"comment", "c", "/*\n * Adds ^\n */\n", " two\n * numbers.\n */", "two\n * numbers.", 0, 0},
    {"sentence", "text", "The quick brown fox jumps over^ dog.\n", " the lazy dog.", " the lazy", 0, 0},
    {"word", "text", "The qui^ dog.\n", "ck brown", "ck brown", 0, 0},
    {"nothing before", "text", "^ dog.\n", "The dog.", "The", 0, 0},
};
/* clang-format on */

static void
add(struct buf *got, struct dc_inline *in, struct dc_str text, bool final)
{
    buf_add_str(got, dc_inline_add(in, text, final));
}

static void
run(const struct inline_case *c, size_t piece, struct buf *got)
{
    struct dc_spot spot = inline_spot(c);
    struct dc_spot_ask *ask = dc_spot_ask_new(&spot);
    struct dc_seam_options options = {
        .kept = ask->kept, .fixed = true, .form = DC_FORM_LAST};
    struct dc_seam *seam = dc_seam_new(&options);
    struct dc_inline *in = dc_inline_new(&spot);
    struct dc_str all = str_of(c->came), none = {"", 0};
    for (size_t at = 0; at < all.len; at += piece) {
        size_t n = all.len - at < piece ? all.len - at : piece;
        struct dc_str part = {all.ptr + at, n};
        add(got, in, dc_seam_add(seam, part, false), false);
    }
    add(got, in, dc_seam_add(seam, none, true), false);
    add(got, in, none, true);
    dc_seam_free(seam);
    dc_inline_free(in);
    dc_spot_ask_free(ask);
}

Test(inline_joint, every_case_in_all_pieces, .timeout = 60)
{
    for (size_t i = 0; i < COUNT(cases); i++)
        for (size_t piece = 1; piece <= strlen(cases[i].came); piece++) {
            struct buf got;
            buf_init(&got, 8192);
            run(&cases[i], piece, &got);
            cr_expect(str_is(buf_str(&got), cases[i].written),
                      "%s, pieces of %zu: <%s>\n", cases[i].title, piece,
                      got.len > 0 ? got.ptr : "");
            buf_finish(&got);
        }
}
