/* Defaults, directories, and the help that is printed from the table. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/config.h"
#include "host/json.h"
#include "host/options.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

static struct config *
make(const char *settings)
{
    struct dc_error err = {0};
    struct value *map = json_parse(str_of(settings));
    struct config *cfg =
        config_new(&(struct config_sources){.settings = map}, &err);
    cr_assert_not_null(cfg, "%s: %s", settings, err.text);
    value_free(map);
    return cfg;
}

static void
set(const char *name, const char *value)
{
    if (value != NULL)
        setenv(name, value, 1);
    else
        unsetenv(name);
}

Test(config_place, directories, .timeout = 20)
{
    static const struct {
        const char *settings, *home, *data, *state, *chats, *own;
    } cases[] = {
        {"{}", "/h", NULL, NULL, "/h/.local/share/deepchat",
         "/h/.local/state/deepchat"},
        {"{}", "/h", "/d", "/s", "/d/deepchat", "/s/deepchat"},
        {"{}", "/h", "", "", "/h/.local/share/deepchat",
         "/h/.local/state/deepchat"},
        {"{}", "/h", "d", "./s", "/h/.local/share/deepchat",
         "/h/.local/state/deepchat"},
        {"{\"chat_dir\":\"/c\",\"state_dir\":\"~/s\"}", "/h", "/d", "/s", "/c",
         "/h/s"},
        {"{\"chat_dir\":\"~\",\"state_dir\":\"\"}", "/h", "/d", "/s", "/h",
         "/s/deepchat"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        set("HOME", cases[i].home);
        set("XDG_DATA_HOME", cases[i].data);
        set("XDG_STATE_HOME", cases[i].state);
        struct config *cfg = make(cases[i].settings);
        char *chats = config_chat_dir(cfg), *own = config_state_dir(cfg);
        cr_expect_str_eq(chats, cases[i].chats, "%zu: %s", i, chats);
        cr_expect_str_eq(own, cases[i].own, "%zu: %s", i, own);
        free(chats);
        free(own);
        config_free(cfg);
    }
    static const char *const homes[] = {NULL, "", "relative"};
    for (size_t i = 0; i < COUNT(homes); i++) {
        set("HOME", homes[i]);
        set("XDG_DATA_HOME", NULL);
        struct config *cfg = make("{}");
        char *chats = config_chat_dir(cfg);
        cr_expect(chats == NULL || chats[0] == '/');
        free(chats);
        config_free(cfg);
    }
}

Test(config_place, certificates, .timeout = 20)
{
    static const struct {
        const char *settings, *curl, *ssl, *want;
    } cases[] = {
        {"{}", NULL, NULL, NULL},
        {"{}", "/c", "/s", "/c"},
        {"{}", NULL, "/s", "/s"},
        {"{}", "", "/s", "/s"},
        {"{\"ca_file\":\"/o\"}", "/c", "/s", "/o"},
        {"{\"ca_file\":\"~/o\"}", "/c", NULL, "/h/o"},
        {"{\"ca_file\":\"\"}", "/c", NULL, "/c"},
    };
    set("HOME", "/h");
    for (size_t i = 0; i < COUNT(cases); i++) {
        set("CURL_CA_BUNDLE", cases[i].curl);
        set("SSL_CERT_FILE", cases[i].ssl);
        struct config *cfg = make(cases[i].settings);
        const char *got = config_text(cfg, "ca_file");
        cr_expect_eq(got == NULL, cases[i].want == NULL, "%zu", i);
        if (got != NULL && cases[i].want != NULL)
            cr_expect_str_eq(got, cases[i].want, "%zu: %s", i, got);
        config_free(cfg);
    }
}

Test(config_place, defaults, .timeout = 20)
{
    struct config *cfg = config_new(&(struct config_sources){0}, NULL);
    cr_assert_not_null(cfg);
    size_t count;
    cr_expect_str_eq(config_url(cfg),
                     "https://api.deepinfra.com/v1/openai/chat/completions");
    cr_expect_str_eq(config_model(cfg), "deepseek-ai/DeepSeek-V3");
    cr_expect_not(config_loopback(cfg));
    cr_expect(config_bool(cfg, "stream"));
    cr_expect(config_bool(cfg, "autosave"));
    cr_expect_not(config_bool(cfg, "continue_on_disconnect"));
    cr_expect_eq(config_number(cfg, "connect_timeout"), 10);
    cr_expect_eq(config_number(cfg, "first_byte_timeout"), 600);
    cr_expect_eq(config_number(cfg, "idle_timeout"), 120);
    cr_expect_eq(config_number(cfg, "retries"), 2);
    cr_expect_eq(config_number(cfg, "continue_rounds"), 8);
    cr_expect_eq(config_number(cfg, "tool_rounds"), 25);
    cr_expect_str_eq(config_text(cfg, "review"), "inline");
    cr_expect(value_is(config_get(cfg, "extra_body"), VALUE_MAP));
    cr_expect_eq(config_get(cfg, "api_key_env")->count, 2);
    cr_expect_null(config_get(cfg, "temperature"));
    cr_expect_null(config_get(cfg, "nonsense"));
    cr_expect_null(config_text(cfg, "proxy"));
    config_params(cfg, &count);
    cr_expect_eq(count, 0);
    config_free(cfg);
    cfg = make("{\"base_url\":\"localhost:1\",\"retries\":3.0}");
    cr_expect_str_eq(config_model(cfg), "");
    cr_expect(config_loopback(cfg));
    cr_expect_null(config_get(cfg, "model"));
    cr_expect_null(config_get(cfg, "api_key_env"));
    cr_expect(value_is(config_get(cfg, "retries"), VALUE_INT));
    config_free(cfg);
    config_free(NULL);
}

/* A number in that many maps. */
static struct value *
nested(int depth)
{
    struct value *v = value_int(1);
    while (depth-- > 0) {
        struct value *map = value_map();
        value_put(map, "a", v);
        v = map;
    }
    return v;
}

