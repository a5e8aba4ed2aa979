/* Which form of a continuation a server is asked in, and what it teaches. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "host/form.h"
#include "lib/config_case.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

static struct config *
at(const char *url, const char *model)
{
    char settings[200];
    snprintf(settings, sizeof settings,
             "{\"base_url\":\"%s\",\"model\":\"%s\"}", url, model);
    return config_of(settings);
}

/* From the first form to the last. */
static const struct {
    const char *url;
    enum dc_form chain[4];
} chains[] = {
    {"http://127.0.0.1:8080",
     {DC_FORM_LAST, DC_FORM_FLAGS, DC_FORM_TURN, DC_FORM_NONE}},
    {"https://gpu.example/v1",
     {DC_FORM_LAST, DC_FORM_FLAGS, DC_FORM_TURN, DC_FORM_NONE}},
    {"api.deepinfra.com", {DC_FORM_LAST, DC_FORM_TURN, DC_FORM_NONE}},
    {"https://openrouter.ai/api/v1",
     {DC_FORM_LAST, DC_FORM_TURN, DC_FORM_NONE}},
    {"api.anthropic.com", {DC_FORM_LAST, DC_FORM_TURN, DC_FORM_NONE}},
    {"api.openai.com", {DC_FORM_TURN, DC_FORM_NONE}},
    {"api.deepseek.com", {DC_FORM_PREFIX, DC_FORM_TURN, DC_FORM_NONE}},
    {"api.mistral.ai", {DC_FORM_PREFIX, DC_FORM_TURN, DC_FORM_NONE}},
};

Test(form, chains, .timeout = 20)
{
    struct forms *forms = forms_new();
    for (size_t i = 0; i < COUNT(chains); i++) {
        struct config *cfg = at(chains[i].url, "m");
        const enum dc_form *chain = chains[i].chain;
        for (; *chain != DC_FORM_NONE; chain++) {
            cr_expect_eq(form_of(forms, cfg), *chain, "%s", chains[i].url);
            cr_expect_eq(form_next(forms, cfg, *chain), chain[1], "%s",
                         chains[i].url);
        }
        /* the last one stays */
        cr_expect_eq(form_of(forms, cfg), DC_FORM_TURN, "%s", chains[i].url);
        config_free(cfg);
    }
    forms_free(forms);
    forms_free(NULL);
}

/* Two replies run at once: what one has learned, the other need not. */
Test(form, goes_on_only, .timeout = 20)
{
    struct forms *forms = forms_new();
    struct config *cfg = at("localhost:1", "m");
    cr_expect_eq(form_next(forms, cfg, DC_FORM_LAST), DC_FORM_FLAGS);
    cr_expect_eq(form_next(forms, cfg, DC_FORM_LAST), DC_FORM_FLAGS);
    cr_expect_eq(form_next(forms, cfg, DC_FORM_FLAGS), DC_FORM_TURN);
    cr_expect_eq(form_next(forms, cfg, DC_FORM_LAST), DC_FORM_TURN);
    cr_expect_eq(form_next(forms, cfg, DC_FORM_FLAGS), DC_FORM_TURN);
    cr_expect_eq(form_next(forms, cfg, DC_FORM_TURN), DC_FORM_NONE);
    cr_expect_eq(form_of(forms, cfg), DC_FORM_TURN);
    config_free(cfg);
    /* forgotten on the way: the chain still comes to an end */
    cfg = at("localhost:2", "m");
    cr_expect_eq(form_next(forms, cfg, DC_FORM_FLAGS), DC_FORM_TURN);
    cr_expect_eq(form_of(forms, cfg), DC_FORM_TURN);
    config_free(cfg);
    forms_free(forms);
}

Test(form, per_address_and_model, .timeout = 20)
{
    struct forms *forms = forms_new();
    struct config *one = at("localhost:1", "m");
    struct config *two = at("localhost:1", "n");
    struct config *three = at("localhost:2", "m");
    form_next(forms, one, DC_FORM_LAST);
    cr_expect(form_think_refused(forms, two));
    cr_expect_eq(form_of(forms, one), DC_FORM_FLAGS);
    cr_expect_eq(form_of(forms, two), DC_FORM_LAST);
    cr_expect_eq(form_of(forms, three), DC_FORM_LAST);
    cr_expect_not(form_thinking_off(forms, one));
    cr_expect(form_thinking_off(forms, two));
    cr_expect_not(form_thinking_off(forms, three));
    cr_expect_not(form_think_refused(forms, two), "twice is too much");
    cr_expect(form_think_refused(forms, one));
    cr_expect_eq(form_of(forms, one), DC_FORM_FLAGS);
    config_free(one);
    config_free(two);
    config_free(three);
    forms_free(forms);
}

