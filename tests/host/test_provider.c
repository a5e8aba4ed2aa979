/* The table of providers: who is who, what members become there, and that the
 * manual and the plugin say the same. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/config.h"
#include "host/file.h"
#include "host/form.h"
#include "host/json.h"
#include "host/provider.h"
#include "host/quirk.h"
#include "host/url.h"
#include "lib/config_case.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

/* ---- the table ---- */

Test(provider, rows, .timeout = 20)
{
    const struct provider *p;
    size_t count = 0;
    for (; (p = provider_nth(count)) != NULL; count++) {
        struct url url;
        struct value *keys = json_parse(str_of(p->keys));
        cr_assert(url_read(&url, str_of(p->base_url), NULL), "%s", p->name);
        cr_expect_eq(provider_named(p->name), p);
        cr_expect_eq(provider_of(url.name, p->name), p, "%s", p->name);
        cr_expect(value_is(keys, VALUE_LIST), "%s", p->name);
        cr_expect_eq(keys->count > 0, p->hosted, "%s", p->name);
        cr_expect_eq(p->hosted, p->host != NULL, "%s", p->name);
        cr_expect_eq(p->hosted, url.secure, "%s", p->name);
        cr_expect_eq(p->hosted, !url.loopback, "%s", p->name);
        /* what is left out must be something one can do without */
        for (const char *at = p->refuses; *at != '\0';) {
            char name[32];
            size_t len = strcspn(at, " ");
            snprintf(name, sizeof name, "%.*s", (int)len, at);
            cr_expect_neq(quirk_bit(name), 0, "%s: %s", p->name, name);
            at += len + (at[len] == ' ');
        }
        value_free(keys);
        url_finish(&url);
    }
    cr_expect_eq(count, 9);
    cr_expect_null(provider_named("api.x.ai"));
    cr_expect_null(provider_named(""));
    cr_expect_null(provider_nth(1000));
}

Test(provider, who_is_who, .timeout = 20)
{
    static const struct {
        const char *host, *name, *want; /* NULL: nobody that has a name */
        bool hosted;
    } cases[] = {
        {"api.groq.com", NULL, "groq", true},
        {"api.groq.com", "openai", "groq", true},
        {"api.x.ai", NULL, NULL, true},
        {"api.x.ai", "vllm", NULL, true},
        {"gpu.lan", "vllm", "vllm", false},
        {"localhost", "llama.cpp", "llama.cpp", false},
        {"localhost", NULL, NULL, false},
        {"localhost", "mine", NULL, false},
        /* a proxy of one's own under the name of a service */
        {"proxy.lan", "openai", NULL, false},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        const struct provider *p = provider_of(cases[i].host, cases[i].name);
        cr_assert_not_null(p);
        cr_expect_eq(p->hosted, cases[i].hosted, "%zu", i);
        cr_expect_str_eq(p->name != NULL ? p->name : "-",
                         cases[i].want != NULL ? cases[i].want : "-", "%zu", i);
    }
}

/* ---- members ---- */

#define EFFORT(value) "\"reasoning_effort\":\"" value "\""
#define KWARGS(value) "\"chat_template_kwargs\":{" value "}"

