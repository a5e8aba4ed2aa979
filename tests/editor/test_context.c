/* References in a turn: what goes along, what is refused, what stays. */
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "continue.h"
#include "lib/proc.h"
#include "lib/tmpdir.h"
#include "lib/trouble.h"

TestSuite(editor_context, .timeout = 120);

#define HELLO "token Hello" STOP
#define HEAD "---\nmodel: m\n---\n\n"
#define ANSWER                                                                 \
    "\n\n%% assistant finish=stop in=10 out=5 cost=0.001\n\nHello\n\n%% "      \
    "user\n\n"

static void
put_dir(const struct stage *st, const char *name)
{
    char *path = temp_path(ed_home(st->ed), name);
    mkdir(path, 0700);
    free(path);
}

static void
git(struct stage *st, const char *a, const char *b, const char *c)
{
    struct proc p;
    char *dir = temp_path(ed_home(st->ed), "p");
    const char *argv[] = {
        "git", "-C", dir, "-c", "user.name=x", "-c", "user.email=x@x",
        a,     b,    c,   NULL};
    proc_start(&p, argv, PROC_OUT);
    cr_assert(proc_wait(&p, STAGE_MS) && proc_stop(&p) == 0, "git %s", a);
    free(dir);
}

/* A project "p" in the home directory, and a secret beside it. */
static void
start(struct stage *st, const char *script)
{
    stage_start(st, script, "");
    put_dir(st, "p");
    put_dir(st, "p/sub");
    stage_put(st, "secret", "hush\n", 5);
    stage_put(st, "p/a.c", "int a;\nint b;\nint c;\n", 21);
    stage_put(st, "p/b c.md", "```c\nx\n```\n%% user\n", 19);
    stage_put(st, "p/sub/d.txt", "one\r\ntwo\r\n", 10);
    stage_put(st, "p/bin", "a\0b", 3);
    stage_put(st, "p/latin", "caf\xe9\n", 5);
    git(st, "init", "-q", NULL);
    git(st, "add", "a.c", NULL);
    git(st, "commit", "-qm", "x");
    stage_put(st, "p/a.c", "int a;\nint B;\nint c;\n", 21);
    ed_ex(st->ed, "cd %s/p", ed_home(st->ed));
}

#define FILE_A "%% context from=a.c\n\n```c\nint a;\nint B;\nint c;\n```\n\n"
#define LINES_2 "%% context from=a.c:2-3\n\n```c\nint B;\nint c;\n```\n\n"
#define EDITED "%% context from=sub/d.txt\n\n```text\none\nTWO\n```\n\n"

