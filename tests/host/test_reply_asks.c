/* How a server is asked for the rest: forms, what it refuses, what it is told
 * besides, and how often. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/reply_rig.h"

#define OPTIONS(...) ((const char *const[]){__VA_ARGS__, NULL})
#define CUT "finish length\ndone\n---\n"
#define LAST "finish stop\ndone\n"
#define REFUSE(words)                                                          \
    "status 400\njson {\"error\":{\"message\":\"" words "\"}}\n"
#define NO_PREFILL REFUSE("Assistant message prefill is not supported") "---\n"
#define NO_THINKING                                                            \
    REFUSE("Assistant response prefill is incompatible with enable_thinking.") \
    "---\n"
#define NO_EFFORT                                                              \
    "status 400\njson {\"error\":{\"message\":\"reasoning_effort: unknown\","  \
    "\"param\":\"reasoning_effort\"}}\n---\n"

#define ANSWER "{\"role\":\"assistant\",\"content\":\"One two\"}"

static void
expect_body(struct reply_rig *rig, const char *title, size_t request,
            const char *has, const char *has_not)
{
    char *body = reply_rig_body(rig, request);
    if (has != NULL)
        cr_expect_not_null(strstr(body, has), "%s: %zu: %s", title, request,
                           body);
    if (has_not != NULL)
        cr_expect_null(strstr(body, has_not), "%s: %zu: %s", title, request,
                       body);
    free(body);
}

/* ---- forms ---- */

Test(reply_asks, forms_are_learned, .timeout = 30)
{
    struct reply_rig rig;
    struct reply_ask ask = {.script =
                                "token One two\n" CUT NO_PREFILL NO_PREFILL
                                "token  three\n" LAST};
    reply_rig_start(&rig);
    reply_rig_run(&rig, &ask);
    cr_expect_str_eq(reply_rig_text(&rig), "One two three");
    cr_expect_eq(server_requests(rig.base.sv), 4);
    expect_body(&rig, "ordinary", 1, NULL, "assistant");
    expect_body(&rig, "last", 2, ANSWER "]", "continue_final_message");
    expect_body(&rig, "flags", 3, "\"continue_final_message\":true", NULL);
    expect_body(&rig, "flags", 3, ANSWER "]", NULL);
    expect_body(&rig, "turn", 4, ANSWER ",{\"role\":\"user\"",
                "continue_final_message");
    /* asking otherwise is no retry, and the next reply does it at once */
    ask.script = "token One two\n" CUT "token  three\n" LAST;
    reply_rig_run(&rig, &ask);
    cr_expect_eq(server_requests(rig.base.sv), 2);
    expect_body(&rig, "known", 2, ANSWER ",{\"role\":\"user\"", NULL);
    /* nothing is left to try */
    ask.script = "token One two\n" CUT NO_PREFILL "token no\n" LAST;
    reply_rig_run(&rig, &ask);
    cr_expect_eq(server_requests(rig.base.sv), 2);
    cr_expect_str_eq(reply_rig_end(&rig, "finish"), "interrupted");
    cr_expect_str_eq(reply_rig_text(&rig), "One two");
    reply_rig_stop(&rig);
}

/* What is sent is what came, however its blanks came. */
Test(reply_asks, what_is_sent, .timeout = 30)
{
    struct reply_rig rig;
    reply_rig_start(&rig);
    reply_rig_run(&rig,
                  &(struct reply_ask){.script = "token One\\n\\n\n" CUT
                                                "token \\n\\ntwo.\\x20\n" CUT
                                                "token Three\n" LAST});
    cr_expect_str_eq(reply_rig_text(&rig), "One\n\ntwo. Three");
    expect_body(&rig, "second", 2, "\"content\":\"One\"}]", NULL);
    expect_body(&rig, "third", 3, "\"content\":\"One\\n\\ntwo.\"}]", NULL);
    reply_rig_stop(&rig);
}

