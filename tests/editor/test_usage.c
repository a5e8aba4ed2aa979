/* Tokens and money: what the server says, the marker and :DeepUsage agree to
 * the token, whatever the request was for. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/proc.h"
#include "lib/stage.h"

#define NEXT "done\n---\n"
#define USAGE(in, out, more)                                                   \
    "sse {\"choices\":[],\"usage\":{\"prompt_tokens\":" #in                    \
    ",\"completion_tokens\":" #out more "}}\n"

/* clang-format off */
static const struct {
    const char *name;
    const char *buffer; /* 'c': the chat, or a file with this text */
    const char *command;
    const char *script;
    const char *marker; /* of the last answer of the chat; NULL: none is new */
    double in, out, cached, cost; /* what the server has said */
    int requests;
} steps[] = {
    {"rounds of a new chat", "c", "DeepChat! One",
     "token One two\nfinish length 10 100 0.5\n" NEXT
     "token  three.\nfinish length 20 30 0.25\n" NEXT
     "token  Four.\nfinish stop 30 4\ndone\n",
     "finish=stop in=60 out=134 cost=0.75 parts=3", 60, 134, 0, 0.75, 3},
    {"a cached share", "c", "DeepChat Two",
     "token Two\nfinish length\n" USAGE(10, 5, ",\"prompt_tokens_details\":{\"cached_tokens\":8}") NEXT
     "token  four.\nfinish stop\n" USAGE(12, 6, ",\"estimated_cost\":1.5e-05,\"prompt_tokens_details\":{\"cached_tokens\":10}") "done\n",
     "finish=stop in=22 out=11 cached=18 cost=0.000015 parts=2", 22, 11, 18, 0.000015, 2},
    {"usage in every chunk", "c", "DeepChat Three",
     USAGE(7, 1, "") USAGE(7, 2, "") "token Three\n" USAGE(7, 3, "") "finish stop\n" USAGE(7, 3, "") "done\n",
     "finish=stop in=7 out=3", 7, 3, 0, 0, 1},
    {"one answer in one piece", "c", "DeepChat ++stream=false Four",
     "json {\"choices\":[{\"message\":{\"content\":\"Four\"},\"finish_reason\":\"length\"}],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":4,\"estimated_cost\":1}}\n---\n"
     "json {\"choices\":[{\"message\":{\"content\":\" and.\"},\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":11,\"completion_tokens\":2,\"estimated_cost\":2}}\n",
     "finish=stop in=20 out=6 cost=3 parts=2", 20, 6, 0, 3, 2},
    {"goes on", "c", "DeepContinue",
     "token  More.\nfinish length 30 3 0.125\n" NEXT
     "token  Less.\nfinish stop 31 3 0.125\ndone\n",
     "finish=stop in=81 out=12 cost=3.25 parts=4", 61, 6, 0, 0.25, 2},
    {"a member refused, then not sent", "c", "DeepChat ++seed=5 Five",
     "status 400\njson {\"error\":{\"message\":\"Unrecognized request argument supplied: seed\",\"param\":\"seed\"}}\n---\n"
     "token Five\nfinish stop 8 2 0.5\ndone\n",
     "finish=stop in=8 out=2 cost=0.5", 8, 2, 0, 0.5, 1},
    {"tried again, and paid for twice", "c", "DeepChat Half",
     "header Retry-After: 0\n" USAGE(6, 0, ",\"estimated_cost\":0.25")
     "sse {\"error\":{\"message\":\"busy\",\"code\":503}}\n---\n"
     "token Half\nfinish stop 6 2 0.25\ndone\n",
     "finish=stop in=12 out=2 cost=0.5", 12, 2, 0, 0.5, 2},
    {"another answer", "c", "DeepRetry",
     "token Another\nfinish stop 8 3 0.5\ndone\n",
     "finish=stop in=8 out=3 cost=0.5", 8, 3, 0, 0.5, 1},
    {"another in its place", "c", "DeepRetry!",
     "token Last\nfinish stop 8 4 0.25\ndone\n",
     "finish=stop in=8 out=4 cost=0.25", 8, 4, 0, 0.25, 1},
    {"two answers", "c", "DeepChat ++n=2 Two of them",
     "sse {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"A\"}}]}\n"
     "sse {\"choices\":[{\"index\":1,\"delta\":{\"content\":\"B\"}}]}\n"
     "sse {\"choices\":[{\"index\":1,\"delta\":{},\"finish_reason\":\"stop\"}]}\n"
     "sse {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n"
     USAGE(9, 8, ",\"estimated_cost\":0.5") "done\n",
     "finish=stop in=9 out=8 cost=0.5 alt=1", 9, 8, 0, 0.5, 1},
    {"only an error, and paid for", "c", "DeepChat Six",
     USAGE(40, 0, ",\"estimated_cost\":0.125") "sse {\"error\":{\"message\":\"no\",\"code\":400}}\n",
     NULL, 40, 0, 0, 0.125, 1},
    {"cut JSON, asked for anew", "c", "DeepChat ++response_format={\"type\":\"json_object\"} Seven",
     "token {\"a\nfinish length 50 20 0.5\n" NEXT
     "token {\"a\":1}\nfinish stop 50 30 0.5\ndone\n",
     "finish=stop in=100 out=50 cost=1", 100, 50, 0, 1, 2},
    {"broken off behind usage", "c", "DeepChat Eight",
     "token Eight\n" USAGE(60, 1, "") "rst\n",
     "finish=interrupted in=60 out=1", 60, 1, 0, 0, 1},
    {"a rewrite in two rounds", "int a;", "DeepRewrite call it b",
     "token int\nfinish length 70 1 0.5\n" NEXT
     "token  b;\nfinish stop 71 2 0.5\ndone\n",
     NULL, 141, 3, 0, 1, 2},
    {"text behind the cursor", "int c;", "DeepContinue",
     "token  int\nfinish length 80 1 0.5\n" NEXT
     "token  d;\nfinish stop 81 2 0.25\ndone\n",
     NULL, 161, 3, 0, 0.75, 2},
};
/* clang-format on */

