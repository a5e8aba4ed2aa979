/* The commands: arguments, ranges, modifiers, and what they send. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/proc.h"
#include "lib/trouble.h"

#define HELLO "token Hello\nfinish stop\ndone\n"
#define REQUEST(members, content)                                              \
    "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"" content \
    "\"}]" members ",\"stream\":true,\"stream_options\":{\"include_usage\":"   \
    "true}}"

static void
expect_request(struct stage *st, const char *name, const char *want)
{
    cr_assert(trouble_wait_end(st->ed), "%s: no end", name);
    char *body = server_request_body(st->sv, 1, NULL);
    cr_expect_str_eq(body, want, "%s\n got: <%s>\nwant: <%s>", name, body,
                     want);
    free(body);
}

static void
fresh(struct stage *st)
{
    stage_script(st, HELLO);
    trouble_reset(st);
    ed_ex(st->ed, "messages clear | silent! only! | enew!");
}

/* ---- :DeepModel ---- */

static const struct {
    const char *name;
    const char *buffer; /* NULL: not a chat */
    const char *command;
    const char *line;
    const char *check, *want;
} models[] = {
    {"shown", "---\\nmodel: b/c\\n---", "DeepModel", "model is b/c",
     "deepchat#model#of(bufnr('%'))", "b/c"},
    {"of the settings", NULL, "DeepModel", "model is m", "&filetype", ""},
    {"none", NULL, "unlet g:deepchat.model | DeepModel",
     "no model is set; the server takes its own", "&filetype", ""},
    {"replaced", "---\\nmodel: a\\nn: 1\\n---\\n\\n%% user", "DeepModel b/c",
     "", "join(getline(1, '$'), '|')", "---|model: b/c|n: 1|---||%% user"},
    {"added", "---\\nseed: 1\\n---\\n\\n%% user", "DeepModel b", "",
     "join(getline(1, '$'), '|')", "---|model: b|seed: 1|---||%% user"},
    {"front matter made", "%% user\\n\\nSay", "DeepModel b", "",
     "join(getline(1, '$'), '|')", "---|model: b|---||%% user||Say"},
    {"of a buffer", NULL, "DeepModel b", "model of this buffer is b",
     "b:deepchat.model . g:deepchat.model", "bm"},
    {"in a pipe", NULL, "DeepModel b | let g:piped = 1",
     "model of this buffer is b", "g:piped", "1"},
    {"what is known", NULL, "DeepModel known/big",
     "model of this buffer is known/big \u00b7 128k \u00b7 $0.10/$0.30",
     "b:deepchat.model", "known/big"},
    {"all that is known", "---\\nmodel: known/big\\n---", "DeepModel",
     "model is known/big \u00b7 128k \u00b7 $0.10/$0.30 \u00b7 chat tools",
     "getline(2)", "model: known/big"},
    {"of a chat", "%% user", "DeepModel a/b", "model is a/b \u00b7 8k",
     "getline(2)", "model: a/b"},
    {"a typing error", "%% user", "DeepModel known/bgi",
     "no model known/bgi; did you mean known/big?", "getline(2)",
     "model: known/bgi"},
    {"nobody's", NULL, "DeepModel else", "HOST lists no model else",
     "b:deepchat.model", "else"},
    {"a version", NULL, "DeepModel else:1", "model of this buffer is else:1",
     "b:deepchat.model", "else:1"},
};

/* The names of the other rows, of which nothing is known, and two more. */
static const char list[] =
    "json {\"data\":[{\"id\":\"m\"},{\"id\":\"b\"},{\"id\":\"b/c\"},{\"id\":"
    "\"a/b\",\"context_length\":8192},{\"id\":\"known/big\",\"metadata\":{"
    "\"context_length\":131072,\"pricing\":{\"input_tokens\":0.1,"
    "\"output_tokens\":0.3},\"tags\":[\"chat\",\"tools\"]}}]}\n";

