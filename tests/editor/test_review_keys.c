/* The maps of a review: there while it lasts, never in the way of the user's.
 */
#include "review_stage.h"

enum { MS = 15000 };

static void
review(void)
{
    text_of(10);
    ed_ex(ed, "let g:r = Review(3, 8, [[1, 1, ['A'], [], []], "
              "[4, 1, ['B'], [], []]])");
}

#define MAPPED                                                                 \
    "join(filter(['\\a', '\\r', '\\n', '\\p', '\\A', '\\R', ']c', '[c'], "     \
    "'get(maparg(v:val, \"n\", 0, 1), \"buffer\", 0)'))"

Test(review_keys, come_and_go, .timeout = 60)
{
    start();
    text_of(10);
    expect("before", MAPPED, "");
    review();
    expect("during", MAPPED, "\\a \\r \\n \\p \\A \\R ]c [c");
    ed_keys(ed, "gg\\n");
    cr_expect(ed_wait(ed, MS, "line('.') == 4"));
    ed_keys(ed, "\\p");
    cr_expect(ed_wait(ed, MS, "line('.') == 7"));
    ed_keys(ed, "\\r");
    cr_expect(ed_wait(ed, MS, "States(g:r) ==# 'pending rejected'"));
    ed_keys(ed, "gg]c\\a");
    cr_expect(ed_wait(ed, MS, "States(g:r) ==# 'accepted rejected'"));
    expect("behind", MAPPED, "");
    expect_text("taken", "line 1|line 2|line 3|A|line 5|line 6|line 7|line 8|"
                         "line 9|line 10");
    ed_keys(ed, "u");
    cr_expect(ed_wait(ed, MS, "%s !=# ''", MAPPED), "undo brings them back");
    ed_keys(ed, "\\A");
    cr_expect(ed_wait(ed, MS, "States(g:r) ==# 'accepted rejected'"));
    review();
    ed_keys(ed, "\\R");
    cr_expect(ed_wait(ed, MS, "States(g:r) ==# 'rejected rejected'"));
    review();
    ed_keys(ed, "4GVG:DeepAccept<CR>");
    cr_expect(ed_wait(ed, MS, "States(g:r) ==# 'accepted accepted'"));
    ed_stop(ed);
}

Test(review_keys, leave_the_users_alone, .timeout = 60)
{
    start();
    text_of(10);
    ed_ex(ed, "nnoremap <buffer> \\a :let g:mine = 1<CR>");
    ed_ex(ed, "nnoremap <buffer> ]c :let g:mine = 2<CR>");
    ed_ex(ed, "nmap gR <Plug>(deepchat-reject)");
    ed_ex(ed, "let g:r = Review(3, 8, [[1, 1, ['A'], [], []]])");
    ed_keys(ed, "4G\\a");
    cr_expect(ed_wait(ed, MS, "get(g:, 'mine') == 1"));
    ed_keys(ed, "]c");
    cr_expect(ed_wait(ed, MS, "get(g:, 'mine') == 2"));
    expect("the Plug is mapped", "maparg('\\r', 'n')", "");
    ed_keys(ed, "gR");
    cr_expect(ed_wait(ed, MS, "States(g:r) ==# 'rejected'"));
    expect("theirs stay", MAPPED, "\\a ]c");
    ed_ex(ed, "nunmap gR");
    ed_ex(ed, "let g:r = Review(3, 8, [[1, 1, ['A'], [], []]])");
    ed_ex(ed, "nnoremap <buffer> \\r :let g:mine = 3<CR>");
    ed_ex(ed, "DeepReject!");
    expect("mapped meanwhile", MAPPED, "\\a \\r ]c");
    ed_stop(ed);
}

/* One without a hunk goes on: there may be some soon. */
Test(review_keys, it_goes_on, .timeout = 60)
{
    start();
    text_of(10);
    ed_ex(ed, "let g:r = deepchat#review#new(bufnr('%%'), 3, getline(3, 8), "
              "'do it', {}) | call Finish(g:r, 'cut')");
    expect("cut", MAPPED, "");
    ed_ex(ed, "call deepchat#review#go_on(g:r) | let g:m = " MAPPED
              " | let g:hides = &bufhidden");
    expect("goes on", "g:m", "\\a \\r \\n \\p \\A \\R ]c [c");
    expect("goes on", "g:hides", "hide");
    ed_stop(ed);
}

/* The maps of a buffer that is not the current one. */
Test(review_keys, of_other_buffers, .timeout = 60)
{
    start();
    text_of(10);
    ed_ex(ed, "let g:r = deepchat#review#new(bufnr('%%'), 3, getline(3, 8), "
              "'do it', {}) | let g:one = bufnr('%%')");
    ed_ex(ed, "enew");
    ed_ex(ed, "call Update(g:r, 0, 0, [[1, 1, ['A'], [], []]], 7) | "
              "call Finish(g:r, 'hunks')");
    expect("another", MAPPED, "");
    ed_ex(ed, "execute 'buffer' g:one");
    expect("it", MAPPED, "\\a \\r \\n \\p \\A \\R ]c [c");
    ed_stop(ed);
}

Test(review_keys, diff_mode_keeps_its_own, .timeout = 60)
{
    start();
    text_of(10);
    ed_ex(ed, "vnew | call setline(1, map(range(1, 10), "
              "'v:val == 9 ? \"x\" : \"line \" . v:val')) | windo diffthis");
    ed_ex(ed, "wincmd b | call cursor(1, 1)");
    ed_ex(ed, "let g:r = Review(3, 8, [[1, 1, ['A'], [], []]])");
    ed_keys(ed, "]c");
    cr_expect(ed_wait(ed, MS, "line('.') == 9"));
    ed_keys(ed, "\\n");
    cr_expect(ed_wait(ed, MS, "line('.') == 4"));
    ed_stop(ed);
}
