/* :DeepContinue in buffers that are no chats: what stands there then. */
#include "inline_stage.h"

#define PROSE                                                                  \
    "This paragraph is wrapped by hand at seventy-two columns, or nearly\\n"   \
    "so, as texts in mails and in the documentation of programs often are,"    \
    "\\nand what is added to it should look the same as what is there now.\\n"
#define PROSE_OUT                                                              \
    "This paragraph is wrapped by hand at seventy-two columns, or nearly\n"    \
    "so, as texts in mails and in the documentation of programs often are,\n"  \
    "and what is added to it should look the same as what is there now.\n"

/* clang-format off */
static const struct {
    const char *file, *text;
    const char *command;
    const char *script;
    const char *want;
    const char *asked; /* in the body of the request */
} writes[] = {
    {"line.c", "int f(int a)\\n{\\n    return max(^);\\n}", "DeepContinue",
     "token a, \nhold g\ntoken 0);\\n}\nfinish stop\ndone\n",
     "int f(int a)\n{\n    return max(a, 0);\n}", "File type: c"},
    {"fence.c", "int f(int a)\\n{\\n    ^\\n}", "DeepContinue",
     "token Here is the code:\\n\\n```c\\nreturn \ntoken a;\\n```\\nThis\nhold g\ntoken  is it.\nfinish stop\ndone\n",
     "int f(int a)\n{\n    return a;\n}", "int f(int a)\\n{"},
    {"lost.c", "int f(int a)\\n{\\n    g();\\n    ^\\n}", "DeepContinue",
     "token h();\\nreturn \nhold g\ntoken a;\\n}\nfinish stop\ndone\n",
     "int f(int a)\n{\n    g();\n    h();\n    return a;\n}", ""},
    {"comment.c", "/*\\n * Adds ^\\n */\\nint add;", "DeepContinue",
     "token two numbers\\nhold\nhold g\ntoken  on.\\n */\\nint add;\nfinish stop\ndone\n",
     "/*\n * Adds two numbers\n * hold on.\n */\nint add;", ""},
    {"prose.txt", PROSE "^", "DeepContinue",
     "token It goes on for a while with words that \nhold g\ntoken were not there and have to be wrapped, too.\nfinish stop\ndone\n",
     PROSE_OUT "It goes on for a while with words that were not there and have to be\nwrapped, too.", "Lines end before column"},
    {"list.md", "# Title\\n\\n- one\\n- ^\\n\\nEnd.", "DeepContinue",
     "token - two\\n- th\nhold g\ntoken ree\\n\\nEnd.\nfinish stop\ndone\n",
     "# Title\n\n- one\n- two\n- three\n\nEnd.", ""},
    {"range.py", "def f():\\n    x = 1\\n^\\nprint(f())", "1,2DeepContinue return it twice",
     "token \\n    return \nhold g\ntoken x * 2\\n\nfinish stop\ndone\n",
     "def f():\n    x = 1\n    return x * 2\n\nprint(f())", "What to write there: return it twice"},
    {"empty.txt", "^", "DeepContinue ++temperature=0.5 say hello",
     "token Hel\nhold g\ntoken lo.\\n\nfinish stop\ndone\n", "Hello.", "\"temperature\":0.5"},
    {"nothing.txt", "Some ^text.", "DeepContinue",
     "token text.\nhold g\nfinish stop\ndone\n", "Some text.", ""},
};
/* clang-format on */

Test(inline, text_is_written_on, .timeout = 60)
{
    struct stage st;
    inline_start(&st, NULL);
    for (size_t i = 0; i < sizeof writes / sizeof *writes; i++) {
        const char *name = writes[i].file;
        stage_script(&st, writes[i].script);
        inline_open(&st, name, writes[i].text);
        ed_ex(st.ed, "let g:old = getline(1, '$')");
        inline_ask(&st, writes[i].command);
        char *body = server_request_body(st.sv, 1, NULL);
        cr_expect(strstr(body, writes[i].asked), "%s: %s", name, body);
        free(body);
        cr_assert(stage_finish(&st), "%s", name);
        stage_expect_text(&st, name, writes[i].want);
        stage_expect(&st, name, "[&modified, deepchat#status()]",
                     strcmp(name, "nothing.txt") == 0 ? "0\n" : "1\n");
        char *events = stage_events(&st);
        cr_expect_str_eq(events, "Start\nDone stop", "%s: %s", name, events);
        free(events);
        if (strcmp(name, "nothing.txt") != 0)
            ed_ex(st.ed, "undo");
        stage_expect(&st, name, "getline(1, '$') ==# g:old", "1");
    }
    stage_stop(&st);
}

