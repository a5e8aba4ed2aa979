/* What one round of a continuation asks for differently. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "host/json.h"
#include "host/members.h"
#include "lib/config_case.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

/* The request, from behind "stream" on; owned (dc_free). */
static char *
body_of(const struct members *m)
{
    struct dc_request req = {
        .params = m->params,
        .param_count = m->count,
        .extra = m->extra,
    };
    struct dc_error err = {0};
    char *body = dc_request_body(&req, NULL, &err);
    cr_assert_not_null(body, "%s", err.text);
    return body;
}

enum { THINKING = 1, EFFORT = 2, TOKENS = 4 };

/* clang-format off */
static const struct {
    const char *settings;
    int what;
    double tokens;    /* before */
    const char *want; /* without "messages" */
} cases[] = {
    {"{}", 0, -1, "\"stream\":false"},
    {"{\"temperature\":0.5,\"extra_body\":{\"top_k\":5}}", 0, -1,
        "\"temperature\":0.5,\"stream\":false,\"top_k\":5"},

    {"{}", THINKING, -1,
        "\"chat_template_kwargs\":{\"enable_thinking\":false},"
        "\"stream\":false"},
    {"{\"extra_body\":{\"chat_template_kwargs\":{\"enable_thinking\":true,"
        "\"x\":1},\"top_k\":5}}", THINKING, -1,
        "\"stream\":false,\"chat_template_kwargs\":{\"enable_thinking\":false,"
        "\"x\":1},\"top_k\":5"},
    {"{\"extra_body\":{\"chat_template_kwargs\":null}}", THINKING, -1,
        "\"stream\":false,"
        "\"chat_template_kwargs\":{\"enable_thinking\":false}"},

    {"{}", EFFORT, -1, "\"reasoning_effort\":\"none\",\"stream\":false"},
    {"{\"seed\":1}", EFFORT, -1,
        "\"seed\":1,\"reasoning_effort\":\"none\",\"stream\":false"},
    {"{\"reasoning_effort\":\"high\"}", EFFORT, -1,
        "\"reasoning_effort\":\"high\",\"stream\":false"},
    {"{\"extra_body\":{\"reasoning_effort\":\"low\"}}", EFFORT, -1,
        "\"stream\":false,\"reasoning_effort\":\"low\""},
    {"{\"extra_body\":{\"reasoning\":{\"effort\":\"low\"}}}", EFFORT, -1,
        "\"stream\":false,\"reasoning\":{\"effort\":\"low\"}"},

    {"{}", TOKENS, -1, "\"max_tokens\":32768,\"stream\":false"},
    {"{\"max_tokens\":100,\"seed\":1}", TOKENS, 100,
        "\"max_tokens\":32768,\"seed\":1,\"stream\":false"},
    {"{\"extra_body\":{\"max_tokens\":200},\"max_tokens\":100}", TOKENS, 200,
        "\"stream\":false,\"max_tokens\":32768"},
    {"{\"extra_body\":{\"max_completion_tokens\":300,\"top_k\":5}}", TOKENS,
        300, "\"stream\":false,\"max_completion_tokens\":32768,\"top_k\":5"},
    {"{\"extra_body\":{\"max_completion_tokens\":\"x\"}}", 0, -1,
        "\"stream\":false,\"max_completion_tokens\":\"x\""},

    {"{\"extra_body\":{\"chat_template_kwargs\":{\"x\":1},\"max_tokens\":7}}",
        THINKING | EFFORT | TOKENS, 7,
        "\"reasoning_effort\":\"none\",\"stream\":false,"
        "\"chat_template_kwargs\":{\"x\":1,\"enable_thinking\":false},"
        "\"max_tokens\":32768"},
};
/* clang-format on */

static void
change(struct members *m, int what)
{
    if (what & THINKING)
        members_thinking_off(m);
    if (what & EFFORT)
        members_effort_none(m);
    if (what & TOKENS)
        members_set_max_tokens(m, 32768);
}

