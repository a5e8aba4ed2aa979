/*
 * Writing on in running text: wrapping, lists, quotes, long lines; and how it
 * is asked for.
 */
#include "inline_case.h"

#define COUNT(table) (sizeof(table) / sizeof *(table))

/* Lines of 60 to 72 columns. */
#define WRAPPED                                                                \
    "This paragraph is wrapped by hand at seventy-two columns, or nearly\n"    \
    "so, as texts in mails and in the documentation of programs often are,\n"  \
    "and what is added to it should look the same as what is there now.\n"
#define QUOTED                                                                 \
    "> This paragraph is wrapped by hand at seventy-two columns, or nearly\n"  \
    "> so, as texts in mails and in the documentation of programs often are\n" \
    "> and what is added to it should look the same as what is there now.\n"
#define COMMENTED                                                              \
    "/*\n"                                                                     \
    " * This comment is wrapped by hand at seventy-two columns, or nearly\n"   \
    " * so, as texts in mails and in the documentation of programs often\n"    \
    " * are, and what is added to it should look the same as what is\n"        \
    " */\n"
#define LONG_LINE                                                              \
    "This paragraph is one line, however long it gets, because its author "    \
    "lets the editor wrap it on the screen and nowhere else, as many do."

/* clang-format off */
static const struct inline_case wrap_cases[] = {
    {"at the end of a paragraph", "text", WRAPPED "^", "It goes on for a while with words that were not there and have to be wrapped, too.", "It goes on for a while with words that were not there and have to be\nwrapped, too.", 0, 0},
    {"two wrapped lines above", "text", "Season the shoulder the evening before. In the morning, brown it\non all sides in a heavy pot, slowly, until the fat runs clear\nand the bones begin to smell of nuts. After three^\n", " hours the lamb rests for twenty minutes.", " hours the lamb\nrests for twenty minutes.", 0, 0},
    {"in the middle of a line", "text", WRAPPED "It goes on ^\n", "for a while with words that were not there and have to be wrapped, too.", "for a while with words that were not there and have to be\nwrapped, too.", 0, 0},
    {"within a word", "text", WRAPPED "It goes on for a whi^\n", "le with words that were not there and have to be wrapped, too.", "le with words that were not there and have to be\nwrapped, too.", 0, 0},
    {"behind a full line", "text", WRAPPED "It goes on for a while with words that were not there and so have to^\n", " be wrapped.", "\nbe wrapped.", 0, 0},
    {"behind a full line with a blank", "text", WRAPPED "It goes on for a while with words that were not there and so have to ^\n", "be wrapped.", "\nbe wrapped.", 0, 0},
    {"the model wraps wider", "text", WRAPPED "^\n", "It goes on for a while with words that were not there and have to be wrapped,\ntoo, and it is no trouble.", "It goes on for a while with words that were not there and have to be\nwrapped, too, and it is no trouble.", 0, 0},
    {"the model wraps narrower", "text", WRAPPED "^\n", "It goes on for a while with words that were not there and\nhave to be wrapped, too, and it is no trouble.", "It goes on for a while with words that were not there and have to be\nwrapped, too, and it is no trouble.", 0, 0},
    {"a short line ends", "text", WRAPPED "^\n", "It ends.\n\nYours,\nBob", "It ends.\n\nYours,\nBob", 0, 0},
    {"paragraphs", "text", WRAPPED "^\n", "It goes on for a while with words that were not there and have to be wrapped.\n\nAnd it goes on for a while with words that were not there and have to be wrapped.", "It goes on for a while with words that were not there and have to be\nwrapped.\n\nAnd it goes on for a while with words that were not there and have to\nbe wrapped.", 0, 0},
    {"a word that is too long", "text", WRAPPED "It is at ^\n", "https://example.org/a/very/long/address/that/nobody/would/like/to/type/by/hand there.", "\nhttps://example.org/a/very/long/address/that/nobody/would/like/to/type/by/hand\nthere.", 0, 0},
    {"textwidth", "text", "^", "one two three four five six", "one two three\nfour five six", 14, 0},
    {"textwidth in code", "c", "^", "int one = two + three + four;", "int one = two + three + four;", 14, 0},
    {"long lines", "text", LONG_LINE "\n\n^", LONG_LINE, LONG_LINE, 0, 0},
    {"long lines, textwidth", "text", LONG_LINE "\n\n^", LONG_LINE, LONG_LINE, 72, 0},
    {"nothing known", "text", "Hello.\n\n^", LONG_LINE, LONG_LINE, 0, 0},
    {"wide characters", "text", "^", "\xe4\xb8\xad\xe6\x96\x87 \xe4\xb8\xad\xe6\x96\x87 \xe4\xb8\xad", "\xe4\xb8\xad\xe6\x96\x87 \xe4\xb8\xad\xe6\x96\x87\n\xe4\xb8\xad", 10, 0},
    {"combining marks", "text", "^", "e\xcc\x81" "e\xcc\x81 e\xcc\x81" "e\xcc\x81 x", "e\xcc\x81" "e\xcc\x81 e\xcc\x81" "e\xcc\x81\nx", 6, 0},
    {"no list by chance", "text", "^", "one two - three", "one two -\nthree", 8, 0},
    {"no list by number", "markdown", "^", "born 19. May", "born 19.\nMay", 6, 0},
    {"no heading by chance", "markdown", "^", "see issue #12 now", "see issue #12\nnow", 10, 0},
    {"heading stays", "markdown", "^", "# One two three four\n\none two three", "# One two three four\n\none two\nthree", 10, 0},
    {"table stays", "markdown", "^", "| one two | three four |\n|---|---|\n| a | b |", "| one two | three four |\n|---|---|\n| a | b |", 10, 0},
    {"code block stays", "markdown", "^", "one two three\n\n```\none two three four\nfive\n```\n\none two three", "one two\nthree\n\n```\none two three four\nfive\n```\n\none two\nthree", 10, 0},
    {"indented code stays", "markdown", "^", "one\n\n    one two three four\n\ntwo", "one\n\n    one two three four\n\ntwo", 10, 0},
    {"hard line end", "markdown", "^", "one two  \nthree", "one two  \nthree", 10, 0},
    {"backslash line end", "markdown", "^", "one two t\\\nthree", "one two t\\\nthree", 10, 0},
    {"in a code fence", "markdown", WRAPPED "\n```sh\n^\n```\n", "echo It goes on for a while with words that were not there and have to stay on a line", "echo It goes on for a while with words that were not there and have to stay on a line", 0, 0},
    {"in a heading", "markdown", "# One ^\n", "two three four\n\none two three", "two three four\n\none two\nthree", 10, 0},
    {"no blanks at line ends", "text", "^", "one two ", "one two", 10, 0},
    {"a trailing comment", "c", "int x; // The ^\n", "number of all things", "number of all things", 20, 0},
};

