/* :DeepDiff: both texts in the editor's own diff mode. */
#include "rewrite_stage.h"

#define TEXT "one\\ntwo\\nthree\\nfour\\nfive\\nsix\\nseven"
#define REPLY                                                                  \
    "token ONE\\ntwo\\nthree\\nFOUR\\nfive\\nsix\\nseven\\neight\\n\n"         \
    "finish stop 9 9 0.1\ndone\n"
#define NEW "ONE\ntwo\nthree\nFOUR\nfive\nsix\nseven\neight"

static void
ask(struct stage *st, const char *name)
{
    stage_script(st, REPLY);
    rewrite_open(st, "diff.txt", TEXT);
    rewrite_ask(st, name, "%DeepRewrite louder");
    stage_expect(st, name, "len(" REWRITE_WAITS ")", "3");
}

/* The tab is gone, and with it all that diff mode has set. */
static void
expect_closed(struct stage *st, const char *name)
{
    cr_assert(ed_wait(st->ed, STAGE_MS, "tabpagenr('$') == 1"), "%s", name);
    stage_expect(st, name,
                 "[winnr('$'), &diff, &scrollbind, &foldmethod, "
                 "expand('%:t'), bufnr('deepchat-proposal') < 0]",
                 "1\n0\n0\nmanual\ndiff.txt\n1");
    ed_ex(st->ed, "let g:buf = bufnr('') | new | execute 'buffer' g:buf");
    stage_expect(st, name, "[&diff, &scrollbind, &foldmethod]", "0\n0\nmanual");
    ed_ex(st->ed, "close");
}

/* clang-format off */
static const struct {
    const char *name, *keys;
    const char *want;  /* the buffer then */
    const char *waits; /* hunks that do */
    bool open;         /* the tab still is */
} ways[] = {
    {"looked at", "", "one\ntwo\nthree\nfour\nfive\nsix\nseven", "0", true},
    {"closed", ":quit<CR>", "one\ntwo\nthree\nfour\nfive\nsix\nseven", "3", false},
    {"the other one closed", "<C-w>p:quit<CR>", "one\ntwo\nthree\nfour\nfive\nsix\nseven", "3", false},
    {"the tab closed", ":tabclose<CR>", "one\ntwo\nthree\nfour\nfive\nsix\nseven", "3", false},
    {"written", ":write<CR>", NEW, "0", false},
    {"written with ZZ", "ix<BS><Esc>ZZ", NEW, "0", false},
    {"one put over", "dp:quit<CR>", "ONE\ntwo\nthree\nfour\nfive\nsix\nseven", "2", false},
    {"one got from there", "<C-w>p]cdo<C-w>p:quit<CR>", "one\ntwo\nthree\nFOUR\nfive\nsix\nseven", "2", false},
    {"one taken back, the rest written", "]cdo:write<CR>", "ONE\ntwo\nthree\nfour\nfive\nsix\nseven\neight", "0", false},
    {"edited, then written", "2Gcctwice<Esc>:write<CR>", "ONE\ntwice\nthree\nFOUR\nfive\nsix\nseven\neight", "0", false},
    {"the buffer written, then the proposal", "<C-w>p:write<CR><C-w>p:write<CR>", NEW, "0", false},
    {"read again, then written", "ggdG:edit!<CR>:write<CR>", NEW, "0", false},
    {"a copy written, then closed", ":write ~/copy<CR>:bwipeout ~/copy<CR>:quit<CR>", "one\ntwo\nthree\nfour\nfive\nsix\nseven", "3", false},
    {"split, then closed", ":split<CR><C-w>j:quit<CR>", "one\ntwo\nthree\nfour\nfive\nsix\nseven", "3", false},
    {"the only tab", ":1tabclose<CR>:quit<CR>", "one\ntwo\nthree\nfour\nfive\nsix\nseven", "3", false},
    {"asked for again", "1gt:DeepDiff<CR>:quit<CR>", "one\ntwo\nthree\nfour\nfive\nsix\nseven", "3", false},
    {"written, undone", ":write<CR>", "one\ntwo\nthree\nfour\nfive\nsix\nseven", "3", false},
    {"put over, undone", "dp:quit<CR>", "one\ntwo\nthree\nfour\nfive\nsix\nseven", "3", false},
};
/* clang-format on */