static const struct {
    const char *name;
    const char *setup;
    const char *above; /* what stands above the turn */
    const char *turn;
    const char *want; /* what is put above it */
    const char *last; /* part of the last message that is sent */
} rows[] = {
    {"a file", "", "", "Explain @file:a.c.", FILE_A,
     "\"```c\\nint a;\\nint B;\\nint c;\\n```\\n\\nExplain @file:a.c.\"}]"},
    {"some lines", "", "", "See (@file:a.c:2-3)", LINES_2,
     "\"```c\\nint B;\\nint c;\\n```\\n\\nSee (@file:a.c:2-3)\"}]"},
    {"once each", "", "", "@file:a.c #file:./a.c, @file:a.c:2-3",
     FILE_A LINES_2, "#file:./a.c, @file:a.c:2-3\"}]"},
    {"a fence inside, a marker, a blank", "", "", "@file:b\\ c.md",
     "%% context from=b%20c.md\n\n````md\n```c\nx\n```\n%%% user\n````\n\n",
     "\"````md\\n```c\\nx\\n```\\n%% user\\n````\\n\\n@file:b\\\\ c.md\"}]"},
    {"line ends", "", "", "@file:sub/d.txt",
     "%% context from=sub/d.txt\n\n```txt\none\ntwo\n```\n\n",
     "```txt\\none\\ntwo\\n```\\n\\n@file"},
    {"code and escapes", "", "",
     "`@file:a.c` \\@file:a.c x@file:a.c\n```\n@file:a.c\n```", "",
     "\"`@file:a.c` \\\\@file:a.c x@file:a.c\\n```\\n@file:a.c\\n```\"}]"},
    {"quotes, fences of list items", "", "",
     "> @file:a.c\n- > @file:a.c\n\n- ```\n  @file:a.c\n  ```\n@file:a.c:1",
     "%% context from=a.c:1\n\n```c\nint a;\n```\n\n", "a.c:1\"}]"},
    {"lines with CR LF", "", "", "```\r\nx\r\n```\r\n@file:a.c:2-3\r", LINES_2,
     "int c;\\n```\\n\\n"},
    {"no empty line above", "", "%% system\nBe brief\n", "@file:a.c:1",
     "%% context from=a.c:1\n\n```c\nint a;\n```\n\n",
     "\"Be brief\"},{\"role\":\"user\",\"content\":\"```c\\nint a;\\n```\\n\\n"
     "@file:a.c:1\"}]"},
    {"is there already", "", FILE_A, "@file:a.c and @file:a.c:2-3", LINES_2,
     "int c;\\n```\\n\\n@file:a.c and @file:a.c:2-3\"}]"},
    {"not in an attached file", "",
     "%% context from=x\n\n```\n@file:a.c\n```\n\n", "What?", "",
     "\"```\\n@file:a.c\\n```\\n\\nWhat?\"}]"},
    {"not in earlier turns", "",
     "%% user\n\n@file:a.c\n\n%% assistant\n\n@file:a.c\n\n", "What?", "",
     "{\"role\":\"user\",\"content\":\"What?\"}]"},
    {"the diff", "", "", "@diff", NULL, "-int b;\\n+int B;\\n int c;\\n```"},
    {"the quickfix list",
     "call setqflist([{'filename': 'a.c', 'lnum': 2, 'col': 5, 'type': 'E', "
     "'text': 'no'}, {'text': 'done'}])",
     "", "@quickfix",
     "%% context from=quickfix\n\n```\na.c:2:5: error: no\ndone\n```\n\n",
     "error: no\\ndone"},
    {"an open file as it is there",
     "edit sub/d.txt | call setline(2, 'TWO') | let g:d = bufnr('%')", "",
     "@file:sub/d.txt", EDITED, "TWO"},
    {"a file of another encoding",
     "silent write | edit ++enc=latin1 latin | bprevious", "", "@file:latin",
     "%% context from=latin\n\n```\ncaf\u00e9\n```\n\n", "caf\u00e9"},
    {"an open file, written", "", "", "@file:sub/d.txt",
     "%% context from=sub/d.txt\n\n```text\none\nTWO\n```\n\n", "TWO"},
    {"the same by its buffer", "", "", "@buffer", EDITED, "TWO"},
    {"by its name", "", "", "@buffer:d.txt:2",
     "%% context from=sub/d.txt:2\n\n```text\nTWO\n```\n\n", "TWO"},
    {"a file that was never written",
     "let g:n = bufadd('n.c') | call bufload(g:n) | "
     "call setbufline(g:n, 1, 'int n;')",
     "", "@file:sub/../n.c", "%% context from=n.c\n\n```c\nint n;\n```\n\n",
     "int n;"},
    {"the selection", "execute 'normal! GV' | execute \"normal! \\<Esc>\"", "",
     "@selection", "%% context from=sub/d.txt:2\n\n```text\nTWO\n```\n\n",
     "TWO"},
    {"the selection, upwards",
     "execute 'normal! GVk' | execute \"normal! \\<Esc>\"", "", "@selection",
     "%% context from=sub/d.txt:1-2\n\n```text\none\nTWO\n```\n\n", "TWO"},
};

static char *
join(const char *a, const char *b, const char *c, const char *d)
{
    char *text = NULL;
    cr_assert(asprintf(&text, "%s%s%s%s", a, b, c, d) >= 0);
    return text;
}

static void
check_row(struct stage *st, size_t i)
{
    const char *name = rows[i].name;
    char *draft = join(HEAD, rows[i].above, "%% user\n\n", rows[i].turn);
    stage_script(st, HELLO);
    ed_ex(st->ed, "%s", rows[i].setup);
    load_chat(st, draft);
    ed_ex(st->ed, "DeepSend");
    cr_assert(trouble_wait_end(st->ed), "%s", name);
    expect_line(st, name, "");
    expect_events(st, name, "Start\nDone stop");
    char *body = server_request_body(st->sv, 1, NULL);
    cr_expect(strstr(body, rows[i].last) != NULL, "%s: %s", name, body);
    free(body);
    if (rows[i].want != NULL) {
        char *above = join(HEAD, rows[i].above, rows[i].want, "%% user\n\n");
        char *want = join(above, rows[i].turn, ANSWER, "");
        stage_expect_text(st, name, want);
        free(above);
        free(want);
    }
    /* it is one step */
    ed_ex(st->ed, "silent undo");
    stage_expect_text(st, name, draft);
    free(draft);
    ed_ex(st->ed, "silent redo | hide enew | silent! bwipeout! # | "
                  "execute exists('g:d') ? 'buffer ' . g:d : ''");
}

