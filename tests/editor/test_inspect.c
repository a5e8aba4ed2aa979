/* :DeepInspect shows what the next send asks, byte for byte, and asks nothing
 * itself. */
#include <stdio.h>

#include "continue.h"
#include "lib/proc.h"

#define SHOWN "bufname('%%') ==# '[DeepInspect]' && getline('$') =~# '^}'"
#define PNG "\x89PNG\r\n\x1a\n"
static const char secret[] = "sk-secret-0123456789";

/* The body in the shell's line, as the shell would see it; owned. */
static char *
curl_body(struct stage *st)
{
    char *line =
        ed_eval(st->ed, "getline(search('^// curl .*--data-binary', 'nw'))");
    char *at = strstr(line, "--data-binary '");
    cr_assert_not_null(at, "%s", line);
    char *body = strdup(at + strlen("--data-binary '")), *to = body;
    for (const char *from = body; *from != '\0'; from++) {
        if (strncmp(from, "'\\''", 4) == 0)
            from += 3;
        *to++ = *from;
    }
    to[-1] = '\0'; /* the quote behind it */
    free(line);
    return body;
}

static void
inspect(struct stage *st, const char *name, const char *command)
{
    ed_ex(st->ed, "%s", command);
    cr_assert(ed_wait(st->ed, STAGE_MS, SHOWN), "%s", name);
    cr_expect_eq(server_requests(st->sv), st->requests, "%s: it was sent",
                 name);
}

/* clang-format off */
static const struct {
    const char *name;
    const char *chat;
    const char *settings; /* Ex commands, or NULL */
    const char *inspect, *send;
    const char *const heads[5]; /* patterns of lines */
} requests[] = {
    {"a question", CHAT_HEAD, NULL, "DeepInspect", "DeepSend",
     {"^// POST http://127.0.0.1:\\d\\+/s/t/v1/chat/completions$",
      "^// user \\+1 \\+5$", "^// all \\+\\d\\+ ", "^// tokens: \\~5, reckoned for any model$"}},
    {"options", CHAT_HEAD, "let b:deepchat.stop = ['a''b']", "DeepInspect ++temperature=0.5 ++seed=7",
     "DeepChat ++temperature=0.5 ++seed=7 q", {"\"seed\": 7", "^ *\"a.b\"$"}},
    {"several turns", CHAT_HEAD "%% assistant\n\nit's\n\n%% user\n\nmore\n", NULL, "DeepInspect", "DeepSend",
     {"^// user \\+1 ", "^// assistant \\+4 ", "^// user \\+4 "}},
    {"up to a turn", CHAT_HEAD "%% assistant\n\nA\n\n%% user\n\nmore\n", NULL, "5DeepInspect", "5DeepSend",
     {"^// user \\+1 "}},
    {"a reference", CHAT_HEAD "@file:a.txt", NULL, "DeepInspect", "DeepSend",
     {"from the file"}},
    {"an image", CHAT_HEAD "![x](a.png)", NULL, "DeepInspect", "DeepSend",
     {"^// image \\+12 \\+1,000$"}},
    {"a key", CHAT_HEAD, "let g:deepchat.api_key_env = 'DC_TEST_KEY'", "DeepInspect", "DeepSend",
     {"^// Authorization: Bearer $DC_TEST_KEY (", "^// curl [^\\\\]*  -H \"Authorization: Bearer $DC_TEST_KEY\" "}},
};
/* clang-format on */

static void
load(struct stage *st, const char *chat, const char *settings)
{
    load_chat(st, chat);
    ed_ex(st->ed, "let b:deepchat_project = getcwd()");
    if (settings != NULL)
        ed_ex(st->ed, "%s", settings);
    ed_ex(st->ed, "call cursor(line('$'), 1)");
}

static void
start(struct stage *st)
{
    setenv("DC_TEST_KEY", secret, 1);
    stage_start(st, NULL, "");
    stage_put(st, "a.png", PNG, 8);
    stage_put(st, "a.txt", "from the file\n", 14);
    ed_ex(st->ed, "cd %s", ed_home(st->ed));
}

