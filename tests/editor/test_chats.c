/* :DeepChats: the list of saved chats, and what a pattern finds in them. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <utime.h>

#include "lib/ed.h"
#include "lib/root.h"
#include "lib/tmpdir.h"

static void
utc(void)
{
    setenv("TZ", "UTC", 1);
}

TestSuite(chats, .init = utc, .timeout = 60);

enum { WAIT_MS = 15000, MINUTE = 60, HOUR = 3600, DAY = 86400 };

#define FRONT "---\nmodel: m\n---\n\n"
#define ANSWER(pairs) "\n\n%% assistant finish=stop" pairs "\n\n"

#define WIDE "東京都東京都東京都東"

/* The latest first, as they are to be listed. */
static const struct {
    const char *project, *name, *text;
    long age;              /* in seconds */
    const char *shown_age; /* NULL: a date */
    int turns;
    const char *price, *title;
} saved[] = {
    {"here", "title",
     "---\ntitle:  \"Of \t\x1b lambs\"\n---\n\n%% user\n\nwhat?" ANSWER(
         " cost=0.00021") "No\n\n%% user\n\n",
     10, "now", 2, "$0.00021", "Of    lambs"},
    {"there", "other", "%% user\n\nFar away\n\n%% user\n\n", 70, "1 min", 1, "",
     "Far away"},
    {"here", "words",
     FRONT "%% system\n\nBe.\n\n%% context from=a\n\nx\n\n%% user\n\n\n"
           "%%% user\nand more" ANSWER(" cost=0.25") "needle One" ANSWER(
               " cost=1e-1") "Two\n%% user of it\n%%% user x=1 cost=9\n",
     59 * MINUTE, "59 min", 3, "$0.35", "%% user"},
    {"here", "alternates",
     "Before any marker\nNEEDLE\n\n%% alternate cost=0.001\n\nx\n\n"
     "%% alternate\n\n%%% user\n\nq\n\n%%% assistant est=0.002\n\ny" ANSWER(
         " cost=0.004") "z\n%%% assistant cost=9\n\n%% user\n\ndraft",
     HOUR, "1 h", 3, "~$0.007", "Before any marker"},
    {"there", "wide", "---\ntitle: " WIDE WIDE WIDE "x\n---\nLamm\n", HOUR + 1,
     "1 h", 1, "", WIDE WIDE WIDE "x"},
    {"here", "empty", "", 47 * HOUR, "1 d", 0, "", "empty"},
    {"here", "open", "---\ntitle: no end\n", 13 * DAY, "13 d", 1, "", "---"},
    {"here", "nothing", FRONT "%% system\n\nBe.\n\n%% user\n\n", 15 * DAY, NULL,
     0, "", "nothing"},
};

enum { SAVED = sizeof saved / sizeof *saved };

static void
path_of(struct ed *ed, size_t i, char path[static 512])
{
    snprintf(path, 512, "%s/chats/%s/%s.deepchat.md", ed_home(ed),
             saved[i].project, saved[i].name);
}

static time_t saved_at;

static void
save_all(struct ed *ed)
{
    saved_at = time(NULL);
    for (size_t i = 0; i < SAVED; i++) {
        char path[512];
        path_of(ed, i, path);
        temp_write(path, saved[i].text, strlen(saved[i].text));
        time_t at = saved_at - saved[i].age;
        utime(path, &(struct utimbuf){at, at});
    }
}

/* An editor that is in project "here" of two. */
static struct ed *
start(void)
{
    struct ed *ed = ed_start_headless("http://127.0.0.1:9/v1", "", NULL);
    ed_ex(ed, "let g:deepchat.chat_dir = $HOME . '/chats'");
    for (int i = 0; i < 2; i++) {
        const char *project = i == 0 ? "here" : "there";
        ed_ex(ed, "call mkdir($HOME . '/%s/.git', 'p')", project);
        ed_ex(ed, "call mkdir($HOME . '/chats/%s', 'p')", project);
        ed_ex(ed,
              "call writefile([$HOME . '/%s'], $HOME . "
              "'/chats/%s/.project')",
              project, project);
    }
    ed_ex(ed, "call writefile([], $HOME . '/chats/here/notes.md')");
    ed_ex(ed, "cd $HOME/here");
    return ed;
}

