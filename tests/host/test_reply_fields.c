/* Members that a server refuses: asked for without them, or by another name,
 * from then on, and said once. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/reply_rig.h"

#define OPTIONS(...) ((const char *const[]){__VA_ARGS__, NULL})
#define OK "token fine\nfinish stop\ndone\n---\n"
#define CUT "token One two\nfinish length\ndone\n---\n"
#define REFUSE(status, body) "status " #status "\njson " body "\n---\n"
#define UNKNOWN(field)                                                         \
    REFUSE(400, "{\"error\":{\"message\":\"Unsupported parameter: '" field     \
                "' is not supported with this model.\",\"type\":"              \
                "\"invalid_request_error\",\"param\":\"" field                 \
                "\",\"code\":\"unsupported_parameter\"}}")
#define VALUE(field)                                                           \
    REFUSE(422, "{\"detail\":[{\"loc\":[\"body\",\"" field "\"],\"msg\":"      \
                "\"should be at most 1\",\"type\":\"less_than_equal\"}]}")
#define EXTRA(field)                                                           \
    REFUSE(422, "{\"detail\":[{\"type\":\"extra_forbidden\",\"loc\":"          \
                "[\"body\",\"" field "\"],\"msg\":"                            \
                "\"Extra inputs are not permitted\"}]}")
#define WITHOUT(field) "HOST refuses " field "; asked without it\n"
#define BODY(members)                                                          \
    "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}"    \
    "]" members "}"
#define STREAM ",\"stream\":true"
#define USAGE ",\"stream_options\":{\"include_usage\":true}"

/* "HOST" in what is wanted is the address of this run. */
static void
expect_notices(struct reply_rig *rig, const char *title, const char *want)
{
    const char *url = strstr(server_url(rig->base.sv, "t"), "://") + 3;
    struct buf text;
    buf_init(&text, 4096);
    for (const char *at; (at = strstr(want, "HOST")) != NULL; want = at + 4) {
        buf_add(&text, want, (size_t)(at - want));
        buf_add(&text, url, strcspn(url, "/"));
    }
    buf_add_text(&text, want);
    const char *got = rig->notices.len > 0 ? rig->notices.ptr : "";
    cr_expect_str_eq(got, text.len > 0 ? text.ptr : "", "%s: %s", title, got);
    buf_finish(&text);
}

static void
expect_bodies(struct reply_rig *rig, const char *title, const char *const *want)
{
    size_t count = 0;
    for (; want[count] != NULL; count++) {
        char *body = server_request_body(rig->base.sv, count + 1, NULL);
        cr_expect_not_null(body, "%s: request %zu is missing", title,
                           count + 1);
        if (body != NULL)
            cr_expect_str_eq(body, want[count], "%s: %zu: %s", title, count + 1,
                             body);
        free(body);
    }
    cr_expect_eq(server_requests(rig->base.sv), count, "%s: %zu requests",
                 title, (size_t)server_requests(rig->base.sv));
}

/* Each with a host that knows nothing yet; "then" is asked next, with nothing
 * refused and nothing said. */
