/* :DeepRetry: the last answer again, the old one kept or replaced. */
#include <stdio.h>

#include "continue.h"
#include "lib/wreck.h"

static void
setup(void)
{
    setenv("TZ", "UTC", 1);
}

TestSuite(editor_retry, .init = setup, .timeout = 120);

#define NEW "token New" STOP
#define PAIRS " finish=stop in=10 out=5 cost=0.001"
#define DONE "Start\nDone stop"

static const struct {
    const char *name;
    const char *chat, *script, *command;
    const char *want;
    const char *last; /* message of the request */
} asks[] = {
    {"kept", CHAT(" finish=stop in=1 out=2", "One"), NEW, "DeepRetry",
     CHAT_HEAD "%% alternate finish=stop in=1 out=2\n\nOne\n\n"
               "%% assistant" PAIRS "\n\nNew" CHAT_END,
     "q"},
    {"replaced", CHAT(" finish=stop in=1 out=2", "One"), NEW, "DeepRetry!",
     CHAT(PAIRS, "New"), "q"},
    {"a second time",
     CHAT_HEAD "%% alternate\n\nOne\n\n%% assistant finish=length\n\nTwo\nlines"
               "\n\n%% user\n\n",
     NEW, "DeepRetry",
     CHAT_HEAD "%% alternate\n\nOne\n\n%% alternate finish=length\n\nTwo\nlines"
               "\n\n%% assistant" PAIRS "\n\nNew" CHAT_END,
     "q"},
    {"only that one is replaced",
     CHAT_HEAD "%% alternate\n\nOne\n\n%% assistant\n\nTwo\n\n%% user\n\n", NEW,
     "DeepRetry!",
     CHAT_HEAD "%% alternate\n\nOne\n\n%% assistant" PAIRS "\n\nNew" CHAT_END,
     "q"},
    {"with a wish", CHAT("", "One"), NEW, "DeepRetry shorter, %% please",
     CHAT_HEAD "%% alternate\n\nOne\n\n%% assistant" PAIRS "\n\nNew" CHAT_END,
     "q\\n\\nshorter, %% please"},
    {"a wish like a marker", CHAT("", "One"), NEW, "DeepRetry %% user",
     CHAT_HEAD "%% alternate\n\nOne\n\n%% assistant" PAIRS "\n\nNew" CHAT_END,
     "q\\n\\n%% user"},
    {"a draft", CHAT("", "One") "what I\nwill ask", NEW, "DeepRetry",
     CHAT_HEAD "%% alternate\n\nOne\n\n%% assistant" PAIRS "\n\nNew" CHAT_END
               "what I\nwill ask",
     "q"},
    {"no turn below", CHAT_HEAD "%% assistant finish=stopped\n\nOne", NEW,
     "DeepRetry",
     CHAT_HEAD "%% alternate finish=stopped\n\nOne\n\n%% assistant" PAIRS
               "\n\nNew" CHAT_END,
     "q"},
    {"its reasoning goes along",
     CHAT_HEAD "%% reasoning\n\nhm\n%%% user\n\n%% assistant finish=stop\n\nOne"
               "\n%%% note" CHAT_END,
     "reasoning so\n" NEW, "DeepRetry",
     CHAT_HEAD "%% alternate\n\n%%% reasoning\n\nhm\n%%%% user\n\n"
               "%%% assistant finish=stop\n\nOne\n%%%% note\n\n"
               "%% reasoning\n\nso\n\n%% assistant" PAIRS "\n\nNew" CHAT_END,
     "q"},
    {"reasoning, replaced",
     CHAT_HEAD "%% reasoning\n\nhm\n\n%% assistant\n\nOne" CHAT_END,
     "reasoning so\n" NEW, "DeepRetry!",
     CHAT_HEAD "%% reasoning\n\nso\n\n%% assistant" PAIRS "\n\nNew" CHAT_END,
     "q"},
    {"text like a turn", CHAT("", "%%% user\nOne"), NEW, "DeepRetry",
     CHAT_HEAD "%% alternate\n\n%%% assistant\n\n%%%% user\nOne\n\n"
               "%% assistant" PAIRS "\n\nNew" CHAT_END,
     "q"},
    {"an empty answer", CHAT("", ""), NEW, "DeepRetry", CHAT(PAIRS, "New"),
     "q"},
    {"not the first answer",
     CHAT_HEAD "%% assistant finish=stop\n\na\n\n%% user\n\nmore\n\n"
               "%% assistant\n\nOne" CHAT_END,
     NEW, "DeepRetry",
     CHAT_HEAD "%% assistant finish=stop\n\na\n\n%% user\n\nmore\n\n"
               "%% alternate\n\nOne\n\n%% assistant" PAIRS "\n\nNew" CHAT_END,
     "more"},
    {"an option", CHAT("", "One"), NEW, "DeepRetry ++temperature=1 x",
     CHAT_HEAD "%% alternate\n\nOne\n\n%% assistant" PAIRS "\n\nNew" CHAT_END,
     "q\\n\\nx"},
};

