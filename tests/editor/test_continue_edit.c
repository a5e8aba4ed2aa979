/* :DeepContinue and what the user does before and meanwhile. */
#include <signal.h>
#include <stdio.h>

#include "continue.h"
#include "lib/proc.h"

TestSuite(editor_continue_edit, .timeout = 120);

/* What the server was sent last contains text. */
static void
expect_sent(struct stage *st, const char *name, const char *text, bool there)
{
    size_t count = server_requests(st->sv);
    char *body = server_request_body(st->sv, count, NULL);
    cr_expect(body != NULL && (strstr(body, text) != NULL) == there,
              "%s: request %zu: %s", name, count, body);
    free(body);
}

/* :DeepContinue, and wait for the end. */
static void
go_on(struct stage *st, const char *name)
{
    ed_ex(st->ed, "messages clear | let g:events = [] | DeepContinue");
    cr_assert(stage_idle(st), "%s", name);
}

/* ---- how the answer had ended ---- */

static const struct {
    const char *name;
    const char *first; /* behind "One", and a gate */
    const char *command;
    const char *edit;
    const char *line; /* of the first end */
    const char *marker, *kept;
    const char *said; /* when it goes on */
} ends[] = {
    {"stopped", "stall\n", "DeepStop", "",
     "stopped, 1 token kept; :DeepContinue or :DeepRetry", " finish=stopped",
     "One", ""},
    {"broken", "fin\n", "", "",
     "connection lost, 1 token kept; :DeepContinue goes on",
     " finish=interrupted", "One", ""},
    {"cut", "finish length 1 1 0\ndone\n", "", "",
     "reply cut at the token limit; :DeepContinue goes on",
     " finish=length in=1 out=1 cost=0", "One", ""},
    {"edited", "finish stop 1 1 0\ndone\n", "", "%s/One/Un deux/", "",
     " finish=stop in=1 out=1 cost=0", "Un deux",
     "going on from your edited text"},
    {"edited and back", "finish stop 1 1 0\ndone\n", "",
     "%s/One/Two/ | %s/Two/One/", "", " finish=stop in=1 out=1 cost=0", "One",
     ""},
};

static void
check_end(struct stage *st, size_t i)
{
    char script[256], text[256];
    const char *name = ends[i].name;
    snprintf(script, sizeof script,
             "token One\nhold g\n%s---\ntoken  more" STOP "---\n"
             "token  and more" STOP,
             ends[i].first);
    stage_script(st, script);
    ed_ex(st->ed, "messages clear");
    stage_ask(st, "q");
    cr_assert(stage_shows(st, "One"));
    server_release(st->sv, "g");
    ed_ex(st->ed, "%s", ends[i].command);
    cr_assert(stage_idle(st), "%s", name);
    expect_line(st, name, ends[i].line);
    if (ends[i].edit[0] != '\0')
        ed_ex(st->ed, "%s", ends[i].edit);
    snprintf(text, sizeof text, "%s%s%s\n\n%s%s", CHAT_HEAD, "%% assistant",
             ends[i].marker, ends[i].kept, CHAT_END);
    stage_expect_text(st, name, text);
    go_on(st, name);
    expect_line(st, name, ends[i].said);
    expect_events(st, name, "Start\nDone stop");
    snprintf(text, sizeof text, "\"content\":\"%s\"", ends[i].kept);
    expect_sent(st, name, text, true);
    go_on(st, name);
    expect_line(st, name, "");
    snprintf(text, sizeof text, "\n%s more and more\n", ends[i].kept);
    char *all = ed_text(st->ed);
    cr_expect(strstr(all, text) != NULL, "%s: %s", name, all);
    cr_expect(strstr(all, " parts=3\n") != NULL, "%s: %s", name, all);
    free(all);
    stage_expect(st, name,
                 "join(readfile(expand('%:p')), \"\\n\") ==# "
                 "join(getline(1, '$'), \"\\n\")",
                 "1");
}

Test(editor_continue_edit, however_it_ended)
{
    struct stage st;
    stage_start(&st, NULL, "'continue_rounds': 0");
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        check_end(&st, i);
    stage_stop(&st);
}

/* ---- meanwhile ---- */

#define ANSWER(text) CHAT(" finish=stop in=10 out=5 cost=0.001 parts=2", text)

static const char slow[] = "hold g\ntoken  two\nhold g\ntoken  three\\nfour\n"
                           "hold g\ntoken  five" STOP;