/* A question that was edited takes along what it says now. */
static void
check_retry(struct stage *st)
{
    static const char text[] =
        HEAD "%% user\n\n@file:a.c:1\n\n%% assistant\n\nOne\n\n%% user\n\n";
    load_chat(st, text);
    stage_script(st, "status 405\nbody x\n");
    ed_ex(st->ed, "DeepRetry");
    cr_assert(trouble_wait_end(st->ed), "refused");
    stage_expect_text(st, "all as it was", text);
    stage_script(st, HELLO);
    ed_ex(st->ed, "let g:events = [] | DeepRetry");
    cr_assert(trouble_wait_end(st->ed), "retry");
    stage_expect_text(st, "retry",
                      HEAD
                      "%% context from=a.c:1\n\n```c\nint a;\n```\n\n"
                      "%% user\n\n@file:a.c:1\n\n%% alternate\n\nOne" ANSWER);
    char *body = server_request_body(st->sv, 1, NULL);
    cr_expect(strstr(body, "\"```c\\nint a;\\n```\\n\\n@file:a.c:1\"}]") !=
                  NULL,
              "%s", body);
    free(body);
    ed_ex(st->ed, "silent undo");
    stage_expect_text(st, "one step", text);
}

/* A turn may be long, and what is no name may be, too. */
static void
check_long(struct stage *st)
{
    static const char script[] =
        "let g:t = reltime() | let g:n = len(deepchat#reference#find("
        "['see @file:a.c'] + repeat(['a `log`', ''], 20000) + ['@file:' . "
        "repeat(')', 60000)])) | let g:t = reltimefloat(reltime(g:t))";
    ed_ex(st->ed, "%s", script);
    stage_expect(st, "long", "g:n . (g:t < 5.0)", "11");
}

/* What a fork sends takes its own files along, and no role is asked for. */
static void
check_fork(struct stage *st)
{
#define FORK_HEAD HEAD "%% context from=/fix/x.c\n\nold\n\n"
    stage_script(st, HELLO);
    load_chat(st, FORK_HEAD "%% user\n\n@file:a.c:1\n\n%% assistant\n\nOne"
                            "\n\n%% user\n\nmore");
    ed_ex(st->ed, "11DeepSend");
    cr_assert(trouble_wait_end(st->ed), "fork");
    stage_expect_text(st, "fork",
                      FORK_HEAD
                      "%% context from=a.c:1\n\n```c\nint a;\n```\n\n"
                      "%% user\n\n@file:a.c:1\n\n%% alternate\n\n"
                      "%%% assistant\n\nOne\n\n%%% user\n\nmore" ANSWER);
    char *body = server_request_body(st->sv, 1, NULL);
    cr_expect(strstr(body, "\"old\\n\\n```c\\nint a;\\n```\\n\\n@file:a.c:1\""
                           "}],\"stream\":true") != NULL,
              "%s", body);
    free(body);
}

Test(editor_context, goes_along)
{
    struct stage st;
    start(&st, NULL);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        check_row(&st, i);
    check_fork(&st);
    check_retry(&st);
    check_long(&st);
    stage_stop(&st);
}

/* Of the buffer that the chat was opened from, whichever list has them. */
Test(editor_context, diagnostics)
{
    struct stage st;
    start(&st, HELLO);
    ed_ex(st.ed, "edit a.c");
    ed_ex(st.ed, "call setloclist(0, [{'bufnr': bufnr('%%'), 'lnum': 2, 'col': "
                 "5, 'type': 'W', 'text': \"o\\ndd\"}, {'text': 'other'}])");
    for (int i = 1; i <= 2; i++) {
        ed_ex(st.ed, "let g:events = [] | DeepChat! why @diagnostics?");
        cr_assert(trouble_wait_end(st.ed));
        char *body = server_request_body(st.sv, (size_t)i, NULL);
        cr_expect(strstr(body, "\"```\\na.c:2:5: warning: o dd\\n```\\n\\nwhy "
                               "@diagnostics?\"") != NULL,
                  "%s", body);
        free(body);
        ed_ex(st.ed, "bwipeout!");
        if (i == 1)
            ed_ex(st.ed,
                  "if has('nvim') | call setloclist(0, []) | call "
                  "luaeval('vim.diagnostic.set(vim.api.nvim_create_namespace("
                  "\"x\"), 0, {{lnum = 1, col = 4, severity = 2, message = "
                  "\"o\\ndd\"}})') | endif");
    }
    stage_stop(&st);
}