Test(commands, model, .timeout = 30)
{
    struct stage st;
    stage_start(&st, HELLO, "");
    server_script(st.sv, "t.models", list);
    /* what the host knows by then it says in time */
    stage_host(&st);
    cr_assert(
        ed_wait(st.ed, STAGE_MS, "execute('DeepModel known/big') =~# '128k'"));
    for (size_t i = 0; i < sizeof models / sizeof *models; i++) {
        fresh(&st);
        if (models[i].buffer != NULL) {
            ed_ex(st.ed, "DeepChat!");
            ed_ex(st.ed,
                  "only! | silent %%delete _ | call setline(1, "
                  "split(\"%s\", '\\n')) | messages clear",
                  models[i].buffer);
        }
        ed_ex(st.ed, "%s", models[i].command);
        char *line = trouble_line(&st, models[i].line);
        trouble_expect_line(&st, models[i].name, line);
        free(line);
        stage_expect(&st, models[i].name, models[i].check, models[i].want);
    }
    /* for good: a line for the vimrc, which does what it says */
    fresh(&st);
    ed_ex(st.ed, "DeepModel! x'y");
    stage_expect(&st, "!", "g:deepchat.model", "x'y");
    ed_ex(st.ed, "let g:line = trim(execute('messages'))");
    stage_expect(&st, "one line", "g:line", "let g:deepchat.model = 'x''y'");
    ed_ex(st.ed, "let g:deepchat.model = 'm'");
    ed_ex(st.ed, "execute g:line");
    stage_expect(&st, "the line", "g:deepchat.model", "x'y");
    stage_expect(&st, "the rest", "has_key(g:deepchat, 'base_url')", "1");
    ed_ex(st.ed, "messages clear | unlet g:deepchat | DeepModel! y");
    stage_expect(&st, "no settings", "trim(execute('messages'))",
                 "let g:deepchat = {'model': 'y'}");
    ed_ex(st.ed, "messages clear | execute 'DeepModel!' repeat('x', 300)");
    ed_ex(st.ed, "redraw");
    stage_expect(&st, "long",
                 "strdisplaywidth(trim(execute('messages'))) <= v:echospace",
                 "1");
    stage_expect(&st, "long", "strlen(g:deepchat.model)", "300");
    stage_stop(&st);
}

/* ---- what a new chat begins with ---- */

#define OWN(more) "{'providers': {'own': {" more "}}, 'provider': "

static const struct {
    const char *settings; /* g:deepchat */
    const char *want;     /* the first lines of a new chat */
} firsts[] = {
    {"{}", "---\nmodel: deepseek-ai/DeepSeek-V3\n---"},
    {"{'model': 'a'}", "---\nmodel: a\n---"},
    {"{'base_url': 'http://h/v1'}", "%% system\n\ns"},
    {OWN("'base_url': 'http://h/v1', 'model': 'x'") "'own', 'model': 'a'}",
     "---\nmodel: x\n---"},
    {OWN("'base_url': 'http://h/v1'") "'own', 'model': 'a'}", "%% system\n\ns"},
    {OWN("'top_p': 1") "'own', 'model': 'a'}", "---\nmodel: a\n---"},
    {OWN("'model': 'x'") "'deepinfra', 'model': 'a'}",
     "---\nmodel: deepseek-ai/DeepSeek-V3\n---"},
    {OWN("'model': 'x'") "'nobody'}", "%% system\n\ns"},
    {"{'providers': [], 'provider': 'own'}", "%% system\n\ns"},
    {"{'model': {}}", "---\nmodel: deepseek-ai/DeepSeek-V3\n---"},
    {"{'system': ['s']}", "---\nmodel: deepseek-ai/DeepSeek-V3\n---"},
    {"{'host': []}", "---\nmodel: deepseek-ai/DeepSeek-V3\n---"},
    {"[]", "---\nmodel: deepseek-ai/DeepSeek-V3\n---"},
    {"{'model': 'a'} | let b:deepchat = []", "---\nmodel: a\n---"},
    {"{'model': 'a'} | let b:deepchat = {'model': 'b'}", "---\nmodel: b\n---"},
    {OWN("'model': 'x'") "''} | let b:deepchat = {'provider': 'own'}",
     "---\nprovider: own\nmodel: x"},
};

