/* Commands about the plugin itself, its functions, completion and maps. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/tmpdir.h"
#include "lib/trouble.h"

#define HELLO "token Hello\nfinish stop\ndone\n"

/* ---- :DeepLog, :DeepHealth, :DeepBuild ---- */

Test(commands_more, log, .timeout = 30)
{
    struct stage st;
    stage_start(&st, HELLO, "");
    ed_ex(st.ed, "DeepLog");
    trouble_expect_line(&st, "none yet",
                        "there is no log yet; it begins with the first chat");
    ed_ex(st.ed, "messages clear | let $DC_TEST_KEY = 'sk-0123456789abcdef'");
    ed_ex(st.ed, "let g:deepchat.api_key_env = 'DC_TEST_KEY'");
    ed_ex(st.ed, "DeepChat Say");
    cr_assert(trouble_wait_end(st.ed));
    ed_ex(st.ed, "only! | vertical DeepLog");
    trouble_expect_line(&st, "there", "");
    stage_expect(&st, "window", "winlayout()[0]", "row");
    stage_expect(&st, "last line", "line('.') == line('$')", "1");
    stage_expect(&st, "its end", "getline('.') =~# 'reply ended: stop'", "1");
    stage_expect(&st, "no text, no key",
                 "search('Say\\|Hello\\|0123456789abcdef', 'nw')", "0");
    stage_expect(&st, "editor",
                 "search('for \\(Neo\\)\\?[Vv]im \\d\\+\\.[0-9.]*$', 'nw') > 0",
                 "1");
    stage_expect(&st, "read only", "&modifiable", "0");
    stage_stop(&st);
}

Test(commands_more, health, .timeout = 30)
{
    struct stage st;
    stage_start(&st, HELLO, "");
    ed_ex(st.ed, "botright DeepHealth");
    cr_assert(ed_wait(st.ed, STAGE_MS, "search('^ok .*127.0.0.1', 'nw')"));
    stage_expect(&st, "editor", "search('\\c^ok *\\(neo\\)\\=vim ', 'nwc') > 0",
                 "1");
    stage_expect(&st, "plugin",
                 "search('^ok *plugin \\d.*, protocol 1', 'nw') > 0", "1");
    stage_expect(&st, "errors", "search('^error', 'nw')", "0");
    stage_expect(&st, "scratch", "&buftype . &modifiable . winnr()",
                 "nofile02");
    trouble_expect_line(&st, "health", "");
    cr_expect_eq(server_requests(st.sv), 0, "it asked for a reply");
    stage_stop(&st);
}

/* A make of the test's own, first in PATH. */
static void
put_make(const char *dir, const char *script)
{
    char *path = temp_path(dir, "make");
    temp_write(path, script, strlen(script));
    chmod(path, 0700);
    free(path);
}

Test(commands_more, build, .timeout = 30)
{
    struct stage st;
    char *dir = tmpdir_new(), *path = NULL;
    const char *old = getenv("PATH");
    cr_assert(asprintf(&path, "%s:%s", dir, old != NULL ? old : "") > 0);
    setenv("PATH", path, 1);
    stage_start(&st, HELLO, "");
    put_make(dir, "#!/bin/sh\necho gcc -c x.c\nprintf '\\033[31mx.c:1: no\\n' "
                  ">&2\nexit 2\n");
    ed_ex(st.ed, "DeepBuild");
    cr_assert(ed_wait(st.ed, STAGE_MS, "winnr('$') == 2"));
    cr_assert(ed_wait(st.ed, STAGE_MS, "execute('messages') =~# 'failed'"));
    stage_expect(&st, "messages", "trim(execute('messages'))",
                 "deepchat: building...\n"
                 "deepchat: build failed; the log is in the window below");
    stage_expect(&st, "log", "sort(getbufline(winbufnr(2), 1, '$'))",
                 " [31mx.c:1: no\ngcc -c x.c");
    stage_expect(&st, "window", "winnr()", "1");
    ed_ex(st.ed, "only! | messages clear");
    put_make(dir, "#!/bin/sh\npwd >>$HOME/made\n");
    ed_ex(st.ed, "DeepBuild");
    cr_assert(ed_wait(st.ed, STAGE_MS, "execute('messages') =~# 'built'"));
    stage_expect(&st, "messages",
                 "trim(execute('messages')) ==# \"deepchat: building...\\n"
                 "deepchat: built \" . deepchat#host#wants().version",
                 "1");
    stage_expect(&st, "folder",
                 "readfile($HOME . '/made')[0] ==# deepchat#host#root()", "1");
    stage_expect(&st, "windows", "winnr('$')", "1");
    stage_stop(&st);
    free(path);
    tmpdir_free(dir);
}

/* ---- functions ---- */

