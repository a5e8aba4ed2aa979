/* What ends a reply, what holds it up, and what it must leave alone. */
#include <criterion/criterion.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "lib/stage.h"
#include "lib/tmpdir.h"

static const char script[] = "token one\nhold g\ntoken  two\nhold g\n"
                             "token  three\\nfour\nhold g\n"
                             "token  five\nfinish stop 1 2 0.5\ndone\n";

#define ASKED "---\nmodel: m\n---\n\n%% user\n\nSay\n\n"
#define MARKER "%% assistant finish=stop in=1 out=2 cost=0.5\n\n"
#define NEXT "\n\n%% user\n\n"
#define REPLY "one two three\nfour five"

static void
begin(struct stage *st)
{
    stage_script(st, script);
    stage_ask(st, "Say");
    cr_assert(stage_shows(st, "one"));
}

static void
expect_events(struct stage *st, const char *name, const char *want)
{
    char *events = stage_events(st);
    cr_expect_str_eq(events, want, "%s: %s", name, events);
    free(events);
}

/* ---- the text is taken away: the reply stops ---- */

/* True if a file of the journal holds text. */
static bool
in_journal(struct stage *st, const char *text)
{
    char dir[512];
    snprintf(dir, sizeof dir, "%s/deepchat/journal", ed_home(st->ed));
    DIR *d = opendir(dir);
    bool found = false;
    for (struct dirent *e; d != NULL && (e = readdir(d)) != NULL;) {
        size_t len = 0;
        char *path = temp_path(dir, e->d_name);
        char *bytes = e->d_name[0] != '.' ? temp_read(path, &len) : NULL;
        found = found || (bytes != NULL &&
                          memmem(bytes, len, text, strlen(text)) != NULL);
        free(bytes);
        free(path);
    }
    if (d != NULL)
        closedir(d);
    return found;
}

static const struct {
    const char *name, *command;
    const char *want; /* text of the buffer then; NULL: it is gone */
} losses[] = {
    {"u", "normal! u", "---\nmodel: m\n---\n\n%% user\n\nSay"},
    {"dd", "11delete", NULL},
    {"the reply with its marker", "9,11delete", NULL},
    {"everything", "%delete", ""},
    {"filtered", "%!sed d", ""},
    {":e!", "edit!", NULL},
    {":bwipeout", "bwipeout!", NULL},
    {":bunload", "bunload!", NULL},
    {":bdelete", "bdelete!", NULL},
};

static void
lose(struct stage *st, size_t i)
{
    struct server_log log;
    const char *name = losses[i].name;
    bool gone = strncmp(losses[i].command, "b", 1) == 0;
    begin(st);
    long buf = ed_number(st->ed, "bufnr('%%')");
    ed_ex(st->ed, "messages clear | %s", losses[i].command);
    server_release_next(st->sv, "g", 1);
    cr_assert(stage_idle(st), "%s", name);
    cr_assert(server_wait_ended(st->sv, 1, STAGE_MS), "%s", name);
    cr_assert(server_log(st->sv, 1, &log));
    cr_expect_str_eq(log.state, "client-closed", "%s", name);
    expect_events(st, name, "Start\nStopped stopped");
    cr_expect(in_journal(st, "one"), "%s: not in the journal", name);
    cr_expect_eq(ed_number(st->ed, "bufloaded(%ld)", buf), !gone, "%s", name);
    cr_expect_eq(ed_number(st->ed, "deepchat#status(%ld) ==# ''", buf), 1);
    if (losses[i].want != NULL)
        stage_expect_text(st, name, losses[i].want);
    if (!gone) {
        stage_expect(st, name, "execute('messages') =~# 'taken out'", "1");
        ed_ex(st->ed, "set modified&");
    }
}

Test(stream2, text_taken_away, .timeout = 60)
{
    struct stage st;
    stage_start(&st, script, "");
    for (size_t i = 0; i < sizeof losses / sizeof *losses; i++)
        lose(&st, i);
    begin(&st);
    stage_keys(&st, "GAab<Esc>");
    cr_assert(stage_next(&st, "two"));
    stage_keys(&st, "u");
    server_release_next(st.sv, "g", 1);
    cr_assert(stage_idle(&st));
    stage_expect_text(&st, "u", ASKED "%% assistant\n\none" NEXT "ab");
    stage_keys(&st, "<C-r>");
    stage_expect_text(&st, "redo", ASKED "%% assistant\n\none two" NEXT "ab");
    stage_stop(&st);
}

/* ---- states of the editor that hold it up, or do not ---- */