Test(rewrite_diff, ways, .timeout = 100)
{
    struct stage st;
    rewrite_start(&st, NULL, "");
    ed_ex(st.ed, "set nofoldenable diffopt=internal,filler,foldcolumn:0");
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        const char *name = ways[i].name;
        ask(&st, name);
        ed_ex(st.ed, "setlocal fileformat=dos | DeepDiff");
        stage_expect(&st, name, "[&filetype, &fileformat]", "text\ndos");
        stage_expect(&st, name,
                     "[tabpagenr('$'), winnr('$'), winnr(), &diff, "
                     "getwinvar(1, '&diff'), &buftype, &modified, line('.'), "
                     "bufname(winbufnr(1)) =~# 'diff.txt$']",
                     "2\n2\n2\n1\n1\nacwrite\n0\n1\n1");
        stage_expect(&st, name, "join(getline(1, '$'), ' ')",
                     "ONE two three FOUR five six seven eight");
        stage_expect(&st, name, "bufname() =~# '^deepchat-proposal://'", "1");
        stage_keys(&st, ways[i].keys);
        if (ways[i].open)
            stage_keys(&st, "<C-w>p");
        else
            expect_closed(&st, name);
        if (strstr(name, "undone"))
            ed_ex(st.ed, "silent undo");
        stage_expect_text(&st, name, ways[i].want);
        stage_expect(&st, name, "len(" REWRITE_WAITS ")", ways[i].waits);
        ed_ex(st.ed, "silent! DeepReject!");
        ed_ex(st.ed, "silent write!");
    }
    stage_stop(&st);
}

/* What was put over made the buffer shorter than where hunks were. */
Test(rewrite_diff, shorter_by_one, .timeout = 60)
{
    struct stage st;
    rewrite_start(&st, NULL, "");
    stage_script(&st, "token one\\nTWO\\nseven\\neight\\n\n"
                      "finish stop 9 9 0.1\ndone\n");
    rewrite_open(&st, "diff.txt", TEXT);
    rewrite_ask(&st, "shorter", "%%DeepRewrite shorter");
    /* newer editors match lines within a change, and "dp" takes a part of it */
    ed_ex(st.ed, "set diffopt=internal,filler | DeepDiff | messages clear");
    /* timers run while it sleeps, and nothing is drawn */
    ed_ex(st.ed, "execute 'normal! gg]cdp' | tabclose | sleep 50m");
    expect_closed(&st, "shorter");
    stage_expect_text(&st, "shorter", "one\nTWO\nseven");
    stage_expect(&st, "shorter", "len(" REWRITE_WAITS ")", "1");
    stage_expect(&st, "said", "execute('messages') =~# 'E\\d'", "0");
    stage_stop(&st);
}

/* Asked for by the option: it opens at the end, once, when the user is there.
 */
Test(rewrite_diff, the_option, .timeout = 60)
{
    struct stage st;
    rewrite_start(&st, NULL, "'review': 'diff'");
    stage_script(&st, "hold g\ntoken HERE\\n\nfinish stop\ndone\n");
    rewrite_open(&st, "diff.txt", TEXT);
    ed_ex(st.ed, "g/o/DeepRewrite louder");
    cr_assert(server_wait_held(st.sv, "g", 3, STAGE_MS));
    stage_keys(&st, "ix<C-o>:new<CR>");
    server_release(st.sv, "g");
    rewrite_idle(&st, "option");
    ed_pump(st.ed, 20);
    stage_expect(&st, "in insert mode", "[mode(), tabpagenr('$')]", "i\n1");
    stage_keys(&st, "<Esc>");
    ed_pump(st.ed, 20);
    stage_expect(&st, "elsewhere", "[mode(), tabpagenr('$')]", "n\n1");
    stage_keys(&st, "<C-w>cu");
    cr_assert(ed_wait(st.ed, STAGE_MS, "tabpagenr('$') == 2"));
    stage_expect_text(&st, "all", "HERE\nHERE\nthree\nHERE\nfive\nsix\nseven");
    stage_keys(&st, ":wq<CR>");
    expect_closed(&st, "option");
    stage_expect_text(&st, "taken",
                      "HERE\nHERE\nthree\nHERE\nfive\nsix\nseven");
    ed_ex(st.ed, "undo");
    stage_expect(&st, "one step", "getline(1, '$') ==# g:old", "1");
    ed_ex(st.ed, "DeepReject!");
    ed_ex(st.ed, "let b:deepchat = {'review': 'inline'}");
    ed_ex(st.ed, "1DeepRewrite louder");
    cr_assert(server_wait_requests(st.sv, 4, STAGE_MS));
    rewrite_idle(&st, "inline");
    ed_pump(st.ed, 20);
    stage_expect(&st, "inline", "tabpagenr('$')", "1");
    ed_ex(st.ed, "3DeepRewrite ++review=diff louder");
    cr_assert(ed_wait(st.ed, STAGE_MS, "tabpagenr('$') == 2"));
    stage_expect(&st, "argument", "bufname() =~# '^deepchat-proposal:'", "1");
    stage_stop(&st);
}