Test(inspect, what_is_sent, .timeout = 60)
{
    struct stage st;
    start(&st);
    for (size_t i = 0; i < sizeof requests / sizeof *requests; i++) {
        const char *name = requests[i].name;
        stage_script(&st, "token New\nfinish stop\ndone\n");
        st.requests = 0;
        load(&st, requests[i].chat, requests[i].settings);
        ed_ex(st.ed, "let g:chat = bufnr('%%')");
        inspect(&st, name, requests[i].inspect);
        char *body = curl_body(&st);
        for (size_t k = 0; k < 5 && requests[i].heads[k] != NULL; k++)
            cr_expect(ed_number(st.ed, "search('%s', 'nw')",
                                requests[i].heads[k]) > 0,
                      "%s: no %s", name, requests[i].heads[k]);
        stage_expect(&st, name, "search('sk-secret', 'nw')", "0");
        ed_ex(st.ed, "close | execute 'buffer' g:chat");
        ed_ex(st.ed, "%s", requests[i].send);
        cr_assert(server_wait_requests(st.sv, 1, STAGE_MS), "%s", name);
        cr_assert(stage_idle(&st));
        char *sent = server_request_body(st.sv, 1, NULL);
        cr_expect_str_eq(body, sent, "%s:\n%s\n%s", name, body, sent);
        free(sent);
        free(body);
    }
    stage_stop(&st);
}

/* ---- what cannot be sent ---- */

static const struct {
    const char *name, *chat, *command, *line;
} refused[] = {
    {"not a chat", NULL, "DeepInspect",
     "this buffer is not a chat; :DeepChat opens one"},
    {"no question", "%% user\n", "DeepInspect",
     "the chat is empty; type a question, then send"},
    {"an option that is none", CHAT_HEAD, "DeepInspect ++sed=1",
     "unknown option sed; did you mean seed?"},
    {"words", CHAT_HEAD, "DeepInspect what",
     "takes options only, as ++temperature=0"},
    {"a file that is not there", CHAT_HEAD "@file:gone.txt", "DeepInspect",
     NULL},
};

Test(inspect, refused, .timeout = 60)
{
    struct stage st;
    start(&st);
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        const char *name = refused[i].name;
        if (refused[i].chat != NULL)
            load(&st, refused[i].chat, NULL);
        else
            ed_ex(st.ed, "enew!");
        ed_ex(st.ed, "messages clear");
        ed_ex(st.ed, "%s", refused[i].command);
        cr_expect(
            ed_wait(st.ed, STAGE_MS, "execute('messages') =~# 'deepchat'"),
            "%s", name);
        if (refused[i].line != NULL)
            expect_line(&st, name, refused[i].line);
        stage_expect(&st, name, "bufnr('\\[DeepInspect\\]')", "-1");
    }
    cr_expect_eq(server_requests(st.sv), 0);
    stage_stop(&st);
}

/* ---- long ones, and secrets ---- */

