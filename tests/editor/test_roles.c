/* Roles: prompts in files, "/name" in front of a text. */
#include <sys/stat.h>
#include <unistd.h>

#include "continue.h"
#include "lib/root.h"
#include "rewrite_stage.h"

TestSuite(editor_roles, .timeout = 120);

#define HI "token Hi" STOP
#define PAIRS " finish=stop in=10 out=5 cost=0.001"
#define HEAD "---\nmodel: m\n---\n\n"
#define ANSWER "\n\n%% assistant" PAIRS "\n\nHi" CHAT_END
#define MINE "%% context from=/mine\n\nBe kind.\n%%% user\n\n"
#define BARE "%% context from=/b\n\nBrief.\n\n"
#define CODE "%% context from=buffer:1-1\n\n```\ncode\n```\n\n"
#define SENT "Be kind.\\n%% user\\n\\n"

static const struct {
    const char *name, *text;
} files[] = {
    {"mine",
     "---\\ntitle: \\\"Do, please.\\\"\\n# hot\\n\\ntemperature : 0.5\\n"
     "stop: [\\\"a b\\\", \\\"c\\\"]\\n---\\n\\n\\nBe kind.\\n%% user\\n\\n "
     "\\n"},
    {"b", "Brief.\\r\\n"},
    {"talk",
     "---\\nsystem: \\\"You talk.\\\\n%% note\\\"\\nseed: 7\\n---\\nTalk."},
    {"only", "---\\nsystem: Alone.\\n---\\n"},
    {"explain", "My own."},
    {"open", "---\\ntemperature: 1\\n"},
    {"prose", "---\\nlike this\\n---\\nx"},
    {"theft", "---\\napi_key_cmd: [\\\"cat\\\"]\\n---\\nx"},
    {"empty", "\\n"},
    {"hot", "---\\ntemperature: 9\\n---\\nx"},
    {"wrong", "---\\nseed: 1\\n# sed\\nsed: 1\\n---\\nx"},
    {"a=b", "x"},
    {"tab\tbed", "x"},
    {"shape", "---\\njson_schema: \\\"~/shape.json\\\"\\n---\\nShape."},
    {"a:b", "---\\nseed: 5\\n---\\nColon."},
};

/* An editor with these files as the user's roles. */
static void
start(struct stage *st)
{
    rewrite_start(st, HI, "'autosave': 0");
    ed_ex(st->ed,
          "call mkdir($XDG_CONFIG_HOME . '/deepchat/roles/dir.md', 'p')");
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        ed_ex(st->ed,
              "call writefile(split(\"%s\", \"\\n\", 1), "
              "$XDG_CONFIG_HOME . '/deepchat/roles/%s.md', 'b')",
              files[i].text, files[i].name);
}

static void
expect_in_body(struct stage *st, const char *name, const char *want)
{
    char *body = server_request_body(st->sv, 1, NULL);
    cr_assert_not_null(body, "%s", name);
    cr_expect_not_null(strstr(body, want), "%s: %s", name, body);
    free(body);
}

/* Nothing but a buffer with a line of code. */
static void
code_only(struct stage *st)
{
    ed_ex(st->ed, "silent! %%bwipeout! | enew! | call setline(1, 'code')");
    ed_ex(st->ed, "messages clear | let g:events = []");
}

