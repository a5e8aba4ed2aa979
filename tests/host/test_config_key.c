/* Where keys come from, where they may go, and which place wins. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "host/config.h"
#include "host/json.h"
#include "host/key.h"
#include "host/log.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))
#define CANARY "sk-canary-0123456789"

static struct config *
make(const char *settings, const char *buffer, const char *chat,
     const char *arguments)
{
    struct dc_error err = {0};
    struct dc_transcript *tr = NULL;
    struct value *maps[] = {
        json_parse(str_of(settings)),
        json_parse(str_of(buffer ? buffer : "{}")),
        json_parse(str_of(arguments ? arguments : "[]")),
    };
    for (size_t i = 0; i < COUNT(maps); i++)
        cr_assert_not_null(maps[i], "%s", settings);
    if (chat != NULL)
        cr_assert(dc_transcript_parse(&tr, str_of(chat), &err));
    struct config_sources sources = {maps[0], maps[1], tr, maps[2]};
    struct config *cfg = config_new(&sources, &err);
    cr_assert_not_null(cfg, "%s: %s", settings, err.text);
    for (size_t i = 0; i < COUNT(maps); i++)
        value_free(maps[i]);
    dc_transcript_free(tr);
    return cfg;
}

static void
clear(void)
{
    static const char *const names[] = {
        "DEEPINFRA_API_KEY", "DEEPINFRA_TOKEN", "A_KEY", "B_KEY",
        "GROQ_API_KEY",      "OPENAI_API_KEY"};
    for (size_t i = 0; i < COUNT(names); i++)
        unsetenv(names[i]);
}

/* "found KEY from SOURCE", "none", "missing: TEXT" or "command ARGV". */
static const char *
resolve(struct config *cfg)
{
    static char text[400];
    const char *key, *source;
    struct dc_error err = {0};
    enum config_key result = config_key(cfg, &key, &source, &err);
    if (result == KEY_FOUND)
        snprintf(text, sizeof text, "found %s from %s", key, source);
    else if (result == KEY_NONE)
        snprintf(text, sizeof text, "none");
    else if (result == KEY_MISSING)
        snprintf(text, sizeof text, "missing: %s", err.text);
    else
        snprintf(text, sizeof text, "command %s %s", config_key_command(cfg)[0],
                 config_key_command(cfg)[1]);
    return text;
}

#define NO_KEY "missing: no key; set $DEEPINFRA_API_KEY or see :h deepchat-key"
#define PLAIN "missing: http:// would show the key to others; use https://"