/* The answer stands at line 11. */
static const struct {
    const char *name;
    const char *before, *middle, *after; /* typed at the gates */
    const char *want;
} meanwhile[] = {
    {"nobody", "", "", "", ANSWER("One two three\nfour five")},
    {"a draft", "GAab", "cd", "<CR>ef<Esc>",
     ANSWER("One two three\nfour five") "abcd\nef"},
    {"in the answer", "11GIx", "y", "z<Esc>",
     ANSWER("xyzOne two three\nfour five")},
    {"behind the answer", "11GA+a", "b", "c<Esc>",
     ANSWER("One+abc two three\nfour five")},
    {"in the question", "7GA?<Esc>", "A!<Esc>", "A.<Esc>",
     "---\nmodel: m\n---\n\n%% user\n\nq?!.\n\n%% assistant finish=stop in=10 "
     "out=5 cost=0.001 parts=2\n\nOne two three\nfour five" CHAT_END},
};

static void
check_meanwhile(struct stage *st, size_t i)
{
    const char *name = meanwhile[i].name;
    stage_script(st, slow);
    load_chat(st, CHAT("", "One"));
    ed_ex(st->ed, "DeepContinue");
    cr_assert(server_wait_held(st->sv, "g", 1, STAGE_MS), "%s", name);
    stage_keys(st, meanwhile[i].before);
    cr_expect(stage_next(st, " two"), "%s", name);
    stage_keys(st, meanwhile[i].middle);
    cr_expect(stage_next(st, "four"), "%s", name);
    stage_keys(st, meanwhile[i].after);
    cr_expect(stage_finish(st), "%s", name);
    stage_expect_text(st, name, meanwhile[i].want);
}

Test(editor_continue_edit, while_the_user_types)
{
    struct stage st;
    stage_start(&st, NULL, "");
    for (size_t i = 0; i < sizeof meanwhile / sizeof *meanwhile; i++)
        check_meanwhile(&st, i);
    stage_stop(&st);
}

/* The cursor stays where it reads, and follows at the end. */
Test(editor_continue_edit, the_cursor)
{
    struct stage st;
    stage_start(&st, slow, "");
    for (int end = 0; end < 2; end++) {
        stage_script(&st, slow);
        load_chat(&st, CHAT("", "One"));
        ed_ex(st.ed, "call cursor(11, %d)", end ? 3 : 1);
        ed_ex(st.ed, "DeepContinue");
        cr_assert(stage_finish(&st));
        stage_expect(&st, end ? "at the end" : "reading",
                     "line('.') . ' ' . col('.')", end ? "12 9" : "11 1");
    }
    stage_stop(&st);
}

Test(editor_continue_edit, in_a_hidden_buffer)
{
    struct stage st;
    stage_start(&st, slow, "");
    load_chat(&st, CHAT("", "One"));
    ed_ex(st.ed, "setlocal bufhidden=hide | let g:chat = bufnr('%%')");
    ed_ex(st.ed, "DeepContinue");
    ed_ex(st.ed, "enew");
    cr_assert(stage_finish(&st));
    ed_ex(st.ed, "execute 'buffer' g:chat");
    stage_expect_text(&st, "hidden", ANSWER("One two three\nfour five"));
    ed_ex(st.ed, "silent undo");
    stage_expect_text(&st, "undone", CHAT("", "One"));
    stage_stop(&st);
}

/* ---- the end of it ---- */

static const char three_rounds[] =
    "token  two" LENGTH NEXT "token  three" LENGTH NEXT "token  four\nhold g\n";

Test(editor_continue_edit, stopped_in_the_third_round)
{
    struct stage st;
    stage_start(&st, three_rounds, "");
    load_chat(&st, CHAT(" finish=length in=1", "One"));
    ed_ex(st.ed, "DeepContinue");
    cr_assert(stage_shows(&st, "four"));
    stage_expect(&st, "running", "deepchat#status()",
                 "continued 2/8  10 tok  $0.002");
    ed_ex(st.ed, "messages clear | DeepContinue");
    expect_line(&st, "again", "a reply is running here; :DeepStop first");
    ed_ex(st.ed, "DeepStop");
    cr_assert(stage_idle(&st));
    expect_events(&st, "events", "Start\nStopped stopped");
    stage_expect_text(&st, "stopped",
                      CHAT(" finish=stopped in=21 out=10 cost=0.002 parts=4",
                           "One two three four"));
    stage_stop(&st);
}

