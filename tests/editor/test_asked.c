/* Which files a send looks for, and the text that it takes: what nearly looks
 * like one, at the ends of a chat and after each edit. */
#include <stdio.h>

#include "continue.h"

TestSuite(editor_asked, .timeout = 120);

/* Lines as a Vim list; a "\n" in one is a NUL. */
static const struct {
    const char *name, *lines, *want;
} asked[] = {
    {"nothing", "['%% user', '', 'a! b [c](d) # e @f']", ""},
    /* images */
    {"all there is", "['![](a)']", "a"},
    {"first and last", "['![](a)', 'q', '![](b)']", "a b"},
    {"indented", "['%% user', '', '   ![](a)', '    ![](b)']", "a"},
    {"nearly", "['!  [](a)', '!(a)[]', 'x ![](a)', '[!](a)', '!']", ""},
    {"CRLF", "[\"%% user\\r\", \"\\r\", \"![](a)\\r\"]", "a"},
    {"behind a NUL", "['%% user', '', \"x\\n\", '![](a)']", "a"},
    {"a NUL inside", "['%% user', '', \"!\\n[](a)\", \"![](b\\nc)\"]", "b\nc"},
    {"a fence", "['```', '![](a)', '```', '![](b)', '~~~', '![](c)']", "b"},
    {"an old turn",
     "['%% user', '![](a)', '%% assistant', '![](b)', '%% user', 'q']", "a"},
    {"not the user's", "['%% context from=x', '![](a)', '%% user', 'q']", ""},
    {"escaped markers",
     "['%% assistant', 'x', '%%% user', '![](a)', '%% user', '', '%%% note', "
     "'![](b)']",
     "b"},
    {"no marker", "['%% assistant', 'x', '%% users', '![](a)', '%% user ']",
     ""},
    /* references */
    {"first", "['@file:../a and #file:../b']", "../a ../b"},
    {"last", "['%% user', '', 'x', '@file:../a']", "../a"},
    {"ended by a CR", "[\"%% user\\r\", \"see @file:../a\\r\"]", "../a"},
    {"in code", "['`@file:../a`', '', '```', '@file:../b', '```', 'x']", ""},
    {"behind code", "['```', '@file:../a', '```', '@file:../b']", "../b"},
    {"quoted", "['> @file:../a', '', 'x@file:../b', '@files:../c']", ""},
    {"of another turn",
     "['%% user', '@file:../a', '%% assistant', 'x', '%% user', 'y']", ""},
    {"there already", "['%% context from=~/a', '%% user', '@file:../a']", ""},
    /* schemas */
    {"a schema", "['---', 'json_schema: s', '---', 'q']", "s"},
    {"between CRLF", "[\"---\\r\", \"json_schema: s\\r\", \"---\\r\", 'q']",
     "s"},
    {"the last one",
     "['---', 'json_schema: s', 'json_schema: \"t u\"', '---', 'q']", "t u"},
    {"no schema",
     "['---', ' json_schema: s', 'JSON_schema: s', '---', "
     "'json_schema: s', 'q']",
     ""},
    {"no front", "['----', 'json_schema: s', '---', 'q']", ""},
    {"not in front", "['q', '---', 'json_schema: s', '---']", ""},
    {"all of it",
     "['---', 'json_schema: s', '---', '![](a)', '', '@file:../b']",
     "s a ../b"},
};

static void
expect_asked(struct stage *st, const char *name, const char *want)
{
    ed_ex(st->ed, "let g:asked = 'not asked' | "
                  "call deepchat#chat#send(bufnr('%%'), {})");
    stage_expect(st, name, "g:asked", want);
}

/* The same buffer: what was found in one text is not said of the next. */
static void
fill(struct stage *st, const char *lines)
{
    ed_ex(st->ed, "silent %%delete _ | call setline(1, %s)", lines);
}

static void
start(struct stage *st)
{
    stage_start(st, NULL, "");
    ed_ex(st->ed, "call mkdir($HOME . '/p') | cd $HOME/p | "
                  "call writefile(['x'], '../a') | "
                  "call writefile(['x'], '../b') | DeepChat!");
    ed_ex(st->ed, "runtime autoload/deepchat/allow.vim | "
                  "call execute(\"function! deepchat#allow#ask(buf, paths) "
                  "abort\\nlet g:asked = join(a:paths)\\nreturn 0\\n"
                  "endfunction\")");
}

Test(editor_asked, files)
{
    struct stage st;
    start(&st);
    for (size_t i = 0; i < sizeof asked / sizeof *asked; i++) {
        fill(&st, asked[i].lines);
        expect_asked(&st, asked[i].name, asked[i].want);
    }
    fill(&st, "['q']");
    ed_ex(st.ed, "let g:deepchat.json_schema = 'all'");
    expect_asked(&st, "of g:deepchat", "all");
    ed_ex(st.ed, "let b:deepchat = {'json_schema': ['no text']}");
    expect_asked(&st, "of no use", "all");
    ed_ex(st.ed, "let b:deepchat = {'json_schema': 'here'}");
    expect_asked(&st, "of b:deepchat", "here");
    fill(&st, "['---', 'json_schema: s', '---', 'q']");
    expect_asked(&st, "of the chat", "s");
    ed_ex(st.ed, "call deepchat#chat#send(bufnr('%%'), "
                 "{'arguments': ['json_schema=of', 'json_schema=t', 'n=1']})");
    stage_expect(&st, "of the command", "g:asked", "t");
    cr_expect_eq(server_requests(st.sv), 0);
    stage_stop(&st);
}

/* What was taken for a send is not sent if the chat has changed since, as
 * behind a question. */
Test(editor_asked, text)
{
    struct stage st;
    start(&st);
    stage_script(&st, "token One" STOP);
    fill(&st, "['%% user', '', 'old']");
    ed_ex(st.ed, "call execute(\"function! deepchat#allow#ask(buf, paths) "
                 "abort\\ncall setline('$', 'new')\\ncall append('$', 'more')"
                 "\\nreturn 1\\nendfunction\")");
    ed_ex(st.ed, "DeepSend");
    cr_assert(stage_shows(&st, "One"));
    cr_assert(stage_idle(&st));
    char *body = server_request_body(st.sv, 1, NULL);
    cr_assert_not_null(body);
    cr_expect(strstr(body, "\"content\":\"new\\nmore\"") != NULL, "%s", body);
    free(body);
    stage_stop(&st);
}