/* Any reply or rewrite that was asked for. */
static bool
idle(struct stage *st)
{
    return stage_idle(st) &&
           ed_wait(st->ed, STAGE_MS, "empty(deepchat#review#running(0))");
}

static void
run(struct stage *st, const char *buffer, const char *command)
{
    if (strcmp(buffer, "c") == 0) {
        ed_ex(st->ed, "silent! execute 'buffer' get(g:, 'chat', '%%')");
    } else {
        ed_ex(st->ed, "enew!");
        ed_ex(st->ed, "call setline(1, '%s') | normal! $", buffer);
    }
    ed_ex(st->ed, "%s", command);
    if (strcmp(buffer, "c") == 0)
        ed_ex(st->ed, "let g:chat = bufnr('%%')");
}

/* The cells of a section's last row: "requests in cached out cost", each with
 * nothing but digits. */
static void
expect_section(struct stage *st, const char *name, const char *section,
               const double *sum)
{
    char want[200];
    int len = snprintf(want, sizeof want, "%.0f\n%.0f\n%.0f\n%.0f", sum[0],
                       sum[1], sum[2], sum[3]);
    if (sum[4] > 0) {
        len +=
            snprintf(want + len, sizeof want - (size_t)len, "\n%.4f", sum[4]);
        for (int i = 0; i < 2 && want[len - 1] == '0'; i++)
            want[--len] = '\0';
    }
    char expression[400];
    snprintf(expression, sizeof expression,
             "map(split(getline(search('^%s', 'nw') + 1))[1:], "
             "'substitute(v:val, \"[,$]\", \"\", \"g\")')",
             section);
    stage_expect(st, name, expression, want);
}

static void
expect_usage(struct stage *st, const char *name, const double *chat,
             const double *all)
{
    ed_ex(st->ed, "silent! execute 'buffer' g:chat");
    ed_ex(st->ed, "DeepUsage 1");
    cr_assert(ed_wait(st->ed, STAGE_MS, "bufname('%%') ==# '[DeepUsage]'"),
              "%s", name);
    expect_section(st, name, "this chat", chat);
    expect_section(st, name, "today", all);
    ed_ex(st->ed, "close");
}

