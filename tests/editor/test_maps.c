/* Keys in a chat buffer, and what the plugin leaves alone. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/proc.h"
#include "lib/trouble.h"

#define HELLO "token Hello\nfinish stop\ndone\n"
#define CHAT                                                                   \
    "['%%%% user', '', 'One', '', '%%%% assistant', '', 'Two', '', "           \
    "'%%%% user', '', 'Three']"

static void
open_chat(struct stage *st)
{
    stage_script(st, HELLO);
    trouble_reset(st);
    ed_ex(st->ed, "DeepChat!");
    ed_ex(st->ed, "only! | silent %%delete _ | call setline(1, " CHAT
                  ") | messages clear | normal! G$");
}

/* ---- sending and stopping ---- */

static const struct {
    const char *name;
    const char *keys;
    const char *mode; /* behind them */
} sends[] = {
    {"<CR>", "<CR>", "n"},
    {"<C-s>", "<C-s>", "n"},
    {"<C-s> while typing", "A!<C-s>", "i"},
};

Test(maps, send, .timeout = 30)
{
    struct stage st;
    stage_start(&st, HELLO, "");
    for (size_t i = 0; i < sizeof sends / sizeof *sends; i++) {
        open_chat(&st);
        stage_keys(&st, sends[i].keys);
        cr_assert(trouble_wait_end(st.ed), "%s", sends[i].name);
        cr_expect_eq(server_requests(st.sv), 1, "%s", sends[i].name);
        stage_expect(&st, sends[i].name, "mode()", sends[i].mode);
        stage_expect(&st, sends[i].name, "line('.') == line('$')", "1");
        stage_keys(&st, "<Esc>");
    }
    /* elsewhere it only goes there; typed <CR> is a line break */
    open_chat(&st);
    stage_keys(&st, "5G<CR>");
    stage_expect(&st, "from above", "line('.')", "11");
    stage_keys(&st, "A<CR>x<Esc>");
    stage_expect(&st, "insert", "getline('$')", "x");
    cr_expect_eq(server_requests(st.sv), 0);
    /* an empty turn is not sent */
    ed_ex(st.ed, "$-1,$delete _ | let g:events = []");
    stage_keys(&st, "<CR>");
    cr_assert(trouble_wait_end(st.ed));
    trouble_expect_line(&st, "empty",
                        "your last turn is empty; type a question, then send");
    cr_expect_eq(server_requests(st.sv), 0);
    stage_stop(&st);
}

Test(maps, stop, .timeout = 30)
{
    struct stage st;
    stage_start(&st, NULL, "");
    for (int typing = 0; typing < 2; typing++) {
        open_chat(&st);
        server_script(st.sv, "t", "token Hello\nhold g\ntoken  more\n");
        stage_keys(&st, "<CR>");
        cr_assert(stage_shows(&st, "Hello"));
        stage_keys(&st, typing ? "Go" : "gg");
        ed_keys(st.ed, "<C-c>");
        cr_assert(trouble_wait_end(st.ed), "%d", typing);
        stage_expect(&st, "mode", "mode()", typing ? "i" : "n");
        char *events = stage_events(&st);
        cr_expect_str_eq(events, "Start\nStopped stopped");
        free(events);
        stage_expect(&st, "marker",
                     "search('^%% assistant finish=stopped$', 'nw') > 0", "1");
        cr_assert(server_wait_ended(st.sv, 1, STAGE_MS));
        if (typing) { /* nothing runs: it is Vim's own again */
            ed_keys(st.ed, "<C-c>");
            cr_expect(ed_wait(st.ed, STAGE_MS, "mode() ==# 'n'"));
        }
    }
    stage_stop(&st);
}

/* ---- turns and help ---- */

static const struct {
    const char *keys;
    const char *check;
    const char *want;
} moves[] = {
    {"gg]]", "line('.')", "5"},
    {"gg2]]", "line('.')", "9"},
    {"gg]]]]]]]]", "line('.')", "9"},
    {"G[[", "line('.')", "9"},
    {"G3[[", "line('.')", "1"},
    {"G9[[", "line('.')", "1"},
    {"ggv]]<Esc>", "line(\"'>\")", "5"},
    {"Gd[[", "line('$')", "9"},
    {"g?", "&buftype . (getline('.') =~# 'deepchat-maps')", "help1"},
};

