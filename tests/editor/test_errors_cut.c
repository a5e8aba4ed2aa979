/* Replies that break off: what came is kept and nothing is asked again. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/proc.h"
#include "lib/trouble.h"

#define K "0123456789012345678901234567890123456789012345678901234567890123456"
/* 1000 bytes, a hundred thousand times. */
#define ENDLESS                                                                \
    "repeat 100000 chunk " K K K K K K K K K K K K K K K "\nchunk \\n\\n\n"

static const struct {
    const char *name;
    const char *setup;
    const char *script; /* behind "Hel", "lo" */
    const char *line;
    const char *pairs;
    const char *events;
} cuts[] = {
    {"closed", "", "fin\n",
     "connection lost, 2 tokens kept; :DeepContinue goes on",
     " finish=interrupted", "Start\nError interrupted"},
    {"reset", "", "rst\n",
     "connection lost, 2 tokens kept; :DeepContinue goes on",
     " finish=interrupted", "Start\nError interrupted"},
    {"ended", "", "done\nclose\n",
     "the server ended without a reason, 2 tokens kept", " finish=interrupted",
     "Start\nError interrupted"},
    {"silent", "let g:deepchat.idle_timeout = 0.5", "stall\n",
     "the server went silent, 2 tokens kept; :DeepContinue",
     " finish=interrupted", "Start\nError interrupted"},
    {"an error", "",
     "sse {\"error\":{\"message\":\"Upstream \\u001b[2Jdied\",\"code\":502}}\n"
     "token  more\n",
     "HOST failed (502): Upstream died, 2 tokens kept", " finish=interrupted",
     "Start\nError interrupted"},
    {"a line without end", "", "chunk data: \n" ENDLESS,
     "the reply is too large, 2 tokens kept; :DeepContinue",
     " finish=interrupted", "Start\nError interrupted"},
    {"bad chunk size", "", "raw zz\\r\\n\n",
     "connection lost, 2 tokens kept; :DeepContinue goes on",
     " finish=interrupted", "Start\nError interrupted"},
    {"garbage in between", "",
     "sse not json\nchunk \\xff\\0\\x1b]0;x\\x07\\n\\n\nfinish stop\ndone\n",
     "", " finish=stop", "Start\nDone stop"},
    {"cut behind its end", "", "finish stop\nfin\n", "", " finish=stop",
     "Start\nDone stop"},
    {"not ended behind its end", "", "finish stop\ndone\nstall\n", "",
     " finish=stop", "Start\nDone stop"},
    {"full", "let g:deepchat.continue_rounds = 0", "finish length\ndone\n",
     "reply cut at the token limit; :DeepContinue goes on", " finish=length",
     "Start\nDone length"},
};

#define HEAD "---\nmodel: m\n---\n\n%% user\n\nSay\n\n%% assistant"
#define TAIL "\n\nHello\n\n%% user\n\n"

static void
check_cut(struct stage *st, size_t i)
{
    char script[8192], want[256];
    const char *name = cuts[i].name;
    snprintf(script, sizeof script, "token Hel\ntoken lo\nhold g\n%s",
             cuts[i].script);
    snprintf(want, sizeof want, "%s%s%s", HEAD, cuts[i].pairs, TAIL);
    stage_script(st, script);
    trouble_reset(st);
    ed_ex(st->ed, "messages clear | %s", cuts[i].setup);
    ed_ex(st->ed, "DeepChat! Say");
    cr_assert(server_wait_held(st->sv, "g", 1, STAGE_MS), "%s", name);
    cr_assert(stage_shows(st, "Hello"));
    server_release(st->sv, "g");
    cr_assert(trouble_wait_end(st->ed), "%s", name);
    char *line = trouble_line(st, cuts[i].line);
    trouble_expect_line(st, name, line);
    free(line);
    stage_expect_text(st, name, want);
    stage_expect(st, name, "&modified", "0");
    stage_expect(st, name, "readfile(expand('%:p')) ==# getline(1, '$')", "1");
    char *events = stage_events(st);
    cr_expect_str_eq(events, cuts[i].events, "%s: <%s>", name, events);
    free(events);
    char *below = trouble_below(st->ed);
    cr_expect_str_eq(below, "", "%s: <%s>", name, below);
    free(below);
    cr_expect_eq(server_requests(st->sv), 1, "%s: asked again", name);
}