/* ---- :DeepAttach --------------------------------------------------------- */

static void
command(struct stage *st, const char *name, const char *ex, const char *line)
{
    ed_ex(st->ed, "messages clear | %s", ex);
    if (line[0] != '\0')
        cr_expect(ed_wait(st->ed, STAGE_MS, "execute('messages') =~# 'd'"),
                  "%s", name);
    expect_line(st, name, line);
}

static void
completed_name(struct stage *st)
{
    ed_ex(st->ed, "call writefile(['d'], '$d') | execute 'DeepAttach' "
                  "fnameescape('$d')");
    cr_assert(stage_shows(st, "from=$d\n\n```\nd\n```"));
    ed_ex(st->ed, "silent undo");
}

/* What has become of a file cannot be had: its turn stays. */
static void
cannot_be_had(struct stage *st, const char *want)
{
    stage_put(st, "p/sub/d.txt", "one\r\n", 5);
    ed_ex(st->ed, "messages clear | DeepAttach!");
    cr_expect(ed_wait(st->ed, STAGE_MS,
                      "execute('messages') =~# '/sub/d.txt has 1 line; "
                      "no context turn has changed$'"));
    stage_expect_text(st, "what cannot be had stays", want);
    stage_put(st, "p/sub/d.txt", "one\r\n2\r\n", 8);
}

/* The source is in a buffer, saved or not. */
static void
in_a_buffer(struct stage *st)
{
    ed_ex(st->ed, "split sub/d.txt | call setline(2, 'two') | wincmd p | "
                  "doautocmd FocusGained");
    cr_assert(ed_wait(st->ed, STAGE_MS, "empty(b:deepchat_stale)"));
    ed_ex(st->ed,
          "wincmd p | call setline(2, 'zwei') | silent write | wincmd p");
    cr_assert(
        ed_wait(st->ed, STAGE_MS, "!empty(get(b:, 'deepchat_stale', {}))"));
    /* opened from elsewhere, it knows where that was */
    ed_ex(st->ed, "let b:deepchat = {} | DeepSend");
    cr_assert(stage_idle(st) && stage_shows(st, "Hello"));
    ed_ex(st->ed, "let g:f = expand('%%:p') | silent %%bwipeout! | cd / | "
                  "execute 'edit' fnameescape(g:f)");
    cr_assert(
        ed_wait(st->ed, STAGE_MS, "!empty(get(b:, 'deepchat_stale', {}))"));
}