static void
expect(struct ed *ed, const char *name, const char *expression,
       const char *want)
{
    char *got = ed_eval(ed, "%s", expression);
    cr_expect_str_eq(got, want, "%s: %s\n got <%s>\nwant <%s>", name,
                     expression, got, want);
    free(got);
}

static void
expect_said(struct ed *ed, const char *want)
{
    expect(ed, want,
           "substitute(get(split(execute('messages'), \"\\n\"), -1, ''), "
           "'^deepchat: ', '', '')",
           want);
    ed_ex(ed, "messages clear");
}

static void
expect_row(struct ed *ed, size_t i, int row, bool all)
{
    char date[16], want[200], expression[32], head[24] = "";
    time_t at = saved_at - saved[i].age;
    strftime(date, sizeof date, "%Y-%m-%d", gmtime(&at));
    if (all)
        snprintf(head, sizeof head, "%s: ", saved[i].project);
    snprintf(want, sizeof want, "%10s %4d turn%s %10s  %s%s",
             saved[i].shown_age ? saved[i].shown_age : date, saved[i].turns,
             saved[i].turns == 1 ? " " : "s", saved[i].price, head,
             saved[i].title);
    snprintf(expression, sizeof expression, "getline(%d)", row);
    expect(ed, saved[i].name, expression, want);
}

Test(chats, list)
{
    root_off_below();
    struct ed *ed = start();
    ed_ex(ed, "DeepChats");
    expect_said(ed, "no saved chats of this project; :DeepChats! has all");
    save_all(ed);
    for (int all = 0; all < 2; all++) {
        int row = 0;
        ed_ex(ed, all ? "DeepChats!" : "vertical DeepChats");
        cr_assert(ed_wait(ed, WAIT_MS, "getline('$') =~# 'turn'"));
        for (size_t i = 0; i < SAVED; i++)
            if (all || strcmp(saved[i].project, "here") == 0)
                expect_row(ed, i, ++row, all);
        cr_expect_eq(ed_number(ed, "line('$')"), row);
        expect_said(ed, all ? "8 chats; <CR> opens, q closes"
                            : "6 chats; <CR> opens, q closes");
        expect(
            ed, "as it looks",
            "[winnr('$'), &modifiable, &modified, &buflisted, winlayout()[0]]",
            all ? "2\n0\n0\n0\ncol" : "2\n0\n0\n0\nrow");
        ed_keys(ed, "q");
        cr_assert(ed_wait(ed, WAIT_MS, "winnr('$') == 1"));
    }
    ed_ex(ed, "call setfperm($HOME . '/chats/here', '---------')");
    ed_ex(ed, "DeepChats!");
    expect(ed, "what can be read",
           "[line('$'), execute('messages') =~# 'E484']", "2\n0");
    ed_ex(ed, "quit | call setfperm($HOME . '/chats/here', 'rwx------')");
    ed_ex(ed, "inoremap <F5> <Cmd>tab DeepChats<CR>");
    ed_keys(ed, "i<F5>q");
    cr_assert(ed_wait(ed, WAIT_MS, "tabpagenr('$') == 1"));
    ed_ex(ed, "messages clear");
    ed_ex(ed, "call delete($HOME . '/chats', 'rf') | DeepChats!");
    expect_said(ed, "no saved chats");
    ed_stop(ed);
}

/* ---- picking ---- */