/* What met an edit is held against that edit; what was dropped comes back; the
 * list; a wide screen. */
Test(rewrite_diff, conflicts_lists_and_drops, .timeout = 60)
{
    struct stage st;
    rewrite_start(&st, NULL, "");
    ask(&st, "met");
    stage_keys(&st, "4Gcctwo and two<Esc>");
    ed_ex(st.ed, "DeepDiff!");
    stage_expect(&st, "list",
                 "map(getloclist(0), 'v:val.lnum . v:val.text') + [&buftype, "
                 "line('$')]",
                 "1-1 +1 ONE\n4-1 +1 (conflict) FOUR\n7-0 +1 eight\n"
                 "quickfix\n3");
    ed_ex(st.ed, "lclose | set columns=130 | DeepDiff");
    stage_expect(&st, "beside",
                 "[winwidth(0) < 70, winnr(), winheight(0) > 18]", "1\n2\n1");
    stage_expect_text(&st, "met", NEW);
    stage_keys(&st, ":write<CR>");
    cr_assert(ed_wait(st.ed, STAGE_MS, "tabpagenr('$') == 1"));
    stage_expect_text(&st, "met", NEW);
    ask(&st, "met in one place");
    ed_ex(st.ed, "1,4s/$/!/");
    stage_expect(&st, "met in one place",
                 "filter(" REWRITE_WAITS ", 'v:val[1].met') != []", "1");
    ed_ex(st.ed, "DeepDiff");
    stage_expect_text(&st, "met in one place", NEW);
    stage_keys(&st, ":quit<CR>");
    expect_closed(&st, "met in one place");
    ed_ex(st.ed, "silent! DeepReject!");
    ask(&st, "dropped");
    ed_ex(st.ed, "DeepAccept");
    ed_ex(st.ed, "write");
    stage_expect(&st, "dropped", "len(" REWRITE_WAITS ")", "0");
    ed_ex(st.ed, "tabnew | tabprevious | DeepDiff");
    stage_expect(&st, "the first", "line('.')", "4");
    stage_expect_text(&st, "dropped", NEW);
    stage_keys(&st, ":quit<CR>");
    cr_assert(ed_wait(st.ed, STAGE_MS, "tabpagenr('$') == 2"));
    stage_expect(&st, "back", "tabpagenr()", "1");
    ed_ex(st.ed, "tabonly");
    stage_expect(&st, "revived", "len(" REWRITE_WAITS ")", "2");
    ed_ex(st.ed, "DeepReject!");
    ed_ex(st.ed, "DeepDiff");
    rewrite_expect_said(&st, "nothing", "deepchat: nothing to review here");
    stage_stop(&st);
}

/* What the user's diff options ignore is applied, too. */
Test(rewrite_diff, what_the_options_ignore, .timeout = 60)
{
    struct stage st;
    rewrite_start(&st, NULL, "");
    ed_ex(st.ed, "set diffopt=internal,iwhite,icase,context:1");
    ask(&st, "ignored");
    ed_ex(st.ed, "if !has('nvim') | call prop_type_add('x', {}) | endif");
    ed_ex(st.ed, "execute has('nvim') ? \"call nvim_buf_set_extmark(0, "
                 "nvim_create_namespace('x'), 1, 2, {})\" : "
                 "\"call prop_add(2, 3, {'type': 'x', 'length': 1})\"");
    ed_ex(st.ed, "DeepDiff");
    stage_keys(&st, ":write<CR>");
    expect_closed(&st, "ignored");
    stage_expect_text(&st, "ignored", NEW);
    stage_expect(&st, "marks",
                 "has('nvim') ? nvim_buf_get_extmarks(0, "
                 "nvim_create_namespace('x'), 0, -1, {})[0][1:2] == [1, 2] : "
                 "prop_list(2)[0].col == 3",
                 "1");
    ed_ex(st.ed, "undo");
    stage_expect(&st, "one step", "getline(1, '$') ==# g:old", "1");
    ed_ex(st.ed, "DeepReject!");
    ed_ex(st.ed, "set diffopt=internal,iblank");
    stage_script(&st, "token one\\n\\ntwo\\n\nfinish stop\ndone\n");
    rewrite_open(&st, "diff.txt", "one\\ntwo\\n");
    rewrite_ask(&st, "blank lines", "1,2DeepRewrite apart");
    ed_ex(st.ed, "DeepDiff");
    stage_keys(&st, ":write<CR>");
    expect_closed(&st, "blank lines");
    stage_expect_text(&st, "blank lines", "one\n\ntwo\n");
    stage_stop(&st);
}