Test(commands, new_chat, .timeout = 30)
{
    struct stage st;
    stage_start(&st, HELLO, "");
    /* a buffer named so may be there already */
    ed_ex(st.ed,
          "call map([1, 2], 'bufload(bufadd(\"deepchat://\" . v:val))')");
    for (size_t i = 0; i < sizeof firsts / sizeof *firsts; i++) {
        ed_ex(st.ed, "silent! only! | enew! | messages clear");
        ed_ex(st.ed, "let g:deepchat = %s", firsts[i].settings);
        ed_ex(st.ed, "if type(g:deepchat) == v:t_dict | let g:deepchat = "
                     "extend({'system': 's'}, g:deepchat) | endif");
        ed_ex(st.ed, "DeepChat!");
        stage_expect(&st, firsts[i].settings, "getline(1, 3)", firsts[i].want);
    }
    ed_ex(st.ed, "let g:deepchat = {'chat_dir': []}");
    stage_expect(&st, "chat_dir", "type(deepchat#file#chat_dir())", "1");
    /* what is wrong is said once, by the host */
    ed_ex(st.ed, "messages clear | let g:deepchat = {'system': ['s']}");
    ed_ex(st.ed, "DeepChat! Hi");
    cr_assert(trouble_wait_end(st.ed));
    trouble_expect_line(&st, "told", "system is [\"s\"], takes text");
    stage_stop(&st);
}

/* Names from anywhere are shown on one line, whatever they are. */
Test(commands, one_line, .timeout = 30)
{
    static const char *const names[] = {
        "repeat('x', 300)", "repeat('\u65e5', 300)",
        "\"a\\e[2J\\nb\\x07\" . repeat('\u0301x', 100)"};
    struct stage st;
    stage_start(&st, HELLO, "");
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        ed_ex(st.ed,
              "messages clear | execute 'DeepModel!' 'm' | let "
              "g:deepchat.model = %s | messages clear | DeepModel",
              names[i]);
        ed_ex(st.ed, "redraw");
        stage_expect(&st, names[i],
                     "execute('messages') =~# '^\n[^[:cntrl:]]*$'", "1");
        stage_expect(&st, names[i],
                     "strdisplaywidth(trim(execute('messages'))) <= "
                     "v:echospace",
                     "1");
        stage_expect(&st, names[i], "mode()", "n");
        char *screen = ed_screen(st.ed);
        cr_expect(strstr(screen, "Press ENTER") == NULL, "%s", screen);
        free(screen);
    }
    stage_stop(&st);
}

/* ---- arguments and ranges ---- */

static const struct {
    const char *name;
    const char *setup;
    const char *command;
    const char *request;
} asks[] = {
    {"text", NULL, "DeepChat! a | b \"c\\ % # <cword>",
     REQUEST("", "a | b \\\"c\\\\ % # <cword>")},
    {"options", NULL,
     "DeepChat! ++temperature=0.5 ++seed=7 ++stop=[\"a\",\"b\"] ++fail_fast Hi",
     REQUEST(",\"temperature\":0.5,\"stop\":[\"a\",\"b\"],\"seed\":7,"
             "\"fail_fast\":true",
             "Hi")},
    {"not options", NULL, "DeepChat! a ++temperature=0.5",
     REQUEST("", "a ++temperature=0.5")},
    {"b:deepchat",
     "autocmd FileType deepchat ++once let b:deepchat = "
     "{'top_p': 0.5}",
     "DeepChat! Hi", REQUEST(",\"top_p\":0.5", "Hi")},
    {"a range",
     "call setline(1, ['int', 'main;', '%% user', '```']) | setfiletype c",
     "2,4DeepChat! Why?",
     REQUEST("", "````c\\nmain;\\n%% user\\n```\\n````\\n\\nWhy?")},
    {"the whole buffer", "call setline(1, ['a', 'b'])", "%DeepChat! Why?",
     REQUEST("", "```\\na\\nb\\n```\\n\\nWhy?")},
    {"one behind the other", NULL, "execute 'DeepChat! Hi' | DeepChat more",
     REQUEST("", "Hi")},
};