Test(errors_cut, after_text, .timeout = 60)
{
    struct stage st;
    stage_start(&st, NULL, "");
    for (size_t i = 0; i < sizeof cuts / sizeof *cuts; i++)
        check_cut(&st, i);
    stage_stop(&st);
}

/* What is no stream, although one was asked for. */
Test(errors_cut, whole_answer, .timeout = 30)
{
    struct stage st;
    stage_start(&st,
                "json {\"choices\":[{\"message\":{\"content\":\"Hello\"},"
                "\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":1,"
                "\"completion_tokens\":2}}\n",
                "");
    ed_ex(st.ed, "messages clear");
    ed_ex(st.ed, "DeepChat! Say");
    cr_assert(trouble_wait_end(st.ed));
    stage_expect_text(&st, "json", HEAD " finish=stop in=1 out=2" TAIL);
    trouble_expect_line(&st, "json", "");
    stage_stop(&st);
}

Test(errors_cut, line_without_end, .timeout = 60)
{
    static const struct trouble row = {
        .name = "a line without end",
        .script = "chunk data: \n" ENDLESS,
        .line = "the server sent an event of more than 4194304 bytes",
        .requests = 1,
    };
    struct stage st;
    stage_start(&st, NULL, "");
    trouble_check(&st, &row);
    stage_stop(&st);
}

/* The text under a prompt goes with the next send, too, also with one that
 * fails in another way or is still waiting. */
Test(errors_cut, next_send_clears, .timeout = 30)
{
    struct stage st;
    stage_start(&st,
                "status 400\nbody no\n---\nstatus 400\nbody never\n---\n"
                "hold g\ntoken Hello\nfinish stop\ndone\n",
                "");
    ed_ex(st.ed, "DeepChat! Say");
    static const char *const lines[] = {"7: deepchat: refused (400): no",
                                        "7: deepchat: refused (400): never"};
    for (size_t i = 0; i < 2; i++) {
        cr_assert(trouble_wait_end(st.ed));
        char *below = trouble_below(st.ed);
        cr_expect_str_eq(below, lines[i], "<%s>", below);
        free(below);
        ed_ex(st.ed, "let g:events = [] | DeepSend");
    }
    cr_assert(server_wait_held(st.sv, "g", 1, STAGE_MS));
    char *below = trouble_below(st.ed);
    cr_expect_str_eq(below, "", "<%s>", below);
    free(below);
    cr_expect(stage_finish(&st));
    stage_expect_text(&st, "third time", HEAD " finish=stop" TAIL);
    stage_stop(&st);
}

/* What was typed while nothing came joins the turn that is unanswered. */
static const struct {
    const char *name;
    const char *keys;
    const char *want; /* behind "Say" */
} drafts[] = {
    {"nothing", "", ""},
    {"below", "GAmore<Esc>", "\n\nmore"},
    {"below, still typing", "GAmore", "\n\nmore"},
    {"lines below", "GAa<CR><CR>b<Esc>", "\n\na\n\nb"},
    {"where the reply goes", "11GIin<Esc>", "\n\nin"},
    {"both", "11GIin<Esc>GAmore<Esc>", "\n\nin\n\nmore"},
    {"above", "7GA!<Esc>", "!"},
};

Test(errors_cut, typed_meanwhile, .timeout = 60)
{
    struct stage st;
    stage_start(&st, NULL, "");
    for (size_t i = 0; i < sizeof drafts / sizeof *drafts; i++) {
        const char *name = drafts[i].name;
        stage_script(&st, "hold g\nstatus 400\nbody no\n");
        trouble_reset(&st);
        ed_ex(st.ed, "messages clear");
        ed_ex(st.ed, "DeepChat! Say");
        cr_assert(server_wait_held(st.sv, "g", 1, STAGE_MS), "%s", name);
        cr_assert(stage_shows(&st, "% assistant"));
        stage_keys(&st, drafts[i].keys);
        server_release(st.sv, "g");
        cr_assert(trouble_wait_end(st.ed), "%s", name);
        char want[200];
        snprintf(want, sizeof want, "%s%s",
                 "---\nmodel: m\n---\n\n%% user\n\nSay", drafts[i].want);
        stage_expect_text(&st, name, want);
        char *events = stage_events(&st);
        cr_expect_str_eq(events, "Start\nError error", "%s: %s", name, events);
        free(events);
        stage_keys(&st, "<Esc>");
        trouble_expect_line(&st, name, "refused (400): no");
        stage_expect(&st, name, "&modified", "0");
    }
    stage_stop(&st);
}
