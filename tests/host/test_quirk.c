/* What a request can do without, what is remembered of it, how it is told. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "host/quirk.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

Test(quirk, members, .timeout = 20)
{
    static const char *const optional[] = {
        "max_tokens",
        "max_completion_tokens",
        "stream_options",
        "temperature",
        "top_p",
        "top_k",
        "min_p",
        "repetition_penalty",
        "presence_penalty",
        "frequency_penalty",
        "seed",
        "n",
        "service_tier",
        "fail_fast",
        "reasoning_effort",
        "reasoning",
        "prompt_cache_key",
        "chat_template_kwargs",
    };
    static const char *const needed[] = {
        "model", "messages",    "tools",      "response_format", "stop",
        "",      "tool_choice", "extra_body", "messages.0.role", "stream",
    };
    uint32_t all = 0;
    for (size_t i = 0; i < COUNT(optional); i++) {
        uint32_t bit = quirk_bit(optional[i]);
        cr_expect(bit != 0 && (all & bit) == 0, "%s", optional[i]);
        all |= bit;
    }
    for (size_t i = 0; i < COUNT(needed); i++) {
        cr_expect_eq(quirk_bit(needed[i]), 0, "%s", needed[i]);
        cr_expect_null(quirk_other(needed[i]), "%s", needed[i]);
    }
    cr_expect_str_eq(quirk_other("max_tokens"), "max_completion_tokens");
    cr_expect_str_eq(quirk_other("max_completion_tokens"), "max_tokens");
    cr_expect_null(quirk_other("seed"));
}

Test(quirk, learns, .timeout = 20)
{
    struct quirks q = {0};
    cr_expect_not(quirk_learn(&q, "messages", NULL));
    cr_expect_not(quirk_learn(&q, "stop", "\"x\""));
    cr_expect(quirk_learn(&q, "seed", "1"));
    cr_expect_not(quirk_learn(&q, "seed", "1"));
    cr_expect(quirk_learn(&q, "seed", "2"), "the last value counts");
    cr_expect(quirk_learn(&q, "seed", "1"));
    cr_expect_eq(q.always, 0);
    cr_expect(quirk_learn(&q, "seed", NULL));
    cr_expect_not(quirk_learn(&q, "seed", NULL));
    cr_expect_not(quirk_learn(&q, "seed", "3"));
    cr_expect_eq(q.always, quirk_bit("seed"));
    /* never both ways */
    cr_expect(quirk_learn(&q, "max_tokens", NULL));
    cr_expect(quirk_learn(&q, "max_completion_tokens", NULL));
    cr_expect_eq(q.always,
                 quirk_bit("seed") | quirk_bit("max_completion_tokens"));
    quirks_finish(&q);
    cr_expect_eq(q.always, 0);
    quirks_finish(&q);
}

/* 58 cells, at the limits of each wording and one past them. */
Test(quirk, lines, .timeout = 20)
{
    static const struct {
        const char *server, *name, *line;
    } rows[] = {
        {"groq", "seed", "groq refuses seed; asked without it"},
        {"api.openai.com", "max_tokens",
         "api.openai.com wants max_completion_tokens; asked so"},
        {"localhost:8080", "max_completion_tokens",
         "localhost:8080 wants max_tokens; asked so"},
        {"a-server.org:80", "reasoning_effort",
         "a-server.org:80 refuses reasoning_effort; asked without it"},
        {"a-server.org:808", "reasoning_effort",
         "a-server.org:808 refuses reasoning_effort; left out"},
        {"a-server.example.com:80", "reasoning_effort",
         "a-server.example.com:80 refuses reasoning_effort; left out"},
        {"a-server.example.com:808", "reasoning_effort",
         "a-server.example.com... refuses reasoning_effort; left out"},
    };
    char line[128];
    for (size_t i = 0; i < COUNT(rows); i++) {
        quirk_line(line, sizeof line, rows[i].server, rows[i].name);
        cr_expect_str_eq(line, rows[i].line, "%s", line);
        cr_expect_leq(strlen(line), 58, "%s", line);
    }
}
