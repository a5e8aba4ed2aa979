/*
 * Writing on in code: fences, preambles, repetitions of what stands behind,
 * indentation and comments; every case at every cut.
 */
#include "inline_case.h"

#define COUNT(table) (sizeof(table) / sizeof *(table))

/* clang-format off */
static const struct inline_case head_cases[] = {
    {"nothing", "c", "int x = ^;\n", "", "", 0, 0},
    {"exact", "c", "int x = ^;\n", "1 + 2", "1 + 2", 0, 0},
    {"a line", "c", "int f(void)\n{\n    return^\n}\n", " 1;\n", " 1;", 0, 0},
    {"fence around", "c", "int f(void)\n{\n    ^\n}\n", "```c\nreturn 1;\n```\n", "return 1;", 0, 1},
    {"fence, then talk", "c", "int f(void)\n{\n    ^\n}\n", "```\nreturn 1;\n```\n\nThis returns 1.", "return 1;", 0, 1},
    {"tildes", "c", "int x = ^", "~~~~c\n1;\n~~~\n~~~~\nbye", "1;\n~~~", 0, 1},
    {"fence never closed", "python", "x = ^", "```python\n1\ny = 2", "1\ny = 2", 0, 0},
    {"fence alone", "python", "x = ^", "```", "", 0, 0},
    {"no fence", "python", "x = ^", "``1``", "``1``", 0, 0},
    {"fence in the middle stays", "python", "x = \"\"\"\n^", "a\n```\nb\n```\n", "a\n```\nb\n```", 0, 0},
    {"preamble", "c", "int x = ^;", "Sure, here is the rest of the code:\n\n1", "1", 0, 0},
    {"preamble and fence", "c", "int x = ^", "Here is the completed code:\n\n```c\n1;\n```\n", "1;", 0, 1},
    {"blanks and fence", "c", "int x = ^", "\n\n```c\n1;\n```", "1;", 0, 0},
    {"no preamble: no colon", "text", "^", "Here is the code.\n", "Here is the code.", 0, 0},
    {"no preamble: other words", "text", "^", "Sure, we sing:\nla", "Sure, we sing:\nla", 0, 0},
    {"no preamble: a name", "c", "^", "SureThing x;\n", "SureThing x;", 0, 0},
    {"no preamble: all there is", "text", "^", "Here is the text:", "Here is the text:", 0, 0},
    {"fence in Markdown may be meant", "markdown", "Run this:\n\n^", "```sh\nmake\n```\n\nDone.", "```sh\nmake\n```\n\nDone.", 0, 0},
    {"fence around Markdown", "markdown", "# Title\n\n^", "```markdown\nText.\n```", "Text.", 0, 0},
    {"fence in mid-sentence", "markdown", "The word is ^", "```\nbird\n```", "bird", 0, 0},
    {"fence in a fence", "markdown", "```c\nint x = ^\n```\n", "```c\n1;\n```\n", "1;", 0, 1},
    {"fence repeats the line", "c", "int f(int a)\n{\n    return a^\n}\n", "```c\n    return a + 1;\n```", " + 1;", 0, 0},
};