/* clang-format off */
static const struct {
    const char *title;
    const char *options[4];
    const char *script;
    const char *bodies[6];
    const char *notices, *finish, *then;
} rows[] = {
    {"left out", {"seed=7", "temperature=0.5"}, UNKNOWN("seed") OK,
        {BODY(",\"temperature\":0.5,\"seed\":7" STREAM USAGE),
         BODY(",\"temperature\":0.5" STREAM USAGE)},
        WITHOUT("seed"), "stop", BODY(",\"temperature\":0.5" STREAM USAGE)},
    {"one by one", {"seed=7", "temperature=0.5"},
        UNKNOWN("temperature") EXTRA("seed") OK,
        {BODY(",\"temperature\":0.5,\"seed\":7" STREAM USAGE),
         BODY(",\"seed\":7" STREAM USAGE), BODY(STREAM USAGE)},
        WITHOUT("temperature") WITHOUT("seed"), "stop", BODY(STREAM USAGE)},
    {"a value", {"temperature=1.5"}, VALUE("temperature") OK,
        {BODY(",\"temperature\":1.5" STREAM USAGE), BODY(STREAM USAGE)},
        WITHOUT("temperature"), "stop", BODY(STREAM USAGE)},
    {"usage", {NULL}, UNKNOWN("stream_options") OK,
        {BODY(STREAM USAGE), BODY(STREAM)}, WITHOUT("stream_options"), "stop",
        BODY(STREAM)},
    {"usage, without a reason", {NULL},
        REFUSE(400, "{\"error\":{\"message\":\"bad\",\"param\":"
            "\"stream_options\"}}") OK,
        {BODY(STREAM USAGE), BODY(STREAM)}, WITHOUT("stream_options"), "stop",
        BODY(STREAM)},
    {"usage, refused twice", {NULL},
        UNKNOWN("stream_options") UNKNOWN("stream_options") OK,
        {BODY(STREAM USAGE), BODY(STREAM)}, WITHOUT("stream_options"), "error",
        NULL},
    {"a part of it", {NULL}, EXTRA("stream_options\",\"include_usage") OK,
        {BODY(STREAM USAGE), BODY(STREAM)}, WITHOUT("stream_options"), "stop",
        BODY(STREAM)},
    {"extra_body", {"extra_body={\"top_k\":5,\"user\":\"x\"}"},
        UNKNOWN("top_k") OK,
        {BODY(STREAM USAGE ",\"top_k\":5,\"user\":\"x\""),
         BODY(STREAM USAGE ",\"user\":\"x\"")},
        WITHOUT("top_k"), "stop", BODY(STREAM USAGE ",\"user\":\"x\"")},
    {"only in words", {"service_tier=flex"},
        REFUSE(400, "{\"error\":\"service_tier is not supported\"}") OK,
        {BODY(",\"service_tier\":\"flex\"" STREAM USAGE), BODY(STREAM USAGE)},
        WITHOUT("service_tier"), "stop", BODY(STREAM USAGE)},
    {"in the stream", {"seed=7"},
        "sse {\"error\":{\"message\":\"Unknown parameter: 'seed'\",\"param\":"
        "\"seed\",\"code\":400}}\n---\n" OK,
        {BODY(",\"seed\":7" STREAM USAGE), BODY(STREAM USAGE)},
        WITHOUT("seed"), "stop", BODY(STREAM USAGE)},

    {"renamed", {"max_tokens=100"}, UNKNOWN("max_tokens") OK,
        {BODY(",\"max_tokens\":100" STREAM USAGE),
         BODY(",\"max_completion_tokens\":100" STREAM USAGE)},
        "HOST wants max_completion_tokens; asked so\n", "stop",
        BODY(",\"max_completion_tokens\":100" STREAM USAGE)},
    {"and back", {"extra_body={\"max_completion_tokens\":100}"},
        EXTRA("max_completion_tokens") OK,
        {BODY(STREAM USAGE ",\"max_completion_tokens\":100"),
         BODY(STREAM USAGE ",\"max_tokens\":100")},
        "HOST wants max_tokens; asked so\n", "stop",
        BODY(STREAM USAGE ",\"max_tokens\":100")},
    {"both names", {"max_tokens=50",
        "extra_body={\"max_completion_tokens\":100}"}, UNKNOWN("max_tokens") OK,
        {BODY(",\"max_tokens\":50" STREAM USAGE
            ",\"max_completion_tokens\":100"),
         BODY(STREAM USAGE ",\"max_completion_tokens\":100")},
        "HOST wants max_completion_tokens; asked so\n", "stop",
        BODY(STREAM USAGE ",\"max_completion_tokens\":100")},
    {"neither name", {"max_tokens=100"},
        UNKNOWN("max_tokens") UNKNOWN("max_completion_tokens") OK,
        {BODY(",\"max_tokens\":100" STREAM USAGE),
         BODY(",\"max_completion_tokens\":100" STREAM USAGE)},
        "HOST wants max_completion_tokens; asked so\n", "error", NULL},
    {"too high a limit", {"max_tokens=100"}, VALUE("max_tokens") OK,
        {BODY(",\"max_tokens\":100" STREAM USAGE)}, "", "error", NULL},

    {"refused twice", {"seed=7"}, UNKNOWN("seed") UNKNOWN("seed") OK,
        {BODY(",\"seed\":7" STREAM USAGE), BODY(STREAM USAGE)},
        WITHOUT("seed"), "error", NULL},
    {"not carried", {"seed=7"}, UNKNOWN("temperature") OK,
        {BODY(",\"seed\":7" STREAM USAGE)}, "", "error", NULL},
    {"no usage asked for", {"stream=false"}, UNKNOWN("stream_options") OK,
        {BODY(",\"stream\":false")}, "", "error", NULL},
    {"the same by extra_body", {"extra_body={\"stream\":false}"},
        UNKNOWN("stream_options") OK,
        {BODY(",\"stream\":false")}, "", "error", NULL},
    {"the question itself", {"stop=x", "response_format={\"type\":\"text\"}"},
        UNKNOWN("messages") OK,
        {BODY(",\"stop\":\"x\",\"response_format\":{\"type\":\"text\"}" STREAM
            USAGE)}, "", "error", NULL},
    {"a format", {"response_format={\"type\":\"text\"}"},
        UNKNOWN("response_format") OK,
        {BODY(",\"response_format\":{\"type\":\"text\"}" STREAM USAGE)}, "",
        "error", NULL},
    {"another status", {"seed=7"},
        REFUSE(403, "{\"error\":{\"message\":\"no\",\"param\":\"seed\"}}") OK,
        {BODY(",\"seed\":7" STREAM USAGE)}, "", "error", NULL},
    {"behind text", {"seed=7"},
        "token Hi\nsse {\"error\":{\"message\":\"no\",\"param\":\"seed\","
        "\"code\":400}}\n---\n" OK,
        {BODY(",\"seed\":7" STREAM USAGE)}, "", "interrupted", NULL},
};
/* clang-format on */

