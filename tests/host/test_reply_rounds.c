/* A reply that goes on by itself: what is put together, what is summed, and
 * what ends it. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "lib/reply_rig.h"

#define OPTIONS(...) ((const char *const[]){__VA_ARGS__, NULL})
#define CUT "finish length\ndone\n---\n"
#define LAST "finish stop\ndone\n"

/* ---- tables: a script, and what it comes to ---- */

/* clang-format off */
static const struct {
    const char *title, *script;
    const char *text, *finish, *line, *pairs;
    size_t requests;
} replies[] = {
    {"one round", "token one\n" LAST,
     "one", "stop", "", " finish=stop", 1},
    {"two", "token One two\n" CUT "token  three\n" LAST,
     "One two three", "stop", "done in 2 parts, 2 tokens",
     " finish=stop parts=2", 2},
    {"usage and cost",
     "token One two\nfinish length 10 1000 0.5\ndone\n---\n"
     "token  three.\nfinish length 20 30 0.25\ndone\n---\n"
     "token  Four\nfinish stop 30 4\ndone\n",
     "One two three. Four", "stop", "done in 3 parts, 1.0k tokens, $0.75",
     " finish=stop in=60 out=1034 cost=0.75 parts=3", 3},
    {"an empty round", "token One two\n" CUT LAST,
     "One two", "stop", "", " finish=stop", 2},
    {"no progress", "token One two\n" CUT "finish length\ndone\n",
     "One two", "length",
     "reply cut, and the server adds nothing more; kept", " finish=length", 2},
    {"only blanks", "token One two\n" CUT "token \\n\\n\nfinish length\ndone\n",
     "One two\n\n", "length",
     "reply cut, and the server adds nothing more; kept", " finish=length", 2},
    {"reasoning alone", "reasoning hm\n" CUT,
     "", "length", "thinking took all of the tokens; raise max_tokens",
     " finish=length", 1},
    {"reasoning and no answer", "reasoning hm\n" LAST,
     "", "stop", "only reasoning came, no answer; :DeepRetry asks again",
     " finish=stop", 1},
    {"reasoning and an answer", "reasoning hm\ntoken One\n" LAST,
     "One", "stop", "", " finish=stop", 1},
    {"nothing at all", CUT,
     "", "error", "no text within the token limit; raise max_tokens",
     " finish=error", 1},
    {"a filter", "token One two\n" CUT "token  three\nfinish content_filter\ndone\n",
     "One two three", "filter",
     "reply cut by the server's content filter; kept", " finish=filter parts=2", 2},
    {"blanks at the cut", "token One two\\n\\n\n" CUT "token three\n" LAST,
     "One two\n\nthree", "stop", "done in 2 parts, 2 tokens",
     " finish=stop parts=2", 2},
    {"blanks on both sides", "token One two\\n\n" CUT "token \\n\\nthree\n" LAST,
     "One two\n\nthree", "stop", "done in 2 parts, 2 tokens",
     " finish=stop parts=2", 2},
    {"blanks at the end", "token One two\\n\\n\n" LAST,
     "One two\n\n", "stop", "", " finish=stop", 1},
    {"blanks, then nothing", "token One two\\n\\n\n" CUT LAST,
     "One two\n\n", "stop", "", " finish=stop", 2},
    {"a marker", "token Say\\n%% us\n" CUT "token er\\nno\n" LAST,
     "Say\n%%% user\nno", "stop", "done in 2 parts, 2 tokens",
     " finish=stop parts=2", 2},
    {"no marker", "token Say\\n%% us\n" CUT "token ers\\nno\n" LAST,
     "Say\n%% users\nno", "stop", "done in 2 parts, 2 tokens",
     " finish=stop parts=2", 2},
    {"an emoji", "token One \\xf0\\x9f\\x98\n" CUT
     "token \\xf0\\x9f\\x98\\x80 two\n" LAST,
     "One \xf0\x9f\x98\x80 two", "stop", NULL, " finish=stop parts=2", 2},
    {"an emoji again", "token One \\xf0\\x9f\\x98\n" CUT
     "token  \\xf0\\x9f\\x98\\x80 two\n" LAST,
     "One \xf0\x9f\x98\x80 two", "stop", NULL, " finish=stop parts=2", 2},
    {"an error", "token One two\n" CUT "status 400\njson {\"error\":{\"message\":\"no\"}}\n",
     "One two", "interrupted",
     "refused (400): no, 1 token kept; :DeepContinue goes on",
     " finish=interrupted", 2},
    {"an error in the stream", "token One two\n" CUT
     "token  three\nsse {\"error\":{\"message\":\"no\",\"code\":502}}\n",
     "One two three", "interrupted", NULL, " finish=interrupted parts=2", 2},
    {"refused behind text", "token One two\n" CUT
     "token  three\nsse {\"error\":{\"message\":\"must end with a user message\",\"code\":400}}\n---\n"
     "token no\n" LAST,
     "One two three", "interrupted", NULL, " finish=interrupted parts=2", 2},
    {"the key", "token One two\n" CUT "status 401\njson {\"error\":{\"message\":\"no\"}}\n",
     "One two", "interrupted", NULL, " finish=interrupted", 2},
    {"context", "token One two\n" CUT
     "status 400\njson {\"error\":{\"message\":\"maximum context length is 5\"}}\n",
     "One two", "context", "reply cut: the model's context is full; kept",
     " finish=context", 2},
    {"context, with 500", "token One two\n" CUT
     "status 500\njson {\"error\":{\"message\":\"the request exceeds the available context size\"}}\n",
     "One two", "context", "reply cut: the model's context is full; kept",
     " finish=context", 2},
    {"lost", "token One two\n" CUT "token  three\nrst\n",
     "One two three", "interrupted",
     "connection lost, 2 tokens kept; :DeepContinue goes on",
     " finish=interrupted parts=2", 2},
    {"reasoning in between", "token One two\n" CUT "reasoning hm\ntoken  three\n" LAST,
     "One two three", "stop", "done in 2 parts, 3 tokens",
     " finish=stop parts=2", 2},
    {"tags in between", "token One two\\x20\n" CUT "token <think>hm</think> three\n" LAST,
     "One two three", "stop", NULL, " finish=stop parts=2", 2},
};
/* clang-format on */

