/* What each option takes, and what is said about what it does not take. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/config.h"
#include "host/json.h"
#include "host/options.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

/* Everything in JSON; chat is the whole file. */
struct sources {
    const char *settings, *buffer, *chat, *arguments;
};

static struct config *
make(struct sources from, struct dc_error *err)
{
    struct dc_transcript *chat = NULL;
    struct value *maps[3] = {
        json_parse(str_of(from.settings ? from.settings : "{}")),
        json_parse(str_of(from.buffer ? from.buffer : "null")),
        json_parse(str_of(from.arguments ? from.arguments : "null")),
    };
    for (size_t i = 0; i < COUNT(maps); i++)
        cr_assert_not_null(maps[i]);
    if (from.chat != NULL)
        cr_assert(dc_transcript_parse(&chat, str_of(from.chat), err));
    struct config_sources sources = {maps[0], maps[1], chat, maps[2]};
    struct config *cfg = config_new(&sources, err);
    for (size_t i = 0; i < COUNT(maps); i++)
        value_free(maps[i]);
    dc_transcript_free(chat);
    return cfg;
}

/* The parameters as "name=json name=json"; owned. */
static char *
params(const struct config *cfg)
{
    struct buf out;
    size_t count;
    const struct dc_param *list = config_params(cfg, &count);
    buf_init(&out, 10000);
    for (size_t i = 0; i < count; i++)
        buf_addf(&out, "%s%s=%.*s", i > 0 ? " " : "", list[i].name,
                 (int)list[i].value.len, list[i].value.ptr);
    return buf_take(&out, NULL);
}

static void
expect_error(struct sources from, const char *want)
{
    struct dc_error err = {0};
    struct config *cfg = make(from, &err);
    cr_expect_null(cfg, "no error, want %s", want);
    cr_expect_str_eq(err.text, want, "got:  %s\nwant: %s", err.text, want);
    config_free(cfg);
    cfg = make(from, NULL);
    cr_expect_null(cfg);
    config_free(cfg);
}

/* clang-format off */
static const struct {
    const char *name, *good[4], *bad[4], *takes;
} ranges[] = {
    {"max_tokens", {"0", "1000000", "5.0"}, {"-1", "1000001", "1.5", "1e9"},
     "an integer, 0 to 1000000"},
    {"temperature", {"0", "2", "0.7", "2.0"}, {"-0.001", "2.001", "\"0.7\"",
     "true"}, "0 to 2"},
    {"top_p", {"0.0001", "1", "1.0"}, {"0", "-0.1", "1.001", "[]"},
     "above 0 up to 1"},
    {"n", {"1", "4"}, {"0", "5", "1.5", "\"2\""}, "an integer, 1 to 4"},
    {"presence_penalty", {"-2", "2", "0"}, {"-2.001", "2.001", "{}"},
     "-2 to 2"},
    {"frequency_penalty", {"-2", "2", "0.5"}, {"-2.001", "2.001"}, "-2 to 2"},
    {"seed", {"-9007199254740991", "9007199254740991", "0"},
     {"-9007199254740992", "9007199254740992", "0.5"},
     "an integer, -9007199254740991 to 9007199254740991"},
    {"continue_rounds", {"0", "1", "64", "8.0"}, {"-1", "65", "0.5", "\"8\""},
     "an integer, 0 to 64"},
    {"connect_timeout", {"0.01", "3600"}, {"0", "0.009", "3601"},
     "0.01 to 3600"},
    {"first_byte_timeout", {"0.01", "86400"}, {"0.009", "86401"},
     "0.01 to 86400"},
    {"idle_timeout", {"0.01", "86400"}, {"0.009", "86401"}, "0.01 to 86400"},
    {"retries", {"0", "10"}, {"-1", "11"}, "an integer, 0 to 10"},
    {"tool_rounds", {"0", "1000"}, {"-1", "1001"}, "an integer, 0 to 1000"},
    {"stream", {"true", "false", "1", "0"}, {"2", "\"yes\"", "[]", "0.5"},
     "true or false"},
    {"fail_fast", {"true", "0"}, {"-1", "\"true\""}, "true or false"},
    {"autosave", {"false"}, {"\"no\""}, "true or false"},
    {"continue_on_disconnect", {"true", "0"}, {"2", "\"true\"", "[]"},
     "true or false"},
    {"review", {"\"inline\"", "\"diff\""}, {"\"side\"", "\"\"", "\"inlin\"",
     "1"}, "inline or diff"},
    {"service_tier", {"\"auto\"", "\"default\"", "\"flex\"", "\"priority\""},
     {"\"fle\"", "\"flex \"", "\"auto default\"", "2"},
     "auto, default, flex or priority"},
    {"reasoning_effort", {"\"none\"", "\"minimal\"", "\"high\"", "\"max\""},
     {"\"hihg\"", "true"},
     "none, minimal, low, medium, high, xhigh or max"},
    {"tool_choice", {"\"auto\"", "\"none\"", "\"required\"",
     "{\"type\":\"function\"}"}, {"\"any\"", "1", "[]", "[1]"},
     "auto, none or required, or a dictionary"},
    {"tools", {"[]", "{}", "[{\"type\":\"function\"}]"}, {"\"read\"",
     "[\"read\"]", "{\"a\":1}"}, "a list"},
    {"stop", {"\"END\"", "[]", "[\"a\",\"b\",\"c\",\"d\"]", "{}"}, {"5",
     "[5]", "{\"a\":1}", "true"}, "a text or a list of texts"},
    {"model", {"\"m\"", "\"a/b:c\"", "\"deploy_id:x\""}, {"5", "[\"m\"]",
     "true"}, "text"},
    {"system", {"\"\"", "\"two\\nlines\""}, {"5"}, "text"},
    {"proxy", {"\"\"", "\"http://p:1\""}, {"5"}, "text"},
    {"json_schema", {"\"a.json\""}, {"{\"a\":1}"}, "text"},
    {"response_format", {"{\"type\":\"text\"}", "[]", "\"json_object\""},
     {"\"json\"", "\"\"", "[1]", "5"}, "text or json_object, or a dictionary"},
    {"extra_body", {"{}", "[]", "{\"top_k\":4}"}, {"\"x\"", "[1]"},
     "a dictionary"},
    {"mcp", {"{}", "[]"}, {"1"}, "a dictionary"},
    {"providers", {"{}", "[]", "{\"a\":{}}", "{\"a\":[]}"}, {"1", "[1]"},
     "a dictionary"},
};
/* clang-format on */