static const struct {
    const char *name;
    const char *enter, *in; /* keys, and what holds then */
    bool waits;             /* the text waits for leave */
    const char *leave;
    const char *want; /* behind ASKED */
} states[] = {
    {"command line", ":echo 1", "mode() ==# 'c'", false, "<Esc>",
     MARKER REPLY NEXT},
    {"search", "/nowhere", "mode() ==# 'c'", false, "<Esc>", MARKER REPLY NEXT},
    {"insert mode", "GA", "mode() ==# 'i'", false, "<Esc>", MARKER REPLY NEXT},
    {"insert completion", "GAone onto on<C-n>", "pumvisible()", false,
     "<C-y><Esc>", NULL},
    {"replace mode", "GR", "mode() ==# 'R'", false, "<Esc>", MARKER REPLY NEXT},
    {"recording", "qq", "reg_recording() ==# 'q'", false, "q",
     MARKER REPLY NEXT},
    {"a selection above", "ggVj", "mode() ==# 'V'", false, "<Esc>",
     MARKER REPLY NEXT},
    {"a selection below", "GAa<CR>b<CR>c<Esc>Vk", "mode() ==# 'V'", true, "d",
     MARKER REPLY NEXT "a"},
    {"a block below", "GAa<CR>b<Esc><C-v>", "mode() ==# \"\\<C-v>\"", true, "x",
     MARKER REPLY NEXT "a\n"},
    {"an operator below", "GAa<CR>b<CR>c<Esc>d", "mode(1) ==# 'no'", true, "k",
     MARKER REPLY NEXT "a"},
    {"an operator above", "7Gy", "mode(1) ==# 'no'", false, "y",
     MARKER REPLY NEXT},
    {"textlock", "GA<C-t>", "g:locked", true, "x<Esc>",
     MARKER REPLY NEXT "<x>"},
    {"insert, normal command", "GAa<C-o>", "mode(1) ==# 'niI'", false, "~<Esc>",
     NULL},
};

static void
hold_up(struct stage *st, size_t i)
{
    const char *name = states[i].name;
    begin(st);
    ed_ex(st->ed, "let g:locked = 0");
    ed_keys(st->ed, states[i].enter);
    cr_assert(ed_wait(st->ed, STAGE_MS, "%s", states[i].in), "%s: not entered",
              name);
    server_release(st->sv, "g");
    cr_assert(server_wait_ended(st->sv, 1, STAGE_MS));
    if (states[i].waits)
        ed_pump(st->ed, 80);
    else
        cr_expect(stage_shows(st, "five"), "%s: held up", name);
    if (states[i].waits && strcmp(states[i].in, "g:locked") != 0)
        stage_expect(st, name, "search('one two', 'nw')", "0");
    cr_expect(ed_number(st->ed, "%s", states[i].in) == 1, "%s: left", name);
    stage_keys(st, states[i].leave);
    cr_assert(stage_shows(st, "five") && stage_idle(st), "%s", name);
    char want[256];
    snprintf(want, sizeof want, "%s%s", ASKED,
             states[i].want != NULL ? states[i].want : "");
    if (states[i].want != NULL)
        stage_expect_text(st, name, want);
    expect_events(st, name, "Start\nDone stop");
}

Test(stream2, states_of_the_editor, .timeout = 60)
{
    struct stage st;
    stage_start(&st, script, "");
    ed_ex(st.ed, "function! Locked()\nlet g:locked = 1\n"
                 "return '<' . nr2char(getchar()) . '>'\nendfunction");
    ed_ex(st.ed, "inoremap <expr> <C-t> Locked()");
    for (size_t i = 0; i < sizeof states / sizeof *states; i++)
        hold_up(&st, i);
    stage_stop(&st);
}

/* The editor answers nothing but its grid while the prompt is up. */
Test(stream2, hit_enter_and_nomodifiable, .timeout = 60)
{
    struct stage st;
    stage_start(&st, script, "");
    begin(&st);
    ed_keys(st.ed, ":echo \"a\\nb\\nc\"<CR>");
    cr_assert(ed_wait_screen(st.ed, "Press ENTER", STAGE_MS));
    server_release_next(st.sv, "g", 1);
    cr_assert(server_wait_held(st.sv, "g", 1, STAGE_MS));
    ed_keys(st.ed, "<CR>");
    cr_assert(stage_shows(&st, "two"));
    ed_ex(st.ed, "setlocal nomodifiable");
    server_release(st.sv, "g");
    cr_assert(server_wait_ended(st.sv, 1, STAGE_MS));
    ed_pump(st.ed, 100);
    stage_expect_text(&st, "nomodifiable",
                      ASKED "%% assistant\n\none two" NEXT);
    ed_ex(st.ed, "setlocal modifiable readonly");
    cr_assert(stage_idle(&st));
    stage_expect_text(&st, "again", ASKED MARKER REPLY NEXT);
    stage_expect(&st, "again", "&readonly . &modifiable", "11");
    stage_stop(&st);
}

/* ---- what stays as it is ---- */

static const char untouched[] =
    "string([map(split('\"0123456789abz-/:.', '\\zs'), 'getreg(v:val, 1)'), "
    "getjumplist(), getpos(\"'[\"), getpos(\"']\"), getpos(\"'a\"), "
    "getpos(\"''\"), histget(':', -1), histget('/', -1), v:errmsg, @%, "
    "winsaveview(), &undolevels, &modifiable, winnr('$'), bufnr('$')])";