/* clang-format off */
static const struct {
    const char *settings, *api_key, *token, *a_key, *want;
} cases[] = {
    {"{}", NULL, NULL, NULL, NO_KEY},
    {"{}", "", NULL, NULL, NO_KEY},
    {"{}", " \t\n", NULL, NULL, NO_KEY},
    {"{}", "k1", NULL, NULL, "found k1 from $DEEPINFRA_API_KEY"},
    {"{}", "k1\n", "k2", NULL, "found k1 from $DEEPINFRA_API_KEY"},
    {"{}", "k1\r\n", NULL, NULL, "found k1 from $DEEPINFRA_API_KEY"},
    {"{}", NULL, "k2", NULL, "found k2 from $DEEPINFRA_TOKEN"},
    {"{}", " ", "k2", NULL, "found k2 from $DEEPINFRA_TOKEN"},
    {"{}", "k1\n\n", NULL, NULL,
     "missing: key from $DEEPINFRA_API_KEY holds a blank or control byte"},
    {"{}", "k 1", "k2", NULL,
     "missing: key from $DEEPINFRA_API_KEY holds a blank or control byte"},
    {"{}", "k1\r\nX-Evil: 1", NULL, NULL,
     "missing: key from $DEEPINFRA_API_KEY holds a blank or control byte"},
    {"{}", "k\x7f", NULL, NULL,
     "missing: key from $DEEPINFRA_API_KEY holds a blank or control byte"},
    {"{}", "k\xc3\xa9", NULL, NULL,
     "missing: key from $DEEPINFRA_API_KEY holds a blank or control byte"},
    {"{}", "!~", NULL, NULL, "found !~ from $DEEPINFRA_API_KEY"},
    /* the default variables are for DeepInfra's URL only */
    {"{\"base_url\":\"https://api.openai.com\"}", "k1", "k2", NULL,
     "missing: no key for api.openai.com; set api_key_env or api_key_cmd"},
    {"{\"base_url\":\"http://127.0.0.1:1\"}", "k1", "k2", NULL, "none"},
    {"{\"base_url\":\"http://gpu.lan\"}", "k1", "k2", NULL, "none"},
    {"{\"base_url\":\"https://gpu.lan\"}", "k1", "k2", NULL, "none"},
    {"{\"base_url\":\"https://api.deepinfra.com:8443\"}", "k1", NULL, NULL,
     "missing: no key for api.deepinfra.com:8443; "
     "set api_key_env or api_key_cmd"},
    {"{\"api_key_env\":[]}", "k1", NULL, NULL,
     "missing: no key for api.deepinfra.com; set api_key_env or api_key_cmd"},
    {"{\"api_key_env\":\"A_KEY\"}", "k1", NULL, NULL,
     "missing: no key; set $A_KEY or see :h deepchat-key"},
    {"{\"api_key_env\":\"A_KEY\"}", "k1", NULL, "a", "found a from $A_KEY"},
    {"{\"base_url\":\"https://gpu.lan\",\"api_key_env\":[\"B_KEY\",\"A_KEY\"]}",
     NULL, NULL, "a", "found a from $A_KEY"},
    {"{\"base_url\":\"https://gpu.lan\",\"api_key_env\":\"A_KEY\"}", NULL,
     NULL, NULL, "none"},
    {"{\"base_url\":\"http://localhost:1\",\"api_key_env\":\"A_KEY\"}", NULL,
     NULL, "a", "found a from $A_KEY"},
    /* never in the clear to another machine */
    {"{\"base_url\":\"http://gpu.lan\",\"api_key_env\":\"A_KEY\"}", NULL, NULL,
     "a", PLAIN},
    {"{\"base_url\":\"http://gpu.lan\",\"api_key_env\":\"A_KEY\"}", NULL, NULL,
     NULL, "none"},
    {"{\"base_url\":\"http://api.deepinfra.com\"}", "k1", NULL, NULL, PLAIN},
    {"{\"base_url\":\"http://gpu.lan\",\"api_key_cmd\":[\"p\",\"q\"]}", NULL,
     NULL, NULL, PLAIN},
    {"{\"api_key_cmd\":[\"p\",\"q\"]}", "k1", NULL, NULL, "command p q"},
    {"{\"api_key_cmd\":[\"p\",\"q\"],\"api_key_env\":\"A_KEY\"}", NULL, NULL,
     "a", "found a from $A_KEY"},
    {"{\"api_key_cmd\":[\"p\",\"q\"],\"api_key_env\":\"A_KEY\"}", NULL, NULL,
     NULL, "command p q"},
};
/* clang-format on */

static void
set(const char *name, const char *value)
{
    if (value != NULL)
        setenv(name, value, 1);
}

/* The status of the process: 0 if the case gave what it should, twice. */
static int
run_case(size_t i)
{
    int failed = 0;
    clear();
    set("DEEPINFRA_API_KEY", cases[i].api_key);
    set("DEEPINFRA_TOKEN", cases[i].token);
    set("A_KEY", cases[i].a_key);
    struct config *cfg = make(cases[i].settings, NULL, NULL, NULL);
    for (int again = 0; again < 2; again++) {
        const char *got = resolve(cfg);
        if (strcmp(got, cases[i].want) == 0)
            continue;
        fprintf(stderr, "%s (%d): got %s, want %s\n", cases[i].settings, again,
                got, cases[i].want);
        failed = 1;
    }
    config_free(cfg);
    return failed;
}

/* Keys stay until the process ends, so each case has one of its own. */
Test(config_key, sources, .timeout = 20)
{
    for (size_t i = 0; i < COUNT(cases); i++) {
        int status = -1;
        pid_t child = fork();
        if (child == 0)
            _exit(run_case(i));
        cr_assert_eq(waitpid(child, &status, 0), child);
        cr_expect_eq(status, 0, "%s", cases[i].settings);
    }
}