static const struct inline_case list_cases[] = {
    {"item", "markdown", "- one ^\n", "two three four", "two three\n  four", 16, 0},
    {"numbered item", "markdown", "12. one ^\n", "two three four", "two\n    three four", 14, 0},
    {"item as its second line", "markdown", "-   one two\n    three ^\n", "four five six", "four\n    five six", 14, 0},
    {"lazy item", "markdown", "- one two\nthree ^\n", "four five six", "four\nfive six", 11, 0},
    {"further items", "markdown", "- one\n- ^\n", "two three four\n- five six seven eight", "two three\n  four\n- five six\n  seven\n  eight", 11, 0},
    {"nested item", "markdown", "- one\n  - ^\n", "two three four\n  - five", "two\n    three\n    four\n  - five", 10, 0},
    {"item wrapped by the model", "markdown", "* ^\n", "one two three four five six seven\n  eight nine", "one two three four five\n  six seven eight nine", 26, 0},
    {"item wrapped without its blanks", "markdown", "* ^\n", "one two three four five six seven\neight nine", "one two three four five\n  six seven eight nine", 26, 0},
    {"behind the list", "markdown", "* ^\n", "one two three\n\none two three", "one two\n  three\n\none two\nthree", 10, 0},
    {"paragraph in the item", "markdown", "* ^\n", "one two three\n\n  one two three", "one two\n  three\n\n  one two\n  three", 10, 0},
    {"list in long lines", "markdown", "- " LONG_LINE "\n- ^\n", LONG_LINE "\n- " LONG_LINE, LONG_LINE "\n- " LONG_LINE, 0, 0},
    {"item on the next line", "markdown", "- one^\n", "\n- two\n- three", "\n- two\n- three", 0, 0},
    {"item on the next line, wrapped", "markdown", "- one^\n", "\n- two three\n- four", "\n- two\n  three\n- four", 8, 0},
    {"indented paragraph", "text", "   one two\n   three ^\n", "four five six", "four\n   five six", 14, 0},
};

