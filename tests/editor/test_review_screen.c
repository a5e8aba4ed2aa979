/* What a review looks like: the rows of the screen. */
#include "review_stage.h"

#include "lib/proc.h"

enum { MS = 15000, ROW_MAX = 200 };

/* The screen's rows from the first on, without blanks at their ends, are these,
 * joined by "|". */
static bool
shows(const char *want, char *got, size_t size)
{
    char *screen = ed_screen(ed), *next = screen;
    size_t used = 0, rows = 1;
    for (const char *p = want; *p != '\0'; p++)
        rows += *p == '|';
    got[0] = '\0';
    for (size_t row = 0; row < rows && next != NULL; row++) {
        char *line = next, *end = strchr(line, '\n');
        next = end != NULL ? end + 1 : NULL;
        while (end != NULL && end > line && end[-1] == ' ')
            end--;
        int len = end != NULL ? (int)(end - line) : 0;
        used += (size_t)snprintf(got + used, size - used, "%s%.*s",
                                 row > 0 ? "|" : "", len, line);
    }
    free(screen);
    return strcmp(got, want) == 0;
}

static void
expect_screen(const char *name, const char *want)
{
    static char got[ROW_MAX * ED_LINES];
    ed_ex(ed, "redraw");
    for (long long end = now_ms() + MS; !shows(want, got, sizeof got);) {
        if (now_ms() > end) {
            cr_expect_str_eq(got, want, "%s: %s", name, got);
            return;
        }
        ed_turn(ed, 10);
    }
}

/* Lines 1 to 5, or what setup makes of them; a review of all of them. */
static const struct {
    const char *name, *setup, *hunks, *screen;
} looks[] = {
    {"a change", "", "[[1, 1, ['A', 'B'], [[0, 0, 4]], [[0, 0, 1]]]]",
     "line 1|line 2|A|B|line 3|line 4|line 5|~"},
    {"two lines for three", "", "[[1, 3, ['A', 'B'], [], []]]",
     "line 1|line 2|line 3|line 4|A|B|line 5|~"},
    {"an addition", "", "[[1, 0, ['A', 'B'], [], []]]",
     "line 1|A|B|line 2|line 3|line 4|line 5|~"},
    {"above the first line", "", "[[0, 0, ['A', 'B'], [], []]]",
     "A|B|line 1|line 2|line 3|line 4|line 5|~"},
    {"below the last line", "", "[[5, 0, ['A', 'B'], [], []]]",
     "line 1|line 2|line 3|line 4|line 5|A|B|~"},
    {"a deletion", "", "[[1, 2, [], [], []]]",
     "line 1|line 2|line 3|line 4|line 5|~"},
    {"a blank line", "", "[[0, 1, ['A', '', 'B'], [], []]]",
     "line 1|A||B|line 2|line 3|line 4|line 5|~"},
    {"all of it", "", "[[0, 5, ['A'], [], []]]",
     "line 1|line 2|line 3|line 4|line 5|A|~"},
    {"an addition behind a change", "",
     "[[1, 1, ['A'], [], []], [3, 0, ['B'], [], []]]",
     "line 1|line 2|A|line 3|B|line 4|line 5|~"},
    {"tabs and controls", "setlocal tabstop=4",
     "[[0, 1, [\"\\tx\\ty\", \"a\\x1b[31mb\\x07\\x7f\"], [], [[0, 1, 2]]]]",
     "line 1|    x   y|a^[[31mb^G^?|line 2|line 3|line 4|line 5|~"},
    {"wide characters", "",
     "[[0, 1, ['\u65e5\u672c\u8a9e x', '\u00e4'], [], "
     "[[0, 3, 6]]]]",
     "line 1|\u65e5\u672c\u8a9e x|\u00e4|line 2|line 3|line 4|line 5|~"},
    {"a long line wraps", "setlocal nonumber",
     "[[0, 1, [repeat('0123456789', 9)], [], [[0, 75, 85]]]]",
     "line "
     "1|"
     "0123456789012345678901234567890123456789012345678901234567890123456789"
     "0123456789|0123456789|line 2|line 3|line 4|line 5|~"},
    {"numbers", "setlocal number", "[[0, 1, ['A'], [], []]]",
     "  1 line 1|    A|  2 line 2|  3 line 3|  4 line 4|  5 line 5|~"},
    {"a closed fold",
     "set fillchars=fold:- | setlocal foldmethod=manual | 2,3fold",
     "[[1, 1, ['A'], [], []], [3, 1, ['B'], [], []]]",
     "line 1|+--  2 lines: line 2--------------------------------------------"
     "----------------|line 4|B|line 5|~"},
};