static void
expect_end(const struct reply_rig *rig, const char *title, const char *finish,
           const char *line, const char *pairs)
{
    cr_expect_str_eq(reply_rig_end(rig, "finish"), finish, "%s: %s", title,
                     reply_rig_end(rig, "finish"));
    if (line != NULL)
        cr_expect_str_eq(reply_rig_end(rig, "line"), line, "%s: %s", title,
                         reply_rig_end(rig, "line"));
    cr_expect_leq(strlen(reply_rig_end(rig, "line")), 58, "%s: %s", title,
                  reply_rig_end(rig, "line"));
    cr_expect_str_eq(reply_rig_end(rig, "pairs"), pairs, "%s: %s", title,
                     reply_rig_end(rig, "pairs"));
}

Test(reply_rounds, table, .timeout = 60)
{
    struct reply_rig rig;
    reply_rig_start(&rig);
    for (size_t i = 0; i < sizeof replies / sizeof *replies; i++) {
        const char *title = replies[i].title;
        reply_rig_run(&rig, &(struct reply_ask){.script = replies[i].script});
        if (replies[i].text != NULL)
            cr_expect_str_eq(reply_rig_text(&rig), replies[i].text, "%s: %s",
                             title, reply_rig_text(&rig));
        expect_end(&rig, title, replies[i].finish, replies[i].line,
                   replies[i].pairs);
        cr_expect_eq(server_requests(rig.base.sv), replies[i].requests,
                     "%s: %zu requests", title, server_requests(rig.base.sv));
        cr_expect_eq(rig.started, 1, "%s", title);
    }
    reply_rig_stop(&rig);
}

/* ---- six rounds read as one ---- */