/* clang-format off */
static const struct {
    const char *provider, *options, *want;
} fits[] = {
    {"deepinfra", EFFORT("high"), EFFORT("high")},
    {"openai", EFFORT("none"), EFFORT("none")},
    {"groq", EFFORT("low"), EFFORT("low")},
    {"ollama", EFFORT("max"), EFFORT("max")},
    {"openrouter", EFFORT("high"), "\"reasoning\":{\"effort\":\"high\"}"},
    {"openrouter", EFFORT("none"), "\"reasoning\":{\"effort\":\"none\"}"},
    {"openrouter", EFFORT("low") ",\"extra_body\":{\"reasoning\":{"
     "\"max_tokens\":9}}", "\"reasoning\":{\"max_tokens\":9}"},
    {"deepseek", EFFORT("none"), "\"thinking\":{\"type\":\"disabled\"}"},
    {"deepseek", EFFORT("max"),
     EFFORT("max") ",\"thinking\":{\"type\":\"enabled\"}"},
    {"deepseek", EFFORT("low") ",\"extra_body\":{\"thinking\":{\"type\":"
     "\"disabled\"}}", EFFORT("low") ",\"thinking\":{\"type\":\"disabled\"}"},
    {"llama.cpp", EFFORT("none"), KWARGS("\"enable_thinking\":false")},
    {"llama.cpp", EFFORT("low"), EFFORT("low") ","
     KWARGS("\"enable_thinking\":true,\"reasoning_effort\":\"low\"")},
    {"vllm", EFFORT("none"), KWARGS("\"enable_thinking\":false")},
    {"vllm", EFFORT("none") ",\"extra_body\":{" KWARGS("\"x\":1") "}",
     KWARGS("\"x\":1,\"enable_thinking\":false")},
    {"vllm", EFFORT("none") ",\"extra_body\":{"
     KWARGS("\"enable_thinking\":true") "}", KWARGS("\"enable_thinking\":true")},
    {"vllm", EFFORT("low") ",\"extra_body\":{"
     KWARGS("\"reasoning_effort\":\"x\"") "}", EFFORT("low") ","
     KWARGS("\"reasoning_effort\":\"x\",\"enable_thinking\":true")},
    {"openrouter", "\"extra_body\":{\"reasoning_effort\":\"low\"}",
     "\"reasoning\":{\"effort\":\"low\"}"},
    {"openrouter", "\"seed\":1", "\"seed\":1"},
    {"mistral", "\"seed\":1", "\"random_seed\":1"},
    {"mistral", "\"extra_body\":{\"seed\":1}", "\"random_seed\":1"},
    {"mistral", "\"seed\":1,\"extra_body\":{\"random_seed\":2}",
     "\"random_seed\":2"},
};
/* clang-format on */

static char *
print_members(const struct members *m)
{
    struct buf out;
    buf_init(&out, 4096);
    for (size_t i = 0; i < m->count; i++)
        buf_addf(&out, "%s\"%s\":%.*s", i > 0 ? "," : "", m->params[i].name,
                 (int)m->params[i].value.len, m->params[i].value.ptr);
    if (m->extra.len > 2)
        buf_addf(&out, "%s%.*s", out.len > 0 ? "," : "", (int)m->extra.len - 2,
                 m->extra.ptr + 1);
    buf_add_text(&out, "");
    return buf_take(&out, NULL);
}

Test(provider, members, .timeout = 20)
{
    for (size_t i = 0; i < COUNT(fits); i++) {
        struct buf settings;
        struct members m;
        buf_init(&settings, 1000);
        buf_addf(&settings, "{\"provider\":\"%s\",%s}", fits[i].provider,
                 fits[i].options);
        struct config *cfg = config_of(settings.ptr);
        members_init(&m, cfg);
        for (int times = 0; times < 2; times++) {
            provider_fit(config_provider(cfg), &m);
            char *got = print_members(&m);
            if (times == 0 || strcmp(fits[i].provider, "llama.cpp") != 0)
                cr_expect_str_eq(got, fits[i].want, "%zu: %s", i, got);
            free(got);
        }
        members_finish(&m);
        config_free(cfg);
        buf_finish(&settings);
    }
}

/* ---- what is not sent ---- */

