/* :DeepModel for another server, and what servers do besides answering: tiers,
 * reasoning, the cache. */
#include <signal.h>
#include <stdio.h>

#include "continue.h"
#include "lib/trouble.h"

static void
setup(void)
{
    setenv("TZ", "UTC", 1);
}

TestSuite(editor_providers, .init = setup, .timeout = 120);

#define HELLO "token Hello\nfinish stop\ndone\n"
#define TALK "%% user\n\nq\n\n%% assistant finish=stop\n\na\n\n%% user\n\nr"
#define FRONT(fields) "---\n" fields "---\n\n"

/* The servers of these tests: the one that is set, and one of the name of a
 * program that runs anywhere. */
static void
set_servers(struct stage *st)
{
    server_script(st->sv, "other", HELLO);
    server_script(st->sv, "other.models",
                  "json {\"data\":[{\"id\":\"m\"},{\"id\":\"x\"}]}\n");
    ed_ex(st->ed,
          "let g:other = {'base_url': '%s'} | let g:deepchat.providers = "
          "{'ollama': g:other, 'own': g:other, 'vllm': g:other}",
          server_url(st->sv, "other"));
}

/* ---- :DeepModel ---- */

static const struct {
    const char *name, *chat, *command;
    const char *want; /* the chat */
    const char *line;
} models[] = {
    {"another server", FRONT("model: m\n") TALK, "DeepModel ollama/x:7b",
     FRONT("provider: ollama\nmodel: x:7b\n") "%% user\n\nq\n\n%% assistant "
                                              "finish=stop model=m\n\na\n\n%% "
                                              "user"
                                              "\n\nr",
     ""},
    {"a name with blanks, and alternates",
     FRONT("model: a b=%\n") "%% user\n\nq\n\n%% alternate finish=stop\n\nb\n\n"
                             "%% assistant finish=stop alt=1\n\na\n\n"
                             "%% user\n\nr",
     "DeepModel own/ m ",
     FRONT("provider: own\nmodel: m\n") "%% user\n\nq\n\n"
                                        "%% alternate finish=stop "
                                        "model=a%20b%3D%25\n\nb\n\n"
                                        "%% assistant finish=stop alt=1 "
                                        "model=a%20b%3D%25\n\na\n\n"
                                        "%% user\n\nr",
     ""},
    {"one of the user's", FRONT("provider: ollama\nmodel: m\n") TALK,
     "DeepModel own/m", FRONT("provider: own\nmodel: m\n") TALK, ""},
    {"what is not sent",
     FRONT("n: 2\nseed: 1\nmodel: m\nfail_fast: true\n") TALK,
     "DeepModel ollama/m",
     FRONT("provider: ollama\nn: 2\nseed: 1\nmodel: m\nfail_fast: true\n") TALK,
     "n, fail_fast are not sent to ollama"},
    {"and the same server", FRONT("provider: ollama\nn: 2\nmodel: m\n") "q",
     "DeepModel y", FRONT("provider: ollama\nn: 2\nmodel: y\n") "q",
     "n is not sent to ollama"},
    {"a name of its own", FRONT("model: m\n") "q", "DeepModel ollama/listed",
     FRONT("model: ollama/listed\n") "q", ""},
    {"no front matter", "q", "DeepModel ollama/x",
     FRONT("provider: ollama\nmodel: x\n") "q", ""},
    {"no model", FRONT("model: m\n") "q", "DeepModel ollama/",
     FRONT("model: m\n") "q", "ollama/ names no model; nothing was changed"},
    {"no such server", FRONT("model: m\n") "q", "DeepModel groc/x",
     FRONT("model: groc/x\n") "q", NULL},
    {"a mistake elsewhere", FRONT("model: m\nsed: 1\n") "q",
     "DeepModel ollama/x", FRONT("model: m\nsed: 1\n") "q",
     "line 3: unknown option sed; did you mean seed?"},
};