Test(review_screen, looks, .timeout = 60)
{
    start();
    for (size_t i = 0; i < sizeof looks / sizeof *looks; i++) {
        text_of(5);
        ed_ex(ed, "setlocal number& tabstop& | %s", looks[i].setup);
        ed_ex(ed, "let g:r = Review(1, 5, %s)", looks[i].hunks);
        expect_screen(looks[i].name, looks[i].screen);
        ed_ex(ed, "DeepReject!");
        if (strstr(looks[i].name, "fold") == NULL &&
            strstr(looks[i].name, "number") == NULL)
            expect_screen(looks[i].name,
                          "line 1|line 2|line 3|line 4|line 5|~|~|~|~");
    }
    ed_stop(ed);
}

/* A window that is made another one is drawn in at once. */
Test(review_screen, options_of_the_window, .timeout = 60)
{
    start();
    text_of(3);
    ed_ex(ed, "let g:r = Review(1, 3, [[0, 1, [repeat('0123456789', 9)], [], "
              "[]]])");
    const char *wrapped =
        "line 1|"
        "0123456789012345678901234567890123456789012345678901234567890123456789"
        "0123456789|0123456789|line 2|line 3|~";
    expect_screen("wrapped", wrapped);
    ed_ex(ed, "setlocal nowrap");
    expect_screen(
        "not wrapped",
        "line 1|"
        "0123456789012345678901234567890123456789012345678901234567890123456789"
        "0123456789|line 2|line 3|~|~");
    ed_ex(ed, "setlocal wrap");
    expect_screen("wrapped again", wrapped);
    ed_ex(ed, "setlocal number");
    expect_screen(
        "numbers",
        "  1 line 1|    "
        "0123456789012345678901234567890123456789012345678901234567890123456789"
        "012345|    67890123456789|  2 line 2|  3 line 3|~");
    ed_stop(ed);
}

/* ---- what moves ---- */

Test(review_screen, follows_edits_and_undo, .timeout = 60)
{
    start();
    text_of(5);
    ed_ex(ed, "let g:r = Review(1, 5, [[1, 1, ['A', 'B'], [[0, 0, 4]], []], "
              "[3, 0, ['C'], [], []]])");
    const char *first = "line 1|line 2|A|B|line 3|C|line 4|line 5|~";
    expect_screen("new", first);
    ed_keys(ed, "ggOabove<Esc>");
    expect_screen("above", "above|line 1|line 2|A|B|line 3|C|line 4|line 5|~");
    ed_keys(ed, "u");
    expect_screen("undone", first);
    ed_keys(ed, "2GAx<Esc>");
    expect_screen("inside", "line 1|line 2x met your edit, not applied|A|B|"
                            "line 3|C|line 4|line 5|~");
    ed_keys(ed, "u");
    expect_screen("undone again", first);
    ed_keys(ed, "2Gdd");
    expect_screen("gone", "line 1 met your edit, not applied|A|B|line 3|C|"
                          "line 4|line 5|~");
    ed_keys(ed, "u");
    expect_screen("back", first);
    ed_ex(ed, "2DeepAccept");
    expect_screen("taken", "line 1|A|B|line 3|C|line 4|line 5|~");
    ed_keys(ed, "u");
    expect_screen("not taken", first);
    ed_keys(ed, "<C-r>");
    expect_screen("taken again", "line 1|A|B|line 3|C|line 4|line 5|~");
    ed_ex(ed, "DeepAccept!");
    expect_screen("all", "line 1|A|B|line 3|C|line 4|line 5|~|~");
    ed_keys(ed, "uu");
    expect_screen("none", first);
    ed_ex(ed, "w! %s/x.txt", ed_home(ed));
    expect_screen("written", "line 1|line 2|line 3|line 4|line 5|~|~");
    ed_ex(ed, "call deepchat#review#revive(bufnr('%%'))");
    expect_screen("seen again", first);
    ed_ex(ed, "DeepReject!");
    expect_screen("rejected", "line 1|line 2|line 3|line 4|line 5|~|~");
    ed_stop(ed);
}

Test(review_screen, redone_line_for_line, .timeout = 60)
{
    start();
    text_of(12);
    ed_ex(ed, "let g:r = Review(1, 12, [[1, 1, ['A'], [], []], "
              "[8, 1, ['B'], [], []]])");
    ed_ex(ed, "2DeepAccept");
    ed_keys(ed, "u");
    expect_screen("undone", "line 1|line 2|A|line 3|line 4|line 5|line 6|"
                            "line 7|line 8|line 9|B|line 10");
    ed_keys(ed, "<C-r>");
    expect_screen("redone", "line 1|A|line 3|line 4|line 5|line 6|line 7|"
                            "line 8|line 9|B|line 10");
    ed_stop(ed);
}