Test(editor_context, attach)
{
#define D_2 "%% context from=sub/d.txt:2\n\n```txt\ntwo\n```\n\n"
#define BC                                                                     \
    "%% context from=b%20c.md\n\n````md\n```c\nx\n```\n%%% user\n````\n\n"
    static const char tail[] = "%% user\n\n@file:a.c";
    struct stage st;
    start(&st, HELLO);
    command(&st, "none", "DeepAttach", "which file? :DeepAttach {file...}");
    command(&st, "missing", "DeepAttach a.c none",
            "no file none; nothing was attached");
    command(&st, "one of them", "DeepAttach a.c *.none",
            "no file *.none; nothing was attached");
    put_dir(&st, "p/d.md");
    command(&st, "no chat", "wincmd p | DeepAttach!",
            "this buffer is not a chat; :DeepChat opens one");
    load_chat(&st, HEAD "%% user\n\n@file:a.c");
    ed_ex(st.ed, "cd sub | DeepAttach d.txt:2 ../*.md | DeepAttach d.txt:2");
    cr_assert(stage_shows(&st, "````"));
    ed_ex(st.ed, "cd ..");
    char *want = join(HEAD D_2 BC, tail, "", "");
    stage_expect_text(&st, "attached", want);
    command(&st, "again", "DeepAttach b\\ c.md",
            "attached already; :DeepAttach! takes what has changed");
    command(&st, "anew", "DeepAttach!", "no context turn has changed");
    completed_name(&st);
    /* what has changed since */
    stage_put(&st, "p/sub/d.txt", "one\r\n2\r\n", 8);
    ed_ex(st.ed, "silent! %%foldopen! | doautocmd FocusGained");
    cr_assert(
        ed_wait(st.ed, STAGE_MS, "!empty(get(b:, 'deepchat_stale', {}))"));
    char *behind = ed_behind(st.ed);
    cr_expect_str_eq(behind, "5:  changed since", "%s", behind);
    free(behind);
    ed_ex(st.ed, "call deepchat#turn#refold(bufnr('%%')) | normal! zM");
    stage_expect(&st, "fold", "foldtextresult(5)",
                 "+ context sub/d.txt:2 (1 line, changed since): two ");
    stage_expect_text(&st, "nothing changes by itself", want);
    command(&st, "others", "DeepAttach! b\\ c.md",
            "no context turn has changed");
    command(&st, "not there", "DeepAttach! a.c",
            "no context turn here comes from that");
    cannot_be_had(&st, want);
    command(&st, "changed", "DeepAttach!", "1 context turn taken anew");
    cr_assert(ed_wait(st.ed, STAGE_MS, "empty(b:deepchat_stale)"));
    behind = ed_behind(st.ed);
    cr_expect_str_eq(behind, "", "%s", behind);
    free(behind);
    cr_assert(stage_shows(&st, "```txt\n2\n```"));
    ed_ex(st.ed, "silent undo");
    stage_expect_text(&st, "one step", want);
    in_a_buffer(&st);
    free(want);
    stage_stop(&st);
}

/* ---- 'omnifunc' ---------------------------------------------------------- */

static const struct {
    const char *line;
    int lnum; /* where: in the front matter, or the user's turn */
    const char *want;
} words[] = {
    {"@", 6,
     "0 @file: @buffer @buffer: @selection @diagnostics @quickfix @diff"},
    {"see (#d", 6, "5 #diagnostics #diff"},
    {"@file:", 6,
     "0 @file:a.c @file:b\\ c.md @file:bin @file:latin @file:sub/"},
    {"x @file:sub/", 6, "2 @file:sub/d.txt"},
    {"@file:b\\ ", 6, "0 @file:b\\ c.md"},
    {"@file:none", 6, "0 "},
    {"@buffer:d.", 6, "0 @buffer:sub/d.txt"},
    {"@buffer:none", 6, "0 "},
    {"![x](su", 6, "5 sub/"},
    {"word", 6, "-3"},
    {"x@fi", 6, "-3"},
    {"@", 9, "-3"},
    {"temp", 2, "0 temperature: "},
    {"base", 2, "0 "},
    {"service_tier: p", 2, "14 priority"},
};

Test(editor_context, completion)
{
    struct stage st;
    start(&st, HELLO);
    ed_ex(st.ed, "edit sub/d.txt");
    stage_host(&st);
    load_chat(&st, "---\n\n---\n%% user\n\n\n%% assistant\n\n\n%% user\n");
    ed_ex(st.ed, "function! Omni(lnum, text)\n"
                 "call setline(a:lnum, a:text)\n"
                 "call cursor(a:lnum, strlen(a:text) + 1)\n"
                 "let &virtualedit = 'onemore'\n"
                 "call cursor(a:lnum, strlen(a:text) + 1)\n"
                 "let l:at = deepchat#omni#complete(1, '')\n"
                 "let l:found = l:at < 0 ? [] : deepchat#omni#complete(0, "
                 "a:text[l:at :])\n"
                 "call setline(a:lnum, '')\n"
                 "return l:at . (l:at < 0 ? '' : ' ') . join(map(l:found, "
                 "'type(v:val) == v:t_dict ? v:val.word : v:val'))\n"
                 "endfunction");
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        char *got =
            ed_eval(st.ed, "Omni(%d, '%s')", words[i].lnum, words[i].line);
        cr_expect_str_eq(got, words[i].want, "%s: %s", words[i].line, got);
        free(got);
    }
    ed_ex(st.ed, "set virtualedit= completeopt=menu");
    stage_keys(&st, "G"
                    "o@fi<C-x><C-o>a.c and @dif<C-x><C-o>.<Esc>");
    stage_expect(&st, "typed", "getline('.')", "@file:a.c and @diff.");
    stage_stop(&st);
}