Test(stream2, leaves_alone, .timeout = 60)
{
    struct stage st;
    stage_start(&st, script, "");
    begin(&st);
    stage_keys(&st, "7G0maylAqq<Esc>\"byy/Say<CR>x");
    ed_ex(st.ed, "clearjumps | normal! gg7Gm'");
    char *before = ed_eval(st.ed, "%s", untouched);
    cr_assert(stage_next(&st, "two"));
    cr_assert(stage_next(&st, "four"));
    cr_assert(stage_finish(&st));
    stage_expect(&st, "untouched", untouched, before);
    free(before);
    stage_keys(&st, ".");
    stage_expect(&st, "dot", "getline(7)", "yqq");
    stage_stop(&st);
}

static char *
long_script(size_t lines)
{
    struct buf b;
    buf_init(&b, 1 << 20);
    buf_add_text(&b, "token one\nhold g\n");
    buf_addf(&b, "repeat %zu token line\\n\nhold g\n", lines);
    buf_add_text(&b, "token last\nfinish stop 1 2 0.5\ndone\n");
    return buf_take(&b, NULL);
}

Test(stream2, views, .timeout = 60)
{
    struct stage st;
    char *lines = long_script(60);
    stage_start(&st, lines, "");
    /* a window above that reads the top, and one at the end */
    stage_ask(&st, "Say");
    cr_assert(stage_shows(&st, "one"));
    ed_ex(st.ed, "let g:end = win_getid() | normal! G");
    ed_ex(st.ed, "split | normal! gg7G2|");
    ed_ex(st.ed, "let g:top = win_getid() | redraw");
    char *view = ed_eval(st.ed, "winsaveview()");
    cr_assert(stage_next(&st, "line\\nline\\nline"));
    ed_ex(st.ed, "redraw");
    stage_expect(&st, "top", "winsaveview()", view);
    stage_expect(&st, "end", "line('w$', g:end) == line('$')", "1");
    stage_expect(&st, "end", "line('.', g:end) == line('$')", "1");
    ed_ex(st.ed, "call win_gotoid(g:end)");
    cr_assert(stage_finish(&st));
    ed_ex(st.ed, "redraw");
    stage_expect(&st, "end", "line('w$') == line('$')", "1");
    stage_expect(&st, "top", "line('.', g:top) . ' ' . line('w0', g:top)",
                 "7 1");
    free(view);
    /* the cursor on the growing end goes with it; elsewhere on it, it stays */
    stage_script(&st, lines);
    stage_ask(&st, "Say");
    cr_assert(stage_shows(&st, "one"));
    stage_keys(&st, "11G$");
    cr_assert(stage_next(&st, "line\\nline\\nline"));
    cr_assert(stage_finish(&st));
    stage_expect(&st, "follows", "getline('.') . col('.')", "last4");
    stage_script(&st, script);
    stage_ask(&st, "Say");
    cr_assert(stage_shows(&st, "one"));
    stage_keys(&st, "11G0l");
    cr_assert(stage_finish(&st));
    stage_expect(&st, "stays", "line('.') . ' ' . col('.')", "11 2");
    free(lines);
    stage_stop(&st);
}

/* As Vim has it: closing its window must not unload a chat. */
Test(stream2, hidden_without_the_option, .timeout = 60)
{
    struct stage st;
    stage_start(&st, script, "");
    begin(&st);
    cr_assert(stage_finish(&st));
    ed_ex(st.ed, "let g:path = expand('%%:p') | bwipeout | set nohidden");
    stage_script(&st, script);
    ed_ex(st.ed, "new | execute 'edit' g:path | let g:chat = bufnr('%%')");
    ed_ex(st.ed, "call deepchat#send({'text': 'More'})");
    cr_assert(server_wait_held(st.sv, "g", 1, STAGE_MS));
    cr_assert(stage_shows(&st, "More"));
    ed_ex(st.ed, "close");
    cr_assert(stage_finish(&st));
    stage_expect(&st, "hidden",
                 "count(getbufline(g:chat, 1, '$'), 'four five')", "2");
    stage_stop(&st);
}

Test(stream2, hidden_and_elsewhere, .timeout = 60)
{
    struct stage st;
    stage_start(&st, script, "");
    begin(&st);
    ed_ex(st.ed, "let g:chat = bufnr('%%')");
    ed_ex(st.ed, "enew");
    stage_keys(&st, "ielsewhere<Esc>");
    cr_assert(stage_finish(&st));
    stage_expect(&st, "hidden", "join(getbufline(g:chat, 1, '$'), \"\\n\")",
                 ASKED MARKER REPLY NEXT);
    stage_expect_text(&st, "elsewhere", "elsewhere");
    stage_expect(&st, "undo of the other", "undotree().seq_last", "1");
    expect_events(&st, "hidden", "Start\nDone stop");
    ed_ex(st.ed, "setlocal nomodified | execute 'buffer' g:chat");
    stage_keys(&st, "u");
    stage_expect_text(&st, "u", "---\nmodel: m\n---\n\n%% user\n\nSay");
    stage_stop(&st);
}