/* It begins from the top, so it is asked in another form the next time. */
Test(reply_asks, new_turn, .timeout = 30)
{
#define LONG                                                                   \
    "The quick brown fox jumps over the lazy dog, and then it goes home to "   \
    "sleep until the next morning comes, when it gets up and begins again to "
    struct reply_rig rig;
    reply_rig_start(&rig);
    reply_rig_run(&rig, &(struct reply_ask){
                            .script = "token " LONG "\n" CUT "token " LONG
                                      "run\n" CUT "token  and so on\n" LAST});
    cr_expect_str_eq(reply_rig_text(&rig), LONG "run and so on", "%s",
                     reply_rig_text(&rig));
    cr_expect_str_eq(reply_rig_end(&rig, "pairs"), " finish=stop parts=3");
    reply_rig_stop(&rig);
}

Test(reply_asks, thinking_is_switched_off, .timeout = 30)
{
    struct reply_rig rig;
    struct reply_ask ask = {.script = "token One two\n" CUT NO_THINKING
                                      "token  three\n" LAST};
    reply_rig_start(&rig);
    reply_rig_run(&rig, &ask);
    cr_expect_str_eq(reply_rig_text(&rig), "One two three");
    expect_body(&rig, "before", 2, ANSWER "]", "enable_thinking");
    expect_body(&rig, "after", 3,
                "\"chat_template_kwargs\":{\"enable_thinking\":false}", NULL);
    expect_body(&rig, "after", 3, ANSWER "]", NULL);
    ask.script = "token One two\n" CUT "token  three\n" LAST;
    reply_rig_run(&rig, &ask);
    expect_body(&rig, "ordinary", 1, NULL, "enable_thinking");
    expect_body(&rig, "known", 2, "\"enable_thinking\":false", NULL);
    /* it did not help: another form */
    ask.script = "token One two\n" CUT NO_THINKING "token  three\n" LAST;
    reply_rig_run(&rig, &ask);
    cr_expect_str_eq(reply_rig_text(&rig), "One two three");
    expect_body(&rig, "flags", 3, "\"continue_final_message\":true", NULL);
    reply_rig_stop(&rig);
}

/* Retries are counted for each round. */
Test(reply_asks, retries, .timeout = 60)
{
#define BUSY "status 503\nheader Retry-After: 0.01\njson {}\n---\n"
    struct reply_rig rig;
    struct reply_ask ask = {.options = OPTIONS("retries=1"),
                            .script = BUSY "token One two\n" CUT BUSY
                                           "token  three.\n" CUT BUSY
                                           "token  Four\n" LAST};
    reply_rig_start(&rig);
    reply_rig_run(&rig, &ask);
    cr_expect_str_eq(reply_rig_text(&rig), "One two three. Four");
    cr_expect_eq(server_requests(rig.base.sv), 6);
    ask.script = "token One two\n" CUT BUSY BUSY "token  three\n" LAST;
    reply_rig_run(&rig, &ask);
    cr_expect_str_eq(reply_rig_text(&rig), "One two");
    cr_expect_eq(server_requests(rig.base.sv), 3);
    cr_expect_str_eq(reply_rig_end(&rig, "finish"), "interrupted");
    /* nothing is asked again behind text */
    ask.script = "token One two\n" CUT
                 "token  three\nsse {\"error\":{\"code\":502}}\n---\n" LAST;
    reply_rig_run(&rig, &ask);
    cr_expect_eq(server_requests(rig.base.sv), 2);
    /* and blanks that waited are still there after one */
    ask.script = "token One two\\n\\n\n" CUT BUSY "token three\n" LAST;
    reply_rig_run(&rig, &ask);
    cr_expect_str_eq(reply_rig_text(&rig), "One two\n\nthree");
    ask.script = "token One two\\n\\n\n" CUT BUSY BUSY;
    reply_rig_run(&rig, &ask);
    cr_expect_str_eq(reply_rig_text(&rig), "One two\n\n");
    reply_rig_stop(&rig);
}

/* ---- how many ---- */

static const struct {
    const char *option;
    size_t requests;
    const char *finish, *line;
} limits[] = {
    {"continue_rounds=0", 1, "length",
     "reply cut at the token limit; :DeepContinue goes on"},
    {"continue_rounds=1", 2, "length",
     "still cut after 2 parts; :DeepContinue goes on"},
    {"continue_rounds=8", 9, "length",
     "still cut after 9 parts; :DeepContinue goes on"},
    {"continue_rounds=64", 65, "length",
     "still cut after 65 parts; :DeepContinue goes on"},
};