Test(editor_providers, model)
{
    struct stage st;
    stage_start(&st, HELLO, "");
    set_servers(&st);
    for (size_t i = 0; i < sizeof models / sizeof *models; i++) {
        server_script(st.sv, "t.models",
                      "json {\"data\":[{\"id\":\"ollama/listed\"}]}\n");
        load_chat(&st, models[i].chat);
        ed_ex(st.ed, "%s", models[i].command);
        cr_expect(ed_wait(st.ed, STAGE_MS, "deepchat#status() ==# ''"));
        stage_expect_text(&st, models[i].name, models[i].want);
        if (models[i].line != NULL)
            trouble_expect_line(&st, models[i].name, models[i].line);
    }
    /* a buffer, and the chat that is opened from it */
    ed_ex(st.ed, "silent only! | enew! | DeepModel ollama/z");
    cr_expect(ed_wait(st.ed, STAGE_MS, "deepchat#status() ==# ''"));
    stage_expect(&st, "a buffer", "b:deepchat.provider . b:deepchat.model",
                 "ollamaz");
    ed_ex(st.ed, "DeepChat! Hi");
    cr_expect(trouble_wait_end(st.ed));
    stage_expect(&st, "its chat", "join(getline(1, 4))",
                 "--- provider: ollama model: z ---");
    /* for good */
    ed_ex(st.ed, "silent only! | enew! | DeepModel! ollama/w");
    cr_expect(ed_wait(st.ed, STAGE_MS, "deepchat#status() ==# ''"));
    ed_ex(st.ed, "DeepChat!");
    stage_expect(&st, "for good",
                 "g:deepchat.provider . g:deepchat.providers.ollama.model "
                 ". len(g:deepchat.providers)",
                 "ollamaw3");
    stage_expect(&st, "a new chat", "join(getline(1, 4))",
                 "--- provider: ollama model: w ---");
    ed_ex(st.ed, "DeepModel! v");
    stage_expect(&st, "a name", "g:deepchat.providers.ollama.model", "v");
    stage_stop(&st);
}

/* ":DeepModel! server/name" is for what is begun from then on. */
static const struct {
    const char *name, *prepare, *ask;
    const char *server, *model;
} stays[] = {
    {"a chat before it", "DeepChat!", "DeepChat Hi", "/s/t/", "\"m\""},
    {"and a new model", "DeepModel n", "DeepChat Hi", "/s/t/", "\"n\""},
    {"a chat with another one", "DeepModel vllm/x", "DeepChat Hi", "/s/other/",
     "\"x\""},
    {"a buffer with a model", "enew! | let b:deepchat = {'model': 'p'}",
     "DeepRewrite it", "/s/t/", "\"p\""},
    {"a buffer with none", "enew!", "DeepRewrite it", "/s/other/", "\"w\""},
    {"and a model for it", "enew! | DeepModel z", "DeepRewrite it", "/s/other/",
     "\"z\""},
    {"a new chat", "enew!", "DeepChat! Hi", "/s/other/", "\"w\""},
    {"a chat without a model", "enew!", "call Bare() | DeepSend", "/s/other/",
     "\"w\""},
    {"and a model for that", "call Bare()", "DeepModel y | DeepSend",
     "/s/other/", "\"y\""},
};

Test(editor_providers, for_good)
{
    struct stage st;
    stage_start(&st, HELLO, "");
    set_servers(&st);
    server_script(st.sv, "t.models", "json {\"data\":[]}\n");
    server_script(st.sv, "other.models", "json {\"data\":[]}\n");
    ed_ex(st.ed, "set hidden");
    ed_ex(st.ed, "function! Bare()\nDeepChat!\nsilent %%delete _\n"
                 "call setline(1, ['%%%% user', '', 'q'])\nendfunction");
    for (size_t i = 0; i < sizeof stays / sizeof *stays; i++) {
        const char *name = stays[i].name;
        ed_ex(st.ed, "%s", stays[i].prepare);
        if (i == 0)
            ed_ex(st.ed, "DeepModel! ollama/w");
        cr_expect(ed_wait(st.ed, STAGE_MS, "deepchat#status() ==# ''"));
        ed_ex(st.ed, "%s", stays[i].ask);
        cr_assert(server_wait_requests(st.sv, i + 1, STAGE_MS), "%s", name);
        cr_expect(ed_wait(st.ed, STAGE_MS, "deepchat#status() ==# ''"));
        char *head = server_request_head(st.sv, i + 1);
        char *body = server_request_body(st.sv, i + 1, NULL);
        cr_expect_not_null(strstr(head, stays[i].server), "%s: %s", name, head);
        cr_expect_not_null(strstr(body, stays[i].model), "%s: %s", name, body);
        free(head);
        free(body);
    }
    stage_stop(&st);
}