/* The last message of the request is this one, and none is an alternate. */
static void
expect_body(struct stage *st, const char *name, const char *last)
{
    char want[256], *body = server_request_body(st->sv, 1, NULL);
    snprintf(want, sizeof want, "{\"role\":\"user\",\"content\":\"%s\"}]",
             last);
    cr_assert_not_null(body, "%s", name);
    cr_expect_not_null(strstr(body, want), "%s: %s", name, body);
    cr_expect_null(strstr(body, "One"), "%s: %s", name, body);
    free(body);
}

static void
check_asks(struct stage *st, size_t i)
{
    const char *name = asks[i].name;
    stage_script(st, asks[i].script);
    load_chat(st, asks[i].chat);
    ed_ex(st->ed, "%s", asks[i].command);
    cr_assert(stage_idle(st), "%s", name);
    expect_events(st, name, DONE);
    expect_line(st, name, "");
    expect_body(st, name, asks[i].last);
    expect_one_undo(st, name, asks[i].chat, asks[i].want);
}

Test(editor_retry, the_last_answer)
{
    struct stage st;
    stage_start(&st, NULL, "");
    for (size_t i = 0; i < sizeof asks / sizeof *asks; i++)
        check_asks(&st, i);
    stage_stop(&st);
}

/* Alternates or not, what is sent is what was sent for the first answer. */
Test(editor_retry, the_same_request)
{
    static const char want[] =
        "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"q\"}],"
        "\"stream\":true,\"stream_options\":{\"include_usage\":true}}";
    struct stage st;
    stage_start(&st, NEW, "");
    ed_ex(st.ed, "DeepChat! q");
    cr_assert(stage_idle(&st));
    for (int i = 0; i < 3; i++) {
        ed_ex(st.ed, i == 1 ? "DeepAlt | DeepRetry!" : "DeepRetry");
        cr_assert(stage_idle(&st));
    }
    for (size_t i = 1; i <= 4; i++) {
        char *body = server_request_body(st.sv, i, NULL);
        cr_expect_str_eq(body, want, "%zu: %s", i, body);
        free(body);
    }
    stage_stop(&st);
}

/* ---- nothing comes ---- */