Test(config_place, extra_body, .timeout = 20)
{
    static const struct {
        const char *settings, *want;
    } cases[] = {
        {"{}", "{}"},
        {"{\"extra_body\":{}}", "{}"},
        {"{\"extra_body\":[]}", "{}"},
        {"{\"extra_body\":{\"top_k\":4,\"b\":[\"x\"]}}",
         "{\"top_k\":4,\"b\":[\"x\"]}"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct config *cfg = make(cases[i].settings);
        struct buf got;
        buf_init(&got, 100);
        cr_expect(json_print(&got, config_get(cfg, "extra_body")));
        cr_expect_str_eq(got.ptr, cases[i].want, "%zu: %s", i, got.ptr);
        buf_finish(&got);
        config_free(cfg);
    }
    for (int more = 0; more < 2; more++) {
        struct dc_error err = {0};
        struct value *map = value_map();
        value_put(map, "extra_body", nested(VALUE_DEPTH_MAX + more));
        struct config *cfg =
            config_new(&(struct config_sources){.settings = map}, &err);
        cr_expect_eq(cfg != NULL, more == 0);
        cr_expect(more == 0 || strcmp(err.text, "extra_body is too large or "
                                                "too deep") == 0);
        config_free(cfg);
        value_free(map);
    }
}

/* Each name once, each default a value that its own check takes. */
Test(config_place, table, .timeout = 20)
{
    size_t count;
    const struct option *options = options_all(&count);
    cr_expect_gt(count, 30);
    for (size_t i = 0; i < count; i++) {
        const struct option *opt = &options[i];
        char settings[200];
        cr_expect(opt->low <= opt->high, "%s", opt->name);
        for (size_t j = 0; j < i; j++)
            cr_expect_str_neq(opt->name, options[j].name);
        if (opt->fallback == NULL)
            continue;
        snprintf(settings, sizeof settings, "{\"%s\":%s}", opt->name,
                 opt->fallback);
        config_free(make(settings));
    }
}

Test(config_place, help, .timeout = 20)
{
    struct buf out;
    size_t count;
    const struct option *options = options_all(&count);
    buf_init(&out, 1 << 20);
    cr_expect(options_help(&out));
    for (size_t i = 0; i < count; i++) {
        char tag[64];
        snprintf(tag, sizeof tag, " *g:deepchat.%s*\n", options[i].name);
        cr_expect_not_null(strstr(out.ptr, tag), "%s", tag);
    }
    for (const char *line = out.ptr; *line != '\0';) {
        size_t len = strcspn(line, "\n");
        cr_expect_leq(len, 78, "%.*s", (int)len, line);
        cr_expect(len == 0 || line[len - 1] != ' ', "%.*s", (int)len, line);
        cr_expect(len == 0 || line[0] == ' ' || len == 78, "%.*s", (int)len,
                  line);
        line += len + 1;
    }
    cr_expect_not_null(strstr(out.ptr, "    Takes 0 to 2.\n"));
    cr_expect_not_null(strstr(out.ptr, "Takes inline or diff; default "
                                       "\"inline\". Not in a chat file.\n"));
    cr_expect_not_null(strstr(out.ptr,
                              "Takes a dictionary. Only in settings. Known, "
                              "but without effect in this\n    version.\n"));
    buf_finish(&out);
    buf_init(&out, 100);
    cr_expect_not(options_help(&out));
    buf_finish(&out);
}