/* The editors tell "J" as a change of the line above and one that is gone. */
Test(review_screen, a_first_line_joined, .timeout = 60)
{
    start();
    for (int last = 2; last <= 3; last++) {
        text_of(5);
        ed_ex(ed, "let g:r = Review(2, %d, [[0, 1, ['A'], [], []]])", last);
        ed_keys(ed, "ggJ");
        cr_expect(ed_wait(ed, MS, "line('$') == 4"));
        expect("joined", "States(g:r)", "conflict");
        ed_keys(ed, "u");
        cr_expect(ed_wait(ed, MS, "line('$') == 5"));
        expect("undone", "States(g:r)", "pending");
        expect_screen("undone", "line 1|line 2|A|line 3|line 4|line 5|~");
        ed_ex(ed, "DeepReject!");
    }
    ed_stop(ed);
}

Test(review_screen, grows, .timeout = 60)
{
    start();
    text_of(5);
    ed_ex(ed, "let g:r = deepchat#review#new(bufnr('%%'), 1, getline(1, 5), "
              "'do it', {})");
    ed_ex(ed, "call Update(g:r, 0, 0, [[1, 1, ['A'], [], []]], 2)");
    expect_screen("one", "line 1|line 2|A|line 3|line 4|line 5|~");
    ed_ex(ed, "call Update(g:r, 0, 1, [[1, 1, ['B', 'C'], [], []]], 2)");
    expect_screen("three", "line 1|line 2|A|B|C|line 3|line 4|line 5|~");
    ed_ex(ed, "call append(0, 'x')");
    ed_ex(ed, "call Update(g:r, 0, 3, [[1, 1, ['D'], [], []]], 2)");
    expect_screen("moved", "x|line 1|line 2|A|B|C|D|line 3|line 4|line 5|~");
    ed_ex(ed, "call Update(g:r, 0, 1, [[1, 2, ['E'], [], []]], 3)");
    expect_screen("changed", "x|line 1|line 2|line 3|A|E|line 4|line 5|~");
    ed_ex(ed, "call Update(g:r, 0, 0, [], 0)");
    expect_screen("anew", "x|line 1|line 2|line 3|line 4|line 5|~");
    ed_ex(ed, "call Update(g:r, 0, 0, [[2, 0, ['A'], [], []]], 2)");
    expect_screen("added", "x|line 1|line 2|A|line 3|line 4|line 5|~");
    ed_ex(ed, "call Update(g:r, 0, 1, [[2, 2, [], [], []]], 5)");
    expect_screen("closed", "x|line 1|line 2|line 3|line 4|A|line 5|~");
    ed_ex(ed, "call Update(g:r, 0, 0, [[0, 5, map(range(1, 40), '\"n\" . "
              "v:val'), [], []]], 5) | call Finish(g:r, 'hunks')");
    ed_ex(ed, "DeepAccept!");
    cr_expect_eq(ed_number(ed, "line('$')"), 41);
    ed_keys(ed, "u");
    cr_expect(ed_wait(ed, MS, "line('$') == 6"));
    ed_ex(ed, "DeepReject!");
    expect_screen("none", "x|line 1|line 2|line 3|line 4|line 5|~|~|~");
    ed_stop(ed);
}

/* The next hunk comes into view whole, be it above the first line. */
Test(review_screen, going_there, .timeout = 60)
{
    start();
    text_of(100);
    ed_ex(ed, "let g:r = Review(1, 100, [[0, 0, ['A', 'B'], [], []], "
              "[48, 2, ['C', 'D'], [], []], [99, 1, ['E', 'F'], [], []]])");
    ed_ex(ed, "setlocal foldmethod=manual | 40,60fold");
    ed_keys(ed, "]c");
    cr_expect(ed_wait(ed, MS, "line('.') == 49"));
    cr_expect(ed_wait_screen(ed, "line 50", MS));
    cr_expect(ed_wait_screen(ed, "D ", MS));
    ed_keys(ed, "]c");
    cr_expect(ed_wait(ed, MS, "line('.') == 100"));
    cr_expect(ed_wait_screen(ed, "F ", MS));
    ed_keys(ed, "]c");
    cr_expect(ed_wait(ed, MS, "line('.') == 1"));
    expect_screen("the top", "A|B|line 1|line 2");
    ed_keys(ed, "2[c");
    cr_expect(ed_wait(ed, MS, "line('.') == 49"));
    ed_stop(ed);
}