static const struct stays stays[] = {
    {"no answer", CHAT_HEAD, "", "DeepRetry",
     "nothing to retry: no answer in this chat", ""},
    {"nothing at all", "", "", "DeepRetry! x",
     "nothing to retry: no answer in this chat", ""},
    {"no question", "%% assistant\n\nOne" CHAT_END, "", "DeepRetry",
     "nothing to retry: no question above the answer", ""},
    {"an answer to an answer",
     CHAT("", "One\n\n%% assistant finish=stop\n\nTwo"), "", "DeepRetry",
     "the last turn is not yours; add a question, then send", "Error error"},
    {"fixed", CHAT("", "One"), "", "setlocal nomodifiable | DeepRetry",
     "'modifiable' is off in this chat; nothing was done", ""},
    {"held elsewhere", CHAT("", "One"), "",
     "let b:deepchat_locked = 1 | DeepRetry",
     "this chat is open in another editor; nothing was sent", ""},
    {"bad option", CHAT("", "One"), "", "DeepRetry ++top_p=7 x",
     "top_p is 7, takes above 0 up to 1", "Error error"},
    {"refused", CHAT(" finish=stop in=1", "One\n%%% user"),
     "status 401\njson {\"error\":{\"message\":\"no\"}}\n", "DeepRetry!", NULL,
     "Start\nError error"},
    {"refused, no turn below", CHAT_HEAD "%% assistant finish=stop\n\nOne",
     "status 401\njson {\"error\":{\"message\":\"no\"}}\n", "DeepRetry", NULL,
     "Start\nError error"},
    {"refused, blanks below", CHAT_HEAD "%% assistant\nOne\n\n\n",
     "status 401\njson {\"error\":{\"message\":\"no\"}}\n", "DeepRetry", NULL,
     "Start\nError error"},
    {"refused, much there",
     CHAT_HEAD "%% alternate\n\nOne\n\n%% reasoning\n\nhm\n\n%% assistant\n\n"
               "Two" CHAT_END "a draft",
     "status 401\njson {\"error\":{\"message\":\"no\"}}\n", "DeepRetry", NULL,
     "Start\nError error"},
    {"lost", CHAT("", "One"), "head\nfin\n", "DeepRetry", NULL,
     "Start\nError error"},
    {"an empty one", CHAT("", ""), "head\nfin\n", "DeepRetry", NULL,
     "Start\nError error"},
};

Test(editor_retry, nothing_comes)
{
    struct stage st;
    stage_start(&st, NULL, "'retries': 0");
    for (size_t i = 0; i < sizeof stays / sizeof *stays; i++)
        expect_stays(&st, &stays[i]);
    ed_ex(st.ed, "new | DeepRetry");
    expect_line(&st, "no chat",
                "this buffer is not a chat; :DeepChat opens "
                "one");
    stage_stop(&st);
}

/* ---- what the user does before nothing comes ---- */

#define REFUSED "hold g\nstatus 401\njson {\"error\":{\"message\":\"no\"}}\n"

static const struct {
    const char *name;
    const char *chat;
    const char *during; /* once the place is there */
    const char *want;
} meanwhile[] = {
    {"nothing", CHAT("", "One"), "", CHAT("", "One")},
    {"a draft", CHAT("", "One"), "call setline('$', 'next')",
     CHAT("", "One") "next"},
    {"a draft in the turn made for it", CHAT_HEAD "%% assistant\n\nOne",
     "call setline('$', 'next')", CHAT("", "One") "next"},
    {"text in the new answer", CHAT("", "One"), "call setline(15, 'mine')",
     CHAT_HEAD "%% alternate\n\nOne\n\n%% assistant\n\nmine" CHAT_END},
    {"text in the old one", CHAT(" finish=stop", "One"),
     "call setline(11, 'Mine')", CHAT(" finish=stop", "Mine")},
    {"text in the old one, with reasoning",
     CHAT_HEAD "%% reasoning\n\nhm\n\n%% assistant a=1\n\nOne" CHAT_END,
     "call setline(17, 'Mine')",
     CHAT_HEAD "%% reasoning\n\nhm\n\n%% assistant a=1\n\nMine" CHAT_END},
    {"the old one taken out",
     CHAT_HEAD "%% alternate\n\nOne\n\n%% assistant\n\nTwo" CHAT_END,
     "silent 13,16delete _", CHAT_HEAD "%% alternate\n\nOne\n\n%% user\n\n"},
};

static void
check_meanwhile(struct stage *st, size_t i)
{
    const char *name = meanwhile[i].name;
    stage_script(st, REFUSED);
    load_chat(st, meanwhile[i].chat);
    ed_ex(st->ed, "let g:lines = line('$') | call cursor(11, 2) | DeepRetry");
    cr_assert(ed_wait(st->ed, STAGE_MS, "line('$') > g:lines"), "%s", name);
    ed_ex(st->ed, "%s", meanwhile[i].during);
    cr_assert(stage_finish(st), "%s", name);
    stage_expect_text(st, name, meanwhile[i].want);
    expect_events(st, name, "Start\nError error");
    if (i == 0)
        stage_expect(st, name, "getpos('.')[1:2]", "11\n2");
}