Test(commands_more, functions, .timeout = 30)
{
    struct stage st;
    stage_start(
        &st, "token a\\n\nhold g\ntoken %% user\\nb\nfinish stop\ndone\n", "");
    ed_ex(st.ed, "let g:home = bufnr('%%')");
    stage_expect(&st, "not a chat", "deepchat#send({'text': 'x'})", "0");
    trouble_expect_line(&st, "not a chat",
                        "buffer 1 is not a chat; nothing "
                        "sent");
    stage_expect(&st, "nothing", "deepchat#status() . deepchat#stop()", "0");
    ed_ex(st.ed, "DeepChat!");
    ed_ex(st.ed, "let g:chat = bufnr('%%') | wincmd p");
    stage_expect(&st, "none yet", "deepchat#last(g:chat)", "");
    stage_expect(&st, "sent",
                 "deepchat#send({'buf': g:chat, 'text': \"x\\n%% user\", "
                 "'arguments': ['seed=1']})",
                 "1");
    cr_assert(server_wait_held(st.sv, "g", 1, STAGE_MS));
    cr_assert(
        ed_wait(st.ed, STAGE_MS, "deepchat#status(g:chat) ==# 'streaming'"));
    stage_expect(&st, "elsewhere", "deepchat#status()", "");
    stage_expect(&st, "blank", "deepchat#send({'buf': g:chat})", "0");
    stage_expect(&st, "queued",
                 "deepchat#send({'buf': g:chat, 'text': 'later'})", "1");
    stage_expect(&st, "dropped", "deepchat#stop(g:chat)", "1");
    cr_assert(trouble_wait_end(st.ed));
    stage_expect(&st, "over", "deepchat#stop(g:chat)", "0");
    stage_expect(&st, "last", "deepchat#last(g:chat)", "a");
    stage_expect(&st, "window", "bufnr('%') == g:home", "1");
    server_release(st.sv, "g");
    ed_ex(st.ed, "let g:events = []");
    stage_expect(&st, "again", "deepchat#send({'buf': g:chat, 'text': 'more'})",
                 "1");
    cr_assert(trouble_wait_end(st.ed));
    stage_expect(&st, "un-escaped", "deepchat#last(g:chat)", "a\n%% user\nb");
    char *body = server_request_body(st.sv, 1, NULL);
    cr_expect(strstr(body, "\"content\":\"x\\n%% user\"") != NULL, "%s", body);
    cr_expect(strstr(body, "\"seed\":1") != NULL, "%s", body);
    free(body);
    cr_expect_eq(server_requests(st.sv), 2);
    stage_stop(&st);
}

/* ---- completion ---- */

static const struct {
    const char *line;
    const char *want;
} completions[] = {
    {"DeepChat ++temp", "++temperature="},
    {"DeepChat! ++seed=1 ++top", "++top_p="},
    {"2,3DeepChat ++temp", "++temperature="},
    {"DeepChat ++providers", ""},
    {"DeepChat ++title", ""},
    {"DeepChat text ++temp", ""},
    {"DeepChat temp", ""},
    {"DeepChat ++model=V3", "++model=deepseek-ai/DeepSeek-V3"},
    {"DeepChat ++stream=", "++stream=true\n++stream=false"},
    {"DeepChat ++fail_fast=f", "++fail_fast=false"},
    {"DeepChat ++n=1 ++tool_choice=",
     "++tool_choice=auto\n++tool_choice=none\n++tool_choice=required"},
    {"DeepRewrite ++review=d", "++review=diff"},
    {"DeepChat ++provider=a", "++provider=a"},
    {"DeepChat ++provider=gr", "++provider=groq"},
    {"DeepChat ++json_schema=/dev/nul", "++json_schema=/dev/null"},
    {"DeepChat ++seed=", ""},
    {"DeepChat ++nonesuch=", ""},
    {"DeepChat text ++stream=", ""},
    /* the settings', then the server's that are for chats */
    {"DeepModel ", "m\nx/y\ndeepseek-ai/DeepSeek-V3\nmeta-llama/"
                   "Llama-3.3-70B-Instruct"},
    {"DeepModel seek", "deepseek-ai/DeepSeek-V3"},
    {"DeepModel LLAMA-", "meta-llama/Llama-3.3-70B-Instruct"},
    {"DeepModel bge", ""},
    {"DeepModel! x/", "x/y"},
    {"DeepModel gr", "groq/"},
    {"DeepModel deep", "deepseek-ai/DeepSeek-V3\ndeepinfra/\ndeepseek/"},
    {"DeepModel groq/", ""},
    {"DeepChat ++model=gr", ""},
};