/* Help has to be found, but its tags are not for the checkout. */
static void
copy_help(struct ed *ed)
{
    ed_ex(ed, "call mkdir($HOME . '/help/doc', 'p')");
    ed_ex(ed, "call writefile(readfile(deepchat#host#root() . "
              "'/doc/deepchat.txt'), $HOME . '/help/doc/deepchat.txt')");
    ed_ex(ed, "helptags $HOME/help/doc | set rtp+=$HOME/help");
}

Test(maps, moves, .timeout = 30)
{
    struct stage st;
    stage_start(&st, HELLO, "");
    copy_help(st.ed);
    for (size_t i = 0; i < sizeof moves / sizeof *moves; i++) {
        open_chat(&st);
        stage_keys(&st, moves[i].keys);
        stage_expect(&st, moves[i].keys, moves[i].check, moves[i].want);
        trouble_expect_line(&st, moves[i].keys, "");
    }
    stage_stop(&st);
}

/* ---- the user's own ---- */

static const struct {
    const char *plug;
    const char *mode;
    const char *gone; /* keys that are the user's to use then */
    const char *kept;
} own[] = {
    {"send", "n", "<CR>", "]]"},     {"next-turn", "n", "]]", "[["},
    {"prev-turn", "n", "[[", "]]"},  {"stop", "n", "<C-C>", "<CR>"},
    {"help", "n", "g?", "<CR>"},     {"send", "i", "<C-S>", "<C-C>"},
    {"stop", "i", "<C-C>", "<C-S>"},
};

Test(maps, of_the_user, .timeout = 30)
{
    struct stage st;
    stage_start(&st, HELLO, "");
    for (size_t i = 0; i < sizeof own / sizeof *own; i++) {
        char check[200];
        ed_ex(st.ed, "%smap <F9> <Plug>(deepchat-%s)", own[i].mode,
              own[i].plug);
        open_chat(&st);
        snprintf(check, sizeof check, "maparg('%s', '%s') =~# 'deepchat'",
                 own[i].gone, own[i].mode);
        stage_expect(&st, own[i].gone, check, "0");
        snprintf(check, sizeof check, "maparg('%s', '%s') =~? 'deep'",
                 own[i].kept, own[i].mode);
        stage_expect(&st, own[i].kept, check, "1");
        ed_ex(st.ed, "%sunmap <F9>", own[i].mode);
    }
    ed_ex(st.ed, "let g:no_deepchat_maps = 1");
    open_chat(&st);
    stage_expect(&st, "none", "maparg('<CR>', 'n') . maparg('g?', 'n')", "");
    stage_stop(&st);
}

/* ---- what loading it does ---- */

Test(maps, plugin_load, .timeout = 30)
{
    struct ed *ed = ed_start("http://127.0.0.1:1", "", NULL);
    char *maps = ed_eval(ed, "filter(split(execute('map') . execute('map!'), "
                             "'\\n'), 'v:val =~? \"deepchat\" && v:val !~# "
                             "\"^[a-z ]*<Plug>\"')");
    cr_expect_str_eq(maps, "", "global maps:\n%s", maps);
    free(maps);
    cr_expect_eq(ed_number(ed, "exists('g:loaded_deepchat')"), 1);
    char *loaded = ed_eval(ed, "filter(split(execute('scriptnames'), '\\n'), "
                               "'v:val =~# \"autoload/deepchat\"')");
    cr_expect_str_eq(loaded, "", "loaded at the start:\n%s", loaded);
    free(loaded);
    /* what it takes, at the best of some times: a third of that, but the
     * machine may be slow */
    ed_ex(ed, "let g:best = 1.0");
    ed_ex(ed, "for i in range(20) | unlet g:loaded_deepchat | let t = "
              "reltime() | runtime plugin/deepchat.vim | let g:best = "
              "min([float2nr(g:best * 1000000), "
              "float2nr(reltimefloat(reltime(t)) * 1000000)]) / 1000000.0 | "
              "endfor");
    long best = ed_number(ed, "float2nr(g:best * 1000000)");
    cr_expect_leq(best, 3000, "%ld microseconds", best);
    ed_stop(ed);
}