static void
check_value(const char *name, const char *json, const char *takes)
{
    struct dc_error err = {0};
    char settings[200], want[200];
    snprintf(settings, sizeof settings, "{\"%s\":%s}", name, json);
    struct config *cfg = make((struct sources){.settings = settings}, &err);
    cr_expect_eq(cfg != NULL, takes == NULL, "%s: %s", settings, err.text);
    if (takes != NULL) {
        struct value *v = json_parse(str_of(json));
        struct buf shown;
        buf_init(&shown, 100);
        json_print(&shown, v);
        snprintf(want, sizeof want, "%s is %s, takes %s", name, shown.ptr,
                 takes);
        cr_expect_str_eq(err.text, want, "got %s, want %s", err.text, want);
        buf_finish(&shown);
        value_free(v);
    }
    config_free(cfg);
}

Test(config, ranges, .timeout = 30)
{
    for (size_t i = 0; i < COUNT(ranges); i++) {
        for (size_t j = 0; j < 4 && ranges[i].good[j] != NULL; j++)
            check_value(ranges[i].name, ranges[i].good[j], NULL);
        for (size_t j = 0; j < 4 && ranges[i].bad[j] != NULL; j++)
            check_value(ranges[i].name, ranges[i].bad[j], ranges[i].takes);
    }
}

Test(config, numbers_no_json_has, .timeout = 20)
{
    static const double numbers[] = {NAN, INFINITY, -INFINITY};
    static const char *const names[] = {"temperature", "n", "stream", "seed"};
    for (size_t i = 0; i < COUNT(numbers) * COUNT(names); i++) {
        struct value *map = value_map();
        value_put(map, names[i / COUNT(numbers)],
                  value_float(numbers[i % COUNT(numbers)]));
        cr_expect_null(
            config_new(&(struct config_sources){.settings = map}, NULL));
        value_free(map);
    }
    struct value *map = value_map();
    value_put(map, "model", value_str((struct dc_str){"a\0b", 3}));
    cr_expect_null(config_new(&(struct config_sources){.settings = map}, NULL));
    value_put(map, "model", value_text("m"));
    value_put(map, "seed", value_int(INT64_MAX));
    cr_expect_null(config_new(&(struct config_sources){.settings = map}, NULL));
    value_free(map);
}