static const struct inline_case stop_cases[] = {
    {"rest of the line", "c", "    foo(^);\n    bar();\n", "a, b);\n", "a, b", 0, 1},
    {"rest, and the next line", "c", "    foo(^);\n    bar();\n", "a, b);\n    bar();\n", "a, b", 0, 1},
    {"rest at the end", "c", "    foo(^);\n", "a, b);", "a, b", 0, 0},
    {"rest closes an own bracket", "python", "print(^)\n", "\"a\", f(x)", "\"a\", f(x)", 0, 0},
    {"rest closes ours, then theirs", "python", "print(^)\n", "f(x))", "f(x)", 0, 0},
    {"rest with one more bracket", "c", "foo(bar(^);\n", "x));", "x)", 0, 0},
    {"rest begun only", "c", "foo(bar(^);\n", "x)", "x)", 0, 0},
    {"semicolon", "c", "int x = ^;\n", "f(1);", "f(1)", 0, 0},
    {"semicolon in between", "c", "for (^;\n", "i = 0; i < n; i++)\n", "i = 0; i < n; i++)", 0, 0},
    {"rest behind a blank", "c", "a = ^+ c;\n", "b + c;", "b ", 0, 0},
    {"rest of words", "text", "The quick ^ jumps over the dog.\n", "brown fox jumps over the dog. Then", "brown fox", 0, 1},
    {"rest of words, and the lines below", "markdown", "- one^ six\n- two\n", " four six\n- two\n- three", " four", 0, 1},
    {"rest of words, another end", "text", "The quick ^ jumps over the dog.\n", "brown fox jumps over the cat", "brown fox jumps over the cat", 0, 0},
    {"not within a word", "text", "The ^on\n", "Sion on\n", "Sion ", 0, 1},
    {"closing line", "c", "int f(void)\n{\n    ^\n}\n\nint main(void)\n{\n", "return 1;\n}\n\nint main(void)\n{\n    return", "return 1;", 0, 1},
    {"closing line at the end", "c", "int f(void)\n{\n    ^\n}\n", "return 1;\n}\n", "return 1;", 0, 0},
    {"an own closing line", "c", "int f(void)\n{\n    ^\n}\n", "if (x) {\n        y();\n    }\n    return 1;", "if (x) {\n        y();\n    }\n    return 1;", 0, 0},
    {"closing line, less deep", "c", "class A {\n    int f() {\n        ^\n}\n", "return 1;\n    }", "return 1;\n    }", 0, 0},
    {"line below", "python", "def f():\n    x = 1\n    ^\n    return compute(x)\n", "x += 1\n    return compute(x)\n", "x += 1", 0, 1},
    {"line below, deeper", "python", "def f():\n    ^\n    return compute(x)\n", "if not x:\n        return compute(x)\n    x += 1", "if not x:\n        return compute(x)\n    x += 1", 0, 0},
    {"line below, short", "c", "    a();\n    ^\n    b();\n", "c();\n    b();\n    d();", "c();\n    b();\n    d();", 0, 0},
    {"line below, short, at the end", "c", "    a();\n    ^\n    b();\n", "c();\n    b();\n", "c();", 0, 0},
    {"heading below", "markdown", "Text ^\n\n## Use\n\nx\n", "ends.\n\n## Use\n\nRun", "ends.", 0, 1},
    {"closing fence below", "markdown", "```c\nint x^\n```\nText\n", " = 1;\n```\nMore", " = 1;", 0, 1},
    {"paragraph below", "text", "One.\n\n^\n\nThe third paragraph begins with these words.\n", "Two is here.\n\nThe third paragraph begins with these words and", "Two is here.", 0, 1},
    {"paragraph below, wrapped", "text", "One.\n\n^\n\nThe third paragraph begins\nwith these words.\n", "Two is here. The third paragraph begins with these words.", "Two is here.", 0, 1},
    {"words by chance", "text", "One.\n\n^\n\nThe third paragraph begins.\n", "The third man comes.", "The third man comes.", 0, 0},
    {"no text behind", "text", "One ^", "two\n\n", "two", 0, 0},
    {"line end in the middle", "c", "foo(^)\n", "a,\n    b\n", "a,\n    b\n", 0, 0},
    {"no line end in the middle", "c", "foo(^)\n", "a\n", "a", 0, 0},
    {"line end before a line", "c", "^int x;\n", "#include <stdio.h>\n", "#include <stdio.h>\n", 0, 0},
};