/* What setenv() stored is what /proc/self/environ is for the first process. */
Test(config_key, wipes_the_environment, .timeout = 20)
{
    clear();
    setenv("DEEPINFRA_API_KEY", CANARY, 1);
    setenv("DEEPINFRA_TOKEN", CANARY "-two", 1);
    const char *one = getenv("DEEPINFRA_API_KEY");
    const char *two = getenv("DEEPINFRA_TOKEN");
    struct config *cfg = make("{}", NULL, NULL, NULL);
    cr_expect_str_eq(one, CANARY, "only when a key is asked for");
    cr_expect_str_eq(resolve(cfg), "found " CANARY " from $DEEPINFRA_API_KEY");
    for (size_t i = 0; i < strlen(CANARY); i++)
        cr_expect(one[i] == '\0' && two[i] == '\0', "byte %zu", i);
    config_free(cfg);
    cfg = make("{\"api_key_env\":\"DEEPINFRA_TOKEN\"}", NULL, NULL, NULL);
    cr_expect_str_eq(resolve(cfg), "found " CANARY "-two from $DEEPINFRA_TOKEN",
                     "a remembered key outlives its variable");
    char text[] = "a " CANARY " b";
    log_redact(text);
    cr_expect_null(strstr(text, CANARY), "the log does not know it: %s", text);
    setenv("DEEPINFRA_TOKEN", "new-key", 1);
    cr_expect_str_eq(resolve(cfg), "found new-key from $DEEPINFRA_TOKEN");
    config_free(cfg);
}

Test(config_key, command, .timeout = 20)
{
    static const struct {
        struct dc_str out;
        const char *want;
    } outputs[] = {
        {{"", 0}, "api_key_cmd gave no key (:h deepchat-key)"},
        {{" \n", 2}, "api_key_cmd gave no key (:h deepchat-key)"},
        {{"a b", 3}, "key from api_key_cmd holds a blank or control byte"},
        {{"a\nb\n", 4}, "key from api_key_cmd holds a blank or control byte"},
        {{"a\0b", 3}, "key from api_key_cmd holds a blank or control byte"},
    };
    struct dc_error err;
    clear();
    const char *settings = "{\"api_key_cmd\":[\"p\",\"q\"]}";
    struct config *cfg = make(settings, NULL, NULL, NULL);
    for (size_t i = 0; i < COUNT(outputs); i++) {
        cr_expect_not(config_set_key(cfg, outputs[i].out, &err));
        cr_expect_str_eq(err.text, outputs[i].want, "got %s", err.text);
        cr_expect_str_eq(resolve(cfg), "command p q");
    }
    cr_expect(config_set_key(cfg, str_of(CANARY "\r\n"), &err));
    cr_expect_str_eq(resolve(cfg), "found " CANARY " from api_key_cmd");
    config_free(cfg);
    cfg = make(settings, NULL, NULL, NULL);
    cr_expect_str_eq(resolve(cfg), "found " CANARY " from api_key_cmd");
    config_free(cfg);
    cfg = make("{\"api_key_cmd\":[\"p\",\"r\"]}", NULL, NULL, NULL);
    cr_expect_str_eq(resolve(cfg), "command p r");
    config_free(cfg);
    cfg = make("{}", NULL, NULL, NULL);
    cr_expect_null(config_key_command(cfg));
    cr_expect_not(config_set_key(cfg, str_of("k"), &err));
    config_free(cfg);
}

Test(config_key, limits, .timeout = 20)
{
    char name[16];
    char *key = mem_resize(NULL, KEY_MAX + 1, 1);
    memset(key, 'k', KEY_MAX + 1);
    cr_expect(key_keep("$S0", (struct dc_str){key, KEY_MAX}, NULL));
    cr_expect_not(key_keep("$S1", (struct dc_str){key, KEY_MAX + 1}, NULL));
    cr_expect_eq(strlen(key_find("$S0", NULL)), (size_t)KEY_MAX);
    cr_expect_null(key_find("$S1", NULL));
    for (int i = 1; i <= 16; i++) {
        snprintf(name, sizeof name, "$S%d", i);
        cr_expect_eq(key_keep(name, (struct dc_str){key, 9}, NULL), i < 16);
    }
    cr_expect(key_keep("$S3", (struct dc_str){key, 3}, NULL));
    cr_expect_str_eq(key_find("$S3", NULL), "kkk");
    free(key);
}

/* clang-format off */
#define LOCAL "\"local\":{\"base_url\":\"http://127.0.0.1:1\"}"
#define WORK "\"work\":{\"base_url\":\"https://w.example/v1\"," \
    "\"api_key_env\":\"B_KEY\",\"model\":\"wm\",\"temperature\":0.5}"