/* A text with code, a list, wide characters, and what could be a marker. */
static const char whole[] =
    "# Plan\\n\\nHere is **all** of it:\\n\\n```c\\nint\\nmain(void)\\n{\\n"
    "    return 0;\\n}\\n```\\n\\n%% user\\n\\n1. \u4f60\u597d, world\\n2. "
    "caf\u00e9 \U0001f600\\n\\n| a | b |\\n|---|---|\\n| 1 | 2 |\\n\\nDone.\\n";

/* The same for the chat file. */
static char *
printed(const char *script, size_t *len)
{
    char *raw = mem_str(script), *to = raw;
    for (const char *at = script; *at != '\0'; at++, to++) {
        bool newline = at[0] == '\\' && at[1] == 'n';
        *to = newline ? '\n' : *at;
        at += newline;
    }
    *to = '\0';
    struct dc_escape *esc = dc_escape_new();
    struct dc_str out =
        dc_escape_add(esc, (struct dc_str){raw, (size_t)(to - raw)}, true);
    char *copy = mem_copy(out.ptr, out.len);
    *len = out.len;
    dc_escape_free(esc);
    free(raw);
    return copy;
}

/* Where the script may be cut: in no escape and in no character. */
static size_t
cut_at(size_t at)
{
    while (((unsigned char)whole[at] & 0xc0) == 0x80 ||
           (at > 0 && whole[at - 1] == '\\'))
        at++;
    return at;
}

/* Servers are not sent the blanks before the cut, and bring them again. */
static size_t
blanks_before(size_t at)
{
    for (;;)
        if (at > 0 && whole[at - 1] == ' ')
            at--;
        else if (at > 1 && whole[at - 2] == '\\' && whole[at - 1] == 'n')
            at -= 2;
        else
            return at;
}

enum { ROUNDS = 6 };

static void
expect_whole(struct reply_rig *rig, size_t shift)
{
    struct buf script;
    size_t len, all = sizeof whole - 1, from = 0;
    char *want = printed(whole, &len);
    buf_init(&script, 1 << 20);
    for (size_t i = 1; i <= ROUNDS; i++) {
        size_t to = i == ROUNDS ? all : cut_at(all * i / ROUNDS - shift);
        buf_addf(&script, "token %.*s\n%s", (int)(to - from), whole + from,
                 i == ROUNDS ? LAST : CUT);
        from = blanks_before(to);
    }
    reply_rig_run(rig, &(struct reply_ask){.script = script.ptr});
    cr_expect_str_eq(reply_rig_text(rig), want, "shift %zu:\n%s", shift,
                     reply_rig_text(rig));
    cr_expect_eq(reply_rig_number(rig, "rounds"), ROUNDS, "shift %zu", shift);
    buf_finish(&script);
    free(want);
}

Test(reply_rounds, six_read_as_one, .timeout = 60)
{
    struct reply_rig rig;
    reply_rig_start(&rig);
    for (size_t shift = 0; shift < sizeof whole / ROUNDS; shift++)
        expect_whole(&rig, shift);
    reply_rig_stop(&rig);
}

/* ---- many blanks at the cut ---- */

/* More than are held back: those that were shown stay, and none is given
 * twice. */
Test(reply_rounds, many_blanks, .timeout = 30)
{
    static const size_t counts[] = {1023, 1024, 1025, 3000};
    struct reply_rig rig;
    reply_rig_start(&rig);
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        struct buf script;
        buf_init(&script, 1 << 20);
        buf_add_text(&script, "token One two\ntoken ");
        for (size_t k = 0; k < counts[i]; k++)
            buf_add_text(&script, "\\n");
        buf_add_text(&script, "\n" CUT "token three\n" LAST);
        reply_rig_run(&rig, &(struct reply_ask){.script = script.ptr});
        const char *text = reply_rig_text(&rig);
        cr_expect_eq(strlen(text), strlen("One twothree") + counts[i], "%zu",
                     counts[i]);
        cr_expect_not_null(strstr(text, "\nthree"), "%zu", counts[i]);
        buf_finish(&script);
    }
    reply_rig_stop(&rig);
}