static const struct inline_case leader_cases[] = {
    {"quote", "mail", QUOTED "> It goes on ^\n", "for a while with words that were not there and have to be wrapped.", "for a while with words that were not there and have to be\n> wrapped.", 0, 0},
    {"quote by the model", "mail", QUOTED "> It goes on ^\n", "for a while with words that were not there and have to be\n> wrapped now.", "for a while with words that were not there and have to be\n> wrapped now.", 0, 0},
    {"comment", "c", COMMENTED "\n/*\n * It ^\n */\n", "goes on for a while with words that were not there and have to be wrapped.", "goes on for a while with words that were not there and have to\n * be wrapped.", 0, 0},
    {"comment by the model", "c", COMMENTED "\n/*\n * It ^\n */\n", "goes on for a while with words that were not there and\n * have to be wrapped.", "goes on for a while with words that were not there and have to\n * be wrapped.", 0, 0},
    {"comment and its end", "c", COMMENTED "\n/*\n * It ^\n", "goes on for a while with words that were not there and have to\n */\nint x;", "goes on for a while with words that were not there and have to\n */\nint x;", 0, 0},
    {"comment and its end, wrapped", "c", "/*\n * one ^\n", "two three four\n */", "two\n * three four\n */", 14, 0},
    {"comment, then code", "c", "// one ^\n", "two three four five\nint one = two + three;", "two three\n// four five\nint one = two + three;", 16, 0},
    {"indented comment", "python", "def f():\n    # one ^\n    x()\n", "two three four", "two\n    # three four", 16, 0},
    {"item in a comment", "c", "/*\n * - one ^\n */\n", "two three four", "two\n *   three four", 16, 0},
    {"comment of several paragraphs", "c", "/*\n * one ^\n */\n", "two three four.\n\nFive six seven.", "two\n * three four.\n *\n * Five six\n * seven.", 14, 0},
    {"example in a comment", "c", "/*\n * one ^\n */\n", "two\n *\n *     x = one + two + three;\n *\n * end", "two\n *\n *     x = one + two + three;\n *\n * end", 14, 0},
};

static const struct {
    const char *title, *filetype, *text, *instruction;
    const char *kept;
    const char *has[4];
    const char *lacks;
} ask_cases[] = {
    {"code", "c", "int a;\n\nint f(void)\n{\n    return ^;\n}\n", "", "int f(void)\n{\n    return ",
     {"<before>\nint a;\n\n</before>", "<after>\n;\n}\n</after>", "in the same line", "File: name\nFile type: c\n"}, "int f"},
    {"paragraph", "text", "One.\n\nTwo\nthree ^\n\nFour.\n", "", "Two\nthree ", {"<before>\nOne.\n\n</before>", "directly"}, "Two"},
    {"between paragraphs", "text", "One.\n\nTwo.\n\n^", "", "", {"<before>\nOne.\n\nTwo.\n\n</before>"}, "<after>"},
    {"between functions", "c", "int f(void)\n{\n}\n\n^", "", "", {"{\n}\n\n</before>"}, "<after>"},
    {"in a function", "c", "int f(void)\n{\n    g();\n\n^", "", "int f(void)\n{\n    g();\n\n", {"Write"}, "<before>"},
    {"in an indented line", "c", "int f(void)\n{\n\n    ^", "", "int f(void)\n{\n\n    ", {"Write"}, "<before>"},
    {"all of it", "python", "def f():\n    ^", "", "def f():\n    ", {"Write what stands there."}, "<before>"},
    {"empty", "python", "^", " a sort\n", "", {"What to write there: a sort"}, "before"},
    {"no type", "", "One ^", "", "One ", {"File: name\n\n"}, "type"},
    {"only blanks", "python", "\n\n^x", "", "", {"<after>\nx\n</after>"}, "What"},
    {"wrapped", "text", WRAPPED "^", "shorter", WRAPPED, {"Lines end before column 70.", "write there: shorter"}, "<before>"},
};
/* clang-format on */

Test(inline_prose, wrapping, .timeout = 60)
{
    inline_check(wrap_cases, COUNT(wrap_cases));
}

Test(inline_prose, lists, .timeout = 60)
{
    inline_check(list_cases, COUNT(list_cases));
}

Test(inline_prose, leaders, .timeout = 60)
{
    inline_check(leader_cases, COUNT(leader_cases));
}

Test(inline_prose, what_is_asked, .timeout = 60)
{
    for (size_t i = 0; i < COUNT(ask_cases); i++) {
        struct inline_case c = {.filetype = ask_cases[i].filetype,
                                .text = ask_cases[i].text};
        struct dc_spot spot = inline_spot(&c);
        spot.instruction = str_of(ask_cases[i].instruction);
        struct dc_spot_ask *ask = dc_spot_ask_new(&spot);
        const char *title = ask_cases[i].title;
        const char *said = ask->messages[1].text.ptr;
        cr_expect(str_is(ask->kept, ask_cases[i].kept), "%s: kept\n%.*s", title,
                  (int)ask->kept.len, ask->kept.ptr);
        cr_expect_eq(ask->messages[0].role, DC_ROLE_SYSTEM);
        cr_expect_eq(ask->messages[1].role, DC_ROLE_USER);
        cr_expect_eq(strlen(said), ask->messages[1].text.len);
        for (size_t k = 0; k < 4 && ask_cases[i].has[k] != NULL; k++)
            cr_expect(strstr(said, ask_cases[i].has[k]), "%s: no %s in\n%s",
                      title, ask_cases[i].has[k], said);
        cr_expect_null(strstr(said, ask_cases[i].lacks), "%s:\n%s", title,
                       said);
        dc_spot_ask_free(ask);
    }
    dc_spot_ask_free(NULL);
    dc_inline_free(NULL);
}

