/* What a name means to :DeepModel, and what is said of the new server. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "host/choose.h"
#include "host/json.h"
#include "lib/fake_ed.h"
#include "lib/host_rig.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))
#define LIST                                                                   \
    "json {\"data\":[{\"id\":\"openai/gpt-oss-120b\"},{\"id\":\"m\"}]}\n"
#define FRONT(fields) "---\n" fields "---\n"

/* clang-format off */
static const struct {
    const char *settings; /* beside those of the rig */
    const char *text, *name;
    const char *provider, *model, *line, *error;
    bool list; /* asked for */
} rows[] = {
    {"{}", "", "openai/gpt-oss-120b", "", "openai/gpt-oss-120b", "", "", true},
    {"{}", "", "openai/gpt-oss-20b", "openai", "gpt-oss-20b", "", "", true},
    {"{}", "", "groq/openai/gpt-oss-120b", "groq", "openai/gpt-oss-120b", "",
     "", true},
    {"{}", "", "llama.cpp/x", "llama.cpp", "x", "", "", true},
    {"{}", "", "gpt-oss-120b", "", "gpt-oss-120b", "", "", false},
    {"{}", "", "deepseek-ai/DeepSeek-V3", "", "deepseek-ai/DeepSeek-V3", "",
     "", false},
    {"{}", "", "deploy_id:groq/x", "", "deploy_id:groq/x", "", "", false},
    {"{}", "", "groq/", "", "groq/", "", "", false},
    {"{}", "", "/x", "", "/x", "", "", false},
    {"{}", "", "groq", "", "groq", "", "", false},
    {"{}", "", "", "", "", "", "", false},
    {"{\"providers\":{\"work\":{\"base_url\":\"https://x.example\"}}}", "",
     "work/x", "work", "x", "", "", true},
    {"{\"providers\":{\"work\":{\"n\":9}}}", "", "groq/x", "groq", "x", "",
     "provider work: n is 9, takes an integer, 1 to 4", false},
    {"{\"n\":2,\"service_tier\":\"flex\"}", "", "mistral/x", "mistral", "x",
     "no key; set $MISTRAL_API_KEY or see :h deepchat-key", "", true},
    {"{\"n\":2}", FRONT("provider: mistral\nservice_tier: flex\n"), "x", "", "x",
     "service_tier is not sent to mistral", "", false},
    /* what is not sent there */
    {"{\"n\":2,\"seed\":1}", "", "groq/x", "groq", "x",
     "n is not sent to groq", "", true},
    {"{}", FRONT("n: 2\nseed: 1\n"), "deepseek/x", "deepseek", "x",
     "seed, n are not sent to deepseek", "", true},
    {"{}", FRONT("provider: groq\nn: 2\nmodel: y\n"), "x", "", "x",
     "n is not sent to groq", "", false},
    {"{\"n\":2}", FRONT("n: 3\n"), "x", "", "x", "", "", false},
    {"{}", FRONT("sed: 3\n"), "x", "", "x", "",
     "line 2: unknown option sed; did you mean seed?", false},
};
/* clang-format on */

static const char *
text_of(const struct fake_call *call, const char *name)
{
    return value_as_text(value_get(value_at(call->args, 0), name), "?");
}

static bool
list_asked(struct host_rig *rig)
{
    char *log = server_get(rig->sv, "/others", NULL);
    bool asked = log != NULL && strstr(log, "/models") != NULL;
    free(log);
    return asked;
}

static struct value *
message(struct host_rig *rig, size_t i)
{
    struct value *args = host_rig_send(rig, 1, "t", rows[i].text);
    struct value *settings = value_get(args, "settings");
    struct value *more = json_parse(str_of(rows[i].settings));
    for (size_t k = 0; k < more->count; k++)
        value_put(settings, more->keys[k], value_copy(more->items[k]));
    value_put(args, "name", value_text(rows[i].name));
    value_put(args, "id", value_int((int64_t)i));
    value_free(more);
    return args;
}

Test(choose, names, .timeout = 60)
{
    setenv("OPENAI_API_KEY", "k", 1);
    setenv("GROQ_API_KEY", "k", 1);
    setenv("DEEPSEEK_API_KEY", "k", 1);
    unsetenv("MISTRAL_API_KEY");
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct host_rig rig;
        struct fake_ed fe;
        host_rig_start(&rig);
        fake_start(&fe, 65536);
        host_init(&rig.host, rig.lp, rig.http, &fe.base);
        server_script(rig.sv, "t.models", LIST);
        struct value *args = message(&rig, i);
        choose_ask(&rig.host, args);
        HOST_UNTIL(&rig, fe.count > 0, 10000);
        cr_assert_eq(fe.count, 1, "%zu", i);
        const struct fake_call *call = &fe.calls[0];
        cr_expect_str_eq(call->function, "deepchat#model#chosen");
        cr_expect_str_eq(text_of(call, "provider"), rows[i].provider, "%zu", i);
        cr_expect_str_eq(text_of(call, "model"), rows[i].model, "%zu", i);
        cr_expect_str_eq(text_of(call, "line"), rows[i].line, "%zu: %s", i,
                         text_of(call, "line"));
        cr_expect_str_eq(text_of(call, "error"), rows[i].error, "%zu: %s", i,
                         text_of(call, "error"));
        cr_expect_eq(list_asked(&rig), rows[i].list, "%zu", i);
        value_free(args);
        host_finish(&rig.host, 0);
        fake_finish(&fe);
        host_rig_stop(&rig);
    }
}

/* Nobody answers: it is the provider that is meant. */
Test(choose, no_list, .timeout = 60)
{
    struct host_rig rig;
    struct fake_ed fe;
    host_rig_start(&rig);
    fake_start(&fe, 65536);
    host_init(&rig.host, rig.lp, rig.http, &fe.base);
    server_script(rig.sv, "t.models", "status 500\njson {}\n");
    struct value *args = message(&rig, 0);
    choose_ask(&rig.host, args);
    value_free(args);
    HOST_UNTIL(&rig, fe.count > 0, 10000);
    cr_assert_eq(fe.count, 1);
    cr_expect_str_eq(text_of(&fe.calls[0], "provider"), "openai");
    cr_expect_str_eq(text_of(&fe.calls[0], "model"), "gpt-oss-120b");
    host_finish(&rig.host, 0);
    fake_finish(&fe);
    host_rig_stop(&rig);
}