static const struct {
    const char *name, *command, *want;
    const char *body; /* NULL: nothing is sent */
} chats[] = {
    {"one", "DeepChat! /mine What?", HEAD MINE "%% user\n\nWhat?" ANSWER,
     "\"" SENT "What?\"}],\"temperature\":0.5,\"stop\":[\"a b\",\"c\"],"
     "\"stream\":true"},
    {"two, and options between", "DeepChat! /b ++temperature=1 /mine  What /b?",
     HEAD BARE MINE "%% user\n\nWhat /b?" ANSWER,
     "\"Brief.\\n\\n" SENT "What /b?\"}]"},
    {"the user's option holds", "DeepChat! ++temperature=1 /mine x",
     HEAD MINE "%% user\n\nx" ANSWER, "\"temperature\":1,"},
    {"said twice", "DeepChat! /b /b x", HEAD BARE "%% user\n\nx" ANSWER,
     "\"Brief.\\n\\nx\""},
    {"a colon", "execute 'DeepChat! /a:b' | DeepChat /a:b x",
     HEAD "%% context from=/a:b\n\nColon.\n\n%% user\n\nx" ANSWER,
     "\"seed\":5"},
    {"unknown", "DeepChat! /bin /b", HEAD "%% user\n\n/bin /b" ANSWER,
     "\"/bin /b\""},
    {"part of a word", "DeepChat! /b, x", HEAD "%% user\n\n/b, x" ANSWER,
     "\"/b, x\""},
    {"no name of a role", "DeepChat! /a=b", HEAD "%% user\n\n/a=b" ANSWER,
     "\"/a=b\""},
    {"a literal slash", "DeepChat! /b //b x",
     HEAD BARE "%% user\n\n/b x" ANSWER, "\"Brief.\\n\\n/b x\""},
    {"a comment's slashes", "DeepChat! // b", HEAD "%% user\n\n// b" ANSWER,
     "\"// b\""},
    {"of a range", "1DeepChat! /mine",
     HEAD MINE CODE "%% user\n\nDo, please." ANSWER,
     SENT "```\\ncode\\n```\\n\\nDo, please.\""},
    {"of a range, without a title", "1DeepChat! /b",
     HEAD BARE CODE "%% user\n\n/b" ANSWER, "\\n\\n/b\""},
    {"of nothing", "DeepChat! /mine", HEAD MINE "%% user\n\n", NULL},
    {"the system message", "DeepChat! /talk x",
     HEAD "%% system\n\nYou talk.\n%%% note\n\n%% context from=/talk\n\nTalk."
          "\n\n%% user\n\nx" ANSWER,
     "{\"role\":\"system\",\"content\":\"You talk.\\n%% note\"},"},
    {"nothing but that", "DeepChat! /only x",
     HEAD "%% system\n\nAlone.\n\n%% user\n\nx" ANSWER,
     "{\"role\":\"system\",\"content\":\"Alone.\"},{\"role\":\"user\","
     "\"content\":\"x\"}"},
    {"shadowed", "DeepChat! /explain x",
     HEAD "%% context from=/explain\n\nMy own.\n\n%% user\n\nx" ANSWER,
     "\"My own.\\n\\nx\""},
};

static void
check_chat(struct stage *st, size_t i)
{
    const char *name = chats[i].name;
    stage_script(st, HI);
    code_only(st);
    ed_ex(st->ed, "%s", chats[i].command);
    cr_assert(stage_idle(st), "%s", name);
    stage_expect_text(st, name, chats[i].want);
    expect_line(st, name, "");
    if (chats[i].body != NULL)
        expect_in_body(st, name, chats[i].body);
    else
        cr_expect_eq(server_requests(st->sv), 0, "%s: sent", name);
}

Test(editor_roles, in_a_chat)
{
    struct stage st;
    start(&st);
    for (size_t i = 0; i < sizeof chats / sizeof *chats; i++)
        check_chat(&st, i);
    stage_stop(&st);
}

/* ---- what cannot be used ---- */

#define UNSENT "; nothing was sent"

static const struct {
    const char *words, *line;
} bad[] = {
    {"/open x", "role open has a front matter without an end" UNSENT},
    {"/mine /prose x", "role prose has no option in line 2" UNSENT},
    {"/theft x", "role theft sets api_key_cmd" UNSENT},
    {"/empty x", "role empty is empty" UNSENT},
    {"/dir x", "role dir cannot be read" UNSENT},
    {"/pipe x", "role pipe cannot be read" UNSENT},
    {"/big x", "role big is over 1 MiB" UNSENT},
    {"/hot x", "role hot, line 2: temperature is 9, takes 0 to 2"},
    {"/mine /wrong x",
     "role wrong, line 4: unknown option sed; did you mean seed?"},
    {"++temperature=9 x", "temperature is 9, takes 0 to 2"},
};

