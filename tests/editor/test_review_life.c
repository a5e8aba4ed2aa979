/* Reviews and what happens to their buffers; several at once; texts that would
 * do harm if they were more than text. */
#include "review_stage.h"

enum { MS = 15000 };

static void
file(const char *name)
{
    text_of(10);
    ed_ex(ed, "silent write! %s/%s", ed_home(ed), name);
    ed_ex(ed, "let g:r = Review(3, 8, [[1, 1, ['A'], [], []], "
              "[4, 1, ['B'], [], []]])");
}

Test(review_life, written, .timeout = 60)
{
    start();
    file("a.txt");
    expect("two lines at once would ask for <Enter>",
           "execute('write') =~# 'dropped'", "0");
    expect_said("two", "deepchat: 2 hunks dropped; :DeepDiff shows them again");
    ed_ex(ed, "DeepAccept");
    expect_said("none", "deepchat: nothing to review here; :DeepDiff shows "
                        "what was dropped");
    expect("none", "maparg('\\a', 'n')", "");
    expect_text("as it was", "line 1|line 2|line 3|line 4|line 5|line 6|"
                             "line 7|line 8|line 9|line 10");
    cr_expect_eq(ed_number(ed, "deepchat#review#revive(bufnr('%%'))"), 2);
    ed_ex(ed, "4DeepAccept | write");
    expect_said("one", "deepchat: 1 hunk dropped; :DeepDiff shows it again");
    ed_ex(ed, "messages clear | write");
    expect("said once", "execute('messages') !~# 'deepchat'", "1");
    text_of(10);
    ed_ex(ed,
          "let g:r = deepchat#review#new(bufnr('%%'), 3, getline(3, 8), "
          "'do it', {}) | silent write! %s/b.txt",
          ed_home(ed));
    ed_ex(ed, "call Update(g:r, 0, 0, [[1, 1, ['A'], [], []]], 5) | write");
    expect("while it comes", "States(g:r) . g:r.hidden", "pending0");
    ed_stop(ed);
}

Test(review_life, read_again, .timeout = 60)
{
    start();
    file("a.txt");
    ed_ex(ed, "call append(0, 'x') | edit!");
    expect("the same", "States(g:r)", "pending pending");
    ed_ex(ed, "call writefile(['new'] + getline(1, 6) + ['changed'] + "
              "getline(8, 10), expand('%%')) | edit!");
    expect("changed outside", "States(g:r)", "pending conflict");
    ed_ex(ed, "DeepAccept!");
    expect_text("changed outside",
                "new|line 1|line 2|line 3|A|line 5|line 6|changed|line 8|"
                "line 9|line 10");
    ed_ex(ed, "undo");
    expect("undone", "States(g:r)", "pending conflict");
    ed_ex(ed, "call writefile(['other'], expand('%%')) | edit!");
    expect("other", "States(g:r)", "conflict conflict");
    ed_ex(ed, "DeepAccept!");
    expect_text("other", "other");
    ed_stop(ed);
}

/* Nothing is read then, and nothing tells of it. */
Test(review_life, no_file_read_again, .timeout = 60)
{
    start();
    text_of(10);
    ed_ex(ed, "file none.txt | setlocal nomodified");
    ed_ex(ed, "let g:r = Review(3, 8, [[1, 1, ['A'], [], []], "
              "[4, 1, ['B'], [], []]])");
    ed_ex(ed, "messages clear | edit");
    expect("gone", "getline(1, '$')", "");
    expect("gone", "States(g:r)", "conflict conflict");
    expect("gone", "execute('messages') =~# 'E\\d'", "0");
    ed_ex(ed, "call setline(1, ['line 3', 'line 4', 'line 5'])");
    expect("there again", "States(g:r)", "pending conflict");
    ed_ex(ed, "DeepAccept!");
    expect_text("there again", "line 3|A|line 5");
    ed_stop(ed);
}

Test(review_life, unloaded_and_wiped, .timeout = 60)
{
    start();
    file("a.txt");
    ed_ex(ed, "enew");
    expect("hidden", "States(g:r)", "pending pending");
    ed_ex(ed, "execute 'bunload' g:r.buf");
    expect_said("unloaded", "deepchat: 2 hunks dropped; open the file, "
                            ":DeepDiff shows them");
    ed_ex(ed, "execute 'buffer' g:r.buf");
    cr_expect_eq(ed_number(ed, "deepchat#review#revive(bufnr('%%'))"), 2);
    ed_ex(ed, "4DeepAccept");
    expect("taken", "getline(4)", "A");
    ed_ex(ed, "bwipeout!");
    cr_expect(ed_wait(ed, MS, "deepchat#review#of(g:r.buf) == []"));
    expect_said("wiped", "deepchat: 1 hunk dropped; :DeepRewrite asks again");
    expect("gone", "deepchat#review#update([[g:r.id, 99, 0, 0, [], 0]])",
           "gone");
    text_of(10);
    ed_ex(ed, "let g:r = deepchat#review#new(bufnr('%%'), 3, getline(3, 8), "
              "'do it', {})");
    ed_ex(ed, "call Update(g:r, 0, 0, [[1, 1, ['A'], [], []]], 5) | bwipeout!");
    expect("while it comes",
           "deepchat#review#update([[g:r.id, 99, 0, 0, [], 0]])", "gone");
    ed_ex(ed, "call Finish(g:r, 'stopped')");
    cr_expect(ed_wait(ed, MS, "deepchat#review#running(0) == []"));
    expect_said("while it came", "deepchat: stopped; nothing was changed");
    file("b.txt");
    ed_ex(ed, "let g:r = deepchat#review#new(bufnr('%%'), 1, getline(1, 2), "
              "'do it', {})");
    ed_ex(ed, "call Update(g:r, 0, 0, [[1, 1, ['A'], [], []]], 5) | enew");
    ed_ex(ed, "call Finish(g:r, 'hunks')");
    expect_said("elsewhere", "deepchat: 3 hunks to review in b.txt");
    ed_stop(ed);
}