/* clang-format off */
static const struct {
    struct sources from;
    const char *want;
} errors[] = {
    {{"{\"temprature\":1}", NULL, NULL, NULL},
     "unknown option temprature; did you mean temperature?"},
    {{"{\"temperature\":3}", NULL, NULL, NULL},
     "temperature is 3, takes 0 to 2"},
    {{"{\"Temperature\":1}", NULL, NULL, NULL},
     "unknown option Temperature; did you mean temperature?"},
    {{"{\"max-tokens\":1}", NULL, NULL, NULL},
     "unknown option max-tokens; did you mean max_tokens?"},
    {{"{\"maxTokens\":1}", NULL, NULL, NULL},
     "unknown option maxTokens; did you mean max_tokens?"},
    {{"{\"temp\":1}", NULL, NULL, NULL},
     "unknown option temp; did you mean temperature?"},
    {{"{\"topp\":1}", NULL, NULL, NULL},
     "unknown option topp; did you mean top_p?"},
    {{"{\"mdoel\":1}", NULL, NULL, NULL},
     "unknown option mdoel; did you mean model?"},
    {{"{\"baseurl\":1}", NULL, NULL, NULL},
     "unknown option baseurl; did you mean base_url?"},
    {{"{\"autosaev\":1}", NULL, NULL, NULL},
     "unknown option autosaev; did you mean autosave?"},
    {{"{\"m\":1}", NULL, NULL, NULL},
     "unknown option m; did you mean n?"},
    {{"{\"colour\":1}", NULL, NULL, NULL},
     "unknown option colour; see :h deepchat-options"},
    {{"{\"\":1}", NULL, NULL, NULL},
     "unknown option \"\"; did you mean n?"},
    {{"{\"a\\u0001\\u001b[m\":1}", NULL, NULL, NULL},
     "unknown option a??[m; see :h deepchat-options"},
    {{"{\"aaaaaaaaaabbbbbbbbbbccccccccccddd\":1}", NULL, NULL, NULL},
     "unknown option aaaaaaaaaabbbbbbbbbbc...; "
     "see :h deepchat-options"},
    {{"{\"titel\":1}", NULL, NULL, NULL},
     "unknown option titel; see :h deepchat-options"},
    {{"{}", NULL, "---\ntitel: x\n---\n", NULL},
     "line 2: unknown option titel; did you mean title?"},
    {{"{\"top_k\":1}", NULL, NULL, NULL},
     "top_k is no option; put it into extra_body"},
    {{"{\"api_key\":\"sk-canary\"}", NULL, NULL, NULL},
     "unknown option api_key; see api_key_cmd (:h deepchat-key)"},
    {{"{\"api_key_env\":\"sk-canary\"}", NULL, NULL, NULL},
     "api_key_env takes names of variables, not a key"},
    {{"{\"api_key_env\":[\"A\",\"\"]}", NULL, NULL, NULL},
     "api_key_env takes names of variables, not a key"},
    {{"{\"api_key_env\":[\"9A\"]}", NULL, NULL, NULL},
     "api_key_env takes names of variables, not a key"},
    {{"{\"api_key_env\":5}", NULL, NULL, NULL},
     "api_key_env takes a text or a list of texts"},
    {{"{\"api_key_cmd\":\"pass ai\"}", NULL, NULL, NULL},
     "api_key_cmd takes a list, like [\"pass\", \"ai\"]"},
    {{"{\"api_key_cmd\":[\"\"]}", NULL, NULL, NULL},
     "api_key_cmd names no program"},
    {{"{\"title\":\"x\"}", NULL, NULL, NULL},
     "title may not stand in settings"},
    {{"{\"stop\":[\"1\",\"2\",\"3\",\"4\",\"5\"]}", NULL, NULL, NULL},
     "stop has 5 texts, takes at most 4"},
    {{"{\"review\":\"an \\u001b[m answer far too long to show\"}", NULL, NULL,
      NULL},
     "review is \"an \\u001b[m answer f..., takes inline or diff"},
    {{"{\"chat_dir\":\"chats\"}", NULL, NULL, NULL},
     "chat_dir takes an absolute path"},
    {{"{\"state_dir\":\"~me/x\"}", NULL, NULL, NULL},
     "state_dir takes an absolute path"},
    {{"{\"base_url\":\"ftp://h\"}", NULL, NULL, NULL},
     "base_url is ftp:..., takes http:// or https://"},
    {{"[1]", NULL, NULL, NULL}, "options take a dictionary"},
    {{"{}", "5", NULL, NULL}, "b: options take a dictionary"},
    {{"{}", "{\"temperature\":3}", NULL, NULL},
     "b: temperature is 3, takes 0 to 2"},
    {{"{}", NULL, "---\n# c\ntemperature: 3\n---\n", NULL},
     "line 3: temperature is 3, takes 0 to 2"},
    {{"{}", NULL, "---\ntemperature: hot\n---\n", NULL},
     "line 2: temperature is \"hot\", takes 0 to 2"},
    {{"{}", NULL, "---\ntemperature: \"1\"\n---\n", NULL},
     "line 2: temperature is \"1\", takes 0 to 2"},
    {{"{}", NULL, "---\ntempature: 1\n---\n", NULL},
     "line 2: unknown option tempature; did you mean temperature?"},
    {{"{}", NULL, "---\nmodel: m\nbase_url: http://h\n---\n", NULL},
     "line 3: base_url may not stand in a chat file"},
    {{"{}", NULL, "---\napi_key: sk-canary\n---\n", NULL},
     "line 2: api_key may not stand in a chat file"},
    {{"{}", NULL, "---\napi_key_cmd: [\"sh\"]\n---\n", NULL},
     "line 2: api_key_cmd may not stand in a chat file"},
    {{"{}", NULL, "---\napi_key_env: HOME\n---\n", NULL},
     "line 2: api_key_env may not stand in a chat file"},
    {{"{}", NULL, "---\nproxy: http://evil\n---\n", NULL},
     "line 2: proxy may not stand in a chat file"},
    {{"{}", NULL, "---\nca_file: /tmp/x\n---\n", NULL},
     "line 2: ca_file may not stand in a chat file"},
    {{"{}", NULL, "---\nhost: /tmp/x\n---\n", NULL},
     "line 2: host may not stand in a chat file"},
    {{"{}", NULL, "---\nproviders: {}\n---\n", NULL},
     "line 2: providers may not stand in a chat file"},
    {{"{}", NULL, "---\nmcp: {}\n---\n", NULL},
     "line 2: mcp may not stand in a chat file"},
    {{"{}", NULL, "---\ncontinue_rounds: 65\n---\n", NULL},
     "line 2: continue_rounds is 65, takes an integer, 0 to 64"},
    {{"{}", NULL, NULL, "[\"continue_rounds=-1\"]"},
     "continue_rounds is -1, takes an integer, 0 to 64"},
    {{"{}", NULL, NULL, "[\"continue_on_disconnect=maybe\"]"},
     "continue_on_disconnect is \"maybe\", takes true or false"},
    {{"{}", NULL, NULL, "[\"temprature=1\"]"},
     "unknown option temprature; did you mean temperature?"},
    {{"{}", NULL, NULL, "[\"host=x\"]"}, "host may not stand in an argument"},
    {{"{}", NULL, NULL, "[\"temperature\"]"},
     "temperature takes a value: ++temperature=..."},
    {{"{}", NULL, NULL, "[\"=1\"]"}, "unknown option \"\"; did you mean n?"},
    {{"{}", NULL, NULL, "\"n=1\""}, "arguments take a list"},
    /* of a role, with its name and the line of its file */
    {{"{}", NULL, NULL, "[\"n=1\",[\"temperature=9\",\"hot\",12]]"},
     "role hot, line 12: temperature is 9, takes 0 to 2"},
    {{"{}", NULL, NULL, "[[\"temprature=1\",\"a-role-with-a-long-name\",2]]"},
     "role a-role-with-a-..., line 2: unknown option temprature; did you mean "
     "temperature?"},
    {{"{}", NULL, NULL, "[[\"host=x\",\"r\",2]]"},
     "role r, line 2: host may not stand in an argument"},
    {{"{\"provider\":\"opnrouter\",\"providers\":{\"openrouter\":{}}}", NULL,
      NULL, NULL},
     "unknown provider opnrouter; did you mean openrouter?"},
    {{"{}", NULL, "---\nprovider: x\n---\n", NULL},
     "unknown provider x; see :h deepchat-providers"},
    {{"{\"provider\":\"wrok\",\"providers\":{\"work\":{}}}", NULL, NULL, NULL},
     "unknown provider wrok; did you mean work?"},
    {{"{\"provider\":\"llama-cpp\"}", NULL, NULL, NULL},
     "unknown provider llama-cpp; did you mean llama.cpp?"},
    {{"{\"providers\":{\"groq\":{\"n\":9}}}", NULL, NULL, NULL},
     "provider groq: n is 9, takes an integer, 1 to 4"},
    {{"{\"providers\":{\"a\":{\"n\":9}}}", NULL, NULL, NULL},
     "provider a: n is 9, takes an integer, 1 to 4"},
    {{"{\"providers\":{\"a\":5}}", NULL, NULL, NULL},
     "provider a: options take a dictionary"},
    {{"{\"providers\":{\"a\":{\"provider\":\"b\"}}}", NULL, NULL, NULL},
     "provider a: provider may not stand in a provider"},
    {{"{\"providers\":{\"a\":{\"api_key_env\":\"A\"}}}", NULL, NULL, NULL},
     "provider a: a key, but no base_url it belongs to"},
    {{"{\"providers\":{\"a\":{\"base_url\":\"http://u:p@h\"}}}", NULL, NULL,
      NULL},
     "provider a: base_url holds a user or password; see api_key_env"},
};
/* clang-format on */