Test(editor_roles, of_no_use)
{
    struct stage st;
    start(&st);
    char pipe[256];
    snprintf(pipe, sizeof pipe, "%s/deepchat/roles/pipe.md", ed_home(st.ed));
    cr_assert_eq(mkfifo(pipe, 0600), 0);
    ed_ex(st.ed, "call writefile([repeat('x', 1048576)], "
                 "$XDG_CONFIG_HOME . '/deepchat/roles/big.md')");
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        code_only(&st);
        ed_ex(st.ed, "DeepChat! %s", bad[i].words);
        cr_assert(stage_idle(&st), "%s", bad[i].words);
        expect_line(&st, bad[i].words, bad[i].line);
        code_only(&st);
        ed_ex(st.ed, "DeepRewrite %s", bad[i].words);
        rewrite_idle(&st, bad[i].words);
        expect_line(&st, bad[i].words, bad[i].line);
    }
    cr_expect_eq(server_requests(st.sv), 0, "sent");
    ed_ex(st.ed, "call writefile([repeat('x', 1048575)], "
                 "$XDG_CONFIG_HOME . '/deepchat/roles/big.md')");
    stage_expect(&st, "not too big", "deepchat#role#read('big').why", "");
    stage_stop(&st);
}

/* ---- in a chat that goes on ---- */

Test(editor_roles, later_and_again)
{
    struct stage st;
    start(&st);
    stage_script(&st, "status 400\njson {\"error\":\"no\"}\n---\n" HI);
    code_only(&st);
    ed_ex(st.ed, "DeepChat! /mine");
    ed_ex(st.ed, "DeepChat /talk /mine");
    expect_line(&st, "system",
                "the system message of a role is for new chats (:DeepChat!)");
    stage_expect_text(&st, "both stand there",
                      HEAD MINE
                      "%% context from=/talk\n\nTalk.\n\n%% user\n\n");
    stage_keys(&st, "iWhat?<Esc><CR>");
    cr_assert(stage_idle(&st));
    expect_in_body(&st, "refused",
                   "\"temperature\":0.5,\"stop\":[\"a b\",\"c\"],\"seed\":7");
    stage_keys(&st, "<CR>");
    cr_assert(stage_idle(&st));
    char *first = server_request_body(st.sv, 1, NULL);
    char *second = server_request_body(st.sv, 2, NULL);
    cr_expect_str_eq(first, second, "sent again");
    free(second);
    stage_expect(&st, "folded",
                 "map([5, 10], 'foldclosed(v:val) . \"-\" . "
                 "foldclosedend(v:val)')",
                 "5-8\n10-12");
    ed_ex(st.ed, "DeepRetry");
    cr_assert(stage_idle(&st));
    second = server_request_body(st.sv, 3, NULL);
    cr_expect_str_eq(first, second, "another answer");
    free(first);
    free(second);
    stage_script(&st, HI);
    ed_ex(st.ed, "DeepContinue ++seed=8");
    cr_assert(stage_idle(&st));
    expect_in_body(&st, "it goes on",
                   "\"temperature\":0.5,\"stop\":[\"a b\",\"c\"],\"seed\":8");
    stage_script(&st, HI);
    ed_ex(st.ed, "DeepChat And now?");
    cr_assert(stage_idle(&st));
    char *body = server_request_body(st.sv, 1, NULL);
    cr_expect_null(strstr(body, "temperature"), "%s", body);
    free(body);
    stage_stop(&st);
}

/* A file that a role names is asked about when its turn is sent. */
Test(editor_roles, asks_first)
{
    struct stage st;
    start(&st);
    ed_ex(st.ed, "call mkdir($HOME . '/p/.git', 'p') | cd $HOME/p");
    ed_ex(st.ed, "call writefile(['{}'], $HOME . '/shape.json')");
    stage_script(&st, "token {}" STOP);
    ed_ex(st.ed, "DeepChat! /shape");
    ed_ex(st.ed, "call setline('$', 'What?')");
    ed_keys(st.ed, ":DeepSend<CR>");
    cr_assert(ed_wait_screen(st.ed, "Send it to the server", STAGE_MS));
    ed_keys(st.ed, "n");
    cr_assert(ed_wait_screen(st.ed, "not allowed: ", STAGE_MS));
    ed_keys(st.ed, ":DeepSend<CR>");
    cr_assert(ed_wait_screen(st.ed, "Send it to the server", STAGE_MS));
    ed_keys(st.ed, "s");
    cr_assert(server_wait_requests(st.sv, 1, STAGE_MS));
    cr_assert(stage_idle(&st));
    expect_in_body(&st, "its schema", "\"json_schema\"");
    stage_stop(&st);
}

/* ---- in a rewrite ---- */