/* The server's list is long in coming: what is sent meanwhile waits for it. */
Test(editor_providers, late)
{
    struct stage st;
    stage_start(&st, HELLO, "");
    set_servers(&st);
    server_script(st.sv, "t.models", "hold g\njson {\"data\":[]}\n");
    load_chat(&st, FRONT("model: m\n") "%% user\n\nq");
    ed_ex(st.ed, "DeepModel ollama/x");
    stage_expect(&st, "while it waits", "deepchat#status()",
                 "looking for ollama/x");
    stage_expect_text(&st, "nothing yet", FRONT("model: m\n") "%% user\n\nq");
    ed_ex(st.ed, "DeepSend");
    stage_expect(&st, "then", "deepchat#status()", "queued");
    server_release(st.sv, "g");
    cr_expect(trouble_wait_end(st.ed));
    char *head = server_request_head(st.sv, 1);
    cr_expect_not_null(strstr(head, "/s/other/"), "%s", head);
    free(head);
    stage_expect_text(
        &st, "in the end",
        FRONT("provider: ollama\nmodel: x\n") "%% user\n\nq\n\n%% assistant "
                                              "finish=stop\n\nHello\n\n"
                                              "%% user\n\n");
    /* another choice is the one that counts */
    server_script(st.sv, "u", HELLO);
    server_script(st.sv, "u.models", "hold h\njson {\"data\":[]}\n");
    ed_ex(st.ed, "let g:deepchat.base_url = '%s'", server_url(st.sv, "u"));
    load_chat(&st, FRONT("model: m\n") "%% user\n\nq");
    ed_ex(st.ed, "DeepModel ollama/x | DeepModel y");
    server_release(st.sv, "h");
    stage_expect_text(&st, "the last", FRONT("model: y\n") "%% user\n\nq");
    ed_ex(st.ed, "DeepSend");
    cr_expect(trouble_wait_end(st.ed));
    head = server_request_head(st.sv, 2);
    cr_expect_not_null(strstr(head, "/s/u/"), "%s", head);
    free(head);
    stage_stop(&st);
}

/* ---- what is sent ---- */

/* Nothing is lost by the switch, and what the first server was sent is where
 * the second one begins. */
Test(editor_providers, mid_chat)
{
    struct stage st;
    stage_start(&st, HELLO, "");
    set_servers(&st);
    load_chat(
        &st,
        FRONT("n: 2\nmodel: m\nreasoning_effort: none\n") "%% user\n\none");
    ed_ex(st.ed, "DeepSend");
    cr_expect(trouble_wait_end(st.ed));
    ed_ex(st.ed, "call setline('$', 'two') | let g:session = "
                 "deepchat#chat#session(bufnr('%%')) | DeepSend");
    cr_expect(stage_idle(&st) && server_wait_requests(st.sv, 2, STAGE_MS));
    char *first = server_request_body(st.sv, 1, NULL);
    char *second = server_request_body(st.sv, 2, NULL);
    char *end = strstr(first, "}]");
    cr_expect(end != NULL && strncmp(first, second, (size_t)(end - first)) == 0,
              "%s\n%s", first, second);
    cr_expect_not_null(strstr(first, "\"n\":2"), "%s", first);
    ed_ex(st.ed, "DeepModel ollama/m");
    ed_ex(st.ed, "call setline('$', 'three') | DeepSend");
    cr_expect(stage_idle(&st) && server_wait_requests(st.sv, 3, STAGE_MS));
    char *third = server_request_body(st.sv, 3, NULL);
    char *head = server_request_head(st.sv, 3);
    end = strstr(second, "}]");
    cr_expect_not_null(strstr(head, "/s/other/"), "%s", head);
    cr_expect(strncmp(second, third, (size_t)(end - second)) == 0, "%s\n%s",
              second, third);
    cr_expect_null(strstr(third, "\"n\":"), "%s", third);
    stage_expect(&st, "session",
                 "deepchat#chat#session(bufnr('%')) ==# "
                 "g:session",
                 "1");
    free(first);
    free(second);
    free(third);
    free(head);
    stage_stop(&st);
}