Test(reply_fields, refused, .timeout = 60)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct reply_rig rig;
        struct reply_ask ask = {.script = rows[i].script,
                                .options = rows[i].options};
        reply_rig_start(&rig);
        rig.noticing = true;
        reply_rig_run(&rig, &ask);
        cr_expect_str_eq(reply_rig_end(&rig, "finish"), rows[i].finish,
                         "%s: %s", rows[i].title, reply_rig_end(&rig, "line"));
        cr_expect_eq(rig.started, 1, "%s", rows[i].title);
        expect_bodies(&rig, rows[i].title, rows[i].bodies);
        expect_notices(&rig, rows[i].title, rows[i].notices);
        if (rows[i].then != NULL) {
            const char *const bodies[] = {rows[i].then, NULL};
            ask.script = OK;
            reply_rig_run(&rig, &ask);
            expect_bodies(&rig, rows[i].title, bodies);
            expect_notices(&rig, rows[i].title, "");
        }
        reply_rig_stop(&rig);
    }
}

/* ---- rounds ---- */

static bool
body_has(struct reply_rig *rig, size_t request, const char *text)
{
    char *body = reply_rig_body(rig, request);
    bool has = strstr(body, text) != NULL;
    free(body);
    return has;
}

/* The second request goes on with the first, and is refused what that was
 * not. */
Test(reply_fields, later_rounds, .timeout = 60)
{
    struct reply_rig rig;
    struct reply_ask ask = {
        .options = OPTIONS("seed=7", "max_tokens=9"),
        .script = CUT UNKNOWN("seed")
            UNKNOWN("max_tokens") "token  three\nfinish stop\ndone\n---\n"};
    reply_rig_start(&rig);
    rig.noticing = true;
    reply_rig_run(&rig, &ask);
    cr_expect_str_eq(reply_rig_text(&rig), "One two three");
    cr_expect_str_eq(reply_rig_end(&rig, "finish"), "stop");
    cr_expect_eq(server_requests(rig.base.sv), 4);
    cr_expect(body_has(&rig, 2, "\"seed\":7"));
    cr_expect(body_has(&rig, 3, "\"max_tokens\":9"));
    cr_expect_not(body_has(&rig, 3, "seed"));
    cr_expect(body_has(&rig, 4, "\"max_completion_tokens\":9"));
    cr_expect(body_has(&rig, 4, "One two"), "it still goes on");
    expect_notices(&rig, "rounds",
                   WITHOUT("seed") "HOST wants max_completion_tokens; "
                                   "asked so\n");
    /* nothing is left to try: what came stays */
    ask.script = CUT UNKNOWN("max_completion_tokens");
    reply_rig_run(&rig, &ask);
    cr_expect_str_eq(reply_rig_text(&rig), "One two");
    cr_expect_str_eq(reply_rig_end(&rig, "finish"), "interrupted");
    cr_expect_eq(server_requests(rig.base.sv), 2);
    expect_notices(&rig, "rounds", "");
    reply_rig_stop(&rig);
}