static const struct {
    const char *name, *keys, *body;
} rewrites[] = {
    {"one", ":DeepRewrite /mine shorter<CR>",
     "What to do: Be kind.\\n%% user\\n\\nshorter\\n\\nIt is"},
    {"its options", ":DeepRewrite ++top_p=1 /mine<CR>",
     "\"temperature\":0.5,\"top_p\":1,\"stop\":[\"a b\",\"c\"]"},
    {"alone", ":DeepRewrite /b<CR>", "What to do: Brief.\\n\\nIt is"},
    {"system", ":DeepRewrite /talk /only<CR>",
     "What to do: You talk.\\n%% note\\n\\nTalk.\\n\\nAlone.\\n\\nIt is"},
    {"asked for", ":DeepRewrite<CR>/b /mi<Tab> x<CR>",
     "What to do: Brief.\\n\\nBe kind.\\n%% user\\n\\nx\\n\\nIt is"},
    {"the operator", "gss/b y<CR>", "What to do: Brief.\\n\\ny\\n\\nIt is"},
    {"a literal slash", ":DeepRewrite //b<CR>", "What to do: /b\\n\\nIt is"},
};

Test(editor_roles, in_a_rewrite)
{
    struct stage st;
    start(&st);
    for (size_t i = 0; i < sizeof rewrites / sizeof *rewrites; i++) {
        const char *name = rewrites[i].name;
        rewrite_open(&st, "a.c", "code");
        stage_script(&st, HI);
        stage_keys(&st, rewrites[i].keys);
        cr_assert(server_wait_requests(st.sv, 1, STAGE_MS), "%s", name);
        rewrite_idle(&st, name);
        expect_in_body(&st, name, rewrites[i].body);
    }
    ed_ex(st.ed, "messages clear");
    ed_ex(st.ed, "DeepRewrite x");
    expect_line(&st, "what runs", "line 1 is under review already: //b");
    ed_ex(st.ed, "silent! DeepReject!");
    stage_stop(&st);
}

/* ---- names ---- */

static const struct {
    const char *line, *want;
} completions[] = {
    {"DeepChat /ex", "/explain"},
    {"DeepChat! /b ++n=1 /ta", "/talk"},
    {"2,3DeepRewrite /re", "/review"},
    {"DeepRewrite /b /re", "/review"},
    {"''a,''bDeepRewrite /re", "/review"},
    {"DeepRew /re", "/review"},
    {"''aDeepRetry ++see", "++seed="},
    {"DeepChat /nope /re", ""},
    {"DeepChat text /re", ""},
    {"DeepChat /zz", ""},
    {"DeepChat /tab", ""},
    {"DeepRetry /re", ""},
    {"DeepContinue /re", ""},
};

Test(editor_roles, names)
{
    static const char shipped[] = "commit\nexplain\nfix\nreview\ntest";
    struct stage st;
    root_off_below();
    start(&st);
    stage_host(&st);
    for (size_t i = 0; i < sizeof completions / sizeof *completions; i++) {
        char expression[200];
        snprintf(expression, sizeof expression,
                 "getcompletion('%s', 'cmdline')", completions[i].line);
        stage_expect(&st, completions[i].line, expression, completions[i].want);
    }
    /* what a role must not set is in its code by name */
    stage_expect(&st, "not in files",
                 "map(filter(deepchat#complete#options(), 'v:val.argument && "
                 "!v:val.file'), 'v:val.name')",
                 "base_url\napi_key_env\napi_key_cmd\nsystem\nreview\n"
                 "autosave\nca_file\nproxy");
    ed_ex(st.ed, "call setfperm($XDG_CONFIG_HOME . '/deepchat/roles', "
                 "'---------')");
    stage_expect(&st, "cannot be read", "deepchat#role#names()", shipped);
    ed_ex(st.ed, "let $XDG_CONFIG_HOME = '' | let $HOME .= '/none'");
    stage_expect(&st, "shipped", "deepchat#role#names()", shipped);
    stage_expect(
        &st, "all good",
        "filter(map(deepchat#role#names(), 'deepchat#role#read(v:val)')"
        ", 'v:val.why !=# \"\" || v:val.title ==# \"\" || "
        "!empty(v:val.arguments) || max(map(copy(v:val.text), "
        "\"strlen(v:val)\")) > 80')",
        "");
    stage_stop(&st);
}
