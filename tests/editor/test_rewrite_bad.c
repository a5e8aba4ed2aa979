/* :DeepRewrite when the reply is none, or not what it should be. */
#include "rewrite_stage.h"

#define TEXT "one\\ntwo\\nthree\\nfour\\nfive\\nsix"

/* clang-format off */
static const struct {
    const char *name, *script;
    const char *keys; /* once the server holds */
    const char *said, *event;
    const char *waits; /* hunks that still do */
} ends[] = {
    {"empty", "finish stop 9 0 0\ndone\n", "", "deepchat: the server sent an empty reply; nothing lost", "Start\nError error", "0"},
    {"blank", "token \\n\\n\nfinish stop 9 0 0\ndone\n", "", "deepchat: the answer was empty; nothing is changed", "Start\nDone stop", "0"},
    {"refused", "token I'm sorry, but I cannot help with that.\nfinish stop 9 9 0\ndone\n", "",
     "deepchat: answered in words (:DeepLog): I'm sorry, but I cannot h...", "Start\nDone stop", "0"},
    {"the same", "token one\\ntwo\\nthree\\nfour\\nfive\\nsix\\n\nfinish stop 9 9 0\ndone\n", "",
     "deepchat: no change: the answer is the selection itself", "Start\nDone stop", "0"},
    {"an error", "status 400\njson {\"error\":{\"message\":\"reasoning_effort is not known\"}}\n", "",
     "deepchat: reasoning_effort refused (400): reasoning_effort is not...", "Start\nError error", "0"},
    {"stopped", "token ONE\\ntwo\\nTHREE\nhold g\nfinish stop\ndone\n", ":DeepStop<CR>",
     "deepchat: stopped; 1 hunk of it to review; :DeepContinue goes on", "Start\nStopped stopped", "1"},
    {"stopped before it began", "hold g\ntoken ONE\nfinish stop\ndone\n", ":DeepStop<CR>",
     "deepchat: stopped; nothing was changed", "Start\nStopped stopped", "0"},
    {"lost", "token ONE\\ntwo\\nTHREE\nhold g\nrst\n", "",
     "deepchat: connection lost, 1 token kept; :DeepContinue goes on", "Start\nError interrupted", "1"},
    {"cut", "token ONE\\ntwo\\nTHREE\nfinish length 9 9 0\ndone\n", "",
     "deepchat: reply cut at the token limit; :DeepContinue goes on", "Start\nDone length", "1"},
    {"a filter", "token ONE\\ntwo\\nTHREE\nfinish content_filter 9 9 0\ndone\n", "",
     "deepchat: reply cut by the server's content filter; kept", "Start\nDone filter", "1"},
};
/* clang-format on */

Test(rewrite_bad, the_selection_stays_as_it_was, .timeout = 60)
{
    struct stage st;
    rewrite_start(&st, NULL, "'continue_rounds': 0, 'retries': 0");
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        const char *name = ends[i].name;
        stage_script(&st, ends[i].script);
        rewrite_open(&st, "bad.txt", TEXT);
        ed_ex(st.ed, "messages clear");
        ed_ex(st.ed, "%%DeepRewrite louder");
        cr_assert(server_wait_requests(st.sv, 1, STAGE_MS), "%s", name);
        if (ends[i].keys[0] != '\0') {
            cr_assert(server_wait_held(st.sv, "g", 1, STAGE_MS), "%s", name);
            cr_assert(ed_wait(st.ed, STAGE_MS, "len(" REWRITE_WAITS ") == %s",
                              ends[i].waits));
            stage_keys(&st, ends[i].keys);
            rewrite_idle(&st, name);
        }
        server_release(st.sv, "g");
        rewrite_idle(&st, name);
        rewrite_expect_said(&st, name, ends[i].said);
        stage_expect(&st, name, "[getline(1, '$') ==# g:old, &modified]",
                     "1\n0");
        stage_expect(&st, name, "len(" REWRITE_WAITS ")", ends[i].waits);
        char *events = stage_events(&st);
        cr_expect_str_eq(events, ends[i].event, "%s: %s", name, events);
        free(events);
    }
    stage_stop(&st);
}