Test(members, bodies, .timeout = 20)
{
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct config *cfg = config_of(cases[i].settings);
        struct buf want;
        struct members m;
        buf_init(&want, 1000);
        buf_addf(&want, "{\"messages\":[],%s}", cases[i].want);
        members_init(&m, cfg);
        cr_expect_eq(members_max_tokens(&m), cases[i].tokens, "%s",
                     cases[i].settings);
        for (int times = 0; times < 2; times++) {
            change(&m, cases[i].what);
            char *body = body_of(&m);
            struct value *got = json_parse(str_of(body));
            struct value *wish = json_parse(buf_str(&want));
            cr_expect_eq(got->count, wish->count, "%s", body);
            cr_expect_str_eq(body, want.ptr, "%s: %s", cases[i].settings, body);
            value_free(got);
            value_free(wish);
            dc_free(body);
        }
        if (cases[i].what & TOKENS)
            cr_expect_eq(members_max_tokens(&m), 32768);
        members_finish(&m);
        /* the options themselves stay as they are */
        members_init(&m, cfg);
        cr_expect_eq(members_max_tokens(&m), cases[i].tokens);
        members_finish(&m);
        buf_finish(&want);
        config_free(cfg);
    }
}

Test(members, set, .timeout = 20)
{
    struct config *cfg =
        config_of("{\"seed\":1,\"stop\":[\"a\"],\"extra_body\":"
                  "{\"top_k\":5,\"seed\":9007199254740991}}");
    struct members m;
    members_init(&m, cfg);
    members_set(&m, "stop", value_text("b\n\"c\""));
    members_set(&m, "seed", value_int(2));
    members_set(&m, "user", value_text("x"));
    members_set(&m, "user", value_text("y"));
    members_set(&m, "top_k", value_int(6));
    char *body = body_of(&m);
    cr_expect_str_eq(
        body,
        "{\"messages\":[],\"stop\":\"b\\n\\\"c\\\"\",\"user\":\"y\","
        "\"stream\":false,\"top_k\":6,\"seed\":2}",
        "%s", body);
    dc_free(body);
    members_finish(&m);
    config_free(cfg);
}

/* The same member in the options and in extra_body is one, and the latter is
 * what is sent. */
Test(members, get_drop_rename, .timeout = 20)
{
    static const struct {
        const char *settings, *got, *dropped, *renamed;
    } rows[] = {
        {"{}", NULL, "\"stream\":false", "\"stream\":false"},
        {"{\"seed\":7,\"n\":2}", "7", "\"n\":2,\"stream\":false",
         "\"n\":2,\"user\":7,\"stream\":false"},
        {"{\"extra_body\":{\"seed\":8,\"x\":1}}", "8",
         "\"stream\":false,\"x\":1", "\"stream\":false,\"x\":1,\"user\":8"},
        {"{\"seed\":7,\"extra_body\":{\"seed\":8}}", "8", "\"stream\":false",
         "\"stream\":false,\"user\":8"},
        {"{\"seed\":7,\"extra_body\":{\"user\":\"u\"}}", "7",
         "\"stream\":false,\"user\":\"u\"", "\"stream\":false,\"user\":\"u\""},
        {"{\"extra_body\":{\"seed\":{\"a\":[1]},\"user\":\"u\"}}",
         "{\"a\":[1]}", "\"stream\":false,\"user\":\"u\"",
         "\"stream\":false,\"user\":\"u\""},
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        for (int rename = 0; rename < 2; rename++) {
            struct config *cfg = config_of(rows[i].settings);
            struct members m;
            members_init(&m, cfg);
            char *got = members_get(&m, "seed");
            cr_expect(got == NULL ? rows[i].got == NULL
                                  : strcmp(got, rows[i].got) == 0,
                      "%s: %s", rows[i].settings, got != NULL ? got : "none");
            free(got);
            if (rename)
                members_rename(&m, "seed", "user");
            else
                members_drop(&m, "seed");
            got = members_get(&m, "seed");
            cr_expect_null(got, "%s", rows[i].settings);
            free(got);
            char *body = body_of(&m);
            const char *want = rename ? rows[i].renamed : rows[i].dropped;
            size_t head = strlen("{\"messages\":[],");
            cr_expect_eq(strlen(body), head + strlen(want) + 1, "%s", body);
            cr_expect_eq(strncmp(body + head, want, strlen(want)), 0, "%s: %s",
                         rows[i].settings, body);
            dc_free(body);
            members_finish(&m);
            config_free(cfg);
        }
}