/* What came so far is void. */
Test(inline_prose, begins_anew, .timeout = 20)
{
    struct inline_case c = {.filetype = "text", .text = "Count: ^ end.\n"};
    struct dc_spot spot = inline_spot(&c);
    struct dc_inline *in = dc_inline_new(&spot);
    for (int i = 0; i < 2; i++) {
        struct dc_str out = dc_inline_add(in, str_of("```\none two"), false);
        cr_expect(!dc_inline_done(in));
        out = dc_inline_add(in, str_of(" three\n```\n"), false);
        cr_expect(str_is(out, " three"), "<%.*s>", (int)out.len, out.ptr);
        cr_expect(dc_inline_done(in));
        dc_inline_reset(in);
    }
    dc_inline_free(in);
}

/* The budgets, at and past their limits; characters stay whole. */
Test(inline_prose, budgets, .timeout = 60)
{
    enum { KIB = 1024 };
    for (int past = 0; past < 2; past++) {
        struct buf text;
        buf_init(&text, 1 << 20);
        while (text.len < 32 * KIB)
            buf_add_text(&text, "\xc3\xa9\xc3\xa9\xc3\xa9\n\n");
        if (past)
            buf_add_text(&text, "\n");
        struct dc_spot spot = {.before = buf_str(&text)};
        struct dc_spot_ask *ask = dc_spot_ask_new(&spot);
        struct dc_str said = ask->messages[1].text;
        cr_expect(utf8_clean(said));
        cr_expect(said.len < 32 * KIB + 200);
        dc_spot_ask_free(ask);
        buf_reset(&text);
        while (text.len < 8 * KIB + (past ? 1 : 0))
            buf_add_text(&text, past ? "\xe2\x82\xac" : "x");
        spot =
            (struct dc_spot){.before = buf_str(&text), .after = buf_str(&text)};
        ask = dc_spot_ask_new(&spot);
        cr_expect(ask->kept.len <= 2 * KIB);
        cr_expect(ask->kept.len > 2 * KIB - 4);
        cr_expect(utf8_clean(ask->kept));
        cr_expect(utf8_clean(ask->messages[1].text));
        cr_expect(ask->messages[1].text.len < 15 * KIB);
        dc_spot_ask_free(ask);
        buf_finish(&text);
    }
}

/* What is cut is cut between lines. */
Test(inline_prose, budgets_in_lines, .timeout = 60)
{
    struct buf text;
    buf_init(&text, 1 << 20);
    for (int i = 0; text.len < 80 << 10; i++)
        buf_addf(&text, "line %d\n%s", i, i % 2 ? "\n" : "");
    struct dc_spot spot = {.before = buf_str(&text), .after = buf_str(&text)};
    struct dc_spot_ask *ask = dc_spot_ask_new(&spot);
    const char *said = ask->messages[1].text.ptr;
    const char *before = strstr(said, "<before>\n");
    const char *end = strstr(said, "</after>");
    cr_assert(before != NULL && end != NULL);
    cr_expect(before[9] == 'l' || before[9] == '\n', "%.30s", before);
    cr_expect(strstr(said, "<after>\nline 0\nline 1\n\n"));
    cr_expect_eq(end[-1], '\n');
    cr_expect(ask->messages[1].text.len > 40 << 10);
    cr_expect(ask->messages[1].text.len < (40 << 10) + 300);
    dc_spot_ask_free(ask);
    buf_finish(&text);
}

/* Text that comes in one piece costs what it is long. */
Test(inline_prose, long_text_is_no_trouble, .timeout = 20)
{
    static const char *const types[] = {"c", "text", "markdown"};
    for (size_t t = 0; t < COUNT(types); t++) {
        struct inline_case c = {.filetype = types[t],
                                .text = "    foo(^);\nwords and words\n",
                                .textwidth = 72};
        struct dc_spot spot = inline_spot(&c);
        struct dc_inline *in = dc_inline_new(&spot);
        struct buf text;
        buf_init(&text, 8 << 20);
        while (text.len < 4 << 20)
            buf_add_text(&text, "  words ( and ) more words\n");
        struct dc_str out = dc_inline_add(in, buf_str(&text), false);
        cr_expect(out.len > text.len / 2);
        dc_inline_add(in, (struct dc_str){"", 0}, true);
        dc_inline_free(in);
        buf_finish(&text);
    }
}