Test(review_life, not_modifiable, .timeout = 60)
{
    start();
    file("a.txt");
    ed_ex(ed, "setlocal nomodifiable | 4DeepAccept");
    expect_said("accept",
                "deepchat: 'modifiable' is off here; nothing was changed");
    expect("accept", "States(g:r)", "pending pending");
    ed_ex(ed, "call deepchat#review#start(bufnr('%%'), {'line1': 1, "
              "'line2': 1}, 'x', {})");
    expect_said("start",
                "deepchat: 'modifiable' is off here; nothing was sent");
    ed_ex(ed, "setlocal modifiable readonly | 4DeepAccept");
    expect("readonly is no lock", "States(g:r) . &readonly",
           "accepted pending1");
    ed_ex(ed, "set fileformat=dos | 7DeepAccept");
    expect("another format", "States(g:r)", "accepted accepted");
    ed_ex(ed, "setlocal noreadonly | write");
    expect("another format", "readfile(expand('%'), 'b')[3]", "A\r");
    ed_stop(ed);
}

/* ---- several ---- */

Test(review_life, overlap, .timeout = 60)
{
    static const struct {
        int line1, line2;
        const char *said;
    } cases[] = {
        {4, 4, "line 4 is under review already: do it"},
        {1, 10, "line 4 is under review already: do it"},
        {7, 9, "line 7 is under review already: do it"},
    };
    start();
    file("a.txt");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char want[100];
        snprintf(want, sizeof want, "deepchat: %s", cases[i].said);
        cr_expect_eq(ed_number(ed,
                               "deepchat#review#start(bufnr('%%'), {'line1': "
                               "%d, 'line2': %d}, 'x', {})",
                               cases[i].line1, cases[i].line2),
                     0);
        expect_said(want, want);
    }
    text_of(10);
    ed_ex(ed, "let g:r = deepchat#review#new(bufnr('%%'), 3, getline(3, 8), "
              "'a long one', {})");
    cr_expect_eq(ed_number(ed, "deepchat#review#start(bufnr('%%'), {'line1': "
                               "8, 'line2': 9}, 'x', {})"),
                 0);
    expect_said("while it comes", "deepchat: lines 3-8 are under review "
                                  "already: a long one");
    ed_ex(ed, "call Finish(g:r, 'same')");
    cr_expect(ed_number(ed, "deepchat#review#start(bufnr('%%'), {'line1': 8, "
                            "'line2': 9}, 'x', {})") > 0);
    ed_stop(ed);
}

Test(review_life, many, .timeout = 60)
{
    start();
    text_of(100);
    ed_ex(ed, "let g:all = map(range(1, 10), 'Review(v:val * 10 - 1, "
              "v:val * 10, [[1, 1, [\"n\" . v:val, \"m\"], [], []]])')");
    ed_ex(ed, "call cursor(1, 1)");
    for (int i = 1; i <= 5; i++) {
        ed_keys(ed, i == 1 ? "]c\\a" : "\\a");
        cr_expect(ed_wait(ed, MS, "getline(%d) ==# 'n%d'", i * 10 + i - 1, i));
    }
    ed_ex(ed, "DeepAccept!");
    expect("all", "len(filter(getline(1, '$'), 'v:val ==# \"m\"'))", "10");
    expect("all", "line('$')", "110");
    ed_ex(ed, "undo");
    expect("one step", "len(filter(getline(1, '$'), 'v:val ==# \"m\"'))", "5");
    expect("states", "join(map(copy(g:all), 'States(v:val)'))",
           "accepted accepted accepted accepted accepted pending pending "
           "pending pending pending");
    ed_stop(ed);
}

/* ---- texts ---- */

static const char *const sinks[] = {
    "\\x1b]0;owned\\x07\\x1b[2J",
    "\\x1b:let g:owned = 1\\r",
    ":let g:owned = 1",
    "vim: set ma noro tw=7 ft=owned:",
    "%{execute(\\\"let g:owned=1\\\")}",
    "\\\"| let g:owned = 1 |\\\"",
    "'.execute(\\\"let g:owned=1\\\").'",
    "`touch owned`",
    "\\<CR>:let g:owned = 1\\<CR>",
    "${HOME} $(id) ~ %d %s \\\\",
};

Test(review_life, sinks, .timeout = 60)
{
    start();
    for (size_t i = 0; i < sizeof sinks / sizeof *sinks; i++) {
        text_of(10);
        ed_ex(ed, "let g:line = \"%s\"", sinks[i]);
        ed_ex(ed, "let g:r = Review(3, 8, [[1, 1, [g:line], [], "
                  "[[0, 0, 3]]], [4, 0, [g:line, g:line], [], []]])");
        ed_ex(ed, "redraw");
        char *screen = ed_screen(ed);
        cr_expect(strchr(screen, '\x1b') == NULL);
        free(screen);
        ed_ex(ed, "DeepAccept!");
        expect(sinks[i],
               "[getline(4), getline(7), getline(8)] == "
               "repeat([g:line], 3)",
               "1");
        expect(sinks[i], "exists('g:owned')", "0");
        expect(sinks[i], "&textwidth . &filetype", "0");
        ed_ex(ed, "undo");
        ed_ex(ed, "4DeepReject");
    }
    ed_stop(ed);
}
