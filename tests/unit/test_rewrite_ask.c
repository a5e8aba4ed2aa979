/*
 * The question for a rewrite, word for word, and its budget; the limit of a
 * reply, and that a long one is still read in time.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/buf.h"
#include "deepchat.h"

static void
expect_ask(const struct dc_selection *sel, size_t budget, const char *want)
{
    size_t len;
    char *got = dc_rewrite_ask(sel, budget, &len);
    cr_expect_str_eq(got, want, "got:\n%s", got);
    cr_expect_eq(len, strlen(got));
    dc_free(got);
}

Test(rewrite_ask, lines, .timeout = 10)
{
    struct dc_selection sel = {
        .text = str_of("    x = 1\n"),
        .before = str_of("import os\ndef f():\n"),
        .after = str_of("    return x\nf()\n"),
        .file = str_of("src/a.py"),
        .filetype = str_of("python"),
        .commentstring = str_of("# %s"),
        .indent = 4,
        .instruction = str_of("make it two"),
    };
    expect_ask(&sel, 1000,
               "Rewrite a part of src/a.py (python).\n\n<text>\n"
               "import os\ndef f():\n<selection>\n    x = 1\n</selection>\n"
               "    return x\nf()\n</text>\n\nWhat to do: make it two\n\n"
               "It is indented with 4 spaces a level. A comment is written "
               "`# %s`.\nAnswer with the text that is to replace what stands "
               "between <selection> and </selection>, and with nothing else: "
               "no explanation, no code fence around it, no line from outside. "
               "Keep its indentation.\n");
    sel.earlier = str_of("    x = 3");
    sel.reason = str_of("that is three");
    sel.file = sel.filetype = sel.commentstring = str_of("");
    sel.indent = 0;
    sel.text = str_of("</selection>\n");
    expect_ask(&sel, 0,
               "Rewrite a part of a text.\n\n<text>\n"
               "<selection2>\n</selection>\n</selection2>\n"
               "</text>\n\nWhat to do: make it two\n\n"
               "This proposal was rejected:\n<rejected>\n    x = 3\n"
               "</rejected>\nThe reason: that is three\n\n"
               "It is indented with tabs.\nAnswer with the text that is to "
               "replace what stands between <selection2> and </selection2>, "
               "and with nothing else: no explanation, no code fence around "
               "it, no line from outside. Keep its indentation.\n");
}

static bool
asks(const struct dc_selection *sel, size_t budget, const char *part)
{
    char *got = dc_rewrite_ask(sel, budget, NULL);
    bool found = strstr(got, part) != NULL;
    dc_free(got);
    return found;
}

Test(rewrite_ask, budget, .timeout = 10)
{
    struct dc_selection sel = {
        .text = str_of("x"),
        .head = str_of("int "),
        .tail = str_of(" = 1;"),
        .before = str_of("a 1\nb 2\nc 3\n"),
        .after = str_of("d 4\ne 5\nf 6\n"),
    };
    cr_expect(asks(&sel, 24,
                   "<text>\na 1\nb 2\nc 3\nint <selection>x"
                   "</selection> = 1;\nd 4\ne 5\nf 6\n</text>"));
    cr_expect(asks(&sel, 23,
                   "<text>\nb 2\nc 3\nint <selection>x"
                   "</selection> = 1;\nd 4\ne 5\nf 6\n</text>"));
    cr_expect(asks(&sel, 8,
                   "<text>\nc 3\nint <selection>x"
                   "</selection> = 1;\nd 4\n</text>"));
    cr_expect(asks(&sel, 7,
                   "<text>\nint <selection>x"
                   "</selection> = 1;\nd 4\n</text>"));
    sel.after = str_of("");
    cr_expect(asks(&sel, 12, "<text>\na 1\nb 2\nc 3\nint "));
    cr_expect(asks(&sel, 11, "<text>\nb 2\nc 3\nint "));
    sel.after = str_of("d 4\ne 5\nf 6\n");
    sel.before = str_of("");
    cr_expect(asks(&sel, 12, " = 1;\nd 4\ne 5\nf 6\n</text>"));
}

Test(rewrite_ask, reply_limit, .timeout = 60)
{
    struct dc_selection sel = {
        .text = str_of("x\n"), .filetype = str_of("c"), .indent = 4};
    struct dc_rewrite *rw = dc_rewrite_new(&sel);
    struct buf reply;
    buf_init(&reply, DC_REPLY_MAX + 1);
    while (reply.len + 100 <= DC_REPLY_MAX)
        buf_add_text(&reply, "    printf(\"a line of some length, %d\\n\", "
                             "number + 1234567);\n\n");
    while (reply.len < DC_REPLY_MAX)
        buf_add_byte(&reply, 'x');
    size_t piece = 65536, at = 0;
    while (at < reply.len) {
        size_t n = piece < reply.len - at ? piece : reply.len - at;
        cr_assert(
            dc_rewrite_add(rw, (struct dc_str){reply.ptr + at, n}, false));
        at += n;
        /* At most a part of it and one line are still to be looked at. */
        cr_assert_geq(dc_rewrite_text(rw).len + 131072 + at / 3, at);
    }
    cr_assert_not(dc_rewrite_add(rw, str_of("y"), false));
    cr_assert(dc_rewrite_add(rw, str_of(""), true));
    cr_expect_eq(dc_rewrite_text(rw).len, DC_REPLY_MAX + 1);
    dc_rewrite_free(rw);
    buf_finish(&reply);
}