Test(inspect, long_and_secret, .timeout = 60)
{
    struct stage st;
    char *image = calloc(1, 300000);
    start(&st);
    memcpy(image, PNG, 8);
    stage_put(&st, "big.png", image, 300000);
    load(&st, CHAT_HEAD "![x](big.png)",
         "let g:deepchat.api_key_env = 'DC_TEST_KEY'");
    ed_ex(st.ed, "call append('$', ['', 'my key is ' . $DC_TEST_KEY, '', "
                 "repeat('long ', 60000), 'end'])");
    inspect(&st, "long", "DeepInspect");
    static const char *const heads[] = {
        "^// long data is shortened",
        "^// secrets in the text are masked",
        "^// image \\+400,000 ",
        "iVBORw0KGgoAAA.*\\.\\.\\. (\\d\\+ bytes more)\"",
        "@request.json.$",
        "long long .*long \\\\nend\""};
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++)
        cr_expect(ed_number(st.ed, "search('%s', 'nw')", heads[i]) > 0, "%s",
                  heads[i]);
    stage_expect(&st, "secret", "search('sk-secret', 'nw')", "0");
    stage_expect(&st, "all of it",
                 "strlen(getline(search('long long', 'nw'))) "
                 "> 300000",
                 "1");
    /* a second look fills the same window */
    ed_ex(st.ed, "let g:windows = winnr('$') | wincmd p");
    ed_ex(st.ed, "DeepInspect ++seed=3");
    cr_assert(ed_wait(
        st.ed, STAGE_MS,
        "match(getbufline('\\[DeepInspect\\]', 1, '$'), '\"seed\": 3') > 0"));
    stage_expect(&st, "windows", "winnr('$') - g:windows", "0");
    /* of two in a row the last is shown, once */
    ed_ex(st.ed, "execute 'DeepInspect ++seed=4' | DeepInspect ++seed=5");
    cr_assert(ed_wait(st.ed, STAGE_MS,
                      "match(getbufline('\\[DeepInspect\\]', 1, '$'), "
                      "'\"seed\": 5') > 0"));
    stage_expect(&st, "JSON",
                 "json_decode(join(filter(getbufline('\\[DeepInspect\\]', 1, "
                 "'$'), 'v:val !~# \"^//\"'), ''))['seed']",
                 "5");
    free(image);
    stage_stop(&st);
}

/* ---- what is known of the model ---- */

#define MODELS                                                                 \
    "json {\"data\":[{\"id\":\"m\",\"metadata\":{\"context_length\":2048,"     \
    "\"pricing\":{\"input_tokens\":1000,\"output_tokens\":2000}}}]}\n"

/* It is asked for, and then shown, too; and what does not fit can be seen. */
Test(inspect, catalogue, .timeout = 60)
{
    struct stage st;
    start(&st);
    server_script(st.sv, "t.models", MODELS);
    load(&st, CHAT_HEAD, NULL);
    ed_ex(st.ed, "let g:chat = bufnr('%%')");
    inspect(&st, "unknown", "DeepInspect");
    cr_assert(ed_wait(st.ed, STAGE_MS, "search('^// model: 2k ', 'nw') > 0"));
    stage_expect(
        &st, "price", "getline(search('^// price', 'nw'))",
        "// price: ~$0.0049, and $2.00 for 1,000 tokens of the answer");
    stage_expect(&st, "tokens", "getline(search('^// tokens', 'nw'))",
                 "// tokens: ~5 of 2,048, reckoned for any model");
    stage_expect(&st, "windows", "winnr('$')", "2");
    ed_ex(st.ed, "close | execute 'buffer' g:chat");
    ed_ex(st.ed, "call append('$', repeat(['three words here'], 1000))");
    inspect(&st, "too long", "DeepInspect");
    stage_expect(&st, "too long", "getline(search('^// does not fit', 'nw'))",
                 "// does not fit: ~3.4k of 2k tokens of context; cut turns or "
                 ":DeepModel");
    stage_stop(&st);
}

/* A send says that the model reads no images, and once; this does not. */
Test(inspect, image_for_a_model_that_reads_none, .timeout = 60)
{
    struct stage st;
    start(&st);
    server_script(st.sv, "t.models",
                  "json {\"data\":[{\"id\":\"m\",\"metadata\":{"
                  "\"context_length\":2048,\"tags\":[\"chat\"]}}]}\n");
    load(&st, CHAT_HEAD "![x](a.png)", NULL);
    ed_ex(st.ed, "let g:chat = bufnr('%%')");
    inspect(&st, "unknown", "DeepInspect");
    cr_assert(ed_wait(st.ed, STAGE_MS, "search('^// model: 2k ', 'nw') > 0"));
    stage_expect(&st, "body", "search('\"image_url\"', 'nw') > 0", "1");
    ed_ex(st.ed, "close | execute 'buffer' g:chat | DeepSend");
    cr_assert(stage_idle(&st));
    expect_line(&st, "send", "m cannot read images; :DeepModel or resend");
    cr_expect_eq(server_requests(st.sv), st.requests);
    stage_stop(&st);
}
