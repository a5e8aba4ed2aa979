/*
 * Which hunks, where, and which words of them: tables of small texts.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "deepchat.h"

#define COUNT(table) (sizeof(table) / sizeof *(table))

/* Hunks are written "old_first,old_count,new_first,new_count;". */
/* clang-format off */
static const struct {
    const char *title, *old, *new, *hunks;
} cases[] = {
    {"nothing", "", "", ""},
    {"the same", "a\nb\n", "a\nb\n", ""},
    {"all new", "", "a\nb\n", "0,0,0,2;"},
    {"all gone", "a\nb\n", "", "0,2,0,0;"},
    {"one line", "a\nb\nc\n", "a\nx\nc\n", "1,1,1,1;"},
    {"first and last", "a\nb\nc\n", "x\nb\ny\n", "0,1,0,1;2,1,2,1;"},
    {"a line more", "a\nc\n", "a\nb\nc\n", "1,0,1,1;"},
    {"a line less", "a\nb\nc\n", "a\nc\n", "1,1,1,0;"},
    {"at the end", "a\n", "a\nb\n", "1,0,1,1;"},
    {"no final newline any more", "a\nb\n", "a\nb", "1,1,1,1;"},
    {"a final newline now", "a\nb", "a\nb\n", "1,1,1,1;"},
    {"no newline on both", "a\nb", "x\nb", "0,1,0,1;"},
    {"only a newline", "\n", "", "0,1,0,0;"},
    {"CRLF is a change", "a\nb\n", "a\r\nb\n", "0,1,0,1;"},
    {"CRLF on both", "a\r\nb\r\n", "a\r\nc\r\n", "1,1,1,1;"},
    {"blanks are a change", "a\n b\n", "a\nb\n", "1,1,1,1;"},
    {"moved", "a\nb\nc\nd\n", "d\na\nb\nc\n", "0,0,0,1;3,1,4,0;"},
    {"repeated: the last one is new", "a\na\n", "a\na\na\n", "2,0,2,1;"},
    {"a function with its empty line", "f {\n  x\n}\n\nh {\n}\n",
     "f {\n  x\n}\n\ng {\n  y\n}\n\nh {\n}\n", "4,0,4,4;"},
    {"a block without an empty line", "if a {\n  x\n}\nif c {\n  x\n}\n",
     "if a {\n  x\n}\nif b {\n  x\n}\nif c {\n  x\n}\n", "3,0,3,3;"},
    {"not from brace to brace", "if b {\nx\ny\n}\n",
     "if b {\nx\n}\nif b {\nx\ny\n}\n", "0,0,0,3;"},
    {"not from a brace on", "z\nif b {\nx\ny\n}\n",
     "z\nif b {\nx\n}\nif b {\nx\ny\n}\n", "2,0,2,3;"},
    {"a block taken out", "if a {\n  x\n}\nif b {\n  x\n}\nif c {\n  x\n}\n",
     "if a {\n  x\n}\nif c {\n  x\n}\n", "3,3,3,0;"},
    {"at the outer indentation", "def a():\n    x\n\ndef c():\n    x\n",
     "def a():\n    x\n\ndef b():\n    x\n\ndef c():\n    x\n", "3,0,3,3;"},
    {"with tabs", "f {\n\tx\n\n}\nh {\n\tx\n\n}\n",
     "f {\n\tx\n\n}\ng {\n\tx\n\n}\nh {\n\tx\n\n}\n", "4,0,4,4;"},
    {"up to a neighbour, not into it", "a\nb\nb\nz\n", "x\nb\nb\nb\nz\n",
     "0,1,0,1;3,0,3,1;"},
};

/* The last one is open: "covered:hunks". */
static const struct {
    const char *title, *old, *new, *want;
} partial_cases[] = {
    {"nothing yet", "a\nb\n", "", "0:"},
    {"half a line", "aa\nb\n", "a", "0:"},
    {"one line, the same", "a\nb\nc\n", "a\n", "1:"},
    {"and half of the next", "a\nb\nc\n", "a\nx", "1:"},
    {"changed, may replace b", "a\nb\nc\n", "a\nx\n", "1:1,0,1,1;"},
    {"did replace b", "a\nb\nc\nd\n", "a\nx\nc\n", "3:1,1,1,1;"},
    {"all the same", "a\nb\n", "a\nb\n", "2:"},
    {"more than there was", "a\n", "a\nb\nc\n", "1:1,0,1,2;"},
    {"nothing in common", "a\nb\nc\n", "x\ny\nz\nw\n", "0:0,0,0,4;"},
    {"a brace proves nothing", "a\nb\nc\nd\n}\ne\n", "a\nx\n}\n", "1:1,0,1,2;"},
    {"but follows what does", "f {\n x\n}\ng {\n}\n", "f {\n x\n}\n", "3:"},
    {"far ahead needs more than one line",
     "a\n1\n2\n3\n4\n5\n6\n7\n8\n9\nd\ne\nf\n", "a\nd\n", "1:1,0,1,1;"},
    {"and two are enough for eight",
     "a\n1\n2\n3\n4\n5\n6\n7\nd\ne\nf\n", "a\nd\ne\n", "10:1,7,1,0;"},
    {"a line less", "a\nb\nc\nd\n", "a\nc\n", "3:1,1,1,0;"},
    {"empty old text", "", "a\nb", "0:0,0,0,1;"},
    {"removed lines do not slide to the end", "a\nb\na\nb\nc\n", "a\nb\n", "2:"},
};