static const struct inline_case indent_cases[] = {
    {"as it is", "python", "def f():\n    x = 1\n    ^\n", "y = 2\n    return x", "y = 2\n    return x", 0, 0},
    {"lost", "python", "def f():\n    x = 1\n    ^\n", "y = 2\nreturn x", "y = 2\n    return x", 0, 0},
    {"lost, then deeper", "python", "def f():\n    x = 1\n    ^\n", "y = 2\nfor z in y:\n    print(z)\nreturn x", "y = 2\n    for z in y:\n        print(z)\n    return x", 0, 0},
    {"lost, then a brace of the block around", "c", "int f(void)\n{\n    ^\n    x();\n}\n", "y();\nif (z) {\n    y();\n}\nz();\n}\nint w;", "y();\n    if (z) {\n        y();\n    }\n    z();\n}\nint w;", 0, 0},
    {"lost behind a colon", "python", "def f():\n    ^\n", "if x:\n    return 1\nreturn 2", "if x:\n        return 1\n    return 2", 0, 0},
    {"not lost: a definition", "python", "def f():\n    return ^\n", "1\ndef g():\n    pass", "1\ndef g():\n    pass", 0, 0},
    {"not lost: an empty line", "python", "def f():\n    return ^\n", "1\n\nprint(f())", "1\n\nprint(f())", 0, 0},
    {"not lost: a brace", "c", "int f(void)\n{\n    return ^\n", "1;\n}\nint y;", "1;\n}\nint y;", 0, 0},
    {"not lost: else", "python", "if x:\n    y = ^\n", "1\nelse:\n    y = 2", "1\nelse:\n    y = 2", 0, 0},
    {"not lost: a label", "c", "int f(void)\n{\n    x = ^\n", "1;\nout:\n    return 1;", "1;\nout:\n    return 1;", 0, 0},
    {"body at the margin", "python", "def f():\n^\n", "return 1", "    return 1", 0, 0},
    {"body at its depth", "python", "def f():\n^\n", "    return 1", "    return 1", 0, 0},
    {"body with tabs", "go", "func g() {\n\tx()\n}\n\nfunc f() {\n^\n}\n", "return 1", "\treturn 1", 0, 0},
    {"spaces to tabs", "go", "func f() {\n\tx := 1\n\t^\n}\n", "if x > 0 {\n        y()\n    }", "if x > 0 {\n\t\ty()\n\t}", 0, 0},
    {"a dedented block, spaces to tabs", "go", "func f() {\n\tif x {\n\t\t^\n\t}\n}\n", "if y {\n    z()\n}\nw()\n}\n", "if y {\n\t\t\tz()\n\t\t}\n\t\tw()", 0, 0},
    {"two spaces to tabs", "go", "func f() {\n\tx := 1\n\t^\n}\n", "if x > 0 {\n    y()\n  }", "if x > 0 {\n\t\ty()\n\t}", 0, 0},
    {"tabs stay", "go", "func f() {\n\tx := 1\n\t^\n}\n", "if x > 0 {\n\t\ty()\n\t}", "if x > 0 {\n\t\ty()\n\t}", 0, 0},
    {"tabs to spaces", "c", "int f(void)\n{\n  x();\n  ^\n}\n", "if (x) {\n\t\ty();\n\t}", "if (x) {\n    y();\n  }", 0, 0},
    {"nothing known", "c", "int x;\n^\n", "int f(void) {\n\ty();\n}", "int f(void) {\n\ty();\n}", 0, 0},
    {"new statement in the same line", "c", "int f(void)\n{\n    x();^\n}\n", "y();", "\n    y();", 0, 0},
    {"new statement behind a brace", "c", "int f(void)\n{\n    x();\n    if (y) {^\n}\n", "z();\n    }", "\n        z();\n    }", 0, 0},
    {"no new statement without a letter", "c", "int f(void)\n{\n    x();^\n}\n", "/* y */", "/* y */", 0, 0},
    {"not a new statement", "c", "for (int i = 0;^\n", "i < n; i++)", "i < n; i++)", 0, 0},
    {"shell", "sh", "for f in *; do\n    ^\ndone\n", "echo \"$f\"\nrm \"$f\"", "echo \"$f\"\n    rm \"$f\"", 0, 0},
    {"shell ends", "sh", "for f in *; do\n    ^\n", "echo \"$f\"\ndone", "echo \"$f\"\ndone", 0, 0},
    {"Vim script", "vim", "function! F() abort\n  let x = ^\nendfunction\n", "1\nreturn x", "1\n  return x", 0, 0},
    {"Vim script ends", "vim", "function! F() abort\n  let x = ^\n", "1\nendfunction", "1\nendfunction", 0, 0},
    {"Lisp", "lisp", "(defun f (x)\n  (when x^)\n", "\n    (print x)", "\n    (print x)", 0, 0},
    {"Lisp, its own brackets", "lisp", "(defun f (x)\n  (+ x ^))\n", "(* 2 x)))", "(* 2 x)", 0, 0},
};