static void
add_step(double *sum, size_t i)
{
    sum[0] += steps[i].requests;
    sum[1] += steps[i].in;
    sum[2] += steps[i].cached;
    sum[3] += steps[i].out;
    sum[4] += steps[i].cost;
}

static const char last_marker[] =
    "matchstr(getline(searchpos('^%% assistant', 'bnw')[0]), 'finish=.*')";

/* Other names for the chat. */
static const char *const moves[] = {
    "saveas $HOME/a.deepchat.md",
    "file $HOME/b.deepchat.md",
    "write",
    "saveas! $HOME/a.deepchat.md",
};

Test(usage, agrees, .timeout = 120)
{
    struct stage st;
    double chat[5] = {0}, all[5] = {0};
    stage_start(&st, NULL, "'retries': 1");
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        const char *name = steps[i].name;
        bool is_chat = strcmp(steps[i].buffer, "c") == 0;
        stage_script(&st, steps[i].script);
        run(&st, steps[i].buffer, steps[i].command);
        cr_assert(
            server_wait_requests(st.sv, (size_t)steps[i].requests, STAGE_MS),
            "%s", name);
        cr_assert(idle(&st), "%s", name);
        ed_ex(st.ed, "call cursor(line('$'), 1)");
        if (steps[i].marker != NULL)
            stage_expect(&st, name, last_marker, steps[i].marker);
        add_step(all, i);
        if (is_chat)
            add_step(chat, i);
        expect_usage(&st, name, chat, all);
    }
    /* another session knows the chat by its file */
    ed_ex(st.ed, "silent! execute 'buffer' g:chat");
    ed_ex(st.ed, "let g:file = expand('%%:p') | silent write | bwipeout!");
    ed_ex(st.ed, "execute 'edit' fnameescape(g:file) | let g:chat = bufnr()");
    expect_usage(&st, "by its file", chat, all);
    for (size_t i = 0; i < sizeof moves / sizeof *moves; i++) {
        ed_ex(st.ed, "silent %s", moves[i]);
        expect_usage(&st, moves[i], chat, all);
    }
    stage_stop(&st);
}

/* ---- what is known of the model ---- */

/* Its context holds 2,000 tokens, and each costs. */
#define MODELS                                                                 \
    "json {\"data\":[{\"id\":\"m\",\"metadata\":{\"context_length\":2000,"     \
    "\"pricing\":{\"input_tokens\":1000,\"output_tokens\":2000}}}]}\n"

