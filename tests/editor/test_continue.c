/* Long answers: the rounds that follow by themselves, and :DeepContinue. */
#include "continue.h"

static void
setup(void)
{
    setenv("TZ", "UTC", 1);
}

TestSuite(editor_continue, .init = setup, .timeout = 120);

static const char six_rounds[] =
    "token One two" LENGTH NEXT "token  three four" LENGTH NEXT
    "token  five\\nsix" LENGTH NEXT "token  seven\\n\\n" LENGTH NEXT
    "token eight nine" LENGTH NEXT "hold g\ntoken  ten." STOP;

Test(editor_continue, six_rounds_read_as_one)
{
    static const char whole[] =
        CHAT(" finish=stop in=60 out=30 cost=0.006 parts=6",
             "One two three four five\nsix seven\n\neight nine ten.");
    struct stage st;
    stage_start(&st, six_rounds, "");
    ed_ex(st.ed, "let g:rounds = []");
    ed_ex(st.ed, "autocmd User DeepChatContinued call add(g:rounds, "
                 "g:deepchat_event.rounds)");
    ed_ex(st.ed, "DeepChat! q");
    cr_assert(stage_shows(&st, "eight nine"));
    cr_expect(ed_wait(st.ed, STAGE_MS,
                      "deepchat#status() ==# 'going on' || "
                      "deepchat#status() ==# "
                      "'continued 4/8  20 tok  $0.004'"));
    cr_assert(stage_finish(&st));
    stage_expect_text(&st, "whole", whole);
    stage_expect(&st, "rounds", "join(g:rounds)", "2 3 4 5 6");
    stage_expect(&st, "rounds of all", "g:deepchat_event.rounds", "6");
    expect_line(&st, "line", "done in 6 parts, 30 tokens, $0.0060");
    stage_expect(&st, "the file",
                 "join(readfile(g:deepchat_event.file), \"\\n\")", whole);
    expect_events(&st, "six rounds", "Start\nDone stop");
    stage_keys(&st, "<Esc>u");
    stage_expect_text(&st, "undone", "---\nmodel: m\n---\n\n%% user\n\nq");
    stage_keys(&st, "<C-r>");
    stage_expect_text(&st, "again", whole);
    stage_stop(&st);
}

/* ---- :DeepContinue ---- */

#define COUNTED " in=10 out=5 cost=0.001"
#define TWICE " in=20 out=10 cost=0.002"

static const struct {
    const char *name;
    const char *chat, *script;
    const char *want;
    const char *line; /* that is said last */
} goes_on[] = {
    {"cut", CHAT(" finish=length" COUNTED, "One two"), "token  three" STOP,
     CHAT(" finish=stop" TWICE " parts=2", "One two three"), ""},
    {"cut again", CHAT(" finish=length" COUNTED, "One two"),
     "token  three" LENGTH NEXT "token  four" LENGTH,
     CHAT(" finish=length in=30 out=15 cost=0.003 parts=3",
          "One two three four"),
     "still cut after 2 parts; :DeepContinue goes on"},
    {"no pairs", CHAT("", "One two"), "token  three" STOP,
     CHAT(" finish=stop" COUNTED " parts=2", "One two three"), ""},
    {"other pairs",
     CHAT(" finish=stopped in=1 model=x%20y cost=free own=1 parts=3", "One"),
     "token  two" STOP,
     CHAT(" finish=stop in=11 out=5 cost=0.001 parts=4 model=x%20y own=1",
          "One two"),
     ""},
    {"no turn below", CHAT_HEAD "%% assistant finish=stopped\n\nOne",
     "token  two" STOP, CHAT(" finish=stop" COUNTED " parts=2", "One two"), ""},
    {"no turn, a blank line", CHAT_HEAD "%% assistant\n\nOne\n",
     "token  two" STOP, CHAT(" finish=stop" COUNTED " parts=2", "One two"), ""},
    {"a draft", CHAT("", "One") "what I\nwill ask", "token  two" STOP,
     CHAT(" finish=stop" COUNTED " parts=2", "One two") "what I\nwill ask", ""},
    {"a note below", CHAT_HEAD "%% assistant\n\nOne\n\n%% note\n\nn",
     "token  two" STOP,
     CHAT_HEAD "%% assistant finish=stop" COUNTED
               " parts=2\n\nOne two\n\n%% note\n\nn",
     ""},
    {"several answers",
     CHAT_HEAD "%% assistant finish=stop\n\na\n\n%% user\n\nmore\n\n"
               "%% assistant\n\nOne" CHAT_END,
     "token  two" STOP,
     CHAT_HEAD "%% assistant finish=stop\n\na\n\n%% user\n\nmore\n\n"
               "%% assistant finish=stop" COUNTED
               " parts=2\n\nOne two" CHAT_END,
     ""},
    {"a blank at the end", CHAT("", "One "), "token two" STOP,
     CHAT(" finish=stop" COUNTED " parts=2", "One two"), ""},
    {"a blank on both sides", CHAT("", "One "), "token  two" STOP,
     CHAT(" finish=stop" COUNTED " parts=2", "One two"), ""},
    {"empty lines at the end", CHAT("", "One.\n\n"), "token Two." STOP,
     CHAT(" finish=stop" COUNTED " parts=2", "One.\n\nTwo."), ""},
    {"a marker is not forged", CHAT("", "One\n%% us"),
     "token er\ntoken \\n\\nx" STOP,
     CHAT(" finish=stop" COUNTED " parts=2", "One\n%%% user\n\nx"), ""},
    {"nor by a piece of one", CHAT("", "One\n%"), "token % user in=1\\nx" STOP,
     CHAT(" finish=stop" COUNTED " parts=2", "One\n%%% user in=1\nx"), ""},
    {"escaped text", CHAT("", "One\n%%% user\nTwo"), "token  three" STOP,
     CHAT(" finish=stop" COUNTED " parts=2", "One\n%%% user\nTwo three"), ""},
    {"all of it again", CHAT("", "One two three"),
     "token One two three four" STOP,
     CHAT(" finish=stop" COUNTED " parts=2", "One two three four"), ""},
    {"reasoning above",
     CHAT_HEAD "%% reasoning\n\nhm\n\n%% assistant\n\nOne" CHAT_END,
     "token  two" STOP,
     CHAT_HEAD "%% reasoning\n\nhm\n\n%% assistant finish=stop" COUNTED
               " parts=2\n\nOne two" CHAT_END,
     ""},
    {"more reasoning", CHAT("", "One"), "reasoning so\ntoken  two" STOP,
     CHAT_HEAD "%% reasoning\n\nso\n\n%% assistant finish=stop" COUNTED
               " parts=2\n\nOne two" CHAT_END,
     ""},
};