/* The last message is the prefix; what the server may need of it. */
Test(inline, the_end_of_the_text_is_the_answer_so_far, .timeout = 30)
{
    struct stage st;
    inline_start(&st, "token 1;\nfinish stop\ndone\n");
    inline_open(&st, "kept.c", "int x = ^\\nint y;");
    inline_ask(&st, "DeepContinue");
    cr_assert(stage_finish(&st));
    char *body = server_request_body(st.sv, 1, NULL);
    cr_expect(strstr(body, "{\"role\":\"assistant\",\"content\":\"int x =\"}]"),
              "%s", body);
    cr_expect(strstr(body, "<after>\\n\\nint y;"), "%s", body);
    cr_expect(strstr(body, "File: kept.c"), "%s", body);
    free(body);
    stage_expect_text(&st, "kept", "int x = 1;\nint y;");
    stage_stop(&st);
}

/* An answer that is cut goes on by itself, in the same undo step. */
Test(inline, six_rounds_are_one_text, .timeout = 60)
{
    struct stage st;
    static const char script[] =
        "token one \nfinish length 10 1 0.5\ndone\n---\n"
        "token two \nfinish length 10 1 0.5\ndone\n---\n"
        "token three \nfinish length 10 1 0.5\ndone\n---\n"
        "token four \nfinish length 10 1 0.5\ndone\n---\n"
        "token five \nfinish length 10 1 0.5\ndone\n---\n"
        "token six.\nfinish stop 10 1 0.5\ndone\n";
    inline_start(&st, script);
    inline_open(&st, "rounds.txt", "Count: ^\\n\\nEnd.");
    ed_ex(st.ed, "let g:event = {}");
    ed_ex(st.ed, "autocmd User DeepChatDone let g:event = g:deepchat_event");
    ed_ex(st.ed, "DeepContinue");
    cr_assert(ed_wait(st.ed, STAGE_MS, "!empty(g:event)"));
    stage_expect_text(&st, "rounds",
                      "Count: one two three four five six.\n\nEnd.");
    cr_expect_eq(server_requests(st.sv), 6);
    stage_expect(&st, "event",
                 "[g:event.kind, g:event.finish, g:event.rounds, "
                 "g:event.tokens_out, g:event.row]",
                 "inline\nstop\n6\n6\n-1");
    ed_ex(st.ed, "undo");
    stage_expect_text(&st, "undone", "Count: \n\nEnd.");
    stage_stop(&st);
}

/* clang-format off */
static const struct {
    const char *name, *setup, *command, *line;
} refusals[] = {
    {"not modifiable", "call setline(1, 'x') | setlocal nomodifiable", "DeepContinue",
     "deepchat: 'modifiable' is off in this buffer; nothing was done"},
    {"empty", "", "DeepContinue",
     "deepchat: nothing to go on from; type something or give an instruction"},
    {"blank", "call setline(1, ['', '  '])", "DeepContinue",
     "deepchat: nothing to go on from; type something or give an instruction"},
    {"a quickfix list", "copen", "DeepContinue",
     "deepchat: not in a window of this kind; nothing was done"},
    {"a help page", "help", "DeepContinue",
     "deepchat: 'modifiable' is off in this buffer; nothing was done"},
    {"a bad option", "call setline(1, 'x')", "DeepContinue ++temperature=9",
     "deepchat: temperature is 9, takes 0 to 2"},
};
/* clang-format on */

Test(inline, what_cannot_be_written, .timeout = 60)
{
    struct stage st;
    inline_start(&st, "token x\nfinish stop\ndone\n");
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
        ed_ex(st.ed, "silent! only! | enew! | messages clear");
        ed_ex(st.ed, "%s", refusals[i].setup);
        ed_ex(st.ed, "%s", refusals[i].command);
        cr_expect(
            ed_wait(st.ed, STAGE_MS, "execute('messages') =~ 'deepchat'"));
        inline_expect_said(&st, refusals[i].name, refusals[i].line);
        cr_expect(stage_idle(&st));
    }
    cr_expect_eq(server_requests(st.sv), 0);
    stage_stop(&st);
}