/* One that was cut goes on where it ended, from a line of it. */
Test(rewrite_bad, a_cut_one_goes_on, .timeout = 60)
{
    struct stage st;
    rewrite_start(&st,
                  "token ONE\\ntwo\\nTHREE\\nfo\nfinish length 9 9 0\ndone\n"
                  "---\ntoken ur\\nFIVE\\nsix\\n\nfinish stop 9 9 0\ndone\n",
                  "'continue_rounds': 0");
    rewrite_open(&st, "cut.txt", "zero\\n" TEXT "\\nseven");
    ed_ex(st.ed, "2,7DeepRewrite louder");
    rewrite_idle(&st, "cut");
    ed_ex(st.ed, "2DeepAccept");
    stage_expect(&st, "first", "getline(2)", "ONE");
    ed_ex(st.ed, "call cursor(6, 1)");
    rewrite_ask(&st, "goes on", "DeepContinue");
    cr_expect_eq(server_requests(st.sv), 2);
    ed_ex(st.ed, "DeepAccept!");
    stage_expect_text(&st, "goes on",
                      "zero\nONE\ntwo\nTHREE\nfour\nFIVE\nsix\nseven");
    char *events = stage_events(&st);
    cr_expect_str_eq(events, "Start\nDone length\nStart\nDone stop", "%s",
                     events);
    free(events);
    stage_stop(&st);
}

/* A rewrite of lines 2 to 7 that is stopped: one hunk of it is decided. */
static void
stop_one(struct stage *st, const char *name)
{
    server_reset(st->sv);
    rewrite_open(st, "stopped.txt", "zero\\n" TEXT "\\nseven");
    ed_ex(st->ed, "2,7DeepRewrite louder");
    cr_assert(server_wait_held(st->sv, "g", 1, STAGE_MS), "%s", name);
    cr_assert(ed_wait(st->ed, STAGE_MS, "len(" REWRITE_WAITS ") == 2"), "%s",
              name);
    ed_ex(st->ed, "DeepStop");
    rewrite_idle(st, name);
    stage_expect(st, name, "len(" REWRITE_WAITS ")", "1");
}

/* So does one that was stopped in the middle of a hunk, until it is past. */
Test(rewrite_bad, a_stopped_one_goes_on, .timeout = 60)
{
    static const char *const past[] = {"DeepReject!", "6,7DeepRewrite quieter",
                                       "silent write", "silent 3delete"};
    struct stage st;
    rewrite_start(&st,
                  "token ONE\\ntwo\\nTHREE\\nFO\nhold g\ndone\n"
                  "---\ntoken UR\\nFIVE\\nsix\\n\nfinish stop 9 9 0\ndone\n",
                  "");
    stop_one(&st, "on");
    ed_ex(st.ed, "2DeepAccept | call cursor(6, 1) | DeepContinue");
    cr_assert(server_wait_requests(st.sv, 2, STAGE_MS));
    rewrite_idle(&st, "on");
    ed_ex(st.ed, "DeepAccept!");
    stage_expect_text(&st, "on",
                      "zero\nONE\ntwo\nTHREE\nFOUR\nFIVE\nsix\nseven");
    for (size_t i = 0; i < sizeof past / sizeof *past; i++) {
        stop_one(&st, past[i]);
        ed_ex(st.ed, "%s", past[i]);
        rewrite_idle(&st, past[i]);
        stage_expect(&st, past[i], "deepchat#rewrite#go_on(bufnr('%'), 4)",
                     "0");
    }
    stage_stop(&st);
}

/* Nothing is promised where it cannot go on. */
Test(rewrite_bad, stopped_for_good, .timeout = 60)
{
    static const char *const ways[][2] = {
        {"call setline(6, 'mine') | DeepStop",
         "deepchat: stopped; 1 hunk of it to review"},
        {"bwipeout!", "deepchat: stopped; nothing was changed"},
    };
    struct stage st;
    rewrite_start(&st, "token ONE\\ntwo\\nTHREE\\nFO\nhold g\ndone\n", "");
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        const char *name = ways[i][0];
        server_reset(st.sv);
        rewrite_open(&st, "stopped.txt", "zero\\n" TEXT "\\nseven");
        ed_ex(st.ed, "messages clear | 2,7DeepRewrite louder");
        cr_assert(server_wait_held(st.sv, "g", 1, STAGE_MS), "%s", name);
        cr_assert(ed_wait(st.ed, STAGE_MS, "len(" REWRITE_WAITS ") == 2"), "%s",
                  name);
        ed_ex(st.ed, "%s", name);
        rewrite_idle(&st, name);
        rewrite_expect_said(&st, name, ways[i][1]);
    }
    stage_stop(&st);
}

/* The server's cuts are no end. */
Test(rewrite_bad, it_goes_on_by_itself, .timeout = 60)
{
    struct stage st;
    rewrite_start(&st,
                  "token ONE\\ntwo\\nTHREE\\nfo\nfinish length 9 9 0\ndone\n"
                  "---\ntoken ur\\nFIVE\\nsix\\n\nfinish stop 9 9 0\ndone\n",
                  "'continue_rounds': 3");
    rewrite_open(&st, "rounds.txt", TEXT);
    rewrite_ask(&st, "rounds", "%DeepRewrite! louder");
    cr_expect_eq(server_requests(st.sv), 2);
    stage_expect_text(&st, "rounds", "ONE\ntwo\nTHREE\nfour\nFIVE\nsix");
    ed_ex(st.ed, "undo");
    stage_expect(&st, "one step", "getline(1, '$') ==# g:old", "1");
    stage_stop(&st);
}