static const struct inline_case comment_cases[] = {
    {"leader kept", "c", "// The first ^\nint x;\n", "words\n// and more", "words\n// and more", 0, 0},
    {"leader lost", "c", "// The first ^\nint x;\n", "words\nand more words.", "words\n// and more words.", 0, 0},
    {"leader lost, indented", "c", "    x();\n    // The first ^\n    y();\n", "words\nand more words.", "words\n    // and more words.", 0, 0},
    {"code behind it", "c", "// Adds ^\n", "two numbers.\nint add(int a, int b)\n{\n    return a;\n}", "two numbers.\nint add(int a, int b)\n{\n    return a;\n}", 0, 0},
    {"words that are code", "python", "# Print ^\n", "all\nfor x in names:\n    print(x)", "all\nfor x in names:\n    print(x)", 0, 0},
    {"words with a tab", "c", "// The ^\n", "words\nare\tmore of them.", "words\nare\tmore of them.", 0, 0},
    {"words with a call", "c", "// The ^\n", "words\nprint(x) all of them.", "words\nprint(x) all of them.", 0, 0},
    {"comment goes on below", "python", "# The first ^\n# and the third\n", "words\nprint", "words\n# print", 0, 0},
    {"empty line ends it", "python", "# The first ^\n", "words\n\nthis is no comment any more.", "words\n\nthis is no comment any more.", 0, 0},
    {"empty line within", "python", "# The first ^\n# and the third\n", "words\n\nmore", "words\n#\n# more", 0, 0},
    {"leader twice", "python", "# One\n# ^\n", "# two\n# three", "two\n# three", 0, 0},
    {"no blank behind the leader", "python", "#One^\n", " two\nis more than one.", " two\n#is more than one.", 0, 0},
    {"block", "c", "/*\n * The first ^\n */\n", "words\nand more", "words\n * and more", 0, 0},
    {"block, leader kept", "c", "/*\n * The first ^\n */\n", "words\n * and more\n */\n", "words\n * and more", 0, 0},
    {"block, on an empty line", "c", "/*\n * One\n^\n */\n", "two\nthree", " * two\n * three", 0, 0},
    {"block, first line", "c", "/*^\n */\n", " two\nthree", " two\n * three", 0, 0},
    {"block ends", "c", "/* The first ^\n", "words\nand more */\nint x;\nint y;", "words\n * and more */\nint x;\nint y;", 0, 0},
    {"block ends on a line", "c", "    /*\n     * The first ^\n", "words\n*/\n    int x;", "words\n     */\n    int x;", 0, 0},
    {"block of empty lines", "c", "/*\n * The first ^\n */\n", "words.\n\nMore.", "words.\n *\n * More.", 0, 0},
    {"block without leaders", "c", "/*\n   The first ^\n*/\n", "words\n   and more", "words\n   and more", 0, 0},
    {"not in the block", "c", "/* A. */\nint x = ^\n", "1;\nint y;", "1;\nint y;", 0, 0},
    {"a star in code", "c", "int x = a\n    * ^\n", "b;\n    y();", "b;\n    y();", 0, 0},
    {"behind code", "c", "x(); // The ^\n", "end of it all.\ny();", "end of it all.\ny();", 0, 0},
    {"Vim script", "vim", "\" Returns ^\n", "the number\nof all the lines.", "the number\n\" of all the lines.", 0, 0},
    {"Lisp", "lisp", ";; Returns ^\n", "the number\nof all the lines.", "the number\n;; of all the lines.", 0, 0},
    {"Lua, by commentstring", "lua", "-- Returns ^\n", "the number\nof all the lines.", "the number\n-- of all the lines.", 0, 0},
    {"Rust", "rust", "/// Returns ^\n", "the number\nof all the lines.", "the number\n/// of all the lines.", 0, 0},
    {"Go", "go", "// F returns ^\nfunc F() {\n", "the number\nof all the lines.", "the number\n// of all the lines.", 0, 0},
    {"shell", "sh", "# Usage: ^\n", "x FILE\n# more", "x FILE\n# more", 0, 0},
    {"quote", "mail", "> The first ^\n", "words\nand more", "words\n> and more", 0, 0},
    {"quote ends", "markdown", "> The first ^\n", "words\n\nNo quote.", "words\n\nNo quote.", 0, 0},
    {"quote in a quote", "mail", "> > The first ^\n", "words\nand more", "words\n> > and more", 0, 0},
    {"heading is no comment", "markdown", "# The first ^\n", "heading\n\nText.", "heading\n\nText.", 0, 0},
    {"marker twice", "markdown", "- one\n- ^\n", "- two\n- three", "two\n- three", 0, 0},
    {"heading twice", "markdown", "## ^\n", "## Use\n\nText.", "Use\n\nText.", 0, 0},
    {"emphasis is no marker", "markdown", "- one\n- ^\n", "**two**", "**two**", 0, 0},
};
/* clang-format on */