/* A round that turns thinking off by itself, where the user has set how. */
Test(reply_fields, besides_the_form, .timeout = 60)
{
    static const char no_prefill[] =
        CUT REFUSE(400, "{\"error\":{\"message\":\"Assistant response prefill "
                        "is incompatible with enable_thinking.\"}}")
            UNKNOWN("chat_template_kwargs")
                REFUSE(400, "{\"error\":\"Assistant message prefill is not "
                            "supported\"}") OK;
    struct reply_rig rig;
    struct reply_ask ask = {.script = no_prefill};
    reply_rig_start(&rig);
    rig.noticing = true;
    reply_rig_run(&rig, &ask);
    cr_expect_str_eq(reply_rig_end(&rig, "finish"), "stop");
    cr_expect(body_has(&rig, 3, "chat_template_kwargs"));
    cr_expect_not(body_has(&rig, 4, "chat_template_kwargs"));
    cr_expect(body_has(&rig, 5, "\"continue_final_message\":true"));
    expect_notices(&rig, "form",
                   "HOST refuses chat_template_kwargs; left out\n");
    reply_rig_stop(&rig);
}

/* Another value is another question; another model may take it. */
Test(reply_fields, what_is_learned, .timeout = 60)
{
    static const struct {
        const char *script;
        const char *options[3];
        size_t requests;
        const char *notices;
    } asks[] = {
        {VALUE("temperature") OK,
         {"temperature=1.5"},
         2,
         WITHOUT("temperature")},
        {OK, {"temperature=1.5"}, 1, ""},
        {OK, {"temperature=0.5"}, 1, ""},
        {UNKNOWN("temperature") OK,
         {"temperature=0.5"},
         2,
         WITHOUT("temperature")},
        {OK, {"temperature=0.7"}, 1, ""},
        {UNKNOWN("temperature") OK,
         {"temperature=0.7", "model=n"},
         2,
         WITHOUT("temperature")},
        {OK, {"temperature=0.7", "model=n"}, 1, ""},
    };
    static const bool carried[] = {false, false, true, false,
                                   false, false, false};
    struct reply_rig rig;
    reply_rig_start(&rig);
    rig.noticing = true;
    for (size_t i = 0; i < sizeof asks / sizeof *asks; i++) {
        struct reply_ask ask = {.script = asks[i].script,
                                .options = asks[i].options};
        reply_rig_run(&rig, &ask);
        cr_expect_str_eq(reply_rig_end(&rig, "finish"), "stop", "%zu", i);
        cr_assert_eq(server_requests(rig.base.sv), asks[i].requests, "%zu", i);
        cr_expect_eq(body_has(&rig, asks[i].requests, "temperature"),
                     carried[i], "%zu", i);
        expect_notices(&rig, "learned", asks[i].notices);
    }
    reply_rig_stop(&rig);
}

/* A host that refuses everything that can be left out. */
Test(reply_fields, comes_to_an_end, .timeout = 60)
{
    struct reply_rig rig;
    struct reply_ask ask = {
        .options = OPTIONS("extra_body={\"top_k\":1,\"min_p\":0.1,"
                           "\"temperature\":1,\"top_p\":1,\"n\":1,"
                           "\"seed\":1,\"user\":\"x\",\"store\":false}"),
        .script = UNKNOWN("top_k") UNKNOWN("min_p") UNKNOWN("temperature")
            UNKNOWN("top_p") UNKNOWN("n") UNKNOWN("seed") UNKNOWN("user")
                UNKNOWN("store") UNKNOWN("stream_options") UNKNOWN("top_k")};
    reply_rig_start(&rig);
    rig.noticing = true;
    reply_rig_run(&rig, &ask);
    cr_expect_str_eq(reply_rig_end(&rig, "finish"), "error");
    cr_expect_eq(server_requests(rig.base.sv), 10);
    char *body = reply_rig_body(&rig, 10);
    cr_expect_str_eq(body, BODY(STREAM), "%s", body);
    free(body);
    reply_rig_stop(&rig);
}