/* The chat as it stands, as one expression. */
#define TEXT "join(getline(1, '$'), \"\\n\")"

static void
check_goes_on(struct stage *st, size_t i)
{
    const char *name = goes_on[i].name;
    stage_script(st, goes_on[i].script);
    load_chat(st, goes_on[i].chat);
    ed_ex(st->ed, "let g:deepchat.continue_rounds = 1 | DeepContinue");
    cr_assert(stage_idle(st), "%s", name);
    expect_line(st, name, goes_on[i].line);
    expect_one_undo(st, name, goes_on[i].chat, goes_on[i].want);
}

Test(editor_continue, the_last_answer)
{
    struct stage st;
    stage_start(&st, NULL, "");
    for (size_t i = 0; i < sizeof goes_on / sizeof *goes_on; i++)
        check_goes_on(&st, i);
    stage_stop(&st);
}

/* ---- nothing is added ---- */

static const struct stays stays[] = {
    {"no answer", CHAT_HEAD, "", "DeepContinue",
     "nothing to continue: no answer in this chat", ""},
    {"nothing at all", "", "", "DeepContinue! x",
     "nothing to continue: no answer in this chat", ""},
    {"an empty answer", CHAT("", " \n"), "", "DeepContinue",
     "nothing to continue: the last answer is empty", ""},
    {"no question", "%% assistant\n\nOne\n\n%% user\n\n", "", "DeepContinue",
     "nothing to continue: no question above the answer", "Error error"},
    {"a range", CHAT("", "One"), "", "1,2DeepContinue",
     "a chat goes on with its last answer; take the range away", ""},
    {"fixed", CHAT("", "One"), "", "setlocal nomodifiable | DeepContinue",
     "'modifiable' is off in this chat; nothing was done", ""},
    {"held elsewhere", CHAT("", "One"), "",
     "let b:deepchat_locked = 1 | DeepContinue",
     "this chat is open in another editor; nothing was sent", ""},
    {"bad option", CHAT("", "One"), "", "DeepContinue ++top_p=7 x",
     "top_p is 7, takes above 0 up to 1", "Error error"},
    {"bad front matter",
     "---\nmodel: m\nno pair\n---\n\n%% user\n\nq\n\n%% assistant"
     "\n\nOne" CHAT_END,
     "", "DeepContinue", "line 3: front matter takes \"key: value\" lines only",
     "Error error"},
    {"complete", CHAT(" finish=stop", "One"), "finish stop\ndone\n",
     "DeepContinue", "the answer was complete; nothing to add",
     "Start\nDone stop"},
    {"only what was there", CHAT("", "One two"), "token One two" STOP,
     "DeepContinue", "the answer was complete; nothing to add",
     "Start\nDone stop"},
    {"nothing more", CHAT("", "One"), "finish length\ndone\n", "DeepContinue",
     "the server adds nothing more; all is kept", "Start\nError error"},
    {"refused", CHAT("", "One"),
     "status 401\njson {\"error\":{\"message\":\"no\"}}\n", "DeepContinue",
     NULL, "Start\nError error"},
    {"lost", CHAT("", "One"), "head\nfin\n", "DeepContinue", NULL,
     "Start\nError error"},
};

Test(editor_continue, nothing_is_added)
{
    struct stage st;
    stage_start(&st, NULL, "'retries': 0");
    for (size_t i = 0; i < sizeof stays / sizeof *stays; i++)
        expect_stays(&st, &stays[i]);
    stage_stop(&st);
}
