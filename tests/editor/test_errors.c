/* What the server answers instead of a reply, and what the user sees of it. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/proc.h"
#include "lib/trouble.h"

#define ERROR(message) "json {\"error\":{\"message\":\"" message "\"}}\n"
#define ONCE "let g:deepchat.retries = 0"
#define KEYED "let g:deepchat.api_key_env = 'DC_TEST_KEY'"

static const struct trouble answers[] = {
    {"401 without a key", NULL, NULL, NULL,
     "status 401\n" ERROR("Incorrect API key provided"),
     "no key for HOST (401); see :h deepchat-key", 1},
    {"401", KEYED, NULL, NULL,
     "status 401\n" ERROR("Incorrect API key provided: sk-secret-0123456789"),
     "key from $DC_TEST_KEY refused (401); nothing lost", 1},
    {"401, one word", KEYED, NULL, NULL,
     "status 401\njson {\"error\":\"Unauthorized\"}\n",
     "key from $DC_TEST_KEY refused (401); nothing lost", 1},
    {"403", KEYED, NULL, NULL,
     "status 403\njson {\"detail\":{\"error\":\"Not authenticated\"}}\n",
     "key from $DC_TEST_KEY refused (403); nothing lost", 1},
    {"402", NULL, NULL, NULL, "status 402\n" ERROR("Insufficient Balance"),
     "account at HOST needs funding; nothing lost", 1},
    {"404, the model", NULL, NULL, NULL,
     "status 404\njson {\"error\":\"Model not found\"}\n",
     "no model m at HOST; try :DeepModel", 1},
    {"404, the path", NULL, NULL, NULL,
     "status 404\njson {\"detail\":\"Not Found\"}\n",
     "no chat API at HOST (404); see base_url", 1},
    {"405", NULL, NULL, NULL,
     "status 405\njson {\"detail\":\"Method Not Allowed\"}\n",
     "no chat API at HOST (405); see base_url", 1},
    {"413", NULL, NULL, NULL, "status 413\nbody Payload Too Large\n",
     "request too large for HOST (413); cut turns", 1},
    {"422", NULL, NULL, NULL,
     "status 422\njson {\"detail\":[{\"loc\":[\"body\",\"temperature\"],"
     "\"msg\":\"too hot\",\"type\":\"x\"}]}\n",
     "temperature refused (422): too hot", 1},
    {"400, overflow", NULL, NULL, NULL,
     "status 400\njson {\"error\":{\"code\":400,\"message\":\"request (13392 "
     "tokens) exceeds the available context size (8192 tokens), try increasing "
     "it\",\"type\":\"exceed_context_size_error\"}}\n",
     "too long for the context; cut turns or try :DeepModel", 1},
    {"400, other words", NULL, NULL, NULL,
     "status 400\n" ERROR("Bad\\u0007 \\u001b[31mred\\u001b[0m\\nline \\u202e"),
     "refused (400): Bad red line", 1},
    {"400, long words", NULL, NULL, NULL,
     "status 400\n" ERROR("words words words words words words words words "
                          "words words words words"),
     "refused (400): words words words words words words word...", 1},
    {"400, depth bomb", NULL, NULL, NULL,
     "status 400\nheader Content-Type: application/json\n"
     "repeat 60000 chunk [\n",
     "refused (400): [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[...", 1},
    {"429", ONCE, NULL, NULL, "status 429\n" ERROR("Rate limited"),
     "rate limited (429)", 1},
    {"429, three times", NULL, NULL, NULL,
     "status 429\nheader Retry-After-Ms: 1\n" ERROR("Model busy, retry later"),
     "the model is busy (429)", 3},
    {"429, not for two minutes", NULL, NULL, NULL,
     "status 429\nheader Retry-After: 121\n" ERROR("Rate limited"),
     "rate limited (429)", 1},
    {"429, no money", NULL, NULL, NULL,
     "status 429\njson {\"error\":{\"message\":\"You exceeded your current "
     "quota\",\"code\":\"insufficient_quota\"}}\n",
     "account at HOST needs funding; nothing lost", 1},
    {"500", ONCE, NULL, NULL, "status 500\n" ERROR("boom"),
     "HOST failed (500): boom", 1},
    {"503, five tries", "let g:deepchat.retries = 4", NULL, NULL,
     "status 503\nheader Retry-After-Ms: 1\nbody no\n", "HOST failed (503): no",
     5},
    {"502, a page", ONCE, NULL, NULL,
     "status 502\nheader Content-Type: text/html\n"
     "body <html><title>Bad gateway</title><body><h1>x</h1></html>\n",
     "HOST failed (502)", 1},
    {"a page", NULL, NULL, NULL,
     "header Content-Type: text/html\n"
     "body <!doctype html><html><head><title>Welcome to nginx!</title></html>"
     "\n",
     "HOST sent a web page: Welcome ...; see base_url", 1},
    {"a redirect", KEYED, NULL, NULL,
     "status 302\nheader Location: https://x.test/v1\n",
     "redirects to x.test/v1; set base_url if you trust it", 1},
    {"empty", NULL, NULL, NULL, "length 0\n", "HOST sent an empty reply", 1},
    {"empty, 500", ONCE, NULL, NULL, "status 500\nlength 0\n",
     "HOST failed (500)", 1},
    {"no text but done", NULL, NULL, NULL, "role\nfinish stop\ndone\n",
     "the server sent an empty reply; nothing lost", 1},
    {"an error in 200", NULL, NULL, NULL, ERROR("No allowed providers"),
     "HOST: No allowed providers", 1},
    {"an error in the stream", NULL, NULL, NULL,
     "role\nsse {\"error\":{\"message\":\"Upstream died\",\"code\":502}}\n",
     "HOST failed (502): Upstream died", 3},
    {"cut before text", ONCE, NULL, NULL, "role\nfin\n",
     "HOST closed the connection", 1},
    {"cut before text, again", "let g:deepchat.retries = 1", NULL, NULL,
     "rst\n", "HOST closed the connection", 2},
    {"no answer", "let g:deepchat.first_byte_timeout = 0.2", NULL, NULL,
     "stall\n", "no answer from HOST in 0.2 s", 1},
    {"silent before text", "let g:deepchat.idle_timeout = 0.2 | " ONCE, NULL,
     NULL, "role\nstall\n", "HOST was silent for 0.2 s", 1},
    {"not HTTP", ONCE, NULL, NULL, "raw SSH-2.0-OpenSSH_9.2\\r\\n\nclose\n",
     "HOST sent no valid HTTP; see base_url", 1},
    {"garbage events", NULL, NULL, NULL,
     "sse not json\nsse [1,2]\nsse \\xff\ndone\n",
     "HOST sent no chat reply; see base_url", 1},
    {"depth bomb", NULL, NULL, NULL,
     "chunk data: \nrepeat 100000 chunk [\nchunk \\n\\n\ndone\n",
     "HOST sent no chat reply; see base_url", 1},
};

static void
check_all(const struct trouble *rows, size_t count)
{
    struct stage st;
    setenv("DC_TEST_KEY", "sk-secret-0123456789", 1);
    stage_start(&st, NULL, "");
    for (size_t i = 0; i < count; i++)
        trouble_check(&st, &rows[i]);
    stage_stop(&st);
}

Test(errors, answers, .timeout = 90)
{
    check_all(answers, sizeof answers / sizeof *answers);
}

#define LOCAL(set) "let g:deepchat." set

static const struct trouble refusals[] = {
    {"closed port", LOCAL("base_url = 'http://127.0.0.1:1'") " | " ONCE, NULL,
     NULL, NULL, "127.0.0.1:1 refused; is llama-server running?", 0},
    {"no key",
     "unlet g:deepchat.base_url | let g:deepchat.proxy = 'http://127.0.0.1:1'",
     NULL, NULL, NULL, "no key; set $DEEPINFRA_API_KEY or see :h deepchat-key",
     0},
    {"http with a key", LOCAL("base_url = 'http://192.0.2.1/v1'") " | " KEYED,
     NULL, NULL, NULL, "http:// would show the key to others; use https://", 0},
    {"bad option", LOCAL("temprature = 1"), NULL, NULL, NULL,
     "unknown option temprature; did you mean temperature?", 0},
    {"out of range", LOCAL("temperature = 2.1"), NULL, NULL, NULL,
     "temperature is 2.1, takes 0 to 2", 0},
    {"bad argument", NULL, NULL,
     "call deepchat#send({'arguments': ['top_p=0']})", NULL,
     "top_p is 0, takes above 0 up to 1", 0},
    {"bad b:deepchat",
     "autocmd FileType deepchat ++once let b:deepchat = "
     "{'stop': [1]}",
     NULL, NULL, NULL, "b: stop is [1], takes a text or a list of texts", 0},
    {"front matter, an option", NULL,
     "---\\nmodel: m\\nmax_tokens: 0.5\\n---\\n\\n%% user\\n\\nSay", NULL, NULL,
     "line 3: max_tokens is 0.5, takes an integer, 0 to 1000000", 0},
    {"front matter, a key", NULL,
     "---\\nmodel: m\\napi_key: x\\n---\\n\\n%% user\\n\\nSay", NULL, NULL,
     "line 3: api_key may not stand in a chat file", 0},
    {"front matter, no pair", NULL,
     "---\\nmodel: m\\nx\\n---\\n\\n%% user\\n\\nSay", NULL, NULL,
     "line 3: front matter takes \"key: value\" lines only", 0},
    {"front matter, open", NULL, "---\\nmodel: m\\n\\n%% user\\n\\nSay", NULL,
     NULL, "front matter is not closed; \"---\" is missing", 0},
    {"empty chat", NULL, "---\\nmodel: m\\n---\\n\\n%% user\\n\\n", NULL, NULL,
     "the chat is empty; type a question, then send", 0},
    {"last turn not the user's", NULL,
     "%% user\\n\\nSay\\n\\n%% assistant\\n\\nNo.", NULL, NULL,
     "the last turn is not yours; add a question, then send", 0},
    {"last turn empty", NULL,
     "%% user\\n\\nSay\\n\\n%% assistant\\n\\nNo.\\n\\n%% user\\n\\n", NULL,
     NULL, "your last turn is empty; type a question, then send", 0},
    {"key command fails", LOCAL("api_key_cmd = ['false']"), NULL, NULL, NULL,
     "api_key_cmd failed; nothing was sent (:DeepLog)", 0},
};

Test(errors, before_a_request, .timeout = 60)
{
    unsetenv("DEEPINFRA_API_KEY");
    unsetenv("DEEPINFRA_TOKEN");
    check_all(refusals, sizeof refusals / sizeof *refusals);
}

/* A chat that is opened without a key says at once what to set; with the first
 * question it is the refusal that says it. */