/* Each word once, so that nothing looks like a repetition. */
static void
add_words(struct buf *script, size_t count)
{
    for (size_t i = 0; i < count; i++)
        buf_addf(script, "token  word%zu.\nfinish length 1 2 0.5\ndone\n---\n",
                 i * 7919 % 1000);
}

Test(reply_asks, limits, .timeout = 60)
{
    struct reply_rig rig;
    struct buf script;
    reply_rig_start(&rig);
    buf_init(&script, 1 << 20);
    add_words(&script, 70);
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
        reply_rig_run(
            &rig, &(struct reply_ask){.script = script.ptr,
                                      .options = OPTIONS(limits[i].option)});
        size_t n = limits[i].requests;
        cr_expect_eq(server_requests(rig.base.sv), n, "%s: %zu",
                     limits[i].option, server_requests(rig.base.sv));
        cr_expect_str_eq(reply_rig_end(&rig, "finish"), limits[i].finish);
        cr_expect_str_eq(reply_rig_end(&rig, "line"), limits[i].line, "%s",
                         reply_rig_end(&rig, "line"));
        cr_expect_eq(reply_rig_number(&rig, "rounds"), (double)n);
        cr_expect_eq(reply_rig_number(&rig, "out"), 2.0 * (double)n);
        cr_expect_eq(reply_rig_number(&rig, "cost"), 0.5 * (double)n);
    }
    buf_finish(&script);
    reply_rig_stop(&rig);
}

/* ---- what is told meanwhile ---- */

Test(reply_asks, status, .timeout = 30)
{
    struct reply_rig rig;
    reply_rig_start(&rig);
    reply_rig_run(&rig,
                  &(struct reply_ask){
                      .script =
                          "token One two\nfinish length 10 49000 0.02\ndone\n"
                          "---\ntoken  three.\nfinish length 1 1 0\ndone\n---\n"
                          "reasoning hm\ntoken  Four\n" LAST});
    cr_expect_str_eq(rig.statuses.ptr,
                     "waiting\n\ngoing on\n"
                     "continued 1/8  49k tok  $0.02\n"
                     "going on\n"
                     "continued 2/8  49k tok  $0.02\n",
                     "%s", rig.statuses.ptr);
    cr_expect_str_eq(rig.rounds.ptr, "1/8 49000 0.02;2/8 49001 0.02;", "%s",
                     rig.rounds.ptr);
    cr_expect_eq(rig.text[DC_DELTA_REASONING].len, 2);
    reply_rig_stop(&rig);
}

/* ---- stopped ---- */

static const struct {
    const char *title, *script, *at, *text, *pairs;
    size_t requests;
} stops[] = {
    {"before", "token One two\n" CUT "hold g\ntoken no\n" LAST, "waiting", "",
     " finish=stopped", 0},
    {"between", "token One two\n" CUT "hold g\ntoken no\n" LAST, "going on",
     "One two", " finish=stopped", 1},
    {"in the second", "token One two\n" CUT "token  three\nhold g\n",
     "continued 1/", "One two three", " finish=stopped parts=2", 2},
    {"in the third",
     "token One two\n" CUT "token  three.\n" CUT "token  Four\nhold g\n",
     "continued 2/", "One two three. Four", " finish=stopped parts=3", 3},
    {"while it waits", "token One two\\n\n" CUT "status 503\njson {}\n",
     "try 2", "One two\n", " finish=stopped", 2},
};

Test(reply_asks, stopped, .timeout = 30)
{
    struct reply_rig rig;
    reply_rig_start(&rig);
    for (size_t i = 0; i < sizeof stops / sizeof *stops; i++) {
        rig.stop_at = stops[i].at;
        reply_rig_run(&rig,
                      &(struct reply_ask){.script = stops[i].script,
                                          .options = OPTIONS("retries=3")});
        cr_expect_str_eq(reply_rig_text(&rig), stops[i].text, "%s: %s",
                         stops[i].title, reply_rig_text(&rig));
        cr_expect_str_eq(reply_rig_end(&rig, "pairs"), stops[i].pairs, "%s: %s",
                         stops[i].title, reply_rig_end(&rig, "pairs"));
        cr_expect_leq(server_requests(rig.base.sv), stops[i].requests, "%s",
                      stops[i].title);
    }
    reply_rig_stop(&rig);
}