Test(provider, left_out, .timeout = 20)
{
    static const struct {
        const char *settings, *first, *second, *all;
    } cases[] = {
        {"\"provider\":\"groq\",\"n\":2,\"seed\":1", "n is not sent to groq",
         "", "n is not sent to groq"},
        {"\"provider\":\"deepseek\",\"n\":2,\"seed\":1,\"fail_fast\":true",
         "seed, n, fail_fast are not sent to deepseek", "",
         "seed, n, fail_fast are not sent to deepseek"},
        {"\"provider\":\"deepseek\",\"n\":2,\"seed\":1,\"fail_fast\":true,"
         "\"service_tier\":\"flex\"",
         "seed, n, service_tier, fail_fast are not sent to deepseek", "",
         "seed, n, service_tier, fail_fast are not sent to deepseek"},
        {"\"provider\":\"deepinfra\",\"n\":2,\"fail_fast\":true", "", "", ""},
        /* whoever insists is sent */
        {"\"provider\":\"groq\",\"extra_body\":{\"n\":2}", "", "", ""},
        {"\"provider\":\"a_provider_with_a_very_long_name_of_its_own_here_x\","
         "\"base_url\":\"https://api.groq.com\",\"providers\":{\"a_provider_"
         "with_a_very_long_name_of_its_own_here_x\":{\"base_url\":"
         "\"https://api.groq.com\"}},\"n\":2",
         "n is not sent to a_provider_with_a_very_long_name_of_it...", "",
         "n is not sent to a_provider_with_a_very_long_name_of_it..."},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct forms *forms = forms_new();
        char settings[500], line[128];
        struct members m;
        snprintf(settings, sizeof settings, "{%s}", cases[i].settings);
        struct config *cfg = config_of(settings);
        members_init(&m, cfg);
        for (int times = 0; times < 2; times++) {
            uint32_t bits =
                form_left_out(forms, cfg, &m, false, line, sizeof line);
            cr_expect_str_eq(line, cases[i].first, "%zu: %s", i, line);
            if (times > 0) /* to look is not to say */
                form_said(forms, cfg, bits);
        }
        form_left_out(forms, cfg, &m, false, line, sizeof line);
        cr_expect_str_eq(line, cases[i].second, "%zu: %s", i, line);
        form_left_out(forms, cfg, &m, true, line, sizeof line);
        cr_expect_str_eq(line, cases[i].all, "%zu: %s", i, line);
        cr_expect_leq(strlen(line), 58);
        quirk_fit(form_refused(forms, cfg, &m), &m);
        form_left_out(forms, cfg, &m, true, line, sizeof line);
        cr_expect_str_eq(line, "", "%zu: %s", i, line);
        members_finish(&m);
        config_free(cfg);
        forms_free(forms);
    }
}

/* What a server has taught is said of it, too, but not its other names. */
Test(provider, learned, .timeout = 20)
{
    struct forms *forms = forms_new();
    struct config *cfg =
        config_of("{\"base_url\":\"localhost:1\",\"top_p\":1,\"max_tokens\":5,"
                  "\"temperature\":1}");
    struct members m;
    char line[128];
    members_init(&m, cfg);
    form_field_refused(forms, cfg, "top_p", NULL);
    form_field_refused(forms, cfg, "max_tokens", NULL);
    form_left_out(forms, cfg, &m, false, line, sizeof line);
    cr_expect_str_eq(line, "");
    form_left_out(forms, cfg, &m, true, line, sizeof line);
    cr_expect_str_eq(line, "top_p is not sent to localhost:1");
    members_finish(&m);
    config_free(cfg);
    forms_free(forms);
}

/* ---- the manual and the plugin ---- */

static void
expect_in_file(const char *path, const char *text)
{
    struct buf file;
    struct dc_error err = {0};
    buf_init(&file, DC_REPLY_MAX);
    cr_assert(file_read(path, &file, &err), "%s", err.text);
    buf_add_byte(&file, '\0');
    cr_expect_not_null(strstr(file.ptr, text), "%s lacks this:\n%s", path,
                       text);
    buf_finish(&file);
}

Test(provider, is_told, .timeout = 20)
{
    struct buf table, names;
    buf_init(&table, 10000);
    buf_init(&names, 1000);
    cr_assert(provider_help(&table));
    expect_in_file("doc/deepchat.txt", table.ptr);
    for (size_t i = 0; provider_nth(i) != NULL; i++)
        buf_addf(&names, "%s'%s'", i > 0 ? ", " : "", provider_nth(i)->name);
    expect_in_file("autoload/deepchat/model.vim", names.ptr);
    buf_finish(&table);
    buf_finish(&names);
}