Test(editor_retry, nothing_comes_but_the_user)
{
    struct stage st;
    stage_start(&st, NULL, "'retries': 0");
    for (size_t i = 0; i < sizeof meanwhile / sizeof *meanwhile; i++)
        check_meanwhile(&st, i);
    stage_stop(&st);
}

/* ---- while it runs, and behind it ---- */

#define OLD "%% alternate finish=stop\n\nOne\n\n"

static const struct {
    const char *name;
    const char *script, *command;
    const char *during; /* when "Ne" is there */
    const char *want;
} lives[] = {
    {"a running reply is left alone", "token Ne\nhold g\ntoken w" STOP,
     "DeepRetry", "execute 'DeepRetry' | let g:line = execute('1messages')",
     CHAT_HEAD OLD "%% assistant" PAIRS "\n\nNew" CHAT_END},
    {"stopped", "token Ne\nhold g\ntoken w" STOP, "DeepRetry", "DeepStop",
     CHAT_HEAD OLD "%% assistant finish=stopped\n\nNe" CHAT_END},
    {"stopped, nothing is replaced", "token Ne\nhold g\ntoken w" STOP,
     "DeepRetry!", "DeepStop",
     CHAT_HEAD OLD "%% assistant finish=stopped\n\nNe" CHAT_END},
    {"lost, nothing is replaced", "token Ne\nhold g\nfin\n", "DeepRetry!", "",
     CHAT_HEAD OLD "%% assistant finish=interrupted\n\nNe" CHAT_END},
    {"the old one edited, it stays", "token Ne\nhold g\ntoken w" STOP,
     "DeepRetry!", "call setline(search('^One'), 'Mine')",
     CHAT_HEAD "%% alternate finish=stop\n\nMine\n\n%% assistant" PAIRS
               "\n\nNew" CHAT_END},
    {"the old one taken out", "token Ne\nhold g\ntoken w" STOP, "DeepRetry",
     "silent 9,12delete _", CHAT(PAIRS, "New")},
    {"a draft meanwhile", "token Ne\nhold g\ntoken w" STOP, "DeepRetry",
     "call setline('$', 'next')",
     CHAT_HEAD OLD "%% assistant" PAIRS "\n\nNew" CHAT_END "next"},
};

static void
check_lives(struct stage *st, size_t i)
{
    const char *name = lives[i].name;
    stage_script(st, lives[i].script);
    load_chat(st, CHAT(" finish=stop", "One"));
    ed_ex(st->ed, "%s", lives[i].command);
    cr_assert(stage_shows(st, "Ne"), "%s", name);
    ed_ex(st->ed, "%s", lives[i].during);
    cr_assert(stage_finish(st), "%s", name);
    stage_expect_text(st, name, lives[i].want);
}

Test(editor_retry, while_it_runs)
{
    struct stage st;
    stage_start(&st, NULL, "'retries': 0");
    for (size_t i = 0; i < sizeof lives / sizeof *lives; i++)
        check_lives(&st, i);
    stage_expect(&st, "line", "g:line",
                 "\ndeepchat: a reply is running here; :DeepStop first");
    stage_stop(&st);
}

/* The cursor in the old answer goes to the new one, that in the draft stays. */
Test(editor_retry, cursors)
{
    struct stage st;
    stage_start(&st, NULL, "");
    for (int above = 0; above < 2; above++) {
        stage_script(&st, "token Ne\nhold g\ntoken w" STOP);
        load_chat(&st, CHAT("", "One") "draft");
        ed_ex(st.ed, above ? "call cursor(11, 2)" : "call cursor('$', 3)");
        ed_ex(st.ed, "DeepRetry");
        cr_assert(stage_shows(&st, "Ne"));
        stage_expect(&st, "line", "getline('.')", above ? "Ne" : "draft");
        cr_assert(stage_finish(&st));
        stage_expect(&st, "line", "getline('.')", above ? "New" : "draft");
        stage_expect(&st, "column", "col('.')", "3");
        stage_expect(&st, "folded", "foldclosedend(9)", "11");
        stage_expect(&st, "of two", "deepchat#alt#place(bufnr('%'), 13)",
                     "2/2");
    }
    stage_stop(&st);
}