/* Marked text stands in brackets. */
static const struct {
    const char *title, *old, *new, *old_marks, *new_marks;
} mark_cases[] = {
    {"a word", "let x = foo(a);\n", "let x = bar(a);\n",
     "let x = [foo](a);\n", "let x = [bar](a);\n"},
    {"a word more", "return a;\n", "return a + 1;\n",
     "return a;\n", "return a[ + 1];\n"},
    {"whole words", "counter += step\n", "counters += step\n",
     "[counter] += step\n", "[counters] += step\n"},
    {"blanks join", "a one two three b c d e f g h\n",
     "a 1 2 3 b c d e f g h\n", "a [one two three] b c d e f g h\n",
     "a [1 2 3] b c d e f g h\n"},
    {"indentation", "  f(x);\n", "    f(x);\n", "[  ]f(x);\n", "[    ]f(x);\n"},
    {"characters stay whole", "caf\xc3\xa9 noir, bitte\n", "caf\xc3\xa8 noir, bitte\n",
     "[caf\xc3\xa9] noir, bitte\n", "[caf\xc3\xa8] noir, bitte\n"},
    {"CJK one by one", "\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e\xe3\x81\xae\n",
     "\xe6\x97\xa5\xe6\x9c\xac\xe4\xba\xba\xe3\x81\xae\n",
     "\xe6\x97\xa5\xe6\x9c\xac[\xe8\xaa\x9e]\xe3\x81\xae\n",
     "\xe6\x97\xa5\xe6\x9c\xac[\xe4\xba\xba]\xe3\x81\xae\n"},
    {"emoji with joiner", "go \xf0\x9f\x91\xa9\xe2\x80\x8d now please\n",
     "go \xf0\x9f\x91\xa9 now please\n",
     "go [\xf0\x9f\x91\xa9\xe2\x80\x8d] now please\n",
     "go [\xf0\x9f\x91\xa9] now please\n"},
    {"too different", "alpha beta\n", "for (;;) {}\n",
     "alpha beta\n", "for (;;) {}\n"},
    {"line end only", "same words here\n", "same words here\r\n",
     "same words here\n", "same words here\r\n"},
    {"paired with the one like it", "x = compute(a, b)\n",
     "# why\nx = compute(a, c)\n",
     "x = compute(a, [b])\n", "# why\nx = compute(a, [c])\n"},
    {"two pairs", "int a = one;\nint b = two;\n", "int a = 1;\nint b = 2;\n",
     "int a = [one];\nint b = [two];\n", "int a = [1];\nint b = [2];\n"},
    {"broken bytes", "a \xff\xfe b c\n", "a \xff\xfd b c\n",
     "a \xff[\xfe] b c\n", "a \xff[\xfd] b c\n"},
};
/* clang-format on */

static void
print_hunks(struct buf *out, const struct dc_hunk *hunks, size_t count)
{
    for (size_t i = 0; i < count; i++)
        buf_addf(out, "%zu,%zu,%zu,%zu;", hunks[i].old_first,
                 hunks[i].old_count, hunks[i].new_first, hunks[i].new_count);
}

Test(diff, hunks, .timeout = 10)
{
    for (size_t c = 0; c < COUNT(cases); c++) {
        struct buf got;
        buf_init(&got, 4096);
        buf_add(&got, "", 0);
        struct dc_diff *d = dc_diff_new(str_of(cases[c].old), 0);
        size_t count;
        const struct dc_hunk *hunks =
            dc_diff_run(d, str_of(cases[c].new), false, &count);
        print_hunks(&got, hunks, count);
        cr_expect_str_eq(got.ptr, cases[c].hunks, "%s: got %s", cases[c].title,
                         got.ptr);
        dc_diff_free(d);
        buf_finish(&got);
    }
    dc_diff_free(NULL);
}

Test(diff, partial, .timeout = 10)
{
    for (size_t c = 0; c < COUNT(partial_cases); c++) {
        struct buf got;
        buf_init(&got, 4096);
        struct dc_diff *d = dc_diff_new(str_of(partial_cases[c].old), 0);
        size_t count;
        const struct dc_hunk *hunks =
            dc_diff_run(d, str_of(partial_cases[c].new), true, &count);
        buf_addf(&got, "%zu:", dc_diff_covered(d));
        print_hunks(&got, hunks, count);
        cr_expect_str_eq(got.ptr, partial_cases[c].want, "%s: got %s",
                         partial_cases[c].title, got.ptr);
        dc_diff_free(d);
        buf_finish(&got);
    }
}