Test(config, errors, .timeout = 30)
{
    for (size_t i = 0; i < COUNT(errors); i++)
        expect_error(errors[i].from, errors[i].want);
}

/* Every option is known to the search under every single edit of its name. */
Test(config, nearest, .timeout = 30)
{
    size_t count;
    const struct option *options = options_all(&count);
    for (size_t i = 0; i < count; i++) {
        const char *name = options[i].name;
        size_t len = strlen(name);
        for (size_t cut = 1; len > 4 && cut < len; cut++) {
            char settings[64], want[64];
            struct dc_error err = {0};
            snprintf(settings, sizeof settings, "{\"%.*s%s\":1}", (int)cut,
                     name, name + cut + 1);
            snprintf(want, sizeof want, "did you mean %s?", name);
            struct config *cfg =
                make((struct sources){.settings = settings}, &err);
            /* one of them is the other's name without its last letter */
            if (cfg == NULL && strstr(err.text, "unknown") != NULL &&
                options[i].where & OPTION_SETTINGS)
                cr_expect(strstr(err.text, want) != NULL ||
                              strstr(err.text, "provider") != NULL,
                          "%s: %s", settings, err.text);
            config_free(cfg);
        }
    }
}

Test(config, front_matter_and_arguments, .timeout = 20)
{
    static const struct {
        const char *chat, *arguments, *params;
    } cases[] = {
        {"stop: [\"END\"]", "null", "stop=[\"END\"]"},
        {"stop: END", "null", "stop=\"END\""},
        {"stop: \"a b\"", "null", "stop=\"a b\""},
        {"stop: 5", "null", "stop=\"5\""},
        {"stop: true", "null", "stop=\"true\""},
        {"stop: []", "null", ""},
        {"service_tier: flex", "null", "service_tier=\"flex\""},
        {"tool_choice: auto", "null", "tool_choice=\"auto\""},
        {"temperature: 0.7\nmax_tokens: 100", "null",
         "max_tokens=100 temperature=0.7"},
        {"temperature: 0.7", "[\"temperature=1\"]", "temperature=1"},
        {"temperature: 0.7", "[\"temperature=null\"]", ""},
        {"n: 1", "null", ""},
        {"n: 2", "null", "n=2"},
        {"seed: 9007199254740991", "null", "seed=9007199254740991"},
        {"fail_fast: true", "[\"stream\"]", "fail_fast=true"},
        {"stream: false", "null", ""},
        {"extra_body: {\"top_k\":4}", "null", ""},
        {"continue_rounds: 3\ntitle: 5\ncontinue_on_disconnect: true", "null",
         ""},
        {"model: 5", "null", ""},
        {"response_format: {\"type\":\"text\"}", "null",
         "response_format={\"type\":\"text\"}"},
        {"response_format: json_object", "null",
         "response_format={\"type\":\"json_object\"}"},
        {"reasoning_effort: none", "null", "reasoning_effort=\"none\""},
        {"n: 2", "[\"++stop=END\",\"stop=a=b\"]", "stop=\"a=b\" n=2"},
        {"n: 2", "[[\"n=3\",\"role\",2],\"seed=1\",[\"seed=2\",\"r\",4]]",
         "n=3 seed=2"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        char chat[200];
        struct dc_error err = {0};
        snprintf(chat, sizeof chat, "---\n%s\n---\n", cases[i].chat);
        struct config *cfg = make(
            (struct sources){.chat = chat, .arguments = cases[i].arguments},
            &err);
        cr_assert_not_null(cfg, "%s: %s", chat, err.text);
        char *got = params(cfg);
        cr_expect_str_eq(got, cases[i].params, "%s%s gave %s", chat,
                         cases[i].arguments, got);
        free(got);
        config_free(cfg);
    }
}