static const struct {
    const char *settings, *buffer, *chat, *arguments;
    const char *host, *model, *key;
    double temperature;
} merges[] = {
    {"{}", NULL, NULL, NULL, "api.deepinfra.com", "deepseek-ai/DeepSeek-V3",
     "found k1 from $DEEPINFRA_API_KEY", 0},
    {"{\"temperature\":1,\"model\":\"g\"}", "{\"model\":\"b\"}", NULL, NULL,
     "api.deepinfra.com", "b", "found k1 from $DEEPINFRA_API_KEY", 1},
    {"{\"model\":\"g\"}", "{\"model\":\"b\",\"temperature\":1}",
     "---\nmodel: c\n---\n", NULL, "api.deepinfra.com", "c",
     "found k1 from $DEEPINFRA_API_KEY", 1},
    {"{\"model\":\"g\"}", "{\"model\":\"b\"}",
     "---\nmodel: c\ntemperature: 1\n---\n",
     "[\"model=a\",\"temperature=2\"]", "api.deepinfra.com", "a",
     "found k1 from $DEEPINFRA_API_KEY", 2},
    {"{\"model\":\"g\"}", "{\"model\":null}", NULL, NULL, "api.deepinfra.com",
     "deepseek-ai/DeepSeek-V3", "found k1 from $DEEPINFRA_API_KEY", 0},
    {"[]", "[]", NULL, "{}", "api.deepinfra.com", "deepseek-ai/DeepSeek-V3",
     "found k1 from $DEEPINFRA_API_KEY", 0},
    /* a new URL starts without the old one's key */
    {"{\"api_key_env\":\"A_KEY\"}", "{\"base_url\":\"http://127.0.0.1:1\"}",
     NULL, NULL, "127.0.0.1:1", "", "none", 0},
    {"{\"api_key_env\":\"A_KEY\"}", NULL, NULL,
     "[\"base_url=https://x.example\"]", "x.example", "", "none", 0},
    {"{\"api_key_cmd\":[\"p\",\"q\"]}", "{\"base_url\":\"https://x.example\"}",
     NULL, NULL, "x.example", "", "none", 0},
    {"{\"base_url\":\"https://x.example\"}", "{\"api_key_env\":\"A_KEY\"}",
     NULL, NULL, "x.example", "", "found a from $A_KEY", 0},
    /* providers */
    {"{\"provider\":\"local\",\"model\":\"g\",\"api_key_env\":\"A_KEY\","
     "\"temperature\":1,\"providers\":{" LOCAL "}}", NULL, NULL, NULL,
     "127.0.0.1:1", "", "none", 1},
    {"{\"provider\":\"work\",\"model\":\"g\",\"providers\":{" LOCAL "," WORK
     "}}", NULL, NULL, NULL, "w.example", "wm", "found b from $B_KEY", 0.5},
    {"{\"provider\":\"work\",\"providers\":{" LOCAL "," WORK "}}",
     "{\"model\":\"b\"}", NULL, NULL, "w.example", "b", "found b from $B_KEY",
     0.5},
    {"{\"provider\":\"work\",\"providers\":{" LOCAL "," WORK "}}",
     NULL, "---\nprovider: local\nmodel: c\n---\n", NULL, "127.0.0.1:1", "c",
     "none", 0},
    {"{\"api_key_env\":\"A_KEY\",\"providers\":{" LOCAL "," WORK "}}",
     NULL, "---\nmodel: c\n---\n", "[\"provider=work\"]", "w.example", "wm",
     "found b from $B_KEY", 0.5},
    {"{\"providers\":{" LOCAL "}}", "{\"providers\":{" WORK "},"
     "\"provider\":\"work\",\"temperature\":1}", NULL, NULL, "w.example",
     "wm", "found b from $B_KEY", 1},
    {"{\"provider\":\"work\",\"providers\":{" WORK "}}", NULL, NULL,
     "[\"provider=null\"]", "api.deepinfra.com", "deepseek-ai/DeepSeek-V3",
     "found k1 from $DEEPINFRA_API_KEY", 0},
    {"{\"base_url\":\"https://x.example\",\"api_key_env\":\"A_KEY\","
     "\"provider\":\"deepinfra\"}", NULL, NULL, NULL, "api.deepinfra.com",
     "deepseek-ai/DeepSeek-V3", "found k1 from $DEEPINFRA_API_KEY", 0},
    {"{\"provider\":\"deepinfra\",\"providers\":{\"deepinfra\":"
     "{\"api_key_env\":\"A_KEY\"}}}", NULL, NULL, NULL, "api.deepinfra.com",
     "deepseek-ai/DeepSeek-V3", "found a from $A_KEY", 0},
    {"{\"api_key_env\":\"A_KEY\",\"base_url\":\"https://x.example\","
     "\"provider\":\"warm\",\"providers\":{\"warm\":{\"temperature\":2}}}",
     NULL, NULL, NULL, "x.example", "", "found a from $A_KEY", 2},
    /* built-in ones, and what users make of them */
    {"{}", NULL, "---\nprovider: groq\nmodel: m\n---\n", NULL, "api.groq.com",
     "m", "found g from $GROQ_API_KEY", 0},
    {"{\"base_url\":\"https://x.example\",\"api_key_env\":\"A_KEY\","
     "\"model\":\"x\"}", "{\"provider\":\"ollama\"}", NULL, NULL,
     "localhost:11434", "", "none", 0},
    {"{\"provider\":\"openai\"}", NULL, NULL, NULL, "api.openai.com", "",
     "missing: no key; set $OPENAI_API_KEY or see :h deepchat-key", 0},
    {"{\"provider\":\"groq\",\"providers\":{\"groq\":{\"model\":\"gm\","
     "\"temperature\":1}}}", NULL, NULL, NULL, "api.groq.com", "gm",
     "found g from $GROQ_API_KEY", 1},
    {"{\"provider\":\"groq\",\"providers\":{\"groq\":{\"api_key_env\":"
     "\"A_KEY\"}}}", NULL, NULL, NULL, "api.groq.com", "",
     "found a from $A_KEY", 0},
    {"{\"provider\":\"groq\",\"providers\":{\"groq\":{\"api_key_cmd\":"
     "[\"p\",\"q\"]}}}", NULL, NULL, NULL, "api.groq.com", "", "command p q", 0},
    {"{\"provider\":\"groq\",\"providers\":{\"groq\":{\"api_key_env\":"
     "null}}}", NULL, NULL, NULL, "api.groq.com", "",
     "missing: no key for api.groq.com; set api_key_env or api_key_cmd", 0},
    {"{\"provider\":\"groq\",\"providers\":{\"groq\":{\"base_url\":"
     "\"https://x.example\"}}}", NULL, NULL, NULL, "x.example", "", "none", 0},
    {"{\"provider\":\"groq\",\"providers\":{\"groq\":{\"base_url\":"
     "\"http://127.0.0.1:1\",\"api_key_env\":\"A_KEY\"}}}", NULL, NULL, NULL,
     "127.0.0.1:1", "", "found a from $A_KEY", 0},
    {"{\"provider\":\"groq\"}", "{\"base_url\":\"https://x.example\"}", NULL,
     NULL, "x.example", "", "none", 0},
    {"{\"providers\":{\"groq\":{\"model\":\"gm\"}}}",
     "{\"providers\":{\"groq\":{\"model\":\"bm\"}},\"provider\":\"groq\"}",
     NULL, NULL, "api.groq.com", "bm", "found g from $GROQ_API_KEY", 0},
};
/* clang-format on */

Test(config_key, places, .timeout = 20)
{
    for (size_t i = 0; i < COUNT(merges); i++) {
        clear();
        setenv("DEEPINFRA_API_KEY", "k1", 1);
        setenv("A_KEY", "a", 1);
        setenv("B_KEY", "b", 1);
        setenv("GROQ_API_KEY", "g", 1);
        struct config *cfg = make(merges[i].settings, merges[i].buffer,
                                  merges[i].chat, merges[i].arguments);
        cr_expect_str_eq(config_host(cfg), merges[i].host, "%zu: host %s", i,
                         config_host(cfg));
        cr_expect_str_eq(config_model(cfg), merges[i].model, "%zu: model %s", i,
                         config_model(cfg));
        cr_expect_eq(config_number(cfg, "temperature"), merges[i].temperature,
                     "%zu: temperature", i);
        cr_expect_str_eq(resolve(cfg), merges[i].key, "%zu: %s", i,
                         resolve(cfg));
        config_free(cfg);
    }
}