/* Text is text, whatever it looks like, wherever it is shown. */
Test(rewrite_bad, nothing_in_a_reply_is_done, .timeout = 60)
{
    static const char reply[] =
        "token \\x1b]0;title\\x07\\x1b[31m|let g:did = 1\\n"
        ":let g:did = 2\\n%{execute('let g:did = 3')}"
        "%{%execute('let g:did = 4')%}\\n"
        "<C-R>=execute('let g:did = 5')\\n`=execute('let g:did = 6')`\\n"
        "vim: set shiftwidth=7 :\\n\\x1b:let g:did = 8\\n\n"
        "finish stop 9 9 0\ndone\n";
    static const char want[] =
        "\x1b]0;title\x07\x1b[31m|let g:did = 1\n"
        ":let g:did = 2\n%{execute('let g:did = 3')}"
        "%{%execute('let g:did = 4')%}\n"
        "<C-R>=execute('let g:did = 5')\n`=execute('let g:did = 6')`\n"
        "vim: set shiftwidth=7 :\n\x1b:let g:did = 8\nsix";
    struct stage st;
    rewrite_start(&st, reply, "");
    ed_ex(st.ed, "set modeline modelines=5 shiftwidth=4 | let g:did = 0");
    rewrite_open(&st, "a b%#`x`{c}.txt", "one\\ntwo\\nsix");
    rewrite_ask(&st, "sinks",
                "1,2DeepRewrite `=execute('let g:did = 9')` %{x}");
    cr_assert(ed_wait_screen(st.ed, "^[]0;title^G^[[31m|let", STAGE_MS));
    ed_ex(st.ed, "DeepDiff!");
    ed_ex(st.ed, "lclose | DeepDiff");
    stage_expect_text(&st, "proposed", want);
    ed_ex(st.ed, "redraw!");
    stage_keys(&st, ":write<CR>");
    cr_assert(ed_wait(st.ed, STAGE_MS, "tabpagenr('$') == 1"));
    stage_expect_text(&st, "sinks", want);
    stage_expect(&st, "nothing", "[g:did, &shiftwidth]", "0\n4");
    stage_stop(&st);
}

/* A chat stays one: no marker goes out of it, and none comes in. */
Test(rewrite_bad, a_turn_in_a_chat, .timeout = 60)
{
    struct stage st;
    rewrite_start(&st,
                  "token Hello\\n%% assistant\\n%% user x\\n%%% user\\n\n"
                  "finish stop 9 9 0\ndone\n",
                  "");
    rewrite_open(&st, "turn.deepchat.md", "%% user\\n\\nHi\\n%%% user\\n");
    rewrite_ask(&st, "chat", "3,4DeepRewrite politely");
    char *body = server_request_body(st.sv, 1, NULL);
    cr_expect(strstr(body, "Hi\\n%% user"), "%s", body);
    free(body);
    ed_ex(st.ed, "DeepDiff");
    stage_expect(&st, "proposal", "[&filetype, &syntax, line('$')]",
                 "\ndeepchat\n7");
    stage_keys(&st, ":quit<CR>");
    cr_assert(ed_wait(st.ed, STAGE_MS, "tabpagenr('$') == 1"));
    ed_ex(st.ed, "DeepAccept!");
    stage_expect_text(&st, "chat",
                      "%% user\n\nHello\n%%% assistant\n%% user x\n"
                      "%%%% user\n");
    stage_stop(&st);
}

/* The buffer goes while text comes. */
Test(rewrite_bad, the_buffer_goes, .timeout = 60)
{
    struct stage st;
    rewrite_start(&st, NULL, "");
    static const char *const ways[][3] = {
        {"bwipeout!", "", "0"},
        {"edit!", "ONE\ntwo", "0"},
        {"%delete _", "", "2"},
    };
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        stage_script(&st, "token ONE\\ntwo\nhold g\nfinish stop\ndone\n");
        rewrite_open(&st, "gone.txt", TEXT);
        ed_ex(st.ed, "%%DeepRewrite! louder");
        cr_assert(server_wait_held(st.sv, "g", 1, STAGE_MS));
        ed_ex(st.ed, "%s", ways[i][0]);
        server_release(st.sv, "g");
        rewrite_idle(&st, ways[i][0]);
        stage_expect_text(&st, ways[i][0], ways[i][1]);
        stage_expect(&st, ways[i][0], "len(" REWRITE_WAITS ")", ways[i][2]);
        free(stage_events(&st));
    }
    stage_stop(&st);
}