/* An answer is of the model that was asked, whatever the chat has meanwhile. */
Test(editor_providers, while_it_runs)
{
    static const char marker[] = "getline(search('^%% assistant', 'nw'))";
    struct stage st;
    stage_start(&st, "token Hel\nhold g\ntoken lo\nfinish stop\ndone\n", "");
    set_servers(&st);
    load_chat(&st, FRONT("model: m\n") "%% user\n\nq");
    ed_ex(st.ed, "DeepSend");
    cr_expect(stage_shows(&st, "Hel"));
    ed_ex(st.ed, "DeepModel y");
    server_release(st.sv, "g");
    cr_expect(trouble_wait_end(st.ed));
    stage_expect(&st, "switched", marker, "%% assistant finish=stop model=m");
    load_chat(&st, FRONT("model: m\n") "%% user\n\nq");
    ed_ex(st.ed, "call deepchat#chat#send(bufnr('%%'), {'arguments': "
                 "['model=z']})");
    cr_expect(trouble_wait_end(st.ed));
    stage_expect(&st, "asked", marker, "%% assistant finish=stop model=z");
    stage_stop(&st);
}

/* A host that ends takes the question with it: nothing waits for an answer. */
Test(editor_providers, host_gone)
{
    struct stage st;
    stage_start(&st, HELLO, "");
    set_servers(&st);
    server_script(st.sv, "t.models", "hold g\njson {\"data\":[]}\n");
    load_chat(&st, FRONT("model: m\n") "%% user\n\nq");
    ed_ex(st.ed, "DeepModel ollama/x");
    stage_expect(&st, "while it waits", "deepchat#status()",
                 "looking for ollama/x");
    kill(ed_host(st.ed), SIGKILL);
    cr_expect(ed_wait(st.ed, STAGE_MS, "deepchat#status() ==# ''"));
    trouble_expect_line(&st, "said",
                        "the host stopped; the model is what it was");
    ed_ex(st.ed, "DeepSend");
    cr_expect(trouble_wait_end(st.ed));
    ed_ex(st.ed, "call setline('$', 'r') | DeepSend");
    cr_expect(server_wait_requests(st.sv, 2, STAGE_MS));
    stage_stop(&st);
}

/* In the server's own form, and without what it does nothing with: that is said
 * once. */
Test(editor_providers, its_own_form)
{
    static const char body[] =
        "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"q\"}],"
        "\"chat_template_kwargs\":{\"enable_thinking\":false},\"stream\":true,"
        "\"stream_options\":{\"include_usage\":true}}";
    struct stage st;
    stage_start(&st, HELLO, "");
    set_servers(&st);
    for (size_t i = 1; i <= 2; i++) {
        load_chat(&st, FRONT("provider: vllm\nreasoning_effort: none\n"
                             "service_tier: flex\nmodel: m\n") "%% user\n\nq");
        ed_ex(st.ed, "DeepSend");
        cr_expect(trouble_wait_end(st.ed));
        trouble_expect_line(&st, "said",
                            i == 1 ? "service_tier is not sent to vllm" : "");
        char *got = server_request_body(st.sv, i, NULL);
        cr_expect_str_eq(got, body, "%s", got);
        free(got);
    }
    stage_stop(&st);
}

/* ---- tiers and reasoning ---- */

Test(editor_providers, tier)
{
    struct stage st;
    stage_start(&st,
                "sse {\"service_tier\":\"default\",\"choices\":[{\"delta\":{"
                "\"content\":\"x\"}}]}\nfinish stop\ndone\n",
                "");
    load_chat(&st, FRONT("service_tier: flex\nmodel: m\n") "%% user\n\nq");
    ed_ex(st.ed, "DeepSend");
    cr_expect(trouble_wait_end(st.ed));
    stage_expect(&st, "marker", "getline(search('^%% assistant', 'nw'))",
                 "%% assistant finish=stop tier=default");
    stage_stop(&st);
}

Test(editor_providers, reasoning_alone)
{
    struct stage st;
    stage_start(&st,
                "reasoning Hm,\nhold g\nreasoning \\x20what?\nfinish stop\n"
                "done\n",
                "");
    load_chat(&st, FRONT("model: m\n") "%% user\n\nq");
    ed_ex(st.ed, "DeepSend");
    cr_expect(
        ed_wait(st.ed, STAGE_MS, "deepchat#status() =~# '^thinking \\d s$'"));
    server_release(st.sv, "g");
    cr_expect(trouble_wait_end(st.ed));
    stage_expect_text(&st, "text",
                      FRONT("model: m\n") "%% user\n\nq\n\n%% reasoning\n\nHm, "
                                          "what?\n\n%% assistant finish=stop"
                                          "\n\n\n\n%% user\n\n");
    trouble_expect_line(
        &st, "said", "only reasoning came, no answer; :DeepRetry asks again");
    stage_expect(&st, "shown", "foldclosed(search('^%% reasoning', 'nw'))",
                 "-1");
    stage_stop(&st);
}
