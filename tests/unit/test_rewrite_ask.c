/*
 * The question for a rewrite, word for word, and its budget; the limit of a
 * reply, and that a long one is still read in time.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
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

/* ---- time ---- */

static void
repeat(struct buf *out, const char *text, size_t len)
{
    buf_reset(out);
    while (out->len + strlen(text) <= len)
        buf_add_text(out, text);
}

/* Models that turn in circles, line by line; with a judgement of all lines for
 * each of them every case takes a minute. */
Test(rewrite_ask, time_is_bounded, .timeout = 120)
{
    static const struct {
        const char *start, *line, *selection;
        size_t selection_len;
    } cases[] = {
        {"x\n", "\n", "\tint a;\n", 8},
        {"", "a\n", "\tint a;\n", 8},
        {"/*\n", "\nchanges:\n", "\tint a;\n", 8},
        {"", "Words and more words.\n", "\tint value = 10;\n", 1700000},
    };
    struct buf reply, text;
    buf_init(&reply, DC_REPLY_MAX);
    buf_init(&text, DC_REPLY_MAX);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        repeat(&text, cases[i].selection, cases[i].selection_len);
        struct dc_selection sel = {.text = buf_str(&text),
                                   .filetype = str_of("c")};
        struct dc_rewrite *rw = dc_rewrite_new(&sel);
        clock_t start = clock();
        dc_rewrite_add(rw, str_of(cases[i].start), false);
        repeat(&reply, cases[i].line, 65000);
        for (size_t at = 0; at < reply.len; at += strlen(cases[i].line))
            dc_rewrite_add(rw, str_of(cases[i].line), false);
        dc_rewrite_add(rw, str_of(""), true);
        double s = (double)(clock() - start) / CLOCKS_PER_SEC;
        if (getenv("DC_SHOW_TIMES") != NULL)
            fprintf(stderr, "%zu: %.2f s\n", i, s);
        cr_expect_lt(s, 10, "case %zu: %.1f s", i, s);
        dc_rewrite_free(rw);
    }
    buf_finish(&reply);
    buf_finish(&text);
}

/* With nothing more to come for now, all of a long reply is looked at. */
Test(rewrite_ask, cut_long, .timeout = 10)
{
    struct dc_selection sel = {.text = str_of("x\n"), .filetype = str_of("c")};
    struct dc_rewrite *rw = dc_rewrite_new(&sel);
    struct buf reply;
    buf_init(&reply, DC_REPLY_MAX);
    repeat(&reply, "int number;\n", 120000);
    dc_rewrite_add(rw, buf_str(&reply), false);
    dc_rewrite_add(rw, str_of("int last;\n"), false);
    cr_expect_eq(dc_rewrite_text(rw).len, 120000);
    dc_rewrite_add(rw, str_of(""), false);
    cr_expect_eq(dc_rewrite_text(rw).len, 120010);
    dc_rewrite_free(rw);
    buf_finish(&reply);
}

/* Eight million lines do not get forty blanks each. */
Test(rewrite_ask, long_with_indentation, .timeout = 60)
{
    char text[128];
    snprintf(text, sizeof text, "%40sint a;\n%40sint b;\n", "", "");
    struct dc_selection sel = {.text = str_of(text), .filetype = str_of("c")};
    struct dc_rewrite *rw = dc_rewrite_new(&sel);
    struct buf reply;
    buf_init(&reply, DC_REPLY_MAX);
    repeat(&reply, "a\n", 1 << 20);
    dc_rewrite_add(rw, buf_str(&reply), false);
    cr_expect_eq(dc_rewrite_text(rw).len, 21 << 20);
    for (int i = 1; i < 16; i++)
        dc_rewrite_add(rw, buf_str(&reply), i == 15);
    cr_expect_eq(dc_rewrite_text(rw).len, 16 << 20);
    cr_expect_not(dc_rewrite_report(rw).indent);
    dc_rewrite_free(rw);
    buf_finish(&reply);
}