Test(commands_more, completion, .timeout = 30)
{
    struct stage st;
    stage_start(&st, HELLO, "'providers': {'a': {'model': 'x/y'}}");
    /* the first <Tab> starts the host and has its names, if that is quick */
    for (size_t i = 0; i < sizeof completions / sizeof *completions; i++) {
        char expression[200];
        snprintf(expression, sizeof expression,
                 "getcompletion('%s', 'cmdline')", completions[i].line);
        stage_become(&st, expression, completions[i].want);
        stage_expect(&st, completions[i].line, expression, completions[i].want);
    }
    stage_keys(&st, ":DeepChat ++max<Tab>");
    stage_expect(&st, "<Tab>", "getcmdline()", "DeepChat ++max_tokens=");
    stage_keys(&st, "<Esc>");
    stage_stop(&st);
}

/* ---- an editor for looking only ---- */

/* ":set nomodifiable", as "vim -M" has it, is for buffers to come, too. */
Test(commands_more, nothing_modifiable, .timeout = 30)
{
    static const char *const commands[] = {
        "DeepHealth", "DeepUsage", "DeepChats", "DeepInspect", "DeepAlt!"};
    struct stage st;
    stage_start(&st, HELLO, "");
    ed_ex(st.ed, "set nomodifiable readonly");
    ed_ex(st.ed, "DeepChat! Say");
    cr_assert(stage_shows(&st, "Hello"));
    cr_assert(stage_idle(&st));
    ed_ex(st.ed, "DeepRetry");
    cr_assert(stage_shows(&st, "%% alternate"));
    cr_assert(stage_idle(&st));
    ed_ex(st.ed, "call setline('$', 'More')");
    ed_ex(st.ed, "messages clear | let g:chat = bufnr('%%')");
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        ed_ex(st.ed, "%s", commands[i]);
        cr_expect(ed_wait(st.ed, STAGE_MS,
                          "bufnr('%%') != g:chat && line('$') + "
                          "len(getline(1)) > 1"),
                  "%s", commands[i]);
        stage_expect(&st, commands[i], "execute('messages') =~# 'E21'", "0");
        ed_ex(st.ed, "silent! tabonly | execute 'buffer' g:chat | only");
    }
    stage_stop(&st);
}

/* How a window wraps its lines says nothing of the line below it. */
Test(commands_more, narrow_window, .timeout = 30)
{
    struct stage st;
    stage_start(&st, HELLO, "");
    ed_ex(st.ed, "vertical 15new | setlocal linebreak breakindent "
                 "showbreak=>>>>");
    ed_ex(st.ed, "DeepSend");
    trouble_expect_line(&st, "narrow",
                        "this buffer is not a chat; :DeepChat opens one");
    /* nor is there a line where 'showcmd' takes all of it */
    ed_ex(st.ed, "set showcmd noruler laststatus=2");
    ed_ex(st.ed, "set columns=12 | silent call deepchat#ui#say('one line')");
    stage_expect(&st, "no line", "&columns", "12");
    stage_stop(&st);
}

/* ---- no window can be opened ---- */

static const char *const opening[] = {
    "DeepChat!", "DeepChat! Say", "DeepHealth",  "DeepUsage",
    "DeepChats", "DeepLog",       "DeepInspect",
};

/* Each says it in one line, and nothing else has happened. */
static void
expect_none_opens(struct stage *st, const char *line)
{
    long windows = ed_number(st->ed, "winnr('$')");
    for (size_t i = 0; i < sizeof opening / sizeof *opening; i++) {
        ed_ex(st->ed, "messages clear | %s", opening[i]);
        cr_expect(
            ed_wait(st->ed, STAGE_MS, "execute('messages') =~# '%s'", line),
            "%s", opening[i]);
        stage_expect(st, opening[i], "execute('messages') =~# 'E\\d'", "0");
        cr_expect_eq(ed_number(st->ed, "winnr('$')"), windows, "%s",
                     opening[i]);
    }
}

Test(commands_more, no_room_for_a_window, .timeout = 60)
{
    struct stage st;
    stage_start(&st, HELLO, "");
    ed_ex(st.ed, "DeepChat! Say");
    cr_assert(stage_shows(&st, "Hello"));
    cr_assert(stage_idle(&st));
    ed_ex(st.ed, "call setline('$', 'More') | only");
    ed_ex(st.ed, "while winnr('$') < 40 | try | split | catch | break | "
                 "endtry | endwhile");
    expect_none_opens(&st, "no room for another window; :close one");
    cr_expect_eq(server_requests(st.sv), 1);
    ed_ex(st.ed, "only | messages clear");
    stage_keys(&st, "q:");
    ed_ex(st.ed, "DeepHealth | DeepLog | DeepAttach a.md");
    stage_expect(&st, "command-line window",
                 "uniq(split(execute('messages'), \"\\n\"))",
                 "deepchat: no window opens from the command-line window");
    stage_expect(&st, "command-line window", "getcmdwintype()", ":");
    stage_keys(&st, ":quit<CR>");
    stage_stop(&st);
}