Test(form, effort, .timeout = 20)
{
    struct forms *forms = forms_new();
    struct config *local = at("localhost:1", "m");
    struct config *infra = at("api.deepinfra.com", "m");
    struct config *router = at("https://openrouter.ai/api", "m");
    cr_expect_not(form_effort_none(forms, local));
    cr_expect(form_effort_none(forms, infra));
    cr_expect(form_effort_none(forms, router));
    cr_expect(form_effort_refused(forms, router));
    cr_expect_not(form_effort_refused(forms, router));
    cr_expect_not(form_effort_none(forms, router));
    cr_expect(form_effort_none(forms, infra));
    cr_expect_not(form_thinking_off(forms, router));
    config_free(local);
    config_free(infra);
    config_free(router);
    forms_free(forms);
}

/* FORMS_MAX are remembered; one more, and the oldest is not. */
Test(form, is_bounded, .timeout = 20)
{
    struct forms *forms = forms_new();
    struct config *cfg[FORMS_MAX + 2];
    for (size_t i = 0; i < COUNT(cfg); i++) {
        char model[8];
        snprintf(model, sizeof model, "m%zu", i);
        cfg[i] = at("localhost:1", model);
    }
    for (size_t i = 0; i < FORMS_MAX; i++)
        form_next(forms, cfg[i], DC_FORM_LAST);
    for (size_t i = 0; i < FORMS_MAX; i++)
        cr_expect_eq(form_of(forms, cfg[i]), DC_FORM_FLAGS, "%zu", i);
    for (size_t more = 0; more < 2; more++) {
        form_think_refused(forms, cfg[FORMS_MAX + more]);
        for (size_t i = 0; i < FORMS_MAX; i++)
            cr_expect_eq(form_of(forms, cfg[i]),
                         i <= more ? DC_FORM_LAST : DC_FORM_FLAGS, "%zu", i);
        cr_expect(form_thinking_off(forms, cfg[FORMS_MAX + more]));
    }
    for (size_t i = 0; i < COUNT(cfg); i++)
        config_free(cfg[i]);
    forms_free(forms);
}

/* DeepSeek takes the prefix at an address of its own. */
Test(form, addresses, .timeout = 20)
{
    static const struct {
        const char *url;
        enum dc_form form;
        const char *want;
    } cases[] = {
        {"api.deepseek.com", DC_FORM_PREFIX,
         "https://api.deepseek.com/beta/chat/completions"},
        {"api.deepseek.com", DC_FORM_TURN,
         "https://api.deepseek.com/v1/chat/completions"},
        {"api.deepseek.com", DC_FORM_NONE,
         "https://api.deepseek.com/v1/chat/completions"},
        {"api.mistral.ai", DC_FORM_PREFIX,
         "https://api.mistral.ai/v1/chat/completions"},
        {"localhost:1", DC_FORM_PREFIX,
         "http://localhost:1/v1/chat/completions"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct config *cfg = at(cases[i].url, "m");
        cr_expect_str_eq(config_form_url(cfg, cases[i].form), cases[i].want,
                         "%s", config_form_url(cfg, cases[i].form));
        config_free(cfg);
    }
}

/* clang-format off */
static const struct {
    const char *settings;
    bool want;
} structured[] = {
    {"{}", false},
    {"{\"response_format\":{\"type\":\"text\"}}", false},
    {"{\"response_format\":{\"type\":\"json_object\"}}", true},
    {"{\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{}}}",
        true},
    {"{\"response_format\":{\"type\":\"regex\",\"regex\":\"a\"}}", true},
    {"{\"response_format\":{\"type\":5}}", true},
    {"{\"tools\":[{\"type\":\"function\"}]}", false},
    {"{\"extra_body\":{\"top_k\":5}}", false},
    {"{\"extra_body\":{\"response_format\":null}}", false},
    {"{\"extra_body\":{\"response_format\":{\"type\":\"json_object\"}}}", true},
    {"{\"extra_body\":{\"response_format\":{\"type\":\"text\"}},"
        "\"response_format\":{\"type\":\"json_object\"}}", false},
    {"{\"extra_body\":{\"response_format\":{\"type\":\"json_object\"}},"
        "\"response_format\":{\"type\":\"text\"}}", true},
    {"{\"extra_body\":{\"regex\":\"(yes|no)\"}}", true},
    {"{\"extra_body\":{\"guided_json\":{\"type\":\"object\"}}}", true},
    {"{\"extra_body\":{\"grammar\":\"root ::= x\"}}", true},
    {"{\"extra_body\":{\"grammar\":null}}", false},
    {"{\"json_schema\":\"a.json\"}", true},
    {"{\"json_schema\":\"\"}", false},
    {"{\"extra_body\":{\"json_schema\":{}}}", true},
    {"{\"extra_body\":{\"format\":\"json\"}}", true},
    {"{\"extra_body\":{\"structured_outputs\":{\"choice\":[\"a\"]}}}", true},
};
/* clang-format on */

Test(form, structured, .timeout = 20)
{
    for (size_t i = 0; i < COUNT(structured); i++) {
        struct config *cfg = config_of(structured[i].settings);
        cr_expect_eq(form_structured(cfg), structured[i].want, "%s",
                     structured[i].settings);
        config_free(cfg);
    }
}