/* What broke before a byte of it came is sent again, with no alternate. */
Test(editor_retry, an_unanswered_turn)
{
    struct stage st;
    stage_start(&st,
                "status 401\njson {\"error\":{\"message\":\"no\"}}\n" NEXT NEW,
                "'retries': 0");
    load_chat(&st, CHAT("", "One") "two");
    ed_ex(st.ed, "DeepSend");
    cr_assert(stage_idle(&st));
    stage_expect_text(&st, "refused", CHAT("", "One") "two");
    ed_ex(st.ed, "DeepRetry in short");
    cr_assert(stage_idle(&st));
    stage_expect_text(&st, "sent",
                      CHAT("", "One") "two\n\n%% assistant" PAIRS
                                      "\n\nNew" CHAT_END);
    char *body = server_request_body(st.sv, 2, NULL);
    cr_expect_not_null(strstr(body, "\"two\\n\\nin short\"}]"), "%s", body);
    free(body);
    stage_stop(&st);
}

/* Typing in the draft goes on while the answer changes above it. */
Test(editor_retry, while_the_user_types)
{
    static const char now[] = CHAT_HEAD "%% alternate\n\nOne\n\n%% assistant";
    char want[256];
    struct stage st;
    stage_start(&st, "hold g\ntoken Ne\nhold g\ntoken w" STOP, "");
    load_chat(&st, CHAT("", "One"));
    ed_ex(st.ed, "call cursor('$', 1) | DeepRetry");
    stage_keys(&st, "ia");
    cr_assert(stage_next(&st, "Ne"));
    stage_keys(&st, "b");
    cr_assert(stage_finish(&st));
    stage_keys(&st, "c<Esc>");
    snprintf(want, sizeof want, "%s%s", now, PAIRS "\n\nNew" CHAT_END "abc");
    stage_expect_text(&st, "typed", want);
    stage_keys(&st, "u");
    snprintf(want, sizeof want, "%s%s", now, PAIRS "\n\nNew" CHAT_END "ab");
    stage_expect_text(&st, "their own steps", want);
    stage_stop(&st);
}

/* An undo of what is there takes all of it back, and ends it. */
Test(editor_retry, undone_while_it_runs)
{
    struct stage st;
    stage_start(&st, "token Ne\nhold g\ntoken w" STOP, "");
    load_chat(&st, CHAT("", "One"));
    ed_ex(st.ed, "DeepRetry");
    cr_assert(stage_shows(&st, "Ne"));
    stage_keys(&st, "u");
    stage_expect_text(&st, "undone", CHAT("", "One"));
    cr_assert(stage_finish(&st));
    stage_expect_text(&st, "and stays", CHAT("", "One"));
    expect_line(&st, "line", "reply taken out; stopped (:DeepResume has it)");
    stage_keys(&st, "<C-r>");
    stage_expect_text(&st, "again",
                      CHAT_HEAD
                      "%% alternate\n\nOne\n\n%% assistant\n\nNe" CHAT_END);
    stage_stop(&st);
}

/* ---- after a crash ---- */

/* The wish is no part of the question by which the chat is found. */
Test(editor_retry, is_resumed)
{
    static const char *const commands[] = {"DeepRetry shorter", "DeepRetry!"};
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        struct wreck w;
        wreck_start(&w, "token One" STOP, "");
        wreck_ask(&w, "Say");
        cr_assert(wreck_idle(&w));
        wreck_script(&w, "token Ne\nhold g\ntoken w" STOP);
        ed_ex(w.ed, "%s", commands[i]);
        cr_assert(wreck_shows(&w, "Ne"));
        pid_t host = wreck_kill_editor(&w);
        server_release(w.sv, "g");
        cr_assert(wreck_gone(host, WRECK_MS));
        wreck_editor(&w);
        wreck_resume(&w);
        cr_assert(wreck_shows(&w, "New"), "%s", commands[i]);
        char *text = ed_text(w.ed);
        static const char want[] =
            "%% user\n\nSay\n\n%% alternate" PAIRS "\n\nOne\n\n"
            "%% assistant" PAIRS "\n\nNew" CHAT_END;
        cr_expect_not_null(strstr(text, want), "%s: %s", commands[i], text);
        free(text);
        wreck_stop(&w);
    }
}