Test(errors, no_key_at_the_opening, .timeout = 30)
{
    static const char line[] =
        "deepchat: no key; set $DEEPINFRA_API_KEY or see :h deepchat-key";
    static const char *const commands[] = {"DeepChat", "DeepChat Say"};
    unsetenv("DEEPINFRA_API_KEY");
    unsetenv("DEEPINFRA_TOKEN");
    for (size_t i = 0; i < 2; i++) {
        struct ed *ed = ed_start(NULL, "", NULL);
        ed_ex(ed, "%s", commands[i]);
        cr_assert(ed_wait(ed, STAGE_MS,
                          "execute('messages') =~# 'no key' && "
                          "!empty(deepchat#host#about()) && "
                          "!deepchat#buf#any_running()"));
        char *messages = ed_eval(ed, "trim(execute('messages'))");
        cr_expect_str_eq(messages, line, "%s: <%s>", commands[i], messages);
        free(messages);
        ed_stop(ed);
    }
}

/* A member that the server does not take: the reply comes all the same, and
 * it is said once. */
Test(errors, a_refused_member, .timeout = 30)
{
    static const char line[] = "^deepchat: 127.0.0.1:\\d\\+ refuses seed; "
                               "asked without it$";
    struct stage st;
    stage_start(&st,
                "status 400\njson {\"error\":{\"message\":\"Unknown parameter: "
                "'seed'.\",\"param\":\"seed\"}}\n---\ntoken Fine.\n"
                "finish stop\ndone\n",
                "");
    ed_ex(st.ed, "let g:deepchat.seed = 7 | DeepChat Say");
    cr_assert(stage_shows(&st, "Fine.") && stage_idle(&st));
    cr_expect_eq(server_requests(st.sv), 2);
    ed_ex(st.ed, "DeepChat Again");
    cr_assert(ed_wait(st.ed, STAGE_MS,
                      "count(getline(1, '$'), 'Fine.') == 2 && "
                      "!deepchat#buf#any_running()"));
    cr_expect_eq(server_requests(st.sv), 3);
    char *body = server_request_body(st.sv, 3, NULL);
    cr_expect_null(strstr(body, "seed"), "%s", body);
    free(body);
    ed_ex(st.ed, "let g:want = '%s'", line);
    stage_expect(&st, "once", "trim(execute('messages')) =~# g:want", "1");
    char *messages = ed_eval(st.ed, "trim(execute('messages'))");
    cr_expect(strchr(messages, '\n') == NULL, "%s", messages);
    free(messages);
    stage_stop(&st);
}