Test(commands, chat_arguments, .timeout = 30)
{
    struct stage st;
    stage_start(&st, HELLO, "");
    for (size_t i = 0; i < sizeof asks / sizeof *asks; i++) {
        fresh(&st);
        if (asks[i].setup != NULL)
            ed_ex(st.ed, "%s", asks[i].setup);
        ed_ex(st.ed, "%s", asks[i].command);
        expect_request(&st, asks[i].name, asks[i].request);
        trouble_expect_line(&st, asks[i].name, "");
    }
    stage_stop(&st);
}

/* A range without text is attached, and nothing is sent. */
Test(commands, range_without_text, .timeout = 30)
{
    struct stage st;
    stage_start(&st, HELLO, "");
    ed_ex(st.ed, "call setline(1, ['a b', 'c']) | silent file x\\ y\\%%.c");
    ed_ex(st.ed, "1DeepChat!");
    stage_expect_text(&st, "range",
                      "---\nmodel: m\n---\n\n%% context "
                      "from=x%20y%25.c:1-1\n\n```\na b\n```\n\n%% user\n\n");
    stage_expect(&st, "cursor", "line('.') == line('$')", "1");
    cr_expect_eq(server_requests(st.sv), 0);
    /* a draft that stands there goes with the text */
    ed_ex(st.ed, "call setline('$', 'draft')");
    ed_ex(st.ed, "DeepChat more");
    expect_request(&st, "draft",
                   REQUEST("", "```\\na b\\n```\\n\\ndraft\\n\\n"
                               "more"));
    stage_stop(&st);
}

/* A chat in which no turn is marked yet is a question below its front matter.
 */
Test(commands, range_without_a_marker, .timeout = 30)
{
    static const char *const rows[][2] = {
        {"['---', 'model: m', '---', '', 'Say']",
         "---\nmodel: m\n---\n\nCONTEXT%% user\n\nSay\n\nWhy?"},
        {"['---', 'model: m', '---', 'Say']",
         "---\nmodel: m\n---\nCONTEXT%% user\n\nSay\n\nWhy?"},
        {"['---', 'Say']", "CONTEXT%% user\n\n---\nSay\n\nWhy?"},
        {"['']", "CONTEXT%% user\n\nWhy?"},
    };
    struct stage st;
    stage_start(&st, HELLO, "");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        fresh(&st);
        ed_ex(st.ed, "DeepChat!");
        ed_ex(st.ed, "silent %%delete _ | call setline(1, %s)", rows[i][0]);
        ed_ex(st.ed, "call deepchat#chat#add_context(bufnr('%%'), ['CONTEXT']) "
                     "| call deepchat#chat#add_text(bufnr('%%'), ['Why?'])");
        ed_ex(st.ed, "silent %%substitute/CONTEXT\\n/CONTEXT/");
        stage_expect_text(&st, rows[i][0], rows[i][1]);
    }
    stage_stop(&st);
}

/* ---- where nothing can be done ---- */