Test(usage, catalogue, .timeout = 60)
{
    struct stage st;
    stage_start(&st, NULL, "");
    server_script(st.sv, "t.models", MODELS);
    stage_script(
        &st, "token One\nfinish stop\n" USAGE(
                 10, 5,
                 ",\"prompt_tokens_details\":{\"cached_tokens\":4}") "done\n");
    ed_ex(st.ed, "DeepModel");
    cr_assert(
        ed_wait(st.ed, STAGE_MS, "execute('messages') =~# 'model is m '"));
    ed_ex(st.ed, "DeepChat! One");
    cr_assert(idle(&st));
    stage_expect(&st, "marker", last_marker,
                 "finish=stop in=10 out=5 cached=4 est=0.02");
    ed_ex(st.ed, "DeepChat Two");
    cr_assert(idle(&st));
    cr_expect(ed_wait_screen(st.ed, "chat: 10 tok ~$0.04", STAGE_MS));
    cr_expect(ed_wait_screen(st.ed, " ~$0.02", STAGE_MS));
    stage_expect(&st, "function", "deepchat#usage()['estimate'] * 100", "4");
    ed_ex(st.ed, "DeepRetry");
    cr_assert(idle(&st));
    stage_expect(&st, "alternates", "deepchat#usage()['answers']", "3");
    ed_ex(st.ed, "let g:chat = bufnr('%%')");
    ed_ex(st.ed, "DeepUsage 1");
    cr_assert(ed_wait(st.ed, STAGE_MS, "bufname('%%') ==# '[DeepUsage]'"));
    stage_expect(&st, "cost", "split(getline(search('^today') + 1))[-1]",
                 "~$0.06");
    stage_expect(&st, "note", "getline('$')",
                 "~ reckoned from the list of prices, where the server named "
                 "none");
    ed_ex(st.ed, "close | execute 'buffer' g:chat");

    /* a long question leaves less room, a longer one does not fit */
    ed_ex(st.ed, "DeepChat %s", "");
    ed_ex(st.ed, "call append('$', repeat(['three words here'], 400))");
    ed_ex(st.ed, "DeepSend");
    cr_assert(idle(&st));
    char *body = server_request_body(st.sv, 4, NULL);
    const char *limit = strstr(body, "\"max_tokens\":");
    cr_assert_not_null(limit, "%s", body);
    long tokens = strtol(limit + strlen("\"max_tokens\":"), NULL, 10);
    cr_expect(tokens > 256 && tokens < 500, "%ld", tokens);
    free(body);
    ed_ex(st.ed, "messages clear");
    ed_ex(st.ed, "call append('$', repeat(['three words here'], 500))");
    ed_ex(st.ed, "DeepSend");
    cr_assert(ed_wait(st.ed, STAGE_MS, "execute('messages') =~# 'deepchat'"));
    stage_expect(&st, "too much", "split(execute('messages'), \"\\n\")[-1]",
                 "deepchat: ~3.1k of 2k tokens of context; cut turns or "
                 ":DeepModel");
    cr_expect_eq(server_requests(st.sv), 4);
    stage_stop(&st);
}

/* ---- what the command takes and says ---- */

Test(usage, command, .timeout = 60)
{
    static const struct {
        const char *command, *said;
    } bad[] = {
        {"DeepUsage 0", "deepchat: days are a number from 1 to 3660"},
        {"DeepUsage 3661", "deepchat: days are a number from 1 to 3660"},
        {"DeepUsage -1", "deepchat: days are a number from 1 to 3660"},
        {"DeepUsage many", "deepchat: days are a number from 1 to 3660"},
    };
    struct stage st;
    stage_start(&st, NULL, "");
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        ed_ex(st.ed, "messages clear");
        ed_ex(st.ed, "%s", bad[i].command);
        stage_expect(&st, bad[i].command,
                     "split(execute('messages'), \"\\n\")[-1]", bad[i].said);
    }
    ed_ex(st.ed, "DeepUsage 3660 | let g:piped = 1");
    cr_assert(ed_wait(st.ed, STAGE_MS, "bufname('%%') ==# '[DeepUsage]'"));
    stage_expect(&st, "empty", "getline(search('^today', 'nw') + 1)",
                 "  nothing");
    stage_expect(&st, "buffer",
                 "[&buftype, &bufhidden, &modifiable, &modified, g:piped]",
                 "nofile\nwipe\n0\n0\n1");
    stage_keys(&st, "q");
    stage_expect(&st, "closed", "bufname('%')", "");
    /* of a name without an end the end is shown, and soon */
    ed_ex(st.ed, "let g:row = {'name': repeat('x', 40000) . 'end', 'requests': "
                 "1, 'blank': 0, 'in': 1, 'out': 0, 'cached': 0, 'cost': 0, "
                 "'est': 0}");
    ed_ex(st.ed, "let g:at = reltime()");
    ed_ex(st.ed, "call deepchat#usage#show({'chat': [], 'today': [g:row], "
                 "'models': [], 'days': [], 'since': '', 'torn': 0})");
    stage_expect(&st, "soon", "reltimefloat(reltime(g:at)) < 5", "1");
    stage_expect(&st, "name",
                 "strlen(matchstr(getline(search('^today', 'nw') + 1), "
                 "'x*end'))",
                 "26");
    stage_stop(&st);
}