/* The host ends meanwhile, and the loop does not turn any more. */
Test(reply_asks, end_with_the_host, .timeout = 30)
{
    static const struct {
        const char *key_cmd, *at;
    } cases[] = {{"[\"sleep\",\"100\"]", "api_key_cmd"}, {NULL, "waiting"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct reply_rig rig;
        reply_rig_start(&rig);
        rig.key_cmd = cases[i].key_cmd;
        reply_rig_ask(&rig, &(struct reply_ask){.script = "hold g\n"});
        HOST_UNTIL(&rig.base,
                   rig.statuses.len > 0 &&
                       strstr(rig.statuses.ptr, cases[i].at) != NULL,
                   10000);
        cr_expect_not_null(strstr(rig.statuses.ptr, cases[i].at));
        cr_expect_eq(rig.ended, 0);
        reply_rig_stop(&rig);
    }
}

/* ---- the connection ---- */

static const struct {
    const char *title, *option, *script, *text, *finish, *line, *pairs;
} losses[] = {
    {"not wanted", "continue_on_disconnect=false",
     "token One two\nrst\n---\ntoken  three\n" LAST, "One two", "interrupted",
     "connection lost, 1 token kept; :DeepContinue goes on",
     " finish=interrupted"},
    {"wanted", "continue_on_disconnect=true",
     "token One two\nrst\n---\ntoken  three\n" LAST, "One two three", "stop",
     "done in 2 parts, 2 tokens", " finish=stop parts=2"},
    {"once", "continue_on_disconnect=true",
     "token One two\nrst\n---\ntoken  three.\nfin\n---\ntoken no\n" LAST,
     "One two three.", "interrupted",
     "connection lost, 2 tokens kept; :DeepContinue goes on",
     " finish=interrupted parts=2"},
    {"before text", "continue_on_disconnect=true",
     "reasoning hm\nrst\n---\ntoken no\n" LAST, "", "interrupted",
     "connection lost, 1 token kept", " finish=interrupted"},
    {"an error", "continue_on_disconnect=true",
     "token One two\nsse {\"error\":{\"message\":\"no\",\"code\":502}}\n---\n"
     "token no\n" LAST,
     "One two", "interrupted", NULL, " finish=interrupted"},
    {"ended", "continue_on_disconnect=true",
     "token One two\ndone\n---\ntoken no\n" LAST, "One two", "interrupted",
     "the server ended without a reason, 1 token kept", " finish=interrupted"},
    {"then cut", "continue_on_disconnect=true",
     "token One two\nrst\n---\ntoken  three.\n" CUT "token  Four\n" LAST,
     "One two three. Four", "stop", "done in 3 parts, 3 tokens",
     " finish=stop parts=3"},
};

Test(reply_asks, losses, .timeout = 30)
{
    struct reply_rig rig;
    reply_rig_start(&rig);
    for (size_t i = 0; i < sizeof losses / sizeof *losses; i++) {
        const char *title = losses[i].title;
        reply_rig_run(
            &rig, &(struct reply_ask){.script = losses[i].script,
                                      .options = OPTIONS(losses[i].option)});
        cr_expect_str_eq(reply_rig_text(&rig), losses[i].text, "%s: %s", title,
                         reply_rig_text(&rig));
        cr_expect_str_eq(reply_rig_end(&rig, "finish"), losses[i].finish, "%s",
                         title);
        cr_expect_str_eq(reply_rig_end(&rig, "pairs"), losses[i].pairs,
                         "%s: %s", title, reply_rig_end(&rig, "pairs"));
        if (losses[i].line != NULL)
            cr_expect_str_eq(reply_rig_end(&rig, "line"), losses[i].line,
                             "%s: %s", title, reply_rig_end(&rig, "line"));
        bool told =
            strstr(rig.statuses.ptr, "connection lost, going on") != NULL;
        bool goes_on = i == 1 || i == 2 || i == 6;
        cr_expect_eq(told, goes_on, "%s: %s", title, rig.statuses.ptr);
        if (goes_on) /* it is one more than the option allows */
            cr_expect_eq(strncmp(rig.rounds.ptr, "1/9 ", 4), 0, "%s", title);
    }
    reply_rig_stop(&rig);
}

/* ---- time ---- */

/* What is in doubt waits, but not for ever; what is not does not wait. */
Test(reply_asks, doubt_ends, .timeout = 30)
{
    static const struct {
        const char *text;
        int from, to;
    } heads[] = {{" three", 0, 200}, {"One", 1300, 2500}};
    struct reply_rig rig;
    reply_rig_start(&rig);
    for (size_t i = 0; i < 2; i++) {
        char script[256];
        snprintf(script, sizeof script,
                 "token One two\n" CUT "hold h\ntoken %s\nhold g\n" LAST,
                 heads[i].text);
        reply_rig_ask(&rig, &(struct reply_ask){.script = script});
        HOST_UNTIL(&rig.base, server_wait_held(rig.base.sv, "h", 1, 0), 5000);
        server_release(rig.base.sv, "h");
        int64_t start = loop_now();
        size_t len = strlen("One two");
        HOST_UNTIL(&rig.base, rig.text[0].len > len, 5000);
        int64_t took = loop_now() - start;
        cr_expect(took >= heads[i].from && took <= heads[i].to,
                  "%s: %lld ms, %s", heads[i].text, (long long)took,
                  reply_rig_text(&rig));
        server_release(rig.base.sv, "g");
        reply_rig_wait(&rig);
    }
    reply_rig_stop(&rig);
}

/* ---- other ways to answer and to ask ---- */

#define WHOLE(text, finish)                                                    \
    "json {\"choices\":[{\"message\":{\"content\":\"" text                     \
    "\"},\"finish_reason\":\"" finish                                          \
    "\"}],\"usage\":{\"prompt_tokens\":2,\"completion_tokens\":3}}\n"

Test(reply_asks, in_one_piece, .timeout = 30)
{
    struct reply_rig rig;
    reply_rig_start(&rig);
    reply_rig_run(&rig,
                  &(struct reply_ask){
                      .script = WHOLE("One two\\n", "length") "---\n" WHOLE(
                          "\\n\\nthree", "stop"),
                      .options = OPTIONS("stream=false")});
    cr_expect_str_eq(reply_rig_text(&rig), "One two\n\nthree", "%s",
                     reply_rig_text(&rig));
    cr_expect_str_eq(reply_rig_end(&rig, "pairs"),
                     " finish=stop in=4 out=6 parts=2");
    expect_body(&rig, "whole", 2, ANSWER "]", "stream_options");
    reply_rig_stop(&rig);
}

/* Who takes no more text gets none of the next round either. */
Test(reply_asks, paused, .timeout = 30)
{
    struct reply_rig rig;
    reply_rig_start(&rig);
    reply_rig_ask(&rig, &(struct reply_ask){
                            .script = WHOLE("One two", "length") "---\n" WHOLE(
                                " three", "stop"),
                            .options = OPTIONS("stream=false")});
    rig.pause_at = "One";
    HOST_UNTIL(&rig.base, server_requests(rig.base.sv) == 2, 1000);
    for (int i = 0; i < 20; i++)
        loop_turn(rig.base.lp, 10);
    cr_expect_str_eq(reply_rig_text(&rig), "One two");
    reply_pause(rig.reply, false);
    reply_rig_wait(&rig);
    cr_expect_str_eq(reply_rig_text(&rig), "One two three");
    reply_rig_stop(&rig);
}

Test(reply_asks, instruction, .timeout = 30)
{
    struct reply_rig rig;
    struct reply_ask ask = {.script =
                                "token  three.\n" CUT "token  Four\n" LAST,
                            .kept = "One two",
                            .instruction = "count on"};
    reply_rig_start(&rig);
    reply_rig_run(&rig, &ask);
    cr_expect_str_eq(reply_rig_text(&rig), " three. Four");
    expect_body(&rig, "told", 1, ANSWER ",{\"role\":\"user\"", NULL);
    expect_body(&rig, "told", 1, "count on", NULL);
    expect_body(&rig, "and then", 2, "three.\"}]", "count on");
    ask.script = NO_PREFILL "token no\n" LAST;
    reply_rig_run(&rig, &ask);
    cr_expect_eq(server_requests(rig.base.sv), 1, "asked once more");
    reply_rig_stop(&rig);
}