static void
print_marks(struct buf *out, struct dc_diff *d, const struct dc_hunk *hunk,
            enum dc_side side)
{
    size_t count, n = 0;
    const struct dc_mark *marks = dc_diff_marks(d, hunk, side, &count);
    buf_reset(out);
    for (size_t i = 0; i < dc_diff_lines(d, side); i++) {
        struct dc_str line = dc_diff_line(d, side, i);
        size_t at = 0;
        for (; n < count && marks[n].line == i; n++) {
            buf_add(out, line.ptr + at, marks[n].from - at);
            buf_addf(out, "[%.*s]", (int)(marks[n].to - marks[n].from),
                     line.ptr + marks[n].from);
            at = marks[n].to;
        }
        buf_add(out, line.ptr + at, line.len - at);
    }
}

Test(diff, marks, .timeout = 10)
{
    for (size_t c = 0; c < COUNT(mark_cases); c++) {
        struct buf got;
        buf_init(&got, 4096);
        struct dc_diff *d = dc_diff_new(str_of(mark_cases[c].old), 0);
        size_t count;
        const struct dc_hunk *hunks =
            dc_diff_run(d, str_of(mark_cases[c].new), false, &count);
        cr_assert_eq(count, 1, "%s", mark_cases[c].title);
        print_marks(&got, d, hunks, DC_OLD);
        cr_expect_str_eq(got.ptr, mark_cases[c].old_marks, "%s: got %s",
                         mark_cases[c].title, got.ptr);
        print_marks(&got, d, hunks, DC_NEW);
        cr_expect_str_eq(got.ptr, mark_cases[c].new_marks, "%s: got %s",
                         mark_cases[c].title, got.ptr);
        dc_diff_free(d);
        buf_finish(&got);
    }
}

/* Ten lines a side are paired by likeness, eleven as they stand; so are long
 * ones, and over 16 KiB they are compared from both ends. */
Test(diff, marks_of_large_hunks, .timeout = 10)
{
    for (size_t lines = 10; lines <= 11; lines++) {
        struct buf old, new;
        buf_init(&old, 4096);
        buf_init(&new, 4096);
        for (size_t i = 0; i < lines; i++) {
            buf_addf(&old, "the line %04zu is old\n", 1111 * i);
            buf_addf(&new, "the line %04zu is new\n", 1111 * ((i + 1) % lines));
        }
        struct dc_diff *d = dc_diff_new(buf_str(&old), 0);
        size_t count;
        const struct dc_hunk *h = dc_diff_run(d, buf_str(&new), false, &count);
        dc_diff_marks(d, h, DC_NEW, &count);
        cr_expect_eq(count, lines == 10 ? 9 : 22, "%zu marks", count);
        dc_diff_free(d);
        buf_finish(&old);
        buf_finish(&new);
    }
    for (size_t len = 16384; len <= 16385; len++) {
        struct buf a, b;
        buf_init(&a, 1 << 16);
        buf_init(&b, 1 << 16);
        buf_add_text(&a, "one ");
        buf_add_text(&b, "eins ");
        while (b.len < len - 4) {
            buf_add_byte(&a, 'x');
            buf_add_byte(&b, 'x');
        }
        buf_add_text(&a, " two");
        buf_add_text(&b, " zwo");
        struct dc_diff *d = dc_diff_new(buf_str(&a), 0);
        size_t count;
        const struct dc_hunk *h = dc_diff_run(d, buf_str(&b), false, &count);
        dc_diff_marks(d, h, DC_NEW, &count);
        cr_expect_eq(count, len == 16384 ? 2 : 1, "%zu marks", count);
        dc_diff_free(d);
        buf_finish(&a);
        buf_finish(&b);
    }
}

/* Pairs of 2 KiB: behind 256 KiB of a hunk they are compared from both ends. */
Test(diff, marks_of_a_heavy_hunk, .timeout = 10)
{
    for (size_t lines = 128; lines <= 129; lines++) {
        struct buf old, new;
        buf_init(&old, 1 << 20);
        buf_init(&new, 1 << 20);
        for (size_t i = 0; i < lines; i++) {
            buf_addf(&old, "%04zu old %01010d old\n", i, 7);
            buf_addf(&new, "%04zu new %01010d new\n", i, 7);
        }
        struct dc_diff *d = dc_diff_new(buf_str(&old), 0);
        size_t count;
        const struct dc_hunk *h = dc_diff_run(d, buf_str(&new), false, &count);
        dc_diff_marks(d, h, DC_OLD, &count);
        cr_expect_eq(count, lines == 128 ? 256 : 257, "%zu marks", count);
        dc_diff_free(d);
        buf_finish(&old);
        buf_finish(&new);
    }
}