Test(commands, refused, .timeout = 30)
{
    static const char *const commands[] = {
        "DeepChat Hi", "1,2DeepChat", "DeepModel b",
        "call deepchat#send({'text': 'Hi'})", "call deepchat#chat#send_key()"};
    struct stage st;
    stage_start(&st, HELLO, "");
    ed_ex(st.ed, "DeepChat! ++seed=7");
    trouble_expect_line(&st, "options alone",
                        "options hold for the text behind them; there is none");
    ed_ex(st.ed, "call setline(5, ['%%%% assistant', '', 'Yes', '']) | "
                 "setlocal nomodifiable | let g:text = getline(1, '$')");
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        ed_ex(st.ed, "messages clear");
        ed_ex(st.ed, "%s", commands[i]);
        trouble_expect_line(&st, commands[i],
                            "'modifiable' is off in this chat; nothing was "
                            "done");
        stage_expect(&st, commands[i], "getline(1, '$') ==# g:text", "1");
    }
    ed_ex(st.ed, "messages clear");
    stage_keys(&st, "q:");
    ed_ex(st.ed, "DeepChat Hi");
    stage_expect(&st, "command-line window", "trim(execute('messages'))",
                 "deepchat: no chat opens from the command-line window");
    stage_keys(&st, ":quit<CR>");
    cr_expect_eq(server_requests(st.sv), 0);
    stage_stop(&st);
}

/* ---- where a chat opens ---- */

static const struct {
    const char *mods;
    const char *check;
    const char *want;
} windows[] = {
    {"", "winlayout()[0] . winnr('$') . tabpagenr('$')", "col21"},
    {"vertical", "winlayout()[0] . winnr('$') . tabpagenr('$')", "row21"},
    {"tab", "winnr('$') . tabpagenr('$') . tabpagenr()", "122"},
    {"botright", "winnr() . winnr('$') . winlayout()[0]", "44col"},
    {"topleft vertical", "winnr() . winnr('$') . winlayout()[0]", "14row"},
};

Test(commands, modifiers, .timeout = 30)
{
    struct stage st;
    stage_start(&st, HELLO, "");
    for (size_t i = 0; i < sizeof windows / sizeof *windows; i++) {
        ed_ex(st.ed, "silent! tabonly! | silent! only! | enew!");
        if (windows[i].want[1] == '4')
            ed_ex(st.ed, "vertical new | wincmd l | split");
        ed_ex(st.ed, "%s DeepChat!", windows[i].mods);
        stage_expect(&st, windows[i].mods, windows[i].check, windows[i].want);
        stage_expect(&st, windows[i].mods, "&filetype", "deepchat");
        stage_expect(&st, windows[i].mods, "mode()", "n");
        /* visible: its window is used, whatever the modifier */
        ed_ex(st.ed, "let g:chat = bufnr('%%') | wincmd p | let g:n = "
                     "winnr('$')");
        ed_ex(st.ed, "vertical DeepChat");
        stage_expect(&st, windows[i].mods,
                     "bufnr('%') == g:chat && winnr('$') <= g:n", "1");
    }
    stage_stop(&st);
}

/* ---- forks ---- */

Test(commands, send_with_a_range_forks, .timeout = 30)
{
    struct stage st;
    stage_start(&st, HELLO, "");
    ed_ex(st.ed, "DeepChat!");
    ed_ex(st.ed, "only! | silent %%delete _");
    ed_ex(st.ed, "call setline(1, ['%%%% user', '', 'One', '', "
                 "'%%%% assistant', '', 'First', '%%%%%% user', '', "
                 "'%%%% user', '', 'Two', '', '%%%% assistant', '', 'Second', "
                 "'', '%%%% user', ''])");
    ed_ex(st.ed, "messages clear | 3DeepSend");
    expect_request(&st, "fork", REQUEST("", "One"));
    stage_expect_text(&st, "fork",
                      "%% user\n\nOne\n\n"
                      "%% alternate\n\n%%% assistant\n\nFirst\n%%%% user\n\n"
                      "%%% user\n\nTwo\n\n%%% assistant\n\nSecond\n\n"
                      "%% assistant finish=stop\n\nHello\n\n%% user\n\n");
    trouble_expect_line(&st, "fork", "");
    /* one step of undo takes all of it back */
    ed_ex(st.ed, "undo");
    stage_expect(&st, "undo", "getline(5) . getline('$')", "%% assistant");
    stage_stop(&st);
}