Test(inline, starts, .timeout = 60)
{
    inline_check(head_cases, COUNT(head_cases));
}

Test(inline, repetitions, .timeout = 60)
{
    inline_check(stop_cases, COUNT(stop_cases));
}

Test(inline, indentation, .timeout = 60)
{
    inline_check(indent_cases, COUNT(indent_cases));
}

Test(inline, comments, .timeout = 60)
{
    inline_check(comment_cases, COUNT(comment_cases));
}

static void
add_piece(struct buf *got, struct dc_inline *in, struct dc_str rest,
          size_t most)
{
    rest.len = rest.len < most ? rest.len : most;
    buf_add_str(got, dc_inline_add(in, rest, false));
}

/* A server gone mad must not take the host with it; what is behind it is
 * there. In one piece and in small ones. */
Test(inline, endless, .timeout = 5)
{
    static const char *const units[] = {"\n", " ", "a", "\n \t"};
    enum { UNITS = 40000 };
    for (size_t i = 0; i < COUNT(units) * 2; i++) {
        struct buf came, got;
        buf_init(&came, 1 << 20);
        buf_init(&got, 1 << 20);
        for (size_t n = 0; n < UNITS; n++)
            buf_add_text(&came, units[i / 2]);
        buf_add_text(&came, " end");
        struct dc_spot spot = {.before = str_of("int x = "),
                               .after = str_of(";\nint y;\n"),
                               .filetype = str_of("c")};
        struct dc_inline *in = dc_inline_new(&spot);
        size_t step = i % 2 == 0 ? 4 : came.len;
        for (size_t at = 0; at < came.len; at += step)
            add_piece(&got, in, (struct dc_str){came.ptr + at, came.len - at},
                      step);
        buf_add_str(&got, dc_inline_add(in, (struct dc_str){"", 0}, true));
        cr_expect(got.len >= 4 && memcmp(got.ptr + got.len - 3, "end", 3) == 0,
                  "%zu: %zu bytes", i, got.len);
        dc_inline_free(in);
        buf_finish(&got);
        buf_finish(&came);
    }
}