Test(chats, pick)
{
    struct ed *ed = start();
    save_all(ed);
    ed_ex(ed, "vertical DeepChats!");
    ed_keys(ed, "jj<CR>");
    cr_assert(ed_wait(ed, WAIT_MS, "&filetype ==# 'deepchat'"));
    expect(ed, "in the list's window",
           "[winnr('$'), winlayout()[0], expand('%:t:r:r'), line('.') == "
           "line('$'), fnamemodify(b:deepchat_project, ':t'), &readonly]",
           "2\nrow\nwords\n1\nhere\n0");
    ed_ex(ed, "DeepChats!");
    ed_keys(ed, "jj<CR>");
    cr_assert(ed_wait(ed, WAIT_MS, "winnr('$') == 2"));
    expect(ed, "where it is shown", "expand('%:t:r:r')", "words");
    ed_ex(ed, "only! | cd $HOME/there | enew | DeepChats");
    ed_keys(ed, "<CR>");
    cr_assert(ed_wait(ed, WAIT_MS, "expand('%%:t:r:r') ==# 'other'"));
    ed_ex(ed, "only | enew | cd $HOME/here | DeepChat");
    expect(ed, "the project's last one", "expand('%:t:r:r')", "words");
    ed_ex(ed, "DeepChats");
    ed_ex(ed, "messages clear");
    ed_ex(ed, "call delete($HOME . '/chats/here/title.deepchat.md')");
    ed_keys(ed, "<CR>");
    cr_assert(ed_wait(ed, WAIT_MS, "execute('messages') =~# 'deepchat:'"));
    expect_said(ed, "that chat is not there any more");
    ed_ex(ed, "call mkdir($HOME . '/chats/here/title.deepchat.md')");
    ed_keys(ed, "<CR>");
    cr_assert(ed_wait(ed, WAIT_MS, "execute('messages') =~# 'deepchat:'"));
    expect_said(ed, "that chat cannot be read");
    ed_ex(ed, "DeepChats");
    expect(ed, "one list",
           "len(filter(getwininfo(), "
           "'bufname(v:val.bufnr) ==# \"[DeepChats]\"'))",
           "1");
    ed_stop(ed);
}

/* More than is read before the list is shown. */
Test(chats, thousands)
{
    struct ed *ed = start();
    ed_ex(ed,
          "for i in range(2000) | call writefile(['%%%% user', '', 'Q' . i"
          ", ''], printf('%%s/chats/here/%%04d.deepchat.md', $HOME, i), 'S') | "
          "endfor");
    ed_ex(ed, "DeepChats");
    cr_expect_eq(ed_number(ed, "line('$')"), 2000);
    cr_assert(ed_wait(ed, WAIT_MS, "getline('$') =~# 'turn'"));
    cr_expect_eq(ed_number(ed, "len(filter(getline(1, '$'), 'v:val =~# "
                               "\"1 turn .* Q\\\\d\\\\+$\"'))"),
                 2000);
    ed_ex(ed, "quit | DeepChats ^Q7");
    expect(ed, "hits", "len(getqflist())", "111");
    ed_stop(ed);
}

/* ---- a pattern ---- */

static const struct {
    const char *set, *command;
    const char *hits; /* module:line:column */
    const char *line; /* NULL: the hits */
} patterns[] = {
    {"", "DeepChats needle", "%% user:21:1", NULL},
    {"", "DeepChats! \\cneedle", "%% user:21:1\nBefore any marker:2:1", NULL},
    {"set ignorecase", "DeepChats ne\\a\\+e",
     "%% user:21:1\nBefore any marker:2:1", NULL},
    {"", "DeepChats NEEDLE\\C", "Before any marker:2:1", NULL},
    {"set smartcase", "DeepChats NE", "Before any marker:2:1", NULL},
    {"", "DeepChats \\Seedle", "%% user:21:1\nBefore any marker:2:1", NULL},
    {"set noignorecase", "DeepChats Far\\|Before", "Before any marker:1:1",
     NULL},
    {"", "DeepChats! Far away", "Far away:3:1", NULL},
    {"", "DeepChats and  *more", "%% user:17:1", NULL},
    {"", "DeepChats finish=stop", NULL, "no saved chat has finish=stop"},
    {"", "DeepChats \\%[", NULL, "bad pattern: Missing ] after \\%["},
    {"", "DeepChats! Lamm", WIDE WIDE ":4:1", NULL},
    {"", "DeepChats typed", "just typed:11:6", NULL},
};

Test(chats, pattern)
{
    struct ed *ed = start();
    save_all(ed);
    ed_ex(ed, "split $HOME/chats/here/nothing.deepchat.md");
    ed_ex(ed, "call append('$', 'just typed') | quit");
    for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++) {
        ed_ex(ed, "call setqflist([]) | messages clear | %s", patterns[i].set);
        ed_ex(ed, "%s", patterns[i].command);
        if (patterns[i].line != NULL)
            expect_said(ed, patterns[i].line);
        else
            expect(ed, patterns[i].command,
                   "map(getqflist(), 'v:val.module . \":\" . v:val.lnum . "
                   "\":\" . v:val.col')",
                   patterns[i].hits);
        expect(ed, "the window", "&buftype",
               patterns[i].line != NULL ? "" : "quickfix");
        ed_ex(ed, "cclose");
    }
    ed_stop(ed);
}