/* What is undone stays so. */
Test(editor_continue_edit, undone_meanwhile)
{
    struct stage st;
    stage_start(&st, slow, "");
    load_chat(&st, CHAT("", "One"));
    ed_ex(st.ed, "DeepContinue");
    cr_assert(server_wait_held(st.sv, "g", 1, STAGE_MS));
    cr_assert(stage_next(&st, " two"));
    stage_keys(&st, "u");
    server_release_next(st.sv, "g", 1);
    cr_assert(stage_idle(&st));
    stage_expect_text(&st, "undone", CHAT("", "One"));
    expect_line(&st, "line", "reply taken out; stopped (:DeepResume has it)");
    expect_events(&st, "events", "Start\nStopped stopped");
    stage_stop(&st);
}

Test(editor_continue_edit, taken_away_before_it_goes_on)
{
    struct stage st;
    stage_start(&st, slow, "");
    load_chat(&st, CHAT("", "One"));
    ed_ex(st.ed, "DeepContinue");
    cr_assert(server_wait_held(st.sv, "g", 1, STAGE_MS));
    ed_ex(st.ed, "11delete");
    cr_assert(stage_finish(&st));
    stage_expect_text(&st, "taken away", CHAT_HEAD "%% assistant\n" CHAT_END);
    stage_stop(&st);
}

/* Of the counts that were there only the end is new; the rest is restored. */
Test(editor_continue_edit, the_host_dies)
{
    struct stage st;
    stage_start(&st, three_rounds, "");
    load_chat(&st, CHAT(" finish=length in=1 model=x", "One"));
    ed_ex(st.ed, "DeepContinue");
    cr_assert(stage_shows(&st, "four"));
    kill(ed_host(st.ed), SIGKILL);
    cr_assert(stage_idle(&st));
    stage_expect_text(
        &st, "died",
        CHAT(" finish=interrupted in=1 model=x", "One two three four"));
    expect_events(&st, "events", "Start\nError interrupted");
    ed_ex(st.ed, "%%s/two three four//");
    ed_ex(st.ed, "DeepResume");
    cr_expect(stage_shows(&st, "One two three four"));
    stage_stop(&st);
}

/* ---- what is asked ---- */

Test(editor_continue_edit, bang_and_instruction)
{
    struct stage st;
    stage_start(&st, "token  two" LENGTH NEXT "token  three" STOP,
                "'continue_rounds': 0");
    load_chat(&st, CHAT("", "One") "a draft");
    ed_ex(st.ed, "DeepContinue! ++temperature=0.5 say it in French");
    cr_assert(stage_idle(&st));
    stage_expect_text(&st, "bang",
                      CHAT(" finish=stop in=20 out=10 cost=0.002 parts=3",
                           "One two three") "a draft");
    char *first = server_request_body(st.sv, 1, NULL);
    cr_expect(strstr(first, "say it in French") != NULL, "%s", first);
    cr_expect(strstr(first, "\"temperature\":0.5") != NULL, "%s", first);
    free(first);
    expect_sent(&st, "second", "French", false);
    expect_sent(&st, "second", "One two", true);
    expect_sent(&st, "second", "draft", false);
    stage_stop(&st);
}

/* What is bound to a grammar and cut is asked for anew: what came first is
 * replaced. */
Test(editor_continue_edit, anew)
{
    static const char whole[] =
        CHAT(" finish=stop in=20 out=10 cost=0.002", "{\"a\":\n1}");
    struct stage st;
    stage_start(&st,
                "token {\\n\\n\"x\":\nhold g" LENGTH NEXT
                "token {\"a\":\ntoken \\n\ntoken 1}" STOP,
                "'response_format': {'type': 'regex', 'regex': '.'}");
    ed_ex(st.ed, "DeepChat! q");
    cr_assert(stage_shows(&st, "\\\"x\\\":"));
    cr_assert(stage_finish(&st));
    stage_expect_text(&st, "anew", whole);
    ed_ex(st.ed, "silent undo");
    stage_expect_text(&st, "undone", "---\nmodel: m\n---\n\n%% user\n\nq");
    ed_ex(st.ed, "silent redo");
    stage_expect_text(&st, "again", whole);
    stage_stop(&st);
}

/* What is said of the marker, also behind an undo. */
Test(editor_continue_edit, undo_takes_the_numbers_back)
{
    struct stage st;
    stage_start(&st, "token  more" STOP, "'continue_rounds': 0");
    load_chat(&st, CHAT(" finish=length in=1 out=2", "One"));
    go_on(&st, "go on");
    cr_expect(ed_wait_screen(st.ed, "7 tok", STAGE_MS));
    stage_keys(&st, "u");
    cr_expect(ed_wait_screen(st.ed, "2 tok", STAGE_MS));
    stage_keys(&st, "<C-r>");
    cr_expect(ed_wait_screen(st.ed, "7 tok", STAGE_MS));
    stage_stop(&st);
}
